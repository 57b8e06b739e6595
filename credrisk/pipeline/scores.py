"""The scores: one row a customer, what it owes, how likely a loss is, how much that would cost, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk.decisions.expected_profit import lgd_of_exposure
from credrisk.decisions.grades import LATE_DAYS, NO_CREDIT_STATUSES, grade_of, with_used_pd
from credrisk.models.lacking import lacks_of
from credrisk.pipeline.happened import what_happened
from credrisk.wording import money

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.models.past_shares import PastShare
    from credrisk.pipeline.probabilities import Estimate

__all__ = ["SCORE_COLUMNS", "build_scores", "grades_by_policy", "left_out"]

FROM_PANEL = (
    "open_balance",
    "past_due",
    "past_due_over_90",
    "unapplied_cash",
    "net_balance",
    "credit_limit",
    "covered",
    "oldest_open_days",
    "dbt_12m",
    "dso_countback",
)
DAYS_TO_PAY = "expected_days_to_pay"
SCORE_COLUMNS = (
    "customer_id",
    "name",
    "country",
    "currency",
    "as_of",
    "status",
    *FROM_PANEL,
    DAYS_TO_PAY,
    "pd_3m",
    "pd_6m",
    "pd_12m",
    "pd_source",
    "lacks",
    "p_default_12m",
    "p_default_source",
    "p_late30_12m",
    "p_late30_source",
    "grade",
    "pd_for_limit",
    "pd_for_limit_source",
    "lgd",
    "ead",
    "expected_loss",
    "reasons_for",
    "reason_1",
    "reason_2",
    "reason_3",
)
"""Columns of ``scores.csv``, in order."""

REASONED = ("bad_debt", "default", "late30")
"""Whose reasons are printed: those of the first target that the ledger can support."""


def build_scores(
    ledger: Ledger,
    *,
    today: pl.DataFrame,
    labels: pl.DataFrame,
    estimates: Mapping[str, Estimate],
    history: pl.DataFrame,
    placed: pl.DataFrame,
    written_off: pl.DataFrame,
    shares: Mapping[str, PastShare],
    days_to_pay: pl.DataFrame,
    policy: Policy,
    as_of: date,
) -> pl.DataFrame:
    """Return one row a customer, sorted by customer_id, with the columns of ``SCORE_COLUMNS``.

    Parameters
    ----------
    ledger
        The ledger cut at ``as_of``.
    today, labels
        Features and labels at ``as_of``, one row a customer.
    history
        Defaults and bad debts up to ``as_of``, from :func:`credrisk.features.labels.event_history`.
    placed
        Debts of customers in default that were placed, from :func:`credrisk.features.placed_debt.placed_debts`.
    written_off
        What stands written off of bad debts, from :func:`credrisk.features.write_offs.standing_write_offs`.
    shares
        By status outside the at-risk set: what became of earlier customers in it, where that is measured.
    days_to_pay
        ``customer_id, expected_days_to_pay`` (:func:`credrisk.models.days_to_pay.expected_days_to_pay`) of those of
        whom it is known.

    Notes
    -----
    ``pd_*`` is a bad-debt probability or null: a probability of late payment never stands in for it. It is 1 where the
    bad debt has happened. ``lacks`` names the kinds of company information of which nothing is known of the customer.
    ``grade`` is for those in neither default nor bad debt. ``ead`` is today's net balance, not below zero, and ``lgd``
    the policy's; ``expected_loss`` = pd_12m x lgd x ead, null where pd_12m is. The measured exposure at default and
    loss given default are in :func:`credrisk.models.expected_loss.expected_loss`.
    """
    scores = (
        ledger.table("customers")
        .select("customer_id", "name", "country")
        .join(
            today.select("customer_id", lacks_of(today), *FROM_PANEL),
            on="customer_id",
            how="left",
            maintain_order="left",
        )
        .join(labels.select("customer_id", "status"), on="customer_id", how="left", maintain_order="left")
        .join(days_to_pay.select("customer_id", DAYS_TO_PAY), on="customer_id", how="left", maintain_order="left")
        .with_columns(currency=pl.lit(ledger.settings.currency), as_of=pl.lit(as_of))
    )
    scores = _with_bad_debt(scores, estimates["bad_debt"], shares)
    for target in ("default", "late30"):
        scores = _with_probability(scores, estimates[target])
    scores = _with_reasons(
        scores,
        estimates,
        what_happened(history, placed, written_off, ledger.settings.currency, as_of=as_of),
    )
    scores = with_used_pd(scores, policy).with_columns(
        grade=pl.when(~pl.col("status").is_in(NO_CREDIT_STATUSES)).then(grade_of("pd_12m", policy)),
        pd_for_limit="pd_used",
        pd_for_limit_source="pd_used_source",
        ead=pl.max_horizontal("net_balance", pl.lit(0.0)),
    )
    covered = pl.min_horizontal(pl.col("covered").fill_null(0.0), "ead")
    scores = scores.with_columns(lgd=lgd_of_exposure(pl.col("ead"), covered, policy.economics))
    return (
        scores.with_columns(expected_loss=pl.col("pd_12m") * pl.col("lgd") * pl.col("ead"))
        .select(SCORE_COLUMNS)
        .sort("customer_id")
    )


def _with_bad_debt(scores: pl.DataFrame, estimate: Estimate, shares: Mapping[str, PastShare]) -> pl.DataFrame:
    months = {"pd_3m": 3, "pd_6m": 6, "pd_12m": 12}
    if estimate.model is None:
        nulls = [pl.lit(None, pl.Float64).alias(name) for name in months]
        return scores.with_columns(*nulls, pd_source=pl.lit("not_measured"))
    measured = estimate.probabilities
    if measured.is_empty():
        measured = pl.DataFrame(schema={"customer_id": pl.String, **dict.fromkeys(months, pl.Float64)})
    joined = scores.join(measured, on="customer_id", how="left", maintain_order="left")
    status, columns = pl.col("status"), []
    for name, horizon in months.items():
        given = {"bad_debt": 1.0, **{outside: share.probabilities[horizon] for outside, share in shares.items()}}
        stated = status.replace_strict(given, default=None, return_dtype=pl.Float64)
        columns.append(pl.coalesce(stated, name).alias(name))
    return joined.with_columns(columns).with_columns(
        pd_source=pl.when(pl.col("pd_12m").is_null())
        .then(pl.lit("not_measured"))
        .when(status.is_in(["bad_debt", *shares]))
        .then("status")
        .otherwise(pl.lit(estimate.source))
    )


def _customers(count: int) -> str:
    return f"{count:,} customer" + ("" if count == 1 else "s")


def left_out(scores: pl.DataFrame, currency: str) -> list[str]:
    """Say whose exposure is in no expected loss although others' is."""
    if scores["expected_loss"].null_count() == scores.height:
        return []
    missing = scores.filter(pl.col("expected_loss").is_null() & (pl.col("ead") > 0))
    return [
        f"Not in the expected loss, for no probability is measured: {money(float(rows['ead'].sum()), currency)} of "
        f"{_customers(rows.height)} ({status.replace('_', ' ')})."
        for (status,), rows in sorted(missing.group_by("status"))
    ]


def grades_by_policy(scores: pl.DataFrame, policy: Policy) -> list[str]:
    """Say whose grade in the decisions is not that of its PD, and where it comes from."""
    stopped = scores.filter(pl.col("status").is_in(NO_CREDIT_STATUSES)).height
    others = scores.filter(
        ~pl.col("status").is_in(NO_CREDIT_STATUSES) & (pl.col("pd_for_limit_source") == "policy_grade")
    )
    said = []
    if stopped:
        have = "has" if stopped == 1 else "have"
        said.append(
            f"{_customers(stopped)} in default or bad debt {have} no grade by PD: decisions "
            f"use the policy's worst, {policy.grade_names[-1]}, whatever the PD, since no credit is given."
        )
    if others.height:
        have = "has" if others.height == 1 else "have"
        said.append(
            f"{_customers(others.height)} without a measured PD {have} a grade by the policy's rules (policy_grade), "
            "and the PD that the policy lays down for it."
        )
    return said


def _with_probability(scores: pl.DataFrame, estimate: Estimate) -> pl.DataFrame:
    name, source = f"p_{estimate.target}_12m", f"p_{estimate.target}_source"
    if estimate.model is None or estimate.probabilities.is_empty():
        return scores.with_columns(pl.lit(None, pl.Float64).alias(name), pl.lit("not_measured").alias(source))
    measured = estimate.probabilities.select("customer_id", name)
    joined = scores.join(measured, on="customer_id", how="left", maintain_order="left")
    late = pl.col("oldest_open_days") >= LATE_DAYS if estimate.target == "late30" else pl.lit(False)
    found = (
        pl.when(pl.col(name).is_not_null())
        .then(pl.lit(estimate.source))
        .when(pl.col("status").is_in(["in_default", "recovering", "bad_debt", "inactive", "not_yet_customer"]))
        .then("status")
        .when(late)
        .then(pl.lit("already_late"))
        .otherwise(pl.lit("not_measured"))
    )
    return joined.with_columns(found.alias(source))


def _with_reasons(
    scores: pl.DataFrame,
    estimates: Mapping[str, Estimate],
    happened: pl.DataFrame,
) -> pl.DataFrame:
    """Add the model's reasons; for a customer in default, recovering or a bad debt, what happened is the reason."""
    names = ("reason_1", "reason_2", "reason_3")
    target = next((target for target in REASONED if not estimates[target].reasons.is_empty()), None)
    ranked = (
        estimates[target].reasons
        if target
        else pl.DataFrame(schema={"customer_id": pl.String, "rank": pl.Int64, "says": pl.String})
    )
    for rank, name in enumerate(names, start=1):
        part = ranked.filter(pl.col("rank") == rank).select("customer_id", pl.col("says").alias(name))
        scores = scores.join(part, on="customer_id", how="left", maintain_order="left")
    return scores.join(happened, on=["customer_id", "status"], how="left", maintain_order="left").with_columns(
        reasons_for=pl.when(pl.col("happened").is_not_null())
        .then("status")
        .when(pl.col("reason_1").is_not_null())
        .then(pl.lit(target)),
        reason_1=pl.coalesce("happened", "reason_1"),
    )
