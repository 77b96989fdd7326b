-- find_session --
-- What is kept of a bot; $1 bot.
SELECT sealed_session, pts, qts, date, finished FROM telegram_sessions WHERE bot_id = $1;

-- save_session --
-- Keep how Telegram knows the bot; $1 bot, $2 sealed session, NULL to forget it.
INSERT INTO telegram_sessions (bot_id, sealed_session) VALUES ($1, $2)
ON CONFLICT ON CONSTRAINT one_session_per_bot
DO UPDATE SET sealed_session = excluded.sealed_session, saved_at = now();

-- save_progress --
-- Keep how far the bot read; $1 bot, $2 pts, $3 qts, $4 date, $5 finished messages behind that.
INSERT INTO telegram_sessions (bot_id, pts, qts, date, finished) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT one_session_per_bot
DO UPDATE SET pts = excluded.pts, qts = excluded.qts, date = excluded.date,
    finished = excluded.finished, saved_at = now();
