"""How late are the customer's invoices beyond its own habit, the newest weighing most?

Some customers always take three weeks more and are safe; others pay early until they cannot. What foretells trouble is
lateness beyond one's own habit, invoice by invoice: every invoice tells as much as another, one of them very late tells
little more than one that is late, and what is still open tells already how late it is by now.

Invoices and debit notes that fell due in the window count from the day after, each with its days beyond terms: from the
due date to the day on which the cash came that left no more than a tenth open, or to the as-of date where more is open.
Days are grouped down in steps of three; six days early and earlier are one step. Left out are invoices disputed before
they were paid, those settled without cash, and those from before the ledger's coverage, of which only the unpaid ones
are known.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.settlement_rows import NEVER
from credrisk.features.windows import Columns, spread, start_steps, window_starts, windows_of

STEP_DAYS = 3
STEPS = np.arange(-3, 91, STEP_DAYS)
"""Days beyond terms at which the invoices are counted that took so many or more."""

EARLIEST = int(STEPS[0]) - STEP_DAYS
MOST_BEYOND = 30
FURTHEST = MOST_BEYOND // STEP_DAYS
LONGEST_HABIT = int(STEPS[-1]) - MOST_BEYOND
"""Days beyond terms that a habit has at most: what is beyond it must still fall into the steps."""

HABIT_MONTHS = 24
HABIT_TENTHS = 6
"""Tenths of the invoices that took as long as the habit or longer: the habit is how the better invoices are paid."""

ON_TIME = 3
"""Invoices paid on the due date that are added to those seen before the habit is read: few do not make a habit."""

FADING = {3: 3, 6: 2, 12: 1, 24: 1}
"""Windows in months and how often each counts: of what fell due in 3, 6, 12 and 24 months an invoice counts 7, 4, 2 and
1 times, which fades by half in about six months."""

FEW, FEW_FADED, FEW_DAYS = 2, 8, 5
"""Invoices of so many days beyond the habit that are added to those seen (to the faded counts FEW_FADED): a customer of
one invoice is neither good nor bad, but somewhat worse than one known to pay as ever."""

ONE = np.int32(1)
"""What is added to a count: of the counts' own type, which is ten times as quick as a plain 1."""

NOTHING_DUE = "nothing that counts fell due in the window"


@measure()
def habits(grid: Grid) -> np.ndarray:
    """Return the habit, then by window of FADING the items, then the sums of days beyond it: (1 + 2 windows, ...).

    The habit is how many of STEPS the customer usually takes, up to LONGEST_HABIT; of the days beyond it, MOST_BEYOND
    count of an item. Counts by step run up over the periods; what fell due before a window is taken off again.
    """
    lasting, passing = _items_by_step(grid)
    shown = _counts(grid, lasting["step"], lasting["enter"], lasting["customer"], grid.shape[1] + 1)
    cell = passing["column"] * grid.shape[0] + passing["customer"]
    np.add.at(shown.reshape(-1), passing["step"] * shown[0].size + cell, ONE)
    windows = {months: windows_of(grid.calendar, months) for months in FADING}
    before = {}
    for each in {each.key: each for each in windows.values()}.values():
        column = each.steps.before(lasting["event"])
        before[each.key] = _counts(grid, lasting["step"], column, lasting["customer"], each.steps.width)
    for counts in (shown, *before.values()):
        for step in reversed(range(len(STEPS))):
            counts[step] += counts[step + 1]
    place = _habit(shown[:, 1:], before[windows[HABIT_MONTHS].key], windows[HABIT_MONTHS].first)
    sizes = {key: _totals(counts) for key, counts in before.items()}
    shown_size = _totals(shown)[1:]
    shown_total = _beyond(shown, slice(1, None), place)
    found = np.empty((1 + 2 * len(FADING), *place.shape))
    found[0] = place
    for window, months in enumerate(FADING):
        # What passes has not been counted before the window: that which fell due then is taken off period by period.
        gone = np.flatnonzero(passing["event"] <= window_starts(grid.calendar, months)[passing["column"] - 1])
        cells = cell[gone] - grid.shape[0]
        further = np.clip(passing["step"][gone] - place.reshape(-1)[cells], 0, FURTHEST)
        key, first = windows[months].key, windows[months].first
        size = shown_size - sizes[key][first]
        total = shown_total - _beyond(before[key], first, place)
        found[1 + window] = size - np.bincount(cells, minlength=place.size).reshape(place.shape)
        taken_off = np.bincount(cells, further, place.size).reshape(place.shape)
        found[1 + len(FADING) + window] = STEP_DAYS * (total - taken_off)
    return np.ascontiguousarray(found.transpose(0, 2, 1))


def _items_by_step(grid: Grid) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return what keeps its step from its column on (``enter``), and what has one in a single ``column`` only.

    Of the latter there is a row for each period end within the longest window; the former enters before it leaves any.
    """
    rows, periods = grid.rows("settlements"), grid.shape[1]
    due, days = rows["event"], rows["days"]
    shortest, longest = (1 + start_steps(grid.calendar, of(FADING)).before(due) for of in (min, max))
    opened, closed = grid.column(np.maximum(rows["seen"], due + 1)), grid.column(rows["until"])
    # An item that stays open takes longer by the day, until it has reached the last step.
    slowest = np.maximum(opened, grid.column(due + STEPS[-1]))
    stays = (closed > periods) & (slowest <= shortest)
    paid, gone = grid.column(np.maximum(rows["until"], due + 1)), grid.column(rows["gone"])
    settled = days < NEVER
    rests = settled & (gone > periods) & (paid <= shortest)
    step = np.clip((days - EARLIEST) // STEP_DAYS, 0, len(STEPS))
    kept, slow = (np.flatnonzero(which & (enter <= periods)) for which, enter in ((rests, paid), (stays, slowest)))
    both = np.concatenate([kept, slow])
    lasting = {
        "customer": rows["customer"][both],
        "event": due[both],
        "enter": np.concatenate([paid[kept], slowest[slow]]),
        "step": np.concatenate([step[kept], np.full(len(slow), len(STEPS))]),
    }
    row, column = spread(np.maximum(opened, 1), np.minimum(np.where(stays, slowest, closed), longest))
    short = np.flatnonzero(settled & ~rests)
    other, later = spread(np.maximum(paid[short], 1), np.minimum(gone, longest)[short])
    reached = np.minimum((grid.ends[column - 1] - due[row] - EARLIEST) // STEP_DAYS, len(STEPS))
    both = np.concatenate([row, short[other]])
    passing = {
        "customer": rows["customer"][both],
        "event": due[both],
        "column": np.concatenate([column, later]),
        "step": np.concatenate([reached, step[short][other]]),
    }
    return lasting, passing


def _counts(grid: Grid, step: np.ndarray, column: np.ndarray, customer: np.ndarray, width: int) -> np.ndarray:
    """Return how many rows came up to each column, (1 + steps, width, customers)."""
    counts = np.zeros((1 + len(STEPS), width, grid.shape[0]), dtype=np.int32)
    np.add.at(counts.reshape(-1), (step * width + column) * grid.shape[0] + customer, ONE)
    for at in range(1, width):
        counts[:, at] += counts[:, at - 1]
    return counts


def _habit(entered: np.ndarray, left: np.ndarray, columns: Columns) -> np.ndarray:
    """Return the habit, (periods, customers), from the items that took each step or longer."""
    size = entered[0] - left[0][columns]
    needed = -(-HABIT_TENTHS * (size + ON_TIME) // 10)
    usual = np.zeros(size.shape, dtype=np.int64)
    for place, days in enumerate(STEPS[STEPS <= LONGEST_HABIT], start=1):
        usual += entered[place] - left[place][columns] >= needed - (ON_TIME if days <= 0 else 0)
    return usual


def _totals(reached: np.ndarray) -> np.ndarray:
    """Turn the items that took each step or longer into the sums of the steps up to each; return all the items."""
    size: np.ndarray = reached[0].copy()
    reached[0] = 0
    for step in range(2, len(reached)):
        reached[step] += reached[step - 1]
    return size


def _beyond(totals: np.ndarray, columns: Columns, place: np.ndarray) -> np.ndarray:
    """Return the sum of the steps beyond ``place``, up to FURTHEST of each item, (periods, customers)."""
    _, width, customers = totals.shape
    cells = np.arange(width)[columns, None] * customers + np.arange(customers) + place * (width * customers)
    flat = totals.reshape(-1)
    taken: np.ndarray = flat.take(cells + FURTHEST * width * customers) - flat.take(cells)
    return taken


def items(grid: Grid, months: int) -> np.ndarray:
    """Return how many items of the window there are."""
    size: np.ndarray = habits(grid)[1 + list(FADING).index(months)]
    return size


def beyond(grid: Grid, months: int) -> np.ndarray:
    """Return the sum over the items of the window of the days beyond the habit, each up to MOST_BEYOND."""
    days: np.ndarray = habits(grid)[1 + len(FADING) + list(FADING).index(months)]
    return days


def mean_beyond(grid: Grid, months: int) -> np.ndarray:
    """Return the mean of the days beyond the habit over the items of the window and FEW of FEW_DAYS."""
    size = items(grid, months)
    return ratio(beyond(grid, months) + FEW * FEW_DAYS, np.where(size > 0, size + FEW, 0.0))


@feature(
    unit="days",
    window="up to 24 months",
    null=NOTHING_DUE,
    worse="none",
    says="usually pays {value} beyond terms",
    says_below="usually pays {value} before terms",
    says_at_zero="usually pays on the due date",
    formula=(
        "the most days beyond terms, in steps of 3 from -6 to 60, that at least 6 in 10 of the invoices that fell due "
        f"took or exceeded, {ON_TIME} of 0 days added to them"
    ),
)
@measure("applications")
def usual_days_late_24m(grid: Grid) -> np.ndarray:
    """The customer's own habit: days beyond terms that its better invoices take."""
    return np.where(items(grid, HABIT_MONTHS) > 0, EARLIEST + STEP_DAYS * habits(grid)[0], np.nan)


def _says(months: int) -> dict[str, str]:
    return {
        "says": f"invoices of {months} months take {{value}} more than usual for the customer",
        "says_at_zero": f"no invoice of {months} months takes longer than usual for the customer",
        "formula": (
            "(sum over the invoices that fell due of min(30, max(0, days beyond terms - usual_days_late_24m)) + "
            f"{FEW} x {FEW_DAYS}) / (their number + {FEW})"
        ),
    }


@feature(unit="days", window="up to 3 months", null=NOTHING_DUE, worse="higher", **_says(3))
@measure("applications")
def days_beyond_habit_3m(grid: Grid) -> np.ndarray:
    """Days that the invoices of 3 months take beyond the customer's own habit."""
    return mean_beyond(grid, 3)


@feature(unit="days", window="up to 12 months", null=NOTHING_DUE, worse="higher", **_says(12))
@measure("applications")
def days_beyond_habit_12m(grid: Grid) -> np.ndarray:
    """Days that the invoices of 12 months take beyond the customer's own habit."""
    return mean_beyond(grid, 12)


@feature(unit="days", window="up to 24 months", null=NOTHING_DUE, worse="higher", **_says(24))
@measure("applications")
def days_beyond_habit_24m(grid: Grid) -> np.ndarray:
    """Days that the invoices of 24 months take beyond the customer's own habit."""
    return mean_beyond(grid, 24)


@feature(
    unit="days",
    window="up to 24 months",
    null=NOTHING_DUE,
    worse="higher",
    says="invoices take {value} more than usual for the customer, the newest counting most",
    says_at_zero="no invoice of 24 months takes longer than usual for the customer",
    formula=(
        f"(sum of count x min(30, max(0, days beyond terms - usual_days_late_24m)) + {FEW_FADED} x {FEW_DAYS}) / "
        f"(sum of count + {FEW_FADED}), over the invoices that fell due; count = 7, 4, 2 and 1 where they did in 3, 6, "
        "12 and 24 months"
    ),
)
@measure("applications")
def days_beyond_habit_faded(grid: Grid) -> np.ndarray:
    """Days that invoices take beyond the customer's own habit, an older one counting for less."""
    total = np.stack([count * beyond(grid, months) for months, count in FADING.items()]).sum(axis=0)
    size = np.stack([count * items(grid, months) for months, count in FADING.items()]).sum(axis=0)
    return ratio(total + FEW_FADED * FEW_DAYS, np.where(size > 0, size + FEW_FADED, 0.0))
