DROP INDEX work_by_when_it_is_due;
