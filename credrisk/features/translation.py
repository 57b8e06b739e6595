"""What exchange rates alone did to the balance.

Balances stand at the rate of the period end, what moved them (documents and applications, from the day they could be
seen) at the rate of its own day. So the opening balance and the flows do not add up to the closing balance where a
currency moved: the translation difference is what is missing, and ``opening balance + flows + translation difference =
closing balance`` to the minor unit. Items in the ledger's currency have none.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from credrisk.features.ageing import debits, debits_beyond, fees_owed, open_balance
from credrisk.features.catalogue import feature
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.windows import window_starts

BUCKET_EDGES = (0, 30, 60, 90)
NO_RATE = "the ledger does not cover the window, or has no rate of a currency on a day that needs one"


@row_kind
def foreign_movements(source: LedgerRows) -> Rows:
    """What moved the items in other currencies; ``amount`` at the rate of the event's day, NaN where none is known."""
    place = source.currencies.index(source.settings.currency)
    which = source.moves["currency"] != place
    return source.translated(source.movements(which, "customer", "currency", "seen", "event", "amount"))


def foreign_customers(source: LedgerRows) -> tuple[np.ndarray, LedgerRows]:
    """Return the places of the customers with items or cash in other currencies, rising, and their rows, taken once."""
    if "foreign" not in source.shared:
        foreign = source.lines["currency"] != source.currencies.index(source.settings.currency)
        places = np.unique(source.lines["customer"][foreign])
        source.shared["foreign"] = places, ChosenRows(source, places)
    found: tuple[np.ndarray, LedgerRows] = source.shared["foreign"]
    return found


@measure()
def foreign_balance(grid: Grid) -> np.ndarray:
    """Return the open balance on items in other currencies at each end, bucket by bucket as the open balance is.

    NaN where a balance has no rate.
    """
    foreign = (grid.line_currency != grid.source.currencies.index(grid.source.settings.currency))[:, None]
    beyond = [debits(grid), *(debits_beyond(grid, days) for days in BUCKET_EDGES)]
    buckets = [younger - older for younger, older in pairwise(beyond)]
    credit = grid.line_balance("credits", grid.column(grid.rows("credits")["seen"]))
    total = np.zeros(grid.shape)
    rate = np.ones((grid.line_count, grid.shape[1]))
    for place in np.unique(grid.line_currency):
        rate[grid.line_currency == place] = grid.source.rates.on(grid.source.currencies[place], grid.ends)
    for lines in (*buckets, beyond[-1], fees_owed(grid), credit):
        translated = np.where(foreign & (lines != 0), np.rint(lines * rate), 0.0)
        np.add.at(total, grid.line_customer, translated)
    return total


@measure()
def rates_to_date(grid: Grid) -> np.ndarray:
    """Return the balance on items in other currencies less all that ever moved them that has a rate."""
    rows = grid.rows("foreign_movements")
    moved = grid.balance(rows["customer"], grid.column(rows["seen"]), np.nan_to_num(rows["amount"]), grid.shape[0])
    difference: np.ndarray = foreign_balance(grid) - moved
    return difference


@measure()
def without_rate(grid: Grid) -> np.ndarray:
    """Return how many movements by each end have no rate on their day."""
    rows = grid.rows("foreign_movements")
    unknown = np.isnan(rows["amount"])
    return grid.balance(rows["customer"][unknown], grid.column(rows["seen"][unknown]), None, grid.shape[0])


@feature(
    unit="money",
    window="12 months",
    null=NO_RATE,
    worse="none",
    says="exchange rates added {value} to the balance over 12 months",
    says_below="exchange rates took {value} off the balance over 12 months",
    says_at_zero="exchange rates did not change the balance over 12 months",
    formula=(
        "open_balance - open_balance 12 months before - sum of documents and -applications first seen since, each at "
        "the rate of its day"
    ),
)
@measure(months=12)
def translation_difference_12m(grid: Grid) -> np.ndarray:
    """The change of the open balance over 12 months that is due to rates alone."""
    difference, (places, rows) = np.zeros(grid.shape), foreign_customers(grid.source)
    first, last = np.searchsorted(places, (grid.first, grid.first + grid.shape[0]))
    if first == last:
        return difference
    own, starts, days = places[first:last] - grid.first, window_starts(grid.calendar, 12), grid.ends
    to_date, unknown = rates_to_date(grid)[own], without_rate(grid)[own]
    # Most windows begin at an end of the calendar itself; the ledger is looked at again only for those that do not.
    between = np.unique(starts[grid.covered(12) & ~np.isin(starts, days)])
    if len(between):
        ends = tuple(between.astype("datetime64[D]").tolist())
        opening = Grid(rows, replace(grid.calendar, ends=ends), int(first), int(last))
        to_date = np.concatenate([to_date, rates_to_date(opening)], axis=1)
        unknown = np.concatenate([unknown, without_rate(opening)], axis=1)
        days = np.concatenate([days, between])
    order, today = np.argsort(days), np.arange(grid.shape[1])
    at = order[np.minimum(np.searchsorted(days[order], starts), len(days) - 1)]
    moved = to_date[:, today] - to_date[:, at]
    difference[own] = np.where(unknown[:, today] > unknown[:, at], np.nan, moved)
    return difference


@feature(
    unit="ratio",
    window="12 months",
    null=f"{NO_RATE}; the open balance is not above 0",
    worse="none",
    says="exchange rates of 12 months added {value} times the open balance",
    says_below="exchange rates of 12 months took off {value} times the open balance",
    says_at_zero="exchange rates did not change the balance over 12 months",
    formula="translation_difference_12m / open_balance",
)
@measure()
def translation_share_12m(grid: Grid) -> np.ndarray:
    """The translation difference of 12 months against what is open."""
    return ratio(translation_difference_12m(grid), open_balance(grid))
