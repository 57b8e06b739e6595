"""Charts of the risk and of today's work: grades, the largest expected losses, what contacting gains."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from matplotlib.ticker import MaxNLocator

from credrisk.errors import EvidenceError
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, head, height_lines, sheet, thinned
from credrisk.reports.style import ACCENT, BASELINE, INK, MARK, MUTED, axis_unit, short_money, truncated
from credrisk.reports.totals import has_values, total
from credrisk.reports.worklist import by_hand, to_contact
from credrisk.wording import counted, percent

__all__ = ["expected_loss_chart", "gain_chart", "grade_chart"]

NAMES_SHOWN = 10
CENT = 0.01
IN_DEFAULT, NO_GRADE = "in default", "no grade"
"""Bars of the customers with an expected loss and no grade."""


def _grades(scores: pl.DataFrame) -> pl.DataFrame:
    needed = {"grade", "pd_12m", "expected_loss"}
    graded = needed <= set(scores.columns) and has_values(scores, "grade")
    if not graded or not {"ead", "open_balance"} & set(scores.columns):
        raise EvidenceError("No customer has a grade.")
    owed = [pl.col(name) for name in ("ead", "open_balance") if name in scores.columns]
    defaulted = pl.col("status") == "in_default" if "status" in scores.columns else pl.lit(False)
    without = pl.when(defaulted).then(pl.lit(IN_DEFAULT)).otherwise(pl.lit(NO_GRADE))
    return (
        scores.filter((pl.col("grade").is_not_null() & pl.col("pd_12m").is_not_null()) | (pl.col("expected_loss") > 0))
        .with_columns(graded=pl.col("grade").is_not_null(), grade=pl.coalesce("grade", without))
        .group_by("grade", "graded")
        .agg(
            pl.len().alias("customers"),
            pl.col("pd_12m").sort().mean().alias("pd"),
            pl.coalesce(owed).clip(lower_bound=0).sort().sum().alias("exposure"),
            pl.col("expected_loss").sort().sum().alias("loss"),
        )
        .sort("graded", "pd", "grade", descending=[True, False, False])
    )


def grade_chart(scores: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw exposure at default and expected loss by grade, as shares, with the customers and the mean PD of each.

    Customers in default have no grade: they are a bar of their own, so that the bars add up to the whole.

    Raises
    ------
    EvidenceError
        When no customer has a grade, or no exposure is graded.
    """
    grades = _grades(scores)
    exposure, loss = total(grades, "exposure"), total(grades, "loss")
    if not grades["graded"].any() or exposure <= 0:
        raise EvidenceError("No exposure is graded.")
    names, rows = grades["grade"].to_list(), list(grades.iter_rows(named=True))
    worst = sum(row["graded"] for row in rows)
    apart = rows[worst:]
    of_grades = loss - math.fsum(row["loss"] for row in apart)
    lost, owed = 0.0, 0.0
    while worst and of_grades > 0 and lost < of_grades / 2:
        worst -= 1
        lost, owed = lost + rows[worst]["loss"], owed + rows[worst]["exposure"]
    picked = names[worst : len(rows) - len(apart)]
    finding = (
        f"{percent(lost / loss)} of the expected loss sits in {_grades_named(picked)}, "
        f"with {percent(owed / exposure, 1)} of the exposure{_apart(apart, loss)}"
        if picked
        else f"{short_money(exposure, currency)} of exposure; no loss is expected of the graded{_apart(apart, loss)}"
    )
    alt = "Bars by grade: " + "; ".join(
        f"{row['grade']}: {row['customers']} customers, mean PD {percent(row['pd'], 2)}, "
        f"exposure {short_money(row['exposure'], currency)}, expected loss {short_money(row['loss'], currency)}"
        for row in rows
    )
    with sheet(finding, f"{alt}.", size=size, unit="") as (chart, axes):
        places = list(range(len(rows)))
        shares = [100 * row["exposure"] / exposure for row in rows]
        losses = [100 * row["loss"] / loss if loss > 0 else 0.0 for row in rows]
        bars = axes.bar([place - 0.2 for place in places], shares, width=0.38, color=BASELINE, label="Exposure")
        risk = axes.bar([place + 0.2 for place in places], losses, width=0.38, color=MARK, label="Expected loss")
        small = 7.9 if len(rows) <= 8 else 6.6
        shown = thinned(len(rows), size.width // 40)
        said = [
            f"{truncated(row['grade'], 6 if row['graded'] else 10)}\n{row['customers']:,}\n{_short_percent(row['pd'])}"
            for row in rows
        ]
        axes.set_xticks(shown, [said[place] for place in shown], fontsize=small)
        axes.set_xlabel("Grade, customers, mean PD 12 months", fontsize=7.9)
        head(axes, "% of the total", [bars, risk])
        axes.locator_params(axis="y", nbins=5)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
    return chart


def _grades_named(picked: list[str]) -> str:
    """Name one grade, two, or a range."""
    if len(picked) == 1:
        return f"grade {picked[0]}"
    return f"grades {picked[0]} {'and' if len(picked) == 2 else 'to'} {picked[-1]}"


def _apart(rows: list[dict[str, Any]], loss: float) -> str:
    """Say what of the expected loss customers without a grade make."""
    said = {IN_DEFAULT: "in customers in default", NO_GRADE: "in customers without a grade"}
    return "".join(f"; {percent(row['loss'] / loss)} {said[row['grade']]}" for row in rows if loss > 0)


def _short_percent(share: float) -> str:
    return percent(share, 0 if share >= 0.0995 else 1 if share >= 0.00995 else 2).replace(" ", "\u2009")


def expected_loss_chart(scores: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw the ten largest expected losses by customer.

    Raises
    ------
    EvidenceError
        When no customer has an expected loss above nothing.
    """
    if not has_values(scores, "expected_loss"):
        raise EvidenceError("No expected loss is measured.")
    losses = scores.filter(pl.col("expected_loss") > 0).sort(["expected_loss", "customer_id"], descending=[True, False])
    if losses.is_empty():
        raise EvidenceError("No customer has an expected loss above zero.")
    whole, top = total(losses, "expected_loss"), losses.head(NAMES_SHOWN)
    share = total(top, "expected_loss") / whole
    count = "largest expected loss makes" if top.height == 1 else f"{top.height} largest expected losses make"
    finding = f"The {count} {percent(share)} of the portfolio's {short_money(whole, currency)}"
    names = top["name"].to_list() if "name" in top.columns else [None] * top.height
    named = [truncated(name or key, 24) for name, key in zip(names, top["customer_id"].to_list(), strict=True)]
    amounts = top["expected_loss"].to_list()
    alt = "Bars of expected loss: " + ", ".join(
        f"{name} {short_money(amount, currency)}" for name, amount in zip(named, amounts, strict=True)
    )
    divisor, unit = axis_unit(max(amounts), currency)
    with sheet(finding, f"{alt}.", size=size, unit=f"Expected loss, 12 months, {unit}") as (chart, axes):
        places = list(range(len(named)))
        widths = [amount / divisor for amount in amounts]
        axes.barh(places, widths, height=0.68, color=MARK)
        for place, width in zip(places, widths, strict=True):
            label = f"{width:,.0f}" if widths[0] >= 100 else f"{width:,.1f}"
            axes.text(width + 0.012 * widths[0], place, label, va="center", fontsize=7.9)
        axes.set_yticks(places, named, color=INK)
        axes.set_xticks([])
        axes.set_xlim(0, widths[0] * 1.16)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.invert_yaxis()
    return chart


def _gains_found(curve: list[float], made: int, currency: str) -> str:
    """Say what today's contacts gain, what the next would add up to the curve's top, and what the rest would lose."""
    everyone, whole = len(curve) - 1, curve[-1]
    own = f"{counted(made, 'contact')} {'gains' if made == 1 else 'gain'} {short_money(curve[made], currency)}"
    top = max(range(made, everyone + 1), key=curve.__getitem__)
    if made == 0:
        if curve[top] < CENT:
            return "Nobody is contacted by hand today: no contact gains what it costs"
        gained = short_money(curve[top], currency)
        return f"Nobody is contacted by hand today; {counted(top, 'contact')} would gain {gained}"
    added, lost = curve[top] - curve[made], curve[top] - whole
    if made < everyone and lost >= CENT:
        them = "that" if made == 1 else "them"
        if added < CENT:
            return f"{own}; the {everyone - made:,} after {them} would lose {short_money(lost, currency)} of it"
        return (
            f"{own}; the next {top - made:,} would add {short_money(added, currency)}, "
            f"the {everyone - top:,} after {'that' if top - made == 1 else 'those'} lose {short_money(lost, currency)}"
        )
    if made < everyone and whole > 0:
        return f"{own}, {percent(curve[made] / whole)} of what all {everyone:,} would"
    contacts = "contact gains" if everyone == 1 else "contacts gain"
    return f"Today's {everyone:,} {contacts} {short_money(whole, currency)}"


def gain_chart(queue: pl.DataFrame, *, currency: str, capacity: int | None = None, size: Size = NOTEBOOK) -> Chart:
    """Draw what the first 1, 2, 3 ... contacts by hand gain together, with those of today marked.

    Parameters
    ----------
    queue
        With ``rank`` and ``gain``; ``contact_today`` marks the contacts within capacity, else ``capacity`` counts them.

    Raises
    ------
    EvidenceError
        When nobody is to be contacted.
    """
    if not {"rank", "gain"} <= set(queue.columns):
        raise EvidenceError("No gain of a contact is measured.")
    today = to_contact(queue, capacity).height
    gains = by_hand(queue)["gain"].fill_null(0.0)
    if gains.is_empty():
        raise EvidenceError("Nobody is to be contacted today.")
    curve = [0.0, *gains.cum_sum().to_list()]
    everyone, whole = len(curve) - 1, curve[-1]
    made = min(today, everyone)
    finding = _gains_found(curve, made, currency)
    half = next((place for place, gained in enumerate(curve) if gained >= whole / 2), everyone)
    alt = f"Curve of cumulated expected gain by number of contacts. {finding}; the first {half:,} gain half."
    divisor, unit = axis_unit(max(abs(gained) for gained in curve), currency)
    with sheet(finding, alt, size=size, unit=f"Expected gain, cumulated, {unit}") as (chart, axes):
        values = [gained / divisor for gained in curve]
        axes.fill_between(range(made + 1), values[: made + 1], color=ACCENT, alpha=0.12, linewidth=0)
        axes.plot(range(everyone + 1), values, color=ACCENT, linewidth=1.8)
        if made < everyone:
            axes.axvline(made, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
            right = made > 0.6 * everyone
            axes.annotate(
                f"today {made:,}",
                (made, 0.0),
                xytext=(-4 if right else 4, 5),
                textcoords="offset points",
                ha="right" if right else "left",
                color=MUTED,
            )
        axes.plot([made], [values[made]], "o", color=ACCENT, markersize=4.5)
        axes.set_xlim(0, everyone * 1.02)
        if min(values) >= 0 and whole > 0:
            axes.set_ylim(0, max(values) * 1.08)
        axes.set_xlabel("Contacts by hand, best first")
        height_lines(axes)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return chart
