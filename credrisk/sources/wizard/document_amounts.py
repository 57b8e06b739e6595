"""Which column is the amount of a document: the whole amount, two sides, a column of signs, or what is left open."""

from __future__ import annotations

from typing import Any

import polars as pl

from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.settlements import (
    is_balance_of_documents,
)
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks, plain

__all__ = ["owed_as_left", "signed_amount"]


def signed_amount(
    understood: Understood, rows: pl.Series, notes: Notes, remarks: dict[str, str], *, received: bool = False
) -> Any:
    """Return the rule of the amount; of what was ``received`` the other side of debit and credit is positive."""
    if understood.two_sided:
        plus, minus = (understood.column(side) for side in (("credit", "debit") if received else ("debit", "credit")))
        return _of_two_sides(understood, plus, minus, rows, notes)
    if received:
        role = understood.first_of("paid_amount", "amount") or understood.first_of("open_amount")
    else:
        role = next((role for role in ("amount", "open_amount", "net_amount") if understood.has(role)), "")
    if not role:
        notes.questions.append(
            Question(
                f"{understood.key}.amount",
                f"Which column of {understood.key} is the amount?",
                choices=tuple((one.name, one.examples) for one in understood.of_kind("number")),
            )
        )
        return ""
    column = understood.column(role)
    if role == "open_amount":
        _judge_open_amount(understood, rows, notes, remarks)
    if role == "net_amount":
        notes.unsure.append(f"{understood.key}: {column} is without tax; balances are too low by the tax")
    if (sign := understood.content("sign")) is not None:
        side = marks("debit_side" if received else "credit_side")
        negative = [value for value, _ in sign.counts if (plain(value) or value) in side]
        if negative:
            return {"column": column, "negative_where": {"column": sign.name, "equals": negative}}
    return column


def _of_two_sides(understood: Understood, plus: str, minus: str, rows: pl.Series, notes: Notes) -> dict[str, Any]:
    """Return the amount of two columns; where one has cells of both signs, a minus takes back what the side adds."""
    nothing = pl.Series([0.0] * rows.len())
    sides = [understood.contents[name].number for name in (plus, minus)]
    added, less = (nothing if side is None else side.fill_null(0) for side in sides)
    both = int(((added != 0) & (less != 0) & rows).sum())
    if both:
        notes.unsure.append(
            f"{understood.key}: {both:,} rows have both {plus} and {minus} and will be set aside. Split them in two, "
            "or leave one side empty"
        )
    taken_back = {"column": minus, "empty": False}
    negative = int(((less < 0) & rows).sum())
    if not negative or not ((less > 0) & rows).any():
        return {"column": [plus, minus], "negative_where": taken_back}
    notes.unsure.append(f"{understood.key}: {negative:,} negative cells of {minus} take back what that side says")
    return {"column": [plus, minus], "turn_where": taken_back}


def owed_as_left(understood: Understood, rows: pl.Series, notes: Notes, remarks: dict[str, str]) -> bool:
    """Tell whether the documents are open items of which what is left is stated: that is owed, not the whole amount."""
    if not understood.has("open_amount", "amount") or not is_balance_of_documents(understood, rows):
        return False
    names = {role: understood.column(role) for role in ("amount", "open_amount")}
    numbers = {role: understood.contents[name].number for role, name in names.items()}
    sums = {role: 0.0 if one is None else one.filter(rows).sum() for role, one in numbers.items()}
    if not sums["open_amount"]:
        return False
    notes.unsure.append(
        f"{understood.key}: a list of open items, for nothing says when anything was paid; {names['open_amount']} "
        f"({sums['open_amount']:,.2f}) is taken as what is owed, not {names['amount']} ({sums['amount']:,.2f}). What "
        f"was paid in part before is lost. To take {names['amount']}: --answer {understood.key}.open_amount="
    )
    remarks["amount"] = f"what is open today; {names['amount']} is the whole amount"
    return True


def _judge_open_amount(understood: Understood, rows: pl.Series, notes: Notes, remarks: dict[str, str]) -> None:
    """Say whether the only amount is a balance of today: then what was paid before is lost."""
    content = understood.contents[understood.column("open_amount")]
    settled = understood.content("settled_on")
    numbers = content.number if content.number is not None else pl.Series([0.0] * rows.len())
    paid = settled.texts.is_not_null() & rows if settled is not None else pl.Series([False] * rows.len())
    filled = int((numbers.filter(paid) != 0).sum())
    if filled:
        notes.sure.append(
            f"{understood.key}: {content.name} is the amount of the document: {filled:,} of {int(paid.sum()):,} "
            "settled rows have one, so it is no balance of today"
        )
        remarks["amount"] = "not a balance of today: settled rows have it too"
        return
    notes.unsure.append(
        f"{understood.key}: {content.name} is the only amount; if it is today's balance, what was paid in part is lost"
    )
    remarks["amount"] = "if this is today's balance, what was paid in part before is lost"
