"""What we do about facts."""
