-- events --
-- How many facts of each type the ledger holds.
SELECT type, count(*) AS total FROM events GROUP BY type;

-- cursors --
-- How far each reader is behind the head, and what no NOTIFY announced; but for those that wait
-- until facts are old.
SELECT
    name,
    greatest((SELECT coalesce(max(seq), 0) FROM ledger) - seq, 0) AS lag,
    notify_missed
FROM cursors
WHERE name NOT LIKE 'later/%';

-- work --
-- What each handler has to do, is doing, and could not do, and how long the first item that
-- nobody has in hand has been due: what is due later counts as 0.
SELECT
    handler,
    count(*) FILTER (
        WHERE parked_at IS NULL AND (leased_until IS NULL OR leased_until <= now())
    ) AS waiting,
    count(*) FILTER (WHERE parked_at IS NULL AND leased_until > now()) AS leased,
    count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
    greatest(
        coalesce(
            extract(
                EPOCH FROM now() - min(due_at) FILTER (
                    WHERE parked_at IS NULL AND (leased_until IS NULL OR leased_until <= now())
                )
            ),
            0
        ),
        0
    )::float8 AS overdue_seconds
FROM work
GROUP BY handler;

-- unsealed --
-- Facts that are committed and not yet ordered, and the age of the oldest in seconds.
SELECT
    count(*) AS total,
    greatest(coalesce(extract(EPOCH FROM now() - min(recorded_at)), 0), 0)::float8
    AS oldest_seconds
FROM unsealed
JOIN events USING (position);

-- checkpoints --
-- Facts that no checkpoint covers yet, the age of the newest one in seconds (0 without any),
-- and how many wait to be copied to the attachments.
SELECT
    (SELECT coalesce(max(seq), 0) FROM ledger) - coalesce(max(size), 0) AS unproved,
    greatest(coalesce(extract(EPOCH FROM now() - max(made_at)), 0), 0)::float8 AS age_seconds,
    (SELECT count(*) FROM uncopied_checkpoints) AS uncopied
FROM checkpoints;

-- hold --
-- 1 while the switch $1 holds payouts back, else 0.
SELECT count(*) AS held
FROM (SELECT type FROM events WHERE stream = $1 ORDER BY version DESC LIMIT 1) AS last
WHERE type = 'PayoutsHeld';

-- unmatched --
-- Callbacks that fitted no payout and whose bill no payout has since.
SELECT count(*) AS total
FROM events AS told
WHERE
    type = 'CallbackUnmatched'
    AND NOT EXISTS (
        SELECT FROM events AS issued WHERE issued.stream = 'bill-' || (told.data ->> 'bill')
    );
