"""Settlement against the other ways: by hand, and what must hold whatever the figures."""

from __future__ import annotations

import doctest
from datetime import date

import pytest
from decisions.claim_cases import AS_OF, debt, one, scored, ways
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions import settlement as module
from credrisk.decisions.claims import claims_at_hand
from credrisk.decisions.policy import Policy
from credrisk.decisions.settlement import break_even_share, settle, settlement_value
from credrisk.errors import EvidenceError, ParameterError
from credrisk.models.outcomes import DAYS_PER_MONTH

FREE = {"economics.cost_of_funds": 0.0, "claims.in_house_cost_share": 0.0, "claims.promise_kept": 0.8}


def settled(share: float = 0.7, *, ledger=None, curves=None, **values):
    ledger = one() if ledger is None else ledger
    curves = curves or ways(**FREE)
    return settle(
        ledger,
        customer_id="c1",
        as_of=AS_OF,
        scores=scored(ledger, **values),
        share=share,
        policy=curves.policy,
        ways=curves,
    )


def npv(found, way: str) -> float:
    return found.ways.filter(found.ways["way"] == way)["npv"][0]


def test_by_hand_without_discounting():
    """10,000, 90 days old: in-house 5,000; agency 0.696 x 0.8 x 10,000 - 325 = 5,243; court 4,000 - 500 - 1,000."""
    found = settled()
    assert (found.claim, found.age_days) == (10_000.0, 90.0)
    assert npv(found, "in_house") == pytest.approx(5_000)
    assert npv(found, "agency") == pytest.approx(5_243)
    assert npv(found, "court") == pytest.approx(2_500)
    # paid with 80 %, else the agency
    assert npv(found, "settle") == pytest.approx(0.8 * 7_000 + 0.2 * 5_243)
    assert found.break_even == pytest.approx(0.5243)
    assert (found.best, found.given_up, found.role) == ("settle", 3_000.0, "credit manager")
    assert found.ways["way"].to_list() == ["settle", "agency", "in_house", "court"]


def test_where_no_other_way_is_worth_its_cost_the_words_say_so():
    """Nothing comes in-house, by an agency or in court: any settlement is better than leaving the claim alone."""
    nothing = FREE | {"claims.legal_collected_share": 0.0}
    found = settled(0.1, curves=ways(hazard=[[0.0, 0.0]], factor=[0.0], **nothing))
    assert found.reasons[0].startswith("No other way is worth its cost")
    assert found.break_even == 0
    assert npv(found, "settle") == pytest.approx(0.8 * 1_000)
    assert found.best == "settle"


def test_by_hand_with_discounting():
    found = settled(curves=ways(**(FREE | {"economics.cost_of_funds": 0.1})))
    soon, half = 1.1 ** (-14 / 365), 1.1 ** (-DAYS_PER_MONTH / 2 / 365)
    assert npv(found, "in_house") == pytest.approx(5_000 * half)
    agency = 0.696 * 0.8 * 10_000 * 1.1**-0.5 - 325
    assert npv(found, "agency") == pytest.approx(agency)
    assert npv(found, "settle") == pytest.approx((0.8 * 7_000 + 0.2 * agency) * soon)
    assert found.break_even == pytest.approx(agency * (1 - 0.2 * soon) / (0.8 * soon * 10_000))


def test_a_young_claim_goes_by_its_pd():
    """30 days old: 10,000 x (0.9 + 0.1 x 0.5); no interval, and a warning."""
    found = settled(ledger=one(due="2025-03-01"), curves=ways(hazard=[[0.5], [0.4], [0.6]], **FREE))
    assert npv(found, "in_house") == pytest.approx(9_500)
    assert found.best == "in_house"
    assert any("young" in reason for reason in found.reasons)


def test_the_interval_comes_from_the_curves():
    draws = [[0.6], *[[0.5 + 0.002 * n] for n in range(101)]]
    found = settled(curves=ways(hazard=draws, factor=[1.0] + [1.0] * 101, **FREE))
    row = found.ways.filter(found.ways["way"] == "in_house").row(0, named=True)
    assert (row["npv"], row["low"], row["high"]) == pytest.approx((6_000, 5_050, 6_950))
    assert found.break_even == pytest.approx(0.6)
    assert found.break_even_low == pytest.approx(0.5249, abs=1e-3)
    assert found.break_even_high == pytest.approx(0.695)
    assert any("a close call" in reason for reason in settled(0.65, curves=ways(hazard=draws, **FREE)).reasons)


def test_disputes_cash_and_credits_are_not_settled():
    ledger = one(
        receipts=[{"receipt_id": "r1", "customer_id": "c1", "date": "2025-01-10", "amount": 100_000}],
        disputes=[{"dispute_id": "x1", "document_id": "d1", "opened_on": "2025-01-10", "amount": 200_000}],
    )
    assert settled(ledger=ledger).claim == 7_000.0


def test_what_is_deferred_or_blocked_is_no_claim_unless_an_insolvency_has_it():
    def at_hand(field: str, value: str, **tables) -> list[float]:
        change = {"document_id": "d1", "field": field, "value": value, "changed_on": "2025-01-10"}
        ledger = one(document_changes=[change], documents=[debt("2025-01-30", 50_000, document_id="d2")], **tables)
        found = claims_at_hand(ledger.cut(AS_OF), scored(ledger), as_of=date(2025, 3, 31), policy=Policy.default())
        ages.append(found["age_days"][0])
        return found["claim"].to_list()

    ages: list[float | None] = []
    assert at_hand("due_date", "2025-04-20") == [500.0]
    assert ages == [90 - 30]
    assert at_hand("due_date", "2025-03-20") == [10_500.0]
    assert at_hand("dunning_block", "X") == [500.0]
    gone = {"customer_id": "c1", "date": "2025-03-01", "kind": "insolvency"}
    assert at_hand("dunning_block", "X", credit_events=[gone]) == [10_500.0]


def test_the_age_is_that_of_the_money():
    """9,000 due 90 days and 1,000 due 190 days ago."""
    ledger = one(amount=900_000, documents=[debt("2024-09-22", 100_000, document_id="d2")])
    assert settled(ledger=ledger).age_days == pytest.approx(100)


def test_the_record_of_promises_counts():
    """12 promises of others were kept, 2 of this customer broken: (0 + 4 x 12/14) / (2 + 4)."""
    kept = [debt("2024-06-01", 1_000, customer_id="c2", document_id=f"k{n}") for n in range(12)]
    paid = [
        {"from_id": None, "to_document_id": f"k{n}", "amount": 1_000, "applied_on": "2024-07-05"} for n in range(12)
    ]
    promised = [
        {
            "promise_id": f"p{n}",
            "customer_id": "c2",
            "document_id": f"k{n}",
            "made_on": "2024-07-01",
            "due_on": "2024-07-10",
            "amount": 1_000,
        }
        for n in range(12)
    ]
    promised += [
        {
            "promise_id": f"b{n}",
            "customer_id": "c1",
            "document_id": "d1",
            "made_on": "2025-01-02",
            "due_on": f"2025-01-1{n}",
            "amount": 1_000,
        }
        for n in range(2)
    ]
    ledger = one(documents=kept, applications=paid, promises=promised)
    assert settled(ledger=ledger).p_paid == pytest.approx(4 * 12 / 14 / 6)
    assert settled().p_paid == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("kind", "said"), [("insolvency", "is insolvent since 2025-02-01"), ("placement", "an agency or a court has")]
)
def test_what_cannot_be_settled(kind, said):
    ledger = one(credit_events=[{"customer_id": "c1", "date": "2025-02-01", "kind": kind}])
    with pytest.raises(EvidenceError, match=said):
        settled(ledger=ledger)


def test_parameters_are_held_to_their_rules():
    with pytest.raises(ParameterError, match="share must be above 0 and at most 1"):
        settled(70)
    ledger = one(due="2025-05-01")
    with pytest.raises(ParameterError, match="a customer that owes something past due"):
        settled(ledger=ledger)
    with pytest.raises(ParameterError, match="a scored customer"):
        settle(ledger, customer_id="nobody", as_of=AS_OF, scores=scored(ledger), share=0.5)


def test_a_later_payment_is_not_known_yet():
    later = [{"from_id": None, "to_document_id": "d1", "amount": 900_000, "applied_on": "2025-04-01"}]
    assert settled(ledger=one(applications=later)).claim == 10_000.0


shares = st.floats(0.01, 0.99)


@given(shares, st.floats(0.001, 0.01), shares, st.floats(0.5, 1.0), st.floats(0, 9_999))
def test_more_is_worth_more_and_later_less(share, more, p_paid, discount, otherwise):
    def value(**changes):
        given_ = {"share": share, "p_paid": p_paid, "discount": discount, "otherwise": otherwise} | changes
        return settlement_value(10_000.0, **given_)

    assert value(share=share + more) > value()
    assert value(discount=discount - more) <= value()
    even = break_even_share(10_000.0, p_paid=p_paid, discount=discount, otherwise=otherwise)
    assert value(share=even) == pytest.approx(otherwise, abs=1e-6)
    assert (value() >= otherwise - 1e-6) == (share >= even - 1e-9) or abs(share - even) < 1e-9


@settings(max_examples=15, deadline=None)
@given(st.floats(0.0, 0.25), st.floats(0.01, 0.2), st.sampled_from(["2024-12-31", "2024-10-01", "2025-02-15"]))
def test_every_way_is_worth_less_when_money_is_dearer(rate, more, due):
    ledger = one(due=due)
    cheap, dear = (
        settled(ledger=ledger, curves=ways(**(FREE | {"economics.cost_of_funds": each})))
        for each in (rate, rate + more)
    )
    for way in ("settle", "in_house", "agency", "court"):
        assert npv(dear, way) <= npv(cheap, way) + 1e-9


def test_examples():
    assert doctest.testmod(module).failed == 0


def test_a_late_fee_note_beside_a_debt_wholly_in_dispute_is_no_claim():
    """Nothing undisputed is past due but the fee: there is no age of the money, and nothing to settle."""
    fee = debt("2025-02-01", 4_000, document_id="f1", kind="late_fee")
    in_dispute = {
        "dispute_id": "x1",
        "document_id": "d1",
        "customer_id": "c1",
        "amount": 1_000_000,
        "opened_on": "2025-01-15",
    }
    ledger = one(documents=[fee], disputes=[in_dispute])
    with pytest.raises(ParameterError, match="owes something past due, beyond what is in dispute"):
        settled(ledger=ledger)
