"""Validation and monitoring on simulated ledgers, end to end: what is written, and when an alert is raised."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command import refused, succeeded

from credrisk.dates import months_after
from credrisk.errors import ModelFileError, ParameterError
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.store import store_ledger
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.outcomes import training_rows
from credrisk.models.reference import reference_of, reference_path
from credrisk.pipeline.monitoring import monitor_ledger
from credrisk.pipeline.partition_links import company_groups
from credrisk.pipeline.probabilities import estimate, training_calendar
from credrisk.pipeline.validating import validate_ledger
from credrisk.simulate import Simulation, simulate_ledger

TARGET = "default"
MONTHS, RECESSION_MONTHS = 42, 14
"""The market factor falls by three standard deviations in the fourteen months before the end."""


@dataclass(frozen=True)
class Case:
    """A simulated ledger and a model fitted a year before its end."""

    simulation: Simulation
    ledger: Ledger
    model: Path


def simulated(*, recession: bool) -> Simulation:
    if not recession:
        return simulate_ledger(customers=400, months=MONTHS, seed=5)
    begins = MONTHS - RECESSION_MONTHS + 1
    return simulate_ledger(customers=400, months=MONTHS, seed=5, scenario="recession", change_month=begins)


def made(folder: Path, *, recession: bool) -> Case:
    simulation = simulated(recession=recession)
    ledger = simulation.ledger()
    day = months_after(ledger.settings.covers_to, -12)
    known = ledger.cut(day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars")
    rows = training_rows(panel, build_labels(known, dates=calendar, output="polars"), target=TARGET)
    model = BadDebtModel(target=TARGET).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    place = folder / "model" / TARGET
    model.save(place)
    customers = known.table("customers")
    reference = reference_of(
        model, rows.X, as_of=rows.as_of, customers=rows.groups, observed_to=day, attributes=customers
    )
    reference.write(reference_path(place))
    return Case(simulation, ledger, place)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return made(tmp_path_factory.mktemp("calm"), recession=False)


def test_an_unchanged_world_raises_no_alarm_and_a_missing_reference_is_rebuilt(calm: Case) -> None:
    found = monitor_ledger(calm.ledger, model=calm.model).found
    assert found.worst == ""
    assert found.realised["months"].to_list() == [3, 6, 12]
    kept = reference_path(calm.model).read_bytes()
    reference_path(calm.model).unlink()
    again = monitor_ledger(calm.ledger, model=calm.model)
    reference_path(calm.model).write_bytes(kept)
    assert "is missing" in again.notes[0]
    shared = ["feature", "psi", "null_after"]
    assert again.found.drift.sort("feature").select(shared).equals(found.drift.sort("feature").select(shared))


def test_missing_firmographics_of_a_tenth_of_the_customers_raise_an_alert(calm: Case) -> None:
    tables = dict(calm.simulation.tables)
    ids = tables["customers"]["customer_id"].unique().sort()
    gone = np.random.default_rng(3).choice(ids.to_numpy(), size=len(ids) // 10, replace=False).tolist()
    for name in ("facts", "events"):
        tables[name] = tables[name].filter(~pl.col("customer_id").is_in(gone))
    later = Ledger.read({**tables, "settings": calm.simulation.settings_table()})
    found = monitor_ledger(later, model=calm.model).found
    raised = found.alerts.filter(pl.col("severity") != "note")["subject"].to_list()
    assert any(subject.startswith("rows missing: balance sheet") for subject in raised), found.alerts


def test_a_recession_raises_an_alert(tmp_path: Path) -> None:
    case = made(tmp_path, recession=True)
    found = monitor_ledger(case.ledger, model=case.model).found
    assert found.worst in {"attention", "alarm"}
    assert "market" in found.alerts["subject"].to_list() or found.realised["p_jeffreys"].min() < 0.01  # type: ignore[operator]


def test_monitor_writes_its_report_and_overwrites_nothing_unasked(calm: Case, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    store_ledger(calm.ledger, folder)
    out = tmp_path / "monitoring"
    said = succeeded("monitor", folder, "--model", calm.model.parent, "--target", TARGET, "--out", out).out
    assert "Does the model still hold?" in said
    told = json.loads((out / "monitoring.json").read_text())
    assert told["target"] == TARGET
    assert len(told["realised"]) == 3
    assert "Does the model still hold?" in (out / "monitoring.html").read_text()
    before = (out / "monitoring.json").read_bytes()
    assert "--overwrite" in refused("monitor", folder, "--model", calm.model, "--target", TARGET, "--out", out)
    assert (out / "monitoring.json").read_bytes() == before
    message = refused("monitor", folder, "--model", tmp_path, "--target", TARGET, "--out", tmp_path / "other")
    assert "holds no saved model of default" in message


def test_monitoring_needs_a_later_day_and_a_whole_reference(calm: Case) -> None:
    with pytest.raises(ParameterError, match="after the last date that the model learnt from"):
        monitor_ledger(calm.ledger, model=calm.model, as_of=months_after(calm.ledger.settings.covers_to, -20))
    with pytest.raises(ParameterError, match="within what the ledger covers"):
        monitor_ledger(calm.ledger, model=calm.model, as_of=date(2099, 1, 1))
    kept = reference_path(calm.model).read_text()
    reference_path(calm.model).write_text(kept[:-100])
    try:
        with pytest.raises(ModelFileError):
            monitor_ledger(calm.ledger, model=calm.model)
    finally:
        reference_path(calm.model).write_text(kept)


def test_validate_writes_its_report_and_overwrites_nothing_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    simulate_ledger(customers=120, months=30, seed=5).write(folder)
    out = tmp_path / "validation"
    said = succeeded("validate", folder, "--target", "late30", "--months", "6", "--folds", "2", "--out", out).out
    assert "Is the model better than what you rank by today?" in said
    told = json.loads((out / "validation.json").read_text())
    assert (told["target"], told["months"], len(told["folds"])) == ("late30", 6, 2)
    assert told["grades"]
    assert told["segments"]
    assert told["measures"]
    assert sorted(path.name for path in out.iterdir()) == ["validation.html", "validation.json"]
    assert "--overwrite" in refused("validate", folder, "--out", out)


def test_a_short_ledger_is_reported_as_not_measured(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    simulate_ledger(customers=60, months=12, seed=2).write(folder)
    out = tmp_path / "validation"
    said = succeeded("validate", folder, "--out", out).out
    assert "Not measured" in said
    told = json.loads((out / "validation.json").read_text())
    assert told["measures"] == []
    assert told["not_measured"]
    assert {verdict["mark"] for verdict in told["verdicts"]} == {"not measured"}
    assert "Not measured" in (out / "validation.html").read_text()


def test_customers_of_one_parent_are_one_group(calm: Case) -> None:
    groups = company_groups(calm.ledger)
    assert groups["customer_id"].is_unique().all()
    history = calm.ledger.table("customer_history").filter(pl.col("attribute") == "parent_id")
    by_customer = dict(groups.iter_rows())
    linked = [
        (child, parent.strip())
        for child, parent in history.select("customer_id", "value").drop_nulls().iter_rows()
        if parent.strip() in by_customer
    ]
    assert linked
    assert all(by_customer[child] == by_customer[parent] for child, parent in linked)
    assert groups["group"].n_unique() < groups.height


def test_run_and_validate_resample_the_same_groups(calm: Case) -> None:
    """The intervals of one figure: the back-test of ``run`` draws whole groups of companies, as ``validate`` does."""
    day = months_after(calm.ledger.settings.covers_to, -12)
    known = calm.ledger.cut(day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars")
    labels = build_labels(known, dates=calendar, output="polars")
    groups = company_groups(known)
    found = estimate(panel, labels, target=TARGET, as_of=day, currency="EUR", groups=groups).validation
    assert found is not None
    of = dict(groups.iter_rows())
    drawn = found.predictions.select("customer_id", "group").unique()
    assert all(of[customer] == group for customer, group in drawn.iter_rows())


def test_parameters_of_a_validation_are_checked(calm: Case) -> None:
    with pytest.raises(ParameterError, match="target"):
        validate_ledger(calm.ledger, target="ruin")
    with pytest.raises(ParameterError, match="months and folds"):
        validate_ledger(calm.ledger, folds=0)
    with pytest.raises(ParameterError, match="as_of"):
        validate_ledger(calm.ledger, as_of="2099-01-01")
