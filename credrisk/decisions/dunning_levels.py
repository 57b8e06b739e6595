"""Which level an item and a customer have reached: by age, step by step, never below what was sent already."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.policy_dunning import Dunning

__all__ = ["customer_levels", "with_levels"]


def with_levels(items: pl.DataFrame, rules: Dunning) -> pl.DataFrame:
    """Add ``level`` to items with ``days_past_due, dunned, last_level, least_level``: 0 where no letter is due.

    The level is that of the item's age, but one above the last at most where the policy goes step by step, and never
    below the last. Where the last level is not known it is the level of the age.
    """
    by_age = pl.sum_horizontal((pl.col("days_past_due") >= level.from_days).cast(pl.Int64) for level in rules.levels)
    last = pl.col("last_level")
    climbed = pl.min_horizontal(by_age, last + 1) if rules.step_by_step else by_age
    reached = pl.when(last.is_null()).then(by_age).otherwise(climbed)
    level = pl.max_horizontal(reached, "least_level")
    return items.with_columns(level=pl.when(pl.col("dunned") > 0).then(level).otherwise(0).cast(pl.Int64))


def customer_levels(items: pl.DataFrame, asked: pl.DataFrame, rules: Dunning) -> pl.DataFrame:
    """Return the level of each customer's letter.

    Parameters
    ----------
    items
        As :func:`with_levels` gives them.
    asked
        ``customer_id, asked``: what the letter would ask for, in the currency of the minimum amounts.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``reached`` (highest level of its items); ``level`` (the highest up to it whose minimum amount
        is asked for; 0 where there is none); ``last_level`` (highest level known to be sent for what is asked for, 0
        where none was), ``last_level_known``, ``last_sent_on`` (of the letters that asked for these items), ``rises``
        (a letter of this level would be a higher one for at least one item, or nobody knows).
    """
    asked_for = items.filter(pl.col("dunned") > 0)
    of_customer = (
        asked_for.group_by("customer_id")
        .agg(
            reached=pl.col("level").max(),
            last_level=pl.col("least_level").max(),
            last_level_known=pl.col("last_level").is_not_null().all(),
            last_sent_on=pl.col("asked_on").max(),
        )
        .join(asked, on="customer_id", how="left")
        .with_columns(level=_affordable(rules))
    )
    new = pl.min_horizontal("level", "level_of_letter")
    rises = (
        asked_for.join(of_customer.select("customer_id", level_of_letter="level"), on="customer_id", how="left")
        .group_by("customer_id")
        .agg(rises=((new > pl.col("last_level")) | (pl.col("last_level").is_null() & (new > 0))).any())
    )
    return of_customer.join(rises, on="customer_id", how="left").drop("asked").sort("customer_id")


def _affordable(rules: Dunning) -> pl.Expr:
    places = [
        pl.when((pl.col("reached") >= place) & (pl.col("asked") >= level.minimum_amount)).then(place).otherwise(0)
        for place, level in enumerate(rules.levels, start=1)
    ]
    return pl.max_horizontal(places).cast(pl.Int64)
