-- latest_checkpoint --
-- The newest checkpoint: size, subtree roots, note, time. No row when there is none.
SELECT size, nodes, note, made_at FROM checkpoints ORDER BY size DESC LIMIT 1;

-- leaves --
-- The leaf hashes of the facts with seq in ($1, $2], in order.
SELECT leaf_hash FROM ledger JOIN events USING (position)
WHERE seq > $1 AND seq <= $2
ORDER BY seq;

-- lock_checkpoints --
-- Let one session at a time add a checkpoint; ends with the transaction.
SELECT pg_advisory_xact_lock(7305005);

-- add_checkpoint --
-- Keep a checkpoint: size $1, root $2, subtree roots $3, note $4, time $5.
INSERT INTO checkpoints (size, root, nodes, note, made_at) VALUES ($1, $2, $3, $4, $5);

-- remember_to_copy --
-- The checkpoint of size $1 is to be copied to the attachments.
INSERT INTO uncopied_checkpoints (size) VALUES ($1);

-- add_tiles --
-- Keep the tile roots $2, the first of them at index $1.
INSERT INTO tiles (index, root)
SELECT $1::bigint + ordinal - 1, root
FROM unnest($2::bytea[]) WITH ORDINALITY AS new (root, ordinal);

-- uncopied_checkpoints --
-- What is not known to lie among the attachments yet, oldest first, at most $1.
SELECT size, note FROM uncopied_checkpoints JOIN checkpoints USING (size) ORDER BY size LIMIT $1;

-- forget_to_copy --
-- The checkpoint of size $1 lies among the attachments.
DELETE FROM uncopied_checkpoints WHERE size = $1;
