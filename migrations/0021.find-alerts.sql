-- Why: the console shows the newest alerts at every look; they are few, and looking for them may
-- not read the whole log.
-- depends: 0020.create-chats
SET lock_timeout = '5s';

CREATE INDEX alerts ON events (position)
WHERE type IN ('PayoutContradicted', 'CallbackUnmatched', 'PayoutsHeld', 'BudgetExhausted');
