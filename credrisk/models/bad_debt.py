"""The probability that a customer turns into a bad debt, a default or a late payer within 3, 6 and 12 months."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from credrisk.errors import DataError, EvidenceError, ModelFileError, ParameterError
from credrisk.frames import as_polars, given_out
from credrisk.models.booster import BoosterSettings
from credrisk.models.calibration import Calibration, fit_calibration, identity, proportional, split_day
from credrisk.models.cold_start import fit_cold_start
from credrisk.models.evidence import evidence_of, usable
from credrisk.models.explain import reasons
from credrisk.models.intervals import (
    Expanded,
    bounded,
    cumulative_incidence,
    expand,
    interval_edges,
    measured_horizons,
    sampled,
)
from credrisk.models.leaving import fit_leaving
from credrisk.models.model_card import figures_of
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.parts import PanelParts
from credrisk.models.prior import PRIORS, Prior
from credrisk.models.rows import Rows, as_values, feature_frame, feature_matrix, read_rows
from credrisk.models.rungs import ROWS_AN_EVENT_ROW, RUNGS, fit_intensity, rung_for
from credrisk.models.store import FittedState, hash_of, read_model, write_model
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.models.validation import Validation

__all__ = ["BadDebtModel"]

PANEL_KEYS = ("customer_id", "as_of")
"""Columns of a panel that are no features."""

ROWS_AT_ONCE = 100_000
"""Rows scored at one time: memory holds their features as numbers once, not those of the whole panel."""

CALIBRATION_ROWS = 100_000
"""Rows times intervals from which the model of the earlier dates learns, and at least so many for each that meets the
target: all events and a sample of the rest. It only has to show how sharp such a model is, its time comes on top of the
final one's, and ten others to an event tell nearly all that all the others would: 10 / 11 of the information."""


class BadDebtModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Forward intensity of an event of a trade debtor, by the strength of the evidence.

    The monthly rate of the event in the intervals (0, 1], (1, 3], (3, 6], (6, 12] months ahead is fitted on panel rows
    weighted by their months at risk, calibrated out of time, and put together with the rate of leaving in good
    standing into the probability within each horizon [1]_. Under 10 distinct events the rate is an expert card (stated
    points, nothing fitted but the level), from 10 to 99 a regression penalised to a stated belief, from 100 an additive
    booster: LightGBM trees of one feature each, whose rate moves only in the worse direction of the catalogue.
    ``rung_`` names it; print it with every probability.

    Parameters
    ----------
    target
        ``bad_debt``, ``default`` or ``late30``. It names the outputs (``pd_12m``, ``p_default_12m``,
        ``p_late30_12m``) and the prior; what the event is, the labels define.
    horizons
        Months, whole and rising.
    rung
        ``auto`` (by the distinct events), ``expert_card``, ``penalised_regression`` or ``booster``.
    prior_rate
        Believed share with the event within twelve months; None takes the published figure of ``PRIORS``. It matters
        for the card and, little, for the regression.
    max_rows
        Rows times intervals to learn from at most; all events are kept, the rest is sampled by customer.
    trees, leaves, learning_rate
        Size of the booster.
    shrinkage_events
        Distinct events by which each step of the booster is drawn to none.
    threads
        Threads of LightGBM. The same number gives the same model to the last bit. More than one pays only on many rows
        and idle cores: on busy ones its threads wait for each other.
    seed
        Seed of all sampling.

    Attributes
    ----------
    rung_
        The rung taken.
    evidence_
        What it rests on: rows, customers, first_events (distinct), event_rows, left_rows, first_on and last_on (dates
        of the rows), dropped_null and dropped_constant (features), rows_used_share, prior_rate, prior_source,
        unmeasured_horizons (why, by months), cold_start (the level of customers without a payment record, in words).
    measured_horizons_
        The horizons that have a probability, rising.
    hash_
        Hash of all that the model computes with, by which its reference knows it.
    calibration_
        :class:`~credrisk.models.calibration.Calibration`: method, level, slope, curves, events, scores, reason.
    figures_
        What the back-test stored with the model found; empty where none was.
    feature_names_in_, n_features_in_, classes_
        As in scikit-learn.
    currency_
        Currency of the money features.

    References
    ----------
    .. [1] Duan, J.-C., Sun, J., Wang, T. (2012). Multiperiod corporate default prediction: a forward intensity
       approach. Journal of Econometrics 170(1), 191-209.

    Notes
    -----
    Do not use it for a customer already in default or bad debt: the rows it learnt from were at risk. Amounts never
    weigh a row: a probability is per customer, not per euro.

    Examples
    --------
    >>> rows = training_rows(panel, labels, target="bad_debt")              # doctest: +SKIP
    >>> model = BadDebtModel().fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)  # doctest: +SKIP
    >>> model.predict_pd(panel_today)                                       # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        target: Target = "bad_debt",
        horizons: Sequence[int] = (3, 6, 12),
        rung: Literal["auto", "expert_card", "penalised_regression", "booster"] = "auto",
        prior_rate: float | None = None,
        max_rows: int = 2_000_000,
        trees: int = 200,
        leaves: int = 4,
        learning_rate: float = 0.1,
        shrinkage_events: float = 5.0,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.target = target
        self.horizons = horizons
        self.rung = rung
        self.prior_rate = prior_rate
        self.max_rows = max_rows
        self.trees = trees
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.shrinkage_events = shrinkage_events
        self.threads = threads
        self.seed = seed

    def fit(self, X: Any, y: Any, *, as_of: Any = None, groups: Any = None, currency: str = "EUR") -> BadDebtModel:
        """Fit on panel rows at risk.

        Parameters
        ----------
        X
            Features of the catalogue, pandas or Polars, shape (n_rows, n_features); null = not measured. A feature
            that is null or the same in every row is left out and named in ``evidence_``.
        y
            Frame or structured array with ``event`` (0 censored, 1 the target, 2 left in good standing) and
            ``months`` (> 0), as :func:`~credrisk.models.outcomes.survival_outcome` gives it.
        as_of
            Date of each row. Without dates nothing can be calibrated out of time, and ``calibration_`` says so.
        groups
            Customer (or parent group) of each row. Without it every row counts as a customer of its own.
        currency
            Currency of the money features, for the reasons in words.

        Raises
        ------
        EvidenceError
            When no row met the event within the longest horizon: there is nothing to estimate.
        DataError, ParameterError
            When the rows or a parameter break their rule.

        Notes
        -----
        The order of the rows, and of the columns, changes nothing.
        """
        self._check_parameters()
        names, values = feature_matrix(X)
        if not len(values):
            raise DataError("There are no rows to learn from.", table="X")
        rows = read_rows(values, y, as_of=as_of, groups=groups)
        return self._fit(names, rows, None, dated=as_of is not None, currency=currency)

    def fit_parts(
        self, folder: str | PathLike[str], labels: Any, *, currency: str = "EUR", progress: Progress = silent
    ) -> BadDebtModel:
        """Fit on a panel in Parquet parts that memory need not hold.

        Parameters
        ----------
        folder
            Folder of parts with ``customer_id``, ``as_of`` and features, as ``credrisk panel`` and
            :func:`~credrisk.pipeline.partitions.panel_parts` write them.
        labels
            Output of ``build_labels`` for the same dates: a frame, a Parquet file or a folder of them.
        currency
            Currency of the money features.
        progress
            Called with the stage and how far it is.

        Returns
        -------
        BadDebtModel
            The same as :meth:`fit` of :func:`~credrisk.models.outcomes.training_rows` gives for the whole panel.

        Raises
        ------
        EvidenceError, DataError, ParameterError
            As :meth:`fit`; and when the parts do not fit together.

        Notes
        -----
        Keys and outcomes of all rows are held (about 100 bytes a row); of the features only the rows learnt from:
        every event of the target, the rest of a sample of customers, ``max_rows`` in all. Panels in float32 take half
        the memory of float64.
        """
        self._check_parameters()
        parts = PanelParts.open(folder, labels, target=self.target, progress=progress)
        if not len(parts.rows):
            raise DataError("There are no rows to learn from.", table="panel")

        def read(rows: Rows) -> np.ndarray:
            return parts.read(rows, progress=progress)

        return self._fit(parts.names, parts.rows, read, dated=True, currency=currency)

    def _fit(
        self,
        names: list[str],
        rows: Rows,
        read: Callable[[Rows], np.ndarray] | None,
        *,
        dated: bool,
        currency: str,
    ) -> BadDebtModel:
        """Fit on sorted rows; ``read`` gives the features of those learnt from where ``rows`` does not hold them."""
        horizons, unmeasured = measured_horizons(self.horizons, rows)
        if not horizons:
            raise EvidenceError(f"No horizon can be measured: {'; '.join(unmeasured.values())}.")
        edges = interval_edges(horizons)
        first_events = len(rows.first_event_days(edges[-1]))
        if first_events == 0:
            raise EvidenceError(
                f"No {self.target.replace('_', ' ')} within {edges[-1]:.0f} months in {len(rows)} rows at risk: "
                f"a probability cannot be estimated from this ledger."
            )
        prior = PRIORS[self.target]
        if self.prior_rate is not None:
            prior = dataclasses.replace(prior, rate=self.prior_rate, source="given as prior_rate")
        evidence = evidence_of(rows, edges[-1], first_events, dated)
        evidence["unmeasured_horizons"] = {str(horizon): reason for horizon, reason in unmeasured.items()}
        chosen, weight = sampled(rows, edges, self.max_rows, self.seed)
        if weight is not None:
            rows = dataclasses.replace(rows, weight=weight).take(chosen)
        if read is not None:
            rows = dataclasses.replace(rows, values=read(rows))
        features, rows, dropped = usable(names, rows)
        expanded = expand(rows, edges)

        self.rung_ = rung_for(first_events) if self.rung == "auto" else self.rung
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(names)
        self.feature_names_in_ = np.array(names, dtype=object)
        self.currency_ = currency
        self.evidence_ = evidence | dropped
        self.evidence_ |= {
            "rows_used_share": float(1 / expanded.weight.max()),
            "prior_rate": prior.rate,
            "prior_source": prior.source,
        }
        self.figures_: dict[str, Any] = {}
        self._features = features
        self._edges = edges
        self._leaving = fit_leaving(rows.values, features, expanded, n_intervals=len(edges) - 1)
        calibration = self._calibrate(rows, prior, dated=dated)
        self._intensity = self._fit_intensity(rows, expanded, first_events, prior)
        fitted = self._intensity.log_intensity(rows.values)
        self.calibration_ = calibration.keeping_total(fitted[expanded.row, expanded.interval], expanded)
        nothing = np.full((1, len(features)), np.nan)
        self._cold_start = fit_cold_start(
            rows.values,
            features,
            expanded,
            self.calibration_.apply(fitted)[expanded.row, expanded.interval],
            log_rate_of_nulls=self.calibration_.apply(self._intensity.log_intensity(nothing))[0],
            widths=np.diff(edges),
            first_events=first_events,
        )
        self.evidence_["cold_start"] = self._cold_start.says
        return self

    @property
    def measured_horizons_(self) -> tuple[int, ...]:
        """Return the horizons that the ledger could measure, rising."""
        check_is_fitted(self)
        return tuple(sorted(int(h) for h in self.horizons if str(h) not in self.evidence_["unmeasured_horizons"]))

    def predict_pd(
        self, X: Any, *, horizons: Sequence[float] | None = None, output: Literal["pandas", "polars"] = "pandas"
    ) -> Any:
        """Return the probability of the target within each horizon, before the customer leaves in good standing.

        Parameters
        ----------
        X
            The features the model was fitted on, in any order of columns; ``customer_id`` and ``as_of`` are passed
            over, so that a panel can be given as it is. The same holds for the other methods that read ``X``.
        horizons
            Months up to the longest of the model; None takes the model's.
        output
            ``pandas`` (with the index of ``X``) or ``polars``.

        Returns
        -------
        frame
            One row per row of ``X``; ``pd_3m`` and so on for bad debt, ``p_default_3m`` for default and
            ``p_late30_3m`` for late payment. In [0, 1], rising with the horizon. Null for a horizon that the ledger
            could not measure: ``evidence_["unmeasured_horizons"]`` says why.
        """
        probabilities, asked = self._probabilities(X, horizons)
        prefix = PREFIXES[self.target]
        frame = pl.DataFrame(
            {f"{prefix}_{h:g}m": pl.Series(probabilities[:, i]).fill_nan(None) for i, h in enumerate(asked)}
        )
        return given_out(frame, output, like=X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of no event and of the event within the longest horizon measured, (n_rows, 2)."""
        check_is_fitted(self)
        within = self._probabilities(X, [float(self._edges[-1])])[0][:, 0]
        return np.column_stack([1.0 - within, within])

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 where the event within the longest horizon is likelier than not. Decisions need the policy's cut."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def explain(
        self,
        X: Any,
        *,
        top: int = 3,
        currency: str | None = None,
        output: Literal["pandas", "polars"] = "pandas",
    ) -> Any:
        """Return the reasons of each row in words, the strongest first.

        Parameters
        ----------
        top
            Reasons a row at most.
        currency
            Currency of the money features; None takes the one fitted with.

        Returns
        -------
        frame
            ``row`` (position in ``X``), ``rank``, ``feature``, ``value``, ``contribution`` (to the log rate, see
            :meth:`contributions`), ``says``. One feature a trade question, and only what raises the rate; where
            nothing does, one line says so, without feature. See :func:`credrisk.models.explain.reasons`.
            ``no_payment_record`` is a reason where it raises the rate.
        """
        if top < 1:
            raise ParameterError("top", "1 or more", top)
        check_is_fitted(self)
        values = self._values(X)
        parts, _ = self._contributions(values)
        told = self._cold_start.values_told(values)
        frame = reasons(parts, told, self._cold_start.told, top=top, currency=currency or self.currency_)
        return given_out(frame, output)

    def contributions(self, X: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return what each feature adds to the mean log rate (intervals weighted by their width), and the base.

        ``base`` and the contributions of a row sum to its mean log monthly rate after calibration: the booster's
        curves, the regression's terms or the card's points. ``base`` is the log rate of the mean training row.

        Where ``days_since_last_payment`` is a feature of the model, ``no_payment_record`` stands beside the features:
        for a customer that never paid what that adds, the nulls of its payment record included (these are 0 then);
        0 for the others.
        """
        check_is_fitted(self)
        parts, base = self._contributions(self._values(X))
        frame = pl.DataFrame({**{name: parts[:, i] for i, name in enumerate(self._cold_start.told)}, "base": base})
        return given_out(frame, output, like=X)

    def log_intensities(self, X: Any) -> np.ndarray:
        """Return the calibrated log monthly rate of the target in each interval, shape (n_rows, n_intervals)."""
        check_is_fitted(self)
        return self._log_rate(self._values(X))

    def save(
        self, folder: str | PathLike[str], *, overwrite: bool = False, validation: Validation | None = None
    ) -> None:
        """Write the model to a folder: ``model.json``, ``MODEL_CARD.md`` to be read, ``manifest.json`` with hashes.

        Parameters
        ----------
        validation
            A back-test of such a model (:func:`~credrisk.models.validation.validate`): its figures are stored and shown
            on the card.
        """
        check_is_fitted(self)
        if validation is not None:
            self.figures_ = figures_of(validation)
        write_model(folder, self._state(), overwrite=overwrite)

    @property
    def hash_(self) -> str:
        """Return the hash of the fitted model: the same after saving and loading, another for any other fit."""
        check_is_fitted(self)
        return hash_of(self._state())

    def _state(self) -> FittedState:
        return FittedState(
            parameters=self.get_params(),
            currency=self.currency_,
            rung=self.rung_,
            feature_names=tuple(self.feature_names_in_.tolist()),
            features=self._features,
            edges=self._edges,
            evidence=self.evidence_,
            calibration=self.calibration_,
            leaving=self._leaving,
            cold_start=self._cold_start,
            intensity=self._intensity,
            figures=self.figures_,
        )

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> BadDebtModel:
        """Read a saved model; it scores the same to the last bit.

        Raises
        ------
        ModelFileError
            When a file is missing, changed, damaged or from another catalogue of features.
        """
        state = read_model(folder)
        try:
            model = cls(**state.parameters)
            model._check_parameters()
        except (TypeError, ValueError) as wrong:
            raise ModelFileError(f"The parameters of the stored model are damaged: {wrong}") from wrong
        model.rung_ = state.rung
        model.classes_ = np.array([0, 1])
        model.n_features_in_ = len(state.feature_names)
        model.feature_names_in_ = np.array(state.feature_names, dtype=object)
        model.currency_ = state.currency
        model.evidence_ = state.evidence
        model.calibration_ = state.calibration
        model._features, model._edges = state.features, state.edges
        model.figures_ = state.figures
        model._leaving, model._cold_start, model._intensity = state.leaving, state.cold_start, state.intensity
        return model

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether the model is fitted."""
        return hasattr(self, "_intensity")

    def _check_parameters(self) -> None:
        def whole(value: Any, least: int) -> bool:
            return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)

        def number(value: Any) -> float:
            given = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
            return float(value) if given else float("nan")

        months = list(self.horizons) if isinstance(self.horizons, Sequence | np.ndarray) else []
        rules = {
            "target": (isinstance(self.target, str) and self.target in PREFIXES, f"one of {', '.join(PREFIXES)}"),
            "horizons": (
                len(months) > 0 and all(whole(h, 1) for h in months) and months == sorted(set(months)),
                "a sequence of whole numbers of months above 0, rising",
            ),
            "rung": (self.rung in ("auto", *RUNGS), f"one of auto, {', '.join(RUNGS)}"),
            "prior_rate": (self.prior_rate is None or 0 < number(self.prior_rate) < 1, "None or between 0 and 1"),
            "max_rows": (whole(self.max_rows, 1), "a whole number, 1 or more"),
            "trees": (whole(self.trees, 1), "a whole number, 1 or more"),
            "leaves": (whole(self.leaves, 2), "a whole number, 2 or more"),
            "learning_rate": (0 < number(self.learning_rate) <= 1, "above 0 and at most 1"),
            "shrinkage_events": (0 <= number(self.shrinkage_events) < np.inf, "0 or more"),
            "threads": (whole(self.threads, 1), "a whole number, 1 or more"),
            "seed": (whole(self.seed, 0), "a whole number, 0 or more"),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise ParameterError(name, rule, getattr(self, name))

    def _fit_intensity(self, rows: Rows, expanded: Expanded, first_events: int, prior: Prior) -> Any:
        return fit_intensity(
            self.rung_,
            rows,
            expanded,
            self._features,
            edges=self._edges,
            first_events=first_events,
            prior=prior,
            settings=BoosterSettings(
                trees=self.trees,
                leaves=self.leaves,
                learning_rate=self.learning_rate,
                shrinkage_events=self.shrinkage_events,
                threads=self.threads,
                seed=self.seed,
            ),
        )

    def _calibrate(self, rows: Rows, prior: Prior, *, dated: bool) -> Calibration:
        """Fit on the earlier dates with what was known then, and learn the map on the later ones."""
        n_intervals = len(self._edges) - 1
        if not dated:
            return identity("the rows were given without dates", n_intervals=n_intervals)
        if self.rung_ == "expert_card":
            reason = "the level of the card is the ledger's own rate blended with the prior"
            return identity(reason, n_intervals=n_intervals)
        day = split_day(rows.first_event_days(self._edges[-1]), rows.day)
        if day is None:
            return identity("no date has events on both sides of it", n_intervals=n_intervals)
        split_on = str(np.datetime64(day, "D"))
        early, later = rows.known_on(day), rows.take(rows.day >= day)
        early_events = len(early.first_event_days(self._edges[-1]))
        if early_events == 0:
            return identity(f"no event was known before {split_on}", n_intervals=n_intervals, split_on=split_on)
        expanded = expand(early, self._edges)
        most = max(CALIBRATION_ROWS, ROWS_AN_EVENT_ROW * int(expanded.target.sum()))
        expanded = bounded(expanded, early, min(self.max_rows, most), self.seed)
        intensity = self._fit_intensity(early, expanded, early_events, prior)
        predicted = dataclasses.replace(later, values=intensity.log_intensity(later.values))
        return fit_calibration(predicted, edges=self._edges, split_on=split_on)

    def _contributions(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return contributions to the calibrated mean log rate, intervals weighted by their width, and the base."""
        share = np.diff(self._edges) / self._edges[-1]
        parts, base = self._intensity.contributions(values, share * np.array(self.calibration_.slope))
        if self.calibration_.curved:
            log_rate = self._intensity.log_intensity(values)
            parts, base = proportional(parts, log_rate, share, self.calibration_.apply)
        else:
            base = base + share @ np.array(self.calibration_.level)
        return self._cold_start.parts_told(parts, values), base

    def _log_rate(self, values: np.ndarray) -> np.ndarray:
        """Return the calibrated log monthly rates, shape (n_rows, n_intervals)."""
        log_rate: np.ndarray = self.calibration_.apply(self._intensity.log_intensity(values))
        log_rate += self._cold_start.added(values)[:, None]
        return log_rate

    def _frame(self, X: Any) -> pl.DataFrame:
        frame = as_polars(X, "X")
        frame = frame.drop([name for name in PANEL_KEYS if name in frame.columns])
        return feature_frame(frame, expected=self.feature_names_in_.tolist()).select(self._features)

    def _values(self, X: Any) -> np.ndarray:
        frame = self._frame(X)
        return as_values(frame) if self._features else np.empty((len(X), 0))

    def _probabilities(self, X: Any, horizons: Sequence[float] | None) -> tuple[np.ndarray, Sequence[float]]:
        """Return the probabilities within each horizon, NaN where not measured, a block of rows at a time."""
        check_is_fitted(self)
        asked = self.horizons if horizons is None else horizons
        longest = max(self.horizons)
        if not len(asked) or not all(0 < horizon <= longest for horizon in asked):
            raise ParameterError("horizons", f"months above 0 and at most {longest:g}", horizons)
        frame = self._frame(X)
        found = np.full((len(X), len(asked)), np.nan)
        known = [place for place, horizon in enumerate(asked) if horizon <= self._edges[-1]]
        for start in range(0, len(X), ROWS_AT_ONCE):
            block = frame[start : start + ROWS_AT_ONCE]
            values = as_values(block) if self._features else np.empty((len(found[start : start + ROWS_AT_ONCE]), 0))
            found[start : start + ROWS_AT_ONCE, known] = cumulative_incidence(
                self._log_rate(values),
                self._leaving.log_intensity(values),
                self._edges,
                [asked[place] for place in known],
            )
        return found, asked
