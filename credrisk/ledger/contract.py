"""The tables complete each other and are held to the contract, one after another in the order in which they refer."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.cells import money_in_minor_units
from credrisk.ledger.completion import (
    assume_recorded_at,
    fill_application_sources,
    fill_currency,
    fill_document_kinds,
    fill_due_dates,
    read_attribute_numbers,
)
from credrisk.ledger.delimited import ROW
from credrisk.ledger.findings import Finding
from credrisk.ledger.intake import count_read
from credrisk.ledger.integrity import merge_customers, set_aside_duplicates, set_aside_unknown, set_aside_unseen
from credrisk.ledger.ledger import empty_table
from credrisk.ledger.left_open import hold_missing_amounts, with_left_open
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.of_payments import derived_from, derived_rows, of_payments, turn_closings
from credrisk.ledger.signs import hold_application_signs
from credrisk.ledger.simple import (
    ACCEPTED,
    receipts_from_applications,
    receipts_from_settlements,
)
from credrisk.ledger.stated_balances import hold_against_stated, open_items_alone
from credrisk.ledger.working import GOOD, Working

__all__ = ["hold_to_contract"]

CASH = ("payment", "recovery", "reversal", "fx_difference")
"""Applications that bring cash in, take it back, or come of its currency."""

_ORDER = ("customers", "documents", "receipts", "orders", "payments", "applications")
"""First the tables that others refer to."""


def hold_to_contract(
    tables: Mapping[str, Working], currency: str, findings: list[Finding], *, without_invoice: str = ""
) -> dict[str, pl.DataFrame]:
    """Complete every table, set aside what breaks the contract, and return the tables made from the simple form.

    ``without_invoice`` says what payments that name no invoice settle (:data:`WITHOUT_INVOICE`); empty: nothing.

    Raises
    ------
    DataError
        When the simple form's payments stand beside receipts, or beside applications of cash: it would count twice.
    """
    if "payments" in tables and "receipts" in tables:
        raise _cash_twice("receipts")
    for name in sorted(tables, key=lambda n: (_ORDER.index(n) if n in _ORDER else len(_ORDER), n)):
        _hold(tables[name], tables, currency, findings)
    _open_by_first_document(tables["customers"], tables["documents"].good, findings)

    def derive(told: list[Finding]) -> dict[str, pl.DataFrame]:
        return of_payments(tables, without_invoice, told) if "payments" in tables else _derived(tables, told)

    made = with_left_open(tables, derive, findings)
    if "open_amount" in tables["documents"].given:
        given = [tables["applications"].good] if "applications" in tables else []
        both = [*given, made["applications"]] if "applications" in made else given
        findings += hold_against_stated(tables["documents"].good, pl.concat(both, how="diagonal") if both else None)
    return made


def _hold(working: Working, tables: Mapping[str, Working], currency: str, findings: list[Finding]) -> None:
    name, table = working.name, working.table
    if name == "customers":
        merge_customers(working, findings)
    if name == "payments":
        _customers_of_payments(working, tables["documents"], findings)
    if "currency" in table.names:
        fill_currency(working, _currencies(working, tables), currency, findings)
    if name == "applications":
        _sources(working, tables)
        hold_missing_amounts(working)
    money_in_minor_units(working, {"from_amount": "_from_currency"} if name == "applications" else {})
    if name == "payments":
        turn_closings(working, findings)
    if name == "documents":
        fill_document_kinds(working, findings)
        fill_due_dates(working, findings)
        amount = pl.col("settled_amount")
        undated = pl.col("settled_on").is_null() & amount.is_not_null() & (amount != 0)
        working.set_aside(pl.when(undated).then(pl.lit("missing_value")), "settled_on")
    if name == "applications":
        receipts = tables["receipts"].good if "receipts" in tables else empty_table("receipts")
        hold_application_signs(working, tables["documents"].good, receipts, findings)
    if name == "customer_history":
        read_attribute_numbers(working, findings)
    count_read(working)
    if name == "applications":
        _hold_sources(working, tables)
    assume_recorded_at(working, findings)
    set_aside_duplicates(working, findings)
    closed = name in ("payments", "applications") and open_items_alone(tables["documents"])
    if name == "applications":
        set_aside_unseen(working, tables["documents"], findings, unknown="no_longer_open" if closed else "")
        return
    for column, target in table.refers:
        unknown = "no_longer_open" if closed and target == "documents" else ""
        set_aside_unknown(working, column, tables.get(target), target, unknown=unknown)


def _open_by_first_document(customers: Working, documents: pl.DataFrame, findings: list[Finding]) -> None:
    """Open accounts no later than their first document may be seen: else its customer would be missing beside it."""
    seen = pl.max_horizontal("document_date", "recorded_at")
    first = documents.group_by("customer_id").agg(first=seen.min())
    joined = customers.frame.select("customer_id").join(first, on="customer_id", how="left", maintain_order="left")
    first_seen = pl.lit(joined["first"])
    late = customers.good.select("customer_id", "opened_on").join(first, on="customer_id")
    late = late.filter(pl.col("opened_on") > pl.col("first"))
    if late.is_empty():
        return
    findings.append(
        customers.finding(
            "opened_after_first_document",
            "accounts have documents from before their opening; they were taken to be opened when the first was known.",
            late,
            severity="warning",
            remedy="export the day on which the account was opened, not the day on which it was moved.",
        )
    )
    lower = pl.when(first_seen < pl.col("opened_on")).then(first_seen).otherwise("opened_on")
    customers.frame = customers.frame.with_columns(lower.alias("opened_on"))


def _currencies(working: Working, tables: Mapping[str, Working]) -> list[tuple[str, pl.DataFrame]]:
    """Return where a row's currency may come from: its document first, then its customer."""
    references = sorted(working.table.refers, key=lambda reference: reference[1] != "documents")
    if working.name == "promises":
        references = [("customer_id", "customers")]
    if working.name == "applications":  # what they come from says it where their document is not there
        documents = _ids(tables["documents"], "currency").filter(pl.col("currency").is_in(list(EXPONENTS)))
        receipts = [_ids(tables["receipts"], "currency")] if "receipts" in tables else []
        return [("to_document_id", documents), ("from_id", pl.concat([*receipts, documents]))]
    return [(by, _ids(tables[target], "currency")) for by, target in references if target in tables]


def _ids(working: Working, *columns: str) -> pl.DataFrame:
    return working.frame.select(pl.col(working.key).alias("id"), *columns)


def _customers_of_payments(payments: Working, documents: Working, findings: list[Finding]) -> None:
    """Give each payment the customer of its document where it names none, else that of the payment's other lines.

    The latter where the lines of one payment and day that name a document are all of one customer, and are no fewer
    than those that name nothing: in a batch of which little was matched, the rest may be anybody's.
    """
    owners = _ids(documents, "customer_id").drop_nulls().unique().filter(pl.col("id").is_unique())
    owner = payments.frame.select(pl.col("document_id").alias("id")).join(
        owners, on="id", how="left", maintain_order="left"
    )["customer_id"]
    payments.frame = payments.frame.with_columns(pl.coalesce("customer_id", pl.lit(owner)).alias("customer_id"))
    customer = pl.col("customer_id")
    if payments.frame.select((customer.is_null() & pl.col("document_id").is_null()).any()).item():
        _customers_of_other_lines(payments, findings)
    no_customer = customer.is_null() & pl.col("document_id").is_null()
    payments.set_aside(pl.when(no_customer).then(pl.lit("missing_value")), "customer_id")


def _customers_of_other_lines(payments: Working, findings: list[Finding]) -> None:
    """Give lines that name neither document nor customer the one customer of the other lines of payment and day."""
    one, customer = ["payment_id", "date"], pl.col("customer_id")
    nameless = customer.is_null() & pl.col("document_id").is_null()
    theirs = (
        pl.col("payment_id").is_not_null()
        & (customer.drop_nulls().n_unique().over(one) == 1)
        & (nameless.sum().over(one) <= (~nameless).sum().over(one))
    )
    found = payments.frame.filter(nameless & theirs)
    if found.height:
        findings.append(
            payments.finding(
                "assumed_customer",
                "lines of payments name neither a document nor a customer; they are taken for cash on account of the "
                "customer that all other lines of the payment are of.",
                found,
                severity="warning",
                remedy="export the customer of each payment.",
            )
        )
    filled = pl.when(nameless & theirs).then(customer.max().over(one)).otherwise(customer)
    payments.frame = payments.frame.with_columns(filled.alias("customer_id"))


def _sources(applications: Working, tables: Mapping[str, Working]) -> None:
    """Find where each application comes from and in which currency that is."""
    nothing = pl.DataFrame(schema={"id": pl.String, "currency": pl.String})
    receipts = _ids(tables["receipts"], "currency") if "receipts" in tables else nothing
    documents = _ids(tables["documents"], "currency")
    fill_application_sources(applications, receipts["id"].drop_nulls(), documents["id"].drop_nulls())
    known = pl.concat(
        [
            rows.drop_nulls().unique().filter(pl.col("id").is_unique()).with_columns(pl.lit(kind).alias("kind_of_id"))
            for rows, kind in ((receipts, "receipt"), (documents, "document"))
        ]
    ).rename({"currency": "_from_currency"})
    source = applications.frame.select("from_id", "from_kind", "currency").join(
        known, left_on=["from_id", "from_kind"], right_on=["id", "kind_of_id"], how="left", maintain_order="left"
    )
    applications.put("_from_currency", source.select(pl.coalesce("_from_currency", "currency")).to_series())


def _hold_sources(applications: Working, tables: Mapping[str, Working]) -> None:
    """Set aside applications without kind, from the unknown, from what was set aside, or without the amount there."""
    no_kind = pl.col("kind").is_null()
    applications.set_aside(pl.when(no_kind).then(pl.lit("missing_value")), "kind")
    across = (pl.col("_from_currency") != pl.col("currency")) & pl.col("from_amount").is_null()
    applications.set_aside(pl.when(across).then(pl.lit("missing_value")), "from_amount")
    unknown, gone = pl.lit("unknown_receipt"), pl.lit("refers_to_quarantined")
    from_kind, from_id = pl.col("from_kind"), pl.col("from_id")
    if "payments" in tables:
        cash = applications.frame.filter(pl.col("kind").is_in(CASH))
        if cash.height:
            kinds = ", ".join(sorted(set(cash["kind"])))
            raise _cash_twice(f"applications of cash ({cash.height:,} of the kind {kinds})")
    if "receipts" in tables or "payments" in tables:
        applications.set_aside(pl.when(from_kind.is_null()).then(unknown), "from_id")
    else:
        several = from_kind.is_null() & (pl.col("currency").n_unique().over("from_id") > 1)
        applications.set_aside(pl.when(several).then(pl.lit("other_currency")), "currency")
    for kind, name in (("receipt", "receipts"), ("document", "documents")):
        if name in tables:
            kept = tables[name].good[tables[name].key].unique()
            lost = (from_kind == kind) & ~from_id.is_in(kept.implode())
            applications.set_aside(pl.when(lost).then(gone), "from_id")


def _derived(tables: Mapping[str, Working], findings: list[Finding]) -> dict[str, pl.DataFrame]:
    documents = tables["documents"]
    if "applications" in tables and "receipts" not in tables and not _settled_beside(tables):
        applications = tables["applications"]
        receipts, sources = receipts_from_applications(applications.good, documents.good)
        made = applications.frame.select(ROW).join(sources, on=ROW, how="left", maintain_order="left")["receipt_id"]
        applications.frame = applications.frame.with_columns(
            pl.coalesce(pl.lit(made), "from_id").alias("from_id"),
            pl.coalesce("from_kind", pl.lit("receipt")).alias("from_kind"),
        )
        findings.append(derived_rows("receipts", "the applications, for the source has no receipts", receipts.height))
        if "settled_on" in documents.given:
            findings += _settlements_unused(documents, "applications", none_paid=receipts.is_empty())
        return {"receipts": receipts}
    if "settled_on" not in documents.given:
        return {}
    if "receipts" in tables:
        findings += _settlements_unused(documents, "receipts", none_paid=False)
        return {}
    return derived_from(receipts_from_settlements(documents.good), "the settled dates of documents", findings)


def _settled_beside(tables: Mapping[str, Working]) -> bool:
    """Tell whether the days of settlement are the payments: the applications close documents without cash alone."""
    applications, documents = tables["applications"].frame, tables["documents"]
    if "settled_on" not in documents.given or documents.frame["settled_on"].null_count() == documents.frame.height:
        return False
    return applications.filter(pl.col("kind").is_in(CASH)).is_empty()


def _settlements_unused(documents: Working, instead: str, *, none_paid: bool) -> list[Finding]:
    """Say that the days of settlement were passed over for another table; an error where that leaves no payment."""
    stated = documents.frame.filter(pl.col("settled_on").is_not_null() & GOOD)
    if stated.is_empty():
        return []
    lost = ", which hold no payment: nothing is paid" if none_paid else ""
    return [
        documents.finding(
            "settlement_unused",
            f"settled_on and settled_amount were not used, for there is a table of {instead}{lost}.",
            stated,
            severity="error" if none_paid else "warning",
            remedy="leave out the columns, or the receipts and applications; or give the payments as applications too.",
        )
    ]


def _cash_twice(beside: str) -> DataError:
    return DataError(
        f"there is a table of payments beside {beside}; the same cash would count twice.",
        table=ACCEPTED["payments"].name,
        remedy="give either payments (the simple form), or receipts and applications. Beside payments, applications "
        "may be what closes documents without cash: credit notes, write-offs, discounts, deductions, offsets.",
    )
