"""One simulated ledger, fitted a year before the end and judged by what came and by the truth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import beta
from sklearn.isotonic import IsotonicRegression

from credrisk.dates import months_after
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import PROBABILITY_MEASURES, RANKING_MEASURES, by_score
from credrisk.models.outcomes import recensored, training_rows
from credrisk.models.validation import BASELINES
from credrisk.pipeline.probabilities import training_calendar
from credrisk.simulate.oracle import latent_pd, visible_pd
from credrisk.simulate.simulator import simulate_ledger

__all__ = [
    "GRADES",
    "VERDICT_MONTHS",
    "Year",
    "expected",
    "graded",
    "measured",
    "scored_year",
    "seed_results",
    "truths",
    "weighted_auc",
]

START = date(2019, 1, 1)
HORIZON = 12
VERDICT_MONTHS = 6
"""Simulated after the judged year, for the verdict on a placement takes up to 180 days; used for nothing else."""
GRADES = 7
REVIEWED = 0.1
EXCLUDED = 1.5e-5
"""Up to this probability the oracle excludes a bad debt (its least is 1e-5)."""


@dataclass(frozen=True)
class Year:
    """What was scored a year before the end, one row a customer at risk, and what came of it.

    ``scores`` are probabilities by name: the model's, the base rate, and every plain baseline made a probability by
    its own training years. ``money`` is the open balance of the day.
    """

    ids: tuple[str, ...]
    as_of: date
    event: np.ndarray
    money: np.ndarray
    scores: dict[str, np.ndarray]
    model: BadDebtModel
    rows: pl.DataFrame
    train_events: int
    rung: str


def scored_year(ledger: Ledger, as_of: date, *, every: int = 1) -> Year:
    """Fit on what was known on ``as_of``, score the customers at risk, and look up the twelve months after.

    ``every`` thins the training dates to every second (third, ...) month back from ``as_of``, for less memory.
    """
    known = ledger.cut(as_of)
    whole = training_calendar(known.settings, as_of)
    calendar = Calendar(whole.ends[::-1][::every][::-1]) if every > 1 else whole
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(ledger, dates=calendar, output="polars")
    ends = months_after(as_of, HORIZON)
    on, left = pl.col("bad_debt_on"), pl.col("left_on")
    tests = labels.filter(
        (pl.col("as_of") == as_of) & pl.col("bad_debt_at_risk") & (pl.col("bad_debt_observed_to") >= ends)
    ).with_columns(event=((on <= ends) & (left.is_null() | (on <= left))).fill_null(False).cast(pl.Float64))
    rows = tests.select("customer_id", "as_of", "event").join(panel, on=["customer_id", "as_of"]).sort("customer_id")
    past = _past_years(panel, labels, as_of)
    train = training_rows(panel, recensored(labels, as_of, target="bad_debt"), target="bad_debt")
    del panel
    model = BadDebtModel().fit(
        train.X, train.y, as_of=train.as_of, groups=train.groups, currency=ledger.settings.currency
    )
    features = train.X.columns
    scores = {
        "model": model.predict_pd(rows.select(features), horizons=[HORIZON], output="polars").to_series().to_numpy()
    }
    scores["base_rate"] = np.full(rows.height, past["event"].mean())
    scores |= {name: _as_probability(past, rows, name) for name in BASELINES}
    return Year(
        ids=tuple(rows["customer_id"]),
        as_of=as_of,
        event=rows["event"].to_numpy(),
        money=rows["open_balance"].fill_null(0.0).clip(0.0).to_numpy(),
        scores=scores,
        model=model,
        rows=rows.select("customer_id", *features),
        train_events=model.evidence_["first_events"],
        rung=model.rung_,
    )


def _past_years(panel: pl.DataFrame, labels: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the baselines and outcomes of the rows at risk whose twelve months had passed by ``as_of``."""
    then = recensored(labels, as_of, target="bad_debt")
    ends = {day: months_after(day, HORIZON) for day in then["as_of"].unique()}
    on, left = pl.col("bad_debt_on"), pl.col("left_on")
    rows = then.with_columns(ends=pl.col("as_of").replace_strict(ends, return_dtype=pl.Date))
    rows = rows.filter(pl.col("bad_debt_at_risk") & (pl.col("ends") <= pl.col("bad_debt_observed_to"))).with_columns(
        event=((on <= pl.col("ends")) & (left.is_null() | (on <= left))).fill_null(False).cast(pl.Float64)
    )
    return rows.select("customer_id", "as_of", "event").join(
        panel.select("customer_id", "as_of", *BASELINES), on=["customer_id", "as_of"]
    )


def _as_probability(past: pl.DataFrame, rows: pl.DataFrame, name: str) -> np.ndarray:
    """Return a baseline as the share of events that its rank had in the past: the best monotone map there is."""
    sign = -1.0 if catalogue([name])[name].worse == "lower" else 1.0
    middle = past[name].median() or 0.0
    seen, now = (sign * frame[name].cast(pl.Float64).fill_null(middle).to_numpy() for frame in (past, rows))
    fitted = IsotonicRegression(out_of_bounds="clip", y_min=1e-4).fit(seen, past["event"].to_numpy())
    probability = fitted.predict(now)
    # Ties within a step keep the order of the measure itself.
    place = np.unique(now, return_inverse=True)[1] / max(len(now), 1)
    return np.clip(probability + 1e-7 * place, 1e-6, 1 - 1e-6)


def truths(ledger: Ledger, truth: Any, year: Year) -> dict[str, np.ndarray]:
    """Return both oracles' probabilities for the rows of the year."""
    return {
        "visible_oracle": visible_pd(ledger, year.as_of, year.ids, months=HORIZON),
        "latent_oracle": latent_pd(ledger, truth, year.as_of, year.ids, months=HORIZON),
    }


def measured(event: np.ndarray, money: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Return the measures of one probability on one year."""
    one = np.ones((1, len(event)))
    found = {"auc": float(RANKING_MEASURES["auc"](*by_score(event, probability, one))[0])}
    for name in ("log_loss", "calibration_slope", "calibration_in_the_large"):
        with np.errstate(all="ignore"):
            found[name] = float(PROBABILITY_MEASURES[name](event, probability, one)[0])
    found["money_by_pd"] = _captured(event * money, probability)
    found["money_by_loss"] = _captured(event * money, probability * money)
    return found


def expected(event: np.ndarray, money: np.ndarray, probability: np.ndarray, oracle: np.ndarray) -> dict[str, float]:
    """Return what the measures come to on average over the years that the oracle thinks possible.

    One year has some tens of bad debts, and most of their money lies with a few of them: luck moves what was seen by
    more than methods differ. ``auc_not_excluded`` is of what was seen, without the customers that the oracle excludes.
    """
    kept = oracle > EXCLUDED
    return {
        "expected_auc": weighted_auc(oracle, probability),
        "expected_money_by_pd": _captured(oracle * money, probability),
        "expected_money_by_loss": _captured(oracle * money, probability * money),
        "auc_not_excluded": weighted_auc(event[kept], probability[kept]),
    }


def weighted_auc(chance: np.ndarray, score: np.ndarray) -> float:
    """Return the chance-weighted AUC: every row is bad with its chance and good with the rest."""
    bad = np.repeat([1.0, 0.0], len(chance))
    weight = np.concatenate([chance, 1 - chance])[None, :]
    return float(RANKING_MEASURES["auc"](*by_score(bad, np.tile(score, 2), weight))[0])


def _captured(bad_money: np.ndarray, score: np.ndarray) -> float:
    """Return the share of the bad money among the tenth of the customers with the highest scores."""
    reviewed = np.argsort(-score, kind="stable")[: round(REVIEWED * len(score))]
    return float(bad_money[reviewed].sum() / bad_money.sum())


def graded(probability: np.ndarray, event: np.ndarray, true: np.ndarray) -> list[dict[str, float]]:
    """Return seven equal grades: rows, events, mean PD, mean true PD and the two-sided Jeffreys p-value."""
    grades = []
    for rows in np.array_split(np.argsort(probability, kind="stable"), GRADES):
        n, bad, mean = len(rows), float(event[rows].sum()), float(probability[rows].mean())
        below = float(beta.cdf(mean, bad + 0.5, n - bad + 0.5))
        p_value = 2 * min(below, 1 - below)
        grades.append({"rows": n, "events": bad, "pd": mean, "true": float(true[rows].mean()), "p": p_value})
    return grades


def _beyond(event: np.ndarray, oracle: np.ndarray, model: np.ndarray) -> dict[str, float]:
    """Return what the model's log odds add to the oracle's in a logistic regression, with its standard error."""
    x = np.column_stack([np.ones(len(event)), *(np.log(p / (1 - p)) for p in (oracle, np.clip(model, 1e-6, 1 - 1e-6)))])
    weight = np.array([0.0, 1.0, 0.0])
    for _ in range(30):
        mean = 1 / (1 + np.exp(-x @ weight))
        information = x.T @ (x * (mean * (1 - mean))[:, None])
        weight = weight + np.linalg.solve(information, x.T @ (event - mean))
    return {"weight": float(weight[2]), "error": float(np.sqrt(np.linalg.inv(information)[2, 2]))}


def seed_results(seed: int, *, customers: int, months: int, every: int = 1) -> tuple[dict[str, Any], pl.DataFrame]:
    """Simulate, fit, score and judge one seed; return what was measured, and every score."""
    began = time.perf_counter()
    simulation = simulate_ledger(customers=customers, months=months + VERDICT_MONTHS, start=START, seed=seed)
    ledger = simulation.ledger()
    as_of = months_after(START, months - HORIZON)
    as_of = date.fromordinal(as_of.toordinal() - 1)
    read = time.perf_counter()
    year = scored_year(ledger, as_of, every=every)
    fitted = time.perf_counter()
    scores = year.scores | truths(ledger, simulation.truth, year)
    judged = time.perf_counter()
    oracle = scores["visible_oracle"]
    rows = pl.DataFrame({"customer_id": year.ids, "event": year.event, "open_balance": year.money, **scores})
    found = {
        "seed": seed,
        "customers": customers,
        "months": months,
        "every": every,
        "rows": len(year.event),
        "events": float(year.event.sum()),
        "train_events": year.train_events,
        "rung": year.rung,
        "failures_a_year": _failures_a_year(simulation.truth, months),
        "measures": {
            name: measured(year.event, year.money, p) | expected(year.event, year.money, p, oracle)
            for name, p in scores.items()
        },
        "excluded_rows": int((oracle <= EXCLUDED).sum()),
        "grades": {name: graded(scores[name], year.event, oracle) for name in ("model", "visible_oracle")},
        "beyond": _beyond(year.event, oracle, scores["model"]),
        "seconds": {"simulate": read - began, "model": fitted - read, "oracles": judged - fitted},
    }
    return found, rows


def _failures_a_year(truth: Any, months: int) -> float:
    """Return true failures per customer and year over the ledger's months."""
    last = months_after(START, months)
    lived = truth["health"].filter(pl.col("month_end") < last).height / 12
    return float((truth["outcomes"]["failed_on"] < last).sum() / lived)
