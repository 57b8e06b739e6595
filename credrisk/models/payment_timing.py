"""When each open invoice is paid: a hazard for every day, learnt from paid and from still open invoices."""

from __future__ import annotations

from datetime import date, timedelta
from os import PathLike
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from credrisk.dates import to_date
from credrisk.errors import DataError, EvidenceError, ModelFileError, ParameterError
from credrisk.models.payment_dependence import ASSUMED, Dependence
from credrisk.models.payment_distribution import PaymentDistribution
from credrisk.models.payment_hazard import PaymentHazard
from credrisk.models.payment_interval import interval_and_dependence
from credrisk.models.payment_items import NEVER, Items, in_order, items_of
from credrisk.models.payment_store import TimingState, read_timing, write_timing
from credrisk.models.payment_training import training_days
from credrisk.models.payment_trees import Tree, booster_of, fit_trees

__all__ = ["PaymentTiming"]

PAYMENTS_FOR_BOOSTER = 300
"""Known payments from which the booster is fitted; below, the shrunk habits alone."""

DAYS_FOR_SEASONS = 730
"""Days of invoices from which the month of the year can be told from a trend."""

FIRST_SHARE, CALIBRATION_SHARE = 0.6, 0.85
"""The interval is calibrated on items opened between these quantiles, by a model that knew only what came before."""

FEWEST_TO_CALIBRATE = 100


class PaymentTiming(BaseEstimator):  # type: ignore[misc]
    """The distribution of the payment date of open invoices.

    The hazard of payment on a day, given that the item is still open, is the customer's own past hazard on that day
    relative to the due date (shrunk to that of all customers) times what a LightGBM classifier adds: the weekday, the
    end of the month, the amount against the usual one, the recent behaviour, what is past due [1]_. Items that are
    open count as at risk until the as-of date and are never left out. A training item is forecast from the day it was
    opened and from later days on which it was still open (landmarks [2]_), so that what an invoice's age says is
    learnt. An item closed by anything but cash (a credit note, a write-off) is closed, not paid: the hazard is that of
    being closed, and the share of cash in what is closed so many days after the due date that of all customers.

    Parameters
    ----------
    horizon_days
        Days ahead that are forecast one by one; the rest is ``p_open_after_180_days`` (named after it).
    max_items, max_rows
        Items and days at risk to learn from at most. All payments of the items are kept, the other days are sampled
        and weighted up.
    trees, leaves, learning_rate, least_in_leaf
        Size of the booster.
    half_life_days, prior_days
        See :class:`~credrisk.models.payment_history.PaymentHistory`.
    threads, seed
        Threads of LightGBM; seed of all sampling.

    Attributes
    ----------
    rung_
        ``booster``, or ``shrunk_habits`` under ``PAYMENTS_FOR_BOOSTER`` known payments: the customers' own hazards
        alone. Print it with every forecast.
    evidence_
        items, payments, still_open, rows, rows_used_share, fitted_on (ISO date), interval (how it was calibrated).
    tail_
        Probability left out on each side of the 80 % interval.
    dependence_
        :class:`~credrisk.models.payment_dependence.Dependence`: how far items of one customer, and of all, are early
        or late together.

    References
    ----------
    .. [1] Singer, J. D., Willett, J. B. (1993). It's about time: using discrete-time survival analysis to study
       duration and the timing of events. Journal of Educational Statistics 18(2), 155-195.
    .. [2] van Houwelingen, H. C. (2007). Dynamic prediction by landmarking in event history analysis. Scandinavian
       Journal of Statistics 34(1), 70-85.

    Notes
    -----
    An item paid in parts counts as paid when the last part came. Do not use it for customers whose invoices are settled
    by offsetting alone: no cash comes from them.

    Examples
    --------
    >>> items = payment_items(ledger, as_of=day)                             # doctest: +SKIP
    >>> timing = PaymentTiming().fit(items, as_of=day)                       # doctest: +SKIP
    >>> timing.predict(items, as_of=day)                                     # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        horizon_days: int = 180,
        max_items: int = 20_000,
        max_rows: int = 300_000,
        trees: int = 300,
        leaves: int = 15,
        learning_rate: float = 0.05,
        least_in_leaf: int = 50,
        half_life_days: float = 45.0,
        prior_days: float = 2.0,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.horizon_days = horizon_days
        self.max_items = max_items
        self.max_rows = max_rows
        self.trees = trees
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.least_in_leaf = least_in_leaf
        self.half_life_days = half_life_days
        self.prior_days = prior_days
        self.threads = threads
        self.seed = seed

    def fit(self, items: Any, y: None = None, *, as_of: date | str) -> PaymentTiming:
        """Learn from what was known at the end of ``as_of``.

        Parameters
        ----------
        items
            What :func:`~credrisk.models.payment_items.items_of` reads; rows opened or paid later are not looked at.
        as_of
            The last day known, inclusive: an item not known to be paid by then is at risk until then.

        Raises
        ------
        EvidenceError
            When no item was paid by cash until then.
        DataError, ParameterError
            When the items or a parameter break their rule.
        """
        self._check_parameters()
        last = _day(to_date(as_of))
        known = in_order(items_of(items).known_on(last))
        payments = int(((known.known < NEVER) & known.by_cash).sum())
        if payments == 0:
            raise EvidenceError(
                f"No invoice was paid by {to_date(as_of)}: when the open ones will be paid cannot be learnt from them."
            )
        self._seasonal = bool(np.ptp(known.opened) >= DAYS_FOR_SEASONS)
        self.rung_ = "booster" if payments >= PAYMENTS_FOR_BOOSTER else "shrunk_habits"
        used: dict[str, Any] = {}
        self._trees: tuple[Tree, ...] = ()
        if self.rung_ == "booster":
            self._trees, used = self._fit_trees(known, last)
        self._fitted = self._hazard(self._trees)
        self.evidence_ = {
            "items": len(known),
            "payments": payments,
            "still_open": int((known.known == NEVER).sum()),
            "fitted_on": to_date(as_of).isoformat(),
            **used,
        }
        self.tail_, self.dependence_, self.evidence_["interval"] = self._calibrate(known, last)
        return self

    def predict(self, items: Any, *, as_of: date | str) -> pl.DataFrame:
        """Return the table of :meth:`PaymentDistribution.table` for the items open at the end of ``as_of``.

        ``items`` must hold the customers' past items too: their habits are taken from it, as known by ``as_of``.
        """
        return self.distribution(items, as_of=as_of).table()

    def distribution(
        self, items: Any, *, as_of: date | str | None = None, starts: pl.Series | np.ndarray | None = None
    ) -> PaymentDistribution:
        """Return the distribution of the payment date of open items.

        Parameters
        ----------
        items
            All items, as for :meth:`fit`. What was known later than the forecast changes nothing.
        as_of
            Forecast the items open at the end of this day, from the next day on.
        starts
            Instead of ``as_of``: the first forecast day of each item (dates, one a row of ``items``, null: none). Only
            what was known strictly before that day is used, but for the item's own amount and due date. An item
            opened later or known to be closed before that day is an error.

        Raises
        ------
        ParameterError
            When not exactly one of ``as_of`` and ``starts`` is given.
        DataError
            When an item was not open on its first forecast day.
        """
        check_is_fitted(self)
        if (as_of is None) == (starts is None):
            raise ParameterError("as_of", "given, or else starts, but not both", as_of)
        every = items_of(items)
        if as_of is not None:
            start = _day(to_date(as_of)) + 1
            every = in_order(every.known_on(start - 1))
            which = np.flatnonzero(every.known == NEVER)
            first = np.full(len(which), start)
        else:
            asked = pl.Series(starts).cast(pl.Date)
            which = np.flatnonzero(asked.is_not_null().to_numpy())
            first = asked.drop_nulls().to_physical().to_numpy().astype(np.int64)
            wrong = (every.opened[which] > first) | (every.known[which] < first)
            if wrong.any():
                ids = every.item_id[which][wrong].tolist()
                raise DataError("An item was not open on its first forecast day.", rows=int(wrong.sum()), ids=ids)
        return self._fitted.distribution(every, which, first, tail=self.tail_)

    def _hazard(self, trees: tuple[Tree, ...]) -> PaymentHazard:
        return PaymentHazard(
            horizon_days=self.horizon_days,
            half_life_days=self.half_life_days,
            prior_days=self.prior_days,
            threads=self.threads,
            seasonal=self._seasonal,
            booster=booster_of(trees) if trees else None,
        )

    def _fit_trees(self, items: Items, last: int) -> tuple[tuple[Tree, ...], dict[str, Any]]:
        """Return the trees of what the habits leave unexplained, and what they rest on."""
        values, base, rows = training_days(
            items, self._hazard(()), last=last, max_items=self.max_items, max_rows=self.max_rows, seed=self.seed
        )
        parameters = {
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.least_in_leaf,
            "num_threads": self.threads,
            "seed": self.seed,
        }
        trees = fit_trees(values, base, rows, parameters, count=self.trees)
        return trees, {"rows": len(rows.day), "rows_used_share": float(1.0 / rows.weight.max())}

    def _calibrate(self, items: Items, last: int) -> tuple[float, Dependence, str]:
        """Learn the tail of the 80 % interval, and what items share, from later items by a model that knew none."""
        plain = 0.1, ASSUMED, "days at 10 and 90 %: too few later items to calibrate on"
        if len(items) < FEWEST_TO_CALIBRATE:
            return plain
        first, until = np.quantile(items.opened, [FIRST_SHARE, CALIBRATION_SHARE], method="lower")
        earlier = items.known_on(int(first) - 1)
        payments = int(((earlier.known < NEVER) & earlier.by_cash).sum())
        which = np.flatnonzero((items.opened >= first) & (items.opened < until))
        if payments == 0 or len(which) < FEWEST_TO_CALIBRATE:
            return plain
        trees = self._fit_trees(earlier, int(first) - 1)[0] if payments >= PAYMENTS_FOR_BOOSTER else ()
        if len(which) > self.max_items // 2:
            which = np.sort(np.random.default_rng(self.seed).choice(which, self.max_items // 2, replace=False))
        made = self._hazard(trees).distribution(items, which, items.opened[which], tail=0.1)
        tail, dependence = interval_and_dependence(made, items, which, last=last)
        opened = [np.datetime64(int(day), "D") for day in (first, until)]
        return tail, dependence, f"{len(which):,} items opened from {opened[0]} to {opened[1]}, not known to the model"

    def save(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the model to a folder: ``timing.json``, ``MODEL_CARD.md`` to be read, ``manifest.json`` with hashes."""
        check_is_fitted(self)
        state = TimingState(
            parameters=self.get_params(),
            rung=self.rung_,
            evidence=self.evidence_,
            tail=self.tail_,
            dependence=self.dependence_,
            seasonal=self._seasonal,
            trees=self._trees,
        )
        write_timing(folder, state, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | PathLike[str]) -> PaymentTiming:
        """Read a saved model; it forecasts the same to the last bit.

        Raises
        ------
        ModelFileError
            When a file is missing, changed, damaged or of other features.
        """
        state = read_timing(folder)
        try:
            model = cls(**state.parameters)
            model._check_parameters()
            model._trees, model._seasonal = state.trees, state.seasonal
            model._fitted = model._hazard(state.trees)
        except (TypeError, ValueError) as wrong:
            raise ModelFileError(f"The parameters or trees of the stored model are damaged: {wrong}") from wrong
        model.rung_, model.evidence_ = state.rung, state.evidence
        model.tail_, model.dependence_ = state.tail, state.dependence
        return model

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether the model is fitted."""
        return hasattr(self, "tail_")

    def _check_parameters(self) -> None:
        rules = {
            "horizon_days": (self.horizon_days >= 1, "1 or more"),
            "max_items": (self.max_items >= 1, "1 or more"),
            "max_rows": (self.max_rows >= 1, "1 or more"),
            "trees": (self.trees >= 1, "1 or more"),
            "leaves": (self.leaves >= 2, "2 or more"),
            "learning_rate": (0 < self.learning_rate <= 1, "above 0 and at most 1"),
            "least_in_leaf": (self.least_in_leaf >= 1, "1 or more"),
            "half_life_days": (self.half_life_days > 0, "above 0"),
            "prior_days": (self.prior_days > 0, "above 0"),
            "threads": (self.threads >= 1, "1 or more"),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise ParameterError(name, rule, getattr(self, name))


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)) // timedelta(days=1)
