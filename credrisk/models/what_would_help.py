"""What would bring the grade up: the least a customer could do for the model to grade it better.

It asks the model: were these figures different and all others the same, what would the probability be? It says nothing
about causes. Late payment goes along with bad debt without having to bring it about, and a customer that pays because
it read this list is another customer than those the model learnt from. So this is something to talk about with the
customer, never a promise of a limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.customer_actions import ACTIONS, Action, acted
from credrisk.wording import money, percent

__all__ = ["NOT_CAUSAL", "Help", "what_would_help"]

NOT_CAUSAL = (
    "What the model would say of these figures, all others being the same. It is no promise: what goes along with a "
    "bad debt need not be its cause."
)


PLANS_AT_ONCE = 16
"""Plans put to the model in one go: a call costs more than a row, and most rows need the first few plans only."""


@dataclass(frozen=True)
class Help:
    """What would bring the grade up, for each row, in pandas or Polars frames as asked for.

    Attributes
    ----------
    summary
        ``customer_id`` (where given), ``row``, ``pd``, ``grade``, ``pd_after``, ``grade_after``, ``actions`` (list of
        names; empty where none helps) and ``says``. Where no plan helps, ``pd_after`` and ``grade_after`` are those
        after everything that the customer could do.
    changes
        ``row``, ``feature``, ``value``, ``after``: each figure that the plan changes.
    note
        What such an answer is not.
    """

    summary: Any
    changes: Any
    note: str = NOT_CAUSAL


def what_would_help(
    model: Any,
    X: Any,
    *,
    grades: Mapping[str, float],
    currency: str | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Help:
    """Return the plan of least effort that brings each row's grade up, and what it would then be.

    Parameters
    ----------
    model
        A fitted BadDebtModel or Scorecard. The probability is that within its longest horizon, which is to be the
        horizon of the grades.
    X
        Features (``customer_id`` may be among them).
    grades
        Grade to the probability from which on it holds (inclusive), the best first: that of a policy is
        ``{grade.name: grade.pd_from for grade in policy.grades}``.
    currency
        Currency of the money features; None takes the model's.
    output
        Frames of ``pandas`` or ``polars``.

    Raises
    ------
    ParameterError
        When the bounds do not rise from 0.
    """
    check_output(output)
    names, bounds = list(grades), np.array(list(grades.values()), dtype=float)
    if not len(names) or bounds[0] != 0 or not (np.diff(bounds) > 0).all():
        raise ParameterError("grades", "names with lower bounds of the probability, rising from 0", dict(grades))
    frame = as_polars(X, "X")
    features = frame.drop([name for name in ("customer_id", "as_of") if name in frame.columns])
    numeric = [name for name, kind in features.schema.items() if kind.is_numeric() or kind in (pl.Null, pl.Boolean)]
    features = features.with_columns(pl.col(numeric).cast(pl.Float64).fill_nan(None))
    currency = currency or model.currency_

    def graded(probability: np.ndarray) -> np.ndarray:
        return np.searchsorted(bounds, probability, side="right") - 1

    before = _probability(model, features)
    grade = graded(before)
    after, plan_of = before.copy(), np.full(frame.height, -1)
    plans = _plans()
    moved = [_moves(features, action) for action in ACTIONS]
    open_rows = grade > 0
    for start in range(0, len(plans), PLANS_AT_ONCE):
        tried = [
            (number, np.nonzero(open_rows & np.all([moved[place] for place in plans[number]], axis=0))[0])
            for number in range(start, min(start + PLANS_AT_ONCE, len(plans)))
        ]
        frames = [_after(features[own], plans[number]) for number, own in tried if len(own)]
        if not frames:
            continue
        probability = _probability(model, pl.concat(frames))
        for number, own in tried:
            found, probability = probability[: len(own)], probability[len(own) :]
            helped = (graded(found) < grade[own]) & open_rows[own]
            after[own[helped]], plan_of[own[helped]] = found[helped], number
            open_rows[own[helped]] = False
    stuck = np.nonzero(open_rows)[0]
    for number in np.unique(_fullest(moved, stuck)).tolist() if len(stuck) else []:
        own = stuck[_fullest(moved, stuck) == number]
        after[own] = _probability(model, _after(features[own], _subset(number)))
    chosen = [plans[number] if number >= 0 else () for number in plan_of.tolist()]
    words = [
        _says(features, row, plan, before, after, names, grade, graded(after), currency)
        for row, plan in enumerate(chosen)
    ]
    summary = pl.DataFrame(
        {
            "row": np.arange(frame.height),
            "pd": before,
            "grade": [names[place] for place in grade.tolist()],
            "pd_after": after,
            "grade_after": [names[place] for place in graded(after).tolist()],
            "actions": pl.Series([[ACTIONS[p].name for p in plan] for plan in chosen], dtype=pl.List(pl.String)),
            "says": words,
        }
    )
    if "customer_id" in frame.columns:
        summary = summary.select(frame["customer_id"], pl.all())
    return Help(given_out(summary, output), given_out(_changes(features, plan_of, plans), output))


def _plans() -> list[tuple[int, ...]]:
    """Return every combination of actions, one of each kind at most, from the least effort; then the fewest actions."""
    kinds: dict[str, list[int | None]] = {}
    for place, action in enumerate(ACTIONS):
        kinds.setdefault(action.kind, [None]).append(place)
    combined = (tuple(sorted(p for p in choice if p is not None)) for choice in product(*kinds.values()))
    plans = [plan for plan in combined if plan]
    return sorted(plans, key=lambda plan: (sum(ACTIONS[place].effort for place in plan), len(plan), plan))


def _after(features: pl.DataFrame, plan: tuple[int, ...]) -> pl.DataFrame:
    for place in plan:
        features = acted(features, ACTIONS[place])
    return features


def _moves(features: pl.DataFrame, action: Action) -> np.ndarray:
    """Tell of each row whether the action changes anything that the model may see."""
    after = acted(features, action)
    changed = [name for name in features.columns if not after[name].equals(features[name])]
    moved = np.zeros(features.height, dtype=bool)
    for name in changed:
        moved |= after[name].ne_missing(features[name]).to_numpy()
    return moved


def _fullest(moved: list[np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return for each row the most it could do, as a number whose bits are the actions."""
    number = np.zeros(len(rows), dtype=np.int64)
    best: dict[str, np.ndarray] = {}
    for place in range(len(ACTIONS) - 1, -1, -1):
        kind = ACTIONS[place].kind
        free = ~best.get(kind, np.zeros(len(rows), dtype=bool))
        takes = moved[place][rows] & free
        number |= np.where(takes, 1 << place, 0)
        best[kind] = takes | ~free
    return number


def _subset(number: int) -> tuple[int, ...]:
    return tuple(place for place in range(len(ACTIONS)) if number >> place & 1)


def _probability(model: Any, features: pl.DataFrame) -> np.ndarray:
    probability: np.ndarray = model.predict_proba(features)[:, 1]
    return probability


def _says(
    features: pl.DataFrame,
    row: int,
    plan: tuple[int, ...],
    before: np.ndarray,
    after: np.ndarray,
    names: list[str],
    grade: np.ndarray,
    grade_after: np.ndarray,
    currency: str,
) -> str:
    old, new = percent(float(before[row]), 1), percent(float(after[row]), 1)
    if grade[row] == 0:
        return f"grade {names[0]} already, the best"
    if plan:
        steps = " and ".join(_with_money(features, row, ACTIONS[place], currency) for place in plan)
        return f"if it {steps}: PD {old} to {new}, grade {names[grade[row]]} to {names[grade_after[row]]}"
    if after[row] == before[row]:
        return "nothing that the customer can act on is behind its grade"
    return f"nothing considered brings the grade up; with all that it could do the PD would go from {old} to {new}"


def _with_money(features: pl.DataFrame, row: int, action: Action, currency: str) -> str:
    if not action.money or not set(action.money) <= set(features.columns):
        return action.says
    amount = sum(features[name][row] or 0.0 for name in action.money)
    return f"{action.says} ({money(amount, currency)})" if amount > 0 else action.says


def _changes(features: pl.DataFrame, plan_of: np.ndarray, plans: list[tuple[int, ...]]) -> pl.DataFrame:
    found = []
    for number in np.unique(plan_of[plan_of >= 0]).tolist():
        own = np.nonzero(plan_of == number)[0]
        before = features[own]
        after = _after(before, plans[number])
        for name in features.columns:
            changed = after[name].ne_missing(before[name])
            if changed.any():
                line = {"row": own, "feature": [name] * len(own), "value": before[name], "after": after[name]}
                found.append(pl.DataFrame(line).filter(changed))
    schema = {"row": pl.Int64, "feature": pl.String, "value": pl.Float64, "after": pl.Float64}
    return pl.concat(found).sort("row", maintain_order=True) if found else pl.DataFrame(schema=schema)
