"""Which size of booster suits this ledger? A search in time order, with a stated budget.

Each trial is fitted on what was known at earlier dates and judged on what came after, by the likelihood of the later
rows (censored ones included). The standard sizes, their number of trees among them, stay unless another is better by
more than the error of the difference and the choice of the best of many explain: with tens or hundreds of events most
differences are chance.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError, ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.booster import BoosterSettings, dataset, interval_columns, parameters
from credrisk.models.evidence import usable
from credrisk.models.intervals import Expanded, bounded, expand, interval_edges
from credrisk.models.outcomes import Target, TrainingRows
from credrisk.models.rows import Rows, feature_matrix, read_rows
from credrisk.models.undecided import with_chances
from credrisk.progress import Progress, silent

__all__ = ["GRID", "Tuning", "tune"]

GRID: dict[str, tuple[float, ...]] = {
    "leaves": (2, 3, 4, 8),
    "learning_rate": (0.05, 0.1, 0.2),
    "shrinkage_events": (2.0, 5.0, 10.0, 20.0),
}
"""What is tried; the number of trees follows from stopping early, but for the standard sizes, which have their own."""

MOST_TREES, PATIENCE = 600, 40
"""Trees at most, and how many may follow without a better likelihood on the later dates."""

CUTS = (0.5, 0.75)
"""Shares of the distinct events that have happened by the first later date of each fold."""

FEWEST_EVENTS = 20
"""Distinct events that each side of a fold needs."""

KEPT = 1.0
"""Standard errors by which a single trial must be better than the standard sizes; see :func:`_margin` for more."""


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Attributes
    ----------
    parameters
        Parameters for :class:`~credrisk.models.bad_debt.BadDebtModel`.
    tried
        One row a trial, the best first: ``leaves``, ``learning_rate``, ``shrinkage_events``, ``trees``, ``loss`` (minus
        the log likelihood of the later rows an event, against a constant rate; below 0 is better than that),
        ``than_standard`` and ``standard_error`` (of the difference, from the customers), ``chosen``, ``standard``.
    reason
        Why these parameters.
    """

    parameters: dict[str, Any]
    tried: pl.DataFrame
    reason: str


def tune(
    rows: TrainingRows,
    *,
    target: Target = "bad_debt",
    horizons: Sequence[int] = (3, 6, 12),
    trials: int = 12,
    budget_seconds: float | None = None,
    known_on: date | str | None = None,
    max_rows: int = 300_000,
    seed: int = 0,
    progress: Progress = silent,
) -> Tuning:
    """Search the booster's size on the dates before ``known_on``.

    Parameters
    ----------
    rows
        Output of :func:`~credrisk.models.outcomes.training_rows`.
    target, horizons
        As the model that will be fitted.
    trials
        Trials at most: the standard sizes with their own number of trees, then others of :data:`GRID` in an order drawn
        by ``seed``.
    budget_seconds
        No trial begins after so many seconds, the first one excepted. The same trials in the same order, fewer of
        them: without it the search gives the same on every machine.
    known_on
        Only rows before this day and only what was known on it are used: the first day of a later test. None uses all.
    max_rows
        Rows times intervals of each fold to learn from; all events are kept, the rest is sampled.

    Raises
    ------
    EvidenceError
        When no fold has enough events on both sides: keep the standard sizes.

    Notes
    -----
    The standard sizes are judged as :class:`~credrisk.models.bad_debt.BadDebtModel` would be fitted. The number of
    trees of every other trial is the one with the best mean likelihood over the folds. It is chosen on the same later
    rows as the trial, so that loss in ``tried`` is a little too good; judge the model by a back-test on dates from
    ``known_on`` on.

    The best trial is taken where it is better than the standard sizes by more than z standard errors of the difference,
    z the normal quantile at which at most as large a share of searches would pass by chance as of single trials passes
    at one standard error, 16 %, were no size better (Bonferroni): 1.0 for one trial beside the standard, 2.2 for 11,
    2.7 for all 48.
    """
    if trials < 1:
        raise ParameterError("trials", "1 or more", trials)
    if budget_seconds is not None and budget_seconds < 0:
        raise ParameterError("budget_seconds", "None or 0 or more", budget_seconds)
    started = time.monotonic()
    names, values = feature_matrix(rows.X)
    known = with_chances(read_rows(values, rows.y, as_of=rows.as_of, groups=rows.groups))
    if known_on is not None:
        known = known.known_on(int(np.datetime64(to_date(known_on), "D").astype(np.int64)))
    edges = interval_edges(horizons)
    features, known, _ = usable(names, known)
    folds = _folds(known, edges, max_rows, seed)
    standard = _standard(target)
    found: list[tuple[dict[str, Any], int, np.ndarray]] = []
    for number, trial in enumerate(_trials(standard, trials, seed)):
        if number and budget_seconds is not None and time.monotonic() - started > budget_seconds:
            break
        progress("Searching the size of the booster", number, trials)
        found.append((trial, *_judge(trial, folds, features, edges, seed)))
    return _told(found, folds)


@dataclass(frozen=True)
class _Fold:
    """An earlier part to learn from and a later one to be judged on."""

    early_values: np.ndarray
    early: Expanded
    early_events: int
    later_values: np.ndarray
    later: Expanded
    later_customer: np.ndarray
    later_events: int


def _folds(rows: Rows, edges: np.ndarray, max_rows: int, seed: int) -> list[_Fold]:
    folds: list[_Fold] = []
    for share in CUTS:
        days = rows.first_event_days(edges[-1])
        if not len(days):
            break
        ahead = rows.day[rows.day >= np.quantile(days, share, method="higher")]
        if not len(ahead):
            continue
        day = int(ahead.min())
        early, later = with_chances(rows.known_on(day), known_on=day), rows.take(rows.day >= day)
        events = [len(part.first_event_days(edges[-1])) for part in (early, later)]
        if min(events) < FEWEST_EVENTS:
            continue
        parts = [bounded(expand(part, edges), part, max_rows, seed) for part in (early, later)]
        folds.append(
            _Fold(
                early.values,
                parts[0],
                events[0],
                later.values,
                parts[1],
                later.group[parts[1].row],
                events[1],
            )
        )
    if not folds:
        raise EvidenceError(
            f"No date has {FEWEST_EVENTS} distinct events known before it and {FEWEST_EVENTS} after it: too few to "
            "compare sizes of a booster. Keep the standard ones."
        )
    return folds


def _standard(target: Target) -> dict[str, Any]:
    model = BadDebtModel(target=target)
    return {name: getattr(model, name) for name in (*GRID, "trees")}


def _trials(standard: dict[str, Any], count: int, seed: int) -> list[dict[str, Any]]:
    """Return the standard sizes, then those of the grid, whose trees are searched, in an order drawn by ``seed``."""
    grids = np.meshgrid(*GRID.values(), indexing="ij")
    points = np.stack([grid.ravel() for grid in grids], axis=1)
    order = np.random.default_rng(seed).permutation(len(points))
    drawn = [dict(zip(GRID, point, strict=True)) for point in points[order].tolist()]
    others = [{**trial, "leaves": int(trial["leaves"])} for trial in drawn]
    return [standard, *others][:count]


def _judge(
    trial: dict[str, Any], folds: list[_Fold], features: tuple[str, ...], edges: np.ndarray, seed: int
) -> tuple[int, np.ndarray]:
    """Return the number of trees, and the loss of each later row and interval then.

    It is the trial's own where it has one, else the number that did best over the folds.
    """
    import lightgbm

    widths = np.diff(edges)
    settings = BoosterSettings(**{"trees": MOST_TREES, "threads": 1, "seed": seed} | trial)
    stopping = [] if "trees" in trial else [lightgbm.early_stopping(PATIENCE, verbose=False)]
    curves, boosters = [], []
    for fold in folds:
        chosen = parameters(features, fold.early, first_events=fold.early_events, settings=settings)
        data = dataset(fold.early_values, features, fold.early, widths=widths, settings=settings)
        ahead = dataset(fold.later_values, features, fold.later, widths=widths, settings=settings, reference=data)
        seen: dict[str, dict[str, list[float]]] = {}
        booster = lightgbm.train(
            chosen | {"metric": "poisson"},
            data,
            num_boost_round=settings.trees,
            valid_sets=[ahead],
            valid_names=["later"],
            callbacks=[lightgbm.record_evaluation(seen), *stopping],
        )
        curves.append(np.array(seen["later"]["poisson"]))
        boosters.append(booster)
    length = min(len(curve) for curve in curves)
    best = int(np.mean([curve[:length] for curve in curves], axis=0).argmin()) + 1
    trees = int(trial.get("trees", best))
    losses = []
    for fold, booster in zip(folds, boosters, strict=True):
        rate = np.empty(len(fold.later))
        columns = interval_columns(widths)[fold.later.interval]
        for start in range(0, len(rate), 65_536):
            here = slice(start, start + 65_536)
            design = np.concatenate([fold.later_values[fold.later.row[here]], columns[here]], axis=1)
            rate[here] = booster.predict(design, raw_score=True, num_iteration=trees, num_threads=1)
        losses.append(_loss(rate, fold))
    return trees, np.concatenate(losses)


def _loss(log_rate: np.ndarray, fold: _Fold) -> np.ndarray:
    """Return minus the log likelihood of each entry, less that of the earlier part's constant rate, by later event."""
    early, later = fold.early, fold.later
    constant = np.log((early.target * early.weight).sum() / (early.exposure * early.weight).sum())
    months = later.exposure * later.weight

    def loss(log: Any) -> np.ndarray:
        told: np.ndarray = months * np.exp(log) - later.target * log
        return told

    gained: np.ndarray = loss(log_rate) - loss(constant)
    return gained / float(later.target.sum())


def _told(found: list[tuple[dict[str, Any], int, np.ndarray]], folds: list[_Fold]) -> Tuning:
    customers = np.concatenate([fold.later_customer for fold in folds])
    n_folds = len(folds)
    first = found[0][2]
    rows = []
    for number, (trial, trees, loss) in enumerate(found):
        by_customer = np.bincount(customers, (loss - first) / n_folds)
        error = float(np.sqrt((by_customer**2).sum()))
        rows.append(
            {
                **trial,
                "trees": trees,
                "loss": float(loss.sum() / n_folds),
                "than_standard": float((loss - first).sum() / n_folds),
                "standard_error": error,
                "standard": number == 0,
            }
        )
    best = min(range(len(rows)), key=lambda number: rows[number]["loss"])
    margin = _margin(len(rows) - 1)
    better = rows[best]["than_standard"] < -margin * rows[best]["standard_error"]
    chosen = best if better else 0
    for number, row in enumerate(rows):
        row["chosen"] = number == chosen
    reason = (
        f"no trial was better than the standard sizes by more than {margin:.1f} standard errors of the difference, "
        "which the best of so many needs"
    )
    if better:
        errors = -rows[best]["than_standard"] / rows[best]["standard_error"]
        reason = f"better than the standard sizes by {errors:.1f} standard errors, above the {margin:.1f} needed"
    picked = {name: rows[chosen][name] for name in ("trees", *GRID)}
    frame = pl.DataFrame(rows).sort("loss", maintain_order=True)
    return Tuning(picked, frame, f"{reason}; {len(rows)} trials on {n_folds} dates")


def _margin(others: int) -> float:
    """Return the standard errors by which the best of ``others`` trials must be better than the standard sizes."""
    normal = NormalDist()
    return -normal.inv_cdf(normal.cdf(-KEPT) / max(others, 1))
