"""Nothing is lost: rows and money read are exactly those kept and those set aside, and these are kept whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.delimited import RAGGED, ROW
from credrisk.ledger.findings import Finding, few
from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.ledger.parse_values import as_text, filled_text
from credrisk.ledger.tables import TABLES
from credrisk.ledger.working import COLUMN, GOOD, REASON, Working

__all__ = [
    "NOTHING_OWED",
    "REASONS",
    "count_read",
    "intake_of",
    "quarantine_findings",
    "quarantine_of",
    "taken_as_they_are",
    "tie_out",
]

_ROWS = ("rows_read", "rows_kept", "rows_quarantined", "rows_derived")
_MONEY = ("money_read", "money_kept", "money_quarantined", "money_derived")
_INTAKE: dict[str, type[pl.DataType]] = {
    "table": pl.String,
    "currency": pl.String,
    **dict.fromkeys(_ROWS, pl.Int64),
    **dict.fromkeys(_MONEY, pl.Float64),
    "money_unreadable_rows": pl.Int64,
}
_QUARANTINE: dict[str, type[pl.DataType]] = {
    "table": pl.String,
    "source": pl.String,
    "row": pl.Int64,
    "key": pl.String,
    "reason": pl.String,
    "column": pl.String,
    "value": pl.String,
    "amount": pl.Float64,
    "currency": pl.String,
    "content": pl.String,
}
REASONS = {
    "ambiguous_number": "a number such as 1.234 can be read in two ways, and nothing decides",
    "conflicting_id": "rows share an id with others but differ from them",
    "contradicting_sign": "credit notes are positive while others are negative",
    "duplicate_row": "rows are copies of another row",
    "id_not_whole": "ids are numbers with decimals, or too large to be exact",
    "impossible_date": "dates are not in the calendar, or outside 1900 to 2100",
    "in_the_ledger": "the ledger states its own row of the same key",
    "rejected_match": "a person said that the company of the row is not the customer",
    "missing_value": "a required cell is empty",
    "no_longer_open": "rows name invoices that the list of open items does not hold: they were settled in full before "
    "it was drawn",
    "nothing_left": "rows close what is left open of a document of which nothing is left on their day",
    "not_whole": "a whole number has decimals",
    "other_currency": "the amount is in another currency than the row's, or the document's",
    "other_date_order": "dates are written in the other order than the rest of the column",
    "other_decimal_mark": "numbers are written with the other decimal mark than the rest of the column",
    "out_of_range": "a number is outside the bounds of its column",
    "ragged_line": "lines have more or fewer cells than the header, or stray quotation marks join them",
    "refers_to_quarantined": "rows refer to a row that was itself set aside",
    "too_many_decimals": "amounts have more decimals than their currency",
    "unknown_code": "a code is none of those the column allows",
    "unknown_currency": "a currency is not in ISO 4217",
    "unknown_customer": "rows name a customer that is not there",
    "unknown_document": "rows name a document that is not there",
    "unknown_receipt": "applications name a receipt or credit note that is not there",
    "unreadable_amount": "a cell with an amount is no number",
    "unreadable_date": "a cell with a date is no date",
    "unreadable_number": "a cell with a number is no number",
}
"""Every reason for which a row is set aside, in words."""
_REMEDIES = {
    "rejected_match": "nothing; to take the decision back, change match_review.csv and run credrisk match again.",
    "no_longer_open": "nothing, for what is open; to learn who pays late, export the invoices that were paid too.",
    "too_many_decimals": "round them in the source as the books do (amounts converted by a rate have more decimals "
    "than money has); the quarantine has each row whole.",
}
"""What to do about the rows set aside for a reason, where it is more than to correct them."""
HARMLESS = ("duplicate_row", "in_the_ledger", "nothing_left")
"""Reasons for which nothing is lost: what the row says is there already."""
NOTHING_OWED = (*HARMLESS, "no_longer_open", "rejected_match")
"""Reasons for which no figure of what is owed is wrong."""


def count_read(working: Working) -> None:
    """Take down rows and money read, before rows are compared with each other and with other tables."""
    working.read_money = _sums(working.frame, working.money, "read")


def tie_out(working: Working, kept: pl.DataFrame) -> pl.DataFrame:
    """Return rows and minor units read, kept and quarantined per currency.

    Raises
    ------
    DataError
        When what was read is not exactly what was kept and what was quarantined.
    """
    whole = working.read_money
    for part in (
        _sums(kept, working.money, "kept"),
        _sums(working.frame.filter(~GOOD), working.money, "quarantined"),
        _unreadable(working),
    ):
        whole = whole.join(part, on="currency", how="full", coalesce=True)
    whole = whole.with_columns(pl.exclude("currency").fill_null(0)).sort("currency")
    for unit in ("rows", "money"):
        off = whole.filter(pl.col(f"{unit}_read") != pl.col(f"{unit}_kept") + pl.col(f"{unit}_quarantined"))
        if off.height:
            raise DataError(
                f"{unit} read are not {unit} kept plus {unit} set aside ({off.to_dicts()}); nothing was read.",
                table=working.name,
            )
    return whole


def taken_as_they_are(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the tie-out of a table of a stored ledger, whose rows passed the contract when it was stored."""
    money = next(iter(TABLES[name].money), None)
    return _sums(frame, money, "read").join(_sums(frame, money, "kept"), on="currency").sort("currency")


def intake_of(ties: Mapping[str, pl.DataFrame], derived: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the tie-out of all tables, one row per table and currency.

    Columns: ``table, currency, rows_read, rows_kept, rows_quarantined, rows_derived``, the same four for money (major
    units; null for tables without money) and ``money_unreadable_rows``. The currency is empty for tables without money
    and for rows whose currency is unknown.

    Parameters
    ----------
    ties
        What :func:`tie_out` gave, by table.
    derived
        Rows made from other tables (the simple form); stated apart, for nothing of them was read.
    """
    sums = dict(ties)
    for name, frame in derived.items():
        made = _sums(frame, next(iter(TABLES[name].money), None), "derived")
        sums[name] = made if name not in ties else ties[name].join(made, on="currency", how="full", coalesce=True)
    frames = [pl.DataFrame(schema=_INTAKE)]
    for name, tie in sums.items():
        if tie.is_empty():
            tie = pl.DataFrame({"currency": [""]})
        absent = [pl.lit(0, pl.Int64).alias(column) for column in _INTAKE if column not in (*tie.columns, "table")]
        whole = tie.with_columns(absent).with_columns(pl.lit(name).alias("table")).fill_null(0)
        has_money = name not in TABLES or TABLES[name].money
        money = [
            (major_units(column, "currency").fill_null(0.0) if has_money else pl.lit(None, pl.Float64)).alias(column)
            for column in _MONEY
        ]
        frames.append(whole.with_columns(money).select(list(_INTAKE)).cast(_INTAKE))  # type: ignore[arg-type]
    return pl.concat(frames)


def quarantine_of(tables: Iterable[Working]) -> pl.DataFrame:
    """Return every row set aside.

    Columns: ``table, source`` (file, sheet or entry), ``row`` (number of the data row there, from 1), ``key``,
    ``reason, column, value`` (the cell at fault as it was found), ``amount`` (major units; null where it could not be
    read), ``currency`` and ``content`` (the whole row as JSON; of a ragged line, the line).
    """
    frames = [pl.DataFrame(schema=_QUARANTINE)]
    for working in tables:
        bad = working.frame.filter(~GOOD)
        if bad.height:
            frames.append(_whole_rows(working, bad))
    return pl.concat(frames).sort("table", "key", "reason", "column", "content", "row")


def quarantine_findings(quarantine: pl.DataFrame) -> list[Finding]:
    """Return one finding per table, reason, column and currency of the rows set aside."""
    place = ["table", "reason", "column", "currency"]
    groups = quarantine.group_by(place).agg(
        pl.len().alias("rows"), pl.col("amount").sum(), pl.col("amount").count().alias("known")
    )
    findings = []
    for group in groups.sort(place).iter_rows(named=True):
        rows = quarantine.filter(pl.col(name) == group[name] for name in place)
        copies = group["reason"] in HARMLESS
        where = f" ({group['column']})" if group["column"] else ""
        findings.append(
            Finding(
                "warning" if group["reason"] in NOTHING_OWED else "error",
                group["table"],
                group["reason"],
                f"{REASONS[group['reason']]}{where}; these rows were set aside.",
                group["rows"],
                few(rows["key"]),
                round(group["amount"], 3) if group["known"] else None,
                group["currency"] if group["known"] else "",
                ""
                if copies
                else _REMEDIES.get(group["reason"], "correct them in the source; the quarantine has each row whole."),
            )
        )
    return findings


def _sums(frame: pl.DataFrame, money: str | None, what: str) -> pl.DataFrame:
    amount = pl.col(money) if money else pl.lit(0, pl.Int64)
    return frame.group_by(_currency(money)).agg(
        pl.len().cast(pl.Int64).alias(f"rows_{what}"), amount.sum().alias(f"money_{what}")
    )


def _currency(money: str | None) -> pl.Expr:
    code = pl.col("currency") if money else pl.lit(None, pl.String)
    return pl.when(code.is_in(list(EXPONENTS))).then(code).otherwise(pl.lit("")).alias("currency")


def _unreadable(working: Working) -> pl.DataFrame:
    """Count the rows set aside whose amount is written, or had to be, and could not be read."""
    name = working.money
    if name is None:
        return pl.DataFrame(schema={"currency": pl.String, "money_unreadable_rows": pl.Int64})
    lost = working.frame.filter(~GOOD & pl.col(name).is_null())
    cells = working.raw.select(ROW, RAGGED, name).join(lost.select(ROW), on=ROW, how="semi")
    written = pl.lit(filled_text(cells[name])).is_not_null() | pl.col(RAGGED).is_not_null()
    stated = cells.select(ROW, written=written | pl.lit(working.table.column(name).required))
    lost = lost.join(stated, on=ROW).filter("written")
    return lost.group_by(_currency(name)).agg(pl.len().cast(pl.Int64).alias("money_unreadable_rows"))


def _whole_rows(working: Working, bad: pl.DataFrame) -> pl.DataFrame:
    """Put each row set aside together with its cells as they were found."""
    found = working.raw.join(bad.select(ROW), on=ROW, how="semi")
    cells = found.select(ROW, RAGGED, *(as_text(found[name]).alias(name) for name in working.given))
    line = pl.struct(pl.col(RAGGED).alias("line")).struct.json_encode()
    content = pl.struct(*working.given).struct.json_encode() if working.given else line
    filled = [pl.col(name).str.strip_chars() for name in working.table.key if name in working.given]
    key = [pl.when(part != "").then(part) for part in filled]
    at_fault = pl.coalesce(
        *(pl.when(pl.col(COLUMN) == name).then(pl.col(name)) for name in working.given), pl.lit(None, pl.String)
    )
    shown = (
        cells.join(bad.select(ROW, COLUMN), on=ROW)
        .select(
            ROW,
            pl.concat_str(*key, pl.lit(""), separator=" / ", ignore_nulls=True).str.strip_suffix(" / ").alias("key"),
            at_fault.alias("value"),
            pl.when(pl.col(RAGGED).is_null()).then(content).otherwise(line).alias("content"),
        )
        .join(bad, on=ROW)
    )
    if working.money:
        shown = shown.with_columns(major_units(working.money, "currency").alias("_amount"))
    amount = pl.col("_amount") if working.money else pl.lit(None, pl.Float64)
    currency = pl.col("currency").fill_null("") if working.money else pl.lit("")
    return shown.select(
        pl.lit(working.name).alias("table"),
        pl.lit(working.source).alias("source"),
        pl.col(ROW).alias("row"),
        "key" if "key" not in bad.columns else pl.col("key"),
        pl.col(REASON).alias("reason"),
        pl.col(COLUMN).fill_null("").alias("column"),
        "value",
        amount.alias("amount"),
        currency.alias("currency"),
        "content",
    ).cast(_QUARANTINE)  # type: ignore[arg-type]
