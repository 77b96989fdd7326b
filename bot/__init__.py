"""TELEGRAM, both directions: messages become facts, and facts become messages.

connection/            one process owns the session and reads every message
words/                 what is said; its sentences stand in locales/
What comes in
  conversation.py      who wrote or pressed, what it is, and who takes it
  onboarding.py        start, consent, phone, language, leaving
  intake.py            photos of receipts
  text_commands.py     what is written; presses.py: buttons; writer.py: by whom
  crowd.py             how much one person may ask for
What goes out
  notices.py           facts become words, once
  concerns.py          which facts are answered, and whom each concerns
  answers.py           with what; figures.py: how all stands
  messenger.py         how words leave; telegram_messenger.py: by Telegram, keyboards.py: buttons
  turns.py             one thing at a time is said to a person
Put together
  assembly.py          the whole bot; introduction.py: what Telegram shows beside the chat
  account.py           which bot we are; settings.py: the environment; cli.py: the command
  errors.py            what can go wrong
"""
