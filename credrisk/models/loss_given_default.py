"""Loss given default: which share of what a customer owes on the day of default is lost in the end.

Realised loss of a default = 1 - discounted money that came in x (1 - cost of collecting it), between 0 and 1. Workouts
still open are completed by the recovery curve (:mod:`credrisk.models.recovery_curve`); a cure is a default that paid,
and costs the delay. Means by cover and segment are shrunk to the mean around them (:mod:`credrisk.models.credibility`),
and the ledger's own mean to a published prior.
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
from credrisk.models.credibility import nested_means
from credrisk.models.recovery_curve import Paid, completed, hazards, paid_of
from credrisk.models.workouts import Workouts, workouts_of

__all__ = ["PRIOR_LGD", "LossGivenDefault", "PriorLoss"]

CURED_FROM = 0.99
"""Share paid from which a default counts as cured."""

PRIOR_WORTH = 5.0
"""Defaults that the prior mean counts as."""

SEPARATOR = " / "
"""Between the levels of a segment, from the one that tells most to the one that tells least."""

COVERED, UNCOVERED = "covered", "not covered"

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
        From the whole (null, null) to the finest segments, those left out that hold all of the one around them:
        ``covered, segment, defaults, finished, observed`` (mean of its own defaults, null without any), ``lgd, lgd_low,
        lgd_high`` (95 %), ``source``.
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
            Frame ``customer_id, segment``; customers it lacks count as segment ``other``. Segments within segments are
            written ``trade / small``: each is shrunk to the one around it, and a kind never seen takes the nearest one
            around it that was.
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
        paths = [_path(*row) for row in self.defaults_.select("covered", "segment").iter_rows()]
        self._nested = nested_means(paths, loss, weight, overall, seed=self.seed + 1)
        self.draws_ = self._nested.draws
        self.cells_ = self._tell(loss[0], finished)
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
            ``customer_id, lgd, lgd_low, lgd_high`` (95 %, of the expected loss), ``lgd_defaults`` (past defaults of its
            kind, of the nearest one around it where none is known) and ``lgd_source`` in words.
        """
        self._check_fitted()
        frame = as_polars(customers, "customers")
        if "customer_id" not in frame.columns:
            raise DataError("customer_id is missing.", table="customers", columns=["customer_id"])
        cells, rows = self.cells_, pl.Series(self.cells_of(frame), dtype=pl.UInt32)
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
        known: dict[tuple[bool, str], int] = {}
        for pair in set(zip(covered.tolist(), segment, strict=True)):
            known[pair] = self._nested.nearest(_path(*pair))
        return np.array([known[pair] for pair in zip(covered.tolist(), segment, strict=True)], dtype=np.int64)

    def _drawn(self, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return weights of the defaults, and mean and weight of the prior: first as they are, then drawn."""
        rng = np.random.default_rng(self.seed)
        weight = np.vstack([np.ones((1, n)), rng.exponential(size=(self.samples, n))])
        mean, sd = self.prior.mean, self.prior.sd
        size = mean * (1 - mean) / sd**2 - 1
        drawn = rng.beta(mean * size, (1 - mean) * size, self.samples).clip(0.01, 0.99)
        return weight, np.append(mean, drawn), np.append(PRIOR_WORTH, rng.gamma(PRIOR_WORTH, size=self.samples))

    def _tell(self, loss: np.ndarray, finished: np.ndarray) -> pl.DataFrame:
        """Return a row for every group, from the whole to the finest."""
        rows = []
        for path, own, drawn in zip(self._nested.paths, self._nested.members, self._nested.draws.T, strict=True):
            low, high = np.quantile(drawn[1:], [0.025, 0.975])
            rows.append(
                {
                    "covered": path[0] == COVERED if path else None,
                    "segment": SEPARATOR.join(path[1:]) if len(path) > 1 else None,
                    "defaults": len(own),
                    "finished": int(finished[own].sum()),
                    "observed": float(loss[own].mean()) if len(own) else None,
                    "lgd": float(drawn[0]),
                    "lgd_low": float(min(low, drawn[0])),
                    "lgd_high": float(max(high, drawn[0])),
                    "source": self._source(path, len(own), len(loss)),
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
        return pl.DataFrame(rows, schema=schema)

    def _source(self, path: tuple[str, ...], own: int, n: int) -> str:
        if n == 0:
            return f"no past default in the ledger: the prior of {self.prior.mean:.2f} ({self.prior.source})"
        prior = f"the prior of {self.prior.mean:.2f} ({self.prior.source}) counting as {PRIOR_WORTH:g}"
        if own == n:
            return f"{n} past defaults, {prior}"
        worth = self._nested.worths[len(path) - 1]
        return f"{own} past defaults of its kind, the mean around it counting as {worth:.0f}, {prior}"

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


def _path(covered: bool, segment: str) -> tuple[str, ...]:
    return (COVERED if covered else UNCOVERED, *segment.split(SEPARATOR))


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
