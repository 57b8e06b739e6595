"""The columns of the portfolio's measures: what people read of `credrisk portfolio`."""

from __future__ import annotations

from credrisk.reports.column import CURRENCY, CUSTOMER_ID, NAME, Column, money_column
from credrisk.reports.key_columns import KEY_COLUMNS

__all__ = ["PORTFOLIO_TABLES"]

_AS_OF = Column("as_of", "Month end", "date", 11, "Day that the row speaks of.")
_REASON = Column("reason", "Not measured because", "long", 40, "What is not measured, and why.")
_KEYS = (
    CUSTOMER_ID,
    KEY_COLUMNS["group"],
    NAME,
    *(KEY_COLUMNS[key] for key in ("country", "industry", "segment", "collector", "seller_entity")),
)
_IN = KEY_COLUMNS["currency"]
_BUCKETS = (
    money_column("not_due", "Not due", "Open debit items up to and on their due date."),
    money_column("past_due_1_30", "1-30 days", "Open debit items 1 to 30 days past due."),
    money_column("past_due_31_60", "31-60 days", "Open debit items 31 to 60 days past due."),
    money_column("past_due_61_90", "61-90 days", "Open debit items 61 to 90 days past due."),
    money_column("past_due_over_90", "Over 90 days", "Open debit items more than 90 days past due."),
)


def _share(name: str, heading: str, definition: str) -> Column:
    return Column(name, heading, "percent", 10, definition)


def _days(name: str, heading: str, definition: str) -> Column:
    return Column(name, heading, "days", 10, definition)


_FROM_BUCKET = Column("from_bucket", "From", "state", 16, "Bucket in which the money was.")
_LOW = _share("low", "95 % from", "Lower end of the 95 % interval.")
_HIGH = _share("high", "95 % to", "Upper end of the 95 % interval.")

_EFFECTIVENESS = (
    _AS_OF,
    *_KEYS,
    _IN,
    money_column("opening", "Opening", "What was left on items when the month began.", total=False),
    money_column("invoiced", "Invoiced", "Invoices and debit notes first seen in it.", total=False),
    money_column("closing", "Closing", "What is left on items at its end.", total=False),
    money_column("closing_not_due", "Closing, not due", "What of it is not yet due.", total=False),
    money_column("collected", "Cleared", "Opening and invoiced less closing.", total=False),
    money_column("cash", "Cash", "Cash that cleared what was open or invoiced.", total=False),
    money_column("credit_notes", "Credit notes", "Cleared by credit notes.", total=False),
    money_column("write_offs", "Write-offs", "Written off, less what was taken back.", total=False),
    money_column(
        "other", "Other", "Deductions, discounts, set-offs, down payments asked for, exchange, rounding.", total=False
    ),
    _share("cei", "Index, as published", "Cleared of what could be collected."),
    _share("cei_cash", "Index, cash only", "Cash of what could be collected."),
    _REASON,
)

PORTFOLIO_TABLES: dict[str, tuple[Column, ...]] = {
    "portfolio_ageing": (
        *_KEYS,
        _IN,
        *_BUCKETS,
        money_column("past_due", "Past due", "Open debit items after their due date."),
        _share("share_past_due", "Share past due", "Past due as a share of open debit items."),
        money_column("late_fees", "Late fees", "What is left of fee notes for late payment; in no bucket."),
        money_column("open_credits", "Open credits", "What is left of credit notes not applied (negative)."),
        money_column("open_balance", "Open balance", "All buckets, late fees and open credits."),
        money_column("unapplied_cash", "Unapplied cash", "Cash received and not applied to a document."),
        money_column("net_balance", "Net balance", "Open balance less unapplied cash."),
    ),
    "portfolio_dso": (
        _AS_OF,
        _days("dso_simple", "DSO, 1 month", "Balance / sales of the month x its days."),
        _days("dso_3m", "DSO, 3 months", "Balance / sales of three months x their days."),
        _days("dso_12m", "DSO, 12 months", "Balance / sales of twelve months x their days."),
        _days("dso_countback", "DSO, count-back", "The balance used up by the sales of the latest months."),
        _days("dso_true", "True DSO", "Age x amount / sales of the month of sale, over the open invoices."),
        _share("dso_true_left_out", "Not in true DSO", "Share of open items older than 12 months, or no sale."),
        _days("best_possible_dso_3m", "Best possible, 3 months", "The same of what is not yet due."),
        _days("best_possible_dso_countback", "Best possible, count-back", "The same of what is not yet due."),
        _days("average_days_delinquent", "Days delinquent, 3 months", "DSO less best possible DSO, three months."),
        _days("average_days_delinquent_countback", "Days delinquent, count-back", "The same by count-back."),
        _days("days_beyond_terms", "Days beyond terms", "Days past due of open items, weighted by money."),
        _days("days_beyond_terms_bureau", "Days beyond terms, by bucket", "The same at 15, 45, 75 and 105 days."),
        _REASON,
    ),
    **dict.fromkeys(("portfolio_effectiveness", "portfolio_effectiveness_by"), _EFFECTIVENESS),
    "portfolio_roll_rates": (
        Column("as_of", "Month end", "date", 11, "End of the month; empty: all months pooled."),
        _FROM_BUCKET,
        Column("to_bucket", "To", "state", 16, "The next bucket, a month later."),
        CURRENCY,
        money_column("balance_from", "In the bucket", "Balance in the bucket when the month began.", total=False),
        money_column("balance_to", "In the next", "Balance in the next bucket at its end.", total=False),
        _share("rate", "Roll rate", "Balance in the next bucket / balance in the bucket."),
        _LOW,
        _HIGH,
        _share("flow_through", "Flows through", "Product of the rates from here on; no share where it is above 100 %."),
        Column("months", "Months", "count", 8, "Months in the rate."),
        Column("customers", "Customers", "count", 9, "Customers with money in the bucket."),
        _REASON,
    ),
    "portfolio_migration": (
        _FROM_BUCKET,
        Column("outcome", "What became of it", "state", 18, "Bucket in which it is still open, or what cleared it."),
        CURRENCY,
        money_column("amount", "Amount", "Money of the bucket with this outcome."),
        Column("items", "Items", "count", 8, "Items with a part of this outcome."),
        _share("share", "Share", "Share of the bucket."),
        _LOW,
        _HIGH,
        _REASON,
    ),
    "portfolio_cohorts": (
        Column("cohort", "Month of invoice", "date", 12, "First day of the month of invoice."),
        Column("age_months", "Months later", "count", 8, "Months after the end of the month of invoice."),
        CURRENCY,
        Column("invoices", "Invoices", "count", 9, "Invoices and debit notes of the month."),
        money_column("invoiced", "Invoiced", "Their amount.", total=False),
        _share("open_share", "Open", "Share still open."),
        _share("paid_share", "Paid", "Share paid in cash."),
        _share("credited_share", "Credited", "Share cleared by credit notes."),
        _share("written_off_share", "Written off", "Share written off."),
        _share("other_share", "Other", "Share deducted, discounted, set off, or of exchange differences."),
    ),
    "portfolio_bad_debt": (
        _AS_OF,
        CURRENCY,
        money_column("written_off_12m", "Written off, 12 months", "Less what was taken back of it.", total=False),
        money_column("recovered_12m", "Recovered, 12 months", "Money received on what was written off.", total=False),
        money_column("invoiced_12m", "Invoiced, 12 months", "Invoices and debit notes, gross.", total=False),
        Column("ratio", "Bad-debt ratio", "probability", 10, "Written off / invoiced."),
        Column("net_ratio", "Net of recoveries", "probability", 10, "(Written off - recovered) / invoiced."),
        _REASON,
    ),
    "portfolio_concentration": (
        Column("rank", "Rank", "count", 6, "Place by what is owed; empty where the key is not told."),
        Column("key", "Key", "id", 14, "Customer, group, country, ..."),
        Column("name", "Name", "text", 30, "Name of the customer or group."),
        CURRENCY,
        money_column("amount", "Owed", "Net of own credits and cash, at least 0 for each account."),
        _share("share", "Share", "Share of all that is owed."),
        _share("cumulative", "Cumulative", "Share of this and all before it."),
    ),
    "portfolio_concentration_summary": (
        Column("by", "By", "state", 14, "What is counted as one debtor."),
        CURRENCY,
        money_column("amount", "Owed", "All that is owed.", total=False),
        Column("debtors", "Number", "count", 9, "How many owe something."),
        _share("top_1", "Largest", "Share of the largest."),
        _share("top_5", "Top 5", "Share of the five largest."),
        _share("top_10", "Top 10", "Share of the ten largest."),
        _share("top_50", "Top 50", "Share of the fifty largest."),
        Column("herfindahl", "Herfindahl", "number", 10, "Sum of the squared shares."),
        Column("effective_number", "As many equal ones", "number", 11, "Inverse of the Herfindahl index."),
        _share("known_share", "Told", "Share of the money whose key is told."),
        _REASON,
    ),
    "portfolio_utilisation": (
        CUSTOMER_ID,
        NAME,
        CURRENCY,
        money_column("exposure", "Exposure", "Net balance, at least 0."),
        money_column("limit", "Limit", "Credit limit in force on the day."),
        _share("utilisation", "Used", "Exposure / limit."),
        money_column("headroom", "Headroom", "Limit less net balance; negative when exceeded.", total=False),
        money_column("over_limit", "Over the limit", "By how much the limit is exceeded."),
        _REASON,
    ),
    "portfolio_benchmarks": (
        Column("measure", "Measure", "state", 24, "Our name of it."),
        Column("median", "Median", "number", 10, "Published median: days, or a share of one."),
        Column("unit", "Unit", "text", 8, "Days, or a share of one."),
        Column("quarter", "Quarter", "code", 10, "The quarter it is of."),
        Column("compare", "How to compare", "long", 50, "Where the survey's formula is not quite ours."),
        Column("source", "Source", "text", 40, "Who published it."),
        Column("address", "Address", "text", 40, "Where."),
    ),
}
