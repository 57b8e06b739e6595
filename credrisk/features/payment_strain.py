"""How strained do all of a customer's payments show it to be, month after month, whatever its habit?

Averages of days late mix two kinds of customers: those that always pay late and those that pay late because they must.
Here every payment and every open invoice speaks, the newest most, by the odds of its day under each habit and each
strain (:mod:`~credrisk.features.strain_model`): a filter over hidden states, exact on their grid. Where little is
known the answer stays near that for a customer of whom nothing is known.

Invoices and debit notes count that fell due within the ledger's coverage. A payment counts from the month in which it
could be seen that it left no more than a tenth open, by the day on which the cash came; taken back later, it stays
counted, and the item counts as open again. An item that is past due and open counts by how late it is so far. Left out
are items disputed before they were paid, from then on, what was settled without cash or more than 12 days before the
due date. Months are counted back from the as-of date (four weeks on a calendar of weeks).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from credrisk.dates import days_after, months_after
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure
from credrisk.features.settlement_rows import NEVER
from credrisk.features.strain_model import CHANGED, FIRST_DAY, LAST_DAY, StrainModel, strain_model
from credrisk.features.windows import day_numbers, spread

WEEKS_A_STEP = 4
NOTHING_SEEN = "no payment and no item past due that counts, or before the ledger's coverage"


@lru_cache(maxsize=16)
def chains(calendar: Calendar, covers_from: date) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return for each period end the earlier one from which its months can go on (-1: none), and the days between.

    The days are the last ones of the months from there up to the end, rising, in days since 1970-01-01.
    """
    back = [_months_back(end, covers_from, calendar.step) for end in calendar.ends]
    place = {days[0]: number for number, days in enumerate(back)}
    found = []
    for number, days in enumerate(back):
        earlier, steps = -1, len(days) - 1
        for step in range(1, len(days) - 1):
            other = place.get(days[step], number)
            if other < number and back[other] == days[step:]:
                earlier, steps = other, step
                break
        found.append((earlier, days[:steps][::-1]))
    return tuple(found)


def _months_back(end: date, covers_from: date, step: str) -> tuple[int, ...]:
    """Return the end and the ends of the months before it, back to the first day before the coverage."""
    days = [end]
    while days[-1] >= covers_from:
        back = len(days)
        days.append(days_after(end, -7 * WEEKS_A_STEP * back) if step == "week" else months_after(end, -back))
    return tuple(int(day) for day in day_numbers(days))


@measure("applications")
def strains(grid: Grid) -> np.ndarray:
    """Return harm and days beyond the habit, as expected by all that is known, (2, customers, periods)."""
    model, found = strain_model(), np.full((2, *grid.shape), np.nan)
    paid, still_open = _paid(grid), _still_open(grid)
    plan = chains(grid.calendar, grid.source.settings.covers_from)
    last_use = {earlier: number for number, (earlier, _) in enumerate(plan)}
    kept: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for number, (earlier, ends) in enumerate(plan):
        if earlier < 0:
            states = np.tile(model.believed, (grid.shape[0], 1))
            seen, previous = np.zeros(grid.shape[0], dtype=bool), -NEVER
        else:
            states, seen = (of.copy() for of in kept[earlier])
            previous = int(grid.ends[earlier])
        for end in ends:
            # Who is not known yet stays where the moves settle.
            states[seen] = _moved(states[seen], model)
            who, odds = _log_odds(model.paid, paid, *np.searchsorted(paid["day"], [previous, end], side="right"))
            states[who], seen[who] = _weighed(states[who], odds), True
            previous = end
        if number in last_use:
            kept[number] = states, seen
        kept = {place: state for place, state in kept.items() if last_use[place] > number}
        bounds = np.searchsorted(still_open["column"], [number + 1, number + 2])
        who, odds = _log_odds(model.still_open, still_open, *bounds)
        found[:, seen, number] = _expected(states[seen], model.told)
        found[:, who, number] = _expected(_weighed(states[who], odds), model.told)
    return found


def _paid(grid: Grid) -> dict[str, np.ndarray]:
    """Return the payments that count by the ``day`` on which they could be seen: customer and place in the model."""
    rows = grid.rows("settlements")
    telling = np.flatnonzero((rows["days"] < NEVER) & (rows["days"] >= FIRST_DAY))
    day = np.maximum(rows["seen"], rows["until"])[telling]
    order = np.argsort(day, kind="stable")
    place = np.minimum(rows["days"][telling], LAST_DAY) - FIRST_DAY
    return {"day": day[order], "customer": rows["customer"][telling][order], "place": place[order]}


def _still_open(grid: Grid) -> dict[str, np.ndarray]:
    """Return the items past due and open by the ``column`` of the period end: customer and place in the model."""
    rows = grid.rows("settlements")
    opened = np.maximum(grid.column(np.maximum(rows["seen"], rows["event"] + 1)), 1)
    row, column = spread(opened, np.minimum(grid.column(rows["until"]), grid.shape[1] + 1))
    order = np.argsort(column, kind="stable")
    row, column = row[order], column[order]
    late = np.minimum(grid.ends[column - 1] - rows["event"][row], LAST_DAY)
    return {"column": column, "customer": rows["customer"][row], "place": late - FIRST_DAY}


def _log_odds(table: np.ndarray, items: dict[str, np.ndarray], first: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Return who has items among those from ``first`` to ``after``, and their log odds together, (who, states).

    Items of one month are paid in the same runs: n of them weigh as the root of n would. They are added in the order of
    the days late, so that the sum does not depend on the order of the rows.
    """
    customer, place = items["customer"][first:after], items["place"][first:after]
    order = np.lexsort((place, customer))
    customer, place = customer[order], place[order]
    starts = np.flatnonzero(np.diff(customer, prepend=-1))
    odds, number = table[place[starts]], np.diff(starts, append=len(customer))
    for turn in range(1, number.max(initial=1)):
        more = np.flatnonzero(number > turn)
        odds[more] += table[place[starts[more] + turn]]
    odds /= np.sqrt(number.astype(np.float32))[:, None]
    return customer[starts], odds


def _weighed(states: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Return the chances of the states after items of these log odds.

    By their logarithms: where many items speak, the likeliest state may be one of which next to nothing was left.
    """
    with np.errstate(divide="ignore"):
        weighed: np.ndarray = np.log(states)
    weighed += odds
    weighed -= weighed.max(axis=1, keepdims=True, initial=-np.inf)
    np.exp(weighed, out=weighed)
    weighed /= weighed.sum(axis=1, keepdims=True)
    return weighed


def _expected(states: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return the mean of each of the figures that states tell, (figures, customers)."""
    expected: np.ndarray = (states[:, None, :] @ told)[:, 0].T
    return expected


def _moved(states: np.ndarray, model: StrainModel) -> np.ndarray:
    """Return the chances of the states a month later.

    A product for each customer: of all together, its last bits would depend on how many they are.
    """
    steps = len(model.moves)
    before = states.reshape(len(states), steps, states.shape[1] // steps)
    moved: np.ndarray = (model.moves.T @ before).reshape(states.shape)
    known: np.ndarray = moved * np.float32(1 - CHANGED) + model.believed * np.float32(CHANGED)
    return known


@feature(
    unit="ratio",
    window="all months covered",
    null=NOTHING_SEEN,
    worse="higher",
    says="strain shown by the way it pays: {value}, where an unknown customer has 1",
    formula=(
        "E[exp(strain)] given every payment and item past due / E[exp(strain)] before anything is known; hidden "
        "habit and monthly strain, see docs/payment-strain.md"
    ),
    source="Filter of a hidden Markov model; the numbers are credrisk's own judgement",
)
@measure("applications")
def payment_strain(grid: Grid) -> np.ndarray:
    """How strained the payments show the customer to be, beside one of whom nothing is known (1)."""
    strain: np.ndarray = strains(grid)[0]
    return strain


@feature(
    unit="days",
    window="all months covered",
    null=NOTHING_SEEN,
    worse="higher",
    says="is expected to take {value} more than its habit, by all its payments",
    says_at_zero="is expected to pay by its habit, by all its payments",
    formula="E[days beyond the habit] given every payment and item past due, see docs/payment-strain.md",
    source="Filter of a hidden Markov model; the numbers are credrisk's own judgement",
)
@measure("applications")
def expected_days_beyond_habit(grid: Grid) -> np.ndarray:
    """Days beyond its habit that the customer is expected to take now."""
    days: np.ndarray = strains(grid)[1]
    return days
