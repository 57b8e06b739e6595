"""Choices on which auditors differ, each with its paragraph and what was done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.provision.later_collections import CURRENT_MONTHS, not_current
from credrisk.portfolio.provision.pool import IMPAIRED, cover_in_force
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.wording import counted, money, percent

__all__ = ["Contested", "contested_choices", "published_rates"]


REBUTTED = 0.10
"""Upper end of a loss rate up to which it can be said that most of what is so old is paid after all. A statement:
IFRS 9 asks for reasonable and supportable information and names no figure."""


TELLING_SHARE = 0.10
"""Of the allowance: what published rates move by less needs no defence of its own. A statement."""


@dataclass(frozen=True)
class Contested:
    """A choice to defend: its subject, the paragraph, and what was done in words."""

    subject: str
    paragraph: str
    words: str


def contested_choices(
    settings: ProvisionSettings, items: pl.DataFrame, seen: Ledger, *, as_of: date, diluted: float
) -> tuple[Contested, ...]:
    """Return the choices of these settings that matter for these items, in a fixed order.

    ``diluted`` is what credit notes, deductions and discounts are expected to take off them.
    """
    ifrs = settings.standard == "ifrs9"
    found = [*_cover(settings, items, seen, ifrs, as_of=as_of), *_overlay(settings, ifrs)]
    found += _elections(settings, ifrs, items, as_of=as_of, currency=seen.settings.currency)
    if items["disputed"].sum() and settings.disputed == "dilution":
        paragraph = "IFRS 15.51-52, IFRS 9 5.1.1" if ifrs else "ASC 606-10-32-5 to 32-7"
        words = "What disputes are expected to take off is dilution: it lowers revenue, not the loss allowance."
        found.append(Contested("Disputed items", paragraph, words))
    if items["disputed"].sum() and settings.disputed == "in_pool":
        words = "Disputed amounts are in the pool: what is a price concession would be counted as credit loss."
        found.append(Contested("Disputed items", "IFRS 15.51-52" if ifrs else "ASC 606-10-32-5", words))
    if round(diluted):
        paragraph = "IFRS 15.50-55, B20-B27" if ifrs else "ASC 606-10-32-5 to 32-10"
        words = (
            f"Credit notes, deductions and discounts are expected to take {money(diluted, seen.settings.currency)} off "
            "the open items, as in the past. That is variable consideration: is it in revenue or a refund liability "
            "already? It is not in the allowance."
        )
        found.append(Contested("Refund liability", paragraph, words))
    if settings.credits == "oldest_first" and items["netted"].sum():
        paragraph = "IFRS 9 B5.5.28, IAS 32.42" if ifrs else "ASC 326-20-30-2, 210-20-45-1"
        words = "Open credits and unapplied cash settle the customer's oldest items: a right of set-off is assumed."
        found.append(Contested("Credits and cash netted", paragraph, words))
    if settings.vat == "relief":
        paragraph = "IFRS 9 B5.5.28" if ifrs else "ASC 326-20-30-1"
        words = (
            "The tax in an item is left out because the authority is expected to give it back: that cash comes from a "
            "third party, and some hold that the shortfall is gross of it."
        )
        found.append(Contested("Bad-debt relief on VAT", paragraph, words))
    if settings.late_fees == "in_pool":
        words = "Fee notes are provided for: whether they are revenue before they are paid is open to question."
        found.append(Contested("Late fees", "IFRS 15.9(e)" if ifrs else "ASC 606-10-25-1(e)", words))
    late = (pl.lit(as_of) - pl.col("due_date")).dt.total_days() > 90
    old = items.filter(late & (pl.col("state") != IMPAIRED))
    if ifrs and old.height:
        later = f" Default is set at {settings.past_due_days} days past due here." if settings.past_due_days else ""
        found.append(Contested("Default at 90 days past due", "IFRS 9 B5.5.37", f"{_presumption(old)}{later}"))
    long = (pl.col("due_date") - pl.col("document_date")).dt.total_days() > settings.over_terms_days
    if items.filter(long).height and settings.effective_rate == 0:
        paragraph = "IFRS 9 5.5.17(b), IFRS 15.63" if ifrs else "ASC 326-20-30-4, 606-10-32-18"
        words = f"Not discounted: {counted(items.filter(long).height, 'item')} on long terms; the effective rate is 0."
        found.append(Contested("Time value of money", paragraph, words))
    return tuple(found)


def published_rates(totals: Mapping[str, float], *, currency: str, ifrs: bool) -> tuple[Contested, ...]:
    """Return the question of published rates where they move the allowance by a tenth of it or more.

    ``totals`` has ``total, published, own_alone`` in major units.
    """
    total, own = totals["total"], totals["own_alone"]
    if not round(totals["published"], 2) or abs(total - own) < TELLING_SHARE * total:
        return ()
    paragraph = "IFRS 9 5.5.17(c), B5.5.51-52" if ifrs else "ASC 326-20-30-7 to 30-9"
    lower = f"lower than the {money(own, currency)} that the ledger's own past losses alone would give"
    higher = f"higher than the {money(own, currency)} that the ledger's own past losses alone would give"
    shown = "few customers had those losses, so that they are a weak guide" if own > total else "own losses are few"
    words = (
        f"Blending with published rates makes the allowance {money(abs(total - own), currency)} "
        f"{lower if own > total else higher}: {shown}. Show why the published rates are like this portfolio's."
    )
    return (Contested("Published loss rates", paragraph, words),)


def _presumption(old: pl.DataFrame) -> str:
    """Say whether the loss rates of items over 90 days past due can rebut that they are in default.

    What was observed can rebut it; what a published rate assumes cannot.
    """
    customers = old["customer_id"].n_unique()
    has = "is" if old.height == 1 else "are"
    pooled = (
        f"{counted(old.height, 'item')} of {counted(customers, 'customer')} {has} over 90 days past due in the pool; "
    )
    exposed = old.filter(pl.col("exposed") > 0)
    seen = exposed.filter(pl.col("own_rate").is_not_null())
    treat = " Treat them as in default (past_due_days = 90 under [impaired]) unless you can support a later day."
    if seen.is_empty():
        return (
            f"{pooled}no past loss of what is as old was observed here, and a published rate is no evidence of this "
            f"ledger: nothing rebuts the presumption that default is no later than 90 days.{treat}"
        )
    weight = pl.col("exposed") / pl.col("exposed").sum()
    own, rate, low, high = seen.select(
        *((pl.col(name) * weight).sum() for name in ("own_rate", "historical_rate", "low")), pl.col("high").max()
    ).row()
    share = float(seen["exposed"].sum()) / float(exposed["exposed"].sum())
    part = "" if share == 1 else f" (none was observed for {percent(1 - share)} of the money)"
    past = (
        f"the observed past loss rate of what is as old is {percent(own, 1)}{part}; with published rates, as used, it "
        f"is {percent(rate, 1)} (95 % interval {percent(low)} to {percent(high)})"
    )
    if high <= REBUTTED and share == 1:
        return (
            f"{pooled}{past}: even its upper end is low, which rebuts the presumption that default is no later than 90 "
            "days."
        )
    return f"{pooled}{past}: the presumption that default is no later than 90 days is not rebutted by it.{treat}"


def _cover(
    settings: ProvisionSettings, items: pl.DataFrame, seen: Ledger, ifrs: bool, *, as_of: date
) -> list[Contested]:
    kinds = set(cover_in_force(seen, as_of=as_of)["kind"].drop_nulls().cast(pl.String).unique().to_list())
    netted, freestanding = sorted(kinds & set(settings.integral)), sorted(kinds - set(settings.integral))
    found = []
    if netted:
        paragraph = "IFRS 9 B5.5.55; ITG December 2015, paper 5" if ifrs else "ASC 326-20-30-12"
        words = (
            f"Netted as part of the contractual terms: {_named(netted)}. It must be integral and not recognised "
            "separately. A policy bought later over the whole book is commonly held not to be."
        )
        found.append(Contested("Cover netted", paragraph, words))
        if (late := _covered_afterwards(items, seen, netted)).height:
            amount = money(float(late["covered"].sum()) / minor_factor(seen.settings.currency), seen.settings.currency)
            words = (
                f"{amount} on {counted(late.height, 'item')} is netted by cover that began after the item was billed: "
                "it was no term of the item when that was recognised, and is hard to call part of it."
            )
            found.append(Contested("Cover that began later", paragraph, words))
    if freestanding:
        paragraph = "IFRS 9 B5.5.55; IAS 37.53 by analogy" if ifrs else "ASC 326-20-30-12"
        words = f"Not netted: {_named(freestanding)}. A claim on it is an asset of its own, recognised by its own rule."
        found.append(Contested("Cover not netted", paragraph, words))
    return found


def _covered_afterwards(items: pl.DataFrame, seen: Ledger, kinds: list[str]) -> pl.DataFrame:
    """Return the items that cover is netted from though none of their customer ran on the day they were billed."""
    cover = seen.table("cover").filter(pl.col("kind").cast(pl.String).is_in(kinds))
    ran = cover.select(pl.col("customer_id").cast(pl.String), "valid_from", "valid_to")
    covered = items.filter(pl.col("covered") > 0)
    then = covered.join(ran, on="customer_id").filter(
        pl.col("valid_from") <= pl.col("document_date"),
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("document_date")),
    )
    return covered.join(then, on="document_id", how="anti")


def _named(kinds: list[str]) -> str:
    return ", ".join(kinds).replace("_", " ")


def _overlay(settings: ProvisionSettings, ifrs: bool) -> list[Contested]:
    moved = any(entry.multiplier != 1 or entry.value is not None for entry in settings.scenarios)
    if moved and len(settings.scenarios) == 1:
        paragraph = "IFRS 9 5.5.17(a), B5.5.42" if ifrs else "ASC 326-20-30-7"
        words = "One scenario moves the rates: an unbiased amount weighs at least two outcomes by their probability."
        return [Contested("One scenario", paragraph, words)]
    if not moved and ifrs:
        words = (
            "The historical loss rates are taken as the forecast: that conditions will be as in the past has to be "
            "shown, not assumed."
        )
        return [Contested("No forward-looking adjustment", "IFRS 9 B5.5.35, B5.5.52", words)]
    if not moved and not settings.current_conditions_persist:
        words = "The historical loss rates are taken as the forecast without the practical expedient of ASU 2025-05."
        return [Contested("No forecast", "ASC 326-20-30-7 to 30-9", words)]
    return []


def _elections(
    settings: ProvisionSettings, ifrs: bool, items: pl.DataFrame, *, as_of: date, currency: str
) -> list[Contested]:
    found = []
    if ifrs:
        ignored = [
            name
            for name, given in (
                ("current_conditions_persist", settings.current_conditions_persist),
                ("later_collections_to", settings.later_collections_to is not None),
                ("zero_loss", bool(settings.zero_loss)),
            )
            if given
        ]
        if ignored:
            words = f"{', '.join(ignored)} are choices of US CECL and change nothing here: a loss is never impossible."
            found.append(Contested("Elections of CECL", "IFRS 9 5.5.18", words))
        return found
    if settings.current_conditions_persist:
        words = "Conditions of the balance sheet date are assumed to persist; the election has to be disclosed."
        if late := items.filter(not_current(as_of)).height:
            words += (
                f" It is for current receivables: {counted(late, 'item')} due in more than {CURRENT_MONTHS} months "
                f"{'needs' if late == 1 else 'need'} a forecast."
            )
        found.append(Contested("Current conditions persist", "ASU 2025-05 (practical expedient)", words))
    if settings.later_collections_to is not None:
        words = (
            f"What was collected by {settings.later_collections_to} is no loss; to be disclosed with its date. Counted "
            "is cash known after the balance sheet date and applied, whichever day it is dated, less what was taken "
            "back; no credit note, and no cash that was known to be on account: that is netted."
        )
        apart = items.filter(pl.col("later_left_out") > 0)["later_left_out"]
        if apart.len():
            amount = money(float(apart.sum()) / minor_factor(currency), currency)
            words += (
                f" Left out: {amount} collected on {counted(apart.len(), 'item')} due in more than {CURRENT_MONTHS} "
                "months, which the election is not about."
            )
        found.append(Contested("Later collections", "ASU 2025-05 (accounting policy election)", words))
    if settings.zero_loss:
        words = (
            f"No loss is expected from {counted(len(settings.zero_loss), 'customer')}: the standard's example is the "
            "US Treasury, and few private customers are like it."
        )
        found.append(Contested("Zero-loss argument", "ASC 326-20-30-10", words))
    return found
