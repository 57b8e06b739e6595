"""How much of each credit limit is used, and who is above it.

Exposure here is what is owed on the books: open items net of unapplied cash. Orders and deliveries not yet invoiced are
in :func:`~credrisk.decisions.exposure_today.exposure_today`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.features.panel import build_panel
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["utilisation"]


@overload
def utilisation(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = ...) -> pd.DataFrame: ...
@overload
def utilisation(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def utilisation(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return each customer's exposure against its credit limit in force, as known at the end of a day.

    Parameters
    ----------
    as_of
        The day, inclusive; not after the last one covered.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Customers that owe something or have a limit, the most used limit first: ``customer_id, name, currency,
        exposure`` (net balance, at least 0), ``limit`` (in force and known on the day; null where there is none),
        ``utilisation`` (exposure / limit; above 1 when exceeded; null without a limit or with one of 0), ``headroom``
        (limit less net balance, negative when exceeded), ``over_limit`` (by how much it is exceeded), ``reason`` (why
        the use is not measured, else null). Float64 major units of the ledger's currency.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before the day.
    ParameterError
        When ``as_of`` lies after the last day covered.

    Examples
    --------
    >>> utilisation(ledger, as_of="2025-12-31").query("over_limit > 0")  # doctest: +SKIP
    """
    check_output(output)
    day = to_date(as_of)
    names = ["net_balance", "credit_limit", "utilisation", "headroom", "over_limit"]
    panel = build_panel(ledger, as_of=day, features=names, output="polars")
    customers = ledger.cut(day).table("customers").select("customer_id", "name")
    limit = pl.col("limit")
    shown = (
        panel.with_columns(exposure=pl.col("net_balance").clip(0), limit="credit_limit")
        .filter((pl.col("exposure") > 0) | limit.is_not_null())
        .join(customers, on="customer_id", how="left")
        .with_columns(
            currency=pl.lit(ledger.settings.currency),
            reason=pl.when(limit.is_null())
            .then(pl.lit("no credit limit is in force"))
            .when(limit == 0)
            .then(pl.lit("the credit limit is 0")),
        )
        .sort("utilisation", "exposure", "customer_id", descending=[True, True, False], nulls_last=True)
    )
    columns = [
        "customer_id",
        "name",
        "currency",
        "exposure",
        "limit",
        "utilisation",
        "headroom",
        "over_limit",
        "reason",
    ]
    return given_out(shown.select(columns), output)
