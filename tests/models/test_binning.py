"""Bins: published weights of evidence, monotone directions, and what is apart."""

from __future__ import annotations

import sys

import numpy as np
import polars as pl
import pytest
from sklearn.isotonic import IsotonicRegression

from credrisk.errors import DataError, ParameterError
from credrisk.models.binning import Bins, bin_variable, information_value, weight_of_evidence
from credrisk.models.pooling import BinRules, Counts, monotone_groups

SIDDIQI_AGE = {
    "missing": (860, 140, -42.719),
    "18-22": (3040, 960, -108.980),
    "23-26": (4920, 1080, -72.613),
    "27-29": (8100, 900, -4.526),
    "30-35": (9500, 500, 70.196),
    "35-44": (6800, 200, 128.388),
    "44+": (2940, 60, 164.934),
}
"""Goods, bads and WoE x 100 of the attribute age (IV 0.668): Siddiqi, Credit Risk Scorecards (2006), chapter 6."""


def counts_of(bad: np.ndarray, weight: np.ndarray | None = None) -> Counts:
    weight = np.ones(len(bad)) if weight is None else weight
    return Counts(np.where(bad, 0.0, weight), np.where(bad, weight, 0.0), bad.astype(float))


def drawn(seed: int, rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    value = rng.gamma(1.0, 20.0, rows).round(1)
    value[rng.random(rows) < 0.3] = 0.0
    bad = rng.random(rows) < 0.03 + 0.2 * (value > 15) + 0.2 * (value > 40)
    return value, bad


def test_published_weights_of_evidence_and_information_value() -> None:
    good, bad, published = np.array(list(SIDDIQI_AGE.values())).T
    assert np.abs(100 * weight_of_evidence(good, bad) - published).max() <= 0.0005
    assert round(float(information_value(good, bad).sum()), 3) == 0.668


def test_positive_is_better_and_shrinkage_draws_to_nought() -> None:
    good, bad = np.array([90.0, 60.0, 0.0]), np.array([10.0, 40.0, 0.0])
    plain, shrunk = weight_of_evidence(good[:2], bad[:2]), weight_of_evidence(good, bad, shrinkage=5.0)
    assert plain[0] > 0 > plain[1]
    assert plain[0] > shrunk[0] > 0 > shrunk[1] > plain[1]
    assert shrunk[2] == 0.0
    assert np.isinf(weight_of_evidence(np.array([1.0, 5.0]), np.array([0.0, 2.0]))[0])


@pytest.mark.parametrize("seed", range(20))
def test_pooling_gives_the_level_sets_of_the_isotonic_regression(seed: int) -> None:
    rng = np.random.default_rng(seed)
    good, bad = rng.integers(5, 60, 15).astype(float), rng.integers(0, 20, 15).astype(float)
    rising = bool(seed % 2)
    groups = monotone_groups(good, bad, rising=rising)
    assert [number for group in groups for number in group] == list(range(15))
    fitted = IsotonicRegression(increasing=rising).fit_transform(
        np.arange(15), bad / (good + bad), sample_weight=good + bad
    )
    for group in groups:
        assert np.allclose(fitted[group], bad[group].sum() / (good + bad)[group].sum())
    rates = [bad[group].sum() / (good + bad)[group].sum() for group in groups]
    assert (np.diff(rates) > 0).all() if rising else (np.diff(rates) < 0).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("worse", ["higher", "lower"])
def test_bins_move_in_the_worse_direction_only(seed: int, worse: str) -> None:
    value, bad = drawn(seed)
    column = pl.Series("dbt_12m", value if worse == "higher" else -value)
    bins = bin_variable(column, counts_of(bad), worse=worse)  # type: ignore[arg-type]
    intervals = np.array(bins.woe[: len(bins.cuts) + 1])
    assert len(bins.cuts) >= 2
    assert (np.diff(intervals) < 0).all() if worse == "higher" else (np.diff(intervals) > 0).all()


def test_against_its_direction_a_variable_has_one_bin() -> None:
    value, bad = drawn(3)
    bins = bin_variable(pl.Series("x", value), counts_of(bad), worse="lower")
    assert bins.cuts == ()
    assert bins.total_iv == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("worse", ["higher", "none"])
def test_every_interval_holds_enough_and_there_are_few(worse: str) -> None:
    value, bad = drawn(1)
    rules = BinRules(most_bins=4, least_share=0.1, least_events=20)
    bins = bin_variable(pl.Series("x", value), counts_of(bad), worse=worse, rules=rules)  # type: ignore[arg-type]
    assert 2 <= len(bins.cuts) + 1 <= 4
    of_bads = np.array(bins.bad_rate) * np.array(bins.share) / bad.mean()
    assert np.maximum(bins.share, of_bads)[:-1].min() >= 0.1
    assert np.maximum(bins.events, np.array(bins.share) * bad.sum())[:-1].min() >= 20
    assert sum(bins.share) == pytest.approx(1.0)
    assert sum(bins.events) == pytest.approx(bad.sum())


def test_the_few_rows_that_hold_many_events_keep_their_bin() -> None:
    value, bad = np.arange(1000) % 100, np.arange(1000) % 100 >= 98
    value[bad] += 50
    bins = bin_variable(pl.Series("x", value), counts_of(bad), worse="higher", rules=BinRules(pre_bins=100))
    assert bins.share[len(bins.cuts)] == pytest.approx(0.02)
    assert bins.bad_rate[len(bins.cuts)] == 1.0


def test_upper_bounds_belong_to_their_bin_and_specials_and_nulls_stand_apart() -> None:
    value, bad = drawn(2)
    value[:200], bad[:40] = 999.0, True
    given = pl.Series("x", [*value.tolist()[:-150], *([None] * 100), *([float("nan")] * 50)], dtype=pl.Float64)
    bins = bin_variable(given, counts_of(bad), worse="higher", specials=(999.0,))
    assert max(bins.cuts) < 999
    place = bins.place(given)
    assert (place[:200] == len(bins.cuts) + 1).all()
    assert (place[-150:] == len(bins) - 1).all()
    cut = bins.cuts[0]
    edges = bins.place(pl.Series("x", [np.nextafter(cut, -np.inf), cut, np.nextafter(cut, np.inf), -1e9, 1e9]))
    assert edges.tolist() == [0, 0, 1, 0, len(bins.cuts)]
    assert bins.share[len(bins.cuts) + 1] == pytest.approx(200 / len(value))


def test_weights_of_evidence_are_those_of_the_counts() -> None:
    value, bad = drawn(4)
    weight = np.random.default_rng(0).uniform(1.0, 3.0, len(bad))
    counts = counts_of(bad, weight)
    bins = bin_variable(pl.Series("x", value), counts, worse="higher", rules=BinRules(shrinkage=2.0))
    pseudo = 2.0 * counts.bad.sum() / bad.sum()
    odds = counts.good.sum() / counts.bad.sum()
    for number in range(len(bins)):
        held = bins.place(pl.Series("x", value)) == number
        good, bads = counts.good[held].sum(), counts.bad[held].sum()
        assert bins.woe[number] == pytest.approx(np.log((good + pseudo * odds) / (bads + pseudo) / odds))
    assert bins.woe[-1] == 0.0


def test_levels_that_are_rare_or_unseen_share_a_bin() -> None:
    rng = np.random.default_rng(5)
    level = rng.choice(["retail", "building", "food", "rare"], 3000, p=[0.4, 0.3, 0.29, 0.01])
    bad = rng.random(3000) < np.where(level == "building", 0.2, 0.04)
    bins = bin_variable(pl.Series("industry", level), counts_of(bad))
    assert bins.levels is not None
    assert not any("rare" in group for group in bins.levels)
    seen = bins.place(pl.Series("industry", ["building", "rare", "never seen", None]))
    other = len(bins.levels)
    assert seen.tolist()[1:] == [other, other, other + 1]
    assert bins.woe[seen[0]] == min(bins.woe)


def test_the_order_of_the_rows_changes_nothing() -> None:
    value, bad = drawn(6)
    order = np.random.default_rng(1).permutation(len(value))
    bins = bin_variable(pl.Series("x", value), counts_of(bad), worse="higher")
    assert bin_variable(pl.Series("x", value[order]), counts_of(bad[order]), worse="higher") == bins


def test_cuts_read_well() -> None:
    value, bad = drawn(7)
    bins = bin_variable(pl.Series("x", value * 1013.7), counts_of(bad), worse="higher")
    assert all(float(f"{cut:.2g}") == cut for cut in bins.cuts)


def test_what_cannot_be_binned_is_refused() -> None:
    value, bad = drawn(8)
    with pytest.raises(DataError, match="infinite"):
        bin_variable(pl.Series("x", np.where(value > 50, np.inf, value)), counts_of(bad))
    with pytest.raises(DataError, match="one kind is missing"):
        bin_variable(pl.Series("x", value), counts_of(np.zeros(len(value), dtype=bool)))
    with pytest.raises(DataError, match="numbers or text"):
        bin_variable(pl.Series("x", [[1]] * len(bad)), counts_of(bad))
    with pytest.raises(ParameterError, match="most_bins"):
        BinRules(most_bins=1)


def test_optbinning_gives_cuts_under_the_same_rules() -> None:
    pytest.importorskip("optbinning")
    value, bad = drawn(9)
    found: Bins = bin_variable(
        pl.Series("x", value), counts_of(bad), worse="higher", rules=BinRules(cuts_by="optbinning")
    )
    assert 2 <= len(found.cuts) + 1 <= 6
    assert (np.diff(found.woe[: len(found.cuts) + 1]) < 0).all()


def test_without_optbinning_its_cuts_are_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optbinning", None)
    value, bad = drawn(9)
    with pytest.raises(ParameterError, match="quantiles where optbinning is not installed"):
        bin_variable(pl.Series("x", value), counts_of(bad), rules=BinRules(cuts_by="optbinning"))
