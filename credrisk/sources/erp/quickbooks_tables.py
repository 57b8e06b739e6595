"""QuickBooks Online as the tables of a connector: invoices, payments and their lines, credit memos, customers, ..."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from credrisk.sources.erp.bodies import Body, Record, money, text
from credrisk.sources.erp.connector_tables import Names, TableKind, records_of_table, table_kind
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.postings import Postings

__all__ = ["is_table", "is_telling_table", "table_records"]

_COMMON: Names = {
    "id": "Id",
    "sync_token": "SyncToken",
    "created_at": ("MetaData", "CreateTime"),
    "updated_at": ("MetaData", "LastUpdatedTime"),
    "transaction_date": "TxnDate",
    "due_date": "DueDate",
    "doc_number": "DocNumber",
    "currency_id": ("CurrencyRef", "value"),
    "customer_id": ("CustomerRef", "value"),
    "sales_term_id": ("SalesTermRef", "value"),
    "private_note": "PrivateNote",
    "total_amount": "TotalAmt",
    "total_tax": ("TxnTaxDetail", "TotalTax"),
    "balance": "Balance",
    "deposit": "Deposit",
    "remaining_credit": "RemainingCredit",
    "unapplied_amount": "UnappliedAmt",
    "payment_method_id": ("PaymentMethodRef", "value"),
    "receivable_account_id": ("ARAccountRef", "value"),
    "transaction_status": "TxnStatus",
}
_CUSTOMER: Names = {
    **_COMMON,
    "display_name": "DisplayName",
    "company_name": "CompanyName",
    "fully_qualified_name": "FullyQualifiedName",
    "parent_customer_id": ("ParentRef", "value"),
    "bill_with_parent": "BillWithParent",
}
_PAYMENT_LINE: Names = {"payment_id": "parent", "amount": "Amount"}
_JOURNAL_LINE: Names = {
    "journal_entry_id": "parent",
    "index": "Id",
    "amount": "Amount",
    "account_id": ("JournalEntryLineDetail", "AccountRef", "value"),
    "posting_type": ("JournalEntryLineDetail", "PostingType"),
    "customer_id": ("JournalEntryLineDetail", "Entity", "EntityRef", "value"),
}
_DEPOSIT_LINE: Names = {
    "deposit_id": "parent",
    "index": "Id",
    "amount": "Amount",
    "deposit_account_id": ("DepositLineDetail", "AccountRef", "value"),
    "deposit_customer_id": ("DepositLineDetail", "Entity", "value"),
}
_ACCOUNT: Names = {**_COMMON, "name": "Name", "account_type": "AccountType", "account_number": "AcctNum"}
_ADDRESS: Names = {**_COMMON, "line_1": "Line1", "city": "City", "postal_code": "PostalCode", "country": "Country"}
_TERM: Names = {**_COMMON, "name": "Name", "due_days": "DueDays", "type": "Type"}
KINDS = (
    TableKind(
        "Invoice", ("id", "due_date", "customer_id", "total_amount", "email_status", "allow_ipnpayment"), _COMMON
    ),
    TableKind("Payment", ("id", "unapplied_amount", "customer_id", "total_amount"), _COMMON),
    TableKind("payment line", ("payment_id", "index", "amount", "invoice_id", "credit_memo_id"), _PAYMENT_LINE),
    TableKind("CreditMemo", ("id", "remaining_credit", "customer_id", "total_amount"), _COMMON),
    TableKind("RefundReceipt", ("id", "customer_id", "total_amount", "check_payment_status", "payment_type"), _COMMON),
    TableKind("SalesReceipt", ("id", "customer_id", "total_amount", "credit_card_amount", "delivery_type"), _COMMON),
    TableKind("Customer", ("id", "display_name", "fully_qualified_name", "bill_with_parent"), _CUSTOMER),
    TableKind("Deposit", ("id", "cash_back_amount", "total_amount", "transaction_date"), _COMMON),
    TableKind("deposit line", ("deposit_id", "index", "amount", "deposit_account_id"), _DEPOSIT_LINE),
    TableKind("JournalEntry", ("id", "adjustment", "transaction_date", "sync_token"), _COMMON),
    TableKind("journal line", ("journal_entry_id", "index", "posting_type", "amount"), _JOURNAL_LINE),
    TableKind("Account", ("id", "account_type", "classification", "fully_qualified_name"), _ACCOUNT),
    TableKind("Address", ("id", "country_sub_division_code", "postal_code", "line_1"), _ADDRESS),
    TableKind("Term", ("id", "due_days", "discount_days"), _TERM),
)
LINES = {"payment line": "Payment", "journal line": "JournalEntry", "deposit line": "Deposit"}
LINKS = {
    "invoice_id": "Invoice",
    "credit_memo_id": "CreditMemo",
    "journal_entry_id": "JournalEntry",
    "deposit_id": "Deposit",
    "check_id": "Check",
    "expense_id": "Expense",
    "credit_card_credit_id": "CreditCardCredit",
    "credit_card_charge_id": "CreditCardCharge",
}
"""Columns of payment lines that name what the line is applied to."""

TELLING = ("Invoice", "Payment", "CreditMemo", "JournalEntry")
"""Tables by which the system is recognised."""


def is_telling_table(file: ExportFile) -> bool:
    """Tell whether a file is a table that other systems do not have like this; contacts or terms they have, too."""
    kind = table_kind(file, KINDS)
    return kind is not None and kind.kind in TELLING


def is_table(file: ExportFile) -> bool:
    """Tell whether a file is a table of a connector to QuickBooks."""
    return table_kind(file, KINDS) is not None


def table_records(files: Sequence[ExportFile], postings: Postings) -> list[Record]:
    """Return the records of tables, the lines within the records they belong to.

    Lines of records that are not there are set aside; lines of deleted records are left out.
    """
    records: list[Record] = []
    lines: list[Record] = []
    for file in files:
        table = table_kind(file, KINDS)
        if table is None:
            continue
        found = records_of_table(file, table, postings, finish=_with_links if table.kind == "payment line" else None)
        (lines if table.kind in LINES else records).extend(found)
    owners: dict[tuple[str, str | None], list[Record]] = defaultdict(list)
    for record in records:
        owners[record.kind, text(record.body, "Id")].append(record)
    for owner in (one for one in records if one.kind == "Customer"):
        for address in owners.get(("Address", text(owner.body, "bill_address_id")), []):
            owner.body["BillAddr"] = address.body
    for line in lines:
        _attach(line, owners.get((LINES[line.kind], text(line.body, "parent")), []), postings)
    return records


def _attach(line: Record, owners: Sequence[Record], postings: Postings) -> None:
    kind, parent = LINES[line.kind], text(line.body, "parent")
    if not owners:
        if kind == "Payment":
            postings.set_aside(
                line,
                "unknown_receipt",
                "payment_id",
                table="applications",
                key=parent,
                amount=money(line.body, "Amount"),
            )
        else:
            postings.leave_out(line, f"lines of a {kind} that is not in the export")
        return
    if all(text(owner.body, "status") for owner in owners):
        postings.leave_out(line, f"lines of a deleted {kind}")
        return
    for owner in owners:
        owner.body.setdefault("Line", []).append(line.body)
    if kind == "Payment":
        postings.use(line)
    else:
        postings.leave_out(line, f"lines read with their {kind}")


def _with_links(body: Body) -> None:
    """Name what a payment line is applied to, as the interface does."""
    linked = [{"TxnId": body[column], "TxnType": kind} for column, kind in LINKS.items() if body.get(column)]
    if linked:
        body["LinkedTxn"] = linked
