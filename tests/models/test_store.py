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
from credrisk.models.booster import INTERVAL_FEATURES
from credrisk.models.booster_text import check_in_child, check_text
from credrisk.models.outcomes import TrainingRows

RUNGS = ("expert_card", "penalised_regression", "booster")


@cache
def case(rung: str) -> tuple[BadDebtModel, TrainingRows]:
    rows = make_world(customers=250, months=24, base=0.015, seed=2).rows()
    model = BadDebtModel(rung=rung, trees=12)  # type: ignore[arg-type]
    return model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups, currency="USD"), rows


def features() -> tuple[str, ...]:
    model, _ = case("booster")
    return (*model._features, *INTERVAL_FEATURES)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_model_read_back_scores_the_same_to_the_last_bit(rung: str, tmp_path: Path) -> None:
    model, rows = case(rung)
    model.save(tmp_path / "model")
    names = {path.name for path in (tmp_path / "model").iterdir()}
    assert names == {"manifest.json", "model.json"} | ({"model.txt"} if rung == "booster" else set())
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


def test_a_changed_byte_in_any_file_is_seen(tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "model")
    rng = np.random.default_rng(0)
    for path in sorted((tmp_path / "model").iterdir()):
        content = path.read_bytes()
        places = rng.choice(len(content), min(150, len(content)), replace=False)
        for place in places:
            changed = bytearray(content)
            changed[place] ^= int(rng.integers(1, 256))
            path.write_bytes(changed)
            with pytest.raises(ModelFileError):
                BadDebtModel.load(tmp_path / "model")
        for shorter in (b"", content[: len(content) // 2], content + b"\n"):
            path.write_bytes(shorter)
            with pytest.raises(ModelFileError):
                BadDebtModel.load(tmp_path / "model")
        path.write_bytes(content)


def test_missing_files_and_foreign_folders(tmp_path: Path) -> None:
    model, _ = case("booster")
    model.save(tmp_path / "model")
    for name in ("manifest.json", "model.json", "model.txt"):
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


@pytest.mark.parametrize("rung", RUNGS[:2])
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


def changed_line(text: str, key: str, value: str) -> str:
    """Change the first line ``key=...`` of the first tree that splits, keeping tree_sizes true."""
    head, _, rest = text.partition("\n\n")
    block, _, others = rest.partition("\n\n\n")
    lines = [f"{key}={value}" if line.startswith(f"{key}=") else line for line in block.split("\n")]
    new = "\n".join(lines)
    sizes = next(line for line in head.split("\n") if line.startswith("tree_sizes="))
    first, *following = sizes.removeprefix("tree_sizes=").split(" ")
    declared = " ".join([str(int(first) + len(new) - len(block)), *following])
    return head.replace(sizes, f"tree_sizes={declared}") + "\n\n" + new + "\n\n\n" + others


def first_tree(text: str) -> dict[str, list[str]]:
    block = text.partition("\n\n")[2].partition("\n\n\n")[0]
    return {line.partition("=")[0]: line.partition("=")[2].split(" ") for line in block.split("\n")}


def test_what_lightgbm_would_die_of_is_refused_before_it_reads() -> None:
    text = case("booster")[0]._intensity.text
    check_text(text, features())
    tree = first_tree(text)
    splits = len(tree["left_child"])
    wrong = {
        "split_feature": ["999", *tree["split_feature"][1:]],
        "left_child": ["0", *tree["left_child"][1:]],
        "right_child": [str(splits + 5), *tree["right_child"][1:]],
        "leaf_value": ["nan", *tree["leaf_value"][1:]],
        "threshold": tree["threshold"][1:],
        "decision_type": ["1", *tree["decision_type"][1:]],
        "leaf_count": ["-4", *tree["leaf_count"][1:]],
        "num_leaves": ["99999999"],
        "num_cat": ["1"],
        "shrinkage": ["1e999"],
    }
    for key, entries in wrong.items():
        with pytest.raises(ModelFileError, match="of tree 0"):
            check_text(changed_line(text, key, " ".join(entries)), features())
    check_text(changed_line(text, "leaf_value", " ".join(tree["leaf_value"])), features())


def test_a_booster_over_other_features_or_of_another_kind_is_refused() -> None:
    text = case("booster")[0]._intensity.text
    for broken in (
        text.replace("objective=poisson", "objective=binary", 1),
        text.replace("tree_sizes=", "tree_sizes=1", 1),
        text.replace("version=v4", "version=v9", 1),
        text.replace("end of trees", "end of treez"),
        text[: len(text) // 2],
        text + "[exec: something]",
        "",
    ):
        with pytest.raises(ModelFileError):
            check_text(broken, features())
    with pytest.raises(ModelFileError, match="features"):
        check_text(text, ("other", *features()[1:]))


def test_random_damage_is_refused_or_harmless_to_the_trial_process() -> None:
    """Whatever passes the strict reader, LightGBM reads without ending the process."""
    text = case("booster")[0]._intensity.text
    rng = np.random.default_rng(3)
    passed = []
    for _ in range(300):
        changed = list(text)
        for place in rng.choice(len(text), int(rng.integers(1, 4)), replace=False):
            changed[place] = chr(int(rng.integers(10, 127)))
        broken = "".join(changed)
        try:
            check_text(broken, features())
        except ModelFileError:
            continue
        passed.append(broken)
    assert 0 < len(passed) < 300
    check_in_child(passed[0])


def test_the_trial_process_dies_instead_of_the_caller() -> None:
    text = case("booster")[0]._intensity.text
    with pytest.raises(ModelFileError, match="could not read it"):
        check_in_child(text[: len(text) // 3])
