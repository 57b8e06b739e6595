"""Charts of the provision: loss rates by bucket, the movement of the allowance, and past provisions put to the test."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from credrisk.errors import EvidenceError
from credrisk.portfolio.provision.leaning import ALL_OF_IT
from credrisk.portfolio.provision.loss_rates import OWN_UNDER
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, sheet
from credrisk.reports.charts.waterfall import Step, draw_waterfall, signed
from credrisk.reports.months import month_in_words
from credrisk.reports.style import (
    ACCENT,
    BASELINE,
    CASH,
    INK,
    MARK,
    MUTED,
    RULE,
    axis_unit,
    short_figure,
    short_money,
    truncated,
)
from credrisk.wording import counted, percent

__all__ = ["loss_rate_chart", "provision_backtest_chart", "provision_movement_chart"]

MOST_ROWS = 12
NAME = 48
"""Characters of a bar's name: the longest line of a movement in words has 47."""
DARK = 0.55
"""Of the colour scale: from here on a cell's figure is white."""

_SCALE = LinearSegmentedColormap.from_list("loss", ["#f4f7f9", "#f0c987", "#de9544", "#b85c20", "#742a0d"])


def loss_rate_chart(
    rates: Sequence[tuple[str, Sequence[float | None]]],
    *,
    columns: Sequence[str],
    published: Sequence[float] = (),
    applied: Sequence[float | None] = (),
    holding: Collection[str] | None = None,
    size: Size = NOTEBOOK,
) -> Chart:
    """Draw loss rates as a heat map, one row a segment or a method, one column a bucket.

    Parameters
    ----------
    rates
        Row name and its rates in the order of ``columns``; None where nothing is open.
    columns
        Names of the buckets.
    published
        What of each rate of the first row comes from a published one, where it is known: a rate that does is assumed.
    applied
        The first row as the forecast leaves it, where it moves the rates: then those drawn are called before it.
    holding
        The columns in which something is open: the finding speaks of the first and last of them. None: of all.

    Raises
    ------
    EvidenceError
        When there is no rate.
    """
    shown = list(rates)[:MOST_ROWS]
    values = np.array([[np.nan if rate is None else rate for rate in row] for _, row in shown], dtype=np.float64)
    if not shown or not np.isfinite(values).any():
        raise EvidenceError("No loss rate was measured.")
    first = shown[0][1]
    known = [(name, rate) for name, rate in zip(columns, first, strict=True) if rate is not None]
    told = [(name, rate) for name, rate in known if holding is None or name in holding] or known
    finding = _found(told[0], told[-1], max(published, default=0.0), min(published, default=0.0))
    before = " before the forecast" if applied else ""
    if applied:
        after = dict(zip(columns, applied, strict=True))[told[0][0]]
        finding = f"Before the forecast: {finding[:1].lower()}{finding[1:]}"
        finding += f". The forecast makes it {percent(after, 2)} of what is {told[0][0]}"
    said = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{column} {percent(rate, 2)}" for column, rate in zip(columns, row, strict=True) if rate is not None
        )
        for name, row in shown
    )
    with sheet(
        finding, f"Loss rates{before} by bucket. {said}.", size=size, unit=f"Loss rate{before}, % of the balance"
    ) as (
        chart,
        axes,
    ):
        # Rates span three decades: the square root keeps the small ones apart.
        depth = np.sqrt(np.nan_to_num(values))
        axes.imshow(np.where(np.isfinite(values), depth, np.nan), cmap=_SCALE, vmin=0, vmax=1, aspect="auto")
        for row, column in np.ndindex(*values.shape):
            rate = values[row, column]
            text = "–" if not np.isfinite(rate) else f"{100 * rate:.2f}" if rate < 0.1 else f"{100 * rate:.1f}"
            colour = "white" if np.isfinite(rate) and depth[row, column] > DARK else INK
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.4)
        axes.set_xticks(range(len(columns)), [name.replace(" days", "\ndays") for name in columns], color=INK)
        axes.set_yticks(range(len(shown)), [truncated(name, 22) for name, _ in shown], color=INK)
        axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(len(shown) + 1) - 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=2)
        axes.grid(which="major", visible=False)
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def _found(young: tuple[str, float], old: tuple[str, float], most: float, least: float) -> str:
    """Say what is lost; what a published rate assumes is not said to be lost."""
    ends = f"Of what is {young[0]} {percent(young[1], 2)} is {{}}, of what is {old[0]} {percent(old[1], 1)}"
    if least >= ALL_OF_IT:
        return f"{ends.format('assumed to be lost')}: published rates, for no finished cohort shows a loss"
    if most >= OWN_UNDER:
        return f"{ends.format('expected to be lost')}, up to {percent(most)} of a rate from published ones"
    return ends.format("lost")


def provision_movement_chart(
    lines: Sequence[tuple[str, float]], *, currency: str, opening_on: date, closing_on: date, size: Size = NOTEBOOK
) -> Chart:
    """Draw the bridge from the opening to the closing allowance.

    Parameters
    ----------
    lines
        ``(words, amount)``, the first the opening and the last the closing amount; lines of 0 are left out.

    Raises
    ------
    EvidenceError
        When there was no allowance at either end and nothing moved.
    """
    opening, closing = lines[0], lines[-1]
    steps = [line for line in lines[1:-1] if round(line[1], 2)]
    if not steps and not opening[1] and not closing[1]:
        raise EvidenceError("There was no allowance at either end.")
    largest = max(steps, key=lambda line: abs(line[1]), default=None)
    change = closing[1] - opening[1]
    way = (
        "unchanged"
        if not round(change, 2)
        else f"{short_money(abs(change), currency)} {'up' if change > 0 else 'down'}"
    )
    mostly = f"; the largest line is {largest[0].lower()}, {short_figure(largest[1])}" if largest else ""
    finding = f"Allowance of {short_money(closing[1], currency)}, {way} since {opening_on.isoformat()}{mostly}"
    every = [opening, *steps, closing]
    alt = (
        f"Bridge from {opening_on} to {closing_on}: "
        + ", ".join(f"{name} {short_figure(v)}" for name, v in every)
        + "."
    )
    bars = [
        Step(truncated(opening[0], NAME), opening[1], short_figure(opening[1]), ACCENT, result=True),
        *(
            Step(truncated(name, NAME), amount, signed(amount, short_figure), MARK if amount > 0 else CASH)
            for name, amount in steps
        ),
        Step(truncated(closing[0], NAME), closing[1], short_figure(closing[1]), ACCENT, result=True),
    ]
    with sheet(finding, alt, size=size, unit=currency) as (chart, axes):
        draw_waterfall(axes, bars)
    return chart


def provision_backtest_chart(dates: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw past allowances with their intervals and what was then lost.

    Parameters
    ----------
    dates
        ``dates`` of :class:`credrisk.portfolio.provision.backtest.Backtest`.

    Raises
    ------
    EvidenceError
        When no past day can be judged.
    """
    if dates.is_empty():
        raise EvidenceError("No past month-end has a whole observation window behind it.")
    own = dates.filter(pl.col("own_month_ends") > 0)
    judged = own if own.height else dates
    provided, lost = float(judged["allowance"].sum()), float(judged["outcome"].sum())
    days_judged = counted(judged.height, "past day")
    if not own.height:
        rests = f"over {days_judged} by published rates alone"
    elif own.height < dates.height:
        every = float(dates["allowance"].sum()), float(dates["outcome"].sum())
        over_all = f"; {every[0] / every[1]:.2f} over all {dates.height}" if every[1] > 0 else ""
        rests = f"over the {days_judged} with own rates{over_all}"
    else:
        rests = f"over {days_judged}"
    ratio = f"were {provided / lost:.2f} times what was lost" if lost > 0 else "stood against no loss at all"
    last = dates.sort("as_of").tail(1).select("as_of", "allowance", "outcome").row(0)
    ended = f"; the last, of {last[0]}, {last[1] / last[2]:.2f}" if dates.height > 1 and last[2] > 0 else ""
    finding = f"Past allowances {ratio}, {rests}{ended}"
    seen = float(np.max(dates.select("allowance", "outcome").to_numpy()))
    largest, fence = max(float(np.max(dates["allowance_high"].to_numpy())), seen), 1.6 * seen
    unit, words = axis_unit(min(largest, fence), currency)
    days = dates["as_of"].to_list()
    alt = "Allowance against loss: " + "; ".join(
        f"{day} provided {short_figure(a)}, lost {short_figure(o)}"
        for day, a, o in dates.select("as_of", "allowance", "outcome").iter_rows()
    )
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        places = np.arange(dates.height)
        amount, low, high = (dates[name].to_numpy() / unit for name in ("allowance", "allowance_low", "allowance_high"))
        shaded = np.array([MUTED if count == 0 else ACCENT for count in dates["own_month_ends"]])
        handles: list[Any] = []
        axes.vlines(places - 0.12, low, np.minimum(high, fence / unit), color=RULE, linewidth=5)
        for colour, label in ((ACCENT, "allowance, own history"), (MUTED, "allowance, published rates")):
            mine = shaded == colour
            if mine.any():
                handles += axes.plot(places[mine] - 0.12, amount[mine], "o", color=colour, markersize=6, label=label)
        handles += axes.plot(
            places + 0.12, dates["outcome"].to_numpy() / unit, "D", color=MARK, markersize=5, label="lost"
        )
        if dates["flat"].null_count() < dates.height:
            flat = dates["flat"].to_numpy() / unit
            handles += axes.plot(places, flat, "_", color=BASELINE, markersize=14, label="flat rate")
        head(axes, f"{words[:1].upper() + words[1:]}; grey bars: interval, cut where long", handles)
        axes.set_xticks(places, [month_in_words(day) for day in days], rotation=0 if len(days) <= 8 else 90)
        axes.set_ylim(0, min(largest, fence) / unit * 1.06 or 1.0)
        axes.set_xlim(-0.6, len(days) - 0.4)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart
