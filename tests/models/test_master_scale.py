"""Grades are where they should be, and customers move between them as a count by hand says."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.dates import months_after
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ParameterError
from credrisk.models.calibration_tests import jeffreys_interval
from credrisk.models.master_scale import MasterScale, propose_scale
from credrisk.models.migration import migration_matrix

SCALE = MasterScale(("A", "B", "C"), (0.0, 0.01, 0.1))


def test_a_bound_belongs_to_the_grade_that_it_opens() -> None:
    assert SCALE.grades([0.0, 0.0099, 0.01, 0.1, 1.0, np.nan]).to_list() == ["A", "A", "B", "C", "C", None]
    assert SCALE.pd_to == (0.01, 0.1, 1.0)
    with pytest.raises(ParameterError, match="pd"):
        SCALE.grades([1.2])


def test_the_scale_of_the_policy_grades_alike() -> None:
    from credrisk.decisions.grades import grade_of

    policy = Policy.default()
    scale = MasterScale(policy.grade_names, tuple(grade.pd_from for grade in policy.grades))
    pds = pl.DataFrame({"pd": np.random.default_rng(1).beta(0.5, 8, 500)})
    assert scale.grades(pds["pd"]).to_list() == pds.select(grade_of("pd", policy)).to_series().to_list()


@pytest.mark.parametrize("bounds", [(0.1, 0.2), (0.0, 0.2, 0.1), (0.0, 1.0)])
def test_a_broken_scale_is_refused(bounds: tuple[float, ...]) -> None:
    with pytest.raises(ParameterError, match="pd_from"):
        MasterScale(tuple("ABC"[: len(bounds)]), bounds)


def test_a_proposed_scale_has_seven_grades_or_more_and_each_holds_enough() -> None:
    pd = np.random.default_rng(2).lognormal(-4.5, 1.2, 8000).clip(0, 0.9)
    scale = propose_scale(pd)
    assert 7 <= len(scale.names) <= 12
    place = scale.positions(pd)
    assert (np.bincount(place, minlength=len(scale.names)) >= 0.02 * len(pd)).all()
    assert (np.bincount(place, pd, minlength=len(scale.names)) >= 1).all()
    ratios = np.diff(np.log(scale.pd_from[1:]))
    assert ratios.max() / ratios.min() < 2
    named = propose_scale(pd, names=[*"ABCDEFGH"])
    assert named.names == tuple("ABCDEFGH")


def test_too_few_customers_get_no_scale_but_the_reason() -> None:
    with pytest.raises(EvidenceError, match="do not fill 7 grades"):
        propose_scale(np.full(500, 0.01))
    with pytest.raises(EvidenceError, match="expected events"):
        propose_scale(np.random.default_rng(1).beta(1, 99, 60))
    with pytest.raises(ParameterError, match="names"):
        propose_scale([0.1], names=["A"])


def moves() -> tuple[pl.DataFrame, pl.DataFrame]:
    first, last = date(2023, 12, 31), date(2024, 12, 31)
    people = {
        "stays": (0.005, 0.005, None, None),
        "falls": (0.005, 0.2, None, None),
        "rises": (0.2, 0.05, None, None),
        "fails": (0.2, 0.2, date(2024, 6, 1), None),
        "leaves": (0.05, None, None, date(2024, 3, 1)),
        "fails after leaving": (0.05, None, date(2024, 9, 1), date(2024, 3, 1)),
        "in default": (0.05, None, None, None),
    }
    scored, labels = [], []
    for name, (before, after, bad, left) in people.items():
        for day, pd in ((first, before), (last, after)):
            if pd is not None:
                scored.append({"customer_id": name, "as_of": day, "pd_12m": pd})
            row = {"customer_id": name, "as_of": day, "bad_debt_at_risk": pd is not None, "observed_to": last}
            labels.append(
                row | {"bad_debt_on": bad if day == first else None, "left_on": left if day == first else None}
            )
    schema = {"bad_debt_on": pl.Date, "left_on": pl.Date}
    return pl.DataFrame(scored), pl.DataFrame(labels, schema_overrides=schema)


def test_moves_are_counted_as_by_hand() -> None:
    scored, labels = moves()
    found = migration_matrix(scored, labels, scale=SCALE)
    counted = {(row["from"], row["to"]): row["rows"] for row in found.cells.iter_rows(named=True) if row["rows"]}
    assert counted == {
        ("A", "A"): 1,
        ("A", "C"): 1,
        ("B", "withdrawn"): 2,
        ("B", "not_graded"): 1,
        ("C", "B"): 1,
        ("C", "bad_debt"): 1,
    }
    assert found.to_frame().columns == ["from", "A", "B", "C", "withdrawn", "not_graded", "bad_debt"]
    cell = found.cells.row(by_predicate=(pl.col("from") == "A") & (pl.col("to") == "C"), named=True)
    assert (cell["low"], cell["high"]) == tuple(float(end) for end in jeffreys_interval(1, 2))


def test_rows_sum_to_one_over_a_history() -> None:
    world = make_world(customers=200, months=30, base=0.01, seed=4)
    truth = world.true_probability(world.panel["customer_id"].to_list(), 12)
    scored = world.panel.select("customer_id", "as_of", pl.Series("pd_12m", truth))
    found = migration_matrix(scored, world.labels, scale=MasterScale(("A", "B", "C"), (0.0, 0.05, 0.15)))
    sums = found.cells.group_by("from").agg(pl.col("share").sum())["share"]
    assert sums.to_numpy() == pytest.approx(np.ones(3), abs=1e-12)
    inside = found.cells.filter((pl.col("low") <= pl.col("share")) & (pl.col("share") <= pl.col("high")))
    assert inside.height == found.cells.height
    last = scored["as_of"].max()
    assert isinstance(last, date)
    with pytest.raises(EvidenceError, match="12 observed months"):
        migration_matrix(scored, world.labels, scale=SCALE, start=last)
    day = months_after(last, -12)
    assert migration_matrix(scored, world.labels, scale=SCALE, start=day).starts["rows"].sum() <= 200
    assert day + timedelta(days=300) < world.end


def test_a_grade_from_which_nobody_started_has_no_shares() -> None:
    scored, labels = moves()
    found = migration_matrix(scored, labels, scale=MasterScale(("A", "B", "C", "D"), (0.0, 0.01, 0.1, 0.5)))
    assert found.cells.filter(pl.col("from") == "D")["share"].null_count() == 7
