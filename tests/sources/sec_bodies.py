"""Bodies in EDGAR's format about invented companies."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

CIK = "0009000001"
REFUSAL = (
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html><head>'
    b"<title>Request Rate Threshold Exceeded</title></head><body>Please wait.</body></html>"
)

FILINGS = [
    # accession, filed, reported, form, items, document
    ("0009000001-20-000009", "2020-03-30", "2020-03-28", "8-K", "1.03,2.04,9.01", "k9.htm"),
    ("0009000001-20-000008", "2020-03-30", "2019-12-31", "NT 10-K", "", "nt8.htm"),
    ("0009000001-20-000005", "2020-02-03", "2020-01-27", "8-K/A", "4.01", "k5.htm"),
    ("0009000001-20-000004", "2020-01-10", "", "25-NSE", "", ""),
    ("0009000001-19-000003", "2019-12-13", "2019-12-10", "8-K", "3.01,9.01", "k3.htm"),
    ("0009000001-19-000002", "2019-11-01", "2019-09-30", "10-Q", "", "q2.htm"),
]
OLDER = [("0009000001-10-000001", "2010-05-04", "2010-05-09", "8-K", "2.06", "k1.htm")]


def columns(filings: list[tuple[str, ...]]) -> dict[str, list[str]]:
    """EDGAR's parallel arrays; the acceptance time is a trap that nothing may read."""
    names = ("accessionNumber", "filingDate", "reportDate", "form", "items", "primaryDocument")
    page = {name: [filing[place] for filing in filings] for place, name in enumerate(names)}
    return page | {"acceptanceDateTime": ["1999-01-01T00:00:00.000Z"] * len(filings)}


def submissions(cik: str = CIK, files: tuple[dict[str, Any], ...] = ()) -> bytes:
    """A body of data.sec.gov/submissions."""
    return json.dumps(
        {"cik": cik, "name": "Invented Ceramics", "filings": {"recent": columns(FILINGS), "files": files}}
    ).encode()


def figure(end: str, val: float, filed: str, accn: str, start: str | None = None, form: str = "10-K") -> dict[str, Any]:
    """One statement of a figure; ``frame`` is a trap that nothing may read."""
    stated = {
        "end": end,
        "val": val,
        "accn": accn,
        "fy": 1999,
        "fp": "Q9",
        "form": form,
        "filed": filed,
        "frame": "CY1999",
    }
    return stated | ({"start": start} if start else {})


def facts(tags: dict[str, dict[str, list[dict[str, Any]]]], cik: int = int(CIK)) -> bytes:
    """A body of data.sec.gov/api/xbrl/companyfacts, all tags of us-gaap."""
    content = {tag: {"label": tag, "description": "", "units": units} for tag, units in tags.items()}
    return json.dumps({"cik": cik, "entityName": "Invented Ceramics", "facts": {"us-gaap": content}}).encode()


FIGURES = {
    "Assets": {
        "USD": [
            figure("2018-12-31", 900, "2019-02-20", "0009000001-19-000001"),
            figure("2018-12-31", 880, "2019-11-01", "0009000001-19-000002", form="10-Q"),
        ]
    },
    "SalesRevenueNet": {"USD": [figure("2018-12-31", 70, "2019-02-20", "0009000001-19-000001", "2018-01-01")]},
    "Revenues": {
        "USD": [
            figure("2018-12-31", 75, "2019-02-20", "0009000001-19-000001", "2018-01-01"),
            figure("2018-12-31", 20, "2019-02-20", "0009000001-19-000001", "2018-10-01"),
        ]
    },
    "CommonStockSharesOutstanding": {"shares": [figure("2018-12-31", 5, "2019-02-20", "0009000001-19-000001")]},
}


def absent(path: str) -> Said:
    """The answer for an object that does not exist."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Key>{path.lstrip("/")}</Key></Error>'
    return Said(xml.encode(), 404, "application/xml")


def healthy(server: LocalServer, cik: str = CIK) -> None:
    """Let the server know one company with an older page and figures."""
    name = f"CIK{cik}-submissions-001.json"
    server.say(f"/submissions/CIK{cik}.json", Said(submissions(cik, ({"name": name, "filingCount": len(OLDER)},))))
    server.say(f"/submissions/{name}", Said(json.dumps(columns(OLDER)).encode()))
    server.say(f"/api/xbrl/companyfacts/CIK{cik}.json", Said(facts(FIGURES, int(cik))))


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer as EDGAR does about a registrant with filings and figures."""
    healthy(server)
    return {"url": server.url}, {"customer_id": "C1", "cik": CIK}
