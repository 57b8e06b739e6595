"""`credrisk effects` on the sample: it says what it found, writes it, and refuses what makes no sense."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded

from credrisk.decisions.contact_effects import ContactEffects

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
DAY = "2023-12-31"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("effects") / "out"
    return out, succeeded("effects", SAMPLE, "--as-of", DAY, "--out", out).out


def test_it_says_what_the_contacts_did_and_whether_that_steers_the_list(made: tuple[Path, str]) -> None:
    out, printed = made
    report = pl.read_csv(out / "effects.csv")
    for said in report["said"]:
        assert " ".join(said.split()) in printed
    assert "The chances of the offers were not logged" in printed
    assert "effective sample size" in printed
    assert f"Effects of contacts known on {DAY}" in printed
    effects = ContactEffects.load(out / "effects.json")
    assert effects.why in printed
    assert ("The list may be ranked by gain" in printed) == (effects.ranking == "gain")
    assert effects.as_of.isoformat() == DAY
    offers = pl.read_csv(out / "offers.csv", try_parse_dates=True)
    assert effects.offers == offers.height
    assert offers["date"].max() == date(2023, 10, 2)


def test_what_makes_no_sense_is_refused(made: tuple[Path, str], tmp_path: Path) -> None:
    assert "--as-of" in refused("effects", SAMPLE, "--as-of", "2035-01-01", "--out", tmp_path / "x")
    assert "--overwrite" in refused("effects", SAMPLE, "--as-of", DAY, "--out", made[0])
    first = refused("effects", SAMPLE, "--as-of", "2023-02-01", "--out", tmp_path / "y")
    assert "no list and no contact" in first
    assert not (tmp_path / "y").exists()
