"""The dunning letters of a proposal: items, totals, late fees where they are given, and the account by age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from credrisk.decisions.dunning import DunningProposal
from credrisk.decisions.policy_dunning import LANGUAGES
from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS
from credrisk.reports.letters.account_open import ageing_tables, open_accounts
from credrisk.reports.letters.clean import clean
from credrisk.reports.letters.compose import composed
from credrisk.reports.letters.content import Letter, LetterTable
from credrisk.reports.letters.languages import Language
from credrisk.reports.letters.recipients import recipients_of
from credrisk.reports.letters.wording import Wordings

__all__ = ["dunning_letters"]


@dataclass(frozen=True)
class _Block:
    """What a letter asks for in one currency, minor units."""

    currency: str
    items: list[dict[str, Any]]
    credits: int
    cash: int

    @property
    def dunned(self) -> int:
        return sum(item["dunned"] for item in self.items)

    @property
    def fees(self) -> int:
        return sum(item["fee"] or 0 for item in self.items)

    @property
    def credits_used(self) -> int:
        return min(self.credits, self.dunned)

    @property
    def cash_used(self) -> int:
        return min(self.cash, self.dunned - self.credits_used)

    @property
    def asked(self) -> int:
        return self.dunned - self.credits_used - self.cash_used + self.fees


def dunning_letters(
    ledger: Ledger,
    proposal: DunningProposal,
    *,
    sender: dict[str, str],
    addresses: Any = None,
    late_fees: Any = None,
    language: str | None = None,
    wordings: Wordings | None = None,
) -> list[Letter]:
    """Return a letter for every customer whom the proposal does not hold.

    Parameters
    ----------
    ledger
        The ledger of the proposal.
    proposal
        As :func:`~credrisk.decisions.dunning.dunning_proposal` gives it.
    sender
        As :func:`~credrisk.reports.letters.sender.read_sender` gives it.
    addresses
        A frame as for :func:`~credrisk.reports.letters.recipients.recipients_of`.
    late_fees
        A frame ``document_id, late_fee`` in major units of the document's currency; a document without an amount has
        no fee. None stands on a letter unless it is given here.
    language
        ``de``, ``en``, ``es`` or ``fr`` for everybody; the proposal's by default.
    wordings
        The user's own templates; the shipped ones by default.

    Returns
    -------
    list of Letter
        By customer. The items add up to the total, and this, less credits and cash at hand and plus the late fees, to
        what is asked for, in each currency to the cent.

    Raises
    ------
    ParameterError
        When the language is none of these, or a template cannot be filled.
    DataError
        When the late fees do not hold together.
    """
    if language is not None and language not in LANGUAGES:
        raise ParameterError("language", f"one of {', '.join(LANGUAGES)}", language)
    wordings = wordings or Wordings()
    accounts = proposal.accounts.filter(pl.col("hold").is_null())
    fees = _fees(late_fees)
    strangers = fees.join(ledger.table("documents"), on="document_id", how="anti")
    if strangers.height:
        raise DataError(
            "documents are not in the ledger.",
            table="late_fees",
            rows=strangers.height,
            ids=strangers["document_id"].to_list(),
            remedy="give the fees of this ledger, by its document_id.",
        )
    lines = proposal.lines.filter("on_letter").join(fees, on="document_id", how="left")
    lines = lines.sort("customer_id", "currency", "due_on", "document_id")
    open_by_customer = open_accounts(ledger, proposal.as_of).ages.partition_by("customer_id", as_dict=True)
    items_by_customer = lines.partition_by("customer_id", as_dict=True)
    hand = {(row["customer_id"], row["currency"]): row for row in proposal.sums.iter_rows(named=True)}
    recipients = recipients_of(accounts, addresses)
    letters = []
    for account in accounts.iter_rows(named=True):
        customer = account["customer_id"]
        rows = items_by_customer[(customer,)]
        blocks = []
        for (currency,), part in rows.group_by("currency", maintain_order=True):
            at_hand = hand[customer, str(currency)]
            items = [row | {"fee": _minor(row["late_fee"], str(currency))} for row in part.iter_rows(named=True)]
            blocks.append(_Block(str(currency), items, at_hand["credits"], at_hand["cash"]))
        spoken = wordings.language(language or account["language"])
        ages = open_by_customer.get((customer,), pl.DataFrame())
        letters.append(
            composed(
                customer=account,
                recipient=recipients[customer],
                sender=sender,
                language=spoken,
                wordings=wordings,
                wording=proposal.policy.dunning.levels[account["level"] - 1].wording,
                day=proposal.as_of,
                values=_values(account, blocks, spoken, proposal),
                tables=tuple(_table(block, spoken) for block in blocks),
                ageing=ageing_tables(ages, spoken),
            )
        )
    return letters


def _fees(late_fees: Any) -> pl.DataFrame:
    if late_fees is None:
        return pl.DataFrame(schema={"document_id": pl.String, "late_fee": pl.Float64})
    table = as_polars(late_fees, "late_fees")
    if missing := [name for name in ("document_id", "late_fee") if name not in table.columns]:
        raise DataError("columns are missing.", table="late_fees", columns=missing, remedy="add them.")
    try:
        table = table.select(pl.col("document_id").cast(pl.String), pl.col("late_fee").cast(pl.Float64))
    except pl.exceptions.InvalidOperationError:
        raise DataError(
            "an amount is no number.", table="late_fees", columns=["late_fee"], remedy="write it as 40.00."
        ) from None
    table = table.drop_nulls()
    wrong = table.filter(
        (pl.col("late_fee") < 0) | ~pl.col("late_fee").is_finite() | pl.col("document_id").is_duplicated()
    )
    if wrong.height:
        raise DataError(
            "a document has several fees, or one that is no amount of at least 0.",
            table="late_fees",
            rows=wrong.height,
            ids=wrong["document_id"].to_list(),
            remedy="keep one amount a document.",
        )
    return table


def _minor(fee: float | None, currency: str) -> int | None:
    return None if fee is None else round(fee * 10 ** EXPONENTS.get(currency, 2))


def _values(
    account: Mapping[str, Any], blocks: list[_Block], language: Language, proposal: DunningProposal
) -> dict[str, str | int]:
    def total(part: str) -> str:
        amounts = [(getattr(block, part), block.currency) for block in blocks if getattr(block, part)]
        return language.listed([language.money(amount, currency) for amount, currency in amounts])

    pay_by = proposal.as_of + timedelta(days=account["pay_within_days"])
    pay_by += timedelta(days=max(7 - pay_by.weekday(), 0) if pay_by.weekday() > 4 else 0)  # no bank works then
    return {
        "level": account["level"],
        "level_name": account["level_name"],
        "total": total("asked"),
        "items_total": total("dunned"),
        "late_fees": total("fees"),
        "pay_by": language.day(pay_by),
        "count": sum(len(block.items) for block in blocks),
        "oldest_days": account["oldest_days"],
        "last_sent_on": language.day(account["last_sent_on"]),
    }


def _table(block: _Block, language: Language) -> LetterTable:
    words, currency = language.words, block.currency
    has_fees = any(item["fee"] for item in block.items)
    headings = [
        words["document"],
        words["document_date"],
        words["due_date"],
        words["days_past_due"],
        f"{words['amount']} ({currency})",
        f"{words['open_amount']} ({currency})",
    ]
    rows = [
        [
            clean(item["document_id"]),
            language.short_day(item["document_date"]),
            language.short_day(item["due_on"]),
            str(item["days_past_due"]),
            language.number(item["amount"], currency),
            language.number(item["dunned"], currency),
        ]
        for item in block.items
    ]
    widths = [0.25, 0.15, 0.15, 0.13, 0.16, 0.16]
    if has_fees:
        headings.append(f"{words['late_fee']} ({currency})")
        for row, item in zip(rows, block.items, strict=True):
            row.append(language.number(item["fee"], currency) if item["fee"] else "")
        widths = [0.20, 0.135, 0.135, 0.11, 0.145, 0.145, 0.13]
    less = (("less_credits", -block.credits_used), ("less_cash", -block.cash_used), ("late_fees", block.fees))
    between = [(words[name], amount) for name, amount in less if amount]
    total = [(words["total"], block.dunned)] if between else []
    sums = [*total, *between, (words["please_pay"], block.asked)]
    partly = any(item["disputed"] or item["promised"] for item in block.items)
    return LetterTable(
        title="",
        headings=tuple(headings),
        rows=tuple(tuple(row) for row in rows),
        numeric=tuple(range(3, len(headings))),
        sums=tuple((label, language.money(amount, currency)) for label, amount in sums),
        widths=tuple(widths),
        note=words["not_included"] if partly else "",
    )
