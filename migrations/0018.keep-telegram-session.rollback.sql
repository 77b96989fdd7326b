DROP TABLE telegram_sessions;
