"""`credrisk match`: what it writes is what the library finds, and decisions survive the next call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.sources.public_folder import read_public


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "customers.csv").write_text(
        "customer_id,name,country,postcode,city,company_number\n"
        "A,Velkora Harbottle Ltd,GB,LS1 4AP,Leeds,\n"
        "B,Quillfeather Brunsdale,GB,,,\n"
        "C,=Zyx Plumbing Ltd,GB,,,01000004\n"
        "D,Nobody At All Ltd,GB,,,\n",
        encoding="utf-8",
    )
    rows = "".join(f"D{n},{name},2025-01-0{n + 1},2025-02-0{n + 1},100\n" for n, name in enumerate("ABCD"))
    (folder / "documents.csv").write_text(
        "document_id,customer_id,document_date,due_date,amount\n" + rows, encoding="utf-8"
    )
    (folder / "settings.csv").write_text("key,value\ncurrency,EUR\n", encoding="utf-8")
    return folder


@pytest.fixture
def house(tmp_path: Path) -> Path:
    target = tmp_path / "house.csv"
    target.write_text(
        "entity,name,country,postcode,city\n"
        "01000001,VELKORA HARBOTTLE LIMITED,GB,LS1 4AP,LEEDS\n"
        "01000002,VELKORA HARBOTTLE HOLDINGS LIMITED,GB,LS1 4AP,LEEDS\n"
        "01000003,QUILLFEATHER BRUNSDALE LIMITED,GB,BA1 1AA,BATH\n"
        "01000004,=ZYX PLUMBING LIMITED,GB,BA1 1AA,BATH\n",
        encoding="utf-8",
    )
    return target


def test_matches_and_review_file_are_written_and_decisions_stand(ledger: Path, house: Path, tmp_path: Path) -> None:
    out = tmp_path / "public"
    asked = ("match", ledger, "--register", house, "--id-column", "company_number", "--out", out)
    said = succeeded(*asked).out
    matches = pl.read_csv(out / "matches.csv", infer_schema=False)
    assert matches["zone"].to_list() == ["auto", "review", "auto", "none"]
    assert matches["entity"].to_list() == ["01000001", "01000003", "01000004", None]
    assert matches["entity_name"][2].startswith("'=")
    assert "house" in said
    today = datetime.now(UTC).date()
    kept = read_public(out).register
    assert kept.select("entity", "name", "city", "known_at").rows() == [
        ("01000001", "VELKORA HARBOTTLE LIMITED", "LEEDS", today),
        ("01000003", "QUILLFEATHER BRUNSDALE LIMITED", "BATH", today),
        ("01000004", "=ZYX PLUMBING LIMITED", "BATH", today),
    ]
    assert "overwrite" in refused(*asked)

    review = out / "match_review.csv"
    text = review.read_text(encoding="utf-8")
    assert text.count("\n,B,") == 1
    review.write_text(text.replace("\n,B,", "\naccept,B,"), encoding="utf-8")
    said = succeeded(*asked, "--overwrite").out
    decided = pl.read_csv(out / "matches.csv", infer_schema=False).filter(pl.col("customer_id") == "B")
    assert decided.select("zone", "decided_by", "entity").row(0) == ("auto", "review_file", "01000003")
    assert "your decision" in said
    assert "accept,B," in review.read_text(encoding="utf-8")

    review.write_text(review.read_text(encoding="utf-8").replace("accept,B", "acept,B"), encoding="utf-8")
    assert "neither accept nor reject" in refused(*asked, "--overwrite")


def test_the_copy_of_a_register_is_known_from_its_day_and_the_register_itself_stays(
    ledger: Path, house: Path, tmp_path: Path
) -> None:
    out = tmp_path / "public"
    asked = ("match", ledger, "--register", house, "--id-column", "company_number", "--out", out)
    assert "or earlier" in refused(*asked, "--register-date", "2999-01-01")
    succeeded(*asked, "--register-date", "2025-02-01")
    assert set(read_public(out).register["known_at"]) == {date(2025, 2, 1)}
    said = succeeded("addresses", ledger, "--public", out, "--out", tmp_path / "addresses.csv").out
    assert "no id is known" in said
    assert "no register was given" not in said
    succeeded(*asked, "--overwrite")  # a copy of today, beside a ledger that ends earlier: looked at as of today
    succeeded("addresses", ledger, "--public", out, "--out", tmp_path / "today.csv")
    own = tmp_path / "register.csv"
    own.write_text(house.read_text(encoding="utf-8"), encoding="utf-8")
    refusal = refused("match", ledger, "--register", own, "--id-column", "company_number", "--out", tmp_path)
    assert "another folder than that of the register" in refusal
    assert own.read_text(encoding="utf-8") == house.read_text(encoding="utf-8")


def test_a_file_that_is_no_register_is_refused(ledger: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "columns are missing" in refused("match", ledger, "--register", bad, "--out", tmp_path / "public")
