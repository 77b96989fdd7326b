"""THE CONNECTION: one process owns the bot's session, survives everything, reads every message.

telegram.py   from start to stop: own the session, serve, begin anew after any trouble
callbacks.py  what is done when something comes
verdicts.py   what trouble means: wait, log in anew, or end for good (pure)
sitting.py    one start of the client and its end
client.py     the library's client; a push is a hint, the difference is the truth
inbox.py      hands messages to workers, one at a time per person; knows which are unfinished
watermark.py  how far everything became a fact (pure)
lines.py      connections that count their failures, and can be ended for good
storage.py    the session, sealed, and the watermark, in Postgres
owner.py      the lock that lets one process alone own the session
heeding.py    being cut off while the library waits
quiet.py      the library's log lines, made few and without content
schema.py     Telegram's own words as the library has them
types_on_use.py  which of the library's types are imported: those that are used
"""
