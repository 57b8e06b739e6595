"""The credit limit: five limits side by side, what binds, what the limit earns, and until when it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.decisions.capacity import capacity_arithmetic
from credrisk.decisions.cover_layer import cover_arithmetic
from credrisk.decisions.inputs import customer_rows, no_negative_zeros
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.limit_reasons import limit_reasons
from credrisk.decisions.need import need_arithmetic
from credrisk.decisions.peers import peer_arithmetic
from credrisk.decisions.policy import Policy
from credrisk.decisions.profit_limit import SENSITIVITIES, ProfitLimits, profit_arithmetic
from credrisk.decisions.recommendation import with_bounds, with_recommendation, with_sensitivity
from credrisk.decisions.season import seasons, with_limits_for_a_time
from credrisk.frames import as_polars, given_out

if TYPE_CHECKING:
    import pandas as pd

    from credrisk.decisions.portfolio_limits import PortfolioLimits
    from credrisk.models.exposure_at_default import ExposureAtDefault

__all__ = ["recommend_limits"]

NO_SEASON = {"customer_id": pl.String, "season_peak": pl.Float64, "season_from": pl.Date, "season_to": pl.Date}


@overload
def recommend_limits(
    scores: pd.DataFrame | pl.DataFrame,
    *,
    features: pd.DataFrame | pl.DataFrame,
    as_of: date | str,
    currency: str,
    policy: Policy | None = None,
    contracts: pd.DataFrame | pl.DataFrame | None = None,
    peaks: pd.DataFrame | pl.DataFrame | None = None,
    attributes: pd.DataFrame | pl.DataFrame | None = None,
    statements: pd.DataFrame | pl.DataFrame | None = None,
    history: pd.DataFrame | pl.DataFrame | None = None,
    registers: pd.DataFrame | pl.DataFrame | None = None,
    exposure_at_default: ExposureAtDefault | None = None,
    aggregates: Mapping[str, float] | None = None,
    portfolio: PortfolioLimits | pd.DataFrame | pl.DataFrame | None = None,
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
    contracts: pd.DataFrame | pl.DataFrame | None = None,
    peaks: pd.DataFrame | pl.DataFrame | None = None,
    attributes: pd.DataFrame | pl.DataFrame | None = None,
    statements: pd.DataFrame | pl.DataFrame | None = None,
    history: pd.DataFrame | pl.DataFrame | None = None,
    registers: pd.DataFrame | pl.DataFrame | None = None,
    exposure_at_default: ExposureAtDefault | None = None,
    aggregates: Mapping[str, float] | None = None,
    portfolio: PortfolioLimits | pd.DataFrame | pl.DataFrame | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def recommend_limits(
    scores: pd.DataFrame | pl.DataFrame,
    *,
    features: pd.DataFrame | pl.DataFrame,
    as_of: date | str,
    currency: str,
    policy: Policy | None = None,
    contracts: pd.DataFrame | pl.DataFrame | None = None,
    peaks: pd.DataFrame | pl.DataFrame | None = None,
    attributes: pd.DataFrame | pl.DataFrame | None = None,
    statements: pd.DataFrame | pl.DataFrame | None = None,
    history: pd.DataFrame | pl.DataFrame | None = None,
    registers: pd.DataFrame | pl.DataFrame | None = None,
    exposure_at_default: ExposureAtDefault | None = None,
    aggregates: Mapping[str, float] | None = None,
    portfolio: PortfolioLimits | pd.DataFrame | pl.DataFrame | None = None,
    output: str = "pandas",
) -> Any:
    """Recommend a credit limit for every customer of ``scores``, with the limits beside it and their arithmetic.

    Parameters
    ----------
    scores, features, contracts, peaks, attributes, statements, history, registers, exposure_at_default, aggregates
        See :func:`~credrisk.decisions.limit_inputs.limit_inputs`;
        :func:`~credrisk.decisions.limit_evidence.limit_evidence` takes all but the first two from a ledger.
    as_of
        The date of the decision; rows of other dates are left aside where a frame has a column ``as_of``.
    currency
        The ledger's, for the words.
    policy
        The shipped policy where none is given.
    portfolio
        Limits of all customers under common budgets, of :func:`~credrisk.decisions.portfolio_limits.optimise_limits`;
        or a frame with ``customer_id`` and ``limit``, and ``binding`` where it is known which of them a budget or a
        cap has lowered. A customer that is not among them has none.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per customer, sorted by ``customer_id``; money float64 in major units of ``currency``. Each of the five
        limits has a column ``<limit>_arithmetic`` beside it, which says how it follows, or why it is null.

        ``need``: what its purchases and days unpaid take, at the peak. ``capacity_limit``: share of own funds by grade.
        ``peer_limit``: what comparable customers have. ``cover_limit``: what insurance and the like pay at most on
        new shipments. ``expected_profit_limit``: where expected profit stops growing; null where every further unit
        earns, so that only the caps bind.
        ``loss_appetite_limit``: where the expected loss, the limit fully drawn, reaches the policy's share of the
        account's yearly margin; null where the PD is 0. ``portfolio_limit``: as given, else null.

        ``recommended_limit``: the lowest of need, expected profit, loss appetite, portfolio, the policy's single-name
        cap, capacity (with what cover pays on top, and only where the policy lets it bind) and, for a new customer
        without a limit on file, the trial limit, rounded down to the policy's step. Where an uninsured sale earns money
        at least the policy's minimum, but no more than its generous multiple of the need unless such a limit is on
        file, and never above capacity, portfolio or cap; today's limit where it differs by no more than the tolerance
        (and is above none of these three), or lies above the need by no more than the generous multiple and within all
        other bounds; 0 in default, bad debt or insolvency. A limit on file is not raised while items are past due by
        more days, or a larger share of the balance, than the policy says, while the customer is recovering from a
        default, after the limit was set to 0 within a year, or without a purchase for longer than the policy says.
        Cover is no bound, it changes what is lost; peers are none either.
        ``binding``: need, capacity, expected_profit, loss_appetite, portfolio (only where a budget or a cap has lowered
        this customer's own limit), new_customer, cap, minimum, warned, arrears, recovering, withdrawn, idle,
        in_default, bad_debt or insolvent. ``action``: grant (none is on file), raise, keep, lower or stop (no new
        shipments on credit). ``change`` against today's limit, none on file counting as nothing.

        ``seasonal_limit, seasonal_from, seasonal_to``; ``temporary_limit, temporary_until``: higher for a time.
        ``limit_if_<change>``: what the policy would give were the PD twice or half as high, or margin or LGD a fifth
        higher or lower. ``expected_loss``: PD x loss x E[min(exposure at default, limit)]. ``expected_profit``: of 12
        months (and of the later years that the policy counts) at that limit. ``review_on``: next review, the day after
        the end of cover where that is earlier.
        ``expires_on``: the limit lapses where the review has not taken place by then. ``reasons`` in words.

    Raises
    ------
    DataError
        When columns are missing or a customer has several rows.

    Notes
    -----
    A higher PD never raises a limit, all else equal. [1]_ [2]_

    References
    ----------
    .. [1] The expected-profit rule: "The credit limit", The Global Treasurer, 5 May 2011.
    .. [2] Need, capacity and peers: docs/limits.md names the sources.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rows = limit_inputs(
        scores,
        features=features,
        as_of=day,
        policy=policy,
        contracts=contracts,
        peaks=peaks,
        attributes=attributes,
        statements=statements,
        history=history,
        registers=registers,
        exposure_at_default=exposure_at_default,
        aggregates=aggregates,
    )
    rows = _with_portfolio(rows, portfolio, day)
    profits = ProfitLimits.of(rows, policy=policy)
    rows = with_recommendation(with_bounds(rows, profits, policy), policy, as_of=day)
    rows = with_sensitivity(rows, profits, policy)
    season = pl.DataFrame(schema=NO_SEASON)
    if peaks is not None:
        season = seasons(as_polars(peaks, "peaks"), as_of=day, policy=policy)
    rows = with_limits_for_a_time(rows, season, as_of=day, policy=policy)
    rows = _with_consequences(rows, profits, policy, day)
    rows = rows.with_columns(
        need_arithmetic=need_arithmetic(policy, currency),
        capacity_arithmetic=capacity_arithmetic(currency),
        peer_arithmetic=peer_arithmetic(policy, currency),
        cover_arithmetic=cover_arithmetic(currency),
        expected_profit_arithmetic=profit_arithmetic(policy, currency),
        reasons=limit_reasons(policy, currency),
    )
    return given_out(_laid_out(rows, policy), output)


def _with_portfolio(rows: pl.DataFrame, portfolio: Any, day: date) -> pl.DataFrame:
    if portfolio is None:
        return rows.with_columns(portfolio_limit=pl.lit(None, pl.Float64), portfolio_binding=pl.lit(None, pl.String))
    if hasattr(portfolio, "prices"):
        portfolio = portfolio.customers().select("customer_id", "binding", limit="portfolio_limit")
    frame = as_polars(portfolio, "portfolio")
    given = customer_rows(
        frame, "portfolio", required={"limit": pl.Float64()}, optional={"binding": pl.String()}, as_of=day
    )
    given = given.rename({"limit": "portfolio_limit", "binding": "portfolio_binding"})
    return rows.join(given, on="customer_id", how="left", maintain_order="left")


def _with_consequences(rows: pl.DataFrame, profits: ProfitLimits, policy: Policy, as_of: date) -> pl.DataFrame:
    """Add what the limit is expected to lose and to earn in a year, the day of its review and the day it lapses."""
    profit, loss, _ = profits.at(rows["recommended_limit"].to_numpy())
    reviews = {grade.name: months_after(as_of, grade.review_months) for grade in policy.grades}
    by_grade = pl.col("grade_used").replace_strict(reviews, return_dtype=pl.Date)
    first_review = months_after(as_of, policy.limit.new_customer.review_months)
    review = pl.when("is_new").then(pl.min_horizontal(by_grade, pl.lit(first_review))).otherwise(by_grade)
    carries = (pl.col("recommended_limit") > 0) & (pl.col("cover_limit") > 0)
    after_cover = pl.when(carries).then(pl.col("cover_ends").dt.offset_by("1d"))
    return rows.with_columns(
        expected_loss=pl.Series(loss),
        expected_profit=pl.Series(profit),
        review_on=pl.min_horizontal(review, after_cover),
    ).with_columns(expires_on=pl.col("review_on").dt.offset_by(f"{policy.limit.temporary_days}d"))


def _laid_out(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    laid_out = rows.select(
        "customer_id",
        "name",
        "need",
        "capacity_limit",
        "peer_limit",
        "cover_limit",
        "expected_profit_limit",
        "loss_appetite_limit",
        "portfolio_limit",
        "recommended_limit",
        "binding",
        "change",
        "action",
        "seasonal_limit",
        "seasonal_from",
        "seasonal_to",
        "temporary_limit",
        "temporary_until",
        "grade_used",
        "pd_used",
        "pd_used_source",
        "margin",
        "margin_source",
        "expected_loss",
        "expected_profit",
        *(f"limit_if_{name}" for name in SENSITIVITIES),
        "review_on",
        "expires_on",
        "reasons",
        "need_arithmetic",
        "capacity_arithmetic",
        "peer_arithmetic",
        "cover_arithmetic",
        "expected_profit_arithmetic",
        current_limit="credit_limit",
        policy_version=pl.lit(policy.version),
        policy_hash=pl.lit(policy.hash),
    )
    first = ["customer_id", "name", "current_limit"]
    return no_negative_zeros(laid_out.select(*first, pl.exclude(first)))
