"""What a sale on credit earns, and the probability of bad debt at which it earns nothing.

With margin ``m`` (share of the sale), loss given default ``LGD`` and probability ``PD``, one unit of sales earns
``m (1 - PD) - PD LGD (1 - m)``, less the cost of the funds tied up until it is paid: the good pay the margin, the bad
lose the cost of the goods. It is zero at the break-even PD ``(m - c) / (m + LGD (1 - m))`` with ``c`` the cost of
funds of one unit of sales.

The PD of 12 months counts against every sale of the year. That is prudent: a customer who fails has usually paid for
the earlier sales of the year.
"""

from __future__ import annotations

from typing import TypeVar

import polars as pl

from credrisk.decisions.policy_limits import Economics

__all__ = ["DAYS_IN_YEAR", "break_even_pd", "carry_of", "expected_loss", "lgd_of_exposure", "sale_profit"]

DAYS_IN_YEAR = 365.0

Number = TypeVar("Number", float, pl.Expr)


def break_even_pd(margin: float, lgd: float, *, carry: Number) -> Number:
    """Return the PD at which a sale on credit earns nothing; 0 or less where it earns nothing even from the good.

    Parameters
    ----------
    margin
        Gross margin as a share of the sale.
    lgd
        Share of the balance lost in a bad debt; margin and lgd must not both be 0.
    carry
        Cost of the funds tied up in one unit of sales until it is paid: a number, or a column of them.

    Examples
    --------
    >>> round(break_even_pd(0.10, 0.80, carry=0.0), 3)
    0.122
    >>> round(break_even_pd(0.30, 0.80, carry=0.0), 3)
    0.349
    """
    return (margin - carry) / (margin + lgd * (1 - margin))


def carry_of(days: pl.Expr, economics: Economics) -> pl.Expr:
    """Return the cost of the funds tied up in one unit of sales that stays unpaid for ``days``."""
    return economics.cost_of_funds * days / DAYS_IN_YEAR


def sale_profit(pd: pl.Expr, days: pl.Expr, economics: Economics, lgd: float) -> pl.Expr:
    """Return what one unit of sales earns when it stays unpaid for ``days`` and is lost at ``lgd`` with ``pd``."""
    margin = economics.margin
    return margin * (1 - pd) - pd * lgd * (1 - margin) - carry_of(days, economics)


def expected_loss(exposure: pl.Expr, covered: pl.Expr, pd: pl.Expr, economics: Economics) -> pl.Expr:
    """Return the expected loss within 12 months on ``exposure`` of which up to ``covered`` is insured (money)."""
    insured = pl.min_horizontal(exposure, covered)
    return pd * (economics.lgd_by_cover["insurance"] * insured + economics.lgd_uninsured * (exposure - insured))


def lgd_of_exposure(exposure: pl.Expr, covered: pl.Expr, economics: Economics) -> pl.Expr:
    """Return the loss given default of an exposure, its insured part at the insured rate; null where there is none."""
    lost = expected_loss(exposure, covered.fill_null(0.0), pl.lit(1.0), economics)
    return pl.when(exposure > 0).then(lost / exposure)
