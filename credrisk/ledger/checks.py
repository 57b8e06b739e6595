"""What a careful accountant would look at in a ledger before relying on its figures."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.about_nobody import about_nobody
from credrisk.ledger.cash_twice import cash_twice
from credrisk.ledger.event_kinds import unknown_kinds
from credrisk.ledger.findings import Check, Finding, Severity, few, sorted_findings
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units, minor_factor
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.no_documents import no_documents_finding
from credrisk.ledger.over_applied import over_applied
from credrisk.ledger.tables import TABLES
from credrisk.ledger.unapplied import payments_not_applied

__all__ = ["check"]

FEWEST_DOCUMENTS = 30
"""Of fewer rows each may well have a customer of its own."""
CUSTOMER_PER_DOCUMENT = 0.9
"""From this share on, customers that bought more than once are so few that the column is no customer."""
PAID_BY_OTHERS = 0.5
"""Payments by parents and agents are some; most of them never."""
CONCENTRATION_SHARE = 0.2
"""A customer with more of the open balance than this is named (a large exposure to a single name in most policies)."""


def check(ledger: Ledger) -> Check:
    """Check a ledger against itself.

    Returns
    -------
    Check
        The findings of the reading and of these checks, worst first, then by money; the intake tie-out; and per
        currency the balance of documents and applications against the sum of the open items.
    """
    left = _left(item_movements(ledger), "document_id")
    unapplied = _left(cash_movements(ledger), "receipt_id")
    balances = _balances(ledger, left)
    findings = [
        *ledger.findings,
        *_tie_out(balances),
        *no_documents_finding(ledger),
        *_documents(ledger),
        *_nothing_settled(ledger),
        *payments_not_applied(ledger, left, unapplied),
        *cash_twice(ledger, unapplied),
        *_open_items(ledger, left),
        *_cash(ledger, unapplied),
        *_order_of_dates(ledger),
        *_entry_dates(ledger),
        *_after_coverage(ledger),
        *unknown_kinds(ledger),
        *about_nobody(ledger),
        *_rates(ledger),
        *_customers(ledger, left),
        *_wrong_customers(ledger),
    ]
    return Check(sorted_findings(findings), ledger.intake, balances)


def _left(moved: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return what is left of each document or receipt: its id, ``customer_id, currency, left``."""
    return moved.group_by(key, "customer_id", "currency").agg(left=pl.col("amount").sum())


def _balances(ledger: Ledger, left: pl.DataFrame) -> pl.DataFrame:
    """Return per currency: documents, what was applied to them, what credit notes gave, and the open items.

    What was applied to documents that the ledger does not hold touches no open item and is not in ``applied``.
    """
    applications = ledger.table("applications")
    to_seen = applications.join(ledger.table("documents"), left_on="to_document_id", right_on="document_id", how="semi")
    from_documents = applications.filter(pl.col("from_kind") == "document").join(
        ledger.table("documents").select(from_id="document_id", source="currency"), on="from_id"
    )
    sums = [
        ledger.table("documents").group_by("currency").agg(documents=pl.col("amount").sum()),
        to_seen.group_by("currency").agg(applied=pl.col("amount").sum()),
        from_documents.group_by(currency="source").agg(given=pl.coalesce("from_amount", "amount").sum()),
        left.group_by("currency").agg(open_items=pl.col("left").sum()),
    ]
    whole = sums[0]
    for part in sums[1:]:
        whole = whole.join(part, on="currency", how="full", coalesce=True)
    names = ("documents", "applied", "given", "open_items")
    whole = whole.with_columns(pl.col(name).fill_null(0) for name in names).with_columns(
        difference=pl.col("documents") - pl.col("applied") + pl.col("given") - pl.col("open_items")
    )
    return whole.sort("currency").with_columns(major_units(name, "currency") for name in (*names, "difference"))


MONTHS_WITHOUT_PAYMENT = 120
"""Days of documents without any payment from which on the payments are taken to be missing."""


def _tie_out(balances: pl.DataFrame) -> list[Finding]:
    return [
        Finding(
            "error",
            "applications",
            "open_items_do_not_tie_out",
            "documents less applications is not the sum of the open items.",
            money=row["difference"],
            currency=row["currency"],
            remedy="look for documents that are there more than once.",
        )
        for row in balances.filter(pl.col("difference") != 0).iter_rows(named=True)
    ]


def _documents(ledger: Ledger) -> list[Finding]:
    documents = ledger.table("documents")
    debits = documents.filter(pl.col("amount") > 0)
    return [
        *_per_currency(
            documents.filter(pl.col("due_date") < pl.col("document_date")),
            "warning",
            "documents",
            "due_before_document",
            "documents are due before their own date.",
            "check the two columns; days beyond terms and ageing use the due date.",
        ),
        *_per_currency(
            debits.filter(pl.col("due_date") == pl.col("document_date")),
            "note",
            "documents",
            "no_terms",
            "documents are due on their own date, as if there were no terms.",
            "where the export left the terms out, add them; else every day counts as late.",
        ),
    ]


def _nothing_settled(ledger: Ledger) -> list[Finding]:
    """A ledger that goes on for months without a payment has most likely lost its payments on the way in."""
    documents = ledger.table("documents")
    if not ledger.table("applications").is_empty() or not ledger.table("receipts").is_empty():
        return []
    days = documents.select((pl.col("document_date").max() - pl.col("document_date").min()).dt.total_days()).item()
    if days is None or days < MONTHS_WITHOUT_PAYMENT:
        return []
    return [
        Finding(
            "error",
            "documents",
            "nothing_settled",
            f"no document was ever paid, although they reach over {days} days: every one counts as open.",
            rows=documents.height,
            remedy="give receipts and applications, a table payments, or the column settled_on of documents "
            "(see the note on columns that were not used).",
        )
    ]


def _open_items(ledger: Ledger, left: pl.DataFrame) -> list[Finding]:
    residuals = left.select("document_id", "currency", residual="left")
    items = ledger.table("documents").join(residuals, on=["document_id", "currency"], how="left")
    more = items.filter((pl.col("residual") - pl.col("amount")) * pl.col("amount").sign() > 0)
    return [
        *over_applied(ledger, left),
        *_per_currency(
            more.with_columns(amount=(pl.col("residual") - pl.col("amount")).abs()),
            "error",
            "documents",
            "open_beyond_amount",
            "more is open on documents than their amount; the money is the excess.",
            "look for applications with the wrong sign, or reversals of what was never applied.",
        ),
    ]


def _cash(ledger: Ledger, cash: pl.DataFrame) -> list[Finding]:
    receipts = ledger.table("receipts").join(cash.drop("customer_id"), on=["receipt_id", "currency"], how="left")
    beyond = receipts.filter(pl.col("left").sign() * pl.col("amount").sign() < 0)
    more = receipts.filter((pl.col("left") - pl.col("amount")) * pl.col("amount").sign() > 0)
    unapplied = cash.group_by("customer_id", "currency").agg(amount=pl.col("left").sum()).filter(pl.col("amount") < 0)
    received = ledger.table("receipts").filter(pl.col("amount") != 0)
    reversed_signs = received.height > 0 and bool((received["amount"] < 0).all())
    return [
        *_per_currency(
            beyond.with_columns(amount=pl.col("left").abs()),
            "warning",
            "receipts",
            "applied_beyond_receipt",
            "receipts were applied for more than was received; the money is the excess.",
            "look for receipts that were exported in part, or applications entered twice.",
        ),
        *_per_currency(
            more.with_columns(amount=(pl.col("left") - pl.col("amount")).abs()),
            "error",
            "receipts",
            "left_beyond_receipt",
            "more is left of receipts than was received; the money is the excess.",
            "look for applications with the wrong sign, or reversals of what was never applied.",
        ),
        *_per_currency(
            unapplied,
            "warning",
            "receipts",
            "negative_unapplied_cash",
            "customers have less than no unapplied cash.",
            "look for receipts before covers_from that the export leaves out.",
        ),
        *_per_currency(
            received if reversed_signs else received.clear(),
            "warning",
            "receipts",
            "all_receipts_negative",
            "every receipt is negative, that is, paid back to the customer.",
            "turn the sign in the export if these are payments received.",
        ),
    ]


def _order_of_dates(ledger: Ledger) -> list[Finding]:
    documents = ledger.table("documents").select("document_date", to_document_id="document_id")
    receipts = ledger.table("receipts").select(from_id="receipt_id", received_on="date")
    dated = ledger.table("applications").join(documents, on="to_document_id").join(receipts, on="from_id", how="left")
    early = pl.col("applied_on") < pl.col("document_date")
    paid_early = (pl.col("from_kind") == "receipt") & (pl.col("received_on") < pl.col("document_date"))
    return [
        *_per_currency(
            dated.filter(early),
            "warning",
            "applications",
            "applied_before_document",
            "amounts were applied before the date of their document.",
            "check the dates; until the document exists, such an amount counts nowhere.",
        ),
        *_per_currency(
            dated.filter(paid_early & ~early),
            "note",
            "applications",
            "paid_before_document",
            "cash arrived before the date of the document it pays (a prepayment, or a wrong date).",
            "nothing, where these are prepayments.",
        ),
    ]


def _entry_dates(ledger: Ledger) -> list[Finding]:
    findings: list[Finding] = []
    for name, table in TABLES.items():
        if table.known and ledger.has(name):
            findings += _per_currency(
                ledger.table(name).filter(pl.col(table.known) < pl.col(table.event)),
                "warning",
                name,
                "known_before_event",
                f"{table.known} is before {table.event}; such rows are visible from the later of the two.",
                "check the two columns; a posting entered in advance is nothing wrong.",
            )
    return findings


def _after_coverage(ledger: Ledger) -> list[Finding]:
    findings: list[Finding] = []
    for name in ("documents", "receipts", "applications", "disputes", "contacts", "orders", "credit_events"):
        event = TABLES[name].event
        findings += _per_currency(
            ledger.table(name).filter(pl.col(event) > ledger.settings.covers_to),
            "warning",
            name,
            "after_coverage",
            f"rows are dated after covers_to ({ledger.settings.covers_to}); they count for no date on or before it.",
            "correct the dates, or state a later covers_to if the ledger reaches further.",
        )
    return findings


def _rates(ledger: Ledger) -> list[Finding]:
    """Find amounts in a currency that cannot be translated on their date."""
    rates = ledger.table("rates").group_by("currency").agg(first_rate=pl.col("date").min())
    findings: list[Finding] = []
    for name in ("documents", "receipts"):
        foreign = ledger.table(name).filter(pl.col("currency") != ledger.settings.currency)
        rated = foreign.join(rates, on="currency", how="left")
        findings += _per_currency(
            rated.filter(pl.col("first_rate").is_null()),
            "error",
            name,
            "no_rate",
            f"there is no rate that translates this currency into {ledger.settings.currency}.",
            "add the table `rates` (currency, date, rate: units of the ledger's currency for one unit).",
        )
        findings += _per_currency(
            rated.filter(pl.col(TABLES[name].event) < pl.col("first_rate")),
            "warning",
            name,
            "no_early_rate",
            "rows are dated before the first rate of their currency.",
            "add rates that reach back to the first posting.",
        )
    return findings


def _customers(ledger: Ledger, left: pl.DataFrame) -> list[Finding]:
    documents = ledger.table("documents")
    idle = ledger.table("customers").join(documents, on="customer_id", how="anti")
    findings = []
    if idle.height:
        findings.append(
            Finding(
                "note",
                "customers",
                "without_documents",
                "customers have no document.",
                idle.height,
                few(idle["customer_id"]),
                evidence=idle,
            )
        )
    balances = left.group_by("currency", "customer_id").agg(amount=pl.col("left").sum())
    owing = balances.filter(pl.col("amount") > 0).with_columns(
        share=pl.col("amount") / pl.col("amount").sum().over("currency"), owing=pl.len().over("currency")
    )
    large = owing.filter((pl.col("share") >= CONCENTRATION_SHARE) & (pl.col("owing") > 1))
    findings += [
        Finding(
            "note",
            "customers",
            "concentration",
            f"one customer owes {100 * row['share']:.0f} % of the open balance in {row['currency']}.",
            1,
            (row["customer_id"],),
            row["amount"] / minor_factor(row["currency"]),
            row["currency"],
            evidence=large.filter(pl.col("customer_id") == row["customer_id"], pl.col("currency") == row["currency"]),
        )
        for row in large.sort("currency", "customer_id").iter_rows(named=True)
    ]
    return findings


def _wrong_customers(ledger: Ledger) -> list[Finding]:
    """Find a column of customers that holds something else: another value in nearly every row, as an entry number."""
    documents, receipts = ledger.table("documents"), ledger.table("receipts")
    remedy = "look at the column that the mapping takes for customer_id; the number of an entry or a document is none."
    owners = documents["customer_id"].n_unique()
    each = documents.height >= FEWEST_DOCUMENTS and owners >= CUSTOMER_PER_DOCUMENT * documents.height
    paid = (
        ledger.table("applications")
        .filter(pl.col("from_kind") == "receipt")
        .join(receipts.select(from_id="receipt_id", payer="customer_id"), on="from_id")
        .join(documents.select("customer_id", to_document_id="document_id"), on="to_document_id")
        .join(ledger.table("customers").select("customer_id", "payer_id"), on="customer_id", how="left")
    )
    others = paid.filter(pl.col("payer") != pl.col("customer_id"), pl.col("payer").ne_missing(pl.col("payer_id")))
    most = paid.height >= FEWEST_DOCUMENTS and others.height >= PAID_BY_OTHERS * paid.height
    return [
        *_per_currency(
            documents if each else documents.clear(),
            "warning",
            "documents",
            "customer_per_document",
            f"nearly every document has a customer of its own: {owners:,} customers, {documents.height:,} documents.",
            remedy,
        ),
        *_per_currency(
            others if most else others.clear(),
            "error",
            "applications",
            "paid_by_others",
            f"{others.height:,} of {paid.height:,} payments belong to other customers than the documents they pay.",
            f"{remedy} Where others pay for them, name them in payer_id of customers.",
        ),
    ]


def _per_currency(
    rows: pl.DataFrame, severity: Severity, table: str, code: str, message: str, remedy: str
) -> list[Finding]:
    """Return one finding per currency of the rows (one in all for tables without money); none without rows."""
    if rows.is_empty():
        return []
    key = next(name for name in (TABLES[table].key[0], "to_document_id", "customer_id") if name in rows.columns)
    key = "to_document_id" if table == "applications" else key
    if "currency" not in rows.columns or "amount" not in rows.columns:
        return [Finding(severity, table, code, message, rows.height, few(rows[key]), remedy=remedy, evidence=rows)]
    findings = []
    for (currency,), part in sorted(rows.group_by("currency"), key=lambda group: str(group[0][0])):
        money = int(part["amount"].sum()) / minor_factor(str(currency))
        findings.append(
            Finding(severity, table, code, message, part.height, few(part[key]), money, str(currency), remedy, part)
        )
    return findings
