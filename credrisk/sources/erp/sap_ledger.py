"""Items of SAP's customer accounts become documents, receipts and applications; every item is accounted for.

Every item becomes exactly one document or receipt, so the open balance of the ledger is that of SAP's open items; but a
write-off is only an application, and a residual item is what its invoice has open, not a document of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.sources.erp.sap_clearing import clearing_days, matches, overlaps
from credrisk.sources.erp.sap_items import roles
from credrisk.sources.erp.sap_residuals import with_residuals
from credrisk.sources.erp.sap_settings import Settings

__all__ = ["MAJOR", "SapLedger", "ledger_of_items"]

MAJOR = 1000
CASH = ("payment", "refund")
UNTOLD = ("transfer", "unexplained")
WORDS = {
    "payment": "closed by payments",
    "credit_note": "closed by credit notes",
    "reversal": "closed by their own cancellation",
    "write_off": "written off to a bad-debt account",
    "discount": "closed by cash discount",
    "residual": "carried over to residual items that name no invoice",
    "refund": "cash paid back against cash",
    "transfer": "closed by postings that are neither cash nor credit notes as far as the export says",
    "unexplained": "closed by what is not in the export",
}
"""How items were closed, in words."""


@dataclass(frozen=True)
class SapLedger:
    """The tables made of items, what was noticed, and how items were closed.

    Attributes
    ----------
    closed
        One row for each way of closing and currency: ``how, currency, items`` (number of items), ``amount``.
    outcomes
        The items with ``outcome`` (documents, receipts, write_offs, residual_items) and ``posted``, the amount as
        exported, in thousandths.
    """

    tables: dict[str, pl.DataFrame]
    findings: list[Finding]
    closed: pl.DataFrame
    outcomes: pl.DataFrame


def ledger_of_items(items: pl.DataFrame, settings: Settings) -> SapLedger:
    """Make the ledger's tables of items (the columns of :data:`~credrisk.sources.erp.sap_items.ITEM`)."""
    items = items.with_columns(pl.col("company").fill_null(""))  # a missing key would belong to no clearing
    role = roles(items, types=settings.types, bad_debt_accounts=settings.bad_debt_accounts)
    open_loss = (role == "write_off") & items["clearing"].is_null()
    known = items.with_columns(role=pl.when(pl.lit(open_loss)).then(pl.lit("credit_note")).otherwise(pl.lit(role)))
    paid_less = pl.when(pl.col("role") == "payment").then(pl.col("discount").abs().fill_null(0)).otherwise(0)
    known = with_residuals(known.with_columns(posted="milli", discount=paid_less))
    made, left = matches(known.with_columns(milli="to_match"))
    applied = _applied(known, made, left, settings)
    is_document = ~pl.col("role").is_in([*CASH, "write_off"]) & pl.col("carried_by").is_null()
    outcomes = known.with_columns(
        outcome=pl.when(is_document)
        .then(pl.lit("documents"))
        .when(pl.col("carried_by").is_not_null())
        .then(pl.lit("residual_items"))
        .when(pl.col("role") == "write_off")
        .then(pl.lit("write_offs"))
        .otherwise(pl.lit("receipts"))
    )
    tables = {
        "documents": _documents(outcomes.filter(outcome="documents")),
        "receipts": _receipts(outcomes.filter(outcome="receipts")),
        "applications": applied.select("from_id", "to_document_id", "amount", "applied_on", "kind", "recorded_at"),
    }
    closed = (
        applied.group_by("how", "currency")
        .agg(items=pl.col("closed").n_unique(), amount=pl.col("size").sum() / MAJOR)
        .sort("how", "currency")
    )
    return SapLedger(tables, [*_findings(applied, known), *_untold(known)], closed, outcomes)


def _documents(items: pl.DataFrame) -> pl.DataFrame:
    credit = pl.col("milli") < 0
    carried = pl.col("role").is_in(["residual", "transfer"])
    return items.select(
        document_id="item",
        customer_id="customer_id",
        seller_entity=pl.when(pl.col("company") != "").then("company"),
        kind=pl.when(credit)
        .then(pl.lit("credit_note"))
        .when(carried)
        .then(pl.lit("debit_note"))
        .otherwise(pl.lit("invoice")),
        document_date="document_date",
        due_date=pl.col("due_date"),
        amount=_major("milli"),
        currency="currency",
        order_id="order_id",
        recorded_at="recorded_at",
    )


def _receipts(items: pl.DataFrame) -> pl.DataFrame:
    return items.select(
        receipt_id="item",
        customer_id="customer_id",
        date="posting_date",
        amount=_major(-pl.col("milli") - pl.col("discount") - pl.col("residual")),
        currency="currency",
        method="type",
        recorded_at="recorded_at",
    )


def _major(milli: str | pl.Expr) -> pl.Expr:
    """Return thousandths as decimal text of major units."""
    value = pl.col(milli) if isinstance(milli, str) else milli
    digits = (value.abs() % MAJOR).cast(pl.String).str.zfill(3)
    sign = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    text = pl.concat_str(sign, (value.abs() // MAJOR).cast(pl.String), pl.lit("."), digits)
    return text.str.replace(r"0$", "")


def _applied(items: pl.DataFrame, made: pl.DataFrame, left: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the applications with how each closed its item (``how``), the item (``closed``) and its size."""
    days = clearing_days(items)
    facts = items.join(days, on=["company", "clearing", "cleared_on"], how="left", maintain_order="left").select(
        "item",
        "role",
        "company",
        "currency",
        "posting_date",
        "recorded_at",
        "cleared_on",
        "clearing",
        "known",
        "reverses",
        "cancelled_by",
        "discount",
        "residual",
        target=pl.coalesce("carried_by", "item"),
    )
    pairs = _split(made, facts)
    both = pairs.join(facts.rename({name: f"d_{name}" for name in facts.columns}), left_on="debit", right_on="d_item")
    both = both.join(facts.rename({name: f"c_{name}" for name in facts.columns}), left_on="credit", right_on="c_item")
    linked = pl.col("how") == "link"
    entered = pl.max_horizontal("d_recorded_at", "c_recorded_at")
    day = pl.when(linked).then(pl.max_horizontal("d_posting_date", "c_posting_date")).otherwise("d_cleared_on")
    known = (
        pl.when(linked)
        .then(entered)
        .otherwise(pl.max_horizontal(entered, pl.coalesce("d_known", "c_known", "d_cleared_on")))
    )
    cancelled = (pl.col("d_role") == "reversal") | (pl.col("c_role") == "reversal")
    cash_back = pl.col("d_role") == "refund"
    cash_in = pl.col("c_role") == "payment"
    way = (
        pl.when(pl.col("part") != "cash")
        .then("part")
        .when(cancelled)
        .then(pl.lit("reversal"))
        .when(cash_back & cash_in)
        .then(pl.lit("refund"))
        .when(cash_back)
        .then(pl.lit("payment"))
        .otherwise("c_role")
    )
    kind = (
        pl.when(pl.col("part") == "discount")
        .then(pl.lit("discount"))
        .when(cash_back | (cash_in & (pl.col("part") == "cash")))
        .then(pl.lit("payment"))
        .when(pl.col("c_role") == "write_off")
        .then(pl.lit("write_off"))
        .otherwise(pl.lit("credit_note"))
    )
    nothing = (pl.col("part") != "cash") | (pl.col("c_role") == "write_off")
    paired = both.select(
        from_id=pl.when(cash_back).then("d_target").when(~nothing).then("c_target"),
        to_document_id=pl.when(cash_back).then("c_target").otherwise("d_target"),
        amount=pl.when(cash_back).then(-pl.col("milli")).otherwise("milli"),
        applied_on=day,
        kind=kind,
        recorded_at=known,
        how=way,
        closed=pl.when(cash_back).then("credit").otherwise("debit"),
        also=pl.when(cash_back).then("debit").otherwise("credit"),
        size="milli",
        currency="d_currency",
    )
    rest = _unmatched(left.join(facts, on="item"), settings)
    rows = pl.concat([paired, rest], how="diagonal").with_columns(amount=_major("amount"))
    return rows.filter(pl.col("how") != "refund")


def _split(made: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Split what a payment closed into cash, what went into residual items, and cash discount."""
    noncash = facts.filter(pl.col("discount") + pl.col("residual") > 0)
    whole = made.with_columns(part=pl.lit("cash"))
    mixed = whole.join(noncash, left_on="credit", right_on="item", how="semi").with_row_index("item")
    if mixed.is_empty():
        return whole
    sums = mixed.group_by("credit").agg(total=pl.col("milli").sum())
    parts = noncash.join(sums, left_on="item", right_on="credit").with_columns(
        discount=pl.min_horizontal("discount", "total"),
    )
    parts = parts.with_columns(residual=pl.min_horizontal("residual", pl.col("total") - pl.col("discount")))
    listed = pl.concat(
        [
            parts.select(
                credit="item",
                item=pl.lit("cash"),
                milli=pl.col("total") - pl.col("discount") - pl.col("residual"),
            ),
            parts.select(credit="item", item=pl.lit("residual"), milli="residual"),
            parts.select(credit="item", item=pl.lit("discount"), milli="discount"),
        ]
    ).filter(pl.col("milli") > 0)
    laid = overlaps(mixed.select("item", "credit", "milli"), listed, by=["credit"])
    cut = laid.join(mixed.drop("milli", "part"), left_on="first", right_on="item").select(
        "debit", "credit", "milli", "how", part="second"
    )
    plain = whole.join(noncash, left_on="credit", right_on="item", how="anti")
    return pl.concat([plain, cut.select(plain.columns)])


def _unmatched(left: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Close what was cleared by something that is not in the export."""
    cash = pl.col("role").is_in(list(CASH))
    debit = pl.col("milli") > 0
    cancelled = pl.col("cancelled_by").is_not_null() | pl.col("reverses").is_not_null()
    elsewhere = pl.concat_str("company", pl.lit("-"), "clearing", pl.lit("-not-exported")).str.strip_prefix("-")
    paid = pl.lit(settings.unexplained == "payment") & ~cancelled
    rows = left.filter(pl.col("role") != "write_off").with_columns(
        from_id=pl.when(cash | ~debit).then("item"),
        to_document_id=pl.when(cash | ~debit).then(pl.coalesce("reverses", elsewhere)).otherwise("target"),
        amount=pl.when(cash).then(-pl.col("milli")).otherwise(pl.col("milli").abs()),
        applied_on=pl.max_horizontal("cleared_on", "posting_date"),
        kind=pl.when(cash | (debit & paid)).then(pl.lit("payment")).otherwise(pl.lit("credit_note")),
        recorded_at=pl.max_horizontal(pl.coalesce("known", "cleared_on"), "recorded_at"),
        how=pl.when(cancelled).then(pl.lit("reversal")).otherwise(pl.lit("unexplained")),
        closed="item",
        size=pl.col("milli").abs(),
    )
    return rows.select(
        "from_id",
        "to_document_id",
        "amount",
        "applied_on",
        "kind",
        "recorded_at",
        "how",
        "closed",
        pl.lit(None, pl.String).alias("also"),
        "size",
        "currency",
    )


def _findings(applied: pl.DataFrame, known: pl.DataFrame) -> list[Finding]:
    found = []
    groups: Sequence[tuple[str, str]] = applied.select("how", "currency").unique().sort("how", "currency").rows()
    for how, currency in groups:
        rows = applied.filter(how=how, currency=currency)
        items = pl.concat([rows["closed"], rows["also"].drop_nulls()]).n_unique()
        found.append(
            Finding(
                "warning" if how in UNTOLD else "note",
                "applications",
                f"cleared_{how}",
                f"{items:,} items were {WORDS[how]}{_types_of(rows, known) if how == 'transfer' else ''}.",
                items,
                few(rows["closed"]),
                float(rows["size"].sum()) / MAJOR,
                currency,
                _REMEDY.get(how, ""),
            )
        )
    return found


def _types_of(applied: pl.DataFrame, known: pl.DataFrame) -> str:
    """Return the document types of the credits that closed items without being told, in brackets."""
    credits_ = known.filter(role="transfer").join(applied, left_on="item", right_on="also", how="semi")
    return f" (document types: {', '.join(credits_['type'].fill_null('none').unique().sort())})"


def _untold(items: pl.DataFrame) -> list[Finding]:
    """Name the open credits that may be cash or credit notes, for all that the export says."""
    rows = items.filter(role="transfer").filter(pl.col("milli") < 0, pl.col("clearing").is_null())
    return [
        Finding(
            "warning",
            "documents",
            "unknown_credits",
            f"open credits of the document types {', '.join(group['type'].fill_null('none').unique().sort())} are "
            "counted as credit notes; they could be payments.",
            group.height,
            few(group["item"]),
            float(-group["milli"].sum()) / MAJOR,
            str(currency),
            "export the posting key, or state the types: types=YZ:payment, ...",
        )
        for (currency,), group in sorted(rows.group_by("currency"), key=lambda pair: str(pair[0][0]))
    ]


_REMEDY = {
    "transfer": "state what these document types are (types=AB:credit_note, ...), or the bad-debt accounts "
    "(bad_debt_accounts=6550*, with the G/L account in the export); until then they close their items without cash.",
    "unexplained": "export all items of these accounts, payments and cancellations too; if only payments are left out, "
    "say unexplained=payment; until then these items are closed without cash.",
}
