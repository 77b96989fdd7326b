-- standings --
-- How receipts $1 and the receipts of payouts $2 stand, as ``receipt_rows.Standing`` has it.
SELECT
    receipts.receipt, shopper, source, state, array_to_string(reasons, ',') AS reasons,
    state_seq, photo_sha256, preview_sha256, words_sha256, merchant, total_kopecks,
    purchased_at, fiscal_number, receipt_number, qr_url, receipts.payout, bonus_kopecks,
    bill, seq, uploaded_at, updated_at, forgotten_at
FROM (
    SELECT given.receipt FROM unnest($1::text[]) AS given (receipt)
    UNION
    SELECT mine.receipt
    FROM unnest($2::text[]) AS given (payout)
    JOIN receipts AS mine USING (payout)
) AS wanted
JOIN receipts USING (receipt);

-- keep_standings --
-- Write receipts whole. Arrays run in parallel, here and below: a batch is one statement.
INSERT INTO receipts (
    receipt, shopper, source, state, reasons, state_seq, photo_sha256, preview_sha256,
    words_sha256, merchant, total_kopecks, purchased_at, fiscal_number, receipt_number,
    qr_url, payout, bonus_kopecks, bill, seq, uploaded_at, updated_at, forgotten_at
)
SELECT
    given.receipt, given.shopper, given.source, given.state,
    string_to_array(given.reasons, ','), given.state_seq, given.photo_sha256,
    given.preview_sha256, given.words_sha256, given.merchant, given.total_kopecks,
    given.purchased_at, given.fiscal_number, given.receipt_number, given.qr_url,
    given.payout, given.bonus_kopecks, given.bill, given.seq, given.uploaded_at,
    given.updated_at, given.forgotten_at
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::bigint[], $12::timestamptz[], $13::text[],
    $14::text[], $15::text[], $16::text[], $17::bigint[], $18::text[], $19::bigint[],
    $20::timestamptz[], $21::timestamptz[], $22::timestamptz[]
) AS given (
    receipt, shopper, source, state, reasons, state_seq, photo_sha256, preview_sha256,
    words_sha256, merchant, total_kopecks, purchased_at, fiscal_number, receipt_number,
    qr_url, payout, bonus_kopecks, bill, seq, uploaded_at, updated_at, forgotten_at
)
ON CONFLICT (receipt) DO UPDATE SET
    shopper = excluded.shopper,
    source = excluded.source,
    state = excluded.state,
    reasons = excluded.reasons,
    state_seq = excluded.state_seq,
    photo_sha256 = excluded.photo_sha256,
    preview_sha256 = excluded.preview_sha256,
    words_sha256 = excluded.words_sha256,
    merchant = excluded.merchant,
    total_kopecks = excluded.total_kopecks,
    purchased_at = excluded.purchased_at,
    fiscal_number = excluded.fiscal_number,
    receipt_number = excluded.receipt_number,
    qr_url = excluded.qr_url,
    payout = excluded.payout,
    bonus_kopecks = excluded.bonus_kopecks,
    bill = excluded.bill,
    seq = excluded.seq,
    uploaded_at = excluded.uploaded_at,
    updated_at = excluded.updated_at,
    forgotten_at = excluded.forgotten_at;

-- sent_before --
-- The receipts that shopper $1 sent before fact $2; later ones are of a shopper who returned.
SELECT receipt FROM receipts
WHERE
    shopper = $1
    AND EXISTS (
        SELECT FROM receipt_steps AS step
        WHERE step.receipt = receipts.receipt AND step.seq < $2
    );

-- forget_steps --
-- The shopper of receipts $1 was forgotten: of what was bought nothing is told any more.
WITH gone AS (
    SELECT seq, type FROM receipt_steps WHERE receipt = ANY($1::text[])
),

claims AS (
    DELETE FROM receipt_steps
    WHERE seq IN (
        SELECT seq FROM gone WHERE type IN ('ClaimTaken', 'ClaimReleased', 'AllowanceUsed')
    )
)

UPDATE receipt_steps SET facts = '{}'
WHERE seq IN (
    SELECT seq FROM gone WHERE type IN ('ReceiptRead', 'ReceiptCorrected', 'ReceiptAccepted')
);

-- forget_receipts --
-- The same for receipts $1 themselves, at times $2; money and outcome stay.
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
    forgotten_at = gone.at
FROM unnest($1::text[], $2::timestamptz[]) AS gone (receipt, at)
WHERE receipts.receipt = gone.receipt;

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

-- counts_since --
-- How many of the receipts that came in since $1 are in each state.
SELECT state, count(*) AS total FROM receipts WHERE uploaded_at >= $1 GROUP BY state;

-- newest_seq --
-- The last fact told about any receipt, 0 when there is none.
SELECT coalesce(max(seq), 0) AS seq FROM receipt_steps;
