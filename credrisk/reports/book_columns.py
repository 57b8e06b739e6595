"""The columns of the pack's own sheets: open items, promises, disputes, cash and the measures of the portfolio."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column, money_column

__all__ = ["BOOK_TABLES", "COHORT_MONTHS", "KEY_COLUMNS", "MEASURES"]

_AS_OF = Column("as_of", "Month end", "date", 11, "Day that the row speaks of.")
_LOW = Column("low", "95 % from", "percent", 9, "Lower end of the 95 % interval.")
_HIGH = Column("high", "95 % to", "percent", 9, "Upper end of the 95 % interval.")
_WHY = Column("reason", "Not measured because", "long", 40, "Why a figure is empty.")
_DOCUMENT = Column("document_id", "Document", "id", 16, "Number of the document.")

KEY_COLUMNS = {
    "group": Column("group", "Group", "id", 14, "Number of the ultimate parent by the dated tree of parents."),
    "country": Column("country", "Country", "code", 12, "Country of the customer (ISO 3166)."),
    "currency": Column("currency", "Currency", "code", 12, "Currency of the items, and of the amounts of the row: nothing is translated."),
    "industry": Column("industry", "Industry", "code", 24, "Industry in the customer master."),
    "segment": Column("segment", "Segment", "code", 18, "Segment in force on the day."),
    "collector": Column("collector", "Collector", "code", 18, "Who looks after the customer on the day."),
    "seller_entity": Column("seller_entity", "Company", "code", 18, "Company of ours that sold."),
}
"""The first column of an ageing by something else than the customer."""

ITEMS = (
    CUSTOMER_ID,
    NAME,
    _DOCUMENT,
    Column("kind", "Kind", "state", 12, "Invoice, debit note, credit note, late fee or down payment."),
    Column("document_date", "Dated", "date", 11, "Date of the document."),
    Column("due_date", "Due", "date", 11, "Original due date."),
    Column("days_past_due", "Days past due", "days", 9, "Days since it was due; negative before."),
    Column("bucket", "Bucket", "state", 17, "Column of the ageing it stands in."),
    money_column("open_in_currency", "Open", "What is open, in the currency of the pack."),
    money_column("disputed", "In dispute", "Part of it in dispute, in the currency of the pack."),
    Column("promised_on", "Promised for", "date", 11, "Day of the latest open promise for it."),
    Column("currency", "Currency", "code", 9, "Currency of the document."),
    Column("amount", "Amount", "cents", 14, "Amount of the document, in its currency."),
    Column("open_amount", "Open, own currency", "cents", 14, "What is open, in the document's currency."),
)
PROMISES = (
    Column("promise_id", "Promise", "id", 14, "Number of the promise."),
    CUSTOMER_ID,
    NAME,
    Column("document_id", "Document", "id", 16, "What is to be paid; empty: promised on account."),
    Column("state", "State", "state", 12, "Open, kept, partly kept, broken, or closed otherwise than by cash."),
    Column("made_on", "Made on", "date", 11, "Day of the promise."),
    Column("due_on", "Promised for", "date", 11, "Day promised."),
    money_column("promised", "Promised", "Amount promised; empty: whatever is paid keeps it."),
    money_column("outstanding", "Outstanding", "What is not paid of it."),
    Column("days_late", "Days late", "days", 8, "From the day promised to the payment, or to the as-of date."),
    Column("broke_on", "Broke on", "date", 11, "First day on which it was broken."),
    Column("p_kept", "Likely kept", "percent", 9, "Chance that an open promise is kept, by the ledger's own past."),
    Column("plan_id", "Plan", "id", 12, "Payment plan of which it is an instalment."),
)
DISPUTES = (
    Column("dispute_id", "Dispute", "id", 14, "Number of the dispute."),
    CUSTOMER_ID,
    NAME,
    _DOCUMENT,
    Column("cause", "Cause", "state", 16, "Cause found, else what the customer says."),
    Column("owner", "Owner", "text", 16, "Who has to settle it."),
    money_column("disputed", "In dispute", "What of the item is open and in dispute."),
    money_column("claimed", "Claimed", "What was disputed, at most the document."),
    Column("opened_on", "Opened on", "date", 11, "Day on which it was opened."),
    Column("age_days", "Age, days", "days", 9, "From that day to its end, or to the as-of date."),
    Column("days_past_due", "Past due, days", "days", 9, "Of the document; negative before its due date."),
    Column("ended_on", "Ended on", "date", 11, "Day of its end; empty while it is open."),
    Column("ended_by", "Ended by", "state", 12, "Resolved, or settled without being resolved."),
    Column("outcome", "Outcome", "state", 11, "What came of it."),
)
CASH = (
    Column("week", "Week", "count", 7, "Number of the week after the as-of date."),
    Column("week_from", "From", "date", 11, "First day of the week."),
    Column("week_to", "To", "date", 11, "Last day of the week."),
    money_column("due", "Falls due", "Open items that fall due in the week."),
    money_column("expected", "Expected", "Cash expected of the items open today."),
    money_column("p10", "P10", "At least so much comes in nine of ten weeks.", total=False),
    money_column("p50", "P50", "As likely more as less.", total=False),
    money_column("p90", "P90", "At most so much comes in nine of ten weeks.", total=False),
    money_column("cumulated_expected", "Expected, in all", "Expected from the first week on.", total=False),
    money_column("cumulated_p10", "P10, in all", "From the first week on.", total=False),
    money_column("cumulated_p90", "P90, in all", "From the first week on.", total=False),
)
DSO = (
    _AS_OF,
    Column("dso_simple", "DSO, 1 month", "days", 9, "Balance over the sales of one month, in days."),
    Column("dso_3m", "DSO, 3 months", "days", 9, "Balance over the sales of three months, in days."),
    Column("dso_12m", "DSO, 12 months", "days", 9, "Balance over the sales of twelve months, in days."),
    Column("dso_countback", "DSO, count-back", "days", 10, "The balance used up by the latest months' sales."),
    Column("dso_true", "DSO, true", "days", 9, "Age of the open invoices, weighted by the sales of their month."),
    Column("best_possible_dso_3m", "Best possible", "days", 9, "DSO of three months were nothing past due."),
    Column("average_days_delinquent", "Days delinquent", "days", 10, "DSO of three months less the best possible."),
    Column("best_possible_dso_countback", "Best possible, count-back", "days", 10, "Count-back of what is not due."),
    Column("average_days_delinquent_countback", "Days delinquent, count-back", "days", 10, "Their difference."),
    Column("days_beyond_terms", "Days beyond terms", "days", 9, "Days past due of open items, weighted by money."),
    Column("days_beyond_terms_bureau", "Days beyond terms, bureau", "days", 9, "The same from the buckets' middles."),
    Column("dso_true_left_out", "Left out of true DSO", "percent", 9, "Share of open items older than twelve months."),
    _WHY,
)
CEI = (
    _AS_OF,
    KEY_COLUMNS["collector"],
    money_column("opening", "Opening", "Balance at the start of the month.", total=False),
    money_column("invoiced", "Invoiced", "Invoiced in the month.", total=False),
    money_column("collected", "Collected", "All that took the balance down.", total=False),
    money_column("cash", "Cash", "Of it by cash.", total=False),
    money_column("credit_notes", "Credit notes", "Of it by credit notes and deductions.", total=False),
    money_column("write_offs", "Write-offs", "Of it by write-offs.", total=False),
    money_column("other", "Other", "Of it otherwise.", total=False),
    money_column("closing", "Closing", "Balance at the end of the month.", total=False),
    money_column("closing_not_due", "Closing, not due", "Of it not due.", total=False),
    Column("cei", "Effectiveness", "percent", 12, "Collected of what could be collected, as published."),
    Column(
        "cei_cash", "By cash alone", "percent", 12, "The same by cash: write-offs and credit notes flatter the first."
    ),
    _WHY,
)
ROLL_RATES = (
    Column("from_bucket", "From", "state", 18, "Bucket at the start of the month."),
    Column("to_bucket", "To", "state", 18, "Next older bucket, a month later."),
    Column("as_of", "Month end", "date", 11, "End of the month; empty: all months together."),
    Column("months", "Months", "count", 8, "Months pooled."),
    Column("customers", "Customers", "count", 10, "With money in the first bucket."),
    money_column("balance_from", "Balance before", "In the first bucket.", total=False),
    money_column("balance_to", "Balance after", "In the second bucket, a month later.", total=False),
    Column("rate", "Roll rate", "percent", 9, "What of the first is in the second a month later."),
    _LOW,
    _HIGH,
    Column("flow_through", "Flows through", "percent", 9, "What of it would pass the last edge, at these rates."),
    _WHY,
)
MIGRATION = (
    Column("from_bucket", "From", "state", 18, "Bucket at the start."),
    Column("outcome", "Became", "state", 18, "What had become of the items at the end; a bucket: still open there."),
    money_column("amount", "Amount", "Money of the items."),
    Column("items", "Items", "count", 9, "Items with a part of this outcome."),
    Column("share", "Share", "percent", 9, "Of the money of the first bucket."),
    _LOW,
    _HIGH,
    _WHY,
)
CONCENTRATION = (
    Column("rank", "Rank", "count", 7, "Place by amount; empty: not told."),
    Column("key", "Number or name", "id", 18, "Customer, group, country or industry; empty: not told."),
    NAME,
    money_column("amount", "Owed", "Net of own credits and cash, at least 0 for each account."),
    Column("share", "Share", "percent", 9, "Of all that is owed."),
    Column("cumulative", "In all", "percent", 9, "Share of this and of all larger ones."),
)
CONCENTRATION_SUMMARY = (
    Column("by", "By", "state", 14, "What is measured."),
    money_column("amount", "Owed", "Net of own credits and cash.", total=False),
    Column("debtors", "Debtors", "count", 9, "How many owe."),
    Column("top_1", "Largest", "percent", 9, "Share of the largest."),
    Column("top_5", "Top 5", "percent", 9, "Share of the five largest."),
    Column("top_10", "Top 10", "percent", 9, "Share of the ten largest."),
    Column("top_50", "Top 50", "percent", 9, "Share of the fifty largest."),
    Column("herfindahl", "Herfindahl", "number", 11, "Sum of the squared shares: 1 is one name."),
    Column("effective_number", "Like so many equal", "number", 11, "How many equal names are as concentrated."),
    Column("known_share", "Told", "percent", 9, "Share of the money whose key is told."),
    _WHY,
)
COHORT_MONTHS = 13
"""Month-ends after that of the invoice at which a cohort is looked at, the first of them its own."""
COHORTS = (
    Column("cohort", "Invoiced in", "date", 11, "First day of the month of the invoices."),
    Column("invoices", "Invoices", "count", 9, "How many."),
    money_column("invoiced", "Invoiced", "In the month."),
    *(
        Column(
            f"open_{age}", f"Open, {age}", "percent", 7, f"Share still open {age} month-ends after that of the invoice."
        )
        for age in range(COHORT_MONTHS)
    ),
    Column("paid_share", "Paid", "percent", 8, "Share paid by now, less what was paid back."),
    Column("credited_share", "Credited", "percent", 8, "Share taken back by credit notes by now."),
    Column("written_off_share", "Written off", "percent", 8, "Share written off by now."),
    Column("other_share", "Other", "percent", 8, "Deductions, discounts, set-offs, exchange differences by now."),
)
BAD_DEBT = (
    _AS_OF,
    money_column("written_off_12m", "Written off", "In twelve months.", total=False),
    money_column("recovered_12m", "Recovered", "In twelve months, whenever it was written off.", total=False),
    money_column("invoiced_12m", "Invoiced", "In twelve months, gross.", total=False),
    Column("ratio", "Bad-debt ratio", "probability", 10, "Written off, of what was invoiced."),
    Column("net_ratio", "Net of recoveries", "probability", 10, "Written off less recovered, of what was invoiced."),
    _WHY,
)
UTILISATION = (
    CUSTOMER_ID,
    NAME,
    money_column("exposure", "Exposure", "Net balance, at least 0."),
    money_column("limit", "Limit", "Credit limit in force."),
    Column("utilisation", "Use", "percent", 9, "Exposure over the limit."),
    money_column("headroom", "Headroom", "Limit less net balance; negative when exceeded.", total=False),
    money_column("over_limit", "Over limit", "By how much the limit is exceeded."),
    _WHY,
)
BENCHMARKS = (
    Column("measure", "Measure", "state", 30, "What is compared."),
    Column("value", "Median", "number", 10, "The published median."),
    Column("unit", "Unit", "text", 8, "Days, or a share of one."),
    Column("published", "Quarter", "text", 10, "Of which it is."),
    Column("population", "How to compare", "long", 60, "Where the survey's formula is not quite ours."),
    Column("source", "Source", "long", 44, "Where it was published."),
)
PROVISION = (
    Column("segment", "Segment", "text", 18, "Customers with like losses."),
    Column("state", "State", "state", 18, "Days past due, or credit-impaired."),
    Column("items", "Items", "count", 8, "Open items."),
    Column("customers", "Customers", "count", 10, "Customers with such items."),
    money_column("gross", "Gross", "Open amount before anything is taken off."),
    money_column("disputed", "In dispute", "Part of it in dispute."),
    money_column("exposed", "Exposed", "What the rate is taken of."),
    Column("historical_rate", "Loss rate so far", "probability", 10, "From the ledger's own past."),
    Column("low", "95 % from", "probability", 9, "Lower end of its interval."),
    Column("high", "95 % to", "probability", 9, "Upper end of its interval."),
    Column("rate", "Rate", "probability", 9, "With the forecast, weighted over the scenarios."),
    Column("allowance", "Allowance", "cents", 14, "Rate x exposed, to the cent.", total=True),
    Column("coverage", "Coverage", "probability", 9, "Allowance of the gross amount."),
    Column("rate_source", "Rate from", "state", 16, "Where the rate comes from."),
)
SPECIFIC = (
    CUSTOMER_ID,
    NAME,
    Column("event", "Event", "state", 18, "Why it is credit-impaired."),
    Column("impaired_on", "Since", "date", 11, "Day of the event."),
    Column("items", "Items", "count", 8, "Open items."),
    money_column("gross", "Gross", "Open amount."),
    money_column("exposed", "Exposed", "What the rate is taken of."),
    Column("rate", "Rate", "probability", 9, "Share expected to be lost."),
    Column("rate_source", "Rate from", "state", 16, "Where the rate comes from."),
    Column("allowance", "Allowance", "cents", 14, "Rate x exposed, to the cent.", total=True),
)
OVERLAY = (
    Column("scenario", "Scenario", "text", 24, "A forecast."),
    Column("probability", "Probability", "percent", 11, "Its weight."),
    Column("multiplier", "Multiplier", "number", 11, "Of the loss rates if it came true."),
    Column("allowance", "Allowance", "cents", 16, "If it came true."),
)
BASE = (
    Column("line", "Line", "state", 40, "From the ageing to what is exposed."),
    Column("amount", "Amount", "cents", 16, "In the currency of the pack."),
)
CASH_TOTALS = (
    Column("line", "Line", "text", 50, "What the balance of the forecast is made of."),
    money_column("amount", "Amount", "In the currency of the pack.", total=False),
)

BOOK_TABLES: dict[str, tuple[Column, ...]] = {
    "items": ITEMS,
    "promises": PROMISES,
    "disputes": DISPUTES,
    "cash": CASH,
    "cash_totals": CASH_TOTALS,
    "dso": DSO,
    "cei": CEI,
    "cei_by": CEI,
    "roll_rates": ROLL_RATES,
    "migration": MIGRATION,
    "concentration": CONCENTRATION,
    "concentration_summary": CONCENTRATION_SUMMARY,
    "cohorts": COHORTS,
    "bad_debt_ratio": BAD_DEBT,
    "utilisation": UTILISATION,
    "benchmarks": BENCHMARKS,
    "provision": PROVISION,
    "provision_specific": SPECIFIC,
    "provision_overlay": OVERLAY,
    "provision_base": BASE,
}

MEASURES = {column.name: column.heading for column in (*DSO, *CEI)}
"""Measures that are compared with others', in the words of their columns."""
