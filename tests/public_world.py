"""A small invented ledger, and a folder of public information about its customers: for dossier, watch and addresses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from credrisk.dates import days_after, months_after
from credrisk.ledger.ledger import Ledger

AS_OF = date(2026, 3, 31)
ASKED = date(2026, 3, 28)
LEI = "98450000000000000X42"
NAME = "Amber Imaginary Bakeries Limited"

CUSTOMERS = {
    "customer_id": ["A1", "A2", "B1", "C1"],
    "name": [NAME, "Amber Imaginary Ovens GmbH", "Birch Imaginary Tools plc", "Cedar Imaginary Toys Ltd"],
    "country": ["GB", "DE", "GB", "GB"],
    "street": ["1 Mill Lane", "Ofenweg 3", "9 Dock Road", "7 Toy Row"],
    "postcode": ["AB1 2CD", "12345", "ZZ9 9ZZ", "ZZ1 1ZZ"],
    "city": ["Milltown", "Ofenstadt", "Docktown", "Toytown"],
    "currency": ["GBP", "GBP", "GBP", "GBP"],
    "industry": ["food", "food", "tools", "toys"],
    "opened_on": [date(2020, 1, 1)] * 4,
    "lei": [LEI, None, None, None],
    "company_number": ["01234567", None, "07654321", None],
}


def ledger_tables() -> dict[str, pl.DataFrame]:
    """A1 paid in time and lately pays late; A2 pays in time; B1 and C1 owe little."""
    documents, receipts, applications = [], [], []
    for customer, monthly in (("A1", 4_000), ("A2", 2_500), ("B1", 300), ("C1", 500)):
        for back in range(26):
            day = months_after(date(2026, 3, 15), -back)
            due, number = days_after(day, 30), f"{customer}-{back:02}"
            documents.append((number, customer, day, due, float(monthly)))
            late = 45 if customer == "A1" and back < 8 else 2
            paid = days_after(due, late)
            if paid <= AS_OF:
                receipts.append((f"R-{number}", customer, paid, float(monthly)))
                applications.append((f"R-{number}", number, float(monthly), paid, "payment"))
    columns = ("document_id", "customer_id", "document_date", "due_date", "amount")
    history = [
        ("A1", "credit_limit", "8000", date(2023, 1, 1)),
        ("A1", "collector", "desk 1", date(2023, 1, 1)),
        ("A2", "parent_id", "A1", date(2023, 1, 1)),
        ("C1", "collector", "desk 2", date(2023, 1, 1)),
    ]
    return {
        "customers": pl.DataFrame(CUSTOMERS),
        "documents": pl.DataFrame(documents, schema=columns, orient="row"),
        "receipts": pl.DataFrame(receipts, schema=("receipt_id", "customer_id", "date", "amount"), orient="row"),
        "applications": pl.DataFrame(
            applications, schema=("from_id", "to_document_id", "amount", "applied_on", "kind"), orient="row"
        ),
        "customer_history": pl.DataFrame(
            history, schema=("customer_id", "attribute", "value", "valid_from"), orient="row"
        ),
        "cover": pl.DataFrame(
            {
                "cover_id": ["P1"],
                "customer_id": ["A1"],
                "provider": ["Imaginary Insurance"],
                "kind": ["insurance"],
                "limit": [6_000.0],
                "insured_share": [0.9],
                "report_overdue_dpd": [60],
                "valid_from": [date(2025, 1, 1)],
            }
        ),
    }


def ledger() -> Ledger:
    return Ledger.read(
        ledger_tables(),
        currency="GBP",
        covers_from="2024-02-01",
        covers_to=AS_OF,
        extracted_on=AS_OF,
        static=("industry",),
    )


EVENT = ("customer_id", "kind", "happened_on", "known_at", "source", "url", "text")
EVENTS = [
    ("A1", "winding_up_petition", date(2026, 3, 20), date(2026, 3, 26), "gazette", "https://example.org/notice/1",
     "Petition of a creditor to wind up the company"),
    ("A1", "charge_registered", date(2026, 3, 2), date(2026, 3, 5), "companies_house", "https://example.org/charge",
     "A charge over all assets was registered"),
    ("A1", "accounts_overdue", date(2026, 1, 1), date(2026, 1, 2), "companies_house", None, "Accounts are overdue"),
    ("A1", "officer_resigned", date(2025, 11, 1), date(2025, 11, 8), "companies_house", None, "A director resigned"),
    ("A1", "accounts_filed", date(2024, 12, 31), date(2025, 9, 30), "companies_house", "https://example.org/a", None),
    ("A1", "accounts_filed", date(2023, 12, 31), date(2024, 9, 28), "companies_house", None, None),
    ("A1", "name_changed", date(2023, 5, 1), date(2023, 5, 4), "companies_house", None,
     "Formerly Yellow Imaginary Bakeries Limited"),
    ("A1", "adverse_news", date(2026, 2, 11), date(2026, 2, 12), "gdelt", "https://example.org/news",
     "Suppliers of the bakery wait for their money"),
    ("A1", "news", date(2025, 6, 11), date(2025, 6, 12), "gdelt", "javascript:alert(1)", "The bakery opens a shop"),
    ("A1", "winding_up_order", date(2026, 4, 10), date(2026, 4, 12), "gazette", None, "NOT KNOWN YET"),
    ("A1", "ultimate_parent", date(2021, 2, 1), date(2021, 3, 1), "gleif", None,
     "LEI 98450000000000000Y07: Imaginary Grain Holding SE"),
    ("C1", "dissolution", date(2026, 3, 10), date(2026, 3, 12), "companies_house", None, "Dissolved"),
]  # fmt: skip

FACT = ("customer_id", "measure", "period_start", "period_end", "value", "unit", "known_at", "source", "url")


def facts() -> pl.DataFrame:
    rows = []
    years = {2022: (900.0, 40.0, 500.0, 200.0), 2023: (800.0, 12.0, 480.0, 205.0), 2024: (600.0, -70.0, 430.0, 120.0)}
    for year, (revenue, income, assets, equity) in years.items():
        start, end, known = date(year, 1, 1), date(year, 12, 31), date(year + 1, 9, 29)
        flows = {"revenue": revenue, "net_income": income, "ebit": 20.0, "interest_expense": 25.0}
        rows += [("A1", name, start, end, 1000 * v, "GBP", known, "companies_house", None) for name, v in flows.items()]
        stands = {"total_assets": assets, "equity": equity, "current_assets": 200.0, "current_liabilities": 250.0}
        rows += [("A1", name, None, end, 1000 * v, "GBP", known, "companies_house", None) for name, v in stands.items()]
    rows.append(
        (
            "A1",
            "equity",
            None,
            date(2024, 12, 31),
            45_000.0,
            "GBP",
            date(2026, 3, 9),
            "companies_house",
            "https://example.org/r",
        )
    )
    rows.append(("A1", "revenue", date(2025, 1, 1), date(2025, 12, 31), 1.0, "GBP", date(2026, 5, 1), "later", None))
    return pl.DataFrame(rows, schema=FACT, orient="row")


def ratings() -> pl.DataFrame:
    columns = ("customer_id", "provider", "scale", "rated_on", "known_at", "value", "risk", "limit_amount")
    rows = [
        ("A1", "creditsafe", "common_value", date(2025, 10, 1), date(2025, 10, 3), "B", 0.3, 20_000.0),
        ("A1", "creditsafe", "common_value", date(2026, 3, 20), date(2026, 3, 22), "D", 0.85, 0.0),
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


def answers() -> pl.DataFrame:
    columns = ("customer_id", "source", "part", "entity", "status", "reason", "url", "retrieved_at", "licence",
               "match_confidence")  # fmt: skip
    rows = [
        ("A1", "companies_house", "filings", "01234567", "hit", "", "", ASKED, "Open Government Licence", 1.0),
        ("A1", "gazette", "", "01234567", "hit", "", "", ASKED, "Open Government Licence", 0.95),
        ("A1", "gleif", "record", LEI, "hit", "", "", ASKED, "CC0 1.0", 1.0),
        ("A1", "opensanctions", "", "", "not_measured", "no key is set", "", ASKED, "CC BY-NC 4.0", None),
        ("A1", "gdelt", "", "", "hit", "", "", ASKED, "GDELT terms", 0.8),
        ("B1", "companies_house", "filings", "07654321", "not_measured", "refused (429)", "", ASKED, "OGL", None),
        ("C1", "companies_house", "filings", "00000001", "hit", "", "", ASKED, "OGL", 0.97),
        ("C1", "courtlistener", "", "", "none", "nothing found", "", ASKED, "public", None),
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")


def matches() -> pl.DataFrame:
    columns = ("customer_id", "register", "id_column", "entity", "entity_name", "score", "zone", "decided_by", "how",
               "reason", "valid_from", "valid_to")  # fmt: skip
    rows = [
        ("A1", "companies_house", "company_number", "01234567", NAME.upper(), 1.0, "auto", "rule", "id", "",
         None, None),
        ("A1", "gleif", "lei", LEI, "Amber Imaginary Bakeries Ltd", 1.0, "auto", "rule", "id", "", None, None),
        ("C1", "companies_house", "company_number", "00000001", "Cedar Imaginary Toys Limited", 0.97, "auto", "rule",
         "name", "", None, None),
        ("B1", "companies_house", "company_number", "99999999", "Birch Tools", 0.7, "review", "rule", "name", "", None,
         None),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


def register() -> pl.DataFrame:
    columns = ("register", "entity", "id_column", "name", "name_kind", "valid_from", "valid_to", "country", "postcode",
               "city", "street", "legal_form", "status", "parent", "known_at")  # fmt: skip
    copy = date(2026, 3, 1)
    rows = [
        ("companies_house", "01234567", "company_number", NAME.upper(), "legal", None, None, "GB", "XY9 8ZZ", "Portsea",
         "22 Quay Street", "Private limited company", "Active", None, copy),
        ("companies_house", "01234567", "company_number", "YELLOW IMAGINARY BAKERIES LIMITED", "former", None,
         date(2023, 5, 1), "GB", "XY9 8ZZ", "Portsea", "22 Quay Street", "Private limited company", "Active", None,
         copy),
        ("companies_house", "00000001", "company_number", "Cedar Imaginary Toys Limited", "legal", None, None, "GB",
         "ZZ1 1ZZ", "Toytown", "7 Toy Row", "Private limited company", "Dissolved", None, copy),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=columns, orient="row")


def write_public(folder: Path) -> Path:
    """Write the folder as credrisk enrich and credrisk match leave it."""
    folder.mkdir(parents=True, exist_ok=True)
    events = pl.DataFrame(EVENTS, schema=EVENT, orient="row").with_columns(
        match_confidence=0.95, licence=pl.lit("Open Government Licence"), retrieved_at=ASKED, entity=pl.lit("01234567")
    )
    frames = {
        "events": events,
        "facts": facts(),
        "ratings": ratings(),
        "answers": answers(),
        "matches": matches(),
        "register": register(),
    }
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    return folder
