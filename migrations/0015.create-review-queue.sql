-- Why: a person must see which receipts wait for one, since when, and who has them in hand.
-- depends: 0010.create-receipts
SET lock_timeout = '5s';

CREATE TABLE review_queue (
    receipt text NOT NULL,
    shopper text NOT NULL,
    reasons text[] NOT NULL,
    -- it was first referred then; only a decision ends the waiting
    waiting_since timestamptz NOT NULL,
    -- a name among colleagues
    reviewer text,
    assigned_until timestamptz,
    corrections integer NOT NULL DEFAULT 0,
    -- the last fact told about it
    seq bigint NOT NULL,
    CONSTRAINT one_place_in_the_queue_per_receipt PRIMARY KEY (receipt),
    CONSTRAINT an_assignment_has_an_end CHECK ((reviewer IS NULL) = (assigned_until IS NULL)),
    CONSTRAINT corrections_are_counted_from_zero CHECK (corrections >= 0)
);

CREATE INDEX queue_by_age ON review_queue (waiting_since);

-- which share of all receipts a person ever had to look at
CREATE INDEX steps_of_referrals ON receipt_steps (receipt) WHERE type = 'ReceiptReferred';
