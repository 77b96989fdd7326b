-- claim_bot --
-- Own a bot's session until this connection ends, if nobody else does; $1 bot.
SELECT pg_try_advisory_lock(7305004, hashtext($1::bigint::text));

-- notice_dead_peers --
-- A machine that vanished must not own the session for the two hours TCP would give it.
SELECT set_config('tcp_keepalives_idle', '10', false),
    set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false);

-- stay_alive --
-- Ask for a sign of life.
SELECT 1;
