-- Why: where each bonus stands with Portmone, and which ones a person must look at.
-- depends: 0003.create-work
SET lock_timeout = '5s';

CREATE TABLE payouts (
    payout text NOT NULL,
    receipt text NOT NULL,
    shopper text NOT NULL,
    amount_kopecks bigint NOT NULL,
    state text NOT NULL,
    -- Portmone's error code or the cause of the last trouble
    code text,
    -- the fact that made the state what it is
    state_seq bigint NOT NULL,
    bill text,
    attempts integer NOT NULL DEFAULT 0,
    contradictions integer NOT NULL DEFAULT 0,
    requested_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT one_row_per_payout PRIMARY KEY (payout),
    CONSTRAINT one_payout_per_receipt UNIQUE (receipt),
    CONSTRAINT a_payout_is_in_a_known_state CHECK (state IN (
        'requested', 'attempted', 'refused', 'billed', 'sent', 'unknown', 'confirmed', 'failed'
    ))
);

CREATE INDEX payouts_by_state ON payouts (state, updated_at);
