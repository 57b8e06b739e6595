"""How the limit on file came about: the highest there ever was, and whether it was set to 0 and when."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.features.limit_changes import limit_steps
from credrisk.features.rows import LedgerRows
from credrisk.features.windows import day_numbers
from credrisk.ledger.ledger import Ledger

__all__ = ["LIMIT_HISTORY", "limit_history"]

LIMIT_HISTORY = {"highest_limit": pl.Float64(), "set_to_nothing_on": pl.Date()}
"""Of each customer: the highest limit ever in force, and the day from which today's limit of 0 is."""


def limit_history(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return ``customer_id`` and :data:`LIMIT_HISTORY` of every customer that ever had a limit, as known at ``as_of``.

    A limit counts from the day on which it could be seen to be in force. ``highest_limit`` is in major units of the
    ledger's currency; ``set_to_nothing_on`` is null where the limit in force is not 0.
    """
    day = to_date(as_of)
    source = LedgerRows(ledger.cut(day))
    steps = limit_steps(source)
    seen = steps["seen"] <= day_numbers((day,))[0]
    customer, value, since = (steps[name][seen] for name in ("customer", "value", "seen"))
    found = pl.DataFrame(
        {
            "customer_id": source.customers.gather(customer),
            "value": pl.Series(value, dtype=pl.Float64).fill_nan(None),
            "since": pl.Series(since.astype(np.int32)).cast(pl.Date),
        }
    )
    return (
        found.sort("customer_id", "since", maintain_order=True)
        .group_by("customer_id", maintain_order=True)
        .agg(
            highest_limit=pl.col("value").max(),
            set_to_nothing_on=pl.when(pl.col("value").last() == 0).then(pl.col("since").last()),
        )
        .drop_nulls("highest_limit")
    )
