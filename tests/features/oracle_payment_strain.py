"""What payments show of a customer's strain, worked out the slow way: every payment again for every date.

The model is written out once more, in plain loops over named states and in double precision.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
from features.oracle import Number, Oracle, Row, part
from features.oracle_beyond_habit import states
from scipy.stats import norm

HABITS = {days: math.exp(-abs(days) / 8) for days in (-6, -3, 0, 3, 6, 9, 12, 16, 20, 26, 34)}
MEANS = {-0.8: 0.25, 0.0: 0.5, 0.8: 0.25}
AROUND = [0.4 * place for place in range(-6, 7)]
EXTRA = [2, 8, 20, 35, 50, 70, 90]
STATES = [(around, habit, mean) for around in AROUND for habit in HABITS for mean in MEANS]


def strain(state: tuple[float, float, float]) -> float:
    return state[0] + state[2]


def extra(state: tuple[float, float, float]) -> float:
    level = round(strain(state) / 0.4)
    return 0.0 if level < 0 else EXTRA[min(level, 6)]


def moves() -> np.ndarray:
    chance = np.zeros((13, 13))
    for here in range(13):
        for there in range(13):
            away = (AROUND[there] - 0.92 * AROUND[here]) / (0.8 * math.sqrt(1 - 0.92**2))
            chance[here, there] = math.exp(-(away**2) / 2)
        chance[here] /= chance[here].sum()
    return chance


MOVES = moves()


def believed() -> np.ndarray:
    """Return the chance of each of STATES before anything is known."""
    level = np.full(13, 1 / 13)
    for _ in range(5000):
        level = level @ MOVES
    found = [
        level[AROUND.index(around)] * HABITS[habit] / sum(HABITS.values()) * MEANS[mean]
        for around, habit, mean in STATES
    ]
    return np.array(found)


BEFORE = believed()


def paid_by(state: tuple[float, float, float], day: float) -> float:
    """Return the chance that a payment has come ``day`` days beyond terms."""
    off = day - state[1] - extra(state)
    late = 1 - math.exp(-off / 10) if off > 0 else 0.0
    early = math.exp(off / 15) if off < 0 else 1.0
    return float(0.92 * norm.cdf(off / math.hypot(3.5, 0.4 * extra(state))) + 0.03 * late + 0.05 * early)


def odds(days: int, paid: bool) -> np.ndarray:
    """Return how likely each of STATES makes a payment on the day, or none by its end; 120 stands for more."""
    days = min(days, 120)
    found = []
    for state in STATES:
        upper = 1.0 if paid and days == 120 else paid_by(state, days + 0.5)
        found.append(upper - paid_by(state, days - 0.5) if paid else 1 - upper)
    return np.maximum(found, 1e-7)


ODDS: dict[tuple[int, bool], np.ndarray] = {}


def told(days: int, paid: bool) -> np.ndarray:
    key = (min(days, 120), paid)
    if key not in ODDS:
        ODDS[key] = odds(*key)
    return ODDS[key]


def moved(chances: np.ndarray) -> np.ndarray:
    return 0.999 * (MOVES.T @ chances.reshape(13, -1)).reshape(-1) + 0.001 * BEFORE


def weighed(chances: np.ndarray, items: list[np.ndarray]) -> np.ndarray:
    """Return the chances after the items of a month, n of which weigh as the root of n would."""
    if not items:
        return chances
    total = np.log(chances) + np.sum(np.log(items), axis=0) / math.sqrt(len(items))
    by = np.exp(total - total.max())
    return np.asarray(by / by.sum())


def evidence(oracle: Oracle, document: Row) -> tuple[list[tuple[date, int]], int | None]:
    """Return (day on which it could be seen, days late) of each payment of an item, and how late it is if open."""
    if document["amount"] <= 0 or document["document_date"] < oracle.ledger.settings.covers_from:
        return [], None
    known = states(oracle, document)
    disputed = [
        max(row["opened_on"], document["document_date"], document["recorded_at"])
        for row in oracle.rows("disputes")
        if row["document_id"] == document["document_id"]
    ]
    ends = [day for day, _, _ in known[1:]] + [date.max]
    hit = [
        max(min(disputed), day)
        for (day, is_open, _), end in zip(known, ends, strict=True)
        if disputed and is_open and min(disputed) < end
    ]
    until = min(hit, default=date.max)
    payments = [
        (day, (paid - document["due_date"]).days)
        for day, is_open, paid in known
        if not is_open and paid and day < until
    ]
    late = (oracle.as_of - document["due_date"]).days
    is_open = known[-1][1] and oracle.as_of < until
    return payments, late if is_open and late > 0 else None


@part
def payment_strain(oracle: Oracle) -> dict[str, Number]:
    found: dict[str, Number] = {"payment_strain": None, "expected_days_beyond_habit": None}
    if not oracle.has("applications") or oracle.as_of < oracle.ledger.settings.covers_from:
        return found
    items = [evidence(oracle, row) for row in oracle.billed()]
    payments = [(day, days) for paid, _ in items for day, days in paid if days >= -12]
    still_open = [late for _, late in items if late is not None]
    if not payments and not still_open:
        return found
    ends = [oracle.as_of]
    while ends[-1] >= oracle.ledger.settings.covers_from:
        step = len(ends)
        ends.append(oracle.as_of - timedelta(28 * step) if oracle.step == "week" else oracle.start(step))
    chances, previous = BEFORE, date.min
    for end in reversed(ends[:-1]):
        chances = moved(chances)
        chances = weighed(chances, [told(days, True) for day, days in payments if previous < day <= end])
        previous = end
    chances = weighed(chances, [told(days, False) for days in still_open])
    harm = np.exp([strain(state) for state in STATES])
    found["payment_strain"] = float(chances @ harm / (BEFORE @ harm))
    found["expected_days_beyond_habit"] = float(chances @ [extra(state) for state in STATES])
    return found
