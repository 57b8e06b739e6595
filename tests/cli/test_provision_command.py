"""`credrisk provision`: what it writes, that it adds up, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.cli.provision_asked import asked
from credrisk.errors import ParameterError

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("provision")
    done = succeeded(
        *("provision", SAMPLE, "--as-of", "2024-10-31", "--standard", "cecl", "--opening", "2024-06-30"),
        *("--scenario", "base=0.7*1", "--scenario", "downturn=0.3*1.5", "--out", folder / "out"),
    )
    return folder / "out", done.out


def test_the_files_agree_with_each_other(written: tuple[Path, str]) -> None:
    folder, said = written
    matrix, items, movement = (pl.read_csv(folder / f"{name}.csv") for name in ("matrix", "items", "movement"))
    total = round(matrix["allowance"].sum(), 2)
    assert total == round(items["allowance"].sum(), 2) > 0
    lines = dict(movement.select("line", "total").iter_rows())
    assert lines["closing"] == total
    assert round(sum(amount for line, amount in lines.items() if line != "closing"), 2) == total
    journal = pl.read_csv(folder / "journal.csv")
    assert round(journal["debit"].sum() - journal["credit"].sum(), 2) == 0
    scenarios = pl.read_csv(folder / "scenarios.csv")
    assert scenarios["multiplier"].to_list() == [1.0, 1.5]
    assert f"{total:,.2f} EUR" in said
    assert "ASC 326-20-30-12" in said
    names = {path.name for path in folder.iterdir()}
    assert {"provision.html", "provision.xlsx", "loss-rates.csv", "base.csv", "back-test.csv", "specific.csv"} <= names


def test_init_writes_settings_that_can_be_read_again(tmp_path: Path) -> None:
    done = succeeded("provision", "init", "--out", tmp_path / "provision.toml")
    assert "Edit it" in done.out
    assert "[cecl]" in (tmp_path / "provision.toml").read_text(encoding="utf-8")
    assert "a new place" in refused("provision", "init", "--out", tmp_path / "provision.toml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--standard", "gaap"), "--standard must be one of ifrs9, cecl"),
        (("--scenario", "base=0.7"), "add up to 1"),
        (("--scenario", "nonsense"), "NAME=PROBABILITY*MULTIPLIER"),
        (("--opening", "2025-12-31"), "got '2025-12-31'. What to do: give the last balance sheet before the day"),
        (("--opening", "2001-12-31"), "to be worked out again; got '2001-12-31'. What to do: give the folder that"),
        (("--opening", "nowhere"), "got 'nowhere'. What to do: there is no folder nowhere here"),
        (("--opening", str(SAMPLE)), "What to do: give what --out was then, whole, or the date"),
        (("--as-of", "2030-01-01"), "got '2030-01-01'. What to do: give a day within it, or a ledger whose export"),
        (("--series", "nowhere.csv"), "an existing CSV"),
    ],
)
def test_what_is_refused(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused("provision", SAMPLE, *arguments, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_standard_may_come_with_the_scenarios_that_it_needs(tmp_path: Path) -> None:
    """The file's scenarios move the rates, which CECL refuses beside the expedient; those of the command do not."""
    file = tmp_path / "mine.toml"
    scenario = '[[overlay.scenario]]\nname = "worse"\nprobability = 1.0\nmultiplier = 2.0\n'
    file.write_text(f"{scenario}[cecl]\ncurrent_conditions_persist = true\n", encoding="utf-8")
    given = {"settings": file, "standard": "cecl", "series": None, "opening": None, "opening_scenarios": []}
    rest = {"as_of": None, "out": tmp_path / "out", "overwrite": False}
    found = asked(**given, **rest, scenarios=["base=1"])
    assert (found.settings.standard, found.settings.scenarios[0].name) == ("cecl", "base")
    with pytest.raises(ParameterError, match="assumes that conditions do not change"):
        asked(**given, **rest, scenarios=[])
