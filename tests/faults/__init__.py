"""Processes that die where it hurts most."""
