"""What becomes of a receipt, by whose word."""
