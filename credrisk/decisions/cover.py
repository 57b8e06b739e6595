"""What insurance and the like would pay, at most, on new shipments to a customer."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.ledger import Ledger

__all__ = ["insured_amounts"]


def insured_amounts(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return the insured amount of each customer with cover in force: limit x insured share - deductible.

    Of each ``cover_id`` the row that began last counts, as known at ``as_of``, and only while valid (the last day
    included): what lapsed or was cut covers no new shipment (:func:`credrisk.ledger.cover_terms.ranked_cover`). The
    feature ``covered`` is another figure: what the cover would pay of the balance that is open today.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insured_amount`` (major units of the ledger's currency, above 0), sorted by ``customer_id``.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    in_force = (
        ranked_cover(seen.table("cover"))
        .unique(["customer_id", "cover_id"], keep="last", maintain_order=True)
        .filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= day))
    )
    pays = pl.col("limit") * pl.col("insured_share") - pl.col("deductible").fill_null(0.0)
    return (
        in_ledger_currency(in_force, ["limit", "deductible"], seen, day)
        .select("customer_id", insured_amount=pays.clip(lower_bound=0))
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("insured_amount").sum())
        .filter(pl.col("insured_amount") > 0)
    )
