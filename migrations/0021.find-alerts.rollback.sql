DROP INDEX alerts;
