"""`credrisk letters` and `credrisk statement`: what they write, say and refuse."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded
from own_books import own_books

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.dunning import dunning_proposal
from credrisk.ledger.ledger import Ledger
from credrisk.simulate import simulate_ledger

LISTS = {"letters.csv", "items.csv", "not-sent.csv", "mail-merge.csv", "promises.ics"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("letters") / "ledger"
    simulate_ledger(customers=60, months=18, seed=7).write(folder)
    return folder


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sender") / "sender.toml"
    file.write_text('[sender]\nname = "Example Trading"\nemail = "accounts@example.com"\n', encoding="utf-8")
    return file


def proposal(ledger: Path):
    return dunning_proposal(Ledger.read(ledger), as_of=Ledger.read(ledger).settings.covers_to)


def test_letters_writes_one_letter_a_customer_and_says_who_gets_none(ledger, sender, tmp_path):
    out = tmp_path / "letters"
    done = succeeded("letters", ledger, "--sender", sender, "--format", "txt,eml", "-o", out)
    assert "Nothing was sent." in done.out
    assert "street and number" in done.out
    found = proposal(ledger)
    index = pl.read_csv(out / "letters.csv", infer_schema=False)
    letters = found.accounts.filter(pl.col("hold").is_null())
    assert letters.height > 0
    assert index["customer_id"].to_list() == letters["customer_id"].to_list()
    files = [name for row in index["files"] for name in row.split("; ")]
    assert {path.name for path in out.iterdir()} == {*files, *LISTS}
    held = pl.read_csv(out / "not-sent.csv", infer_schema=False)
    assert held.height + index.height == found.accounts.height
    assert held["held"].null_count() == 0
    items = pl.read_csv(out / "items.csv")
    assert round(items["dunned"].sum(), 2) == round(found.items(output="polars").filter("on_letter")["dunned"].sum(), 2)
    assert all("no e-mail address" in note for note in index["notes"])


def test_another_day_replaces_the_letters_it_knows_and_nothing_else(ledger, sender, tmp_path):
    out = tmp_path / "letters"
    command = ("letters", ledger, "--sender", sender, "--format", "txt", "-o", out)
    succeeded(*command)
    assert "--overwrite" in refused(*command)
    succeeded(*command, "--as-of", "2023-12-31", "--overwrite")
    (out / "my-own.txt").write_text("keep", encoding="utf-8")
    assert "my-own.txt" in refused(*command, "--overwrite")
    assert (out / "my-own.txt").read_text(encoding="utf-8") == "keep"


def test_addresses_fees_language_and_templates_are_used(ledger, sender, tmp_path):
    first = proposal(ledger).lines.filter("on_letter").row(0, named=True)
    customer, document = first["customer_id"], first["document_id"]
    (tmp_path / "addresses.csv").write_bytes(
        f"customer_id;city;email\n{customer};Köln;ap@alpha.example\n".encode("utf-8-sig")
    )
    (tmp_path / "fees.csv").write_text(f"document_id,late_fee\n{document},40.00\n", encoding="utf-8")
    (tmp_path / "own" / "fr").mkdir(parents=True)
    (tmp_path / "own" / "letter.txt").write_text("{{ letter.subject }}\n{{ tables[0] }}\n", encoding="utf-8")
    out = tmp_path / "letters"
    given = ("--addresses", tmp_path / "addresses.csv", "--late-fees", tmp_path / "fees.csv", "--language", "fr")
    more = ("--templates", tmp_path / "own", "--format", "txt,pdf,docx,html")
    succeeded("letters", ledger, "--sender", sender, *given, *more, "-o", out)
    text = (out / f"letter-{customer}.txt").read_text(encoding="utf-8")
    assert "Pénalités et frais de retard" in text
    index = pl.read_csv(out / "letters.csv", infer_schema=False)
    assert index["written_in"].unique().to_list() == ["fr"]
    assert "no postal address" not in (index.filter(pl.col("customer_id") == customer)["notes"][0] or "")
    assert (out / f"letter-{customer}.pdf").read_bytes().startswith(b"%PDF-")


def test_the_file_of_late_fees_goes_onto_the_letters(ledger, sender, tmp_path):
    fees, out = tmp_path / "fees", tmp_path / "letters"
    succeeded("late-fees", ledger, "--law", "DE", "--out", fees)
    given = ("--late-fees", fees / "late-fees.csv", "--language", "en", "--format", "txt")
    succeeded("letters", ledger, "--sender", sender, *given, "-o", out)
    claims = pl.read_csv(fees / "late-fees.csv", infer_schema_length=None)
    items = pl.read_csv(out / "items.csv", infer_schema_length=None).join(claims, on="document_id")
    assert items.height
    largest = items.sort("late_fee")["late_fee"][-1]
    customer = items.sort("late_fee")["customer_id"][-1]
    assert f"{largest:,.2f}" in (out / f"letter-{customer}.txt").read_text(encoding="utf-8")


def test_who_is_contacted_by_the_list_of_the_day_gets_no_letter(ledger, sender, tmp_path):
    succeeded("queue", ledger, "--capacity", "20", "--out", tmp_path / "queue")
    listed = pl.read_csv(tmp_path / "queue" / "queue.csv").filter("contact_today", pl.col("action") != "letter")
    command = ("letters", ledger, "--sender", sender, "--format", "txt", "-o", tmp_path / "letters")
    without = succeeded(*command)
    before = pl.read_csv(tmp_path / "letters" / "letters.csv", infer_schema=False)
    both = before.join(listed, on="customer_id", how="semi")
    assert both.height > 0
    found = succeeded(*command, "--queue", tmp_path / "queue" / "queue.csv", "--overwrite")
    after = pl.read_csv(tmp_path / "letters" / "letters.csv", infer_schema=False)
    assert after["customer_id"].to_list() == before.join(listed, on="customer_id", how="anti")["customer_id"].to_list()
    held = pl.read_csv(tmp_path / "letters" / "not-sent.csv", infer_schema=False).filter(
        pl.col("hold") == "on_the_list"
    )
    assert sorted(held["customer_id"]) == sorted(both["customer_id"])
    assert "on the list" in found.out
    assert "on the list" not in without.out
    assert "--queue must be the queue.csv" in refused(*command, "--queue", tmp_path / "none.csv", "--overwrite")


def test_what_cannot_be_is_refused_before_anything_is_written(ledger, sender, tmp_path):
    out = tmp_path / "letters"
    command = ("letters", ledger, "--sender", sender, "-o", out)
    assert "fax" in refused(*command, "--format", "fax")
    assert "de, en, es, fr" in refused(*command, "--language", "ja")
    assert "existing folder" in refused(*command, "--templates", tmp_path / "none")
    assert "existing CSV" in refused(*command, "--addresses", tmp_path / "none.csv")
    assert "existing TOML" in refused("letters", ledger, "--sender", tmp_path / "none.toml", "-o", out)
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    assert "CSV" in refused(*command, "--late-fees", tmp_path / "bad.csv")
    (tmp_path / "other.csv").write_text("document_id,late_fee\nNOPE,40\n", encoding="utf-8")
    assert "not in the ledger. Rows: 1. For example: NOPE" in refused(*command, "--late-fees", tmp_path / "other.csv")
    assert "--as-of must be within what the ledger covers" in refused(*command, "--as-of", "2041-01-01")
    assert "existing decision log" in refused(*command, "--log", tmp_path / "none.db")
    assert not out.exists()


def test_statement_writes_the_accounts_asked_for(ledger, sender, tmp_path):
    customer = proposal(ledger).accounts["customer_id"][0]
    out = tmp_path / "statements"
    done = succeeded("statement", ledger, "--customer", customer, "--sender", sender, "--format", "txt,pdf", "-o", out)
    assert f"{customer}: " in done.out
    assert {path.name for path in out.iterdir()} == {f"statement-{customer}.{kind}" for kind in ("txt", "pdf")}
    assert "not in the ledger" in refused(
        "statement", ledger, "--customer", "nobody", "--sender", sender, "-o", out / "b"
    )


def test_a_letter_that_is_logged_is_not_written_again(ledger, sender, tmp_path):
    day = Ledger.read(ledger).settings.covers_to.isoformat()
    chosen = proposal(ledger).accounts.filter(pl.col("hold").is_null()).row(0, named=True)
    customer, log = chosen["customer_id"], tmp_path / "decisions.db"
    content = {"date": day, "channel": "letter", "outcome": "reached", "action": chosen["level_name"]}
    at = datetime.fromisoformat(f"{day}T12:00+00:00")
    DecisionLog(log).append("contact", content, author="A", customer_id=customer, at=at)
    out = tmp_path / "letters"
    succeeded("letters", ledger, "--sender", sender, "--format", "txt", "--log", log, "-o", out)
    held = pl.read_csv(out / "not-sent.csv", infer_schema=False).filter(pl.col("customer_id") == customer)
    assert held["hold"].to_list()[0] in {"already_sent", "days_between", "final_sent"}
    assert not (out / f"letter-{customer}.txt").exists()


def test_missing_packages_are_named_all_at_once_and_html_needs_none(ledger, sender, tmp_path, monkeypatch):
    for module in ("fpdf", "docx", "icalendar"):
        monkeypatch.setitem(sys.modules, module, None)
    told = refused("letters", ledger, "--sender", sender, "--format", "pdf,docx,html", "-o", tmp_path / "none")
    for words in ("fpdf2, python-docx, icalendar", "html, txt and eml", "credrisk[letters]"):
        assert words in told
    assert not (tmp_path / "none").exists()
    done = succeeded("letters", ledger, "--sender", sender, "--format", "html", "-o", tmp_path / "plain")
    assert "No promises.ics: icalendar is not installed" in done.out
    assert {path.name for path in (tmp_path / "plain").glob("*.ics")} == set()
    assert list((tmp_path / "plain").glob("letter-*.html"))


def test_a_name_that_the_fonts_lack_is_warned_of_with_customer_and_character(ledger, sender, tmp_path):
    books = tmp_path / "books"
    shutil.copytree(ledger, books)
    customers = pl.read_csv(books / "customers.csv", infer_schema=False)
    customers.with_columns(name=pl.lit("\u65e5\u672c Trading \U0001f4b6")).write_csv(books / "customers.csv")
    done = succeeded("letters", books, "--sender", sender, "--format", "pdf", "-o", tmp_path / "letters")
    told = " ".join(done.out.split())
    index = pl.read_csv(tmp_path / "letters" / "letters.csv", infer_schema=False)
    assert f"The PDF of {index['customer_id'].sort()[0]}" in told
    for code in ("U+65E5", "U+672C", "U+1F4B6"):
        assert code in told
    assert (
        "shows a box"
        not in succeeded(*("letters", books, "--sender", sender, "--format", "txt", "-o", tmp_path / "texts")).out
    )


def test_last_letters_before_any_other_are_told_and_names_turn_no_cell(sender, tmp_path):
    books = own_books(tmp_path / "books", name="\u202eacme")
    out = tmp_path / "letters"
    done = succeeded("letters", books, "--sender", sender, "--format", "txt", "-o", out)
    index = pl.read_csv(out / "letters.csv", infer_schema=False)
    last = index.filter(pl.col("level") == pl.col("level").max(), ~pl.col("last_level_says").str.starts_with("level "))
    assert (last["name"].to_list(), index["name"].to_list()) == (["acme USD"], ["acme KWD", "acme USD"])
    assert "Look first: 1 letter of the last level, and no earlier letter is recorded for it." in done.out
    assert "\u202e" not in (out / "mail-merge.csv").read_text(encoding="utf-8-sig")
