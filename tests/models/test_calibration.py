from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from credrisk.models.calibration import (
    EVENTS_FOR_CURVE,
    EVENTS_FOR_SLOPE,
    METHODS,
    Calibration,
    _choice,
    _learnt,
    fit_calibration,
    identity,
    proportional,
    split_day,
)
from credrisk.models.calibration_maps import (
    Cells,
    beta_map,
    beta_rate,
    isotonic_map,
    most_probable_slope,
    rates_by_score,
    venn_abers_map,
)
from credrisk.models.intervals import cumulative_incidence, expand
from credrisk.models.outcomes import DAYS_PER_MONTH
from credrisk.models.rows import Rows

EDGES = np.array([0.0, 1.0, 3.0, 6.0])


def later_part(true_slopes: tuple[float, ...], *, n_rows: int = 20_000, base: float = -4.0, seed: int = 0) -> Rows:
    """Rows of 24 month-ends whose log rate in each interval is the predicted one times a slope, around its mean."""
    rng = np.random.default_rng(seed)
    edges = EDGES[: len(true_slopes) + 1]
    away = rng.normal(size=n_rows)
    rates = np.exp(base + np.outer(away, true_slopes))
    waited = rng.exponential(size=n_rows)
    months = np.full(n_rows, edges[-1] + 1.0)
    before = np.zeros(n_rows)
    for interval, width in enumerate(np.diff(edges)):
        inside = (waited >= before) & (waited < before + rates[:, interval] * width)
        months[inside] = (edges[interval] + (waited - before) / rates[:, interval])[inside]
        before += rates[:, interval] * width
    event = (months <= edges[-1]).astype(np.int8)
    day = np.rint(rng.integers(0, 24, n_rows) * DAYS_PER_MONTH).astype(np.int64)
    values = np.repeat((base + away)[:, None], len(true_slopes), axis=1)
    return Rows(values, event, np.maximum(months, 0.03), day, np.arange(n_rows))


def cells(n: int, *, distinct: int, seed: int = 0) -> Cells:
    rng = np.random.default_rng(seed)
    log_rate = rng.choice(np.sort(rng.normal(-2.0, 1.0, distinct)), n)
    exposure = rng.uniform(0.2, 3.0, n)
    events = (rng.random(n) < -np.expm1(-np.exp(0.7 * log_rate - 0.5) * exposure)).astype(float)
    return Cells(log_rate, exposure, events)


def slow_isotonic(rate: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The max-min formula: the highest over starts of the lowest over ends of the mean between them."""
    n = len(rate)
    means = np.full((n, n), np.nan)
    for start, end in product(range(n), range(n)):
        if start <= end:
            part = slice(start, end + 1)
            means[start, end] = np.average(rate[part], weights=weight[part])
    return np.array([max(min(means[start, place:]) for start in range(place + 1)) for place in range(n)])


def test_the_isotonic_map_is_scikit_learns_at_its_scores() -> None:
    sample = cells(400, distinct=40)
    score, exposure, _ = rates_by_score(sample)
    fitted = IsotonicRegression().fit(sample.log_rate, sample.events / sample.exposure, sample_weight=sample.exposure)
    theirs = fitted.predict(score)
    knots, mapped = isotonic_map(sample)
    seen = theirs > 0
    np.testing.assert_array_equal(knots, score)
    np.testing.assert_allclose(np.exp(mapped[seen]), theirs[seen], rtol=1e-9)
    assert np.exp(mapped[~seen]) == pytest.approx(
        np.full((~seen).sum(), min(0.5 / exposure[~seen].sum(), theirs[seen].min()))
    )


def test_venn_abers_against_the_slow_reference() -> None:
    """Each score is put to the sample twice, without and with the event, and the isotonic rates are fitted anew."""
    sample = cells(60, distinct=15, seed=3)
    score, exposure, events = rates_by_score(sample)
    months = sample.exposure.mean()
    wanted = []
    for place in range(len(score)):
        told = []
        for more in (0.0, 1.0):
            longer = exposure + months * (np.arange(len(score)) == place)
            counted = events + more * (np.arange(len(score)) == place)
            told.append(-np.expm1(-slow_isotonic(counted / longer, longer)[place] * months))
        wanted.append(told[1] / (1 - told[0] + told[1]))
    knots, mapped = venn_abers_map(sample)
    np.testing.assert_array_equal(knots, score)
    np.testing.assert_allclose(-np.expm1(-np.exp(mapped) * months), wanted, rtol=1e-9)
    assert (np.diff(mapped) >= 0).all()


def test_beta_is_its_definition() -> None:
    """Kull, Silva Filho and Flach (2017), eq. 4: q = 1 / (1 + 1 / (exp(c) p^a / (1 - p)^b))."""
    log_rate = np.linspace(-8, 1, 50)
    p = -np.expm1(-np.exp(log_rate))
    for a, b, c in ((1.0, 1.0, 0.0), (0.6, 1.4, 0.3), (1.5, 0.0, -1.0)):
        q = 1 / (1 + 1 / (np.exp(c) * p**a / (1 - p) ** b))
        np.testing.assert_allclose(np.exp(beta_rate(log_rate, a=a, b=b, c=c)), -np.log1p(-q), rtol=1e-8)
    np.testing.assert_allclose(beta_rate(log_rate, a=1.0, b=1.0, c=0.0), log_rate, atol=1e-12)


def test_beta_finds_the_map_the_cells_were_drawn_from() -> None:
    """40,000 cells, half with the event: standard errors of the log rate below 0.05 where they lie."""
    rng = np.random.default_rng(1)
    log_rate = rng.normal(-1.5, 1.0, 40_000)
    waited = rng.exponential(np.exp(-beta_rate(log_rate, a=0.7, b=1.3, c=0.2)))
    events, exposure = (waited < 1).astype(float), np.minimum(waited, 1.0)
    knots, mapped = beta_map(Cells(log_rate, exposure, events))
    inside = np.quantile(log_rate, [0.05, 0.5, 0.95])
    found, wanted = np.interp(inside, knots, mapped), beta_rate(inside, a=0.7, b=1.3, c=0.2)
    assert np.diff(found) == pytest.approx(np.diff(wanted), abs=0.25)


def test_more_scores_than_are_kept_are_put_together_without_losing_any() -> None:
    sample = cells(5000, distinct=3000)
    score, exposure, events = rates_by_score(sample)
    assert len(score) <= 200
    assert (np.diff(score) > 0).all()
    assert exposure.sum() == pytest.approx(sample.exposure.sum())
    assert events.sum() == pytest.approx(sample.events.sum())


def test_each_interval_gets_its_own_slope() -> None:
    """300 events an interval or more: the standard error of a slope is near 0.06; four of them, and the belief in 1."""
    found = _learnt("slope", later_part((1.3, 1.0, 0.4)), EDGES)
    assert found.slope == pytest.approx((1.3, 1.0, 0.4), abs=0.3)
    assert found.slope[0] > found.slope[1] > found.slope[2] > 0


def test_repeated_rows_of_one_event_are_no_more_evidence() -> None:
    sample = cells(4000, distinct=500)
    seen_often = Cells(sample.log_rate, sample.exposure / 10, sample.events / 10)
    assert abs(most_probable_slope(seen_often) - 1) < abs(most_probable_slope(sample) - 1)


def test_rows_that_see_the_same_event_in_an_interval_count_as_one_event() -> None:
    """Whatever is at risk in the last interval three times over: its map stays, and few events stay few."""

    def thrice(rows: Rows) -> Rows:
        late = np.nonzero(rows.months > EDGES[-2])[0]
        return rows.take(np.concatenate([np.arange(len(rows)), late, late]))

    once = later_part((1.3, 1.0, 0.4))
    last = _learnt("slope", once, EDGES).slope[-1]
    assert abs(last - 1) > 0.3
    assert _learnt("slope", thrice(once), EDGES).slope[-1] == pytest.approx(last, rel=1e-6)
    late = (once.event == 1) & (once.months > EDGES[-2])
    few = once.take(~late | (np.cumsum(late) < EVENTS_FOR_SLOPE))
    assert _learnt("slope", thrice(few), EDGES).slope[-1] == 1.0
    enough = once.take(~late | (np.cumsum(late) <= EVENTS_FOR_SLOPE))
    assert _learnt("slope", thrice(enough), EDGES).slope[-1] != 1.0


def test_a_flat_interval_is_found_and_told() -> None:
    rows = later_part((1.0, 1.0, 0.1))
    found = fit_calibration(rows, edges=EDGES, split_on="2024-01-31")
    assert found.method != "identity"
    assert set(found.scores) == set(METHODS) == set(found.score_errors)
    assert found.scores["identity"] == 0 < found.scores[found.method]
    assert found.method in found.reason
    expanded = expand(rows, EDGES)
    expected = (expanded.exposure * np.exp(rows.values[expanded.row, expanded.interval])).sum()
    assert found.observed_to_expected == pytest.approx(expanded.target.sum() / expected)


def test_a_right_model_is_left_alone() -> None:
    """Four curves against none at two standard errors each, strongly dependent: 7 of 8 draws must stay simple."""
    methods = [
        fit_calibration(later_part((1.0, 1.0, 1.0), seed=seed, n_rows=8000), edges=EDGES, split_on="").method
        for seed in range(8)
    ]
    assert methods.count("identity") >= 7


def test_too_few_later_events_change_nothing_and_say_so() -> None:
    rows = later_part((0.4,), n_rows=8000, base=-5.5)
    few = rows.take(np.cumsum(rows.event) < EVENTS_FOR_SLOPE)
    found = fit_calibration(few, edges=EDGES[:2], split_on="2024-01-31")
    assert found.method == "identity"
    assert f"{EVENTS_FOR_SLOPE - 1} later events" in found.reason
    assert found.apply(np.array([[-3.0]])).tolist() == [[-3.0]]
    some = rows.take(np.cumsum(rows.event) <= EVENTS_FOR_SLOPE)
    assert "judged rows" in fit_calibration(some, edges=EDGES[:2], split_on="2024-01-31").reason


def test_a_curve_needs_many_judged_events() -> None:
    rows = later_part((0.1, 0.1, 0.1), n_rows=1500)
    judged = int(rows.event.sum() / 2)
    assert EVENTS_FOR_SLOPE < judged < EVENTS_FOR_CURVE
    assert fit_calibration(rows, edges=EDGES, split_on="").method in ("identity", "slope")


def test_the_simplest_is_kept_unless_another_is_better_beyond_noise() -> None:
    noise = np.random.default_rng(0).normal(size=1000)
    noise -= noise.mean()
    error = np.sqrt((noise**2).sum())
    none = np.zeros(1000)
    assert _choice({"identity": none, "slope": noise + 1.9 * error / 1000}) == "identity"
    assert _choice({"identity": none, "slope": noise + 2.1 * error / 1000}) == "slope"
    ahead = noise + 2.1 * error / 1000
    assert _choice({"identity": none, "slope": ahead, "beta": ahead + noise}) == "slope"


@pytest.mark.parametrize("method", METHODS)
def test_the_map_keeps_the_expected_events_of_each_interval_and_the_order(method: str) -> None:
    rows = later_part((1.3, 0.4, 0.4))
    expanded = expand(rows, EDGES)
    predicted = rows.values[expanded.row, expanded.interval]
    kept = _learnt(method, rows, EDGES).keeping_total(predicted, expanded)
    mapped = kept.apply(rows.values)[expanded.row, expanded.interval]
    for interval in range(3):
        here = expanded.interval == interval
        after = (expanded.exposure * np.exp(mapped))[here].sum()
        assert after == pytest.approx((expanded.exposure * np.exp(predicted))[here].sum())
    risen = kept.apply(np.repeat(np.linspace(-30, 5, 200)[:, None], 3, axis=1))
    assert (np.diff(risen, axis=0) >= 0).all()
    leaving = np.full_like(rows.values, -4.0)
    within = cumulative_incidence(kept.apply(rows.values), leaving, EDGES, [1, 2, 3, 6])
    assert (np.diff(within, axis=1) >= 0).all()


@pytest.mark.parametrize("method", ["identity", "slope", "isotonic"])
def test_events_without_a_sign_are_a_floor_that_keeps_the_total(method: str) -> None:
    rows = later_part((0.5, 1.0, 1.0))
    expanded = expand(rows, EDGES)
    predicted = rows.values[expanded.row, expanded.interval]
    kept = _learnt(method, rows, EDGES).keeping_total(predicted, expanded, unforeseen=0.1)
    without = _learnt(method, rows, EDGES).keeping_total(predicted, expanded)
    mapped, plain = (np.exp(one.apply(rows.values)) for one in (kept, without))
    for interval in range(3):
        here = expanded.interval == interval
        before = expanded.exposure[here] * np.exp(predicted[here])
        assert kept.floor[interval] == pytest.approx(0.1 * before.sum() / expanded.exposure[here].sum())
        after = expanded.exposure[here] * mapped[expanded.row[here], interval]
        assert after.sum() == pytest.approx(before.sum())
        # The others keep their proportions.
        told = (mapped - np.array(kept.floor))[:, interval] / plain[:, interval]
        assert told == pytest.approx(np.full(len(told), 0.9))
    lowest = kept.apply(np.full((1, 3), -60.0))
    assert np.exp(lowest[0]) == pytest.approx(np.array(kept.floor), rel=1e-6)


def test_an_interval_that_nobody_was_watched_in_keeps_its_rates() -> None:
    rows = later_part((0.5, 1.0, 1.0))
    expanded = expand(rows, EDGES)
    watched = expanded.interval < 2
    fields = {field.name: getattr(expanded, field.name)[watched] for field in dataclasses.fields(expanded)}
    fewer = dataclasses.replace(expanded, **fields)
    plain = identity("", n_intervals=3)
    kept = plain.keeping_total(rows.values[fewer.row, fewer.interval], fewer, unforeseen=0.15)
    assert (kept.floor[2], kept.level[2]) == (0.0, 0.0)
    assert min(kept.floor[:2]) > 0
    assert kept.apply(rows.values)[:, 2] == pytest.approx(rows.values[:, 2])


def test_a_damaged_map_is_refused() -> None:
    kept = _learnt("isotonic", later_part((0.5,)), EDGES[:2])
    fields = {name: getattr(kept, name) for name in kept.__dataclass_fields__}
    assert Calibration(**fields | {"knots_in": [list(kept.knots_in[0])]}) == kept
    damages = (
        {"method": "none"},
        {"knots_in": [kept.knots_in[0][::-1]]},
        {"knots_out": [kept.knots_out[0][::-1]]},
        {"knots_out": [kept.knots_out[0][1:]]},
        {"knots_in": [(*kept.knots_in[0][:-1], float("nan"))]},
        {"knots_in": [], "knots_out": [kept.knots_out[0]]},
        {"slope": (1.0, 1.0)},
        {"floor": (-1e-9,)},
        {"floor": (float("nan"),)},
        {"floor": (0.0, 0.0)},
    )
    for damage in damages:
        with pytest.raises(ValueError, match="calibration map"):
            Calibration(**fields | damage)


def test_parts_add_up_through_a_curve() -> None:
    rng = np.random.default_rng(2)
    parts = rng.normal(size=(50, 4))
    parts[0] = 0.0
    log_rate = -4 + parts.sum(axis=1, keepdims=True) + np.array([0.0, 0.5, -0.5])
    share = np.diff(EDGES) / EDGES[-1]
    curve = _learnt("isotonic", later_part((0.5, 0.5, 0.5)), EDGES)
    told, base = proportional(parts, log_rate, share, curve.apply)
    np.testing.assert_allclose(told.sum(axis=1) + base, curve.apply(log_rate) @ share, atol=1e-9)
    assert (np.sign(told) * np.sign(parts) >= 0).all()
    unchanged, level = proportional(parts, log_rate, share, identity("", n_intervals=3).apply)
    np.testing.assert_allclose(unchanged, parts, atol=1e-9)
    np.testing.assert_allclose(level, -4 + share @ np.array([0.0, 0.5, -0.5]), atol=1e-9)


def test_the_split_leaves_events_on_both_sides() -> None:
    rows = np.arange(0, 360, 30)
    assert split_day(np.array([40, 100, 170, 200, 290]), rows) == 210
    assert split_day(np.array([], dtype=np.int64), rows) is None
    assert split_day(np.array([100, 100]), rows) is None
    assert split_day(np.array([500, 600]), rows) is None
    assert split_day(np.array([100, 200]), np.zeros(5, dtype=np.int64)) is None
