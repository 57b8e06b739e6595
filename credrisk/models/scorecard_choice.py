"""Which variables a scorecard is made of: few, each with its own story, and each proven on later months.

The order of time decides: bins and coefficients come from the earlier dates with what was known then, and a variable
is taken only if it makes the later dates better explained. No two may tell the same story: one variable a trade
question of the catalogue, and none that moves with one already taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.models.binning import Bins
from credrisk.models.pooling import Counts
from credrisk.models.woe_regression import fit_level, fit_woe_regression, mean_log_loss

__all__ = ["Candidate", "choose", "later_value", "unfounded"]

ALIKE = 0.75
"""Correlation of two weights of evidence from which on they tell the same story."""

LEAST_GAIN = 0.5
"""Log likelihood of the later rows, an event counted once, that a further variable must bring."""

LEAST_MEASURED_EVENTS = 10
"""Distinct events that the rows with a value must hold: the rule of ten again."""

UNDIRECTED = "no direction of risk is declared"
"""Why a feature of the catalogue is no candidate: nobody can say which way it is worse."""

CONDUCT = "the seller's own conduct: ask for it by name to have it"
"""Why how often the seller called and whom it reached is no candidate."""

EXCLUDED = "excluded"
"""Why a variable that the caller did not want is no candidate."""


@dataclass(frozen=True)
class Candidate:
    """A variable that may come onto the card.

    Attributes
    ----------
    question
        What it speaks of: one variable a question.
    bins
        Binned on the earlier rows.
    woe, later_woe
        Its weight of evidence in the earlier and in the later rows.
    later_iv, later_measured_iv
        See :func:`later_value`; the second of the later rows that have a value.
    """

    question: str
    bins: Bins
    woe: np.ndarray
    later_woe: np.ndarray
    later_iv: float
    later_measured_iv: float


def later_value(woe: np.ndarray, counts: Counts) -> float:
    """Return how far the earlier weight of evidence sets later goods apart from later bads.

    The mean over goods less the mean over bads: the information value where nothing has changed, about 0 where the
    variable has lost its meaning, negative where it has turned round.
    """
    if counts.good.sum() <= 0 or counts.bad.sum() <= 0:
        return 0.0
    return float(counts.good @ woe / counts.good.sum() - counts.bad @ woe / counts.bad.sum())


def unfounded(bins: Bins) -> str:
    """Return why a variable's values carry no points, "" where they do.

    That a figure is missing may add to a variable whose values tell something; it may not carry one alone, for it says
    more of the ledger than of the customer.
    """
    if sum(share > 0 for share in bins.share[:-1]) < 2:
        return "does not tell one value from another"
    if bins.measured_events < LEAST_MEASURED_EVENTS:
        return f"fewer than {LEAST_MEASURED_EVENTS} events have a value"
    return ""


def choose(
    candidates: Sequence[Candidate],
    early: Counts,
    later: Counts,
    *,
    most: int,
    iv_bounds: tuple[float, float],
) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Return the variables chosen, the strongest first, and what became of each candidate.

    Parameters
    ----------
    candidates
        In the order in which ties are decided.
    early, later
        What the earlier and the later rows count.
    most
        Variables at most.
    iv_bounds
        Information value of the earlier rows below which a variable says too little and above which it is too good to
        be true: look for what it knows of the outcome.

    Returns
    -------
    chosen, report
        ``report``: ``variable, question, iv, later_iv, decision``.
    """
    verdicts = {one.bins.variable: _first_verdict(one, iv_bounds) for one in candidates}
    # By the weaker of its two periods: the stronger may be chance.
    ranked = sorted(
        (one for one in candidates if not verdicts[one.bins.variable]),
        key=lambda one: -min(one.bins.total_iv, one.later_iv),
    )
    later_rows = (later.good.sum() + later.bad.sum()) / later.rows_an_event
    chosen: list[Candidate] = []
    base = np.full(len(later.good), np.log(early.good.sum() / early.bad.sum()))
    best = mean_log_loss(base + fit_level(base, later), later)
    for one in ranked:
        name = one.bins.variable
        verdicts[name] = _same_story(one, chosen)
        if verdicts[name]:
            continue
        if len(chosen) == most:
            verdicts[name] = f"the card has its {most} variables"
            continue
        trial = [*chosen, one]
        coefficients, intercept = fit_woe_regression(np.column_stack([each.woe for each in trial]), early)
        if (coefficients <= 0).any():
            verdicts[name] = "turns the sign of a coefficient"
            continue
        log_odds = intercept + np.column_stack([each.later_woe for each in trial]) @ coefficients
        loss = mean_log_loss(log_odds + fit_level(log_odds, later), later)
        if (best - loss) * later_rows < LEAST_GAIN:
            verdicts[name] = "adds too little to the later rows"
            continue
        chosen, best = trial, loss
        verdicts[name] = "chosen"
    return tuple(one.bins.variable for one in chosen), _report(candidates, verdicts)


def _first_verdict(one: Candidate, iv_bounds: tuple[float, float]) -> str:
    if one.bins.total_iv < iv_bounds[0]:
        return "says too little"
    if one.bins.total_iv > iv_bounds[1]:
        return "too good to be true: look for what it knows of the outcome"
    if one.later_iv < iv_bounds[0]:
        return "says too little of the later rows"
    if why := unfounded(one.bins):
        return why
    if min(one.bins.measured_iv, one.later_measured_iv) < iv_bounds[0]:
        return "says too little where there is a value"
    return ""


def _same_story(one: Candidate, chosen: Sequence[Candidate]) -> str:
    for other in chosen:
        if other.question == one.question:
            return f"the same question as {other.bins.variable}"
        if abs(np.corrcoef(one.woe, other.woe)[0, 1]) >= ALIKE:
            return f"moves with {other.bins.variable}"
    return ""


def _report(candidates: Sequence[Candidate], verdicts: Mapping[str, str]) -> pl.DataFrame:
    columns = {
        "variable": [one.bins.variable for one in candidates],
        "question": [one.question for one in candidates],
        "iv": [one.bins.total_iv for one in candidates],
        "later_iv": [one.later_iv for one in candidates],
        "decision": [verdicts[one.bins.variable] for one in candidates],
    }
    schema = {
        "variable": pl.String,
        "question": pl.String,
        "iv": pl.Float64,
        "later_iv": pl.Float64,
        "decision": pl.String,
    }
    return pl.DataFrame(columns, schema=schema)
