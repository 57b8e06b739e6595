"""Why an account is on today's list, or not, in words with the figures."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.sentences import day_words, days_words, money_words, percent_words, sentences

__all__ = ["queue_reasons"]

DOUBTFUL = 0.5
"""Odds below which a promise is likelier broken than kept."""


def queue_reasons(currency: str, *, contacts_known: bool) -> pl.Expr:
    """Return the reasons of each row of the queue; ``contacts_known``: the ledger has a table of contacts."""
    return sentences(
        _owed(currency),
        _not_asked_for(currency),
        _risk(),
        pl.when((pl.col("past_due") > 0) & pl.col("hold").is_null()).then("third_party_paid"),
        _broken(),
        _last_contact() if contacts_known else pl.lit("no contacts in the ledger"),
        _insurer(),
        _worth(currency),
        pl.when(pl.col("hold").ne_missing("excluded")).then("hand"),
        pl.format("held: {}", "held"),
        _doubtful(),
        separator="; ",
    )


def _owed(currency: str) -> pl.Expr:
    late = pl.format(
        "{} past due, oldest {}", money_words(pl.col("past_due"), currency), days_words(pl.col("oldest_open_days"))
    )
    soon = pl.format(
        "nothing past due, {} due on {}", money_words(pl.col("due_soon"), currency), day_words(pl.col("next_due_on"))
    )
    return pl.when(pl.col("past_due") > 0).then(late).when(pl.col("due_soon") > 0).then(soon)


def _not_asked_for(currency: str) -> pl.Expr:
    at_hand = pl.col("unapplied_cash") + pl.col("open_credits")
    asked = (pl.col("past_due") > 0) | (pl.col("due_soon") > 0)
    parts = {
        "{} of late-fee notes beside it": pl.when(pl.col("past_due") > 0).then("late_fees"),
        "{} in dispute": pl.col("disputed"),
        "{} deferred by agreement or blocked from dunning": pl.col("deferred"),
        "{} of cash and credits to apply": at_hand,
        "{} promised": pl.col("promised"),
    }
    said = [
        pl.when(asked & (amount > 0)).then(pl.format(words, money_words(amount, currency)))
        for words, amount in parts.items()
    ]
    joined = sentences(*said, separator="; ")
    return pl.when(joined != "").then(joined)


def _risk() -> pl.Expr:
    source = pl.col("pd_used_source")
    laid_down = pl.format(
        "PD not measured, the policy's grade {} with {} stands in", "grade_used", percent_words(pl.col("pd_used"))
    )
    late = pl.format("; {} likely to pay 30 days late", percent_words(pl.col("p_late30_12m"), 0))
    prob = percent_words(pl.col("pd_used"))
    return (
        pl.when(source == "model")
        .then(pl.format("PD {}", prob))
        .when(source == "bad_debt")
        .then(pl.lit("a bad debt"))
        .when(source == "in_default")
        .then(pl.format("in default, {} of past defaults became a bad debt within 12 months", prob))
        .when(pl.col("status") == "in_default")
        .then(pl.format("in default, PD not measured, the policy's {} stands in", prob))
        .otherwise(pl.concat_str([laid_down, late.fill_null("")]))
    )


def _broken() -> pl.Expr:
    day = day_words(pl.col("broken_promise_due_on"))
    count = pl.col("broken_promises_12m")
    several = pl.format("{} promises broken in 12 months, the last for {}", count, day)
    return pl.when(count == 1).then(pl.format("promise for {} broken", day)).when(count > 1).then(several)


def _doubtful() -> pl.Expr:
    odds = pl.col("p_promise_kept")
    said = pl.format("the promise is doubtful: {} likely to be kept, by the record", percent_words(odds, 0))
    return pl.when(odds < DOUBTFUL).then(said)


def _last_contact() -> pl.Expr:
    words = pl.format(
        "last contact on {}{}",
        day_words(pl.col("last_contact_on")),
        pl.format(" by {}", "last_contact_channel").fill_null(""),
    )
    return words.fill_null("never contacted")


def _worth(currency: str) -> pl.Expr:
    source = pl.col("effect_source").str.replace_all("_", " ")
    worth = pl.format("{} now is worth {} ({})", "action_says", money_words(pl.col("gain"), currency), source)
    dear = pl.format(
        "{} now costs {} more than it gains ({})", "action_says", money_words(-pl.col("gain"), currency), source
    )
    less = pl.col("gain") - pl.col("gain_beyond_mail")
    beyond = pl.format(
        ", {} more than what goes out by itself anyway", money_words(pl.col("gain_beyond_mail"), currency)
    )
    by_hand = pl.when(pl.col("uses_capacity") & (less > 0)).then(beyond).otherwise(pl.lit(""))
    worth = pl.concat_str([worth, by_hand.fill_null("")])
    slot = pl.col("slot")
    note = (
        pl.when(slot == "coverage")
        .then(pl.lit("; taken so that small accounts are covered"))
        .when(slot == "automatic")
        .then(pl.lit("; sent automatically"))
        .when(slot == "explore")
        .then(pl.lit("; drawn at random, so that the effect of contacts can be measured"))
        .when((slot == "pin") & ~pl.col("uses_capacity"))
        .then(pl.lit("; pinned, but no action by hand fits an account of this age"))
        .when("desk_busy")
        .then(pl.lit("; its payables desk is contacted for other accounts today"))
        .when(slot.is_null() & (pl.col("gain") > 0))
        .then(pl.lit("; beyond today's capacity"))
        .otherwise(pl.lit(""))
    )
    shared = slot.is_not_null() & (pl.col("desk_served") > 1)
    once = pl.format("; one and the same contact for {} accounts of its payables desk", "desk_served")
    one_desk = pl.when(shared).then(once).otherwise(pl.lit(""))
    return pl.concat_str([pl.when(pl.col("gain") > 0).then(worth).otherwise(dear), note, one_desk])


def _insurer() -> pl.Expr:
    said = pl.format("to be reported to the insurer by {}", day_words(pl.col("insurer_deadline")))
    return pl.when("insurer_due").then(said)
