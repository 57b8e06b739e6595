"""A seller's own past under the queue and its rivals: which lists they would have made, and what then became of the
money.

Descriptive: it tells which accounts each list would have held before their money grew old, not what contacting them
would have changed. Only logged chances of the lists that were really made can tell that
(:mod:`credrisk.pipeline.queue_replay_value`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_rivals import QUEUE, RANKINGS, first_of
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.labels import LabelSettings
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.queue_replay_outcomes import grown_old, turned_bad
from credrisk.pipeline.queue_replay_parts import Parts
from credrisk.pipeline.queue_replay_scores import Scorer, fit_scorer, scores_on
from credrisk.progress import Progress, silent

__all__ = ["HistoryReplayed", "replay_history", "step_days"]

MONTHS_TO_LEARN = 12
"""Months of the ledger before the first list: what the probabilities are learnt on."""

MONTHS_REPLAYED = 12
WEEK = 5
"""Working days."""

AUTOMATIC = "automatic"
"""Slot of the queue that takes nobody's time: not a place on a list here."""

AGES = (60, 90)

MOST_SHARE = 0.2
"""A list of everybody ranks nobody: by default it holds at most this share of the accounts that could be on it."""


@dataclass(frozen=True)
class HistoryReplayed:
    """What each ranking would have listed, and what became of it.

    Attributes
    ----------
    lists
        ``date`` (morning of the list), ``ranking, place, customer_id, action, past_due, eligible`` (accounts that could
        have been listed), ``capacity``. Only what was known on the day before is in a list.
    overlap
        A row per ranking: ``ranking, lists, places, listed_contacted`` (share of the places whose account was contacted
        from that day to the next list), ``contacts_listed`` (share of the accounts contacted then, of those that could
        have been listed, that were on the list), ``same_as_queue`` (share of the places that the queue's list holds
        too), ``penetration`` (share of the accounts that could ever have been listed which were, at least once).
        Null where nothing was contacted.
    caught
        A row per ranking and outcome (``over_60, over_90, bad``): ``money`` that came to it in the time of the replay,
        ``share_listed`` of it whose account was on a list before it did, and ``median_days`` from the first such list
        to then. Null where no money did.
    capacity_from
        Where the capacity of the lists comes from, in words.
    scorer
        What the probabilities were learnt on.
    currency
        Of the money.
    """

    lists: pl.DataFrame
    overlap: pl.DataFrame
    caught: pl.DataFrame
    capacity_from: str
    scorer: Scorer
    currency: str


def step_days(ledger: Ledger, *, start: date | None = None, end: date | None = None, every: int = 7) -> list[date]:
    """Return the days of the lists: every so many days, and where lists were logged the first logged day of each
    stretch.

    ``start`` is by default a year before the last day covered, but not before a year of the ledger has passed.

    Raises
    ------
    ParameterError
        When the days are not within what the ledger covers.
    EvidenceError
        When the ledger covers too little to learn from a year and replay at least one list.
    """
    covers = ledger.settings
    earliest = months_after(covers.covers_from, MONTHS_TO_LEARN)
    first = start or max(earliest, months_after(covers.covers_to, -MONTHS_REPLAYED))
    last = end or covers.covers_to
    if isinstance(every, bool) or every < 1:
        raise ParameterError("every", "a whole number of at least 1", every)
    covered = f"within what the ledger covers ({covers.covers_from} to {covers.covers_to})"
    for name, day in (("from", first), ("to", last)):
        if start is not None and not covers.covers_from < day <= covers.covers_to:
            raise ParameterError(name, covered, day.isoformat())
    if first >= last:
        raise EvidenceError(
            f"the ledger covers {covers.covers_from} to {covers.covers_to}: after {MONTHS_TO_LEARN} months to learn "
            "from nothing is left to replay."
        )
    logged = set(ledger.table("queue_log")["date"].to_list())
    days = []
    for number in range(0, (last - first).days + 1, every):
        stretch = [first + timedelta(days=number + more) for more in range(every)]
        days.append(next((day for day in stretch if day in logged and day <= last), stretch[0]))
    return days


def replay_history(
    ledger: Ledger,
    *,
    days: list[date],
    policy: Policy,
    capacity: int | None = None,
    seed: int = 0,
    label_settings: LabelSettings | None = None,
    parts: Parts | None = None,
    progress: Progress = silent,
) -> HistoryReplayed:
    """Make every ranking's list on every day from the ledger cut at the day before, and look at what became of it.

    Parameters
    ----------
    days
        From :func:`step_days`, rising.
    capacity
        Accounts on a list. By default as many as were really contacted from that day to the next list, or the policy's
        capacity of a week where the ledger holds no contacts; at most ``MOST_SHARE`` of the accounts that could be on
        it, at least 1.
    parts
        Keeps finished lists.

    Notes
    -----
    The probabilities are learnt once, on what was known before the first list, and asked anew for every list.
    """
    scorer = fit_scorer(ledger, as_of=days[0] - timedelta(days=1), settings=label_settings, progress=progress)
    stretches = list(zip(days, [*days[1:], ledger.settings.covers_to + timedelta(days=1)], strict=True))
    contacted, really = _contacted(ledger, stretches), ledger.table("contacts").height > 0
    frames = []
    for number, (day, _) in enumerate(stretches, 1):
        size = contacted.filter(pl.col("list") == day).height if really else policy.collection.capacity_per_day * WEEK

        def made(day: date = day, size: int = size) -> pl.DataFrame:
            return _lists_of(
                ledger, scorer, day, policy, capacity=capacity, at_most=size, seed=seed, settings=label_settings
            )

        frames.append(parts.part(f"list {day}", made) if parts else made())
        progress("Making the lists of past days", number, len(stretches))
    every = pl.concat(frames)
    lists = every.filter(pl.col("ranking") != ELIGIBLE)
    eligible = every.filter(pl.col("ranking") == ELIGIBLE).select("date", "customer_id")
    old = {f"over_{age}": grown_old(ledger, days=age, since=days[0]) for age in AGES}
    outcomes = {**old, "bad": turned_bad(ledger, since=days[0], settings=label_settings)}
    return HistoryReplayed(
        lists,
        _overlap(lists, eligible, contacted),
        _caught(lists, outcomes),
        _capacity_words(capacity, really=really),
        scorer,
        ledger.settings.currency,
    )


ELIGIBLE = "eligible"
"""Stands for a ranking in the rows that tell who could have been listed."""


def _capacity_words(given: int | None, *, really: bool) -> str:
    if given is not None:
        return f"{given:,} accounts, as asked"
    source = (
        "as many accounts as were really contacted from that day to the next list"
        if really
        else "the policy's capacity of a week, for the ledger holds no contacts"
    )
    return f"{source}, at most {100 * MOST_SHARE:.0f} % of those that could be listed"


def _contacted(ledger: Ledger, stretches: list[tuple[date, date]]) -> pl.DataFrame:
    """Return ``list, customer_id``: who was contacted from each list to the next."""
    bounds = pl.DataFrame({"list": [day for day, _ in stretches]}, schema={"list": pl.Date})
    until = stretches[-1][1]
    return (
        ledger.table("contacts")
        .filter((pl.col("date") >= stretches[0][0]) & (pl.col("date") < until))
        .select("customer_id", "date")
        .sort("date")
        .join_asof(bounds, left_on="date", right_on="list", strategy="backward")
        .select("list", "customer_id")
        .unique()
        .sort("list", "customer_id")
    )


def _lists_of(
    ledger: Ledger,
    scorer: Scorer,
    day: date,
    policy: Policy,
    *,
    capacity: int | None,
    at_most: int,
    seed: int,
    settings: LabelSettings | None,
) -> pl.DataFrame:
    """Return the lists of one morning, and who could have been on them."""
    eve = day - timedelta(days=1)
    seen = ledger.cut(eve)
    scores = scores_on(seen, scorer, as_of=eve, settings=settings)
    # With a place for everybody each account shows its best action, whether by hand or not.
    whole = collection_queue(seen, as_of=eve, scores=scores, policy=policy, capacity=scores.height, output="polars")
    free = whole.filter(pl.col("hold").is_null() & (pl.col("past_due") > 0))
    if capacity is None:
        capacity = max(1, min(at_most, math.floor(MOST_SHARE * free.height)))
    queue = collection_queue(seen, as_of=eve, scores=scores, policy=policy, capacity=capacity, output="polars")
    accounts = free.with_columns(age_days=pl.col("oldest_open_days"))
    listed = queue.filter((pl.col("slot") != AUTOMATIC) & (pl.col("past_due") > 0)).sort("rank")
    frames = []
    for ranking in (*RANKINGS, ELIGIBLE):
        if ranking == ELIGIBLE:
            own = accounts
        elif ranking == QUEUE:
            own = listed.head(capacity)
        else:
            luck = np.random.default_rng([seed, day.toordinal()])
            own = first_of(accounts, ranking=ranking, capacity=capacity, luck=luck)
        frames.append(
            own.select(
                date=pl.lit(day),
                ranking=pl.lit(ranking),
                place=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
                customer_id="customer_id",
                action="action",
                past_due="past_due",
                eligible=pl.lit(free.height, pl.Int64),
                capacity=pl.lit(capacity, pl.Int64),
            )
        )
    return pl.concat(frames)


def _overlap(lists: pl.DataFrame, eligible: pl.DataFrame, contacted: pl.DataFrame) -> pl.DataFrame:
    """Compare the lists with the contacts really made and with the queue's."""
    really = contacted.rename({"list": "date"})
    could = really.join(eligible, on=["date", "customer_id"], how="semi")
    queue = lists.filter(pl.col("ranking") == QUEUE).select("date", "customer_id")
    ever = eligible["customer_id"].n_unique()
    rows = []
    for ranking in RANKINGS:
        own = lists.filter(pl.col("ranking") == ranking).select("date", "customer_id")
        both = own.join(really, on=["date", "customer_id"], how="semi").height
        rows.append(
            {
                "ranking": ranking,
                "lists": own["date"].n_unique(),
                "places": own.height,
                "listed_contacted": both / own.height if own.height and really.height else None,
                "contacts_listed": could.join(own, on=["date", "customer_id"], how="semi").height / could.height
                if could.height
                else None,
                "same_as_queue": own.join(queue, on=["date", "customer_id"], how="semi").height / own.height
                if own.height
                else None,
                "penetration": own["customer_id"].n_unique() / ever if ever else None,
            }
        )
    shares = ("listed_contacted", "contacts_listed", "same_as_queue", "penetration")
    schema = {"ranking": pl.String, "lists": pl.Int64, "places": pl.Int64, **dict.fromkeys(shares, pl.Float64)}
    return pl.DataFrame(rows, schema=schema)


def _caught(lists: pl.DataFrame, outcomes: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Return how much of the money of each outcome was on each ranking's lists before it came to it."""
    rows = []
    for outcome, money in outcomes.items():
        events = money.with_row_index("event")
        total = float(events["amount"].sum())
        for ranking in RANKINGS:
            own = lists.filter(pl.col("ranking") == ranking).select("customer_id", "date")
            before = (
                events.join(own, on="customer_id", how="inner")
                .filter((pl.col("date") > pl.col("after")) & (pl.col("date") < pl.col("on")))
                .group_by("event", "amount", "on")
                .agg(first=pl.col("date").min())
            )
            lead = (before["on"] - before["first"]).dt.total_days()
            rows.append(
                {
                    "ranking": ranking,
                    "outcome": outcome,
                    "events": events.height,
                    "money": total,
                    "share_listed": float(before["amount"].sum()) / total if total > 0 else None,
                    "median_days": float(np.median(lead.to_numpy())) if lead.len() else None,
                }
            )
    floats = dict.fromkeys(("money", "share_listed", "median_days"), pl.Float64)
    return pl.DataFrame(rows, schema={"ranking": pl.String, "outcome": pl.String, "events": pl.Int64, **floats})
