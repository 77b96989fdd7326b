-- Why: a booking that a restored log lost is an alert too; the console's look at the newest ones
-- finds it by the same index.
-- depends: 0022.begin-notices-at-the-head
SET lock_timeout = '5s';

DROP INDEX alerts;

CREATE INDEX alerts ON events (position)
WHERE type IN (
    'PayoutContradicted', 'CallbackUnmatched', 'PayoutsHeld', 'BudgetExhausted', 'BookingOrphaned'
);
