"""The tables of the pack's page that the reader sorts and filters: which columns, from which rows, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.column import Column
from credrisk.reports.columns import TABLES
from credrisk.reports.key_columns import KEY_COLUMNS

__all__ = ["PAGE_TABLES", "PageTable", "columns_of_page"]


@dataclass(frozen=True)
class PageTable:
    """One table of the page.

    Attributes
    ----------
    rows
        What a row is: ``customers``, ``promises`` or ``disputes``.
    names
        Columns in order; ``customer`` is the customer's name and number with a link to its card, ``buckets`` all
        ageing buckets.
    sort
        Column by which it is sorted at first; a minus before it for the largest first.
    only
        Columns of which one has to have a value for a row to be in the table, none for every row.
    caption
        What the table lists, for who cannot see it.
    today
        Amounts of which the totals hold the rows contacted today alone.
    note
        What the totals hold, where that is not every row's.
    """

    rows: str
    names: tuple[str, ...]
    sort: str
    caption: str
    only: tuple[str, ...] = ()
    today: tuple[str, ...] = ()
    note: str = ""


PAGE_TABLES = {
    "ageing": PageTable(
        "customers",
        ("customer", "country", "open_balance", "buckets", "late_fees", "open_credits", "past_due", "share_past_due",
         "oldest_open_days", "unapplied_cash", "net_balance"),
        "-past_due",
        "Open balance of every customer by days past due",
        only=("open_balance", "unapplied_cash"),
    ),
    "risk": PageTable(
        "customers",
        ("customer", "country", "status", "grade", "pd_12m", "expected_loss", "net_balance", "past_due",
         "dbt_12m", "pd_source", "reasons"),
        "-expected_loss",
        "Probability of bad debt and expected loss of every customer",
    ),
    "limits": PageTable(
        "customers",
        ("customer", "limit_action", "current_limit", "recommended_limit", "change", "binding", "net_balance",
         "utilisation", "grade", "limit_reasons"),
        "-change_size",
        "Credit limit of every customer, today's and the recommended one",
    ),
    "queue": PageTable(
        "customers",
        ("rank", "customer", "action", "contact_today", "gain", "gain_beyond_mail", "chased", "past_due",
         "oldest_open_days", "collector", "held", "last_contact_on", "queue_reasons"),
        "rank",
        "Whom to contact, in order of what a contact gains beyond the mail, and who is held back and why",
        today=("gain", "gain_beyond_mail"),
        note="The totals of the gain hold the contacts of today, automatic e-mails among them; the headline has those "
        "by hand alone. What may be asked for holds what falls due soon where nothing is past due.",
    ),
    "promises": PageTable(
        "promises",
        ("customer", "promise_id", "document_id", "state", "promised", "outstanding", "made_on", "due_on", "broke_on",
         "days_late", "still_unpaid", "p_kept"),
        "-outstanding",
        "Promises that are open, and broken ones of the last year",
    ),
    "disputes": PageTable(
        "disputes",
        ("customer", "dispute_id", "document_id", "cause", "owner", "disputed", "claimed", "opened_on", "age_days",
         "ended_by", "ended_on", "outcome"),
        "-disputed",
        "Disputes that are open, and ended ones of the last year",
    ),
    "customers": PageTable(
        "customers",
        ("customer", "country", "industry", "segment", "collector", "group_name", "net_balance", "past_due",
         "oldest_open_days", "current_limit", "utilisation", "grade", "pd_12m", "expected_loss", "limit_action",
         "action"),
        "-net_balance",
        "Every customer",
    ),
}  # fmt: skip

_OWN = (
    Column("customer", "Customer", "text", 30, "Name and number; the link opens the customer's card."),
    KEY_COLUMNS["industry"],
    KEY_COLUMNS["segment"],
    Column("group_name", "Group", "text", 20, "Ultimate parent by the dated tree of parents."),
    Column("utilisation", "Use of limit", "percent", 9, "Net balance over the limit in force; empty without a limit."),
    Column("limit_action", "Limit", "state", 9, "What the limit run recommends: grant, raise, keep, lower or stop."),
    Column("limit_reasons", "Why", "long", 60, "Why this limit, in words."),
    Column("queue_reasons", "Why", "long", 60, "Why now, or why not, in words."),
    Column("reasons", "Why", "long", 60, "What raises the probability, or what has happened."),
    Column("change_size", "Size of the change", "money", 12, "Change up or down."),
    Column(
        "still_unpaid",
        "Still unpaid",
        "state",
        8,
        "Not kept, not replaced by a new promise, and some of what was promised is still owed.",
    ),
)
_OF_CUSTOMERS = (*TABLES["queue"], *TABLES["limits"], *TABLES["scores"], *TABLES["ageing"])
_DECLARED = {
    rows: {column.name: column for column in (*declared, *_OWN) if column.name not in {"customer_id", "name"}}
    for rows, declared in (
        ("customers", _OF_CUSTOMERS),
        ("promises", TABLES["promises"]),
        ("disputes", TABLES["disputes"]),
    )
}


def columns_of_page(key: str, present: list[str]) -> list[Column]:
    """Return the columns of a table of the page, of those that ``present`` names (``customer`` always is)."""
    names, declared = list[str](), _DECLARED[PAGE_TABLES[key].rows]
    for name in PAGE_TABLES[key].names:
        names.extend(buckets_among(present) if name == "buckets" else [name])
    held = [name for name in names if name in {*present, "customer"}]
    return [
        declared.get(name) or Column(name, bucket_heading(name), "money", 13, "Open debit items of this age.")
        for name in held
    ]
