DROP FUNCTION seal(integer);
DROP FUNCTION append_events(
    text[], bigint[], uuid[], text[], text[], text[], bytea[], timestamptz[]
);
DROP TABLE ledger;
DROP TABLE unsealed;
DROP TABLE events;
