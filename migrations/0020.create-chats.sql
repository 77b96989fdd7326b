-- Why: what was said to a shopper, and what they did, is looked at as one conversation.
-- depends: 0019.find-work-when-it-is-due
SET lock_timeout = '5s';

CREATE TABLE chat_lines (
    shopper text NOT NULL,
    -- of the fact that made the line: lines stand in the order of the ledger
    seq bigint NOT NULL,
    -- of the last fact told about it
    told_seq bigint NOT NULL,
    -- type of the fact that made it
    type text NOT NULL,
    -- what was asked about, the language that was chosen, or the key of the text that was said
    about text NOT NULL,
    receipt text,
    -- Telegram's id of what was said or written
    message bigint,
    -- what was said, as it reads now; never opened here
    text_sealed text,
    outcome text,
    edits integer NOT NULL DEFAULT 0,
    at timestamptz NOT NULL,
    edited_at timestamptz,
    CONSTRAINT one_line_per_fact PRIMARY KEY (shopper, seq),
    CONSTRAINT edits_are_counted_from_zero CHECK (edits >= 0),
    CONSTRAINT what_was_edited_says_when CHECK ((edits = 0) = (edited_at IS NULL))
);

-- an edit looks for the line that it replaces
CREATE INDEX chat_lines_by_message ON chat_lines (shopper, message)
WHERE type = 'ShopperNotified' AND message IS NOT NULL;

CREATE INDEX chat_lines_about_a_receipt ON chat_lines (receipt, seq)
WHERE type = 'ShopperNotified' AND receipt IS NOT NULL;
