"""What each extract said of a row, kept side by side: from which day a version was known, and until when.

An extract is compared with the one before by key. What it has in common with it stays as it was recorded then. A row
that is new, and dated after what the earlier extract covered, was known on its own day; one dated before was put into
the past and is known from the day of the extract, unless the row states when it was entered. A row that changed has two
versions, one that is gone has an end. So the past can be read as it was known, and nothing that was once known is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from credrisk.ledger.absent import Absent, whole_receipts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.tables import TABLES, Table
from credrisk.ledger.visibility import visible_from

__all__ = ["CHANGES", "COUNTS", "Extract", "Updated", "current", "first_versions", "known_then", "next_versions"]

FROM, UNTIL, SAID, MADE = "_known_from", "_known_until", "_said_recorded", "_made"
VERSIONING = {FROM: pl.Date(), UNTIL: pl.Date(), SAID: pl.Date(), MADE: pl.Boolean()}
"""Beside the columns of the contract: first day on which this version was known (null: from its own dates), the day
from which it no longer was, ``recorded_at`` as the extract had it, and whether an update made the row."""

CHANGES: dict[str, pl.DataType] = {
    "change": pl.String(),
    "table": pl.String(),
    "key": pl.String(),
    "column": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "amount": pl.Float64(),
    "currency": pl.String(),
    "happened_on": pl.Date(),
    "affected_from": pl.Date(),
    "affected_to": pl.Date(),
}
NEW, BACK_DATED, MISSING_BEFORE = "new", "back_dated", "missing_before"
COUNTS = (
    "rows",
    "unchanged",
    NEW,
    BACK_DATED,
    MISSING_BEFORE,
    "changed",
    "filled_in",
    "deleted",
    "not_in_extract",
)

_MATERIAL = ("customer_id", "kind", "currency", "document_id", "to_document_id", "from_id")
_N, _ROW = "_nth", "_new_row"


@dataclass(frozen=True)
class Extract:
    """A new extract: its ledger, the day it was made, the last day that the ones before covered.

    Attributes
    ----------
    partial
        It holds only some of the rows: none is taken as deleted because it is not there.
    """

    ledger: Ledger
    day: date
    covered_to: date
    partial: bool = False


@dataclass(frozen=True)
class Updated:
    """All versions after an update, and what it found.

    Attributes
    ----------
    tables
        By name, the contract's columns and those of :data:`VERSIONING`.
    changes
        One row per row (and column) of history that is not as before; the columns of :data:`CHANGES`.
    counts
        Per table, the rows of the extract and what became of them (:data:`COUNTS`).
    absent
        Which rows the extract lacks; None for the first one.
    """

    tables: dict[str, pl.DataFrame]
    changes: pl.DataFrame
    counts: pl.DataFrame
    absent: Absent | None = None


def first_versions(ledger: Ledger) -> dict[str, pl.DataFrame]:
    """Return the tables of the first extract as versions: each row is known from its own dates."""
    return {name: _first(TABLES[name], frame) for name, frame in ledger.tables.items()}


def known_then(versions: dict[str, pl.DataFrame], day: date | None = None) -> dict[str, pl.DataFrame]:
    """Return the tables as they were known at the end of ``day``; by default as the last extract has them.

    Rows that could be known only later by their own dates are still there: the cut of the ledger hides them.
    """
    if day is None:
        kept = pl.col(UNTIL).is_null()
    else:
        kept = (pl.col(FROM).is_null() | (pl.col(FROM) <= day)) & (pl.col(UNTIL).is_null() | (pl.col(UNTIL) > day))
    return {
        name: frame.filter(kept).select(TABLES[name].names).sort(TABLES[name].key, nulls_last=False)
        for name, frame in versions.items()
    }


def next_versions(versions: dict[str, pl.DataFrame], extract: Extract) -> Updated:
    """Bring an extract in.

    Parameters
    ----------
    versions
        What :func:`first_versions` or the last update gave.

    Returns
    -------
    Updated
        Tables that the extract does not have stay as they are.
    """
    tables, changes, counts = dict(versions), [pl.DataFrame(schema=CHANGES)], []
    new, settings = extract.ledger.tables, extract.ledger.settings
    applied = current(versions["applications"]) if "applications" in versions else None
    absent = Absent(settings.covers_from, settings.covers_to, extract.ledger.quarantine, applied, extract.partial)
    for name, table in TABLES.items():
        if name not in new:
            continue
        if name not in versions:
            tables[name] = _first(table, new[name])
            counts.append({"table": name, "rows": new[name].height, "new": new[name].height})
            if new[name].height:
                changes.append(_new_table(table, new[name], extract))
            continue
        after = new[name]
        if name == "documents":
            after, moved = _moved_due_dates(versions, after, extract.ledger)
            changes.append(_due_changes(moved, extract))
        elif name == "receipts":
            after = whole_receipts(after, current(versions[name]), absent)
        tables[name], found, counted = _compared(table, tables[name], after, extract, absent)
        changes.append(found)
        counts.append({"table": name, **counted})
    if "documents" in new and moved.height:
        tables["document_changes"] = _with_made(tables.get("document_changes"), moved, extract.day)
    zero = dict.fromkeys(COUNTS, 0)
    return Updated(
        tables,
        pl.concat(changes).sort("table", "change", "key", "column"),
        pl.DataFrame(
            [{**zero, **one} for one in counts], schema={"table": pl.String, **dict.fromkeys(COUNTS, pl.Int64)}
        ),
        absent,
    )


def current(versions: pl.DataFrame) -> pl.DataFrame:
    """Return the versions of a table that are known now."""
    return versions.filter(pl.col(UNTIL).is_null())


def _first(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    recorded = pl.col("recorded_at") if table.known == "recorded_at" else pl.lit(None, pl.Date)
    none = pl.lit(None, pl.Date)
    return frame.select(
        *table.names,
        none.alias(FROM),
        none.alias(UNTIL),
        recorded.alias(SAID),
        pl.lit(value=False).alias(MADE),
    )


def _compared(
    table: Table, stored: pl.DataFrame, after: pl.DataFrame, extract: Extract, absent: Absent
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """Return the versions of one table after the extract, the changes, and the counts."""
    past = stored.filter(pl.col(UNTIL).is_not_null() | pl.col(MADE))
    same = [name for name in table.key if name != "recorded_at"]
    old = _numbered(stored.filter(pl.col(UNTIL).is_null() & ~pl.col(MADE)), same)
    new = _numbered(_first(table, after).with_row_index(_ROW), same)
    both = old.join(new, on=[*same, _N], how="inner", nulls_equal=True, suffix=" after")
    compared = [name for name in table.names if name not in (*same, "recorded_at")]
    differs = {name: pl.col(name).ne_missing(pl.col(f"{name} after")) for name in compared}
    changed = pl.any_horizontal(differs.values()) if differs else pl.lit(value=False)
    unchanged = both.filter(~changed)
    altered = both.filter(changed)
    filled_in = _filled_in(table, compared, extract)
    told = altered.filter(~filled_in)
    gone = old.join(new, on=[*same, _N], how="anti", nulls_equal=True)
    come = new.join(old, on=[*same, _N], how="anti", nulls_equal=True)
    lost = absent.judge(table, gone)
    kept = gone.join(lost, on=[*same, _N], how="anti", nulls_equal=True)
    come, kinds = _arrived(table, come, after, extract)
    replaced, fresh = _replaced(table, altered, compared, after, extract)
    columns = [*table.names, *VERSIONING]
    ended = lost.with_columns(pl.lit(extract.day).alias(UNTIL))
    tables = pl.concat(
        [frame.select(columns) for frame in (past, unchanged, kept, come, replaced, fresh, ended)], how="vertical"
    )
    found = pl.concat(
        [
            _column_changes(table, told, compared, extract),
            _row_changes(table, lost, pl.lit("deleted"), extract),
            _row_changes(table, come.filter(kinds != NEW), kinds.filter(kinds != NEW), extract),
        ]
    )
    count = kinds.value_counts() if kinds.len() else None
    arrived = dict(count.rows()) if count is not None else {}
    return (
        tables,
        found,
        {
            "rows": after.height,
            "unchanged": unchanged.height,
            "changed": told.height,
            "filled_in": altered.height - told.height,
            "deleted": lost.height,
            "not_in_extract": kept.height,
            **{kind: arrived.get(kind, 0) for kind in (NEW, BACK_DATED, MISSING_BEFORE)},
        },
    )


def _numbered(frame: pl.DataFrame, same: list[str]) -> pl.DataFrame:
    """Number the rows of one key, in the order in which they were entered: equal payments are told apart by count."""
    rest = [name for name in frame.columns if name not in (*same, SAID, FROM, UNTIL, MADE, _ROW, "recorded_at")]
    ordered = frame.sort(*same, SAID, *rest, nulls_last=False)
    if not same:
        return ordered.with_columns(pl.int_range(pl.len()).alias(_N))
    return ordered.with_columns(pl.int_range(pl.len()).over(same).alias(_N))


def _arrived(table: Table, come: pl.DataFrame, after: pl.DataFrame, extract: Extract) -> tuple[pl.DataFrame, pl.Series]:
    """Date the rows that were not there before; return them, and each one's kind."""
    event = pl.col(table.event) if table.event else pl.lit(None, pl.Date)
    known = pl.col(table.known) if table.known else pl.lit(None, pl.Date)
    stated = pl.lit(value=False)
    if table.known == "recorded_at":
        noted = any(f.table == table.name and f.code == "assumed_recorded_at" for f in extract.ledger.findings)
        trusted = not noted and after.filter(pl.col("recorded_at") != pl.col(table.event)).height > 0
        stated = pl.lit(trusted) | (known != event)
    elif table.known:
        stated = pl.lit(value=True)
    in_past = (event <= extract.covered_to).fill_null(value=True)
    late = pl.max_horizontal(event, known) <= extract.covered_to
    kind = (
        pl.when(~in_past)
        .then(pl.lit(NEW))
        .when(stated & late)
        .then(pl.lit(MISSING_BEFORE))
        .otherwise(pl.lit(BACK_DATED))
    )
    if table.name == "customers":
        kind = pl.lit(NEW)
    elif table.known == "known_at":  # figures and news are published after the day they are about
        kind = pl.when(late).then(kind).otherwise(pl.lit(NEW))
    own = pl.when(~in_past | stated).then(visible_from(table.name)).otherwise(pl.lit(extract.day))
    dated = come.with_columns(kind.alias("_kind"), own.alias(FROM))
    if table.known == "recorded_at":
        recorded = pl.when(~in_past | stated).then(known).otherwise(pl.lit(extract.day))
        dated = dated.with_columns(recorded.alias("recorded_at"))
    return dated.drop("_kind"), dated["_kind"]


def _replaced(
    table: Table, altered: pl.DataFrame, compared: list[str], after: pl.DataFrame, extract: Extract
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the old versions with their end, and the new ones with their beginning."""
    watched = [name for name in compared if name in (*_MATERIAL, *table.money, table.event)]
    material = pl.any_horizontal(
        pl.lit(value=False), *(pl.col(name).ne_missing(pl.col(f"{name} after")) for name in watched)
    )
    dated = {column.visible_from for column in table.columns if column.visible_from}
    filled_on = pl.max_horizontal(pl.lit(None, pl.Date), *(pl.col(f"{day} after") for day in dated))
    begins = pl.when(_filled_in(table, compared, extract)).then(filled_on).otherwise(pl.lit(extract.day))
    replaced = altered.with_columns(begins.alias(UNTIL))
    values = [pl.col(f"{name} after").alias(name) for name in compared]
    said = pl.col(f"{SAID} after").alias(SAID)
    if table.known == "recorded_at":
        restated = pl.col(f"{SAID} after").ne_missing(pl.col(SAID)) & (pl.col(f"{SAID} after") > extract.covered_to)
        recorded = (
            pl.when(~material)
            .then(pl.col("recorded_at"))
            .when(restated)
            .then(pl.col(f"{SAID} after"))
            .otherwise(pl.lit(extract.day))
        )
        values.append(recorded.alias("recorded_at"))
    return replaced, altered.with_columns(*values, said, begins.alias(FROM), pl.lit(None, pl.Date).alias(UNTIL))


def _filled_in(table: Table, compared: list[str], extract: Extract) -> pl.Expr:
    """Tell the rows in which nothing is new but values that are filled in later, on a day not covered before.

    Such a value is known from the day it states: it changes nothing that could be seen before.
    """
    fills = [column for column in table.columns if column.visible_from]
    same = [
        pl.col(name).eq_missing(pl.col(f"{name} after"))
        for name in compared
        if name not in {column.name for column in fills}
    ]
    days = [
        (pl.col(day).is_null() & (pl.col(f"{day} after") > extract.covered_to)).fill_null(value=False)
        for day in sorted({column.visible_from for column in fills})
    ]
    return pl.all_horizontal(pl.lit(bool(fills)), *same, *days)


def _moved_due_dates(
    versions: dict[str, pl.DataFrame], after: pl.DataFrame, ledger: Ledger
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the documents with the due dates they had first, and those whose due date is another than last time.

    The due date of a document is its original one; a later one is a change of its own, unless the extract says so.
    """
    now = versions["documents"].filter(pl.col(UNTIL).is_null())
    last = _last_due(versions)
    seen = now.join(last, on="document_id", how="left").select(
        "document_id", original="due_date", seen=pl.coalesce("_due", "due_date"), _visible=visible_from("documents")
    )
    joined = after.join(seen, on="document_id", how="left", maintain_order="left")
    own = ledger.table("document_changes").filter(pl.col("field") == "due_date").select("document_id", "value")
    moved = joined.filter(pl.col("due_date") != pl.col("seen")).with_columns(value=pl.col("due_date").cast(pl.String))
    moved = moved.join(own, on=["document_id", "value"], how="anti")
    kept = joined.with_columns(pl.coalesce("original", "due_date").alias("due_date")).select(after.columns)
    return kept, moved


def _last_due(versions: dict[str, pl.DataFrame]) -> pl.DataFrame:
    schema = {"document_id": pl.String, "_due": pl.Date}
    if "document_changes" not in versions:
        return pl.DataFrame(schema=schema)
    made = versions["document_changes"].filter(pl.col(MADE) & pl.col(UNTIL).is_null() & (pl.col("field") == "due_date"))
    latest = made.sort("document_id", "changed_on").unique("document_id", keep="last", maintain_order=True)
    return latest.select("document_id", pl.col("value").str.to_date("%Y-%m-%d").alias("_due"))


def _with_made(stored: pl.DataFrame | None, moved: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return the document changes with one row for each due date that is another; a second of one day replaces it."""
    made = moved.select(
        "document_id",
        pl.lit("due_date").alias("field"),
        "value",
        pl.lit(day).alias("changed_on"),
        pl.lit(day).alias("recorded_at"),
        pl.lit(day).alias(FROM),
        pl.lit(None, pl.Date).alias(UNTIL),
        pl.lit(day).alias(SAID),
        pl.lit(value=True).alias(MADE),
    )
    if stored is None:
        return made
    again = pl.col(MADE) & (pl.col("changed_on") == day) & pl.col("document_id").is_in(made["document_id"].to_list())
    until = pl.when(again & pl.col(UNTIL).is_null()).then(pl.lit(day)).otherwise(pl.col(UNTIL))
    return pl.concat([stored.with_columns(until.alias(UNTIL)), made.select(stored.columns)])


def _due_changes(moved: pl.DataFrame, extract: Extract) -> pl.DataFrame:
    return moved.select(
        change=pl.lit("due_date"),
        table=pl.lit("documents"),
        key=pl.col("document_id"),
        column=pl.lit("due_date"),
        before=pl.col("seen").cast(pl.String),
        after=pl.col("value"),
        amount=major_units("amount", "currency"),
        currency=pl.col("currency"),
        happened_on=pl.col("document_date"),
        affected_from=pl.col("_visible"),
        affected_to=pl.lit(extract.day - timedelta(days=1)),
    ).cast(CHANGES)  # type: ignore[arg-type]


def _column_changes(table: Table, altered: pl.DataFrame, compared: list[str], extract: Extract) -> pl.DataFrame:
    """Return one row per column that another value was found in."""
    parts = [pl.DataFrame(schema=CHANGES)]
    for name in compared:
        rows = altered.filter(pl.col(name).ne_missing(pl.col(f"{name} after")))
        if rows.height:
            before, after = (_shown(table, column, name) for column in (name, f"{name} after"))
            parts.append(_described(table, rows, pl.lit("changed"), extract, name, before, after))
    return pl.concat(parts)


def _row_changes(table: Table, rows: pl.DataFrame, kind: pl.Series | pl.Expr, extract: Extract) -> pl.DataFrame:
    change = pl.lit(kind) if isinstance(kind, pl.Series) else kind
    none = pl.lit(None, pl.String)
    return _described(table, rows, change, extract, "", none, none)


def _described(
    table: Table, rows: pl.DataFrame, change: pl.Expr, extract: Extract, column: str, before: pl.Expr, after: pl.Expr
) -> pl.DataFrame:
    event = pl.col(table.event) if table.event else pl.lit(None, pl.Date)
    money = next(iter(table.money), None)
    has_money = money is not None and table.money_of in table.names
    key = [pl.col(name).cast(pl.String).fill_null("") for name in table.key if name not in ("recorded_at", "amount")]
    # Of a row put into the past the days from its date on are affected, of others those on which it could be seen.
    seen = pl.when(change.is_in([BACK_DATED, MISSING_BEFORE])).then(event).otherwise(visible_from(table.name))
    return rows.select(
        change=change,
        table=pl.lit(table.name),
        key=pl.concat_str(key, separator=" / "),
        column=pl.lit(column),
        before=before,
        after=after,
        amount=major_units(money, table.money_of) if has_money and money else pl.lit(None, pl.Float64),
        currency=pl.col(table.money_of) if has_money else pl.lit(None, pl.String),
        happened_on=event,
        affected_from=seen,
        affected_to=pl.lit(extract.day - timedelta(days=1)),
    ).cast(CHANGES)  # type: ignore[arg-type]


def _new_table(table: Table, frame: pl.DataFrame, extract: Extract) -> pl.DataFrame:
    """Return the one line that says that a table is there for the first time, with all its history."""
    event = frame[table.event] if table.event else pl.Series([None], dtype=pl.Date)
    return pl.DataFrame(
        [
            {
                "change": "new_table",
                "table": table.name,
                "key": f"all {frame.height:,} rows",
                "column": "",
                "happened_on": event.min(),
                "affected_from": event.min(),
                "affected_to": extract.day - timedelta(days=1),
            }
        ],
        schema=CHANGES,
    )


def _shown(table: Table, column: str, name: str) -> pl.Expr:
    if name in table.money and table.money_of in table.names:
        return major_units(column, table.money_of).cast(pl.String)
    return pl.col(column).cast(pl.String)
