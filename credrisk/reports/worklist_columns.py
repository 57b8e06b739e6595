"""The columns of the sheet Worklist: what the collector is to do, and the cells for what came of it."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column, money_column

__all__ = ["ENTRY_COLUMNS", "WORKLIST"]

ENTRY_COLUMNS = (
    Column("done", "Action done", "state", 9, "To fill in: yes, or no (then the note says why not)."),
    Column("outcome", "Outcome", "state", 15, "To fill in: what came of the contact; left empty it was reached."),
    Column("promise_on", "Promise date", "date", 11, "To fill in: the day on which the customer will pay."),
    Column(
        "promise_amount", "Promise amount", "money", 12, "To fill in: how much; left empty all that may be asked for."
    ),
    Column("reason", "Reason", "state", 15, "To fill in: why the customer has not paid, as it says."),
    Column("note", "Note", "text", 24, "To fill in: anything else."),
    Column("next_on", "Next date", "date", 11, "To fill in: when to come back to the customer."),
    Column(
        "dispute_document",
        "Disputed document",
        "id",
        14,
        "To fill in: the document that the customer disputes.",
        printed=False,
    ),
    Column(
        "dispute_amount",
        "Disputed amount",
        "money",
        12,
        "To fill in: how much of it, in the document's currency; left empty all that is open of it.",
        printed=False,
    ),
)

WORKLIST = (
    Column("rank", "Rank", "count", 6, "Place in today's queue."),
    CUSTOMER_ID,
    NAME,
    Column("collector", "Collector", "text", 14, "Who looks after the customer."),
    Column("action", "Action", "state", 18, "What to do."),
    money_column("past_due", "Past due", "Open debit items after their due date, without late-fee notes."),
    money_column(
        "chased", "May be asked for", "Past due that is neither disputed nor promised, and late-fee notes beside it."
    ),
    Column("oldest_open_days", "Oldest item, days", "days", 9, "Days past due of the oldest past-due item."),
    Column("last_contact_on", "Last contact", "date", 11, "Date of the latest contact."),
    *ENTRY_COLUMNS,
    Column("reasons", "Reasons", "long", 60, "Why, in words.", printed=False),
    Column("list_on", "List of", "date", 11, "Day of the list: not to be changed.", printed=False),
)
