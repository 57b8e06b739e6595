"""Charts of how limits come about: from the need to what is recommended, and from the limits on file to those set."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.decisions.limit_words import BINDING_WORDS
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError
from credrisk.frames import as_polars
from credrisk.reports.charts.canvas import NOTEBOOK, Chart, Size, sheet
from credrisk.reports.charts.waterfall import Step, draw_waterfall, signed
from credrisk.reports.limit_names import CAP, HOLDS, LIMIT_NAMES
from credrisk.reports.style import ACCENT, BASELINE, CASH, INK, MARK, short_figure, short_money
from credrisk.wording import counted

__all__ = ["limit_change_chart", "limit_waterfall_chart"]

BOUNDS = ("capacity", "expected_profit", "loss_appetite", "portfolio", "cap")
HEADINGS = {
    "capacity": f"{LIMIT_NAMES['capacity_limit']}\nwith cover",
    "expected_profit": LIMIT_NAMES["expected_profit_limit"],
    "loss_appetite": LIMIT_NAMES["loss_appetite_limit"],
    "portfolio": "Budgets of the portfolio",
    "cap": CAP[0],
    "stopped": "Stopped: default\nor bad debt",
    "hold": "Holds on raises",
    "new_customer": "Rule for new customers",
    "minimum": "Policy's minimum",
    "kept": "Today's limit kept",
    "rounding": "Whole steps",
}
"""What moves a limit on its way from the need to the recommendation, in that order."""

HELD_BY = {
    "capacity": "financial capacity",
    "expected_profit": "expected profit",
    "loss_appetite": "the loss appetite",
    "portfolio": "the budgets of the portfolio",
    "cap": "the cap on a single name",
    "stopped": "the stop after a default or bad debt",
    "hold": "holds on raises",
    "new_customer": "the rule for new customers",
    "minimum": "the policy's minimum",
    "kept": "today's limit",
    "rounding": "rounding to whole steps",
}

MEMO = Size(400, 232, titled=False)
"""Beside a table on an A4 page."""
LEAST_SHOWN = 0.5
"""Of the currency's unit: a step below it reads as nothing."""
LOWERED_SHOWN = 4


def limit_waterfall_chart(limits: Any, *, policy: Policy, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw how the recommended limit follows from the need: of one customer, or of many together.

    Each bound takes off what the bounds before it left above it, customer by customer; what the policy's rules add or
    take then stands under their names, so that the steps sum to what is recommended.

    Parameters
    ----------
    limits
        Rows of :func:`credrisk.recommend_limits`, one or more; those without need or recommendation are passed over.
    policy
        The policy of these limits.

    Raises
    ------
    EvidenceError
        When no row has both a need and a recommended limit, or all are 0.
    """
    rows = as_polars(limits, "limits")
    if {"need", "recommended_limit"} <= set(rows.columns):
        rows = rows.filter(pl.col("need").is_not_null() & pl.col("recommended_limit").is_not_null())
    else:
        rows = rows.head(0)
    if rows.is_empty():
        raise EvidenceError("No limit was worked out from a need.")
    moved = _moved(rows, policy)
    need, given = (float(rows[name].sort().sum()) for name in ("need", "recommended_limit"))
    today = float(rows["current_limit"].fill_null(0.0).sort().sum())
    if max(need, given, today) <= 0:
        raise EvidenceError("Nothing is needed, granted or on file.")
    held = min(moved, key=lambda name: moved[name])
    one = rows.height == 1
    finding = (
        f"{short_money(given, currency)} against a need of {short_money(need, currency)}"
        if one
        else f"Limits of {short_money(given, currency)} against a need of {short_money(need, currency)}"
    )
    if moved[held] < -LEAST_SHOWN:
        most = "" if one else "most is "
        finding += f"; {most}held back by {HELD_BY[held]} ({short_figure(-moved[held])})"
    else:
        finding += "; nothing holds it back" if one else "; nothing holds them back"
    steps = [Step("Need", need, short_figure(need), ACCENT, result=True)]
    steps += [
        Step(HEADINGS[name], amount, signed(amount, short_figure), MARK if amount < 0 else CASH)
        for name, amount in moved.items()
        if abs(amount) >= LEAST_SHOWN
    ]
    steps.append(Step("Recommended", given, short_figure(given), INK, result=True))
    steps.append(Step("On file today", today, short_figure(today), BASELINE, result=True))
    alt = "Waterfall of the limit: " + ", ".join(f"{step.heading} {step.written}" for step in steps).replace("\n", " ")
    unit = f"{currency}, {counted(rows.height, 'customer')}"
    with sheet(finding, f"{alt}; {currency}.", size=size, unit=unit) as (chart, axes):
        draw_waterfall(axes, steps)
    return chart


def _moved(rows: pl.DataFrame, policy: Policy) -> dict[str, float]:
    """Return what each bound takes off and each rule adds or takes, in the order of :data:`HEADINGS`."""

    def bound(name: str) -> pl.Expr:
        return pl.col(name) if name in rows.columns else pl.lit(None, pl.Float64)

    room = bound("capacity_limit") + bound("cover_limit").fill_null(0.0)
    bounds = {
        "capacity": room if policy.limit.capacity_binds else pl.lit(None, pl.Float64),
        "expected_profit": bound("expected_profit_limit"),
        "loss_appetite": bound("loss_appetite_limit"),
        "portfolio": bound("portfolio_limit"),
        "cap": pl.lit(policy.appetite.single_name, pl.Float64),
    }
    stopped = pl.col("action") == "stop"
    moved = rows.with_columns(level=pl.when(stopped).then(0.0).otherwise("need"))
    moved = moved.with_columns(step_stopped=pl.col("level") - pl.col("need"))
    for name in BOUNDS:
        moved = moved.with_columns(lower=pl.min_horizontal("level", bounds[name]))
        moved = moved.with_columns((pl.col("lower") - pl.col("level")).alias(f"step_{name}"), level=pl.col("lower"))
    rule = (
        pl.when(pl.col("binding").is_in(list(HOLDS)))
        .then(pl.lit("hold"))
        .when(pl.col("binding").is_in(["new_customer", "minimum"]))
        .then(pl.col("binding"))
        .when(pl.col("action") == "keep")
        .then(pl.lit("kept"))
        .otherwise(pl.lit("rounding"))
    )
    moved = moved.with_columns(rule=rule, left=pl.col("recommended_limit") - pl.col("level"))
    found = {}
    for name in HEADINGS:
        step = pl.col(f"step_{name}") if f"step_{name}" in moved.columns else None
        of_rule = pl.when(pl.col("rule") == name).then("left").otherwise(0.0)
        found[name] = float(moved.select((of_rule if step is None else step).sort().sum()).item())
    return found


def limit_change_chart(customers: pl.DataFrame, *, currency: str, size: Size = NOTEBOOK) -> Chart:
    """Draw how the limits on file become those set: new ones, raises, and cuts by what holds them down.

    Parameters
    ----------
    customers
        ``current_limit`` (null: none on file), ``portfolio_limit, binding``: the limits set for all customers at once.

    Raises
    ------
    EvidenceError
        When no limit is on file and none is set.
    """
    today = float(customers["current_limit"].fill_null(0.0).sort().sum())
    given = float(customers["portfolio_limit"].sort().sum())
    if max(today, given) <= 0:
        raise EvidenceError("No limit is on file and none is set.")
    change = pl.col("portfolio_limit") - pl.col("current_limit").fill_null(0.0)
    rows = customers.with_columns(change=change, new=pl.col("current_limit").is_null())
    parts: list[tuple[str, str, pl.DataFrame]] = [
        ("New limits", CASH, rows.filter("new")),
        ("Raised", CASH, rows.filter(~pl.col("new") & (pl.col("change") > 0))),
    ]
    cut = rows.filter(~pl.col("new") & (pl.col("change") < 0))
    by_binding = cut.group_by("binding").agg(pl.col("change").sort().sum()).sort("change", "binding")["binding"]
    for binding in by_binding[:LOWERED_SHOWN]:
        why = "own optimum" if binding == "own_optimum" else BINDING_WORDS[binding]
        parts.append((f"Cut: {why}", MARK, cut.filter(pl.col("binding") == binding)))
    parts.append(("Cut: other", MARK, cut.filter(pl.col("binding").is_in(by_binding[LOWERED_SHOWN:].to_list()))))
    steps = [Step("On file today", today, short_figure(today), BASELINE, result=True)]
    for heading, colour, of in parts:
        amount = float(of["change"].sort().sum())
        if abs(amount) >= LEAST_SHOWN:
            written = f"{signed(amount, short_figure)}  ({of.height:,})"
            steps.append(Step(heading, amount, written, colour))
    steps.append(Step("Limits set", given, short_figure(given), INK, result=True))
    raised = rows.filter(pl.col("change") > 0).height
    finding = (
        f"Limits go from {short_money(today, currency)} to {short_money(given, currency)}: "
        f"{raised:,} new or raised, {cut.height:,} cut"
    )
    alt = "Waterfall of the limits: " + ", ".join(f"{step.heading} {step.written}" for step in steps)
    with sheet(finding, f"{alt}; {currency}.", size=size, unit=f"{currency} (customers)") as (chart, axes):
        draw_waterfall(axes, steps)
    return chart
