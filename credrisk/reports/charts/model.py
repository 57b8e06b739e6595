"""Charts of a model: term structure, scores, moves between grades, and drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, sheet
from credrisk.reports.style import ACCENT, BASELINE, INK, MARK, MUTED, SERIES, truncated
from credrisk.wording import percent

__all__ = ["drift_chart", "migration_chart", "score_distribution_chart", "term_structure_chart"]

LARGEST_SHOWN = 12
COLUMNS_LEVEL = 11
"""Columns of a matrix up to which their names stand level."""
ATTENTION, MUCH = 0.10, 0.25
_HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#cfe0ea", "#7fadc7", ACCENT])


def term_structure_chart(
    probabilities: Any, *, names: Sequence[str] | None = None, event: str = "bad debt", size: Size = NOTEBOOK
) -> Chart:
    """Draw the probability by horizon, a line a customer, and how far it may be off, where that is measured.

    Parameters
    ----------
    probabilities
        Output of ``predict_pd``: columns such as ``pd_3m, pd_6m, pd_12m``; one row a line, at most six. Of
        :func:`credrisk.models.pd_interval.pd_interval`: the widest interval is drawn as a band.
    names
        What the lines are called; None numbers them.

    Raises
    ------
    EvidenceError
        When there are no rows, more than six, or no column of a horizon.
    """
    frame = as_polars(probabilities, "probabilities")
    months = {name: float(name.rpartition("_")[2].removesuffix("m")) for name in frame.columns if _is_horizon(name)}
    if not months or not 0 < frame.height <= 6:
        raise EvidenceError("One to six customers with a probability by horizon are needed.")
    ordered = sorted(months, key=lambda name: months[name])
    called = [str(name) for name in names] if names is not None else [f"Customer {n + 1}" for n in range(frame.height)]
    values = frame.select(ordered).cast(pl.Float64).to_numpy()
    last = f"{months[ordered[-1]]:g} months"
    highest = int(values[:, -1].argmax())
    finding = (
        f"{truncated(called[0], 30)}: {percent(values[0, -1], 1)} within {last}"
        if len(called) == 1
        else f"{truncated(called[highest], 30)} is the riskiest: {percent(values[highest, -1], 1)} within {last}"
    )
    alt = f"Probability of {event} by horizon: " + "; ".join(
        f"{name} "
        + ", ".join(f"{percent(p, 1)} in {months[column]:g} months" for column, p in zip(ordered, row, strict=True))
        for name, row in zip(called, values, strict=True)
    )
    level, bands = _bands(frame, ordered)
    unit = f"Probability of {event} within so many months, %"
    if level:
        first = f"{percent(bands[0][-1][0], 1)} to {percent(bands[0][-1][1], 1)}"
        finding += f" ({level} % interval {first})" if len(called) == 1 else ""
        alt += f"; {level} % intervals at {last}: " + ", ".join(
            f"{name} {percent(band[-1][0], 1)} to {percent(band[-1][1], 1)}"
            for name, band in zip(called, bands, strict=True)
        )
        unit += f", with {level} % interval"
    with sheet(finding, f"{alt}.", size=size, unit=unit) as (chart, axes):
        places = [0.0, *(months[column] for column in ordered)]
        shades = SERIES
        lowest = -np.inf
        for row, band in enumerate(bands):
            low, high = ([0.0, *(100 * ends[side] for ends in band)] for side in (0, 1))
            axes.fill_between(places, low, high, color=shades[row], alpha=0.16, linewidth=0)
        for row in np.argsort(values[:, -1], kind="stable"):
            line = [0.0, *(100 * values[row])]
            axes.plot(places, line, color=shades[row], linewidth=1.8, marker="o", markersize=3.5)
            lowest = max(line[-1], lowest + 0.07 * 100 * values.max())
            axes.annotate(
                truncated(called[row], 22),
                (places[-1], lowest),
                xytext=(8, -3),
                textcoords="offset points",
                color=shades[row],
                annotation_clip=False,
            )
        axes.set_xticks(places[1:], [f"{place:g}" for place in places[1:]])
        axes.set_xlim(0, places[-1] * 1.02)
        axes.set_ylim(0, None)
        axes.set_xlabel("Months ahead", fontsize=7.9)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def _bands(frame: pl.DataFrame, ordered: Sequence[str]) -> tuple[str, list[list[tuple[float, float]]]]:
    """Return the widest level of the intervals that every horizon has, and low and high by row and horizon."""
    levels = {name.rpartition("_low")[2] for name in frame.columns if name.startswith(f"{ordered[-1]}_low")}
    for level in sorted(levels, key=float, reverse=True):
        names = [(f"{name}_low{level}", f"{name}_high{level}") for name in ordered]
        ends = frame.select([pl.col(each).cast(pl.Float64) for pair in names for each in pair if each in frame.columns])
        if ends.width == 2 * len(names) and not sum(ends.null_count().row(0)):
            return level, [list(zip(row[::2], row[1::2], strict=True)) for row in ends.iter_rows()]
    return "", []


def _is_horizon(name: str) -> bool:
    start, _, end = name.rpartition("_")
    return bool(start) and end.endswith("m") and end[:-1].replace(".", "", 1).isdigit()


def score_distribution_chart(probability: Any, *, event: str = "bad debt", size: Size = NOTEBOOK) -> Chart:
    """Draw how the probabilities are spread, on a log scale.

    Parameters
    ----------
    probability
        Probabilities of the customers, NaN where not measured.

    Raises
    ------
    EvidenceError
        When no probability is above zero.
    """
    values = np.asarray(probability, dtype=float)
    known = values > 0
    if not known.any():
        raise EvidenceError("No customer has a probability above zero.")
    values = values[known]
    bins = np.geomspace(values.min() * 0.999, min(1.0, values.max() * 1.001), 31)
    middle = float(np.median(values))
    finding = (
        f"Half of the customers are below {percent(middle, 2)}; 5 % are above {percent(np.quantile(values, 0.95), 1)}"
    )
    with sheet(finding, f"Histogram of the probabilities. {finding}.", size=size, unit="") as (chart, axes):
        axes.set_xscale("log")
        axes.hist(values, bins=list(bins), weights=np.full(len(values), 100 / len(values)), color=ACCENT, alpha=0.75)
        marks = [m * 10.0**decade for decade in range(-6, 1) for m in (1, 3)]
        axes.xaxis.set_major_locator(FixedLocator([mark for mark in marks if bins[0] <= mark <= bins[-1]]))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda mark, _: f"{100 * mark:.3g}"))
        axes.set_xlabel(f"Probability of {event}, % (log scale)", fontsize=7.9)
        head(axes, "% of the customers")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def migration_chart(cells: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw a migration matrix: from the grade at the left to the state above, in per cent.

    Parameters
    ----------
    cells
        As :attr:`credrisk.models.migration.Migration.cells`.

    Raises
    ------
    EvidenceError
        When nobody started from a grade.
    """
    seen = cells.filter(pl.col("share").is_not_null())
    if seen.is_empty():
        raise EvidenceError("No customer had a grade to start from.")
    rows, columns = (seen[name].unique(maintain_order=True).to_list() for name in ("from", "to"))
    shares = seen["share"].to_numpy().reshape(len(rows), len(columns))
    started = seen.group_by("from", maintain_order=True).agg(pl.col("rows").sum())["rows"].to_numpy()
    stayed = sum(n * shares[r, columns.index(name)] for r, (name, n) in enumerate(zip(rows, started, strict=True)))
    finding = f"{percent(stayed / started.sum())} were in the same grade at the end"
    alt = "Migration matrix in per cent: " + "; ".join(
        f"from {name}: " + ", ".join(f"{to} {100 * share:.0f}" for to, share in zip(columns, row, strict=True))
        for name, row in zip(rows, shares, strict=True)
    )
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        axes.imshow(np.sqrt(shares), cmap=_HEAT, vmin=0, vmax=1, aspect="auto")
        small = 7.9 if len(columns) <= 10 else 6.4
        for r, row in enumerate(shares):
            for c, share in enumerate(row):
                if share >= 0.0005:
                    figure = f"{100 * share:.0f}" if share >= 0.0095 else f"{100 * share:.1f}"
                    shade = "white" if share > 0.45 else INK
                    axes.text(c, r, figure, ha="center", va="center", fontsize=small, color=shade)
        words = [truncated(str(name).replace("_", " "), 11).replace(" ", "\n") for name in columns]
        upright = 90 if len(columns) > COLUMNS_LEVEL else 0
        axes.set_xticks(range(len(columns)), words, fontsize=small, rotation=upright)
        axes.set_yticks(
            range(len(rows)),
            [f"{truncated(name, 8)}  ({n:,})" for name, n in zip(rows, started, strict=True)],
        )
        axes.xaxis.tick_top()
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_xlabel("% of the customers of the grade at the left (how many); darker is more", fontsize=7.9)
    return chart


def drift_chart(drift: pl.DataFrame, *, words: Mapping[str, str] | None = None, size: Size = NOTEBOOK) -> Chart:
    """Draw the features whose values moved most: population stability index, the field's bounds, and chance.

    Parameters
    ----------
    drift
        ``feature, psi`` and ``critical`` or ``limit`` (what is still chance or custom), the largest first.
    words
        What a feature is called; None writes its name.

    Raises
    ------
    EvidenceError
        When no drift was measured.
    """
    if drift.is_empty() or drift["psi"].null_count() == drift.height:
        raise EvidenceError("Drift was not measured.")
    bound = "limit" if "limit" in drift.columns else "critical"
    rows = list(drift.filter(pl.col("psi").is_not_null()).head(LARGEST_SHOWN).iter_rows(named=True))
    above = drift.filter((pl.col("psi") >= ATTENTION) & (pl.col("psi") > pl.col(bound)))["feature"].to_list()
    finding = (
        f"No feature of {drift.height} has moved beyond chance and 0.10"
        if not above
        else f"{len(above)} of {drift.height} features have moved; most: {_called(above[0], words)}"
    )
    largest = rows[0]
    if ATTENTION <= largest["psi"] <= largest[bound]:
        name = truncated(_called(largest["feature"], words), 24)
        finding += f"; {name} ({largest['psi']:.2f}) moves so at all times, usual up to {largest[bound]:.2f}"
    alt = "Population stability index: " + ", ".join(f"{row['feature']} {row['psi']:.2f}" for row in rows)
    with sheet(finding, f"{alt}.", size=size, unit="Population stability index (tick: expected without a change)") as (
        chart,
        axes,
    ):
        for place, row in enumerate(rows):
            over = row["psi"] >= ATTENTION and row["psi"] > row[bound]
            axes.barh([place], [row["psi"]], height=0.62, color=MARK if over else BASELINE)
            axes.plot([row[bound]] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=1.4)
        for value in (ATTENTION, MUCH):
            axes.axvline(value, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
        names = [truncated(_called(row["feature"], words), 34) for row in rows]
        axes.set_yticks(range(len(rows)), names, color=INK)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        most = max(max(row["psi"], min(row[bound], 3 * row["psi"] + 0.1)) for row in rows)
        axes.set_xlim(0, max(0.28, most * 1.08))
        axes.grid(axis="x")
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def _called(feature: str, words: Mapping[str, str] | None) -> str:
    return (words or {}).get(feature, feature.replace("_", " "))
