"""The columns of the pack's own sheets: open items, promises, disputes, cash and the measures of the portfolio."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column, money_column
from credrisk.reports.portfolio_columns import PORTFOLIO_TABLES

__all__ = ["BOOK_TABLES", "COHORT_MONTHS", "MEASURES"]

_DOCUMENT = Column("document_id", "Document", "id", 16, "Number of the document.")


def _as_told(table: str, *left_out: str) -> tuple[Column, ...]:
    """Return the columns of a measure in the words of `credrisk portfolio`; the pack names its currency once."""
    return tuple(column for column in PORTFOLIO_TABLES[table] if column.name not in ("currency", *left_out))


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
    money_column("outstanding", "Outstanding", "What of it is still owed today; nothing of a promise that ended."),
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
DSO = _as_told("portfolio_dso")
CEI = _as_told(
    "portfolio_effectiveness", "customer_id", "name", "group", "country", "industry", "segment", "seller_entity"
)
ROLL_RATES = _as_told("portfolio_roll_rates")
MIGRATION = _as_told("portfolio_migration")
CONCENTRATION = _as_told("portfolio_concentration")
CONCENTRATION_SUMMARY = _as_told("portfolio_concentration_summary")
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
BAD_DEBT = _as_told("portfolio_bad_debt")
UTILISATION = _as_told("portfolio_utilisation")
BENCHMARKS = PORTFOLIO_TABLES["portfolio_benchmarks"]
PROVISION = (
    Column("segment", "Segment", "text", 18, "Customers with like losses."),
    Column("state", "State", "state", 18, "Days past due, or credit-impaired."),
    Column("items", "Items", "count", 8, "Open items."),
    Column("customers", "Customers", "count", 10, "Customers with such items."),
    money_column("gross", "Gross", "Open amount before anything is taken off."),
    money_column("disputed", "In dispute", "Part of it in dispute."),
    money_column("exposed", "Exposed", "What the rate is taken of."),
    Column(
        "historical_rate",
        "Before forecast",
        "probability",
        10,
        "Loss rate before the forecast: the ledger's past, blended with published rates.",
    ),
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
    Column("line", "Line", "text", 40, "From the ageing to what is exposed."),
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
