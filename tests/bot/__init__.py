"""What is said in Telegram, and how it gets there."""
