"""What a unit of an order earns over its own life: against closed forms and sums worked out step by step."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from decisions.order_cases import POLICY, contract
from hypothesis import given
from hypothesis import strategies as st

from credrisk.decisions.cover_in_force import Contract, paid_by
from credrisk.decisions.order_life import MONTH_DAYS, TermStructure, loss_segments, unit_value, value_of

shares = st.floats(0, 1)


def test_the_term_structure_meets_its_points_and_has_a_level_hazard_between() -> None:
    structure = TermStructure(0.01, 0.05, 0.06)
    assert structure.within(0) == 0
    for months, pd in ((3, 0.01), (6, 0.05), (12, 0.06)):
        assert structure.within(months * MONTH_DAYS) == pytest.approx(pd, rel=1e-12)
    # Survival halfway between two points is their geometric mean.
    assert structure.within(4.5 * MONTH_DAYS) == pytest.approx(1 - math.sqrt(0.99 * 0.95), rel=1e-12)
    assert structure.within(24 * MONTH_DAYS) == pytest.approx(1 - 0.94**2, rel=1e-12)


def test_a_year_alone_is_spread_evenly() -> None:
    assert TermStructure(None, None, 0.2).within(73) == pytest.approx(1 - 0.8**0.2, rel=1e-12)
    assert TermStructure(None, None, 1.0).within(30) > 0.89
    assert TermStructure(None, None, 0.0).within(400) == 0


@given(st.tuples(shares, shares, shares), st.integers(0, 2), shares, st.floats(0, 900), st.floats(0, 900))
def test_it_rises_with_every_point_and_with_time(
    points: tuple[float, float, float], which: int, up: float, days: float, later: float
) -> None:
    low = TermStructure(*points)
    raised = list(points)
    raised[which] += (1 - raised[which]) * up
    high = TermStructure(*raised)
    assert high.within(days) >= low.within(days) - 1e-12
    assert low.within(days + later) >= low.within(days) - 1e-12
    assert 0 <= low.within(days) <= 1


@pytest.mark.parametrize("pd", [0.0, 0.03, 0.4])
def test_a_unit_at_cost_is_the_sale_of_the_expected_profit_rule(pd: float) -> None:
    """The good pay the margin, the bad lose the cost of the goods, and the funds are paid for."""
    value = unit_value(0.77, pd=pd, margin=0.25, funded_days=60, policy=POLICY)
    assert value == pytest.approx(0.25 * (1 - pd) - pd * 0.77 * 0.75 - 0.08 * 60 / 365)


@pytest.mark.parametrize(
    ("margin", "lgd", "percentage"), [(0.10, 1.0, 10.0), (0.10, 0.8, 12.2), (0.30, 1.0, 30.0), (0.30, 0.8, 34.9)]
)
def test_published_break_even_vectors(margin: float, lgd: float, percentage: float) -> None:
    """The PD at which a sale earns nothing, as published to a tenth of a percent."""
    free = POLICY.changed({"economics.cost_of_funds": 0.0})
    profits = [
        unit_value(lgd, pd=(percentage + off) / 100, margin=margin, funded_days=60, policy=free)
        for off in (-0.05, 0.05)
    ]
    assert profits[0] > 0 > profits[1]


def test_the_invoice_basis() -> None:
    free = POLICY.changed({"economics.cost_of_funds": 0.0})
    invoice = free.changed({"economics.loss_basis": "invoice", "economics.tax_relief": 0.2})
    assert unit_value(0.5, pd=0.1, margin=0.25, funded_days=9, policy=invoice) == pytest.approx(0.25 - 0.1 * 0.5 * 0.8)
    cost = free.changed({"economics.tax_relief": 0.2})
    assert unit_value(0.5, pd=0.1, margin=0.25, funded_days=9, policy=cost) == pytest.approx(
        0.9 * 0.25 - 0.1 * 0.5 * 0.75 * 0.8
    )


def test_funds_are_paid_for_from_delivery_to_payment() -> None:
    """8 % a year on 73 days: 1.6 % of the sale."""
    assert unit_value(1.0, pd=0.0, margin=0.25, funded_days=73, policy=POLICY) == pytest.approx(0.25 - 0.016)


contracts = st.lists(
    st.builds(
        contract,
        kind=st.sampled_from(["insurance", "guarantee", "letter_of_credit", "security", None]),
        limit=st.integers(0, 400).map(float),
        insured_share=st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]),
        deductible=st.integers(0, 50).map(float),
    ),
    max_size=3,
)


@given(contracts, st.integers(-50, 500).map(float))
def test_segments_are_what_the_contracts_pay_of_each_further_unit(found: list[Contract], owed: float) -> None:
    """Within each stretch, what a small step more is paid by each contract, worked out from the payments themselves."""
    segments = loss_segments(found, owed, policy=POLICY)
    assert segments[0].begin == 0
    assert math.isinf(segments[-1].end)
    assert all(first.end == second.begin for first, second in pairwise(segments))
    for segment in segments:
        middle = segment.begin + 0.5 if math.isinf(segment.end) else (segment.begin + segment.end) / 2
        if not math.isinf(segment.end) and segment.end - segment.begin < 1e-3:
            continue
        base, step = max(0.0, owed) + middle, 1e-4
        rates = [(paid_by(one, base + step) - paid_by(one, base - step)) / (2 * step) for one in found]
        paid = sum(rates)
        scale = min(1.0, 1 / paid) if paid > 0 else 1.0
        lgd = POLICY.economics.lgd_by_cover
        lost = sum(r * scale * lgd[one.kind or "insurance"] for r, one in zip(rates, found, strict=True))
        lost += (1 - paid * scale) * POLICY.economics.lgd_uninsured
        assert segment.insured == pytest.approx(paid * scale, abs=1e-6)
        assert segment.lost == pytest.approx(lost, abs=1e-6)


def test_value_is_the_sum_over_the_stretches() -> None:
    segments = loss_segments([contract(limit=1_000.0)], 400.0, policy=POLICY)
    terms = {"pd": 0.05, "margin": 0.2, "funded_days": 40.0, "policy": POLICY}
    covered = unit_value(0.9 * 0.10 + 0.1 * 0.77, **terms)  # type: ignore[arg-type]
    bare = unit_value(0.77, **terms)  # type: ignore[arg-type]
    assert value_of(900.0, segments, **terms) == pytest.approx(600 * covered + 300 * bare)  # type: ignore[arg-type]
