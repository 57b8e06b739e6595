"""What comparable customers have: the credit limit of peers, carried over to the customer's own purchases."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import money_words, percent_words

__all__ = ["peer_arithmetic", "with_peers"]


def with_peers(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add ``peer_limit``: the peers' limit per unit of yearly purchases, times the customer's own.

    Peers are the other customers of the same industry, grade and size, a size being a power of ten of what was invoiced
    in 12 months (100 thousand up to a million, and so on). Of each the limit on file counts, the highest balance of the
    year where there is none. The quantile is the policy's ``peer_quantile``, and fewer than ``peer_minimum`` peers are
    no figure: ``peer_reason`` then says why. Peers bind nothing: they show what is usual.
    """
    rules = policy.limit
    sales = pl.when(pl.col("invoiced_12m") > 0).then("invoiced_12m")
    has = pl.when(pl.col("credit_limit") > 0).then("credit_limit").otherwise("peak_balance_12m")
    rows = rows.with_columns(
        size=sales.log10().floor().cast(pl.Int64),
        per_sales=pl.when(has > 0).then(has / sales).fill_nan(None),
    )
    cell = ["industry", "grade_used", "size"]
    named = pl.all_horizontal(pl.col(name).is_not_null() for name in cell)
    others = pl.col("per_sales").count().over(cell) - pl.col("per_sales").is_not_null().cast(pl.Int64)
    usual = pl.col("per_sales").quantile(rules.peer_quantile, "linear").over(cell)
    rows = rows.with_columns(peers=pl.when(named).then(others))
    enough = pl.col("peers") >= rules.peer_minimum
    return rows.with_columns(
        peer_ratio=pl.when(enough).then(usual),
        peer_reason=pl.when(pl.col("industry").is_null())
        .then(pl.lit("The industry is not known."))
        .when(pl.col("size").is_null())
        .then(pl.lit("Nothing was invoiced in 12 months, or they are not covered."))
        .when(~enough)
        .then(
            pl.format(
                "{}; {} needed.",
                pl.when(pl.col("peers") == 0)
                .then(pl.lit("No customer compares"))
                .when(pl.col("peers") == 1)
                .then(pl.lit("Only 1 customer compares"))
                .otherwise(pl.format("Only {} customers compare", "peers")),
                pl.lit("1 is" if rules.peer_minimum == 1 else f"{rules.peer_minimum} are"),
            )
        ),
    ).with_columns(peer_limit=pl.col("peer_ratio") * pl.col("invoiced_12m"))


def peer_arithmetic(policy: Policy, currency: str) -> pl.Expr:
    """Return the arithmetic of ``peer_limit`` in words."""
    quantile = policy.limit.peer_quantile
    called = "the median" if quantile == 0.5 else f"the {100 * quantile:.0f} % quantile"
    said = pl.format(
        "{} x {} invoiced in 12 months: {} of {} others in {}, grade {}, {} to {} a year.",
        percent_words(pl.col("peer_ratio")),
        money_words(pl.col("invoiced_12m"), currency),
        pl.lit(called),
        "peers",
        "industry",
        "grade_used",
        money_words(10.0 ** pl.col("size").cast(pl.Float64), currency),
        money_words(10.0 ** (pl.col("size").cast(pl.Float64) + 1), currency),
    )
    return pl.coalesce(said, "peer_reason")
