"""What the register shows of a company today: its state, its names and address, and its insolvency cases.

The profile carries no history, and the insolvency cases carry the days on which things happened, not those on which
they were published. So everything here is known from the day it was fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import SourceError
from credrisk.sources.companies_house_client import PAGES, iso_date, listed, text_of
from credrisk.sources.matching.register import DATED_REGISTER
from credrisk.sources.uk_proceedings import one_per_key

__all__ = ["STATUS_KINDS", "insolvency_events", "postcode_in", "profile_events", "profile_facts", "register_rows"]

STATUS_KINDS = {
    "administration": ("administration", "in administration"),
    "converted-closed": ("registration_ended", "converted or closed"),
    "closed": ("registration_ended", "closed"),
    "dissolved": ("dissolution", "dissolved"),
    "insolvency-proceedings": ("insolvency", "in insolvency proceedings"),
    "liquidation": ("in_liquidation", "in liquidation; the status does not tell whether it is solvent"),
    "receivership": ("receivership", "in receivership"),
    "removed": ("registration_ended", "removed from the register"),
    "voluntary-arrangement": ("voluntary_arrangement", "in a voluntary arrangement"),
}
"""Kind and words of the statuses that are not in order."""

UNSOUND_OFFICE = {
    "undeliverable_registered_office_address": (
        "registered_office_undeliverable",
        "post cannot be delivered to the registered office",
    ),
    "registered_office_is_in_dispute": ("registered_office_disputed", "the registered office is in dispute"),
}

STARTING_DATES = (
    "wound-up-on",
    "ordered-to-wind-up-on",
    "administration-started-on",
    "voluntary-arrangement-started-on",
    "moratorium-started-on",
    "instrumented-on",
    "petitioned-on",
    "declaration-solvent-on",
)
"""Dates of a case, the one that tells best when it started first."""

UK_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b")

ADDRESS_LINES = (
    "care_of",
    "po_box",
    "premises",
    "address_line_1",
    "address_line_2",
    "locality",
    "region",
    "postal_code",
)


def profile_events(profile: Mapping[str, Any], *, number: str, retrieved_at: date) -> list[dict[str, Any]]:
    """Return today's state as events that are known from ``retrieved_at``.

    Trouble comes in the kinds of the features (``accounts_overdue``, ``dissolution``, ...); ``registered_name``,
    ``former_name``, ``registered_office``, ``register_status`` and ``legal_form`` are counted nowhere and tell who the
    company is: :func:`register_rows` reads them.

    Raises
    ------
    SourceError
        When the profile is about another company or has another shape.
    """
    if text_of(profile.get("company_number")).upper() != number:
        raise SourceError(f"the profile is about company {profile.get('company_number')!r}, not {number}.")
    name, status = text_of(profile.get("company_name")), text_of(profile.get("company_status"))
    if not name:
        raise SourceError("the profile names no company.")
    former_names = [
        ("former_name", _day(former, "ceased_on"), text_of(former.get("name")))
        for former in listed(profile, "previous_company_names")
    ]
    renamed = max((day for _, day, _ in former_names if day), default=_day(profile, "date_of_creation"))
    told: list[tuple[str, date | None, str]] = [
        ("registered_name", renamed, name),
        ("register_status", None, status or "not stated"),
        ("legal_form", None, text_of(profile.get("type")) or "not stated"),
        ("registered_office", None, _address(profile.get("registered_office_address"))),
        *former_names,
    ]
    if status in STATUS_KINDS:
        kind, words = STATUS_KINDS[status]
        told.append((kind, _day(profile, "date_of_cessation"), words))
    if profile.get("company_status_detail") == "active-proposal-to-strike-off":
        told.append(("strike_off_notice", None, "there is a proposal to strike the company off"))
    told += [(kind, None, words) for key, (kind, words) in UNSOUND_OFFICE.items() if profile.get(key) is True]
    for key, kind, words in (
        ("accounts", "accounts_overdue", "accounts are overdue"),
        ("confirmation_statement", "confirmation_statement_overdue", "the confirmation statement is overdue"),
    ):
        filing = profile.get(key)
        if isinstance(filing, dict) and filing.get("overdue") is True:
            due = _day(filing, "next_due")
            told.append((kind, due, f"{words}{f'; they were due on {due}' if due else ''}"))
    url = f"{PAGES}/company/{number}"
    return one_per_key(
        {
            "kind": kind,
            "happened_on": min(day or retrieved_at, retrieved_at),
            "known_at": retrieved_at,
            "url": url,
            "text": text,
        }
        for kind, day, text in told
        if text
    )


def profile_facts(profile: Mapping[str, Any], *, number: str, retrieved_at: date) -> list[dict[str, Any]]:
    """Return ``days_to_accounts_due``: how far away the next accounts are, negative when they are late."""
    accounts = profile.get("accounts")
    due = _day(accounts, "next_due") if isinstance(accounts, dict) else None
    if due is None:
        return []
    return [
        {
            "measure": "days_to_accounts_due",
            "period_end": retrieved_at,
            "value": float((due - retrieved_at).days),
            "unit": "days",
            "known_at": retrieved_at,
            "url": f"{PAGES}/company/{number}",
        }
    ]


def insolvency_events(content: Mapping[str, Any], *, number: str, retrieved_at: date) -> list[dict[str, Any]]:
    """Return one event a case, of the kind that the register gives it, and the petitions.

    A case without any date is dated by ``retrieved_at`` and says so. Practitioners are not stored.

    Raises
    ------
    SourceError
        When there are no cases, or a date is unreadable.
    """
    cases = content.get("cases")
    if not isinstance(cases, list) or not cases or not all(isinstance(case, dict) for case in cases):
        raise SourceError("the insolvency cases have another shape.")
    events = []
    for case in cases:
        kind, running = text_of(case.get("type")), text_of(str(case.get("number") or ""))
        if not kind:
            raise SourceError("an insolvency case has no type.")
        days = {
            text_of(entry.get("type")): iso_date(entry.get("date"), "the date of an insolvency case")
            for entry in listed(case, "dates")
        }
        started = next((days[name] for name in STARTING_DATES if name in days), None)
        words = f"{kind.replace('-', ' ')}, case {running or '1'}" + (
            " (a winding-up of a solvent company)" if kind == "members-voluntary-liquidation" else ""
        )
        told = [(kind.replace("-", "_"), started, words + ("" if started else "; the register gives no date"))]
        if "petitioned-on" in days and started != days["petitioned-on"]:
            told.append(("winding_up_petition", days["petitioned-on"], f"petition that led to case {running or '1'}"))
        events += [
            {
                "kind": name,
                "happened_on": min(day or retrieved_at, retrieved_at),
                "known_at": retrieved_at,
                "url": f"{PAGES}/company/{number}/insolvency",
                "text": text,
            }
            for name, day, text in told
        ]
    return one_per_key(events)


def register_rows(events: pl.DataFrame, *, as_of: date | None = None) -> pl.DataFrame:
    """Return what fetched profiles say of companies as rows of the ``register`` frame, ``known_at`` the day of each.

    Parameters
    ----------
    events
        Of the ledger's table ``events``; those of the source ``companies_house_profile`` count.
    as_of
        Leave out what was fetched later. Of each company the newest profile counts.
    """
    own = events.filter(pl.col("source") == "companies_house_profile").drop_nulls("company_number")
    if as_of is not None:
        own = own.filter(pl.col("known_at") <= as_of)
    newest = own.filter(pl.col("known_at") == pl.col("known_at").max().over("company_number"))
    rows = []
    for (number,), told in newest.sort("happened_on").group_by("company_number", maintain_order=True):
        said = {row["kind"]: row for row in told.unique("kind", keep="last", maintain_order=True).to_dicts()}
        if "registered_name" not in said:
            continue
        address = said["registered_office"]["text"] if "registered_office" in said else ""
        common = {
            "register": "companies_house",
            "entity": number,
            "id_column": "company_number",
            "country": "GB",
            "postcode": postcode_in(address),
            "street": address or None,
            "legal_form": said["legal_form"]["text"] if "legal_form" in said else None,
            "status": said["register_status"]["text"] if "register_status" in said else None,
            "known_at": said["registered_name"]["known_at"],
        }
        legal = said["registered_name"]
        former = [
            (name, row["happened_on"])
            for row in told.filter(pl.col("kind") == "former_name").iter_rows(named=True)
            for name in row["text"].split("; ")
        ]
        rows.append({**common, "name": legal["text"], "name_kind": "legal", "valid_from": legal["happened_on"]})
        rows += [{**common, "name": name, "name_kind": "former", "valid_to": until} for name, until in former]
    return pl.DataFrame([{name: row.get(name) for name in DATED_REGISTER} for row in rows], schema=DATED_REGISTER)


def postcode_in(address: str) -> str | None:
    """Return the last United Kingdom postcode in an address; None when there is none."""
    found = UK_POSTCODE.findall(address.upper())
    return " ".join(found[-1]) if found else None


def _address(address: object) -> str:
    if not isinstance(address, dict):
        return ""
    parts = (text_of(address.get(line)).strip(" ,") for line in ADDRESS_LINES)
    return ", ".join(part for part in parts if part)


def _day(content: Mapping[str, Any], key: str) -> date | None:
    return iso_date(content[key], key) if content.get(key) else None
