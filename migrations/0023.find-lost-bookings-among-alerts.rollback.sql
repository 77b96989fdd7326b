DROP INDEX alerts;

CREATE INDEX alerts ON events (position)
WHERE type IN ('PayoutContradicted', 'CallbackUnmatched', 'PayoutsHeld', 'BudgetExhausted');
