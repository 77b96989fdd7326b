DROP TABLE uncopied_checkpoints;
DROP TABLE tiles;
DROP TABLE checkpoints;
