"""What of each open item is exposed to credit loss: less credits, expected dilution, tax relief, integral cover.

Every step is a column in whole minor units of the ledger's currency, so that gross less the steps is what is exposed,
to the cent: gross - netted - dilution - vat - collected_later - covered - discounting = exposed.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.spans import as_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.rates import Rates
from credrisk.portfolio.provision.later_collections import collected_later
from credrisk.portfolio.provision.pool import cover_in_force
from credrisk.portfolio.provision.settings import ProvisionSettings

__all__ = ["FEW_DISPUTES", "STEPS", "credited_share", "disputed_of", "exposures"]

Array = npt.NDArray[Any]
STEPS = ("netted", "dilution", "vat", "collected_later", "covered", "discounting")
"""From the gross amount down to what is exposed."""

JUDGED = {"valid": 1.0, "partly": 0.5, "invalid": 0.0}
FEW_DISPUTES = 10
"""Judged disputes under which the share credited is a statement more than a measurement."""


def credited_share(seen: Ledger) -> tuple[float, int]:
    """Return the share of disputes that were found valid, with a uniform prior, and how many were judged.

    A dispute found partly valid counts a half: (found valid + 1) / (judged + 2).
    """
    judged = seen.table("disputes").filter(pl.col("outcome").is_in(list(JUDGED)))
    hits = float(judged["outcome"].cast(pl.String).replace_strict(JUDGED, return_dtype=pl.Float64).sum())
    return (hits + 1) / (judged.height + 2), judged.height


def disputed_of(items: pl.DataFrame, seen: Ledger, *, as_of: date) -> pl.Series:
    """Return what of each item's ``net`` is in dispute at the end of ``as_of``, in minor units of its currency."""
    disputes = (
        seen.table("disputes")
        .filter(pl.col("resolved_on").is_null() & (pl.col("opened_on") <= as_of))
        .group_by(document_id=pl.col("document_id").cast(pl.String))
        .agg(stated=pl.sum("amount"), whole=pl.col("amount").is_null().any())
    )
    joined = items.join(disputes, on="document_id", how="left", maintain_order="left")
    stated = pl.when(pl.col("whole")).then("net").otherwise(pl.min_horizontal(pl.col("stated").fill_null(0), "net"))
    return joined.select(disputed=stated.clip(0))["disputed"]


def exposures(
    ledger: Ledger, items: pl.DataFrame, *, as_of: date, settings: ProvisionSettings, taken: float
) -> pl.DataFrame:
    """Return ``items`` with what is exposed of each and the steps that lead there.

    Parameters
    ----------
    ledger
        The whole ledger: only the election of later collections looks beyond ``as_of``.
    items
        As :func:`~credrisk.portfolio.provision.pool.pool_items` returns them.
    taken
        Share of an amount in dispute that is expected to be credited.

    Returns
    -------
    polars.DataFrame
        With ``gross``, ``disputed`` (for information), the steps and ``exposed``, Int64 minor units of the ledger's
        currency at the rate of the day, ``tax_known``, and ``later_left_out`` (collected later, but of an item that the
        election is not about).
    """
    seen = ledger.cut(as_of)
    rates, day = Rates(seen), as_day(as_of)
    codes = items["currency"].to_numpy()

    def home(column: pl.Series) -> Array:
        found = rates.translate_rows(column.to_numpy(), codes, np.full(items.height, day))
        return found.astype(np.int64)

    given = _tax_share(items, seen)
    gross, net = home(items["open"]), home(items["net"])
    disputed = np.minimum(home(disputed_of(items, seen, as_of=as_of)), net)
    left = net.copy()
    steps = {"netted": gross - net}
    steps["dilution"] = np.rint(disputed * (taken if settings.disputed == "dilution" else 0.0)).astype(np.int64)
    left = left - steps["dilution"]
    tax = given.fill_null(0.0).to_numpy() if settings.vat == "relief" else np.zeros(items.height)
    steps["vat"] = np.rint(left * tax).astype(np.int64)
    left = left - steps["vat"]
    steps["collected_later"] = left_out = np.zeros_like(left)
    if settings.later_collections_to is not None and settings.standard == "cecl":
        later = collected_later(ledger, items, as_of=as_of, until=settings.later_collections_to)
        # What was collected has its tax in it, what is left has not.
        came, left_out = (np.rint(home(later[name]) * (1 - tax)).astype(np.int64) for name in later.columns)
        steps["collected_later"] = np.minimum(left, came)
        left = left - steps["collected_later"]
    steps["covered"] = _covered(items, left, seen, rates, as_of=as_of, settings=settings)
    left = left - steps["covered"]
    worth = _worth(items, as_of=as_of, settings=settings)
    steps["discounting"] = left - np.rint(left * worth).astype(np.int64)
    exposed = left - steps["discounting"]
    columns = {"gross": gross, "disputed": disputed, **{name: steps[name] for name in STEPS}, "exposed": exposed}
    return items.with_columns(
        *(pl.Series(name, value, dtype=pl.Int64) for name, value in columns.items()),
        tax_known=given.is_not_null(),
        later_left_out=pl.Series(left_out, dtype=pl.Int64),
    )


def _tax_share(items: pl.DataFrame, seen: Ledger) -> pl.Series:
    """Return the share of tax in each item; null where the ledger states none."""
    documents = seen.table("documents").select(
        pl.col("document_id").cast(pl.String), tax=(pl.col("tax_amount") / pl.col("amount")).clip(0, 1)
    )
    joined = items.join(documents.unique("document_id"), on="document_id", how="left", maintain_order="left")
    return joined["tax"].fill_nan(None)


def _covered(
    items: pl.DataFrame, left: Array, seen: Ledger, rates: Rates, *, as_of: date, settings: ProvisionSettings
) -> Array:
    """Return what integral cover would pay of each item, each contract's amount spread over the items by their size."""
    if not settings.integral or items.is_empty():
        return np.zeros_like(left)
    cover = cover_in_force(seen, as_of=as_of).filter(pl.col("kind").is_in(list(settings.integral)))
    day = np.full(cover.height, as_day(as_of))
    codes = cover["currency"].to_numpy()
    limit, first = (
        rates.translate_rows(cover[name].fill_null(0).to_numpy(), codes, day) for name in ("limit", "deductible")
    )
    terms = (items["due_date"] - items["document_date"]).dt.total_days().to_numpy()
    customer, uncovered = items["customer_id"].to_numpy(), left.copy()
    for row, contract in enumerate(cover.iter_rows(named=True)):
        mine = customer == contract["customer_id"]
        if contract["max_terms_days"] is not None:
            mine &= terms <= contract["max_terms_days"]
        owed = uncovered[mine]
        paid = max(0.0, contract["insured_share"] * min(limit[row], owed.sum()) - first[row])
        if paid > 0:
            part = np.diff(np.rint(np.cumsum(owed) * (min(paid, owed.sum()) / owed.sum())), prepend=0.0)
            uncovered[mine] = owed - np.minimum(part.astype(np.int64), owed)
    spread: Array = left - uncovered
    return spread


def _worth(items: pl.DataFrame, *, as_of: date, settings: ProvisionSettings) -> Array:
    """Return what one unit of each item is worth today: 1 / (1 + rate) ** (years until it is due)."""
    terms = (items["due_date"] - items["document_date"]).dt.total_days().to_numpy()
    years = np.maximum(0, (items["due_date"] - as_of).dt.total_days().to_numpy()) / 365.0
    counts = (terms > settings.over_terms_days) | settings.financing_component
    worth: Array = np.where(counts, (1 + settings.effective_rate) ** -years, 1.0)
    return worth
