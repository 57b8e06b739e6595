"""Whether a collector's portfolio brought more cash than its accounts let expect: actual over expected, with limits.

The ratio takes the case mix out: every account has its own expected cash. What is left is chance, whatever the
expectation does not know, and the collector. The limits say how far chance alone reaches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.decisions.team_case_mix_table import judged, left_out, student_quantile, without_figures
from credrisk.errors import DataError
from credrisk.frames import as_polars

__all__ = ["CASE_MIX_NOTE", "PRIVACY_NOTE", "CaseMix", "case_mix"]

LEAST_ACCOUNTS = 30
"""Accounts with expected cash under which no ratio of a collector is given. Convention."""
LEAST_EFFECTIVE = 10.0
"""The same for accounts of equal weight: a portfolio of which one account is nearly all says nothing of its collector.
Convention."""
LEAST_COLLECTORS = 3
"""Collectors with enough accounts under which nobody is compared: with two, one is always the other's mirror."""
LEAST_FOR_OVERDISPERSION = 10
"""Collectors from which over-dispersion can be told from a real difference of one or two."""
LEVELS = {"95": 0.95, "998": 0.998}
CAPPED_FROM = 0.75
"""Accounts whose spread lies above this quantile of the team's count as if they were of that size: otherwise a handful
of the largest would decide about everybody, and no limits drawn from the sum could be trusted. Convention."""
WINSORISED = 0.1

Array = npt.NDArray[Any]

PRIVACY_NOTE = (
    "A figure of a single person at work can be personal data, and a system that can monitor performance can be "
    "subject to data-protection law and to the rights of employees' representatives (in the European Union the General "
    "Data Protection Regulation; in Germany also section 87(1) no. 6 of the Works Constitution Act). Clarify whether "
    "and how it may be used before it is shown or acted upon. This note is no legal advice."
)
CASE_MIX_NOTE = (
    "The ratio compares a portfolio with what its own accounts let expect; it does not show why. An expectation from "
    "the customers' own habits already holds what a collector achieved in the past, so it shows a change rather than a "
    "level. Accounts are not given out at random, and a single large customer can move a ratio."
)


@dataclass(frozen=True)
class CaseMix:
    """The collectors against what their portfolios let expect.

    Attributes
    ----------
    table
        One row a collector, by name: ``collector, accounts`` (with expected cash), ``effective_accounts`` (of equal
        weight), ``expected, actual`` (money, all of it), ``plain_ratio`` (actual / expected), ``ratio`` (the same with
        the largest accounts capped: the one that is judged), ``ratio_low, ratio_high`` (its own 95 % interval),
        ``standard_error`` (of its distance from the team's), ``low_95, high_95, low_998, high_998`` (within which a
        collector like all others falls), ``z``, ``verdict`` (``within``, ``above_95``, ``above_998``, ``below_95``,
        ``below_998``), ``detectable`` (the least true difference from the team's ratio, as a share of it, that would
        leave the 95 % limits 8 times in 10) and ``lacks`` (why there is no figure). From ``plain_ratio`` on null
        where ``lacks`` is given.
    team_ratio
        The ratio of the collectors with enough accounts together: the middle of the funnel. Who lies outside the 99.8 %
        limits is not in it. None where nobody is compared.
    dispersion
        Spread of account residuals over what the expectation's variance says: 1 if that were exact.
    over_dispersion
        Factor on the variance between collectors, at least 1.
    quantiles
        How many standard errors the 95 and the 99.8 % limits lie from the middle.
    sentences
        What was done and what not, in words.
    """

    table: pl.DataFrame
    team_ratio: float | None
    dispersion: float | None
    over_dispersion: float
    quantiles: tuple[float, float] | None
    sentences: tuple[str, ...]


def case_mix(accounts: Any, *, least_accounts: int = LEAST_ACCOUNTS) -> CaseMix:
    """Compare each collector's cash with what the accounts let expect.

    Parameters
    ----------
    accounts
        pandas or Polars, one row an account: ``collector`` (null: nobody, left out), ``expected`` and ``actual`` cash
        (money of one currency, at least 0), ``variance`` (of the actual cash about the expected, up to a common
        factor that is estimated here).
    least_accounts
        Accounts with expected cash a collector must have.

    Raises
    ------
    DataError
        When a column is missing or a figure is missing, negative or not finite.

    Notes
    -----
    An account whose standard deviation lies above the team's 75 % quantile is scaled down to it, its expected and its
    actual cash alike. With ``E_j`` and ``A_j`` the expected and actual cash of collector j so scaled, its ratio
    ``R_j = A_j / E_j`` and ``R`` that of all together. The variance of ``R_j`` is ``f V_j / E_j^2`` with ``V_j`` the
    sum of the accounts' variances and ``f`` estimated from the accounts' residuals about their own collector's ratio
    (their expectation worked out exactly, so that a real difference between collectors does not blow it up).
    ``z = (R_j - R) / sd(R_j - R)``, in which R holds j's own accounts too, unless j lies outside the 99.8 % limits.
    Quantiles are Student's, with the effective number of accounts less one as degrees of freedom (Satterthwaite),
    because a few large accounts may carry ``f``. The limits are those of a funnel plot [1]_; with at least ten
    collectors the variance is multiplied by the winsorised mean of z^2, where that is significantly above 1 [2]_. With
    fewer it cannot be told from one collector who differs, and is not applied.

    References
    ----------
    .. [1] Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine
       24(8), 1185-1202.
    .. [2] Spiegelhalter, D. J. (2005). Handling over-dispersion of performance indicators. Quality and Safety in Health
       Care 14(5), 347-351.
    """
    rows = _capped(_read(accounts))
    sums = (
        rows.group_by("collector")
        .agg(
            accounts=pl.len().cast(pl.Int64),
            effective_accounts=pl.col("variance").sum() ** 2 / (pl.col("variance") ** 2).sum(),
            expected=pl.col("whole_expected").sum(),
            actual=pl.col("whole_actual").sum(),
            capped_expected=pl.col("expected").sum(),
            capped_actual=pl.col("actual").sum(),
            variance=pl.col("variance").sum(),
        )
        .sort("collector")
        .with_columns(lacks=_lacks(least_accounts))
        .with_columns(plain_ratio=pl.when(pl.col("lacks").is_null()).then(pl.col("actual") / pl.col("expected")))
    )
    fit = sums.filter(pl.col("lacks").is_null())
    if fit.height < LEAST_COLLECTORS:
        why = f"collectors with enough accounts: {fit.height}, at least {LEAST_COLLECTORS} are needed to compare them"
        return CaseMix(without_figures(sums, why), None, None, 1.0, None, (f"Nobody is compared: {why}.",))
    chosen = rows.join(fit.select("collector"), on="collector", how="semi")
    dispersion = _dispersion(chosen)
    if dispersion <= 0:
        why = "every account paid exactly what was expected"
        return CaseMix(without_figures(sums, why), None, None, 1.0, None, (f"Nobody is compared: {why}.",))
    freedom = float(chosen["variance"].sum()) ** 2 / float((chosen["variance"] ** 2).sum()) - 1
    ratio = (fit["capped_actual"] / fit["capped_expected"]).to_numpy()
    weight = fit["capped_expected"].to_numpy()
    own = np.sqrt(dispersion * fit["variance"].to_numpy()) / weight
    everyone = np.ones(len(own), dtype=bool)
    team, apart = _middle(ratio, weight, own, everyone)
    over, said = _over_dispersion((ratio - team) / apart)
    quantiles = student_quantile(0.5 + LEVELS["95"] / 2, freedom), student_quantile(0.5 + LEVELS["998"] / 2, freedom)
    like_all = _like_all(ratio, weight, own, limit=quantiles[1] * math.sqrt(over))
    team, apart = _middle(ratio, weight, own, like_all)
    widened = math.sqrt(over)
    table = judged(sums, fit, own * widened, apart * widened, team, quantiles, freedom)
    apart_names = [name for name, like in zip(fit["collector"], like_all, strict=True) if not like]
    without = f" without {', '.join(apart_names)}, who would move it," if apart_names else ""
    middle = (
        f"Together the collectors brought{without} {100 * team:.1f} % of what was expected, the largest quarter of the "
        f"accounts counted as if they were no larger than the rest: the middle of the funnel."
    )
    return CaseMix(table, team, dispersion, over, quantiles, (middle, said, *left_out(sums)))


def _middle(ratio: Array, weight: Array, own: Array, inside: Array) -> tuple[float, Array]:
    """Return the ratio of the collectors ``inside`` together, and the standard error of each one's distance from it."""
    share = np.where(inside, weight, 0.0) / weight[inside].sum()
    middle = float(share @ ratio)
    return middle, np.sqrt(own**2 * (1 - 2 * share) + float(share**2 @ own**2))


def _like_all(ratio: Array, weight: Array, own: Array, *, limit: float) -> Array:
    """Tell who makes the middle: whoever lies furthest outside the 99.8 % limits is left out, one after the other.

    Else one who differs much would move the middle, and the others would seem to differ on the other side. At least
    half of the collectors, and three, are kept.
    """
    inside = np.ones(len(ratio), dtype=bool)
    while inside.sum() - 1 >= max(LEAST_COLLECTORS, len(ratio) / 2):
        middle, apart = _middle(ratio, weight, own, inside)
        distance = np.where(inside, np.abs(ratio - middle) / apart, 0.0)
        if distance.max() <= limit:
            break
        inside[distance.argmax()] = False
    return inside


def _read(accounts: Any) -> pl.DataFrame:
    rows = as_polars(accounts, "accounts")
    figures = ("expected", "actual", "variance")
    missing = [name for name in ("collector", *figures) if name not in rows.columns]
    if missing:
        raise DataError("Columns are missing.", table="accounts", columns=missing, remedy="give them.")
    rows = rows.select(pl.col("collector").cast(pl.String), *(pl.col(name).cast(pl.Float64) for name in figures))
    sound = pl.all_horizontal((pl.col(name).is_finite() & (pl.col(name) >= 0)).fill_null(False) for name in figures)
    wrong = rows.with_row_index("row", offset=1).filter(~sound)
    if wrong.height:
        raise DataError(
            "A figure is missing, negative or not finite.",
            table="accounts",
            columns=figures,
            rows=wrong.height,
            ids=[f"row {number}" for number in wrong["row"]],
            remedy="leave out the accounts whose cash is not known.",
        )
    return rows.filter(pl.col("collector").is_not_null() & (pl.col("expected") > 0) & (pl.col("variance") > 0))


def _capped(rows: pl.DataFrame) -> pl.DataFrame:
    """Scale the accounts of the largest spread down to the team's quantile; the whole money stands beside it."""
    spread = pl.col("variance").sqrt()
    scale = pl.min_horizontal(1.0, spread.quantile(CAPPED_FROM) / spread)
    return rows.with_columns(
        whole_expected="expected",
        whole_actual="actual",
        expected=pl.col("expected") * scale,
        actual=pl.col("actual") * scale,
        variance=pl.col("variance") * scale**2,
    )


def _lacks(least_accounts: int) -> pl.Expr:
    few = pl.format("{} accounts with expected cash, {} are needed", "accounts", pl.lit(least_accounts))
    heavy = pl.format(
        "a few accounts carry nearly all: they weigh as much as {} equal ones, {} are needed",
        pl.col("effective_accounts").round(1),
        pl.lit(round(LEAST_EFFECTIVE)),
    )
    return (
        pl.when(pl.col("accounts") < least_accounts)
        .then(few)
        .when(pl.col("effective_accounts") < LEAST_EFFECTIVE)
        .then(heavy)
    )


def _dispersion(rows: pl.DataFrame) -> float:
    """Return the factor on the variances: residuals about each collector's own ratio over what they should add up to.

    With h the account's share of its collector's expected cash and V the sum of the variances v, the residual
    ``a - R_j e`` has the variance ``v (1 - 2 h) + h^2 V``.
    """
    of = "collector"
    whole = pl.col("expected").sum().over(of)
    weighed = rows.with_columns(h=pl.col("expected") / whole, ratio=pl.col("actual").sum().over(of) / whole)
    residual = pl.col("actual") - pl.col("ratio") * pl.col("expected")
    should = pl.col("variance") * (1 - 2 * pl.col("h")) + pl.col("h") ** 2 * pl.col("variance").sum().over(of)
    found = weighed.select(squares=(residual**2).sum(), should=should.sum()).row(0)
    return float(found[0] / found[1]) if found[1] > 0 else 0.0


def _over_dispersion(z: np.ndarray) -> tuple[float, str]:
    """Return the factor on the variance between collectors and what was done, in words."""
    count = len(z)
    if count < LEAST_FOR_OVERDISPERSION:
        return 1.0, (
            f"Over-dispersion (all collectors differing a little for reasons nobody recorded) is not estimated: with "
            f"{count} collectors it cannot be told from one who differs, {LEAST_FOR_OVERDISPERSION} are needed. The "
            f"limits hold chance only, so that a point outside may have such reasons."
        )
    low, high = np.quantile(z, [WINSORISED, 1 - WINSORISED])
    factor = float(np.mean(np.clip(z, low, high) ** 2))
    threshold = 1 + 2 * math.sqrt(2 / count)
    if factor <= threshold:
        return 1.0, (
            f"No over-dispersion: the winsorised mean of z squared is {factor:.2f}, not above {threshold:.2f}, so that "
            f"the limits hold chance only."
        )
    return factor, (
        f"Over-dispersion: the collectors differ more than chance explains (winsorised mean of z squared {factor:.2f}, "
        f"above {threshold:.2f}), so the limits are {math.sqrt(factor):.2f} times as wide."
    )
