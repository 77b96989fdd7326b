-- write_ahead --
-- Changes go behind each other into one file, and readers in other processes wait for nobody.
PRAGMA journal_mode = WAL;

-- leave_the_disk_its_time --
-- A change is in the system's hands when the call returns; only a checkpoint waits for the disk.
PRAGMA synchronous = NORMAL;

-- create_bills --
-- What was asked for; a bill moves no money.
CREATE TABLE IF NOT EXISTS bills (
    bill TEXT NOT NULL,
    comment TEXT NOT NULL,
    phone TEXT NOT NULL,
    amount_kopecks INTEGER NOT NULL,
    CONSTRAINT one_row_per_bill PRIMARY KEY (bill)
);

-- create_bookings --
-- Top-ups that happened, in order. Nothing makes them unique: a bank that is asked twice pays
-- twice, so that our own mistakes show.
CREATE TABLE IF NOT EXISTS bookings (
    number INTEGER NOT NULL,
    bill TEXT NOT NULL,
    comment TEXT NOT NULL,
    phone TEXT NOT NULL,
    amount_kopecks INTEGER NOT NULL,
    booked_at TEXT NOT NULL,
    CONSTRAINT one_row_per_booking PRIMARY KEY (number)
);

-- create_callbacks --
-- Callbacks that we owe the shop until it answers with 2xx.
CREATE TABLE IF NOT EXISTS callbacks (
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT one_row_per_callback PRIMARY KEY (number)
);

-- add_bill --
-- Keep a new bill.
INSERT INTO bills (bill, comment, phone, amount_kopecks)
VALUES (:bill, :comment, :phone, :amount_kopecks);

-- find_bill --
-- The bill with this id.
SELECT bill, comment, phone, amount_kopecks FROM bills WHERE bill = :bill;

-- list_bills --
-- Every bill, or those with this comment, oldest first.
SELECT bill, comment, phone, amount_kopecks
FROM bills
WHERE :comment IS NULL OR comment = :comment
ORDER BY rowid;

-- add_booking --
-- Top up what a bill asks for.
INSERT INTO bookings (bill, comment, phone, amount_kopecks, booked_at)
SELECT bill, comment, phone, amount_kopecks, :booked_at FROM bills WHERE bill = :bill;

-- list_bookings --
-- Every top-up, or those with this comment, oldest first.
SELECT bill, comment, phone, amount_kopecks, booked_at
FROM bookings
WHERE :comment IS NULL OR comment = :comment
ORDER BY number;

-- owe_callback --
-- Promise a callback.
INSERT INTO callbacks (body) VALUES (:body);

-- list_callbacks --
-- Callbacks still owed, oldest first.
SELECT number, body FROM callbacks ORDER BY number;

-- settle_callback --
-- The shop has heard it.
DELETE FROM callbacks WHERE number = :number;
