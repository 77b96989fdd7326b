DROP INDEX shoppers_who_agreed;
DROP INDEX receipts_of_a_register;
DROP TABLE product_names;
DROP TABLE product_bonuses;
