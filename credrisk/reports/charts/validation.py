"""Charts of a validation: what reviewing finds, whether grades hold, and where and when the model is weak."""

from __future__ import annotations

from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from credrisk.errors import EvidenceError
from credrisk.models.assessment import TOLD_SHARES
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, sheet, thinned
from credrisk.reports.measures import model_words
from credrisk.reports.months import month_in_words
from credrisk.reports.style import ACCENT, BASELINE, INK, MARK, MUTED, RULE, axis_unit, short_money, truncated
from credrisk.wording import percent

__all__ = [
    "capture_curve_chart",
    "grade_level_chart",
    "review_value_chart",
    "roc_chart",
    "segment_chart",
    "stability_chart",
]


ROW = 17
"""Pixels a segment takes at least."""
GRADES_NAMED = 6
VALUES_WRITTEN = 8
"""Periods up to which the value stands beside its mark."""
MARKS_BELOW = 6.5
"""Points from the axis down to the grades: an open mark on the axis does not touch them."""


def _curves(curve: pl.DataFrame) -> dict[str, pl.DataFrame]:
    if curve.is_empty():
        raise EvidenceError("No ranking was tested.")
    return {str(name): curve.filter(pl.col("model") == name) for name in curve["model"].unique(maintain_order=True)}


def _at(curve: pl.DataFrame, column: str, share: float) -> float:
    """Return the height of a curve at a share of the customers, linear between its points."""
    import numpy as np

    return float(np.interp(share, curve["reviewed"].to_numpy(), curve[column].to_numpy()))


def capture_curve_chart(
    curve: pl.DataFrame, *, event: str = "bad debt", money: bool = False, size: Size = NOTEBOOK
) -> Chart:
    """Draw the share of the events found against the share of customers reviewed: the cumulative accuracy profile.

    Parameters
    ----------
    curve
        As :attr:`credrisk.models.assessment.Assessment.curve`: the model's, then the best plain rule's.
    money
        Draw the share of the money that went bad instead of that of the events.

    Raises
    ------
    EvidenceError
        When there is no curve, or no money on it.
    """
    curves, column = _curves(curve), "money" if money else "captured"
    if curves["model"][column].null_count() == curves["model"].height:
        raise EvidenceError("The ledger holds no balance of the customers that went bad.")
    found = {name: _at(points, column, 0.1) for name, points in curves.items()}
    what = "money that went bad" if money else f"{event}s"
    rules = [name for name in curves if name != "model"]
    beside = f"; ranked by {model_words(rules[0]).lower()}: {percent(found[rules[0]])}" if rules else ""
    finding = f"Reviewing 10 % finds {percent(found['model'])} of the {what}{beside}"
    alt = f"Share of the {what} found by share of customers reviewed, riskiest first: " + "; ".join(
        f"{model_words(name)}: "
        + ", ".join(f"{percent(_at(points, column, share))} at {percent(share)}" for share in TOLD_SHARES)
        for name, points in curves.items()
    )
    with sheet(finding, f"{alt}.", size=size, unit=f"% of the {what} found") as (chart, axes):
        axes.plot([0, 100], [0, 100], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        for name in (*rules, "model"):
            points = curves[name]
            colour, weight = (ACCENT, 1.9) if name == "model" else (BASELINE, 1.4)
            axes.plot(100 * points["reviewed"], 100 * points[column], color=colour, linewidth=weight)
        axes.plot([10], [100 * found["model"]], "o", color=ACCENT, markersize=5)
        _legend_beside(axes, curves, column, rules)
        _square(axes, "% of the customers reviewed, riskiest first")
    return chart


def roc_chart(
    curve: pl.DataFrame, *, auc: float | None = None, event: str = "bad debt", size: Size = NOTEBOOK
) -> Chart:
    """Draw the receiver operating characteristic: events found against false alarms.

    Parameters
    ----------
    curve
        As :attr:`credrisk.models.assessment.Assessment.curve`.
    auc
        Area under the model's curve, for the title; None names another figure.

    Raises
    ------
    EvidenceError
        When there is no curve.
    """
    import numpy as np

    curves = _curves(curve)
    rules = [name for name in curves if name != "model"]
    own = curves["model"]
    at_tenth = float(np.interp(0.1, own["false_alarms"].to_numpy(), own["captured"].to_numpy()))
    finding = (
        f"A later {event} is ranked riskier {100 * auc:.0f} times in 100"
        if auc is not None
        else f"With 10 % false alarms, {percent(at_tenth)} of the {event}s are found"
    )
    alt = f"Receiver operating characteristic: with 10 % of the others flagged, {percent(at_tenth)} of {event}s found."
    with sheet(finding, alt, size=size, unit=f"% of the {event}s found") as (chart, axes):
        axes.plot([0, 100], [0, 100], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        for name in (*rules, "model"):
            colour, weight = (ACCENT, 1.9) if name == "model" else (BASELINE, 1.4)
            axes.plot(
                100 * curves[name]["false_alarms"], 100 * curves[name]["captured"], color=colour, linewidth=weight
            )
        _legend_beside(axes, curves, "captured", rules)
        _square(axes, f"% of the others flagged though no {event} followed")
    return chart


def _legend_beside(axes: Axes, curves: dict[str, pl.DataFrame], column: str, rules: list[str]) -> None:
    names = ["model", *rules]
    heights = [_at(curves[name], column, 0.5) for name in names]
    for place, name in enumerate(sorted(names, key=lambda each: -heights[names.index(each)])):
        axes.annotate(
            truncated(model_words(name), 30),
            (0.97, 0.16 - 0.085 * place),
            xycoords="axes fraction",
            ha="right",
            color=ACCENT if name == "model" else MUTED,
            fontweight="bold" if name == "model" else "normal",
        )


def _square(axes: Axes, words: str) -> None:
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 101.5)
    axes.set_xticks((0, 10, 20, 40, 60, 80, 100))
    axes.set_yticks((0, 25, 50, 75, 100))
    axes.set_xlabel(words, fontsize=7.9)
    axes.grid(color=RULE)
    axes.spines[["left", "bottom"]].set_visible(False)


def grade_level_chart(grades: pl.DataFrame, *, event: str = "bad debt", size: Size = NOTEBOOK) -> Chart:
    """Draw by grade the predicted share and the observed one with its 95 % interval, on a log scale.

    Parameters
    ----------
    grades
        As :attr:`credrisk.models.assessment.Assessment.grades`.

    Raises
    ------
    EvidenceError
        When no grade was tested.
    """
    tested = grades.filter(pl.col("customers") > 0) if "customers" in grades.columns else grades
    if tested.is_empty():
        raise EvidenceError("No grade was tested.")
    rows = list(tested.iter_rows(named=True))
    wrong = [row["grade"] for row in rows if row["verdict"] != "not rejected"]
    finding = (
        f"The level of {len(rows)} grades: none is rejected{_apart(rows)}"
        if not wrong
        else f"The level is rejected in {'grade' if len(wrong) == 1 else 'grades'} {_first_of(wrong)}"
    )
    alt = f"Predicted and observed share of {event}s by grade: " + "; ".join(
        f"{row['grade']}: {percent(row['predicted'], 2)} and {percent(row['observed'], 2)}" for row in rows
    )
    ends = [row[name] for row in rows for name in ("predicted", "high") if row[name] > 0]
    lows = [row[name] for row in rows for name in ("predicted", "observed", "low") if row[name] > 0]
    floor, ceiling = max(min(lows) / 1.5, min(row["predicted"] for row in rows) / 12, 1e-5), min(1.0, max(ends) * 1.25)
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        axes.set_yscale("log")
        for place, row in enumerate(rows):
            colour = ACCENT if row["verdict"] == "not rejected" else MARK
            axes.plot([place] * 2, [max(row["low"], floor), max(row["high"], floor)], color=colour, linewidth=1.4)
            axes.plot(
                [place],
                [max(row["observed"], floor)],
                "o",
                color=colour,
                markersize=5,
                markerfacecolor="white" if row["observed"] < floor else colour,
                clip_on=False,
            )
            axes.plot([place - 0.28, place + 0.28], [max(row["predicted"], floor)] * 2, color=INK, linewidth=2)
        axes.set_ylim(floor, ceiling)
        marks = [m * 10.0**decade for decade in range(-5, 1) for m in (1, 2, 5)]
        shown = [mark for mark in marks if floor <= mark <= ceiling] or [floor, ceiling]
        axes.yaxis.set_major_locator(FixedLocator(shown if len(shown) < 9 else shown[::2]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda mark, _: f"{100 * mark:.3g}"))
        small = 7.9 if len(rows) <= 8 else 6.6
        labelled = thinned(len(rows), size.width // 40)
        said = [f"{truncated(row['grade'], 6)}\n{row['customers']:,}\n{row['events']:,}" for row in rows]
        axes.set_xticks(labelled, [said[place] for place in labelled], fontsize=small)
        axes.tick_params(axis="x", pad=MARKS_BELOW)
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_xlabel(f"Grade, customers, {event}s", fontsize=7.9)
        head(axes, f"% with a {event}: bar predicted, dot observed with 95 % interval")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def _apart(rows: list[dict[str, Any]]) -> str:
    """Name the grades whose interval alone excludes the prediction: the verdict is of all grades and of a bad year."""
    apart = [row["grade"] for row in rows if not row["low"] <= row["predicted"] <= row["high"]]
    if not apart:
        return ""
    return (
        f" when all are tested together; by {'itself' if len(apart) == 1 else 'themselves'} {_first_of(apart)} would be"
    )


def _first_of(grades: list[str]) -> str:
    more = f" and {len(grades) - GRADES_NAMED} more" if len(grades) > GRADES_NAMED else ""
    return ", ".join(truncated(grade, 12) for grade in grades[:GRADES_NAMED]) + more


def review_value_chart(measures: pl.DataFrame, *, best_rule: str, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the money that reviewing the riskiest customers of a date brings, by the share reviewed, with intervals.

    Parameters
    ----------
    measures
        As :attr:`credrisk.models.assessment.Assessment.measures`.
    best_rule
        The plain rule to draw beside the model, "" for none.

    Raises
    ------
    EvidenceError
        When the value was not measured.
    """
    rows = _by_share(measures, "value", ["model", *([best_rule] if best_rule else [])])
    own = rows["model"]
    best = max(own, key=lambda row: row["value"])
    words = f"reviewing {percent(best['share'])} at a date"
    finding = (
        f"Most is gained by {words}: {short_money(best['value'], currency)}"
        if best["value"] > 0
        else f"No review pays at these costs; {words} loses least"
    )
    if best_rule in rows:
        other = next((row for row in rows[best_rule] if row["share"] == best["share"]), None)
        if other is not None:
            finding += f"; ranked by {model_words(best_rule).lower()}: {short_money(other['value'], currency)}"
    alt = "Net value of a review by share reviewed: " + "; ".join(
        f"{model_words(name)} "
        + ", ".join(f"{short_money(row['value'], currency)} at {percent(row['share'])}" for row in values)
        for name, values in rows.items()
    )
    ends = [
        abs(row[name]) for values in rows.values() for row in values for name in ("low", "high", "value") if row[name]
    ]
    divisor, unit = axis_unit(max(ends, default=1.0), currency)
    with sheet(finding, f"{alt}.", size=size, unit=f"Net value of a review, {unit}, with 95 % interval") as (
        chart,
        axes,
    ):
        axes.axhline(0, color=MUTED, linewidth=0.8)
        for turn, (name, values) in enumerate(rows.items()):
            colour = ACCENT if name == "model" else BASELINE
            for place, row in enumerate(values):
                x = place + (turn - 0.5 * (len(rows) - 1)) * 0.26
                if row["low"] is not None:
                    ends_of = [row["low"] / divisor, row["high"] / divisor]
                    axes.plot([x, x], ends_of, color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
                axes.plot([x], [row["value"] / divisor], "o", color=colour, markersize=6)
            axes.annotate(
                truncated(model_words(name), 30),
                (0.02, 0.95 - 0.08 * turn),
                xycoords="axes fraction",
                color=colour if name == "model" else MUTED,
                fontweight="bold" if name == "model" else "normal",
            )
        axes.set_xticks(range(len(own)), [percent(row["share"]) for row in own])
        axes.set_xlim(-0.6, len(own) - 0.4)
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom, top + 0.32 * (top - bottom))  # the names stand above the data
        axes.set_xlabel("Customers reviewed at a date, riskiest first", fontsize=7.9)
        axes.grid(axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def _by_share(measures: pl.DataFrame, name: str, models: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    if not measures.is_empty():
        for row in measures.filter(pl.col("value").is_not_null()).iter_rows(named=True):
            start, _, share = row["measure"].rpartition("_")
            if start == name and row["model"] in models and share.endswith("pct"):
                found.setdefault(row["model"], []).append({**row, "share": float(share.removesuffix("pct")) / 100})
    if "model" not in found:
        raise EvidenceError("The value of a review was not measured: the panel lacks balances or sales.")
    return {name: found[name] for name in models if name in found}


def stability_chart(stability: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the AUC of each fold with its 95 % interval, in the order of time.

    Parameters
    ----------
    stability
        As :attr:`credrisk.models.assessment.Assessment.stability`.

    Raises
    ------
    EvidenceError
        When no fold was measured.
    """
    measured = stability.filter(pl.col("auc").is_not_null()) if "auc" in stability.columns else stability
    if measured.is_empty():
        raise EvidenceError("No fold has enough events to be measured by itself.")
    rows = list(measured.iter_rows(named=True))
    lowest, highest = min(row["auc"] for row in rows), max(row["auc"] for row in rows)
    finding = (
        f"AUC {rows[0]['auc']:.2f} in the one period tested"
        if len(rows) == 1
        else f"AUC between {lowest:.2f} and {highest:.2f} over {len(rows)} periods"
    )
    alt = "AUC by period: " + ", ".join(f"{month_in_words(row['from'])} {row['auc']:.2f}" for row in rows)
    with sheet(finding, f"{alt}.", size=size, unit="AUC (0.5 is guessing), with 95 % interval") as (chart, axes):
        axes.axhline(0.5, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        for place, row in enumerate(rows):
            if row["auc_low"] is not None:
                ends = [row["auc_low"], row["auc_high"]]
                axes.plot([place, place], ends, color=ACCENT, linewidth=6, alpha=0.35, solid_capstyle="butt")
            axes.plot([place], [row["auc"]], "o", color=ACCENT, markersize=6)
            if len(rows) <= VALUES_WRITTEN:
                axes.annotate(f"{row['auc']:.2f}", (place, row["auc"]), xytext=(9, -3), textcoords="offset points")
        spans = [
            f"{month_in_words(row['from'])}\nto {month_in_words(row['to'])}\n{row['events']:,} events" for row in rows
        ]
        shown = thinned(len(rows), size.width // 90)
        axes.set_xticks(shown, [spans[place] for place in shown], fontsize=7.9 if len(rows) <= 5 else 6.4)
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_ylim(min(0.48, *(row["auc_low"] or 1 for row in rows)) - 0.02, 1.0)
        axes.grid(axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def segment_chart(segments: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw observed over expected events by segment with 95 % intervals: where the level is off.

    Parameters
    ----------
    segments
        As :attr:`credrisk.models.assessment.Assessment.segments`.

    Raises
    ------
    EvidenceError
        When no segment was measured.
    """
    known = "observed_to_expected" in segments.columns
    measured = segments.filter(pl.col("observed_to_expected").is_not_null()) if known else segments.head(0)
    if measured.is_empty():
        raise EvidenceError("No segment has enough events to be measured by itself.")
    rows = list(measured.iter_rows(named=True))
    off = [row for row in rows if not (row["observed_to_expected_low"] <= 1 <= row["observed_to_expected_high"])]
    finding = (
        f"In all {len(rows)} segments as many came as were expected, within chance"
        if not off
        else f"In {len(off)} of {len(rows)} segments the level is off"
    )
    alt = "Observed over expected events: " + ", ".join(
        f"{row['part']} {row['observed_to_expected']:.2f}" for row in rows
    )
    unit = "Observed over expected events, with 95 % interval (log scale)"
    tall = Size(size.width, max(size.height, 90 + ROW * len(rows)), size.titled)
    with sheet(finding, f"{alt}.", size=tall, unit=unit) as (chart, axes):
        axes.set_xscale("log")
        axes.axvline(1, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        ends = [1 / 1.5, 1.5]
        for place, row in enumerate(rows):
            low, high = (max(row[f"observed_to_expected_{side}"], 0.05) for side in ("low", "high"))
            colour = MARK if row in off else ACCENT
            axes.plot([low, high], [place, place], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
            axes.plot([max(row["observed_to_expected"], 0.05)], [place], "o", color=colour, markersize=5.5)
            ends += [low, high]
        axes.set_yticks(
            range(len(rows)),
            [truncated(row["part"], 26) for row in rows],
            color=INK,
            fontsize=7.9 if len(rows) < 10 else 7,
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(min(ends) / 1.1, max(ends) * 1.1)
        marks = [0.05, 0.1, 0.2, 0.5, 0.67, 1, 1.5, 2, 3, 5, 10, 20]
        axes.xaxis.set_major_locator(
            FixedLocator([mark for mark in marks if min(ends) / 1.1 <= mark <= max(ends) * 1.1])
        )
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda mark, _: f"{mark:g}"))
        axes.grid(axis="x")
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart
