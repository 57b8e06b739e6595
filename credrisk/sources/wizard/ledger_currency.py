"""In which currency the ledger is: the most frequent of the documents, what stands beside the amounts, or asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import MONEY
from credrisk.sources.wizard.understood import Understood

__all__ = ["ledger_currency"]


def ledger_currency(files: Sequence[Understood], answers: Mapping[str, str], notes: Notes) -> str:
    """Return the ledger's currency: the most frequent of the documents, else the one that stands beside the amounts."""
    columns = [content for one in files if (content := one.content("currency")) is not None]
    given = answers.get("currency", "").upper()
    codes = [text.str.to_uppercase() for one in columns if (text := one.texts.drop_nulls()).len()]
    if codes:
        counted = pl.concat(codes).value_counts(sort=True).rows()
        if len(counted) > 1:
            others = ", ".join(f"{code} ({rows:,} rows)" for code, rows in counted[1:])
            notes.missing.append(
                f"rates: besides {counted[0][0]} there are {others}. Balances over all currencies, limits and scores "
                "need a rate for each: add [[rates]] to the mapping"
            )
        empty = sum(
            int((content.texts.is_null() & _whose(one)).sum()) for one in files if (content := one.content("currency"))
        )
        if empty:
            notes.unsure.append(f"{empty:,} rows name no currency; they take the customer's, else {counted[0][0]}")
        return given or str(counted[0][0])
    if given:
        return given
    money = [content for one in files for role in MONEY if (content := one.content(role)) is not None]
    said = {code for content in money for code in content.said if code in EXPONENTS}
    said |= {word for one in files for name in one.contents for word in _codes_in(name)}
    if len(said) == 1:
        code = said.pop()
        notes.unsure.append(f"all amounts are taken to be in {code}, which stands beside some of them")
        return code
    dollars = not said and _in_dollars(money)
    if dollars:
        notes.unsure.append(
            "'$' stands beside the amounts; they are taken to be in USD. If not: --answer currency=CODE"
        )
    notes.questions.append(
        Question(
            "currency",
            "In which currency are the amounts?",
            "'$' stands beside the amounts." if dollars else _no_currency(files, said),
            free="a code of ISO 4217 such as EUR or USD",
            proposal="USD" if dollars else "",
        )
    )
    return "USD" if dollars else ""


def _whose(understood: Understood) -> pl.Series:
    """Tell the rows that name a customer, where a column does: a line of totals names none."""
    owner = understood.content("customer_id") or understood.content("name")
    return understood.own if owner is None else understood.own & owner.texts.is_not_null()


def _in_dollars(money: Sequence[Content]) -> bool:
    texts = [one.texts.drop_nulls() for one in money if one.kind == "number" and one.filled]
    return bool(texts) and all(bool(text.str.contains("$", literal=True).all()) for text in texts)


def _no_currency(files: Sequence[Understood], said: set[str]) -> str:
    codes = [
        f"{one.key}.currency={content.name}" for one in files for content in one.of_kind("text") if content.is_currency
    ]
    if codes:
        return f"Several columns hold currency codes; name the one of the amounts: --answer {' or '.join(codes)}."
    return "No column names a currency" + (f"; {', '.join(sorted(said))} are mentioned." if said else ".")


def _codes_in(header: str) -> set[str]:
    marks = {"€": "EUR", "£": "GBP"}
    words = "".join(letter if letter.isalnum() else " " for letter in header).split()
    return {word for word in words if word in EXPONENTS and word.isupper()} | {
        code for mark, code in marks.items() if mark in header
    }
