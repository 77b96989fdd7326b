"""What is so now: tables made from facts, and the questions they answer.

projector  applies facts in order, the tables and the cursor in one transaction; rebuild
receipts   how each receipt stands, and its whole story
payouts    how each payout stands
as_of      the same tables as of any earlier seq, apart from those in use
one_stream what one stream had come to by then
lineage    every fact behind a receipt
explain    why it ended as it did, with the arithmetic
telling    that as a tree for a terminal
cli        `projections`, `projector`
payouts_cli `payouts list`
travel_cli `events replay`, `receipts explain`
"""
