"""Dates, amounts, ids and codes: every messy way has its fixture, and what cannot be read is set aside."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_files import CUSTOMERS, codes, documents, folder_of, only_documents, reasons

from credrisk.errors import DataError
from credrisk.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.parse_amounts import read_float_amounts, read_numbers, to_minor
from credrisk.ledger.parse_dates import read_dates

MARCH = date(2024, 3, 7)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-07",
        "2024/03/07",
        "2024.3.7",
        "2024-03-07 00:00:00",
        "2024-03-07T12:30:00Z",
        "20240307",
        "20240307.0",
        "7-Mar-2024",
        "07 MAR 24",
        "7. March 2024",
        " 2024-03-07 ",
        "2024-03-07\u00a0",
    ],
)
def test_dates_that_can_be_read_in_one_way_only(tmp_path: Path, text: str) -> None:
    ledger = only_documents(tmp_path, document_date=[text], due_date=["2024-04-06"])
    assert ledger.table("documents")["document_date"].to_list() == [MARCH]


@pytest.mark.parametrize("mark", ["/", ".", "-"])
@pytest.mark.parametrize("year", ["2024", "24"])
def test_day_or_month_first_is_proved_by_the_column(tmp_path: Path, mark: str, year: str) -> None:
    day_first = [mark.join(parts) for parts in (("7", "3", year), ("25", "3", year))]
    month_first = [mark.join(parts) for parts in (("3", "7", year), ("03", "25", year))]
    for texts in (day_first, month_first):
        ledger = only_documents(tmp_path, document_date=texts, due_date=["2024-04-30"] * 2)
        assert ledger.table("documents")["document_date"].to_list() == [MARCH, date(2024, 3, 25)]
        assert "date_order" in codes(ledger, "documents")


@pytest.mark.parametrize(("text", "year"), [("7/3/79", 2079), ("7/3/80", 1980), ("7/3/00", 2000)])
def test_two_digit_years_turn_at_80(tmp_path: Path, text: str, year: int) -> None:
    ledger = only_documents(tmp_path, document_date=[text, "25/3/79"])
    assert ledger.table("documents")["document_date"][0] == date(year, 3, 7)


def test_contradicting_dates_of_a_mixed_column_are_set_aside(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, document_date=["25/03/2024", "26/03/2024", "03/27/2024", "07/03/2024"])
    assert reasons(ledger) == [("documents", "D3", "other_date_order", "document_date")]
    assert ledger.table("documents")["document_date"][2] == MARCH
    assert {f.severity for f in ledger.findings if f.code == "date_order"} == {"warning"}


def test_what_a_column_does_not_prove_another_column_of_the_table_does(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, document_date=["07/03/2024"], due_date=["25/03/2024"])
    assert ledger.table("documents")["document_date"].to_list() == [MARCH]
    ledger = only_documents(tmp_path, document_date=["03/07/2024"], due_date=["03/25/2024"])
    assert ledger.table("documents")["document_date"].to_list() == [MARCH]


def test_dates_that_nothing_decides_ask_for_the_setting(tmp_path: Path) -> None:
    texts = {"document_date": ["07/03/2024", "08/03/2024"], "due_date": ["01/04/2024"] * 2}
    with pytest.raises(DataError, match=r"day first or month first.*date_order,day_first") as refusal:
        only_documents(tmp_path, **texts)
    assert refusal.value.columns == ("document_date",)
    assert refusal.value.rows == 2
    for order, expected in (("day_first", MARCH), ("Month first", date(2024, 7, 3))):
        folder_of(tmp_path, settings=f"key,value\ndate_order,{order}\n")
        assert only_documents(tmp_path, **texts).table("documents")["document_date"][0] == expected
    folder_of(tmp_path, settings="key,value\ndate_order,maybe\n")
    with pytest.raises(DataError, match="it must be day_first or month_first"):
        only_documents(tmp_path, **texts)


ONE_TYPO = {"document_date": [*(f"0{n}/02/2024" for n in range(1, 7)), "03/13/2024"], "due_date": ["2024-08-01"] * 7}


def test_the_setting_decides_against_a_row_that_contradicts(tmp_path: Path) -> None:
    folder_of(tmp_path, settings="key,value\ndate_order,day_first\n")
    ledger = only_documents(tmp_path, **ONE_TYPO)
    assert ledger.table("documents")["document_date"].to_list() == [date(2024, 2, n) for n in range(1, 7)]
    assert reasons(ledger) == [("documents", "D7", "other_date_order", "document_date")]
    folder_of(tmp_path, settings="key,value\ndecimal_mark,comma\n")
    ledger = only_documents(tmp_path, amount=["1.250", "2,50", "3.75", "4.75"])
    assert ledger.table("documents")["amount"].to_list() == [125000, 250]
    assert [row[1:3] for row in reasons(ledger)] == [("D3", "other_decimal_mark"), ("D4", "other_decimal_mark")]


def test_a_single_row_that_decides_is_named(tmp_path: Path) -> None:
    def said(ledger: Ledger, code: str) -> list[tuple[str, tuple[str, ...]]]:
        return [(f.severity, f.ids) for f in ledger.findings if f.code == code]

    ledger = only_documents(tmp_path, **ONE_TYPO)
    assert ledger.table("documents")["document_date"][0] == date(2024, 1, 2), "the declared rule: what proves decides"
    assert said(ledger, "date_order") == [("warning", ("D7",))]
    against = {"document_date": ["25/01/2024", "26/01/2024"], "due_date": ["02/13/2024", "2024-03-01"]}
    assert sorted(said(only_documents(tmp_path, **against), "date_order")) == [("note", ()), ("warning", ("D1",))]
    assert said(only_documents(tmp_path, amount=["1.234", "2.345", "7,50"]), "decimal_mark") == [("warning", ("D3",))]
    assert said(only_documents(tmp_path, amount=["1.234", "6,25", "7,50"]), "decimal_mark") == [("note", ())]


def test_the_same_day_and_month_needs_no_decision(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, document_date=["03/03/2024"])
    assert ledger.table("documents")["document_date"].to_list() == [date(2024, 3, 3)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-02-30", "impossible_date"),
        ("31/04/2024", "impossible_date"),
        ("20241301", "impossible_date"),
        ("45/45/2024", "impossible_date"),
        ("1724-01-01", "impossible_date"),
        ("2924-01-01", "impossible_date"),
        ("soon", "unreadable_date"),
        ("45000", "unreadable_date"),
        ("", "missing_value"),
        ("00000000", "missing_value"),
        ("NaT", "missing_value"),
    ],
)
def test_dates_that_are_none_are_set_aside(tmp_path: Path, text: str, reason: str) -> None:
    ledger = only_documents(tmp_path, due_date=["2024-02-24", text])
    assert reasons(ledger) == [("documents", "D2", reason, "due_date")]
    assert ledger.quarantine["value"].to_list() == [text]
    assert ledger.quarantine["amount"].to_list() == [100.0]


def test_open_ends_are_empty(tmp_path: Path) -> None:
    header = "cover_id,customer_id,limit,valid_from,valid_to\n"
    cover = header + "V1,C1,1000,2024-01-01,9999-12-31\nV2,C1,1,2024-01-01,31.12.9999\n"
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), cover=cover)
    assert Ledger.read(tmp_path).table("cover")["valid_to"].to_list() == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        *("1900-01-01", "1899-12-30", "1899-12-31", "1900-01-02", "0001-01-01", "1753-01-01", "9999-12-31"),
        *("1900-01-01T00:00:00", "1900-01-01 00:00:00", "19000101", "01/01/1753", "1.1.1900", "30.12.1899"),
        *("12/31/9999", "01-JAN-1900", "31-DEC-4712", "00/01/1900", "1/0/1900", "00.00.0000", "0000-00-00"),
    ],
)
@pytest.mark.parametrize("month_first", [False, True])
def test_days_that_stand_for_no_date_are_empty(text: str, month_first: bool) -> None:
    (read,) = read_dates(pl.Series([text]), month_first=month_first, workbook=False).rows()
    assert read == (None, None, "empty")


def test_the_days_around_them_are_days() -> None:
    texts = pl.Series(["1900-01-03", "1901-01-01", "2000-01-01", "01/01/2000", "01.02.1901", "31.12.2099"])
    assert read_dates(texts, month_first=False, workbook=False)["value"].null_count() == 0
    serials = read_dates(pl.Series(["1", "2", "3", "45000"]), month_first=False, workbook=True)
    assert serials["value"].to_list() == [None, None, None, date(2023, 3, 15)]


def test_a_credit_note_with_such_a_due_date_is_due_on_its_own_date_and_it_is_told(tmp_path: Path) -> None:
    text = documents(amount=["100.00", "-40.00"], due_date=["2024-02-24", "1900-01-01"])
    folder_of(tmp_path, customers=CUSTOMERS, documents=text)
    ledger = Ledger.read(tmp_path)
    assert ledger.quarantine.is_empty()
    credit = ledger.tables["documents"].filter(document_id="D2")
    assert credit["due_date"].to_list() == credit["document_date"].to_list()
    (told,) = [one for one in ledger.check().findings if "1900-01-01" in one.message]
    assert told.rows == 1


@given(day=st.dates(date(1900, 2, 2), date(2100, 12, 31)))
def test_every_date_is_read_in_every_way(day: date) -> None:
    ways = ["%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%d-%b-%Y", "%Y/%m/%d", "%d/%m/%Y 00:00"]
    texts = pl.Series([day.strftime(way).zfill(8) for way in ways])
    read = read_dates(texts, month_first=False, workbook=False)
    assert read["value"].to_list() == [day] * len(ways)
    swapped = read_dates(pl.Series([day.strftime("%m/%d/%Y")]), month_first=True, workbook=False)
    assert swapped["value"].to_list() == [day]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1,234.56", 123456),
        ("1234.56", 123456),
        ("1 234.56", 123456),
        ("1\u00a0234.56", 123456),
        ("1\u202f234.56", 123456),
        ("1'234.56", 123456),
        ("1’234.56", 123456),
        ("12,34,567.80", 123456780),
        ("100.00-", -10000),
        ("-100.00", -10000),
        ("−100.00", -10000),
        ("- 100.00", -10000),
        ("(100.00)", -10000),
        ("+100.00", 10000),
        ("€ 100.00", 10000),
        ("100.00 €", 10000),
        ("EUR 100.00", 10000),
        ("-EUR100.00", -10000),
        ("(100.00 EUR)", -10000),
        (".50", 50),
        ("7.", 700),
        ("0.10", 10),
        ("1234.5600000000001", 123456),
        ("1234.5599999999999", 123456),
        ("100.000000", 10000),
        ("90071992547409.92", 2**53),
    ],
)
def test_amounts_are_read_exactly(tmp_path: Path, text: str, cents: int) -> None:
    ledger = only_documents(
        tmp_path, amount=[text, "1.25"], kind=["credit_note" if cents < 0 else "invoice", "invoice"]
    )
    assert ledger.table("documents")["amount"].to_list() == [cents, 125]


@pytest.mark.parametrize(("text", "cents"), [("1.234,56", 123456), ("1 234,56", 123456), ("1.234", 123400), ("5", 500)])
def test_a_column_with_decimal_commas(tmp_path: Path, text: str, cents: int) -> None:
    ledger = only_documents(tmp_path, amount=[text, "1,25"])
    assert ledger.table("documents")["amount"].to_list() == [cents, 125]
    assert "decimal_mark" in codes(ledger, "documents")


def test_contradicting_marks_are_set_aside(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, amount=["1.234,56", "1,50", "2.75"])
    assert reasons(ledger) == [("documents", "D3", "other_decimal_mark", "amount")]
    assert ledger.intake.filter(table="documents")["money_unreadable_rows"].to_list() == [1]


def test_marks_that_nothing_decides_ask_for_the_setting(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"decimal point or decimal comma.*decimal_mark,point"):
        only_documents(tmp_path, amount=["1,234", "950"])
    folder_of(tmp_path, settings="key,value\ndecimal_mark,point\n")
    assert only_documents(tmp_path, amount=["1,234", "950"]).table("documents")["amount"].to_list() == [123400, 95000]
    folder_of(tmp_path, settings="key,value\ndecimal_mark,comma\n")
    ledger = only_documents(tmp_path, amount=["1,230", "1,234"])
    assert ledger.table("documents")["amount"].to_list() == [123]
    assert reasons(ledger) == [("documents", "D2", "too_many_decimals", "amount")]


def test_another_column_of_the_table_decides_the_mark(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, amount=["1,234"], tax_amount=["12.50"])
    assert ledger.table("documents")["amount"].to_list() == [123400]


@pytest.mark.parametrize("text", ["abc", "12 34", "1,23,45", "--5", "(-5)", "1e5", "5.5.5", "€", "inf", "12..5"])
def test_text_in_an_amount_is_set_aside(tmp_path: Path, text: str) -> None:
    ledger = only_documents(tmp_path, amount=["1.25", text])
    assert reasons(ledger) == [("documents", "D2", "unreadable_amount", "amount")]
    assert ledger.quarantine["value"].to_list() == [text]
    assert ledger.quarantine["amount"].to_list() == [None]


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "1234", 1234),
        ("JPY", "1234.00", 1234),
        ("KWD", "1.2345", None),
        ("KWD", "12.345", 12345),
        ("JPY", "12.5", None),
    ],
)
def test_decimals_are_those_of_the_currency(tmp_path: Path, currency: str, text: str, minor: int | None) -> None:
    ledger = only_documents(tmp_path, amount=[text, "1.25"], currency=[currency, "EUR"])
    assert ledger.table("documents").filter(document_id="D1")["amount"].to_list() == ([] if minor is None else [minor])
    if minor is None:
        assert reasons(ledger) == [("documents", "D1", "too_many_decimals", "amount")]


def test_another_currency_in_the_cell_is_set_aside(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, amount=["USD 5.00", "£ 5.00", "$ 5.00"], currency=["EUR", "EUR", "EUR"])
    assert reasons(ledger) == [
        ("documents", "D1", "other_currency", "amount"),
        ("documents", "D2", "other_currency", "amount"),
    ]


@pytest.mark.parametrize("text", ["90071992547409.93", "99999999999999999999.00", "-90071992547410.00"])
def test_amounts_too_large_to_add_up_stop_the_reading(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"2\*\*53 minor units") as refusal:
        only_documents(tmp_path, amount=["1.25", text])
    assert refusal.value.ids == ("D2",)


@given(
    cents=st.integers(-(2**53), 2**53),
    currency=st.sampled_from(["JPY", "EUR", "KWD"]),
    comma=st.booleans(),
    group=st.sampled_from(["", "mark", " ", "'", "\u00a0"]),
    sign=st.sampled_from(["-{}", "{}-", "({})", "−{}"]),
)
def test_every_amount_is_read_exactly_in_every_way(
    cents: int, currency: str, comma: bool, group: str, sign: str
) -> None:
    digits = {"JPY": 0, "EUR": 2, "KWD": 3}[currency]
    plain = f"{Decimal(abs(cents)).scaleb(-digits):,.{digits}f}"
    mark, grouping = (",", ".") if comma else (".", ",")
    text = plain.translate({ord(","): grouping if group == "mark" else group, ord("."): mark})
    text = sign.format(text) if cents < 0 else text
    read = read_numbers(pl.Series([text]), decimal_comma=comma)
    minor, fault = to_minor(pl.col("milli"), pl.lit(currency))
    assert read["fault"].to_list() == [None]
    assert read.select(minor).item() == cents
    assert read.select(fault).item() is None


@given(
    minor=st.integers(-(10**15), 10**15) | st.integers(-(10**6), 10**6), currency=st.sampled_from(["JPY", "EUR", "KWD"])
)
def test_floats_of_minor_units_are_read_exactly(minor: int, currency: str) -> None:
    # Polars would divide the column by way of the reciprocal, one bit off.
    read = read_float_amounts(pl.Series([float(minor) / minor_factor(currency)]))
    exact, _ = to_minor(pl.col("milli"), pl.lit(currency))
    assert read.select(exact).item() == minor


@pytest.mark.parametrize(
    ("value", "good"), [(10.0 + 9e-9, True), (10.0 + 2e-8, False), (1 / 3, False), (0.1 + 0.2, True)]
)
def test_floats_are_rounded_only_within_a_millionth_of_a_cent(value: float, good: bool) -> None:
    assert read_float_amounts(pl.Series([value]))["fault"].to_list() == [None if good else "too_many_decimals"]


def frames(**columns: list[object]) -> dict[str, object]:
    """Return two pandas tables: two customers with integer ids and gaps, and the documents described."""
    rows = len(next(iter(columns.values())))
    usual = {
        "document_id": [f"D{n + 1}" for n in range(rows)],
        "customer_id": [200706844.0] * rows,
        "document_date": [datetime(2024, 1, 25)] * rows,
        "due_date": [date(2024, 2, 24)] * rows,
        "amount": [100.0] * rows,
        "currency": ["EUR"] * rows,
    }
    return {
        "customers": pd.DataFrame({"customer_id": [200706844.0, 17.0]}),
        "documents": pd.DataFrame({**usual, **columns}),
    }


def test_float_ids_of_pandas_become_the_integers(tmp_path: Path) -> None:
    ledger = Ledger.read(frames(customer_id=[200706844.0, 17.0]))
    assert ledger.table("customers")["customer_id"].to_list() == ["17", "200706844"]
    assert ledger.table("documents")["customer_id"].to_list() == ["200706844", "17"]
    assert "float_ids" in codes(ledger, "documents")
    assert ledger.quarantine.is_empty()
    ledger = Ledger.read(frames(customer_id=[200706844.0, 17.5, float("nan")]))
    assert reasons(ledger) == [
        ("documents", "D2", "id_not_whole", "customer_id"),
        ("documents", "D3", "missing_value", "customer_id"),
    ]


def test_float_ids_that_pandas_wrote_to_text(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        customers="customer_id\n17\n18\n",
        documents=documents(customer_id=["17.0", "18.0"], amount=["1", "2"]),
    )
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert ledger.table("documents")["customer_id"].to_list() == ["17", "18"]
    folder_of(
        tmp_path,
        customers="customer_id\n17.0\nA1\n",
        documents=documents(customer_id=["17.0", "A1"], amount=["1", "2"]),
    )
    assert Ledger.read(tmp_path, currency="EUR").table("documents")["customer_id"].to_list() == ["17.0", "A1"]


def test_dates_of_pandas_as_numbers() -> None:
    ledger = Ledger.read(frames(document_date=[20240307.0], due_date=[20240406]))
    assert ledger.table("documents")["document_date"].to_list() == [MARCH]


def test_float_amounts_of_pandas() -> None:
    ledger = Ledger.read(frames(amount=[0.1 + 0.2, 1 / 3, float("nan"), float("inf"), -5.0]))
    assert ledger.table("documents")["amount"].to_list() == [30, -500]
    assert [r[1:3] for r in reasons(ledger)] == [
        ("D2", "too_many_decimals"),
        ("D3", "missing_value"),
        ("D4", "unreadable_amount"),
    ]


def test_mixed_objects_of_pandas_are_read_as_text() -> None:
    ledger = Ledger.read(
        frames(amount=["1,250.50", 7, Decimal("8.25"), None], customer_id=["17", 17, 17.0, "200706844"])
    )
    assert ledger.table("documents")["amount"].to_list()[:2] == [125050, 700]
    assert ledger.table("documents").height + ledger.quarantine.height == 4


def test_codes_and_blanks(tmp_path: Path) -> None:
    ledger = only_documents(
        tmp_path,
        kind=[" Invoice", "CREDIT NOTE", "late-fee", "bill"],
        amount=["5", "-5", "5", "5"],
        currency=["eur ", "", "NULL", "EURO"],
        customer_id=[" C1\u00a0", "C1", "\tC2", "C1"],
    )
    kept = ledger.table("documents")
    assert kept["kind"].to_list() == ["invoice", "credit_note", "late_fee"]
    assert kept["currency"].to_list() == ["EUR"] * 3
    assert kept["customer_id"].to_list() == ["C1", "C1", "C2"]
    assert reasons(ledger) == [("documents", "D4", "unknown_code", "kind")]
    assert {"stray_blanks", "empty_words", "assumed_currency"} <= codes(ledger, "documents")


def test_a_currency_that_is_none_is_set_aside(tmp_path: Path) -> None:
    ledger = only_documents(tmp_path, amount=["1.00", "1.00"], currency=["EUR", "XXX"])
    assert reasons(ledger) == [("documents", "D2", "unknown_currency", "currency")]
    assert ledger.intake.filter(table="documents", currency="")["money_unreadable_rows"].to_list() == [1]


def test_figures(tmp_path: Path) -> None:
    cover = (
        "cover_id;customer_id;limit;insured_share;max_terms_days;valid_from\n"
        "V1;C1;1.000,00;0,85;60;2024-01-01\nV2;C1;1,00;85 %;60,0;2024-01-01\nV3;C1;1,00;85;60;2024-01-01\n"
        "V4;C1;1,00;much;60;2024-01-01\nV5;C1;1,00;0,5;6,5;2024-01-01\n"
    )
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), cover=cover)
    ledger = Ledger.read(tmp_path)
    assert ledger.table("cover")["insured_share"].to_list() == [0.85, 0.85]
    assert ledger.table("cover")["max_terms_days"].to_list() == [60, 60]
    assert [r[1:] for r in reasons(ledger)] == [
        ("V3 / 2024-01-01", "out_of_range", "insured_share"),
        ("V4 / 2024-01-01", "unreadable_number", "insured_share"),
        ("V5 / 2024-01-01", "not_whole", "max_terms_days"),
    ]


def test_numeric_attributes_become_plain_numbers(tmp_path: Path) -> None:
    history = (
        "customer_id;attribute;value;valid_from\nC1;Credit_Limit;50,000.00;2024-01-01\n"
        "C1;collector;J. Doe, team 2;2024-01-01\n"
        "C2;terms_days;30;2024-01-01\nC2;credit_limit;a lot;2024-01-01\nC1;terms_days;;2024-02-01\n"
    )
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), customer_history=history)
    ledger = Ledger.read(tmp_path)
    values = ledger.table("customer_history").select("attribute", "value").rows()
    assert values == [
        ("collector", "J. Doe, team 2"),
        ("credit_limit", "50000"),
        ("terms_days", None),
        ("terms_days", "30"),
    ]
    assert [r[2:] for r in reasons(ledger)] == [("unreadable_number", "value")]


@pytest.mark.parametrize(
    ("values", "mark", "kept", "aside"),
    [
        (["50.000", "1.250,5"], None, ["50000", "1250.5"], []),
        (["50.000", "30"], "comma", ["50000", "30"], []),
        (["50,000", "30"], "point", ["50000", "30"], []),
        (["50.000", "30"], "point", ["50.000", "30"], []),
        (["50.000", "30"], None, ["30"], ["ambiguous_number"]),
        (["50,000", "30"], None, ["30"], ["ambiguous_number"]),
        (["50.000", "1,234.5"], "comma", ["50000"], ["other_decimal_mark"]),
        (["50.000", "0.5"], None, ["50.000", "0.5"], []),
    ],
)
def test_numeric_attributes_have_the_decimal_mark_of_their_table(
    tmp_path: Path, values: list[str], mark: str | None, kept: list[str], aside: list[str]
) -> None:
    history = "customer_id;attribute;value;valid_from\n" + "".join(
        f"C1;Credit_Limit;{value};2024-01-0{place + 1}\n" for place, value in enumerate(values)
    )
    if mark:
        folder_of(tmp_path, settings=f"key,value\ndecimal_mark,{mark}\n")
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), customer_history=history)
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert ledger.table("customer_history")["value"].to_list() == kept
    assert [row[2] for row in reasons(ledger)] == aside


def test_numbers_of_a_typed_history_are_not_ambiguous() -> None:
    history = pl.DataFrame(
        {"customer_id": ["17"], "attribute": ["credit_limit"], "value": [50.125], "valid_from": [date(2024, 1, 1)]}
    )
    ledger = Ledger.read({**frames(amount=[1.0]), "customer_history": history})
    assert ledger.table("customer_history")["value"].to_list() == ["50.125"]


def test_rates_must_be_above_zero(tmp_path: Path) -> None:
    rates = "currency,date,rate\nUSD,2024-01-01,0.9\nUSD,2024-02-01,-0.9\nUSD,2024-03-01,0\nUSD,2024-04-01,1e-9\n"
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), rates=rates)
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert ledger.table("rates")["rate"].to_list() == [0.9, 1e-9]
    assert reasons(ledger) == [
        ("rates", "USD / 2024-02-01", "out_of_range", "rate"),
        ("rates", "USD / 2024-03-01", "out_of_range", "rate"),
    ]


def test_shares_are_from_zero_to_one_both_included(tmp_path: Path) -> None:
    shares = ["0", "1", "-0.1", "1.1", ""]
    cover = "cover_id,customer_id,limit,insured_share,valid_from\n" + "".join(
        f"V{place},C1,1.00,{share},2024-01-01\n" for place, share in enumerate(shares)
    )
    folder_of(tmp_path, customers=CUSTOMERS, documents=documents(amount=["1"]), cover=cover)
    ledger = Ledger.read(tmp_path, currency="EUR")
    assert ledger.table("cover")["insured_share"].to_list() == [0.0, 1.0, None]
    assert [row[2:] for row in reasons(ledger)] == [("out_of_range", "insured_share")] * 2


def test_a_margin_rate_that_is_no_share_is_warned_of() -> None:
    rates = {"A": "-0.1", "B": "0", "C": "0.99", "D": "25"}
    ids, day = list(rates), [date(2024, 1, 1)] * len(rates)
    history = {"customer_id": ids, "attribute": ["margin_rate"] * 4, "value": list(rates.values()), "valid_from": day}
    ledger = Ledger.read(
        frames(customer_id=[17.0, 17.0])
        | {"customers": pl.DataFrame({"customer_id": [*ids, "17"]}), "customer_history": pl.DataFrame(history)}
    )
    told = [finding for finding in ledger.findings if finding.code == "margin_out_of_range"]
    assert [(finding.severity, finding.rows, sorted(finding.ids)) for finding in told] == [("warning", 2, ["A", "D"])]
