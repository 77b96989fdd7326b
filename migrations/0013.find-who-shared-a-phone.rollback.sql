DROP INDEX shoppers_of_a_phone;
