-- find --
-- The newest $1 receipts of which all that is not null is so: state $2, a reason $3, one of the
-- shoppers $4 (of forgotten ones none), uploaded from $5 to before $6, fiscal number $7, receipt
-- number $8 or its key $9, bill $10, payout $11, seller like the pattern $12, total $13, and
-- anything of it being $14, with $15 as a key and $16 as a pattern.
SELECT *
FROM receipts
WHERE
    ($2::text IS NULL OR state = $2)
    AND ($3::text IS NULL OR $3 = ANY(reasons))
    AND ($4::text[] IS NULL OR (shopper = ANY($4) AND forgotten_at IS NULL))
    AND ($5::timestamptz IS NULL OR uploaded_at >= $5)
    AND ($6::timestamptz IS NULL OR uploaded_at < $6)
    AND ($7::text IS NULL OR fiscal_number = $7)
    AND (
        $8::text IS NULL
        OR receipt_number = $8
        OR ltrim(split_part(receipt_number, ' ', 1), '0') = $9
    )
    AND ($10::text IS NULL OR bill = $10)
    AND ($11::text IS NULL OR payout = $11)
    AND ($12::text IS NULL OR merchant ~ $12)
    AND ($13::bigint IS NULL OR total_kopecks = $13)
    AND (
        $14::text IS NULL
        OR $14 IN (receipt, shopper, payout, bill, fiscal_number, receipt_number)
        OR ltrim(split_part(receipt_number, ' ', 1), '0') = $15
        OR merchant ~ $16
    )
ORDER BY uploaded_at DESC, seq DESC
LIMIT $1;

-- sharers --
-- The streams of shoppers who shared the phone with fingerprint $1 and were not forgotten since.
SELECT DISTINCT shared.stream
FROM events AS shared
WHERE
    shared.type = 'PhoneShared'
    AND shared.data ->> 'phone_fingerprint' = $1
    AND NOT EXISTS (
        SELECT FROM events AS gone
        WHERE
            gone.stream = shared.stream
            AND gone.version > shared.version
            AND gone.type = 'ShopperForgotten'
    );
