-- uploads_of --
-- The receipts that shopper $1 ever sent, earliest first.
SELECT data ->> 'receipt' AS receipt
FROM events
WHERE type = 'ReceiptUploaded' AND data ->> 'shopper' = $1
ORDER BY position;

-- uploads_since --
-- How many receipts shopper $1 sent after $2.
SELECT count(*)
FROM events
WHERE type = 'ReceiptUploaded' AND data ->> 'shopper' = $1 AND recorded_at > $2;

-- named_elsewhere --
-- Which of the hashes $3 receipts of shopper $1 other than that of stream $2 name as their photo,
-- preview or words, as far as these are not expired.
SELECT DISTINCT named.sha256
FROM events AS upload
JOIN events AS told
    ON
        told.stream = upload.stream
        AND told.type IN ('ReceiptUploaded', 'ReceiptRead', 'ReceiptUnreadable')
CROSS JOIN
    LATERAL unnest(
        ARRAY[
            told.data ->> 'photo_sha256',
            told.data ->> 'preview_sha256',
            told.data ->> 'words_sha256'
        ]
    ) AS named (sha256)
WHERE
    upload.type = 'ReceiptUploaded'
    AND upload.data ->> 'shopper' = $1
    AND upload.stream <> $2
    AND named.sha256 = ANY($3::text[])
    AND NOT EXISTS (
        SELECT FROM events AS gone
        WHERE gone.stream = upload.stream AND gone.type = 'PhotoExpired'
    );

-- callbacks_about --
-- The streams of callbacks that name any of $1 as their phone, bill or payout, earliest first.
SELECT stream
FROM events
WHERE
    type = 'CallbackReceived'
    AND ARRAY[data ->> 'phone_fingerprint', data ->> 'bill', data ->> 'comment'] && $1::text[]
ORDER BY position;

-- shared_by --
-- The streams of shoppers who ever shared the phone with fingerprint $1.
SELECT DISTINCT stream
FROM events
WHERE type = 'PhoneShared' AND data ->> 'phone_fingerprint' = $1
ORDER BY stream;

-- join_in --
-- Until this transaction ends no forgetting of the shopper with stream $1 begins.
SELECT pg_advisory_xact_lock_shared(7305002, hashtext($1));

-- forget_alone --
-- Wait until nothing that joined in for the shopper with stream $1 is open, and keep it out.
SELECT pg_advisory_xact_lock(7305002, hashtext($1));

-- upload_alone --
-- Wait until nobody else counts the uploads of the shopper with stream $1, and keep them out.
SELECT pg_advisory_xact_lock(7305003, hashtext($1));

-- is_leaving --
-- Whether a forgetting was asked for in stream $1 behind version $2.
SELECT exists(
    SELECT FROM events WHERE stream = $1 AND version > $2 AND type = 'ForgettingRequested'
);
