"""Measures of the whole portfolio: ageing, DSO, concentration."""
