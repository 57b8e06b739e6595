"""Instalments that share the number of their invoice: a document each, and payments of the number spread on them.

An export often has a row for each instalment under the invoice's own number, and payments that name that number. The
ledger wants a document for each due date. So the rows are numbered by due date (``4711/1``, ``4711/2``, ...), and what
is applied to ``4711`` goes to the instalment that falls due first, then to the next, in the order of the days on which
it was paid; what takes money back takes it from the last that was paid. This order is a convention, and that of most
accounting systems: a payment without instruction settles the oldest debt.

A dispute, a promise or a change of ``4711`` is of each of its instalments, unless it is made from the very row of the
export that is an instalment: then it is of that one.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.sources.mapping_values import read_date

__all__ = ["NAMED", "amount_of", "split_instalments", "units_of"]

NAMED = {"applications": ("to_document_id", "applied_on"), "payments": ("document_id", "date")}
"""Tables of what is paid, with the columns of the document's number and of the day."""
ABOUT = {"disputes": "dispute_id", "promises": "promise_id", "document_changes": None}
"""Other tables that name a document, with the id that each of their rows has for itself."""
SCALE = 10_000
"""Amounts are counted in ten-thousandths, so that no currency loses a part of its minor unit."""


def split_instalments(
    tables: Mapping[str, pl.DataFrame], lines: Mapping[str, pl.DataFrame] | None = None
) -> dict[str, pl.DataFrame]:
    """Return the tables with a document for each instalment and every payment on the one that it pays.

    Rows are instalments where they share number, customer and currency, all amounts are above 0, all due dates are
    known and different, and no other document has the new number. Everything else is returned as it came: the ledger
    sets aside what it cannot tell apart. Where an amount or a day of the payments of a number cannot be read, all
    of them stay on the shared number, and the ledger sets them aside for naming no document. So does a dispute or
    promise of the number with an amount, and a change of its ``due_date``: of which instalment, nobody says.

    Parameters
    ----------
    tables
        ``documents`` (``document_id, customer_id, due_date, amount``) and, where there, the tables of :data:`NAMED` and
        :data:`ABOUT`, as a mapping makes them. Sums of amounts are kept to the cent. Ids that several rows would have
        end in the place of the instalment (``D-7/1``, ``D-7/2``).
    lines
        By table, ``file, line`` of the export from which each row was made; of tables whose rows are not known to be
        made from one each, nothing.
    """
    documents = tables["documents"]
    if not {"due_date", "amount"} <= set(documents.columns):
        return dict(tables)
    parts = _instalments(documents)
    if parts.is_empty():
        return dict(tables)
    renamed = documents.with_row_index("row").join(parts.select("row", "part_id"), on="row", how="left")
    renamed = renamed.with_columns(document_id=pl.coalesce("part_id", "document_id")).select(documents.columns)
    there = {name: tables[name] for name in NAMED if name in tables}
    made = {} if lines is None else lines
    own = parts.with_columns(file=pl.lit(None, pl.String), line=pl.lit(None, pl.Int64))
    if "documents" in made:
        own = parts.join(made["documents"].with_row_index("row"), on="row", how="left")
    told = {
        name: _told(tables[name], own, key, made.get(name)) for name, key in ABOUT.items() if _is_told(tables, name)
    }
    return {**tables, "documents": renamed, **_spread(there, parts), **told}


def _instalments(documents: pl.DataFrame) -> pl.DataFrame:
    """Return ``row, document_id, part_id, begins, units`` of the instalments; ``begins``: what falls due before."""
    number = pl.col("document_id")
    one = [name for name in ("customer_id", "currency") if name in documents.columns]
    rows = documents.with_row_index("row").with_columns(
        number.cast(pl.String), day=read_date(pl.col("due_date").cast(pl.String), ()), units=units_of(pl.col("amount"))
    )
    is_split = (
        (pl.len() > 1)
        & (pl.col("day").n_unique() == pl.len())
        & pl.col("day").is_not_null().all()
        & (pl.col("units") > 0).fill_null(False).all()
        & pl.all_horizontal(pl.col(name).n_unique() == 1 for name in one)
    )
    found = rows.filter(number.is_not_null()).filter(is_split.over("document_id")).sort("document_id", "day")
    place = pl.int_range(1, pl.len() + 1).over("document_id")
    found = found.with_columns(
        part_id=pl.format("{}/{}", "document_id", place),
        begins=pl.col("units").cum_sum().over("document_id") - pl.col("units"),
    )
    taken = found.join(rows.select(part_id="document_id"), on="part_id", how="semi")["document_id"]
    return found.filter(~number.is_in(taken.unique().to_list())).select(
        "row", "document_id", "part_id", "begins", "units"
    )


def _spread(tables: Mapping[str, pl.DataFrame], parts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return what is paid, that of a split number divided among its instalments; the rows keep their order.

    All tables count together: what a payment has settled, a write-off no longer can.
    """
    paid = [
        frame.with_row_index("row").select(
            "row",
            pl.lit(table).alias("table"),
            named=pl.col(number).cast(pl.String),
            day=read_date(pl.col(on).cast(pl.String), ()),
            paid=units_of(pl.col("amount")),
        )
        for table, frame in tables.items()
        for number, on in [NAMED[table]]
        if {number, on, "amount"} <= set(frame.columns)
    ]
    if not paid:
        return {}
    readable = (pl.col("day").is_not_null() & pl.col("paid").is_not_null()).all().over("named")
    ours = pl.concat(paid).join(parts.select(named="document_id").unique(), on="named", how="semi").filter(readable)
    ours = ours.sort("named", "day", "table", "row").with_columns(after=pl.col("paid").cum_sum().over("named"))
    ends = pl.col("begins") + pl.col("units")
    places = parts.select(
        "part_id",
        "begins",
        named="document_id",
        low=pl.when(pl.col("begins") > 0).then("begins"),
        high=pl.when(ends < ends.max().over("document_id")).then(ends),
    )

    def up_to(level: pl.Expr) -> pl.Expr:
        """Return how far a level of payment reaches: the first instalment has no lower end, the last no upper."""
        return pl.max_horizontal(pl.min_horizontal(level, pl.col("high")), pl.col("low"))

    share = up_to(pl.col("after")) - up_to(pl.col("after") - pl.col("paid"))
    divided = ours.join(places, on="named", how="inner").with_columns(share=share)
    divided = divided.filter(pl.when(pl.col("paid") == 0).then(pl.col("begins") == 0).otherwise(pl.col("share") != 0))
    return {
        table: _with_shares(frame, divided.filter(pl.col("table") == table), NAMED[table][0])
        for table, frame in tables.items()
        if table in divided["table"]
    }


def _with_shares(frame: pl.DataFrame, divided: pl.DataFrame, number: str) -> pl.DataFrame:
    """Put the shares of each divided row in its place."""
    amount = amount_of(pl.col("share"), frame.schema["amount"])
    rows = frame.with_row_index("row").with_columns(pl.col(number).cast(pl.String))
    given = rows.join(divided.select("row", "part_id", "begins", "share"), on="row", how="left").with_columns(
        pl.coalesce("part_id", number).alias(number),
        pl.coalesce(amount, "amount").alias("amount"),
    )
    return given.sort("row", "begins").select(frame.columns)


def _is_told(tables: Mapping[str, pl.DataFrame], name: str) -> bool:
    return name in tables and "document_id" in tables[name].columns


def _told(frame: pl.DataFrame, parts: pl.DataFrame, key: str | None, lines: pl.DataFrame | None) -> pl.DataFrame:
    """Return what is said of documents, that of a split number once for each instalment, or for the one of its line."""
    number = pl.col("document_id").cast(pl.String)
    rows = frame.with_row_index("at").with_columns(number)
    places = parts.select("document_id", "part_id", "begins", "file", "line")
    whole = pl.lit(True)
    if "amount" in frame.columns:
        whole &= pl.col("amount").cast(pl.String).str.strip_chars().fill_null("") == ""
    if "field" in frame.columns:
        whole &= (pl.col("field").cast(pl.String) != "due_date").fill_null(True)
    alone = rows.select("at", "document_id").clear().with_columns(places.clear().select("part_id", "begins"))
    if lines is not None:
        held = pl.concat([rows.select("at", "document_id"), lines], how="horizontal")
        alone = held.join(places, on=["document_id", "file", "line"], how="inner").select(alone.columns)
    each = rows.filter(whole).join(alone, on="at", how="anti").select("at", "document_id")
    each = each.join(places, on="document_id", how="inner").select(alone.columns)
    given = rows.join(pl.concat([alone, each]).drop("document_id"), on="at", how="left").sort("at", "begins")
    if key is not None and key in frame.columns:
        again = pl.col("part_id").is_not_null() & pl.col(key).is_not_null() & (pl.len().over(key) > 1)
        place = pl.col("part_id").str.split("/").list.last()
        suffixed = pl.format("{}/{}", pl.col(key).cast(pl.String), place)
        given = given.with_columns(pl.when(again).then(suffixed).otherwise(pl.col(key).cast(pl.String)).alias(key))
    return given.with_columns(document_id=pl.coalesce("part_id", "document_id")).select(frame.columns)


def units_of(amount: pl.Expr) -> pl.Expr:
    """Return an amount in ten-thousandths; null where it does not read as a plain number."""
    return (amount.cast(pl.Float64, strict=False) * SCALE).round().cast(pl.Int64, strict=False)


def amount_of(units: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """Return the amount of ten-thousandths in the type of its column, through text: dividing leaves tails of floats."""
    whole, rest = units.abs() // SCALE, units.abs() % SCALE
    sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(4))
    text = text.str.replace(r"0{1,3}$", "")
    return text.cast(kind) if kind.is_numeric() else text
