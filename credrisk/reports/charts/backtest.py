"""Charts of the back-test: do the probabilities come true, and do they find more than simple rules do."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.measures import measure_of, model_name, model_words
from credrisk.reports.style import ACCENT, BASELINE, INK, MUTED, RULE, truncated
from credrisk.wording import percent

__all__ = ["auc_chart", "calibration_chart", "capture_chart"]


def calibration_chart(calibration: pl.DataFrame, *, event: str = "bad debt", size: Size = NOTEBOOK) -> Chart:
    """Draw predicted against observed shares by group, out of time, with 95 % intervals.

    Parameters
    ----------
    calibration
        As :func:`credrisk.reports.calibration.calibration_groups` returns it.
    event
        What was predicted, in words, in the singular.

    Raises
    ------
    EvidenceError
        When there is no group with a positive probability.
    """
    if calibration.is_empty():
        raise EvidenceError("The probabilities were not back-tested.")
    groups = calibration.filter(pl.col("predicted") > 0)
    if groups.is_empty():
        raise EvidenceError("No group of the back-test has a probability above zero.")
    rows = list(groups.iter_rows(named=True))
    judged = sum(row["rows"] for row in rows)
    predicted = math.fsum(row["rows"] * row["predicted"] for row in rows) / judged
    observed = math.fsum(row["rows"] * row["observed"] for row in rows) / judged
    within = groups.filter(pl.col("predicted").is_between("low", "high")).height
    finding = (
        f"Predicted {percent(predicted, 2)}, came true {percent(observed, 2)}; "
        f"{within} of {groups.height} groups, each by itself, lie within their interval"
    )
    alt = f"Predicted and observed share of {event}s by group: " + ", ".join(
        f"{percent(row['predicted'], 2)} and {percent(row['observed'], 2)}" for row in rows
    )
    ends = [row[name] for row in rows for name in ("predicted", "observed", "high") if row[name] > 0]
    floor, ceiling = min(ends) / 1.6, min(1.0, max(ends) * 1.3)
    with sheet(finding, f"{alt}.", size=size, unit="Came true within 12 months, % (log scale)") as (chart, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.plot([floor, ceiling], [floor, ceiling], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        for row in rows:
            seen = max(row["observed"], floor)
            axes.plot(
                [row["predicted"]] * 2, [max(row["low"], floor), max(row["high"], floor)], color=ACCENT, linewidth=1.3
            )
            axes.plot(
                [row["predicted"]],
                [seen],
                "o",
                color=ACCENT,
                markersize=5,
                markerfacecolor="white" if row["observed"] < floor else ACCENT,
                clip_on=False,
            )
        axes.set_xlim(floor, ceiling)
        axes.set_ylim(floor, ceiling)
        marks = [mark for decade in range(-6, 1) for mark in (10.0**decade, 3 * 10.0**decade)]
        shown = [mark for mark in marks if floor <= mark <= ceiling] or [floor, ceiling]
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(FixedLocator(shown))
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(FuncFormatter(lambda mark, _: f"{100 * mark:.3g}"))
        axes.tick_params(axis="x", pad=6.5)  # an open mark on the axis does not touch the figures
        axes.set_xlabel(f"Predicted probability of {event} in 12 months, % (log scale)")
        axes.grid(color=RULE)
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def capture_chart(metrics: pl.DataFrame, *, event: str = "bad debt", size: Size = NOTEBOOK) -> Chart:
    """Draw the share of bad debts found among the riskiest tenth: the model and the plain rules, with intervals.

    Parameters
    ----------
    metrics
        As :attr:`credrisk.reports.pack.Pack.metrics`: the model's rows first.

    Raises
    ------
    EvidenceError
        When no capture was measured for the model.
    """
    rows = _compared(metrics, "capture")
    share = measure_of(rows[0]["measure"]).words.removeprefix("Capture at ")
    finding = f"The riskiest {share} hold {percent(rows[0]['value'])} of the {event}s" + (
        f"; the best plain rule finds {percent(rows[1]['value'])}{_within_chance(*rows[:2])}" if rows[1:] else ""
    )
    return _dots(rows, finding, f"% of {event}s found in the riskiest {share}", 100.0, (0, 25, 50, 75, 100), size)


def auc_chart(metrics: pl.DataFrame, *, event: str = "bad debt", size: Size = NOTEBOOK) -> Chart:
    """Draw how well the model and the plain rules tell apart who went bad (AUC), with intervals.

    Raises
    ------
    EvidenceError
        When no AUC was measured for the model.
    """
    rows = _compared(metrics, "auc")
    finding = f"A later {event} was ranked riskier {100 * rows[0]['value']:.0f} times in 100" + (
        f"; by the best plain rule {100 * rows[1]['value']:.0f}{_within_chance(*rows[:2])}" if rows[1:] else ""
    )
    return _dots(rows, finding, "AUC (0.5 is guessing)", 1.0, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0), size)


def _within_chance(own: dict[str, Any], rule: dict[str, Any]) -> str:
    """Say so where the interval of the rule reaches into that of the model."""
    ends = [float(row[name]) for row in (own, rule) for name in ("low", "high") if row.get(name) is not None]
    return ", within chance" if len(ends) == 4 and ends[0] <= ends[3] and ends[2] <= ends[1] else ""


def _compared(metrics: pl.DataFrame, measure: str) -> list[dict[str, Any]]:
    """Return the model's row of the first measure so called, then the plain rules, best first."""
    own = model_name(metrics)
    found = metrics.head(0)
    if own is not None:
        called = pl.col("measure").str.to_lowercase().str.contains(measure)
        found = metrics.filter(called & pl.col("value").is_not_null())
        found = found.filter(pl.col("measure") == pl.col("measure").first())
    if found.is_empty() or own not in found["model"].to_list():
        raise EvidenceError("No ranking was back-tested.")
    mine = found.filter(pl.col("model") == own).row(0, named=True)
    rules = found.filter(pl.col("model") != own).sort(["value", "model"], descending=[True, False])
    return [mine, *rules.iter_rows(named=True)]


def _dots(
    rows: list[dict[str, Any]], finding: str, unit: str, scale: float, marks: tuple[float, ...], size: Size
) -> Chart:
    written = [percent(row["value"]) if scale == 100 else f"{row['value']:.2f}" for row in rows]
    alt = f"{unit}, with 95 % intervals: " + ", ".join(
        f"{model_words(row['model'])} {value}" for row, value in zip(rows, written, strict=True)
    )
    with sheet(finding, f"{alt}.", size=size, unit=f"{unit}, with 95 % interval") as (chart, axes):
        least = marks[0]
        for place, (row, value) in enumerate(zip(rows, written, strict=True)):
            colour, middle = (ACCENT if place == 0 else BASELINE), scale * row["value"]
            if row.get("low") is not None and row.get("high") is not None:
                ends = [scale * row["low"], scale * row["high"]]
                axes.plot(ends, [place] * 2, color=colour, linewidth=6, alpha=0.35, solid_capstyle="butt")
                least = min(least, ends[0])
            axes.plot([middle], [place], "o", color=colour, markersize=7)
            axes.annotate(
                value,
                (middle, place),
                xytext=(0, 7),
                textcoords="offset points",
                ha="center",
                fontweight="bold" if place == 0 else "normal",
            )
        axes.set_yticks(range(len(rows)), [truncated(model_words(row["model"]), 28) for row in rows], color=INK)
        axes.set_ylim(len(rows) - 0.4, -0.7)
        axes.set_xticks(marks)
        axes.set_xlim(least, marks[-1])
        axes.grid(axis="x")
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart
