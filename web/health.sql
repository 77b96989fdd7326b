-- applied_migrations --
-- Names of the migrations this database has; fails when none was ever applied.
SELECT migration_id FROM _yoyo_migration;
