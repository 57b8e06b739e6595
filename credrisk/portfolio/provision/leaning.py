"""What of a provision leans on a statement and not on the ledger's own history: published rates, names not found."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.features.spans import as_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import item_movements
from credrisk.ledger.rates import Rates
from credrisk.portfolio.provision.exposures import FEW_DISPUTES
from credrisk.portfolio.provision.moved import written_until
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE, state_in_words
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.wording import counted, money, percent

__all__ = ["ALL_OF_IT", "lost_outside", "notes_of", "rests_on", "strangers", "why_published"]

ALL_OF_IT = 0.9995
"""Share of a rate from which on it is said to be published, not in part."""
NAMES = 5
"""Customers named in a note."""


def notes_of(
    settings: ProvisionSettings,
    items: pl.DataFrame,
    rates: pl.DataFrame,
    *,
    months: dict[str, int],
    judged: int,
    taken: float,
) -> tuple[str, ...]:
    """Return in words what was not measured in this ledger.

    Parameters
    ----------
    items
        With ``state``, ``disputed`` and ``tax_known``.
    rates
        As :func:`~credrisk.portfolio.provision.provide.measured_rates` returns them, with ``months``.
    judged, taken
        Disputes that were judged, and the share of an open one that is expected to be credited.
    """
    said = []
    if items.is_empty():
        said.append("No item is open that a provision is measured on.")
    window = settings.observation_months if settings.method == "cohort" else 1
    if not months[settings.method]:
        said.append(
            f"No past month-end with open items was followed for {counted(window, 'month')}: every loss rate is the "
            "published one. " + ("The roll-rate method needs one month only." if settings.method == "cohort" else "")
        )
    mine = rates.filter((pl.col("method") == settings.method) & (pl.col("segment") == WHOLE))
    said += _leaning(
        mine.filter((pl.col("source") != "own") & pl.col("state").is_in(items["state"].unique().implode()))
    )
    pooled = mine.filter(pl.col("state") != IMPAIRED)
    if not pooled["rate"].is_sorted():
        said.append("Loss rates do not rise with age throughout: too few losses to tell the buckets apart.")
    if settings.disputed == "dilution" and items["disputed"].sum() and judged < FEW_DISPUTES:
        said.append(
            f"Of what is in dispute {percent(taken)} is expected to be credited: {counted(judged, 'dispute')} were "
            "judged, the rest is the statement that a dispute is as likely right as wrong."
        )
    if settings.vat == "relief":
        unknown = items.filter(~pl.col("tax_known")).height
        if unknown:
            said.append(f"{counted(unknown, 'item')} state no tax: no relief was taken off them.")
    return tuple(said)


def why_published(rates: pl.DataFrame, settings: ProvisionSettings) -> str:
    """Return in words why an allowance may rest on published rates altogether.

    Parameters
    ----------
    rates
        As :func:`~credrisk.portfolio.provision.provide.measured_rates` returns them.
    """
    if _loss_customers(rates, settings):
        return "what finished cohorts lost stood in other buckets, or weighs next to nothing in these"
    return "no finished cohort shows a loss"


def _loss_customers(rates: pl.DataFrame, settings: ProvisionSettings) -> int:
    mine = rates.filter((pl.col("method") == settings.method) & (pl.col("segment") == WHOLE))
    return int(mine["loss_customers"].sum())


def rests_on(
    total: float, *, published: float, own_alone: float, currency: str, why: str, outside: str = ""
) -> tuple[str, ...]:
    """Return in words how much of the allowance rests on published rates; nothing where none of it does.

    Parameters
    ----------
    why
        As :func:`why_published` says it.
    outside
        The losses that no finished cohort counts, in words.
    """
    if not round(published, 2):
        return ()
    share = published / total
    if share >= ALL_OF_IT:
        return (f"All of the allowance rests on published loss rates: {why}. {outside}".rstrip(),)
    apart = money(abs(total - own_alone), currency)
    side = f", {apart} {'more' if own_alone > total else 'less'}" if round(abs(total - own_alone)) else ""
    words = (
        f"{money(published, currency)} of the allowance ({percent(share, 1)}) rests on published loss rates; the "
        f"ledger's own rates alone would give {money(own_alone, currency)}{side}."
    )
    return (words,)


def lost_outside(seen: Ledger, rates: pl.DataFrame, settings: ProvisionSettings, *, as_of: date) -> str:
    """Return in words what was written off though no finished cohort shows a loss; nothing where one does.

    Parameters
    ----------
    seen
        The ledger cut at ``as_of``.
    rates
        As :func:`~credrisk.portfolio.provision.provide.measured_rates` returns them.
    """
    if _loss_customers(rates, settings):
        return ""
    # What was taken back without a recovery was no write-off, as in the movement and the journal.
    undone = (pl.col("reopened_minor") - pl.col("recovered_minor")).clip(0)
    off = written_until(seen).with_columns(written=pl.col("written_minor") - undone)
    off = off.filter(pl.col("written") > 0)
    if not off.filter(pl.col("written") > pl.col("recovered_minor")).height:
        return ""
    days, home = np.full(off.height, as_day(as_of)), seen.settings.currency

    def sum_of(name: str) -> float:
        translated = Rates(seen).translate_rows(off[name].to_numpy(), off["currency"].to_numpy(), days)
        return float(np.sum(translated)) / minor_factor(home)

    amount, recovered = money(sum_of("written"), home), sum_of("recovered_minor")
    since = f", of which {money(recovered, home)} was recovered since" if round(recovered, 2) else ""
    moves = item_movements(seen).filter(
        (pl.col("kind") == "write_off") & pl.col("document_id").cast(pl.String).is_in(off["document_id"].implode())
    )
    days_of = [day.isoformat() for day in moves["event_date"].unique().sort()]
    when = f"on {days_of[0]}" if len(days_of) == 1 else f"{days_of[0]} to {days_of[-1]}"
    window = settings.observation_months if settings.method == "cohort" else 1
    return (
        f"Written off were {amount} on {counted(off.height, 'item')} ({when}){since}, but no month-end that was "
        f"followed for {counted(window, 'month')} shows them as lost: no rate counts them yet."
    )


def strangers(settings: ProvisionSettings, items: pl.DataFrame, seen: Ledger) -> tuple[str, ...]:
    """Return in words the customers of the settings whose statement changes nothing: often a slip of the pen."""
    said = []
    impaired = set(items.filter(pl.col("state") == IMPAIRED)["customer_id"].to_list())
    if without := sorted(set(settings.recovery) - impaired):
        said.append(f"A recovery is stated for customers without credit-impaired items: {_named(without)}.")
    if settings.standard == "cecl" and settings.zero_loss:
        known = set(seen.table("customers")["customer_id"].cast(pl.String).to_list())
        pooled = set(items.filter(pl.col("state") != IMPAIRED)["customer_id"].to_list())
        if unknown := sorted(set(settings.zero_loss) - known):
            said.append(f"[cecl.zero_loss] names customers that the ledger does not know: {_named(unknown)}.")
        if without := sorted((set(settings.zero_loss) & known) - pooled):
            said.append(f"[cecl.zero_loss] names customers without open items in the pool: {_named(without)}.")
    return tuple(said)


def _named(customers: list[str]) -> str:
    more = f" and {len(customers) - NAMES} more" if len(customers) > NAMES else ""
    return f"{', '.join(customers[:NAMES])}{more}"


def _leaning(rates: pl.DataFrame) -> list[str]:
    """Say which rates lean on a published one, once for each source."""
    said = []
    for (source,), rows in rates.group_by("prior_source", maintain_order=True):
        parts = [
            f"{state_in_words(row['state'])} {percent(row['rate'], 2)} ({_own(row)}; "
            f"{row['loss_customers']:,} of {counted(row['customers'], 'customer')} had a loss)"
            for row in rows.iter_rows(named=True)
        ]
        said.append(
            f"Loss rates that lean on a published one, for lack of losses: {', '.join(parts)}. Source: {source}."
        )
    return said


def _own(row: dict[str, Any]) -> str:
    share, published = row["published_share"], percent(row["prior_rate"], 2)
    if share >= ALL_OF_IT:
        return f"all of it published, at {published}"
    own = percent(row["own_rate"], 2)
    return f"{percent(share)} of it from the published {published}, own rate {own}"
