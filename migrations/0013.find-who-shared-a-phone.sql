-- Why: a late callback may name a phone and nothing else; whether its owner is forgotten is
-- found without reading the whole log.
-- depends: 0012.mark-forgotten-receipts
SET lock_timeout = '5s';

CREATE INDEX shoppers_of_a_phone ON events ((data ->> 'phone_fingerprint'))
    WHERE type = 'PhoneShared';
