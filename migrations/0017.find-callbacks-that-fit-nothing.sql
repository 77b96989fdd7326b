-- Why: callbacks that fit no payout are few, are counted at every look at the numbers, and that
-- may not read the whole log.
-- depends: 0016.create-product-bonuses
SET lock_timeout = '5s';

CREATE INDEX unmatched_callbacks ON events (position) WHERE type = 'CallbackUnmatched';
