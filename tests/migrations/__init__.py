"""The schema goes forward and back."""
