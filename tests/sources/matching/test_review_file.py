from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.sources.matching.matching import Matches, match_customers
from credrisk.sources.matching.review_file import read_review, write_review

CUSTOMERS = pl.DataFrame(
    [
        {"customer_id": "0001", "name": "Velkora Services Ltd", "country": "GB"},
        {"customer_id": "0002", "name": "Quillfeather Brunsdale", "country": "GB"},
    ]
)
REGISTER = pl.DataFrame(
    [
        {"entity": "01000001", "name": "Velkora Limited", "country": "GB"},
        {"entity": "01000002", "name": "Velkora Holdings Limited", "country": "GB"},
        {"entity": "01000003", "name": "Quillfeather Brunsdale Limited", "country": "GB"},
    ]
).with_columns(register=pl.lit("house"), id_column=pl.lit("company_number"))

LEI = "INVENTED0VELKORA0021"


def run(decisions: pl.DataFrame | None = None, register: pl.DataFrame = REGISTER) -> Matches:
    return match_customers(CUSTOMERS, register, decisions=decisions, output="polars")


def decide(review: pl.DataFrame, customer: str, entity: str, decision: str) -> pl.DataFrame:
    row = (pl.col("customer_id") == customer) & (pl.col("entity") == entity)
    assert review.filter(row).height == 1
    return review.with_columns(decision=pl.when(row).then(pl.lit(decision)).otherwise("decision"))


def one(result: Matches, customer: str) -> dict[str, Any]:
    return dict(result.matches.filter(pl.col("customer_id") == customer).row(0, named=True))


def test_likely_pairs_are_proposed_and_wait() -> None:
    first = run()
    assert one(first, "0002")["zone"] == "review"
    assert first.review.filter(pl.col("customer_id") == "0002")["entity"].to_list() == ["01000003"]
    assert first.review["decision"].null_count() == first.review.height
    assert run(first.review).review.equals(first.review)


def test_an_accepted_pair_is_sure_ever_after() -> None:
    decided = decide(run().review, "0002", "01000003", " Accept ")
    for register in (REGISTER, REGISTER.filter(pl.col("entity") != "01000003")):
        result = run(decided, register)
        found = one(result, "0002")
        assert (found["zone"], found["decided_by"], found["entity"]) == ("auto", "review_file", "01000003")
        assert found["score"] == 1.0
        assert result.review.filter(pl.col("decision") == " Accept ").height == 1
    assert found["entity_name"] == "Quillfeather Brunsdale Limited"
    assert "no longer" in found["reason"]
    assert "mistyped" in found["reason"]


def test_a_rejected_pair_never_returns() -> None:
    decided = decide(run().review, "0002", "01000003", "reject")
    result = run(decided)
    assert one(result, "0002")["zone"] == "none"
    assert "rejected by a person" in one(result, "0002")["reason"]
    assert "no other name" in one(result, "0002")["reason"]
    again = run(result.review)
    assert again.review.equals(result.review)
    assert again.review.filter(pl.col("customer_id") == "0002")["decision"].to_list() == ["reject"]


def test_after_a_rejection_nothing_is_matched_unseen() -> None:
    place = {"postcode": "LS1 4AP", "city": "Leeds"}
    customer = pl.DataFrame([{"customer_id": "A", "name": "Velkora Quill Ltd", "country": "GB", **place}])
    named = {"register": "house", "id_column": "company_number", "name": "Velkora Quill Ltd", "country": "GB"}
    both = pl.DataFrame(
        [
            {**named, **place, "entity": "11"},
            {**named, "city": "Bath", "entity": "22"},
            {**named, **place, "entity": "33"},
        ]
    )
    said = pl.DataFrame(
        [{"decision": "reject", "customer_id": "A", "entity": "11", **{k: named[k] for k in ("register", "id_column")}}]
    )
    first = match_customers(customer, both.filter(pl.col("entity") != "11"), output="polars").matches
    assert first.row(0, named=True)["zone"] == "auto"
    after = match_customers(customer, both, decisions=said, output="polars").matches.row(0, named=True)
    assert (after["zone"], after["entity"]) == ("review", "33")
    assert "rejected" in after["reason"]


def test_another_id_says_who_it_is() -> None:
    decided = decide(run().review, "0002", "01000003", "1000001")
    result = run(decided)
    found = one(result, "0002")
    assert (found["zone"], found["entity"], found["entity_name"]) == ("auto", "01000001", "Velkora Limited")
    assert found["decided_by"] == "review_file"


def test_an_id_given_is_overruled_by_a_person() -> None:
    customers = CUSTOMERS.with_columns(company_number=pl.lit("01000001"))
    said = decide(run().review, "0002", "01000003", "accept")
    result = match_customers(customers, REGISTER, decisions=said, output="polars")
    assert one(result, "0002")["entity"] == "01000003"


def test_the_file_goes_through_a_spreadsheet(tmp_path: Path) -> None:
    target = tmp_path / "review.csv"
    write_review(decide(run().review, "0002", "01000003", "accept"), target)
    text = target.read_text(encoding="utf-8").replace("0002,", "2,").replace("01000003", "1000003")
    target.write_text(text.replace(",", ";").replace("the same words; ", "the same words, "), encoding="utf-8")
    found = one(run(read_review(target)), "0002")
    assert (found["zone"], found["entity"]) == ("auto", "01000003")


def test_cells_that_a_spreadsheet_would_run_are_harmless_and_come_back(tmp_path: Path) -> None:
    target = tmp_path / "review.csv"
    review = run().review.with_columns(note=pl.lit("=1+1"), own_column=pl.lit("kept"))
    write_review(review, target)
    assert "'=1+1" in target.read_text(encoding="utf-8")
    read = read_review(target)
    assert set(read["note"]) == {"=1+1"}
    kept = run(read).review
    assert set(kept["own_column"]) == {"kept"}


def test_no_file_is_no_decision(tmp_path: Path) -> None:
    assert read_review(tmp_path / "none.csv").height == 0


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"decision": "acept"}], "neither accept nor reject nor an id"),
        ([{"decision": "accept", "entity": ""}], "in a row without"),
        ([{"decision": "accept", "id_column": "passport"}], "is none of"),
        ([{"decision": "accept", "entity": "5,49E+19"}], "rounded number"),
        ([{"decision": "5299 00T8BM49AURSDO54", "id_column": "lei"}], "check digits are wrong"),
        ([{"decision": "accept"}, {"decision": "accept", "entity": "2"}], "two entities"),
        ([{"decision": "accept"}, {"decision": "reject"}], "accepted and rejected"),
    ],
)
def test_a_decision_that_cannot_be_read_is_refused(tmp_path: Path, rows: list[dict[str, str]], said: str) -> None:
    base = {"customer_id": "C1", "register": "house", "id_column": "company_number", "entity": "1"}
    target = tmp_path / "review.csv"
    pl.DataFrame([{**base, **row} for row in rows]).write_csv(target)
    with pytest.raises(DataError, match=said) as caught:
        read_review(target)
    assert "C1" in str(caught.value)


def test_an_lei_whose_check_digits_are_right_is_a_decision(tmp_path: Path) -> None:
    target = tmp_path / "review.csv"
    row = {"customer_id": "C1", "register": "gleif", "id_column": "lei", "entity": "1", "decision": LEI.lower()}
    pl.DataFrame([row]).write_csv(target)
    assert read_review(target).height == 1


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "review.csv"
    target.write_text("decision,customer_id\naccept,C1\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns are missing"):
        read_review(target)


def test_a_spreadsheet_shows_accents_and_a_file_in_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    target = tmp_path / "review.csv"
    review = run().review.with_columns(note=pl.lit("Müller"))
    write_review(review, target)
    assert target.read_bytes().startswith(b"\xef\xbb\xbfdecision,")
    assert read_review(target).equals(review)
    target.write_bytes(target.read_bytes().decode("utf-8-sig").encode("cp1252"))
    with pytest.raises(DataError, match="save it as CSV UTF-8"):
        read_review(target)
