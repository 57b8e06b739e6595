"""May measured effects steer the list? Only when logged offers show that ranking by them is no worse than without.

Two lists of the same length as the one that was used, on every day: ``gain`` takes the highest gains by measured
effects, ``amount_x_timing`` the highest amounts times the days that the policy believes an action wins. Both are valued
off-policy by the money that waiting costs,

    - amount x (cost of funds / 365 + pd x lgd x avoided share per day) x days open - cost of the action,

the gain of the queue with the days as they were (the loss avoided is taken to follow the days, as the policy's share
and days do). The effects are learnt on other rows than those that judge: on earlier offers whose outcomes were known
when the later ones began, or, where the log is too short for that, on one half of the customers for the other half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from credrisk.decisions.contact_effect_prior import eligible_rows, offer_priors
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.policy import Policy
from credrisk.models.contact_effect import FEWEST_EFFECTIVE
from credrisk.models.contact_effect_cells import CELL, CellEffects, known_cells
from credrisk.models.contact_effect_study import Study, study_of
from credrisk.models.off_policy import LoggedValue, logged_value
from credrisk.models.offer_rows import NONE, OfferRows
from credrisk.models.overlap import clustered

__all__ = ["AMOUNT_X_TIMING", "EVALUATION", "GAIN", "Gate", "cell_days", "judged_ranking", "list_chances"]

GAIN, AMOUNT_X_TIMING = "gain", "amount_x_timing"

MARGIN = 0.01
"""How much worse still counts as no worse: share of what the policy expects the list by amount x timing to gain."""

SUPPORT = (0.8, 1.25)
"""Mean weight of a target between which the log holds what the target would do."""

FEWEST_TO_LEARN = 500
"""Earlier rows from which effects are learnt in time order."""

EVALUATION = {
    "ranking": pl.String,
    "method": pl.String,
    "value": pl.Float64,
    "se": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "ess": pl.Float64,
    "mean_weight": pl.Float64,
    "offers": pl.Int64,
}


@dataclass(frozen=True)
class Gate:
    """Which ranking is used, why, and the off-policy figures behind it (columns :data:`EVALUATION`)."""

    ranking: str
    why: str
    evaluation: pl.DataFrame


def judged_ranking(study: Study, policy: Policy) -> Gate:
    """Value both rankings from the offers of a study, and say which may be used."""
    nothing = pl.DataFrame(schema=EVALUATION)
    if not study.cells:
        return Gate(AMOUNT_X_TIMING, "no action has an effect that could be measured", nothing)
    if "amount" not in study.rows.covariates:
        return Gate(AMOUNT_X_TIMING, "the offers do not say the amounts, so no list can be valued", nothing)
    parts, how = _parts(study.rows)
    studied: dict[int, Study] = {}
    for rows in (rows for part in parts for rows in part):
        # The halves learn from each other: each is studied once.
        if id(rows) not in studied:
            studied[id(rows)] = _studied(rows, policy)
    judged = [
        found
        for learn, judge in parts
        if (found := _judged(studied[id(learn)], studied[id(judge)], policy)) is not None
    ]
    if not judged:
        return Gate(AMOUNT_X_TIMING, f"too few offers to learn effects {how} and judge them on others", nothing)
    return _answer(judged, how)


def cell_days(effects: CellEffects, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return ``days`` and ``data_share`` for the cell of each account."""
    cells = known_cells(accounts, effects.cells)
    return cells.join(effects.cells, on=list(CELL), how="left", maintain_order="left").select("days", "data_share")


@dataclass(frozen=True)
class _Judged:
    """Both targets' values on one part of the rows, and the gain that the policy expects of the plain one."""

    customer: np.ndarray
    by_gain: LoggedValue
    by_amount: LoggedValue
    expected_gain: float


def _parts(rows: OfferRows) -> tuple[list[tuple[OfferRows, OfferRows]], str]:
    """Return pairs of rows to learn from and rows to judge by."""
    dates = rows.frame["date"].sort()
    middle = dates[len(dates) // 2]
    known = (rows.frame["date"] <= middle - timedelta(days=90)).to_numpy()
    if known.sum() >= FEWEST_TO_LEARN:
        later = (rows.frame["date"] >= middle).to_numpy()
        return [(rows.of(known), rows.of(later))], "from earlier offers"
    one, other = rows.of(rows.half), rows.of(~rows.half)
    return [(one, other), (other, one)], "from one half of the customers"


def _studied(rows: OfferRows, policy: Policy) -> Study:
    believed = dict(offer_priors(policy).select("action", "prior_days").iter_rows())
    return study_of(rows, prior_days=believed, eligible=eligible_rows(rows, policy))


def _judged(learnt: Study, held: Study, policy: Policy) -> _Judged | None:
    judge = held.rows
    priors = {row["action"]: row for row in offer_priors(policy).to_dicts()}
    allowed = np.zeros((len(judge), len(judge.actions)), dtype=bool)
    for arm, action in enumerate(judge.actions):
        if arm and action in learnt.cells and action in held.cells:
            allowed[:, arm] = held.of(action).region
    either = allowed.any(axis=1)
    if either.sum() < FEWEST_EFFECTIVE:
        return None
    allowed[:, 0] = True
    own = judge.frame.with_columns(probability=pl.Series(held.chances.own)).filter(pl.Series(either))
    rows = OfferRows(own, judge.actions, judge.place[either])
    # What was offered to these accounts but may not be offered by a target stays in the log and gets no weight.
    allowed, expected = allowed[either], held.expected[either]

    amount = np.nan_to_num(rows.column("amount"))
    risk = _loss_share(rows, policy)
    funds = policy.economics.cost_of_funds / DAYS_IN_YEAR
    days, believed, cost, per_day = (np.zeros(allowed.shape) for _ in range(4))
    for arm, action in enumerate(rows.actions[1:], start=1):
        prior = priors[action]
        believed[:, arm], cost[:, arm] = prior["prior_days"], prior["cost"]
        per_day[:, arm] = prior["prior_share"] / prior["prior_days"] if prior["prior_days"] else 0.0
        if action in learnt.cells:
            days[:, arm] = cell_days(learnt.cells[action], rows.frame)["days"].to_numpy()
    logged = rows.arm > 0
    usual = per_day[logged, rows.arm[logged]].mean() if logged.any() else 0.0
    worth = amount * (funds + risk * usual)
    capacity = rows.frame.select((pl.col("action") != NONE).sum().over("date").alias("capacity"))["capacity"]
    measured = np.where(allowed, amount[:, None] * days * (funds + risk[:, None] * per_day) - cost, -np.inf)
    plain = np.where(allowed, amount[:, None] * believed * (funds + risk[:, None] * per_day) - cost, -np.inf)
    measured[:, 0] = plain[:, 0] = 0.0
    best, usual_best = measured.argmax(axis=1), plain.argmax(axis=1)
    index = np.arange(len(rows))
    by_gain = list_chances(rows, best, measured[index, best], capacity)
    timing = np.where(usual_best > 0, amount * believed[index, usual_best], 0.0)
    by_amount = list_chances(rows, usual_best, timing, capacity)

    outcome = -rows.column("open_days_90")

    def valued(target: np.ndarray) -> LoggedValue:
        found = logged_value(rows, target, outcome, expected=-expected, money=worth)
        paid = (target * cost).sum(axis=1)
        return replace(
            found,
            value={name: value - float(paid.mean()) for name, value in found.value.items()},
            influence={name: values - paid for name, values in found.influence.items()},
        )

    expected_gain = float((by_amount * np.where(np.isfinite(plain), plain, 0.0)).sum(axis=1).mean())
    return _Judged(rows.frame["customer_id"].to_numpy(), valued(by_gain), valued(by_amount), expected_gain)


def _loss_share(rows: OfferRows, policy: Policy) -> np.ndarray:
    """Return pd x lgd where the offers have them: without PDs only time counts, without LGDs the policy's rate."""
    if "pd" not in rows.covariates:
        return np.zeros(len(rows))
    loss = np.full(len(rows), policy.economics.lgd_uninsured)
    if "lgd" in rows.covariates:
        given = rows.column("lgd")
        loss = np.where(np.isnan(given), loss, given)
    product: np.ndarray = np.nan_to_num(rows.column("pd")) * loss
    return product


def list_chances(rows: OfferRows, action: np.ndarray, score: np.ndarray, capacity: pl.Series) -> np.ndarray:
    """Return the chances of the list that takes the highest scores above 0 of each day, up to its capacity."""
    ranked = pl.DataFrame(
        {"date": rows.frame["date"], "customer_id": rows.frame["customer_id"], "score": score, "capacity": capacity}
    ).with_row_index("row")
    chosen = (
        ranked.filter(pl.col("score") > 0)
        .sort("score", "customer_id", descending=[True, False])
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("date"))
        .filter(pl.col("rank") <= pl.col("capacity"))["row"]
        .to_numpy()
    )
    target = np.zeros((len(rows), len(rows.actions)))
    target[:, 0] = 1.0
    target[chosen, 0] = 0.0
    target[chosen, action[chosen]] = 1.0
    return target


def _answer(judged: list[_Judged], how: str) -> Gate:
    sizes = np.array([len(part.customer) for part in judged], dtype=np.float64)
    customer = np.concatenate([part.customer for part in judged]).astype(str)
    table: list[dict[str, Any]] = []
    differences = {}
    for method in ("snips", "dr"):
        gain, amount = (
            np.concatenate([getattr(part, name).influence[method] for part in judged])
            for name in ("by_gain", "by_amount")
        )
        for ranking, influence in ((GAIN, gain), (AMOUNT_X_TIMING, amount), ("difference", gain - amount)):
            found = clustered(influence, customer, float(influence.mean()))
            own = "by_amount" if ranking == AMOUNT_X_TIMING else "by_gain"
            table.append(
                {
                    "ranking": ranking,
                    "method": method,
                    "value": found.value,
                    "se": found.se,
                    "lower": found.lower,
                    "upper": found.upper,
                    "ess": sum(getattr(part, own).ess for part in judged),
                    "mean_weight": float(
                        sizes @ np.array([getattr(part, own).mean_weight for part in judged]) / sizes.sum()
                    ),
                    "offers": len(customer),
                }
            )
            if ranking == "difference":
                differences[method] = found
    evaluation = pl.DataFrame(table, schema=EVALUATION)
    margin = MARGIN * float(sizes @ np.array([part.expected_gain for part in judged]) / sizes.sum())
    shown = f"judged off-policy on {len(customer):,} offers, effects learnt {how}"
    weights = [getattr(part, name).mean_weight for part in judged for name in ("by_gain", "by_amount")]
    if min(weights) < SUPPORT[0] or max(weights) > SUPPORT[1]:
        return Gate(AMOUNT_X_TIMING, f"the log holds too little of what the lists would do ({shown})", evaluation)
    if min(row["ess"] for row in table) < FEWEST_EFFECTIVE:
        return Gate(AMOUNT_X_TIMING, f"too few offers of the log fit the lists ({shown})", evaluation)
    sound = differences["dr"].lower >= -margin and differences["snips"].upper >= -margin
    if not sound:
        return Gate(AMOUNT_X_TIMING, f"ranking by measured effects is not shown to be no worse ({shown})", evaluation)
    return Gate(GAIN, f"ranking by measured effects is shown to be no worse than amount x timing ({shown})", evaluation)
