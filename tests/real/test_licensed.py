"""Licensed providers on recorded and published bodies, with figures read from them by hand.

Creditsafe's SOAP bodies are recorded; Coface's schema and examples are its own; D&B's shape and Creditsafe's Connect
report are typed from documentation.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from beside import SHARED
from defusedxml.ElementTree import fromstring
from sources import licensed_bodies

from credrisk.sources.licensed import LicensedResult, read_licensed
from credrisk.sources.licensed.coface import READ

SAMPLES = SHARED / "samples"
RECEIVED = date(2015, 7, 1)
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"

pytestmark = pytest.mark.real


def creditsafe(name: str) -> LicensedResult:
    return read_licensed(SAMPLES / "creditsafe" / "soap_globaldata_xml" / name, received_on=RECEIVED)


def test_recorded_report_of_creditsafe() -> None:
    result = creditsafe("company-report-successful.xml")
    assert result.answers.select("entity", "status").rows() == [("GB003/0/07495895", "hit")]
    ratings = result.ratings.sort("scale").select("scale", "value", "rated_on", "known_at", "company_number").rows()
    assert ratings == [
        ("common_rating", "A", date(2014, 10, 29), RECEIVED, "07495895"),
        ("provider_score", "96", date(2014, 10, 29), RECEIVED, "07495895"),
    ]
    risks = dict(result.ratings.select("scale", "risk").iter_rows())
    assert risks == {"common_rating": 0.0, "provider_score": pytest.approx(0.04)}
    common = result.ratings.filter(scale="common_rating").row(0, named=True)
    assert (common["limit_amount"], common["limit_currency"], common["risk_class"]) == (
        405_000.0,
        "GBP",
        "Very Low Risk",
    )
    assert common["report_reference"] == "23187624"


def test_statements_of_the_recorded_report() -> None:
    facts = creditsafe("company-report-successful.xml").facts
    year = {
        measure: value
        for measure, ended, value in facts.select("measure", "period_end", "value").iter_rows()
        if ended == date(2014, 1, 31)
    }
    assert year == {
        "cash": 403_239.0,
        "current_assets": 4_292_889.0,
        "current_liabilities": 62_663.0,
        "equity": 4_287_289.0,
        "inventory": 0.0,
        "liabilities": 62_663.0,
        "long_term_debt": 0.0,
        "payables": 62_663.0,
        "receivables": 3_889_650.0,
        "short_term_debt": 0.0,
        "total_assets": 4_349_952.0,
    }
    assert year["total_assets"] == year["liabilities"] + year["equity"]
    # The profit and loss accounts of all three years state 0: nothing was disclosed.
    assert "revenue" not in facts["measure"]
    assert set(facts["unit"]) == {"GBP"}


def test_history_of_the_recorded_report_names_nobody() -> None:
    events = creditsafe("company-report-successful.xml").events
    counts = dict(events["kind"].value_counts().iter_rows())
    # Four appointments of 19 January 2011 are one event; two changes of the office lie two years apart.
    assert counts == {
        "accounts_filed": 3,
        "charge_registered": 2,
        "director_appointed": 5,
        "director_resigned": 1,
        "name_changed": 1,
        "registered_office_changed": 2,
    }
    assert events.filter(kind="charge_registered")["happened_on"].to_list() == [date(2011, 9, 27), date(2015, 4, 28)]
    assert not any("REDACTED" in text for text in events["text"])


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("company-report-not-found.xml", "none", "not found"),
        ("find-companies-none-found.xml", "none", "no results"),
        ("error-fault.xml", "not_measured", "internal error"),
        ("error-invalid-credentials.html", "not_measured", "401 - Unauthorized"),
        ("find-companies-error.xml", "not_measured", "error 30102: Invalid countries list specified."),
        ("find-companies-error-no-text.xml", "not_measured", "error 30102: no reason"),
        ("find-companies-successful.xml", "not_measured", "holds no report"),
        ("find-companies-successful-multi.xml", "not_measured", "holds no report"),
    ],
)
def test_recorded_messages_and_errors_of_creditsafe(name: str, status: str, reason: str) -> None:
    result = creditsafe(name)
    (answer,) = result.answers.rows(named=True)
    assert (answer["status"], result.read) == (status, 0)
    assert reason in answer["reason"]


def test_failed_french_company_is_not_scored_and_not_active() -> None:
    path = SAMPLES / "creditsafe" / "connect_v1_report_excerpt.json"
    result = read_licensed(path, received_on="2024-01-01")
    ratings = result.ratings.sort("scale").select("scale", "value", "risk", "rated_on", "limit_amount").rows()
    assert ratings == [
        ("common_rating", "E", None, date(2021, 5, 7), None),
        ("provider_score", "Not Rated", None, date(2021, 5, 7), None),
    ]
    assert result.events.select("kind", "known_at").rows() == [("entity_inactive", date(2024, 1, 1))]
    figures = dict(result.facts.select("measure", "value").iter_rows())
    assert (figures["revenue"], figures["equity"], figures["payables"]) == (234_683.0, -167_924.0, 72_881.0)
    assert figures["net_income"] == -36_276.0
    assert set(result.facts["period_start"].drop_nulls()) == {date(2009, 10, 1)}


def test_shape_of_dnb_is_read_where_it_is_filled(tmp_path: Path) -> None:
    path = SAMPLES / "dnb" / "paymentinsight_and_financialstrength_shape.json"
    empty = read_licensed(path, received_on=RECEIVED)
    assert empty.answers["status"].to_list() == ["not_measured"]
    content = json.loads(path.read_text(encoding="utf-8"))
    company = content["organization"]
    company["duns"] = licensed_bodies.DUNS
    company["businessTrading"][0]["summary"][0]["paydexScore"] = 80
    company["dnbAssessment"]["failureScore"]["classScore"] = 1
    company["dnbAssessment"]["delinquencyScore"]["nationalPercentile"] = 1
    company["legalEvents"]["hasOpenBankruptcy"] = True
    filled = tmp_path / "filled.json"
    filled.write_text(json.dumps(content), encoding="utf-8")
    result = read_licensed(filled, received_on=RECEIVED)
    assert dict(result.ratings.select("scale", "risk").iter_rows()) == {
        "paydex": pytest.approx(0.2),
        "failure_class": 0.0,
        "delinquency_percentile": 1.0,
    }
    assert result.events["kind"].to_list() == ["bankruptcy"]
    assert set(content["_error_shape"]["error"]) >= {"errorCode", "errorMessage"}


def schema() -> dict[str, Element]:
    root = fromstring((SAMPLES / "coface" / "business-report.xsd.xml").read_bytes())
    return {one.get("name", ""): one for one in root.findall(f"{SCHEMA}element")}


def parts(element: Element) -> set[str]:
    return {one.get("ref", "") for one in element.iter(f"{SCHEMA}element")} - {""}


def test_every_element_that_is_read_stands_in_the_published_schema_of_coface() -> None:
    elements = schema()
    for name, read in READ.items():
        assert set(read) <= parts(elements[name]), name
    report = parts(elements["CREDITREPORT"])
    assert {"COMPANY", "CCEATRATING", "MAXIMUMCREDIT", "ADDITIONALINSOLVENCYLIST", "PAYMENTINCIDENTCASES"} <= report


def test_invented_report_follows_the_published_schema_of_coface() -> None:
    elements = schema()
    for body in (licensed_bodies.COFACE, licensed_bodies.COFACE_ERROR, licensed_bodies.COFACE_DECLINED):
        for element in fromstring(body).iter():
            assert {child.tag for child in element} <= parts(elements[element.tag]), element.tag


def examples(content: Any) -> list[Any]:
    """The example answers of a collection, however deep."""
    found = []
    for item in content.get("item", []):
        found += examples(item)
        found += [one["body"] for one in item.get("response", []) if (one.get("body") or "").lstrip().startswith("{")]
    return found


def test_published_example_answers_of_coface_hold_no_rating(tmp_path: Path) -> None:
    bodies = []
    for name in ("report_order_full.postman_collection.json", "report-api-full-collection.json"):
        bodies += examples(json.loads((SAMPLES / "coface" / name).read_text(encoding="utf-8")))
    assert len(bodies) > 15
    for number, body in enumerate(bodies):
        (tmp_path / f"{number}.json").write_text(body, encoding="utf-8")
    result = read_licensed(tmp_path, received_on=RECEIVED)
    assert set(result.answers["status"]) == {"not_measured"}
    reasons = " ".join(result.answers["reason"])
    assert "You exceeded your rate-limit" in reasons
    assert "the order is open" in reasons
