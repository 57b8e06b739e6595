"""Charts of the supervisor's page: the funnel plot of collectors, the funnel of contacts, the value of more time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from matplotlib.ticker import MaxNLocator, PercentFormatter

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, sheet
from credrisk.reports.charts.labels import name_points
from credrisk.reports.style import ACCENT, BASELINE, CASH, INK, MARK, MUTED, axis_unit, short_money, truncated
from credrisk.wording import counted, percent

__all__ = ["capacity_chart", "contact_funnel_chart", "funnel_plot"]

ALL_NAMED = 12
"""Collectors up to which all are named; of more, those outside the limits."""
NAME, NAMED_OUTSIDE = 18, 4
STEPS = {
    "attempts": "attempts",
    "reached": "reached",
    "right_party": "right person",
    "promises": "promises",
    "decided": "promises due",
    "kept": "kept",
}


def funnel_plot(
    table: pl.DataFrame, *, team_ratio: float | None, quantiles: tuple[float, float] | None, size: Size = NOTEBOOK
) -> Chart:
    """Draw each collector's ratio of actual to expected cash by how surely it is known, with the 95 and 99.8 % limits.

    Parameters
    ----------
    table, team_ratio, quantiles
        Of :class:`~credrisk.decisions.team_case_mix.CaseMix`.

    Raises
    ------
    EvidenceError
        When nobody is compared.
    """
    shown = table.filter(pl.col("ratio").is_not_null())
    if shown.is_empty() or team_ratio is None or quantiles is None:
        raise EvidenceError("No collectors are compared: the reasons stand beside the table.")
    outside = shown.filter(pl.col("verdict") != "within")
    far = outside.filter(pl.col("verdict").str.ends_with("998"))
    count = counted(shown.height, "collector")
    if outside.is_empty():
        finding = f"None of {count} lies outside what chance explains at 95 %"
    else:
        names = ", ".join(truncated(name, NAME) for name in outside["collector"].head(NAMED_OUTSIDE).to_list())
        names += f" and {outside.height - NAMED_OUTSIDE} more" if outside.height > NAMED_OUTSIDE else ""
        level = "99.8 %" if far.height == outside.height else "95 %"
        verb = "lies" if outside.height == 1 else "lie"
        finding = f"{names} {verb} outside what chance explains at {level}, of {count}"
    alt = "Funnel plot of actual over expected cash: " + ", ".join(
        f"{row['collector']} {percent(row['ratio'])} "
        f"(95 % limits {percent(row['low_95'])} to {percent(row['high_95'])})"
        for row in shown.iter_rows(named=True)
    )
    precise = (1 / shown["standard_error"]).to_numpy()
    along = np.linspace(0.62 * precise.min(), 1.12 * precise.max(), 120)
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        handles: list[Any] = []
        for quantile, words, style in (
            (quantiles[1], "99.8 % limits", (0, (2, 2))),
            (quantiles[0], "95 % limits", "-"),
        ):
            for side in (-1, 1):
                (line,) = axes.plot(
                    along,
                    np.maximum(team_ratio + side * quantile / along, 0.0),
                    color=BASELINE,
                    linewidth=1.1,
                    linestyle=style,
                    label=words,
                )
            handles.insert(0, line)
        axes.axhline(team_ratio, color=MUTED, linewidth=0.9)
        ratios = shown["ratio"].to_numpy()
        outer = shown["verdict"].to_numpy() != "within"
        axes.plot(precise[~outer], ratios[~outer], "o", color=ACCENT, markersize=5.5)
        axes.plot(precise[outer], ratios[outer], "D", color=MARK, markersize=5.5)
        head(axes, "Actual over expected cash, largest accounts capped", handles)
        axes.set_xlabel("Surer to the right (1 / standard error)")
        axes.set_xlim(along[0], along[-1])
        name_points(
            axes,
            [(float(x), float(y)) for x, y in zip(precise, ratios, strict=True)],
            {
                place: truncated(name, NAME)
                for place, name in enumerate(shown["collector"])
                if outer[place] or shown.height <= ALL_NAMED
            },
            first=np.flatnonzero(outer).tolist(),
            size=size,
        )
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.set_xticks([])
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def contact_funnel_chart(funnel: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw how many contacts of the whole team come from one step to the next.

    Parameters
    ----------
    funnel
        As :func:`~credrisk.decisions.team_funnel.contact_funnel`, with the row ``all``.

    Raises
    ------
    EvidenceError
        When nobody was contacted.
    """
    whole = funnel.filter(pl.col("collector") == "all")
    if whole.is_empty() or not whole["attempts"].item():
        raise EvidenceError("Nobody was contacted in the period.")
    row = whole.row(0, named=True)
    steps = [(words, row[name]) for name, words in STEPS.items() if row[name] is not None]
    values, before = [value for _, value in steps], [None, *(value for _, value in steps[:-1])]
    said = [
        f"{words} {value:,}" + (f" ({percent(value / last)} of the step before)" if last else "")
        for (words, value), last in zip(steps, before, strict=True)
    ]
    finding = (
        f"{row['reached']:,} of {counted(row['attempts'], 'attempt')} reached somebody; "
        f"{counted(row['promises'], 'promise')}, {row['kept']:,} of {row['decided']:,} decided ones kept"
    )
    places = list(range(len(steps)))[::-1]
    with sheet(finding, f"Contacts step by step: {', '.join(said)}.", size=size, unit="") as (chart, axes):
        axes.barh(places, values, height=0.62, color=[ACCENT if place > 2 else CASH for place in places], linewidth=0)
        for place, value, last in zip(places, values, before, strict=True):
            share = f" ({percent(value / last)})" if last else ""
            axes.annotate(
                f"{value:,}{share}",
                (value, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        head(axes, "Contacts and promises of the period (share of the step before)")
        axes.set_yticks(places, [words for words, _ in steps])
        axes.tick_params(axis="y", colors=INK)
        axes.set_xlim(0, 1.22 * max(values))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.spines["left"].set_visible(False)
    return chart


def capacity_chart(
    curve: pl.DataFrame, *, unit: str, today: float, one_more: float, currency: str, size: Size = NOTEBOOK
) -> Chart:
    """Draw what the day gains at every capacity, with today's and what one more collector would add.

    Parameters
    ----------
    curve, unit, today, one_more
        Of :class:`~credrisk.decisions.team_capacity.CapacityCurve`.

    Raises
    ------
    EvidenceError
        When no contact gains anything.
    """
    used, gain = curve["used"].to_numpy(), curve["gain"].to_numpy()
    if gain[-1] <= 0:
        raise EvidenceError("No contact by hand gains anything, so more time would not either.")
    now, then = (float(np.interp(at, used, gain)) for at in (today, today + one_more))
    enough = today >= used[-1]
    finding = (
        f"All {used[-1]:,.0f} worthwhile {unit} fit into today's {today:,.0f} and gain {short_money(now, currency)}"
        if enough
        else f"Today's {today:,.0f} {unit} gain {short_money(now, currency)}; "
        f"one more collector would add {short_money(then - now, currency)} that day"
    )
    whole = short_money(float(gain[-1]), currency)
    alt = f"Gain of the day against capacity in {unit}. {finding}; all worthwhile contacts gain {whole}."
    divisor, words = axis_unit(float(gain[-1]), currency)
    with sheet(finding, alt, size=size, unit=f"Expected gain of the day, {words}") as (chart, axes):
        axes.plot(used, gain / divisor, color=ACCENT, linewidth=1.8)
        within = np.linspace(0, min(today, used[-1]), 60)
        added = np.linspace(min(today, used[-1]), min(today + one_more, used[-1]), 30)
        axes.fill_between(within, np.interp(within, used, gain) / divisor, color=ACCENT, alpha=0.12, linewidth=0)
        axes.fill_between(added, np.interp(added, used, gain) / divisor, color=MARK, alpha=0.16, linewidth=0)
        marks = [(today, now, "today", ACCENT), (today + one_more, then, "one more", MARK)]
        for at, value, label, colour in marks[: 1 if enough else 2]:
            reached = min(at, float(used[-1]))
            axes.plot([reached], [value / divisor], "o", color=colour, markersize=4.5)
            right = reached > 0.75 * used[-1]
            axes.annotate(
                label,
                (reached, value / divisor),
                xytext=(-5 if right else 5, -11),
                textcoords="offset points",
                ha="right" if right else "left",
                color=colour,
            )
        axes.set_xlim(0, float(used[-1]) * 1.03)
        axes.set_ylim(0, float(gain[-1]) / divisor * 1.08)
        axes.set_xlabel(f"Capacity of the day, {unit}")
        height_lines(axes)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return chart
