-- begin_receipt --
-- Photo $3 of receipt $1 came from shopper $2 by source $4; fact $5 of time $6 says so.
INSERT INTO receipts (
    receipt, shopper, photo_sha256, source, state, state_seq, seq, uploaded_at, updated_at
)
VALUES ($1, $2, $3, $4, 'uploaded', $5, $5, $6, $6);

-- keep_reading --
-- What was read on receipt $1: merchant, total, time, numbers, QR, words and preview.
UPDATE receipts
SET
    merchant = $2,
    total_kopecks = $3,
    purchased_at = $4,
    fiscal_number = $5,
    receipt_number = $6,
    qr_url = $7,
    words_sha256 = $8,
    preview_sha256 = $9
WHERE receipt = $1;

-- keep_preview --
-- Receipt $1 could not be read, yet its photo can be shown: preview $2.
UPDATE receipts SET preview_sha256 = $2 WHERE receipt = $1;

-- name_payout --
-- Payout $2 of $3 kopecks belongs to receipt $1.
UPDATE receipts SET payout = $2, bonus_kopecks = $3 WHERE receipt = $1;

-- name_bill --
-- Portmone keeps payout $1 as bill $2.
UPDATE receipts SET bill = $2 WHERE payout = $1;

-- move_receipt --
-- Fact $3 put receipt $1, or the receipt of payout $2, into state $4 for reasons $5. A later
-- fact of the same batch may have been applied first: the newest one counts. Money's end is
-- final: a callback may overtake the answer, which is recorded behind it.
UPDATE receipts
SET state = $4, reasons = $5, state_seq = $3
WHERE (receipt = $1 OR payout = $2) AND state_seq < $3 AND state NOT IN ('paid', 'pay_failed');

-- tell_step --
-- Add fact $4 of type $5 and time $6 (id $7, stream $8, version $9, facts $10) to the story of
-- receipt $1 or of payout $2. One with a bill, $3, is a callback: whose it is depends on what
-- comes later, so that is not decided here, where it would depend on the batch.
WITH owner AS (
    SELECT coalesce(
        $1::text,
        (SELECT receipt FROM receipts WHERE payout = $2::text AND $3::text IS NULL)
    ) AS receipt
),

told AS (
    INSERT INTO receipt_steps (
        receipt, payout, bill, seq, type, at, event_id, stream, version, facts
    )
    SELECT
        receipt, $2::text, $3::text, $4::bigint, $5, $6::timestamptz, $7, $8, $9, $10::json
    FROM owner
)

UPDATE receipts
SET seq = $4, updated_at = $6
FROM owner
WHERE receipts.receipt = owner.receipt AND receipts.seq < $4;

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
