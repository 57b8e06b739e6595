"""What the export leaves open is filled by declared rules: currency, kind, sign, date of entry, source of cash."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.parse_amounts import read_numbers
from credrisk.ledger.working import GOOD, REASON, Working

__all__ = [
    "NUMERIC_ATTRIBUTES",
    "assume_recorded_at",
    "fill_application_sources",
    "fill_currency",
    "fill_document_kinds",
    "fill_due_dates",
    "read_attribute_numbers",
]

NUMERIC_ATTRIBUTES = ("credit_limit", "terms_days", "margin_rate")
"""Attributes of the customer history whose value is a number in major units."""

DEBITS = ("invoice", "debit_note", "late_fee", "down_payment")
_PLAIN_NUMBER = r"^-?\d+(?:\.\d+)?$"
_WHOLE_NUMBER = r"^-?\d+$"


def fill_currency(
    working: Working, inherited: Sequence[tuple[str, pl.DataFrame]], ledger_currency: str, findings: list[Finding]
) -> None:
    """Fill the currency of each row: its own, else that of what it refers to, else the ledger's.

    A code that ISO 4217 does not know is ``unknown_currency``. Where the currency must be the document's and the row
    says another, it is ``other_currency``.

    Parameters
    ----------
    inherited
        Columns that refer to rows with a currency, the first in charge first, each with the ``id`` and ``currency``
        of those rows.
    """
    own, derived = pl.col("currency"), working.table.column("currency").derived
    unknown = own.is_not_null() & ~own.is_in(list(EXPONENTS))
    working.set_aside(pl.when(unknown).then(pl.lit("unknown_currency")), "currency")
    empty = working.frame["currency"].null_count()
    if not empty and not derived:
        return
    theirs = [_looked_up(working.frame[by], rows) for by, rows in inherited]
    if derived and theirs:
        working.set_aside(pl.when(own != pl.lit(theirs[0])).then(pl.lit("other_currency")), "currency")
    filled = pl.coalesce(own, *map(pl.lit, theirs), pl.lit(ledger_currency))
    working.frame = working.frame.with_columns(filled.alias("currency"))
    if empty and not derived:
        findings.append(
            Finding(
                "note",
                working.name,
                "assumed_currency",
                f"rows without a currency were taken to be in the customer's, else the ledger's ({ledger_currency}).",
                empty,
            )
        )


def _looked_up(references: pl.Series, rows: pl.DataFrame) -> pl.Series:
    pairs = rows.drop_nulls().unique().filter(pl.col("id").is_unique()).rename({"currency": "theirs"})
    used = references.to_frame("id").join(pairs, on="id", how="left", maintain_order="left")
    return used["theirs"]


def fill_document_kinds(working: Working, findings: list[Finding]) -> None:
    """Fill kinds and make signs those of the ledger: credit notes negative, every other document positive.

    The rules, each over the whole column and each reported:

    1. an empty kind is an invoice, or a credit note where the amount is negative;
    2. if every debit document is negative and no credit note is, the export shows all signs the other way round, and
       they are turned;
    3. if every credit note is positive, they are turned; if only some are, these are ``contradicting_sign``;
    4. a negative debit document beside positive ones is a credit note.

    Where every document is negative, and not each is stated to be a credit note, nothing proves which sign an invoice
    has: the rules apply, and an error asks for the sign.
    """
    amount, kind = pl.col("amount"), pl.col("kind")
    _ask_for_sign(working, findings)
    if working.frame["kind"].null_count():
        empty = working.frame.filter(kind.is_null())
        findings.append(
            working.finding("assumed_kind", "documents without a kind are invoices, credit notes if negative.", empty)
        )
        filled = pl.when(kind.is_null()).then(
            pl.when(amount < 0).then(pl.lit("credit_note")).otherwise(pl.lit("invoice"))
        )
        working.frame = working.frame.with_columns(filled.otherwise(kind).alias("kind"))
    debit, credit = kind.is_in(DEBITS) & (amount != 0), (kind == "credit_note") & (amount != 0)
    signs = working.frame.select(
        negative_debits=(debit & (amount < 0)).sum(),
        positive_debits=(debit & (amount > 0)).sum(),
        credits=credit.sum(),
        negative_credits=(credit & (amount < 0)).sum(),
    ).row(0, named=True)
    if signs["negative_debits"] and not signs["positive_debits"] and not signs["negative_credits"]:
        _turn(working, debit | credit, "signs_turned", "all signs were the other way round and were turned", findings)
        return
    if signs["credits"] and not signs["negative_credits"]:
        _turn(working, credit, "credit_notes_turned", "all credit notes were positive and were turned", findings)
    else:
        working.set_aside(pl.when(credit & (amount > 0)).then(pl.lit("contradicting_sign")), "amount")
    if not signs["negative_debits"]:
        return
    turned = working.frame.filter(debit & (amount < 0) & GOOD)
    if turned.height:
        findings.append(
            working.finding(
                "negative_debits",
                "invoices and other debit documents with a negative amount are credit notes.",
                turned,
                severity="warning",
                remedy="look at them: a cancelled invoice is a credit note, a typing error is not.",
            )
        )
    working.frame = working.frame.with_columns(
        pl.when(debit & (amount < 0)).then(pl.lit("credit_note")).otherwise(kind).alias("kind")
    )


def fill_due_dates(working: Working, findings: list[Finding]) -> None:
    """Let a credit note without a due date be due on its own date; any other document without one is set aside.

    Most systems print none on a credit note, and open credits stand in no bucket of lateness.
    """
    empty = pl.col("due_date").is_null()
    notes = working.frame.filter(GOOD & empty & (pl.col("kind") == "credit_note"))
    if notes.height:
        findings.append(
            working.finding(
                "assumed_due_date", "credit notes without a due date are taken to be due on their own date.", notes
            )
        )
        own = pl.when(empty & (pl.col("kind") == "credit_note")).then("document_date").otherwise("due_date")
        working.frame = working.frame.with_columns(own.alias("due_date"))
    working.set_aside(pl.when(pl.col("due_date").is_null()).then(pl.lit("missing_value")), "due_date")


def _ask_for_sign(working: Working, findings: list[Finding]) -> None:
    amount, credit_note = pl.col("amount"), (pl.col("kind") == "credit_note").fill_null(False)
    some, positive, other = working.frame.select(
        (amount != 0).any(), b=(amount > 0).any(), c=((amount != 0) & ~credit_note).any()
    ).row(0)
    if not some or positive or not other:
        return
    rows = working.frame.filter(amount != 0)
    findings.append(
        working.finding(
            "all_negative",
            "every document is negative; nothing proves which sign an invoice has.",
            rows,
            severity="error",
            remedy="export invoices with positive and credit notes with negative amounts, or state each row's kind.",
        )
    )


def _turn(working: Working, which: pl.Expr, code: str, message: str, findings: list[Finding]) -> None:
    """Turn the amount of some rows, and their other money where it has the amount's sign."""
    findings.append(working.finding(code, f"{message}.", working.frame.filter(which), severity="warning"))
    working.frame = working.frame.with_columns(
        pl.when(which & (pl.col(name).sign() == pl.col("amount").sign()))
        .then(-pl.col(name))
        .otherwise(pl.col(name))
        .alias(name)
        for name in working.table.money
    )


def fill_application_sources(working: Working, receipts: pl.Series, documents: pl.Series) -> None:
    """Fill where each application comes from, and its kind.

    A ``from_id`` is looked for among receipts first, among documents first where the kind is ``credit_note``; an
    ``from_kind`` that was given decides where the id is in both. An empty kind is a payment (from a receipt) or a
    credit note (from a document); without a source the kind stays empty. An id found in neither has a null
    ``from_kind``.
    """
    source, kind, given = pl.col("from_id"), pl.col("kind"), pl.col("from_kind")
    in_receipts, in_documents = source.is_in(receipts.implode()), source.is_in(documents.implode())
    document_first = (given == "document") | (given.is_null() & (kind == "credit_note"))
    found = (
        pl.when(source.is_null())
        .then(pl.lit("none"))
        .when(in_documents & document_first.fill_null(False))
        .then(pl.lit("document"))
        .when(in_receipts)
        .then(pl.lit("receipt"))
        .when(in_documents)
        .then(pl.lit("document"))
    )
    working.frame = working.frame.with_columns(found.alias("from_kind"))
    usual = (
        pl.when(pl.col("from_kind") == "document")
        .then(pl.lit("credit_note"))
        .when(source.is_not_null())
        .then(pl.lit("payment"))
    )
    working.frame = working.frame.with_columns(pl.coalesce(kind, usual).alias("kind"))


def assume_recorded_at(working: Working, findings: list[Finding]) -> None:
    """Take the event date where the export does not say when a row was entered."""
    if working.table.known != "recorded_at":
        return
    empty = working.frame.select(REASON, "recorded_at", working.key).filter(pl.col("recorded_at").is_null() & GOOD)
    if empty.height:
        findings.append(
            working.finding(
                "assumed_recorded_at",
                f"rows without a date of entry are taken to have been entered on their {working.table.event}.",
                empty,
                remedy="export the date of entry; without it, what was entered late looks as if it had been known.",
            )
        )
    working.frame = working.frame.with_columns(pl.coalesce("recorded_at", working.table.event).alias("recorded_at"))


def read_attribute_numbers(working: Working, findings: list[Finding]) -> None:
    """Make plain numbers of the values of numeric attributes (``50,000`` becomes ``50000``); others stay text.

    The decimal mark is the one decided for them (:attr:`Working.decimal_comma`); where nothing decides it, values with
    a mark are ``ambiguous_number``.
    """
    numeric = pl.col("attribute").is_in(NUMERIC_ATTRIBUTES) & pl.col("value").is_not_null()
    plain = pl.col("value").str.contains(_WHOLE_NUMBER if working.decimal_comma else _PLAIN_NUMBER)
    if working.decimal_comma is None:
        either = numeric & pl.col("value").str.contains(r"[.,]")
        working.set_aside(pl.when(either).then(pl.lit("ambiguous_number")), "value")
    odd = numeric & ~plain & GOOD
    rows = working.frame.filter(odd)
    if not rows.is_empty():
        _make_plain(working, odd, rows, findings)
    _say_which_margins_are_none(working, findings)


def _make_plain(working: Working, odd: pl.Expr, rows: pl.DataFrame, findings: list[Finding]) -> None:
    read = read_numbers(working.frame["value"], decimal_comma=bool(working.decimal_comma))
    fault, number = pl.lit(read["fault"]), pl.lit(read["number"])
    other_mark = pl.when(fault == "other_decimal_mark").then(fault).otherwise(pl.lit("unreadable_number"))
    good = fault.is_null() & number.is_not_null()
    working.frame = working.frame.with_columns(pl.when(odd & good).then(number).otherwise("value").alias("value"))
    working.set_aside(pl.when(odd & ~good).then(other_mark), "value")
    findings.append(
        Finding(
            "note",
            working.name,
            "formatted",
            "values of numeric attributes were made plain numbers with a decimal point.",
            rows.height,
            few(rows["customer_id"]),
        )
    )


def _say_which_margins_are_none(working: Working, findings: list[Finding]) -> None:
    rate = pl.col("value").cast(pl.Float64, strict=False)
    rows = working.frame.filter((pl.col("attribute") == "margin_rate") & GOOD & ~rate.is_between(0, 1, closed="left"))
    if rows.is_empty():
        return
    findings.append(
        Finding(
            "warning",
            working.name,
            "margin_out_of_range",
            "a margin_rate is no share from 0 to below 1: below 0 it counts as 0, from 1 on it is not used.",
            rows.height,
            few(rows["customer_id"]),
            remedy="write 0.25 for 25 %.",
        )
    )
