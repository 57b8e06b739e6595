"""The contracts of cover that are in force, what each would pay of a balance, and which count for a new shipment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.ledger import Ledger

__all__ = [
    "LEAST_STOP_DAYS",
    "Contract",
    "called",
    "contracts_by_customer",
    "cover_rows",
    "insured_of",
    "lapsed_rows",
    "paid_by",
    "why_not_counted",
]

LEAST_STOP_DAYS = 1
"""A stop-shipment rule strikes from so many days past due on at the earliest: what is not past due stops nothing."""
LAPSED_MONTHS = 12
"""Cover that ended or was withdrawn within so many months is named where none is in force."""


@dataclass(frozen=True)
class Contract:
    """One contract of cover; money in major units of the ledger's currency, None where nothing is stated."""

    cover_id: str
    kind: str | None
    provider: str | None
    limit: float
    insured_share: float
    deductible: float
    max_terms_days: int | None
    stop_shipment_dpd: int | None
    valid_to: date | None


def cover_rows(seen: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return the contracts in force of a ledger cut at ``as_of``, one row each, sorted by customer and contract.

    Of each ``cover_id`` the row that began last counts, and only while valid (the last day included): see
    :func:`credrisk.ledger.cover_terms.ranked_cover`.
    """
    in_force = _last_rows(seen).filter(pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of))
    return (
        in_ledger_currency(in_force, ["limit", "deductible"], seen, as_of)
        .with_columns(pl.col("deductible").fill_null(0.0), pl.col("kind", "provider").cast(pl.String))
        .select("customer_id", *Contract.__dataclass_fields__)
        .sort("customer_id", "cover_id")
    )


def lapsed_rows(seen: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return ``customer_id, cover_id, kind, lapsed`` of the contracts that ended or were withdrawn of late.

    ``lapsed`` says when, in words: on its last day (before ``as_of``), or on the day from which its limit is nothing;
    either within :data:`LAPSED_MONTHS` before ``as_of``. ``seen`` is cut at ``as_of``.
    """
    last, since = _last_rows(seen), months_after(as_of, -LAPSED_MONTHS)
    ended = pl.col("valid_to") < as_of
    day = pl.when(ended).then("valid_to").when(pl.col("limit") <= 0).then("valid_from")
    how = pl.when(ended).then(pl.lit("ended on ")).otherwise(pl.lit("was withdrawn on "))
    return (
        last.with_columns(pl.col("kind").cast(pl.String), day=day)
        .filter(pl.col("day") > since)
        .select(
            "customer_id",
            "cover_id",
            "kind",
            lapsed=pl.concat_str(called(), pl.lit(" "), how, pl.col("day").dt.strftime("%Y-%m-%d")),
        )
        .sort("customer_id", "cover_id")
    )


def called() -> pl.Expr:
    """Return what a contract is called: its kind and ``cover_id``."""
    kind = pl.col("kind").cast(pl.String).fill_null("cover").str.replace_all("_", " ")
    return pl.concat_str(kind, "cover_id", separator=" ", ignore_nulls=True)


def _last_rows(seen: Ledger) -> pl.DataFrame:
    rows = ranked_cover(seen.table("cover"))
    return rows.unique(["customer_id", "cover_id"], keep="last", maintain_order=True)


def contracts_by_customer(seen: Ledger, *, as_of: date) -> dict[str, list[Contract]]:
    """Return the contracts in force of each customer that has any."""
    found: dict[str, list[Contract]] = {}
    for customer_id, *values in cover_rows(seen, as_of=as_of).iter_rows():
        found.setdefault(customer_id, []).append(Contract(*values))
    return found


def paid_by(contract: Contract, balance: float) -> float:
    """Return what a contract would pay of a balance: max(0, insured share x min(limit, balance) - deductible)."""
    return max(0.0, contract.insured_share * min(contract.limit, max(0.0, balance)) - contract.deductible)


def why_not_counted(
    contract: Contract, *, delivery: date, terms_days: int, oldest_past_due_days: int | None
) -> str | None:
    """Return why a contract does not count for a new shipment, in words; None where it counts.

    It must not have lapsed by the delivery (its last day included), allow the terms of the order, and its
    stop-shipment rule must not have struck: the oldest open item must be fewer days past due than it states.
    """
    said = f"{(contract.kind or 'cover').replace('_', ' ')} {contract.cover_id}"
    if contract.valid_to is not None and contract.valid_to < delivery:
        return f"{said} ends on {contract.valid_to}, before the delivery"
    if contract.max_terms_days is not None and terms_days > contract.max_terms_days:
        return f"{said} allows terms of {contract.max_terms_days} days, the order has {terms_days}"
    stop = contract.stop_shipment_dpd
    if stop is not None and oldest_past_due_days is not None and oldest_past_due_days >= max(LEAST_STOP_DAYS, stop):
        return f"{said} stops new shipments from {stop} days past due, the oldest item is {oldest_past_due_days}"
    return None


def insured_of(contracts: Sequence[Contract], balance: float) -> float:
    """Return what the contracts together would pay of a balance, no more than the balance itself."""
    return min(max(0.0, balance), sum(paid_by(contract, balance) for contract in contracts))
