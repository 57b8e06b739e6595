"""From the limits that stand side by side to one: which of them binds, and what to do with today's limit."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.grades import NO_CREDIT_STATUSES
from credrisk.decisions.policy import Policy
from credrisk.decisions.profit_limit import SENSITIVITIES, ProfitLimits

__all__ = [
    "BOUNDS",
    "own_limit",
    "rounded_down",
    "with_bounds",
    "with_recommendation",
    "with_sensitivity",
]

ROUNDING_SLACK = 1e-9
"""In steps: a limit that is a whole number of steps but for float noise is not rounded down to the step below."""

BOUNDS = ("new_customer", "wanted", "capacity", "expected_profit", "loss_appetite", "portfolio", "cap")
"""What a limit may not exceed. Where several bind at once, the first named here is said: the rule before the figure it
happens to equal."""

HARD = ("bound_capacity", "bound_portfolio", "bound_cap")
"""Bounds that neither the minimum nor the tolerance for today's limit may pass."""

OWN_BOUNDS = ("new_customer", "wanted", "capacity", "loss_appetite")
"""What bounds a customer's limit whatever the others get, expected profit aside."""

LOWERED_BY = ("expected_loss", "tail_loss", "group", "industry", "country")
"""What lowers a customer's limit for the sake of the portfolio, by the names of the optimiser."""

ONE_YEAR = 12
"""Months for which a limit that was set to 0 is not raised without somebody deciding it."""


def rounded_down(amount: pl.Expr, step: float) -> pl.Expr:
    """Return the last multiple of ``step`` at or below an amount."""
    return (amount / step + ROUNDING_SLACK).floor() * step


def with_bounds(rows: pl.DataFrame, profits: ProfitLimits, policy: Policy) -> pl.DataFrame:
    """Add ``bound_<name>`` for each of :data:`BOUNDS`, null where there is none, and the figures they come from.

    Own funds carry the uninsured part: what cover pays comes on top of the capacity, where the policy lets it bind.
    ``earns_always`` tells where only the caps end what expected profit would grant, ``first_unit`` what the first unit
    of limit earns uninsured.
    """
    room = pl.col("capacity_limit") + pl.col("cover_limit")
    best = profits.best()
    rows = rows.with_columns(
        best=pl.Series(best),
        earns_always=pl.Series(np.isinf(best)),
        first_unit=pl.Series(profits.first_unit()),
    )
    return rows.with_columns(
        **_loss_appetite(policy),
        expected_profit_limit=pl.when(pl.col("best").is_finite()).then("best"),
    ).with_columns(
        bound_new_customer=pl.when("on_trial").then("trial_limit"),
        bound_wanted=pl.col("wanted"),
        bound_capacity=pl.when(pl.lit(policy.limit.capacity_binds)).then(room),
        bound_expected_profit=pl.col("expected_profit_limit"),
        bound_loss_appetite=pl.col("loss_appetite_limit"),
        bound_portfolio=pl.col("portfolio_limit"),
        bound_cap=pl.lit(policy.appetite.single_name),
    )


def _loss_appetite(policy: Policy) -> dict[str, pl.Expr]:
    """Return the limit at which the expected loss, fully drawn, reaches the policy's share of the year's margin.

    Fully drawn, the limit loses up to the layer of the cover all that is uninsured, within it less by the share that
    cover pays, beyond it all again: the bound is where this broken line reaches the share.
    """
    economics = policy.economics
    at_stake = 1 - pl.col("margin") if economics.loss_basis == "cost" else pl.lit(1.0)
    uninsured, insured = (
        pl.col("pd_used") * each * at_stake * (1 - economics.tax_relief)
        for each in (pl.col("lgd"), pl.min_horizontal("cover_lgd", "lgd"))
    )
    begins, ends = pl.col("cover_from"), pl.max_horizontal("cover_from", "cover_to")
    layered = uninsured - pl.col("cover_share") * (uninsured - insured)
    # Whose sales are not known is taken to turn over what it wants.
    sold = pl.when(~pl.col("on_trial") & (pl.col("yearly_sales") > 0)).then("yearly_sales")
    margin = pl.col("margin") * pl.coalesce(sold, pl.col("wanted") * DAYS_IN_YEAR / pl.col("days_unpaid"))
    budget = policy.limit.max_expected_loss_share * margin
    over_begin = budget - uninsured * begins
    over_end = over_begin - layered * (ends - begins)
    limit = (
        pl.when(over_begin <= 0)
        .then(budget / uninsured)
        .when(over_end < 0)
        .then(begins + over_begin / layered)
        .otherwise(ends + over_end / uninsured)
    )
    return {
        "margin_of_year": margin,
        "loss_budget": budget,
        "loss_appetite_limit": pl.when(limit.is_finite()).then(limit),  # no risk, no bound
    }


def own_limit(rows: pl.DataFrame, policy: Policy, *, as_of: date) -> pl.DataFrame:
    """Return ``limit`` and ``binding`` of what each customer's own bounds leave it, from :func:`with_bounds`.

    Expected profit, the portfolio and the cap are left aside: the optimiser of all limits looks after these. Whose
    limit on file may not be raised has no more than that.
    """
    rows = _lowest(rows.with_columns(bound_portfolio=pl.lit(None, pl.Float64)), policy, of=OWN_BOUNDS)
    limit, today = pl.col("policy_limit").fill_null(0.0).clip(lower_bound=0), pl.col("credit_limit")
    barred = pl.when(limit > today).then(_no_raise(policy, as_of))
    named = pl.when("lifted").then(pl.lit("minimum")).otherwise(_named(OWN_BOUNDS, pl.col("lowest")))
    return rows.select(
        limit=pl.when(barred.is_not_null()).then(today.clip(lower_bound=0)).otherwise(limit),
        binding=pl.coalesce(barred, named),
    )


def _no_raise(policy: Policy, as_of: date) -> pl.Expr:
    """Return why the limit on file of a customer may not be raised, or null."""
    rules = policy.limit
    set_to_nothing = (pl.col("credit_limit") == 0) & (pl.col("set_to_nothing_on") > months_after(as_of, -ONE_YEAR))
    reasons = {
        "warned": pl.col("warned_of").is_not_null(),
        "arrears": (pl.col("oldest_open_days") > rules.no_raise_past_due_days).fill_null(False)
        | (pl.col("share_past_due") > rules.no_raise_past_due_share).fill_null(False),
        "recovering": pl.col("status") == "recovering",
        "withdrawn": set_to_nothing,
        "idle": pl.col("days_since_last_invoice") > rules.no_raise_idle_days,
    }
    return pl.coalesce(pl.when(holds.fill_null(False)).then(pl.lit(name)) for name, holds in reasons.items())


def _named(bounds: tuple[str, ...], lowest: pl.Expr) -> pl.Expr:
    """Return what the first bound that is the lowest is called."""
    return pl.coalesce(
        pl.when(pl.col(f"bound_{name}") == lowest).then(pl.lit("need" if name == "wanted" else name)) for name in bounds
    )


def _lowest(rows: pl.DataFrame, policy: Policy, of: tuple[str, ...] = BOUNDS) -> pl.DataFrame:
    """Add ``lowest`` of the bounds, ``rounded`` to the step, and ``policy_limit``: lifted to the minimum, or none."""
    rules = policy.limit
    step = rules.step
    in_proportion = (rules.generous_multiple * pl.col("wanted") / step - ROUNDING_SLACK).ceil() * step
    on_file = pl.min_horizontal(pl.col("credit_limit").fill_null(0.0).clip(lower_bound=0), pl.lit(rules.minimum))
    minimum = pl.max_horizontal(on_file, pl.min_horizontal(in_proportion, pl.lit(rules.minimum)))
    # No minimum beyond what one customer may have, own funds carry, or the portfolio leaves.
    minimum = pl.min_horizontal(minimum, *HARD, pl.when("on_trial").then("trial_limit"))
    rows = rows.with_columns(lowest=pl.min_horizontal(f"bound_{name}" for name in of), minimum=minimum)
    rows = rows.with_columns(rounded=rounded_down(pl.col("lowest"), step))
    lifted = (pl.col("first_unit") > 0) & (pl.col("rounded") < pl.col("minimum"))
    return rows.with_columns(lifted=lifted & ~pl.col("stopped")).with_columns(
        policy_limit=pl.when("stopped").then(0.0).when("lifted").then("minimum").otherwise("rounded")
    )


def with_recommendation(rows: pl.DataFrame, policy: Policy, *, as_of: date) -> pl.DataFrame:
    """Add the limit, what binds it, what to do with today's, and ``no_raise``: why it may not be raised, or null."""
    rules = policy.limit
    alone = _lowest(rows.with_columns(bound_portfolio=pl.lit(None, pl.Float64)), policy)["policy_limit"]
    rows = _lowest(rows, policy).with_columns(alone=alone)
    # A limit of the portfolio that only repeats the customer's own bounds is not what binds it.
    lowered = pl.col("portfolio_binding").is_in(LOWERED_BY).fill_null(True)
    own = tuple(name for name in BOUNDS if name != "portfolio")
    without = _named(own, pl.min_horizontal(f"bound_{name}" for name in own))
    named = pl.when(lowered).then(_named(BOUNDS, pl.col("lowest"))).otherwise(without)
    # Who needs nothing keeps a limit where credit earns something: where it does not, that is the reason.
    pays_nothing = (pl.col("bound_expected_profit") <= 0).fill_null(False) & (pl.col("first_unit") <= 0)
    named = pl.when(pays_nothing & (pl.col("lowest") <= 0)).then(pl.lit("expected_profit")).otherwise(named)
    rows = rows.with_columns(
        binding=pl.when(pl.col("status").is_in(NO_CREDIT_STATUSES))
        .then("status")
        .when("stopped")
        .then(pl.lit("insolvent"))
        .when(lowered & (pl.col("policy_limit") < pl.col("alone")))
        .then(pl.lit("portfolio"))
        .when("lifted")
        .then(pl.lit("minimum"))
        .otherwise(named)
    )
    today, limit = pl.col("credit_limit"), pl.col("policy_limit")
    # The tolerance is for estimates: what others are refused, own funds do not carry or the cap forbids is not kept.
    close = ((limit - today).abs() <= rules.keep_tolerance * today) & (today <= pl.min_horizontal(HARD))
    # A limit that is not drawn costs nothing: one above the need is lowered only when it is out of proportion.
    other = [f"bound_{name}" for name in BOUNDS if name not in ("wanted", "new_customer")]
    roomy = (
        (today >= limit)
        & (today <= rules.generous_multiple * pl.col("wanted"))
        & (pl.col("first_unit") > 0)
        & (today <= pl.min_horizontal(other))
    )
    free = ~pl.col("stopped") & (limit > 0)
    rows = rows.with_columns(roomy=(roomy & ~close & free).fill_null(False))
    kept = (close & free).fill_null(False) | pl.col("roomy")
    rows = rows.with_columns(no_raise=_no_raise(policy, as_of))
    # The optimiser knows who may not be raised: such a limit is its own bound, and what it repeats of it bars as well.
    more = ~lowered & (pl.col("alone") > (1 + rules.keep_tolerance) * today)
    rows = rows.with_columns(barred=pl.when((~kept & (limit > today)) | more).then("no_raise"))
    barred = pl.col("barred").is_not_null()
    return rows.with_columns(
        recommended_limit=pl.when(kept).then(today).when(barred).then(pl.min_horizontal(today, limit)).otherwise(limit),
        binding=pl.coalesce("barred", "binding"),
        policy_limit=pl.when(barred & ~lowered).then("alone").otherwise(limit),
    ).with_columns(
        change=pl.col("recommended_limit") - today.fill_null(0.0),
        action=pl.when("stopped")
        .then(pl.lit("stop"))
        .when(today.is_null() & (pl.col("recommended_limit") > 0))
        .then(pl.lit("grant"))
        .when(pl.col("recommended_limit") > today)
        .then(pl.lit("raise"))
        .when(pl.col("recommended_limit") < today)
        .then(pl.lit("lower"))
        .otherwise(pl.lit("keep")),
    )


def with_sensitivity(rows: pl.DataFrame, profits: ProfitLimits, policy: Policy) -> pl.DataFrame:
    """Add ``limit_if_<change>``: what the policy would give were a figure different, today's limit left aside.

    Expected profit and the loss appetite move; need, grade, capacity, cover and the portfolio's limit stay.
    """
    found = {}
    for name, change in SENSITIVITIES.items():
        changed = change(profits.known)
        moved = ProfitLimits(
            profits.customer_id, profits.known | changed, profits.stopped, profits.grid, profits.below, policy
        )
        renamed = {"pd": "pd_used"}
        figures = {
            renamed.get(column, column): pl.Series(values)
            for column, values in changed.items()
            if column in ("pd", "margin", "lgd")
        }
        again = _lowest(with_bounds(rows.with_columns(**figures), moved, policy), policy)
        found[f"limit_if_{name}"] = again["policy_limit"]
    return rows.with_columns(**found)
