"""Which claims are with an agency or in court and not paid yet: there its own follow-up is all that is done.

One that has been paid holds nothing: what fell due since is asked for as of anybody else, and the reasons say so.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.sentences import day_words
from credrisk.ledger.ledger import Ledger

__all__ = ["third_party_claims", "third_party_paid"]

KINDS = ("placement", "legal_action")
PAID_IS_TOLD = "-12mo"
"""So long after the event it is told of a claim that it was paid."""


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
    unpaid = _claims(ledger, movements).filter(pl.col("unpaid") > 0)
    return unpaid.group_by("customer_id").agg(third_party_on=pl.col("on").max()).sort("customer_id")


def third_party_paid(ledger: Ledger, *, movements: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return ``customer_id, third_party_paid``: a text about the last claim of a year that an agency or a court had.

    Only of customers all of whose claims are paid: of the others :func:`third_party_claims` tells. Arguments as there.
    """
    claims = _claims(ledger, movements)
    open_still = claims.filter(pl.col("unpaid") > 0)
    words = {
        "placement": "the claim placed with an agency on {} is settled, what fell due since is asked for here",
        "legal_action": "the claim taken to court on {} is settled, what fell due since is asked for here",
    }
    said = pl.coalesce(
        pl.when(pl.col("event") == kind).then(pl.format(text, day_words(pl.col("on")))) for kind, text in words.items()
    )
    return (
        claims.join(open_still, on="customer_id", how="anti")
        .filter(pl.col("on") > pl.lit(as_of).dt.offset_by(PAID_IS_TOLD))
        .sort("customer_id", "on", "event")
        .group_by("customer_id", maintain_order=True)
        .last()
        .select("customer_id", third_party_paid=said)
    )


def _claims(ledger: Ledger, movements: pl.DataFrame) -> pl.DataFrame:
    """Return what was past due on the day of each event: ``customer_id, on, event, document_id, claimed, unpaid``."""
    events = (
        ledger.table("credit_events")
        .filter(pl.col("kind").is_in(KINDS))
        .select("customer_id", on="date", event=pl.col("kind").cast(pl.String))
        .unique()
    )
    until = pl.col("event_date") <= pl.col("on")
    given_up = ~until & (pl.col("kind") == "write_off")
    return (
        movements.select("document_id", "customer_id", "due_date", "event_date", "kind", "amount")
        .join(events, on="customer_id", how="inner")
        .filter(pl.col("due_date") < pl.col("on"))
        .group_by("customer_id", "on", "event", "document_id")
        .agg(claimed=pl.col("amount").filter(until).sum(), unpaid=pl.col("amount").filter(~given_up).sum())
        .filter(pl.col("claimed") > 0)
    )
