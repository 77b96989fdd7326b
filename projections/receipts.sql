-- begin_receipts --
-- Photos $3 of receipts $1 came from shoppers $2 by sources $4; facts $5 of times $6 say so.
-- Arrays run in parallel here and below: a whole batch is one statement.
INSERT INTO receipts (
    receipt, shopper, photo_sha256, source, state, state_seq, seq, uploaded_at, updated_at
)
SELECT receipt, shopper, photo, source, 'uploaded', seq, seq, at, at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
    AS given (receipt, shopper, photo, source, seq, at);

-- keep_readings --
-- What was read on receipts $1: merchants, totals, times, numbers, QRs, words and previews.
UPDATE receipts
SET
    merchant = given.merchant,
    total_kopecks = given.total_kopecks,
    purchased_at = given.purchased_at,
    fiscal_number = given.fiscal_number,
    receipt_number = given.receipt_number,
    qr_url = given.qr_url,
    words_sha256 = given.words_sha256,
    preview_sha256 = given.preview_sha256
FROM unnest(
    $1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[]
) AS given (
    receipt, merchant, total_kopecks, purchased_at, fiscal_number, receipt_number, qr_url,
    words_sha256, preview_sha256
)
WHERE receipts.receipt = given.receipt;

-- keep_previews --
-- Receipts $1 could not be read, yet their photos can be shown: previews $2.
UPDATE receipts SET preview_sha256 = given.preview_sha256
FROM unnest($1::text[], $2::text[]) AS given (receipt, preview_sha256)
WHERE receipts.receipt = given.receipt;

-- name_payouts --
-- Payouts $2 of $3 kopecks belong to receipts $1.
UPDATE receipts SET payout = given.payout, bonus_kopecks = given.bonus_kopecks
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (receipt, payout, bonus_kopecks)
WHERE receipts.receipt = given.receipt;

-- name_bills --
-- Portmone keeps payouts $1 as bills $2.
UPDATE receipts SET bill = given.bill
FROM unnest($1::text[], $2::text[]) AS given (payout, bill)
WHERE receipts.payout = given.payout;

-- move_receipts --
-- Facts $2 put receipts $1, each named once, into states $3 for reasons $4, joined by commas.
-- Money's end is final: a callback may overtake the answer, which is recorded behind it.
UPDATE receipts
SET
    state = given.state,
    reasons = string_to_array(given.reasons, ','),
    state_seq = given.seq
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
    AS given (receipt, seq, state, reasons)
WHERE
    receipts.receipt = given.receipt
    AND receipts.state_seq < given.seq
    AND receipts.state NOT IN ('paid', 'pay_failed');

-- move_receipts_of_payouts --
-- The same for the receipts of payouts $1.
UPDATE receipts
SET
    state = given.state,
    reasons = string_to_array(given.reasons, ','),
    state_seq = given.seq
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
    AS given (payout, seq, state, reasons)
WHERE
    receipts.payout = given.payout
    AND receipts.state_seq < given.seq
    AND receipts.state NOT IN ('paid', 'pay_failed');

-- tell_steps --
-- Add facts $4 of types $5 and times $6 (ids $7, streams $8, versions $9, facts $10) to the
-- stories of receipts $1 or of payouts $2. One with a bill, $3, is a callback: whose it is
-- depends on what comes later, so that is not decided here, where it would depend on the batch.
INSERT INTO receipt_steps (
    receipt, payout, bill, seq, type, at, event_id, stream, version, facts
)
SELECT
    coalesce(given.receipt, mine.receipt), given.payout, given.bill, given.seq, given.type,
    given.at, given.event_id, given.stream, given.version, given.facts
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::timestamptz[], $7::uuid[],
    $8::text[], $9::bigint[], $10::json[]
) AS given (receipt, payout, bill, seq, type, at, event_id, stream, version, facts)
LEFT JOIN receipts AS mine ON mine.payout = given.payout AND given.bill IS NULL;

-- end_stories --
-- Facts $2 of times $3 are the last ones told of receipts $1.
UPDATE receipts SET seq = given.seq, updated_at = given.at
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS given (receipt, seq, at)
WHERE receipts.receipt = given.receipt AND receipts.seq < given.seq;

-- end_stories_of_payouts --
-- The same for the receipts of payouts $1.
UPDATE receipts SET seq = given.seq, updated_at = given.at
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS given (payout, seq, at)
WHERE receipts.payout = given.payout AND receipts.seq < given.seq;

-- forget_steps --
-- Shopper $1 was forgotten by fact $2: of what was bought nothing is told any more.
WITH gone AS (
    SELECT step.seq, step.type
    FROM receipt_steps AS step
    JOIN receipts AS mine USING (receipt)
    WHERE mine.shopper = $1 AND step.seq < $2
),

claims AS (
    DELETE FROM receipt_steps
    WHERE seq IN (SELECT seq FROM gone WHERE type IN ('ClaimTaken', 'AllowanceUsed'))
)

UPDATE receipt_steps SET facts = '{}'
WHERE seq IN (SELECT seq FROM gone WHERE type IN ('ReceiptRead', 'ReceiptAccepted'));

-- forget_receipts --
-- The same for the receipts themselves, at time $3; money and outcome stay. Those sent after
-- fact $2 are of a shopper who returned.
UPDATE receipts
SET
    preview_sha256 = NULL,
    words_sha256 = NULL,
    merchant = NULL,
    total_kopecks = NULL,
    purchased_at = NULL,
    fiscal_number = NULL,
    receipt_number = NULL,
    qr_url = NULL,
    forgotten_at = $3
WHERE
    shopper = $1
    AND EXISTS (
        SELECT FROM receipt_steps AS step
        WHERE step.receipt = receipts.receipt AND step.seq < $2
    );

-- receipt --
-- How receipt $1 stands.
SELECT * FROM receipts WHERE receipt = $1;

-- steps --
-- The story of receipt $1, at most $2 facts, in the order of the ledger; callbacks join it by
-- its bill or by the payout they echo.
SELECT step.seq, step.type, step.at, step.event_id, step.stream, step.version, step.facts
FROM receipt_steps AS step
JOIN receipts AS mine
    ON
        step.receipt = mine.receipt
        OR (step.receipt IS NULL AND (step.bill = mine.bill OR step.payout = mine.payout))
WHERE mine.receipt = $1
ORDER BY step.seq
LIMIT $2;

-- receipts_of --
-- The newest $2 receipts of shopper $1.
SELECT * FROM receipts WHERE shopper = $1 ORDER BY uploaded_at DESC, seq DESC LIMIT $2;

-- latest --
-- The newest $1 receipts of anybody.
SELECT * FROM receipts ORDER BY uploaded_at DESC, seq DESC LIMIT $1;

-- counts --
-- How many receipts are in each state.
SELECT state, count(*) AS total FROM receipts GROUP BY state;

-- newest_seq --
-- The last fact told about any receipt, 0 when there is none.
SELECT coalesce(max(seq), 0) AS seq FROM receipt_steps;
