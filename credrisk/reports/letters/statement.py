"""Statements of account: everything that is open, item by item, tied out to the balance in each currency."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.dunning_language import customer_languages
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_dunning import LANGUAGES
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.reports.letters.account_open import ageing_tables, open_accounts
from credrisk.reports.letters.clean import clean
from credrisk.reports.letters.compose import composed
from credrisk.reports.letters.content import Letter, LetterTable
from credrisk.reports.letters.languages import Language
from credrisk.reports.letters.recipients import recipients_of
from credrisk.reports.letters.wording import Wordings

__all__ = ["statements_of_account"]


def statements_of_account(
    ledger: Ledger,
    customers: Sequence[str],
    *,
    as_of: date | str,
    sender: dict[str, str],
    addresses: Any = None,
    language: str | None = None,
    wordings: Wordings | None = None,
    policy: Policy | None = None,
) -> list[Letter]:
    """Return a statement for each of ``customers``, in their order.

    Parameters
    ----------
    ledger
        The ledger; nothing known after ``as_of`` is used.
    customers
        Ids.
    sender, addresses, language, wordings
        As for :func:`~credrisk.reports.letters.dunning_letters.dunning_letters`.
    policy
        Says which language goes with which country.

    Returns
    -------
    list of Letter
        Open items by their original due dates, credits negative; payments not yet applied below; the last sum is the
        balance, which is that of :func:`~credrisk.portfolio.ageing.ageing`.

    Raises
    ------
    DataError
        When a customer is not in the ledger.
    ParameterError
        When the language is none of those shipped, or a template cannot be filled.
    """
    if language is not None and language not in LANGUAGES:
        raise ParameterError("language", f"one of {', '.join(LANGUAGES)}", language)
    day, rules, wordings = to_date(as_of), (policy or Policy.default()).dunning, wordings or Wordings()
    seen = ledger.cut(day)
    known = seen.table("customers").select("customer_id", "name", "country")
    known = known.join(customer_languages(seen, rules), on="customer_id", how="left")
    by_id = {row["customer_id"]: row for row in known.iter_rows(named=True)}
    if strangers := [customer for customer in customers if customer not in by_id]:
        raise DataError(
            f"customers are not in the ledger on {day}.", table="customers", ids=strangers, remedy="check the id."
        )
    accounts = open_accounts(ledger, day)
    recipients = recipients_of(known.filter(pl.col("customer_id").is_in(list(customers))), addresses)
    letters = []
    for customer in customers:
        items = accounts.items.filter(pl.col("customer_id") == customer)
        ages = accounts.ages.filter(pl.col("customer_id") == customer)
        spoken = wordings.language(language or by_id[customer]["language"])
        tables = [
            _table(items.filter(pl.col("currency") == row["currency"]), row, spoken)
            for row in ages.sort("currency").iter_rows(named=True)
        ]
        balances = [spoken.money(row["net_balance"], row["currency"]) for row in ages.sort("currency").to_dicts()]
        letter = composed(
            customer=by_id[customer],
            recipient=recipients[customer],
            sender=sender,
            language=spoken,
            wordings=wordings,
            wording="statement",
            day=day,
            values={"balance": spoken.listed(balances), "count": items.height},
            tables=tuple(tables),
            ageing=ageing_tables(ages, spoken),
        )
        if not tables:
            letter = dataclasses.replace(letter, before=(*letter.before, spoken.words["nothing_open"]))
        letters.append(letter)
    return letters


def _table(items: pl.DataFrame, ages: dict[str, Any], language: Language) -> LetterTable:
    words, currency = language.words, ages["currency"]
    headings = (
        words["document"],
        words["kind"],
        words["document_date"],
        words["due_date"],
        words["days_past_due"],
        f"{words['amount']} ({currency})",
        f"{words['open_amount']} ({currency})",
    )
    rows = [
        (
            clean(item["document_id"]),
            words.get(item["kind"], clean(item["kind"])),
            language.short_day(item["document_date"]),
            language.short_day(item["due_date"]),
            str(item["days_past_due"]) if item["days_past_due"] > 0 and item["open"] > 0 else "",
            language.number(item["amount"], currency),
            language.number(item["open"], currency),
        )
        for item in items.iter_rows(named=True)
    ]
    total, cash, balance = int(items["open"].sum()), ages["unapplied_cash"], ages["net_balance"]
    sums = [(words["total"], total)]
    if cash:
        sums.append((words["unapplied_cash"], -cash))
    sums.append((words["balance"], balance))
    return LetterTable(
        title="",
        headings=headings,
        rows=tuple(rows),
        numeric=(4, 5, 6),
        sums=tuple((label, language.money(amount, currency)) for label, amount in sums),
        widths=(0.19, 0.14, 0.135, 0.135, 0.12, 0.14, 0.14),
    )
