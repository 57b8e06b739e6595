"""Bodies in the format of Companies House about invented companies."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

NUMBER = "09000001"
COMPANY = f"/company/{NUMBER}"
FILINGS, CHARGES, INSOLVENCY = f"{COMPANY}/filing-history", f"{COMPANY}/charges", f"{COMPANY}/insolvency"
PERSON = "Hidden, Person Name"
NOT_FOUND = Said(b'{"errors":[{"type":"ch:service","error":"company-profile-not-found"}]}', 404)


def filing(day: str, form: str, description: str, category: str, number: int = 0, **more: Any) -> dict[str, Any]:
    transaction = f"Mz{day.replace('-', '')}{number}"
    return {
        "date": day,
        "type": form,
        "description": description,
        "category": category,
        "transaction_id": transaction,
        "links": {"self": f"{FILINGS}/{transaction}"},
        "pages": 1,
    } | more


HISTORY = [
    filing("2024-06-03", "GAZ2", "gazette-dissolved-liquidation", "gazette"),
    filing("2024-03-01", "LIQ14", "liquidation-voluntary-creditors-return-of-final-meeting", "insolvency"),
    filing(
        "2023-02-10",
        "LIQ03",
        "liquidation-voluntary-statement-of-receipts-and-payments-with-brought-down-date",
        "insolvency",
        action_date="2022-12-09",
    ),
    filing("2022-01-05", "LIQ02", "liquidation-voluntary-statement-of-affairs", "insolvency", 1),
    filing("2021-12-20", "600", "liquidation-voluntary-appointment-of-liquidator", "insolvency", 2),
    filing(
        "2021-12-20",
        "RESOLUTIONS",
        "resolution",
        "resolution",
        3,
        resolutions=[
            {
                "type": "LRESEX",
                "description": "liquidation-voluntary-extraordinary-resolution-to-wind-up-with-case-start-date",
                "description_values": {"case_start_date": "2021-12-09"},
            }
        ],
    ),
    filing("2021-09-14", "GAZ1", "gazette-notice-compulsory", "gazette"),
    filing(
        "2021-05-04",
        "TM01",
        "termination-director-company-with-name-termination-date",
        "officers",
        1,
        action_date="2021-04-30",
        description_values={"officer_name": PERSON, "termination_date": "2021-04-30"},
    ),
    filing(
        "2020-10-01",
        "AA",
        "accounts-with-accounts-type-micro-entity",
        "accounts",
        action_date="2019-12-31",
        description_values={"made_up_date": "2019-12-31"},
    ),
    filing("2020-02-02", "MR01", "mortgage-create-with-deed", "mortgage"),
    filing(
        "2009-01-05", "288a", "legacy", "officers", description_values={"description": f"Director appointed {PERSON}"}
    ),
    filing("2008-01-02", "NEWINC", "incorporation-company", "incorporation"),
]
"""A small company from its start to its dissolution, newest first."""

CHARGE = {
    "charge_code": "090000010001",
    "charge_number": 1,
    "status": "outstanding",
    "created_on": "2020-01-28",
    "delivered_on": "2020-02-02",
    "transactions": [{"delivered_on": "2020-02-02", "filing_type": "create-charge-with-deed"}],
    "particulars": {"floating_charge_covers_all": True},
    "persons_entitled": [{"name": PERSON}],
    "links": {"self": f"{CHARGES}/aaa"},
}

PROFILE = {
    "company_number": NUMBER,
    "company_name": "INVENTED CERAMICS LIMITED",
    "company_status": "liquidation",
    "type": "ltd",
    "date_of_creation": "2008-01-02",
    "registered_office_address": {
        "address_line_1": "1 Kiln Lane",
        "locality": "Potstown",
        "postal_code": "ZZ1 1AA",
        "country": "England",
    },
    "previous_company_names": [
        {"name": "INVENTED POTS LIMITED", "effective_from": "2008-01-02", "ceased_on": "2012-05-01"}
    ],
    "accounts": {"next_due": "2021-09-30", "overdue": True},
    "confirmation_statement": {"next_due": "2022-01-16", "overdue": False},
    "undeliverable_registered_office_address": False,
    "registered_office_is_in_dispute": False,
}

CASES = {
    "etag": "x",
    "cases": [
        {
            "type": "creditors-voluntary-liquidation",
            "number": "1",
            "dates": [{"type": "wound-up-on", "date": "2021-12-09"}],
            "practitioners": [{"name": PERSON, "role": "practitioner", "address": {"postal_code": "ZZ9 9ZZ"}}],
        }
    ],
}


def listed(items: list[dict[str, Any]], total: int | None = None, **more: Any) -> Said:
    return said({"items": items, "total_count": len(items) if total is None else total, "start_index": 0} | more)


def said(content: Any, status: int = 200) -> Said:
    return Said(json.dumps(content).encode(), status)


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sources answer; the customer is in the register."""
    server.say(FILINGS, listed(HISTORY, filing_history_status="filing-history-available"))
    server.say(CHARGES, listed([CHARGE], unfiltered_count=1, satisfied_count=0, part_satisfied_count=0))
    server.say(COMPANY, said(PROFILE))
    server.say(INSOLVENCY, said(CASES))
    return {"url": server.url}, {"customer_id": "C1", "company_number": "9000001"}
