"""Document numbers in one cell of a payment, several or beside words: told apart, the payment shared among them.

``FA001090 / FA001091`` names two invoices that one payment pays. Where the payment is the sum of what is open of them
(credit notes taken off), each is closed in full. Otherwise credit notes named beside invoices are used up, and the
money goes to the invoice that falls due first, then to the next; what is left over is cash on account. A payment taken
back empties the invoice that falls due last first. A payment without instruction settles the oldest debt: that is the
convention of most accounting systems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from credrisk.sources.mapping_instalments import NAMED, amount_of, units_of
from credrisk.sources.mapping_values import read_date

__all__ = ["has_digits", "share_among_named", "told_apart"]

_NEARLY_ALL = 0.9


@dataclass(frozen=True)
class _Open:
    """A document that is named beside others: what it is worth, and what is left of it."""

    number: str
    worth: int
    left: int


def told_apart(texts: pl.Series, marks: Sequence[str], numbers: pl.Series) -> pl.DataFrame:
    """Return ``row, text, number`` of the cells that name several documents, a row for each document.

    A cell counts where it is no number itself and each of its parts is one, zeros in front aside; any other is not
    taken apart, so that a number that is not there is set aside with its cell. Where nearly all numbers hold a digit,
    parts without one (``Rg. RE-4``) are words and passed over; a cell may then name a single document.

    Parameters
    ----------
    marks
        What may stand between two numbers; blanks around it count for nothing.
    numbers
        The numbers of the documents.
    """
    bare = pl.col("number").str.strip_chars_start("0")
    known = numbers.drop_nulls().unique().to_frame("number").with_columns(bare=bare)
    known = known.filter(pl.len().over("bare") == 1)
    mark = "|".join(re.escape(one) for one in sorted(marks, key=lambda one: (-len(one), one)))
    cells = texts.to_frame("text").with_row_index("row").drop_nulls()
    whole = pl.col("text").str.strip_chars_start("0")
    cells = cells.filter(~pl.col("text").is_in(known["number"].implode()) & ~whole.is_in(known["bare"].implode()))
    parts = cells.with_columns(part=pl.col("text").str.replace_all(mark, "\0").str.split("\0")).explode("part")
    parts = parts.with_columns(pl.col("part").str.strip_chars()).filter(pl.col("part") != "")
    parts = parts.with_columns(bare=pl.col("part").str.strip_chars_start("0")).unique(["row", "bare"])
    found = parts.join(known, on="bare", how="left")
    word = pl.col("number").is_null() & ~pl.col("part").str.contains(r"\d") & has_digits(numbers)
    found = found.with_columns(worded=word.any().over("row")).filter(~word)
    named = ((pl.len() > 1) | pl.col("worded").any()) & pl.col("number").is_not_null().all()
    return found.filter(named.over("row")).select("row", "text", "number").sort("row", "number")


def has_digits(numbers: pl.Series) -> bool:
    """Tell whether nearly all numbers of documents hold a digit, so that a word without one is none."""
    there = numbers.drop_nulls().unique()
    return there.len() > 0 and int(there.str.contains(r"\d").sum()) >= _NEARLY_ALL * there.len()


def share_among_named(
    tables: Mapping[str, pl.DataFrame], marks: Mapping[str, Sequence[str]]
) -> dict[str, pl.DataFrame]:
    """Return the tables with a row for each document that a payment or clearing names beside others.

    Parameters
    ----------
    tables
        ``documents`` (``document_id, amount, due_date``) and what is paid (:data:`NAMED`), as a mapping makes them.
        Rows whose day or amount cannot be read, or that name documents of several currencies, stay as they are, and
        the ledger sets them aside.
    marks
        By table, what may stand between two numbers.
    """
    if not marks or "documents" not in tables:
        return dict(tables)
    documents = _documents(tables["documents"])
    named, found = [], []
    for table in (name for name, (number, _) in NAMED.items() if name in tables and number in tables[name].columns):
        number, on = NAMED[table]
        frame = tables[table].with_row_index("row")
        own = pl.col("payment_id").cast(pl.String) if "payment_id" in frame.columns else pl.lit("")
        named.append(
            frame.select(
                pl.lit(table).alias("table"),
                "row",
                own=own.fill_null(""),
                text=pl.col(number).cast(pl.String),
                day=read_date(pl.col(on).cast(pl.String), ()),
                units=units_of(pl.col("amount")),
            )
        )
        if table in marks:
            parts = told_apart(named[-1]["text"], marks[table], documents["number"])
            found.append(parts.select(pl.lit(table).alias("table"), "row", "number"))
    several = pl.concat(found).join(documents.select("number", "currency"), on="number")
    several = several.filter(pl.col("currency").n_unique().over("table", "row") == 1)
    paid = pl.concat(named).filter(pl.col("day").is_not_null() & pl.col("units").is_not_null())
    several = several.join(paid.select("table", "row"), on=["table", "row"], how="semi")
    if several.is_empty():
        return dict(tables)
    shares = _shares(paid, several, documents)
    return {
        name: _given(frame, part, name, documents) if not (part := shares.filter(table=name)).is_empty() else frame
        for name, frame in tables.items()
    }


def _documents(documents: pl.DataFrame) -> pl.DataFrame:
    """Return ``number, worth, due, currency, customer`` of the documents, rows of one number together, in order."""
    texts = {name: pl.col(name) if name in documents.columns else pl.lit(None) for name in ("due_date", "currency")}
    return (
        documents.select(
            number=pl.col("document_id").cast(pl.String),
            worth=units_of(pl.col("amount")),
            due=read_date(texts["due_date"].cast(pl.String), ()),
            currency=texts["currency"].cast(pl.String).fill_null(""),
            customer=pl.col("customer_id").cast(pl.String),
        )
        .drop_nulls(["number", "worth"])
        .group_by("number")
        .agg(pl.col("worth").sum(), pl.col("due").min(), pl.col("currency").min(), pl.col("customer").min())
        .sort("due", "number", nulls_last=True)
        .with_row_index("place")
    )


def _shares(paid: pl.DataFrame, several: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Return ``table, row, number, units`` of the rows that name several documents; without a number: left over.

    One payment after the other, for what each finds open depends on those before it; only payments of documents that
    are named beside others are looked at.
    """
    lists = several.join(documents.select("number", "place"), on="number").sort("place")
    lists = lists.group_by("table", "row").agg(numbers="number")
    concerned = documents.join(several, on="number", how="semi")
    left = dict(concerned.select("number", "worth").iter_rows())
    worth = dict(left)
    events = paid.join(lists, on=["table", "row"], how="left")
    events = events.filter(pl.col("numbers").is_not_null() | pl.col("text").is_in(concerned["number"].implode()))
    events = events.sort("day", pl.col("units") < 0, "table", "text", "own", "units")
    made: list[tuple[str, int, str | None, int]] = []
    for event in events.iter_rows(named=True):
        if event["numbers"] is None:
            left[event["text"]] -= event["units"]
            continue
        if len(event["numbers"]) == 1:  # beside words; it has all of the money, as a cell of the number alone
            made.append((event["table"], event["row"], event["numbers"][0], event["units"]))
            left[event["numbers"][0]] -= event["units"]
            continue
        there = [_Open(number, worth[number], left[number]) for number in event["numbers"]]
        rest = event["units"]
        for number, share in _divided(there, event["units"]):
            made.append((event["table"], event["row"], number, share))
            left[number] -= share
            rest -= share
        if rest or not event["units"]:
            made.append((event["table"], event["row"], None, rest))
    schema = {"table": pl.String, "row": pl.UInt32, "number": pl.String, "units": pl.Int64}
    return pl.DataFrame(made, schema=schema, orient="row")


def _divided(named: Sequence[_Open], units: int) -> Iterator[tuple[str, int]]:
    """Give each document its part of a payment; those named stand in the order in which they fall due."""
    if units < 0 and units != sum(one.left for one in named):
        for one in reversed(named):
            back = max(units, min(0, one.left - one.worth))
            if back and one.worth > 0:
                yield one.number, back
                units -= back
        return
    notes = [one for one in named if one.left < 0 and one.worth < 0]
    yield from ((one.number, one.left) for one in notes)
    units -= sum(one.left for one in notes)
    for one in named:
        share = min(one.left, units)
        if share > 0:
            yield one.number, share
            units -= share


def _given(frame: pl.DataFrame, shares: pl.DataFrame, table: str, documents: pl.DataFrame) -> pl.DataFrame:
    """Put the shares of each divided row in its place; what is left over is cash on account, of a clearing nothing."""
    if shares.is_empty():
        return frame
    number, _ = NAMED[table]
    owners = shares.join(documents.select("number", "customer"), on="number", how="left")
    owners = owners.group_by("row").agg(pl.col("customer").drop_nulls().min())
    rows = frame.with_row_index("row").with_columns(pl.col(number).cast(pl.String))
    rows = rows.join(shares.drop("table").with_columns(shared=True), on="row", how="left")
    divided, over = pl.col("shared").is_not_null(), pl.col("shared").is_not_null() & pl.col("number").is_null()
    amount = amount_of(pl.col("units"), frame.schema["amount"])
    rows = rows.with_columns(amount=pl.when(divided).then(amount).otherwise("amount"))
    if table != "payments":
        return rows.with_columns(pl.coalesce("number", number).alias(number)).select(frame.columns)
    rows = rows.join(owners, on="row", how="left").with_columns(
        pl.when(over).then(None).otherwise(pl.coalesce("number", number)).alias(number)
    )
    given = pl.col("customer_id").cast(pl.String) if "customer_id" in frame.columns else pl.lit(None, pl.String)
    owner = pl.when(over).then(pl.coalesce(given, "customer")).otherwise(given)
    return rows.with_columns(customer_id=owner).select(*frame.columns, *{"customer_id"} - set(frame.columns))
