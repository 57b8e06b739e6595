"""Charts of a replay of the collection queue: cash and old receivables by day, for every way of choosing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, height_lines, sheet
from credrisk.reports.style import ACCENT, BASELINE, CASH, CREDITS, MARK, MUTED, axis_unit, short_money

__all__ = ["RANKING_WORDS", "caught_chart", "extra_cash_chart", "old_receivables_chart"]

RANKING_WORDS = {
    "queue": "queue",
    "oldest_first": "oldest first",
    "largest_first": "largest first",
    "risk_x_amount": "risk x amount",
    "random": "random",
    "nobody": "nobody contacted",
}
LOOK: dict[str, dict[str, Any]] = {
    "queue": {"color": ACCENT, "linewidth": 2.4},
    "largest_first": {"color": MARK, "linewidth": 1.3},
    "risk_x_amount": {"color": CASH, "linewidth": 1.3, "linestyle": (0, (5, 2))},
    "oldest_first": {"color": MUTED, "linewidth": 1.3, "linestyle": (0, (1, 1.2))},
    "random": {"color": CREDITS, "linewidth": 1.3, "linestyle": (0, (3, 1.5, 1, 1.5))},
    "nobody": {"color": BASELINE, "linewidth": 1.1, "linestyle": (0, (4, 3))},
}
OUTCOME_WORDS = {"over_60": "past 60 days", "over_90": "past 90 days", "bad": "turned bad"}
GAP = 0.052
"""Least distance of two labels, as a share of the height of the axes."""


def extra_cash_chart(days: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the cash received beyond what comes without a contact, day by day, the mean over the sellers.

    ``days``: ``seed, ranking, day, cash``, with the ranking ``nobody``.

    Raises
    ------
    EvidenceError
        When there is nothing to compare with.
    """
    if days.filter(pl.col("ranking") == "nobody").is_empty():
        raise EvidenceError("Nothing to compare with: nobody contacted was not replayed.")
    base = days.filter(pl.col("ranking") == "nobody").select("seed", "day", base="cash")
    extra = (
        days.filter(pl.col("ranking") != "nobody")
        .join(base, on=["seed", "day"])
        .group_by("ranking", "day")
        .agg(value=(pl.col("cash") - pl.col("base")).mean())
    )
    by_time = extra.group_by("ranking").agg(pl.col("value").mean()).sort("value", descending=True)
    queue = float(by_time.filter(pl.col("ranking") == "queue")["value"][0])
    rivals = by_time.filter(pl.col("ranking") != "queue")
    best, most = rivals["ranking"][0], float(rivals["value"][0])
    finding = (
        f"On an average day the queue has {short_money(queue, currency)} more in hand than without contacts, "
        f"{RANKING_WORDS[best]} {short_money(most, currency)}"
    )
    return _lines(extra, finding, "Cash beyond that without contacts", currency=currency, size=size)


def old_receivables_chart(days: pl.DataFrame, *, over: int, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw what is more than ``over`` (60 or 90) days past due, day by day, the mean over the sellers.

    Raises
    ------
    EvidenceError
        When nothing was replayed.
    """
    if days.is_empty():
        raise EvidenceError("Nothing was replayed.")
    values = days.group_by("ranking", "day").agg(value=pl.col(f"over_{over}").mean())
    end = values.filter(pl.col("day") == values["day"].max())
    last = dict(end.select("ranking", "value").iter_rows())
    finding = f"Over {over} days at the end: {short_money(last['queue'], currency)} under the queue"
    if "nobody" in last:
        finding += f", {short_money(last['nobody'], currency)} without contacts"
    return _lines(values, finding, f"More than {over} days past due", currency=currency, size=size)


def caught_chart(caught: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw which share of the money that grew old or turned bad each ranking had listed before it did.

    ``caught``: ``ranking, outcome`` (``over_60, over_90, bad``), ``money, share_listed``.

    Raises
    ------
    EvidenceError
        When no money grew old or turned bad.
    """
    known = caught.filter(pl.col("share_listed").is_not_null())
    if known.is_empty():
        raise EvidenceError("No money grew old or turned bad in the time of the replay.")
    outcomes = [name for name in OUTCOME_WORDS if name in known["outcome"].unique()]
    shares = {(row["outcome"], row["ranking"]): row["share_listed"] for row in known.iter_rows(named=True)}
    first = outcomes[0]
    best = max((name for name in LOOK if (first, name) in shares), key=lambda name: shares[first, name])
    money = known.filter(pl.col("outcome") == first)["money"][0]
    finding = (
        f"Of {short_money(money, currency)} {OUTCOME_WORDS[first]}, {100 * shares[first, 'queue']:.0f} % was on the "
        f"queue's lists before"
    )
    if best != "queue":
        finding += f", {100 * shares[first, best]:.0f} % on those by {RANKING_WORDS[best]}"
    said = "; ".join(
        f"{OUTCOME_WORDS[outcome]}: "
        + ", ".join(
            f"{RANKING_WORDS[name]} {100 * shares[outcome, name]:.0f} %" for name in LOOK if (outcome, name) in shares
        )
        for outcome in outcomes
    )
    alt = f"Share of the money that was listed before. {said}."
    with sheet(finding, alt, size=size, unit="Share of the money that was on a list before, %") as (chart, axes):
        rankings = [name for name in LOOK if name in known["ranking"].unique()]
        for place, outcome in enumerate(outcomes):
            for number, name in enumerate(rankings):
                height = place * (len(rankings) + 1.4) + number
                share = 100 * shares[outcome, name]
                axes.barh(height, share, height=0.78, color=LOOK[name]["color"])
                axes.annotate(
                    f"{RANKING_WORDS[name]}  {share:.0f}",
                    (share, height),
                    xytext=(4, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=7.5,
                    color=LOOK[name]["color"],
                )
        middles = [place * (len(rankings) + 1.4) + (len(rankings) - 1) / 2 for place in range(len(outcomes))]
        axes.set_yticks(middles, [OUTCOME_WORDS[outcome] for outcome in outcomes])
        axes.invert_yaxis()
        axes.set_xlim(0, 1.3 * max(100 * value for value in shares.values()))
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
    return chart


def _lines(values: pl.DataFrame, finding: str, what: str, *, currency: str, size: Size) -> Chart:
    """Draw ``value`` by ``day``, a labelled line for each ranking."""
    rankings = [name for name in RANKING_WORDS if name in values["ranking"].unique()]
    divisor, unit = axis_unit(float(values["value"].abs().to_numpy().max()), currency)
    ends = values.sort("day").group_by("ranking", maintain_order=True).last()
    said = ", ".join(
        f"{RANKING_WORDS[row['ranking']]} {short_money(row['value'], currency)}" for row in ends.iter_rows(named=True)
    )
    with sheet(finding, f"{what}, by day. At the end: {said}.", size=size, unit=f"{what}, {unit}") as (chart, axes):
        labels = []
        for name in reversed(rankings):
            own = values.filter(pl.col("ranking") == name).sort("day")
            heights = [each / divisor for each in own["value"]]
            axes.plot(own["day"].to_list(), heights, **LOOK[name])
            labels.append((heights[-1], name))
        axes.set_xlabel("Days since the start", fontsize=7.9)
        axes.set_xlim(0, int(values["day"].to_numpy().max()))
        height_lines(axes)
        _label(axes, labels)
    return chart


def _label(axes: Axes, labels: Sequence[tuple[float, str]]) -> None:
    """Write the names at the ends of the lines, apart from each other."""
    low, high = axes.get_ylim()
    place = -1.0
    for height, name in sorted(labels):
        place = max((height - low) / (high - low), place + GAP)
        axes.annotate(
            RANKING_WORDS[name],
            (1.01, place),
            xycoords="axes fraction",
            va="center",
            fontsize=7.9,
            color=LOOK[name]["color"],
            fontweight="bold" if name == "queue" else "normal",
            annotation_clip=False,
        )
