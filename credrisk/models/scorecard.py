"""The scorecard a committee can read: few variables in bins, each with its points, summing to the score.

It is fitted on the same training rows as :class:`~credrisk.models.bad_debt.BadDebtModel`, so the two can be laid side
by side: the card as champion, the intensity model as challenger, or the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.frames import as_polars, given_out
from credrisk.models.binning import Worse
from credrisk.models.outcomes import PREFIXES, Target
from credrisk.models.points_card import Scale
from credrisk.models.pooling import BinRules
from credrisk.models.rows import read_rows
from credrisk.models.scorecard_export import python_text, sql_text
from credrisk.models.scorecard_fit import CardSettings, fit_card
from credrisk.models.scorecard_store import StoredCard, read_card, write_card
from credrisk.models.undecided import with_chances

__all__ = ["Scorecard"]


class Scorecard(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Logistic regression on weights of evidence, in points.

    Parameters
    ----------
    target
        ``bad_debt``, ``default`` or ``late30``: it names the probability.
    months
        The horizon within which the event makes a row bad. Rows watched for less are used by weight, see
        :mod:`credrisk.models.horizon_outcome`.
    good_bad_odds, score_at_odds, points_to_double
        The scale: ``score_at_odds`` points stand for ``good_bad_odds`` goods to one bad, and ``points_to_double``
        more points double these odds.
    whole_points
        Round the points of each bin, and the base, to whole points. The score is their sum, and the probability comes
        from that score, so that what is printed is what is used.
    most_variables
        Variables at most; there is never more than one for ten distinct events.
    iv_bounds
        Information value (IV) below which a variable says too little, and above which it is too good to be true.
    bins
        What a bin must be (:class:`~credrisk.models.pooling.BinRules`); None takes the defaults.
    specials
        By variable the values that are codes rather than amounts.
    variables
        The variables, in their order, where the choice is yours; None chooses among those with a direction of risk: a
        feature of the catalogue whose ``worse`` is ``none``, or which tells of the seller's own conduct (contacts), has
        to be asked for, here or in ``worse``.
    exclude
        Variables of ``X`` or the catalogue that shall not come onto the card.
    worse
        Worse direction (``higher``, ``lower`` or ``none``) of variables that the catalogue does not have, or in place
        of it.

    Attributes
    ----------
    card_
        The :class:`~credrisk.models.points_card.PointsCard`.
    choice_
        Polars frame: what became of each candidate (``variable, question, iv, later_iv, decision``).
    evidence_
        rows, customers, events (distinct, within the horizon), warning (where they are few, else None), watched_share
        (of being watched for the horizon), split_on (first day of the later rows, None where there was no split),
        later_events, later_months, slope, reason.
    feature_names_in_, n_features_in_, classes_, currency_
        As in BadDebtModel.

    Notes
    -----
    The variables are chosen, and the spread of the scores is calibrated, on later dates than those they were fitted on;
    then everything is fitted again on all rows. Where the earlier or the later rows cannot carry that, the choice rests
    on all rows and the slope is 1: ``evidence_["reason"]`` says so.

    Do not use it for a customer already in default or bad debt.

    Examples
    --------
    >>> card = Scorecard().fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)    # doctest: +SKIP
    >>> card.table()                                                                    # doctest: +SKIP
    >>> print(card.to_sql("customers"))                                                 # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        target: Target = "bad_debt",
        months: int = 12,
        good_bad_odds: float = 50.0,
        score_at_odds: float = 600.0,
        points_to_double: float = 20.0,
        whole_points: bool = True,
        most_variables: int = 10,
        iv_bounds: tuple[float, float] = (0.02, 3.0),
        bins: BinRules | None = None,
        specials: Mapping[str, Sequence[float]] | None = None,
        variables: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        worse: Mapping[str, Worse] | None = None,
    ) -> None:
        self.target = target
        self.months = months
        self.good_bad_odds = good_bad_odds
        self.score_at_odds = score_at_odds
        self.points_to_double = points_to_double
        self.whole_points = whole_points
        self.most_variables = most_variables
        self.iv_bounds = iv_bounds
        self.bins = bins
        self.specials = specials
        self.variables = variables
        self.exclude = exclude
        self.worse = worse

    def fit(self, X: Any, y: Any, *, as_of: Any = None, groups: Any = None, currency: str = "EUR") -> Scorecard:
        """Fit on panel rows at risk.

        Parameters
        ----------
        X
            pandas or Polars frame, shape (n_rows, n_features): features of the catalogue, any other numbers, or text
            (categories). Null = not measured.
        y, as_of, groups, currency
            As for :meth:`BadDebtModel.fit <credrisk.models.bad_debt.BadDebtModel.fit>`.

        Raises
        ------
        EvidenceError
            With fewer than ten distinct events within the horizon, too few rows watched that long, or no variable that
            holds on later dates.
        DataError, ParameterError
            When the rows or a parameter break their rule.
        """
        self._check_parameters()
        frame = as_polars(X, "X")
        if not frame.height:
            raise DataError("There are no rows to learn from.", table="X")
        if keys := [name for name in ("customer_id", "as_of") if name in frame.columns]:
            remedy = "leave them out; customer_id goes to groups, as_of to as_of."
            raise DataError("X has columns that are no variables.", table="X", columns=keys, remedy=remedy)
        names = self._names(frame)
        position = np.arange(frame.height, dtype=float)[:, None]
        rows = with_chances(read_rows(position, y, as_of=as_of, groups=groups))
        fitted = fit_card(
            frame.select(names),
            rows,
            CardSettings(
                months=self.months,
                scale=self._scale,
                whole_points=self.whole_points,
                most_variables=self.most_variables,
                iv_bounds=self.iv_bounds,
                bins=self.bins or BinRules(),
                specials={name: tuple(map(float, codes)) for name, codes in (self.specials or {}).items()},
                worse=dict(self.worse or {}),
                given=tuple(self.variables or ()),
                excluded=tuple(self.exclude),
                dated=as_of is not None,
            ),
        )
        self.card_, self.choice_, self.evidence_ = fitted
        self.classes_ = np.array([0, 1])
        self.feature_names_in_ = np.array(names, dtype=object)
        self.n_features_in_ = len(names)
        self.currency_ = currency
        return self

    def points(self, X: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return the points of each row: ``points_base``, ``points_<variable>`` and ``score``, their sum."""
        check_is_fitted(self)
        frame = as_polars(X, "X")
        given = self.card_.points_of(frame)
        columns = {"points_base": np.full(frame.height, self.card_.base)}
        columns |= {f"points_{bins.variable}": given[:, i] for i, bins in enumerate(self.card_.variables)}
        return given_out(pl.DataFrame({**columns, "score": self.card_.score(frame)}), output, like=X)

    def score_points(self, X: Any) -> np.ndarray:
        """Return the score of each row, shape (n_rows,); more is better."""
        check_is_fitted(self)
        return self.card_.score(as_polars(X, "X"))

    def predict_pd(
        self, X: Any, *, horizons: Sequence[float] | None = None, output: Literal["pandas", "polars"] = "pandas"
    ) -> Any:
        """Return the probability that the score stands for, in one column such as ``pd_12m``.

        Parameters
        ----------
        horizons
            None or the card's own: a scorecard has one.
        """
        if horizons is not None and list(horizons) != [self.months]:
            raise ParameterError("horizons", f"the card's own, [{self.months}]", horizons)
        probability = self.card_.scale.probability(self.score_points(X))
        return given_out(pl.DataFrame({f"{PREFIXES[self.target]}_{self.months}m": probability}), output, like=X)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of no event and of the event within the horizon, shape (n_rows, 2)."""
        bad = self.card_.scale.probability(self.score_points(X))
        return np.column_stack([1.0 - bad, bad])

    def predict(self, X: Any) -> np.ndarray:
        """Return 1 where the event is likelier than not. Decisions need a cut of their own."""
        return (self.predict_proba(X)[:, 1] >= 0.5).astype(np.int64)

    def contributions(self, X: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return what each variable adds to the log odds of bad against the average training row, and the ``base``.

        They sum to the log odds bad:good of the score. A feature that is not on the card has no column.
        """
        check_is_fitted(self)
        given, mean, scale = self.card_.points_of(as_polars(X, "X")), self.card_.mean_points(), self.card_.scale
        parts = (mean - given) / scale.factor
        base = -float(scale.log_odds(np.array(self.card_.base + mean.sum())))
        columns = {bins.variable: parts[:, i] for i, bins in enumerate(self.card_.variables)}
        return given_out(pl.DataFrame({**columns, "base": np.full(len(given), base)}), output, like=X)

    def table(self, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return the card, a line a bin: see :meth:`~credrisk.models.points_card.PointsCard.table`."""
        check_is_fitted(self)
        return given_out(self.card_.table(self.currency_), output)

    def to_sql(self, table: str) -> str:
        """Return a SELECT that scores ``table`` (``schema.name`` where need be) as :meth:`points` does."""
        check_is_fitted(self)
        return sql_text(self.card_, table, probability=f"{PREFIXES[self.target]}_{self.months}m")

    def to_python(self) -> str:
        """Return the text of a Python module with one function ``score`` that needs nothing beside it."""
        check_is_fitted(self)
        return python_text(self.card_, probability=f"{PREFIXES[self.target]}_{self.months}m")

    def save(self, file: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the card to one JSON file."""
        check_is_fitted(self)
        parameters = {
            "target": self.target,
            "months": self.months,
            "whole_points": self.whole_points,
            "most_variables": self.most_variables,
            "iv_bounds": list(self.iv_bounds),
        }
        names = tuple(self.feature_names_in_.tolist())
        stored = StoredCard(self.card_, parameters, names, self.currency_, self.evidence_)
        write_card(file, stored, overwrite=overwrite)

    @classmethod
    def load(cls, file: str | PathLike[str]) -> Scorecard:
        """Read a saved card: it scores the same to the last bit. How its variables were chosen is not kept.

        Raises
        ------
        ModelFileError
            When the file is missing, changed, damaged or from another catalogue of features.
        """
        stored = read_card(file)
        scale = stored.card.scale
        card = cls(
            target=stored.parameters["target"],
            months=stored.parameters["months"],
            good_bad_odds=scale.good_bad_odds,
            score_at_odds=scale.score_at_odds,
            points_to_double=scale.points_to_double,
            whole_points=stored.parameters["whole_points"],
            most_variables=stored.parameters["most_variables"],
            iv_bounds=tuple(stored.parameters["iv_bounds"]),
        )
        card.card_, card.currency_, card.evidence_ = stored.card, stored.currency, stored.evidence
        card.classes_ = np.array([0, 1])
        card.feature_names_in_ = np.array(stored.feature_names, dtype=object)
        card.n_features_in_ = len(stored.feature_names)
        return card

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether the card is fitted."""
        return hasattr(self, "card_")

    def _check_parameters(self) -> None:
        rules = {
            "target": (self.target in PREFIXES, f"one of {', '.join(PREFIXES)}"),
            "months": (isinstance(self.months, int | np.integer) and self.months > 0, "a whole number above 0"),
            "most_variables": (
                isinstance(self.most_variables, int | np.integer) and self.most_variables >= 1,
                "a whole number, 1 or more",
            ),
            "iv_bounds": (
                len(self.iv_bounds) == 2 and 0 <= self.iv_bounds[0] < self.iv_bounds[1],
                "two numbers, 0 or more and rising",
            ),
            "variables": (
                self.variables is None or (len(self.variables) > 0 and len(set(self.variables)) == len(self.variables)),
                "None or names, each once",
            ),
            "exclude": (
                not isinstance(self.exclude, str) and not set(self.exclude) & set(self.variables or ()),
                "names, none of them among variables",
            ),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise ParameterError(name, rule, getattr(self, name))
        self._scale = Scale(self.good_bad_odds, self.points_to_double, self.score_at_odds)

    def _names(self, frame: pl.DataFrame) -> list[str]:
        """Return the candidates: the catalogue's features in its order, then the others in theirs."""
        asked = [*(self.variables or ()), *(self.specials or ()), *(self.worse or ())]
        if unknown := sorted({name for name in asked if name not in frame.columns}):
            raise DataError("X lacks variables that were asked for.", columns=unknown)
        if unknown := sorted({name for name in self.exclude if name not in frame.columns and name not in catalogue()}):
            raise DataError("exclude names no variable of X or of the catalogue.", columns=unknown)
        if self.variables is not None:
            return list(self.variables)
        known = [name for name in catalogue() if name in frame.columns]
        return known + [name for name in frame.columns if name not in set(known)]
