"""The provision matrix against the standards' own examples, and what of an item is exposed, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.provision.loss_rates import absorbed
from credrisk.portfolio.provision.matrix import allowance_of, shared_out
from credrisk.portfolio.provision.overlay import weighted_rates
from credrisk.portfolio.provision.pool import state_in_words
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

DAY = "2025-06-30"


AS_IN_THE_PAST = (Scenario("as in the past", 1.0),)


def allowances(
    balances: Sequence[float], past: Sequence[float], scenarios: tuple[Scenario, ...] = AS_IN_THE_PAST
) -> np.ndarray:
    """Return the allowance of each bucket in major units, the way a provision takes it of its items."""
    rates = weighted_rates(np.array(past), scenarios)
    return np.array(
        [shared_out(np.rint([100 * each]), rate).sum() / 100 for each, rate in zip(balances, rates, strict=True)]
    )


def test_ifrs_9_illustrative_example_12() -> None:
    """IE74-IE77, Company M: thousands 15,000 / 7,500 / 4,000 / 2,500 / 1,000 give 45 / 120 / 144 / 165 / 106 = 580."""
    found = allowances([15e6, 7.5e6, 4e6, 2.5e6, 1e6], [0.003, 0.016, 0.036, 0.066, 0.106])
    assert found.tolist() == [45_000, 120_000, 144_000, 165_000, 106_000]
    assert found.sum() == 580_000


def test_cecl_example_5() -> None:
    """ASC 326-20-55-37 to 55-40, Entity E: past 0.3 / 8 / 26 / 58 / 82 %, 10 % less by the forecast: 18,681."""
    balances, past = [5_984_698, 8_272, 2_882, 842, 1_100], [0.003, 0.08, 0.26, 0.58, 0.82]
    forecast = (Scenario("forecast", 1.0, 0.9),)
    assert sum(balances) == 5_997_794
    assert weighted_rates(np.array(past), forecast) == pytest.approx([0.0027, 0.072, 0.234, 0.522, 0.738])
    found = [round(value) for value in allowances(balances, past, forecast)]
    assert found == [16_159, 596, 674, 440, 812]
    assert sum(found) == 18_681


def test_published_flow_rates() -> None:
    """A worked matrix: 100,000 sold, 50,000 / 23,000 / 8,000 / 2,000 still owed later, 2,000 lost: 27,567 in all."""
    owed, lost = np.array([100_000.0, 50_000.0, 23_000.0, 8_000.0, 2_000.0]), np.array([[0.0, 0.0, 0.0, 0.0, 1.0]])
    moved = np.diag(owed[1:] / owed[:-1], k=1)[None]
    rates = absorbed(lost, moved, np.full_like(lost, np.nan))[0]
    assert [round(100 * rate, 1) for rate in rates] == [2.0, 4.0, 8.7, 25.0, 100.0]
    total = allowances([300_000.0, 140_000.0, 60_000.0, 23_000.0, 5_000.0], rates).sum()
    assert total == pytest.approx(27_567, abs=0.5)


def test_a_rate_is_capped_in_each_scenario_before_it_is_weighted() -> None:
    both = (Scenario("mild", 0.5, 0.5), Scenario("severe", 0.5, 4.0))
    assert weighted_rates(np.array([0.5]), both).tolist() == [0.5 * 0.25 + 0.5 * 1.0]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.floats(0, 1))
def test_the_items_of_a_cell_add_up_to_it(amounts: list[int], rate: float) -> None:
    shares = shared_out(np.array(amounts, dtype=np.float64), rate)
    assert shares.sum() == allowance_of(float(sum(amounts)), rate)
    assert (np.abs(shares - np.array(amounts) * rate) <= 1.01).all()


def invoice(number: str, customer: str, due: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "document_id": number,
        "customer_id": customer,
        "document_date": "2025-03-01",
        "due_date": due,
        "amount": amount,
        **more,
    }


def items_of(ledger: Ledger, as_of: str = DAY, **changes: Any) -> dict[str, dict[str, Any]]:
    found = provision(
        ledger, as_of=as_of, settings=ProvisionSettings(history_months=2).changed(**changes), output="polars"
    )
    return {row["document_id"]: row for row in found.items.iter_rows(named=True)}


def test_buckets_and_states() -> None:
    """Due on the day is not past due; items dated before the insolvency are impaired, later business is not."""
    ledger = ledger_of(
        documents=[
            invoice("A1", "A", "2025-06-30", 100_00),
            invoice("A2", "A", "2025-05-31", 100_00),
            invoice("A3", "A", "2025-03-31", 100_00),
            invoice("B1", "B", "2025-06-30", 100_00),
            invoice("B2", "B", "2025-07-30", 100_00, document_date="2025-06-20"),
            invoice("F1", "A", "2025-06-30", 5_00, kind="late_fee"),
            invoice("P1", "A", "2025-06-30", 900_00, kind="down_payment"),
        ],
        credit_events=[{"customer_id": "B", "date": "2025-06-10", "kind": "insolvency"}],
    )
    states = {name: row["state"] for name, row in items_of(ledger).items()}
    assert states == {
        "A1": "not_due",
        "A2": "past_due_1_30",
        "A3": "past_due_over_90",
        "B1": "credit_impaired",
        "B2": "not_due",
    }
    assert items_of(ledger, late_fees="in_pool")["F1"]["state"] == "not_due"
    assert items_of(ledger, past_due_days=90)["A3"]["state"] == "credit_impaired"
    assert state_in_words("past_due_1_30") == "1-30 days past due"


def test_credits_and_cash_settle_the_oldest_items() -> None:
    """A credit of 30 and cash of 90: the oldest 100 is settled in full, 20 of the next."""
    ledger = ledger_of(
        documents=[
            invoice("A1", "A", "2025-04-30", 100_00),
            invoice("A2", "A", "2025-06-15", 100_00),
            invoice("K1", "A", "2025-05-01", -30_00),
        ],
        receipts=[{"receipt_id": "R1", "customer_id": "A", "date": "2025-06-01", "amount": 90_00}],
    )
    netted = {name: row["netted"] for name, row in items_of(ledger).items()}
    assert netted == {"A1": 100.0, "A2": 20.0}
    assert {row["netted"] for row in items_of(ledger, credits="not_netted").values()} == {0.0}


def test_disputes_are_dilution_and_only_what_is_disputed() -> None:
    """Nobody judged a dispute: one half of it is expected to be credited, by statement."""
    ledger = ledger_of(
        documents=[invoice("A1", "A", "2025-06-30", 100_00), invoice("A2", "A", "2025-06-30", 100_00)],
        disputes=[
            {"dispute_id": "Q1", "document_id": "A1", "opened_on": "2025-05-01", "amount": 40_00},
            {"dispute_id": "Q2", "document_id": "A2", "opened_on": "2025-05-01", "resolved_on": "2025-06-01"},
        ],
    )
    rows = items_of(ledger)
    assert (rows["A1"]["disputed"], rows["A1"]["dilution"], rows["A1"]["exposed"]) == (40.0, 20.0, 80.0)
    assert (rows["A2"]["disputed"], rows["A2"]["exposed"]) == (0.0, 100.0)
    assert items_of(ledger, disputed="in_pool")["A1"]["exposed"] == 100.0


def test_tax_cover_and_time() -> None:
    """120 with 20 tax; 90 % cover of 50 less 5 pays 40 of 120; 120 due in a year at 20 % is worth 100."""
    ledger = ledger_of(
        documents=[invoice("A1", "A", "2026-06-30", 120_00, tax_amount=20_00)],
        cover=[
            {
                "cover_id": "V1",
                "customer_id": "A",
                "kind": "guarantee",
                "limit": 50_00,
                "insured_share": 0.9,
                "deductible": 5_00,
                "valid_from": "2025-01-01",
            }
        ],
    )
    assert items_of(ledger, vat="relief")["A1"]["vat"] == 20.0
    assert items_of(ledger)["A1"]["covered"] == 0.0
    assert items_of(ledger, integral=("guarantee",))["A1"]["covered"] == 40.0
    assert items_of(ledger, effective_rate=0.2)["A1"]["exposed"] == 100.0
    assert items_of(ledger, effective_rate=0.2, over_terms_days=1000)["A1"]["exposed"] == 120.0
    assert items_of(ledger, effective_rate=0.2, over_terms_days=1000, financing_component=True)["A1"]["exposed"] == 100


def test_later_collections_and_zero_loss_are_elections_of_cecl() -> None:
    ledger = ledger_of(
        documents=[invoice("A1", "A", "2025-06-30", 100_00), invoice("G1", "G", "2025-06-30", 100_00)],
        receipts=[{"receipt_id": "R1", "customer_id": "A", "date": "2025-07-10", "amount": 60_00}],
        applications=[{"from_id": "R1", "to_document_id": "A1", "amount": 60_00, "applied_on": "2025-07-10"}],
    )
    elected = {
        "standard": "cecl",
        "public_business_entity": False,
        "current_conditions_persist": True,
        "later_collections_to": date(2025, 7, 31),
        "zero_loss": {"G": "central government"},
    }
    rows = items_of(ledger, **elected)
    assert (rows["A1"]["collected_later"], rows["A1"]["exposed"]) == (60.0, 40.0)
    assert (rows["G1"]["state"], rows["G1"]["allowance"]) == ("zero_loss", 0.0)
    assert items_of(ledger, **{**elected, "standard": "ifrs9"})["A1"]["exposed"] == 100.0
    with pytest.raises(ParameterError, match="last day covered"):
        items_of(ledger, **{**elected, "later_collections_to": date(2026, 1, 31)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"later_collections_to": date(2025, 7, 31)}, "public business entity"),
        ({"later_collections_to": date(2025, 7, 31), "public_business_entity": False}, "practical expedient"),
        ({"integral": ("insurance",)}, "326-20-30-12"),
        ({"current_conditions_persist": True, "scenarios": (Scenario("worse", 1.0, 1.2),)}, "do not change"),
    ],
)
def test_what_cecl_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ProvisionSettings(standard="cecl", **changes)


def test_probabilities_must_add_up() -> None:
    with pytest.raises(ParameterError, match="add up to 1"):
        ProvisionSettings(scenarios=(Scenario("a", 0.5), Scenario("b", 0.4)))


def test_stated_recovery_of_an_impaired_customer() -> None:
    ledger = ledger_of(
        documents=[invoice("B1", "B", "2025-06-30", 333_33), invoice("B2", "B", "2025-06-30", 333_33)],
        credit_events=[{"customer_id": "B", "date": "2025-06-10", "kind": "insolvency"}],
    )
    found = provision(
        ledger, as_of=DAY, settings=ProvisionSettings(recovery={"B": 0.25}, history_months=2), output="polars"
    )
    assert found.specific.row(0, named=True)["allowance"] == pytest.approx(round(666.66 * 0.75, 2) + 0.01, abs=0.011)
    assert found.total == found.specific["allowance"].sum()


def test_the_ends_of_the_interval_hold_the_allowance_whatever_the_forecast() -> None:
    """A stated recovery has no interval, and the forecast moves the pool alone: 75 % of three odd cents each."""
    ledger = ledger_of(
        documents=[invoice(f"B{number}", "B", "2025-06-30", 33) for number in range(3)]
        + [invoice("C1", "C", "2025-06-30", 100_00)],
        credit_events=[{"customer_id": name, "date": "2025-06-10", "kind": "insolvency"} for name in "BC"],
    )
    chosen = ProvisionSettings(
        recovery={"B": 0.25, "C": 0.5}, history_months=2, scenarios=(Scenario("worse", 1.0, 1.2),)
    )
    found = provision(ledger, as_of=DAY, settings=chosen, output="polars")
    assert found.total == found.low == found.high == 50.74
    row = found.matrix.row(0, named=True)
    mean = (0.75 * 0.99 + 0.5 * 100) / 100.99
    assert [row[name] for name in ("historical_rate", "low", "high", "rate")] == pytest.approx([mean] * 4)


def test_segments_are_those_of_the_portfolio() -> None:
    """Blanks around a segment make no other one, and an empty one is none: as the ageing by segment has it."""
    told = [("A", " north "), ("B", "north"), ("C", "  ")]
    ledger = ledger_of(
        documents=[invoice(f"{name}1", name, "2025-06-30", 100_00) for name, _ in told],
        customer_history=[
            {"customer_id": name, "attribute": "segment", "value": value, "valid_from": "2025-01-01"}
            for name, value in told
        ],
    )
    chosen = ProvisionSettings(segment_by="segment", history_months=2)
    matrix = provision(ledger, as_of=DAY, settings=chosen, output="polars").matrix
    aged = ageing(ledger, as_of=DAY, by="segment", output="polars")
    assert dict(matrix.select("segment", "gross").rows()) == {"north": 200.0, "not known": 100.0}
    assert dict(aged.select("segment", "open_balance").rows()) == {"north": 200.0, None: 100.0}


def test_a_setting_that_would_change_nothing_is_refused() -> None:
    linked = (Scenario("same", 0.5, value=1.0), Scenario("worse", 0.5, value=3.0))
    with pytest.raises(ParameterError, match="elasticity"):
        ProvisionSettings(scenarios=linked)
    with pytest.raises(ParameterError, match="elasticity"):
        ProvisionSettings(elasticity=0.5)
    with pytest.raises(ParameterError, match="or a multiplier"):
        ProvisionSettings(elasticity=0.5, scenarios=(Scenario("both", 1.0, 1.5, value=1.0),))


@settings(max_examples=10, deadline=None)
@given(ledgers(), st.integers(0, 14), st.sampled_from([{}, {"integral": ("guarantee",)}, {"segment_by": "currency"}]))
def test_a_provision_adds_up_and_knows_nothing_later(ledger: Ledger, back: int, changes: dict[str, Any]) -> None:
    day = months_after(LAST, -back)
    chosen = ProvisionSettings(observation_months=3, history_months=4, effective_rate=0.1, **changes)
    found = provision(ledger, as_of=day, settings=chosen, output="polars")
    steps = ["netted", "dilution", "vat", "collected_later", "covered", "discounting"]
    items = found.items
    left = items["gross"] - sum(items[name] for name in steps) - items["exposed"]
    assert (left.abs() < 1e-6).all()
    for name in ("exposed", *steps):
        assert (items[name] >= 0).all(), name
    assert ((items["allowance"] >= -1e-9) & (items["allowance"] <= items["exposed"] + 0.011)).all()
    assert found.matrix["allowance"].sum() == pytest.approx(items["allowance"].sum(), abs=1e-6)
    assert found.total == pytest.approx(items["allowance"].sum(), abs=1e-6)
    assert found.low <= found.total <= found.high
    table = ageing(ledger, as_of=day, by="portfolio", output="polars")
    base = dict(found.base.iter_rows())
    if table.height:
        row = table.row(0, named=True)
        assert base["open_debit_items"] == pytest.approx(row["not_due"] + row["past_due"] + row["late_fees"], abs=1e-6)
    assert base["gross"] - sum(-base[name] for name in steps) == pytest.approx(base["exposed"], abs=1e-6)
    cut = provision(ledger.cut(day), as_of=day, settings=chosen, output="polars")
    for name in ("items", "matrix", "rates", "specific"):
        assert getattr(found, name).equals(getattr(cut, name)), name


def test_settings_file_round_trip(tmp_path: Any) -> None:
    from credrisk.portfolio.provision.settings import settings_text

    place = tmp_path / "provision.toml"
    place.write_text(settings_text(), encoding="utf-8")
    assert ProvisionSettings.read(place) == ProvisionSettings() == ProvisionSettings.default()
    place.write_text("[matrix]\nedges = [15, 30]\nnonsense = 1\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"matrix\.nonsense"):
        ProvisionSettings.read(place)


def test_scenarios_by_a_series() -> None:
    """exp(0.5 x (3 - 1)) of the historical rates where the series' mean is 1; values known later do not count."""
    from credrisk.portfolio.provision.overlay import linked_scenarios

    months = [months_after(date(2025, 5, 31), -back) for back in range(12)]
    series = pl.DataFrame({"date": [*months, date(2025, 6, 30)], "value": [1.0] * 12 + [99.0]}).with_columns(
        known_at=pl.when(pl.col("value") == 99).then(pl.lit(date(2025, 8, 1))).otherwise("date")
    )
    chosen = ProvisionSettings(
        elasticity=0.5, scenarios=(Scenario("same", 0.5, value=1.0), Scenario("worse", 0.5, value=3.0))
    )
    linked = linked_scenarios(chosen, series, history_from=date(2024, 1, 1), as_of=date(2025, 6, 30))
    assert [entry.multiplier for entry in linked] == pytest.approx([1.0, 2.718281828])
    with pytest.raises(ParameterError, match="at least 12"):
        linked_scenarios(chosen, series.head(5), history_from=date(2024, 1, 1), as_of=date(2025, 6, 30))
    with pytest.raises(ParameterError, match="together"):
        linked_scenarios(chosen, None, history_from=date(2024, 1, 1), as_of=date(2025, 6, 30))
