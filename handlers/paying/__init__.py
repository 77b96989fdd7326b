"""Money: what lets it go, what holds it back, and what statements and people say of it.

phones         Ukrainian mobile numbers and their operators
payout_steps   pure: what a payout needs next
grounds        what a request stands on besides: policy, budget, lost bookings
budget         what may still be asked of Portmone today
owing          what exceeds a whole day's budget and never leaves
hold           the gate before money in a database that may not know what was paid
releasing      what must be shown before money goes again
pausing        a person holds all money back
keeping        an answer that comes once is offered to the log again and again
bills          whose a bill is
callback_wishes  a callback becomes a fact before anything is concluded from it
payout_answers what Portmone answered reaches the log
alerts         what a person must hear of at once
resolve_payout a person says, with evidence, how a payout ended
replay_payout  a person has a payout tried again
heard          what callbacks said that a payout's facts do not weigh
statements     Portmone's statement as a file
reconcile      a statement against the log
findings       what its lines mean
only_ours      what the log has and a statement lacks
evidence       what is kept of a statement
payouts_cli    `payouts pause`, `resume`
status_cli     `payouts status`
payout_cli     `payouts resolve`, `replay`
callbacks_cli  `payouts callbacks`
statement_cli  `payouts reconcile`
"""
