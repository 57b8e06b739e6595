"""The features of what happened at the customer, worked out the slow way."""

from __future__ import annotations

from datetime import timedelta

from features.oracle import Number, Oracle, part
from features.oracle_statements import about

FAMILY = {
    "insolvency_notice": "insolvency",
    "winding-up petition": "insolvency",
    "payment_judgment": "judgment",
    "annual_report_late": "late_filing",
    "auditor_changed": "auditor",
    "debt_accelerated": "default",
    "delisting_notice": "delisting",
    "management_change": "management",
    "members_voluntary_liquidation": "filing",
    "news": "news",
    "weather": "",
}
ADVERSE = {"insolvency", "judgment", "late_filing", "auditor", "default", "delisting"}
FILED = {"late_filing", "auditor", "default", "delisting", "management", "filing"}


@part
def company_events(oracle: Oracle) -> dict[str, Number]:
    found = [(FAMILY[row["kind"]], row["happened_on"]) for row in about(oracle, "events")]
    given = oracle.has("events")

    def count(families: set[str], days: int) -> Number:
        start = oracle.as_of - timedelta(days)
        if not given or start + timedelta(1) < oracle.ledger.settings.covers_from:
            return None
        return sum(family in families and day > start for family, day in found)

    adverse = [day for family, day in found if family in ADVERSE]
    return {
        "adverse_events_90d": count(ADVERSE, 90),
        "adverse_events_365d": count(ADVERSE, 365),
        "payment_judgments_90d": count({"judgment"}, 90),
        "payment_judgments_365d": count({"judgment"}, 365),
        "late_filings_365d": count({"late_filing"}, 365),
        "filings_90d": count(FILED, 90),
        "filings_365d": count(FILED, 365),
        "management_changes_90d": count({"management"}, 90),
        "management_changes_365d": count({"management"}, 365),
        "news_90d": count({"news"}, 90),
        "news_365d": count({"news"}, 365),
        "days_since_adverse_event": (oracle.as_of - max(adverse)).days if adverse else None,
        "insolvency_notices": sum(family == "insolvency" for family, _ in found) if given else None,
    }
