"""Chart of the cash forecast: what comes in each week, how sure that is, and what falls due."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, sheet
from credrisk.reports.style import ACCENT, BASELINE, MARK, axis_unit, short_figure, short_money

__all__ = ["cash_chart"]

LABELS = 5


def cash_chart(
    weeks: pl.DataFrame, *, currency: str, actual: list[float] | None = None, size: Size = NOTEBOOK
) -> Chart:
    """Draw the cash expected from today's open invoices by week, with the range from P10 to P90.

    Parameters
    ----------
    weeks
        As :attr:`credrisk.models.cash_forecast.CashForecast.weeks`.
    actual
        What came, week by week, where it is known: drawn as marks.

    Raises
    ------
    EvidenceError
        When no cash is expected in any week.
    """
    expected = weeks["expected"].to_list()
    if not expected or sum(expected) <= 0:
        raise EvidenceError("No cash is expected from the open invoices.")
    last = weeks.row(-1, named=True)
    low, high, total = last["cumulated_p10"], last["cumulated_p90"], last["cumulated_expected"]
    ranged = low is not None
    finding = f"{short_money(total, currency)} expected in {weeks.height} weeks, " + (
        f"8 times in 10 from {short_figure(low)} to {short_figure(high)}" if ranged else "how surely is not known yet"
    )

    def in_words(row: dict[str, Any]) -> str:
        said = f"{row['week_from']} {short_money(row['expected'], currency)}"
        between = f" ({short_money(row['p10'], currency)} to {short_money(row['p90'], currency)})" if ranged else ""
        return said + between

    alt = f"Expected cash by week{' with its P10 to P90' if ranged else ''}: " + ", ".join(
        in_words(row) for row in weeks.iter_rows(named=True)
    )
    divisor, unit = axis_unit(
        max([*weeks["p90" if ranged else "expected"].to_list(), *weeks["due"].to_list()]), currency
    )
    places = list(range(weeks.height))

    def scaled(name: str) -> list[float]:
        return [value / divisor for value in weeks[name].to_list()]

    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        (line,) = axes.plot(
            places, scaled("expected"), color=ACCENT, linewidth=1.8, marker="o", markersize=3.5, label="expected"
        )
        (due,) = axes.plot(
            places, scaled("due"), color=BASELINE, linewidth=1.1, linestyle=(0, (4, 3)), label="falls due"
        )
        handles: list[Any] = [line, due]
        if ranged:
            band = axes.fill_between(
                places, scaled("p10"), scaled("p90"), color=ACCENT, alpha=0.18, linewidth=0, label="P10 to P90"
            )
            handles.insert(1, band)
        if actual is not None:
            known = [value / divisor for value in actual]
            (came,) = axes.plot(
                places[: len(known)], known, "D", color=MARK, markersize=4, linestyle="none", label="came"
            )
            handles.append(came)
        head(axes, f"Cash by week from the invoices open today, {unit}", handles)
        step = max(1, -(-weeks.height // LABELS))
        shown = places[::step]
        axes.set_xticks(shown, [f"{weeks['week_from'][place]:%d %b}" for place in shown])
        axes.set_xlim(-0.3, weeks.height - 0.7)
        axes.set_ylim(0, None)
        years = sorted({day.year for day in weeks["week_from"]})
        axes.set_xlabel(f"Week from, {' and '.join(map(str, years))}")
        height_lines(axes)
    return chart
