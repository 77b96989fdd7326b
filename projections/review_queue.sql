-- places --
-- The places of receipts $1 and of shoppers $2, as ``review_queue.Place`` has them.
SELECT
    receipt, shopper, array_to_string(reasons, ',') AS reasons, waiting_since, reviewer,
    assigned_until, corrections, seq
FROM review_queue
WHERE receipt = ANY($1::text[]) OR shopper = ANY($2::text[]);

-- keep_places --
-- Write places whole; arrays run in parallel.
INSERT INTO review_queue (
    receipt, shopper, reasons, waiting_since, reviewer, assigned_until, corrections, seq
)
SELECT
    receipt, shopper, string_to_array(reasons, ','), waiting_since, reviewer, assigned_until,
    corrections, seq
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[],
    $7::integer[], $8::bigint[]
) AS given (
    receipt, shopper, reasons, waiting_since, reviewer, assigned_until, corrections, seq
)
ON CONFLICT (receipt) DO UPDATE SET
    shopper = excluded.shopper,
    reasons = excluded.reasons,
    waiting_since = excluded.waiting_since,
    reviewer = excluded.reviewer,
    assigned_until = excluded.assigned_until,
    corrections = excluded.corrections,
    seq = excluded.seq;

-- leave --
-- Receipts $1 wait for nobody any more.
DELETE FROM review_queue WHERE receipt = ANY($1::text[]);

-- waiting --
-- The $1 receipts that wait longest, with what a person tells them apart by.
SELECT
    queue.receipt, queue.shopper, queue.reasons, queue.waiting_since, queue.reviewer,
    queue.assigned_until, queue.corrections, queue.seq, receipts.merchant,
    receipts.total_kopecks, receipts.purchased_at
FROM review_queue AS queue
LEFT JOIN receipts USING (receipt)
ORDER BY queue.waiting_since, queue.receipt
LIMIT $1;

-- load --
-- How many receipts wait, and the seconds that the first of them has waited.
SELECT
    count(*) AS items,
    greatest(coalesce(extract(EPOCH FROM now() - min(waiting_since)), 0), 0)::float8
    AS oldest_seconds
FROM review_queue;
