"""The columns of a collector's sheet: what to do, for whom, what to say, and why."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column, money_column
from credrisk.reports.worklist_columns import ENTRY_COLUMNS

__all__ = ["DAY_LIST", "DISPUTE_LIST", "INTERNAL_LIST", "ROLL_OVER"]

DAY_LIST = (
    Column("rank", "Rank", "count", 6, "Place in today's list of all."),
    CUSTOMER_ID,
    NAME,
    Column("action", "Action", "state", 18, "What to do."),
    Column("minutes", "Minutes", "count", 9, "Working time; 0 for a further account of the same payables desk."),
    Column("talking_points", "Talking points", "long", 60, "What is owed, what was said, what to ask for."),
    money_column(
        "chased",
        "May be asked for",
        "Past due that is neither disputed nor promised, and late-fee notes beside it, less cash here.",
    ),
    *ENTRY_COLUMNS,
    money_column("past_due", "Past due", "Open debit items after their due date, without late-fee notes."),
    Column("oldest_open_days", "Oldest item, days", "days", 10, "Days past due of the oldest past-due item."),
    money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
    Column("slot", "Place for", "state", 11, "By gain, for small accounts, a pin, an insurer's deadline, or drawn."),
    Column("desk", "Payables desk", "text", 14, "One contact serves all accounts of the desk."),
    Column("insurer_deadline", "Insurer by", "date", 11, "Day by which the overdue must be reported."),
    money_column("rolls_over_60", "Passes 60 days", "Money that passes 60 days past due within 30 days."),
    money_column("rolls_over_90", "Passes 90 days", "Money that passes 90 days past due within 30 days."),
    Column("hand", "Supervisor", "long", 30, "What the supervisor laid down."),
    Column("reasons", "Reasons", "long", 84, "Why, in words.", printed=False),
    Column("collector", "Collector", "text", 14, "Who makes the contact.", printed=False),
    Column("list_on", "List of", "date", 11, "Day of the list: not to be changed.", printed=False),
)
INTERNAL_LIST = (
    Column("says", "What to do", "long", 50, "Work for our own staff, before the customer is asked."),
    CUSTOMER_ID,
    Column("document_id", "Document", "id", 16, "Receipt, credit note or item."),
    money_column("amount", "Amount", "Money concerned."),
    Column("since", "Since", "date", 11, "Day of the cash or document."),
    Column("due_on", "By", "date", 11, "Day by which a report is due."),
    Column("task", "Task", "state", 18, "Short name of the work.", printed=False),
)
DISPUTE_LIST = (
    Column("dispute_id", "Dispute", "id", 14, "Number of the dispute."),
    CUSTOMER_ID,
    Column("document_id", "Document", "id", 16, "The document in dispute."),
    Column("owner", "Owner", "text", 18, "Who has to settle it; where none is stated, who looks after the account."),
    money_column("disputed", "Disputed", "What of the item is open and in dispute."),
    money_column("open_amount", "Open", "What is open of the item."),
    Column("reason", "Reason", "text", 24, "Reason of the dispute."),
    Column("opened_on", "Opened on", "date", 11, "Day on which it was opened."),
    Column("open_days", "Open, days", "days", 9, "Days since then."),
    Column("days_past_due", "Past due, days", "days", 9, "Of the document; negative before its due date."),
    Column("owner_source", "Owner from", "state", 11, "Whether the dispute states its owner.", printed=False),
)
ROLL_OVER = (
    CUSTOMER_ID,
    Column("threshold_days", "Passes, days", "days", 9, "Days past due that are passed."),
    money_column("amount", "Amount", "Open items that pass them within 30 days unless paid."),
    money_column("disputed", "Disputed", "Of the amount."),
    Column("items", "Items", "count", 8, "Open items that pass."),
    Column("passes_on", "First on", "date", 11, "First day on which one does."),
    Column("probability", "Likely", "percent", 9, "Chance that the item likeliest to be open then still is."),
    money_column("expected_amount", "Expected", "Amount expected to be open then."),
)
