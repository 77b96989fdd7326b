-- Why: history is only worth something if nobody can change it, not even by mistake.
-- depends: 0001.create-events
SET lock_timeout = '5s';

CREATE FUNCTION refuse_rewriting() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: history is append-only; record a new fact instead',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'history_is_append_only';
END;
$$;

CREATE TRIGGER events_are_not_rewritten
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER the_ledger_is_not_rewritten
    BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_not_rewritten;
ALTER TABLE ledger ENABLE ALWAYS TRIGGER the_ledger_is_not_rewritten;
