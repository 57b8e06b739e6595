"""Creditsafe's older SOAP reports (GlobalData), brought into the shape of today's Connect reports.

Their history of the company is read as events without the names of persons. "Not found" is an answer of its own: the
messages of the service say it, whatever the status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from credrisk.errors import SourceError
from credrisk.sources.licensed import creditsafe
from credrisk.sources.licensed.report import Report, day, shaped

__all__ = ["NotFoundError", "recognised", "reports"]

HISTORY = (
    ("new accounts filed", "accounts_filed", "accounts filed"),
    ("change in reg", "registered_office_changed", "registered office changed"),
    ("change of name", "name_changed", "name changed"),
    ("company secretary", "", ""),
    ("has left the board", "director_resigned", "a director left the board"),
    ("new board member", "director_appointed", "a director was appointed"),
)
"""Words of the history, the kind of the event ("" to pass over) and its text, in order; the first that fits counts."""
ABSENT = ("10101", "10103")
"""Codes of the service: the company, or its report, is not there."""


class NotFoundError(SourceError):
    """The provider itself says that it has no such company."""


def recognised(root: Element) -> bool:
    """Tell whether an XML file is an answer of Creditsafe, or a fault on its way."""
    return root.tag == "Envelope"


def reports(root: Element) -> list[Report]:
    """Read an answer.

    Raises
    ------
    NotFoundError
        When the service says that it has no such company.
    SourceError
        For a fault, an error, or an answer without a report.
    """
    fault = root.find(".//Fault")
    if fault is not None:
        words = " ".join((fault.findtext("faultstring") or "no reason").split())
        raise SourceError(f"Creditsafe answered a fault: {words[:200]}.")
    messages = root.findall(".//Message")
    found = root.findall(".//Reports/Report")
    for message in messages:
        if message.get("Type") == "Error":
            words = (message.text or "").strip() or "no reason"
            raise SourceError(f"Creditsafe answered error {message.get('Code')}: {words}")
    if not found:
        absent = [(message.text or "").strip() for message in messages if message.get("Code") in ABSENT]
        if absent:
            raise NotFoundError(f"Creditsafe: {absent[0]}")
        raise SourceError("the answer of Creditsafe holds no report (a list of companies found is none).")
    return shaped(lambda: [_report(one) for one in found], "the report of Creditsafe")


def _report(element: Element) -> Report:
    content = _plain(element)
    currency = element.get("ReportCurrency")
    content["companyId"] = element.get("CompanyId")
    scored = content.setdefault("creditScore", {})
    scored["latestRatingChangeDate"] = scored.get("dateOfLatestRatingChange")
    for rating in (scored.get("currentCreditRating"), content["companySummary"].get("creditRating")):
        if isinstance(rating, dict) and isinstance(rating.get("creditLimit"), str):
            rating["creditLimit"] = {"value": rating["creditLimit"], "currency": currency}
    statements = content.get("financialStatements") or {}
    content["financialStatements"] = statements.get("financialStatement") if isinstance(statements, dict) else None
    status = content["companySummary"].get("companyStatus")
    if isinstance(status, Mapping):
        content["companySummary"]["companyStatus"] = {"status": status.get("code"), "description": status.get("value")}
    return creditsafe.report(content, element.get("OrderNumber"), _events(element))


def _events(element: Element) -> Iterator[dict[str, Any]]:
    for event in element.findall(".//CompanyHistory/Event"):
        words = (event.findtext("Description") or "").lower()
        kind, text = next(((kind, text) for sign, kind, text in HISTORY if sign in words), ("", ""))
        happened_on = day(event.findtext("Date"))
        if kind and happened_on is not None:
            yield {"kind": kind, "happened_on": happened_on, "text": text}
    for charge in element.findall(".//MortgageDetail"):
        registered = day(charge.findtext("DateChargeRegistered"))
        if registered is not None:
            status = (charge.findtext("Status") or "").strip().lower()
            yield {
                "kind": "charge_registered",
                "happened_on": registered,
                "text": f"a charge, {status or 'registered'}",
            }


def _plain(element: Element) -> Any:
    """Return an element as Connect writes it: objects with small first letters, lists where a name repeats."""
    if not len(element):
        text = (element.text or "").strip()
        if not element.attrib:
            return text
        return {"value": text, **{_small(name): value for name, value in element.attrib.items()}}
    content: dict[str, Any] = {}
    for child in element:
        name, value = _small(child.tag), _plain(child)
        if name not in content:
            content[name] = value
        elif isinstance(content[name], list):
            content[name].append(value)
        else:
            content[name] = [content[name], value]
    return content


def _small(name: str) -> str:
    name = name.rpartition("}")[2]
    return name[:1].lower() + name[1:]
