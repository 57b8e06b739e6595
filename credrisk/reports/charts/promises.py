"""Chart of the promises to pay: how many fell due, were kept, were paid all the same, and are still unpaid."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.style import ACCENT, BASELINE, CASH, INK, MARK, short_figure
from credrisk.wording import counted, percent

__all__ = ["promise_funnel_chart"]

BARS = 0.25
"""Share of the width for the longest bar; the rest holds what is written beside it."""
JUDGED = ("kept", "partly_kept", "broken")


def promise_funnel_chart(promises: Any, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the promises made, those fallen due and judged, those kept, and what became of the others.

    Parameters
    ----------
    promises
        As :func:`credrisk.promise_ledger` returns them. A promise on account names no amount; it counts as a
        promise, and with nothing in the money. Of those still unpaid the money is what is owed of them today.

    Raises
    ------
    EvidenceError
        When no promise has been made, or none has fallen due.
    """
    frame = as_polars(promises, "promises")
    judged = frame.filter(pl.col("state").is_in(JUDGED)) if "state" in frame.columns else frame.head(0)
    if judged.is_empty():
        raise EvidenceError("No promise has fallen due yet.")
    kept = judged.filter(pl.col("state") == "kept")
    missed = judged.filter(pl.col("state") != "kept")
    paid_late = missed.filter(pl.col("paid_in_full_on").is_not_null())
    unpaid = missed.filter(pl.col("still_unpaid"))
    ended = missed.filter(pl.col("paid_in_full_on").is_null() & ~pl.col("still_unpaid"))
    unpaid = unpaid.with_columns(promised=pl.coalesce("outstanding", pl.lit(0.0)))
    steps = [
        ("Made", frame, 0, "", BASELINE),
        ("Fallen due, judged", judged, frame.height, "of those made", ACCENT),
        ("Kept in time", kept, judged.height, "of those due", CASH),
        ("Kept in part", judged.filter(pl.col("state") == "partly_kept"), judged.height, "of those due", MARK),
        ("Broken", judged.filter(pl.col("state") == "broken"), judged.height, "of those due", MARK),
        ("Late, then paid in full", paid_late, missed.height, "of those missed", BASELINE),
        ("Replaced or settled", ended, missed.height, "of those missed", BASELINE),
        ("Still unpaid", unpaid, missed.height, "of those missed", INK),
    ]
    finding = (
        f"{percent(kept.height / judged.height)} of {counted(judged.height, 'promise')} fallen due were kept in time; "
        f"of the others {unpaid.height:,} {'is' if unpaid.height == 1 else 'are'} still unpaid"
    )
    written = []
    for heading, of, base, words, _ in steps:
        money = float(of["promised"].fill_null(0.0).sort().sum())
        share = f", {percent(of.height / base)} {words}" if base else ""
        written.append((heading, f"{of.height:,}{share} · {short_figure(money)}"))
    written[-1] = (written[-1][0], f"{written[-1][1]} owed")
    alt = "Promises step by step, number and promised money: " + "; ".join(f"{h} {w}" for h, w in written)
    with sheet(finding, f"{alt} ({currency}).", size=size, unit=f"Promises · promised money, {currency}") as (
        chart,
        axes,
    ):
        counts = [of.height for _, of, *_ in steps]
        axes.barh(range(len(steps)), counts, height=0.62, color=[colour for *_, colour in steps])
        for place, (count, (_, words)) in enumerate(zip(counts, written, strict=True)):
            axes.annotate(
                words, (count, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.9, color=INK
            )
        axes.set_yticks(range(len(steps)), [heading for heading, _ in written], color=INK)
        axes.set_ylim(len(steps) - 0.45, -0.6)
        axes.set_xlim(0, max(counts) / BARS)
        axes.set_xticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
    return chart
