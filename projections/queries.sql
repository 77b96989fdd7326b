-- cursors --
-- Where each reader is that means to be at the head, how long ago it moved, and how many NOTIFYs
-- it missed.
SELECT name, seq, moved_at, notify_missed
FROM cursors
WHERE name NOT LIKE 'later/%'
ORDER BY name;

-- rewind_cursor --
-- Reader $1 starts over.
UPDATE cursors SET seq = 0, moved_at = now() WHERE name = $1;

-- announce --
-- Tell pages that projection $1 has news. On channel eventstore.subscription.PROJECTED.
SELECT pg_notify('cashbot_projected', $1);

-- plan_for_growing_tables --
-- A rebuild begins with empty tables: plans that are made then must suit them full.
SET LOCAL enable_seqscan = off;
