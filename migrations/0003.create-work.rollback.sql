DROP TABLE work;
DROP TABLE cursors;
