-- sight --
-- Which database this is, where the log last said it lives, and the last fact of the switch:
-- $1 stream of the former, $2 of the latter; the last two are null when they say nothing yet.
-- The timeline is the one that is written now: the control file names it a checkpoint later.
SELECT
    format(
        '%s/%s/%s/%s',
        (SELECT system_identifier FROM pg_control_system()),
        substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        'events'::regclass::oid
    ) AS identity,
    (
        SELECT data ->> 'identity' FROM events
        WHERE stream = $1 ORDER BY version DESC LIMIT 1
    ) AS seen,
    (
        SELECT type FROM events
        WHERE stream = $2 ORDER BY version DESC LIMIT 1
    ) AS switch;

-- compared_since --
-- The size of the newest checkpoint but $1, 0 when there are not so many.
SELECT coalesce((SELECT size FROM checkpoints ORDER BY size DESC OFFSET $1 LIMIT 1), 0);

-- copies_in_question --
-- Of the sizes $1 those that no checkpoint has, with a null root, and those whose copy is not
-- known to be this database's own, with the root that it should have.
SELECT asked.size, checkpoints.root
FROM unnest($1::bigint[]) AS asked (size)
LEFT JOIN checkpoints USING (size)
LEFT JOIN uncopied_checkpoints AS uncopied USING (size)
WHERE checkpoints.size IS NULL OR uncopied.size IS NOT NULL
ORDER BY asked.size;
