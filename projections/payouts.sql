-- begin_payouts --
-- Payouts $1 of $4 kopecks are owed to shoppers $3 for receipts $2; facts $5 of times $6 say so.
-- Arrays run in parallel here and below: a whole batch is one statement.
INSERT INTO payouts (
    payout, receipt, shopper, amount_kopecks, state, state_seq, requested_at, updated_at
)
SELECT payout, receipt, shopper, amount_kopecks, 'requested', seq, at, at
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
    AS given (payout, receipt, shopper, amount_kopecks, seq, at);

-- count_attempts --
-- $2 requests about payouts $1 are about to leave.
UPDATE payouts SET attempts = attempts + given.total
FROM unnest($1::text[], $2::integer[]) AS given (payout, total)
WHERE payouts.payout = given.payout;

-- name_bills --
-- Portmone keeps payouts $1 as bills $2; of one that was paid the bill is known already.
UPDATE payouts SET bill = given.bill
FROM unnest($1::text[], $2::text[]) AS given (payout, bill)
WHERE payouts.payout = given.payout AND payouts.state <> 'confirmed';

-- count_contradictions --
-- $3 callbacks disagree with payouts $1, since a person weighed all that stood before if $2; a
-- person must look.
UPDATE payouts
SET contradictions = given.total + CASE WHEN given.weighed THEN 0 ELSE contradictions END
FROM unnest($1::text[], $2::boolean[], $3::integer[]) AS given (payout, weighed, total)
WHERE payouts.payout = given.payout;

-- move_payouts --
-- Facts $2 of times $5 put payouts $1, each named once, into states $3 because of $4; none
-- behind the end, and behind a doubt only the end does, unless a person opened them anew or
-- showed that they were paid ($6): a callback may overtake the answer, and who was called lost
-- may answer late.
UPDATE payouts
SET state = given.state, code = given.code, state_seq = given.seq, updated_at = given.at
FROM unnest(
    $1::text[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[]
) AS given (payout, seq, state, code, at, by_a_person)
WHERE
    payouts.payout = given.payout
    AND payouts.state_seq < given.seq
    AND (
        given.by_a_person
        OR payouts.state NOT IN ('confirmed', 'failed', 'unknown')
        OR (payouts.state = 'unknown' AND given.state IN ('confirmed', 'failed'))
    );

-- payout --
-- How payout $1 stands.
SELECT * FROM payouts WHERE payout = $1;

-- listed --
-- At most $4 payouts: with $1 open ones that are unknown or contradicted, with $2 contradicted
-- ones, ended or not, with $3 those in that state; first what is open and a person must look at,
-- then the oldest.
SELECT * FROM payouts
WHERE
    (
        NOT $1::boolean
        OR state = 'unknown'
        OR (contradictions > 0 AND state NOT IN ('confirmed', 'failed'))
    )
    AND (NOT $2::boolean OR contradictions > 0)
    AND ($3::text IS NULL OR state = $3)
ORDER BY
    (state = 'unknown' OR (contradictions > 0 AND state NOT IN ('confirmed', 'failed'))) DESC,
    requested_at, payout
LIMIT $4;

-- contradicted --
-- How many payouts a callback, an answer or a statement disagrees with, unweighed by a person.
SELECT count(*) AS total FROM payouts WHERE contradictions > 0;

-- counts --
-- How many payouts are in each state.
SELECT state, count(*) AS total FROM payouts GROUP BY state;
