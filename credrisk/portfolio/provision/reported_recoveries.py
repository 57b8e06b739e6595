"""Which recoveries are reported as credit events and applied to no document, so that no line of a movement has them.

A movement goes item by item, and a credit event names a customer. So they are told with their money and not counted:
the journal entry and the tables of the notes do without them until they are applied to what was written off.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.features.spans import as_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from
from credrisk.wording import counted, money

__all__ = ["reported_recoveries"]


def reported_recoveries(ledger: Ledger, items: pl.DataFrame, *, start: date, end: date) -> tuple[str, ...]:
    """Return in words what credit events report as recovered between two days beyond what the movement has.

    Parameters
    ----------
    items
        The items of the movement: ``customer_id, home_recovered`` (minor units).
    start, end
        The days, the first exclusive.
    """
    seen = ledger.cut(end)
    events = seen.table("credit_events").filter(
        (pl.col("kind") == "recovery") & pl.col("amount").is_not_null() & (visible_from("credit_events") > start)
    )
    days = np.full(events.height, as_day(end))
    home = Rates(seen).translate_rows(events["amount"].to_numpy(), events["currency"].to_numpy(), days)
    reported = events.select(pl.col("customer_id").cast(pl.String), reported=pl.Series(home, dtype=pl.Float64))
    beyond = (
        reported.group_by("customer_id")
        .agg(pl.sum("reported"))
        .join(items.group_by("customer_id").agg(pl.sum("home_recovered")), on="customer_id", how="left")
        .select(beyond=pl.col("reported") - pl.col("home_recovered").fill_null(0))
        .filter(pl.col("beyond") > 0)["beyond"]
    )
    if beyond.is_empty():
        return ()
    code = ledger.settings.currency
    amount = money(float(beyond.sort().sum()) / minor_factor(code), code)
    return (
        f"Reported as recovered by credit events, beyond what is applied to documents: {amount} of "
        f"{counted(beyond.len(), 'customer')}. A credit event names no item, so this is in no line, nor in the journal "
        "entry and the notes: apply it as a recovery to what was written off. The bad-debt ratio has it.",
    )
