-- Why: what was bought and paid of each product, for marketing; and staff find a receipt or
-- count shoppers without reading whole tables.
-- depends: 0015.create-review-queue
SET lock_timeout = '5s';

CREATE TABLE product_bonuses (
    receipt text NOT NULL,
    payout text NOT NULL,
    shopper text NOT NULL,
    -- Kyiv's, of acceptance
    day date NOT NULL,
    amount_kopecks bigint NOT NULL,
    paid_at timestamptz,
    -- [{sku, name, quantity_milli, kopecks}], kopecks being a share of the amount; nothing where
    -- the shopper was forgotten
    goods json NOT NULL,
    CONSTRAINT one_bonus_per_receipt PRIMARY KEY (receipt),
    CONSTRAINT one_bonus_per_payout UNIQUE (payout),
    CONSTRAINT a_bonus_is_worth_something CHECK (amount_kopecks >= 0)
);

CREATE INDEX bonuses_by_day ON product_bonuses (day);
CREATE INDEX bonuses_of_a_shopper ON product_bonuses (shopper);

CREATE TABLE product_names (
    sku text NOT NULL,
    -- as marketing's list has it
    name text NOT NULL,
    CONSTRAINT one_name_per_sku PRIMARY KEY (sku)
);

CREATE INDEX receipts_of_a_register ON receipts (fiscal_number) WHERE fiscal_number IS NOT NULL;
CREATE INDEX shoppers_who_agreed ON events (stream) WHERE type = 'ConsentGiven';
