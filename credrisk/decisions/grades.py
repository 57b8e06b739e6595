"""From a probability to a grade, and from behaviour to a grade where there is no probability."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.decisions.policy import Policy

__all__ = ["NO_CREDIT_STATUSES", "grade_of", "policy_grade", "with_used_pd"]

NO_CREDIT_STATUSES = ("in_default", "bad_debt")
"""Statuses of customers whose default has already happened: they get no new credit, whatever their PD."""


LATE_DAYS = 30
"""From so many days past due on, paying 30 days late is no probability any more."""


def grade_of(pd: str, policy: Policy) -> pl.Expr:
    """Return the grade of the probabilities in column ``pd`` by the master scale.

    A grade holds the PDs from its ``pd_from`` (inclusive) to the next grade's (exclusive). Null stays null.
    """
    return _named(_position(pd, {grade.name: grade.pd_from for grade in policy.grades}, policy), policy)


def policy_grade(policy: Policy) -> pl.Expr:
    """Return the grade of a customer without a measured PD.

    It is the worst of the grades that ``p_late30_12m``, ``dbt_12m`` and ``oldest_open_days`` give by the policy's
    tables (lower bounds inclusive); who is 30 days late already gets the worst that the first one gives. What is null
    has no say. Where neither of the first two is known nothing was ever paid: an open item says then that a customer is
    late, and not that it pays, so the grade is no better than the policy's ``without_history``. A customer with
    ``status`` recovering is never better than the policy's ``recovering``.
    """
    rules = policy.policy_grade
    no_history = policy.grade_names.index(rules.without_history)
    never_paid = pl.col("p_late30_12m").is_null() & pl.col("dbt_12m").is_null()
    positions = pl.max_horizontal(
        pl.when(pl.col("oldest_open_days") >= LATE_DAYS)
        .then(policy.grade_names.index(_worst(rules.p_late30_12m, policy)))
        .otherwise(_position("p_late30_12m", rules.p_late30_12m, policy)),
        _position("dbt_12m", rules.dbt_12m, policy),
        _position("oldest_open_days", rules.oldest_open_days, policy),
        pl.when(never_paid).then(pl.lit(no_history, pl.Int64)),
    )
    recovering = pl.max_horizontal(positions, pl.lit(policy.grade_names.index(rules.recovering), pl.Int64))
    return _named(pl.when(pl.col("status") == "recovering").then(recovering).otherwise(positions), policy)


def with_used_pd(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add the PD that decisions use, and say where it comes from.

    Parameters
    ----------
    rows
        With ``status, pd_12m, p_late30_12m, dbt_12m, oldest_open_days``.

    Returns
    -------
    polars.DataFrame
        With ``grade_used``, ``pd_used`` and ``pd_used_source``, the one PD that limits and queue share with the
        scores:

        * ``bad_debt``: the bad debt has happened, PD 1;
        * ``in_default``: in default, ``pd_12m`` is the measured share of past defaults that became a bad debt;
        * ``model``: ``pd_12m`` of everybody else;
        * ``policy_grade``: no PD is measured, so the policy's stands in: its ``in_default_pd`` for a customer in
          default, else the PD it lays down for the grade.

        In default and bad debt ``grade_used`` is the worst grade. A probability of late payment picks a grade; it is
        never taken for a PD.
    """
    lost = (pl.col("status") == "bad_debt").fill_null(False)
    defaulted = pl.col("status").is_in(NO_CREDIT_STATUSES).fill_null(False)
    measured = pl.col("pd_12m").is_not_null()
    laid_down = {grade.name: grade.pd_used for grade in policy.grades}
    return (
        rows.with_columns(
            grade_used=pl.when(defaulted)
            .then(pl.lit(policy.grade_names[-1]))
            .when(measured)
            .then(grade_of("pd_12m", policy))
            .otherwise(policy_grade(policy)),
            pd_used_source=pl.when(lost)
            .then(pl.lit("bad_debt"))
            .when(~measured)
            .then(pl.lit("policy_grade"))
            .when(defaulted)
            .then(pl.lit("in_default"))
            .otherwise(pl.lit("model")),
        )
        .with_columns(
            pd_used=pl.when(lost)
            .then(1.0)
            .when(measured)
            .then("pd_12m")
            .when(defaulted)
            .then(policy.policy_grade.in_default_pd)
            .otherwise(pl.col("grade_used").replace_strict(laid_down, return_dtype=pl.Float64))
        )
        .select(*rows.columns, "grade_used", "pd_used", "pd_used_source")
    )


def _worst(lower_bounds: Mapping[str, float], policy: Policy) -> str:
    return max(lower_bounds, key=policy.grade_names.index)


def _position(column: str, lower_bounds: Mapping[str, float], policy: Policy) -> pl.Expr:
    """Return the place on the scale of the last bound reached; below all bounds, the first one's. Null stays null."""
    places = sorted((policy.grade_names.index(grade), bound) for grade, bound in lower_bounds.items())
    place = pl.lit(places[0][0], pl.Int64)
    for position, bound in places[1:]:
        place = pl.when(pl.col(column) >= bound).then(pl.lit(position, pl.Int64)).otherwise(place)
    return pl.when(pl.col(column).is_not_null()).then(place)


def _named(position: pl.Expr, policy: Policy) -> pl.Expr:
    names = dict(enumerate(policy.grade_names))
    return position.replace_strict(names, return_dtype=pl.String)
