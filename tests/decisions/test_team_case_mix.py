"""The funnel plot's figures: by hand, against plain loops, and in simulated teams whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from credrisk.decisions.team_case_mix import case_mix
from credrisk.errors import DataError


def team(seed: int, sizes: list[int], lift: dict[int, float] | None = None) -> pl.DataFrame:
    """Return accounts of collectors with unequal portfolios: size of accounts and chance to pay differ.

    A part of the accounts pays all four of its invoices or none, so that the residuals are no sums of small things.
    """
    random, parts = np.random.default_rng(seed), []
    for place, count in enumerate(sizes):
        amount = np.exp(random.normal(8 + 0.2 * (place % 5), 1.2, count))
        chance = np.clip(random.beta(max(6 - place, 2), 4 + place, count), 0.02, 0.7)
        true = chance * (lift or {}).get(place, 1.0)
        draw = random.random((count, 4))
        together = random.random(count) < 0.6
        draw[together] = draw[together][:, :1]
        parts.append(
            pl.DataFrame(
                {
                    "collector": f"c{place:02d}",
                    "expected": amount * chance,
                    "actual": amount * (draw < true[:, None]).mean(axis=1),
                    "variance": amount**2 * chance * (1 - chance),
                }
            )
        )
    return pl.concat(parts)


def outside(sizes: list[int], teams: int) -> np.ndarray:
    """Return for each team and collector whether it lies outside its 95 and its 99.8 % limits."""
    found = []
    for seed in range(teams):
        verdicts = case_mix(team(seed, sizes)).table["verdict"].drop_nulls()
        found += [(verdict != "within", verdict.endswith("998")) for verdict in verdicts]
    return np.array(found)


@pytest.mark.parametrize("sizes", [[60] * 5, [40, 200, 80, 120, 60]])
def test_equal_collectors_with_unequal_portfolios_are_not_told_apart_more_often_than_nominal(sizes: list[int]) -> None:
    found = outside(sizes, 300)
    # Collectors of one team are compared with each other, so a team is about four independent looks.
    for place, nominal in ((0, 0.05), (1, 0.002)):
        error = math.sqrt(nominal * (1 - nominal) / (len(found) * 0.8))
        assert found[:, place].mean() <= nominal + 3 * error, (place, found[:, place].mean())
    assert found[:, 0].mean() > 0.02  # limits so wide that nobody is ever outside would be no limits


def test_a_better_collector_is_found_as_often_as_stated() -> None:
    """One of six with 150 accounts each collects 40 % more than the others: 8 times in 10 outside the 95 % limits."""
    made = [case_mix(team(seed, [150] * 6, {2: 1.4})) for seed in range(100)]
    rows = [one.table.row(2, named=True) for one in made]
    found = np.mean([row["verdict"].startswith("above") for row in rows])
    # What is detectable is a distance from the team's ratio, in which the collector's own accounts take part.
    apart = np.mean([row["ratio"] / one.team_ratio - 1 for row, one in zip(rows, made, strict=True)])
    detectable = np.mean([row["detectable"] for row in rows])
    stated = 1 - norm.cdf(1.96 - (1.96 + 0.84) * apart / detectable)
    assert found >= 0.8
    assert found == pytest.approx(stated, abs=3.5 * math.sqrt(stated * (1 - stated) / 100))
    others = [row["verdict"] for one in made for row in one.table.rows(named=True) if row["collector"] != "c02"]
    assert np.mean([verdict.startswith("above") for verdict in others]) < 0.025


def oracle(rows: list[dict[str, float | str]]) -> dict[str, dict[str, float]]:
    """Return ratio, standard error and z by plain loops."""
    spread = sorted(math.sqrt(row["variance"]) for row in rows)
    cap = float(pl.Series(spread).quantile(0.75))
    scaled = []
    for row in rows:
        scale = min(1.0, cap / math.sqrt(row["variance"]))
        scaled.append((row["collector"], row["expected"] * scale, row["actual"] * scale, row["variance"] * scale**2))
    names = sorted({row[0] for row in scaled})
    of = {name: [row[1:] for row in scaled if row[0] == name] for name in names}
    total = {name: [sum(row[k] for row in of[name]) for k in range(3)] for name in names}
    squares = should = 0.0
    for name in names:
        e_sum, a_sum, v_sum = total[name]
        for e, a, v in of[name]:
            squares += (a - a_sum / e_sum * e) ** 2
            should += v * (1 - 2 * e / e_sum) + (e / e_sum) ** 2 * v_sum
    factor = squares / should
    everything = [sum(total[name][k] for name in names) for k in range(3)]
    team_ratio = everything[1] / everything[0]
    found = {}
    for name in names:
        share = total[name][0] / everything[0]
        own = math.sqrt(factor * total[name][2]) / total[name][0]
        rest = sum((total[n][0] / everything[0]) ** 2 * factor * total[n][2] / total[n][0] ** 2 for n in names)
        apart = math.sqrt(own**2 - 2 * share * own**2 + rest)
        ratio = total[name][1] / total[name][0]
        found[name] = {"ratio": ratio, "standard_error": apart, "z": (ratio - team_ratio) / apart}
    return found


def test_against_plain_loops() -> None:
    accounts = team(3, [45, 80, 60])
    made = case_mix(accounts)
    for row in made.table.rows(named=True):
        for name, value in oracle(accounts.rows(named=True))[row["collector"]].items():
            assert row[name] == pytest.approx(value, rel=1e-9), name
        assert row["high_95"] > made.team_ratio > row["low_95"] >= row["low_998"]
        assert row["plain_ratio"] == pytest.approx(row["actual"] / row["expected"])
    assert made.over_dispersion == 1.0
    assert any("3 collectors" in said for said in made.sentences)


def test_money_in_another_unit_and_another_order_change_nothing() -> None:
    accounts = team(4, [45, 80, 60])
    made = case_mix(accounts)
    scaled = accounts.with_columns(pl.col("expected", "actual") * 100, pl.col("variance") * 10_000).sample(
        fraction=1.0, shuffle=True, seed=1
    )
    again = case_mix(scaled)
    for one, other in zip(made.table.rows(named=True), again.table.rows(named=True), strict=True):
        assert other["z"] == pytest.approx(one["z"], rel=1e-9)
        assert other["expected"] == pytest.approx(100 * one["expected"])
    tripled = case_mix(accounts.with_columns(pl.col("variance") * 3))
    assert tripled.table["z"].to_list() == pytest.approx(made.table["z"].to_list())


def test_too_few_accounts_give_no_figure_but_the_sums() -> None:
    made = case_mix(team(5, [60, 60, 60, 12]))
    last = made.table.row(3, named=True)
    assert last["lacks"] == "12 accounts with expected cash, 30 are needed"
    assert last["expected"] > 0
    assert [last[name] for name in ("ratio", "ratio_low", "z", "verdict", "detectable")] == [None] * 5
    two = case_mix(team(5, [60, 60, 12]))
    assert two.team_ratio is None
    assert two.table["ratio"].is_null().all()
    assert "at least 3 are needed" in two.sentences[0]


def test_a_portfolio_carried_by_a_few_accounts_gives_no_figure() -> None:
    accounts = team(6, [60, 60, 60, 40])
    tiny = (
        pl.when((pl.col("collector") == "c03") & (pl.int_range(pl.len()).over("collector") > 3))
        .then(1e-6)
        .otherwise(1.0)
    )
    shrunk = accounts.with_columns(
        pl.col("expected") * tiny, pl.col("actual") * tiny, variance=pl.col("variance") * tiny**2
    )
    last = case_mix(shrunk).table.row(3, named=True)
    assert "a few accounts carry nearly all" in last["lacks"]
    assert last["ratio"] is None


def test_over_dispersion_widens_the_limits_of_a_large_team_and_is_said() -> None:
    random = np.random.default_rng(1)
    lift = {place: float(np.exp(random.normal(0, 0.5))) for place in range(20)}
    wide = case_mix(team(7, [120] * 20, lift))
    assert wide.over_dispersion > 1.5
    assert any(said.startswith("Over-dispersion: the collectors differ more") for said in wide.sentences)
    equal = case_mix(team(7, [120] * 20))
    assert equal.over_dispersion == 1.0
    assert any(said.startswith("No over-dispersion") for said in equal.sentences)
    assert wide.table["standard_error"].mean() > equal.table["standard_error"].mean()


def test_one_who_differs_much_does_not_move_the_middle_for_the_others() -> None:
    verdicts = []
    for seed in range(40):
        made = case_mix(team(seed, [150] * 6, {2: 2.0}))
        table = made.table
        assert table.row(2, named=True)["verdict"] == "above_998"
        assert "without c02" in made.sentences[0]
        verdicts += table.filter(pl.col("collector") != "c02")["verdict"].to_list()
    outside = np.mean([verdict != "within" for verdict in verdicts])
    assert outside <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / (200 * 0.8))


def test_broken_figures_are_refused_and_accounts_of_nobody_left_out() -> None:
    accounts = team(8, [40, 40, 40])
    with pytest.raises(DataError, match="Columns are missing"):
        case_mix(accounts.drop("variance"))
    for bad in (-1.0, float("nan"), None):
        with pytest.raises(DataError, match="negative or not finite"):
            case_mix(accounts.with_columns(actual=pl.lit(bad, pl.Float64)))
    nobody = accounts.with_columns(collector=pl.lit(None, pl.String))
    assert case_mix(pl.concat([accounts, nobody])).table.height == 3
