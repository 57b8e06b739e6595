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
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_kind
from credrisk.features.windows import day_numbers, start_steps

STEP_DAYS = 3
STEPS = np.arange(-3, 91, STEP_DAYS)
"""Days beyond terms at which the invoices are counted that took so many or more."""

EARLIEST = int(STEPS[0]) - STEP_DAYS
_COUNTS_AFTER = np.maximum(np.concatenate([[1], STEPS]), 1)
"""Days after the due date from which an open item counts at all, and as one of each step."""

MOST_BEYOND = 30
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

OPEN_TENTH = 10
NOTHING_DUE = "nothing that counts fell due in the window"


@row_kind
def payment_states(source: LedgerRows) -> Rows:
    """Each item that counts by its states: ``days`` beyond terms once paid, NEVER while open, from seen to ``until``.

    ``event`` is the due date; the item counts from the day after.
    """
    moves = source.moves
    documents = source.seen_documents
    first = day_numbers((source.settings.covers_from,))[0]
    counts = documents["billed"] & (documents["amount"] > 0) & (documents["event"] >= first)
    columns = ("customer", "document", "seen", "event", "amount", "cash")
    rows = source.movements(counts[moves["document"]], *columns)
    order = np.lexsort((rows["seen"], rows["document"]))
    rows = {name: values[order] for name, values in rows.items()}
    document, seen = rows["document"], rows["seen"]
    if not len(document):
        return {name: np.zeros(0, dtype=np.int64) for name in ("customer", "event", "seen", "until", "days")}
    starts = np.diff(document, prepend=-1) != 0
    evenings = np.flatnonzero(np.append(starts[1:] | (seen[1:] != seen[:-1]), True))
    mornings = np.r_[0, evenings[:-1] + 1]
    running = np.cumsum(rows["amount"])
    base = (running - rows["amount"])[starts][np.cumsum(starts) - 1]
    left = (running - base)[evenings]
    paid = np.where(rows["cash"] & (rows["amount"] < 0), rows["event"], -NEVER)
    paid = np.maximum.reduceat(paid, mornings)
    item, day, customer = document[evenings], seen[evenings], rows["customer"][evenings]
    is_open = OPEN_TENTH * left > documents["amount"][item]
    same = np.diff(item, prepend=-1) == 0
    changes = ~same | np.r_[True, is_open[1:] != is_open[:-1]]
    item, day, customer, is_open, paid = (values[changes] for values in (item, day, customer, is_open, paid))
    last = np.append(np.diff(item) != 0, True)
    until = np.where(last, NEVER, np.append(day[1:], NEVER))
    due = documents["due"][item].astype(np.int64)
    days = np.where(is_open, NEVER, paid - due)
    disputed = _disputed_on(source, len(documents["amount"]))[item]
    hit = is_open & (disputed < until)
    new = np.diff(item, prepend=-1) != 0
    group = np.cumsum(new) - 1
    end = np.full(group[-1] + 1, NEVER)
    np.minimum.at(end, group[hit], np.maximum(disputed[hit], day[hit]))
    until = np.minimum(until, end[group])
    kept = np.flatnonzero((day < until) & (is_open | (paid > -NEVER)))
    kept = kept[np.argsort(customer[kept], kind="stable")]
    return {"customer": customer[kept], "event": due[kept], "seen": day[kept], "until": until[kept], "days": days[kept]}


def _disputed_on(source: LedgerRows, size: int) -> np.ndarray:
    """Return the day from which each document is known to be disputed, NEVER where it is not."""
    rows = source.kind("disputes")
    day = np.full(size, NEVER)
    np.minimum.at(day, rows["document"], np.maximum(rows["seen"], rows["event"]))
    return day


@measure()
def reached_by_window(grid: Grid) -> np.ndarray:
    """Return by window of FADING the items, and how many took each of STEPS or longer: (windows, 1 + steps, ...)."""
    rows = grid.rows("payment_states")
    due, seen, until = (rows[name].astype(np.int64) for name in ("event", "seen", "until"))
    days = np.minimum(rows["days"], np.minimum(until, grid.ends[-1] + 1) - due)
    steps = np.clip((days - EARLIEST) // STEP_DAYS, 0, len(STEPS)) + 1
    item = np.repeat(np.arange(len(due)), steps)
    step = np.arange(len(item)) - np.repeat(np.cumsum(steps) - steps, steps)
    # An open item reaches a step on its day; one that is paid has reached all of its steps once it counts.
    after = np.where((rows["days"] == NEVER)[item], _COUNTS_AFTER[step], 1)
    enter = grid.column(np.maximum(seen[item], due[item] + after))
    ended = grid.column(until)
    width, height = grid.shape[1] + 2, 1 + len(STEPS)
    place = (step * grid.shape[0] + rows["customer"][item]) * width
    size = height * grid.shape[0] * width
    entered = np.bincount(place + enter, minlength=size)
    found = np.empty((len(FADING), height, *grid.shape))
    for window, months in enumerate(FADING):
        leave = np.minimum(ended, 1 + start_steps(grid.calendar, months).before(rows["event"]))[item]
        # What leaves before it enters does both in one cell.
        moved = entered - np.bincount(place + np.maximum(enter, leave), minlength=size)
        found[window] = moved.reshape(height, grid.shape[0], width).cumsum(axis=2)[:, :, 1:-1]
    return found


def reached(grid: Grid, months: int) -> np.ndarray:
    """Return how many items of the window there are, and how many took each of STEPS or longer, (1 + steps, ...)."""
    counts: np.ndarray = reached_by_window(grid)[list(FADING).index(months)]
    return counts


@measure()
def habit_step(grid: Grid) -> np.ndarray:
    """Return how many of STEPS the customer usually takes, up to LONGEST_HABIT."""
    counts = reached(grid, HABIT_MONTHS)
    on_time = np.where(STEPS <= 0, ON_TIME, 0)[:, None, None]
    usual = (10 * (counts[1:] + on_time) >= HABIT_TENTHS * (counts[0] + ON_TIME)).sum(axis=0)
    highest = int(np.searchsorted(STEPS, LONGEST_HABIT, side="right"))
    step: np.ndarray = np.minimum(usual, highest).astype(np.float64)
    return step


@measure()
def beyond(grid: Grid, months: int) -> np.ndarray:
    """Return the sum over the items of the window of the days beyond the habit, each up to MOST_BEYOND."""
    counts = reached(grid, months)
    total = np.concatenate([np.zeros_like(counts[:1]), counts[1:].cumsum(axis=0)])
    place = habit_step(grid).astype(np.int64)[None]
    far = np.minimum(place + MOST_BEYOND // STEP_DAYS, len(STEPS))
    taken = np.take_along_axis(total, far, axis=0) - np.take_along_axis(total, place, axis=0)
    days: np.ndarray = STEP_DAYS * taken[0]
    return days


def mean_beyond(grid: Grid, months: int) -> np.ndarray:
    """Return the mean of the days beyond the habit over the items of the window and FEW of FEW_DAYS."""
    size = reached(grid, months)[0]
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
    return np.where(reached(grid, HABIT_MONTHS)[0] > 0, EARLIEST + STEP_DAYS * habit_step(grid), np.nan)


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
    size = np.stack([count * reached(grid, months)[0] for months, count in FADING.items()]).sum(axis=0)
    return ratio(total + FEW_FADED * FEW_DAYS, np.where(size > 0, size + FEW_FADED, 0.0))
