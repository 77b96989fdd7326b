ALTER TABLE receipts DROP COLUMN forgotten_at;
