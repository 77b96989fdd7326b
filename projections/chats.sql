-- said --
-- The newest line that is message $2 of shopper $1, as ``chats.Line`` has it; arrays run in
-- parallel.
SELECT line.*
FROM unnest($1::text[], $2::bigint[]) AS given (shopper, message)
CROSS JOIN LATERAL (
    SELECT
        shopper, seq, told_seq, type, about, receipt, message, text_sealed, outcome, edits, at,
        edited_at
    FROM chat_lines
    WHERE
        chat_lines.shopper = given.shopper
        AND chat_lines.message = given.message
        AND type = 'ShopperNotified'
        AND chat_lines.message IS NOT NULL
        AND outcome NOT IN ('blocked', 'gone', 'refused')
    ORDER BY seq DESC
    LIMIT 1
) AS line;

-- keep_lines --
-- Write lines whole; arrays run in parallel.
INSERT INTO chat_lines (
    shopper, seq, told_seq, type, about, receipt, message, text_sealed, outcome, edits, at,
    edited_at
)
SELECT *
FROM unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::text[], $9::text[], $10::integer[], $11::timestamptz[], $12::timestamptz[]
)
ON CONFLICT (shopper, seq) DO UPDATE SET
    told_seq = excluded.told_seq,
    about = excluded.about,
    text_sealed = excluded.text_sealed,
    outcome = excluded.outcome,
    edits = excluded.edits,
    edited_at = excluded.edited_at;

-- forget --
-- Shoppers $1 were forgotten at seqs $2: nothing of what was said before is held.
DELETE FROM chat_lines
USING unnest($1::text[], $2::bigint[]) AS given (shopper, seq)
WHERE chat_lines.shopper = given.shopper AND chat_lines.seq < given.seq;

-- conversation --
-- The newest $2 lines of shopper $1, with how the receipts they are about stand.
SELECT
    line.seq, line.type, line.about, line.receipt, line.message, line.text_sealed, line.outcome,
    line.edits, line.at, line.edited_at, receipts.preview_sha256
FROM chat_lines AS line
LEFT JOIN receipts USING (receipt)
WHERE line.shopper = $1
ORDER BY line.seq DESC
LIMIT $2;

-- said_about --
-- The newest $2 lines in which its shopper was told about receipt $1.
SELECT
    seq, type, about, receipt, message, text_sealed, outcome, edits, at, edited_at,
    NULL::text AS preview_sha256
FROM chat_lines
WHERE receipt = $1 AND type = 'ShopperNotified' AND receipt IS NOT NULL
ORDER BY seq DESC
LIMIT $2;

-- newest_said --
-- The last fact told in the conversation of shopper $1, 0 when there is none.
SELECT coalesce(max(told_seq), 0) AS seq FROM chat_lines WHERE shopper = $1;
