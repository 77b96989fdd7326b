"""What is so now: tables made from facts, and the questions they answer.

projector  applies facts in order, the tables and the cursor in one transaction; rebuild
receipts   how each receipt stands, and its whole story
payouts    how each payout stands
cli        `projections`, `projector`
"""
