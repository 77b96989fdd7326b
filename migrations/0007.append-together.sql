-- Why: appends that share a transaction share its round trip and its flush of the disk.
-- depends: 0006.name-vault-keys
SET lock_timeout = '5s';

-- append_together: append_events for several appends that know nothing of each other. None of
-- them may make the others wait: it is given up at the first lock that somebody else holds on.
CREATE FUNCTION append_together(
    _streams text[],
    _versions bigint[],
    _event_ids uuid[],
    _types text[],
    _data text[],
    _metadata text[],
    _leaf_hashes bytea[],
    _recorded_at timestamptz[]
) RETURNS TABLE (at_position bigint, at_version bigint, stored_before boolean)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '50ms' AS $$
BEGIN
    RETURN QUERY
        SELECT * FROM append_events(
            _streams, _versions, _event_ids, _types, _data, _metadata, _leaf_hashes, _recorded_at
        );
END;
$$;
