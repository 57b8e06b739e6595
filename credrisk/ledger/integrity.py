"""Keys and references: copies and conflicts set aside, lost leading zeros mended, unknown accounts named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.ledger.delimited import RAGGED, ROW
from credrisk.ledger.findings import Finding, by_currency, few
from credrisk.ledger.money import minor_factor
from credrisk.ledger.parse_values import as_text, filled_text
from credrisk.ledger.working import GOOD, Working

__all__ = [
    "MATCHED",
    "REPEATABLE",
    "mend_leading_zeros",
    "set_aside_duplicates",
    "set_aside_unknown",
    "set_aside_unseen",
]

REPEATABLE = ("applications", "credit_events", "payments")
"""Tables without an id of the row.

Two payments of one amount on one day can both be real, and nothing in the row tells them from a copy. So equal rows
are kept, with a warning that names their money: a copy shows as an over-applied document, while a payment thrown away
would show nowhere."""
_NUMBERED = ("documents", "receipts")
"""Tables whose ids are numbers that a source may use again."""
DIFFERING = ("events",)
"""Tables where equal keys with other content are two happenings, not a conflict (two notices on one day)."""

MATCHED: dict[str, tuple[tuple[str, str], ...]] = {
    "customers": (("payer_id", "customers"),),
    "documents": (("customer_id", "customers"), ("order_id", "orders")),
    "facts": (("customer_id", "customers"),),
    "events": (("customer_id", "customers"),),
    "ratings": (("customer_id", "customers"),),
    "payments": (("customer_id", "customers"), ("document_id", "documents")),
}
"""References in which lost zeros are mended besides the declared ones, or instead of them."""

_EVERY_ROW = pl.lit(True)
_UNKNOWN = {"customers": "unknown_customer", "documents": "unknown_document", "receipts": "unknown_receipt"}


def mend_leading_zeros(tables: Mapping[str, Working], findings: list[Finding]) -> None:
    """Match ids that lost (or gained) leading zeros, where exactly one id of the other table fits without zeros.

    Only ids of digits alone are mended, and only those that match nothing as they stand.
    """
    for name in sorted(tables):
        references = MATCHED.get(name, tables[name].table.refers)
        for column, target in references:
            if target in tables:
                _mend(tables[name], column, [tables[target]], findings)
    if "applications" in tables:
        _mend(
            tables["applications"], "from_id", [tables[n] for n in ("receipts", "documents") if n in tables], findings
        )


def _mend(working: Working, column: str, targets: Sequence[Working], findings: list[Finding]) -> None:
    known = pl.concat([t.frame.select(pl.col(t.table.key[0]).alias("id")) for t in targets]).drop_nulls().unique()
    digits = pl.col("id").str.contains(r"^\d+$")
    bare = (
        pl.when(pl.col("id").str.contains(r"^0+$")).then(pl.lit("0")).otherwise(pl.col("id").str.strip_chars_start("0"))
    )
    used = working.frame.select(pl.col(column).alias("id")).drop_nulls().unique()
    lost = used.join(known, on="id", how="anti").filter(digits).with_columns(bare.alias("bare"))
    if lost.is_empty():
        return
    fits = known.filter(digits).group_by(bare.alias("bare")).agg(pl.col("id").first().alias("mended"), pl.len())
    pairs = lost.join(fits.filter(pl.col("len") == 1), on="bare").select(pl.col("id").alias(column), "mended")
    if pairs.is_empty():
        return
    joined = working.frame.select(column).join(pairs, on=column, how="left", maintain_order="left")
    changed = joined["mended"].is_not_null()
    findings.append(
        Finding(
            "warning",
            working.name,
            "leading_zeros",
            f"{column}: ids that differ from {targets[0].name} only by leading zeros were matched.",
            int(changed.sum()),
            few(joined.filter(changed)[column]),
            remedy="export both as text so that the zeros stay.",
        )
    )
    working.frame = working.frame.with_columns(joined.select(pl.coalesce("mended", column)).to_series().alias(column))


def set_aside_duplicates(working: Working, findings: list[Finding]) -> None:
    """Set aside copies and conflicts.

    Of rows that are alike in every declared column one is kept, the others are ``duplicate_row``. Rows with one key
    but other content are all ``conflicting_id``: nothing tells which is right. But a document or receipt that was
    entered before all others with its id is kept, so that a number used again later does not change the past. None of
    this depends on the order of rows.
    """
    key = list(working.table.key)
    good = working.good
    content = list(working.table.names)
    if working.name in REPEATABLE:
        _warn_of_equal_rows(working, good, content, findings)
        return
    if _all_differ(good, key):
        return
    repeated = good.filter(pl.struct(key).is_duplicated())
    if working.name in DIFFERING:
        repeated = repeated.filter(pl.struct(content).is_duplicated())
        alike = pl.lit(True)
    else:
        alike = pl.struct(content).n_unique().over(key) == 1
        if working.name in _NUMBERED and "recorded_at" in working.given:
            alike = alike | _earliest(working, content, key)
    by_cells = (
        repeated.with_columns(alike.alias("alike"))
        .join(_cells(working, repeated), on=ROW, how="left")
        .sort("cells", ROW)
    )
    first = by_cells.select(pl.struct(content).is_first_distinct()).to_series()
    verdict = by_cells.select(
        ROW,
        pl.when(~pl.col("alike"))
        .then(pl.lit("conflicting_id"))
        .when(~first)
        .then(pl.lit("duplicate_row"))
        .alias("verdict"),
    )
    reasons = working.frame.select(ROW).join(verdict, on=ROW, how="left", maintain_order="left")["verdict"]
    working.set_aside(pl.lit(reasons), key[0])


def _all_differ(rows: pl.DataFrame, key: list[str]) -> bool:
    """Tell whether every row has a key of its own; ids in their order, as most exports have them, cost nothing."""
    if len(key) > 1:
        return bool(rows.select(pl.struct(key).n_unique()).item() == rows.height)
    ids = rows[key[0]]
    return bool((ids > ids.shift()).sum() == ids.len() - 1) or ids.n_unique() == ids.len()


def _earliest(working: Working, content: list[str], key: list[str]) -> pl.Expr:
    """Tell the rows that were visible before all others of their key, if these are alike and every entry is dated."""
    dates = working.raw.select(ROW, stated=pl.lit(filled_text(working.raw["recorded_at"])).is_not_null())
    stated = pl.col(ROW).is_in(dates.filter("stated")[ROW].implode())
    seen = pl.max_horizontal(working.table.event, "recorded_at")
    first = seen == seen.min().over(key)
    one = pl.struct(content).filter(first).n_unique().over(key) == 1
    return stated.all().over(key) & first & one


def merge_customers(customers: Working, findings: list[Finding]) -> None:
    """Make one row of the rows of an account that differ: two spellings of a name must not lose its documents.

    Each column gets the most frequent of its values (the first in their order, where several are), an empty one only
    where all are; a currency on which they differ stays empty, and so becomes the ledger's. The other rows are set
    aside as ``conflicting_id``.
    """
    content = [name for name in customers.table.names if name != "customer_id"]
    several = customers.good.filter(pl.struct(content).n_unique().over("customer_id") > 1, pl.col("customer_id") != "")
    if several.is_empty():
        return
    merged = several.select("customer_id").unique().sort("customer_id")
    differing = []
    for column in content:
        counts = several.drop_nulls(column).group_by("customer_id", column).len()
        best = counts.sort("len", column, descending=[True, False]).unique("customer_id", keep="first")
        if counts["customer_id"].is_duplicated().any():
            differing.append(column)
            if column == "currency":
                best = best.filter(~pl.col("customer_id").is_in(_repeated(counts).implode()))
        merged = merged.join(best.drop("len"), on="customer_id", how="left")
    findings.append(
        Finding(
            "error",
            "customers",
            "merged_rows",
            f"accounts have several rows that differ ({', '.join(differing) or 'in what is empty'}); of each column "
            "the most frequent value was taken (of a currency the ledger's).",
            several.height,
            few(several["customer_id"]),
            remedy="keep one row for each account in the source.",
        )
    )
    order = several.select(ROW, "customer_id").join(_cells(customers, several), on=ROW, how="left").sort("cells", ROW)
    kept = order.unique("customer_id", keep="first", maintain_order=True)
    place = pl.lit(several[ROW].implode())
    others = pl.col(ROW).is_in(place) & ~pl.col(ROW).is_in(kept[ROW].implode())
    customers.set_aside(pl.when(others).then(pl.lit("conflicting_id")), "customer_id")
    values = customers.frame.select(ROW).join(
        kept.select(ROW, "customer_id").join(merged, on="customer_id").drop("customer_id"),
        on=ROW,
        how="left",
        maintain_order="left",
    )
    is_kept = pl.col(ROW).is_in(kept[ROW].implode())
    customers.frame = customers.frame.with_columns(
        pl.when(is_kept).then(pl.lit(values[column])).otherwise(pl.col(column)).alias(column) for column in content
    )


def _repeated(counts: pl.DataFrame) -> pl.Series:
    return counts.filter(pl.col("customer_id").is_duplicated())["customer_id"].unique()


def _cells(working: Working, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of these rows as one text each, so that which of equal rows is kept is not up to their order."""
    raw = working.raw.join(rows.select(ROW), on=ROW, how="semi")
    texts = raw.select(ROW, *(as_text(raw[name]).alias(name) for name in working.given if name not in (ROW, RAGGED)))
    return texts.select(ROW, pl.struct(pl.exclude(ROW)).struct.json_encode().alias("cells"))


def _warn_of_equal_rows(working: Working, good: pl.DataFrame, content: list[str], findings: list[Finding]) -> None:
    copies = good.filter(~pl.struct(content).is_first_distinct())
    if copies.is_empty():
        return
    groups = copies.group_by("currency").agg(pl.len(), pl.col("amount").sum()).sort("currency")
    for currency, rows, amount in groups.iter_rows():
        reference = "to_document_id" if "to_document_id" in good.columns else working.table.key[0]
        findings.append(
            Finding(
                "warning",
                working.name,
                "equal_rows",
                "rows that equal another row in every column were kept: they may be real, or copies.",
                rows,
                few(copies.filter(pl.col("currency") == currency)[reference]),
                (amount or 0) / minor_factor(currency),
                currency,
                "compare them with the source; remove copies there.",
            )
        )


def set_aside_unknown(
    working: Working,
    column: str,
    target: Working | None,
    target_name: str,
    *,
    among: pl.Expr = _EVERY_ROW,
    unknown: str = "",
) -> None:
    """Set aside rows (``among`` those named) that refer to an id that is not there, or that was itself set aside.

    Parameters
    ----------
    unknown
        The reason why ids are not there, where it is known.
    """
    reference = pl.col(column)
    reason: pl.Expr
    if target is None:
        reason = pl.when(reference.is_not_null()).then(pl.lit(_UNKNOWN[target_name]))
    else:
        key = target.table.key[0]
        kept = target.good[key].unique()
        gone = target.frame.filter(~GOOD)[key].drop_nulls().unique()
        reason = (
            pl.when(reference.is_null() | reference.is_in(kept.implode()))
            .then(None)
            .when(reference.is_in(gone.implode()))
            .then(pl.lit("refers_to_quarantined"))
            .otherwise(pl.lit(unknown or _UNKNOWN[target_name]))
        )
    working.set_aside(pl.when(among).then(reason), column)


def set_aside_unseen(applications: Working, documents: Working, findings: list[Finding], *, unknown: str = "") -> None:
    """Keep applications to documents that are not there where what they come from is; set aside the others.

    A receipt that paid an invoice of the time before the ledger must not look unapplied: what was applied lowers the
    cash (or uses up the credit note), and nothing else. An application from nothing that is there has no effect.
    """
    seen = pl.col("to_document_id").is_in(documents.good["document_id"].unique().implode())
    sourced = pl.col("from_kind").is_in(["receipt", "document"])
    kept = applications.good.filter(~seen & sourced)
    findings += by_currency(
        kept,
        "warning",
        "applications",
        "unseen_document",
        "amounts were applied to documents that are not there, or were set aside; they lower what is left of their "
        "receipt or credit note, and no open item.",
        ids="to_document_id",
        remedy="nothing, where these documents are older than the ledger; else add them to the export.",
    )
    among = ~sourced.fill_null(False)
    set_aside_unknown(applications, "to_document_id", documents, "documents", among=among, unknown=unknown)
