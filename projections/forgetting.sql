-- uploads --
-- Who sent the receipts with streams $1, and the seq of the photo.
SELECT stream, data ->> 'shopper' AS shopper, seq
FROM events
JOIN ledger USING (position)
WHERE stream = ANY($1::text[]) AND version = 0 AND type = 'ReceiptUploaded';

-- forgettings_in --
-- The seqs at which the shoppers with streams $1 were forgotten.
SELECT stream, seq
FROM events
JOIN ledger USING (position)
WHERE stream = ANY($1::text[]) AND type = 'ShopperForgotten';
