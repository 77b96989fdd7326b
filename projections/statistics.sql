-- shoppers --
-- How many shoppers ever agreed to the processing of their receipts.
SELECT count(DISTINCT stream) AS total FROM events WHERE type = 'ConsentGiven';

-- referred --
-- How many receipts ever waited for a person.
SELECT count(DISTINCT receipt) AS total FROM receipt_steps WHERE type = 'ReceiptReferred';

-- paid --
-- The kopecks that arrived, and the seconds from photo to money that half and nine tenths of the
-- paid receipts took at most; null where none is paid.
SELECT
    coalesce(sum(payouts.amount_kopecks), 0)::bigint AS kopecks,
    percentile_cont(0.5) WITHIN GROUP (
        ORDER BY extract(EPOCH FROM payouts.updated_at - receipts.uploaded_at)::float8
    ) AS seconds_p50,
    percentile_cont(0.9) WITHIN GROUP (
        ORDER BY extract(EPOCH FROM payouts.updated_at - receipts.uploaded_at)::float8
    ) AS seconds_p90
FROM payouts
JOIN receipts USING (receipt)
WHERE payouts.state = 'confirmed';
