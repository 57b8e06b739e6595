"""From the attempt to the cash: how many contacts reach somebody, the right person, a promise and a kept one."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.promise_state import CAME, promises_with_state
from credrisk.ledger.ledger import Ledger

__all__ = ["STEPS", "contact_funnel", "promise_money"]

STEPS = ("attempts", "reached", "right_party", "promises", "decided", "kept")
LINKED_DAYS = 3
"""A promise made on the day of a contact that reached somebody, or so many days after, comes of that contact."""


def promise_money(ledger: Ledger, as_of: date, *, movements: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    """Return every promise of a cut ledger with the money that came for it in time.

    Returns
    -------
    polars.DataFrame
        ``promise_id, customer_id, made_on, deadline, promised, state`` as
        :func:`~credrisk.decisions.promise_state.promises_with_state` has them, and ``received``: cash on its document
        (on account: of the customer) from the day it was made to the deadline, both included, at most what was
        promised; null where no amount was ever named. Major units of the ledger's currency.
    """
    promises = promises_with_state(ledger, as_of, movements=movements, grace_days=grace_days)
    key = ["promise_id", "made_on", "deadline"]
    of_documents = movements.filter(CAME).select("document_id", "currency", day="event_date", came=-pl.col("amount"))
    on_account = ledger.table("receipts").select("customer_id", "currency", day="date", came="amount")
    named = promises.filter(pl.col("document_id").is_not_null())
    free = promises.filter(pl.col("document_id").is_null())
    came = pl.concat(
        [
            named.select(*key, "document_id").join(of_documents, on="document_id", how="inner").drop("document_id"),
            free.select(*key, "customer_id").join(on_account, on="customer_id", how="inner").drop("customer_id"),
        ]
    ).filter(pl.col("day").is_between(pl.col("made_on"), pl.col("deadline")))
    sums = came.group_by("promise_id", "currency").agg(pl.col("came").sum())
    sums = in_ledger_currency(sums, ["came"], ledger, as_of).group_by("promise_id").agg(pl.col("came").sum())
    received = pl.col("came").fill_null(0.0).clip(0.0, pl.col("promised"))
    return (
        promises.join(sums, on="promise_id", how="left")
        .with_columns(received=pl.when(pl.col("promised").is_not_null()).then(received))
        .select("promise_id", "customer_id", "made_on", "deadline", "promised", "state", "received")
        .sort("promise_id")
    )


def contact_funnel(contacts: pl.DataFrame, promises: pl.DataFrame) -> pl.DataFrame:
    """Return the funnel of each collector, by who made the contact.

    Parameters
    ----------
    contacts
        As :func:`~credrisk.decisions.team_contacts.period_contacts` returns them.
    promises
        As :func:`promise_money` returns them, of whatever time; those of these contacts are taken.

    Returns
    -------
    polars.DataFrame
        ``collector``; ``attempts``; ``reached``; ``right_party`` (null where the ledger never says who was reached);
        ``promises`` (that follow a contact which reached somebody, on its day or up to three days after, each promise
        once); ``decided`` (of them: kept or broken by now); ``kept``; ``cash`` (money received in time for the decided
        ones); ``unlinked`` is not in it: promises without a contact belong to nobody's funnel. Sorted by collector.
    """
    talks = contacts.filter("reached").select("customer_id", "collector", talked_on="date").sort("talked_on")
    linked = (
        promises.sort("made_on")
        .join_asof(
            talks,
            left_on="made_on",
            right_on="talked_on",
            by="customer_id",
            strategy="backward",
            tolerance=timedelta(days=LINKED_DAYS),
            check_sortedness=False,
        )
        .filter(pl.col("talked_on").is_not_null())
    )
    decided = pl.col("state").is_in(["kept", "broken"])
    made = linked.group_by("collector").agg(
        promises=pl.len().cast(pl.Int64),
        decided=decided.sum().cast(pl.Int64),
        kept=(pl.col("state") == "kept").sum().cast(pl.Int64),
        cash=pl.col("received").filter(decided).sum(),
    )
    known = contacts["right_party"].is_not_null().any()
    right = (pl.col("reached") & pl.col("right_party").fill_null(False)).sum().cast(pl.Int64)
    return (
        contacts.group_by("collector")
        .agg(
            attempts=pl.len().cast(pl.Int64),
            reached=pl.col("reached").sum().cast(pl.Int64),
            right_party=right if known else pl.lit(None, pl.Int64),
        )
        .join(made, on="collector", how="left")
        .with_columns(pl.col("promises", "decided", "kept").fill_null(0), pl.col("cash").fill_null(0.0))
        .sort("collector")
    )
