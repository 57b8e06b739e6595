"""What was offered to whom, with which chance, and what came of it: the rows that effects of contacts are learnt from.

A row is an account that was past due on the day of a list. The treatment is the offer on the list, whether or not it
was carried out: what is done of a list depends on who picks up, so only the offer can be compared.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars

__all__ = ["FOLDS", "NONE", "OUTCOMES", "OUTCOME_DAYS", "OfferRows", "known_by", "offer_rows"]

NONE = "none"
"""The action of a row to which nothing was offered."""

OUTCOME_DAYS = {"open_days_90": 90, "paid_30": 30, "paid_60": 60, "paid_90": 90, "lost": 365}
"""Every outcome, and the days after the list's day at whose end it is known."""

OUTCOMES = tuple(OUTCOME_DAYS)

FOLDS = 5
"""Parts of the customers: what is predicted for a customer is learnt from those of the other parts."""

NO_COVARIATES = ("customer_id", "date", "action", "probability", "done", "reason", *OUTCOMES)
NULLS_TOLD = 0.02
"""Share of null cells from which a covariate gets an indicator of nulls."""


@dataclass(frozen=True)
class OfferRows:
    """Offers, checked and in one order, so that the order of the input changes nothing.

    Attributes
    ----------
    frame
        The offers, by date, customer and action.
    actions
        The actions that occur, ``none`` first.
    place
        Row of the input that each row was, shape (n_rows,).
    """

    frame: pl.DataFrame
    actions: tuple[str, ...]
    place: np.ndarray

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def arm(self) -> np.ndarray:
        """Return the number of each row's action among ``actions``."""
        number = {action: place for place, action in enumerate(self.actions)}
        return np.array([number[action] for action in self.frame["action"]], dtype=np.int64)

    @cached_property
    def customer(self) -> np.ndarray:
        """Return a number for each row's customer, from 0 on."""
        return np.unique(self.frame["customer_id"].cast(pl.String).to_numpy(), return_inverse=True)[1]

    @cached_property
    def fold(self) -> np.ndarray:
        """Return the part of each row's customer: by a hash of its id, so that no other row has a say in it."""
        part: np.ndarray = self._hashed % FOLDS
        return part

    @cached_property
    def half(self) -> np.ndarray:
        """Return the rows of one half of the customers, as a mask; halves cut across the parts of ``fold``."""
        half: np.ndarray = self._hashed // FOLDS % 2 == 0
        return half

    @cached_property
    def _hashed(self) -> np.ndarray:
        ids = self.frame["customer_id"].cast(pl.String)
        of_id = {name: zlib.crc32(str(name).encode()) for name in ids.unique()}
        return np.array([of_id[name] for name in ids], dtype=np.int64)

    @cached_property
    def probability(self) -> np.ndarray:
        """Return the logged chance of the action that was offered, NaN where it is not known."""
        return self.column("probability")

    @cached_property
    def covariates(self) -> tuple[str, ...]:
        """Return the names of the numeric columns that were known when the list was made."""
        numeric = (name for name, kind in self.frame.schema.items() if kind.is_numeric() or kind == pl.Boolean)
        return tuple(sorted(name for name in numeric if name not in NO_COVARIATES))

    @cached_property
    def features(self) -> np.ndarray:
        """Return the covariates on a normal scale by their ranks, indicators of nulls and of reasons, (n_rows, k)."""
        columns = []
        for name in self.covariates:
            values = self.column(name)
            missing = np.isnan(values)
            columns.append(_normal_scores(values))
            if NULLS_TOLD <= missing.mean() <= 1 - NULLS_TOLD:
                columns.append(_standardised(missing.astype(np.float64)))
        if "reason" in self.frame.columns:
            reasons = self.frame["reason"]
            columns.extend(
                _standardised((reasons == reason).fill_null(False).cast(pl.Float64).to_numpy())
                for reason in reasons.drop_nulls().unique().sort()
            )
        columns = [column for column in columns if column.any()]
        return np.column_stack(columns) if columns else np.zeros((len(self), 0))

    def column(self, name: str) -> np.ndarray:
        """Return a numeric column with NaN for null."""
        values = self.frame[name].cast(pl.Float64).to_numpy()
        return np.asarray(values, dtype=np.float64)

    def of(self, chosen: np.ndarray) -> OfferRows:
        """Return some of the rows (a mask), with the same actions."""
        return OfferRows(self.frame.filter(pl.Series(chosen)), self.actions, self.place[chosen])


def known_by(offers: pl.DataFrame, as_of: date, *, days: int = 90) -> pl.DataFrame:
    """Return the offers whose outcome window of so many days is over at the end of ``as_of``."""
    return offers.filter(pl.col("date") <= as_of - timedelta(days=days))


def offer_rows(offers: Any, *, outcomes: Sequence[str] = ("open_days_90",)) -> OfferRows:
    """Check a frame of offers and put it into one order.

    Parameters
    ----------
    offers
        pandas or Polars: ``customer_id, date, action`` (``none`` where nothing was offered), ``probability`` (chance,
        under the rule that made the list, of the action that was offered; null or no column: unknown), the outcomes
        named in ``outcomes``, and any numeric columns known on that date: covariates. ``reason`` (text, known before
        the list) and ``done`` where they are there.

    Raises
    ------
    DataError
        When a column is missing, a chance is outside (0, 1], or an account has two rows on one date.
    """
    frame = as_polars(offers, "offers")
    wanted = ("customer_id", "date", "action", *outcomes)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise DataError(
            "columns are missing.",
            table="offers",
            columns=missing,
            remedy="give one row per past-due account and list day, with what came of it.",
        )
    if "probability" not in frame.columns:
        frame = frame.with_columns(probability=pl.lit(None, pl.Float64))
    frame = frame.with_columns(
        pl.col("customer_id", "action").cast(pl.String),
        pl.col("date").cast(pl.Date),
        pl.col("probability").cast(pl.Float64).fill_nan(None),
    )
    for name in ("customer_id", "date", "action"):
        _refuse(frame, pl.col(name).is_null(), f"{name} is empty.", name, "fill it; nothing offered is 'none'.")
    outside = ~pl.col("probability").is_between(0, 1, closed="right")
    _refuse(frame, outside.fill_null(False), "a chance is not above 0 and at most 1.", "probability", "correct it.")
    twice = pl.struct("customer_id", "date").is_duplicated()
    _refuse(frame, twice, "an account has several rows on one date.", "date", "keep one row per account and list day.")
    frame = frame.with_row_index("place").sort("date", "customer_id", "action")
    others = sorted(set(frame["action"].unique()) - {NONE})
    return OfferRows(frame.drop("place"), (NONE, *others), frame["place"].to_numpy().astype(np.int64))


def _refuse(frame: pl.DataFrame, wrong: pl.Expr, problem: str, column: str, remedy: str) -> None:
    found = frame.filter(wrong)
    if found.height:
        ids = [str(name) for name in found["customer_id"].unique().sort().to_list()]
        raise DataError(problem, table="offers", columns=[column], rows=found.height, ids=ids, remedy=remedy)


def _normal_scores(values: np.ndarray) -> np.ndarray:
    """Return values on a normal scale by their ranks (ties share theirs), null at the middle."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    known = ~np.isnan(values)
    scores = np.zeros(len(values))
    if known.any():
        scores[known] = ndtri((rankdata(values[known]) - 0.5) / known.sum())
    return _standardised(scores)


def _standardised(values: np.ndarray) -> np.ndarray:
    spread = values.std()
    centred: np.ndarray = values - values.mean()
    return centred / spread if spread > 1e-12 else np.zeros(len(values))
