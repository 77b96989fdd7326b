-- bonuses --
-- The bonuses of receipts $1, payouts $2 and shoppers $3, as ``product_bonuses.Bonus`` has them.
SELECT receipt, payout, shopper, day, amount_kopecks, paid_at, goods
FROM product_bonuses
WHERE receipt = ANY($1::text[]) OR payout = ANY($2::text[]) OR shopper = ANY($3::text[]);

-- keep_bonuses --
-- Write bonuses whole; arrays run in parallel.
INSERT INTO product_bonuses (receipt, payout, shopper, day, amount_kopecks, paid_at, goods)
SELECT receipt, payout, shopper, day, amount_kopecks, paid_at, goods::json
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::date[], $5::bigint[], $6::timestamptz[], $7::text[]
) AS given (receipt, payout, shopper, day, amount_kopecks, paid_at, goods)
ON CONFLICT (receipt) DO UPDATE SET
    payout = excluded.payout,
    shopper = excluded.shopper,
    day = excluded.day,
    amount_kopecks = excluded.amount_kopecks,
    paid_at = excluded.paid_at,
    goods = excluded.goods;

-- withdraw_bonuses --
-- The bonuses of receipts $1 are granted no more.
DELETE FROM product_bonuses WHERE receipt = ANY($1::text[]);

-- name_products --
-- Products $1 are called $2 on the list.
INSERT INTO product_names (sku, name)
SELECT sku, name FROM unnest($1::text[], $2::text[]) AS given (sku, name)
ON CONFLICT (sku) DO UPDATE SET name = excluded.name;

-- sums --
-- What was bought and paid of each product, on receipts accepted from day $1 to day $2; null for
-- no bound. Goods of receipts that name no product are told apart by their printed name.
SELECT
    coalesce(
        max(listed.name COLLATE "C"), max(good.name COLLATE "C"), good.sku
    ) AS product_name,
    good.sku COLLATE "C" AS sku_code,
    sum(good.quantity_milli)::bigint AS quantity_milli,
    count(*) AS receipts_accepted,
    count(bonus.paid_at) AS receipts_paid,
    coalesce(sum(good.kopecks) FILTER (WHERE bonus.paid_at IS NOT NULL), 0)::bigint
    AS paid_kopecks
FROM product_bonuses AS bonus
CROSS JOIN LATERAL json_to_recordset(bonus.goods)
    AS good (sku text, name text, quantity_milli bigint, kopecks bigint)
LEFT JOIN product_names AS listed ON listed.sku = good.sku
WHERE
    ($1::date IS NULL OR bonus.day >= $1::date)
    AND ($2::date IS NULL OR bonus.day <= $2::date)
GROUP BY good.sku, CASE WHEN good.sku = '' THEN good.name END
ORDER BY receipts_accepted DESC, product_name, sku_code;

-- whole --
-- The same receipts taken together, each once, and how many of them tell no goods any more.
SELECT
    count(*) AS receipts_accepted,
    count(paid_at) AS receipts_paid,
    coalesce(sum(amount_kopecks) FILTER (WHERE paid_at IS NOT NULL), 0)::bigint AS paid_kopecks,
    count(*) FILTER (WHERE goods::text = '[]') AS receipts_without_goods,
    coalesce(
        sum(amount_kopecks) FILTER (WHERE paid_at IS NOT NULL AND goods::text = '[]'), 0
    )::bigint AS paid_without_goods_kopecks
FROM product_bonuses
WHERE ($1::date IS NULL OR day >= $1::date) AND ($2::date IS NULL OR day <= $2::date);
