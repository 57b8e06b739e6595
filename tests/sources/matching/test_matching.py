from __future__ import annotations

from collections import Counter
from datetime import date
from math import log2
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources.companies_house_lists import company, write

from credrisk.errors import DataError, ParameterError
from credrisk.sources.matching.applying import apply_matches
from credrisk.sources.matching.blocking import MOST_CANDIDATES, Names, candidates
from credrisk.sources.matching.by_id import _lacking
from credrisk.sources.matching.comparing import compare
from credrisk.sources.matching.matching import match_customers
from credrisk.sources.matching.normal_names import normal_name
from credrisk.sources.matching.pairs import bits_of, compared_pairs
from credrisk.sources.matching.register import read_register, register_of
from credrisk.sources.matching.scoring import FEATURES, KEPT_BACK, weights

PLACE = {"country": "GB", "postcode": "LS1 4AP", "city": "Leeds", "street": "12 Mill Lane"}
REGISTER = [
    {"entity": "01000001", "name": "Velkora Harbottle Limited", **PLACE},
    {"entity": "01000002", "name": "Velkora Harbottle Holdings Limited", **PLACE},
    {"entity": "01000003", "name": "Velkora Harbottle II Limited", **PLACE},
    {"entity": "01000004", "name": "Velkora Harbottle Germany Limited", **PLACE},
    {"entity": "01000005", "name": "Velkora Harbottle plc", **PLACE},
    {"entity": "02000001", "name": "Nordic Trading Limited", "country": "GB", "city": "Hull"},
    {"entity": "03000001", "name": "Brunsdale Twyford Limited", "country": "GB", "city": "Bath", "parent": "09999999"},
    {
        "entity": "03000001",
        "name": "Oxenholt Merriwether Limited",
        "name_kind": "former",
        "country": "GB",
        "city": "Bath",
        "valid_from": "2010-01-01",
        "valid_to": "2019-05-31",
    },
]


def register(rows: list[dict[str, Any]] = REGISTER) -> pl.DataFrame:
    named = [{"register": "companies_house", "id_column": "company_number", **row} for row in rows]
    return pl.DataFrame(named, infer_schema_length=None)


def matched(name: str | None, entries: pl.DataFrame | None = None, **more: Any) -> dict[str, Any]:
    customer = pl.DataFrame([{"customer_id": "C1", "name": name, **more}])
    result = match_customers(customer, register() if entries is None else entries, output="polars")
    return result.matches.row(0, named=True)


def test_name_and_address_are_matched_though_sisters_are_near() -> None:
    found = matched("VELKORA HARBOTTLE LTD", **PLACE)
    assert (found["zone"], found["entity"], found["how"]) == ("auto", "01000001", "name and address")
    assert found["score"] >= weights().auto
    assert found["reason"].startswith("the same words, the same legal form")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Velkora Harbottle III Ltd", "a number that only one name has"),
        ("Velkora Harbottle Services Ltd", "tells sister companies apart"),
        ("Velkora Harbottle France Ltd", "tells sister companies apart"),
        ("Velkora Harbottle Quibble Ltd", "a word that only one name has"),
        ("Velkora Harbottle GmbH", "another legal form"),
    ],
)
def test_a_sister_company_is_never_matched_by_itself(name: str, said: str) -> None:
    found = matched(name, register(REGISTER[:1]), **PLACE)
    assert found["zone"] != "auto"
    assert found["zone"] == "none" or said in found["reason"]


def test_another_legal_form_is_another_company() -> None:
    assert matched("Velkora Harbottle PLC", **PLACE)["entity"] == "01000005"
    assert matched("Velkora Harbottle SE", register(REGISTER[:1]), **PLACE)["zone"] != "auto"


def test_a_name_of_common_words_needs_an_address() -> None:
    assert matched("Nordic Trading Ltd", country="GB")["zone"] == "review"
    assert "common words" in matched("Nordic Trading Ltd", country="GB")["reason"]


def test_two_that_fit_alike_are_for_a_person() -> None:
    twins = register([{"entity": e, "name": "Velkora Harbottle Ltd", "country": "GB"} for e in ("1", "2")])
    found = matched("Velkora Harbottle Ltd", twins, country="GB")
    assert found["zone"] == "review"
    assert "another fits about as well" in found["reason"]


def test_a_legal_form_on_one_side_alone_needs_an_address() -> None:
    assert matched("Velkora Harbottle", register(REGISTER[:1]), country="GB")["zone"] == "review"
    assert matched("Velkora Harbottle", register(REGISTER[:1]), **PLACE)["zone"] == "auto"


def test_the_form_may_stand_in_a_column_of_the_register() -> None:
    bare = {**REGISTER[0], "name": "Velkora Harbottle"}
    assert (
        matched("Velkora Harbottle Ltd", register([{**bare, "legal_form": "Limited"}]), country="GB")["zone"] == "auto"
    )
    assert matched("Velkora Harbottle Ltd", register([{**bare, "legal_form": "plc"}]), country="GB")["zone"] != "auto"


def test_another_country_is_never_sure() -> None:
    found = matched("Velkora Harbottle Ltd", register(REGISTER[:1]), country="IE")
    assert (found["zone"], "another country" in found["reason"]) == ("review", True)


def test_a_customer_in_trouble_is_found_by_its_name_of_before() -> None:
    found = matched("Velkora Harbottle Ltd (in administration)", **PLACE)
    assert (found["zone"], found["entity"]) == ("auto", "01000001")


def test_a_former_name_is_valid_to_its_last_day_and_the_parent_is_kept() -> None:
    found = matched("Oxenholt Merriwether Ltd", country="GB", city="Bath")
    assert (found["zone"], found["entity"], found["how"]) == ("auto", "03000001", "former name and address")
    assert (found["valid_from"], found["valid_to"]) == (date(2010, 1, 1), date(2019, 5, 31))
    assert found["parent"] == "09999999"
    now = matched("Brunsdale Twyford Ltd", country="GB", city="Bath")
    assert (now["entity"], now["valid_to"], now["how"]) == ("03000001", None, "name and address")


def test_nothing_is_said_with_its_reason() -> None:
    assert matched("Quite Another Firm Ltd")["reason"] == "no name in the register is alike enough"
    nameless = matched(None)
    assert (nameless["zone"], nameless["entity"], nameless["score"]) == ("none", None, None)
    assert "neither a name nor an id" in nameless["reason"]


def test_an_exact_id_goes_before_every_name() -> None:
    found = matched("VELKORA HARBOTTLE II", company_number="1000003")
    assert (found["zone"], found["entity"], found["how"], found["score"]) == ("auto", "01000003", "id", 1.0)
    assert found["entity_name"] == "Velkora Harbottle II Limited"


@pytest.mark.parametrize(
    "name", ["Velkora Harbotle Ltd", "Velkora Harb. Ltd", "VelkoraHarbottle Ltd", "Velkora Harbottle's"]
)
def test_a_word_cut_short_or_with_a_slip_is_no_other_word(name: str) -> None:
    found = matched(name, company_number="01000001", country="GB")
    assert (found["zone"], found["entity"]) == ("auto", "01000001")


def test_a_letter_or_a_part_of_a_word_is_no_word() -> None:
    names = [
        (normal_name("Acme Foods"), normal_name("A & B Foods")),
        (normal_name("Ash Trading"), normal_name("Nash Trading")),
    ]
    assert [_lacking(mine, theirs) for mine, theirs in names] == [["acme"], ["ash"]]


def test_an_id_with_an_absurdly_different_name_is_for_a_person() -> None:
    found = matched("Zyx Plumbing GmbH", company_number="01000003")
    assert (found["zone"], found["reason"]) == ("review", "the id fits, the name does not")


@pytest.mark.parametrize(
    ("name", "entity", "country", "said"),
    [
        ("Velkora Harbottle Services Ltd", "01000001", "GB", "tells sister companies apart: services"),
        ("Velkora Harbottle III Ltd", "01000001", "GB", "tells sister companies apart: iii"),
        ("Velkora Harbottle GmbH", "01000001", "GB", "the legal form is another"),
        ("Velkora", "01000001", "DE", "in another country: GB"),
        ("Velkora Harbottle LXI Ltd", "01000001", "GB", "tells sister companies apart: lxi"),
        (
            "Velkora Harbottle Quibble Ltd",
            "01000001",
            "GB",
            "no name of the entity has what the customer's has: quibble",
        ),
        ("Harbottle Velkora Ltd", "01000002", "GB", "tells sister companies apart: holding"),
        ("VELKORA", "01000003", "GB", "tells sister companies apart: ii"),
        ("Velkora Harbottle plc", "01000002", "GB", "this very name under another id: 01000005"),
        ("Velkora Harbottle", "01000004", "GB", "this very name under another id: 01000001, 01000005"),
    ],
)
def test_the_id_of_a_sister_or_parent_is_for_a_person(name: str, entity: str, country: str, said: str) -> None:
    found = matched(name, company_number=entity, country=country)
    assert (found["zone"], found["entity"], found["how"], found["score"]) == ("review", entity, "id", 0.5)
    assert found["reason"].startswith("the id fits, but ")
    assert said in found["reason"]


@pytest.mark.parametrize("name", ["Velkora Harbottle II", "Velkora Harbottle II Ltd.", "VELKORA HARBOTTLE II LIMITED"])
def test_an_id_whose_name_is_written_otherwise_is_sure(name: str) -> None:
    assert matched(name, company_number="01000003", country="GB")["zone"] == "auto"


def test_a_seat_abroad_is_no_doubt_where_nobody_at_home_bears_the_name() -> None:
    abroad = {"entity": "7", "name": "Quillfeather SE", "country": "NL"}
    assert matched("Quillfeather SE", register([abroad]), company_number="7", country="ES")["zone"] == "auto"
    assert matched("Quillfeather SE", register([abroad]), company_number="7", country="Spain")["zone"] == "auto"
    both = register([abroad, {"entity": "8", "name": "Quillfeather SE", "country": "ES"}])
    found = matched("Quillfeather SE", both, company_number="7", country="ES")
    assert (found["zone"], found["entity"]) == ("review", "7")
    assert "this very name under another id: 8" in found["reason"]
    elsewhere = register([abroad, {"entity": "8", "name": "Quillfeather SE", "country": "FR"}])
    assert matched("Quillfeather SE", elsewhere, company_number="7", country="ES")["zone"] == "auto"


def test_a_shortened_name_is_sure_by_its_id_when_nobody_bears_it() -> None:
    entries = register([{"entity": "7", "name": "Quillfeather Brunsdale Twyford Limited", "country": "GB"}])
    assert matched("Quillfeather Ltd", entries, company_number="7", country="GB")["zone"] == "auto"


def test_the_form_of_the_register_may_stand_in_a_column_beside_an_id() -> None:
    entries = register([{"entity": "7", "name": "Quillfeather", "country": "GB", "legal_form": "Limited"}])
    assert matched("Quillfeather Ltd", entries, company_number="7")["zone"] == "auto"
    assert matched("Quillfeather GmbH", entries, company_number="7")["zone"] == "review"


def test_an_id_fits_by_a_former_name_too() -> None:
    assert matched("Oxenholt Merriwether", company_number="03000001")["zone"] == "auto"


def test_an_id_that_is_not_in_the_register_keeps_a_name_from_being_sure() -> None:
    found = matched("Velkora Harbottle Ltd", company_number="07777777", **PLACE)
    assert found["zone"] == "review"
    assert "the id given is not in this register" in found["reason"]
    assert "not in this register" in matched("Zyx Plumbing", company_number="07777777")["reason"]


def test_letters_apart_or_swapped_are_found() -> None:
    for written in (
        "Velkroa Harbottle Ltd",
        "Velkora Harbotle Ltd",
        "Velkora Harbottel Limited",
        "Harbottle Velkora Ltd",
    ):
        found = matched(written, register(REGISTER[:1]), **PLACE)
        assert (found["zone"], found["entity"]) == ("auto", "01000001"), written


def test_umlauts_meet_either_way() -> None:
    entries = register([{"entity": "7", "name": "Grünwäldchen Möbelhütte GmbH", "country": "DE", "city": "Ulm"}])
    for written in ("Gruenwaeldchen Moebelhuette GmbH", "GRUNWALDCHEN MOBELHUTTE GMBH", "Grünwäldchen Möbelhütte GmbH"):
        assert matched(written, entries, country="DE", city="Ulm")["zone"] == "auto", written


NAMES = st.lists(
    st.sampled_from(
        [row["name"] for row in REGISTER] + ["Velkora Harbottel Ltd", "Nordic Trading", "Twyford", "Zyx Ltd"]
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=15)
@given(NAMES, st.randoms())
def test_the_order_of_rows_changes_nothing(names: list[str], chance: Any) -> None:
    customers = [{"customer_id": f"C{n}", "name": name, **PLACE} for n, name in enumerate(names)]
    shuffled, entries = list(customers), list(REGISTER)
    chance.shuffle(shuffled)
    chance.shuffle(entries)
    one = match_customers(pl.DataFrame(customers), register(), output="polars")
    other = match_customers(pl.DataFrame(shuffled), register(entries), output="polars")
    assert one.matches.equals(other.matches)
    assert one.review.equals(other.review)


def test_other_customers_change_nothing() -> None:
    customers = [{"customer_id": f"C{n}", "name": row["name"], **PLACE} for n, row in enumerate(REGISTER)]
    together = match_customers(pl.DataFrame(customers), register(), output="polars").matches
    for customer in customers:
        alone = match_customers(pl.DataFrame([customer]), register(), output="polars").matches
        assert alone.equals(together.filter(pl.col("customer_id") == customer["customer_id"]))


def test_blocking_finds_what_an_oracle_that_compares_all_would() -> None:
    names = ["acme velkora", "acme harbottle", "velkora", "nordic trading", "trading nordic", "wal mart", "walmart"]
    words = [tuple(name.split()) for name in names]
    theirs = Names.of(list(range(len(names))), words, ["GB"] * len(names))
    mine = Names.of([0, 1, 2], [("velkroa",), ("nordic", "trading"), ("walmart",)], ["GB", "GB", ""])
    found = {tuple(pair) for pair in candidates(mine, theirs).rows()}
    # 0: one letter swapped with velkora; 1: the words in either order; 2: one word or two, whatever the country
    assert found == {(0, 0), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)}


def test_pairs_hold_what_comparing_one_by_one_gives() -> None:
    entries = register_of(register()).sort("entity", "name")
    customers = pl.DataFrame([{"customer_id": "C", "name": "Velkora Harbottel Services Ltd", **PLACE}])
    pairs = compared_pairs(customers, entries)
    words = [normal_name(name).words for name in entries["name"]]
    bits = bits_of(Counter(word for name in words for word in set(name)), len(words))
    known = {word for name in words for word in name}.__contains__
    assert pairs.height >= 5
    for row in pairs.iter_rows(named=True):
        told = compare(("velkora", "harbottel", "services"), words[row["entry"]], bits=bits, known=known)
        assert {name: row[name] for name in told._fields} == told._asdict()
    # 8 names and 10,000 imagined ones: velkora is in five of them and in one of the imagined
    assert bits("velkora") == log2(10_008 / 6)
    assert bits("trading") == log2(10_008 / 101)


def test_candidates_are_bounded() -> None:
    many = Names.of(list(range(300)), [("acme", f"word{n}") for n in range(300)], ["GB"] * 300)
    assert candidates(Names.of([0], [("acme", "velkora")], ["GB"]), many).height == MOST_CANDIDATES


def test_pandas_comes_in_and_goes_out() -> None:
    result = match_customers(
        pd.DataFrame([{"customer_id": "C1", "name": "Velkora Harbottle Ltd", **PLACE}]), register().to_pandas()
    )
    assert isinstance(result.matches, pd.DataFrame)
    assert result.matches.loc[0, "entity"] == "01000001"
    assert isinstance(result.review, pd.DataFrame)


def test_no_customers_and_an_empty_register() -> None:
    none = match_customers(pl.DataFrame(schema={"customer_id": pl.String}), register(), output="polars")
    assert none.matches.height == 0
    empty = match_customers(pl.DataFrame({"customer_id": ["C1"]}), register().clear(), output="polars")
    assert empty.matches.height == 0


def test_customers_must_have_ids_once() -> None:
    for frame in (pl.DataFrame({"name": ["x"]}), pl.DataFrame({"customer_id": ["a", "a"]})):
        with pytest.raises(ParameterError, match="customer_id"):
            match_customers(frame, register())


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"id_column": "passport"}, "id_column"),
        ({"name_kind": "nickname"}, "name_kind"),
        ({"valid_to": "31.05.2019"}, "valid_to"),
    ],
)
def test_a_register_that_breaks_its_contract_is_refused(change: dict[str, str], column: str) -> None:
    with pytest.raises(DataError, match=column):
        register_of(register([{**REGISTER[0], **change}]))


def test_registers_are_read_from_files(tmp_path: Any) -> None:
    target = tmp_path / "house.csv"
    register().drop("id_column", "register").write_csv(target)
    read = read_register(target, id_column="company_number")
    assert read.sort("entity", "name").equals(
        register_of(register().with_columns(register=pl.lit("house"))).sort("entity", "name")
    )
    register().write_csv(target, separator=";")
    assert read_register(target).sort("entity", "name").equals(register_of(register()).sort("entity", "name"))
    tickers = tmp_path / "company_tickers.json"
    tickers.write_text('{"0":{"cik_str":789019,"ticker":"X","title":"EXAMPLE CORP"}}', encoding="utf-8")
    row = read_register(tickers).row(0, named=True)
    assert (row["register"], row["entity"], row["id_column"], row["name"]) == (
        "sec_edgar",
        "0000789019",
        "cik",
        "EXAMPLE CORP",
    )
    (tmp_path / "bad.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="company_tickers"):
        read_register(tmp_path / "bad.json")
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns are missing"):
        read_register(bad)


def test_the_list_of_companies_house_is_read_as_it_comes(tmp_path: Any) -> None:
    renamed = company(
        "09000001",
        "BRUNSDALE TWYFORD LIMITED",
        PreviousName_1_CONDATE="31/05/2019",
        PreviousName_1_CompanyName="OXENHOLT MERRIWETHER LIMITED",
    )
    read = read_register(write(tmp_path, "2026-01-01", [renamed]))
    found = matched("Oxenholt Merriwether Ltd", read, country="GB", city="Potstown")
    assert (found["register"], found["entity"], found["zone"]) == ("companies_house", "09000001", "auto")
    assert (found["how"], found["valid_to"]) == ("former name and address", date(2019, 5, 31))


def test_ids_are_filled_in_and_those_given_stand() -> None:
    customers = pl.DataFrame(
        [
            {"customer_id": "A", "name": "Velkora Harbottle Ltd", "company_number": None, **PLACE},
            {"customer_id": "B", "name": "Velkora Harbottle plc", "company_number": "1000005", **PLACE},
            {"customer_id": "C", "name": "Zyx Plumbing", "company_number": "01000002", **PLACE},
            {"customer_id": "D", "name": "Nordic Trading Ltd", "company_number": None, **PLACE},
        ]
    )
    matches = match_customers(customers, register(), output="polars").matches
    filled = apply_matches(customers, matches, output="polars")
    assert filled["company_number"].to_list() == ["01000001", "1000005", "01000002", None]
    first = matches.row(0, named=True)["score"]
    assert filled["confidence_company_number"].to_list() == [first, 1.0, 0.5, None]
    assert filled["customer_id"].to_list() == ["A", "B", "C", "D"]
    again = apply_matches(filled, matches, output="polars")
    assert again.equals(filled)


def said_of(customer: str, entity: str, decision: str) -> pl.DataFrame:
    about = {"register": "companies_house", "id_column": "company_number"}
    return pl.DataFrame([{"decision": decision, "customer_id": customer, "entity": entity, **about}])


def test_an_id_given_that_a_person_rejected_is_not_used() -> None:
    customers = pl.DataFrame(
        [
            {"customer_id": "A", "name": "Zyx Plumbing", "company_number": "1000002"},
            {"customer_id": "B", "name": "Velkora Harbottle plc", "company_number": "1000005"},
        ]
    )
    said = said_of("A", "01000002", "reject")
    matches = match_customers(customers, register(), decisions=said, output="polars").matches
    assert matches.select("customer_id", "zone", "rejected").rows() == [("A", "none", "01000002"), ("B", "auto", None)]
    filled = apply_matches(customers, matches, output="polars")
    assert filled["company_number"].to_list() == [None, "1000005"]
    assert filled["confidence_company_number"].to_list() == [None, 1.0]
    assert "_refused" not in filled.columns


def test_a_person_who_names_another_overrules_the_id_given() -> None:
    customers = pl.DataFrame([{"customer_id": "A", "name": "Zyx Plumbing", "company_number": "01000002"}])
    for decision in (said_of("A", "01000005", "accept"), said_of("A", "01000002", "01000005")):
        matches = match_customers(customers, register(), decisions=decision, output="polars").matches
        filled = apply_matches(customers, matches, output="polars")
        assert filled.select("company_number", "confidence_company_number").rows() == [("01000005", 1.0)]
    same = match_customers(customers, register(), decisions=said_of("A", "1000002", "accept"), output="polars").matches
    assert apply_matches(customers, same, output="polars")["company_number"].to_list() == ["01000002"]


def test_columns_of_any_name_and_ids_read_as_numbers_do_no_harm() -> None:
    customers = pl.DataFrame(
        [{"customer_id": "A", "name": "Zyx", "cik": "0000320193", "key": "k", "chosen": "c", "entity": "e"}]
    )
    row = {"customer_id": "A", "register": "sec", "id_column": "cik", "score": None, "zone": "none", "how": None}
    for rejected in (320193.0, "320193.0", "0000320193"):
        matches = pl.DataFrame([{**row, "entity": None, "rejected": rejected}])
        filled = apply_matches(customers, matches, output="polars")
        assert filled.row(0, named=True) | {"cik": None} == customers.row(0, named=True) | {
            "cik": None,
            "confidence_cik": None,
        }
        assert filled["cik"].to_list() == [None]


def test_matches_without_what_was_rejected_are_read() -> None:
    customers = pl.DataFrame([{"customer_id": "A", "name": "Velkora Harbottle Ltd", **PLACE}])
    matches = match_customers(customers, register(), output="polars").matches.drop("rejected")
    assert apply_matches(customers, matches, output="polars")["company_number"].to_list() == ["01000001"]


def test_two_registers_that_contradict_each_other_are_told() -> None:
    base = {"customer_id": "A", "id_column": "lei", "score": 0.99, "zone": "auto", "how": "name"}
    twice = pl.DataFrame([{**base, "register": "g", "entity": "L1"}, {**base, "register": "h", "entity": "L2"}])
    with pytest.raises(DataError, match="two registers give different ids"):
        apply_matches(pl.DataFrame({"customer_id": ["A"]}), twice)


def test_the_weights_that_come_with_the_package_are_whole() -> None:
    fitted = weights()
    assert set(fitted.weights) == set(FEATURES)
    assert 0 < fitted.review < fitted.auto < 1
    assert fitted.weights["form_differs"] < 0
    assert fitted.weights["telling"] < 0
    assert fitted.weights["number"] < 0
    assert len(set(KEPT_BACK.values())) == len(KEPT_BACK)
