"""The part of new shipments that insurance and the like would pay for: a layer of the exposure.

A contract pays ``share x min(eligible exposure, limit) - deductible``: nothing up to deductible / share, its share from
there up to its limit, nothing beyond. Several contracts of a customer are laid one upon the other, their shares weighed
by their limits and their deductibles added. For a decision on new shipments a contract counts only

* in force on the day: of a contract the row that began last and was recorded last, up to its last day (inclusive); what
  lapsed, was cut or withdrawn covers no new shipment, and the row it replaced does not come back;
* where the customer's terms are no longer than its ``max_terms_days``;
* where nothing is as long past due as its ``stop_shipment_dpd`` (one day at least): from that day on new shipments are
  not covered;
* for the undisputed part: the share of the balance that is in dispute is taken off the share that it pays;
* within what its provider pays in a year for all customers, where such an aggregate is given: no customer counts for
  more, and where the claims expected of all of them exceed it, all cover of the provider counts in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.cover_in_force import LEAST_STOP_DAYS, called, cover_rows, lapsed_rows
from credrisk.decisions.policy import Policy
from credrisk.decisions.sentences import money_words, percent_words, sentences
from credrisk.ledger.ledger import Ledger

__all__ = ["CONTRACT", "NAMED", "contracts_in_force", "cover_arithmetic", "cover_layers"]

CONTRACT = {
    "provider": pl.String(),
    "kind": pl.String(),
    "limit": pl.Float64(),
    "insured_share": pl.Float64(),
    "deductible": pl.Float64(),
    "max_terms_days": pl.Float64(),
    "stop_shipment_dpd": pl.Float64(),
}
"""Of a contract: limit and deductible in major units of the ledger's currency; what is not stated is null."""

NAMED = {"cover_id": pl.String(), "valid_to": pl.Date(), "lapsed": pl.String()}
"""What a contract is called, its last day (inclusive; null where it has no end) and, where it ended or was withdrawn,
that in words: each may be absent."""


def contracts_in_force(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return ``customer_id``, :data:`CONTRACT` and :data:`NAMED` of the contracts in force at ``as_of``.

    What ended or was withdrawn in the 12 months before is there as well, without terms, so that it can be named.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    in_force = cover_rows(seen, as_of=day).filter(pl.col("limit") > 0)
    return (
        pl.concat([in_force, lapsed_rows(seen, as_of=day)], how="diagonal")
        .select("customer_id", *(pl.col(name).cast(kind) for name, kind in (CONTRACT | NAMED).items()))
        .sort("customer_id", maintain_order=True)
    )


def cover_layers(
    customers: pl.DataFrame,
    contracts: pl.DataFrame,
    *,
    policy: Policy,
    aggregates: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Return the layer that cover pays for of each customer, in their order.

    Parameters
    ----------
    customers
        ``customer_id, terms_used`` (days), ``oldest_open_days`` (past due), ``disputed_share`` (of the balance) and
        ``pd_used``.
    contracts
        As :func:`contracts_in_force` gives them.
    aggregates
        By provider what it still pays in the insurance year over all customers, in major units.

    Returns
    -------
    polars.DataFrame
        ``customer_id, cover_from, cover_to, cover_share, cover_lgd`` (share of the covered amount that is lost all the
        same, by the kinds of cover) and ``cover_limit``, the most that is paid; ``cover_lost`` says in words why a
        contract does not count (null where all do). Without cover the figures are 0. ``cover_ends`` is the first day
        on which any of the contracts that count ends, ``cover_ending`` what ends then in words and
        ``cover_ending_pays`` the most that it pays; null where none ends.
    """
    lost_by_kind = policy.economics.lgd_by_cover
    contracts = contracts.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in NAMED.items() if name not in contracts.columns
    )
    terms = contracts.join(customers, on="customer_id", how="inner", maintain_order="left").with_columns(
        too_long=(pl.col("terms_used") > pl.col("max_terms_days")).fill_null(False),
        shipments_stopped=(
            pl.col("oldest_open_days") >= pl.col("stop_shipment_dpd").clip(lower_bound=LEAST_STOP_DAYS)
        ).fill_null(False),
        lgd_of_kind=pl.col("kind").replace_strict(lost_by_kind, default=lost_by_kind["insurance"]),
        share=pl.col("insured_share").fill_null(0.0) * (1 - pl.col("disputed_share").fill_null(0.0)),
        deductible=pl.col("deductible").fill_null(0.0),
    )
    terms = terms.with_columns(
        counts=pl.col("lapsed").is_null() & ~pl.col("too_long") & ~pl.col("shipments_stopped") & (pl.col("share") > 0)
    )
    terms = terms.with_columns(pays=(pl.col("limit") * pl.col("share") - pl.col("deductible")).clip(lower_bound=0))
    terms = _within_aggregates(terms, aggregates or {})
    own = pl.col("counts") & (pl.col("pays") > 0)
    weight, share = pl.col("limit").filter(own), pl.col("share").filter(own)
    ends_first = own & (pl.col("valid_to") == pl.col("valid_to").filter(own).min())
    layers = terms.group_by("customer_id").agg(
        cover_to=weight.sum(),
        mean_share=(weight * share).sum() / weight.sum(),
        taken_off=pl.col("deductible").filter(own).sum(),
        mean_lgd=(weight * pl.col("lgd_of_kind").filter(own)).sum() / weight.sum(),
        cover_limit=pl.col("pays").filter(own).sum(),
        cover_ends=pl.col("valid_to").filter(own).min(),
        cover_ending=called().filter(ends_first).sort().str.join(" and "),
        cover_ending_pays=pl.col("pays").filter(ends_first).sum(),
        cover_lost=pl.when(pl.col("too_long").any())
        .then(pl.lit("the terms are longer than the cover allows"))
        .when(pl.col("shipments_stopped").any())
        .then(pl.lit("an item is so long past due that new shipments are not covered"))
        .when(~own.any() & pl.col("lapsed").is_not_null().all())
        .then(pl.col("lapsed").sort().str.join(", "))
        .when(~own.any())
        .then(pl.lit("the deductible leaves nothing, no share is stated, or the whole balance is in dispute")),
    )
    zero = pl.lit(0.0)
    return (
        customers.select("customer_id")
        .join(layers, on="customer_id", how="left", maintain_order="left")
        .select(
            "customer_id",
            cover_from=(pl.col("taken_off") / pl.col("mean_share")).fill_nan(None).fill_null(zero),
            cover_to=pl.col("cover_to").fill_null(zero),
            cover_share=pl.col("mean_share").fill_nan(None).fill_null(zero),
            cover_lgd=pl.col("mean_lgd").fill_nan(None).fill_null(zero),
            cover_limit=pl.col("cover_limit").fill_null(zero),
            cover_lost="cover_lost",
            cover_ends="cover_ends",
            cover_ending=pl.when(pl.col("cover_ends").is_not_null()).then("cover_ending"),
            cover_ending_pays=pl.when(pl.col("cover_ends").is_not_null()).then("cover_ending_pays"),
        )
    )


def _within_aggregates(terms: pl.DataFrame, aggregates: Mapping[str, float]) -> pl.DataFrame:
    """Cut contracts to what their provider pays in the year: each by itself, then all in proportion."""
    left = pl.col("provider").replace_strict(dict(aggregates), default=None, return_dtype=pl.Float64)
    terms = terms.with_columns(left=left if aggregates else pl.lit(None, pl.Float64))
    most = pl.min_horizontal(pl.col("pays"), pl.col("left"))
    expected = (pl.col("pd_used") * most).filter(pl.col("counts")).sum().over("provider")
    part = pl.when(pl.col("left").is_null()).then(1.0).when(expected > pl.col("left")).then(pl.col("left") / expected)
    kept = part.otherwise(1.0) * pl.when(pl.col("pays") > 0).then(most / pl.col("pays")).otherwise(1.0)
    # Less of the same layer is paid for: limit and deductible shrink together, the share stays.
    return terms.with_columns(kept=kept.fill_null(1.0)).with_columns(
        limit=pl.col("limit") * pl.col("kept"),
        deductible=pl.col("deductible") * pl.col("kept"),
        pays=pl.col("pays") * pl.col("kept"),
    )


def cover_arithmetic(currency: str) -> pl.Expr:
    """Return the arithmetic of ``cover_limit`` in words."""
    layer = pl.format(
        "{} of what is owed from {} to {}: at most {}; {} of that is lost all the same.",
        percent_words(pl.col("cover_share"), 0),
        money_words(pl.col("cover_from"), currency),
        money_words(pl.col("cover_to"), currency),
        money_words(pl.col("cover_limit"), currency),
        percent_words(pl.col("cover_lgd"), 0),
    )
    return sentences(
        pl.when(pl.col("cover_limit") > 0).then(layer).when(pl.col("cover_lost").is_null()).then(pl.lit("No cover.")),
        pl.when(pl.col("cover_lost").is_not_null()).then(pl.format("Not counted: {}.", "cover_lost")),
        pl.when((pl.col("cover_limit") > 0) & (pl.col("disputed_share") > 0)).then(
            pl.format("The {} of the balance in dispute is not covered.", percent_words(pl.col("disputed_share"), 0))
        ),
    )
