DROP FUNCTION append_together(
    text[], bigint[], uuid[], text[], text[], text[], bytea[], timestamptz[]
);
