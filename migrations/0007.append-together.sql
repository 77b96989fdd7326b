-- Why: an append is one look and one insert; appends that wait together share a transaction.
-- depends: 0006.name-vault-keys
SET lock_timeout = '5s';

-- append_events as in 0001, with one look at what nearly always is in order. Plans that were
-- made while the tables were small live as long as their sessions: none may scan a table.
-- The arrays come in the order in which positions are to be drawn and rows are returned.
CREATE OR REPLACE FUNCTION append_events(
    _streams text[],
    _versions bigint[],
    _event_ids uuid[],
    _types text[],
    _data text[],
    _metadata text[],
    _leaf_hashes bytea[],
    _recorded_at timestamptz[]
) RETURNS TABLE (at_position bigint, at_version bigint, stored_before boolean)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
DECLARE
    _known integer;
    _same integer;
    _wrong_stream text;
    _actual bigint;
BEGIN
    -- Nearly always nothing is in the way: one look at ids and versions, under one snapshot.
    PERFORM
    FROM (
        SELECT event_id, stream, version, lag(stream) OVER () IS DISTINCT FROM stream AS is_first
        FROM unnest(_event_ids, _streams, _versions) AS given (event_id, stream, version)
    ) AS n
    LEFT JOIN LATERAL (
        SELECT e.position FROM events AS e WHERE e.event_id = n.event_id LIMIT 1
    ) AS known ON true
    LEFT JOIN LATERAL (
        SELECT e.version FROM events AS e
        WHERE e.stream = n.stream
        ORDER BY e.version DESC LIMIT 1
    ) AS last ON n.is_first
    WHERE known.position IS NOT NULL
        OR (n.is_first AND coalesce(last.version, -1) <> n.version - 1);

    IF FOUND THEN
        -- Each statement has a snapshot of its own: a twin of this call may commit between the look
        -- at the ids and the look at the versions. So a wrong version is believed only after the
        -- ids were looked at once more.
        FOR _round IN 1..2 LOOP
            SELECT count(*), count(*) FILTER (
                WHERE e.stream = n.stream AND e.type = n.type AND e.data::text = n.data
            )
            INTO _known, _same
            FROM unnest(_streams, _event_ids, _types, _data) AS n (stream, event_id, type, data)
            JOIN events AS e USING (event_id);

            IF _known > 0 THEN
                IF _same < cardinality(_event_ids) THEN
                    RAISE EXCEPTION 'event id reused'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = 'an_event_id_names_one_fact';
                END IF;
                RETURN QUERY
                    SELECT e.position, e.version, true
                    FROM unnest(_event_ids) WITH ORDINALITY AS n (event_id, ordinal)
                    JOIN events AS e USING (event_id)
                    ORDER BY n.ordinal;
                RETURN;
            END IF;

            EXIT WHEN _wrong_stream IS NOT NULL;

            SELECT n.stream, coalesce(last.version, -1)
            INTO _wrong_stream, _actual
            FROM (
                SELECT stream, min(version) AS first_version
                FROM unnest(_streams, _versions) AS given (stream, version)
                GROUP BY stream
            ) AS n
            LEFT JOIN LATERAL (
                SELECT e.version FROM events AS e
                WHERE e.stream = n.stream
                ORDER BY e.version DESC LIMIT 1
            ) AS last ON true
            WHERE coalesce(last.version, -1) <> n.first_version - 1
            LIMIT 1;
            EXIT WHEN NOT FOUND;
        END LOOP;

        IF _wrong_stream IS NOT NULL THEN
            RAISE EXCEPTION 'wrong expected version'
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'the_expected_version_is_current',
                      DETAIL = json_build_object('stream', _wrong_stream, 'actual', _actual);
        END IF;
    END IF;

    RETURN QUERY
        WITH written AS (
            INSERT INTO events (
                stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
            )
            SELECT n.stream, n.version, n.event_id, n.type, n.data::json, n.metadata::json,
                   n.leaf_hash, n.recorded_at
            FROM unnest(
                _streams, _versions, _event_ids, _types, _data, _metadata, _leaf_hashes,
                _recorded_at
            ) AS n (
                stream, version, event_id, type, data, metadata, leaf_hash, recorded_at
            )
            RETURNING position, version
        ),
        waiting AS (
            INSERT INTO unsealed (position) SELECT w.position FROM written AS w
        )
        SELECT w.position, w.version, false FROM written AS w;
END;
$$;

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

-- seal as in 0001, in statements whose plans do not depend on how much has waited once.
CREATE OR REPLACE FUNCTION seal(_batch_max integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off AS $$
DECLARE
    _head bigint;
    _batch bigint[];
    _sealed integer;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'seal() needs READ COMMITTED: set default_transaction_isolation back';
    END IF;
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'seal() must be the first writer of its transaction: call it alone';
    END IF;
    IF NOT pg_try_advisory_xact_lock(7305001) THEN
        RETURN -1;
    END IF;

    SELECT coalesce(max(seq), 0) INTO _head FROM ledger;

    -- By name, not by range: the DELETE sees more than the SELECT before it saw.
    SELECT array_agg(position ORDER BY position) INTO _batch
    FROM (SELECT position FROM unsealed ORDER BY position LIMIT _batch_max) AS first;

    DELETE FROM unsealed WHERE position = ANY (_batch);

    INSERT INTO ledger (seq, position, sealed_at)
    SELECT _head + n.ordinal, n.position, clock_timestamp()
    FROM unnest(_batch) WITH ORDINALITY AS n (position, ordinal);
    GET DIAGNOSTICS _sealed = ROW_COUNT;

    IF _sealed > 0 THEN
        PERFORM pg_notify('cashbot_ledger', (_head + _sealed)::text);
    END IF;
    RETURN _sealed;
END;
$$;
