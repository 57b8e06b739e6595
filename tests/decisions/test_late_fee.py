"""What may be claimed for late payment, against published examples and a loop over days."""

from __future__ import annotations

import math
import tomllib
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.late_fee import late_fees
from credrisk.decisions.late_fee_rules import SHIPPED, LateFeeRules, late_fee_rules
from credrisk.errors import ParameterError


def invoice(due: str, amount: int, *, document_id: str = "d1", dated: str | None = None, **more) -> dict:
    return {
        "document_id": document_id,
        "customer_id": "c1",
        "document_date": dated or due,
        "due_date": due,
        "amount": amount,
        **more,
    }


def paid(amount: int, on: str, *, document_id: str = "d1", kind: str = "payment") -> dict:
    return {"from_id": None, "to_document_id": document_id, "amount": amount, "applied_on": on, "kind": kind}


def claim(as_of: str, law: str, *, covers_to: str = "2027-12-31", **tables) -> dict:
    found = late_fees(ledger_of(covers_from="2002-01-01", covers_to=covers_to, **tables), as_of=as_of, law=law)
    assert found.not_claimable.height == 0, found.not_claimable
    return found.documents.row(0, named=True)


def refusal(as_of: str, law: str, *, contract_rate: float | None = None, **tables) -> str:
    ledger = ledger_of(covers_from="2002-01-01", covers_to="2027-12-31", **tables)
    found = late_fees(ledger, as_of=as_of, law=law, contract_rate=contract_rate)
    assert found.documents.height == 0, found.documents
    return found.not_claimable["reason"][0]


def history(**values: str) -> list[dict]:
    return [
        {"customer_id": "c1", "attribute": name, "value": value, "valid_from": "2002-01-01"}
        for name, value in values.items()
    ]


def test_the_example_of_the_british_government():
    """gov.uk: 1,000 pounds, Bank Rate 0.5 %: 85 pounds a year, 23p a day. It rounds the day: 50 days x 23p = 11.50."""
    row = claim("2013-03-01", "GB", documents=[invoice("2013-01-10", 100_000, currency="GBP")])
    assert row["rate_low"] == row["rate_high"] == 8.5
    assert row["interest"] == 11.64  # 85 x 50 / 365, rounded once
    assert round(85 / 365, 2) * 50 == 11.5
    assert (row["fixed_sum"], row["fixed_currency"]) == (70.0, "GBP")


@pytest.mark.parametrize(("pence", "sum_"), [(99_999, 40), (100_000, 70), (999_999, 70), (1_000_000, 100)])
def test_the_fixed_sum_goes_by_the_debt_in_the_united_kingdom(pence, sum_):
    """gov.uk: up to 999.99 pounds 40, to 9,999.99 70, from 10,000 100."""
    row = claim("2025-03-01", "GB", documents=[invoice("2025-01-10", pence, currency="GBP")])
    assert row["fixed_sum"] == sum_
    assert row["rate_high"] == 12.75


def test_the_british_rate_is_that_of_the_start_and_stays():
    """Act of 1998, section 4 (2): the rate at the end of the day before; Bank Rate 5.00 % on 30 June 2023."""
    row = claim("2024-07-01", "GB", documents=[invoice("2023-06-30", 1_000_000, currency="GBP")])
    assert row["rate_low"] == row["rate_high"] == 13.0
    assert row["interest"] == round(10_000 * 0.13 * 367 / 365, 2)
    assert claim("2023-07-01", "GB", documents=[invoice("2023-06-29", 1_000_000, currency="GBP")])["rate_high"] == 11.5


def test_a_british_sum_by_size_is_left_out_in_another_currency():
    row = claim("2025-03-01", "GB", documents=[invoice("2025-01-10", 100_000)])
    assert row["fixed_sum"] is None
    assert "the fixed sum goes by the debt in GBP" in row["note"]
    assert row["interest"] == round(1_000 * 0.1275 * 50 / 365, 2)


def test_a_french_quarter_of_2014():
    """lexing.law, 25 March 2014: three months on 10,000 EUR at 0.25 + 10 points cost 256 EUR; and 40 EUR."""
    row = claim("2014-04-30", "FR", documents=[invoice("2014-01-29", 1_000_000)])
    assert row["rate_high"] == 10.25
    assert row["interest"] == pytest.approx(256, abs=0.5)
    assert (row["fixed_sum"], row["fixed_currency"]) == (40.0, "EUR")


def test_an_austrian_year():
    """solidbau.at: 100,000 EUR cost 8,580 EUR a year until 2022 and 11,080 EUR by the rate of 2023."""
    assert claim("2021-12-31", "AT", documents=[invoice("2020-12-31", 10_000_000)])["interest"] == 8_580.0
    assert claim("2023-06-30", "AT", documents=[invoice("2022-12-31", 10_000_000)])["rate_high"] == 11.08


@pytest.mark.parametrize(
    ("due", "published"),
    [("2023-08-01", 12.0), ("2024-02-01", 12.5), ("2024-08-01", 12.5), ("2025-02-01", 11.5), ("2025-08-01", 10.5)],
)
def test_the_belgian_rate_is_rounded_up_to_half_a_point(due, published):
    """leuropeinfo.eu and webwin.be: 12 %, 12.5 %, 12.5 %, 11.5 %; embuild.be: 10.5 %."""
    later = (date.fromisoformat(due) + timedelta(days=30)).isoformat()
    assert claim(later, "BE", documents=[invoice(due, 100_000)])["rate_high"] == published


def test_the_spanish_rate_of_2013():
    """larioja.org: 8.75 % from 24 February to 30 June 2013."""
    assert claim("2013-06-30", "ES", documents=[invoice("2013-03-31", 100_000)])["rate_high"] == 8.75


def test_the_german_rate_and_the_fixed_sum():
    """steuerprofis.de, 28 January 2026: 10.27 % since July 2025."""
    row = claim("2026-06-30", "DE", documents=[invoice("2025-07-31", 365_00)])
    assert row["rate_low"] == row["rate_high"] == 10.27
    assert row["interest"] == round(365 * 0.1027 * 334 / 365, 2)
    assert (row["fixed_sum"], row["unverified"]) == (40.0, None)


def test_the_act_act_example():
    """zinsmethoden.de: 750 EUR a year, 43 days of a common and 78 of a leap year: 248.19 EUR."""
    told = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    told["references"]["bundesbank_base"]["rates"] = [
        {"from": date(2003, 1, 1), "to": date(2004, 12, 31), "percent": 0.0, "source": "days_de"}
    ]
    told["laws"][0]["points"] = 7.5
    ledger = ledger_of(covers_from="2003-01-01", documents=[invoice("2003-11-18", 1_000_000)])
    found = late_fees(ledger, as_of="2004-03-18", law="DE", rules=LateFeeRules.of(told))
    assert found.documents["interest"][0] == 248.19


def test_a_due_date_on_a_weekend_moves_in_germany_and_austria_only():
    """BGB 193, ABGB 903: 14 June 2025 was a Saturday."""
    german = claim("2025-06-30", "DE", documents=[invoice("2025-06-14", 100_000)])
    austrian = claim("2025-06-30", "AT", documents=[invoice("2025-06-14", 100_000)])
    french = claim("2025-06-30", "FR", documents=[invoice("2025-06-14", 100_000)])
    assert german["interest_from"] == austrian["interest_from"] == date(2025, 6, 17)
    assert french["interest_from"] == date(2025, 6, 15)


def test_older_german_contracts_have_eight_points_and_no_fixed_sum():
    """EGBGB 229, 34: nine points for contracts from 29 July 2014, for older standing ones from 1 July 2016."""
    old = history(contract_date="2010-01-15")
    before = claim("2016-06-30", "DE", documents=[invoice("2016-05-31", 100_000)], customer_history=old)
    assert (before["rate_high"], before["fixed_sum"]) == (pytest.approx(7.17), None)
    after = claim("2016-12-31", "DE", documents=[invoice("2016-08-31", 100_000)], customer_history=old)
    assert (after["rate_high"], after["fixed_sum"], after["contract_assumed"]) == (pytest.approx(8.12), 40.0, False)


def test_part_payments_and_the_day_of_payment():
    """100 days on 1,000, then 50 on 400: the day of payment still counts."""
    row = claim(
        "2021-12-31",
        "IT",
        documents=[invoice("2021-01-31", 100_000)],
        applications=[paid(60_000, "2021-05-11"), paid(40_000, "2021-06-30")],
    )
    assert row["interest"] == round((1_000 * 100 + 400 * 50) * 0.08 / 365, 2)
    assert (row["open"], row["principal_paid"], row["interest_until"]) == (0.0, True, date(2021, 6, 30))


def test_what_was_credited_was_never_owed():
    row = claim(
        "2021-12-31",
        "IT",
        documents=[invoice("2021-01-31", 100_000), invoice("2021-06-01", -30_000, document_id="n1")],
        applications=[{**paid(30_000, "2021-06-01", kind="credit_note"), "from_id": "n1"}, paid(70_000, "2021-08-01")],
    )
    assert row["interest"] == round(700 * 182 * 0.08 / 365, 2)


@pytest.mark.parametrize(
    ("outcome", "earning"),
    [(None, 100 * 1_000 + 40 * 600 + 60 * 1_000), ("invalid", 200 * 1_000), ("valid", 100 * 1_000 + 100 * 600)],
)
def test_a_dispute_stops_its_part(outcome, earning):
    """Of 1,000, 400 are in dispute on the 40 days from the end of day 100 to the end of day 140, of 200."""
    start = date(2021, 1, 31)
    opened, resolved, end = (start + timedelta(days=days) for days in (100, 140, 200))
    dispute = {
        "dispute_id": "x1",
        "document_id": "d1",
        "opened_on": opened.isoformat(),
        "amount": 40_000,
        "resolved_on": resolved.isoformat(),
        "outcome": outcome,
    }
    row = claim(end.isoformat(), "IT", documents=[invoice(start.isoformat(), 100_000)], disputes=[dispute])
    assert row["interest"] == round(earning * 0.08 / 365, 2)
    assert row["held_back"] == pytest.approx((200 * 1_000 - earning) * 0.08 / 365, abs=0.005)


def test_an_open_dispute_of_all_leaves_nothing_to_claim():
    dispute = {"dispute_id": "x1", "document_id": "d1", "opened_on": "2021-01-15", "amount": None}
    documents = [invoice("2021-01-31", 100_000)]
    assert refusal("2021-12-31", "IT", documents=documents, disputes=[dispute]) == (
        "in dispute on every day that it was late"
    )


def test_an_agreed_later_date_counts_from_then():
    change = {"document_id": "d1", "field": "due_date", "value": "2021-06-30", "changed_on": "2021-02-15"}
    row = claim("2021-12-31", "IT", documents=[invoice("2021-01-31", 100_000)], document_changes=[change])
    assert row["interest"] == round(1_000 * 184 * 0.08 / 365, 2)


def test_fee_notes_earn_nothing_and_count_as_charged():
    documents = [
        invoice("2021-01-31", 100_000),
        invoice("2021-03-31", 5_000, document_id="f1", kind="late_fee"),
        invoice("2021-03-31", 2_000, document_id="f2", kind="late_fee"),
    ]
    waived = [paid(2_000, "2021-05-01", document_id="f2", kind="write_off")]
    ledger = ledger_of(covers_from="2020-01-01", documents=documents, applications=waived)
    found = late_fees(ledger, as_of="2021-12-31", law="IT")
    interest = round(1_000 * 334 * 0.08 / 365, 2)
    assert found.documents["document_id"].to_list() == ["d1"]
    assert found.customers.row(0) == ("c1", "EUR", interest + 40, 50.0, pytest.approx(interest - 10))
    totals = found.totals(output="polars").row(0, named=True)
    assert totals["claim"] == pytest.approx(totals["interest"] + totals["fixed_sum"])


def test_what_was_charged_counts_for_the_oldest_claims():
    documents = [
        invoice("2021-01-31", 100_000),
        invoice("2021-02-28", 100_000, document_id="d2"),
        invoice("2021-03-31", 7_000, document_id="f1", kind="late_fee"),
    ]
    found = late_fees(ledger_of(covers_from="2020-01-01", documents=documents), as_of="2021-12-31", law="IT")
    rows = {row["document_id"]: row for row in found.documents.iter_rows(named=True)}
    whole = {name: row["interest"] + row["fixed_sum"] for name, row in rows.items()}
    assert rows["d1"]["late_fee"] == round(whole["d1"] - 70, 2)
    assert rows["d2"]["late_fee"] == round(whole["d2"], 2)
    assert found.documents["late_fee"].sum() == pytest.approx(found.customers["left"].sum())


def test_a_rate_that_is_not_known_gives_no_answer():
    documents = [invoice("2026-07-15", 100_000)]
    assert refusal("2026-08-31", "GB", documents=[documents[0] | {"currency": "GBP"}]) == (
        "no reference rate is on file for the half-year from 1 July 2026"
    )
    assert refusal("2027-03-31", "FR", documents=documents).endswith("from 1 January 2027")
    assert claim("2026-08-31", "FR", documents=documents)["unverified"] == "the rate from 1 July 2026"
    assert claim("2021-08-31", "FI", documents=[invoice("2021-07-15", 100_000)])["unverified"] == "the rule"


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("IE", "Ireland"),
        ("US", "United States"),
        ("JP", "no rule is on file for the law of JP"),
        (None, "no governing law is known"),
    ],
)
def test_countries_without_a_rule(country, words):
    customers = [{"customer_id": "c1", "country": country}]
    assert words in refusal("2021-12-31", "by-country", customers=customers, documents=[invoice("2021-01-31", 100)])


def test_a_contract_before_the_rule_has_none():
    old = history(contract_date="2012-06-01")
    documents = [invoice("2021-01-31", 100_000)]
    assert "concluded on or after 2013-03-16" in refusal("2021-12-31", "NL", documents=documents, customer_history=old)


@pytest.mark.parametrize("said", ["yes", "TRUE", " 1 "])
def test_a_consumer_is_never_charged_by_the_law_between_businesses(said):
    """BGB 288 (2), directive 2011/7 article 1, Act of 1998 section 2: both sides act as businesses."""
    late = {"documents": [invoice("2025-01-10", 100_000)]}
    for law in ("DE", "GB", "US-FL"):
        words = refusal("2025-06-30", law, contract_rate=0.1, customer_history=history(consumer=said), **late)
        assert "a consumer" in words
    assert claim("2025-06-30", "DE", customer_history=history(consumer="no"), **late)["fixed_sum"] == 40.0


def test_an_agreed_rate_outside_the_united_states_is_for_a_lawyer():
    documents = [invoice("2021-01-31", 100_000)]
    words = refusal("2021-12-31", "DE", documents=documents, customer_history=history(late_fee_rate="0.12"))
    assert "a rate of its own" in words


def test_contract_rates_of_states_and_their_ceilings():
    dollars = [invoice("2021-01-31", 1_000_000, currency="USD")]
    agreed = history(governing_law="US-FL", late_fee_rate="0.24")
    words = "the agreed rate is above the ceiling on file for US-FL, 18.0 %"
    assert words in refusal("2021-12-31", "DE", documents=dollars, customer_history=agreed)
    at_most = history(governing_law="US-FL", late_fee_rate="0.18")
    row = claim("2021-12-31", "DE", documents=dollars, customer_history=at_most)
    assert (row["law"], row["rate_high"], row["fixed_sum"]) == ("US-FL", 18.0, None)
    assert row["interest"] == round(10_000 * 0.18 * 334 / 365, 2)
    large = [invoice("2021-01-31", 60_000_000, currency="USD")]
    assert claim("2021-12-31", "DE", documents=large, customer_history=agreed)["rate_high"] == 24.0
    below = history(governing_law="us-tx", late_fee_rate="0.12")
    assert claim("2021-12-31", "DE", documents=dollars, customer_history=below)["rate_high"] == 12.0
    assert "no agreed rate" in refusal("2021-12-31", "US-TX", documents=dollars)
    assert "no share a year" in refusal(
        "2021-12-31", "US-TX", documents=dollars, customer_history=history(late_fee_rate="18")
    )
    assert "no ceiling of contract rates is on file for US-OH" in refusal(
        "2021-12-31", "US-TX", contract_rate=0.1, documents=dollars, customer_history=history(governing_law="US-OH")
    )


def test_parameters_are_held_to_their_rules():
    ledger = ledger_of(documents=[invoice("2025-01-31", 100)])
    with pytest.raises(ParameterError, match="law must be by-country or a law with a rule"):
        late_fees(ledger, as_of="2025-12-31", law="XX")
    with pytest.raises(ParameterError, match="its department of enterprise"):
        late_fees(ledger, as_of="2025-12-31", law="IE")
    with pytest.raises(ParameterError, match="contract_rate must be a share a year"):
        late_fees(ledger, as_of="2025-12-31", law="US-TX", contract_rate=18)


DUE = date(2023, 5, 20)
AS_OF = date(2024, 8, 31)
days = st.integers(-40, 600).map(lambda n: (DUE + timedelta(days=n)).isoformat())
cents = st.integers(1, 80_000)


@st.composite
def tables(draw):
    documents = [invoice(draw(days), draw(cents), document_id=f"d{n}") for n in range(draw(st.integers(1, 3)))]
    names = st.sampled_from([each["document_id"] for each in documents])
    kinds = st.sampled_from(["payment", "payment", "discount", "deduction", "write_off", "offset", "reversal"])
    applications = []
    for _ in range(draw(st.integers(0, 6))):
        kind, amount = draw(kinds), draw(cents)
        signed = -amount if kind == "reversal" else amount
        applications.append(paid(signed, draw(days), document_id=draw(names), kind=kind))
    disputes = [
        {
            "dispute_id": f"x{n}",
            "document_id": draw(names),
            "opened_on": draw(days),
            "amount": draw(st.none() | cents),
            "resolved_on": draw(st.none() | days),
            "outcome": draw(st.sampled_from([None, "valid", "invalid", "partly"])),
        }
        for n in range(draw(st.integers(0, 2)))
    ]
    return {"documents": documents, "applications": applications, "disputes": disputes}


def slow(rows: dict, law: str) -> dict[str, float]:
    """Add up the interest day by day, with whole loops over everything that happened."""
    rule = next(each for each in reversed(late_fee_rules().laws) if each.law == law)
    today, found = AS_OF.isoformat(), {}
    for document in rows["documents"]:
        due = date.fromisoformat(document["due_date"])
        while rule.weekend_moves and due.weekday() > 4:
            due += timedelta(days=1)
        own = [
            each
            for each in rows["applications"]
            if each["to_document_id"] == document["document_id"] and each["applied_on"] <= today
        ]
        quarrels = [
            dict(each)
            for each in rows["disputes"]
            if each["document_id"] == document["document_id"] and each["opened_on"] <= today
        ]
        for each in quarrels:
            if each["resolved_on"] is None or each["resolved_on"] > today:
                each["resolved_on"] = each["outcome"] = None
        quarrels = [
            each
            for each in quarrels
            if each["outcome"] == "valid"
            or (each["outcome"] != "invalid" and (each["resolved_on"] or "9") > each["opened_on"])
        ]
        opened = min((each["opened_on"] for each in quarrels), default=None)
        given_up = ("discount", "deduction")
        off = sum(
            each["amount"] for each in own if each["kind"] in given_up and opened and each["applied_on"] >= opened
        )
        total, day = 0.0, due + timedelta(days=1)
        while day <= AS_OF:
            eve = (day - timedelta(days=1)).isoformat()
            left = document["amount"]
            for each in own:
                if each["kind"] in given_up or each["applied_on"] <= eve:
                    left -= each["amount"]
            stopped, whole = -off, False
            for each in quarrels:
                over = each["outcome"] != "valid" and each["resolved_on"] is not None and each["resolved_on"] <= eve
                if each["opened_on"] <= eve and not over:
                    stopped, whole = stopped + (each["amount"] or 0), whole or each["amount"] is None
            left = max(left, 0)
            earning = 0 if whole else max(left - max(stopped, 0), 0)
            rated = due + timedelta(days=1) if rule.rate_of == "start" else day
            percent = next(r.percent for r in rule.reference.rates if r.start <= rated <= r.end) + rule.points
            if rule.round_up_to:
                percent = math.ceil(round(percent / rule.round_up_to, 6)) * rule.round_up_to
            leap = rule.day_count == "actual/actual" and day.year % 4 == 0
            total += earning * percent / 100 / (366 if leap else 365)
            day += timedelta(days=1)
        found[document["document_id"]] = total
    return {name: total for name, total in found.items() if total > 0}


@settings(max_examples=60, deadline=None)
@given(tables(), st.sampled_from(["DE", "FR", "GB", "BE", "AT"]))
def test_against_a_loop_over_days(rows, law):
    ledger = ledger_of(covers_to=AS_OF.isoformat(), **rows)
    found = late_fees(ledger, as_of=AS_OF, law=law).documents
    wanted = slow(rows, law)
    assert found["document_id"].to_list() == sorted(wanted)
    for name, interest in zip(found["document_id"], found["interest"], strict=True):
        assert interest * 100 == pytest.approx(wanted[name], abs=0.501), name


@settings(max_examples=25, deadline=None)
@given(tables())
def test_what_is_posted_later_changes_nothing(rows):
    ledger = ledger_of(covers_to="2025-12-31", **rows)
    then = late_fees(ledger, as_of=AS_OF, law="DE")
    cut = late_fees(ledger.cut(AS_OF), as_of=AS_OF, law="DE")
    assert_frame_equal(then.documents, cut.documents)
    assert_frame_equal(then.not_claimable, cut.not_claimable)


def test_the_order_of_columns_and_the_empty_ledger():
    found = late_fees(ledger_of(documents=[invoice("2025-12-31", 100)]), as_of="2025-12-31", law="DE")
    assert found.documents.is_empty()
    assert found.customers.is_empty()
    assert found.totals(output="polars").is_empty()
    assert isinstance(found.table(output="polars"), pl.DataFrame)


def test_older_documents_are_left_out_on_request():
    documents = [invoice("2021-01-31", 100_000), invoice("2023-01-31", 100_000, document_id="d2")]
    found = late_fees(
        ledger_of(covers_from="2020-01-01", documents=documents), as_of="2025-12-31", law="DE", due_from="2022-01-01"
    )
    assert found.documents["document_id"].to_list() == ["d2"]


def test_what_the_ledger_lacks_is_said():
    found = late_fees(ledger_of(documents=[invoice("2025-01-31", 100)]), as_of="2025-12-31", law="DE")
    assert [words.split(":")[0] for words in found.lacks] == [
        "no payments are in the ledger",
        "no disputes are in the ledger",
        "no changed due dates are in the ledger",
    ]
    whole = ledger_of(documents=[invoice("2025-01-31", 100)], applications=[], disputes=[], document_changes=[])
    assert late_fees(whole, as_of="2025-12-31", law="DE").lacks == ()
