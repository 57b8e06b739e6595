"""Licensed providers: scales with direction, known from the day of receipt, and nothing lost in silence."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources import licensed_bodies as bodies
from sources.licensed_bodies import DUNS

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.licensed import SCALES, LicensedResult, read_licensed
from credrisk.sources.licensed.keep import FILES, keep_licensed
from credrisk.sources.licensed.scales import place_on
from credrisk.sources.public_beside import with_public

RECEIVED = date(2025, 5, 15)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Write one file and read it."""

    def one(content: Any, name: str = "report.json", **more: Any) -> LicensedResult:
        path = tmp_path / name
        path.write_text(bodies.text(content), encoding="utf-8")
        return read_licensed(path, **{"received_on": RECEIVED, **more})

    return one


def placed(result: LicensedResult) -> dict[tuple[str, date], tuple[str, float | None]]:
    rows = result.ratings.select("scale", "rated_on", "value", "risk").iter_rows()
    return {(scale, day): (value, None if risk is None else round(risk, 6)) for scale, day, value, risk in rows}


def happened(result: LicensedResult) -> list[tuple[str, date]]:
    return result.events.select("kind", "happened_on").sort("kind", "happened_on").rows()


def test_dnb_scores_have_the_direction_of_their_scales(read: Any) -> None:
    result = read(bodies.dnb())
    answered = date(2025, 5, 1)
    assert placed(result) == {
        ("paydex", answered): ("72", 0.28),
        ("paydex", date(2025, 1, 30)): ("80", 0.2),
        ("failure_class", date(2025, 4, 1)): ("2", 0.25),
        ("failure_percentile", date(2025, 4, 1)): ("87", round(13 / 99, 6)),
        ("delinquency_class", answered): ("4", 0.75),
        ("delinquency_percentile", answered): ("25", round(75 / 99, 6)),
        ("risk_indicator", answered): ("2", round(1 / 3, 6)),
    }
    assert set(result.ratings["duns"]) == {DUNS}
    assert set(result.ratings["known_at"]) == {RECEIVED}
    assert set(result.ratings["provider"]) == {"dnb"}
    assert happened(result) == [("court_judgment", RECEIVED), ("lien", RECEIVED)]
    assert result.read == result.ratings.height == 7


@pytest.mark.parametrize("rating", ["DS", "--", "NQ", "ER5"])
def test_dnb_rating_without_an_indicator_has_no_risk(read: Any, rating: str) -> None:
    result = read(bodies.dnb(dnbAssessment={"standardRating": {"rating": rating}}, businessTrading=[]))
    (row,) = result.ratings.rows(named=True)
    assert (row["value"], row["risk"], row["value_number"]) == (rating, None, None)
    assert any("risk_indicator" in finding.message for finding in result.findings)


def test_creditsafe_report_with_limit_and_statement(read: Any) -> None:
    result = read(bodies.connect())
    day = date(2025, 2, 3)
    assert placed(result) == {("common_rating", day): ("C", round(2 / 3, 6)), ("provider_score", day): ("41", 0.59)}
    common = result.ratings.filter(scale="common_rating").row(0, named=True)
    assert (common["limit_amount"], common["limit_currency"], common["risk_class"]) == (
        15_000.0,
        "GBP",
        "Moderate Risk",
    )
    assert (common["company_number"], common["entity"], common["report_reference"]) == (
        "09999999",
        "GB-0-09999999",
        "c-1",
    )
    facts = {
        measure: (began, ended, value)
        for measure, began, ended, value in result.facts.select(
            "measure", "period_start", "period_end", "value"
        ).iter_rows()
    }
    ended = date(2024, 6, 30)
    assert facts == {
        "revenue": (date(2023, 7, 1), ended, 900_000.0),
        "ebit": (date(2023, 7, 1), ended, -10_000.0),
        "total_assets": (None, ended, 500_000.0),
        "payables": (None, ended, 70_000.0),
        "short_term_debt": (None, ended, 15_000.0),
    }
    assert set(result.facts["known_at"]) == {RECEIVED}


def test_creditsafe_words_instead_of_numbers_have_no_risk_and_no_limit(read: Any) -> None:
    content = bodies.connect()
    rating = content["report"]["creditScore"]["currentCreditRating"]
    rating |= {"commonValue": "E", "commonDescription": "Not Scored"}
    rating["creditLimit"] = {"value": "Credit Limit not applicable"}
    rating["providerValue"]["value"] = "Not Rated"
    result = read(content)
    day = date(2025, 2, 3)
    assert placed(result) == {("common_rating", day): ("E", None), ("provider_score", day): ("Not Rated", None)}
    assert result.ratings["limit_amount"].to_list() == [None, None]
    reasons = {finding.message for finding in result.findings if finding.code == "rating_without_risk"}
    assert reasons == {
        "creditsafe common_rating: no risk, Not Scored",
        "creditsafe provider_score: no risk, Not Rated is no value of the scale",
    }


def test_creditsafe_scale_of_another_country_has_no_known_direction(read: Any) -> None:
    content = bodies.connect()
    local = content["report"]["creditScore"]["currentCreditRating"]["providerValue"]
    local |= {"minValue": "100", "maxValue": "600", "value": "99"}
    result = read(content)
    assert placed(result)["provider_score", date(2025, 2, 3)] == ("99", None)


def test_creditsafe_soap_report_and_its_messages(read: Any) -> None:
    result = read(bodies.SOAP.format(bodies.SOAP_REPORT), "soap.xml")
    day = date(2014, 10, 29)
    assert placed(result) == {("common_rating", day): ("D", 1.0), ("provider_score", day): ("9", 0.91)}
    assert result.ratings.filter(scale="common_rating")["limit_amount"].to_list() == [500.0]
    assert happened(result) == [
        ("charge_registered", date(2015, 4, 28)),
        ("director_appointed", date(2014, 5, 28)),
        ("director_resigned", date(2015, 6, 25)),
        ("entity_inactive", RECEIVED),
    ]
    assert not any("PERSON" in text for text in result.events["text"])
    # Abbreviated accounts: 0 stands for what is not disclosed.
    assert result.facts["measure"].to_list() == ["total_assets"]


def test_coface_report(read: Any) -> None:
    result = read(bodies.COFACE, "coface.xml")
    assert placed(result) == {
        ("debtor_risk_assessment", date(2025, 3, 1)): ("3", 0.7),
        ("debtor_risk_assessment", date(2024, 3, 1)): ("7", 0.3),
        ("debtor_risk_assessment", date(2023, 3, 1)): ("99", None),
        ("maximum_credit", date(2025, 3, 1)): ("25000", None),
    }
    limit = result.ratings.filter(scale="maximum_credit").row(0, named=True)
    assert (limit["limit_amount"], limit["limit_currency"]) == (25_000.0, "EUR")
    assert happened(result) == [("insolvency_notice", date(2025, 1, 10)), ("payment_default", date(2024, 11, 5))]
    assert not any("PERSON" in text for text in result.events["text"])
    assert result.facts.select("measure", "period_end", "value").rows() == [
        ("default_probability_12m", date(2025, 3, 1), 0.085)
    ]
    assert set(result.ratings["report_reference"]) == {"4711"}
    times_thousand = bodies.COFACE.replace('<DIMENSION VALUE="0"/>', '<DIMENSION VALUE="3"/>')
    assert "maximum_credit" not in read(times_thousand, "coface.xml").ratings["scale"]


def test_coface_unrated_company_says_why(read: Any) -> None:
    unrated = bodies.COFACE.replace("<PD>0.085</PD>", '<UNRATEDREASON VALUE="2">new company</UNRATEDREASON>')
    result = read(unrated, "coface.xml")
    assert placed(result)["debtor_risk_assessment", date(2025, 3, 1)] == ("not rated", None)
    assert any("new company" in finding.message for finding in result.findings)


def matches(*rows: tuple[str, str, str], **more: Any) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["customer_id", "register", "entity"], orient="row")
    return frame.with_columns(**{name: pl.lit(value) for name, value in more.items()})


def test_experian_belongs_to_whom_the_matches_say(read: Any) -> None:
    tied = matches(("C-1", "experian", "999999902"), ("C-2", "dnb", "999999902"), score=0.97, zone="auto")
    result = read(bodies.experian(), matches=tied)
    assert placed(result) == {
        ("intelliscore", RECEIVED): ("34", round(66 / 99, 6)),
        ("financial_stability_risk", RECEIVED): ("57", round(43 / 99, 6)),
    }
    assert set(result.ratings["customer_id"]) == {"C-1"}
    assert set(result.ratings["match_confidence"]) == {0.97}
    row = result.ratings.filter(scale="intelliscore").row(0, named=True)
    assert (row["limit_amount"], row["limit_currency"], row["risk_class"]) == (9_400.0, "USD", "3, MEDIUM RISK")


def test_experian_without_matches_is_set_aside_and_counted(read: Any) -> None:
    for tied in (None, matches(("C-1", "experian", "999999902"), zone="review")):
        result = read(bodies.experian(), matches=tied)
        assert (result.read, result.ratings.height, result.set_aside.height) == (2, 0, 2)
        assert "no customer is known for 999999902" in result.set_aside["reason"][0]
        assert result.answers["status"].to_list() == ["not_measured"]


@pytest.mark.parametrize(
    ("score", "title", "scale", "risk", "kinds"),
    [
        (998, "Intelliscore Plus V2", "intelliscore", None, ["bankruptcy"]),
        (999, "Intelliscore Plus V2", "intelliscore", None, []),
        (100, "Intelliscore Plus V2", "intelliscore", 0.0, []),
        (575, "Intelliscore Plus v3 Machine Learning", "intelliscore_v3", 0.5, []),
        (575, "Intelliscore Plus V2", "intelliscore", None, []),
    ],
)
def test_experian_codes_are_no_scores(
    read: Any, score: int, title: str, scale: str, risk: float | None, kinds: list[str]
) -> None:
    content = bodies.experian(scoreInformation={"commercialScore": {"score": score, "modelTitle": title}})
    result = read(content, matches=matches(("C-1", "experian", "999999902")))
    assert placed(result) == {(scale, RECEIVED): (str(score), risk)}
    assert result.events["kind"].to_list() == kinds


def test_experian_bankruptcies_have_their_day(read: Any) -> None:
    filed = {"dateFiled": "2024-02-03", "legalType": "Bankruptcy", "legalAction": "Chapter 11", "owner": "A PERSON"}
    content = bodies.experian(bankruptcyDetail=[filed])
    result = read(content, matches=matches(("C-1", "experian", "999999902")))
    assert happened(result) == [("bankruptcy", date(2024, 2, 3))]
    assert result.events["text"].to_list() == ["Chapter 11"]


ERRORS = [
    ("login.html", "<!DOCTYPE html><html><title>401 - Unauthorized</title></html>", "a web page"),
    ("xhtml.xml", '<?xml version="1.0"?><html><title>Login</title></html>', "a web page"),
    ("fault.xml", bodies.SOAP_FAULT, "fault"),
    ("error.xml", bodies.SOAP.format(bodies.SOAP_ERROR), "error 30102"),
    ("empty.xml", bodies.SOAP.format(""), "holds no report"),
    ("coface.xml", bodies.COFACE_ERROR, "error 17: no right"),
    ("declined.xml", bodies.COFACE_DECLINED, "not found"),
    ("other.xml", "<rss/>", "no provider that is known"),
    ("cut.xml", bodies.COFACE[:-20], "not readable XML"),
    ("bomb.xml", '<!DOCTYPE a [<!ENTITY b "c">]><ICON VERSION="1">&b;</ICON>', "not readable XML"),
    ("cut.json", "{", "not readable JSON"),
    ("list.json", "[]", "empty list"),
    ("other.json", '{"weather": "fine"}', "no provider that is known"),
    ("order.json", '{"id": "1", "order_status": "open"}', "the order is open"),
    ("limit.json", '{"message": "You exceeded your rate-limit"}', "rate-limit"),
    ("dnb.json", '{"error": {"errorCode": "00040", "errorMessage": "Invalid D-U-N-S"}}', "00040: Invalid D-U-N-S"),
    ("experian.json", '{"requestId": "1", "success": false, "errors": [{"message": "no rights"}]}', "no rights"),
    ("creditsafe.json", '{"correlationId": "1", "message": "Access forbidden"}', "Access forbidden"),
    ("dnb2.json", '{"organization": {"duns": null}}', "D-U-N-S"),
    ("shape.json", '{"organization": {"duns": "999999901", "businessTrading": [1]}}', "another shape"),
    ("empty.json", '{"organization": {"duns": "999999901"}}', "no score, figure or event"),
    (
        "day.json",
        '{"organization": {"duns": "999999901"}, "transactionDetail": {"transactionTimestamp": "x"}}',
        "no day",
    ),
    ("scores.csv", "provider;value\ndnb;1\n", "lacks columns: scale"),
    ("broken.csv", "provider;scale;value;duns;limit_amount\ndnb;paydex;70;1;many\n", "line 2: limit_amount"),
]


@pytest.mark.parametrize(("name", "content", "reason"), ERRORS, ids=[name for name, _, _ in ERRORS])
def test_errors_are_not_measured(read: Any, name: str, content: str, reason: str) -> None:
    result = read(content, name)
    (answer,) = result.answers.rows(named=True)
    assert answer["status"] == "not_measured"
    assert reason in answer["reason"]
    assert result.ratings.is_empty()


def test_absence_is_none_when_the_provider_says_so(read: Any) -> None:
    result = read(bodies.SOAP.format(bodies.SOAP_ABSENT), "absent.xml")
    assert result.answers.select("provider", "status").rows() == [("creditsafe", "none")]


def test_file_of_another_provider_is_refused(read: Any) -> None:
    result = read(bodies.dnb(), provider="experian")
    assert result.answers["reason"].to_list() == ["report.json is of dnb, not experian."]
    assert result.ratings.is_empty()
    assert read(bodies.dnb(), provider="dnb").ratings.height == 7
    with pytest.raises(ParameterError, match="provider"):
        read(bodies.dnb(), provider="moodys")


def test_day_of_receipt_is_the_files_own_where_nothing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(bodies.text(bodies.dnb()), encoding="utf-8")
    moment = datetime(2025, 6, 1, 12, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    result = read_licensed(path)
    assert set(result.ratings["known_at"]) == {date(2025, 6, 1)}
    assert "received_on_assumed" in {finding.code for finding in result.findings}


def test_rating_from_after_its_receipt_is_set_aside(read: Any) -> None:
    result = read(bodies.dnb(), received_on="2025-04-15")
    aside = result.set_aside.select("scale", "value").sort("scale").rows()
    assert aside == [
        ("delinquency_class", "4"),
        ("delinquency_percentile", "25"),
        ("paydex", "72"),
        ("risk_indicator", "2"),
    ]
    assert result.read == 7 == result.ratings.height + result.set_aside.height


def test_table_of_scores(read: Any) -> None:
    table = (
        "provider,scale,value,duns,rated_on,received_on,limit_amount,limit_currency,customer_id\n"
        "dnb,paydex,70,999999901,2025-01-01,2025-01-05,,,\n"
        "creditreform,bonitaetsindex,235,,2025-02-01,2025-02-05,5000,EUR,C-7\n"
        "dnb,paydex,170,999999903,2025-01-01,2025-01-05,,,\n"
    )
    result = read(table, "scores.csv", received_on=None)
    rows = result.ratings.select("customer_id", "scale", "value_number", "risk", "known_at", "limit_amount").rows()
    assert sorted(rows, key=lambda row: row[2]) == [
        (None, "paydex", 70.0, pytest.approx(0.3), date(2025, 1, 5), None),
        (None, "paydex", 170.0, None, date(2025, 1, 5), None),
        ("C-7", "bonitaetsindex", 235.0, None, date(2025, 2, 5), 5000.0),
    ]
    assert "received_on_assumed" not in {finding.code for finding in result.findings}
    told_too = read(table, "scores.csv", received_on="2024-12-24")
    assert told_too.ratings.equals(result.ratings)  # what the file states goes before what is said of all


def test_two_values_of_one_day_are_one_kept_and_one_set_aside(tmp_path: Path) -> None:
    for name, score in (("a.json", 2), ("b.json", 3), ("c.json", 2)):
        content = bodies.dnb(dnbAssessment={"failureScore": {"classScore": score}}, businessTrading=[], legalEvents={})
        (tmp_path / name).write_text(bodies.text(content), encoding="utf-8")
    result = read_licensed(tmp_path, received_on=RECEIVED)
    assert result.ratings["value"].to_list() == ["2"]
    assert result.set_aside.select("scale", "value").rows() == [("failure_class", "3")]


def test_many_reports_in_one_file(read: Any) -> None:
    result = read([bodies.dnb(), bodies.connect(), {"error": {"errorCode": "1"}}])
    assert result.answers.sort("provider", "status").select("provider", "status").rows() == [
        ("creditsafe", "hit"),
        ("dnb", "hit"),
        ("dnb", "not_measured"),
    ]


def test_what_was_kept_stays_and_is_not_added_twice(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    first = read(bodies.dnb())
    assert keep_licensed(first, folder)["ratings"] == (7, 7)
    assert keep_licensed(first, folder)["ratings"] == (0, 7)
    later = read(bodies.dnb(), received_on="2025-08-01")
    assert keep_licensed(later, folder)["ratings"] == (7, 14)
    assert keep_licensed(read(bodies.connect()), folder)["facts"] == (5, 5)
    kept = pl.read_csv(folder / FILES["ratings"], try_parse_dates=True)
    assert sorted(set(kept["known_at"])) == [RECEIVED, date(2025, 8, 1)]
    (folder / FILES["ratings"]).write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="not a table that this command wrote"):
        keep_licensed(first, folder)


def test_rows_fit_the_ledger(read: Any) -> None:
    customers = pl.DataFrame(
        {"customer_id": ["C-1"], "name": ["Invented Ceramics"], "duns": [DUNS], "currency": ["USD"]}
    )
    documents = pl.DataFrame(
        {
            "document_id": ["D-1"],
            "customer_id": ["C-1"],
            "kind": ["invoice"],
            "document_date": [date(2025, 1, 1)],
            "due_date": [date(2025, 1, 31)],
            "amount": [100.0],
            "currency": ["USD"],
        }
    )
    result = read(bodies.dnb())
    ledger = Ledger.read({"customers": customers, "documents": documents, **result.tables()})
    assert ledger.table("ratings").height == 7
    assert ledger.quarantine.is_empty()


def test_kept_rows_join_a_ledger_beside_public_ones(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    keep_licensed(read(bodies.dnb()), folder)
    keep_licensed(read(bodies.connect()), folder)
    public = {"kind": "news", "happened_on": date(2025, 1, 1), "known_at": date(2025, 1, 2), "source": "press"}
    pl.DataFrame([{**public, "duns": DUNS, "text": "="}]).write_csv(folder / "events.csv")
    customers = pl.DataFrame({"customer_id": ["C-1"], "duns": [DUNS], "company_number": ["09999999"]})
    documents = pl.DataFrame(
        {
            "document_id": ["D-1"],
            "customer_id": ["C-1"],
            "kind": ["invoice"],
            "document_date": [date(2025, 1, 1)],
            "due_date": [date(2025, 1, 31)],
            "amount": [100.0],
            "currency": ["USD"],
        }
    )
    ledger = with_public({"customers": customers, "documents": documents}, folder)
    assert ledger.table("ratings").height == 9
    assert ledger.table("facts").height == 5
    assert sorted(ledger.table("events")["source"]) == ["dnb", "dnb", "press"]
    assert ledger.quarantine.is_empty()
    read_rows = dict(ledger.intake.select("table", "rows_read").iter_rows())
    assert (read_rows["ratings"], read_rows["events"]) == (9, 3)


def test_what_a_spreadsheet_would_run_is_marked_and_read_back(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    result = read(bodies.dnb(dnbAssessment={"standardRating": {"rating": "=1+1"}}, businessTrading=[], legalEvents={}))
    for _ in range(2):
        keep_licensed(result, folder)
        keep_licensed(read(bodies.connect()), folder)
    kept = pl.read_csv(folder / FILES["ratings"]).filter(provider="dnb")
    assert kept["value"].to_list() == ["'=1+1"]


def test_scales_run_from_0_to_1_in_the_stated_direction() -> None:
    for name, scale in SCALES.items():
        ends = (scale.lowest, scale.highest)
        if scale.letters:
            values: list[str] = list(scale.letters)
        else:
            values = [f"{ends[0] + share * (ends[1] - ends[0]):g}" for share in (0, 0.5, 1)]
        risks = [place_on(name, value).risk for value in values]
        assert None not in risks
        assert {risks[0], risks[-1]} == {0.0, 1.0}
        assert (risks[0] == 1.0) == (scale.better == "higher")
        assert risks == sorted(risks, reverse=scale.better == "higher")
        assert place_on(name, "n/a").risk is None
        for code, meaning in scale.values:
            assert place_on(name, f"{code:g}").reason == meaning
    assert place_on("paydex", "101").reason == "101 is outside the scale of 0 to 100"
    assert place_on("unknown", "7").number == 7.0
