"""THE WORDS: what is said, decided and written without library, log or clock. Pure.

telling.py           answers to a shopper's questions and wishes, and what they are told unasked
telling_receipts.py  what a receipt's facts ask to be said, and why
telling_staff.py     figures, links and alerts
standing.py          where a receipt stands, as its shopper is told
notice.py            one thing to say, and its rendering in a language
texts.py             the sentences of bot/locales; how each language writes money and times
consent.py           the text that is agreed to, and its version
commands.py          what Telegram lists, per language and for whom
"""
