"""Charts of the back-test: do the probabilities come true, and do they find more than simple rules do."""

from __future__ import annotations

import polars as pl
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.measures import measure_of, model_name, model_words
from credrisk.reports.style import ACCENT, BASELINE, INK, MUTED, RULE, truncated
from credrisk.wording import percent

__all__ = ["calibration_chart", "capture_chart"]


def calibration_chart(calibration: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw predicted against observed shares by group, out of time, with 95 % intervals.

    Parameters
    ----------
    calibration
        As :func:`credrisk.reports.calibration.calibration_groups` returns it.

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
    weight = groups["rows"].cast(pl.Float64)
    predicted = float((groups["predicted"] * weight).sum() / weight.sum())
    observed = float((groups["observed"] * weight).sum() / weight.sum())
    within = groups.filter(pl.col("predicted").is_between("low", "high")).height
    finding = (
        f"Predicted {percent(predicted, 2)}, came true {percent(observed, 2)}; "
        f"{within} of {groups.height} groups lie within their interval"
    )
    alt = "Predicted and observed share of bad debts by group: " + ", ".join(
        f"{percent(row['predicted'], 2)} and {percent(row['observed'], 2)}" for row in groups.iter_rows(named=True)
    )
    floor = min(groups.select(pl.min_horizontal(pl.col(name).filter(pl.col(name) > 0).min() for name in ("predicted", "observed", "high"))).item(), 1.0) / 1.6
    ceiling = min(1.0, max(groups["predicted"].max(), groups["high"].max()) * 1.3)  # type: ignore[type-var, operator]
    with sheet(finding, f"{alt}.", size=size, unit="Came true within 12 months, % (log scale)") as (chart, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.plot([floor, ceiling], [floor, ceiling], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        for row in groups.iter_rows(named=True):
            seen = max(row["observed"], floor)
            axes.plot([row["predicted"]] * 2, [max(row["low"], floor), max(row["high"], floor)], color=ACCENT, linewidth=1.3)
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
        axes.set_xlabel("Predicted PD 12 months, % (log scale)")
        axes.grid(color=RULE)
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def capture_chart(metrics: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the share of bad debts found among the riskiest tenth: the model and the plain rules, with intervals.

    Raises
    ------
    EvidenceError
        When no capture was measured.
    """
    own = model_name(metrics)
    captures = metrics.head(0) if own is None else metrics.filter(
        pl.col("measure").str.to_lowercase().str.contains("capture") & pl.col("value").is_not_null()
    )
    if captures.is_empty() or own not in captures["model"].to_list():
        raise EvidenceError("No ranking was back-tested.")
    captures = captures.filter(pl.col("measure") == captures["measure"][0])
    mine = captures.filter(pl.col("model") == own).row(0, named=True)
    rules = captures.filter(pl.col("model") != own).sort(["value", "model"], descending=[True, False])
    share = measure_of(mine["measure"]).words.removeprefix("Capture at ")
    best = rules.row(0, named=True) if rules.height else None
    finding = f"The riskiest {share} hold {percent(mine['value'])} of the bad debts" + (
        f"; the best plain rule finds {percent(best['value'])}" if best else ""
    )
    rows = [mine, *rules.iter_rows(named=True)]
    alt = f"Share of bad debts among the riskiest {share}, with 95 % intervals: " + ", ".join(
        f"{model_words(row['model'])} {percent(row['value'])}" for row in rows
    )
    with sheet(finding, f"{alt}.", size=size, unit=f"% of bad debts in the riskiest {share}, with 95 % interval") as (
        chart,
        axes,
    ):
        for place, row in enumerate(rows):
            colour = ACCENT if place == 0 else BASELINE
            axes.barh(place, 100 * row["value"], height=0.56, color=colour, alpha=1.0 if place == 0 else 0.55)
            end = row["value"]
            if row.get("low") is not None and row.get("high") is not None:
                axes.plot([100 * row["low"], 100 * row["high"]], [place] * 2, color=INK, linewidth=1.1)
                end = max(end, row["high"])
            axes.annotate(
                percent(row["value"]),
                (100 * end, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold" if place == 0 else "normal",
            )
        axes.set_yticks(range(len(rows)), [truncated(model_words(row["model"]), 28) for row in rows], color=INK)
        axes.set_xlim(0, 112)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.grid(axis="x")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.invert_yaxis()
    return chart
