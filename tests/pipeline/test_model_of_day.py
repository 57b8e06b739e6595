"""The model and the scores of a day: what was known then and no more; a run left earlier is taken as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from credrisk.dates import months_after
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.pipeline.job import RunResult, run
from credrisk.pipeline.model_of_day import model_of_day, stored_model
from credrisk.pipeline.monitoring import monitor_ledger
from credrisk.pipeline.scored_day import scored_day
from credrisk.simulate import simulate_ledger


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return simulate_ledger(customers=120, months=24, seed=5).ledger()


@pytest.fixture(scope="module")
def made(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    folder = tmp_path_factory.mktemp("run") / "results"
    return run(ledger, out=folder, back_tests=False), folder


def test_it_knows_nothing_of_what_came_after(ledger: Ledger, tmp_path: Path) -> None:
    day = months_after(ledger.settings.covers_to, -6)
    whole = model_of_day(ledger, as_of=day, folder=tmp_path / "whole", targets=["default"])
    cut = model_of_day(ledger.cut(day), as_of=day, folder=tmp_path / "cut", targets=["default"])
    assert BadDebtModel.load(whole.folder).hash_ == BadDebtModel.load(cut.folder).hash_
    assert_frame_equal(whole.probabilities, cut.probabilities)
    assert_frame_equal(whole.reasons, cut.reasons)
    assert_frame_equal(whole.states, cut.states)
    at_risk = whole.states.filter(pl.col("status") == "at_risk")["customer_id"]
    assert set(whole.probabilities["customer_id"]) <= set(at_risk)
    assert whole.states["customer_id"].is_unique().all()


def test_monitoring_takes_it_as_it_is_saved(ledger: Ledger, tmp_path: Path) -> None:
    found = model_of_day(
        ledger, as_of=months_after(ledger.settings.covers_to, -6), folder=tmp_path, targets=["default"]
    )
    assert (found.target, found.folder, found.why_not) == ("default", tmp_path / "default", {})
    pack = monitor_ledger(ledger, model=found.folder)
    assert not any("rebuilt" in note for note in pack.notes)


def test_the_next_target_is_taken_where_one_cannot_be_measured_and_it_says_why(ledger: Ledger, tmp_path: Path) -> None:
    without = Ledger.read({name: frame for name, frame in ledger_tables().items() if name != "credit_events"})
    found = model_of_day(without, as_of=without.settings.covers_to, folder=tmp_path, targets=["bad_debt", "late30"])
    assert found.target == "late30"
    assert "bad debt" in found.why_not["bad_debt"].lower()
    with pytest.raises(EvidenceError, match="no model could be fitted on 2024-12-31: bad debt: "):
        model_of_day(without, as_of=without.settings.covers_to, folder=tmp_path / "none", targets=["bad_debt"])


def ledger_tables() -> dict[str, pl.DataFrame]:
    """A ledger that tells of no bad debt: no events, and nothing written off."""
    made = simulate_ledger(customers=60, months=24, seed=9)
    kept = {name: made.tables[name] for name in ("customers", "documents", "receipts", "rates")}
    applied = made.tables["applications"].filter(pl.col("kind") == "payment")
    return {**kept, "applications": applied, "settings": made.settings_table()}


def test_the_scores_are_those_of_a_run_now_or_of_the_one_left(
    ledger: Ledger, made: tuple[RunResult, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    result, folder = made
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("credrisk.pipeline.job.run", lambda whole, **given: asked.append(given) or result)
    now = scored_day(ledger, as_of=result.as_of)
    assert [(given["as_of"], given["back_tests"]) for given in asked] == [(result.as_of, False)]
    stored = scored_day(ledger, results=folder)
    assert stored.as_of == now.as_of == result.as_of
    assert stored.model == now.model
    for name in ("customer_id", "status", "grade"):
        assert stored.scores[name].equals(now.scores[name], null_equal=True), name
    limits = [one.limits.select("customer_id", "recommended_limit") for one in (stored, now)]
    assert_frame_equal(*limits)
    assert len(asked) == 1


def test_results_of_another_day_are_refused(ledger: Ledger, made: tuple[RunResult, Path]) -> None:
    with pytest.raises(ParameterError, match="a run of 2024-06-30"):
        scored_day(ledger, results=made[1], as_of="2024-06-30")


def test_the_model_of_a_run_is_found_with_its_target(made: tuple[RunResult, Path], tmp_path: Path) -> None:
    result, folder = made
    found = stored_model(folder, targets=["default"])
    model = result.estimates["default"].model
    assert model is not None
    assert (found.as_of, found.target, found.rung) == (result.as_of, "default", model.rung_)
    assert BadDebtModel.load(found.folder).hash_ == model.hash_
    with pytest.raises(ParameterError, match="the folder of a finished credrisk run"):
        stored_model(tmp_path)
