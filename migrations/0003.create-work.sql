-- Why: readers remember their place, and slow work is shared out among processes.
-- depends: 0002.forbid-rewriting-events
SET lock_timeout = '5s';

CREATE TABLE cursors (
    name text NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT now(),
    -- readings that only the backup poll found: NOTIFYs that were lost
    notify_missed bigint NOT NULL DEFAULT 0,
    CONSTRAINT one_cursor_per_name PRIMARY KEY (name)
);

CREATE TABLE work (
    handler text NOT NULL,
    seq bigint NOT NULL,
    stream text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    token bigint NOT NULL DEFAULT 0,
    parked_at timestamptz,
    last_error text,
    planned_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT one_item_per_handler_and_event PRIMARY KEY (handler, seq),
    CONSTRAINT parked_work_is_not_leased CHECK (parked_at IS NULL OR leased_until IS NULL)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- Finds the earliest item of a stream: only that one may run.
CREATE INDEX work_in_stream_order ON work (handler, stream, seq);
