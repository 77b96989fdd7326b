"""What we do about facts: each handler reacts to one kind of fact by adding the next.

reactions      the one table: fact -> handler
worker         runs a handler over its work: leases, time limits, retries
commands       the door for edges: a wish checked against a stream becomes a fact
uploads        an upload and its bytes' own fact, in one append
same_bytes     what an earlier upload of the same bytes has told
read_receipt   ReceiptUploaded -> ReceiptRead | ReceiptUnreadable
decide_receipt ReceiptRead -> ReceiptAccepted + PayoutRequested | Rejected | Referred
pay_bonus      PayoutRequested | PayoutReopened -> what Portmone answered
apply_callback CallbackReceived -> PayoutConfirmed | PayoutFailed
forget_shopper ForgettingRequested -> ShopperForgotten, once nothing is owed
sweep_leftovers ShopperForgotten -> deletes what was still on its way then
under_way      what must be finished before anything is destroyed
certificates   tombstone and certificate of a forgetting
standing       what a shopper's own stream says now
person         everything held about one person, opened
rules          pure: what a reading is worth
policy         the numbers the rules go by, today's or a file's
what_if        history decided again by another policy, in memory alone
otherwise      pure: how decisions differ, and the sum of it
products       Darnitsa's goods: the list, and what of it earns on a day
product_list   the list as its facts tell it
product_changes what an import changes
product_files  marketing's file of goods, understood as a whole or not at all
matching       whether a printed line is one of them, and why
identifying    which of them it may be
maker_word     the word «Дарниця», whole, worn, cut or torn
explaining     why a line matches or not, in words
phones         Ukrainian mobile numbers
photos         what kind of file a photo is
looks          how far apart two receipts look
barcodes       what a printed barcode adds to a name
sold           which goods the items are, and how much of each
vocabulary     known names, found whatever slips they carry
other_makers   makers that are not Darnitsa
letters        look-alike letters folded, slips counted
payout_steps   pure: what a payout needs next
grounds        what a request stands on besides: policy, budget, lost bookings
budget         what may still be asked of Portmone today
payout_answers what Portmone answered reaches the log
resolve_payout a person says, with evidence, how a payout ended
replay_payout  a person has a payout tried again
alerts         what a person must hear of at once
hold           the gate before money in a database that may not know what was paid
statements     pure: Portmone's statement as a file
reconcile      a statement against the log
only_ours      what the log has and a statement lacks
evidence       what is kept of a statement
mentions       whose a callback, a booking, a bill, a claim or a seen photo is
keeping        an answer that comes once is offered to the log again and again
ports          what handlers need from the world
reading/       photo -> words -> fields
gateways/      Portmone, and a sandbox that stands in for it
assembly       handlers put together with what they need
settings       Portmone and Tesseract as the environment names them
outcomes       what became of a receipt
samples        sample shoppers and their receipts
demo           everything started, samples sent, outcomes shown
what_if_cli    `receipts what-if`
shoppers_cli   `shoppers forget`, `shoppers export`
products_cli   `products import`, `list`, `retire`, `explain`
payouts_cli    `payouts status`, `payouts pause`, `payouts resume`
payout_cli     `payouts resolve`, `payouts replay`
statement_cli  `payouts reconcile`
cli            `handle`, `read`, `submit`
"""
