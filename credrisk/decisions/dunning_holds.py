"""Why a customer with something past due gets no dunning letter today."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.policy_dunning import Dunning
from credrisk.decisions.sentences import day_words, money_words

__all__ = ["DUNNING_HOLDS", "with_dunning_holds"]

DUNNING_HOLDS = (
    "insolvency",
    "third_party",
    "dunning_stop",
    "dispute",
    "promise",
    "blocked",
    "postponed",
    "unapplied_cash",
    "final_sent",
    "too_young",
    "minimum_amount",
    "already_sent",
    "days_between",
    "quiet_days",
    "on_the_list",
)
"""Every reason, in the order in which the first that holds is given."""


def with_dunning_holds(accounts: pl.DataFrame, rules: Dunning, *, as_of: date, currency: str) -> pl.DataFrame:
    """Add ``hold`` (one of :data:`DUNNING_HOLDS`, null where a letter is proposed), ``held`` and ``held_until``.

    ``held`` says it in words; ``held_until`` is the first day on which it no longer holds, where a date ends it.

    * ``insolvency``, ``third_party``: for the lawyer, or with an agency or in court.
    * ``dunning_stop``: the customer is not to be dunned.
    * ``dispute``, ``promise``, ``blocked``, ``postponed``: nothing may be asked for, and this is the largest part of
      what is past due.
    * ``unapplied_cash``: money and credits already here cover what may be asked for.
    * ``final_sent``: the last level was sent; what follows is no letter.
    * ``too_young``: no item has reached the first level.
    * ``minimum_amount``: less is asked for than the level, or a lower one not yet sent, takes.
    * ``already_sent``: every item had a letter of its level.
    * ``days_between``, ``quiet_days``: the last letter, or another contact, is too few days ago.
    * ``on_the_list``: today's collection list has another contact (``listed``, in words).
    """
    parts = ("disputed", "promised", "blocked", "postponed")
    largest = pl.max_horizontal(*parts)
    nothing = pl.col("dunned") <= 0
    top, first = len(rules.levels), rules.levels[0]
    next_letter = pl.col("last_letter_on").dt.offset_by(f"{rules.minimum_days_between}d")
    quiet_until = pl.col("reached_on").dt.offset_by(f"{rules.quiet_days_after_contact}d")
    spoke_last = pl.col("last_letter_on").is_null() | (pl.col("reached_on") >= pl.col("last_letter_on"))
    says = {place: level.says for place, level in enumerate(rules.levels, start=1)}
    last_says = pl.col("last_level").replace_strict(says, default="a letter", return_dtype=pl.String)
    minimums = {place: level.minimum_amount for place, level in enumerate(rules.levels, start=1)}
    needed = pl.max_horizontal("last_level", pl.lit(1)).replace_strict(minimums, return_dtype=pl.Float64)
    tests = {
        "insolvency": pl.col("insolvent_on").is_not_null(),
        "third_party": pl.col("third_party_on").is_not_null(),
        "dunning_stop": pl.col("stop").is_not_null(),
        "dispute": nothing & (pl.col("disputed") >= largest),
        "promise": nothing & (pl.col("promised") >= largest),
        "blocked": nothing & (pl.col("blocked") >= largest),
        "postponed": nothing,
        "unapplied_cash": pl.col("asked") <= 0,
        "final_sent": (pl.col("last_level") >= top) & pl.col("last_level_known"),
        "too_young": pl.col("reached") < 1,
        "minimum_amount": (pl.col("level") < 1) | (pl.col("level") < pl.col("last_level")),
        "already_sent": ~pl.col("rises"),
        "days_between": next_letter > as_of,
        "quiet_days": (quiet_until > as_of) & spoke_last,
        "on_the_list": pl.col("listed").is_not_null(),
    }
    held = {
        "insolvency": pl.format("{} since {}: for the lawyer", "insolvent_as", day_words(pl.col("insolvent_on"))),
        "third_party": pl.format("with an agency or in court since {}", day_words(pl.col("third_party_on"))),
        "dunning_stop": pl.format(
            "dunning stop since {}: {}", day_words(pl.col("stop_since")), pl.col("stop").str.head(60)
        ),
        "dispute": pl.format("disputed: {}", _money("disputed", currency)),
        "promise": pl.format(
            "promised: {}, open until {}", _money("promised", currency), day_words(pl.col("promised_until"))
        ),
        "blocked": pl.format("blocked from dunning: {}", _money("blocked", currency)),
        "postponed": pl.format("a later due date was agreed: {}", _money("postponed", currency)),
        "unapplied_cash": pl.format("{} of cash and credits to apply cover it", _money("at_hand", currency)),
        "final_sent": pl.format(
            "{} was sent on {}: what follows is no letter", last_says, day_words(pl.col("last_sent_on"))
        ),
        "too_young": pl.format("{} days past due, the first letter is at {}", pl.col("oldest_days"), first.from_days),
        "minimum_amount": pl.format(
            "{} to ask for, below the minimum of {}",
            _money("asked", currency),
            money_words(needed, currency),
        ),
        "already_sent": pl.format(
            "{} was sent on {}, the next level is not reached", last_says, day_words(pl.col("last_sent_on"))
        ),
        "days_between": pl.format(
            "the last letter went out on {}, the next from {}",
            day_words(pl.col("last_letter_on")),
            day_words(next_letter),
        ),
        "quiet_days": pl.format(
            "contacted on {}, quiet until {}", day_words(pl.col("reached_on")), day_words(quiet_until)
        ),
        "on_the_list": pl.format("on today's collection list: {}", "listed"),
    }
    hold = pl.coalesce(pl.when(test.fill_null(False)).then(pl.lit(name)) for name, test in tests.items())
    ends = {
        "promise": pl.col("promised_until").dt.offset_by("1d"),
        "postponed": pl.col("next_due_on").dt.offset_by(f"{first.from_days}d"),
        "days_between": next_letter,
        "quiet_days": quiet_until,
    }
    return accounts.with_columns(hold=hold).with_columns(
        held=pl.coalesce(pl.when(pl.col("hold") == name).then(said) for name, said in held.items()),
        held_until=pl.coalesce(pl.when(pl.col("hold") == name).then(day) for name, day in ends.items()),
    )


def _money(amount: str, currency: str) -> pl.Expr:
    return money_words(pl.col(amount), currency)
