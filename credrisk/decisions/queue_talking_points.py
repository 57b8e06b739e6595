"""Three short sentences for the talk with the customer: what is owed, what was said, what to ask for."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.sentences import day_words, days_words, money_words, sentences

__all__ = ["RECENT_DAYS", "talking_points"]

RECENT_DAYS = 90
"""A broken promise is held against the customer in the talk for so long, or until what was promised is paid."""


def talking_points(currency: str, *, as_of: date) -> pl.Expr:
    """Return the talking points of each row of the queue that may be contacted; null for the others."""
    said = sentences(_owed(currency), _said_before(currency, as_of), _ask_for(currency), separator=" ")
    return pl.when(pl.col("hold").is_null()).then(said)


def _owed(currency: str) -> pl.Expr:
    late = pl.format(
        "{} is past due, the oldest item by {}.",
        money_words(pl.col("past_due"), currency),
        days_words(pl.col("oldest_open_days")),
    )
    soon = pl.format("{} falls due on {}.", money_words(pl.col("due_soon"), currency), day_words(pl.col("next_due_on")))
    return pl.when(pl.col("past_due") > 0).then(late).otherwise(soon)


def _said_before(currency: str, as_of: date) -> pl.Expr:
    recently = (pl.col("broken_promise_on") >= as_of - timedelta(days=RECENT_DAYS)).fill_null(False)
    matters = recently | (pl.col("broken_promises_open") > 0)
    broken, open_until = pl.col("broken_promises_12m"), pl.col("open_promise_due_on")
    return (
        pl.when(matters & (broken > 1))
        .then(
            pl.format(
                "{} promises were broken in 12 months, the last was for {}.",
                broken,
                day_words(pl.col("broken_promise_due_on")),
            )
        )
        .when(matters & (broken == 1))
        .then(pl.format("The promise for {} was not kept.", day_words(pl.col("broken_promise_due_on"))))
        .when(pl.col("disputed") > 0)
        .then(
            pl.format("{} is in dispute and with its owner: leave it out.", money_words(pl.col("disputed"), currency))
        )
        .when(open_until.is_not_null())
        .then(
            pl.format(
                "{} is promised for {}: leave it out.",
                money_words(pl.col("promised"), currency),
                day_words(open_until),
            )
        )
        .when(pl.col("last_contact_on").is_not_null())
        .then(pl.format("The last contact was on {}.", day_words(pl.col("last_contact_on"))))
        .otherwise(pl.lit("No earlier contact is known."))
    )


def _ask_for(currency: str) -> pl.Expr:
    asked = money_words(pl.col("chased"), currency)
    soon_90, soon_60 = pl.col("rolls_over_90") > 0, pl.col("rolls_over_60") > 0
    why = (
        pl.when(pl.col("insurer_due"))
        .then(pl.format(", before {} when the insurer must be told", day_words(pl.col("insurer_deadline"))))
        .when(soon_90)
        .then(pl.format(", as {} passes 90 days within 30 days", money_words(pl.col("rolls_over_90"), currency)))
        .when(soon_60)
        .then(pl.format(", as {} passes 60 days within 30 days", money_words(pl.col("rolls_over_60"), currency)))
        .otherwise(pl.lit(""))
    )
    late = pl.format("Ask for {} and for the day on which it is paid{}.", asked, why)
    soon = pl.format("Ask whether {} is approved for payment on its due date.", asked)
    return pl.when(pl.col("past_due") > 0).then(late).otherwise(soon)
