"""What can be judged of a later day at once: how the inputs and the probabilities have moved, and what went missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from credrisk.features.catalogue import catalogue
from credrisk.frames import as_polars
from credrisk.models.drift import ATTENTION, MOVED, MUCH, NOT_JUDGED, critical_psi, drift_in_words, psi
from credrisk.models.reference import Reference, Spread, categories_of

__all__ = [
    "ALARM",
    "ATTENTION_NEEDED",
    "LEVEL",
    "NOTE",
    "drift_of",
    "new_categories",
    "numbers_of",
    "past_of",
    "score_of",
]

ALARM, ATTENTION_NEEDED, NOTE = "alarm", "attention", "note"

SHARED = ("market_", "industry_")
"""Features that are the same for many customers: they are judged by where the market is, not by their spread."""

USUAL = 4.0
"""A figure has moved when its index is this many times what is usual between training dates: customers do age."""

MANY, ALONE = 0.05, 0.5
"""Share of the features that must have moved before moderate moves are an alert, and the index from which one feature
alone is; two large ones always are."""

AGAINST_INDUSTRY = "_against_industry"
"""Features of which an industry's median is taken off: it moves them all at once, so none of them is an alert alone."""

LEVEL = 0.01
"""Chance that an unchanged world raises an alert by one of the tests, all features or grades of it together."""

OUTSIDE = 1.0
"""A market figure is outside what the model has seen when it lies beyond the medians of all training dates by more than
this share of their range."""

LOST_SHARE, MUCH_LOST_SHARE = 0.05, 0.20
"""Share of the values of a feature that are gone, from which it asks for attention, and is an alarm."""

HALF = 0.5
"""Share of the values gone since training from which it is an alarm: less can be what customers or collectors do."""

LEAST_VALUES = 30
"""Customers that must hold a value for a feature to be judged."""


def numbers_of(values: pl.Series) -> np.ndarray:
    """Return a column as numbers, nulls as NaN."""
    found: np.ndarray = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found


def _limit(spread: Spread, reference: Reference, values: int, tests: int) -> float:
    """Return the index up to which nothing unusual has happened: what it reached before, or what chance reaches."""
    used = sum(count > 0 for count in spread.bands.counts[:-1])
    held = reference.customers * (1 - spread.bands.null_share)
    return max(USUAL * spread.moved, critical_psi(used, held, values, level=LEVEL / tests))


def drift_of(now: pl.DataFrame, reference: Reference, alerts: list[dict[str, str]]) -> pl.DataFrame:
    """Return how far each feature has moved and what of it is gone; add the alerts."""
    found: list[dict[str, Any]] = []
    for name, spread in reference.features.items():
        values = numbers_of(now[name])
        known = int((~np.isnan(values)).sum())
        row: dict[str, Any] = {
            "feature": name,
            "null_before": spread.null_high,
            "null_after": 1 - known / len(values),
            "drift": NOT_JUDGED,
        }
        held = reference.customers * (1 - spread.bands.null_share)
        if known >= LEAST_VALUES and held >= LEAST_VALUES:
            row["psi"] = psi(spread.bands, values, nulls=False)
            row["limit"] = _limit(spread, reference, known, len(reference.features))
            row["drift"] = drift_in_words(row["psi"], row["limit"])
        row["lost"] = _lost(spread, row["null_after"], len(values))
        found.append(row)
    numbers = dict.fromkeys(("psi", "limit", "null_before", "null_after", "lost"), pl.Float64)
    frame = pl.DataFrame(found, schema={"feature": pl.String} | numbers | {"drift": pl.String})
    frame = frame.sort("psi", "feature", descending=[True, False], nulls_last=True)
    _moved_alerts(frame, alerts)
    _market_alerts(now, reference, alerts)
    _lost_alerts(frame, alerts)
    return frame


def _lost(spread: Spread, null_now: float, customers: int) -> float:
    """Return the share of a feature's values that are gone, beyond what happened before and chance; 0 where none is."""
    before = 1 - spread.null_high
    if before <= 0 or before * customers < LEAST_VALUES:
        return 0.0
    usual = spread.null_high - spread.null_low
    chance = 4 * (before * (1 - before) / customers) ** 0.5
    return (null_now - spread.null_high) / before if null_now - spread.null_high > max(usual, chance) else 0.0


def _moved_alerts(drift: pl.DataFrame, alerts: list[dict[str, str]]) -> None:
    shared = pl.any_horizontal(*(pl.col("feature").str.starts_with(start) for start in SHARED))
    moved = drift.filter(pl.col("drift").is_in(MOVED))
    own = moved.filter(~shared)
    large = own.filter(pl.col("drift") == "large").height
    alone = own.filter((pl.col("drift") == "large") & ~pl.col("feature").str.ends_with(AGAINST_INDUSTRY))
    if alone.height > 1 or (alone["psi"] >= ALONE).any() or own.height >= MANY * drift.height:
        alerts.append(
            {
                "severity": ATTENTION_NEEDED,
                "subject": "drift of features",
                "message": f"{own.height} of {drift.height} features have moved beyond what is usual, {large} of them "
                f"much: {_named(own)}.",
                "remedy": "See whether business, terms or the export have changed; fit the model anew if so it stays.",
            }
        )


def _market_alerts(now: pl.DataFrame, reference: Reference, alerts: list[dict[str, str]]) -> None:
    """Raise an alert where the market or the industries are where the model has never seen them."""
    outside = []
    for name, spread in reference.features.items():
        middle, low, high = now[name].cast(pl.Float64).median(), spread.middle_low, spread.middle_high
        if not name.startswith(SHARED) or not isinstance(middle, float) or low is None or high is None:
            continue
        room = OUTSIDE * (high - low)
        if middle < low - room or middle > high + room:
            outside.append(f"{name.replace('_', ' ')} {middle:.3g} (at training {low:.3g} to {high:.3g})")
    if outside:
        more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
        alerts.append(
            {
                "severity": ATTENTION_NEEDED,
                "subject": "market",
                "message": f"The market is where the model has never seen it: {', '.join(outside[:3])}{more}.",
                "remedy": "The level of the probabilities may follow late: watch what comes true; fit the model anew.",
            }
        )


def _lost_alerts(drift: pl.DataFrame, alerts: list[dict[str, str]]) -> None:
    """Raise one alert for each trade question whose values have gone missing, not one a feature."""
    questions = {name: entry.question for name, entry in catalogue(drift["feature"].to_list()).items()}
    gone = drift.filter(pl.col("lost") >= LOST_SHARE).with_columns(
        question=pl.col("feature").replace_strict(questions, default="", return_dtype=pl.String)
    )
    for (question,), rows in gone.sort("question", "feature").group_by(["question"], maintain_order=True):
        most = rows.sort("lost", "feature", descending=[True, False]).row(0, named=True)
        alerts.append(
            {
                "severity": ALARM if most["lost"] >= HALF else ATTENTION_NEEDED,
                "subject": f"missing values: {str(question).replace('_', ' ')}",
                "message": f"{rows.height} {'feature has' if rows.height == 1 else 'features have'} lost values; most: "
                f"{most['feature'].replace('_', ' ')}, empty for {100 * most['null_after']:.1f} % of the customers, on "
                f"training dates for {100 * most['null_before']:.1f} % at most.",
                "remedy": "Check that the export or the source still delivers these rows.",
            }
        )


def _named(rows: pl.DataFrame) -> str:
    shown = [
        f"{row['feature'].replace('_', ' ')} ({row['psi']:.2f}, usual up to {row['limit']:.2f})"
        for row in rows.head(3).iter_rows(named=True)
    ]
    return ", ".join(shown) + (f" and {rows.height - 3} more" if rows.height > 3 else "")


def past_of(then: pl.DataFrame, reference: Reference, alerts: list[dict[str, str]]) -> None:
    """Compare the last reference date as the ledger tells it now with how it was told then; add the alerts.

    No chance is in it: the same date has the same features, but for what was recorded late. Values that are gone show
    that the export or a source no longer delivers rows that it once delivered.
    """
    found = []
    for name, spread in reference.features.items():
        held, now = 1 - spread.null_last, 1 - then[name].null_count() / then.height
        lost = (held - now) / held if held * then.height >= LEAST_VALUES else 0.0
        found.append({"feature": name, "lost": lost, "before": 1 - held, "now": 1 - now})
    questions = {name: entry.question for name, entry in catalogue(list(reference.features)).items()}
    gone = pl.DataFrame(found).filter(pl.col("lost") >= LOST_SHARE)
    gone = gone.with_columns(
        question=pl.col("feature").replace_strict(questions, default="", return_dtype=pl.String)
    ).sort("question", "feature")
    for (question,), rows in gone.group_by(["question"], maintain_order=True):
        most = rows.sort("lost", "feature", descending=[True, False]).row(0, named=True)
        alerts.append(
            {
                "severity": ALARM if most["lost"] >= MUCH_LOST_SHARE else ATTENTION_NEEDED,
                "subject": f"rows missing: {str(question).replace('_', ' ')}",
                "message": f"The ledger tells {reference.last_on} otherwise than it did: "
                f"{most['feature'].replace('_', ' ')} is now empty for {100 * most['now']:.1f} % of the customers, "
                f"then for {100 * most['before']:.1f} %"
                + (f" ({rows.height - 1} more features alike)." if rows.height > 1 else "."),
                "remedy": "Check that the export or the source still delivers these rows.",
            }
        )


def score_of(probability: np.ndarray, reference: Reference, alerts: list[dict[str, str]]) -> dict[str, float | None]:
    """Return how far the probabilities have moved; add the alert."""
    index = psi(reference.score.bands, probability, nulls=False)
    limit = _limit(reference.score, reference, len(probability), 1)
    mean = float(np.nanmean(probability))
    if index > limit and index >= ATTENTION:
        edges = np.array(reference.score.bands.edges)
        middle = float(edges[len(edges) // 2]) if len(edges) else mean
        above = 100 * float((probability > middle).mean())
        alerts.append(
            {
                "severity": ALARM if index >= MUCH else ATTENTION_NEEDED,
                "subject": "probabilities",
                "message": f"The probabilities are spread otherwise than at training: index {index:.2f}, usual up to "
                f"{limit:.2f}. {above:.0f} % of the customers are above the median of then; the mean is "
                f"{100 * mean:.2f} %, at training {100 * reference.mean:.2f} %.",
                "remedy": "See which features moved."
                + (" Limits and grades have moved with the probabilities." if reference.target == "bad_debt" else ""),
            }
        )
    return {"psi": index, "limit": limit, "mean_before": reference.mean, "mean_now": mean}


def new_categories(attributes: Any, reference: Reference, alerts: list[dict[str, str]]) -> None:
    """Add an alert for every column of the customer master with values that were unknown at training."""
    if attributes is None:
        return
    frame = as_polars(attributes, "attributes")
    for name, values in categories_of(frame).items():
        new = sorted(set(values) - set(reference.categories.get(name, ())))
        if not new or name not in reference.categories:
            continue
        customers = frame.filter(pl.col(name).cast(pl.String).is_in(new)).height
        shown = ", ".join(new[:5]) + (f" and {len(new) - 5} more" if len(new) > 5 else "")
        alerts.append(
            {
                "severity": ATTENTION_NEEDED if customers >= 0.01 * frame.height else NOTE,
                "subject": "new categories",
                "message": f"{name.replace('_', ' ').capitalize()} holds values unknown at training: {shown} "
                f"({customers:,} of {frame.height:,} customers).",
                "remedy": "The model has not learnt from such customers: trust its probabilities for them less.",
            }
        )
