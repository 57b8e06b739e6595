"""Ledgers with known truth."""
