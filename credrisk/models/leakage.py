"""Does a feature know too much? One that tells the events apart almost alone, or by being empty, has seen the outcome.

Real debtors are not that easy to tell apart: where one feature ranks nearly every later event above nearly every other
row, it was most likely filled in after the event, such as a blocking flag that the collector sets with the write-off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars
from credrisk.models.measures import auc, by_score
from credrisk.models.resampling import interval, resamples_of

__all__ = ["LARGEST_AUC", "LARGEST_NULL_AUC", "leakage_alarms"]

LARGEST_AUC = 0.95
"""AUC of a single feature from which it is suspected."""

LARGEST_NULL_AUC = 0.75
"""The same of its nulls alone: with half of the events null and nothing else, it is 0.75."""

LEAST_EVENTS, LEAST_ROWS = 10, 50
"""Customers with an event, and rows, that must hold a value for an AUC: few events are told apart by chance."""

LEAST_EVENTS_ALARM = 20
"""Customers with an event that must stand behind an alarm: below, the resamples themselves are too few to trust."""

SAMPLES = 200


def leakage_alarms(
    rows: Any, panel: Any, *, largest_auc: float = LARGEST_AUC, largest_null_auc: float = LARGEST_NULL_AUC
) -> pl.DataFrame:
    """Judge every feature of the panel alone on rows whose outcome is known.

    Parameters
    ----------
    rows
        ``customer_id, as_of, event`` (0 or 1), such as the predictions of a validation.
    panel
        Output of ``build_panel`` for the same dates.
    largest_auc
        AUC from which a feature is suspected. Whether high or low values are the bad ones does not matter.
    largest_null_auc
        AUC of the feature's nulls from which it is suspected.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``auc`` (0.5 or more; over the rows with a value), ``null_auc`` (0.5 or more), ``null_share``,
        ``alarm`` (``values``, ``nulls`` or null), ``reason`` (why it was not judged, or what the alarm says); alarms
        first, then by AUC. A suspected feature is an alarm when the lower end of its 95 % interval, by resampling
        customers, is at the bound too, and ``LEAST_EVENTS_ALARM`` customers with an event stand behind it; else the
        reason says that it is too little to tell.
    """
    for name, bound in (("largest_auc", largest_auc), ("largest_null_auc", largest_null_auc)):
        if not 0.5 < bound <= 1:
            raise ParameterError(name, "above 0.5 and at most 1", bound)
    given, features = as_polars(rows, "rows"), as_polars(panel, "panel")
    if missing := [name for name in ("customer_id", "as_of", "event") if name not in given.columns]:
        raise DataError("Columns are missing.", table="rows", columns=missing)
    key = ["customer_id", "as_of"]
    outcome = given.select("event", pl.col("customer_id").cast(pl.String), pl.col("as_of").cast(pl.Date))
    features = features.with_columns(pl.col("customer_id").cast(pl.String), pl.col("as_of").cast(pl.Date))
    joined = features.join(outcome, on=key, how="inner").sort(key)
    event = joined["event"].cast(pl.Float64).to_numpy()
    customer = joined["customer_id"].rank("dense").to_numpy()
    found = []
    for name in (column for column in features.columns if column not in key):
        values = joined[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        found.append({"feature": name} | _judged(name, values, event, customer, largest_auc, largest_null_auc))
    numbers: dict[str, Any] = dict.fromkeys(("auc", "null_auc", "null_share"), pl.Float64)
    frame = pl.DataFrame(found, schema={"feature": pl.String, **numbers, "alarm": pl.String, "reason": pl.String})
    return frame.sort(pl.col("alarm").is_null(), -pl.col("auc").fill_null(0), "feature")


def _judged(
    name: str,
    values: np.ndarray,
    event: np.ndarray,
    customer: np.ndarray,
    largest_auc: float,
    largest_null_auc: float,
) -> dict[str, Any]:
    null = np.isnan(values)
    known = ~null
    told: dict[str, Any] = {"null_share": float(null.mean()) if len(null) else None}
    failed = len(np.unique(customer[event == 1]))
    if failed >= LEAST_EVENTS and event.sum() < len(event):
        apart = float(null[event == 1].mean() - null[event == 0].mean())
        told["null_auc"] = 0.5 + abs(apart) / 2
    if len(np.unique(customer[known & (event == 1)])) < LEAST_EVENTS or known.sum() < LEAST_ROWS:
        told["reason"] = f"under {LEAST_EVENTS} customers with an event, or under {LEAST_ROWS} rows, hold a value"
    else:
        one = np.ones((1, int(known.sum())))
        alone = float(auc(*by_score(event[known], values[known], one))[0])
        if not np.isnan(alone):
            told["auc"] = max(alone, 1 - alone)
    suspected = []
    if told.get("auc", 0.0) >= largest_auc:
        words = (
            f"{name} alone ranks {100 * told['auc']:.0f} of 100 pairs rightly: it has most likely seen the outcome. "
            "Check when it is filled in, or leave it out"
        )
        suspected.append(("values", words, values[known], known, largest_auc))
    if told.get("null_auc", 0.0) >= largest_null_auc:
        words = (
            f"whether {name} is empty tells the events apart ({100 * null[event == 1].mean():.0f} % of the later "
            f"events are empty, {100 * null[event == 0].mean():.0f} % of the others): check who fills it in, and when"
        )
        suspected.append(("nulls", words, null.astype(float), np.ones(len(null), dtype=bool), largest_null_auc))
    for kind, words, score, rows, bound in suspected:
        behind = len(np.unique(customer[rows & (event == 1)]))
        low = _lower_end(score, event[rows], customer[rows])
        if behind >= LEAST_EVENTS_ALARM and low >= bound:
            return told | {"alarm": kind, "reason": words}
        told.setdefault(
            "reason",
            f"its {kind} alone rank {100 * max(low, 0.5):.0f} or more of 100 pairs rightly, on {behind} customers with "
            "an event: too little to tell whether it has seen the outcome",
        )
    return told


def _lower_end(score: np.ndarray, event: np.ndarray, customer: np.ndarray) -> float:
    """Return the lower end of the AUC's 95 % interval over resampled customers, in the better of both directions."""
    found = resamples_of(customer, samples=SAMPLES, seed=0).of(lambda weight: auc(*by_score(event, score, weight)))
    low = interval(found if found[0] >= 0.5 else 1 - found)["low"]
    return 0.0 if low is None else float(low)
