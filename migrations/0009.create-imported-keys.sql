-- Why: an imported history keeps the checkpoints of its former log, signed with that log's key.
-- depends: 0005.create-checkpoints
-- 0008 was never given: none of that number was ever in the tree.
SET lock_timeout = '5s';

CREATE TABLE imported_keys (
    -- in the order in which they signed
    ordinal integer NOT NULL,
    -- C2SP verifier key, as `events key` prints it
    key text NOT NULL,
    CONSTRAINT one_imported_key_per_ordinal PRIMARY KEY (ordinal),
    CONSTRAINT a_key_is_imported_once UNIQUE (key)
);

CREATE TRIGGER imported_keys_are_not_rewritten
    BEFORE UPDATE OR DELETE OR TRUNCATE ON imported_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE imported_keys ENABLE ALWAYS TRIGGER imported_keys_are_not_rewritten;
