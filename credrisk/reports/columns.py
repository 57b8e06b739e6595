"""Every column of the tables that people read: its heading in words, its format, its width and what it means."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.reports.book_columns import BOOK_TABLES
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.column import AS_OF, CURRENCY, CUSTOMER_ID, NAME, POLICY, USED, Column, Kind, money_column
from credrisk.reports.edit_columns import HAND_COLUMNS, LAID, PACK_LIMITS, decided_on, inserted
from credrisk.reports.key_columns import KEY_COLUMNS
from credrisk.reports.limit_columns import LIMITS
from credrisk.reports.portfolio_columns import PORTFOLIO_TABLES
from credrisk.reports.queue_columns import DAY_LIST, DISPUTE_LIST, INTERNAL_LIST, ROLL_OVER
from credrisk.reports.reconciliation_columns import RECONCILIATION_TABLES
from credrisk.reports.team_columns import TEAM_TABLES
from credrisk.reports.worklist_columns import WORKLIST

__all__ = ["TABLES", "Column", "Kind", "columns_of", "with_names"]

ASKED_FOR = (
    "Past due with its late-fee notes, neither disputed nor promised, less cash and credits; "
    "where nothing is past due, what falls due soon."
)
_PAST_DUE = money_column("past_due", "Past due", "Open debit items after their due date, without late-fee notes.")
_OLDEST = Column("oldest_open_days", "Oldest item, days", "days", 10, "Days past due of the oldest past-due item.")
_PD_12M = Column("pd_12m", "PD 12 months", "probability", 10, "Probability of a first bad debt within 12 months.")
_P_LATE = Column(
    "p_late30_12m",
    "Late 30 days, 12 months",
    "probability",
    11,
    "Probability of paying more than 30 days late within 12 months. It is no bad-debt probability.",
    printed=False,
)

SCORES = (
    CUSTOMER_ID,
    NAME,
    Column("country", "Country", "code", 8, "Country of the customer (ISO 3166)."),
    Column("status", "Status", "state", 13, "At risk, or why no probability of a first bad debt is asked for."),
    money_column("open_balance", "Open balance", "Documents less applications, credits included."),
    _PAST_DUE,
    money_column("past_due_over_90", "Over 90 days", "Open debit items more than 90 days past due."),
    money_column("credit_limit", "Credit limit", "Credit limit in force at the as-of date."),
    Column("dbt_12m", "Days beyond terms", "days", 10, "Money-weighted days beyond terms of the last 12 months."),
    _PD_12M,
    Column("grade", "Grade", "code", 7, "Class of the policy's master scale for the PD."),
    money_column("expected_loss", "Expected loss", "PD over 12 months x today's net balance x loss given default."),
    Column("reasons_for", "Reasons for", "state", 12, "Which probability, or what has happened.", printed=False),
    Column("reason_1", "First reason", "long", 32, "What raises the probability most."),
    Column("reason_2", "Second reason", "long", 32, "What raises it next."),
    Column("reason_3", "Third reason", "long", 44, "What raises it after that.", printed=False),
    Column(
        "pd_3m", "PD 3 months", "probability", 10, "Probability of a first bad debt within 3 months.", printed=False
    ),
    Column(
        "pd_6m", "PD 6 months", "probability", 10, "Probability of a first bad debt within 6 months.", printed=False
    ),
    Column("pd_source", "PD from", "state", 18, "What the PD was estimated with.", printed=False),
    Column("lacks", "Without", "long", 30, "Company information of which nothing is known.", printed=False),
    Column(
        "p_default_12m",
        "Default, 12 months",
        "probability",
        10,
        "Probability of 90 days past due on a material amount within 12 months.",
        printed=False,
    ),
    _P_LATE,
    Column("pd_for_limit", "PD for limit", "probability", 10, "PD that the credit limit is based on.", printed=False),
    Column("pd_for_limit_source", "PD for limit from", "state", 15, "Where that PD comes from.", printed=False),
    Column(
        "lgd",
        "Loss given default",
        "percent",
        10,
        "Share of the exposure lost (a prior).",
        printed=False,
    ),
    money_column("ead", "Exposure at default", "Today's net balance, not below zero.", printed=False),
    money_column("unapplied_cash", "Unapplied cash", "Cash received and not applied to a document.", printed=False),
    money_column("net_balance", "Net balance", "Open balance less unapplied cash.", printed=False),
    Column("dso_countback", "DSO", "days", 8, "Days of sales outstanding by count-back.", printed=False),
    Column(
        "expected_days_to_pay",
        "Expected days to pay",
        "days",
        10,
        "Days from the as-of date, by money, until what is past due (else what is open) is paid; 180 at most.",
        printed=False,
    ),
    CURRENCY,
    AS_OF,
)

QUEUE = (
    Column("rank", "Rank", "count", 6, "Place in today's queue; empty when held back."),
    CUSTOMER_ID,
    NAME,
    Column("collector", "Collector", "text", 14, "Who looks after the customer."),
    Column("action", "Action", "state", 18, "What to do."),
    Column("contact_today", "Today", "state", 8, "Whether the contact falls within today's capacity."),
    money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
    money_column(
        "gain_beyond_mail", "Beyond mail", "Gain less that of the mail that would go out anyway.", printed=False
    ),
    _PAST_DUE,
    _OLDEST,
    _PD_12M,
    Column("last_contact_on", "Last contact", "date", 11, "Date of the latest contact."),
    Column(
        "held",
        "Held back because",
        "text",
        26,
        "Why the customer is not contacted today; empty when ranked. Among the reasons as well.",
        printed=False,
    ),
    Column("reasons", "Reasons", "long", 60, "Why, in words."),
    money_column("chased", "May be asked for", ASKED_FOR, printed=False),
    money_column("disputed", "Disputed", "Open amount in dispute.", printed=False),
    money_column("unapplied_cash", "Unapplied cash", "Cash received and not applied to a document.", printed=False),
    money_column("expected_loss_avoided", "Loss avoided", "Part of the gain: expected loss avoided.", printed=False),
    money_column("time_value", "Time gained", "Part of the gain: cost of funds for the days gained.", printed=False),
    money_column("cost", "Cost", "What the contact costs; taken off the gain.", printed=False),
    money_column("goodwill", "Goodwill", "Harm to the relation, in money; taken off the gain.", printed=False),
    Column("slot", "Place for", "state", 10, "By gain, kept for small accounts, or automatic.", printed=False),
    Column("effect_source", "Effect from", "state", 13, "Where the effect of a contact comes from.", printed=False),
    _P_LATE,
    Column("pd_used", "PD used", "probability", 9, "PD that the gain is based on.", printed=False),
    *USED,
    Column("hold", "Hold", "state", 14, "Short name of the reason to hold back.", printed=False),
    Column("held_until", "Held until", "date", 11, "Day until which the customer is held back.", printed=False),
    Column("last_promise_due_on", "Last promise for", "date", 11, "Day promised in the latest promise.", printed=False),
    Column("last_promise_state", "Last promise", "state", 12, "What became of that promise.", printed=False),
    Column("broken_promises_12m", "Broken promises", "count", 9, "Promises broken in 12 months.", printed=False),
    *POLICY,
    CURRENCY,
    AS_OF,
)

AGEING = (
    CUSTOMER_ID,
    NAME,
    Column("country", "Country", "code", 8, "Country of the customer (ISO 3166)."),
    money_column(
        "open_balance", "Open balance", "Documents less applications: all buckets, late fees and open credits."
    ),
    money_column("not_due", "Not due", "Open debit items up to and on their due date."),
    money_column("past_due_1_30", "1-30 days", "Open debit items 1 to 30 days past due."),
    money_column("past_due_31_60", "31-60 days", "Open debit items 31 to 60 days past due."),
    money_column("past_due_61_90", "61-90 days", "Open debit items 61 to 90 days past due."),
    money_column("past_due_over_90", "Over 90 days", "Open debit items more than 90 days past due."),
    money_column("late_fees", "Late fees", "What is left of fee notes for late payment; in no bucket."),
    money_column("open_credits", "Open credits", "What is left of credit notes not applied (negative)."),
    _PAST_DUE,
    Column("share_past_due", "Share past due", "percent", 9, "Past due as a share of open debit items."),
    Column("share_of_balance", "Share of balance", "percent", 9, "Open balance as a share of the rows shown."),
    money_column("unapplied_cash", "Unapplied cash", "Cash received and not applied to a document."),
    money_column("net_balance", "Net balance", "Open balance less unapplied cash."),
    _OLDEST,
    CURRENCY,
    AS_OF,
)

FINDINGS = (
    Column("severity", "Severity", "state", 10, "Error, warning or note."),
    Column("table", "Table", "text", 17, "Table of the ledger."),
    Column("code", "Code", "text", 24, "Short name of the rule."),
    Column("rows", "Rows", "count", 9, "Rows concerned."),
    Column("money", "Amount", "money", 13, "Money concerned, in the currency beside it."),
    Column("currency", "Currency", "code", 9, "Currency of the amount."),
    Column("message", "What was found", "long", 50, "The finding in words."),
    Column("remedy", "What to do", "long", 44, "How to mend it."),
    Column("ids", "For example", "text", 30, "Up to five keys."),
)

INTAKE = (
    Column("table", "Table", "text", 18, "Table of the ledger."),
    Column("currency", "Currency", "code", 9, "Currency of the amounts."),
    Column("rows_read", "Rows read", "count", 11, "Rows in the source."),
    Column("rows_kept", "Rows kept", "count", 11, "Rows that passed the contract."),
    Column("rows_quarantined", "Rows set aside", "count", 11, "Rows put into quarantine with a reason."),
    Column("money_read", "Amount read", "money", 16, "Sum of the amounts in the source."),
    Column("money_kept", "Amount kept", "money", 16, "Sum of the amounts kept."),
    Column("money_quarantined", "Amount set aside", "money", 16, "Sum of the amounts in quarantine."),
    Column("rows_derived", "Rows derived", "count", 11, "Rows made from other tables, not read."),
    Column("money_derived", "Amount derived", "money", 16, "Sum of the amounts of those rows."),
    Column("money_unreadable_rows", "Rows without a readable amount", "count", 11, "Rows set aside for their amount."),
)

HISTORY = (
    Column("as_of", "Month end", "date", 11, "Day that the row speaks of."),
    *(column for column in AGEING[3:12]),
    Column("share_past_due", "Share past due", "percent", 9, "Past due as a share of open debit items."),
    Column(
        "share_over_60",
        "Share over 60",
        "percent",
        9,
        "More than 60 days past due, of open debit items.",
        printed=False,
    ),
    Column("share_over_90", "Share over 90", "percent", 9, "More than 90 days past due, of open debit items."),
    Column("dso_countback", "DSO", "days", 8, "Days of sales outstanding by count-back."),
    Column("dso_3m", "DSO, 3 months", "days", 9, "Balance over the sales of three months, in days.", printed=False),
    Column(
        "best_possible_dso_3m",
        "Best possible DSO",
        "days",
        9,
        "DSO if nothing were past due, three months.",
        printed=False,
    ),
    money_column("unapplied_cash", "Unapplied cash", "Cash received and not applied to a document."),
    money_column("net_balance", "Net balance", "Open balance less unapplied cash."),
    money_column("invoiced", "Invoiced", "Invoiced in the month to the date."),
    money_column("received", "Received", "Cash received in the month to the date, paid back deducted."),
    Column(
        "collection_effectiveness", "Collection effectiveness", "percent", 12, "Collected of what could be collected."
    ),
    Column("customers_with_balance", "Customers", "count", 9, "Customers with an open balance."),
    CURRENCY,
)

METRICS = (
    Column("model", "Model or rule", "text", 26, "The model, or the baseline judged on the same rows."),
    Column("measure", "Measure", "text", 22, "What was measured."),
    Column("value", "Value", "number", 10, "The measure in the back-test."),
    Column("low", "95 % from", "number", 10, "Lower end of the 95 % interval."),
    Column("high", "95 % to", "number", 10, "Upper end of the 95 % interval."),
    Column("rows", "Rows", "count", 10, "Customer-dates judged."),
    Column("events", "Events", "count", 10, "Events of the predicted kind among them."),
    Column("reason", "Not measured because", "long", 50, "Why there is no value."),
)

FOLDS = (
    Column("known_on", "Known on", "date", 11, "What was known on this day was used to fit."),
    Column("tested_to", "Tested to", "date", 11, "Last date from which the fold predicts."),
    Column("rung", "Model of the fold", "state", 20, "Which kind of model the evidence of that day allowed."),
    Column("train_events", "Events to fit", "count", 9, "First events known on that day."),
    Column("rows", "Rows", "count", 9, "Customer-dates judged."),
    Column("events", "Events", "count", 9, "Events among them, each customer once."),
    Column("auc", "AUC", "number", 9, "How well later events were ranked above the others."),
)

_LOW = Column("low", "95 % from", "number", 10, "Lower end of the 95 % interval.")
_HIGH = Column("high", "95 % to", "number", 10, "Upper end of the 95 % interval.")

DIFFERENCES = (
    Column("against", "Against", "text", 26, "The plain rule, or the same rate for everyone."),
    Column("measure", "Measure", "text", 22, "What was measured."),
    Column("value", "The model is better by", "number", 12, "Above zero the model is better."),
    _LOW,
    _HIGH,
)

TESTED_GRADES = (
    Column("grade", "Grade", "code", 7, "Class of the master scale."),
    Column("pd_from", "PD from", "probability", 9, "Lower bound of the grade (inclusive)."),
    Column("pd_to", "PD to", "probability", 9, "Upper bound of the grade (exclusive)."),
    Column("customers", "Customers", "count", 10, "Customers in periods that do not overlap."),
    Column("events", "Events", "count", 8, "Events among them."),
    Column("predicted", "Predicted", "probability", 10, "Mean probability."),
    Column("observed", "Observed", "probability", 10, "Share with the event."),
    Column("low", "95 % from", "probability", 10, "Lower end by Jeffreys' prior."),
    Column("high", "95 % to", "probability", 10, "Upper end by Jeffreys' prior."),
    Column("p_jeffreys", "p, Jeffreys", "p_value", 10, "One-sided p-value, customers independent; small: too low."),
    Column("p_too_low_holm", "p, too low", "p_value", 10, "Under the common factor, corrected for all, both sides."),
    Column("p_too_high_holm", "p, too high", "p_value", 10, "Under the common factor, corrected for all, both sides."),
    Column("verdict", "Verdict", "state", 14, "Rejected where a corrected p-value is below 5 %."),
)

_PART = (
    Column("customers", "Customers", "count", 10, "Customers tested."),
    Column("events", "Events", "count", 8, "Events, each customer once."),
    Column("predicted", "Predicted", "probability", 10, "Mean probability of the rows."),
    Column("observed", "Observed", "probability", 10, "Share of the rows with the event."),
    Column("observed_to_expected", "Observed / expected", "number", 10, "1 is right; above 1 the level is too low."),
    Column("observed_to_expected_low", "95 % from", "number", 9, "Lower end of the ratio's interval."),
    Column("observed_to_expected_high", "95 % to", "number", 9, "Upper end of the ratio's interval."),
    Column("auc", "AUC", "number", 8, "How well later events were ranked above the others."),
    Column("auc_low", "AUC from", "number", 9, "Lower end of its interval."),
    Column("auc_high", "AUC to", "number", 9, "Upper end of its interval."),
    Column("reason", "Not measured because", "long", 40, "Why there is no value."),
)
STABILITY = (
    Column("fold", "Fold", "count", 6, "Number of the fold."),
    Column("from", "From", "date", 11, "First date predicted from."),
    Column("to", "To", "date", 11, "Last date predicted from."),
    *_PART,
)
SEGMENTS = (
    Column("segment", "By", "text", 18, "What parts the customers."),
    Column("part", "Segment", "text", 26, "The part."),
    *_PART,
)

_FEATURE = Column("feature", "Feature", "state", 30, "Name in the catalogue of features.")
DRIFT = (
    _FEATURE,
    Column("psi", "Stability index", "number", 10, "How far its spread has moved."),
    Column("critical", "Chance", "number", 10, "What chance alone exceeds 5 times in 100, over all features."),
    Column("limit", "Limit", "number", 10, "What it reached between training dates, or by chance."),
    Column("null_before", "Empty before", "percent", 10, "Share of rows without a value, before."),
    Column("null_after", "Empty after", "percent", 10, "Share of rows without a value, after."),
    Column(
        "drift", "Drift", "state", 12, "Usual up to the limit; beyond it small, moderate (from 0.10) or large (0.25)."
    ),
)
LEAKAGE = (
    _FEATURE,
    Column("auc", "AUC alone", "number", 9, "How well it ranks alone, whichever direction is the bad one."),
    Column("null_auc", "AUC of its nulls", "number", 9, "The same of whether it is empty."),
    Column("null_share", "Empty", "percent", 9, "Share of rows without a value."),
    Column("alarm", "Alarm", "state", 10, "Whether values or nulls know too much."),
    Column("reason", "What it means", "long", 50, "The alarm in words, or why it was not judged."),
)
REVIEW_VALUE = (
    Column("model", "Model or rule", "text", 26, "Who ranks."),
    Column("reviewed", "Reviewed", "percent", 10, "Share of the customers of a date."),
    Column("value", "Net value a date", "money", 13, "Money that the reviews bring, less what they cost."),
    Column("low", "95 % from", "money", 13, "Lower end of the 95 % interval."),
    Column("high", "95 % to", "money", 13, "Upper end of the 95 % interval."),
)
REALISED = (
    Column("months", "Within, months", "count", 10, "Horizon that has passed."),
    Column("from", "From", "date", 11, "Day on which the customers were at risk."),
    Column("customers", "Customers", "count", 10, "Customers at risk on that day."),
    Column("events", "Came true", "count", 10, "Events within the horizon."),
    Column("expected", "Expected", "number", 10, "Sum of their probabilities."),
    Column("observed_to_expected", "Observed / expected", "number", 10, "1 is right; above 1 the level is too low."),
    _LOW,
    _HIGH,
    Column("p_jeffreys", "p, Jeffreys", "p_value", 10, "One-sided p-value, customers independent; small: too low."),
    Column("p_too_low", "p, too low", "p_value", 10, "Chance of so many events or more in a common bad year."),
    Column("p_too_high", "p, too high", "p_value", 10, "Chance of so few events or fewer in a common good year."),
)
ALERTS = (
    Column("severity", "Severity", "state", 10, "Alarm, attention or note."),
    Column("subject", "Subject", "state", 20, "What it is about."),
    Column("message", "What was found", "long", 60, "The finding in words."),
    Column("remedy", "What to do", "long", 50, "What it asks for."),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "scores": SCORES,
    "limits": LIMITS,
    "queue": QUEUE,
    "pack_limits": PACK_LIMITS,
    "pack_queue": decided_on(
        inserted(QUEUE, "contact_today", (LAID, *HAND_COLUMNS)),
        frozenset({"collector", "pd_12m", "last_contact_on", "oldest_open_days"}),
    ),
    "worklist": WORKLIST,
    "day_list": DAY_LIST,
    "internal_list": INTERNAL_LIST,
    "dispute_list": DISPUTE_LIST,
    "roll_over": ROLL_OVER,
    "ageing": AGEING,
    "findings": FINDINGS,
    "intake": INTAKE,
    "history": HISTORY,
    "metrics": METRICS,
    "folds": FOLDS,
    "differences": DIFFERENCES,
    "tested_grades": TESTED_GRADES,
    "stability": STABILITY,
    "segments": SEGMENTS,
    "drift": DRIFT,
    "leakage": LEAKAGE,
    "review_value": REVIEW_VALUE,
    "alerts": ALERTS,
    "realised": REALISED,
    "ageing_by": (
        *KEY_COLUMNS.values(),
        Column("name", "Name", "text", 26, "Name of the group."),
        Column("customers", "Customers", "count", 10, "How many."),
        *AGEING[3:-2],
    ),
    "ageing_by_currency": (
        KEY_COLUMNS["currency"],
        Column("customers", "Customers", "count", 10, "How many."),
        *(replace(column, total=False) for column in AGEING[3:-2]),
    ),
    **BOOK_TABLES,
    **PORTFOLIO_TABLES,
    **RECONCILIATION_TABLES,
    **TEAM_TABLES,
}
"""The declared columns by table, in the order in which they are shown."""


CAPITALS = {"vat": "VAT"}
"""Headings of undeclared columns that are no plain words."""


def columns_of(table: str, frame: pl.DataFrame) -> tuple[Column, ...]:
    """Return the declared columns that ``frame`` has, then its undeclared ones under their own names."""
    declared = {column.name: column for column in TABLES[table]}
    known = [column for column in TABLES[table] if column.name in frame.columns]
    return (*known, *(_undeclared(name, frame.schema[name]) for name in frame.columns if name not in declared))


def _undeclared(name: str, dtype: pl.DataType) -> Column:
    bucket = name in buckets_among([name])
    kind: Kind = "text"
    if bucket:
        kind = "money"
    elif dtype == pl.Date:
        kind = "date"
    elif dtype.is_integer():
        kind = "count"
    elif dtype.is_numeric():
        by_name: tuple[tuple[tuple[str, ...], Kind], ...] = (
            (("pd_", "p_"), "probability"),
            (("share_",), "percent"),
            (("days_", "dbt_", "dso_"), "days"),
            (("money_", "amount_", "limit_"), "money"),
        )
        kind = next((kind for starts, kind in by_name if name.startswith(starts)), "number")
    heading = bucket_heading(name) if bucket else CAPITALS.get(name, name.replace("_", " ").capitalize())
    return Column(name, heading, kind, max(12, min(24, len(heading))), f"Column {name}.", printed=bucket, total=bucket)


def with_names(frame: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` with the customers' names from ``scores`` where it has customers and no names."""
    if "name" in frame.columns or "customer_id" not in frame.columns or "name" not in scores.columns:
        return frame
    return frame.join(scores.select("customer_id", "name"), on="customer_id", how="left", maintain_order="left")
