"""The master data against a register: moved, renamed, ended, succeeded, and nothing where nothing can be said."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.sources.address_tracing import ADDRESS_FINDINGS, address_findings
from credrisk.sources.companies_house_state import postcode_in
from credrisk.sources.matching.register import REGISTER


def register(*rows: dict[str, Any]) -> pl.DataFrame:
    common = {"register": "companies_house", "id_column": "company_number", "name_kind": "legal", "status": "active"}
    return pl.DataFrame([{name: ({**common, **row}).get(name) for name in REGISTER} for row in rows], schema=REGISTER)


def customer(**more: Any) -> pl.DataFrame:
    master = {
        "customer_id": "C1",
        "company_number": "9000001",
        "name": "Invented Ceramics Ltd.",
        "street": "1 Kiln Lane",
        "city": "Potstown",
        "postcode": "zz1 1aa",
        "country": "GB",
    }
    return pl.DataFrame([master | more], infer_schema_length=None)


OWN = {
    "entity": "09000001",
    "name": "INVENTED CERAMICS LIMITED",
    "street": "1 KILN LANE",
    "city": "POTSTOWN",
    "postcode": "ZZ1 1AA",
    "country": "GB",
}


def kinds(customers: pl.DataFrame, *rows: dict[str, Any]) -> list[str]:
    return address_findings(customers, register(*rows))["kind"].to_list()


def test_customer_in_order_gives_no_finding() -> None:
    found = address_findings(customer(), register(OWN))
    assert found.is_empty()
    assert found.schema == ADDRESS_FINDINGS


@pytest.mark.parametrize(
    ("master", "office", "differs"),
    [
        ({"street": "The Old Works"}, {}, False),
        ({"postcode": "ZZ9 9ZZ"}, {}, True),
        ({"postcode": None}, {}, False),
        ({"postcode": None, "street": "1, Kiln Ln"}, {}, False),
        ({"postcode": None, "street": "2 Kiln Lane"}, {}, False),
        ({"postcode": None, "street": "2 Kiln Lane", "city": "Vaseham"}, {}, True),
        ({"postcode": None, "street": None, "city": None}, {}, False),
        ({}, {"postcode": None, "street": None, "city": None}, False),
        ({"postcode": " - "}, {"street": None, "city": None}, False),
        ({"country": "ie"}, {}, False),
        ({"country": "ie", "company_number": "SC000001"}, {"entity": "SC000001"}, True),
        ({"country": "gb"}, {}, False),
    ],
)
def test_addresses_differ_only_where_they_surely_do(
    master: dict[str, Any], office: dict[str, Any], differs: bool
) -> None:
    assert kinds(customer(**master), OWN | office) == ["address_differs"] * differs


def test_both_addresses_are_shown() -> None:
    found = address_findings(customer(postcode="ZZ9 9ZZ"), register(OWN)).row(0, named=True)
    assert found["in_master"] == "1 Kiln Lane, Potstown, ZZ9 9ZZ"
    assert found["in_register"] == "1 KILN LANE, POTSTOWN, ZZ1 1AA"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("active", None),
        (None, None),
        ("Active - Proposal to Strike off", None),
        ("dissolved", "dissolved"),
        ("converted-closed", "dissolved"),
        ("INACTIVE", "dissolved"),
        ("Liquidation", "in_liquidation"),
        ("In Administration", "in_proceedings"),
        ("voluntary-arrangement", "in_proceedings"),
    ],
)
def test_statuses(status: str | None, kind: str | None) -> None:
    assert kinds(customer(), OWN | {"status": status}) == ([kind] if kind else [])


def test_open_balance_of_a_company_that_has_ended_comes_first() -> None:
    ended = OWN | {"status": "dissolved"}
    assert kinds(customer(open_balance=12.5), ended) == ["closed_but_open_balance", "dissolved"]
    assert kinds(customer(open_balance=12.5), OWN | {"status": "liquidation"})[0] == "closed_but_open_balance"
    assert kinds(customer(open_balance=12.5), OWN) == []
    for nothing in (0.0, -5.0, None):
        assert kinds(customer(open_balance=nothing), ended) == ["dissolved"]
    assert address_findings(customer(open_balance=12.5), register(ended))["open_balance"].to_list() == [12.5, 12.5]


def test_former_name_in_the_master() -> None:
    former = OWN | {"name": "Invented Pots Limited", "name_kind": "former", "valid_to": date(2012, 5, 1)}
    found = address_findings(customer(name="INVENTED POTS LTD"), register(OWN, former)).row(0, named=True)
    assert (found["kind"], found["in_register"]) == ("renamed", "INVENTED CERAMICS LIMITED")
    assert "2012-05-01" in found["reason"]
    assert kinds(customer(), OWN, former) == []
    assert kinds(customer(name="Somebody Else"), OWN, former) == []
    taken_back = former | {"name": "INVENTED CERAMICS LIMITED"}
    assert kinds(customer(), OWN, taken_back) == []


def test_live_company_of_the_same_name_may_be_the_successor() -> None:
    ended, other = OWN | {"status": "dissolved"}, OWN | {"entity": "09000009"}
    found = address_findings(customer(), register(ended, other))
    assert found.select("kind", "entity").rows() == [("dissolved", "09000001"), ("possible_successor", "09000009")]
    assert kinds(customer(), OWN, other) == []
    assert kinds(customer(), ended, other | {"status": "dissolved"}) == ["dissolved"]
    heir = other | {"name": "NEW CERAMICS LIMITED"}
    took_name = heir | {"name": "INVENTED CERAMICS LIMITED", "name_kind": "former"}
    assert kinds(customer(), ended, heir) == ["dissolved"]
    assert kinds(customer(), ended, heir, took_name) == ["dissolved", "possible_successor"]


def test_customers_without_an_id_or_in_no_register_give_nothing() -> None:
    gone = OWN | {"status": "dissolved"}
    assert kinds(customer(company_number=None), gone) == []
    assert kinds(customer(company_number="9000002"), gone) == []
    assert address_findings(customer().drop("company_number"), register(gone)).is_empty()
    assert address_findings(customer(), register()).is_empty()
    bare = pl.DataFrame({"customer_id": [1], "company_number": ["09000001"]})
    assert address_findings(bare, register(gone))["customer_id"].to_list() == ["1"]


def test_number_of_digits_is_not_taken_for_one_of_another_country() -> None:
    gone = OWN | {"status": "dissolved"}
    assert kinds(customer(country="IE"), gone) == []
    assert kinds(customer(country=None), gone) == ["dissolved"]
    matched = customer(country="IE", confidence_company_number=0.99)
    assert kinds(matched, gone) == ["dissolved", "address_differs"]


def test_several_registers_and_customers() -> None:
    lei = OWN | {"register": "gleif", "id_column": "lei", "entity": "0000LEI", "status": "INACTIVE"}
    both = pl.concat([customer(lei="0000LEI"), customer(customer_id="C2", lei=None)], how="vertical_relaxed")
    found = address_findings(both, register(OWN, lei))
    assert found.select("customer_id", "kind", "register").rows() == [("C1", "dissolved", "gleif")]
    shuffled = address_findings(both.reverse(), register(lei, OWN))
    assert shuffled.equals(found)


def test_columns_are_needed() -> None:
    with pytest.raises(ParameterError, match="customers must be"):
        address_findings(pl.DataFrame({"id": ["1"]}), register(OWN))
    with pytest.raises(ParameterError, match="register_rows must be"):
        address_findings(customer(), register(OWN).drop("status"))


@pytest.mark.parametrize(
    ("address", "postcode"),
    [
        ("71 New Dover Road, Canterbury, CT1 3DZ", "CT1 3DZ"),
        ("c/o SW1A 1AA Ltd, Maidstone, me145da", "ME14 5DA"),
        ("Dublin 2, Ireland", None),
        ("", None),
    ],
)
def test_postcode_in_an_address(address: str, postcode: str | None) -> None:
    assert postcode_in(address) == postcode
