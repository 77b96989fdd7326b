-- Why: personal data is sealed with a key per person; destroying that key forgets the person.
-- depends: 0003.create-work
SET lock_timeout = '5s';

CREATE TABLE vault_keys (
    owner text NOT NULL,
    wrapped_key bytea NOT NULL,
    -- which ENCRYPTION_SECRET wrapped it: first bytes of a keyed hash, not the secret
    wrapped_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_key_per_owner PRIMARY KEY (owner)
);
