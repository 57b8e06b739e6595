"""What people and matching settled reaches the ledger: rows of no account come by those ids, as sure as they are."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from ledger_files import GOOD, folder_of

from credrisk.decisions.insolvency import insolvencies, warned_by_registers
from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.public_beside import beside, with_public

CUSTOMERS = "customer_id,name,country,lei\nC1,Ashby Ltd,GB,LEI-OLD\nC2,Bolton Ltd,GB,\nC3,Cairn Ltd,GB,LEI-C\n"
EVENTS = "lei,kind,happened_on,known_at,source\n{lei},bankruptcy,2024-03-10,2024-03-11,register\n"
HEAD = "customer_id,register,id_column,entity,entity_name,score,zone,decided_by,how,rejected\n"


def stopped(tmp_path: Path, lei: str, *matches: str, **tables: str) -> list[str]:
    """Whom the bankruptcy of an LEI stops."""
    return insolvencies(both(tmp_path, lei, *matches, **tables))["customer_id"].to_list()


def both(tmp_path: Path, lei: str, *matches: str, **tables: str) -> Ledger:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "public").mkdir()
    given = {"matches": HEAD + "".join(f"{row}\n" for row in matches)} if matches else {}
    public = folder_of(tmp_path / "public", events=EVENTS.format(lei=lei), **given, **tables)
    ledger = Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, "customers": CUSTOMERS}), currency="EUR")
    return with_public(ledger, public)


def test_without_matches_the_masters_ids_count(tmp_path: Path) -> None:
    assert stopped(tmp_path, "LEI-OLD") == ["C1"]


REJECTED = "C1,gleif,lei,,,,none,review_file,review,LEI-OLD"
CORRECTED = "C1,gleif,lei,LEI-NEW,Ashby Limited,1.0,auto,review_file,review,"
FOUND = "C2,gleif,lei,LEI-B,Bolton Limited,0.97,auto,rule,name,"
WAITS = "C3,gleif,lei,LEI-C,Cairn Holding Ltd,0.5,review,rule,id,"
MAYBE = "C2,gleif,lei,LEI-B,Bolton Services Ltd,0.8,review,rule,name,"


@pytest.mark.parametrize(
    ("match", "lei", "customers"),
    [
        (REJECTED, "LEI-OLD", []),
        (CORRECTED, "LEI-OLD", []),
        (CORRECTED, "LEI-NEW", ["C1"]),
        (FOUND, "LEI-B", ["C2"]),
        (MAYBE, "LEI-B", []),
        (WAITS, "LEI-C", []),
        (FOUND, "LEI-C", ["C3"]),
    ],
)
def test_rows_come_by_the_ids_that_were_settled(tmp_path: Path, match: str, lei: str, customers: list[str]) -> None:
    assert stopped(tmp_path, lei, match) == customers


def test_doubt_is_of_an_account_not_of_the_id(tmp_path: Path) -> None:
    """C1 has the LEI for certain, C3 while a person has yet to judge: the one is stopped, the other warned of."""
    (tmp_path / "ledger").mkdir()
    (tmp_path / "public").mkdir()
    certain = "customer_id,name,country,lei\nC1,Cairn Ltd,GB,LEI-C\nC2,Bolton Ltd,GB,\nC3,Cairn Ltd,GB,LEI-C\n"
    public = folder_of(tmp_path / "public", events=EVENTS.format(lei="LEI-C"), matches=f"{HEAD}{WAITS}\n")
    ledger = Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, "customers": certain}), currency="EUR")
    found = with_public(ledger, public)
    assert insolvencies(found)["customer_id"].to_list() == ["C1"]
    assert warned_by_registers(found).rows() == [("C3", "bankruptcy of 2024-03-10 (register, a match 50 % sure)")]
    assert found.cut("2024-12-31").table("customers").height == 3


def test_a_row_comes_by_the_surest_of_its_ids(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "public").mkdir()
    customers = "customer_id,name,country,lei,duns\nC1,Ashby Ltd,GB,LEI-A,123456789\nC2,Bolton Ltd,GB,,\n"
    events = "lei,duns,kind,happened_on,known_at,source\nLEI-A,123456789,bankruptcy,2024-03-10,2024-03-11,register\n"
    waits = "C1,dnb,duns,123456789,Ashby Holding,0.5,review,rule,id,\n"
    public = folder_of(tmp_path / "public", events=events, matches=f"{HEAD}{waits}")
    ledger = Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, "customers": customers}), currency="EUR")
    assert insolvencies(with_public(ledger, public))["customer_id"].to_list() == ["C1"]


def rejected(tmp_path: Path, *matches: str) -> Ledger:
    """The ledger with events that enrich wrote for C1 of an entity, and with it the id in a column of its own."""
    folder = tmp_path / "public"
    both(tmp_path, "LEI-NOBODY", *matches)
    head = "customer_id,lei,entity,kind,happened_on,known_at,source\n"
    rows = "C1,,lei-old,bankruptcy,2024-03-10,2024-03-11,notices\nC1,LEI-OLD,,judgment,2024-03-10,2024-03-11,notices\n"
    other = "C1,,LEI-NEW,dissolution,2024-03-10,2024-03-11,notices\nC2,,LEI-OLD,judgment,2024-03-10,2024-03-11,other\n"
    (folder / "events.csv").write_text(head + rows + other, encoding="utf-8")
    return with_public(Ledger.read(tmp_path / "ledger", currency="EUR"), folder)


@pytest.mark.parametrize("match", [REJECTED, CORRECTED])
def test_what_was_fetched_of_a_rejected_entity_is_set_aside(tmp_path: Path, match: str) -> None:
    ledger = rejected(tmp_path, match)
    assert sorted(ledger.table("events")["kind"]) == ["dissolution", "judgment"]
    gone = ledger.quarantine.filter(pl.col("reason") == "rejected_match")
    assert gone.height == 2
    assert insolvencies(ledger)["insolvent_as"].to_list() == ["dissolved (notices)"]
    read = ledger.intake.filter(pl.col("table") == "events").row(-1, named=True)
    assert read["rows_read"] == read["rows_kept"] + read["rows_quarantined"]


def test_without_a_decision_it_stays(tmp_path: Path) -> None:
    assert rejected(tmp_path, FOUND).table("events").height == 4


@pytest.mark.parametrize(
    ("column", "theirs", "written"),
    [
        ("cik", "0001777123", "1777123"),
        ("company_number", "07310390", "7310390"),
        ("lei", "21380068P1DRHMJ8KU70", "21380068p1drhmj8ku70"),
        ("duns", "123456789", "12-345-6789"),
    ],
)
def test_an_id_that_is_written_otherwise_is_the_same(tmp_path: Path, column: str, theirs: str, written: str) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "public").mkdir()
    customers = f"customer_id,name,country,{column}\nC1,Ashby Ltd,GB,{theirs}\nC2,Bolton Ltd,GB,\n"
    events = f"{column},kind,happened_on,known_at,source\n{written},bankruptcy,2024-03-10,2024-03-11,companies_house\n"
    ledger = Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, "customers": customers}), currency="EUR")
    found = insolvencies(with_public(ledger, folder_of(tmp_path / "public", events=events)))
    assert found["customer_id"].to_list() == ["C1"]


def test_a_folder_of_matches_alone_gives_its_ids(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "public").mkdir()
    ledger = Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, "customers": CUSTOMERS}), currency="EUR")
    public = folder_of(tmp_path / "public", matches=f"{HEAD}{REJECTED}\n{FOUND}\n")
    assert beside(ledger, public).table("customers")["lei"].to_list() == [None, "LEI-B", "LEI-C"]


def test_two_registers_that_contradict_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two registers give different ids"):
        both(tmp_path, "LEI-B", FOUND, "C2,other,lei,LEI-X,Bolton Limited,0.99,auto,rule,name,")


def test_who_got_no_answer_is_named(tmp_path: Path) -> None:
    answers = "customer_id,source,status\nC1,register,hit\nC2,register,not_measured\n"
    found = [one for one in both(tmp_path, "LEI-OLD", answers=answers).findings if one.code == "not_asked"]
    assert [(one.rows, one.ids) for one in found] == [(2, ("C2", "C3"))]
    assert "of 2 of 3 customers no public source has answered" in found[0].message


def test_who_was_asked_without_a_record_of_it_is_not_guessed(tmp_path: Path) -> None:
    assert not [one for one in both(tmp_path, "LEI-OLD").findings if one.code == "not_asked"]


def test_nothing_of_the_ledgers_own_rows_is_changed(tmp_path: Path) -> None:
    ledger = both(tmp_path, "LEI-B", FOUND)
    own = pl.Series("customer_id", ["C1", "C2", "C3"])
    assert ledger.table("customers")["customer_id"].equals(own)
    assert ledger.table("customers")["name"].to_list() == ["Ashby Ltd", "Bolton Ltd", "Cairn Ltd"]
