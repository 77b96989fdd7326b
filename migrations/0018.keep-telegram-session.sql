-- Why: a bot that logs in at each start is told to wait for an hour, and one that forgets how far
-- it read loses what people wrote meanwhile; a dyno's disk keeps nothing.
-- depends: 0017.find-callbacks-that-fit-nothing
SET lock_timeout = '5s';

CREATE TABLE telegram_sessions (
    bot_id bigint NOT NULL,
    -- the key Telegram knows the bot by, sealed; NULL when the bot must log in
    sealed_session text,
    -- everything up to here became facts; kept across logins, since it belongs to the bot
    pts integer,
    qts integer,
    date integer,
    -- ids of messages behind that point that became facts too
    finished bigint[] NOT NULL DEFAULT '{}',
    saved_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_session_per_bot PRIMARY KEY (bot_id),
    CONSTRAINT reading_place_is_whole CHECK (num_nulls(pts, qts, date) IN (0, 3))
);
