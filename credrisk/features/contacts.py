"""How often the customer is contacted, and whether anybody answers.

A contact belongs to the window by its date. One counts as reached when its outcome says anything but ``no_answer``; a
contact without an outcome reached nobody that the log knows of.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import LedgerRows, Rows, row_arrays, row_kind
from credrisk.ledger.visibility import visible_from

NOT_LOGGED = "the ledger holds no contacts or does not cover the window"
NO_ANSWER = "no_answer"
SPAN = 2**32
"""Wider than any span of days: (customer, day) becomes one sortable number."""
BEFORE_ALL = -(2**31)
"""A day earlier than any date."""


@row_kind
def attempts(source: LedgerRows) -> Rows:
    """Every contact attempt; ``reached`` tells that somebody answered, ``letter`` and ``call`` its channel.

    ``promise`` tells that it brought one.
    """
    frame = (
        source.ledger.table("contacts")
        .select(
            customer=source.customer,
            seen=visible_from("contacts").to_physical(),
            event=pl.col("date").to_physical(),
            reached=(pl.col("outcome") != NO_ANSWER).fill_null(False),
            call=(pl.col("channel") == "call").fill_null(False),
            letter=(pl.col("channel") == "letter").fill_null(False),
            promise=(pl.col("outcome") == "promise").fill_null(False),
        )
        .sort("customer", "event", "reached", "call", "letter", "promise")
    )
    return row_arrays(frame)


@row_kind
def answers(source: LedgerRows) -> Rows:
    """The contact attempts in which somebody was reached."""
    rows = source.kind("attempts")
    return {name: values[rows["reached"]] for name, values in rows.items()}


@feature(
    unit="count",
    window="3 months",
    null=NOT_LOGGED,
    worse="none",
    says="contact attempts over 3 months: {value}",
    says_at_zero="nobody contacted the customer over 3 months",
    formula="number of contacts dated in the window",
)
@measure("contacts", months=3)
def contacts_3m(grid: Grid) -> np.ndarray:
    """How often the customer was contacted in 3 months, reached or not."""
    return grid.trailing("attempts", 3)


@feature(
    unit="count",
    window="12 months",
    null=NOT_LOGGED,
    worse="none",
    says="contact attempts over 12 months: {value}",
    says_at_zero="nobody contacted the customer over 12 months",
    formula="number of contacts dated in the window",
)
@measure("contacts", months=12)
def contacts_12m(grid: Grid) -> np.ndarray:
    """How often the customer was contacted in 12 months, reached or not."""
    return grid.trailing("attempts", 12)


@feature(
    unit="count",
    window="12 months",
    null=NOT_LOGGED,
    worse="none",
    says="calls over 12 months: {value}",
    says_at_zero="nobody called the customer over 12 months",
    formula="number of contacts of channel call dated in the window",
)
@measure("contacts", months=12)
def calls_12m(grid: Grid) -> np.ndarray:
    """How often the customer was called in 12 months."""
    return grid.trailing("attempts", 12, grid.rows("attempts")["call"].astype(np.float64))


@feature(
    unit="count",
    window="12 months",
    null=NOT_LOGGED,
    worse="none",
    says="letters over 12 months: {value}",
    says_at_zero="no letter was sent over 12 months",
    formula="number of contacts of channel letter dated in the window",
)
@measure("contacts", months=12)
def letters_12m(grid: Grid) -> np.ndarray:
    """How many letters the customer was sent in 12 months."""
    return grid.trailing("attempts", 12, grid.rows("attempts")["letter"].astype(np.float64))


@feature(
    unit="share",
    window="12 months",
    null="nobody contacted the customer in the window, or the ledger does not cover it",
    worse="lower",
    says="{value} of the contact attempts over 12 months reached somebody",
    says_at_zero="no contact attempt over 12 months reached anybody",
    formula="contacts with an outcome other than no_answer / contacts_12m",
)
@measure("contacts", months=12)
def reached_share_12m(grid: Grid) -> np.ndarray:
    """The part of the contact attempts of 12 months in which somebody answered."""
    return ratio(grid.trailing("answers", 12), contacts_12m(grid))


@feature(
    unit="days",
    window="today",
    null="the customer was never contacted",
    worse="none",
    says="the last contact attempt was {value} ago",
    says_at_zero="the last contact attempt is of today",
    formula="as_of - date of the last contact",
)
@measure("contacts")
def days_since_last_contact(grid: Grid) -> np.ndarray:
    """Days since anybody tried to contact the customer."""
    days: np.ndarray = grid.ends - grid.latest("attempts")
    return days


@feature(
    unit="days",
    window="today",
    null="nobody was ever reached",
    worse="none",
    says="somebody was last reached {value} ago",
    says_at_zero="somebody was reached today",
    formula="as_of - date of the last contact with an outcome other than no_answer",
)
@measure("contacts")
def days_since_reached(grid: Grid) -> np.ndarray:
    """Days since somebody at the customer was last reached."""
    days: np.ndarray = grid.ends - grid.latest("answers")
    return days


@feature(
    unit="share",
    window="3 months",
    null="nobody contacted the customer in the window, or the ledger does not cover it",
    worse="lower",
    says="{value} of the contact attempts over 3 months reached somebody",
    says_at_zero="no contact attempt over 3 months reached anybody",
    formula="contacts with an outcome other than no_answer / contacts_3m",
)
@measure("contacts", months=3)
def reached_share_3m(grid: Grid) -> np.ndarray:
    """The part of the contact attempts of 3 months in which somebody answered."""
    return ratio(grid.trailing("answers", 3), contacts_3m(grid))


@feature(
    unit="share",
    window="3 and 12 months",
    null="nobody contacted the customer in 3 months, or the ledger does not cover 12",
    worse="lower",
    says="the part of contact attempts that reach somebody is {value} above that of the year",
    says_below="the part of contact attempts that reach somebody is {value} below that of the year",
    says_at_zero="contact attempts reach somebody as often as over the year",
    formula="reached_share_3m - reached_share_12m",
)
@measure()
def reached_share_trend(grid: Grid) -> np.ndarray:
    """By how much more often somebody answers of late."""
    trend: np.ndarray = reached_share_3m(grid) - reached_share_12m(grid)
    return trend


@feature(
    unit="ratio",
    window="3 and 12 months",
    null="nobody contacted the customer in 12 months, or the ledger does not cover them",
    worse="none",
    says="contact attempts of 3 months are {value} times the mean quarter of the year",
    says_at_zero="nobody contacted the customer over 3 months, after contacts in the year",
    formula="contacts_3m / (contacts_12m / 4)",
)
@measure()
def contacts_trend(grid: Grid) -> np.ndarray:
    """The last quarter's contact attempts against the year's mean quarter; 1 when even."""
    return ratio(4.0 * contacts_3m(grid), contacts_12m(grid))


@feature(
    unit="count",
    window="today",
    null="the customer was never contacted",
    worse="higher",
    says="contact attempts since somebody was last reached: {value}",
    says_at_zero="the last contact attempt reached somebody",
    formula="number of contacts dated after the last one with an outcome other than no_answer; all where there is none",
)
@measure("contacts")
def attempts_since_reached(grid: Grid) -> np.ndarray:
    """How many attempts in a row reached nobody; those of the day on which somebody answered do not count."""
    rows = grid.rows("attempts")
    reached = np.nan_to_num(grid.latest("answers"), nan=BEFORE_ALL).astype(np.int64)
    days = rows["customer"] * SPAN + rows["event"]
    start = np.arange(grid.shape[0])[:, None] * SPAN
    until, answered = (np.searchsorted(days, start + day, side="right") for day in (grid.ends, reached))
    first = np.searchsorted(days, start + BEFORE_ALL)
    return np.where(until > first, (until - answered).astype(np.float64), np.nan)


@feature(
    unit="share",
    window="12 months",
    null="nobody was reached in the window, or the ledger does not cover it",
    worse="none",
    says="{value} of the contacts over 12 months that reached somebody brought a promise to pay",
    says_at_zero="no contact over 12 months brought a promise to pay",
    formula="contacts of outcome promise / contacts with an outcome other than no_answer, dated in the window",
)
@measure("contacts", months=12)
def promise_per_answer_12m(grid: Grid) -> np.ndarray:
    """The part of the answered contacts of 12 months that brought a promise."""
    promised = grid.rows("answers")["promise"].astype(np.float64)
    return ratio(grid.trailing("answers", 12, promised), grid.trailing("answers", 12))
