"""Who is in default by the definition behind the probabilities, but provided for in the pool: where the two differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from credrisk.frames import as_polars
from credrisk.portfolio.provision.contested import Contested
from credrisk.portfolio.provision.pool import IMPAIRED
from credrisk.portfolio.provision.provide import Provision
from credrisk.wording import counted, money

__all__ = ["IN_POOL", "with_defaults_told"]

IN_POOL = "In default by the run, in the pool here"
"""Subject of the choice: the page's key figures look for it."""
DEFAULTED = ("in_default", "bad_debt")


def with_defaults_told(found: Provision, *, scores: Any) -> Provision:
    """Return the provision with what is to be told of customers in default that it holds in the pool, if there are any.

    Parameters
    ----------
    scores
        ``customer_id, status`` of a run for the same day; scores without a status tell nothing.
    """
    given = as_polars(scores, "scores")
    if "status" not in given.columns:
        return found
    defaulted = given.filter(pl.col("status").cast(pl.String).is_in(DEFAULTED))
    pooled = (
        as_polars(found.items, "items")
        .with_columns(pl.col("customer_id", "state").cast(pl.String))
        .filter(pl.col("state") != IMPAIRED)
        .join(defaulted.select(pl.col("customer_id").cast(pl.String)), on="customer_id", how="semi")
    )
    if not round(float(pooled["gross"].sum()), 2):
        return found
    told = Contested(
        IN_POOL,
        "IFRS 9 B5.5.37, Appendix A" if found.standard == "ifrs9" else "ASC 326-20-30-2",
        _words(found, pooled),
    )
    return replace(found, contested=(*found.contested, told))


def _words(found: Provision, pooled: pl.DataFrame) -> str:
    settings, customers = found.settings, pooled["customer_id"].n_unique()
    events = ", ".join(event.replace("_", " ") for event in settings.events)
    ways = [f"dated on or before the customer's latest event ({events})"] if events else []
    if settings.past_due_days:
        ways.append(f"{settings.past_due_days} or more days past due")
    here = f"Credit-impaired here are only items {' or '.join(ways)}." if ways else "No item is credit-impaired here."
    near = "" if settings.past_due_days else "; past_due_days = 90 under [impaired] brings them nearer to each other"
    owed, provided = (money(float(pooled[name].sum()), found.currency) for name in ("gross", "allowance"))
    return (
        f"{counted(customers, 'customer')} in default by the run (90 days past due above its thresholds, a placement "
        f"awaiting its verdict, or a bad debt) {'owes' if customers == 1 else 'owe'} {owed} in the pool, with an "
        f"allowance of {provided}. {here} Two definitions of default have to be supported{near}."
    )
