-- append_events --
-- Append facts; $1 streams, $2 versions, $3 ids, $4 types, $5 data, $6 metadata, $7 leaf
-- hashes, $8 times. See migrations/0001.
SELECT at_position AS position, at_version AS version, stored_before
FROM append_events($1, $2, $3, $4, $5, $6, $7, $8);

-- append_together --
-- The same for several appends at once, given up as soon as one of them has to wait.
SELECT at_position AS position, at_version AS version, stored_before
FROM append_together($1, $2, $3, $4, $5, $6, $7, $8);
