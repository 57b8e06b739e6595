"""Addresses: registers against the master, events, returned mail; money and what to do; nothing known later."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from public_world import AS_OF, ledger, ledger_tables, matches, register, write_public

from credrisk.decisions.address_list import DO, address_list
from credrisk.decisions.address_signs import OF_EVENT
from credrisk.decisions.outside_meaning import SEVERITIES
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.dossier_job import company_dossier
from credrisk.sources.address_tracing import KINDS
from credrisk.sources.companies_house_state import profile_events
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import PublicFolder, read_public


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> PublicFolder:
    return read_public(write_public(tmp_path_factory.mktemp("addresses") / "public"))


@pytest.fixture(scope="module")
def found(public):
    return address_list(beside(ledger(), public.path), matches=public.matches, register=public.register)


def told(found) -> list[tuple[str, str, str]]:
    return list(found.findings.select("customer_id", "severity", "kind").iter_rows())


def test_every_kind_says_what_to_do():
    for severity, owed, nothing in DO.values():
        assert severity in SEVERITIES
        assert owed.endswith(".")
        assert nothing == "" or nothing.endswith(".")
    assert {*OF_EVENT.values(), *KINDS} <= set(DO)


def test_the_ended_company_first_then_the_moved_one(found):
    assert told(found) == [
        ("C1", "urgent", "closed_but_open_balance"),
        ("C1", "urgent", "dissolved"),
        ("A1", "note", "address_differs"),
    ]
    moved = found.findings.row(2, named=True)
    assert moved["in_master"] == "1 Mill Lane, Milltown, AB1 2CD"
    assert moved["in_register"] == "22 Quay Street, Portsea, XY9 8ZZ"
    assert (moved["open_items"], moved["currency"], moved["known_at"]) == (8000.0, "GBP", date(2026, 3, 1))
    assert "both addresses" in moved["what_to_do"]


def test_whom_no_register_speaks_of_is_counted(found):
    assert list(found.unknown.iter_rows()) == [
        ("its id is not in the register", 1, 300.0),
        ("no id is known", 1, 2_500.0),
    ]
    assert found.looked_at == 4


def test_without_a_register_events_and_returned_mail_are_left(public):
    alone = address_list(beside(ledger(), public.path))
    assert told(alone) == [("C1", "urgent", "dissolved")]
    assert alone.findings["source"].to_list() == ["companies_house"]
    assert list(alone.unknown.iter_rows()) == [("no register was given", 4, 11_300.0)]


def test_a_letter_that_came_back_until_one_arrives():
    tables = ledger_tables()
    contacts = {
        "contact_id": ["1", "2", "3", "4"],
        "customer_id": ["A1", "B1", "B1", "C1"],
        "date": [date(2026, 2, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 30)],
        "channel": ["letter", "letter", "letter", "email"],
        "outcome": ["undeliverable", "returned_mail", "reached", "bounced"],
    }
    tables["contacts"] = pl.DataFrame(contacts)
    read = Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF)
    rows = address_list(read).findings
    assert list(rows.select("customer_id", "kind", "reason").iter_rows()) == [
        ("A1", "undeliverable", "the last letter of 2026-02-01 came back: undeliverable"),
        ("C1", "undeliverable", "the last email of 2026-03-30 came back: bounced"),
    ]
    assert address_list(read, as_of="2026-03-29").findings["customer_id"].to_list() == ["A1"]


def test_who_owes_nothing_is_a_note(public):
    tables = ledger_tables()
    for name in ("documents", "receipts"):
        tables[name] = tables[name].filter(pl.col("customer_id") != "C1")
    tables["applications"] = tables["applications"].filter(~pl.col("to_document_id").str.starts_with("C1"))
    read = Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF)
    rows = address_list(beside(read, public.path)).findings
    assert rows.select("severity", "what_to_do", "open_items").row(0) == ("note", "Close the account.", 0.0)


def test_what_is_known_later_does_not_count(public):
    whole = beside(ledger(), public.path)
    early = address_list(whole, as_of="2026-03-11", matches=public.matches)
    assert told(early) == []
    assert told(address_list(whole, as_of="2026-03-12", matches=public.matches)) == [("C1", "urgent", "dissolved")]
    with pytest.raises(ParameterError, match="register_date"):
        address_list(whole, as_of="2026-02-28", matches=public.matches, register=public.register)


def test_a_fetched_profile_is_the_registers_word_from_the_day_it_was_fetched():
    profile = {
        "company_number": "07654321",
        "company_name": "BIRCH IMAGINARY TOOLS PLC",
        "company_status": "active",
        "type": "plc",
        "registered_office_address": {"address_line_1": "5 Elsewhere", "postal_code": "YY1 1YY"},
    }
    told = profile_events(profile, number="07654321", retrieved_at=date(2026, 3, 2))
    rows = [{"source": "companies_house_profile", "company_number": "07654321", **event} for event in told]
    tables = ledger_tables() | {"events": pl.DataFrame(rows, infer_schema_length=None)}
    days = {"covers_from": "2024-02-01", "covers_to": AS_OF, "extracted_on": AS_OF}
    whole = Ledger.read(tables, currency="GBP", static=("industry",), **days)
    found = address_list(whole).findings.row(0, named=True)
    assert (found["customer_id"], found["kind"], found["known_at"]) == ("B1", "address_differs", date(2026, 3, 2))
    assert "YY1 1YY" in found["in_register"]
    assert address_list(whole, as_of="2026-03-01").findings.is_empty()
    dossier = company_dossier(whole, "B1")
    assert dossier.register.select("status", "known_at").rows() == [("active", date(2026, 3, 2))]


def test_a_register_needs_a_day(public):
    bare = register().drop("known_at")
    with pytest.raises(ParameterError, match="register_date"):
        address_list(ledger(), register=bare)
    dated = address_list(ledger(), register=bare, register_on="2026-03-01")
    assert told(dated) == [("A1", "note", "address_differs")]  # without matches C1 has no id
    with_ids = address_list(ledger(), register=bare, register_on="2026-03-01", matches=matches())
    assert ("C1", "urgent", "dissolved") in told(with_ids)


def test_the_order_of_rows_changes_nothing(public, found):
    again = address_list(
        beside(ledger(), public.path), matches=public.matches.reverse(), register=public.register.reverse()
    )
    assert again.findings.equals(found.findings)


def test_the_folder_is_read_back(tmp_path: Path):
    folder = read_public(write_public(tmp_path / "public"))
    assert folder.register.height == 3
    assert folder.matches.height == 4


def test_insolvency_is_told_by_its_first_step_until_it_is_over_or_the_company_is_gone():
    def of(*kinds: tuple[str, str]) -> list[tuple[str, str, str]]:
        rows = [
            {
                "customer_id": "A1",
                "kind": kind,
                "happened_on": date.fromisoformat(day),
                "known_at": date.fromisoformat(day),
                "source": "gleif",
                "text": kind,
            }
            for kind, day in kinds
        ]
        tables = ledger_tables() | {"events": pl.DataFrame(rows)}
        return told(address_list(Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF)))

    order, claim = ("bankruptcy", "2024-05-01"), ("insolvency", "2024-06-01")
    assert of(order, claim) == [("A1", "serious", "in_proceedings")]
    assert of(("liquidation", "2026-03-01")) == [("A1", "serious", "in_liquidation")]
    assert of(order, ("insolvency_ended", "2025-01-01")) == []
    assert of(order, ("dissolution", "2025-01-01")) == [("A1", "urgent", "dissolved")]
    assert of(order, ("dissolution", "2025-01-01"), ("restored_to_register", "2025-06-01")) == [
        ("A1", "serious", "in_proceedings")
    ]
    assert of(("winding_up_petition", "2026-03-01")) == []
    assert of(("bankruptcy", "2021-03-01")) == []  # too long ago to say that it still runs
