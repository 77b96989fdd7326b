-- lock_the_log --
-- Let nobody append, seal or sign until the transaction ends; readers go on.
LOCK TABLE events, unsealed, ledger, checkpoints IN SHARE ROW EXCLUSIVE MODE;

-- is_empty --
-- Whether nothing was ever recorded or signed here.
SELECT
    NOT EXISTS (SELECT FROM events)
    AND NOT EXISTS (SELECT FROM ledger)
    AND NOT EXISTS (SELECT FROM unsealed)
    AND NOT EXISTS (SELECT FROM checkpoints)
    AND NOT EXISTS (SELECT FROM tiles)
    AND NOT EXISTS (SELECT FROM imported_keys);

-- set_cursor --
-- Let reader $1 start behind seq $2, wherever it was.
INSERT INTO cursors (name, seq) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT one_cursor_per_name DO UPDATE SET seq = $2, moved_at = now();

-- import_events --
-- Record facts in this order, seqs $1: streams $2, versions $3, ids $4, types $5, data $6,
-- metadata $7, leaf hashes $8, times $9.
WITH given AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[],
        $8::bytea[], $9::timestamptz[]
    ) AS n (seq, stream, version, event_id, type, data, metadata, leaf_hash, recorded_at)
),
written AS (
    INSERT INTO events (
        stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
    )
    SELECT stream, version, event_id, type, data::json, metadata::json, leaf_hash, recorded_at
    FROM given
    ORDER BY seq
    RETURNING position, event_id
)
INSERT INTO ledger (seq, position, sealed_at)
SELECT seq, position, now()
FROM written
JOIN given USING (event_id);

-- import_key --
-- Believe checkpoints signed with key $2, the $1th that signed.
INSERT INTO imported_keys (ordinal, key) VALUES ($1, $2);
