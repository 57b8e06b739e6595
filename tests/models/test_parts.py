"""A panel in parts: the same model as in memory, and a sample whose weights stand for what was left out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hazard_world import World, make_world

from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.intervals import expand, interval_edges, sampled
from credrisk.models.parts import PanelParts
from credrisk.models.rows import Rows

EDGES = interval_edges((3, 6, 12))


@cache
def world() -> World:
    return make_world(customers=300, months=20, base=0.015, seed=3)


def in_parts(folder: Path, panel: pl.DataFrame, parts: int = 3) -> Path:
    """Write customers to parts in turn, the rows of a part in disorder."""
    folder.mkdir()
    number = panel["customer_id"].str.slice(1).cast(pl.Int64) % parts
    for part in range(parts):
        panel.filter(number == part).sample(fraction=1.0, shuffle=True, seed=part).write_parquet(
            folder / f"part-{part}.parquet"
        )
    return folder


@pytest.mark.parametrize("max_rows", [2_000_000, 5_000])
@pytest.mark.parametrize("rung", ["expert_card", "penalised_regression", "booster"])
def test_the_model_of_parts_is_the_one_of_the_whole(rung: str, max_rows: int, tmp_path: Path) -> None:
    rows = world().rows()
    model = BadDebtModel(rung=rung, trees=12, max_rows=max_rows)  # type: ignore[arg-type]
    whole = model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    expected, evidence = whole.predict_pd(rows.X), whole.evidence_
    folder = in_parts(tmp_path / "panel", world().panel)
    again = BadDebtModel(rung=rung, trees=12, max_rows=max_rows).fit_parts(folder, world().labels)  # type: ignore[arg-type]
    assert again.predict_pd(rows.X).equals(expected)
    assert again.evidence_ == evidence
    assert (evidence["rows_used_share"] < 1) == (max_rows == 5_000)
    assert again.calibration_ == whole.calibration_


def test_labels_may_lie_in_a_file_or_in_parts_of_their_own(tmp_path: Path) -> None:
    folder = in_parts(tmp_path / "panel", world().panel)
    labels = world().labels
    labels.write_parquet(tmp_path / "labels.parquet")
    (tmp_path / "labels").mkdir()
    for part, piece in enumerate((labels.head(1000), labels.slice(1000))):
        piece.write_parquet(tmp_path / "labels" / f"{part}.parquet")
    given = [labels, labels.to_pandas(), tmp_path / "labels.parquet", str(tmp_path / "labels")]
    found = [PanelParts.open(folder, one, target="bad_debt").rows for one in given]
    for rows in found[1:]:
        for name in ("values", "event", "months", "day", "group"):
            assert np.array_equal(getattr(rows, name), getattr(found[0], name))


def test_float32_parts_are_held_as_float32_and_give_the_model_of_the_same_numbers(tmp_path: Path) -> None:
    names = [name for name in world().panel.columns if name not in ("customer_id", "as_of")]
    single = world().panel.with_columns(pl.col(names).cast(pl.Float32))
    folder = in_parts(tmp_path / "panel", single)
    parts = PanelParts.open(folder, world().labels, target="bad_debt")
    assert parts.read(parts.rows).dtype == np.float32
    rows = World(single, world().labels, world().end, world().rates, world().leaving_rate).rows()
    for rung in ("penalised_regression", "booster"):
        model = BadDebtModel(rung=rung, trees=12)  # type: ignore[arg-type]
        expected = model.fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups).predict_pd(rows.X)
        assert model.fit_parts(folder, world().labels).predict_pd(rows.X).equals(expected)


def test_only_the_rows_learnt_from_are_read(tmp_path: Path) -> None:
    folder = in_parts(tmp_path / "panel", world().panel)
    parts = PanelParts.open(folder, world().labels, target="bad_debt")
    some = parts.rows.take(np.array([5, 900, 17]))
    panel = world().panel.with_columns(pl.col("as_of").cast(pl.Date))
    ids = world().panel["customer_id"].unique().sort()
    for row, found in enumerate(parts.read(some)):
        day = np.datetime64(int(some.day[row]), "D").astype(object)
        customer = ids[int(some.group[row])]
        expected = panel.filter((pl.col("customer_id") == customer) & (pl.col("as_of") == day)).row(0)[2:]
        assert [None if np.isnan(value) else value for value in found.tolist()] == list(expected)


def random_rows(seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    n = 4000
    return Rows(
        np.empty((n, 0)),
        rng.choice([0, 1, 2], n, p=[0.9, 0.03, 0.07]).astype(np.int8),
        rng.uniform(0.2, 14, n),
        rng.integers(0, 500, n),
        np.sort(rng.integers(0, 400, n)),
    )


def test_every_event_is_kept_and_the_weights_stand_for_the_whole() -> None:
    rows = random_rows(0)
    whole = expand(rows, EDGES)
    hit = (rows.event == 1) & (rows.months <= 12)
    left, exposures = [], []
    for seed in range(200):
        chosen, weight = sampled(rows, EDGES, 4000, seed)
        assert weight is not None
        assert chosen[hit].all()
        part = expand(
            Rows(rows.values, rows.event, rows.months, rows.day, rows.group, weight=weight).take(chosen), EDGES
        )
        assert len(part) <= 4000
        assert part.target.sum() == whole.target.sum()
        assert set(part.weight[part.target > 0]) == {1.0}
        rest = part.target == 0
        at_risk = whole.exposure[whole.target == 0].sum()
        assert (part.exposure * part.weight)[rest].sum() == pytest.approx(at_risk, rel=1e-12)
        kept = rows.group[chosen][part.row[rest]]
        assert np.bincount(kept, minlength=400)[np.unique(kept)].tolist() == [
            int((rows.group[whole.row[whole.target == 0]] == group).sum()) for group in np.unique(kept)
        ]
        left.append((part.left * part.weight).sum())
        exposures.append(np.bincount(part.interval, part.exposure * part.weight, 4))
    total = np.bincount(whole.interval, whole.exposure, 4)
    assert abs(np.mean(left) - whole.left.sum()) < 4 * np.std(left) / np.sqrt(200)
    assert (
        np.abs(np.mean(exposures, axis=0) - total) < 4 * np.std(exposures, axis=0) / np.sqrt(200) + 0.01 * total
    ).all()


def test_an_event_not_known_yet_counts_by_the_sample() -> None:
    """A row kept for its event alone says nothing on a day before the event: it is not in the sample."""
    rows = Rows(
        np.empty((2, 0)),
        np.array([1, 1], dtype=np.int8),
        np.array([8.0, 8.0]),
        np.zeros(2, dtype=np.int64),
        np.array([0, 1]),
        weight=np.array([0.0, 4.0]),
    )
    now, then = expand(rows, EDGES), expand(rows.known_on(100), EDGES)
    assert now.row.tolist() == [0, 1, 1, 1, 1]
    assert now.weight.tolist() == [1.0, 4.0, 4.0, 4.0, 1.0]
    assert set(then.row.tolist()) == {1}
    assert set(then.weight.tolist()) == {4.0}


def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    labels, panel = world().labels, world().panel
    with pytest.raises(ParameterError, match="folder of Parquet parts"):
        PanelParts.open(tmp_path, labels, target="bad_debt")
    folder = in_parts(tmp_path / "panel", panel, parts=2)
    with pytest.raises(DataError, match="at_risk"):
        PanelParts.open(folder, labels.drop("bad_debt_at_risk"), target="bad_debt")
    panel.head(1).write_parquet(folder / "part-9.parquet")
    with pytest.raises(DataError, match=r"two rows at one date.*C0000"):
        PanelParts.open(folder, labels, target="bad_debt")
    panel.head(1).drop("dbt_12m").write_parquet(folder / "part-9.parquet")
    with pytest.raises(DataError, match=r"part-9.*dbt_12m"):
        PanelParts.open(folder, labels, target="bad_debt")
    panel.head(0).write_parquet(folder / "part-9.parquet")
    assert len(PanelParts.open(folder, labels, target="bad_debt").rows) == world().rows().X.height
    with pytest.raises(DataError, match="no rows"):
        BadDebtModel().fit_parts(folder, labels.head(0))
    with pytest.raises(EvidenceError):
        BadDebtModel().fit_parts(folder, labels.with_columns(bad_debt_on=pl.lit(None, pl.Date)))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    labels, folder = world().labels, in_parts(tmp_path / "panel", world().panel, parts=2)
    empty = tmp_path / "labels"
    empty.mkdir()
    with pytest.raises(DataError, match=r"labels: .*labels holds no Parquet file"):
        PanelParts.open(folder, empty, target="bad_debt")
    with pytest.raises(DataError, match=r"labels: .*none.parquet cannot be read"):
        PanelParts.open(folder, empty / "none.parquet", target="bad_debt")
    (empty / "0.parquet").write_bytes(b"no table")
    with pytest.raises(DataError, match=r"labels: .*labels cannot be read"):
        PanelParts.open(folder, str(empty), target="bad_debt")
    whole = PanelParts.open(folder, labels, target="bad_debt")
    part = folder / "part-1.parquet"
    content = part.read_bytes()
    for damaged in (
        b"no table",
        content[: len(content) // 2],
        content[:4] + bytes(len(content) // 2) + content[4 + len(content) // 2 :],
    ):
        part.write_bytes(damaged)
        with pytest.raises(DataError, match=r"panel: .*part-1.parquet cannot be read"):
            PanelParts.open(folder, labels, target="bad_debt")
        with pytest.raises(DataError, match=r"panel: .*part-1.parquet cannot be read"):
            whole.read(whole.rows)
