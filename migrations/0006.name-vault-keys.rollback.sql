DROP INDEX callbacks_about;
DROP INDEX uploads_of_a_shopper;
ALTER TABLE vault_keys RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);
ALTER TABLE vault_keys
    DROP CONSTRAINT one_key_per_id,
    DROP COLUMN rewrapped_at,
    DROP COLUMN key_id;
