"""Which claims are with an agency or in court and not paid yet: there its own follow-up is all that is done."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger

__all__ = ["third_party_claims"]

KINDS = ("placement", "legal_action")


def third_party_claims(ledger: Ledger, *, movements: pl.DataFrame) -> pl.DataFrame:
    """Return ``customer_id, third_party_on``: the last placement or legal action whose claim is not paid.

    Parameters
    ----------
    ledger
        Cut at the day.
    movements
        Its item movements.

    Notes
    -----
    The claim is what was past due on the day of the event. What was written off of it since is not paid: the agency
    goes on asking for it, though nothing is open any more.
    """
    events = ledger.table("credit_events").filter(pl.col("kind").is_in(KINDS)).select("customer_id", on="date").unique()
    until = pl.col("event_date") <= pl.col("on")
    given_up = ~until & (pl.col("kind") == "write_off")
    claims = (
        movements.select("document_id", "customer_id", "due_date", "event_date", "kind", "amount")
        .join(events, on="customer_id", how="inner")
        .filter(pl.col("due_date") < pl.col("on"))
        .group_by("customer_id", "on", "document_id")
        .agg(claimed=pl.col("amount").filter(until).sum(), unpaid=pl.col("amount").filter(~given_up).sum())
        .filter((pl.col("claimed") > 0) & (pl.col("unpaid") > 0))
    )
    return claims.group_by("customer_id").agg(third_party_on=pl.col("on").max()).sort("customer_id")
