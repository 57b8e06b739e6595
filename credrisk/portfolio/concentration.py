"""How much of what is owed hangs on few: customers, groups, countries, industries.

What an account owes is its balance net of its own credits and unapplied cash, 0 where these outweigh it; debts of one
member of a group are not set off against credits of another. Herfindahl's index is the sum of the squared shares; its
inverse is the number of equally large debtors that would be as concentrated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.ageing import aged_lines
from credrisk.portfolio.keys import By, check_by, key_columns, keyed
from credrisk.portfolio.period_ends import check_covered
from credrisk.portfolio.totals import BUCKETS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KNOWN_ENOUGH", "concentration", "concentration_summary", "owed_by_keys", "shares_of", "summary_of"]

KNOWN_ENOUGH = 0.9
"""With less than this share of the money told (country, segment, ...), the summary says nothing."""


@overload
def concentration(
    ledger: Ledger, *, as_of: date | str, by: By = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def concentration(ledger: Ledger, *, as_of: date | str, by: By = ..., output: Literal["polars"]) -> pl.DataFrame: ...
def concentration(ledger: Ledger, *, as_of: date | str, by: By = "customer", output: str = "pandas") -> Any:
    """Return who owes how much of the portfolio, the largest first, as known at the end of a day.

    Parameters
    ----------
    as_of
        The day, inclusive; not after the last one covered.
    by
        As in :func:`~credrisk.portfolio.ageing.ageing`, but ``portfolio``. Money is translated whatever the key; by
        currency or company of the seller an account is netted within each of them.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``rank`` (from 1; null for what is not told, which stands last), ``key`` (the id, group, country, ...), ``name``
        (of customers and groups, else null), ``currency``, ``amount`` (owed net of own credits and cash, at least 0 for
        each account; float64 major units), ``share`` of the whole, ``cumulative`` share. Only what is above 0.

    Raises
    ------
    DataError
        When a rate is missing, or what is open does not tie out.
    ParameterError
        When ``by`` or ``as_of`` break their rules.

    Examples
    --------
    >>> concentration(ledger, as_of="2025-12-31", by="group").head(10)  # doctest: +SKIP
    """
    check_output(output)
    return given_out(shares_of(_owed(ledger, to_date(as_of), by), ledger.settings.currency), output)


def shares_of(owed: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return the rows of :func:`concentration` from what is owed by key (:func:`owed_by_keys`)."""
    factor, whole = minor_factor(currency), owed["amount"].sum()
    return owed.select(
        rank=pl.when(pl.col("key").is_not_null()).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64)),
        key="key",
        name="name",
        currency=pl.lit(currency),
        amount=pl.col("amount") / factor,
        share=pl.col("amount") / whole,
        cumulative=pl.col("amount").cum_sum() / whole,
    )


@overload
def concentration_summary(
    ledger: Ledger, *, as_of: date | str, by: By = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def concentration_summary(
    ledger: Ledger, *, as_of: date | str, by: By = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def concentration_summary(ledger: Ledger, *, as_of: date | str, by: By = "customer", output: str = "pandas") -> Any:
    """Return how concentrated the portfolio is, in one row.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``by, currency, amount`` (all that is owed), ``debtors`` (keys that owe), ``top_1, top_5, top_10, top_50``
        (their shares), ``herfindahl`` (sum of squared shares: 1/n to 1), ``effective_number`` (its inverse),
        ``known_share`` (of the money whose key is told) and ``reason``. The measures are of what is told; null with the
        reason where that is less than 90 %, or nothing is owed.

    Raises
    ------
    DataError, ParameterError
        As :func:`concentration`.

    Notes
    -----
    Two debtors of 60 and 40: Herfindahl 0.52, as concentrated as 1.92 equal ones.
    """
    check_output(output)
    return given_out(summary_of(_owed(ledger, to_date(as_of), by), by, ledger.settings.currency), output)


def summary_of(owed: pl.DataFrame, by: By, currency: str) -> pl.DataFrame:
    """Return the row of :func:`concentration_summary` from ``key, amount`` (minor units), the largest first."""
    told = owed.filter(pl.col("key").is_not_null())["amount"]
    whole, known = int(owed["amount"].sum()), int(told.sum())
    row: dict[str, Any] = {
        "by": by,
        "currency": currency,
        "amount": whole / minor_factor(currency),
        "debtors": len(told),
        **dict.fromkeys(("top_1", "top_5", "top_10", "top_50", "herfindahl", "effective_number")),
        "known_share": known / whole if whole else None,
        "reason": None,
    }
    if not whole:
        row["reason"] = "nothing is owed"
    elif known < KNOWN_ENOUGH * whole:
        row["reason"] = f"{by} is told for {known / whole:.0%} of the money only"
    else:
        row |= {f"top_{count}": int(told.head(count).sum()) / known for count in (1, 5, 10, 50)}
        shares = told.cast(pl.Float64) / known
        row["herfindahl"] = float((shares * shares).sum())
        row["effective_number"] = 1 / row["herfindahl"]
    return pl.DataFrame([row], schema_overrides=_SUMMARY)


_SUMMARY = {
    **dict.fromkeys(
        ("amount", "top_1", "top_5", "top_10", "top_50", "herfindahl", "effective_number", "known_share"), pl.Float64
    ),
    "debtors": pl.Int64,
    "reason": pl.String,
}


def _owed(ledger: Ledger, day: date, by: By) -> pl.DataFrame:
    """Return ``key, name, amount`` (minor units) of what is owed, the largest first, what is not told last."""
    check_by(by)
    if by == "portfolio":
        raise ParameterError("by", "a key that splits the portfolio", by)
    check_covered(ledger, day, "as_of")
    seen = ledger.cut(day)
    return _owed_by(aged_lines(seen, day=day, by=by, translate=True), seen, by)


def owed_by_keys(seen: Ledger, *, day: date, keys: Sequence[By]) -> dict[By, pl.DataFrame]:
    """Return ``key, name, amount`` (minor units) by each of ``keys``, the largest first, what is not told last.

    ``seen`` is the ledger cut at ``day``. What is open is aged once for all keys, and once more for the company of the
    seller, which splits accounts.
    """
    lines = aged_lines(seen, day=day, by="customer", translate=True)
    found = {}
    for by in keys:
        own = aged_lines(seen, day=day, by=by, translate=True) if by == "seller_entity" else lines
        found[by] = _owed_by(own, seen, by)
    return found


def _owed_by(lines: pl.DataFrame, seen: Ledger, by: By) -> pl.DataFrame:
    """Return ``key, name, amount`` (minor units) from translated lines of the ageing, the largest first."""
    key = key_columns(by)[0] if key_columns(by) else by
    own = [key] if key in lines.columns and key != "customer_id" else []
    net = pl.sum_horizontal(*BUCKETS, "late_fees", "open_credits") - pl.col("unapplied_cash")
    accounts = keyed(
        lines.group_by("customer_id", *own).agg(net.sum().alias("amount")).with_columns(pl.col("amount").clip(0)),
        seen,
        by,
    )
    name = pl.col("name").first() if "name" in accounts.columns else pl.lit(None, pl.String)
    return (
        accounts.group_by(pl.col(key).alias("key"))
        .agg(name.alias("name"), pl.sum("amount"))
        .filter(pl.col("amount") > 0)
        .sort(pl.col("key").is_null(), "amount", "key", descending=[False, True, False])
    )
