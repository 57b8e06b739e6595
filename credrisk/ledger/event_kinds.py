"""The kinds of events by family, and a finding where a ledger's events are of none: nothing would come of them."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger

__all__ = ["FAMILIES", "STATES", "plain_kinds", "unknown_kinds"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "insolvency": (
        "administration",
        "administration_order",
        "administrative_receiver",
        "bankruptcy",
        "compulsory_liquidation",
        "corporate_voluntary_arrangement",
        "corporate_voluntary_arrangement_moratorium",
        "creditors_voluntary_liquidation",
        "foreign_insolvency",
        "in_administration",
        "insolvency",
        "insolvency_notice",
        "liquidation",
        "moratorium",
        "receiver_manager",
        "receivership",
        "receivership_scotland",
        "voluntary_arrangement",
        "winding_up_order",
        "winding_up_petition",
    ),
    "judgment": ("court_judgment", "judgment", "payment_judgment", "protested_bill"),
    "late_filing": (
        "accounts_overdue",
        "annual_report_late",
        "confirmation_statement_overdue",
        "late_filing",
        "quarterly_report_late",
        "strike_off_notice",
    ),
    "auditor": ("auditor_changed", "auditor_resigned", "going_concern_doubt", "statements_withdrawn"),
    "default": ("debt_accelerated", "default", "payment_default"),
    "delisting": ("delisted_by_exchange", "delisting_notice"),
    "management": (
        "director_appointed",
        "director_resigned",
        "management_change",
        "officer_appointed",
        "officer_resigned",
    ),
    "filing": (
        "accounting_date_changed",
        "accounts_filed",
        "agreement_terminated",
        "annual_report",
        "bankruptcy_progress",
        "charge_registered",
        "charge_satisfied",
        "confirmation_statement_filed",
        "delisted_by_company",
        "dissolution",
        "entity_inactive",
        "entity_reactivated",
        "exit_costs",
        "head_office_changed",
        "impairment",
        "in_liquidation",
        "insolvency_ended",
        "legal_form_changed",
        "liquidator_appointed",
        "listing_notice",
        "listing_transferred",
        "members_voluntary_liquidation",
        "merger",
        "name_changed",
        "owner_changed",
        "petition_dismissed",
        "proceedings_progress",
        "quarterly_report",
        "registered_office_changed",
        "registered_office_disputed",
        "registered_office_undeliverable",
        "registration_ended",
        "reporting_ended",
        "restored_to_register",
        "shares_issued",
        "strike_off_discontinued",
        "strike_off_suspended",
        "struck_off",
        "voluntary_strike_off",
    ),
    "lei": ("lei_duplicate", "lei_issued", "lei_lapsed", "lei_merged", "lei_renewed", "lei_retired"),
    "news": ("adverse_news", "news"),
    "sanctions": ("sanction_linked", "sanctioned"),
}
"""Kinds by family: those of EDGAR, Companies House, The Gazette and GLEIF as credrisk names them, and of the sample.

Hyphens and blanks in a kind read as underscores. A members' voluntary liquidation is solvent, so no insolvency. Those
that begin with ``lei_`` concern the identifier's paperwork. Being sanctioned is for compliance to judge: it is no sign
of distress, and counts as none.
"""

STATES = ("direct_parent", "parent_exception", "ultimate_parent")
"""Kinds that say how something stands, not that something happened."""

_KINDS_SHOWN = 8


def plain_kinds() -> pl.Expr:
    """Return the column ``kind`` as the families write it: small letters, underscores for blanks and hyphens."""
    return pl.col("kind").str.to_lowercase().str.replace_all(r"[\s\-]+", "_")


def unknown_kinds(ledger: Ledger) -> list[Finding]:
    """Return a warning where events are of a kind that is in no family and no state, with those kinds."""
    known = [*(kind for kinds in FAMILIES.values() for kind in kinds), *STATES]
    rows = ledger.table("events").with_columns(plain=plain_kinds()).filter(~pl.col("plain").is_in(known))
    if rows.is_empty():
        return []
    kinds = rows["kind"].unique().sort().to_list()
    more = len(kinds) - _KINDS_SHOWN
    named = ", ".join(kinds[:_KINDS_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return [
        Finding(
            "warning",
            "events",
            "kind_unknown",
            f"events of a kind that has no meaning here: {named}. They count in no feature and stop no credit.",
            rows.height,
            few(rows["customer_id"]),
            remedy="write them as docs/firmographics.md lists the kinds (bankruptcy, winding_up_petition, ...).",
            evidence=rows.drop("plain"),
        )
    ]
