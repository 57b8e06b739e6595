"""The probability that a customer turns into a bad debt, a default or a late payer within 3, 6 and 12 months."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from credrisk.errors import DataError, ModelFileError
from credrisk.models.bad_debt_answers import BadDebtAnswers
from credrisk.models.bad_debt_fit import FitSettings, Reader, fit_rows
from credrisk.models.bad_debt_parameters import check_parameters
from credrisk.models.booster import BoosterSettings
from credrisk.models.fitted import Fitted
from credrisk.models.model_card import figures_of
from credrisk.models.outcomes import Target
from credrisk.models.parts import PanelParts
from credrisk.models.prior import PRIORS, UNFORESEEN
from credrisk.models.rows import Rows, feature_matrix, read_rows
from credrisk.models.store import FittedState, hash_of, read_model, write_model
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.models.validation import Validation

__all__ = ["BadDebtModel"]


class BadDebtModel(BadDebtAnswers):
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
        Rows times intervals to learn from at most; all events are kept, the rest is sampled by customer. The booster
        takes a sample of these where they are more than 500,000.
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
        undecided_placements (await their verdict) and undecided_events (what they count as),
        unmeasured_horizons (why, by months), cold_start (the level of customers without a payment record, in words).
    measured_horizons_
        The horizons that have a probability, rising.
    hash_
        Hash of all that the model computes with, by which its reference knows it.
    calibration_
        :class:`~credrisk.models.calibration.Calibration`: method, level, slope, curves, floor (what comes without a
        sign), stretch, events, scores, reason.
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
        trees: int = 300,
        leaves: int = 4,
        learning_rate: float = 0.2,
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
        check_parameters(self.get_params())
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
        check_parameters(self.get_params())
        parts = PanelParts.open(folder, labels, target=self.target, progress=progress)
        if not len(parts.rows):
            raise DataError("There are no rows to learn from.", table="panel")

        def read(rows: Rows) -> np.ndarray:
            return parts.read(rows, progress=progress)

        return self._fit(parts.names, parts.rows, read, dated=True, currency=currency)

    def _fit(self, names: list[str], rows: Rows, read: Reader | None, *, dated: bool, currency: str) -> BadDebtModel:
        """Fit on sorted rows; ``read`` gives the features of those learnt from where ``rows`` does not hold them."""
        self._fitted, self.rung_, self.evidence_ = fit_rows(names, rows, self._settings(), read=read, dated=dated)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = len(names)
        self.feature_names_in_ = np.array(names, dtype=object)
        self.currency_ = currency
        self.figures_: dict[str, Any] = {}
        return self

    def _settings(self) -> FitSettings:
        prior = PRIORS[self.target]
        if self.prior_rate is not None:
            prior = dataclasses.replace(prior, rate=self.prior_rate, source="given as prior_rate")
        return FitSettings(
            event=self.target.replace("_", " "),
            horizons=tuple(self.horizons),
            rung=self.rung,
            prior=prior,
            unforeseen=UNFORESEEN.get(self.target, 0.0),
            max_rows=self.max_rows,
            booster=BoosterSettings(
                trees=self.trees,
                leaves=self.leaves,
                learning_rate=self.learning_rate,
                shrinkage_events=self.shrinkage_events,
                threads=self.threads,
                seed=self.seed,
            ),
        )

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
            **{part.name: getattr(self._fitted, part.name) for part in dataclasses.fields(Fitted)},
            parameters=self.get_params(),
            currency=self.currency_,
            rung=self.rung_,
            feature_names=tuple(self.feature_names_in_.tolist()),
            evidence=self.evidence_,
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
            check_parameters(model.get_params())
        except (TypeError, ValueError) as wrong:
            raise ModelFileError(f"The parameters of the stored model are damaged: {wrong}") from wrong
        model.rung_ = state.rung
        model.classes_ = np.array([0, 1])
        model.n_features_in_ = len(state.feature_names)
        model.feature_names_in_ = np.array(state.feature_names, dtype=object)
        model.currency_ = state.currency
        model.evidence_ = state.evidence
        model.figures_ = state.figures
        model._fitted = state
        return model
