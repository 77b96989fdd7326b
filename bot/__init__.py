"""Telegram, both directions; here is what is said, without a word on how it travels.

texts            the sentences of ``locales/`` in three languages, with money, times and plurals
notice           one thing to say, and its rendering for a chat
consent          the version of the text that shoppers agree to
telling          what answers a shopper's question or wish
telling_receipts what a receipt's facts ask to be said now
telling_staff    what staff are told
commands         the commands that Telegram lists
"""
