"""Why an account is not to be contacted today."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.sentences import day_words, money_words, percent_words

__all__ = ["HOLDS", "with_chased", "with_holds"]

HOLDS = (
    "insolvency",
    "third_party",
    "nothing_due",
    "excluded",
    "dispute",
    "deferred",
    "unapplied_cash",
    "promise",
    "minimum_balance",
    "quiet_days",
    "frequency",
    "no_action",
)
"""Every reason for which an account is held, in the order in which the first that holds is given."""


def with_chased(accounts: pl.DataFrame) -> pl.DataFrame:
    """Add ``promised`` and ``chased``: what may be asked for today (money, never negative).

    Where something is past due that is the past due without its disputed and its deferred part and the fee notes
    beside it, less the cash and credits already here and what is promised for a later day; else it is what is due soon,
    less cash and credits. A fee note alone is no reason to ask, nor beside what is deferred.
    """
    unpaid = (_due() - pl.col("unapplied_cash") - pl.col("open_credits")).clip(lower_bound=0)
    promised = pl.when("open_promised_all").then(unpaid).otherwise(pl.min_horizontal("open_promised", unpaid))
    return accounts.with_columns(promised=promised).with_columns(chased=unpaid - pl.col("promised"))


def _due() -> pl.Expr:
    asked = pl.col("past_due") - pl.col("disputed") - pl.col("deferred")
    fees = pl.when((pl.col("deferred") > 0) & (asked <= 0)).then(0.0).otherwise("late_fees")
    return pl.when(pl.col("past_due") > 0).then(asked + fees).otherwise("due_soon")


def with_holds(accounts: pl.DataFrame, rules: Collection, *, as_of: date, currency: str) -> pl.DataFrame:
    """Add ``hold`` (one of :data:`HOLDS`, null where the account may be contacted), ``held`` and ``held_until``.

    ``held`` says the reason in words; ``held_until`` is the first day on which the hold no longer stands, where a date
    ends it.

    * ``insolvency``: an insolvency is known, in the own books or by a register, or the company is dissolved. It is for
      the lawyer, not for the collector.
    * ``third_party``: with an agency or in court, and what was past due then is not paid (open still, or written off).
      Nothing but the agency's own follow-up is done.
    * ``nothing_due``: nothing is past due, but for fee notes for late payment, and nothing falls due soon.
    * ``excluded``: the supervisor took it off the list, until a day.
    * ``dispute``: at least the policy's share of the past due is disputed. It goes to the owner of the dispute.
    * ``deferred``: what is not due yet by a date agreed later, or blocked from dunning, leaves less than the minimum
      balance to ask for.
    * ``unapplied_cash``: cash and credit notes already here cover it. They want applying, not asking for.
    * ``promise``: an open promise, to its due date plus grace, leaves less than the minimum balance to ask for.
    * ``minimum_balance``: less than the policy's minimum is to be asked for.
    * ``quiet_days``: the quiet days of a contact with its payables desk are not over, unless a promise was broken
      since that contact.
    * ``frequency``: its payables desk was contacted by hand on as many of the last 30 days as the policy allows.
    * ``no_action``: no action of the policy fits an account of this age.
    """
    at_hand = pl.col("unapplied_cash") + pl.col("open_credits")
    disputed_share = pl.col("disputed") / pl.col("past_due")
    broken_since = (pl.col("broken_promise_on") >= pl.col("desk_contact_on")).fill_null(False)
    tests = {
        "insolvency": pl.col("insolvent_on").is_not_null(),
        "third_party": pl.col("third_party_on").is_not_null(),
        "nothing_due": (pl.col("past_due") <= 0) & (pl.col("due_soon") <= 0),
        "excluded": pl.col("excluded").is_not_null(),
        "dispute": (pl.col("past_due") > 0) & (disputed_share >= rules.dispute_hold_share),
        "deferred": (pl.col("deferred") > 0) & (_due() < rules.minimum_balance),
        "unapplied_cash": (at_hand > 0) & (at_hand >= _due()),
        "promise": (pl.col("promised") > 0) & (pl.col("chased") < rules.minimum_balance),
        "minimum_balance": pl.col("chased") < rules.minimum_balance,
        "quiet_days": (pl.col("quiet_until") > as_of) & ~broken_since,
        "frequency": pl.col("often_until") > as_of,
    }
    words = {
        "insolvency": pl.format("{} since {}: for the lawyer", "insolvent_as", day_words(pl.col("insolvent_on"))),
        "third_party": pl.format(
            "with an agency or in court since {}: its follow-up only", day_words(pl.col("third_party_on"))
        ),
        "nothing_due": pl.when(pl.col("late_fees") > 0)
        .then(pl.format("nothing past due but {} of late-fee notes", money_words(pl.col("late_fees"), currency)))
        .otherwise(pl.lit("nothing past due, nothing due soon")),
        "excluded": pl.col("excluded"),
        "dispute": pl.format("{} of the past due is in dispute", percent_words(disputed_share, 0)),
        "deferred": pl.when(pl.col("deferred_to").is_null())
        .then(pl.format("blocked from dunning: {}", money_words(pl.col("deferred"), currency)))
        .otherwise(
            pl.format(
                "a later due date was agreed: {} to {}",
                money_words(pl.col("deferred"), currency),
                day_words(pl.col("deferred_to")),
            )
        ),
        "unapplied_cash": pl.format("{} of cash and credits to apply cover it", money_words(at_hand, currency)),
        "promise": pl.format(
            "promised for {}, open until {}",
            day_words(pl.col("open_promise_due_on")),
            day_words(pl.col("open_promise_until")),
        ),
        "minimum_balance": pl.format(
            "{} to ask for, below the minimum of {}",
            money_words(pl.col("chased"), currency),
            money_words(pl.lit(rules.minimum_balance), currency),
        ),
        "quiet_days": pl.format(
            "{} on {}, quiet until {}",
            pl.when(pl.col("last_contact_on") == pl.col("desk_contact_on"))
            .then(pl.lit("contacted"))
            .otherwise(pl.lit("its payables desk was contacted")),
            day_words(pl.col("desk_contact_on")),
            day_words(pl.col("quiet_until")),
        ),
        "frequency": pl.format(
            "contacted by hand on {} of the last 30 days, the most that the policy allows, next on {}",
            pl.lit(rules.contacts_by_hand_30_days),
            day_words(pl.col("often_until")),
        ),
    }
    hold = pl.coalesce(pl.when(test.fill_null(False)).then(pl.lit(name)) for name, test in tests.items())
    ends = {
        "deferred": pl.col("deferred_to").dt.offset_by("1d"),
        "promise": pl.col("open_promise_until").dt.offset_by("1d"),
        "quiet_days": pl.col("quiet_until"),
        "frequency": pl.col("often_until"),
        "excluded": pl.col("excluded_until"),
    }
    return accounts.with_columns(hold=hold).with_columns(
        held=pl.coalesce(pl.when(pl.col("hold") == name).then(said) for name, said in words.items()),
        held_until=pl.coalesce(pl.when(pl.col("hold") == name).then(day) for name, day in ends.items()),
    )
