-- Why: a signed root makes it provable that nothing was added, dropped or changed.
-- depends: 0004.create-keys
SET lock_timeout = '5s';

CREATE TABLE checkpoints (
    -- of the ledger: seq of its last fact
    size bigint NOT NULL,
    root bytea NOT NULL,
    -- roots of the perfect subtrees, from which the tree goes on growing
    nodes bytea[] NOT NULL,
    -- C2SP signed-note
    note text NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT one_checkpoint_per_size PRIMARY KEY (size),
    CONSTRAINT a_checkpoint_covers_facts CHECK (size >= 1),
    CONSTRAINT a_root_is_sha256 CHECK (octet_length(root) = 32)
);

-- Roots of each 256 leaves: proofs read these instead of the whole ledger.
CREATE TABLE tiles (
    index bigint NOT NULL,
    root bytea NOT NULL,
    CONSTRAINT one_root_per_tile PRIMARY KEY (index),
    CONSTRAINT a_tile_root_is_sha256 CHECK (octet_length(root) = 32)
);

-- Checkpoints on their way to the attachments.
CREATE TABLE uncopied_checkpoints (
    size bigint NOT NULL,
    CONSTRAINT copied_once PRIMARY KEY (size)
);

CREATE TRIGGER checkpoints_are_not_rewritten
    BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER tiles_are_not_rewritten
    BEFORE UPDATE OR DELETE OR TRUNCATE ON tiles
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

ALTER TABLE checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_not_rewritten;
ALTER TABLE tiles ENABLE ALWAYS TRIGGER tiles_are_not_rewritten;
