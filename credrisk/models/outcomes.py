"""From labels to what a model learns from: which event came first, and after how many months.

Two things can end the time at risk: the target (a bad debt, a default, a late payment) or leaving in good standing.
Whoever did neither is censored on the last day for which the absence of the event is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars

__all__ = [
    "DAYS_PER_MONTH",
    "IN_WORDS",
    "PREFIXES",
    "Target",
    "TrainingRows",
    "observed_incidence",
    "recensored",
    "survival_outcome",
    "training_rows",
    "waits_of",
]

DAYS_PER_MONTH = 30.4375
"""Mean length of a month of the Julian year: 365.25 / 12."""

Target = Literal["bad_debt", "default", "late30"]

PREFIXES: dict[str, str] = {"bad_debt": "pd", "default": "p_default", "late30": "p_late30"}
"""What a probability of each target is called in every output: only that of a bad debt is called ``pd``."""

IN_WORDS = {"bad_debt": "bad debt", "default": "default", "late30": "late payment"}
"""What each target is called in a sentence."""

CENSORED, TARGET_FIRST, LEFT_FIRST = 0, 1, 2


@dataclass(frozen=True)
class TrainingRows:
    """What :meth:`BadDebtModel.fit` takes, row by row in the same order (by customer, then date).

    Attributes
    ----------
    X
        The features (float64).
    y
        ``event`` and ``months``, see :func:`survival_outcome`.
    as_of
        The date of each row.
    groups
        The customer of each row.
    """

    X: pl.DataFrame
    y: pl.DataFrame
    as_of: pl.Series
    groups: pl.Series


def survival_outcome(labels: Any, *, target: str) -> pl.DataFrame:
    """Return which event ended the time at risk of each label row, and after how many months.

    Parameters
    ----------
    labels
        Output of ``build_labels``: ``as_of``, ``{target}_on``, ``left_on``, ``observed_to`` (or, where the absence of
        this target is known for a shorter time, ``{target}_observed_to``).
    target
        ``bad_debt``, ``default`` or ``late30``.

    Returns
    -------
    polars.DataFrame
        One row per label row, in its order: ``event`` (Int8: 0 censored, 1 the target came first, 2 the customer left
        in good standing first) and ``months`` (Float64, days / 30.4375; not positive where nothing was observed after
        ``as_of``), and ``waits`` (the labels' ``{target}_waits``) where the labels hold it. An event after the last
        observed day counts as censored on that day, for events are complete only until then. A target on the day of
        leaving counts as the target.
    """
    if target not in PREFIXES:
        raise ParameterError("target", f"one of {', '.join(PREFIXES)}", target)
    labels = as_polars(labels, "labels")
    on, own_end = f"{target}_on", f"{target}_observed_to"
    end_name = own_end if own_end in labels.columns else "observed_to"
    _need(labels, ["as_of", on, "left_on", end_name], "labels")
    dates = labels.select(
        as_of=pl.col("as_of").cast(pl.Date),
        on=pl.col(on).cast(pl.Date),
        left=pl.col("left_on").cast(pl.Date),
        end=pl.col(end_name).cast(pl.Date),
    )
    far = pl.lit(date.max)
    on_day, left_day = pl.col("on").fill_null(far), pl.col("left").fill_null(far)
    first = pl.min_horizontal(on_day, left_day)
    event = (
        pl.when(first > pl.col("end"))
        .then(CENSORED)
        .when(on_day <= left_day)
        .then(TARGET_FIRST)
        .otherwise(LEFT_FIRST)
        .cast(pl.Int8)
    )
    days = (pl.min_horizontal(first, pl.col("end")) - pl.col("as_of")).dt.total_days()
    outcome: pl.DataFrame = dates.select(event=event, months=days.cast(pl.Float64) / DAYS_PER_MONTH)
    if (waits := f"{target}_waits") in labels.columns:
        outcome = outcome.with_columns(labels[waits].cast(pl.String).alias("waits"))
    return outcome


def training_rows(panel: Any, labels: Any, *, target: str) -> TrainingRows:
    """Join features and outcomes, and keep the rows at risk of ``target`` that were observed for some time.

    Parameters
    ----------
    panel
        Output of ``build_panel``: ``customer_id``, ``as_of``, features.
    labels
        Output of ``build_labels`` for the same dates; label rows without a panel row are left out, and the reverse.

    Raises
    ------
    DataError
        When a column is missing or a (customer_id, as_of) occurs twice.
    """
    panel, labels = as_polars(panel, "panel"), as_polars(labels, "labels")
    key = ["customer_id", "as_of"]
    _need(panel, key, "panel")
    _need(labels, [*key, f"{target}_at_risk"], "labels")
    outcome = survival_outcome(labels, target=target)
    observed = labels.select(pl.col("customer_id"), pl.col("as_of").cast(pl.Date), pl.col(f"{target}_at_risk"))
    kept = (
        pl.concat([observed, outcome], how="horizontal")
        .filter(pl.col(f"{target}_at_risk") & (pl.col("months") > 0))
        .drop(f"{target}_at_risk")
    )
    panel = panel.with_columns(pl.col("as_of").cast(pl.Date))
    for name, frame in (("panel", panel), ("labels", observed)):
        doubled = frame.filter(pl.struct(key).is_duplicated())
        if doubled.height:
            ids = doubled["customer_id"].unique().sort().cast(pl.String).to_list()
            raise DataError("A customer has two rows at one date.", table=name, rows=doubled.height, ids=ids)
    joined = panel.join(kept, on=key, how="inner").sort(key)
    features = [name for name in panel.columns if name not in key]
    return TrainingRows(joined.select(features), joined.select(outcome.columns), joined["as_of"], joined["customer_id"])


def observed_incidence(y: pl.DataFrame, months: float) -> float:
    """Return the share with the target within ``months``, before leaving in good standing (Aalen-Johansen).

    Parameters
    ----------
    y
        ``event`` and ``months`` of :func:`survival_outcome`, at least one row.

    Notes
    -----
    Beyond the longest time that was observed the mean rates of all that was are taken on.
    """
    event, time = y["event"].to_numpy(), y["months"].to_numpy()
    seen = min(float(months), float(time.max()))
    times, place = np.unique(time, return_inverse=True)
    at_risk = len(time) - np.searchsorted(np.sort(time), times, side="left")
    hit, left = (np.bincount(place, event == cause, minlength=len(times)) for cause in (TARGET_FIRST, LEFT_FIRST))
    within = times <= seen
    standing = np.concatenate([[1.0], np.cumprod(1 - (hit + left) / at_risk)[within]])
    share = float((standing[:-1] * (hit / at_risk)[within]).sum())
    ended = float(hit.sum() + left.sum())
    if months > seen and ended:
        rate = ended / float(time.sum())
        share += float(standing[-1]) * float(hit.sum()) / ended * -float(np.expm1(-rate * (months - seen)))
    return share


def recensored(labels: pl.DataFrame, known_on: date, *, target: str) -> pl.DataFrame:
    """Return the labels as they were known on ``known_on``: later events and later absences are unknown again.

    For labels of ``build_labels`` these are the labels of the ledger cut at ``known_on``: an event whose verdict came
    later (``{target}_known_on``) is unknown, and so is everything from a placement on that then awaited its verdict
    (``{target}_waits``). Rows dated on or after ``known_on`` are left out.
    """
    on, known, own_end, waits = (f"{target}_{name}" for name in ("on", "known_on", "observed_to", "waits"))
    day = pl.lit(known_on)
    early = labels.filter(pl.col("as_of") < day)
    seen = pl.col(known if known in labels.columns else on) <= day
    changes = {
        "observed_to": pl.min_horizontal("observed_to", day),
        on: pl.when(seen).then(pl.col(on)),
        "left_on": pl.when(pl.col("left_on") <= day).then(pl.col("left_on")),
    }
    if known in labels.columns:
        changes[known] = pl.when(seen).then(pl.col(known))
    if own_end in labels.columns:
        changes[own_end] = pl.min_horizontal(own_end, day)
    if waits in labels.columns:
        pairs = waits_of(early[waits]).filter(pl.col("placed") <= day)
        undecided = pairs.filter(pl.col("verdict") > day).group_by("row").agg(pl.min("placed"))
        kept = pairs.group_by("row", maintain_order=True).agg(pl.col("pair").str.join(" "))
        rows = pl.DataFrame({"row": pl.int_range(early.height, dtype=pl.UInt32, eager=True)})
        rows = rows.join(undecided, on="row", how="left", maintain_order="left")
        rows = rows.join(kept, on="row", how="left", maintain_order="left")
        changes[own_end] = pl.min_horizontal(own_end, day, rows["placed"] - timedelta(days=1))
        changes[waits] = pl.lit(rows["pair"])
    return early.with_columns(**changes)


def waits_of(waits: pl.Series) -> pl.DataFrame:
    """Return the pairs in a column ``{target}_waits``: ``row, pair, placed, verdict``, in the order of the rows."""
    pairs = pl.DataFrame({"row": pl.int_range(len(waits), dtype=pl.UInt32, eager=True), "pair": waits.cast(pl.String)})
    days = pl.col("pair").str.split("/")
    return (
        pairs.drop_nulls()
        .with_columns(pl.col("pair").str.split(" "))
        .explode("pair")
        .with_columns(placed=days.list.get(0).str.to_date("%Y-%m-%d"), verdict=days.list.get(1).str.to_date("%Y-%m-%d"))
    )


def _need(frame: pl.DataFrame, columns: list[str], table: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError("Columns are missing.", table=table, columns=missing, remedy="give the frame as it was built.")
