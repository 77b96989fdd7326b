-- Why: what is so now with each receipt, and its whole story in order, for pages and metrics.
-- depends: 0003.create-work
SET lock_timeout = '5s';

CREATE TABLE receipts (
    receipt text NOT NULL,
    shopper text NOT NULL,
    source text NOT NULL,
    state text NOT NULL,
    reasons text[] NOT NULL DEFAULT '{}',
    -- the fact that made the state what it is
    state_seq bigint NOT NULL,
    photo_sha256 text NOT NULL,
    preview_sha256 text,
    words_sha256 text,
    merchant text,
    total_kopecks bigint,
    purchased_at timestamptz,
    fiscal_number text,
    receipt_number text,
    qr_url text,
    payout text,
    bonus_kopecks bigint,
    bill text,
    -- the last fact told about it
    seq bigint NOT NULL,
    uploaded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT one_row_per_receipt PRIMARY KEY (receipt),
    CONSTRAINT one_receipt_per_payout UNIQUE (payout),
    CONSTRAINT a_receipt_is_in_a_known_state CHECK (state IN (
        'uploaded', 'read', 'unreadable', 'review', 'rejected', 'accepted',
        'paying', 'bill_created', 'pay_unknown', 'paid', 'pay_failed'
    ))
);

CREATE INDEX receipts_of_a_shopper ON receipts (shopper, uploaded_at DESC);
CREATE INDEX receipts_by_time ON receipts (uploaded_at DESC);
CREATE INDEX receipts_by_bill ON receipts (bill) WHERE bill IS NOT NULL;

CREATE TABLE receipt_steps (
    seq bigint NOT NULL,
    -- null for callbacks: they may come before their bill is known here, so whose they are is
    -- found when the story is read, by the bill or by the payout they echo
    receipt text,
    payout text,
    bill text,
    type text NOT NULL,
    at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    facts json NOT NULL,
    CONSTRAINT one_step_per_fact PRIMARY KEY (seq)
);

CREATE INDEX steps_of_a_receipt ON receipt_steps (receipt, seq);
CREATE INDEX callbacks_by_bill ON receipt_steps (bill) WHERE receipt IS NULL;
CREATE INDEX callbacks_by_payout ON receipt_steps (payout) WHERE receipt IS NULL;
