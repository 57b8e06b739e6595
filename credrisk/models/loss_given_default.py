"""Loss given default: which share of what a customer owes on the day of default is lost in the end.

Realised loss of a default = 1 - discounted money that came in x (1 - cost of collecting it), between 0 and 1. Workouts
still open are completed by the recovery curve (:mod:`credrisk.models.recovery_curve`); a cure is a default that paid,
and costs the delay. Means by cover and segment are shrunk to the ledger's own mean, and that to a published prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import DataError, ParameterError
from credrisk.features.labels import LabelSettings
from credrisk.frames import as_polars, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.models.recovery_curve import Paid, completed, hazards, paid_of
from credrisk.models.workouts import Workouts, workouts_of

__all__ = ["PRIOR_LGD", "LossGivenDefault", "PriorLoss"]

CURED_FROM = 0.99
"""Share paid from which a default counts as cured."""

PRIOR_WORTH = 5.0
"""Defaults that the prior mean counts as."""

CELL_WORTH = 10.0
"""Defaults that the mean over all counts as in a cell of cover and segment, where there are too few to measure it."""

DEFAULTS_FOR_CREDIBILITY = 30
"""Defaults from which the worth of the mean in a cell is measured: variance within cells over variance between them."""

CREDIBILITY_BOUNDS = (1.0, 100.0)
"""Bounds of the measured worth."""

LEAST_SPREAD, MOST_SPREAD = 0.2, 20.0
"""Bounds of the beta concentration of single losses: from nearly all-or-nothing to nearly the same for all."""

DEFAULTS_FOR_SPREAD = 10
"""Finished workouts from which the spread of single losses is the ledger's own; below, losses are taken as uniform in
spread (concentration 2)."""


@dataclass(frozen=True)
class PriorLoss:
    """A published loss given default: mean, standard deviation of the belief in it, source."""

    mean: float
    sd: float
    source: str


_SURVEY = "a survey of US collection agencies (2012) collects {share} of what is {months} months past due"

PRIOR_LGD = {
    "bad_debt": PriorLoss(0.77, 0.15, _SURVEY.format(share="22.8 %", months=12)),
    "default": PriorLoss(0.30, 0.15, _SURVEY.format(share="69.6 %", months=3)),
}
"""What is believed before the ledger speaks."""


class LossGivenDefault:
    """Expected loss given default by cover and segment, with intervals.

    Parameters
    ----------
    target
        ``bad_debt`` or ``default``: the event the probability is of. Most defaults cure, few bad debts do.
    workout_months
        Months after which nothing more is expected to come.
    discount_rate
        A year; money that comes later is worth less (IFRS 9 B5.5.44: the effective interest rate, here what funds
        cost).
    collection_cost_share
        Share of what comes in after default that collecting it costs.
    by_cover
        Whether defaults with and without credit insurance or another security in force are told apart. What an insurer
        pays counts only where the ledger books it on the documents or as a recovery.
    prior_lgd
        Believed mean; None takes the published one of ``PRIOR_LGD``.
    samples
        Resamples of the defaults for the intervals.

    Attributes
    ----------
    defaults_ : polars.DataFrame
        One row a past default: ``customer_id, default_on, exposure`` (major units), ``recovered`` (share so far,
        undiscounted), ``age_days, finished, cured, covered, segment, lgd`` (realised, or completed where the workout
        is not finished).
    curve_ : polars.DataFrame
        ``month`` (from 1), ``defaults`` observed through it, ``hazard`` (share of the outstanding paid in it),
        ``outstanding`` (share of the exposure unpaid at its end).
    cells_ : polars.DataFrame
        ``covered, segment, defaults, finished, observed`` (mean of its own defaults, null without any), ``lgd,
        lgd_low, lgd_high`` (95 %), ``source``.
    cell_worth_
        Defaults that the ledger's own mean counts as in a cell [1]_.
    overall_, overall_by_money_
        Mean over the defaults after shrinkage to the prior, and the exposure-weighted mean without it (None without
        defaults).
    without_exposure_
        Defaults that owed nothing on the day: no loss given default is defined for them.

    Notes
    -----
    Interval: Bayesian bootstrap over the defaults with the curve fitted anew each time, the prior as ``PRIOR_WORTH``
    further defaults whose mean is drawn. It is one of the expected loss; a single one is spread over 0 to 1
    (``concentration_``). Do not use it for a customer who is already in default: ``defaults_`` holds what is expected
    of that one.

    References
    ----------
    .. [1] Bühlmann, H., Straub, E. (1970). Glaubwürdigkeit für Schadensätze. Mitteilungen der Vereinigung
       Schweizerischer Versicherungsmathematiker 70, 111-133.
    """

    def __init__(
        self,
        *,
        target: Literal["bad_debt", "default"] = "bad_debt",
        workout_months: int = 36,
        discount_rate: float = 0.08,
        collection_cost_share: float = 0.0,
        by_cover: bool = True,
        prior_lgd: float | None = None,
        samples: int = 500,
        seed: int = 0,
    ) -> None:
        rules: dict[str, tuple[bool, str, object]] = {
            "target": (target in PRIOR_LGD, f"one of {', '.join(PRIOR_LGD)}", target),
            "workout_months": (workout_months >= 1, "1 or more", workout_months),
            "discount_rate": (0 <= discount_rate < 1, "from 0 to below 1", discount_rate),
            "collection_cost_share": (0 <= collection_cost_share < 1, "from 0 to below 1", collection_cost_share),
            "prior_lgd": (prior_lgd is None or 0 < prior_lgd < 1, "None or between 0 and 1", prior_lgd),
            "samples": (samples >= 100, "100 or more", samples),
        }
        for name, (kept, rule, given) in rules.items():
            if not kept:
                raise ParameterError(name, rule, given)
        self.target: Literal["bad_debt", "default"] = target
        self.workout_months = workout_months
        self.discount_rate = discount_rate
        self.collection_cost_share = collection_cost_share
        self.by_cover = by_cover
        self.samples = samples
        self.seed = seed
        self.prior = PRIOR_LGD[target]
        if prior_lgd is not None:
            self.prior = PriorLoss(
                prior_lgd, min(self.prior.sd, prior_lgd / 2, (1 - prior_lgd) / 2), "given as prior_lgd"
            )

    def fit(
        self,
        ledger: Ledger,
        *,
        as_of: date | str | None = None,
        segments: Any = None,
        settings: LabelSettings | None = None,
    ) -> LossGivenDefault:
        """Learn from the past defaults of a ledger, by what was known on ``as_of`` (None: its last day).

        Parameters
        ----------
        segments
            Frame ``customer_id, segment``; customers it lacks count as segment ``other``.
        settings
            What a default is.
        """
        day = ledger.settings.covers_to if as_of is None else to_date(as_of)
        found = workouts_of(
            ledger, target=self.target, workout_months=self.workout_months, as_of=day, settings=settings
        )
        return self.fit_workouts(found, segments=segments)

    def fit_workouts(self, workouts: Workouts, *, segments: Any = None) -> LossGivenDefault:
        """Learn from defaults given as :class:`~credrisk.models.workouts.Workouts` (loans, another system's books)."""
        defaults = workouts.defaults.join(_segments(segments), on="customer_id", how="left", maintain_order="left")
        defaults = defaults.with_columns(
            pl.col("segment").fill_null("other"), covered=pl.col("covered") & pl.lit(self.by_cover)
        )
        age = defaults["age_days"].to_numpy()
        paid = paid_of(workouts.flows, age, months=self.workout_months, discount_rate=self.discount_rate)
        weight, prior_mean, prior_weight = self._drawn(len(paid))
        hazard = hazards(paid, weight, prior_mean)
        came = completed(paid, hazard, discount_rate=self.discount_rate)
        loss = np.clip(1 - came * (1 - self.collection_cost_share), 0.0, 1.0)
        overall = (np.einsum("sd,sd->s", weight, loss) + prior_weight * prior_mean) / (
            weight.sum(axis=1) + prior_weight
        )
        finished = (paid.whole >= self.workout_months) | (paid.total >= 1 - 1e-9)
        self.without_exposure_ = workouts.without_exposure
        self.defaults_ = defaults.select(
            "customer_id",
            "default_on",
            "exposure",
            pl.Series("recovered", paid.total),
            "age_days",
            pl.Series("finished", finished),
            pl.Series("cured", paid.total >= CURED_FROM),
            "covered",
            "segment",
            pl.Series("lgd", loss[0]),
        )
        self.overall_ = float(overall[0])
        exposure = defaults["exposure"].to_numpy()
        self.overall_by_money_ = float(loss[0] @ exposure / exposure.sum()) if len(paid) else None
        self.concentration_ = _concentration(loss[0][finished])
        self.curve_ = _curve(paid, hazard[0])
        self._draw_cells(weight, loss, overall, finished)
        return self

    def predict(self, customers: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return the expected loss given default of customers not in default.

        Parameters
        ----------
        customers
            Frame with ``customer_id`` and, where known, ``covered`` (whether a cover is in force, or the covered
            money) and ``segment``. A null or missing one counts as not covered, as ``other``.

        Returns
        -------
        frame
            ``customer_id, lgd, lgd_low, lgd_high`` (95 %, of the expected loss), ``lgd_defaults`` (past defaults of the
            cell) and ``lgd_source`` in words.
        """
        self._check_fitted()
        frame = as_polars(customers, "customers")
        if "customer_id" not in frame.columns:
            raise DataError("customer_id is missing.", table="customers", columns=["customer_id"])
        cell = self.cells_of(frame)
        cells = self._cells_and_unseen()
        rows = pl.Series(cell, dtype=pl.UInt32)
        told = frame.select("customer_id").with_columns(
            **{name: cells[name].gather(rows) for name in ("lgd", "lgd_low", "lgd_high")},
            lgd_defaults=cells["defaults"].gather(rows),
            lgd_source=cells["source"].gather(rows),
        )
        return given_out(told, output)

    def cells_of(self, customers: pl.DataFrame) -> np.ndarray:
        """Return the column of ``draws_`` that each customer belongs to."""
        self._check_fitted()
        covered = np.zeros(customers.height, dtype=bool)
        if self.by_cover and "covered" in customers.columns:
            covered = (customers["covered"].cast(pl.Float64).fill_null(0.0) > 0).to_numpy()
        segment = ["other"] * customers.height
        if "segment" in customers.columns:
            segment = customers["segment"].cast(pl.String).fill_null("other").to_list()
        known = {(row[0], row[1]): place for place, row in enumerate(self.cells_.select("covered", "segment").rows())}
        unseen = self.cells_.height
        return np.array(
            [known.get((bool(c), s), unseen) for c, s in zip(covered, segment, strict=True)], dtype=np.int64
        )

    def _drawn(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights of the defaults, and mean and weight of the prior: first as they are, then drawn."""
        rng = np.random.default_rng(self.seed)
        weight = np.vstack([np.ones((1, n)), rng.exponential(size=(self.samples, n))])
        mean, sd = self.prior.mean, self.prior.sd
        size = mean * (1 - mean) / sd**2 - 1
        drawn = rng.beta(mean * size, (1 - mean) * size, self.samples).clip(0.01, 0.99)
        return weight, np.append(mean, drawn), np.append(PRIOR_WORTH, rng.gamma(PRIOR_WORTH, size=self.samples))

    def _draw_cells(self, weight: np.ndarray, loss: np.ndarray, overall: np.ndarray, finished: np.ndarray) -> None:
        """Shrink the mean of each cell to the overall one; ``draws_`` has a column a cell and the overall one last."""
        rng = np.random.default_rng(self.seed + 1)
        keys = self.defaults_.select("covered", "segment")
        distinct = keys.unique().sort("covered", "segment").rows()
        self.cell_worth_ = _credibility(_by_cell(keys, loss[0]))
        worth = np.append(self.cell_worth_, rng.gamma(self.cell_worth_, size=self.samples))
        rows, draws = [], []
        for covered, segment in distinct:
            mine = ((keys["covered"] == covered) & (keys["segment"] == segment)).to_numpy()
            sums = np.einsum("sd,sd->s", weight[:, mine], loss[:, mine])
            drawn = (sums + worth * overall) / (weight[:, mine].sum(axis=1) + worth)
            drawn = drawn if len(distinct) > 1 else overall
            draws.append(drawn)
            rows.append(
                {
                    "covered": covered,
                    "segment": segment,
                    "defaults": int(mine.sum()),
                    "finished": int((mine & finished).sum()),
                    "observed": float(loss[0][mine].mean()),
                    **_interval(drawn),
                    "source": self._source(int(mine.sum()), len(mine)),
                }
            )
        schema = {
            "covered": pl.Boolean,
            "segment": pl.String,
            "defaults": pl.Int64,
            "finished": pl.Int64,
            **dict.fromkeys(("observed", "lgd", "lgd_low", "lgd_high"), pl.Float64),
            "source": pl.String,
        }
        self.cells_ = pl.DataFrame(rows, schema=schema)
        self.draws_ = np.column_stack([*draws, overall])

    def _cells_and_unseen(self) -> pl.DataFrame:
        """Return the cells, then a row for customers of a cell without past defaults."""
        overall = self.draws_[:, -1]
        unseen = {
            "covered": None,
            "segment": None,
            "defaults": 0,
            "finished": 0,
            "observed": None,
            **_interval(overall),
            "source": self._source(0, self.defaults_.height),
        }
        return pl.concat([self.cells_, pl.DataFrame([unseen], schema=self.cells_.schema)])

    def _source(self, own: int, n: int) -> str:
        if n == 0:
            return f"no past default in the ledger: the prior of {self.prior.mean:.2f} ({self.prior.source})"
        prior = f"the prior of {self.prior.mean:.2f} ({self.prior.source}) counting as {PRIOR_WORTH:g}"
        if own == n:
            return f"{n} past defaults, {prior}"
        return f"{own} past defaults of its kind, the ledger's {n} counting as {self.cell_worth_:.0f}, {prior}"

    def _check_fitted(self) -> None:
        if not hasattr(self, "cells_"):
            raise ParameterError("LossGivenDefault", "fitted before it predicts", "not fitted")


def _segments(segments: Any) -> pl.DataFrame:
    if segments is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "segment": pl.String})
    frame = as_polars(segments, "segments")
    missing = [name for name in ("customer_id", "segment") if name not in frame.columns]
    if missing:
        raise DataError("Columns are missing.", table="segments", columns=missing)
    frame = frame.select(pl.col("customer_id", "segment").cast(pl.String))
    doubled = frame.filter(pl.col("customer_id").is_duplicated())
    if doubled.height:
        ids = doubled["customer_id"].unique().sort().to_list()
        raise DataError("A customer has two segments.", table="segments", rows=doubled.height, ids=ids)
    return frame


def _interval(drawn: np.ndarray) -> dict[str, float]:
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return {"lgd": float(drawn[0]), "lgd_low": float(min(low, drawn[0])), "lgd_high": float(max(high, drawn[0]))}


def _by_cell(keys: pl.DataFrame, loss: np.ndarray) -> list[np.ndarray]:
    """Return the losses of each cell."""
    cells = keys.with_columns(loss=pl.Series(loss)).partition_by("covered", "segment", maintain_order=True)
    return [cell["loss"].to_numpy() for cell in cells]


def _credibility(cells: list[np.ndarray]) -> float:
    """Return how many defaults the mean over all is worth in a cell: variance within over variance between cells."""
    sizes = np.array([len(cell) for cell in cells])
    n, count = int(sizes.sum()), len(cells)
    if n < DEFAULTS_FOR_CREDIBILITY or count < 2 or n <= count:
        return CELL_WORTH
    means = np.array([cell.mean() for cell in cells])
    within = sum(float(((cell - cell.mean()) ** 2).sum()) for cell in cells) / (n - count)
    spread = float(sizes @ (means - sizes @ means / n) ** 2)
    between = (spread - (count - 1) * within) / (n - float((sizes**2).sum()) / n)
    least, most = CREDIBILITY_BOUNDS
    return most if between <= 0 else float(np.clip(within / between, least, most))


def _concentration(losses: np.ndarray) -> float:
    """Return a + b of the beta with the mean and variance of finished workouts: how alike single losses are."""
    if len(losses) < DEFAULTS_FOR_SPREAD:
        return 2.0
    mean, variance = float(losses.mean()), float(losses.var())
    if variance <= 0 or not 0 < mean < 1:
        return MOST_SPREAD
    return float(np.clip(mean * (1 - mean) / variance - 1, LEAST_SPREAD, MOST_SPREAD))


def _curve(paid: Paid, hazard: np.ndarray) -> pl.DataFrame:
    months = len(hazard)
    return pl.DataFrame(
        {
            "month": np.arange(1, months + 1),
            "defaults": (paid.whole[:, None] > np.arange(months)[None, :]).sum(axis=0).astype(np.int64),
            "hazard": hazard,
            "outstanding": np.cumprod(1 - hazard),
        }
    )
