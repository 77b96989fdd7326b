"""``make money``: thousands of histories in which bank, workers, callbacks and people go wrong.

``steps`` names what can happen and ``plans`` draws it, a hypothesis state machine; ``lane`` is the
shop it happens to: a database, a web process and a bank process; ``workers`` decide, pay and get
killed; ``history`` lives a plan; ``verdicts`` holds the log against the bank's book; ``__main__``
counts.
"""
