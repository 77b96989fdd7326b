"""What we do about facts: each handler reacts to one kind of fact by adding the next.

reactions       the one table: fact -> handler
commands        the door for edges: a wish checked against a stream becomes a fact
wishes          what every wish stands on, and why one cannot become a fact
read_receipt    ReceiptUploaded -> ReceiptRead | ReceiptUnreadable
same_bytes      the reading of a photo that came before
decide_receipt  ReceiptRead, or a person's word -> ReceiptAccepted + PayoutRequested | Rejected
                | Referred
rules           pure: what a reading is worth
pay_bonus       PayoutRequested | PayoutReopened -> what Portmone answered
apply_callback  CallbackReceived -> PayoutConfirmed | PayoutFailed
forget_shopper  ForgettingRequested -> ShopperForgotten, once nothing is owed
sweep_leftovers ShopperForgotten -> deletes what was still on its way then
expire_attachments  ReceiptUploaded | CallbackReceived -> PhotoExpired | BodyExpired, 90 days
                later; deletes what is kept no longer
remind_shopper  ShopperStarted -> ReminderDue, a day later, if no receipt came
ports           what handlers need from the world
reading/        photo -> words -> fields
goods/          Darnitsa's goods, and whether a line is one of them
judging/        what becomes of a receipt, by rules or by a person
paying/         what lets money go and what holds it back
people/         shoppers, and forgetting them
gateways/       Portmone, and a sandbox that stands in for it
assembly        handlers put together with what they need
settings        Portmone and Tesseract as the environment names them
files           files that people name
outcomes        what became of a receipt
samples         sample shoppers and their receipts
demo            everything started, samples sent, outcomes shown
cli             `handle`, `read`, `submit`
sandbox_cli     `sandbox`
"""
