"""`credrisk scorecard` on a small ledger: what it writes, and that all of it is one and the same card."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from command import refused, succeeded

from credrisk.features.catalogue import SELLERS_CONDUCT, catalogue
from credrisk.models.scorecard import Scorecard
from credrisk.simulate.simulator import simulate_ledger

FILES = {f"scorecard.{kind}" for kind in ("csv", "html", "json", "py", "sql", "xlsx")} | {"choice.csv", "customers.csv"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scorecard") / "ledger"
    simulate_ledger(customers=120, months=30, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def written(ledger: Path) -> Path:
    out = ledger.parent / "card"
    done = succeeded(
        "scorecard", ledger, "--target", "late30", "--at", "500", "--table", "book.customers", "--out", out
    )
    assert "50:1 at 500 points, 20 points double the odds" in done.out
    return out


def test_the_folder_holds_the_card_in_every_form(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == FILES
    card = Scorecard.load(written / "scorecard.json")
    assert card.target == "late30"
    table, expected = pl.read_csv(written / "scorecard.csv"), card.table(output="polars")
    assert table["points"].to_list() == expected["points"].to_list()
    assert table["bin"].to_list() == expected["bin"].to_list()
    assert (written / "scorecard.sql").read_text(encoding="utf-8") == card.to_sql("book.customers")
    assert (written / "scorecard.py").read_text(encoding="utf-8") == card.to_python()
    sheets = pl.read_excel(written / "scorecard.xlsx", sheet_id=0, read_options={"header_row": 3})
    assert list(sheets) == ["Card", "Score and odds", "Choice", "Customers"]
    assert sheets["Card"]["points"].to_list() == expected["points"].to_list()
    assert sheets["Customers"].height == pl.read_csv(written / "customers.csv").height


def test_the_customers_points_sum_to_their_score(written: Path) -> None:
    customers = pl.read_csv(written / "customers.csv")
    parts = customers.select(pl.col("^points_.*$")).to_numpy()
    assert np.abs(parts.sum(axis=1) - customers["score"].to_numpy()).max() <= 1e-9
    odds = 50 * 2 ** ((customers["score"].to_numpy() - 500) / 20)
    assert customers["p_late30_12m"].to_numpy() == pytest.approx(1 / (1 + odds), rel=1e-9)
    assert customers["score"].is_sorted()


def test_the_sql_that_was_written_runs(written: Path) -> None:
    card = Scorecard.load(written / "scorecard.json")
    names = [bins.variable for bins in card.card_.variables]
    frame = pl.DataFrame({name: [None, 0.0, 1e6] for name in names}, schema=dict.fromkeys(names, pl.Float64))
    with duckdb.connect() as base:
        base.execute("CREATE SCHEMA book")
        base.register("given", frame.to_arrow())
        base.execute("CREATE TABLE book.customers AS SELECT * FROM given")
        scored = pl.DataFrame(base.sql((written / "scorecard.sql").read_text(encoding="utf-8")).to_arrow_table())
    assert scored["score"].to_list() == card.score_points(frame).tolist()


def test_nothing_is_overwritten_unasked_and_the_same_card_comes_again(ledger: Path, written: Path) -> None:
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    options = ("--target", "late30", "--at", "500", "--table", "book.customers", "--out", written)
    assert "--overwrite" in refused("scorecard", ledger, *options)
    succeeded("scorecard", ledger, *options, "--overwrite")
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_too_little_evidence_and_wrong_options_are_told(ledger: Path, tmp_path: Path) -> None:
    assert "a scorecard needs 10 or more" in refused("scorecard", ledger, "--out", tmp_path / "a")
    assert "within what the ledger covers" in refused(
        "scorecard", ledger, "--as-of", "1999-01-01", "--out", tmp_path / "b"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--odds", "0"),
        ("--odds", "nan"),
        ("--at", "inf"),
        ("--double", "-1"),
        ("--table", "a..b"),
        ("--as-of", "2025-13-01"),
        ("--variables", "dbt_12"),
        ("--exclude", ","),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_read(tmp_path: Path, option: str, value: str) -> None:
    said = refused("scorecard", tmp_path / "no ledger", option, value, "--out", tmp_path / "card")
    assert option in said
    assert "no ledger" not in said


def test_few_events_are_warned_of_on_the_screen(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credrisk.models.scorecard_fit.FEW_EVENTS", 100_000)
    done = succeeded("scorecard", ledger, "--target", "late30", "--variables", "dbt_12m", "--out", tmp_path / "few")
    events = Scorecard.load(tmp_path / "few" / "scorecard.json").evidence_["events"]
    assert f"Warning: Only {events} distinct events within 12 months" in " ".join((done.out + done.err).split())


def test_the_variables_can_be_given_and_kept_off(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "given"
    succeeded("scorecard", ledger, "--target", "late30", "--variables", "dbt_12m, reached_share_12m", "--out", out)
    assert set(pl.read_csv(out / "scorecard.csv")["variable"]) <= {"base", "dbt_12m", "reached_share_12m"}
    said = refused("scorecard", ledger, "--variables", "dbt_12m", "--exclude", "dbt_12m", "--out", tmp_path / "x")
    assert "--exclude" in said


def test_the_card_leaves_out_what_it_is_told_to_and_the_sellers_conduct(ledger: Path, written: Path) -> None:
    first = [bins.variable for bins in Scorecard.load(written / "scorecard.json").card_.variables]
    assert not {catalogue()[name].question for name in first} & set(SELLERS_CONDUCT)
    out = written.parent / "without"
    done = succeeded("scorecard", ledger, "--target", "late30", "--exclude", first[0], "--out", out)
    card = Scorecard.load(out / "scorecard.json")
    assert first[0] not in {bins.variable for bins in card.card_.variables}
    assert "Warning" not in done.out
    assert card.evidence_["events"] >= 30
    assert pl.read_csv(out / "customers.csv").columns[:2] == ["customer_id", "name"]
