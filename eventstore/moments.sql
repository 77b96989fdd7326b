-- sealed_later --
-- The first seq in ($1, $2] that was sealed after $3; null when there is none.
SELECT min(seq) FROM ledger WHERE seq > $1 AND seq <= $2 AND sealed_at > $3;

-- sealed_at --
-- When the fact with seq $1 was sealed.
SELECT sealed_at FROM ledger WHERE seq = $1;
