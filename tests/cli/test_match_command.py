"""`credrisk match`: what it writes is what the library finds, and decisions survive the next call."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded


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


def test_a_file_that_is_no_register_is_refused(ledger: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    assert "columns are missing" in refused("match", ledger, "--register", bad, "--out", tmp_path / "public")
