"""The same seed gives the same files, and the sample in the project is what the command makes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from simulate.simulated import small

from credrisk.errors import ParameterError
from credrisk.simulate import simulate_ledger
from credrisk.simulate.card import data_card, key_figures
from credrisk.simulate.clock import Streams

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
SAMPLE_SEED = 19


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 4), ("two", 4), ("other", 5)):
        simulate_ledger(customers=80, months=12, seed=seed).write(tmp_path / name)
    one, two, other = (_files(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["documents.csv"] != other["documents.csv"]


def test_each_part_has_its_own_stream():
    first, again = Streams(1)("cash").random(3), Streams(1)("cash").random(3)
    assert (first == again).all()
    assert (first != Streams(1)("sales").random(3)).all()
    assert (first != Streams(2)("cash").random(3)).all()


def test_written_tables_read_back_to_the_cent(tmp_path):
    small().write(tmp_path / "ledger")
    back = pl.read_csv(tmp_path / "ledger" / "documents.csv", try_parse_dates=True)
    assert back["amount"].to_list() == small().tables["documents"]["amount"].to_list()
    assert (tmp_path / "ledger" / "truth" / "health.parquet").exists()
    text = (tmp_path / "ledger" / "receipts.csv").read_text().splitlines()[1]
    assert len(text.split(",")[3].split(".")[1]) == 2


def test_a_folder_that_holds_something_is_not_overwritten_unasked(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(ParameterError, match="overwritten"):
        small().write(tmp_path)
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_progress_tells_every_stage():
    told = []
    simulate_ledger(customers=50, months=12, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert told[-1][1] == told[-1][2]


def test_the_sample_is_what_the_command_makes(tmp_path):
    again = simulate_ledger(customers=600, months=36, seed=SAMPLE_SEED)
    again.write(tmp_path / "sample")
    made, kept = _files(tmp_path / "sample"), _files(SAMPLE)
    assert list(made) == list(kept)
    assert [name for name in made if not name.endswith(".parquet") and made[name] != kept[name]] == []
    for name, frame in again.truth.items():
        assert frame.equals(pl.read_parquet(SAMPLE / "truth" / f"{name}.parquet"))


def test_the_sample_is_small_and_rich_enough():
    figures = key_figures(simulate_ledger(customers=600, months=36, seed=SAMPLE_SEED))
    assert sum(len(content) for content in _files(SAMPLE).values()) < 4_000_000
    assert 13_500 < figures.documents < 18_000
    assert 36 <= figures.bad_debts <= 60
    assert figures.over_90_customers > 60


def test_the_card_states_the_figures_and_the_command():
    simulation = small()
    card, figures = data_card(simulation), key_figures(simulation)
    assert "credrisk simulate data/sample --customers 250 --months 24 --seed 3\n" in card
    assert f"| `documents` | {figures.documents:,} |" in card
    assert f"in the books | {figures.bad_debts} |" in card
    assert "CC0-1.0" in card
