"""Money: what is asked of the bank, and what its answers are worth."""
