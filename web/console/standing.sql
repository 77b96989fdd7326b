-- holds --
-- What holds money by the switch $1 and was not released since.
SELECT data::text AS data, recorded_at
FROM events
WHERE
    stream = $1
    AND type = 'PayoutsHeld'
    AND version > coalesce(
        (SELECT max(version) FROM events WHERE stream = $1 AND type = 'PayoutsReleased'), -1
    )
ORDER BY version;

-- parked --
-- How much work was set aside after failed tries.
SELECT count(*) AS total FROM work WHERE parked_at IS NOT NULL;

-- alerts --
-- The newest $1 facts that a person must hear of; a hold that ended is none.
SELECT type, stream, data::text AS data, recorded_at
FROM events AS alert
WHERE
    type IN (
        'PayoutContradicted', 'CallbackUnmatched', 'PayoutsHeld', 'BudgetExhausted',
        'BookingOrphaned'
    )
    AND NOT EXISTS (
        SELECT FROM events AS ended
        WHERE
            ended.stream = alert.stream
            AND ended.type = 'PayoutsReleased'
            AND ended.version > alert.version
    )
ORDER BY position DESC
LIMIT $1;
