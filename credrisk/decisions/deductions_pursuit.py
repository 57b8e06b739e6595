"""Which short payments and charge-backs are worth pursuing: odds of being unjustified, deadline, recovery, cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.deductions_open import CASH, open_deductions
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.claim_outcomes import claim_odds, judged_claims

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COST_OF_CASE", "RECOVERY_DAYS", "deductions_to_pursue", "recovered_after_refusal"]

COST_OF_CASE = 40.0
"""What the work on one case costs, in the ledger's currency. Convention: about an hour of a clerk with the papers."""

RECOVERY_DAYS = 120
"""Days after the refusal of a claim within which its money counts as recovered."""

PRIOR_REFUSALS = 5.0
"""Refused claims as many as which the prior of the recovered share counts."""


@overload
def deductions_to_pursue(
    ledger: Ledger,
    *,
    as_of: date | str,
    policy: Policy | None = None,
    cost_of_case: float = COST_OF_CASE,
    window_days: int | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def deductions_to_pursue(
    ledger: Ledger,
    *,
    as_of: date | str,
    policy: Policy | None = None,
    cost_of_case: float = COST_OF_CASE,
    window_days: int | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def deductions_to_pursue(
    ledger: Ledger,
    *,
    as_of: date | str,
    policy: Policy | None = None,
    cost_of_case: float = COST_OF_CASE,
    window_days: int | None = None,
    output: str = "pandas",
) -> Any:
    """Rank the open deductions by what pursuing them is expected to bring.

    ``expected_recovery`` = amount x ``p_invalid`` x ``recovered_share``; ``net_value`` = that less the case's cost.

    Parameters
    ----------
    policy
        Its collectability at the first age is the prior of the recovered share; the shipped policy where none is given.
    cost_of_case
        In major units of the ledger's currency, at least 0.
    window_days
        Days from the deduction within which it may be contested, where the customer history has no
        ``dispute_window_days`` in force for the customer. Without either the deadline is not known and null.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``rank``, the columns of :func:`credrisk.decisions.deductions_open.open_deductions`, ``deadline`` (last day,
        inclusive) and ``days_left`` (negative when over), the columns of
        :func:`credrisk.models.claim_outcomes.claim_odds`, ``recovered_share`` and ``recovered_from`` (``measured`` or
        ``policy_prior``), ``expected_recovery, cost, net_value``, ``decision``: ``pursue`` (``net_value`` above 0),
        ``write_off`` (the case costs more than it brings) or ``too_late`` (the deadline is over), and ``because`` in
        words. First those to pursue by ``net_value``, then the too late, then those to write off. A decision to write
        off still needs whoever the policy lets write off.
    """
    check_output(output)
    day = to_date(as_of)
    if not cost_of_case >= 0:
        raise ParameterError("cost_of_case", "at least 0", cost_of_case)
    if window_days is not None and (isinstance(window_days, bool) or window_days < 0):
        raise ParameterError("window_days", "a whole number of at least 0", window_days)
    seen = ledger.cut(day)
    share, measured_on = recovered_after_refusal(seen, as_of=day, policy=policy or Policy.default())
    rows = open_deductions(seen, as_of=day)
    rows = claim_odds(judged_claims(seen, as_of=day), rows)
    rows = rows.join(_windows(seen), on="customer_id", how="left", maintain_order="left")
    window = pl.coalesce("window", pl.lit(window_days, pl.Int64))
    recovery = pl.col("amount") * pl.col("p_invalid") * share
    rows = rows.with_columns(
        deadline=pl.col("taken_on") + pl.duration(days=window),
        recovered_share=pl.lit(share),
        recovered_from=pl.lit("measured" if measured_on else "policy_prior"),
        expected_recovery=recovery,
        cost=pl.lit(float(cost_of_case)),
        net_value=recovery - cost_of_case,
    ).with_columns(days_left=(pl.col("deadline") - pl.lit(day)).dt.total_days())
    late = (pl.col("days_left") < 0).fill_null(False)
    rows = rows.with_columns(
        decision=pl.when(late)
        .then(pl.lit("too_late"))
        .when(pl.col("net_value") > 0)
        .then(pl.lit("pursue"))
        .otherwise(pl.lit("write_off"))
    )
    place = pl.col("decision").replace_strict({"pursue": 0, "too_late": 1, "write_off": 2}, return_dtype=pl.Int64)
    rows = rows.sort(place, "net_value", "deduction_id", descending=[False, True, False])
    rows = rows.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), because=_because(measured_on))
    return given_out(rows.select("rank", pl.exclude("rank", "window")), output)


def recovered_after_refusal(ledger: Ledger, *, as_of: date, policy: Policy) -> tuple[float, int]:
    """Return which share of the money of refused claims came in cash, and on how many such claims that is measured.

    A claim counts when it was found invalid at least ``RECOVERY_DAYS`` before ``as_of``. What counts is the cash
    applied to its document from the day of the outcome on, for so many days, at most the claim, less what is still left
    of the document then: cash that paid the rest of it did not pay the claim. The mean share is shrunk to the policy's
    collectability at its first age, which counts as ``PRIOR_REFUSALS`` claims.
    """
    prior = policy.collection.collectability.shares[0]
    claims = ledger.table("disputes").filter(
        (pl.col("outcome") == "invalid")
        & (pl.col("resolved_on") <= as_of - timedelta(days=RECOVERY_DAYS))
        & (pl.col("amount") > 0)
    )
    until = pl.col("resolved_on") + pl.duration(days=RECOVERY_DAYS)
    came = pl.col("kind").is_in(CASH) & pl.col("event_date").is_between(pl.col("resolved_on"), until)
    shares = (
        claims.select("dispute_id", "document_id", "resolved_on", claim="amount")
        .join(item_movements(ledger).drop("currency"), on="document_id")
        .group_by("dispute_id", "claim")
        .agg(
            paid=-pl.col("amount").filter(came).sum(),
            left=pl.col("amount").filter(pl.col("event_date") <= until).sum().clip(lower_bound=0),
        )
        .with_columns(recovered=pl.min_horizontal("paid", pl.col("claim") - pl.col("left")).clip(lower_bound=0))
        .select(share=(pl.col("recovered") / pl.col("claim")).clip(0.0, 1.0))["share"]
    )
    total = float(shares.sort().sum())
    return (total + PRIOR_REFUSALS * prior) / (shares.len() + PRIOR_REFUSALS), shares.len()


def _windows(ledger: Ledger) -> pl.DataFrame:
    """Return ``customer_id, window``: the days within which it lets a deduction be contested, as last stated."""
    return (
        ledger.table("customer_history")
        .filter(pl.col("attribute") == "dispute_window_days")
        .sort("customer_id", "valid_from", "recorded_at")
        .group_by("customer_id", maintain_order=True)
        .agg(window=pl.col("value").last().cast(pl.Float64, strict=False).cast(pl.Int64))
    )


def _because(measured_on: int) -> pl.Expr:
    """Say where the odds come from, what of a refused claim comes in, and what decides."""
    odds = pl.col("p_invalid").mul(100).round(0).cast(pl.Int64).cast(pl.String) + pl.lit(" % likely not justified, ")
    source = (
        pl.when(pl.col("p_invalid_from") == "customer")
        .then(pl.format("by the judged claims of this customer for this reason ({})", "judged_of_customer"))
        .when(pl.col("p_invalid_from") == "reason")
        .then(pl.format("by the judged claims for this reason ({})", "judged_of_reason"))
        .when(pl.col("p_invalid_from") == "all")
        .then(pl.format("by all judged claims ({})", "judged_in_all"))
        .otherwise(pl.lit("a prior that says nothing: no claim has been judged"))
    )
    recovered = pl.col("recovered_share").mul(100).round(0).cast(pl.Int64).cast(pl.String)
    measured = f"{measured_on} measured" if measured_on else "prior of the policy"
    said = f" of the money of refused claims comes in ({measured})"
    end = (
        pl.when(pl.col("decision") == "too_late")
        .then(pl.format("; it could be contested until {}", "deadline"))
        .when(pl.col("decision") == "write_off")
        .then(pl.lit("; the case would cost more than it brings"))
        .when(pl.col("deadline").is_null())
        .then(pl.lit("; the deadline is not known"))
        .otherwise(pl.format("; it can be contested until {}", "deadline"))
    )
    return pl.concat_str([odds, source, pl.lit("; "), recovered, pl.lit(f" %{said}"), end])
