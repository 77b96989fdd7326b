"""The connection: whatever Telegram, the line or the process does, each message is read once."""
