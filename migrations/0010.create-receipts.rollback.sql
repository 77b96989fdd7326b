DROP TABLE receipt_steps;
DROP TABLE receipts;
