"""Which letters a customer has had, by the contacts of the ledger."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.policy_dunning import Dunning
from credrisk.ledger.ledger import Ledger

__all__ = ["letters_sent", "other_contacts", "with_last_level"]


def letters_sent(ledger: Ledger, rules: Dunning) -> pl.DataFrame:
    """Return the dunning letters that a cut ledger knows of: ``customer_id, sent_on, level``.

    A contact is a letter of the ladder where its ``action`` is the name of a level; one by the channel ``letter`` with
    no such action is a letter whose level is not known (null).
    """
    return (
        ledger.table("contacts")
        .with_columns(
            level=pl.col("action").replace_strict(
                {level.name: place for place, level in enumerate(rules.levels, start=1)},
                default=None,
                return_dtype=pl.Int64,
            )
        )
        .filter(pl.col("level").is_not_null() | (pl.col("channel") == "letter"))
        .select("customer_id", "level", sent_on="date")
        .unique()
        .sort("customer_id", "sent_on", "level", nulls_last=False)
    )


def other_contacts(ledger: Ledger, rules: Dunning) -> pl.DataFrame:
    """Return ``customer_id, reached_on``: the last day on which somebody was reached otherwise than by a letter."""
    names = [level.name for level in rules.levels]
    is_letter = pl.col("action").is_in(names) | (pl.col("channel") == "letter")
    reached = pl.col("outcome").fill_null("") != "no_answer"
    return (
        ledger.table("contacts")
        .filter(~is_letter.fill_null(False) & reached)
        .group_by("customer_id")
        .agg(reached_on=pl.col("date").max())
        .sort("customer_id")
    )


def with_last_level(items: pl.DataFrame, sent: pl.DataFrame, *, known_from: date | None) -> pl.DataFrame:
    """Add to each item what it was asked for with before.

    A letter asked for what was due before the day it was sent.

    Parameters
    ----------
    items
        With ``customer_id, document_id, document_date, original_due_on``.
    sent
        As :func:`letters_sent` gives it.
    known_from
        Letters are recorded from this day on; null where no record is kept at all.

    Returns
    -------
    polars.DataFrame
        The items with ``asked_on`` (the last letter that asked for it), ``last_level`` (its level; 0 where no letter
        did; null where that is not known: no letters are recorded, it fell due before they were, or the last letter
        names no level) and ``least_level`` (the highest level known to have been sent, 0 where none is).
    """
    asked = (
        items.select("customer_id", "document_id", "document_date", "original_due_on")
        .join(sent, on="customer_id", how="inner")
        .filter((pl.col("sent_on") > pl.col("original_due_on")) & (pl.col("sent_on") > pl.col("document_date")))
        .sort("document_id", "sent_on", "level", nulls_last=False)
        .group_by("document_id", maintain_order=True)
        .agg(highest=pl.col("level").max(), last=pl.col("level").last(), asked_on=pl.col("sent_on").last())
    )
    recorded = pl.lit(False) if known_from is None else pl.col("original_due_on") >= known_from
    named, asked_before = pl.col("last").is_not_null(), pl.col("asked_on").is_not_null()
    return (
        items.join(asked, on="document_id", how="left", maintain_order="left")
        .with_columns(
            last_level=pl.when(named).then("highest").when(~asked_before & recorded).then(0).cast(pl.Int64),
            least_level=pl.col("highest").fill_null(0),
        )
        .drop("highest", "last")
    )
