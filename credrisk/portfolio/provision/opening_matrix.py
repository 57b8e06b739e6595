"""Where would today's items stand in last year's matrix, and at which rates? By that a change of choice is told apart.

A matrix with other buckets or pools, rates that are measured otherwise, or another choice of what is exposed (netting,
disputes, tax, cover, discount, fee notes, customers without a loss) moves the allowance though nothing happened to the
items. So the closing is worked out by the opening's choices too: what differs is the change of the choice.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.provision.overlay import weighted_rates
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import Scenario

__all__ = ["rates_of", "with_opening_matrix"]

MATRIX = (
    *("edges", "segment_by", "method", "observation_months", "history_months", "events", "past_due_days"),
    *("credits", "disputed", "late_fees", "vat", "integral", "zero_loss"),
    *("effective_rate", "over_terms_days", "financing_component"),
)
"""Choices that make the matrix: its buckets and pools, how their rates are measured, and what of an item is exposed."""
KEY = ["document_id", "customer_id", "currency"]
PLACE = ("segment", "state", "historical_rate")
MONEY = ("gross", "exposed")


def with_opening_matrix(items: pl.DataFrame, ledger: Ledger, *, opening: Provision, closing: Provision) -> pl.DataFrame:
    """Add to the items of a movement where they stand by the opening's matrix, and the rates there.

    Parameters
    ----------
    items
        With ``document_id, customer_id, currency``; of the opening ``state, segment, rate, rate_source``, of the
        closing ``gross_1, exposed_1, state_1, segment_1, historical_rate_1``.

    Returns
    -------
    polars.DataFrame
        The items with ``gross_then, exposed_then, state_then, segment_then`` (at the closing, by the opening's matrix;
        0 where it leaves the item out), ``rate_then`` (there, at the opening), ``rate_now_then`` (there, at the
        closing) and ``rate_as_then`` (by the closing's matrix): all with the forecast of the opening.
    """
    own = items.with_columns(**{f"{name}_then": f"{name}_1" for name in (*PLACE, *MONEY)})
    changed = {
        name: getattr(opening.settings, name)
        for name in MATRIX
        if getattr(opening.settings, name) != getattr(closing.settings, name)
    }
    if changed:
        # Without the forecast: only places, past rates and what is exposed are asked for; a series may be missing here.
        plain = closing.settings.changed(scenarios=(Scenario("as in the past", 1.0),), elasticity=0.0, **changed)
        again = provision(ledger, as_of=closing.as_of, settings=plain, output="polars").items
        factor = minor_factor(closing.currency)
        placed = again.select(
            *KEY,
            *(pl.col(name).alias(f"{name}_again") for name in PLACE),
            *((pl.col(name) * factor).round().cast(pl.Int64).alias(f"{name}_again") for name in MONEY),
        )
        own = own.join(placed, on=KEY, how="left", maintain_order="left").with_columns(
            *(pl.coalesce(f"{name}_again", f"{name}_then").alias(f"{name}_then") for name in PLACE),
            *(pl.col(f"{name}_again").fill_null(0).alias(f"{name}_then") for name in MONEY),
        )
    own = own.with_columns(
        rate_as_then=_forecast(own, "historical_rate_1", "state_1", opening),
        rate_now_then=_forecast(own, "historical_rate_then", "state_then", opening),
    )
    known = rates_of(opening).rename({"rate": "rate_then"})
    # A stated recovery is the item's own: it did not change where the pool's rate of the impaired is another.
    stayed = (pl.col("state") == pl.col("state_then")) & (
        (pl.col("segment") == pl.col("segment_then")) | (pl.col("rate_source") == "stated")
    )
    return (
        own.join(known, left_on=["segment_then", "state_then"], right_on=["segment", "state"], how="left")
        .join(
            known.filter(pl.col("segment") == WHOLE).select("state", whole="rate_then"),
            left_on="state_then",
            right_on="state",
            how="left",
        )
        .with_columns(
            rate_then=pl.when(stayed).then("rate").otherwise(pl.coalesce("rate_then", "whole", "rate_now_then"))
        )
    )


def _forecast(items: pl.DataFrame, rate: str, state: str, opening: Provision) -> pl.Expr:
    weighted = weighted_rates(items[rate].fill_null(0.0).to_numpy(), opening.scenarios)
    return pl.when(pl.col(state) == IMPAIRED).then(rate).otherwise(pl.Series(np.asarray(weighted)))


def rates_of(found: Provision) -> pl.DataFrame:
    """Return ``segment, state, rate`` of every bucket, also of an empty one: weighted over the scenarios."""
    rates = as_polars(found.rates, "rates").filter(pl.col("method") == found.settings.method)
    weighted = weighted_rates(rates["rate"].to_numpy(), found.scenarios)
    return rates.select(
        pl.col("segment", "state").cast(pl.String),
        rate=pl.when(pl.col("state") == IMPAIRED).then("rate").otherwise(pl.Series(weighted)),
    )
