"""TELEGRAM, both directions: messages become facts, and facts become messages.

What comes in
  conversation.py       who wrote or pressed, what it is, and who takes it
  onboarding.py         start, consent, phone, language, leaving
  intake.py             photos of receipts
  text_commands.py      what is written; presses.py: buttons; writer.py: by whom
  crowd.py              how much one person may ask for in a minute
What goes out
  notices.py            facts become words, once; concerns.py: whose; answers.py: which words
  telling.py            what is said (pure), with telling_receipts.py and telling_staff.py
  standing.py           where a receipt stands (pure); figures.py: how all stands
  notice.py             one thing to say, and its rendering; texts.py: the sentences of locales/
  consent.py            the text that is agreed to; commands.py: what Telegram lists
  turns.py              one thing at a time is said to a person
  messenger.py          how words leave; telegram_messenger.py: by Telegram, keyboards.py: buttons
The connection
  assembly.py           all of it put together; cli.py: the command; settings.py: the environment
  telegram.py           from start to stop: own the session, serve, begin anew after any trouble
  introduction.py       what Telegram shows beside the chat
  verdicts.py           what trouble means: wait, log in anew, or end for good (pure)
  sitting.py            one start of the client and its end
  client.py             the library's client; a push is a hint, the difference is the truth
  inbox.py              hands messages to workers, one at a time per person; what is unfinished
  watermark.py          how far everything became a fact (pure)
  heeding.py            being cut off while the library waits
  lines.py              connections that count their failures, and can be ended for good
  storage.py            the session, sealed, and the watermark, in Postgres; schema.py: its shape
  owner.py              the lock that lets one process alone own the session
  quiet.py              what the library may log
  callbacks.py          what is done when something comes
  errors.py             what can go wrong
"""
