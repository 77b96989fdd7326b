-- budget --
-- The policy that stream $1 adopted last, null when none, and what stream $2 says is spent.
SELECT
    (SELECT data::text FROM events WHERE stream = $1 ORDER BY version DESC LIMIT 1) AS policy,
    coalesce(
        (
            SELECT (data ->> 'used_kopecks')::bigint
            FROM events
            WHERE stream = $2
            ORDER BY version DESC
            LIMIT 1
        ),
        0
    ) AS used_kopecks;
