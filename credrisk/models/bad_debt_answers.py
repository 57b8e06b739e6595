"""What the bad-debt model answers: probabilities within each horizon, the reasons, and what each feature adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from credrisk.errors import ParameterError
from credrisk.frames import as_polars, given_out
from credrisk.models.calibration import Calibration
from credrisk.models.explain import reasons
from credrisk.models.fitted import Fitted
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.rows import feature_frame

__all__ = ["BadDebtAnswers"]

PANEL_KEYS = ("customer_id", "as_of")
"""Columns of a panel that are no features."""


class BadDebtAnswers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What a fitted model says of rows; :class:`~credrisk.models.bad_debt.BadDebtModel` is how it is fitted."""

    target: Target
    horizons: Sequence[int]
    currency_: str
    evidence_: dict[str, Any]
    feature_names_in_: np.ndarray
    _fitted: Fitted

    @property
    def measured_horizons_(self) -> tuple[int, ...]:
        """Return the horizons that the ledger could measure, rising."""
        check_is_fitted(self)
        return tuple(sorted(int(h) for h in self.horizons if str(h) not in self.evidence_["unmeasured_horizons"]))

    @property
    def calibration_(self) -> Calibration:
        """Return the map of the log rates that was learnt out of time."""
        check_is_fitted(self)
        return self._fitted.calibration

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
        within = self._probabilities(X, [float(self._fitted.edges[-1])])[0][:, 0]
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
        parts, _ = self._fitted.contributions(values)
        told = self._fitted.cold_start.values_told(values)
        frame = reasons(parts, told, self._fitted.cold_start.told, top=top, currency=currency or self.currency_)
        return given_out(frame, output)

    def contributions(self, X: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return what each feature adds to the mean log rate (intervals weighted by their width), and the base.

        ``base`` and the contributions of a row sum to its mean log monthly rate after calibration: the booster's
        curves, the regression's terms or the card's points. ``base`` is the log rate of the mean training row, and what
        the bad debts that come without a sign add to the row's rate (more where it is low).

        Where ``days_since_last_payment`` is a feature of the model, ``no_payment_record`` stands beside the features:
        for a customer that never paid what that adds, the nulls of its payment record included (these are 0 then);
        0 for the others.
        """
        check_is_fitted(self)
        parts, base = self._fitted.contributions(self._values(X))
        told = enumerate(self._fitted.cold_start.told)
        frame = pl.DataFrame({**{name: parts[:, i] for i, name in told}, "base": base})
        return given_out(frame, output, like=X)

    def log_intensities(self, X: Any) -> np.ndarray:
        """Return the calibrated log monthly rate of the target in each interval, shape (n_rows, n_intervals)."""
        check_is_fitted(self)
        return self._fitted.log_rate(self._values(X))

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether the model is fitted."""
        return hasattr(self, "_fitted")

    def _values(self, X: Any) -> np.ndarray:
        return self._fitted.values(self._frame(X))

    def _frame(self, X: Any) -> pl.DataFrame:
        frame = as_polars(X, "X")
        frame = frame.drop([name for name in PANEL_KEYS if name in frame.columns])
        return feature_frame(frame, expected=self.feature_names_in_.tolist())

    def _probabilities(self, X: Any, horizons: Sequence[float] | None) -> tuple[np.ndarray, Sequence[float]]:
        """Return the probabilities within each horizon, NaN where not measured, and the horizons."""
        check_is_fitted(self)
        asked = self.horizons if horizons is None else horizons
        longest = max(self.horizons)
        if not len(asked) or not all(0 < horizon <= longest for horizon in asked):
            raise ParameterError("horizons", f"months above 0 and at most {longest:g}", horizons)
        return self._fitted.probabilities(self._frame(X), asked), asked
