"""The parts of an assessment: grades, folds, segments, and how far the tested customers differ from the training's."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.models import measures
from credrisk.models.calibration_tests import grade_test, holm, jeffreys_interval
from credrisk.models.drift import NOT_JUDGED, critical_psi, drift_in_words, psi
from credrisk.models.master_scale import GRADED_MONTHS, MasterScale, propose_scale
from credrisk.models.monitoring_inputs import USUAL
from credrisk.models.outcomes import IN_WORDS, PREFIXES
from credrisk.models.reference import spread_of
from credrisk.models.resampling import Resamples, interval

__all__ = [
    "GRADES",
    "WINDOW_NOT_FULL",
    "cohort_dates",
    "drift_frame",
    "grade_frame",
    "graded",
    "segment_frame",
    "stability_frame",
]

LEAST_EVENTS = 5
"""Rows with an event below which a part is not measured."""

INDUSTRIES_SHOWN = 8
NEW_MONTHS = 12
LEVEL = 0.05
WINDOW_NOT_FULL = "window not full"

PART: dict[str, Any] = {
    "rows": pl.Int64,
    "customers": pl.Int64,
    "events": pl.Int64,
    "predicted": pl.Float64,
    "observed": pl.Float64,
    "observed_to_expected": pl.Float64,
    "observed_to_expected_low": pl.Float64,
    "observed_to_expected_high": pl.Float64,
    "auc": pl.Float64,
    "auc_low": pl.Float64,
    "auc_high": pl.Float64,
    "reason": pl.String,
}

GRADES: dict[str, Any] = {
    "grade": pl.String,
    "pd_from": pl.Float64,
    "pd_to": pl.Float64,
    "customers": pl.Int64,
    "events": pl.Int64,
    "predicted": pl.Float64,
    "observed": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p_jeffreys": pl.Float64,
    "p_too_low": pl.Float64,
    "p_too_high": pl.Float64,
    "p_too_low_holm": pl.Float64,
    "p_too_high_holm": pl.Float64,
    "verdict": pl.String,
}


def cohort_dates(dates: list[date], months: int) -> list[date]:
    """Return dates whose horizons do not overlap, counted back from the last."""
    chosen: list[date] = []
    for day in sorted(set(dates), reverse=True):
        if not chosen or months_after(day, months) <= chosen[-1]:
            chosen.append(day)
    return chosen[::-1]


def graded(
    rows: pl.DataFrame, scale: MasterScale | None, *, target: str, months: int
) -> tuple[pl.DataFrame, MasterScale | None, str]:
    """Add ``graded_by``, the probability by which each row is graded; return also the scale and what it is, in words.

    Parameters
    ----------
    rows
        ``probability``, that of the target within ``months``; for a bad debt and other months also ``pd_12m``.
    scale
        Grades of the target; of a bad debt those of its probability within ``GRADED_MONTHS``. None proposes some for
        these probabilities (:func:`~credrisk.models.master_scale.propose_scale`).

    Returns
    -------
    rows, scale, words
        The scale is None where there are no grades; the words say why.
    """
    own = f"the probability of {IN_WORDS[target]} within {months} months"
    rows = rows.with_columns(graded_by="probability")
    if scale is None:
        try:
            scale = propose_scale(rows["probability"].to_numpy())
        except EvidenceError as why:
            return rows, None, f"There are no grades: {why}."
        return rows, scale, f"The grades are proposed for {own}; they are not the policy's."
    if target != "bad_debt":
        return rows, scale, f"The grades are those given for {own}."
    words = f"The grades are those of the probability of bad debt within {GRADED_MONTHS} months"
    if months == GRADED_MONTHS:
        return rows, scale, f"{words}."
    by = f"{PREFIXES[target]}_{GRADED_MONTHS}m"
    if by not in rows.columns:
        return (
            rows,
            None,
            f"There are no grades: the probability within {GRADED_MONTHS} months is not known here.",
        )
    return rows.with_columns(graded_by=by), scale, f"{words}; what is tested within each is {own}."


def grade_frame(rows: pl.DataFrame, scale: MasterScale, *, months: int, correlation: float) -> pl.DataFrame:
    """Return the tests of the grades' levels over cohorts whose horizons do not overlap.

    Parameters
    ----------
    rows
        ``as_of, probability`` (within ``months``), ``event`` and, where another probability makes the grade,
        ``graded_by`` (:func:`graded`).

    Returns
    -------
    polars.DataFrame
        By grade: ``grade, pd_from, pd_to``, ``customers`` (of all cohorts), ``events``, ``predicted`` (mean of the
        tested probability), ``observed``, ``low, high`` (95 % by Jeffreys' prior), ``p_jeffreys`` (one-sided, customers
        independent), ``p_too_low``, ``p_too_high`` (under the common factor), ``p_too_low_holm``, ``p_too_high_holm``
        (Holm, for all grades and both sides together) and ``verdict``: ``too low``, ``too high``, ``not rejected``, or
        ``no customer``. A level is rejected where its corrected p-value under the common factor is below 5 %.
    """
    dates = cohort_dates(rows["as_of"].to_list(), months)
    cohort = rows.filter(pl.col("as_of").is_in(dates))
    by = cohort["graded_by" if "graded_by" in cohort.columns else "probability"]
    cohort = cohort.with_columns(place=pl.Series(scale.positions(by.to_numpy())))
    found: list[dict[str, Any]] = []
    for place, (name, low, high) in enumerate(zip(scale.names, scale.pd_from, scale.pd_to, strict=True)):
        own = cohort.filter(pl.col("place") == place)
        row: dict[str, Any] = {"grade": name, "pd_from": low, "pd_to": high, "customers": own.height}
        if own.height:
            by_date = own.group_by("as_of").agg(pl.col("probability").sort().mean(), pl.len()).sort("as_of")
            events = int(own["event"].sum())
            test = grade_test(
                by_date["probability"].to_list(), by_date["len"].to_list(), events, correlation=correlation
            )
            ends = jeffreys_interval(events, own.height)
            row |= {
                "events": events,
                "predicted": float(own["probability"].sort().mean()),  # type: ignore[arg-type]
                "observed": events / own.height,
                "low": float(ends[0]),
                "high": float(ends[1]),
                "p_jeffreys": test.p_too_low,
                "p_too_low": test.p_too_low_correlated,
                "p_too_high": test.p_too_high_correlated,
            }
        found.append(row)
    tested = [row for row in found if row["customers"]]
    sides = [(row, side) for row in tested for side in ("p_too_low", "p_too_high")]
    for (row, side), adjusted in zip(sides, holm([row[side] for row, side in sides]), strict=True):
        row[f"{side}_holm"] = adjusted
    for row in found:
        row["verdict"] = _verdict(row)
    return pl.DataFrame(found, schema=GRADES, infer_schema_length=None)


def stability_frame(rows: pl.DataFrame, drawn: Resamples) -> pl.DataFrame:
    """Return ``fold, from, to`` and, for each, how many, predicted against observed, and the AUC with intervals."""
    found = []
    for fold in rows["fold"].unique().sort():
        mask = (rows["fold"] == fold).to_numpy()
        dates = rows.filter(pl.Series(mask))["as_of"]
        found.append({"fold": fold, "from": dates.min(), "to": dates.max()} | part_of(rows, mask, drawn))
    return pl.DataFrame(found, schema={"fold": pl.Int64, "from": pl.Date, "to": pl.Date, **PART})


def segment_frame(rows: pl.DataFrame, drawn: Resamples, attributes: Any) -> pl.DataFrame:
    """Return ``segment, part`` and the same by size of the balance, by age of the account, by industry."""
    found: list[dict[str, Any]] = []

    def add(segment: str, part: str, member: pl.Series) -> None:
        mask = member.fill_null(False).to_numpy()
        if mask.any():
            found.append({"segment": segment, "part": part} | part_of(rows, mask, drawn))

    if "open_balance" in rows.columns:
        place = (pl.col("open_balance").rank("average") / pl.col("open_balance").count()).over("as_of")
        third = rows.select(place.alias("place"))["place"]
        add("size", "smallest third by balance", third <= 1 / 3)
        add("size", "middle third", (third > 1 / 3) & (third <= 2 / 3))
        add("size", "largest third", third > 2 / 3)
    if "tenure_months" in rows.columns:
        add("age of the account", f"under {NEW_MONTHS} months", rows["tenure_months"] < NEW_MONTHS)
        add("age of the account", f"{NEW_MONTHS} months or more", rows["tenure_months"] >= NEW_MONTHS)
    if attributes is not None and "industry" in (known := as_polars(attributes, "attributes")).columns:
        names = rows.select(pl.col("customer_id").cast(pl.String)).join(
            known.select(pl.col("customer_id").cast(pl.String), "industry").unique("customer_id"),
            on="customer_id",
            how="left",
            maintain_order="left",
        )["industry"]
        counted = names.drop_nulls().value_counts(sort=True).sort("count", "industry", descending=[True, False])
        shown = counted["industry"].head(INDUSTRIES_SHOWN).to_list()
        for name in shown:
            add("industry", str(name), names == name)
        add("industry", "all others", names.is_null() | ~names.is_in(shown))
    return pl.DataFrame(found, schema={"segment": pl.String, "part": pl.String, **PART})


def part_of(rows: pl.DataFrame, mask: np.ndarray, drawn: Resamples) -> dict[str, Any]:
    """Measure the model on some of the rows; what five events do not bear is null, with the reason."""
    own = rows.filter(pl.Series(mask))
    event, probability = own["event"].to_numpy(), own["probability"].to_numpy()
    events = int(event.sum())
    told: dict[str, Any] = {
        "rows": own.height,
        "customers": own["customer_id"].n_unique(),
        "events": own.filter(pl.col("event_on").is_not_null()).select("customer_id", "event_on").n_unique(),
        "predicted": float(probability.mean()),
        "observed": float(event.mean()),
    }
    if told["events"] < LEAST_EVENTS or events == own.height:
        return told | {"reason": f"{told['events']} events, below the {LEAST_EVENTS} that a measure needs"}
    part = drawn.of_rows(mask)

    def level(weight: np.ndarray) -> np.ndarray:
        return measures.calibration_in_the_large(event, probability, weight)

    def ranking(weight: np.ndarray) -> np.ndarray:
        return measures.auc(*measures.by_score(event, probability, weight))

    for name, measure in (("observed_to_expected", level), ("auc", ranking)):
        ends = interval(part.of(measure))
        told |= {name: ends["value"], f"{name}_low": ends["low"], f"{name}_high": ends["high"]}
    return told


def drift_frame(panel: pl.DataFrame, rows: pl.DataFrame, *, known_on: date) -> pl.DataFrame:
    """Return how far the tested rows differ from the rows before ``known_on``, feature by feature.

    Parameters
    ----------
    panel
        The features of the rows at risk: customers in default would differ from the tested ones by themselves.
    rows
        ``customer_id, as_of`` of the tested rows.

    Returns
    -------
    polars.DataFrame
        ``feature``, ``psi`` (of the values there are; null where a side has none), ``critical`` (what chance exceeds
        with 5 % over all features together), ``limit`` (that, or ``USUAL`` times what is usual between the dates before
        ``known_on``), ``null_before``, ``null_after``, ``drift`` (``large``, ``moderate``, ``small`` or
        ``window not full``: on some date before ``known_on`` nobody has a value yet, so it is not judged); the largest
        index first. Market and industry figures are the same for many customers, so their index says that the market
        moved, not that customers differ.
    """
    before = panel.filter(pl.col("as_of") < known_on)
    after = panel.join(rows.select("customer_id", "as_of"), on=["customer_id", "as_of"], how="semi")
    features = [name for name in panel.columns if name not in ("customer_id", "as_of")]
    numbers = ("psi", "critical", "limit", "null_before", "null_after")
    found: list[dict[str, Any]] = []
    if before.height and after.height:
        sides = [frame["customer_id"].n_unique() for frame in (before, after)]
        day = before["as_of"].rank("dense").to_numpy().astype(np.int64) - 1
        for name in features:
            old, new = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for frame in (before, after))
            spread = spread_of(old, day)
            row: dict[str, Any] = {
                "feature": name,
                "null_before": spread.bands.null_share,
                "null_after": float(np.isnan(new).mean()),
            }
            found.append(row)
            if spread.null_low < spread.null_high == 1:
                row["drift"] = WINDOW_NOT_FULL
                continue
            index = psi(spread.bands, new, nulls=False)
            used = sum(count > 0 for count in spread.bands.counts[:-1])
            held = [side * float(1 - np.isnan(values).mean()) for side, values in zip(sides, (old, new), strict=True)]
            row["psi"] = None if np.isnan(index) else index
            row["critical"] = critical_psi(used, *held, level=LEVEL / len(features))
            row["limit"] = max(USUAL * spread.moved, row["critical"])
            row["drift"] = NOT_JUDGED if np.isnan(index) else drift_in_words(index, row["limit"])
    schema = {"feature": pl.String} | dict.fromkeys(numbers, pl.Float64) | {"drift": pl.String}
    frame = pl.DataFrame(found, schema=schema, infer_schema_length=None)
    return frame.sort("psi", "feature", descending=[True, False], nulls_last=True)


def _verdict(row: dict[str, Any]) -> str:
    if not row["customers"]:
        return "no customer"
    if row["p_too_low_holm"] < LEVEL:
        return "too low"
    return "too high" if row["p_too_high_holm"] < LEVEL else "not rejected"
