"""The credit limit: what the customer needs, what the risk allows, what binds, and what it earns."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.decisions.expected_profit import DAYS_IN_YEAR, expected_loss, sale_profit
from credrisk.decisions.grades import NO_CREDIT_STATUSES, with_used_pd
from credrisk.decisions.inputs import customer_rows, no_negative_zeros
from credrisk.decisions.limit_reasons import limit_reasons
from credrisk.decisions.policy import Policy
from credrisk.frames import given_out

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["recommend_limits"]

DAYS_IN_MONTH = 30.4
ROUNDING_SLACK = 1e-9
"""In steps: a limit that is a whole number of steps but for float noise is not rounded down to the step below."""

SCORES = {"status": pl.String(), "pd_12m": pl.Float64(), "p_late30_12m": pl.Float64()}
SCORES_OPTIONAL = {"name": pl.String(), "pd_source": pl.String()}
FEATURES = dict.fromkeys(
    (
        "invoiced_3m",
        "invoiced_12m",
        "terms_days",
        "dbt_12m",
        "oldest_open_days",
        "past_due",
        "share_past_due",
        "not_due",
        "net_balance",
        "credit_limit",
        "tenure_months",
    ),
    pl.Float64(),
)
FEATURES_OPTIONAL = {"covered": pl.Float64()}


@overload
def recommend_limits(
    scores: pd.DataFrame | pl.DataFrame,
    *,
    features: pd.DataFrame | pl.DataFrame,
    as_of: date | str,
    currency: str,
    policy: Policy | None = None,
    cover: pd.DataFrame | pl.DataFrame | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def recommend_limits(
    scores: pd.DataFrame | pl.DataFrame,
    *,
    features: pd.DataFrame | pl.DataFrame,
    as_of: date | str,
    currency: str,
    policy: Policy | None = None,
    cover: pd.DataFrame | pl.DataFrame | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def recommend_limits(
    scores: pd.DataFrame | pl.DataFrame,
    *,
    features: pd.DataFrame | pl.DataFrame,
    as_of: date | str,
    currency: str,
    policy: Policy | None = None,
    cover: pd.DataFrame | pl.DataFrame | None = None,
    output: str = "pandas",
) -> Any:
    """Recommend a credit limit for every customer of ``scores``, with the figures it follows from.

    Parameters
    ----------
    scores
        One row per customer: ``customer_id, status, pd_12m, p_late30_12m``, and ``name, pd_source`` where there.
    features
        The panel at ``as_of``: ``customer_id, invoiced_3m, invoiced_12m, terms_days, dbt_12m, oldest_open_days,
        past_due, share_past_due, not_due, net_balance, credit_limit, tenure_months``, and ``covered`` where there.
        Money in major units of ``currency``.
    as_of
        The date of the decision; rows of other dates are left aside where a frame has a column ``as_of``.
    policy
        The shipped policy where none is given.
    cover
        ``customer_id, insured_amount`` as :func:`~credrisk.decisions.cover.insured_amounts` gives it. Without it the
        feature ``covered`` stands in: what cover pays of today's balance, so that it carries no higher limit.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per customer, sorted by ``customer_id``; money float64 in major units of ``currency``.

        ``need``: monthly invoiced (the higher of the 12-month and the 3-month mean) x (terms + days late on average,
        never less than 0) / 30.4, and at least the balance not yet due; null when there is nothing to measure it on.
        ``expected_profit_limit``: the need where a sale earns money at this PD, its insured part where only insured
        sales do, else 0. ``loss_appetite_limit``: the limit at which the expected loss, the limit fully drawn, reaches
        the policy's share of the account's yearly margin; null where the PD is 0. ``cover_limit``: the insured amount.
        ``recommended_limit``: the lowest of need, expected profit, loss appetite, the policy's cap and, for a new
        customer without a limit on file, the trial limit, rounded down to the policy's step; where an uninsured sale
        earns money at least the policy's minimum, which is no more than its generous multiple of the need unless such
        a limit is on file; today's limit where it differs by no more than the tolerance, or lies above
        the need by no more than the policy's generous multiple and within the loss appetite; 0 in default or bad debt.
        A limit on file is not raised while items are past due by more days, or a larger share of the balance, than the
        policy says, nor while the customer is recovering from a default.
        ``binding``: need, expected_profit, loss_appetite, new_customer, cap, minimum, arrears, recovering, in_default
        or bad_debt.
        ``action``: grant (none is on file), raise, keep, lower or stop (no new shipments on credit).
        ``pd_used_source``: see
        :func:`~credrisk.decisions.grades.with_used_pd`. ``expected_loss``: PD x loss given default x limit, fully
        drawn. ``expected_profit``: of the sales of a year that the limit carries, after losses and cost of funds.
        ``review_on``: the day on which the limit expires unless reviewed. ``reasons`` in words.

    Raises
    ------
    DataError
        When columns are missing or a customer has several rows.

    Notes
    -----
    Financial capacity and peers are not part of this version. A higher PD never raises a limit, all else equal. [1]_

    References
    ----------
    .. [1] The expected-profit rule: "The credit limit", The Global Treasurer, 5 May 2011.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rows = customer_rows(scores, "scores", required=SCORES, optional=SCORES_OPTIONAL, as_of=day)
    known = customer_rows(features, "features", required=FEATURES, optional=FEATURES_OPTIONAL, as_of=day)
    rows = rows.join(known, on="customer_id", how="left", maintain_order="left", validate="1:1")
    if cover is not None:
        insured = customer_rows(cover, "cover", required={"insured_amount": pl.Float64()}, optional={}, as_of=day)
        rows = rows.drop("covered").join(insured, on="customer_id", how="left", maintain_order="left")
        rows = rows.rename({"insured_amount": "covered"})
    rows = _with_need(with_used_pd(rows, policy), policy)
    rows = _with_candidates(rows, policy)
    rows = _with_recommendation(rows, policy)
    rows = _with_consequences(rows, policy, day)
    rows = rows.with_columns(reasons=limit_reasons(policy, currency))
    return given_out(_laid_out(rows, policy), output)


def _with_need(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add what the customer buys and how long it stays unpaid, hence the need; money in the need is never negative."""
    rules = policy.limit
    late = pl.col("dbt_12m").fill_null(rules.days_late).clip(lower_bound=0)
    monthly = pl.max_horizontal(pl.col("invoiced_12m") / 12, pl.col("invoiced_3m") / 3)
    young = (pl.col("tenure_months") < rules.new_customer.months).fill_null(False)
    rows = rows.with_columns(
        monthly_invoiced=monthly.clip(lower_bound=0),
        terms_used=pl.col("terms_days").fill_null(rules.terms_days).clip(lower_bound=0),
        days_late_used=late,
        covered=pl.col("covered").fill_null(0.0).clip(lower_bound=0),
        is_new=young | (pl.col("status") == "not_yet_customer").fill_null(False),
        trial_limit=pl.max_horizontal(pl.lit(rules.new_customer.limit), pl.col("covered").fill_null(0.0)),
        stopped=pl.col("status").is_in(NO_CREDIT_STATUSES).fill_null(False),
    ).with_columns(
        on_trial=pl.col("is_new") & pl.col("credit_limit").is_null(),
        days_unpaid=(pl.col("terms_used") + pl.col("days_late_used")).clip(lower_bound=1),
    )
    in_flight = pl.when(pl.col("not_due") > 0).then("not_due")
    return rows.with_columns(
        need_by_sales=pl.col("monthly_invoiced") * pl.col("days_unpaid") / DAYS_IN_MONTH,
    ).with_columns(need=pl.max_horizontal("need_by_sales", in_flight))


def _with_candidates(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add the limits that stand side by side.

    An unmeasured need leaves today's limit. Of a new customer without a limit on file the need counts as at least the
    policy's figure, and as the whole trial limit as long as nothing was bought.
    """
    economics, rules = policy.economics, policy.limit
    days, pd = pl.col("days_unpaid"), pl.col("pd_used")
    demand = pl.coalesce("need", "credit_limit", pl.lit(0.0)).clip(lower_bound=0)
    bought = (pl.col("need") > 0).fill_null(False)
    wanted = pl.when(bought).then(pl.max_horizontal("need", pl.lit(rules.new_customer.limit))).otherwise("trial_limit")
    rows = rows.with_columns(
        demand=pl.when("on_trial").then(wanted).otherwise(demand),
        profit_uninsured=sale_profit(pd, days, economics, economics.lgd_uninsured),
        profit_insured=sale_profit(pd, days, economics, economics.lgd_by_cover["insurance"]),
    ).with_columns(
        margin_of_year=economics.margin * pl.col("demand") * DAYS_IN_YEAR / days,
    )
    budget = rules.max_expected_loss_share * pl.col("margin_of_year")
    insured_loss = pd * economics.lgd_by_cover["insurance"] * pl.col("covered")
    within_cover = budget / (pd * economics.lgd_by_cover["insurance"])
    beyond_cover = pl.col("covered") + (budget - insured_loss) / (pd * economics.lgd_uninsured)
    appetite = pl.when(budget < insured_loss).then(within_cover).otherwise(beyond_cover)
    return rows.with_columns(
        loss_budget=budget,
        expected_profit_limit=pl.when(pl.col("profit_uninsured") > 0)
        .then("demand")
        .when(pl.col("profit_insured") > 0)
        .then(pl.min_horizontal("demand", "covered"))
        .otherwise(0.0),
        loss_appetite_limit=pl.when(appetite.is_finite()).then(appetite),  # no risk, no bound
        new_customer_limit=pl.when("on_trial").then("trial_limit"),
    )


def _with_recommendation(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add the limit, what binds it, and what to do with today's."""
    rules = policy.limit
    # Where several bind at once, the first named here is said: the rule before the figure it happens to equal.
    bounds = {
        "new_customer": pl.col("new_customer_limit"),
        "need": pl.col("demand"),
        "expected_profit": pl.col("expected_profit_limit"),
        "loss_appetite": pl.col("loss_appetite_limit"),
        "cap": pl.lit(policy.appetite.single_name),
    }
    lowest = pl.min_horizontal(*bounds.values())
    binding = pl.coalesce(pl.when(bound == pl.col("lowest")).then(pl.lit(name)) for name, bound in bounds.items())
    rounded = (pl.col("lowest") / rules.step + ROUNDING_SLACK).floor() * rules.step
    in_proportion = (rules.generous_multiple * pl.col("demand") / rules.step - ROUNDING_SLACK).ceil() * rules.step
    on_file = pl.min_horizontal(pl.col("credit_limit").fill_null(0.0).clip(lower_bound=0), pl.lit(rules.minimum))
    minimum = pl.max_horizontal(on_file, pl.min_horizontal(in_proportion, pl.lit(rules.minimum)))
    minimum = pl.when("on_trial").then(pl.min_horizontal(minimum, "trial_limit")).otherwise(minimum)
    lifted = (pl.col("profit_uninsured") > 0) & (pl.col("rounded") < pl.col("minimum"))
    rows = rows.with_columns(lowest=lowest).with_columns(rounded=rounded, minimum=minimum, binding=binding)
    rows = rows.with_columns(
        policy_limit=pl.when("stopped").then(0.0).when(lifted).then("minimum").otherwise("rounded"),
        binding=pl.when("stopped").then("status").when(lifted).then(pl.lit("minimum")).otherwise("binding"),
    )
    today, limit = pl.col("credit_limit"), pl.col("policy_limit")
    close = (limit - today).abs() <= rules.keep_tolerance * today
    # A limit that is not drawn costs nothing: one above the need is lowered only when it is out of proportion.
    roomy = (
        (today >= limit)
        & (today <= rules.generous_multiple * pl.col("demand"))
        & (pl.col("profit_uninsured") > 0)
        & (today <= pl.col("loss_appetite_limit").fill_null(policy.appetite.single_name))
    )
    free = ~pl.col("stopped") & (today <= policy.appetite.single_name) & (limit > 0)
    rows = rows.with_columns(roomy=(roomy & ~close & free).fill_null(False))
    kept = (close & free).fill_null(False) | pl.col("roomy")
    no_raise = {
        "arrears": (pl.col("oldest_open_days") > rules.no_raise_past_due_days).fill_null(False)
        | (pl.col("share_past_due") > rules.no_raise_past_due_share).fill_null(False),
        "recovering": (pl.col("status") == "recovering").fill_null(False),
    }
    barred = pl.when(~kept & (limit > today)).then(
        pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in no_raise.items())
    )
    return rows.with_columns(
        recommended_limit=pl.when(kept | barred.is_not_null()).then(today).otherwise(limit),
        binding=pl.coalesce(barred, "binding"),
    ).with_columns(
        change=pl.col("recommended_limit") - today,
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


def _with_consequences(rows: pl.DataFrame, policy: Policy, as_of: date) -> pl.DataFrame:
    """Add what the limit is expected to lose and to earn in a year, and the day of its review."""
    limit, covered = pl.col("recommended_limit"), pl.col("covered")
    drawn = pl.min_horizontal(limit, pl.col("demand"))
    insured = pl.min_horizontal(drawn, covered)
    earned = insured * pl.col("profit_insured") + (drawn - insured) * pl.col("profit_uninsured")
    reviews = {grade.name: months_after(as_of, grade.review_months) for grade in policy.grades}
    by_grade = pl.col("grade_used").replace_strict(reviews, return_dtype=pl.Date)
    first_review = months_after(as_of, policy.limit.new_customer.review_months)
    return rows.with_columns(
        expected_loss=expected_loss(limit, covered, pl.col("pd_used"), policy.economics),
        expected_profit=earned * DAYS_IN_YEAR / pl.col("days_unpaid"),
        review_on=pl.when("is_new").then(pl.min_horizontal(by_grade, pl.lit(first_review))).otherwise(by_grade),
    )


def _laid_out(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    laid_out = rows.select(
        "customer_id",
        "name",
        current_limit="credit_limit",
        need="need",
        expected_profit_limit="expected_profit_limit",
        loss_appetite_limit="loss_appetite_limit",
        cover_limit="covered",
        recommended_limit="recommended_limit",
        binding="binding",
        change="change",
        action="action",
        grade_used="grade_used",
        pd_used="pd_used",
        pd_used_source="pd_used_source",
        expected_loss="expected_loss",
        expected_profit="expected_profit",
        review_on="review_on",
        reasons="reasons",
        policy_version=pl.lit(policy.version),
        policy_hash=pl.lit(policy.hash),
    )
    return no_negative_zeros(laid_out)
