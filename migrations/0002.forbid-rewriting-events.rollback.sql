DROP TRIGGER the_ledger_is_not_rewritten ON ledger;
DROP TRIGGER events_are_not_rewritten ON events;
DROP FUNCTION refuse_rewriting();
