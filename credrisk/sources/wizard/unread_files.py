"""Files of which no header tells what a row is: asked where they hold money, so that none is left out unseen.

So is a file that would pass as a list of customers though its rows name documents, or several rows each customer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.sources.wizard.amounts_by_arithmetic import money_columns
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Question
from credrisk.sources.wizard.roles import DATES, MONEY
from credrisk.sources.wizard.understood import ABOUT, Understood
from credrisk.sources.wizard.words import SURE_FROM, role_scores
from credrisk.wording import counted

__all__ = ["ROWS", "ask_unread", "no_documents", "why_unread"]

ROWS = (
    ("documents", "one row is an invoice or other open item"),
    ("payments", "one row is a payment, or what was applied of one"),
    ("journal", "invoices and payments, told apart by a type"),
    ("credit_notes", "one row is a credit note"),
    ("customers", "one row is an account"),
    ("nothing", "it is not needed"),
)
"""What a file may be about, in words."""


def no_documents(files: Sequence[Understood]) -> Question:
    """Ask what the first file is, where none holds documents."""
    names = {one.key: ", ".join(one.contents) for one in files}
    return Question(
        f"about.{files[0].key}",
        "No file could be told to hold invoices: an amount and a date in columns with known names are needed. What is "
        f"{files[0].key}?",
        "; ".join(f"{key} has {columns}" for key, columns in names.items()),
        ROWS,
    )


def ask_unread(understood: Understood, files: Sequence[Understood], answers: Mapping[str, str]) -> Question | None:
    """Ask what a file is that holds amounts and dates and would not be read; None where nothing would be lost.

    Parameters
    ----------
    files
        All files of the export, for the numbers of the documents.
    """
    if f"about.{understood.key}" in answers:
        return None
    if understood.about == "customers":
        return _no_mere_customers(understood, files)
    if understood.about != "nothing":
        return None
    dated = any(
        one.kind == "date" or max(role_scores(name).get(thing, 0.0) for thing in DATES) >= SURE_FROM
        for name, one in understood.contents.items()
    )
    sums = _sums(understood)
    if not dated or not sums:
        return None
    return Question(
        f"about.{understood.key}",
        f"What is {understood.key}? Its headers do not tell what a row is; unread, its money is missing.",
        f"It holds amounts in {counted(int(understood.own.sum()), 'row')}: {sums}. What a column is may be said too: "
        f"--answer {understood.key}.THING=COLUMN.",
        ROWS,
    )


def _no_mere_customers(understood: Understood, files: Sequence[Understood]) -> Question | None:
    """Ask what a file is that names customers and holds amounts, where more tells that these are of documents."""
    sums, why = _sums(understood, decimals=True), _of_documents(understood, files)
    if not sums or not why:
        return None
    return Question(
        f"about.{understood.key}",
        f"What is {understood.key}? As a list of customers its money would be missing.",
        f"{why} It holds amounts in {counted(int(understood.own.sum()), 'row')}: {sums}. What a column is may be said "
        f"too: --answer {understood.key}.THING=COLUMN.",
        ROWS,
    )


def _of_documents(understood: Understood, files: Sequence[Understood]) -> str:
    """Say what tells that the rows of a file are no accounts; nothing where nothing does."""
    documents = [one for one in files if one.about in ("documents", "journal") and one.has("document_id")]
    numbers = [id_texts(one.contents[one.column("document_id")]) for one in documents]
    owners = {understood.column(thing) for thing in ("customer_id", "name") if understood.has(thing)}
    for one in understood.contents.values():
        told = numbers and one.name not in owners and one.kind in ("text", "number") and one.tells_apart
        if told and overlap(one, pl.concat(numbers)) >= SHARED_FROM:
            return f"{one.name} holds numbers of documents."
    owner = understood.contents[understood.column("customer_id")].texts.filter(understood.own).drop_nulls()
    dates = [one.name for one in understood.contents.values() if one.kind == "date"]
    if dates and 2 * owner.n_unique() <= owner.len():
        return f"Most customers stand in several rows, each with a date ({', '.join(dates)})."
    return ""


def why_unread(understood: Understood, answers: Mapping[str, str]) -> str:
    """Say why a file is not read."""
    if understood.about != "nothing" or f"about.{understood.key}" in answers:
        return f"nothing in it is needed ({understood.about})"
    sums = _sums(understood)
    if not sums:
        return "no column of an amount and a date, nor of customers, was recognised"
    return (
        f"its headers do not tell what a row is, and it holds amounts: {sums}. If it is needed: --answer "
        f"about.{understood.key}=documents (or {', '.join(ABOUT[1:-1])})"
    )


def _sums(understood: Understood, *, decimals: bool = False) -> str:
    """Return the columns of a file that hold amounts, each with its sum; whole numbers only where all are whole.

    With ``decimals`` only what has them or is named like money: numbers of documents are whole.
    """
    money = money_columns(understood.contents, understood.roles)
    named = {understood.column(thing) for thing in MONEY if understood.has(thing)}
    money = [one for one in money if one.has_decimals] or [one for one in money if not decimals or one.name in named]
    sums = [(one.name, one.number.filter(understood.own).sum()) for one in money if one.number is not None]
    return ", ".join(f"{name} ({total:,.2f})" for name, total in sums)
