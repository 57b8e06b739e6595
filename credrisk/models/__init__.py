"""Probabilities with their evidence: bad debt, calibration, explanation, validation, store."""
