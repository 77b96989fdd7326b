-- Why: a key has a name that survives its rotation, so that a tombstone can say which one is
-- destroyed; and what belongs to one shopper is found without reading the whole log.
-- depends: 0005.create-checkpoints
SET lock_timeout = '5s';

ALTER TABLE vault_keys
    ADD COLUMN key_id text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    -- when `vault rotate` wrapped it anew; null for a key that was made under its secret
    ADD COLUMN rewrapped_at timestamptz,
    ADD CONSTRAINT one_key_per_id UNIQUE (key_id);

-- A destroyed key is to leave the table's pages soon, not after the next fifty.
ALTER TABLE vault_keys SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0);

-- Both cost only the facts they are about.
CREATE INDEX uploads_of_a_shopper ON events ((data ->> 'shopper'))
    WHERE type = 'ReceiptUploaded';
CREATE INDEX callbacks_about ON events USING gin (
    (ARRAY[data ->> 'phone_fingerprint', data ->> 'bill', data ->> 'comment'])
) WHERE type = 'CallbackReceived';
