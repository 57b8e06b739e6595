"""Heat maps of how money ages: roll rates month by month, and where each euro of a bucket went."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from matplotlib.colors import LinearSegmentedColormap

from credrisk.errors import EvidenceError
from credrisk.reports.buckets import bucket_heading
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, month_axis, sheet
from credrisk.reports.months import month_in_words
from credrisk.reports.style import ACCENT, INK, MUTED, short_money
from credrisk.wording import percent

__all__ = ["item_migration_chart", "roll_rate_chart"]

MONTHS_SHOWN = 24
PIXELS_A_FIGURE = 25
"""Width of the chart for each month whose figures are written."""
SMALLEST_SHOWN = 0.001
"""An outcome of less than this share of every bucket has no column."""
_LATE = LinearSegmentedColormap.from_list("late", ["#fbf4e8", "#f0c987", "#de9544", "#b85c20", "#742a0d"])
_HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#cfe0ea", "#7fadc7", ACCENT])


def roll_rate_chart(rates: pl.DataFrame, *, size: Size = NOTEBOOK) -> Chart:
    """Draw the roll rates, a row a step and a column a month; darker rolls on more. Beside them the pooled rates.

    Parameters
    ----------
    rates
        As :func:`credrisk.portfolio.roll_rates.roll_rates` gives it; the last 24 months are drawn.

    Raises
    ------
    EvidenceError
        When no month has a rate.
    """
    pooled = rates.filter(pl.col("as_of").is_null())
    monthly = rates.filter(pl.col("as_of").is_not_null()).sort("as_of", maintain_order=True)
    months: list[date] = monthly["as_of"].unique().sort().to_list()[-MONTHS_SHOWN:]
    if not months or monthly["rate"].null_count() == monthly.height:
        raise EvidenceError("No roll rate is measured.")
    steps = pooled.select("from_bucket", "to_bucket").rows()
    values = np.full((len(steps), len(months)), np.nan)
    for row in monthly.filter(pl.col("as_of").is_in(months)).iter_rows(named=True):
        if row["rate"] is not None:
            values[steps.index((row["from_bucket"], row["to_bucket"])), months.index(row["as_of"])] = row["rate"]
    words = [f"{bucket_heading(a)} →\n{bucket_heading(b)}" for a, b in steps]
    first, through = pooled.row(0, named=True), pooled["flow_through"][0]
    young, old = bucket_heading(first["from_bucket"]).lower(), bucket_heading(first["to_bucket"])
    finding = f"{percent(first['rate'])} of what is {young} rolls into {old} past due in a month"
    if (first["rate"] or 0.0) > 1:
        finding = f"What is {old} past due is {percent(first['rate'])} of what was {young} a month before"
    if (through or 0.0) > 1:
        # A product of ratios of balances: what was entered late makes them more than what rolled on.
        finding += "; the rates multiply to more than all of it, so no share is told that would reach the last bucket"
    elif through is not None:
        finding += f"; {percent(through, 1)} would reach {bucket_heading(steps[-1][1])}"
    beside = []
    for row in pooled.iter_rows(named=True):
        spread = "" if row["low"] is None else f"\n{100 * row['low']:.0f} to {100 * row['high']:.0f}"
        beside.append("–" if row["rate"] is None else f"{100 * row['rate']:.0f}{spread}")
    told = "; ".join(" ".join(f"{w}: {b} %".split()) for w, b in zip(words, beside, strict=True))
    between = f"{month_in_words(months[0])} to {month_in_words(months[-1])}"
    alt = f"Heat map of the roll rates from {between}; pooled, with 95 % intervals below them: {told}."
    with sheet(finding, alt, size=size, unit="% of a bucket that is in the next one a month later") as (chart, axes):
        axes.imshow(np.minimum(values, 1.0), cmap=_LATE, vmin=0, vmax=1, aspect="auto")
        small = 7.4 if len(months) <= 13 else 6.4
        written = size.width >= PIXELS_A_FIGURE * len(months)  # else the shades alone tell the months
        for step, row_values in enumerate(values if written else ()):
            for month, value in enumerate(row_values):
                figure = "–" if np.isnan(value) else f"{100 * value:.0f}"
                shade = MUTED if np.isnan(value) else "white" if value > 0.55 else INK
                axes.text(month, step, figure, ha="center", va="center", fontsize=small, color=shade)
        for step, text in enumerate(beside):
            axes.annotate(
                text,
                (len(months) - 0.5, step),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=7.4,
                fontweight="bold",
                color=INK,
                annotation_clip=False,
            )
        axes.annotate(
            f"pooled, {first['months']} months",
            (1.0, 1.0),
            xycoords="axes fraction",
            xytext=(8, 6),
            textcoords="offset points",
            fontsize=7.4,
            color=MUTED,
            annotation_clip=False,
        )
        axes.set_yticks(range(len(steps)), words, color=INK)
        month_axis(axes, months, labels=5 if written else 3)
        axes.set_xlim(-0.5, len(months) - 0.5)
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart


def item_migration_chart(cells: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw where each euro of a bucket went: from the bucket at the left to the outcome above, in per cent.

    Parameters
    ----------
    cells
        As :func:`credrisk.portfolio.migration.item_migration` gives it. Outcomes below 0.1 % of every bucket are left
        out.

    Raises
    ------
    EvidenceError
        When nothing was in any bucket at the start.
    """
    seen = cells.filter(pl.col("share").is_not_null())
    if seen.is_empty():
        raise EvidenceError("No debit item was open at the start.")
    rows = seen["from_bucket"].unique(maintain_order=True).to_list()
    came = seen.filter(pl.col("share").abs() >= SMALLEST_SHOWN)["outcome"].unique().to_list()
    columns = [name for name in seen["outcome"].unique(maintain_order=True).to_list() if name in came]
    shares = np.array(
        [[seen.filter(from_bucket=a, outcome=b)["share"].item() for b in columns] for a in rows], dtype=np.float64
    )
    opening = [float(seen.filter(from_bucket=name)["amount"].sum()) for name in rows]
    paid = sum(seen.filter(outcome="paid")["amount"].to_list())
    finding = f"{percent(paid / sum(opening))} of what was open at the start was paid in cash"
    past_due = sum(amount for name, amount in zip(rows, opening, strict=True) if name != "not_due")
    if past_due > 0:
        cash = float(seen.filter((pl.col("outcome") == "paid") & (pl.col("from_bucket") != "not_due"))["amount"].sum())
        finding += f", {percent(cash / past_due)} of what was past due"
    headings = {name: bucket_heading(name) if name.startswith(("not_due", "past_due")) else name for name in columns}
    alt = "Where the money of each bucket went, in per cent: " + "; ".join(
        f"from {bucket_heading(name)}: "
        + ", ".join(f"{headings[to]} {100 * share:.1f}" for to, share in zip(columns, row, strict=True) if share)
        for name, row in zip(rows, shares, strict=True)
    )
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        axes.imshow(np.sqrt(np.clip(shares, 0, 1)), cmap=_HEAT, vmin=0, vmax=1, aspect="auto")
        for r, row in enumerate(shares):
            for c, share in enumerate(row):
                if abs(share) >= SMALLEST_SHOWN / 2:
                    figure = f"{100 * share:.0f}" if abs(share) >= 0.0995 else f"{100 * share:.1f}"
                    shade = "white" if share > 0.45 else INK
                    axes.text(c, r, figure, ha="center", va="center", fontsize=7.9, color=shade)
        words = [headings[name].replace("_", " ").replace(" ", "\n") for name in columns]
        axes.set_xticks(range(len(columns)), words, fontsize=7.4 if len(columns) < 9 else 6.6)
        labels = [
            f"{bucket_heading(name)}\n{short_money(amount, currency)}"
            for name, amount in zip(rows, opening, strict=True)
        ]
        axes.set_yticks(range(len(rows)), labels, color=INK)
        still = sum(name.startswith(("not_due", "past_due")) for name in columns)
        if 0 < still < len(columns):
            axes.axvline(still - 0.5, color=MUTED, linewidth=0.9)
        axes.xaxis.tick_top()
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_xlabel("% of the bucket at the left; left of the rule still\nopen, right of it cleared", fontsize=7.9)
    return chart
