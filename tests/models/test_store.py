from __future__ import annotations

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.errors import ModelFileError, ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.outcomes import TrainingRows
from credrisk.models.rungs import rung_for
from credrisk.models.validation import validate

RUNGS = ("expert_card", "penalised_regression", "booster")


@cache
def case(rung: str) -> tuple[BadDebtModel, TrainingRows]:
    rows = make_world(customers=250, months=24, base=0.015, seed=2).rows()
    model = BadDebtModel(rung=rung, trees=12)  # type: ignore[arg-type]
    return model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups, currency="USD"), rows


@pytest.mark.parametrize("rung", RUNGS)
def test_a_model_read_back_scores_the_same_to_the_last_bit(rung: str, tmp_path: Path) -> None:
    model, rows = case(rung)
    model.save(tmp_path / "model")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names == {"manifest.json", "model.json", "MODEL_CARD.md"}
    again = BadDebtModel.load(tmp_path / "model")
    wild = rows.X.with_columns(dbt_12m=pl.col("dbt_12m") * 1e6, share_past_due=pl.lit(None))
    for X in (rows.X, wild):
        assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
        assert again.contributions(X.head(20)).equals(model.contributions(X.head(20)))
    assert again.explain(rows.X.head(9)).equals(model.explain(rows.X.head(9)))
    assert again.get_params() == model.get_params()
    assert (again.rung_, again.evidence_, again.calibration_) == (model.rung_, model.evidence_, model.calibration_)
    assert again.currency_ == "USD"
    again.save(tmp_path / "again")
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    model, _ = case("expert_card")
    model.save(tmp_path / "model")
    with pytest.raises(ParameterError, match="overwritten"):
        model.save(tmp_path / "model")
    model.save(tmp_path / "model", overwrite=True)


def edited(content: bytes, others: list[bytes], rng: np.random.Generator) -> bytes:
    """Change a file as an accident or a foe might: flip, cut, repeat, blank or replace a part, or swap in another."""
    start, length = int(rng.integers(0, len(content))), int(rng.integers(1, 40))
    part = content[start : start + length]
    kinds = (
        lambda: content[:start] + bytes(rng.integers(0, 256, len(part), dtype=np.uint8)) + content[start + length :],
        lambda: content[:start] + bytes([content[start] ^ int(rng.integers(1, 256))]) + content[start + 1 :],
        lambda: content[:start],
        lambda: content[start:],
        lambda: content[:start] + part + content[start:],
        lambda: content[:start] + b" " * len(part) + content[start + length :],
        lambda: content[:start] + b"9" * 400 + content[start + length :],
        lambda: content[:start] + b"[" * 3000 + content[start:],
        lambda: others[int(rng.integers(len(others)))],
    )
    return kinds[int(rng.integers(len(kinds)))]()


@pytest.mark.parametrize("rung", RUNGS)
def test_a_changed_file_is_refused_or_scores_the_very_same(rung: str, tmp_path: Path) -> None:
    model, rows = case(rung)
    model.save(tmp_path / "model")
    paths = sorted((tmp_path / "model").iterdir())
    contents = {path: path.read_bytes() for path in paths}
    head = rows.X.head(20)
    expected = model.predict_proba(head).tobytes()
    rng = np.random.default_rng(0)
    for number in range(240):
        path = paths[number % len(paths)]
        others = [content for other, content in contents.items() if other != path]
        changed = edited(contents[path], others, rng)
        path.write_bytes(changed)
        if changed == contents[path]:
            assert BadDebtModel.load(tmp_path / "model").predict_proba(head).tobytes() == expected
        else:
            with pytest.raises(ModelFileError):
                BadDebtModel.load(tmp_path / "model")
        path.write_bytes(contents[path])
    assert BadDebtModel.load(tmp_path / "model").predict_proba(head).tobytes() == expected


def test_missing_files_and_foreign_folders(tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "model")
    for name in ("manifest.json", "model.json", "MODEL_CARD.md"):
        shutil.copytree(tmp_path / "model", tmp_path / name)
        (tmp_path / name / name).unlink()
        with pytest.raises(ModelFileError, match=name):
            BadDebtModel.load(tmp_path / name)
    with pytest.raises(ModelFileError, match="cannot be read"):
        BadDebtModel.load(tmp_path / "nowhere")


def rehash(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(manifest["sha256"])
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")


@pytest.mark.parametrize("rung", RUNGS)
def test_damage_with_a_fitting_hash_is_refused_or_readable(rung: str, tmp_path: Path) -> None:
    model, rows = case(rung)
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    content = path.read_bytes()
    rng = np.random.default_rng(1)
    refused = 0
    for place in rng.choice(len(content), 200, replace=False):
        changed = bytearray(content)
        changed[place] ^= int(rng.integers(1, 128))
        path.write_bytes(changed)
        rehash(tmp_path / "model")
        try:
            read = BadDebtModel.load(tmp_path / "model")
        except ModelFileError:
            refused += 1
        else:
            assert np.isfinite(read.log_intensities(rows.X.head(3))).all()
    assert refused > 100


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"catalogue": "0" * 16}, "another catalogue"),
        ({"edges": [0, 1, 1, 6, 12]}, "interval bounds"),
        ({"rung": "forest"}, "target or the rung"),
        ({"leaving": [[0.0]]}, "shape"),
        ({"features": ["dbt_12m", "nonsense"]}, "names of the features"),
        ({"intensity": {}}, "damaged"),
        ({"calibration": {}}, "damaged"),
        ({"calibration": "0000"}, "damaged"),
        ({"parameters": []}, "damaged"),
        ({"evidence": {}}, "damaged"),
        ({"cold_start": "a"}, "damaged"),
    ],
)
def test_contents_that_do_not_fit_together_are_named(change: dict[str, object], says: str, tmp_path: Path) -> None:
    model, _ = case("penalised_regression")
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    stored = json.loads(path.read_text()) | change
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    rehash(tmp_path / "model")
    with pytest.raises(ModelFileError, match=says):
        BadDebtModel.load(tmp_path / "model")


def save_changed(model: BadDebtModel, folder: Path, part: str, name: str, value: object) -> None:
    """Save a model with one entry changed, under hashes that fit."""
    model.save(folder)
    path = folder / "model.json"
    stored = json.loads(path.read_text())
    stored[part][name] = value
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    rehash(folder)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("evidence", "last_on", "hello"),
        ("evidence", "last_on", "20240131"),
        ("evidence", "last_on", 5),
        ("evidence", "last_on", None),
        ("evidence", "last_on", "1999-01-31"),
        ("evidence", "rows", "many"),
        ("evidence", "first_events", 0),
        ("evidence", "customers", True),
        ("evidence", "rows_used_share", 2.0),
        ("evidence", "prior_rate", "a"),
        ("evidence", "dropped_null", "dbt_12m"),
        ("evidence", "dropped_constant", ["nonsense"]),
        ("evidence", "unmeasured_horizons", {"24": 1}),
        ("calibration", "slope", [-3.0] * 4),
        ("calibration", "slope", [1.0, 1.0, 0.0, 1.0]),
        ("calibration", "floor", [-0.001] * 4),
    ],
)
def test_evidence_and_slopes_that_cannot_be_are_refused(part: str, name: str, value: object, tmp_path: Path) -> None:
    model, _ = case("penalised_regression")
    save_changed(model, tmp_path / "model", part, name, value)
    with pytest.raises(ModelFileError, match=f"damaged: the {part}"):
        BadDebtModel.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("calibration", "floor", []),
        ("calibration", "floor", "0000"),
        ("calibration", "floor", None),
        ("intensity", "weight", True),
        ("intensity", "weight", 1.5),
        ("intensity", "weight", "0.5"),
    ],
)
def test_floor_and_weight_of_another_form_are_refused(part: str, name: str, value: object, tmp_path: Path) -> None:
    model, _ = case("booster")
    save_changed(model, tmp_path / "model", part, name, value)
    with pytest.raises(ModelFileError, match="damaged"):
        BadDebtModel.load(tmp_path / "model")


def test_evidence_that_lacks_an_entry_is_refused(tmp_path: Path) -> None:
    model, _ = case("penalised_regression")
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    whole = path.read_bytes()
    for name in model.evidence_:
        stored = json.loads(whole)
        del stored["evidence"][name]
        path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        rehash(tmp_path / "model")
        with pytest.raises(ModelFileError, match=name):
            BadDebtModel.load(tmp_path / "model")


@pytest.mark.parametrize(
    "change",
    [
        {"place": 99},
        {"place": -1},
        {"bounds": [2.0, 1.0]},
        {"bounds": [1.0, 1.0]},
        {"steps": [[0.0] * 4]},
        {"steps": [[0.0] * 3] * 99},
        {"steps": "none"},
        {"place": None},
    ],
)
def test_a_curve_that_cannot_be_read_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    stored = json.loads(path.read_text())
    stored["intensity"]["curves"]["tables"][0] |= change
    path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    rehash(tmp_path / "model")
    with pytest.raises(ModelFileError, match="damaged"):
        BadDebtModel.load(tmp_path / "model")


def test_curves_twice_or_out_of_order_are_refused(tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    content = path.read_bytes()
    for change in (lambda tables: tables + tables[:1], lambda tables: tables[::-1]):
        stored = json.loads(content)
        stored["intensity"]["curves"]["tables"] = change(stored["intensity"]["curves"]["tables"])
        path.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
        rehash(tmp_path / "model")
        with pytest.raises(ModelFileError, match="order of the curves"):
            BadDebtModel.load(tmp_path / "model")


def test_the_card_tells_what_the_model_is_and_how_good_it_was(tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "without")
    assert "No back-test is stored" in (tmp_path / "without" / "MODEL_CARD.md").read_text()
    world = make_world(customers=250, months=30, base=0.015, seed=2)
    tested = validate(world.panel, world.labels, model=BadDebtModel(trees=12), folds=2, samples=20)
    model.save(tmp_path / "with", validation=tested)
    card = (tmp_path / "with" / "MODEL_CARD.md").read_text()
    auc = tested.metrics.filter((pl.col("model") == "model") & (pl.col("measure") == "auc")).row(0, named=True)
    assert f"| auc | {auc['value']:.4g} | {auc['low']:.4g} to {auc['high']:.4g} | {auc['events']} |" in card
    for told in (model.evidence_["first_on"], model.evidence_["last_on"], "Not for", "share_past_due", "USD"):
        assert told in card
    again = BadDebtModel.load(tmp_path / "with")
    assert again.figures_ == model.figures_
    again.save(tmp_path / "again")
    assert (tmp_path / "again" / "MODEL_CARD.md").read_text() == card
    model.figures_ = {}


@pytest.mark.parametrize("rung", RUNGS)
def test_the_card_names_the_events_that_choose_the_rung(rung: str, tmp_path: Path) -> None:
    case(rung)[0].save(tmp_path / "model")
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    (chosen,) = [n for n in range(1, 200) if f"from {n} to " in card or f"under {n} d" in card or f"from {n} d" in card]
    upper = chosen - 1 if rung == "expert_card" else chosen
    assert rung_for(upper) == rung
    assert rung_for(chosen if rung == "expert_card" else chosen - 1) != rung
    assert "few variables" not in card


def test_a_horizon_that_was_not_measured_stays_so(tmp_path: Path) -> None:
    rows = make_world(customers=250, months=18, base=0.015, seed=2).rows()
    model = BadDebtModel(horizons=(12, 24), trees=5).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    model.save(tmp_path / "model")
    again = BadDebtModel.load(tmp_path / "model")
    assert again.predict_pd(rows.X).equals(model.predict_pd(rows.X))
    assert again.predict_pd(rows.X)["pd_24m"].isna().all()
    assert "24 months are not measured: no customer" in (tmp_path / "model" / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize("rung", RUNGS)
def test_no_model_is_stored_as_pickle_or_foreign_text(rung: str, tmp_path: Path) -> None:
    case(rung)[0].save(tmp_path / "model")
    json.loads((tmp_path / "model" / "model.json").read_text())
    assert b"\x80" not in b"".join(path.read_bytes() for path in (tmp_path / "model").iterdir())
