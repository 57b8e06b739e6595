"""The audit sample: its chances are what is stated, and its estimate is right on average."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.audit_sample import audit_estimate, audit_sample
from credrisk.errors import DataError, ParameterError


def accounts(risks: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": [f"c{n:03d}" for n in range(len(risks))], "risk": risks})


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 45), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_as_many_as_asked_for_are_drawn_each_once_with_a_chance(risks: list[float], size: int, seed: int) -> None:
    drawn = audit_sample(accounts(risks), size=size, seed=seed)
    assert drawn.height == min(size, len(risks))
    assert drawn["customer_id"].n_unique() == drawn.height
    assert drawn["inclusion_probability"].is_between(0, 1, closed="right").all()
    assert drawn.equals(audit_sample(accounts(risks).reverse(), size=size, seed=seed))


def test_by_hand() -> None:
    # 2 of 4: 2 x (0.25 / 4 + 0.75 x risk / 10)
    drawn = audit_sample(accounts([1.0, 2.0, 3.0, 4.0]), size=2, seed=0)
    chances = {f"c{n:03d}": 2 * (0.25 / 4 + 0.75 * risk / 10) for n, risk in enumerate((1, 2, 3, 4))}
    for name, chance in drawn.select("customer_id", "inclusion_probability").iter_rows():
        assert chance == pytest.approx(chances[name])
    # one account outweighs the rest: certain, and the other place is shared out evenly
    certain = audit_sample(accounts([0.0, 0.0, 0.0, 90.0]), size=2, seed=1)
    assert dict(certain.select("customer_id", "inclusion_probability").iter_rows())["c003"] == 1.0
    assert certain["inclusion_probability"].min() == pytest.approx(1 / 3)


def test_the_chances_hold_and_the_estimate_has_no_bias() -> None:
    random = np.random.default_rng(5)
    risks = np.exp(random.normal(0, 1.5, 60))
    wrong = {f"c{n:03d}": bool(random.random() < 0.1 + 0.5 * (risk > 2)) for n, risk in enumerate(risks)}
    truth, times = np.mean(list(wrong.values())), 2000
    counted, chances, rates, inside = {}, {}, [], 0
    for seed in range(times):
        drawn = audit_sample(accounts(risks.tolist()), size=15, seed=seed)
        for name, chance in drawn.select("customer_id", "inclusion_probability").iter_rows():
            counted[name] = counted.get(name, 0) + 1
            chances[name] = chance
        found = audit_estimate(drawn, wrong, accounts=60)
        rates.append(found.error_rate)
        inside += found.low <= truth <= found.high
    for name, chance in chances.items():
        error = np.sqrt(chance * (1 - chance) / times)
        assert counted[name] / times == pytest.approx(chance, abs=4.5 * error + 1e-9), name
    assert np.mean(rates) == pytest.approx(truth, abs=4 * np.std(rates) / np.sqrt(times))
    assert inside / times >= 0.95


def test_estimate_by_hand() -> None:
    drawn = pl.DataFrame({"customer_id": ["a", "b", "c"], "inclusion_probability": [0.5, 0.25, 1.0]})
    found = audit_estimate(drawn, {"a": True, "b": False, "c": True}, accounts=10)
    assert found.error_rate == pytest.approx((1 / 0.5 + 1) / 10)
    # worth (2 + 4 + 1)^2 / (4 + 16 + 1) = 2.333 accounts
    count, z = 49 / 21, 1.959964
    middle = (0.3 + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(0.3 * 0.7 / count + z**2 / (4 * count**2))
    assert (found.low, found.high) == (pytest.approx(middle - reach), pytest.approx(middle + reach))


def test_no_error_found_is_no_proof_of_none() -> None:
    drawn = audit_sample(accounts([1.0] * 100), size=30, seed=2)
    found = audit_estimate(drawn, dict.fromkeys(drawn["customer_id"], False), accounts=100)
    assert (found.error_rate, found.low) == (0.0, 0.0)
    # Wilson's upper end for none of n is z^2 / (n + z^2)
    assert found.high == pytest.approx(1.959964**2 / (30 + 1.959964**2))
    everything = audit_sample(accounts([1.0] * 5), size=9, seed=2)
    exact = audit_estimate(everything, {f"c{n:03d}": n == 0 for n in range(5)}, accounts=5)
    assert (exact.low, exact.error_rate, exact.high) == (0.2, 0.2, 0.2)


def test_refusals() -> None:
    for options in ({"size": 0}, {"size": 2.5}, {"size": 1, "random_share": 0.0}, {"size": 1, "random_share": 1.5}):
        with pytest.raises(ParameterError):
            audit_sample(accounts([1.0, 2.0]), seed=0, **options)
    for risks in ([1.0, -1.0], [1.0, float("inf")]):
        with pytest.raises(DataError, match="negative or not finite"):
            audit_sample(accounts(risks), size=1, seed=0)
    drawn = audit_sample(accounts([1.0, 2.0]), size=2, seed=0)
    with pytest.raises(DataError, match="no finding"):
        audit_estimate(drawn, {"c000": True}, accounts=2)
