"""FBL5N lists of one invented set of books, in every language, date format and wrapping: always the same ledger."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files as package_files
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from command import with_errors

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp.formats import import_export
from credrisk.sources.erp.sap_headings import columns_of
from credrisk.sources.mapping import Imported

HEADERS = tomllib.loads((package_files("credrisk.sources.erp") / "sap_headers.toml").read_text(encoding="utf-8"))
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
COLUMNS = (
    "number",
    "type",
    "document_date",
    "posting_date",
    "due_date",
    "local_amount",
    "local_currency",
    "clearing",
    "cleared_on",
)
BLOCK = {
    "en": "Customer",
    "de": "Kunde",
    "fr": "Client",
    "es": "Cliente",
    "it": "Cliente",
    "nl": "Debiteur",
    "pt": "Cliente",
}
COMPANY = {
    "en": "Company Code",
    "de": "Buchungskreis",
    "fr": "Société",
    "es": "Sociedad",
    "it": "Società",
    "nl": "Bedrijfsnummer",
    "pt": "Empresa",
}
NAME = {"en": "Name", "de": "Name", "fr": "Nom", "es": "Nombre", "it": "Nome", "nl": "Naam", "pt": "Nome"}
D = date
BOOKS = {
    ("1000123", "Ölmühle Nord GmbH"): [
        ("90000001", "RV", D(2024, 1, 15), D(2024, 1, 15), D(2024, 2, 14), "1234.50", "1400000007", D(2024, 2, 20)),
        ("90000002", "RV", D(2024, 1, 31), D(2024, 1, 31), D(2024, 3, 1), "12000.00", "", None),
        ("1600000004", "DG", D(2024, 2, 1), D(2024, 2, 1), D(2024, 2, 1), "-34.50", "1400000007", D(2024, 2, 20)),
        ("1400000007", "DZ", D(2024, 2, 20), D(2024, 2, 20), D(2024, 2, 20), "-1200.00", "1400000007", D(2024, 2, 20)),
    ],
    ("1000456", "Quay Supplies"): [
        ("90000003", "RV", D(2024, 2, 2), D(2024, 2, 2), D(2024, 3, 3), "0.50", "", None),
    ],
}


def amount(text: str, style: str) -> str:
    body, sign = (text.removeprefix("-"), "-") if text.startswith("-") else (text, "")
    whole, _, cents = body.partition(".")
    group, mark = {"point": (",", "."), "comma": (".", ","), "space": (" ", ",")}[style]
    return f"{int(whole):,}".replace(",", group) + mark + cents + sign


def cells(row: tuple[object, ...], dates: str, style: str) -> list[str]:
    number, kind, *days, value, clearing, cleared = row
    shown = [day.strftime(dates) for day in days]  # type: ignore[attr-defined]
    return [
        number,
        kind,
        *shown,
        amount(str(value), style),
        "EUR",
        clearing,
        cleared.strftime(dates) if cleared else "",
    ]  # type: ignore[list-item, attr-defined]


def sheet(language: str, dates: str, style: str) -> list[list[str]]:
    """Return the lines of the list as cells: titles, a block, headings and a subtotal for each account."""
    heading = ["", *(HEADERS[column][language][0] for column in COLUMNS)]
    lines: list[list[str]] = [["Line Item List", "", "1"], []]
    for (number, name), rows in BOOKS.items():
        lines += [[BLOCK[language], number], [COMPANY[language], "1000"], [], [NAME[language], name], [], heading]
        lines += [["", *cells(row, dates, style)] for row in rows]
        total = str(sum(Decimal(row[5]) for row in rows))
        lines += [["*", *[""] * 5, amount(total, style), "EUR", "", ""], []]
    return lines


def bars(lines: list[list[str]]) -> str:
    """Return the list as SAP prints it: fixed columns between bars, rules of dashes."""
    width = len(COLUMNS) + 1
    wide = [line for line in lines if len(line) == width]
    size = [max(len(line[place]) for line in wide) for place in range(width)]
    rule = "-" * (sum(size) + width + 1)
    text = []
    for line in lines:
        if len(line) == width:
            text.append("|" + "|".join(cell.ljust(room) for cell, room in zip(line, size, strict=True)) + "|")
            if line[1] and not line[1].isdigit():
                text += [rule]
        else:
            text.append("   ".join(line))
    return "\n".join([rule, *text, rule, ""])


def written(folder: Path, lines: list[list[str]], wrapping: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / {"bars": "list.txt", "tabs": "list.xls", "workbook": "list.xlsx"}[wrapping]
    if wrapping == "bars":
        path.write_text(bars(lines), encoding="utf-8")
    elif wrapping == "tabs":
        path.write_text("\n".join("\t".join(line) for line in lines) + "\n", encoding="utf-16")
    else:
        with xlsxwriter.Workbook(str(path)) as book:
            page = book.add_worksheet("Sheet1")
            for row, line in enumerate(lines):
                page.write_row(row, 0, line)
    return path


def check(made: Imported) -> None:
    """Hold what was made against the books above."""
    documents, receipts = made.tables["documents"], made.tables["receipts"]
    assert documents.select("document_id", "customer_id", "kind", "document_date", "due_date", "amount").rows() == [
        ("1000-1600000004-2024-1", "1000123", "credit_note", D(2024, 2, 1), D(2024, 2, 1), "-34.50"),
        ("1000-90000001-2024-1", "1000123", "invoice", D(2024, 1, 15), D(2024, 2, 14), "1234.50"),
        ("1000-90000002-2024-1", "1000123", "invoice", D(2024, 1, 31), D(2024, 3, 1), "12000.00"),
        ("1000-90000003-2024-1", "1000456", "invoice", D(2024, 2, 2), D(2024, 3, 3), "0.50"),
    ]
    assert receipts.select("receipt_id", "date", "amount").rows() == [
        ("1000-1400000007-2024-1", D(2024, 2, 20), "1200.00")
    ]
    assert sorted(made.tables["applications"].select("kind", "amount").rows()) == [
        ("credit_note", "34.50"),
        ("payment", "1200.00"),
    ]
    assert made.tables["customers"].rows() == [("1000123", "Ölmühle Nord GmbH"), ("1000456", "Quay Supplies")]
    counted = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert counted.to_list() == made.summary["read"].to_list()
    assert made.summary["used"].sum() == 5
    assert made.sums.group_by("table").agg(pl.col("amount").sum()).sort("table").rows() == [
        ("documents", 13_200.5),
        ("items read", 12_000.5),
        ("receipts", -1_200.0),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wrapping", ["bars", "tabs", "workbook"])
def test_one_set_of_books_in_every_language_and_wrapping(tmp_path: Path, language: str, wrapping: str) -> None:
    style = "point" if language == "en" else "space" if language == "fr" else "comma"
    dates = "%m/%d/%Y" if language == "en" else "%Y/%m/%d" if language == "nl" else "%d.%m.%Y"
    chosen, made = import_export(written(tmp_path, sheet(language, dates, style), wrapping))
    assert chosen.name == "sap_fbl5n"
    check(made)
    assert not {"ambiguous_dates", "subtotal_differs"} & set(made.tables["findings"]["code"])
    ledger = Ledger.read(made.tables, covers_from="2024-01-01", covers_to="2024-12-31")
    shown = ageing(ledger, as_of="2024-03-31", by="portfolio", output="polars")
    assert shown["net_balance"].item() == 12_000.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_are_unambiguous_within_a_language(language: str) -> None:
    names = {name: column for column, by in HEADERS.items() for name in by.get(language, [])}
    for name, column in names.items():
        assert columns_of([name]) == {column: 0}
        assert columns_of([name.upper().replace(".", "")]) == {column: 0}
    assert columns_of(["Amount in local curre", "Clearing docum", "Net Due Da"]) == {
        "local_amount": 0,
        "clearing": 1,
        "due_date": 2,
    }


def test_dates_that_say_nothing_are_read_as_sap_writes_them_with_a_warning(tmp_path: Path) -> None:
    lines = sheet("en", "%m/%d/%Y", "point")
    plain = [list(line) for line in lines if "01/31/2024" not in line]
    for line in plain:
        for place, cell in enumerate(line):
            line[place] = cell.replace("01/15/2024", "01/05/2024").replace("02/20/2024", "02/10/2024")
            line[place] = line[place].replace("02/14/2024", "02/04/2024").replace("12,000.50", "0.50")
    path = written(tmp_path, plain, "tabs")
    _, made = import_export(path)
    (found,) = made.tables["findings"].filter(code="ambiguous_dates").rows(named=True)
    assert "month first" in found["message"]
    assert "date_order=day_first" in found["remedy"]
    assert made.tables["documents"]["document_date"].max() == D(2024, 2, 2)
    _, turned = import_export(path, settings={"date_order": "day_first"})
    assert turned.tables["documents"].filter(pl.col("document_id").str.contains("90000001"))[
        "document_date"
    ].item() == D(2024, 5, 1)


def test_a_bar_in_a_text_and_pages_that_repeat_headings(tmp_path: Path) -> None:
    lines = sheet("de", "%d.%m.%Y", "comma")
    text = bars(lines).replace("|90000002", "|9000|002")
    heading = next(line for line in text.splitlines() if "Belegnummer" in line)
    middle = next(line for line in text.splitlines() if "1600000004" in line)
    text = text.replace(middle, f"{middle}\n\f10.03.2024   Liste   2\n{heading}")
    (tmp_path / "list.txt").write_text(text)
    _, made = import_export(tmp_path / "list.txt")
    assert "1000-9000|002-2024-1" in made.tables["documents"]["document_id"].to_list()
    assert made.summary["used"].sum() == 5


def test_what_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    lines = sheet("en", "%m/%d/%Y", "point")

    def without(*columns: str) -> Path:
        drop = {COLUMNS.index(column) + 1 for column in columns}
        wide = len(COLUMNS) + 1
        kept = [[c for place, c in enumerate(line) if len(line) != wide or place not in drop] for line in lines]
        return written(tmp_path, kept, "tabs")

    with pytest.raises(DataError, match="net due date"):
        import_export(without("due_date"))
    _, made = import_export(without("due_date"), settings={"terms_days": "10"})
    assert made.tables["documents"]["due_date"].to_list()[1] == D(2024, 1, 25)
    with pytest.raises(DataError, match="names no currency"):
        import_export(without("local_currency"))
    _, made = import_export(without("local_currency"), settings={"currency": "usd"})
    assert made.tables["documents"]["currency"].unique().to_list() == ["USD"]
    check_dates = import_export(without("cleared_on"))[1].tables["applications"]["applied_on"]
    assert check_dates.unique().to_list() == [D(2024, 2, 20)]  # the day of the clearing document itself
    lines = [line for line in lines if "1400000007" not in line[1:2]]
    with pytest.raises(DataError, match="without the date of their clearing"):
        import_export(without("cleared_on"))
    lines = [line for line in sheet("en", "%m/%d/%Y", "point") if line[:1] != ["Customer"]]
    with pytest.raises(DataError, match="of no item whose it is"):
        import_export(without())


def test_rows_that_cannot_be_read_are_set_aside_whole(tmp_path: Path) -> None:
    lines = sheet("de", "%d.%m.%Y", "comma")
    broken = [[cell.replace("31.01.2024", "31.02.2024") for cell in line] for line in lines]
    broken = [
        [cell.replace("0,50", "zero") if line[:2] == ["", "90000003"] else cell for cell in line] for line in broken
    ]
    path = written(tmp_path, broken, "tabs")
    _, made = import_export(path)
    assert made.set_aside.select("key", "reason", "column", "value").sort("key").rows() == [
        ("90000002", "impossible_date", "document_date", "31.02.2024"),
        ("90000003", "unreadable_amount", "milli", "zero"),
    ]
    said = with_errors("import", path, "--out", tmp_path / "ledger").out
    assert "2 rows set aside" in said
    assert "from documentation, unverified" in said


def test_a_subtotal_that_differs_is_noticed(tmp_path: Path) -> None:
    lines = [line for line in sheet("en", "%m/%d/%Y", "point") if "90000002" not in line]
    _, made = import_export(written(tmp_path, lines, "bars"))
    (found,) = made.tables["findings"].filter(code="subtotal_differs").rows(named=True)
    assert (found["rows"], found["money"], found["currency"]) == (1, 12_000.0, "EUR")


def test_a_subtotal_that_says_of_what_it_is_one_is_held_against_the_items_too(tmp_path: Path) -> None:
    lines = [
        "Account\tDocumentNo\tType\tDocument Date\tNet Due Date\tAmount in doc. curr.\tCurr.",
        "7\t1\tRV\t13.01.2024\t13.02.2024\t100,00\tEUR",
        "* Account 7\t\t\t\t\t100,00\tEUR",
        "8\t2\tRV\t14.01.2024\t14.02.2024\t30,00\tEUR",
        "* Account 8\t\t\t\t\t75,00\tEUR",
        "** Total\t\t\t\t\t175,00\tEUR",
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n", encoding="cp1252")
    _, made = import_export(tmp_path, as_format="sap_fbl5n")
    assert made.summary["left_out"].item() == 4
    (found,) = made.tables["findings"].filter(code="subtotal_differs").rows(named=True)
    assert (found["rows"], found["money"], found["currency"]) == (1, 45.0, "EUR")


def test_open_and_cleared_lists_are_put_together(tmp_path: Path) -> None:
    lines = sheet("en", "%m/%d/%Y", "point")
    written(tmp_path, lines, "tabs")
    earlier = [[*line[:8], "", ""] if line[:2] == ["", "90000001"] else line for line in lines]
    written(tmp_path, earlier, "bars")
    _, made = import_export(tmp_path)
    assert made.tables["documents"].height == 4
    assert made.summary["merged"].sum() == 5
    assert sorted(made.tables["applications"]["kind"]) == ["credit_note", "payment"]


def test_special_items_and_reversals_and_partial_payments(tmp_path: Path) -> None:
    text = (
        "Account\tCoCd\tDocumentNo\tType\tSpecial G/L ind.\tDocument Date\tNet Due Date\tAmount in doc. curr.\tCurr.\t"
        "Clearing Document\tClearing date\tInvoice reference\tReversed with\n"
        "7\t1000\t1\tRV\t\t13.01.2024\t13.02.2024\t100,00\tEUR\t\t\t\t\n"
        "7\t1000\t5\tDZ\t\t20.01.2024\t20.01.2024\t40,00-\tEUR\t\t\t1\t\n"
        "7\t1000\t2\tDR\t\t14.01.2024\t14.02.2024\t80,00\tEUR\t3\t15.01.2024\t\t3\n"
        "7\t1000\t3\tDR\t\t15.01.2024\t15.01.2024\t80,00-\tEUR\t3\t15.01.2024\t\t2\n"
        "7\t1000\t8\tDZ\tA\t16.01.2024\t16.01.2024\t25,00-\tEUR\t\t\t\t\n"
        "7\t1000\t9\tDA\tW\t16.01.2024\t16.01.2024\t11,00\tEUR\t\t\t\t\n"
    )
    (tmp_path / "list.txt").write_text(text, encoding="cp1252")
    _, made = import_export(tmp_path)
    rows = made.tables["applications"].select("from_id", "to_document_id", "amount", "kind").sort("amount").rows()
    assert rows == [
        ("1000-5-2024-1", "1000-1-2024-1", "40.00", "payment"),
        ("1000-3-2024-1", "1000-2-2024-1", "80.00", "credit_note"),
    ]
    assert made.tables["receipts"]["amount"].to_list() == ["40.00", "25.00"]
    assert "special G/L" in made.summary["left_out_unless"].item()
    assert "cleared_reversal" in made.tables["findings"]["code"].to_list()


def test_a_workbook_with_numbers_and_dates_as_such(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "list.xlsx"), {"default_date_format": "dd.mm.yyyy"}) as book:
        page = book.add_worksheet("Data")
        heading = ["Konto", "Belegnummer", "Belegart", "Belegdatum", "Nettofälligkeit", "Betrag in Belegwährung"]
        page.write_row(0, 0, [*heading, "Währung", "Ausgleichsbeleg", "Ausgleichsdatum"])
        for row, (number, kind, value) in enumerate([(90000001, "RV", 1234.5), (1400000007, "DZ", -1234.5)], start=1):
            page.write_row(row, 0, [1000123, number, kind])
            page.write_datetime(row, 3, datetime(2024, 1, 15))
            page.write_datetime(row, 4, datetime(2024, 2, 14))
            page.write_row(row, 5, [value, "EUR", 1400000007])
            page.write_datetime(row, 8, datetime(2024, 2, 20))
        page.write_row(3, 5, [0.0, "EUR"])
    chosen, made = import_export(tmp_path / "list.xlsx")
    assert chosen.name == "sap_fbl5n"
    assert made.tables["documents"].select(
        "document_id", "customer_id", "document_date", "due_date", "amount"
    ).rows() == [("SAP-90000001-2024-1", "1000123", D(2024, 1, 15), D(2024, 2, 14), "1234.50")]
    assert made.tables["applications"].select("amount", "kind", "applied_on").rows() == [
        ("1234.50", "payment", D(2024, 2, 20))
    ]
    assert made.summary.select("read", "left_out", "used").rows() == [(4, 2, 2)]


def test_amounts_without_a_sign_beside_a_column_that_says_it(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(
        "Debitor\tBuKr.\tBelegnr\tArt\tBelegdatum\tNetto-FD\tS/H\tBetrag in BW\tWährg\tBetrag in HW\tHWähr\n"
        "77\t1000\t1\tRV\t15.01.2024\t14.02.2024\tS\t200,00\tUSD\t180,00\tEUR\n"
        "77\t1000\t2\tDG\t16.01.2024\t16.01.2024\tH\t50,00\tUSD\t45,00\tEUR\n"
        "77\t1000\t3\tDG\t16.01.2024\t16.01.2024\tH\t200,00\tUSD\t180,00\tEUR\n",
        encoding="cp1252",
    )
    _, made = import_export(tmp_path)
    assert made.tables["documents"].select("amount", "currency", "kind").rows() == [
        ("200.00", "USD", "invoice"),
        ("-50.00", "USD", "credit_note"),
        ("-200.00", "USD", "credit_note"),
    ]
    assert made.tables["rates"].rows() == [("USD", D(2024, 1, 15), 0.9), ("USD", D(2024, 1, 16), 0.9)]
    assert dict(made.tables["settings"].rows())["currency"] == "EUR"


@pytest.mark.parametrize("company", ["1000", ""])
def test_numbers_that_begin_anew_every_year_are_those_of_their_year(tmp_path: Path, company: str) -> None:
    rows = [
        ("11", "RV", "10.01.2024", "09.02.2024", "900,00", "51", ""),
        ("51", "DZ", "20.02.2024", "20.02.2024", "900,00-", "51", ""),
        ("11", "RV", "12.01.2025", "11.02.2025", "500,00", "51", ""),
        ("51", "DZ", "25.03.2025", "25.03.2025", "500,00-", "51", ""),
        ("12", "RV", "15.01.2024", "14.02.2024", "5.000,00", "59", ""),
        ("59", "DZ", "22.02.2024", "22.02.2024", "5.000,00-", "59", ""),
        ("12", "RV", "15.02.2025", "17.03.2025", "700,00", "", ""),
        ("53", "DZ", "26.03.2025", "26.03.2025", "200,00-", "", "12"),
    ]
    head = "Account\tCoCd\tDocumentNo\tType\tDocument Date\tNet Due Date\tAmount in doc. curr.\tCurr.\t"
    lines = [
        head + "Clearing Document\tInvoice reference",
        *(
            "\t".join(["7", company, *cells_])
            for cells_ in (
                (number, kind, day, due, value, "EUR", clearing, reference)
                for number, kind, day, due, value, clearing, reference in rows
            )
        ),
    ]
    (tmp_path / "list.txt").write_text("\n".join(lines) + "\n", encoding="cp1252")
    _, made = import_export(tmp_path)
    name = company or "SAP"
    applied = made.tables["applications"].select("from_id", "to_document_id", "applied_on", "amount").sort("applied_on")
    assert [(a, b, str(day), amount) for a, b, day, amount in applied.rows()] == [
        (f"{name}-51-2024-1", f"{name}-11-2024-1", "2024-02-20", "900.00"),
        (f"{name}-59-2024-1", f"{name}-12-2024-1", "2024-02-22", "5000.00"),
        (f"{name}-51-2025-1", f"{name}-11-2025-1", "2025-03-25", "500.00"),
        (f"{name}-53-2025-1", f"{name}-12-2025-1", "2025-03-26", "200.00"),
    ]
