"""A folder of public information beside a ledger: held to the contract, the ledger's own rows first, nothing lost."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from ledger_files import GOOD, folder_of, reasons

from credrisk.errors import DataError
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.sources.public_beside import with_public

EVENTS = (
    "customer_id,kind,happened_on,known_at,source,url,text\n"
    "C1,petition,2024-02-01,2024-02-05,register,https://r.example/1,'=a petition\n"
    "C2,petition,2024-02-02,2024-02-06,register,https://r.example/2,another\n"
)
FACTS = (
    "customer_id,measure,period_end,value,unit,known_at,source\n"
    "C1,revenue,2023-12-31,1250000.5,EUR,2024-03-30,register\n"
    "C1,revenue,2023-12-31,1300000,EUR,2024-06-30,register\n"
)
MARKET = "series,country,period_end,value,known_at,source\nfailure_rate,DE,2023-12-31,0.012,2024-02-15,office\n"
RATINGS = "customer_id,provider,scale,rated_on,known_at,value,risk\nC1,coface,dra,2024-01-01,2024-01-03,7,0.3\n"
KEY = "register / petition / 2024-02-01 / 2024-02-05 / https://r.example/1 / C1"
ANSWERS = "customer_id,source,status\nC1,register,none\n"


def ledger(tmp_path: Path, **texts: str) -> Ledger:
    (tmp_path / "ledger").mkdir(exist_ok=True)
    return Ledger.read(folder_of(tmp_path / "ledger", **{**GOOD, **texts}), currency="EUR")


def public(tmp_path: Path, **texts: str) -> Path:
    (tmp_path / "public").mkdir(exist_ok=True)
    return folder_of(tmp_path / "public", **texts)


def test_the_folders_tables_join_the_ledgers(tmp_path: Path) -> None:
    own = ledger(tmp_path)
    folder = public(tmp_path, events=EVENTS, facts=FACTS, market=MARKET, ratings=RATINGS, answers=ANSWERS)
    both = with_public(own, folder)
    assert {name: both.table(name).height for name in ("events", "facts", "market", "ratings")} == {
        "events": 2,
        "facts": 2,
        "market": 1,
        "ratings": 1,
    }
    assert both.table("events")["text"].to_list() == ["=a petition", "another"]
    assert both.table("facts")["value"].to_list() == [1250000.5, 1300000.0]
    assert both.table("documents").equals(own.table("documents"))
    assert list(both.tables) == list(Ledger.read({n: both.frame(n, output="polars") for n in both.tables}).tables)
    assert both.quarantine.is_empty()
    assert both.settings == own.settings
    assert content_hash(both) != content_hash(own)
    assert with_public(tmp_path / "ledger", folder).table("events").equals(both.table("events"))


def test_time_holds_as_in_the_ledgers_own_tables(tmp_path: Path) -> None:
    both = with_public(ledger(tmp_path), public(tmp_path, events=EVENTS, facts=FACTS))
    assert both.cut("2024-02-05").table("events")["customer_id"].to_list() == ["C1"]
    assert both.cut("2024-06-29").table("facts")["value"].to_list() == [1250000.5]
    own = ledger(tmp_path)
    assert content_hash(both.cut("2024-01-31")) == content_hash(own.cut("2024-01-31"))


def test_the_ledgers_own_row_counts_where_both_state_one(tmp_path: Path) -> None:
    own = ledger(tmp_path, events=EVENTS.replace("another", "as the clerk put it"))
    both = with_public(own, public(tmp_path, events=EVENTS.replace("C2,petition", "C2,notice")))
    assert both.table("events").select("customer_id", "kind", "text").rows() == [
        ("C2", "notice", "another"),
        ("C1", "petition", "=a petition"),
        ("C2", "petition", "as the clerk put it"),
    ]
    assert reasons(both) == [
        (
            "events",
            KEY,
            "in_the_ledger",
            "source",
        )
    ]
    (found,) = [finding for finding in both.findings if finding.code == "in_the_ledger"]
    assert (found.severity, found.rows) == ("warning", 1)
    intake = both.intake.filter(table="events").row(0, named=True)
    assert (intake["rows_read"], intake["rows_kept"], intake["rows_quarantined"]) == (4, 3, 1)


def test_what_breaks_the_contract_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    bad = FACTS + "C2,revenue,2023-12-31,plenty,EUR,2024-03-30,register\nC2,equity,2023-12-31,5,EUR,,register\n"
    both = with_public(ledger(tmp_path), public(tmp_path, facts=bad))
    assert both.table("facts").height == 2
    assert {(reason, column) for _, _, reason, column in reasons(both)} == {
        ("unreadable_number", "value"),
        ("missing_value", "known_at"),
    }
    assert both.check().worst == "error"


def test_order_of_rows_makes_no_difference(tmp_path: Path) -> None:
    head, *lines = FACTS.splitlines()
    one = with_public(ledger(tmp_path), public(tmp_path, facts=FACTS))
    two = with_public(ledger(tmp_path), public(tmp_path, facts="\n".join([head, *reversed(lines)]) + "\n"))
    assert one.table("facts").equals(two.table("facts"))


def test_a_folder_that_holds_none(tmp_path: Path) -> None:
    own = ledger(tmp_path)
    for folder in (tmp_path / "nowhere", public(tmp_path)):
        with pytest.raises(DataError, match=r"holds no public information.*credrisk enrich"):
            with_public(own, folder)
    nothing_found = with_public(own, public(tmp_path, answers=ANSWERS))
    assert nothing_found.tables.keys() == own.tables.keys()
    assert isinstance(nothing_found.intake, pl.DataFrame)
    assert nothing_found.intake.equals(own.intake)
