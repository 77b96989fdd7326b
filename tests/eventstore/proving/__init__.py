"""Promises about proofs: what auditors may rely on."""
