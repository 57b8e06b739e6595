"""Matching on names of real companies: labelled hard cases, sisters among the recorded LEI records, SEC's list."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from beside import SHARED

from credrisk.sources.matching.matching import match_customers
from credrisk.sources.matching.register import read_register

SAMPLES = SHARED / "samples"
pytestmark = pytest.mark.real


def records(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, list):
        for part in content:
            yield from records(part)
    elif isinstance(content, dict):
        if content.get("type") == "lei-records" and "attributes" in content:
            yield content
        for part in content.values():
            yield from records(part)


@pytest.fixture(scope="module")
def gleif() -> pl.DataFrame:
    """Legal names at their legal addresses, one row a record."""
    rows = {}
    for path in sorted((SAMPLES / "gleif").rglob("*.json")):
        for record in records(json.loads(path.read_text(encoding="utf-8"))):
            entity = record["attributes"]["entity"]
            at = entity["legalAddress"]
            place = {"country": at["country"], "city": at["city"], "postcode": at["postalCode"]}
            rows[record["id"]] = {"entity": record["id"], "name": entity["legalName"]["name"], **place}
    frame = pl.DataFrame(list(rows.values()), infer_schema_length=None)
    return frame.with_columns(register=pl.lit("gleif"), id_column=pl.lit("lei"))


def zones(customers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    return match_customers(customers, register, output="polars").matches.select("customer_id", "entity", "zone")


def test_every_record_is_found_among_its_sisters(gleif: pl.DataFrame) -> None:
    assert gleif.height == 90
    customers = gleif.select(pl.col("entity").alias("customer_id"), "name", "country", "city", "postcode")
    found = zones(customers, gleif)
    auto = found.filter(pl.col("zone") == "auto")
    assert (auto["entity"] == auto["customer_id"]).all()
    assert auto.height >= 80


def test_no_sister_is_taken_for_a_company_that_is_missing(gleif: pl.DataFrame) -> None:
    customers = gleif.select(pl.col("entity").alias("customer_id"), "name", "country", "city", "postcode")
    for lei in gleif["entity"]:
        missing = pl.col("entity") == lei
        found = zones(customers.filter(pl.col("customer_id") == lei), gleif.filter(~missing))
        assert found["zone"][0] != "auto", lei


@pytest.mark.parametrize(
    ("name", "lei"),
    [
        # read from the recorded lists: two sisters at one address that differ by a number, and a plain one
        ("Shell Exploration and Production (84) BV", "213800X65BJZAEPM4W02"),
        ("SHELL EXPLORATION & PRODUCTION (LXI) B.V.", "213800WQ36VBEPHQOX52"),
    ],
)
def test_sisters_that_differ_by_a_number_are_told_apart(gleif: pl.DataFrame, name: str, lei: str) -> None:
    customer = pl.DataFrame([{"customer_id": "C", "name": name, "country": "NL", "postcode": "2596 HR"}])
    assert zones(customer, gleif).row(0) == ("C", lei, "auto")


def test_no_near_miss_among_the_labelled_cases_is_automatic() -> None:
    with (SAMPLES / "entity_resolution" / "nomenklatura_name_bench_cases.csv").open(encoding="utf-8") as file:
        pairs = [row for row in csv.DictReader(file) if row["schema"] in {"Company", "Organization", "LegalEntity"}]
    assert len(pairs) == 266
    near_misses = [(row["name1"], row["name2"]) for row in pairs if row["is_match"] == "false"]
    assert len(near_misses) == 95
    for one, other in near_misses:
        customer = pl.DataFrame({"customer_id": ["C"], "name": [one]})
        entry = pl.DataFrame({"register": "r", "entity": "1", "id_column": "lei", "name": other})
        assert zones(customer, entry)["zone"][0] != "auto", (one, other)


def test_registrants_are_found_in_the_list_of_the_sec() -> None:
    listed = read_register(SAMPLES / "sec_edgar" / "company_tickers.json")
    customers = pl.DataFrame(
        {
            "customer_id": ["1", "2", "3"],
            "name": ["Berkshire Hathaway, Incorporated", "Advanced Micro Devices", "No Such Registrant Inc."],
            "country": ["US", "US", "US"],
        }
    )
    found = zones(customers, listed).rows()
    # the list: 1067983 BERKSHIRE HATHAWAY INC; 2488 ADVANCED MICRO DEVICES INC (form on one side alone: for a person)
    assert found[0] == ("1", "0001067983", "auto")
    assert found[1] == ("2", "0000002488", "review")
    assert found[2] == ("3", None, "none")
