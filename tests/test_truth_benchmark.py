"""The figures of the benchmark `truth` against plain sums."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import truth
    import truth_seed

    return truth, truth_seed


def drawn(size: int = 700) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    probability = rng.uniform(0.005, 0.2, size)
    return probability, (rng.random(size) < probability).astype(float), rng.lognormal(8, 1, size)


def test_grades_are_equal_and_tested_by_jeffreys(benchmark):
    probability, event, _ = drawn()
    grades = benchmark[1].graded(probability, event, probability)
    assert len(grades) == 7
    order = np.argsort(probability)
    first = order[:100]
    assert grades[0]["events"] == event[first].sum()
    assert grades[0]["pd"] == pytest.approx(probability[first].mean())
    bad, mean = event[first].sum(), probability[first].mean()
    below = beta.cdf(mean, bad + 0.5, 100 - bad + 0.5)
    assert grades[0]["p"] == pytest.approx(2 * min(below, 1 - below))


def test_bad_money_is_that_of_the_reviewed_tenth(benchmark):
    probability, event, money = drawn()
    found = benchmark[1].measured(event, money, probability)
    lost = {row: event[row] * money[row] for row in range(700)}
    by_loss = sorted(range(700), key=lambda row: -probability[row] * money[row])[:70]
    by_pd = sorted(range(700), key=lambda row: -probability[row])[:70]
    assert found["money_by_loss"] == pytest.approx(sum(lost[row] for row in by_loss) / sum(lost.values()))
    assert found["money_by_pd"] == pytest.approx(sum(lost[row] for row in by_pd) / sum(lost.values()))


def test_noise_adds_nothing_to_the_oracle(benchmark):
    probability, event, _ = drawn(4000)
    noisy = np.clip(probability * np.exp(np.random.default_rng(1).normal(size=4000)), 1e-4, 0.9)
    found = benchmark[1]._beyond(event, probability, noisy)
    assert abs(found["weight"]) < 3 * found["error"]


def test_the_weighted_auc_is_the_mean_over_pairs_of_a_bad_and_a_good_row(benchmark):
    chance, score = np.array([0.5, 0.1, 0.2, 0.9]), np.array([0.4, 0.1, 0.4, 0.2])
    pairs = [(chance[i] * (1 - chance[j]), score[i] - score[j]) for i in range(4) for j in range(4)]
    won = sum(weight * ((gap > 0) + 0.5 * (gap == 0)) for weight, gap in pairs)
    expected = won / sum(weight for weight, _ in pairs)
    assert benchmark[1].weighted_auc(chance, score) == pytest.approx(expected, abs=1e-12)


def test_expected_money_is_weighed_by_the_oracle_and_excluded_customers_are_left_out(benchmark):
    oracle, money = np.array([0.3, 0.2, 1e-5, *np.full(7, 0.05)]), np.array([10.0, 40.0, 900.0, *np.full(7, 2.0)])
    event, score = np.array([1.0, 0.0, 0.0, *np.zeros(7)]), np.array([0.5, 0.4, 0.9, *np.full(7, 0.1)])
    found = benchmark[1].expected(event, money, score, oracle)
    total = float(oracle @ money)
    # One of ten is reviewed: the third, by PD and by PD x money; its chance is next to none.
    assert found["expected_money_by_pd"] == pytest.approx(900 * 1e-5 / total)
    assert found["expected_money_by_loss"] == pytest.approx(900 * 1e-5 / total)
    assert found["auc_not_excluded"] == 1.0


def test_the_interval_over_seeds_is_students(benchmark):
    mean, low, high = benchmark[0].interval(np.array([1.0, 2.0, 3.0]))
    assert mean == 2.0
    # t(0.975, 2) = 4.303; sd 1 / sqrt(3).
    assert high - mean == pytest.approx(4.303 / np.sqrt(3), rel=1e-3) == mean - low


def test_the_section_is_written_from_what_stands(benchmark, tmp_path):
    truth, seed = benchmark
    found = []
    for number in (1, 2):
        rng = np.random.default_rng(number)
        probability, money = rng.uniform(0.005, 0.2, 700), rng.lognormal(8, 1, 700)
        event = (rng.random(700) < probability).astype(float)
        names = ("model", *truth.PLAIN, "visible_oracle", "latent_oracle")
        scores = {name: np.clip(probability * np.exp(0.3 * rng.normal(size=700)), 1e-4, 0.9) for name in names}
        found.append(
            {
                "seed": number, "customers": 1000, "months": 60, "every": 1, "rows": 700, "events": event.sum(),
                "train_events": 100, "rung": "booster", "failures_a_year": 0.02,
                "excluded_rows": 7,
                "measures": {
                    name: seed.measured(event, money, p) | seed.expected(event, money, p, probability)
                    for name, p in scores.items()
                },
                "grades": {n: seed.graded(scores[n], event, probability) for n in ("model", "visible_oracle")},
                "beyond": {"weight": 0.0, "error": 1.0},
                "seconds": {"simulate": 1.0, "model": 1.0, "oracles": 1.0},
            }
        )  # fmt: skip
    told = json.loads(json.dumps(found))
    text = truth.section(told)
    assert text.count("\n| 1 |") == 2
    assert "seeds\n1, 2: nobody" in text
    assert f"Measured {np.mean(truth.shares(found)):.3f}" in text
    halved = [{"grades": {"model": [{"pd": 0.02, "true": 0.04, "rows": 9}] * 7}}]
    assert truth.shape(halved, [0.5] * 7).count("1.00") == 7
    assert "nan" not in text.replace("`", "")
