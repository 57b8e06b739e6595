"""Financial capacity: how much one supplier may lend, given the customer's own funds and its grade."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import days_words, money_words, percent_words, sentences

__all__ = ["STATEMENTS", "capacity_arithmetic", "with_capacity"]

STATEMENTS = {
    "tangible_net_worth": pl.Float64(),
    "working_capital": pl.Float64(),
    "intangibles_known": pl.Boolean(),
    "statement_age_days": pl.Float64(),
}
"""What is asked about the customer's statement; null where it has none."""


def with_capacity(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add ``capacity_limit``: a share of tangible net worth or of working capital by grade, the lower of those known.

    Own funds below 0 carry nothing. Without a statement there is no figure, and it binds nothing.
    """
    rules, grade = policy.limit, pl.col("grade_used")
    rows = rows.with_columns(
        net_worth_share=grade.replace_strict(rules.capacity_net_worth_share, return_dtype=pl.Float64),
        working_capital_share=grade.replace_strict(rules.capacity_working_capital_share, return_dtype=pl.Float64),
    ).with_columns(
        by_net_worth=pl.col("net_worth_share") * pl.col("tangible_net_worth").clip(lower_bound=0),
        by_working_capital=pl.col("working_capital_share") * pl.col("working_capital").clip(lower_bound=0),
    )
    return rows.with_columns(capacity_limit=pl.min_horizontal("by_net_worth", "by_working_capital"))


def capacity_arithmetic(currency: str) -> pl.Expr:
    """Return the arithmetic of ``capacity_limit`` in words."""
    net_worth = pl.format(
        "{} (grade {}) of {} of {} = {}.",
        percent_words(pl.col("net_worth_share")),
        "grade_used",
        pl.when("intangibles_known").then(pl.lit("tangible net worth")).otherwise(pl.lit("net worth")),
        money_words(pl.col("tangible_net_worth"), currency),
        money_words(pl.col("by_net_worth"), currency),
    )
    working_capital = pl.format(
        "{} of working capital of {} = {}.",
        percent_words(pl.col("working_capital_share")),
        money_words(pl.col("working_capital"), currency),
        money_words(pl.col("by_working_capital"), currency),
    )
    known = pl.col("capacity_limit").is_not_null()
    return sentences(
        net_worth,
        working_capital,
        pl.format("The statement is {} old.", days_words(pl.col("statement_age_days"))),
        pl.when(~known).then(pl.lit("No statement under 30 months old is known: no figure.")),
    )
