"""Monthly lists of Companies House: the register frame, changes from list to list, and files that are none."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from sources.companies_house_lists import COLUMNS, company, text, write

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources import companies_house_bulk
from credrisk.sources.companies_house_bulk import Snapshot, read_companies, read_register, write_register
from credrisk.sources.companies_house_changes import STATUSES, fetch_changes, status_kind
from credrisk.sources.matching.register import REGISTER

ONE, TWO, SCOTTISH = "09000001", "00000002", "SC000003"


def test_the_lists_have_fifty_five_columns() -> None:
    assert len(COLUMNS) == 55
    assert " CompanyNumber" in COLUMNS


def test_register_frame_has_a_row_for_every_name(tmp_path: Path) -> None:
    renamed = company(
        ONE,
        "INVENTED CERAMICS LIMITED",
        PreviousName_1_CONDATE="01/05/2012",
        PreviousName_1_CompanyName="INVENTED POTS LIMITED",
        PreviousName_2_CONDATE="03/02/2010",
        PreviousName_2_CompanyName="FIRST POTS LIMITED",
        RegAddress_AddressLine2="OLD  WORKS",
    )
    abroad = company(SCOTTISH, "FAR LIMITED", RegAddress_Country="JERSEY", RegAddress_PostCode="", IncorporationDate="")
    rows = read_register(Snapshot.of(write(tmp_path, "2026-01-01", [renamed, abroad])))
    assert rows.schema == REGISTER
    told = rows.sort("entity", "valid_from").select("entity", "name", "name_kind", "valid_from", "valid_to")
    assert told.rows() == [
        (ONE, "FIRST POTS LIMITED", "former", date(2008, 1, 2), date(2010, 2, 3)),
        (ONE, "INVENTED POTS LIMITED", "former", date(2010, 2, 3), date(2012, 5, 1)),
        (ONE, "INVENTED CERAMICS LIMITED", "legal", date(2012, 5, 1), None),
        (SCOTTISH, "FAR LIMITED", "legal", None, None),
    ]
    legal = rows.filter(entity=ONE, name_kind="legal").row(0, named=True)
    assert (legal["register"], legal["id_column"], legal["country"]) == ("companies_house", "company_number", "GB")
    assert (legal["street"], legal["city"], legal["postcode"]) == ("1 KILN LANE, OLD WORKS", "POTSTOWN", "ZZ1 1AA")
    assert (legal["status"], legal["legal_form"]) == ("Active", "Private Limited Company")
    assert rows.filter(entity=SCOTTISH).select("country", "postcode").row(0) == (None, None)


def test_written_register_is_the_read_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companies_house_bulk, "BLOCK", 4096)
    rows = [company(f"{n:08}", f"COMPANY {n} LIMITED") for n in range(1, 200)]
    snapshot = Snapshot.of(
        write(tmp_path, "2026-01-01", rows[:100], "-part1_2"), write(tmp_path, "2026-01-01", rows[100:], "-part2_2")
    )
    steps: list[tuple[str, int, int]] = []
    count = write_register(snapshot, tmp_path / "register.parquet", progress=lambda *step: steps.append(step))
    written = pl.read_parquet(tmp_path / "register.parquet")
    assert count == written.height == 199
    assert written.equals(read_register(snapshot))
    assert steps[-1][1] == steps[-1][2]
    assert len(list(read_companies(snapshot))) > 10


def test_only_the_wanted_companies_are_kept(tmp_path: Path) -> None:
    snapshot = Snapshot.of(write(tmp_path, "2026-01-01", [company(ONE), company(TWO), company(SCOTTISH)]))
    assert read_register(snapshot, numbers=[TWO, "99999999"])["entity"].to_list() == [TWO]
    assert read_register(snapshot, numbers=[]).is_empty()


def test_bytes_that_are_no_text_do_not_stop_the_list(tmp_path: Path) -> None:
    path = tmp_path / "BasicCompanyData-2026-01-01.csv"
    path.write_bytes(text([company(ONE, "CAF# LIMITED"), company(TWO)]).encode().replace(b"#", b"\xc9"))
    assert read_register(Snapshot.of(path))["name"].to_list() == ["CAF\ufffd LIMITED", "INVENTED CERAMICS LIMITED"]


def life(folder: Path) -> list[Snapshot]:
    """Four months of two companies."""
    due = "30/12/2025"
    first = company(ONE, Accounts_NextDueDate=due, Mortgages_NumMortOutstanding="1")
    vases = "INVENTED VASES LIMITED"
    months = {
        "2025-12-01": [first, company(TWO)],
        "2026-01-01": [company(ONE, vases, Accounts_NextDueDate=due), company(TWO)],
        "2026-02-01": [
            company(
                ONE,
                vases,
                CompanyStatus="Active - Proposal to Strike off",
                Accounts_NextDueDate=due,
                RegAddress_PostCode="ZZ9 9ZZ",
            ),
            company(TWO, CompanyStatus="Liquidation"),
        ],
        "2026-03-01": [
            company(ONE, "INVENTED VASES LIMITED", CompanyStatus="In Administration", Accounts_NextDueDate=due)
        ],
    }
    return [Snapshot.of(write(folder, day, rows)) for day, rows in months.items()]


CUSTOMERS = pl.DataFrame({"customer_id": ["A", "B", "C", "D"], "company_number": ["9000001", "2", "77", None]})


def test_changes_are_known_from_the_publication_of_the_later_list(tmp_path: Path) -> None:
    result = fetch_changes(life(tmp_path), CUSTOMERS)
    assert result.answers["status"].to_list() == ["hit", "hit", "none", "not_measured"]
    told = result.events.filter(customer_id="A").filter(pl.col("kind") != "register_status").sort("known_at", "kind")
    assert told.select("kind", "happened_on", "known_at").rows() == [
        ("name_changed", date(2026, 1, 1), date(2026, 1, 9)),
        ("accounts_overdue", date(2025, 12, 30), date(2026, 2, 9)),
        ("registered_office_changed", date(2026, 2, 1), date(2026, 2, 9)),
        ("strike_off_notice", date(2026, 2, 1), date(2026, 2, 9)),
        ("administration", date(2026, 3, 1), date(2026, 3, 9)),
        ("registered_office_changed", date(2026, 3, 1), date(2026, 3, 9)),
    ]
    other = result.events.filter(customer_id="B").filter(pl.col("kind") != "register_status")
    assert other.sort("known_at").select("kind", "known_at").rows() == [
        ("in_liquidation", date(2026, 2, 9)),
        ("dissolution", date(2026, 3, 9)),
    ]
    charges = result.facts.filter(customer_id="A", measure="charges_outstanding").sort("known_at")
    assert charges["value"].to_list() == [1, 0, 0, 0]
    assert set(result.events["company_number"]) == {ONE, TWO}


def test_as_of_and_cutting_the_lists_tell_the_same(tmp_path: Path) -> None:
    lists = life(tmp_path)
    for count, as_of in ((1, "2025-12-31"), (2, "2026-02-08"), (3, "2026-02-09")):
        cut, whole = fetch_changes(lists[:count], CUSTOMERS), fetch_changes(lists, CUSTOMERS, as_of=as_of)
        assert cut.events.drop("retrieved_at").equals(whole.events.drop("retrieved_at"))
        assert cut.facts.drop("retrieved_at").equals(whole.facts.drop("retrieved_at"))


def test_company_that_comes_back_and_accounts_that_stay_overdue(tmp_path: Path) -> None:
    late = company(ONE, Accounts_NextDueDate="01/06/2025")
    rows = {"2026-01-01": [late, company(TWO)], "2026-02-01": [late], "2026-03-01": [late, company(TWO)]}
    result = fetch_changes([Snapshot.of(write(tmp_path, day, row)) for day, row in rows.items()], CUSTOMERS)
    assert result.events.filter(customer_id="A", kind="accounts_overdue").height == 1
    back = result.events.filter(customer_id="B").filter(pl.col("kind") != "register_status").sort("known_at")
    assert back["kind"].to_list() == ["dissolution", "restored_to_register"]


def test_day_of_publication_may_be_given(tmp_path: Path) -> None:
    path = write(tmp_path, "2026-01-01", [company(ONE)])
    assert Snapshot.of(path).known_at == date(2026, 1, 9)
    assert Snapshot.of(path, known_at=date(2026, 1, 3)).known_at == date(2026, 1, 3)
    with pytest.raises(ParameterError, match="known_at must be"):
        Snapshot.of(path, known_at=date(2025, 12, 31))
    renamed = path.rename(tmp_path / "companies.zip")
    assert Snapshot.of(renamed, day=date(2026, 1, 1)).day == date(2026, 1, 1)
    for files in ([], [renamed], [tmp_path / "none.zip"]):
        with pytest.raises(ParameterError, match="files must be"):
            Snapshot.of(*files)
    both = write(tmp_path, "2026-01-01", []), write(tmp_path, "2026-02-01", [])
    with pytest.raises(ParameterError, match="files must be"):
        Snapshot.of(*both)
    with pytest.raises(ParameterError, match="snapshots must be"):
        fetch_changes([Snapshot.of(both[0]), Snapshot.of(both[0])], CUSTOMERS)
    with pytest.raises(ParameterError, match="customers must be"):
        fetch_changes([Snapshot.of(both[0])], pl.DataFrame({"customer_id": ["A"]}))


def test_files_that_are_no_list_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = write(tmp_path, "2026-01-01", [company(f"{n:08}") for n in range(1, 3000)])
    cut = tmp_path / "BasicCompanyData-2026-01-02.zip"
    cut.write_bytes(good.read_bytes()[:-500])
    other = tmp_path / "BasicCompanyData-2026-01-03.csv"
    other.write_text("<html>Not found</html>", encoding="utf-8")
    ragged = tmp_path / "BasicCompanyData-2026-01-04.csv"
    ragged.write_text(text([company(ONE)]) + "one,two\r\n", encoding="utf-8")
    broken = tmp_path / "BasicCompanyData-2026-01-05.zip"
    body = bytearray(good.read_bytes())
    body[200:260] = bytes(60)
    broken.write_bytes(bytes(body))
    empty = tmp_path / "BasicCompanyData-2026-01-06.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    for path in (cut, other, ragged, broken, empty):
        with pytest.raises(DataError):
            read_register(Snapshot.of(path))
    monkeypatch.setattr(companies_house_bulk, "LARGEST", 1000)
    with pytest.raises(DataError, match="GiB"):
        read_register(Snapshot.of(good))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Active", None),
        (None, None),
        ("Active - Proposal to Strike off", "strike_off_notice"),
        ("Liquidation", "in_liquidation"),
        ("In Administration", "administration"),
        ("In Administration/Administrative Receiver", "administration"),
        ("ADMINISTRATION ORDER", "administration"),
        ("ADMINISTRATIVE RECEIVER", "administrative_receiver"),
        ("Voluntary Arrangement", "voluntary_arrangement"),
        ("RECEIVERSHIP", "receivership"),
        ("Live but Receiver Manager on at least one charge", "receivership"),
    ],
)
def test_statuses_of_the_list(status: str | None, kind: str | None) -> None:
    told = status_kind(status)
    assert (told and told[0]) == kind
    assert {kind for _, kind, _ in STATUSES} <= {kind for members in FAMILIES.values() for kind in members}
