"""How fast the log is, against its peers: ``python -m tests.benchmarks``, or ``make bench``.

__main__    the command: options, the order of the benches, lines out or a table of them
figures     what a bench measured, as a line of JSON and as a row of the table
ground      the database everything happens on, and the parts of a process around it
appends     single facts by 1, 8 and 32 writers, batches, and appends beside an old snapshot
peers       what the appends are compared with
latency     from append to a subscriber's callback
replay      the ledger read, replayed through a projection, and verified
payouts     from a receipt's acceptance to the request at the bank
telegram    from a shopper's photo to the word that it came
stories     made-up receipts, from photo to callback
"""
