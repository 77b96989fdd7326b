"""What is so now: tables made from facts, and the questions they answer.

projector  applies facts in order, the tables and the cursor in one transaction; rebuild
receipts   how each receipt stands, and its whole story
receipt_rows  what facts change in that table, in memory
payouts    how each payout stands
review_queue     receipts that only a person can judge, oldest first
product_bonuses  what was bought and paid of each product
chats            what each shopper did and was told, as one conversation
forgetting       what a forgotten shopper's receipts still show
as_of      the same tables as of any earlier seq, apart from those in use
one_stream what one stream had come to by then
lineage    every fact behind a receipt
explain    why it ended as it did, with the arithmetic
telling    that as a tree for a terminal
finding    receipts by what staff know of them
statistics how the promotion goes
asking     what may stand behind an option
cli        `projections`, `projector`
receipts_cli `receipts list`, `receipts search`
review_cli `review list`
figures_cli `receipts bonuses`, `receipts statistics`
payouts_cli `payouts list`
travel_cli `events replay`, `receipts explain`
"""
