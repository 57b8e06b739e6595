"""What is expected to be lost of an exposure, its insured part at the insured rate."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy_limits import Economics

__all__ = ["DAYS_IN_YEAR", "expected_loss", "lgd_of_exposure"]

DAYS_IN_YEAR = 365.0


def expected_loss(exposure: pl.Expr, covered: pl.Expr, pd: pl.Expr, economics: Economics) -> pl.Expr:
    """Return the expected loss within 12 months on ``exposure`` of which up to ``covered`` is insured (money)."""
    insured = pl.min_horizontal(exposure, covered)
    return pd * (economics.lgd_by_cover["insurance"] * insured + economics.lgd_uninsured * (exposure - insured))


def lgd_of_exposure(exposure: pl.Expr, covered: pl.Expr, economics: Economics) -> pl.Expr:
    """Return the loss given default of an exposure, its insured part at the insured rate; null where there is none."""
    lost = expected_loss(exposure, covered.fill_null(0.0), pl.lit(1.0), economics)
    return pl.when(exposure > 0).then(lost / exposure)
