"""Shoppers: what is held about them, and forgetting it."""
