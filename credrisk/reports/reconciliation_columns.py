"""The columns of the reconciliation: what people read of :func:`credrisk.portfolio.reconciliation.reconcile`."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column

__all__ = ["RECONCILIATION_TABLES"]


def _cents(name: str, heading: str, definition: str) -> Column:
    return Column(name, heading, "cents", 16, definition)


COMPANY = Column("company", "Company", "text", 12, "Company that sells, as in seller_entity; all: every company.")
SCOPE = Column("scope", "Balances in", "text", 10, "Currency of the balances; all: every currency, translated.")
IN = Column("currency", "Currency", "code", 9, "Currency of the amounts.")
SEVERITY = Column("severity", "Severity", "state", 10, "Error, warning or note.")
TABLE = Column("table", "Table", "text", 17, "Table of the ledger.")

ACCOUNTS = (
    COMPANY,
    SCOPE,
    IN,
    Column("account", "Account", "text", 14, "Control account(s) as given."),
    Column("state", "Verdict", "state", 14, "Whether the control account agrees, and if not, whether it is explained."),
    _cents("open_items", "Open items", "Buckets, late fees and open credits."),
    _cents("unapplied_cash", "Unapplied cash", "Cash received and not applied."),
    _cents("net_balance", "Customers' balance", "Open items less unapplied cash, from the movements of every item."),
    _cents("by_postings", "By postings", "The same from the sums of the tables."),
    _cents("control_account", "Control account", "Balance of the general ledger, as given."),
    _cents("difference", "Difference", "Control account less the customers' balance."),
    _cents("explained", "Explained", "Named differences that make it up to the cent."),
    _cents("not_explained", "Not explained", "What is left."),
)
LINES = (
    COMPANY,
    SCOPE,
    IN,
    Column("part", "Part", "state", 16, "Ageing, postings, named difference, not explained or control account."),
    Column("words", "Line", "text", 52, "What the amount is."),
    _cents("amount", "Amount", "Positive where it raises what customers owe."),
    Column("line", "Short name", "text", 26, "Short name of the line."),
)
POSSIBLE = (
    COMPANY,
    SCOPE,
    IN,
    Column("words", "Possible difference", "text", 58, "What a control account may hold otherwise."),
    _cents("amount", "Amount", "What the account would hold more for it."),
    Column("used", "Explains", "state", 9, "Whether it explains the account."),
    Column("line", "Short name", "text", 26, "Short name of the difference."),
)
HINTS = (
    COMPANY,
    SCOPE,
    TABLE,
    Column("id", "Number", "id", 16, "Number of the posting."),
    CUSTOMER_ID,
    Column("date", "Date", "date", 11, "Date of the posting."),
    _cents("amount", "Amount", "Amount of the posting."),
    IN,
    Column("hint", "Why it is named", "long", 50, "What its amount has to do with what is not explained."),
)
FINDINGS = (
    SEVERITY,
    Column("message", "What was found", "long", 60, "The finding in words."),
    Column("rows", "Rows", "count", 8, "Rows concerned."),
    _cents("money", "At stake", "Money concerned."),
    IN,
    Column("ids", "For example", "text", 30, "The first five numbers; the workbook has all."),
    Column("remedy", "How to mend it", "long", 50, "What to do, as a rule in the ERP."),
    TABLE,
    Column("code", "Rule", "text", 24, "Short name of the rule."),
)
ROWS = (
    SEVERITY,
    Column("code", "Rule", "text", 26, "Short name of the finding's rule."),
    TABLE,
    Column("id", "Number", "id", 18, "Number of the row; of an application that of its document."),
    CUSTOMER_ID,
    NAME,
    Column("date", "Date", "date", 11, "Date of the row."),
    _cents("amount", "Amount", "Amount of the row, or what of it is open."),
    IN,
    Column("note", "Note", "long", 44, "What is particular about the row."),
)
CUSTOMERS = (
    CUSTOMER_ID,
    NAME,
    IN,
    _cents("not_due", "Not due", "Open debit items up to and on their due date."),
    _cents("past_due_1_30", "1-30 days", "Open debit items 1 to 30 days past due."),
    _cents("past_due_31_60", "31-60 days", "Open debit items 31 to 60 days past due."),
    _cents("past_due_61_90", "61-90 days", "Open debit items 61 to 90 days past due."),
    _cents("past_due_over_90", "Over 90 days", "Open debit items more than 90 days past due."),
    _cents("late_fees", "Late fees", "What is left of fee notes for late payment."),
    _cents("open_credits", "Open credits", "What is left of credit notes, and what was paid too much."),
    _cents("open_items", "Open items", "Buckets, late fees and open credits."),
    _cents("unapplied_cash", "Unapplied cash", "Cash received and not applied."),
    _cents("net_balance", "Balance", "Open items less unapplied cash."),
    _cents("in_the_books", "In the books", "Balance of the customer in the general ledger, as given."),
    _cents("difference", "Difference", "Books less ledger."),
    _cents("past_due", "Past due", "By original due dates."),
    _cents("past_due_current", "Past due, current", "By current due dates."),
)
BY_DUE_DATE = (
    IN,
    Column("bucket", "Bucket", "text", 16, "Days past due."),
    _cents("by_original", "By original due date", "Open by the due date on the document."),
    _cents("by_current", "By current due date", "Open by the latest due date agreed."),
    _cents("moved", "Moved", "Current less original."),
)
MOVED = (
    Column("document_id", "Document", "id", 16, "Number of the document."),
    CUSTOMER_ID,
    NAME,
    _cents("open_amount", "Open", "What is open of it."),
    IN,
    Column("due_date", "Original due date", "date", 11, "As on the document."),
    Column("current_due_date", "Current due date", "date", 11, "Latest one agreed."),
    Column("changes", "Changes", "count", 8, "How often it was changed."),
    Column("moved_days", "Moved, days", "days", 9, "Current less original."),
    Column("days_past_due", "Days past original", "days", 9, "Negative: not due yet."),
    Column("days_past_current", "Days past current", "days", 9, "Negative: not due yet."),
)
SPLIT = (
    Column("candidate", "Set", "id", 14, "Smallest account number of those that may be one customer."),
    CUSTOMER_ID,
    NAME,
    Column("country", "Country", "code", 8, "Country of the account."),
    Column("city", "City", "text", 16, "City of the account."),
    Column("why", "What they share", "long", 40, "Identifier, or name and place."),
    Column("surely", "Identifier", "state", 9, "Whether an identifier is shared."),
    Column("related", "Linked", "state", 9, "Whether they have one parent or payer already."),
    _cents("net_balance", "Balance", "Open items less unapplied cash."),
    IN,
)
GROUPS = (
    Column("group", "Group", "id", 14, "Topmost parent."),
    NAME,
    Column("accounts", "Accounts", "count", 9, "Accounts with a balance in the currency."),
    _cents("open_items", "Open items", "Of all accounts of the group."),
    _cents("unapplied_cash", "Unapplied cash", "Of all accounts of the group."),
    _cents("net_balance", "Balance", "Open items less unapplied cash."),
    IN,
    Column("share", "Share", "percent", 8, "Of what customers owe in the currency."),
)
CUT_OFF = (
    Column("month_end", "Month", "date", 11, "Last day of the month of the date."),
    TABLE,
    IN,
    Column("rows", "Rows", "count", 9, "Rows dated in the month."),
    Column("rows_late", "Entered later", "count", 9, "Of them entered in a later month."),
    _cents("amount", "Amount", "Of all rows dated in the month."),
    _cents("amount_late", "Entered later, amount", "Of the rows entered in a later month."),
)
RECONCILIATION_TABLES = {
    "reconciliation_accounts": ACCOUNTS,
    "reconciliation_lines": LINES,
    "reconciliation_possible": POSSIBLE,
    "reconciliation_hints": HINTS,
    "reconciliation_findings": FINDINGS,
    "reconciliation_rows": ROWS,
    "reconciliation_customers": CUSTOMERS,
    "reconciliation_due_dates": BY_DUE_DATE,
    "reconciliation_moved": MOVED,
    "reconciliation_split": SPLIT,
    "reconciliation_groups": GROUPS,
    "reconciliation_cut_off": CUT_OFF,
}
"""The declared columns by table."""
