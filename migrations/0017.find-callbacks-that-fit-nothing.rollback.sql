DROP INDEX unmatched_callbacks;
