"""Promises of cashbot, in rooms that mirror the product's."""
