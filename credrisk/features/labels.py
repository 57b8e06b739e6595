"""Who was at risk on a date and what became of them: default, bad debt, 30 days late, left in good standing.

The definitions are in ``docs/definitions.md``; the choices in :class:`LabelSettings`. What a label says was known by
the ledger's ``covers_to``, and the status at a date uses nothing later than that date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload, runtime_checkable

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import ParameterError
from credrisk.features.activity import Activity, activity_of, leaving
from credrisk.features.default_state import Overdue, overdue_spans
from credrisk.features.events_of_loss import Losses, losses_of
from credrisk.features.label_settings import LabelSettings
from credrisk.features.open_items import Book, open_book
from credrisk.features.spans import FAR, Spans, as_date, as_day, pack
from credrisk.frames import as_polars, check_output, given_out
from credrisk.ledger.ledger import Ledger, LedgerSettings
from credrisk.ledger.money import to_major

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STATUSES", "TARGETS", "LabelSettings", "build_labels", "event_history", "outcome"]

Array = npt.NDArray[Any]

TARGETS = ("bad_debt", "default", "late30")
"""What may happen to a customer at risk."""

STATUSES = (
    "not_covered",
    "bad_debt",
    "in_default",
    "recovering",
    "not_yet_customer",
    "inactive",
    "at_risk",
)
"""What a customer is at a date; the first that applies."""


@runtime_checkable
class _Periods(Protocol):
    @property
    def ends(self) -> tuple[date, ...]: ...


@dataclass(frozen=True)
class _States:
    book: Book
    default: Overdue
    episodes: Spans
    late: Overdue
    losses: Losses
    activity: Activity
    left: Spans


@overload
def build_labels(
    ledger: Ledger,
    *,
    dates: Sequence[date | str] | _Periods,
    settings: LabelSettings | None = ...,
    output: Literal["pandas"] = ...,
) -> pd.DataFrame: ...
@overload
def build_labels(
    ledger: Ledger,
    *,
    dates: Sequence[date | str] | _Periods,
    settings: LabelSettings | None = ...,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def build_labels(
    ledger: Ledger,
    *,
    dates: Sequence[date | str] | _Periods,
    settings: LabelSettings | None = None,
    output: str = "pandas",
) -> Any:
    """Tell for each customer and date whether it was at risk, and the first event of each kind after the date.

    Parameters
    ----------
    ledger
        Only what was known by its ``covers_to`` is used.
    dates
        As-of dates, or a calendar whose period ends are taken.
    settings
        Thresholds and windows.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per customer and date, sorted by ``customer_id, as_of``:

        ``at_risk``
            Status is ``at_risk``.
        ``status``
            ``at_risk``; ``in_default`` (the condition holds, or a placement awaits its verdict); ``recovering`` (no
            longer, but not yet clean for three months); ``bad_debt``; ``inactive`` (no balance, and no invoice or order
            in 12 months); ``not_yet_customer`` (nothing seen so far); ``not_covered`` (before ``covers_from``).
        ``bad_debt_at_risk, default_at_risk, late30_at_risk``
            At risk of that target: ``at_risk``, and for ``late30`` not already 30 days late.
        ``bad_debt_on, default_on, late30_on``
            First event strictly after ``as_of``; null where none was known by ``covers_to``.
        ``bad_debt_known_on, default_known_on, late30_known_on``
            Day from which that event is known: the same day, but for a placement, whose verdict takes time.
        ``bad_debt_observed_to, default_observed_to, late30_observed_to``
            Last day for which the absence of the event is known: ``covers_to``, for bad debt the day before a later
            placement still without a verdict. An event never lies beyond it.
        ``left_on``
            First day after ``as_of`` on which leaving in good standing became known; null if none.
        ``observed_to``
            ``covers_to``.
        ``bad_debt_waits``
            The placements after ``as_of`` and the days of their verdicts, as ``2024-04-10/2024-10-07``, with a blank
            between two; null if none. On a day from the first to before the second of a pair nothing is known of bad
            debts from the first on: it tells what the labels were on any earlier day.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before the day on which it matters.
    ParameterError
        When ``dates`` is empty or holds no dates.

    Notes
    -----
    Do not read ``T_on`` of rows that are not at risk as an outcome; :func:`outcome` leaves them null.

    Examples
    --------
    >>> labels = build_labels(ledger, dates=[date(2025, 12, 31)])  # doctest: +SKIP
    >>> labels[labels["status"] == "in_default"]["customer_id"]  # doctest: +SKIP
    """
    check_output(output)
    settings = settings or LabelSettings()
    ends = _as_of_dates(dates)
    states = _states(ledger, settings)
    days = np.array([as_day(end) for end in ends], dtype=np.int64)
    customer = np.repeat(np.arange(len(states.book.customers), dtype=np.int64), len(days))
    day = np.tile(days, len(states.book.customers))
    rows = _rows(states, customer, day, settings=ledger.settings)
    frame = pl.DataFrame(rows).with_columns(
        pl.col(name).replace(FAR, None).cast(pl.Int32).cast(pl.Date)
        for name in rows
        if name == "as_of" or name.endswith(("_on", "_to"))
    )
    return given_out(frame, output)


def outcome(labels: pl.DataFrame | pd.DataFrame, *, target: str, months: int) -> Any:
    """Return what became of each row within ``months`` calendar months.

    Parameters
    ----------
    labels
        As :func:`build_labels` returns them.
    target
        ``bad_debt``, ``default`` or ``late30``.
    months
        The horizon: from the day after ``as_of`` to ``months_after(as_of, months)``, that day included.

    Returns
    -------
    Series of Int8
        1 event; 0 none, and the whole horizon is observed; null censored or not at risk. Polars for a Polars frame,
        else pandas (nullable ``Int8``, with the frame's index).
    """
    if target not in TARGETS:
        raise ParameterError("target", f"one of {', '.join(TARGETS)}", target)
    if months < 1:
        raise ParameterError("months", "a whole number from 1", months)
    given_polars = isinstance(labels, pl.DataFrame)
    needed = ["as_of", f"{target}_at_risk", f"{target}_on", f"{target}_observed_to"]
    frame = as_polars(labels[needed], "labels")
    frame = frame.with_columns(pl.col(name).cast(pl.Date) for name in needed if not name.endswith("_at_risk"))
    ends = {as_of: months_after(as_of, months) for as_of in frame["as_of"].unique()}
    horizon = pl.col("as_of").replace_strict(ends, return_dtype=pl.Date)
    answer = (
        pl.when(pl.col(f"{target}_at_risk") & (pl.col(f"{target}_on") <= horizon))
        .then(1)
        .when(pl.col(f"{target}_at_risk") & (horizon <= pl.col(f"{target}_observed_to")))
        .then(0)
        .cast(pl.Int8)
        .alias(f"{target}_{months}m")
    )
    series = frame.select(answer).to_series()
    if given_polars:
        return series
    import pandas as pd

    return pd.Series(pd.array(series.to_list(), dtype="Int8"), index=labels.index, name=series.name)  # type: ignore[union-attr]


@overload
def event_history(
    ledger: Ledger, *, settings: LabelSettings | None = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def event_history(
    ledger: Ledger, *, settings: LabelSettings | None = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def event_history(ledger: Ledger, *, settings: LabelSettings | None = None, output: str = "pandas") -> Any:
    """Return every event that begins a default, a spell of bad debt or of 30 days' lateness, up to ``covers_to``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``customer_id, target, date, amount, why``, sorted by customer, date and target. ``amount`` is in major units
        of the ledger's currency: the net overdue amount of that day; for a bad debt the largest amount named by what
        happened that day (null where none is stated).
    """
    check_output(output)
    settings = settings or LabelSettings()
    states = _states(ledger, settings)
    first = states.losses.first
    parts = [
        _history(
            states, "bad_debt", first["customer"].to_numpy(), first["day"].to_numpy(), first["amount"]
        ).with_columns(why=first["why"]),
        _overdue_history(states, "default", states.default, states.episodes, settings.default_days),
        _overdue_history(states, "late30", states.late, states.late.spans, settings.late_days),
    ]
    frame = pl.concat(parts).filter(pl.col("date") <= ledger.settings.covers_to).sort("customer_id", "date", "target")
    return given_out(frame, output)


def _as_of_dates(dates: Sequence[date | str] | _Periods) -> list[date]:
    given: Sequence[date | str] = dates.ends if isinstance(dates, _Periods) else dates
    ends = sorted({to_date(value, "dates") for value in given})
    if not ends:
        raise ParameterError("dates", "at least one as-of date", dates)
    return ends


def _states(ledger: Ledger, settings: LabelSettings) -> _States:
    last_day = ledger.settings.covers_to
    book = open_book(ledger.cut(last_day))
    activity = activity_of(book, settings)
    default = overdue_spans(
        book,
        days=settings.default_days,
        absolute=settings.threshold("absolute_threshold"),
        relative=settings.relative_threshold,
        late_fees=settings.count_late_fees,
    )
    late = overdue_spans(
        book,
        days=settings.late_days,
        absolute=settings.threshold("late_absolute_threshold"),
        relative=settings.late_relative_threshold,
        late_fees=settings.count_late_fees,
    )
    losses = losses_of(book, settings, invoices=activity.invoices, last_day=as_day(last_day))
    episodes = default.spans.probation(settings.clean_months)
    blocked = Spans.union(episodes, losses.bad, losses.undone, losses.placed)
    left = leaving(activity.trading, blocked, settings.inactive_days)
    return _States(book, default, episodes, late, losses, activity, left)


def _rows(states: _States, customer: Array, day: Array, *, settings: LedgerSettings) -> dict[str, Any]:
    last = as_day(settings.covers_to)
    losses, activity = states.losses, states.activity
    applies = [
        day < as_day(settings.covers_from),
        losses.bad.holds(customer, day),
        states.default.spans.holds(customer, day) | losses.placed.holds(customer, day),
        states.episodes.holds(customer, day) | losses.undone.holds(customer, day),
        activity.first_seen[customer] > day,
        ~activity.active.holds(customer, day),
    ]
    status = np.select(applies, np.arange(len(applies)), default=len(applies))
    at_risk = status == STATUSES.index("at_risk")
    bad = Spans.single_days(losses.first["customer"].to_numpy(), losses.first["day"].to_numpy())
    observed = np.full(len(day), last, dtype=np.int64)
    events = {"bad_debt": bad, "default": states.episodes, "late30": states.late.spans}
    seen_to = dict.fromkeys(TARGETS, observed)
    pending = losses.waits.filter(pl.col("known") > last)
    waiting = Spans.single_days(pending["customer"].to_numpy(), pending["day"].to_numpy())
    seen_to["bad_debt"] = np.minimum(observed, waiting.next_start(customer, day) - 1)
    rows: dict[str, Any] = {
        "customer_id": states.book.customers.gather(pl.Series(customer, dtype=pl.UInt32)),
        "as_of": day,
        "at_risk": at_risk,
        "status": pl.Series(status, dtype=pl.Int64).replace_strict(
            list(range(len(STATUSES))), list(STATUSES), return_dtype=pl.String
        ),
    }
    for target, spans in events.items():
        rows[f"{target}_at_risk"] = at_risk & ~states.late.spans.holds(customer, day) if target == "late30" else at_risk
        rows[f"{target}_on"] = rows[f"{target}_known_on"] = _known(spans.next_start(customer, day), last)
    rows["bad_debt_known_on"] = _verdict_days(losses, customer, rows["bad_debt_on"])
    rows["left_on"] = _known(states.left.next_start(customer, day), last)
    rows |= {f"{target}_observed_to": seen_to[target] for target in TARGETS}
    rows["observed_to"] = observed
    rows["bad_debt_waits"] = _waits_after(losses.waits, customer, day)
    return rows


def _verdict_days(losses: Losses, customer: Array, event: Array) -> Array:
    """Return the day from which each event of bad debt is known, FAR where there is none."""
    first = losses.first
    if first.is_empty():
        return event
    at = np.searchsorted(pack(first["customer"].to_numpy(), first["day"].to_numpy()), pack(customer, event))
    return np.where(event == FAR, FAR, first["known"].to_numpy()[np.minimum(at, first.height - 1)])


def _waits_after(waits: pl.DataFrame, customer: Array, day: Array) -> pl.Series:
    """Return the customer's placements after each day with the days of their verdicts, as text."""
    told: list[str] = []
    owner = None
    for who, placed, known in waits.reverse().iter_rows():
        pair = f"{as_date(placed)}/{as_date(known)}"
        told.append(f"{pair} {told[-1]}" if who == owner else pair)
        owner = who
    told.reverse()
    key = pack(waits["customer"].to_numpy(), waits["day"].to_numpy())
    at = np.searchsorted(key, pack(customer, day), side="right")
    theirs = np.append(waits["customer"].to_numpy(), -1)[at] == customer
    return pl.Series([*told, None], dtype=pl.String).gather(np.where(theirs, at, len(told)))


def _known(day: Array, last: int) -> Array:
    return np.where(day <= last, day, FAR)


def _overdue_history(states: _States, target: str, overdue: Overdue, spans: Spans, days: int) -> pl.DataFrame:
    at = np.searchsorted(pack(overdue.spans.customer, overdue.spans.start), pack(spans.customer, spans.start))
    amount = pl.Series(overdue.amount[at], dtype=pl.Float64)
    history = _history(states, target, spans.customer, spans.start, amount)
    return history.with_columns(why=pl.lit(f"{days} or more days past due"))


def _history(states: _States, target: str, customer: Array, day: Array, amount: pl.Series) -> pl.DataFrame:
    major = to_major(amount.to_numpy(), states.book.rates.currency)
    return pl.DataFrame(
        {
            "customer_id": states.book.customers.gather(pl.Series(customer, dtype=pl.UInt32)),
            "target": [target] * len(day),
            "date": pl.Series([as_date(int(d)) for d in day], dtype=pl.Date),
            "amount": pl.Series(major, dtype=pl.Float64).fill_nan(None),
        },
        schema={"customer_id": pl.String, "target": pl.String, "date": pl.Date, "amount": pl.Float64},
    )
