-- Why: a callback may name a phone and no bill, a statement spans a time: neither may read the
-- whole log.
-- depends: 0013.find-who-shared-a-phone
SET lock_timeout = '5s';

CREATE INDEX payouts_to_a_phone ON events ((data ->> 'phone_fingerprint'))
    WHERE type IN ('PayoutRequested', 'PayoutReopened');
CREATE INDEX payouts_by_attempt ON events (recorded_at)
    WHERE type = 'PayoutAttempted';
