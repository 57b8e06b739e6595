"""A saved model of the day of payment: the same forecasts to the last bit, and nothing changed is taken."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from models.payment_worlds import FIRST, habit_world
from models.test_store import edited, rehash

from credrisk.errors import ModelFileError, ParameterError
from credrisk.models.payment_days import DayRows
from credrisk.models.payment_timing import PaymentTiming
from credrisk.models.payment_trees import FEATURES, LARGEST, Tree, booster_of, fit_trees

AS_OF = FIRST + timedelta(days=200)
RUNGS = {"booster": 1500, "shrunk_habits": 200}


@cache
def case(rung: str) -> tuple[PaymentTiming, pl.DataFrame]:
    world = habit_world(items=RUNGS[rung], days=260, customers=40, seed=1)
    model = PaymentTiming(trees=20, leaves=7, horizon_days=60).fit(world, as_of=AS_OF)
    assert model.rung_ == rung
    return model, world


def forecast(model: PaymentTiming, world: pl.DataFrame) -> bytes:
    made = model.distribution(world, as_of=AS_OF)
    return made.paid.tobytes() + made.otherwise.tobytes()


@pytest.mark.parametrize("rung", RUNGS)
def test_a_model_read_back_forecasts_the_same_to_the_last_bit(rung: str, tmp_path: Path) -> None:
    model, world = case(rung)
    model.save(tmp_path / "timing")
    names = {path.name for path in (tmp_path / "timing").iterdir()}
    assert names == {"manifest.json", "timing.json", "MODEL_CARD.md"}
    again = PaymentTiming.load(tmp_path / "timing")
    assert forecast(again, world) == forecast(model, world)
    assert again.predict(world, as_of=AS_OF).equals(model.predict(world, as_of=AS_OF))
    later = habit_world(items=700, days=300, customers=60, seed=5)
    assert forecast(again, later) == forecast(model, later)
    assert again.get_params() == model.get_params()
    assert (again.rung_, again.evidence_, again.tail_) == (model.rung_, model.evidence_, model.tail_)
    assert again.dependence_ == model.dependence_
    again.save(tmp_path / "again")
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "timing" / name).read_bytes()
    with pytest.raises(ParameterError, match="overwritten"):
        model.save(tmp_path / "timing")
    card = (tmp_path / "timing" / "MODEL_CARD.md").read_text()
    assert f"{model.evidence_['payments']:,} of them paid" in card
    assert AS_OF.isoformat() in card


@pytest.mark.parametrize("rung", RUNGS)
def test_a_changed_file_is_refused(rung: str, tmp_path: Path) -> None:
    model, world = case(rung)
    model.save(tmp_path / "timing")
    paths = sorted((tmp_path / "timing").iterdir())
    contents = {path: path.read_bytes() for path in paths}
    rng = np.random.default_rng(0)
    for number in range(240):
        path = paths[number % len(paths)]
        others = [content for other, content in contents.items() if other != path]
        changed = edited(contents[path], others, rng)
        if changed == contents[path]:
            continue
        path.write_bytes(changed)
        with pytest.raises(ModelFileError, match="What to do"):
            PaymentTiming.load(tmp_path / "timing")
        path.write_bytes(contents[path])
    assert forecast(PaymentTiming.load(tmp_path / "timing"), world) == forecast(model, world)


@pytest.mark.parametrize("rung", RUNGS)
def test_damage_with_a_fitting_hash_is_refused_or_readable(rung: str, tmp_path: Path) -> None:
    model, world = case(rung)
    model.save(tmp_path / "timing")
    path = tmp_path / "timing" / "timing.json"
    content = path.read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for place in rng.choice(len(content), 200, replace=False):
        changed = bytearray(content)
        changed[place] ^= int(rng.integers(1, 128))
        path.write_bytes(changed)
        rehash(tmp_path / "timing")
        try:
            read = PaymentTiming.load(tmp_path / "timing")
        except ModelFileError:
            refused += 1
        else:
            made = read.distribution(world.head(100), as_of=AS_OF)
            assert np.isfinite(made.paid).all()
    assert refused > 100


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("rung",), "forest"),
        (("rung",), "shrunk_habits"),
        (("seasonal",), "yes"),
        (("tail",), 0.7),
        (("tail",), "a"),
        (("trees",), []),
        (("features",), ["terms_days"]),
        (("dependence", "market"), 2.0),
        (("dependence", "stretch"), 99.0),
        (("dependence", "pairs"), 1.5),
        (("evidence", "fitted_on"), "20240131"),
        (("evidence", "payments"), 0),
        (("evidence", "interval"), None),
        (("parameters", "horizon_days"), 10**9),
        (("parameters", "threads"), 10**9),
        (("parameters", "trees"), 1),
        (("parameters", "learning_rate"), 7.0),
        (("parameters", "colour"), 1),
    ],
)
def test_contents_that_cannot_be_are_refused(place: tuple[str, ...], value: object, tmp_path: Path) -> None:
    case("booster")[0].save(tmp_path / "timing")
    path = tmp_path / "timing" / "timing.json"
    stored = json.loads(path.read_text())
    part = stored
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    rehash(tmp_path / "timing")
    with pytest.raises(ModelFileError, match="What to do"):
        PaymentTiming.load(tmp_path / "timing")


GOOD = Tree(feature=(0, 3), threshold=(1.5, 2.5), kind=(2, 10), left=(1, -1), right=(-3, -2), value=(0.1, 0.2, -0.3))


@pytest.mark.parametrize(
    "change",
    [
        {"feature": (0, len(FEATURES))},
        {"feature": (0, -1)},
        {"feature": (0, 1.0)},
        {"threshold": (1.5, float("nan"))},
        {"threshold": (1.5,)},
        {"kind": (2, 1)},
        {"left": (0, -1)},
        {"left": (1, 1)},
        {"left": (-1, -1)},
        {"right": (-9, -2)},
        {"value": (0.1, 0.2)},
        {"value": (0.1, 0.2, float("inf"))},
        {"feature": (), "threshold": (), "kind": (), "left": (), "right": ()},
    ],
)
def test_a_tree_that_is_none_never_reaches_lightgbm(change: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match=r"tree|split|children|feature"):
        dataclasses.replace(GOOD, **change)


def test_leaves_beyond_any_log_odds_are_refused() -> None:
    with pytest.raises(ValueError, match="log odds"):
        booster_of([dataclasses.replace(GOOD, value=(1e308, 0.0, 0.0))] * 3)


def test_the_trees_score_as_a_walk_through_them() -> None:
    model, _ = case("booster")
    trees = model._trees
    rng = np.random.default_rng(3)
    values = rng.normal(10, 20, (200, len(FEATURES)))
    values[rng.random(values.shape) < 0.2] = np.nan
    found = booster_of(trees).predict(values, raw_score=True, num_threads=1)

    def leaf(tree: Tree, row: np.ndarray) -> float:
        place = 0 if tree.feature else -1
        while place >= 0:
            value, kind = row[tree.feature[place]], tree.kind[place]
            null = np.isnan(value)
            apart = null and kind & 8
            left = bool(kind & 2) if apart else (0.0 if null else value) <= tree.threshold[place]
            place = (tree.left if left else tree.right)[place]
        return tree.value[-1 - place]

    slow = [sum(leaf(tree, row) for tree in trees) for row in values]
    np.testing.assert_allclose(found, slow, rtol=0, atol=1e-12)


def test_a_split_that_only_parts_the_nulls_is_kept() -> None:
    rng = np.random.default_rng(4)
    values = np.full((2000, len(FEATURES)), np.nan, dtype=np.float32)
    values[:1000, 0] = rng.normal(size=1000)
    days = np.zeros(2000, dtype=np.int64)
    rows = DayRows(days, days, days, np.repeat([1.0, 0.0], 1000), np.ones(2000))
    trees = fit_trees(values, np.zeros(2000), rows, {"num_leaves": 2, "seed": 0, "num_threads": 1}, count=3)
    assert any(threshold == LARGEST for tree in trees for threshold in tree.threshold)
    score = booster_of(trees).predict(values, raw_score=True, num_threads=1)
    assert (score[:1000] > 0).all()
    assert (score[1000:] < 0).all()


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    case("shrunk_habits")[0].save(tmp_path / "timing")
    (tmp_path / "timing" / "timing.json").unlink()
    with pytest.raises(ModelFileError, match=r"timing\.json cannot be read.*What to do"):
        PaymentTiming.load(tmp_path / "timing")
    with pytest.raises(ModelFileError, match="cannot be read"):
        PaymentTiming.load(tmp_path / "nowhere")
    assert date.fromisoformat(case("shrunk_habits")[0].evidence_["fitted_on"]) == AS_OF
