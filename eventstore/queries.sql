-- read_stream --
-- The facts of stream $1 after version $2, in order.
SELECT
    ledger.seq, events.position, stream, version, event_id, type, data, metadata, leaf_hash,
    recorded_at
FROM events
LEFT JOIN ledger USING (position)
WHERE stream = $1 AND version > $2
ORDER BY version;

-- read_streams --
-- The facts of the streams $1, each stream's in order.
SELECT
    ledger.seq, events.position, stream, version, event_id, type, data, metadata, leaf_hash,
    recorded_at
FROM events
LEFT JOIN ledger USING (position)
WHERE stream = ANY($1)
ORDER BY stream, version;

-- read_lasts --
-- The last fact of each of the streams $1 that has any.
SELECT
    ledger.seq, last.position, last.stream, last.version, last.event_id, last.type, last.data,
    last.metadata, last.leaf_hash, last.recorded_at
FROM unnest($1::text[]) AS given (stream)
CROSS JOIN LATERAL (
    SELECT * FROM events
    WHERE events.stream = given.stream
    ORDER BY events.version DESC
    LIMIT 1
) AS last
LEFT JOIN ledger USING (position);

-- read_events --
-- The facts with ids $1, in the order of the log.
SELECT
    ledger.seq, events.position, stream, version, event_id, type, data, metadata, leaf_hash,
    recorded_at
FROM events
LEFT JOIN ledger USING (position)
WHERE event_id = ANY($1)
ORDER BY events.position;

-- read_log --
-- At most $2 facts after seq $1, in the order of the ledger.
SELECT
    seq, position, stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
FROM ledger
JOIN events USING (position)
WHERE seq > $1
ORDER BY seq
LIMIT $2;

-- read_event --
-- The fact with seq $1.
SELECT
    seq, position, stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
FROM ledger
JOIN events USING (position)
WHERE seq = $1;

-- read_cause --
-- Id and metadata of the fact with seq $1, whatever state its content is in.
SELECT event_id, metadata FROM ledger JOIN events USING (position) WHERE seq = $1;

-- head --
-- The last seq, 0 when the ledger is empty.
SELECT coalesce(max(seq), 0) FROM ledger;

-- seal --
-- Order what is committed, at most $1 facts; -1 when another session is at it.
SELECT seal($1);

-- create_cursor --
-- Let reader $1 start at seq $2 unless it has a place already.
INSERT INTO cursors (name, seq) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT one_cursor_per_name
DO NOTHING;

-- is_at_head --
-- Whether reader $1 has a place and nothing lies behind it.
SELECT EXISTS (
    SELECT FROM cursors WHERE name = $1 AND seq >= (SELECT coalesce(max(seq), 0) FROM ledger)
);

-- lock_cursor --
-- The place of reader $1, held until the transaction ends; no row when another session holds it.
SELECT seq FROM cursors WHERE name = $1 FOR UPDATE SKIP LOCKED;

-- lock_cursor_unhurried --
-- As lock_cursor, and the transaction's commit does not wait for the disk.
SELECT seq, set_config('synchronous_commit', 'off', true)
FROM cursors WHERE name = $1 FOR UPDATE SKIP LOCKED;

-- await_cursor --
-- The place of reader $1, held until the transaction ends; waits for another holder.
SELECT seq FROM cursors WHERE name = $1 FOR UPDATE;

-- move_cursor --
-- Reader $1 has done everything up to seq $2.
UPDATE cursors SET seq = $2, moved_at = now() WHERE name = $1;

-- count_missed_notify --
-- Reader $1 found news by its poll that no NOTIFY had announced.
UPDATE cursors SET notify_missed = notify_missed + 1 WHERE name = $1;

-- plan_work --
-- Move the facts of types $2 with seq in ($3, $4] into the work of handler $1 and its planner $5
-- with them, unless another process moved it meanwhile, for which this waits; how many items that
-- made, and whether the planner was where we saw it. A commit lost in a crash is planned anew,
-- whole, so that none of this waits for the disk: the lease of an item does.
WITH unhurried AS (
    SELECT set_config('synchronous_commit', 'off', true) AS setting
),
moved AS (
    UPDATE cursors SET seq = $4, moved_at = now() FROM unhurried
    WHERE name = $5 AND seq = $3
    RETURNING name
),
planned AS (
    INSERT INTO work (handler, seq, stream)
    SELECT $1, ledger.seq, stream
    FROM moved
    CROSS JOIN ledger
    JOIN events USING (position)
    WHERE ledger.seq > $3 AND ledger.seq <= $4 AND type = ANY($2)
    ON CONFLICT ON CONSTRAINT one_item_per_handler_and_event DO NOTHING
    RETURNING seq
)
SELECT (SELECT count(*) FROM planned) AS planned, EXISTS (SELECT FROM moved) AS moved;

-- plan_ahead --
-- Let planner $3 of handler $1 pass what lies before it, at most $4 facts: those of types $2 become
-- work as in plan_work. How many facts that are, how many items they made, and whether the planner
-- was still where we saw it; no row at the head, where nothing is locked or written.
WITH ahead AS (
    SELECT place.seq AS after, least(place.seq + $4, head.seq) AS upto
    FROM cursors AS place
    CROSS JOIN (SELECT coalesce(max(seq), 0) AS seq FROM ledger) AS head
    WHERE place.name = $3 AND head.seq > place.seq
),
unhurried AS (
    SELECT set_config('synchronous_commit', 'off', true) AS setting FROM ahead
),
moved AS (
    UPDATE cursors SET seq = ahead.upto, moved_at = now()
    FROM ahead
    CROSS JOIN unhurried
    WHERE name = $3 AND seq = ahead.after
    RETURNING ahead.after, ahead.upto
),
planned AS (
    INSERT INTO work (handler, seq, stream)
    SELECT $1, next.seq, next.stream
    FROM moved
    CROSS JOIN LATERAL (
        SELECT ledger.seq, stream, type
        FROM ledger
        JOIN events USING (position)
        WHERE ledger.seq > moved.after AND ledger.seq <= moved.upto
        ORDER BY ledger.seq
        LIMIT $4
    ) AS next
    WHERE next.type = ANY($2)
    ON CONFLICT ON CONSTRAINT one_item_per_handler_and_event DO NOTHING
    RETURNING seq
)
SELECT
    upto - after AS passed,
    (SELECT count(*) FROM planned) AS planned,
    EXISTS (SELECT FROM moved) AS moved
FROM ahead;

-- ripe_ahead --
-- The place of planner $1 and the last of the next $2 facts before the first one that is younger
-- than $3; no row when that is the next one. An imported fact is as old as its writer says, one
-- from a fast clock as old as its seal.
SELECT place.seq AS after, coalesce(min(next.seq) FILTER (WHERE young) - 1, max(next.seq)) AS upto
FROM cursors AS place
CROSS JOIN LATERAL (
    SELECT ledger.seq, least(recorded_at, sealed_at) > $3 AS young
    FROM ledger
    JOIN events USING (position)
    WHERE ledger.seq > place.seq AND ledger.seq <= place.seq + $2
) AS next
WHERE place.name = $1
GROUP BY place.seq
HAVING coalesce(min(next.seq) FILTER (WHERE young) - 1, max(next.seq)) > place.seq;

-- has_enough_to_do --
-- Whether $2 items of handler $1 or more are due.
SELECT count(*) >= $2
FROM (
    SELECT FROM work
    WHERE handler = $1 AND parked_at IS NULL AND due_at <= statement_timestamp()
    LIMIT $2
) AS due;

-- lease_work --
-- Take for $2 seconds the item of handler $1 that is due longest and is first in its stream, and
-- the fact it was made from as in read_event. The time is the statement's: no index finds what is
-- due by a clock that goes on meanwhile.
WITH leased AS (
    UPDATE work
    SET
        leased_until = clock_timestamp() + make_interval(secs => $2),
        token = token + 1,
        attempts = attempts + 1
    WHERE (handler, seq) = (
        SELECT item.handler, item.seq
        FROM work AS item
        WHERE
            item.handler = $1
            AND item.parked_at IS NULL
            AND item.due_at <= statement_timestamp()
            AND (item.leased_until IS NULL OR item.leased_until <= clock_timestamp())
            AND NOT EXISTS (
                SELECT FROM work AS earlier
                WHERE
                    earlier.handler = item.handler
                    AND earlier.stream = item.stream
                    AND earlier.seq < item.seq
            )
        ORDER BY item.due_at, item.seq
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING seq, token, attempts
)
SELECT
    leased.token, leased.attempts,
    leased.seq, position, stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
FROM leased
LEFT JOIN ledger USING (seq)
LEFT JOIN events USING (position);

-- renew_lease --
-- Let the lease of item $2 of handler $1 under token $3 last for $4 seconds more.
UPDATE work SET leased_until = clock_timestamp() + make_interval(secs => $4)
WHERE handler = $1 AND seq = $2 AND token = $3 AND leased_until IS NOT NULL;

-- seconds_until_due --
-- How long until some stream's first item of handler $1 can be taken, or is worth a look; null
-- when none waits. Of what is not due yet the next one is enough, whatever waits before it: there
-- may be thousands.
SELECT extract(EPOCH FROM least(
    (
        SELECT min(greatest(item.due_at, item.leased_until))
        FROM work AS item
        WHERE
            item.handler = $1
            AND item.parked_at IS NULL
            AND item.due_at <= statement_timestamp()
            AND NOT EXISTS (
                SELECT FROM work AS earlier
                WHERE
                    earlier.handler = item.handler
                    AND earlier.stream = item.stream
                    AND earlier.seq < item.seq
            )
    ),
    (
        SELECT due_at FROM work
        WHERE handler = $1 AND parked_at IS NULL AND due_at > statement_timestamp()
        ORDER BY due_at
        LIMIT 1
    )
) - clock_timestamp())::float8;

-- finish_work --
-- Remove item $2 of handler $1 if the lease with token $3 still holds it.
DELETE FROM work WHERE handler = $1 AND seq = $2 AND token = $3;

-- return_work --
-- Give item $2 of handler $1 back under token $3, due in $4 seconds; not counted as an attempt.
-- A new token makes this, like the next two, safe to repeat when its answer was lost.
UPDATE work
SET
    leased_until = NULL,
    token = token + 1,
    attempts = attempts - 1,
    due_at = clock_timestamp() + make_interval(secs => $4)
WHERE handler = $1 AND seq = $2 AND token = $3;

-- fail_work --
-- An attempt at item $2 of handler $1 under token $3 failed: again in $4 seconds, $5 says why.
UPDATE work
SET
    leased_until = NULL,
    token = token + 1,
    due_at = clock_timestamp() + make_interval(secs => $4),
    last_error = $5
WHERE handler = $1 AND seq = $2 AND token = $3;

-- park_work --
-- Set item $2 of handler $1 under token $3 aside; its stream waits, $4 says why.
UPDATE work
SET leased_until = NULL, token = token + 1, parked_at = clock_timestamp(), last_error = $4
WHERE handler = $1 AND seq = $2 AND token = $3;

-- parked_work --
-- What waits for an operator, oldest first.
SELECT handler, seq, stream, attempts, parked_at, last_error
FROM work
WHERE parked_at IS NOT NULL
ORDER BY parked_at;

-- lock_parked_work --
-- Item $2 of handler $1 if it is parked, held until the transaction ends.
SELECT stream FROM work
WHERE handler = $1 AND seq = $2 AND parked_at IS NOT NULL
FOR UPDATE;

-- retry_parked_work --
-- Let parked item $2 of handler $1 start over.
UPDATE work SET parked_at = NULL, attempts = 0, due_at = now() WHERE handler = $1 AND seq = $2;

-- skip_parked_work --
-- Give up parked item $2 of handler $1.
DELETE FROM work WHERE handler = $1 AND seq = $2;
