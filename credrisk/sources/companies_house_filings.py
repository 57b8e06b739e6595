"""What a filing at Companies House says about the company: its kind, by the register's own descriptions.

Only the description's key is read (``termination-director-company-with-name``), never the values with names of
persons and never free text, but for addresses and names of the company itself. The keys are those of the register's
published list (github.com/companieshouse/api-enumerations, filing_history_descriptions.yml). A filing is known from
its ``date``: the day on which the register put it on file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.companies_house_client import PAGES, iso_date, listed, text_of
from credrisk.sources.uk_proceedings import ENDED, LIQUIDATOR, PROGRESS, first_of_each, one_per_key

__all__ = ["filing_events", "filing_facts"]

ORIGINS = r"(in-|voluntary-|compulsory-|administration-|voluntary-arrangement-|voluntary-arragenment-)*"

RULES: tuple[tuple[str, str, str], ...] = (
    # the end of proceedings, before their start: the keys resemble each other
    (
        r"liquidation-.*(completion-(of-)?voluntary-arrangement|voluntary-arrangement-(notice-)?completion)",
        ENDED,
        "the voluntary arrangement is completed or ended",
    ),
    (
        r"liquidation-.*(end-of-administration|automatic-end|ending-administration|discharge-(of-)?administration-order)",
        ENDED,
        "the administration ended",
    ),
    (r"liquidation-.*ending-of-moratorium", ENDED, "the moratorium ended"),
    (r"liquidation-receiver-ceas", ENDED, "a receiver ceased to act"),
    (r"liquidation-court-order-to-rescind-winding-up", ENDED, "the winding-up order was rescinded"),
    (r"liquidation-(ex$|cessation-of-insolvency)", ENDED, "no longer in liquidation or insolvency proceedings"),
    (
        rf"liquidation-{ORIGINS}declaration-of-solvency",
        "members_voluntary_liquidation",
        "declaration of solvency: a winding-up of a solvent company",
    ),
    (
        r"liquidation-voluntary-(extraordinary-resolution-to-wind-up|statement-of-affairs|creditors-voluntary-winding)",
        "creditors_voluntary_liquidation",
        "creditors' voluntary liquidation",
    ),
    (
        r"liquidation-.*move-to-creditors-voluntary-liquidation",
        "creditors_voluntary_liquidation",
        "from administration to creditors' voluntary liquidation",
    ),
    (
        r"liquidation-(compulsory-(notice-)?winding-up(-order|-scotland|$)|court-order-winding-up)",
        "winding_up_order",
        "a court ordered to wind up the company",
    ),
    (
        r"liquidation-(compulsory-)?appointment-(of-)?provisional-liquidator",
        "liquidation",
        "a provisional liquidator was appointed",
    ),
    (
        r"liquidation-(in-)?(administration-)?(appointmentt?-of-administrator|notice-of-administration-order)"
        r"|liquidation-administration-order$",
        "administration",
        "administration",
    ),
    (
        r"liquidation-receiver-appointment-of-receiver.*-scotland",
        "receivership_scotland",
        "a receiver was appointed",
    ),
    (
        r"liquidation-(receiver-)?appointment-(of-)?receiver",
        "receivership",
        "a receiver or manager was appointed",
    ),
    (
        rf"liquidation-{ORIGINS}meeting-approving",
        "corporate_voluntary_arrangement",
        "a company voluntary arrangement took effect",
    ),
    (rf"liquidation-{ORIGINS}commencement-of-moratorium", "moratorium", "a moratorium began"),
    (
        r"liquidation-(proceedings-member-state|.*-overseas$)",
        "foreign_insolvency",
        "insolvency proceedings of or in another country",
    ),
    (r"liquidation-insolvency-proceedings", "insolvency", "insolvency proceedings"),
    (
        rf"liquidation-{ORIGINS}appointment-(of-)?(a-)?liquidator",
        LIQUIDATOR,
        "a liquidator was appointed; whether the company is solvent is told by the other filings",
    ),
    (r"liquidation-.*final-meeting", PROGRESS, "the final account of a winding-up"),
    (r"liquidation-.*(receipts-and-payments|receipts-payments|progress-report)", PROGRESS, "report on the proceedings"),
    (r"liquidation-", PROGRESS, "filing in insolvency or winding-up proceedings"),
    (
        r"gazette-notice-compuls[ao]ry",
        "strike_off_notice",
        "first notice that the registrar will strike the company off",
    ),
    (
        r"gazette-notice-voluntary|dissolution-application-strike-off",
        "voluntary_strike_off",
        "the company itself wants to be struck off",
    ),
    (
        r"gazette-filings-brought-up-to-date|dissolution-voluntary-strike-off-discontinued"
        r"|dissolution-withdrawal-application",
        "strike_off_discontinued",
        "the strike-off was discontinued",
    ),
    (
        r"dissolved-compulsory-strike-off-suspended|dissolution-voluntary-strike-off-suspended",
        "strike_off_suspended",
        "the strike-off was suspended, as after an objection",
    ),
    (r"gazette-dissolved|dissolved-company", "dissolution", "the company was dissolved"),
    (
        r"restoration-|order-of-court-restoration|administrative-restoration",
        "restored_to_register",
        "the company was restored to the register, or an application was made",
    ),
    (r"accounts-", "accounts_filed", "accounts"),
    (r"change-account-reference-date", "accounting_date_changed", "the accounting reference date was changed"),
    (
        r"annual-return|confirmation-statement",
        "confirmation_statement_filed",
        "confirmation statement or annual return",
    ),
    (r"auditors-resignation", "auditor_resigned", "the auditor resigned"),
    (r"termination-(person-|corporate-)?director", "director_resigned", "a director left office"),
    (r"termination-(person-)?(secretary|member|manager)", "officer_resigned", "a secretary or member left office"),
    (r"appoint-(person|corporate)-director", "director_appointed", "a director was appointed"),
    (
        r"appoint-(person-|corporate-)?(secretary|member|manager)",
        "officer_appointed",
        "a secretary or member took office",
    ),
    (
        r"default-companies-house-registered-office|court-upheld-registrars-decision-on-registered-office",
        "registered_office_undeliverable",
        "the registrar moved the registered office to its own default address",
    ),
    (
        r"change-registered-office-addres|order-of-court-registered-office",
        "registered_office_changed",
        "the registered office was changed",
    ),
    (r"certificate-change-of-name|change-of-name-overseas", "name_changed", "the company changed its name"),
    (
        r"(notification|cessation)-of-a-(super-secure-)?person-with-significant-control(?!-statement)",
        "owner_changed",
        "a person with significant control was notified or ceased",
    ),
    (r"capital-allotment-shares", "shares_issued", "shares were allotted"),
)
"""Beginning of the description (a regular expression), kind, words. The first that fits counts."""

LEGACY_TYPES = {
    "287": ("registered_office_changed", "the registered office was changed"),
    "288a": ("officer_appointed", "an officer was appointed"),
    "288b": ("officer_resigned", "an officer left office"),
    "363a": ("confirmation_statement_filed", "annual return"),
    "363s": ("confirmation_statement_filed", "annual return"),
    "652a": ("voluntary_strike_off", "the company itself wants to be struck off"),
    "652c": ("strike_off_discontinued", "the application to be struck off was withdrawn"),
    "AA": ("accounts_filed", "accounts"),
    "AA03": ("auditor_changed", "the auditor was removed by resolution"),
    "AUD": ("auditor_resigned", "the auditor resigned"),
}
"""Forms whose description is free text (``legacy``), or is not in the list."""

HAPPENED_EARLIER = (
    "address",
    "officers",
    "persons-with-significant-control",
    "capital",
)
"""Categories whose ``action_date`` is the day of the event; for accounts and returns it is the end of their period."""

NAME_CERTIFICATE = re.compile(r"company name changed (.{1,200}?)\\+certificate issued", re.IGNORECASE | re.DOTALL)


def filing_events(items: Iterable[Mapping[str, Any]], *, number: str) -> list[dict[str, Any]]:
    """Return the events in a list of filings.

    ``known_at`` is the day on which the register put the filing on file. ``happened_on`` is the day that the filing
    states for what it reports (a change of an officer, of the address, of the shares, the start of a case), never
    later than that; for accounts, returns and notices it is the day of filing. Charges are not read here: the
    register of charges tells them.

    Raises
    ------
    SourceError
        When a filing has no date, or belongs to another company.
    """
    events = []
    for item in items:
        known_at = iso_date(item.get("date"), "the date of a filing")
        url = _url(item, number)
        for description, values in _descriptions(item):
            told = _told(description, str(item.get("type") or ""))
            if told is None:
                continue
            kind, words = told
            events.append(
                {
                    "kind": kind,
                    "happened_on": min(_happened_on(item, values) or known_at, known_at),
                    "known_at": known_at,
                    "url": url,
                    "text": _text(kind, words, description, values),
                }
            )
    return one_per_key(first_of_each(events))


def filing_facts(items: Iterable[Mapping[str, Any]], *, number: str) -> list[dict[str, Any]]:
    """Return how long after the end of their period accounts were filed: ``accounts_filing_days``, known when filed."""
    facts: dict[tuple[date, date], dict[str, Any]] = {}
    for item in items:
        values = _values(item)
        if not str(item.get("description") or "").startswith("accounts-") or "made_up_date" not in values:
            continue
        known_at = iso_date(item.get("date"), "the date of a filing")
        period_end = iso_date(values["made_up_date"], "the date to which accounts are made up")
        facts[period_end, known_at] = {
            "measure": "accounts_filing_days",
            "period_end": period_end,
            "value": float((known_at - period_end).days),
            "unit": "days",
            "known_at": known_at,
            "url": _url(item, number),
        }
    return list(facts.values())


def _descriptions(item: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """The filing's own description, or those of the resolutions to wind up that it carries."""
    carried = [
        (str(resolution.get("description") or ""), _values(resolution))
        for resolution in listed(item, "resolutions")
        if str(resolution.get("description") or "").startswith("liquidation-")
    ]
    return carried or [(str(item.get("description") or ""), _values(item))]


def _told(description: str, form: str) -> tuple[str, str] | None:
    for pattern, kind, words in RULES:
        if re.match(pattern, description):
            return kind, words
    return LEGACY_TYPES.get(form)


def _values(item: Mapping[str, Any]) -> Mapping[str, Any]:
    values = item.get("description_values")
    return values if isinstance(values, dict) else {}


def _happened_on(item: Mapping[str, Any], values: Mapping[str, Any]) -> date | None:
    if "case_start_date" in values:
        return iso_date(values["case_start_date"], "the start of a case")
    stated = item.get("action_date") if item.get("category") in HAPPENED_EARLIER else None
    return iso_date(stated, "the date of what a filing reports") if stated else None


def _text(kind: str, words: str, description: str, values: Mapping[str, Any]) -> str:
    if kind == "accounts_filed":
        period = text_of(values.get("made_up_date"))
        of_kind = description.partition("accounts-type-")[2].replace("-", " ")
        return f"accounts{f' made up to {period}' if period else ''} filed{f' ({of_kind})' if of_kind else ''}"
    if kind == "accounting_date_changed":
        way = re.search(r"(previous|current)-(extended|shortened)", description)
        return f"{words} ({way[1]} period {way[2]})" if way else words
    if kind == "registered_office_changed":
        old, new = text_of(values.get("old_address")), text_of(values.get("new_address"))
        return words + (f" from {old}" if old else "") + (f" to {new}" if new else "")
    if kind == "name_changed":
        certificate = NAME_CERTIFICATE.search(str(values.get("description") or ""))
        return f"{words}; before: {text_of(certificate[1])}" if certificate else words
    return words


def _url(item: Mapping[str, Any], number: str) -> str:
    links = item.get("links")
    own = str(links.get("self") or "") if isinstance(links, dict) else ""
    if own and not own.startswith(f"/company/{number}/"):
        raise SourceError(f"a filing is about {own}, not company {number}.")
    transaction = str(item.get("transaction_id") or "")
    place = f"{PAGES}/company/{number}/filing-history"
    return f"{place}/{transaction}/document?format=pdf&download=0" if transaction else place
