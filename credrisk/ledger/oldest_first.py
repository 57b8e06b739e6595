"""What payments without an invoice settle where the ledger says so: the oldest debt of the customer first.

Many lists say who paid and not what for. Left on account such cash leaves every invoice open for ever; applied to the
oldest invoice first, as a statement of account does, ageing and days to pay are right but for what the customer meant.
It is a convention, so it holds only where the setting ``without_invoice`` is ``oldest_first``. Where payments and
invoices share a code (lettering, a matching number), that tells which belong together, and the order is that of their
days.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import polars as pl

from credrisk.ledger.ledger import empty_table
from credrisk.ledger.settling import BACK, CASH, CLOSED, CLOSING, DEBT, NOTE, RECEIPT, USED, Event, settled
from credrisk.ledger.simple import PAID

__all__ = ["CLOSES_OLDEST", "OLDEST_FIRST", "WITHOUT_INVOICE", "applied_by_code", "applied_oldest_first"]

OLDEST_FIRST = "oldest_first"
CLOSES_OLDEST = "closes_oldest"
"""The findings by which a ledger says that the rule was at work: on cash, and on write-offs that name nothing."""
WITHOUT_INVOICE = ("on_account", OLDEST_FIRST)
"""What the setting may say: the cash stays on account, or settles the oldest debt."""

_OWN = ["customer_id", "currency"]
_CODED = [*_OWN, "matched_by"]
_EVENT = ["seen", "what", "own", "number", "units"]


def applied_oldest_first(
    documents: pl.DataFrame, unnamed: pl.DataFrame, applications: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Return the applications that settle the oldest debt with cash and credit notes that name none.

    Parameters
    ----------
    documents
        As the contract has them, amounts in minor units.
    unnamed
        Lines that name no document: ``receipt_id, customer_id, currency, date, recorded_at, amount, kind``. Those with
        a code ``matched_by`` are kept for it (:func:`applied_by_code`), and so are credit notes with one. Another
        ``kind`` than payment is no money: it closes what is open on its day, and no more.
    applications
        What is applied already; it goes before.

    Returns
    -------
    polars.DataFrame
        The table ``applications``, of the kinds payment, credit_note and those of the lines, in the order of
        :func:`credrisk.ledger.settling.settled`. Each row is known on the day on which its document and cash are.
    """
    free = unnamed.filter(pl.col("matched_by").is_null()) if "matched_by" in unnamed.columns else unnamed
    notes = documents.filter(pl.col("matched_by").is_null()) if "matched_by" in documents.columns else documents
    return _applied(documents, notes, free, _done(applications), _OWN)


def applied_by_code(
    documents: pl.DataFrame, unnamed: pl.DataFrame, applications: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """Return the applications of payments and credit notes to the debts with which they share a code (lettering).

    Parameters
    ----------
    documents, unnamed
        As of :func:`applied_oldest_first`, with the code ``matched_by``.
    applications
        What is applied already; it goes before.
    """
    coded = documents.filter(pl.col("matched_by").is_not_null())
    cash = unnamed.filter(pl.col("matched_by").is_not_null())
    return _applied(coded, coded, cash, _done(applications), _CODED)


def _done(applications: Sequence[pl.DataFrame]) -> pl.DataFrame:
    columns = ("from_id", "from_kind", "to_document_id", "amount", "applied_on", "recorded_at")
    return pl.concat([frame.select(columns) for frame in applications], how="vertical_relaxed")


def _applied(
    documents: pl.DataFrame, notes: pl.DataFrame, unnamed: pl.DataFrame, done: pl.DataFrame, by: list[str]
) -> pl.DataFrame:
    """Return what is applied in each account (``by``) that has cash or credit notes of its own."""
    seen = pl.max_horizontal("document_date", "recorded_at")
    debts = documents.filter(pl.col("amount") > 0).select(
        *by, seen=seen, what=DEBT, own="document_date", number="document_id", units="amount"
    )
    credit = notes.filter(pl.col("amount") < 0).select(
        *by,
        seen=seen,
        what=CASH,
        own="document_date",
        number=pl.concat_str(pl.lit(NOTE), "document_id"),
        units=-pl.col("amount"),
    )
    cash = unnamed.filter(pl.col("amount") != 0).select(
        *by,
        seen=pl.max_horizontal("date", "recorded_at"),
        what=pl.when(pl.col("amount") > 0).then(CASH).otherwise(BACK),
        own="date",
        number=pl.when(pl.col("kind") == PAID)
        .then(pl.concat_str(pl.lit(RECEIPT), "receipt_id"))
        .otherwise(pl.concat_str(pl.lit(CLOSING), "kind", pl.lit(":"), "receipt_id")),
        units=pl.col("amount").abs(),
    )
    sources = pl.concat([credit, cash], how="vertical_relaxed")
    debts = debts.join(sources, on=by, how="semi")
    known = pl.max_horizontal("applied_on", "recorded_at", "first")
    closed = done.join(debts.select(*by, "number", first="seen"), left_on="to_document_id", right_on="number").select(
        *by, seen=known, what=CLOSED, own="applied_on", number="to_document_id", units="amount"
    )
    used = done.filter(from_kind="document").with_columns(number=pl.concat_str(pl.lit(NOTE), "from_id"))
    used = used.join(credit.select(*by, "number", first="seen"), on="number").select(
        *by, seen=known, what=USED, own="applied_on", number="number", units="amount"
    )
    events = pl.concat([debts, sources, closed, used], how="vertical_relaxed").select(*by, *_EVENT)
    width = len(by)
    made = [
        (*applied, account[1])
        for account, rows in groupby(events.sort(*by, *_EVENT).iter_rows(), key=lambda row: row[:width])
        for applied in settled(Event(*row[width:]) for row in rows)
    ]
    return _table(made)


def _table(made: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    shape = empty_table("applications").schema
    names = ("from_id", "to_document_id", "amount", "applied_on", "recorded_at", "currency")
    frame = pl.DataFrame(made, schema={name: shape[name] for name in names}, orient="row")
    each = [name for name in names if name != "amount"]
    frame = frame.group_by(each).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).sort(each)
    note, closing = (pl.col("from_id").str.starts_with(prefix) for prefix in (NOTE, CLOSING))
    number = pl.col("from_id").str.replace(rf"^(?:{NOTE}|{RECEIPT})", "")
    kind = pl.col("from_id").str.extract(rf"^{CLOSING}([a-z_]+):")
    return frame.with_columns(
        from_id=pl.when(~closing).then(number),
        kind=pl.when(note).then(pl.lit("credit_note")).otherwise(kind.fill_null(PAID)),
        from_kind=pl.when(closing)
        .then(pl.lit("none"))
        .when(note)
        .then(pl.lit("document"))
        .otherwise(pl.lit("receipt")),
    )
