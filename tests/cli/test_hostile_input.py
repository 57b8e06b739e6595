"""What a user may hand in by mistake: each a clear message, or set aside with its reason and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from command import credrisk, refused, succeeded
from ledger_files import CUSTOMERS, GOOD, folder_of

from credrisk.ledger.ledger import Ledger

DOCUMENTS, RECEIPTS, APPLICATIONS = GOOD["documents"], GOOD["receipts"], GOOD["applications"]
COVERS = "key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-12-31\n"
LINE = "D4,C1,invoice,2024-01-01,2024-01-31,{amount},EUR{more}\n"
GONE = {"out", "panel.csv", "aside.csv"}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


REFUSED: dict[str, tuple[dict[str, str | bytes], tuple[str, ...]]] = {
    "a missing column": (
        {"documents": DOCUMENTS.replace("due_date", "due_day")},
        ("documents.csv", "due_date", "Perhaps due_day", "What to do: rename or add the columns"),
    ),
    "an empty file": (
        {"documents": ""},
        ("documents.csv is empty", "What to do: export it again"),
    ),
    "only blank lines": (
        {"receipts": "\n \n\n"},
        ("receipts.csv is empty", "leave the file out"),
    ),
    "a line beyond the bound": (
        {"documents": DOCUMENTS + LINE.format(amount="1.00", more="x" * 1_000_001)},
        ("line 5 of documents.csv", "longer than 1,000,000 bytes", "nothing was parsed", "What to do"),
    ),
    "a binary file": (
        {"documents": bytes(range(256)) * 20},
        ("documents.csv is not text", "What to do: export the table as CSV"),
    ),
    "a picture": (
        {"documents": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50},
        ("documents.csv is not text",),
    ),
    "an open quotation mark": (
        {"documents": DOCUMENTS.replace("D1,C1", 'D1,"C1')},
        ("quotation mark in documents.csv", "never closed", "What to do: close"),
    ),
    "days and months that could be either": (
        {
            "documents": DOCUMENTS.replace("2024-01-25", "01/02/2024")
            .replace("2024-02-13", "01/02/2024")
            .replace("2024-02-24", "03/02/2024")
            .replace("2024-03-14", "03/02/2024")
            .replace("2024-02-20", "03/02/2024")
        },
        ("document_date", "day", "month", "What to do"),
    ),
    "two columns for one": (
        {"documents": DOCUMENTS.replace("currency", "Amount")},
        ("amount", "documents"),
    ),
    "no customers": (
        {"customers": b""},
        ("customers.csv is empty",),
    ),
    "settings that cannot be": (
        {"settings": "key,value\ncovers_from,soon\n"},
        ("covers_from", "soon"),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_a_ledger_is_refused_with_the_remedy(tmp_path: Path, case: str) -> None:
    tables, words = REFUSED[case]
    folder_of(tmp_path, **{**GOOD, **tables})
    before = files_in(tmp_path)
    messages = {
        refused("check", tmp_path, "--quarantine", tmp_path / "aside.csv"),
        refused("panel", tmp_path, "--out", tmp_path / "panel.csv"),
        refused("run", tmp_path, "--out", tmp_path / "out"),
    }
    assert len(messages) == 1
    message = messages.pop()
    assert all(word in message for word in words), message
    assert files_in(tmp_path) == before
    assert not GONE & {path.name for path in tmp_path.iterdir()}


ASIDE: dict[str, tuple[dict[str, str | bytes], list[tuple[str, str, str, str]], str]] = {
    "text in an amount": (
        {"documents": DOCUMENTS.replace("200.00", "two hundred")},
        [("documents", "D2", "unreadable_amount", "amount")],
        "two hundred",
    ),
    "an impossible date": (
        {"documents": DOCUMENTS.replace("2024-02-13", "2024-02-30")},
        [("documents", "D2", "impossible_date", "document_date")],
        "2024-02-30",
    ),
    "an unknown customer": (
        {"documents": DOCUMENTS.replace("D2,C2", "D2,C9")},
        [("documents", "D2", "unknown_customer", "customer_id")],
        "C9",
    ),
    "NUL bytes": (
        {"documents": DOCUMENTS.replace("D2,C2", "D2,C\x002")},
        [("documents", "D2", "unknown_customer", "customer_id")],
        "C\x002",
    ),
    "lines with too many and too few cells": (
        {"documents": DOCUMENTS + LINE.format(amount="1.00", more=",extra") + "D5,C1\n"},
        [("documents", "", "ragged_line", ""), ("documents", "", "ragged_line", "")],
        "D5,C1",
    ),
    "an id with two meanings": (
        {"documents": DOCUMENTS + LINE.format(amount="5.00", more="") + LINE.format(amount="7.00", more="")},
        [("documents", "D4", "conflicting_id", "document_id"), ("documents", "D4", "conflicting_id", "document_id")],
        "D4",
    ),
    "a row twice": (
        {"documents": DOCUMENTS + LINE.format(amount="5.00", more="") * 2},
        [("documents", "D4", "duplicate_row", "document_id")],
        "D4",
    ),
    "a currency that is none": (
        {"documents": DOCUMENTS + LINE.format(amount="5.00", more="O")},
        [("documents", "D4", "unknown_currency", "currency")],
        "EURO",
    ),
}


def cents(text: str) -> int | None:
    """Say what an amount as written is worth; None for what is no number."""
    try:
        return int(Decimal(text).scaleb(2))
    except ArithmeticError:
        return None


def money_read(tables: dict[str, str | bytes], name: str) -> int:
    """Add up the amounts of a table as its lines state them, in cents; ragged and unreadable ones count nothing."""
    header, *lines = str(tables[name]).splitlines()
    columns = header.split(",")
    rows = [dict(zip(columns, line.split(","), strict=True)) for line in lines if line.count(",") == len(columns) - 1]
    return sum(cents(row["amount"]) or 0 for row in rows if row.get("currency", "EUR") == "EUR")


@pytest.mark.parametrize("case", ASIDE)
def test_rows_that_fail_are_set_aside_and_everything_ties_out(tmp_path: Path, case: str) -> None:
    changed, expected, value = ASIDE[case]
    tables: dict[str, str | bytes] = {**GOOD, **changed, "settings": COVERS}
    folder_of(tmp_path, **tables)
    outcome = credrisk("check", tmp_path, "--quarantine", tmp_path / "aside.csv")
    aside = pl.read_csv(tmp_path / "aside.csv", infer_schema=False)
    ledger = Ledger.read(tmp_path)
    worst = ledger.check().worst
    assert outcome.code == (2 if worst == "error" else 0)
    assert f"{aside.height} rows set aside" in outcome.out
    found = aside.filter(pl.col("table") == "documents").fill_null("")
    assert found.select("table", "key", "reason", "column").sort("key").rows() == expected
    assert value in "".join(found["value"].to_list() + found["content"].to_list())
    for row in expected:
        assert row[2].replace("_", " ") in outcome.out
    for name in GOOD:
        counted = ledger.intake.filter(table=name)
        set_aside = aside.filter(pl.col("table") == name)
        assert counted["rows_read"].sum() == len(str(tables[name]).splitlines()) - 1
        assert counted["rows_read"].sum() == ledger.table(name).height + set_aside.height
        if name == "customers":
            continue
        kept = ledger.table(name)["amount"].sum()
        lost = sum(cents(amount) or 0 for amount in set_aside["amount"].drop_nulls())
        assert kept + lost == money_read(tables, name)
        assert round(100 * counted["money_read"].sum()) == kept + lost


def test_a_run_on_rows_set_aside_says_so_before_its_answers(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    changed, *_ = ASIDE["an unknown customer"]
    folder_of(tmp_path / "ledger", **{**GOOD, **changed, "settings": COVERS})
    outcome = succeeded("run", tmp_path / "ledger", "--out", tmp_path / "out")
    note, answers = outcome.out.index("Look first: 2 rows were set aside"), outcome.out.index("1 Bad debt not measured")
    assert note < answers
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["ledger"]["quarantined"] == 2
    assert record["ledger"]["findings"]["error"] > 0
    assert record["figures"]["open_balance"] == pytest.approx(1234.56 - 1000.00 - 34.56 + (34.56 - 34.56))
    page = (tmp_path / "out" / "portfolio.html").read_text(encoding="utf-8")
    assert "rows name a customer that is not there" in page


def later(text: str, year: str) -> str:
    return text.replace("2024-", f"{year}-")


def test_a_ledger_of_the_future_has_no_answer_today(tmp_path: Path) -> None:
    future = {name: later(text, "2031") for name, text in GOOD.items()}
    folder_of(tmp_path, **future, settings=COVERS)
    assert "no document is known by 2024-12-31. What to do" in refused("run", tmp_path, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    outcome = credrisk("check", tmp_path)
    assert outcome.code == 0
    assert "after coverage" in outcome.out


def test_a_short_ledger_gives_balances_and_says_that_nothing_can_be_estimated(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    few = {"documents": DOCUMENTS, "customers": CUSTOMERS, "settings": COVERS.replace("2024-12-31", "2024-03-01")}
    folder_of(tmp_path / "ledger", **{**few, "settings": few["settings"].replace("2024-01-01", "2024-02-20")})
    outcome = succeeded("run", tmp_path / "ledger", "--out", tmp_path / "out")
    for words in ("bad debt", "default (90 or more days past due)", "paying 30 or more days late"):
        assert f"The probability of {words} is not measured: no customer at risk was observed" in outcome.out
    scores = pl.read_csv(tmp_path / "out" / "scores.csv")
    assert scores["open_balance"].sum() == pytest.approx(1400.0)
    assert scores["pd_12m"].null_count() == scores.height


@pytest.mark.parametrize("command", ["check", "panel", "run"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gone", ("there is no file or folder", "gone", "What to do: check the path")),
        ("book.xlsx", ("the workbook book.xlsx cannot be read", "What to do: open it in a spreadsheet program")),
        ("base.duckdb", ("base.duckdb cannot be opened as a DuckDB database", "What to do")),
        ("notes.pdf", ("notes.pdf is neither a folder, a workbook nor a DuckDB file", "What to do")),
        ("empty", ("is no ledger", "customers.csv", "Found: nothing", "What to do")),
    ],
)
def test_a_source_that_is_no_ledger(tmp_path: Path, command: str, name: str, words: tuple[str, ...]) -> None:
    for file in ("book.xlsx", "base.duckdb", "notes.pdf"):
        (tmp_path / file).write_bytes(b"neither a workbook nor a database " * 200)
    (tmp_path / "empty").mkdir()
    out = {"check": "--quarantine", "panel": "--out", "run": "--out"}[command]
    message = refused(command, tmp_path / name, out, tmp_path / "panel.csv")
    assert all(word in message for word in words), message
    assert not (tmp_path / "panel.csv").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "LEDGER", "--out", "FILE/out"),
        ("run", "LEDGER", "--out", "FILE/deep/er"),
        ("check", "LEDGER", "--quarantine", "FILE/aside.csv"),
        ("panel", "LEDGER", "--out", "FILE/panel.csv"),
        ("import", "LEDGER", "--map", "map.toml", "--out", "FILE/ledger"),
        ("simulate", "FILE/ledger"),
        ("policy", "init", "--out", "FILE/policy.toml"),
        ("memo", "LEDGER", "--customer", "C1", "--out", "FILE/memo.html"),
        ("enrich", "LEDGER", "--offline", "--out", "FILE/public"),
    ],
)
def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder_of(tmp_path, **GOOD)
    (tmp_path / "file").write_text("mine")
    before = files_in(tmp_path)
    spoken = [a.replace("LEDGER", str(tmp_path)).replace("FILE", str(tmp_path / "file")) for a in arguments]
    outcome = credrisk(*spoken)
    assert outcome.code == 1
    said = "--out" if "--out" in spoken else "output"
    assert f"{said} must be in a folder; {tmp_path / 'file'} is a file" in outcome.err
    assert " ... " not in outcome.err  # no stage of the work was begun
    assert files_in(tmp_path) == before


@pytest.mark.parametrize("arguments", [("run", "LEDGER", "--out", "FILE"), ("simulate", "FILE", "--overwrite")])
def test_a_file_where_a_folder_is_wanted(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder_of(tmp_path, **GOOD)
    (tmp_path / "file").write_text("mine")
    refused(*(a.replace("LEDGER", str(tmp_path)).replace("FILE", str(tmp_path / "file")) for a in arguments))
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_where_a_file_is_wanted(tmp_path: Path) -> None:
    folder_of(tmp_path, **GOOD)
    (tmp_path / "panel.csv").mkdir()
    (tmp_path / "panel.csv" / "note.txt").write_text("mine")
    message = refused("panel", tmp_path, "--months", "1", "--out", tmp_path / "panel.csv", "--overwrite")
    assert "the name of a file, not of a folder" in message
    assert (tmp_path / "panel.csv" / "note.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "LEDGER", "--as-of", "soon"), ("--as-of must be a date such as 2026-03-31", "soon")),
        (("run", "LEDGER", "--as-of", "2030-01-01"), ("within what the ledger covers", "2030-01-01")),
        (("run", "LEDGER", "--currency", "EURO"), ("currency", "ISO 4217", "EURO")),
        (("run", "LEDGER", "--policy", "gone.toml"), ("policy", "gone.toml")),
        (("panel", "LEDGER", "--as-of", "2030-01-01"), ("within what the ledger covers", "2030-01-01")),
        (("panel", "LEDGER", "--as-of", "31.12.2024"), ("--as-of must be a date", "31.12.2024")),
        (("panel", "LEDGER", "--out", "panel.txt"), (".parquet or .csv", "panel.txt")),
        (("simulate", "LEDGER/new", "--start", "2023-01-15"), ("first day of a month", "2023-01-15")),
        (("import", "LEDGER", "--map", "gone.toml", "--out", "LEDGER/new"), ("--map", "gone.toml", "No such file")),
        (("import", "LEDGER", "--map", "LEDGER/customers.csv", "--out", "LEDGER/new"), ("TOML", "line 1")),
    ],
)
def test_options_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    (tmp_path / "ledger").mkdir()
    folder_of(tmp_path / "ledger", **GOOD)
    monkeypatch.chdir(tmp_path)
    before = files_in(tmp_path)
    message = refused(*(argument.replace("LEDGER", "ledger") for argument in arguments))
    assert all(word in message for word in words), message
    assert files_in(tmp_path) == before


def as_floats(ids: pd.Series) -> pd.Series:
    return ids.str[1:].astype("float64")


@pytest.mark.parametrize("change", [as_floats, lambda ids: as_floats(ids).astype(str)], ids=["float", "text"])
def test_ids_that_pandas_turned_into_floats_still_meet(change: Callable[[pd.Series], pd.Series]) -> None:
    frames = {name: pl.read_csv(GOOD[name].encode(), try_parse_dates=True).to_pandas() for name in GOOD}
    sound = Ledger.read(frames, currency="EUR")
    frames["documents"] = frames["documents"].assign(customer_id=change(frames["documents"]["customer_id"]))
    frames["customers"] = frames["customers"].assign(customer_id=["1", "2"])
    frames["receipts"] = frames["receipts"].assign(customer_id=1)
    ledger = Ledger.read(frames, currency="EUR")
    assert ledger.quarantine.is_empty()
    assert ledger.table("documents")["customer_id"].to_list() == ["1", "2", "1"]
    assert ledger.table("documents")["amount"].to_list() == sound.table("documents")["amount"].to_list()


def test_a_missing_id_in_a_float_column_is_set_aside_and_the_others_are_kept() -> None:
    documents = pl.read_csv(DOCUMENTS.encode(), try_parse_dates=True).to_pandas()
    frames = {"documents": documents.assign(customer_id=[1.0, None, 1.5]), "customers": [1, 2]}
    frames["customers"] = pd.DataFrame({"customer_id": [1, 2]})
    ledger = Ledger.read(frames, currency="EUR")
    assert ledger.table("documents")["document_id"].to_list() == ["D1"]
    assert ledger.quarantine.sort("key").select("key", "reason").rows() == [
        ("D2", "missing_value"),
        ("D3", "id_not_whole"),
    ]
    counted = ledger.intake.filter(table="documents")
    assert counted["money_read"].sum() == pytest.approx(1400.0)
    assert counted["money_kept"].sum() + ledger.quarantine["amount"].sum() == pytest.approx(1400.0)


def test_a_link_that_leads_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (tmp_path / "secret").write_text("root:x:0:0\n")
    folder_of(folder, documents=DOCUMENTS, settings=COVERS)
    (folder / "customers.csv").symlink_to(tmp_path / "secret")
    said = refused("check", folder)
    assert "customers.csv is a link that leads out of the folder ledger. What to do: copy it in" in said
    assert "root" not in said
    (folder / "customers.csv").unlink()
    (folder / "accounts").write_text(CUSTOMERS)
    (folder / "customers.csv").symlink_to("accounts")
    assert succeeded("check", folder).out


def test_amounts_that_could_not_be_read_are_no_nil(tmp_path: Path) -> None:
    unread = "".join(LINE.format(amount=amount, more="").replace("D4", amount) for amount in ("64982.589", "ten"))
    folder_of(tmp_path, **{**GOOD, "documents": DOCUMENTS + unread}, settings=COVERS)
    said = " ".join(credrisk("check", tmp_path).out.split())
    assert "documents EUR 5 2 0 1,400.00 2 unread" in said
    assert "The amounts of 2 rows set aside could not be read: they are in no sum of money here" in said


def test_the_tail_of_a_float_is_rounded_and_said(tmp_path: Path) -> None:
    line = LINE.format(amount="2309.7899999999995", more="")
    folder_of(tmp_path, **{**GOOD, "documents": DOCUMENTS + line}, settings=COVERS)
    ledger = Ledger.read(tmp_path)
    assert ledger.table("documents").filter(pl.col("document_id") == "D4")["amount"].to_list() == [230979]
    (noted,) = [one for one in ledger.check().findings if one.code == "float_tail"]
    assert noted.rows == 1
    assert "none by more than a millionth" in noted.message


def test_an_export_without_receivables_says_what_to_export(tmp_path: Path) -> None:
    head = "Account,Name,Invoice account,Customer group,Currency\n"
    (tmp_path / "customers.csv").write_text(head + "C1,Alpha Works,,10,EUR\nC2,Beta Stores,,10,EUR\n")
    said = refused("import", tmp_path / "customers.csv", "--as", "dynamics_finance", "--out", tmp_path / "out")
    assert "holds no receivables: no document and no receipt, only customers (2 rows)" in said
    assert "export CustTrans and CustSettlement" in said
    (tmp_path / "empty.csv").touch()
    assert "empty.csv is empty" in refused("import", tmp_path / "empty.csv", "--out", tmp_path / "out")


def test_how_cells_were_read_is_told_after_the_findings(tmp_path: Path) -> None:
    folder_of(tmp_path, **{**GOOD, "documents": DOCUMENTS.replace("1234.56", '"1,234.56"')}, settings=COVERS)
    said = " ".join(credrisk("check", tmp_path).out.split())
    findings, _, routine = said.partition("How it was read, in rows: ")
    for words in ("documents (3): rows without a date of entry", "documents (1): amount: amounts with thousands marks"):
        assert words in routine
        assert words not in findings


def test_a_run_says_before_its_answers_that_the_balances_are_in_doubt(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    lines = DOCUMENTS.splitlines()
    said = "\n".join([lines[0] + ",open_amount", lines[1] + ",200.00", lines[2] + ",150.00", lines[3] + ",0"]) + "\n"
    folder_of(tmp_path / "ledger", **{**GOOD, "documents": said, "settings": COVERS})
    told = succeeded("run", tmp_path / "ledger", "--out", tmp_path / "out").out
    assert told.index("Look first: balances are in doubt") < told.index("1 Bad debt not measured")
    assert "the column open_amount" in told
    assert "0 rows were set aside" not in told
