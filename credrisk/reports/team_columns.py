"""The columns of the supervisor's tables: what people read of :func:`credrisk.decisions.team_review.team_review`."""

from __future__ import annotations

from credrisk.reports.column import CUSTOMER_ID, NAME, Column, money_column

__all__ = ["TEAM_TABLES"]

COLLECTOR = Column("collector", "Collector", "text", 16, "Who looks after the accounts, or who made the contact.")

TEAM = (
    COLLECTOR,
    Column("accounts_past_due", "Accounts past due", "count", 9, "Accounts with something past due at the beginning."),
    money_column("past_due", "Past due", "What was past due at the beginning.", total=False),
    Column("penetration", "Penetration, accounts", "percent", 11, "Share of them with a meaningful contact."),
    Column("penetration_money", "Penetration, money", "percent", 11, "The same by what was past due."),
    Column("never_touched", "Never touched", "count", 9, "Of them without any attempt in the period."),
    Column("contacts", "Attempts", "count", 9, "Contact attempts made by this person."),
    Column("right_party_share", "Right person", "percent", 9, "Right person reached, of those reached."),
    Column("promise_kept", "Promise kept", "percent", 9, "Money in time / money promised."),
    Column("days_to_first_contact", "Days to first contact", "days", 9, "Median of accounts newly past due."),
    Column("share_over_60", "Over 60 days", "percent", 9, "More than 60 days past due, of open debit items."),
    Column("share_over_90", "Over 90 days", "percent", 9, "More than 90 days past due, of open debit items."),
    money_column("rolls_over_60", "Will pass 60", "Expected to pass 60 days past due in 30 days.", total=False),
    money_column("rolls_over_90", "Will pass 90", "Expected to pass 90 days past due in 30 days.", total=False),
    money_column("cash_expected", "Cash expected", "From the invoices open at the beginning.", total=False),
    money_column("cash_actual", "Cash", "What came on those invoices.", total=False),
    Column("cash_to_forecast", "Cash / expected", "percent", 9, "Cash as a share of what was expected."),
    Column("cei", "CEI", "percent", 8, "Collected of what could be collected, however it was closed."),
    Column("cei_cash_only", "CEI, cash only", "percent", 8, "The same counting cash alone."),
    Column("minutes", "Minutes", "count", 9, "Minutes of the attempts.", printed=False),
    Column("promises_decided", "Promises decided", "count", 9, "Promises whose last day fell in it.", printed=False),
    money_column("promised", "Promised", "Money of these promises.", printed=False, total=False),
    money_column("open_balance", "Open balance", "Open debit items at the end.", printed=False, total=False),
    Column("share_over_60_before", "Over 60 before", "percent", 9, "The same at the beginning.", printed=False),
    Column("share_over_90_before", "Over 90 before", "percent", 9, "The same at the beginning.", printed=False),
)

CASE_MIX = (
    COLLECTOR,
    Column("accounts", "Accounts", "count", 9, "Accounts with expected cash."),
    Column("effective_accounts", "Worth, equal accounts", "count", 10, "How many accounts of equal weight they equal."),
    money_column("expected", "Expected cash", "What these accounts let expect.", total=False),
    money_column("actual", "Cash", "What came.", total=False),
    Column("plain_ratio", "Cash / expected", "percent", 10, "All money."),
    Column("ratio", "Ratio judged", "percent", 10, "Cash / expected with the largest accounts capped."),
    Column("ratio_low", "95 % from", "percent", 10, "Lower end of its own interval."),
    Column("ratio_high", "95 % to", "percent", 10, "Upper end of its own interval."),
    Column("low_95", "Like all: from", "percent", 10, "Lower 95 % limit of a collector like all others."),
    Column("high_95", "Like all: to", "percent", 10, "Upper 95 % limit of a collector like all others."),
    Column("verdict", "Place", "state", 12, "Within the limits, or above or below the 95 or 99.8 % ones."),
    Column("detectable", "Seen from", "percent", 9, "Least true difference that would be seen 8 times in 10."),
    Column("lacks", "Not judged because", "long", 40, "Why there is no figure."),
    Column("low_998", "99.8 % from", "percent", 10, "Lower 99.8 % limit.", printed=False),
    Column("high_998", "99.8 % to", "percent", 10, "Upper 99.8 % limit.", printed=False),
    Column("standard_error", "Standard error", "number", 10, "Of the distance from the team's ratio.", printed=False),
    Column("z", "Standard errors away", "number", 10, "Distance from the team in standard errors.", printed=False),
)

FUNNEL = (
    COLLECTOR,
    Column("attempts", "Attempts", "count", 9, "Contact attempts."),
    Column("reached", "Reached", "count", 9, "Somebody was reached."),
    Column("right_party", "Right person", "count", 9, "The person who decides on the payment."),
    Column("promises", "Promises", "count", 9, "Promises that followed within three days."),
    Column("decided", "Decided", "count", 9, "Of them kept or broken by now."),
    Column("kept", "Kept", "count", 9, "Of them kept."),
    money_column("cash", "Cash in time", "Money received in time for the decided promises.", total=False),
)

AUDIT = (
    CUSTOMER_ID,
    NAME,
    COLLECTOR,
    money_column("past_due", "Past due", "Open debit items after their due date."),
    Column("no_touch", "Not touched", "state", 10, "Past due, and no attempt for two weeks."),
    Column("promise_not_recorded", "Promise without date", "state", 10, "A contact says promise, none is on file."),
    Column("note_missing", "Note missing", "state", 10, "Somebody was reached and no note was written."),
    Column("write_off_not_logged", "Write-off not logged", "state", 10, "Written off without an entry in the log."),
    Column("authority_breach", "Beyond authority", "state", 10, "Decided by a role that may not."),
    Column("faults", "Faults", "count", 8, "How many of these checks failed."),
    Column("inclusion_probability", "Chance to be drawn", "percent", 9, "By risk, and partly at random."),
    Column("risk", "Risk", "number", 10, "Past due x (1 + faults).", printed=False),
)

HAND = (
    Column("what", "By hand", "state", 10, "Pinned, boosted or excluded."),
    Column("overrides", "Overrides", "count", 9, "Entries of the log."),
    Column("scored", "Customers judged", "count", 10, "Customers whose 30 days are over and that have like accounts."),
    Column("paid_share", "Paid", "percent", 9, "Cash within 30 days, share of what was past due."),
    Column("like_paid_share", "Like accounts", "percent", 9, "The same of accounts of the same age and size."),
    Column("difference", "Difference", "percent", 9, "The one less the other; no effect."),
    Column("low", "95 % from", "percent", 9, "Lower end of the interval."),
    Column("high", "95 % to", "percent", 9, "Upper end of the interval."),
)

ORDERS = (
    Column("case", "Another order", "text", 44, "How today's list would be made."),
    Column("contacts", "Contacts", "count", 9, "Contacts of today's list."),
    Column("came", "In", "count", 7, "Accounts that come into today's list."),
    Column("went", "Out", "count", 7, "Accounts that go out of it."),
    money_column("gain", "Gain", "By the model's own measure.", total=False),
    money_column("change", "Against the model's order", "By the model's own measure.", total=False),
)

TEAM_TABLES = {
    "team": TEAM,
    "team_case_mix": CASE_MIX,
    "team_funnel": FUNNEL,
    "team_audit": AUDIT,
    "team_hand": HAND,
    "team_orders": ORDERS,
}
"""The declared columns by table."""
