-- plan_for_growing_tables --
-- Temporary tables have no statistics: plans made while they are empty must suit them full.
SET enable_seqscan = off;

-- receipts_by_state --
-- How many receipts are in each state.
SELECT state, count(*) AS total FROM receipts GROUP BY state ORDER BY state;

-- payouts_by_state --
-- How many payouts are in each state, and their money.
SELECT state, count(*) AS total, sum(amount_kopecks)::bigint AS kopecks
FROM payouts
GROUP BY state
ORDER BY state;

-- receipts_after --
-- The next $2 receipts behind key $1, whole.
SELECT receipt AS key, row_to_json(receipts)::text AS content
FROM receipts
WHERE receipt > $1
ORDER BY receipt
LIMIT $2;

-- payouts_after --
-- The next $2 payouts behind key $1, whole.
SELECT payout AS key, row_to_json(payouts)::text AS content
FROM payouts
WHERE payout > $1
ORDER BY payout
LIMIT $2;

-- queue_after --
-- The next $2 places in the review queue behind key $1, whole.
SELECT receipt AS key, row_to_json(review_queue)::text AS content
FROM review_queue
WHERE receipt > $1
ORDER BY receipt
LIMIT $2;

-- bonuses_after --
-- The next $2 bonuses with their goods behind key $1, whole.
SELECT receipt AS key, row_to_json(product_bonuses)::text AS content
FROM product_bonuses
WHERE receipt > $1
ORDER BY receipt
LIMIT $2;
