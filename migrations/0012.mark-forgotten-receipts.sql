-- Why: what was read on the receipts of somebody who is forgotten is not to be shown any more.
-- depends: 0010.create-receipts
SET lock_timeout = '5s';

ALTER TABLE receipts ADD COLUMN forgotten_at timestamptz;
