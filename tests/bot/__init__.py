"""The bot: what is said, and how each message of a Telegram on loopback becomes a fact, once."""
