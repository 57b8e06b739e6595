"""Extracts of SAP's tables: invented books in BSID, BSAD, BKPF and master data, against what they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.mapping import Imported

FIELDS = [
    "MANDT",
    "BUKRS",
    "KUNNR",
    "BELNR",
    "GJAHR",
    "BUZEI",
    "BLDAT",
    "BUDAT",
    "CPUDT",
    "BLART",
    "BSCHL",
    "UMSKZ",
    "SHKZG",
    "WRBTR",
    "WSKTO",
    "WAERS",
    "ZFBDT",
    "ZBD1T",
    "ZBD2T",
    "ZBD3T",
    "AUGDT",
    "AUGBL",
    "REBZG",
    "REBZJ",
    "REBZZ",
    "GKONT",
]
D = date


def rows_of(names: str, *lines: str) -> list[dict[str, str]]:
    """Return rows from words; a dot is an empty cell."""
    empty = {".": ""}
    return [dict(zip(names.split(), (empty.get(cell, cell) for cell in line.split()), strict=True)) for line in lines]


def row(number: str, kind: str, sign: str, amount: str, day: str, **more: str) -> dict[str, str]:
    filled = {"BELNR": number.zfill(10), "BLART": kind, "SHKZG": sign, "WRBTR": amount, "WSKTO": "0.00", "WAERS": "EUR"}
    days = dict.fromkeys(("BLDAT", "BUDAT", "CPUDT", "ZFBDT"), day)
    terms = {"ZBD1T": "14", "ZBD2T": "30", "ZBD3T": "0", "AUGDT": "00000000", "REBZJ": "0000", "REBZZ": "000"}
    keys = {"MANDT": "100", "BUKRS": "1000", "KUNNR": "0000012345", "GJAHR": "2024", "BUZEI": "001"}
    return {**dict.fromkeys(FIELDS, ""), **keys, **filled, **days, **terms, **more}


def table(path: Path, rows: list[dict[str, str]], *, names: list[str] | None = None, separator: str = ",") -> None:
    names = names or list(rows[0])
    lines = [separator.join(names), *(separator.join(one.get(name, "") for name in names) for one in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def cleared(by: str, day: str) -> dict[str, str]:
    return {"AUGBL": by.zfill(10), "AUGDT": day}


OPEN = [
    row("1", "RV", "S", "100.00", "20240110"),
    row("2", "DZ", "H", "30.00", "20240120", REBZG="0000000001", REBZJ="2024", REBZZ="001", BSCHL="15"),
    row("20", "RV", "S", "70.00", "20240301", KUNNR="0000012346"),
    row("21", "RV", "S", "11.00", "20240301", UMSKZ="W"),
    row("22", "DZ", "H", "5.00", "20240301", UMSKZ="A", BSCHL="19"),
]
DONE = [
    row("3", "RV", "S", "500.00", "20240112", **cleared("4", "20240215")),
    row("4", "DZ", "H", "500.00", "20240215", WSKTO="10.00", CPUDT="20240216", BSCHL="15", **cleared("4", "20240215")),
    row("5", "DR", "S", "80.00", "20240114", **cleared("6", "20240114")),
    row("6", "DR", "H", "80.00", "20240114", CPUDT="20240401", BSCHL="12", **cleared("6", "20240114")),
    row("7", "RV", "S", "60.00", "20240115", **cleared("8", "20240601")),
    row("8", "SA", "H", "60.00", "20240601", GKONT="0000655000", **cleared("8", "20240601")),
    row("9", "RV", "S", "40.00", "20240116", **cleared("10", "20240301")),
    row("11", "DG", "H", "40.00", "20240201", BSCHL="11", **cleared("10", "20240301")),
]
HEADERS = rows_of(
    "MANDT BUKRS BELNR GJAHR BLART BUDAT CPUDT STBLG STJAH XREVERSAL",
    "100 1000 0000000005 2024 DR 20240114 20240114 0000000006 2024 1",
    "100 1000 0000000006 2024 DR 20240114 20240401 0000000005 2024 2",
    "100 1000 0000000010 2024 AB 20240301 20240305 . 0000 .",
)


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    folder = tmp_path / "extract"
    folder.mkdir()
    table(folder / "BSID.csv", OPEN, names=FIELDS)
    table(folder / "bsad.csv", [{name.lower(): value for name, value in one.items()} for one in DONE])
    table(folder / "BKPF.txt", HEADERS, separator="\t")
    table(
        folder / "KNA1.csv",
        [
            {"KUNNR": "0000012345", "NAME1": "Quay Supplies", "LAND1": "GB", "ORT01": "Hull", "ERDAT": "20190301"},
            {"KUNNR": "0000012346", "NAME1": "Pier Traders", "LAND1": "IE", "ORT01": "Cork", "ERDAT": "20200301"},
            {"KUNNR": "0000099999", "NAME1": "Nobody", "LAND1": "GB", "ORT01": "Hull", "ERDAT": "20190301"},
        ],
    )
    table(
        folder / "KNB1.csv",
        [{"KUNNR": "0000012345", "BUKRS": "1000", "AKONT": "140000", "ZTERM": "Z030", "BUSAB": "K1"}],
    )
    table(folder / "T052.csv", [{"ZTERM": "Z030", "ZTAG1": "14", "ZTAG2": "30", "ZTAG3": "0"}])
    table(
        folder / "UKMBP_CMS_SGM.csv",
        [
            {"PARTNER": "0000012345", "CREDIT_SGMNT": "1000", "CREDIT_LIMIT": "5000.00", "LIMIT_CHG_DATE": "20240202"},
            {"PARTNER": "0000012346", "CREDIT_SGMNT": "1000", "CREDIT_LIMIT": "100.00", "LIMIT_CHG_DATE": "20240202"},
            {"PARTNER": "0000012346", "CREDIT_SGMNT": "2000", "CREDIT_LIMIT": "900.00", "LIMIT_CHG_DATE": "20240202"},
        ],
    )
    return folder


def imported(folder: Path, **settings: str) -> Imported:
    chosen, made = import_export(folder, settings=settings)
    assert chosen.name == "sap_tables"
    counted = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert counted.to_list() == made.summary["read"].to_list()
    return made


def test_every_clearing_is_of_its_kind(extract: Path) -> None:
    made = imported(extract, bad_debt_accounts="655*")
    short = pl.col("from_id", "to_document_id").str.replace(r"^1000-(\d+)-2024-1$", "${1}")
    rows = made.tables["applications"].with_columns(short).sort("to_document_id", "kind").rows()
    assert rows == [
        ("2", "1", "30.00", D(2024, 1, 20), "payment", D(2024, 1, 20)),
        (None, "3", "10.00", D(2024, 2, 15), "discount", D(2024, 2, 16)),
        ("4", "3", "490.00", D(2024, 2, 15), "payment", D(2024, 2, 16)),
        ("6", "5", "80.00", D(2024, 1, 14), "credit_note", D(2024, 4, 1)),
        (None, "7", "60.00", D(2024, 6, 1), "write_off", D(2024, 6, 1)),
        ("11", "9", "40.00", D(2024, 3, 1), "credit_note", D(2024, 3, 5)),
    ]
    codes = set(made.tables["findings"]["code"])
    assert {"cleared_payment", "cleared_reversal", "cleared_write_off", "cleared_credit_note"} <= codes
    assert not {"cleared_unexplained", "cleared_transfer"} & codes
    unsaid = imported(extract)
    (found,) = unsaid.tables["findings"].filter(code="cleared_transfer").rows(named=True)
    assert (found["severity"], found["rows"], found["money"]) == ("warning", 2, 60.0)


def test_due_dates_ids_and_days_of_entry(extract: Path) -> None:
    documents = imported(extract).tables["documents"].sort("document_id")
    first = documents.row(0, named=True)
    assert first["document_id"] == "1000-1-2024-1"
    assert first["customer_id"] == "12345"
    assert (first["document_date"], first["due_date"], first["recorded_at"]) == (
        D(2024, 1, 10),
        D(2024, 2, 9),
        D(2024, 1, 10),
    )


def test_the_balance_of_each_day_is_that_of_the_open_items(extract: Path) -> None:
    made = imported(extract, bad_debt_accounts="655000")
    ledger = Ledger.read(made.tables, covers_from="2024-01-01", covers_to="2024-12-31")
    assert ledger.quarantine.is_empty()
    for day, expected in (("2024-02-15", "710.00"), ("2024-02-16", "210.00"), ("2024-12-31", "135.00")):
        entered = [one for one in (*OPEN, *DONE) if one["CPUDT"] <= day.replace("-", "") and one["UMSKZ"] != "W"]
        known = {"4": "20240216", "6": "20240401", "8": "20240601", "10": "20240305"}
        books = sum(
            Decimal(one["WRBTR"]) * (1 if one["SHKZG"] == "S" else -1)
            for one in entered
            if not (one["AUGBL"] and known[one["AUGBL"].lstrip("0")] <= day.replace("-", ""))
        )
        assert books == Decimal(expected)
        shown = ageing(ledger, as_of=day, by="portfolio", output="polars")
        assert Decimal(str(shown["net_balance"].item())) == books


def test_master_data_are_known_from_their_day(extract: Path) -> None:
    made = imported(extract)
    assert made.tables["customers"].select("customer_id", "name", "country", "city", "opened_on").rows() == [
        ("12345", "Quay Supplies", "GB", "Hull", D(2019, 3, 1)),
        ("12346", "Pier Traders", "IE", "Cork", D(2020, 3, 1)),
    ]
    assert made.tables["customer_history"].select("customer_id", "attribute", "value", "valid_from").rows() == [
        ("12345", "collector", "K1", "2024-06-01"),
        ("12345", "credit_limit", "5000.00", "2024-02-02"),
        ("12345", "terms_days", "30", "2024-06-01"),
    ]
    (found,) = made.tables["findings"].filter(code="several_limits").rows(named=True)
    assert found["ids"] == "12346"
    assert Ledger.read(made.tables).settings.extracted_on == D(2024, 6, 1)


def test_left_out_rows_are_counted_by_reason(extract: Path) -> None:
    summary = imported(extract).summary
    assert dict(summary.filter(table="items").select("file", "left_out").rows()) == {"BSID.csv": 1, "bsad.csv": 0}
    assert "special G/L" in summary.filter(file="BSID.csv")["left_out_unless"].item()


def test_an_item_in_both_extracts_is_cleared(extract: Path) -> None:
    table(extract / "BSID.csv", [*OPEN, row("3", "RV", "S", "500.00", "20240112")], names=FIELDS)
    made = imported(extract)
    assert made.summary["merged"].sum() == 1
    assert made.tables["documents"].filter(document_id="1000-3-2024-1").height == 1
    assert made.tables["applications"].filter(to_document_id="1000-3-2024-1").height == 2


def test_stored_decimals_of_yen_are_put_right(tmp_path: Path) -> None:
    table(
        tmp_path / "BSID.csv",
        [row("1", "RV", "S", "12.34", "20240110", WAERS="JPY"), row("2", "RV", "S", "7.00", "20240110")],
    )
    made = imported(tmp_path)
    assert made.tables["documents"].select("amount", "currency").rows() == [("1234.00", "JPY"), ("7.00", "EUR")]
    assert "stored_decimals" in made.tables["findings"]["code"].to_list()
    table(tmp_path / "BSID.csv", [row("1", "RV", "S", "1234", "20240110", WAERS="JPY")])
    assert imported(tmp_path).tables["documents"]["amount"].to_list() == ["1234.00"]


def test_lines_of_documents_with_headers_and_a_bad_debt_account(tmp_path: Path) -> None:
    names = "BUKRS BELNR GJAHR BUZEI KOART KUNNR SHKZG WRBTR HKONT AUGBL AUGDT ZFBDT ZBD1T"
    lines = rows_of(
        names,
        "1000 1 2024 1 D 77 S 9.00 140000 2 20240301 20240110 10",
        "1000 2 2024 1 D 77 H 9.00 140000 2 20240301 . .",
        "1000 2 2024 2 S . S 9.00 655010 . . . .",
    )
    table(tmp_path / "BSEG.csv", lines)
    heads = rows_of(
        "BUKRS BELNR GJAHR BLART BLDAT BUDAT CPUDT WAERS",
        "1000 1 2024 RV 20240110 20240110 20240111 EUR",
        "1000 2 2024 SA 20240301 20240301 20240301 EUR",
    )
    table(tmp_path / "BKPF.csv", heads)
    made = imported(tmp_path, bad_debt_accounts="655010")
    assert made.tables["applications"].select("kind", "amount").rows() == [("write_off", "9.00")]
    assert made.tables["documents"].select("document_date", "due_date", "recorded_at", "currency").rows() == [
        (D(2024, 1, 10), D(2024, 1, 20), D(2024, 1, 11), "EUR")
    ]


def test_journal_items_of_s4(tmp_path: Path) -> None:
    names = (
        "RLDNR RBUKRS GJAHR BELNR DOCLN KOART KUNNR BLART DRCRK WSL RWCUR BLDAT BUDAT NETDT TIMESTAMP XREVERSING "
        "AWREF_REV AUGDT AUGBL"
    )
    same = "EUR 20240110 20240110 20240209 20240111093000"
    rows = rows_of(
        names,
        f"0L 1000 2024 1 000001 D 0000000077 RV S 50.00 {same} . . 20240110 2",
        f"0L 1000 2024 2 000001 D 0000000077 RV H -50.00 {same} X 1 20240110 2",
        f"0L 1000 2024 3 000001 D 0000000077 RV S 8.00 {same} . . 00000000 .",
        f"2L 1000 2024 3 000001 D 0000000077 RV S 8.00 {same} . . 00000000 .",
    )
    table(tmp_path / "acdoca.csv", rows)
    made = imported(tmp_path)
    assert made.tables["documents"]["amount"].to_list() == ["50.00", "-50.00", "8.00"]
    assert made.tables["documents"]["recorded_at"].unique().to_list() == [D(2024, 1, 11)]
    assert set(made.tables["findings"]["code"]) == {"cleared_reversal"}
    assert "leading" in made.summary["left_out_unless"].item()


def test_an_extract_without_items_of_customers_says_so(tmp_path: Path) -> None:
    table(tmp_path / "BSID.csv", [row("1", "RV", "S", "12.34", "20240110", KUNNR="")])
    assert recognise_export(tmp_path)[0][1].name == "sap_tables"
    with pytest.raises(DataError, match="no row of the export is an item"):
        import_export(tmp_path)


def test_what_the_user_states_goes_into_the_ledger(extract: Path) -> None:
    made = imported(
        extract, covers_from="2024-01-05", covers_to="2024-06-30", extracted_on="2024-07-01", currency="eur"
    )
    settings = Ledger.read(made.tables).settings
    assert (settings.covers_from, settings.covers_to) == (D(2024, 1, 5), D(2024, 6, 30))
    assert (settings.extracted_on, settings.currency) == (D(2024, 7, 1), "EUR")
    assert made.tables["customer_history"].filter(attribute="terms_days")["valid_from"].item() == "2024-07-01"
