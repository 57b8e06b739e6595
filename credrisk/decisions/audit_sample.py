"""Which accounts an auditor looks at, drawn by risk and partly at random, and what the findings say of all accounts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars

__all__ = ["AuditEstimate", "audit_estimate", "audit_sample"]

RANDOM_SHARE = 0.25
"""Share of the sample that is drawn whatever the risk, so that no account is sure not to be looked at. Convention."""
Z_95 = 1.959964


@dataclass(frozen=True)
class AuditEstimate:
    """What the audited accounts say of all of them.

    Attributes
    ----------
    error_rate, low, high
        Share of all accounts with an error, and its 95 % interval.
    audited, accounts
        Accounts looked at and in all.
    """

    error_rate: float
    low: float
    high: float
    audited: int
    accounts: int


def audit_sample(
    accounts: Any, *, size: int, seed: int, random_share: float = RANDOM_SHARE, id_column: str = "customer_id"
) -> pl.DataFrame:
    """Draw accounts with a chance in proportion to their risk, and a part of the chance the same for all.

    Parameters
    ----------
    accounts
        pandas or Polars, one row an account with its id and ``risk`` (at least 0, finite; null counts as 0).
    size
        Accounts to draw; all of them where there are no more.
    seed
        Of the draw; print it with the sample, so that the draw can be repeated.
    random_share
        Above 0 and at most 1: the share of the sample that is spread evenly.

    Returns
    -------
    polars.DataFrame
        The accounts drawn, as given, with ``inclusion_probability``: the chance that this account was drawn. By id.

    Raises
    ------
    DataError
        When a column is missing, an id occurs twice, or a risk is negative or not finite.
    ParameterError
        When ``size`` or ``random_share`` break their rule.

    Notes
    -----
    The chance of account i is ``size x (random_share / N + (1 - random_share) risk_i / sum of risks)``, at most 1: what
    is above 1 is spread over the others in proportion. Drawn systematically from the accounts in random order [1]_, so
    that exactly ``size`` accounts are drawn and each has exactly its chance.

    References
    ----------
    .. [1] Madow, W. G. (1949). On the theory of systematic sampling, II. Annals of Mathematical Statistics 20(3),
       333-354.
    """
    rows = as_polars(accounts, "accounts")
    missing = [name for name in (id_column, "risk") if name not in rows.columns]
    if missing:
        raise DataError("Columns are missing.", table="accounts", columns=missing, remedy="give them.")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ParameterError("size", "a whole number of at least 1", size)
    if not 0 < random_share <= 1:
        raise ParameterError("random_share", "above 0 and at most 1", random_share)
    rows = rows.sort(id_column)
    risk = rows["risk"].cast(pl.Float64).fill_null(0.0)
    wrong = rows.filter(rows[id_column].is_duplicated() | ~risk.is_finite() | (risk < 0))
    if wrong.height:
        problem = "An account occurs twice, or its risk is negative or not finite."
        raise DataError(problem, table="accounts", rows=wrong.height, ids=wrong[id_column].cast(pl.String).to_list())
    chance = _chances(risk.to_numpy(), size, random_share)
    random = np.random.default_rng(seed)
    order = random.permutation(len(chance))
    running = np.concatenate([[0.0], np.cumsum(chance[order])]) - random.random()
    # A whole number lies between two steps exactly when the account between them is drawn.
    drawn = order[np.floor(running[1:] + 1e-9) > np.floor(running[:-1] + 1e-9)]
    chosen = np.zeros(len(chance), dtype=bool)
    chosen[drawn] = True
    return rows.with_columns(inclusion_probability=pl.Series(chance, dtype=pl.Float64)).filter(pl.Series(chosen))


def audit_estimate(
    sample: Any, findings: Mapping[str, bool], *, accounts: int, id_column: str = "customer_id"
) -> AuditEstimate:
    """Estimate the share of all accounts with an error from the audited ones (Horvitz-Thompson).

    Parameters
    ----------
    sample
        As :func:`audit_sample` drew it.
    findings
        For every account of the sample whether an error was found.
    accounts
        How many accounts the sample was drawn from.

    Raises
    ------
    DataError
        When an account of the sample has no finding, or the sample is empty.
    ParameterError
        When ``accounts`` is below the size of the sample.

    Notes
    -----
    ``sum of y / p over the sample, / N`` [1]_, without bias whatever the risks were. The interval is Wilson's [2]_ for
    as
    many accounts as the sample is worth with its unequal weights, ``(sum of 1 / p)^2 / sum of 1 / p^2`` [3]_: a normal
    interval around so skew an estimate holds far less than it says. It holds at least 95 %, and more where errors are
    found where risk is high. Where every account was audited it is the rate itself.

    References
    ----------
    .. [1] Horvitz, D. G., Thompson, D. J. (1952). A generalization of sampling without replacement from a finite
       universe. Journal of the American Statistical Association 47(260), 663-685.
    .. [2] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association 22(158), 209-212.
    .. [3] Kish, L. (1965). Survey Sampling. Wiley.
    """
    rows = as_polars(sample, "sample")
    if isinstance(accounts, bool) or accounts < max(rows.height, 1):
        raise ParameterError("accounts", f"at least the {rows.height} of the sample", accounts)
    ids = rows[id_column].cast(pl.String).to_list()
    unknown = [name for name in ids if name not in findings]
    if unknown or not ids:
        problem = "Accounts of the sample have no finding." if unknown else "The sample is empty."
        raise DataError(problem, table="findings", rows=len(unknown), ids=unknown, remedy="audit every account drawn.")
    found = np.array([float(findings[name]) for name in ids])
    chance = rows["inclusion_probability"].to_numpy()
    rate = float((found / chance).sum() / accounts)
    rate = min(rate, 1.0)
    if not (chance < 1).any():
        return AuditEstimate(rate, rate, rate, len(ids), accounts)
    low, high = _wilson(rate, float((1 / chance).sum() ** 2 / (1 / chance**2).sum()))
    return AuditEstimate(rate, low, high, len(ids), accounts)


def _wilson(rate: float, count: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a rate of ``count`` accounts."""
    square = Z_95**2 / count
    middle = (rate + square / 2) / (1 + square)
    reach = math.sqrt(rate * (1 - rate) * square + square**2 / 4) / (1 + square)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _chances(risk: np.ndarray, size: int, random_share: float) -> np.ndarray:
    """Return the chance of each account: they add up to ``size``, none is above 1."""
    count = len(risk)
    if size >= count:
        return np.ones(count)
    weight = np.full(count, random_share / count)
    weight += (1 - random_share) * (risk / risk.sum() if risk.sum() > 0 else np.full(count, 1 / count))
    certain = np.zeros(count, dtype=bool)
    while True:
        chance = np.where(certain, 1.0, 0.0)
        chance[~certain] = (size - certain.sum()) * weight[~certain] / weight[~certain].sum()
        above = chance >= 1 - 1e-12
        if not (above & ~certain).any():
            return chance
        certain |= above
