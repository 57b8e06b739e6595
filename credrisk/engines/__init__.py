"""Carrying a function over customer partitions; knows nothing of credit."""
