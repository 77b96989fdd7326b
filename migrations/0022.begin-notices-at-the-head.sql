-- Why: notices have an effect on the world, so that a log which is older than the bot must not
-- have all of its past told: they begin where the log stands when they first come.
-- depends: 0021.find-alerts
SET lock_timeout = '5s';

INSERT INTO cursors (name, seq)
SELECT 'work/bot.notices', coalesce(max(seq), 0) FROM ledger
ON CONFLICT ON CONSTRAINT one_cursor_per_name DO NOTHING;
