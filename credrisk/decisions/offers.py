"""Who could have been contacted on past days, what was offered, what was known that morning, when they then paid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import collectable, in_ledger_currency
from credrisk.decisions.offer_outcomes import HORIZON_DAYS, offer_outcomes, owed_items
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_state import promise_summary
from credrisk.errors import EvidenceError
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.offer_rows import NONE
from credrisk.models.payment_items import CASH
from credrisk.progress import Progress, silent

__all__ = ["MOST_LISTS", "ledger_offers"]

MOST_LISTS = 104
"""Days of lists looked at, the last ones; of a week without logged lists one day, so about two years."""

RECENT_DAYS, YEAR = 90, 365

COVARIATES = {
    "amount": "past due that morning, major units of the ledger's currency",
    "age_days": "days past due of the oldest item",
    "due_items": "items past due",
    "disputed_share": "share of the past due in dispute",
    "money_at_hand": "cash and credits not applied, as a share of the past due",
    "open_promise": "1 where a promise is open",
    "broken_promises": "broken promises that still count",
    "contacts_90": "contacts in the 90 days before",
    "days_since_contact": "days since the last contact, null where there was none",
    "days_late_12m": "days late of the money received in the 12 months before, null where none was",
    "paid_share_90": "money received in the 90 days before, as a share of the past due",
}


def ledger_offers(
    ledger: Ledger,
    *,
    as_of: date | str,
    policy: Policy | None = None,
    progress: Progress = silent,
    output: str = "pandas",
) -> Any:
    """Return the offers that a ledger holds whose 90 days are over at the end of ``as_of``.

    With a ``queue_log`` the lists are its days and its rows are the offers, with their chances. Without one they are
    taken from ``contacts``: of every week the day with most contacts, on which an account past due was either contacted
    (the action named, else the mildest of that channel in the policy) or not; the chances are unknown then. A contact
    by a channel that no action of the policy uses leaves its row out.

    Everything known of an account is what could be seen at the end of the day before the list.

    Parameters
    ----------
    ledger
        Any ledger; it is cut at ``as_of`` and for every list at the day before it.
    as_of
        The day to stand on.
    policy
        For the names of the actions, the smallest balance and what counts as a broken promise.
    progress
        Told after every list.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per account past due and list: ``customer_id, date, action`` (``none``: left alone), ``probability``
        (null: unknown), ``done``, ``reason`` (the last one that the customer gave before, null where none),
        the covariates :data:`COVARIATES`, and what came of it (see
        :func:`~credrisk.decisions.offer_outcomes.offer_outcomes`). Sorted by date and customer.

    Raises
    ------
    EvidenceError
        When the ledger has neither logged lists nor contacts whose 90 days are over.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    seen = ledger.cut(day)
    made = _logged(seen) if seen.has("queue_log") and seen.table("queue_log").height else _contacted(seen, policy)
    made = made.filter(pl.col("date") <= day - timedelta(days=HORIZON_DAYS))
    days = made["date"].unique().sort().to_list()[-MOST_LISTS:]
    if not days:
        raise EvidenceError(
            f"the ledger has no list and no contact at least {HORIZON_DAYS} days before {day}: nothing shows what "
            "contacts do."
        )
    movements = item_movements(seen)
    whole = bool(made["whole"].any())
    frames = []
    for place, list_day in enumerate(days, start=1):
        offers = made.filter(pl.col("date") == list_day).drop("whole")
        frames.append(_list_of(seen, movements, list_day, offers, policy, whole=whole))
        progress("Looking at past lists", place, len(days))
    return given_out(pl.concat(frames).sort("date", "customer_id"), output)


def _logged(ledger: Ledger) -> pl.DataFrame:
    """Return the rows of the logged lists; ``whole``: the log also has the accounts to which nothing was offered."""
    log = ledger.table("queue_log").select(
        "customer_id", "date", pl.col("action").str.to_lowercase(), "probability", "done"
    )
    return log.with_columns(whole=pl.lit((log["action"] == NONE).any()))


def _contacted(ledger: Ledger, policy: Policy) -> pl.DataFrame:
    """Return the contacts of one day of every week, by action; null where no action of the policy is like it."""
    contacts = ledger.table("contacts")
    of_channel: dict[str, str] = {}
    for action in policy.collection.actions:
        of_channel.setdefault(action.channel, action.name)
    names = [action.name for action in policy.collection.actions]
    by_channel = pl.col("channel").replace_strict(of_channel, default=None, return_dtype=pl.String)
    counted = contacts.group_by("date").len().with_columns(week=pl.col("date").dt.truncate("1w"))
    chosen = counted.sort("week", "len", "date", descending=[False, True, False]).unique("week", keep="first")
    return (
        contacts.filter(pl.col("date").is_in(chosen["date"].to_list()))
        .sort("date", "customer_id", "contact_id")
        .unique(["customer_id", "date"], keep="first", maintain_order=True)
        .select(
            "customer_id",
            "date",
            action=pl.when(pl.col("action").is_in(names)).then("action").otherwise(by_channel),
            probability=pl.lit(None, pl.Float64),
            done=pl.lit(True),
            whole=pl.lit(False),
        )
    )


def _list_of(
    ledger: Ledger, movements: pl.DataFrame, day: date, offers: pl.DataFrame, policy: Policy, *, whole: bool
) -> pl.DataFrame:
    """Return the rows of one day's list."""
    eve = day - timedelta(days=1)
    before, until_eve = ledger.cut(eve), movements.filter(pl.col("date") <= eve)
    items = owed_items(before, until_eve, day)
    known = _known(before, until_eve, items, day, policy)
    known = known.filter(pl.col("amount") >= policy.collection.minimum_balance)
    rows = known.join(offers, on="customer_id", how="inner" if whole else "left", maintain_order="left")
    rows = rows.with_columns(
        date=pl.lit(day),
        action=pl.when(pl.col("date").is_null()).then(pl.lit(NONE)).otherwise("action"),
        done=pl.when(pl.col("date").is_null()).then(pl.lit(False)).otherwise("done"),
    ).filter(pl.col("action").is_not_null())
    outcomes = offer_outcomes(items, movements, day)
    return rows.join(outcomes, on="customer_id", how="left", maintain_order="left").select(
        "customer_id", "date", "action", "probability", "done", "reason", *COVARIATES, *outcomes.columns[1:]
    )


def _known(ledger: Ledger, movements: pl.DataFrame, items: pl.DataFrame, day: date, policy: Policy) -> pl.DataFrame:
    """Return what was known of every account with something past due, at the end of the day before the list."""
    rules, eve = policy.collection, day - timedelta(days=1)
    owed = items.group_by("customer_id").agg(
        amount=pl.col("owed").sum(),
        age_days=(pl.lit(day) - pl.col("due_date").min()).dt.total_days().cast(pl.Float64),
        due_items=pl.len().cast(pl.Float64),
    )
    state = collectable(ledger, eve, movements=movements, due_soon_days=rules.due_soon_days)
    promises = promise_summary(
        ledger,
        eve,
        movements=movements,
        grace_days=rules.promise_grace_days,
        account_days=rules.broken_promise_account_days,
    )
    contacts = ledger.table("contacts").sort("customer_id", "date", "contact_id")
    age = (pl.lit(day) - pl.col("date")).dt.total_days()
    contacted = contacts.group_by("customer_id").agg(
        contacts_90=(age <= RECENT_DAYS).sum().cast(pl.Float64),
        days_since_contact=age.min().cast(pl.Float64),
        reason=pl.col("reason").drop_nulls().last(),
    )
    share = pl.col("amount")
    return (
        owed.join(state, on="customer_id", how="left")
        .join(promises, on="customer_id", how="left")
        .join(contacted, on="customer_id", how="left")
        .join(_received(ledger, movements, day), on="customer_id", how="left")
        .with_columns(
            disputed_share=(pl.col("disputed") / share).clip(0, 1).fill_null(0.0),
            money_at_hand=((pl.col("unapplied_cash") + pl.col("open_credits")) / share).clip(0, 1).fill_null(0.0),
            open_promise=pl.col("open_promise_until").is_not_null().cast(pl.Float64),
            broken_promises=pl.col("broken_promises_open").fill_null(0).cast(pl.Float64),
            contacts_90=pl.col("contacts_90").fill_null(0.0),
            paid_share_90=(pl.col("received_90") / share).fill_null(0.0),
        )
        .select("customer_id", *COVARIATES, "reason")
        .sort("customer_id")
    )


def _received(ledger: Ledger, movements: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return how late the money of the year before came, and how much came in the last 90 days."""
    came = movements.filter(
        pl.col("kind").is_in(CASH) & pl.col("event_date").is_between(day - timedelta(days=YEAR), day, closed="left")
    ).with_columns(
        paid=-pl.col("amount"), late=(pl.col("event_date") - pl.col("due_date")).dt.total_days().cast(pl.Float64)
    )
    recent = pl.col("event_date") >= day - timedelta(days=RECENT_DAYS)
    sums = came.group_by("customer_id", "currency").agg(
        paid=pl.col("paid").sum(),
        late_paid=(pl.col("paid") * pl.col("late")).sum(),
        received_90=pl.col("paid").filter(recent).sum(),
    )
    return (
        in_ledger_currency(sums, ["paid", "late_paid", "received_90"], ledger, day - timedelta(days=1))
        .group_by("customer_id")
        .agg(pl.col("paid", "late_paid", "received_90").sum())
        .select(
            "customer_id",
            "received_90",
            days_late_12m=pl.when(pl.col("paid") > 0).then(pl.col("late_paid") / pl.col("paid")),
        )
    )
