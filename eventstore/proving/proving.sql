-- examine_page --
-- The facts with seq in ($1, $2], in order: what codec.leaf_hash hashes, made of the stored
-- bytes, and the hash that is stored.
SELECT
    seq,
    stream,
    version,
    '\x00'::bytea
    || int4send(octet_length(stream)) || convert_to(stream, 'UTF8')
    || '\x00000008' || int8send(version)
    || '\x00000010' || uuid_send(event_id)
    || int4send(octet_length(type)) || convert_to(type, 'UTF8')
    || int4send(octet_length(data::text)) || convert_to(data::text, 'UTF8')
    || int4send(octet_length(metadata::text)) || convert_to(metadata::text, 'UTF8')
    || '\x00000008' || int8send((extract(EPOCH FROM recorded_at) * 1000000)::bigint) AS hashed,
    leaf_hash
FROM ledger
JOIN events USING (position)
WHERE seq > $1 AND seq <= $2
ORDER BY seq;

-- checkpoints_between --
-- The checkpoints with size in ($1, $2], in order.
SELECT size, root, nodes, note FROM checkpoints WHERE size > $1 AND size <= $2 ORDER BY size;

-- newest_checkpoint_size --
-- How many facts the newest checkpoint covers, 0 without one.
SELECT coalesce(max(size), 0) FROM checkpoints;

-- checkpoints_without --
-- Of the sizes $1 those that no checkpoint has, in order.
SELECT size FROM unnest($1::bigint[]) AS asked (size)
WHERE NOT EXISTS (SELECT FROM checkpoints WHERE checkpoints.size = asked.size)
ORDER BY size;

-- newest_copied --
-- Size and root of the newest checkpoints that should lie among the attachments, at most $1.
SELECT size, root
FROM checkpoints
LEFT JOIN uncopied_checkpoints USING (size)
WHERE uncopied_checkpoints.size IS NULL
ORDER BY size DESC
LIMIT $1;

-- tiles_between --
-- The tiles with index in [$1, $2), in order.
SELECT index, root FROM tiles WHERE index >= $1 AND index < $2 ORDER BY index;

-- out_of_line --
-- Of the stream versions $1, $2 with seq $3 the first whose forerunner does not stand before
-- it in the ledger.
SELECT seq, stream, version
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked (stream, version, seq)
WHERE NOT EXISTS (
    SELECT FROM events AS earlier
    JOIN ledger USING (position)
    WHERE
        earlier.stream = asked.stream
        AND earlier.version = asked.version - 1
        AND ledger.seq < asked.seq
)
ORDER BY seq
LIMIT 1;

-- follows_later --
-- Whether version $2 of stream $1 stands behind seq $3.
SELECT EXISTS (
    SELECT FROM events JOIN ledger USING (position)
    WHERE stream = $1 AND version = $2 AND seq > $3
);

-- last_position --
-- The newest position, 0 without facts.
SELECT coalesce(max(position), 0) FROM events;

-- never_sealed --
-- The first position in ($1, $2] of a fact that nobody ordered and nobody will, null if none.
SELECT min(position)
FROM events
LEFT JOIN ledger USING (position)
LEFT JOIN unsealed USING (position)
WHERE
    position > $1 AND position <= $2
    AND ledger.position IS NULL AND unsealed.position IS NULL;

-- imported_keys --
-- The verifier keys of logs whose history was imported, in the order in which they signed.
SELECT key FROM imported_keys ORDER BY ordinal;

-- signers_until --
-- Who signed the checkpoints up to size $1, in the order of their first.
SELECT split_part(note, E'\n', 1) AS origin
FROM checkpoints
WHERE size <= $1
GROUP BY origin
ORDER BY min(size);

-- export_page --
-- The facts with seq in ($1, $2] as they are exported, in order.
SELECT
    seq, stream, version, event_id, type, data::text AS data, metadata::text AS metadata,
    recorded_at, leaf_hash
FROM ledger
JOIN events USING (position)
WHERE seq > $1 AND seq <= $2
ORDER BY seq;

-- export_event --
-- The fact with seq $1, or with id $2, as it is exported.
SELECT
    seq, stream, version, event_id, type, data::text AS data, metadata::text AS metadata,
    recorded_at, leaf_hash
FROM events
JOIN ledger USING (position)
WHERE seq = $1 OR event_id = $2;

-- newest_checkpoint --
-- Size and note of the newest checkpoint; no row without one.
SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1;

-- tile_roots --
-- The roots of the first $1 tiles, one behind the other.
SELECT coalesce(string_agg(root, ''::bytea ORDER BY index), ''::bytea)
FROM tiles WHERE index < $1;

-- leaf_hashes --
-- The leaf hashes of the facts with seq in ($1, $2], one behind the other.
SELECT coalesce(string_agg(leaf_hash, ''::bytea ORDER BY seq), ''::bytea)
FROM ledger JOIN events USING (position)
WHERE seq > $1 AND seq <= $2;
