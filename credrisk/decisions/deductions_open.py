"""What customers took off their payments and nobody has settled: charge-backs, short payments, deductions posted."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.dispute_ageing import NOT_STATED, dispute_ageing
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["CASH", "SHORT_AT_MOST", "open_deductions"]

SHORT_AT_MOST = 0.25
"""A paid document of which at most this share is left was paid short; more looks like a payment in parts.
Convention."""

QUIET_DAYS = 5
"""A short payment must be so many days old: the rest may be on its way. Convention."""

CASH = ("payment", "recovery")
"""Applications by which money comes."""


def open_deductions(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return the deductions that are not settled at the end of ``as_of``.

    Returns
    -------
    polars.DataFrame
        ``deduction_id, kind, customer_id, document_id, dispute_id`` (null but for charge-backs), ``reason`` (``not
        stated`` where empty), ``taken_on`` and ``amount`` in major units of the ledger's currency. ``kind``:

        * ``charge_back``: an open dispute of an item that was paid in part; its open money;
        * ``dispute``: an open dispute of an item of which nothing was paid;
        * ``short_payment``: what is left of an item beside disputes, where cash came, at most ``SHORT_AT_MOST`` of the
          document is left, it is past due and the last cash is ``QUIET_DAYS`` days old; taken on the day of that cash;
        * ``deduction``: an application of kind deduction to an item that no dispute was resolved for: posted, not
          judged.

        ``amount`` is above 0. The first three add up to no more than what is open. Sorted by ``deduction_id``.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    moves = item_movements(seen)
    cash = (
        moves.filter(pl.col("kind").is_in(CASH) & (pl.col("amount") < 0))
        .group_by("document_id")
        .agg(paid_on=pl.col("event_date").max())
    )
    disputes = (
        dispute_ageing(seen, as_of=day, output="polars")
        .filter(pl.col("disputed") > 0)
        .join(cash, on="document_id", how="left")
        .select(
            "dispute_id",
            "document_id",
            "customer_id",
            "reason",
            deduction_id=pl.lit("claim ") + pl.col("dispute_id"),
            kind=pl.when(pl.col("paid_on").is_null()).then(pl.lit("dispute")).otherwise(pl.lit("charge_back")),
            taken_on="opened_on",
            amount="disputed",
        )
    )
    documents = seen.table("documents").select("document_id", whole="amount")
    rest = pl.col("residual") - pl.col("disputed")
    short = (
        open_items(seen, moves)
        .filter((pl.col("document_kind") != "credit_note") & (rest > 0) & (pl.col("due_date") < day))
        .join(documents, on="document_id")
        .join(cash, on="document_id")
        .filter((rest <= SHORT_AT_MOST * pl.col("whole")) & (pl.col("paid_on") <= day - timedelta(days=QUIET_DAYS)))
        .select(
            "document_id",
            "customer_id",
            "currency",
            deduction_id=pl.lit("short ") + pl.col("document_id"),
            kind=pl.lit("short_payment"),
            taken_on="paid_on",
            amount=rest,
        )
    )
    judged = seen.table("disputes").filter(pl.col("resolved_on").is_not_null())
    posted = (
        moves.filter((pl.col("kind") == "deduction") & (pl.col("document_kind") != "credit_note"))
        .join(judged, on="document_id", how="anti")
        .group_by("document_id", "customer_id", "currency")
        .agg(amount=-pl.col("amount").sum(), taken_on=pl.col("event_date").min())
        .filter(pl.col("amount") > 0)
        .with_columns(deduction_id=pl.lit("posted ") + pl.col("document_id"), kind=pl.lit("deduction"))
    )
    names = ["deduction_id", "kind", "customer_id", "document_id", "dispute_id", "reason", "taken_on", "amount"]
    undisputed = in_ledger_currency(pl.concat([short, posted.select(short.columns)]), ["amount"], seen, day)
    undisputed = undisputed.with_columns(dispute_id=pl.lit(None, pl.String), reason=pl.lit(NOT_STATED))
    return pl.concat([disputes.select(names), undisputed.select(names)]).sort("deduction_id")
