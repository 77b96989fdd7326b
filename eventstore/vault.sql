-- find_key --
-- The wrapped key of owner $1.
SELECT key_id, wrapped_key, wrapped_by FROM vault_keys WHERE owner = $1;

-- add_key --
-- Keep wrapped key $2 (by secret $3) for owner $1 unless the owner has one; the stored one wins.
INSERT INTO vault_keys (owner, wrapped_key, wrapped_by) VALUES ($1, $2, $3)
ON CONFLICT ON CONSTRAINT one_key_per_owner DO NOTHING;

-- key_owner --
-- Whose key is called $1.
SELECT owner FROM vault_keys WHERE key_id = $1;

-- destroy_key --
-- Destroy the key of owner $1 that is called $2, and no later one.
DELETE FROM vault_keys WHERE owner = $1 AND key_id = $2;

-- apply_tombstones --
-- Destroy the keys that tombstones name, owners $1 and key ids $2 in parallel; who lost one.
DELETE FROM vault_keys
USING unnest($1::text[], $2::text[]) AS tombstone (owner, key_id)
WHERE vault_keys.owner = tombstone.owner AND vault_keys.key_id = tombstone.key_id
RETURNING vault_keys.owner;

-- keys_to_rotate --
-- At most $3 keys behind owner $1 that another secret than $2 wrapped.
SELECT owner, key_id, wrapped_key, wrapped_by
FROM vault_keys
WHERE owner > $1 AND wrapped_by <> $2
ORDER BY owner
LIMIT $3;

-- rewrap_keys --
-- Keys of owners $1 called $2 that secrets $3 wrapped are now $4, by secret $5; one that was
-- destroyed or wrapped anew meanwhile is left alone.
UPDATE vault_keys
SET wrapped_key = new.wrapped_key, wrapped_by = $5, rewrapped_at = clock_timestamp()
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
AS new (owner, key_id, wrapped_by, wrapped_key)
WHERE
    vault_keys.owner = new.owner
    AND vault_keys.key_id = new.key_id
    AND vault_keys.wrapped_by = new.wrapped_by;

-- keys_per_secret --
-- How many keys each secret wraps, and how many of them it got by rotation.
SELECT wrapped_by, count(*) AS keys, count(rewrapped_at) AS rewrapped
FROM vault_keys
GROUP BY wrapped_by
ORDER BY wrapped_by;
