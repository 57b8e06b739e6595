"""Bodies in GLEIF's format about invented companies."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said


def lei(eighteen: str) -> str:
    """Put the check digits (ISO 17442) behind eighteen signs."""
    return eighteen + f"{98 - int(''.join(str(int(sign, 36)) for sign in eighteen + '00')) % 97:02d}"


CHILD, PARENT, ULTIMATE = lei("99990000INVENTEDCH"), lei("99990000INVENTEDPA"), lei("99990000INVENTEDUL")
KIND = "application/vnd.api+json"
PATH = "/lei:LEIData/lei:LEIRecords/lei:LEIRecord/"
GOLDEN = {"goldenCopy": {"publishDate": "2025-05-15T00:00:00Z"}}


def entity_event(kind: str, effective: str, recorded: str, status: str = "COMPLETED") -> dict[str, Any]:
    """One group with one legal entity event."""
    event = {"type": kind, "effectiveDate": effective, "recordedDate": recorded, "status": status}
    return {"groupType": "STANDALONE", "events": [{"validationDocuments": "SUPPORTING_DOCUMENTS", **event}]}


def record(
    identifier: str = CHILD,
    name: str = "Invented Ceramics GmbH",
    *,
    others: tuple[tuple[str, str], ...] = (),
    events: tuple[dict[str, Any], ...] = (),
    entity_status: str = "ACTIVE",
    registration_status: str = "ISSUED",
    parents: tuple[str, ...] = (),
    exceptions: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The data of one record."""
    address = {
        "language": "de",
        "addressLines": ["Tonweg 1", None, "Hof 2"],
        "city": "Musterstadt",
        "region": "DE-BY",
        "country": "DE",
        "postalCode": "90001",
    }
    named = [{"name": other, "language": "de", "type": kind} for other, kind in others]
    base = f"https://api.gleif.org/api/v1/lei-records/{identifier}"
    links: dict[str, Any] = {f"{kind}-parent": {"links": {"relationship-record": base}} for kind in parents}
    links |= {f"{kind}-parent": {"links": {"reporting-exception": base}} for kind in exceptions}
    return {
        "type": "lei-records",
        "id": identifier,
        "attributes": {
            "lei": identifier,
            "entity": {
                "legalName": {"name": name, "language": "de"},
                "otherNames": [one for one in named if "TRANSLITERATED" not in one["type"]],
                "transliteratedOtherNames": [one for one in named if "TRANSLITERATED" in one["type"]],
                "legalAddress": address,
                "headquartersAddress": address,
                "registeredAt": {"id": "RA000242", "other": None},
                "registeredAs": "HRB 1",
                "jurisdiction": "DE",
                "category": "GENERAL",
                "legalForm": {"id": "2HBR", "other": None},
                "associatedEntity": {"lei": None, "name": None},
                "status": entity_status,
                "expiration": {"date": None, "reason": None},
                "successorEntity": {"lei": None, "name": None},
                "successorEntities": [],
                "creationDate": "1990-01-01T00:00:00Z",
                "eventGroups": list(events),
            },
            "registration": {
                "initialRegistrationDate": "2014-03-01T10:11:12Z",
                "lastUpdateDate": "2025-01-02T03:04:05Z",
                "status": registration_status,
                "nextRenewalDate": "2024-03-01T10:11:12Z",
                "managingLou": "529900T8BM49AURSDO55",
                "corroborationLevel": "FULLY_CORROBORATED",
            },
        },
        "relationships": links,
    }


def change(
    end: str, published: str, old: str | None, new: str | None, *, kind: str = "UPDATE", about: str = CHILD, **more: Any
) -> dict[str, Any]:
    """One line of the log; ``end`` is the end of the path."""
    return {
        "type": "field-modifications",
        "id": f"{published}{end}{new}",
        "attributes": {
            "lei": about,
            "recordType": "LEI",
            "modificationType": kind,
            "field": PATH + end,
            "date": published,
            "valueOld": old,
            "valueNew": new,
            "context": None,
            **more,
        },
    }


def log(*lines: dict[str, Any], total: int | None = None, page: int = 1, pages: int = 1) -> dict[str, Any]:
    """A page of the log."""
    counted = {"currentPage": page, "perPage": 200, "total": len(lines) if total is None else total, "lastPage": pages}
    return {"meta": GOLDEN | {"pagination": counted}, "links": {}, "data": list(lines)}


def relationship(kind: str, child: str = CHILD, parent: str = PARENT, status: str = "ACTIVE") -> dict[str, Any]:
    """A relationship to a parent; the accounting period stands first, as GLEIF does."""
    return {
        "type": "relationship-records",
        "id": f"{child}|LEI|{kind}",
        "attributes": {
            "validFrom": "2025-04-11T08:00:00Z",
            "validTo": None,
            "relationship": {
                "startNode": {"id": child, "type": "LEI"},
                "endNode": {"id": parent, "type": "LEI"},
                "type": f"IS_{kind.upper()}LY_CONSOLIDATED_BY",
                "status": status,
                "periods": [
                    {
                        "startDate": "2023-12-31T23:00:00Z",
                        "endDate": "2024-12-30T23:00:00Z",
                        "type": "ACCOUNTING_PERIOD",
                    },
                    {"startDate": "2018-02-05T23:00:00Z", "type": "RELATIONSHIP_PERIOD"},
                ],
            },
            "registration": {
                "initialRegistrationDate": "2018-03-01T12:13:14Z",
                "lastUpdateDate": "2025-04-11T05:58:00Z",
                "status": "PUBLISHED",
            },
        },
        "relationships": {},
    }


def exception(category: str, reason: str, about: str = CHILD) -> dict[str, Any]:
    """Why no parent is named."""
    attributes = {"validFrom": None, "validTo": None, "lei": about, "category": category, "reason": reason}
    return {"type": "reporting-exceptions", "id": about, "attributes": attributes}


def said(data: Any, status: int = 200) -> Said:
    """A body, as GLEIF's server sends it."""
    return Said(json.dumps(data if "meta" in data else {"meta": GOLDEN, "data": data}).encode(), status, KIND)


def absent() -> Said:
    """What is said of an identifier that does not exist."""
    return Said(json.dumps({"errors": [{"status": "404", "title": "Not Found"}]}).encode(), 404, KIND)


EVENTS = (
    entity_event("CHANGE_HQ_ADDRESS", "2023-12-05T23:00:00Z", "2024-06-04T05:51:39Z"),
    entity_event("MERGERS_AND_ACQUISITIONS", "2020-11-10T23:00:00Z", "2022-03-29T11:53:09Z"),
    entity_event("LIQUIDATION", "2025-02-01T00:00:00Z", "2025-02-03T10:11:12Z", "IN_PROGRESS"),
    entity_event("BANKRUPTCY", "2021-01-01T00:00:00Z", "2021-01-02T10:11:12Z", "WITHDRAWN_CANCELLED"),
)
RECORDED = "lei:Entity/lei:LegalEntityEvents/lei:LegalEntityEvent/lei:LegalEntityEventRecordedDate"
STATUS = "lei:Registration/lei:RegistrationStatus"
CHANGES = (
    change(STATUS, "2024-05-02T00:00:00Z", "LAPSED", "ISSUED"),
    change(STATUS, "2024-03-02T16:00:00Z", "ISSUED", "LAPSED"),
    change(RECORDED, "2022-04-07T00:00:00Z", None, "2022-03-29T13:53:09+02:00", kind="INSERT"),
    change("lei:Entity/lei:LegalName", "2022-01-24T16:00:00Z", "Elder Pottery GmbH", "Invented Ceramics GmbH"),
    change("lei:Entity/lei:LegalName", "2021-11-01T00:00:00Z", "ELDER POTTERY GMBH", "Elder Pottery GmbH"),
    change("lei:Entity/lei:HeadquartersAddress/lei:City", "2024-06-05T00:00:00Z", "Altstadt", "Musterstadt"),
    change("lei:Entity/lei:LegalAddress/lei:City", "2021-06-05T00:00:00Z", "ALTSTADT", "Altstadt"),
    change("lei:Entity/lei:LegalAddress/lei:City", "2021-07-05T00:00:00Z", "Altstadt", "Musterstadt"),
    change(STATUS, "2021-01-01T00:00:00Z", None, "ISSUED", kind="INITIAL"),
)


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the server know one company with two parents, events and two pages of changes."""
    at = "/api/v1/lei-records"
    names = (("Elder Pottery GmbH", "PREVIOUS_LEGAL_NAME"), ("Invented Ceramics", "TRADING_OR_OPERATING_NAME"))
    own = record(others=names, events=EVENTS, parents=("direct", "ultimate"))
    server.say(f"{at}/{CHILD}", said(own))
    first, second = CHANGES[:5], CHANGES[5:]
    server.say(
        f"{at}/{CHILD}/field-modifications",
        said(log(*first, total=len(CHANGES), pages=2)),
        said(log(*second, total=len(CHANGES), page=2, pages=2)),
    )
    server.say(f"{at}/{CHILD}/direct-parent-relationship", said(relationship("direct")))
    server.say(f"{at}/{CHILD}/ultimate-parent-relationship", said(relationship("ultimate", parent=ULTIMATE)))
    server.say(f"{at}/{PARENT}", said(record(PARENT, "Invented Holding AG")))
    server.say(f"{at}/{ULTIMATE}", said(record(ULTIMATE, "Invented Group SE")))
    return {"url": server.url + "/api/v1"}, {"customer_id": "C-1", "lei": CHILD}
