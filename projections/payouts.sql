-- begin_payout --
-- Payout $1 of $4 kopecks is owed to shopper $3 for receipt $2; fact $5 of time $6 says so.
INSERT INTO payouts (
    payout, receipt, shopper, amount_kopecks, state, state_seq, requested_at, updated_at
)
VALUES ($1, $2, $3, $4, 'requested', $5, $6, $6);

-- count_attempt --
-- A request about payout $1 is about to leave.
UPDATE payouts SET attempts = attempts + 1 WHERE payout = $1;

-- name_bill --
-- Portmone keeps payout $1 as bill $2.
UPDATE payouts SET bill = $2 WHERE payout = $1;

-- count_contradiction --
-- A callback disagrees with payout $1; a person must look.
UPDATE payouts SET contradictions = contradictions + 1 WHERE payout = $1;

-- move_payout --
-- Fact $2 of time $3 put payout $1 into state $4 because of $5; the newest fact counts, but
-- none behind the end: a callback may overtake the answer, which is recorded behind it.
UPDATE payouts
SET state = $4, code = $5, state_seq = $2, updated_at = $3
WHERE payout = $1 AND state_seq < $2 AND state NOT IN ('confirmed', 'failed');

-- payout --
-- How payout $1 stands.
SELECT * FROM payouts WHERE payout = $1;

-- counts --
-- How many payouts are in each state.
SELECT state, count(*) AS total FROM payouts GROUP BY state;
