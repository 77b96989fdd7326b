-- payouts_to --
-- The streams of payouts to the phone with fingerprint $1, also of those that went to it once.
SELECT DISTINCT stream
FROM events
WHERE
    type IN ('PayoutRequested', 'PayoutReopened')
    AND data ->> 'phone_fingerprint' = $1
ORDER BY stream;

-- owed_to --
-- To whom, and for which receipt, bonuses were owed on phones $1; seq is NULL before the seal.
-- The two types are those of the index.
SELECT
    data ->> 'phone_fingerprint' AS phone,
    data ->> 'shopper' AS shopper,
    data ->> 'receipt' AS receipt,
    ledger.seq
FROM events
LEFT JOIN ledger USING (position)
WHERE
    type IN ('PayoutRequested', 'PayoutReopened')
    AND data ->> 'phone_fingerprint' = ANY($1::text[])
    AND type = 'PayoutRequested'
ORDER BY position;

-- payouts_asked --
-- The streams of payouts for which a request left, or was about to, from time $1 to time $2.
SELECT DISTINCT stream
FROM events
WHERE type = 'PayoutAttempted' AND recorded_at BETWEEN $1 AND $2
ORDER BY stream;

-- owed_above --
-- The first $2 streams of payouts of more than $1 kopecks that are open: not ended, or reopened
-- since. The two types are those of the index.
SELECT stream
FROM events AS asked
WHERE
    type IN ('PayoutRequested', 'PayoutReopened')
    AND type = 'PayoutRequested'
    AND (data ->> 'amount_kopecks')::bigint > $1
    AND NOT EXISTS (
        SELECT FROM events AS ended
        WHERE
            ended.stream = asked.stream
            AND ended.type IN ('PayoutConfirmed', 'PayoutFailed', 'PayoutResolved')
            AND NOT EXISTS (
                SELECT FROM events AS again
                WHERE
                    again.stream = asked.stream
                    AND again.type = 'PayoutReopened'
                    AND again.version > ended.version
            )
    )
ORDER BY position
LIMIT $2;

-- callbacks_unmatched --
-- The streams of callbacks that fitted no payout and whose bill no payout has since.
SELECT stream
FROM events AS told
WHERE
    type = 'CallbackUnmatched'
    AND NOT EXISTS (
        SELECT FROM events AS issued WHERE issued.stream = 'bill-' || (told.data ->> 'bill')
    );
