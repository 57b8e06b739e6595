"""Documents that a status calls paid or credited, and of which the list itself leaves something open: what closed it?

A discount taken, a credit note, or nothing. It is asked by status, with the money; where all are short by a like small
share of the amount, that is the discount for early payment. Until somebody answers the rest stays open, and it is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.mapping_left_open import LEFT_OPEN
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credits_found import credits_found, credits_used, set_off_tables
from credrisk.sources.wizard.document_kinds import LEAVE_OUT, numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.statuses import CREDIT_NOTE, DISCOUNT, KEEP, WRITE_OFF, status_columns
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks, plain
from credrisk.wording import counted

__all__ = ["paid_short_tables", "refuse_unfollowed_rests"]

_CENT = 0.005
_ROUNDED = 0.011
"""A discount is rounded to the cent, and some round down."""
_FEWEST_ALIKE = 2
"""One alone is like itself."""
_MOST_DISCOUNT = 0.05
"""Discounts for early payment are at most so large a share of the amount."""


@dataclass(frozen=True)
class _Short:
    """The documents of a status of which something is left, and how much; ``dated`` those that were paid in part."""

    status: Content
    value: str
    rows: pl.Series
    left: pl.Series
    dated: pl.Series

    def without(self, closed: pl.Series) -> _Short:
        """Return what is left where some of them are closed."""
        return replace(self, rows=self.rows & ~closed, dated=self.dated & ~closed)

    def held(self, rows: pl.Series) -> str:
        """Say how many of them there are, and how much is left of them."""
        money = self.left.filter(rows).sum()
        return f"{counted(int(rows.sum()), 'row')} of {self.status.name} {self.value!r}, {money:,.2f} in all"


def paid_short_tables(
    understood: Understood, made: Sequence[TableProposal], rows: pl.Series, answers: Mapping[str, str], notes: Notes
) -> list[TableProposal]:
    """Return what closes the rest of documents that a status calls paid or credited, and ask where nothing tells.

    So are credit notes set off that the text beside an invoice names.

    Parameters
    ----------
    made
        The documents of the file and what closes them already: write-offs, discounts, credit notes set off.
    rows
        Which rows are documents.
    """
    documents = next(one for one in made if one.table == "documents")
    left = _left(understood, made, rows)
    if documents.instalments or left is None or any(one.columns.get("kind") == _kind(DISCOUNT) for one in made):
        return []
    signed = signed_numbers(understood)
    open_ = rows & (left > _CENT) & ~understood.written_off & (pl.Series(signed) > 0).fill_null(False)
    used = credits_used(understood, made)
    named = credits_found(understood, open_, left, used)
    tables = set_off_tables(understood, documents, named, notes, how="as the text beside the invoice names them")
    left = left - _by_row(named, left.len())
    used = used | pl.Series(_marked(named["credit"], left.len()))
    for status in status_columns(understood)[:1]:
        for value, _ in status.counts:
            said = answers.get(f"status.{understood.key}.{value}", "")
            if plain(value) not in marks("says_settled") and said not in (DISCOUNT, CREDIT_NOTE):
                continue
            short = open_ & (left > _CENT) & (status.texts == value).fill_null(False)
            dated = short & understood.contents[understood.column("settled_on")].texts.is_not_null()
            if short.any() and said not in (KEEP, LEAVE_OUT, WRITE_OFF):
                found = _Short(status, value, short, left, dated)
                tables += _closed(understood, documents, found, said, used, notes)
    return tables


def refuse_unfollowed_rests(answers: Mapping[str, str], tables: Sequence[TableProposal]) -> None:
    """Refuse an answer that a discount or a credit note closed the rest, of a file in which none can be made so.

    Raises
    ------
    ParameterError
        With what is needed for it.
    """
    for name, said in answers.items():
        head, _, rest = name.partition(".")
        if head != "status" or said not in (DISCOUNT, CREDIT_NOTE):
            continue
        file = rest.partition(".")[0]
        if not any(one.file == file and one.columns.get("kind") == _kind(said) for one in tables):
            rule = (
                "of a list of documents with the amount and the day of the payment, in which that status leaves a rest"
            )
            raise ParameterError("answer", rule, f"{name}={said}")


def _kind(said: str) -> dict[str, str]:
    return {"constant": said}


def _marked(places: pl.Series, height: int) -> list[bool]:
    there = set(places.to_list())
    return [place in there for place in range(height)]


def _by_row(pairs: pl.DataFrame, height: int) -> pl.Series:
    """Return by row what the credit notes found take off it."""
    off = pairs.group_by("row").agg(pl.col("amount").sum())
    rows = pl.DataFrame({"row": pl.int_range(height, eager=True)}, schema={"row": pl.Int64})
    return rows.join(off, on="row", how="left", maintain_order="left")["amount"].fill_null(0.0)


def _left(understood: Understood, made: Sequence[TableProposal], rows: pl.Series) -> pl.Series | None:
    """Return what payments and credit notes that name it leave open of each document; None where nothing tells."""
    paid, settled, number = (understood.content(one) for one in ("paid_amount", "settled_on", "document_id"))
    signed = signed_numbers(understood)
    if not understood.has("amount") or signed is None or paid is None or settled is None or number is None:
        return None
    there = settled.texts.is_not_null()
    whole = there & paid.texts.is_null()  # a date without an amount: paid in full
    cash = pl.select(
        pl.when(whole).then(signed).when(there).then(numbers_or_nil(paid, rows)).otherwise(0.0)
    ).to_series()
    return signed.fill_null(0.0) - cash - _credited(understood, made, number, signed)


def _credited(understood: Understood, made: Sequence[TableProposal], number: Content, signed: pl.Series) -> pl.Series:
    """Return what credit notes that name their invoice take off each document."""
    taken = pl.Series([0.0] * signed.len())
    for one in made:
        if one.columns.get("kind") != _kind(CREDIT_NOTE):
            continue
        rows = understood.where(one.where)
        named = _named(understood, one.columns["to_document_id"]).filter(rows)
        sums = pl.DataFrame({"number": named, "off": -signed.filter(rows)}).drop_nulls().group_by("number").sum()
        texts = number.texts.cast(pl.String).to_frame("number")
        taken = taken + texts.join(sums, on="number", how="left", maintain_order="left")["off"].fill_null(0.0)
    return taken


def _named(understood: Understood, rule: Any) -> pl.Series:
    """Return the number of the invoice that a rule reads, without what makes it one beside others."""
    if isinstance(rule, str):
        return understood.contents[rule].texts
    column = rule["column"] if "column" in rule else rule["template"].split("{", 1)[1].split("}", 1)[0]
    texts = understood.contents[column].texts
    if "part_after" not in rule:
        return texts
    return texts.str.splitn(rule["part_after"], 2).struct.field("field_1").str.strip_chars()


def _closed(
    understood: Understood, documents: TableProposal, short: _Short, said: str, used: pl.Series, notes: Notes
) -> list[TableProposal]:
    """Return what closes the rest of the documents of a status, by the answer or a like share; ask, and tell it."""
    key = f"status.{understood.key}.{short.value}"
    tables = list[TableProposal]()
    if said == CREDIT_NOTE:
        pairs = credits_found(understood, short.rows, short.left, used, by_amount=True)
        if pairs.is_empty():
            raise ParameterError("answer", "another one: no open credit note is of an amount left", f"{key}={said}")
        tables += set_off_tables(understood, documents, pairs, notes, how="as they are of the very amount left")
        short = short.without(pl.Series(_marked(pairs["row"], short.rows.len())))
    may = short.dated.any() and isinstance(documents.columns["amount"], str)
    if said == DISCOUNT and not may:
        raise ParameterError("answer", "another one: no row of it has the day and the amount paid", f"{key}={said}")
    proposal = said or (DISCOUNT if may and _alike(understood, short) else KEEP)
    if not said:
        notes.questions.append(_question(understood, key, short, proposal, may=bool(may)))
    if proposal == DISCOUNT:
        tables.append(_discount(understood, documents, short))
        notes.unsure.append(
            f"{understood.key}: what is left of {short.held(short.dated)}, is closed as a discount on the day of the "
            f"payment; they are short by {_share(understood, short.dated, short.left)}. If it is none: --answer "
            f"{quote(f'{key}={KEEP}')}"
        )
        short = short.without(short.dated)
    if short.rows.any():
        ways = [f"{key}={way}" for way in ((DISCOUNT, CREDIT_NOTE) if may else (CREDIT_NOTE,))]
        notes.missing.append(
            f"{understood.key}: {short.held(short.rows)}, stay open, for nothing says what closed them. If it was a "
            f"discount, or a credit note of that amount: {' or '.join(f'--answer {quote(way)}' for way in ways)}"
        )
    return tables


def _alike(understood: Understood, short: _Short) -> bool:
    """Tell whether several were paid, and are short by one small share of their amounts, but for the cent."""
    if not short.rows.equals(short.dated) or int(short.rows.sum()) < _FEWEST_ALIKE:
        return False
    amount, left = (one.filter(short.rows) for one in (pl.Series(signed_numbers(understood)), short.left))
    share = float(left.sum()) / float(amount.sum())
    percent = round(200 * share) / 200
    near = [(left - amount * one).abs() <= _ROUNDED for one in (percent, round(share, 3))]
    return share <= _MOST_DISCOUNT + 1e-3 and any(bool(one.all()) for one in near)


def _share(understood: Understood, rows: pl.Series, left: pl.Series) -> str:
    shares = 100 * left.filter(rows) / pl.Series(signed_numbers(understood)).filter(rows)
    low, high = (f"{share:.1f}" for share in (shares.sort()[0], shares.sort()[-1]))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _discount(understood: Understood, documents: TableProposal, short: _Short) -> TableProposal:
    """Return how what is left of documents paid less than their amount is closed on the day of the payment."""
    paid, amount, number = (understood.column(one) for one in ("paid_amount", "amount", "document_id"))
    settled = understood.column("settled_on")
    where = (
        *(test for test in documents.where if test["column"] != settled),
        {"column": short.status.name, "equals": [short.value]},
        {"column": settled, "empty": False},
        {"column": paid, "less_than": amount},
    )
    others = understood.where(where) & ~short.dated  # a credit note closed their rest
    numbers = understood.contents[number].texts.filter(others).drop_nulls().unique().sort().to_list()
    tests = ({"column": number, "not_equals": numbers},) if numbers else ()
    columns = {
        "to_document_id": documents.columns["document_id"],
        "applied_on": understood.date("settled_on"),
        "amount": {"constant": LEFT_OPEN},
        "kind": _kind(DISCOUNT),
    }
    remarks = {"amount": "what the payment leaves"}
    return TableProposal("applications", understood.key, columns, (*where, *tests), remarks=remarks)


def _question(understood: Understood, key: str, short: _Short, proposal: str, *, may: bool) -> Question:
    name, value = short.status.name, short.value
    discount = ((DISCOUNT, "a discount taken: closed on the day of the payment"),) if may else ()
    return Question(
        key,
        f"What closed the rest of the rows with {name} {value!r} in {understood.key}?",
        f"{short.held(short.rows)}, are left open by what was paid of them, short by "
        f"{_share(understood, short.rows, short.left)} of their amounts.",
        (
            *discount,
            (CREDIT_NOTE, "a credit note: set off against an open one of the customer, of the very amount"),
            (KEEP, "nothing: it is still owed"),
            (WRITE_OFF, "it was written off"),
            (LEAVE_OUT, "void: no receivable, and what was paid on them is left out with them"),
        ),
        proposal=proposal,
    )
