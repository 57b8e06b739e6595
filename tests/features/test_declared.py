"""Columns of one's own: declared once, found by name, never computed by the panel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError, ModelFileError, ParameterError
from credrisk.features import catalogue as module
from credrisk.features.catalogue import catalogue, declare, fingerprint, known_features
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel

AGENCY: dict[str, Any] = {
    "unit": "index",
    "null": "not bought",
    "worse": "lower",
    "says": "the agency scores it {value}",
}


@pytest.fixture(autouse=True)
def nothing_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "_declared", {})
    return


def test_a_declared_feature_is_found_by_name_only() -> None:
    before = fingerprint()
    entry = declare("agency_score", **AGENCY)
    assert "agency_score" not in catalogue()
    assert fingerprint() == before
    assert list(catalogue(["agency_score", "dbt_12m"])) == ["dbt_12m", "agency_score"]
    assert known_features()["agency_score"] is entry
    assert (entry.worse, entry.question, entry.formula) == ("lower", "given", "given")


def test_the_same_twice_is_fine_and_another_meaning_is_refused() -> None:
    declare("agency_score", **AGENCY)
    declare("agency_score", **AGENCY)
    with pytest.raises(ParameterError, match="declared the same way"):
        declare("agency_score", **AGENCY | {"worse": "higher"})


@pytest.mark.parametrize(
    ("name", "changed", "parameter"),
    [
        ("dbt_12m", {}, "name"),
        ("base", {}, "name"),
        ("Agency score", {}, "name"),
        ("agency", {"unit": "stars"}, "unit"),
        ("agency", {"worse": "up"}, "worse"),
        ("agency", {"null": " "}, "null"),
        ("agency", {"says": "bad"}, "says"),
    ],
)
def test_what_breaks_a_rule_is_refused(name: str, changed: dict[str, Any], parameter: str) -> None:
    with pytest.raises(ParameterError, match=parameter):
        declare(name, **AGENCY | changed)
    assert not module._declared


def test_the_fingerprint_knows_the_meaning_and_not_the_order() -> None:
    declare("one", **AGENCY)
    declare("two", **AGENCY)
    first = fingerprint(["one", "two"])
    module._declared.clear()
    declare("two", **AGENCY)
    declare("one", **AGENCY)
    assert fingerprint(["one", "two"]) == first
    module._declared.clear()
    declare("two", **AGENCY | {"worse": "higher"})
    declare("one", **AGENCY)
    assert fingerprint(["one", "two"]) != first


def test_the_panel_does_not_compute_it() -> None:
    declare("agency_score", **AGENCY)
    ledger = ledger_of(customers=[{"customer_id": "A"}], documents=[])
    with pytest.raises(ParameterError, match="declared columns are given"):
        build_panel(ledger, as_of=date(2024, 12, 31), features=["agency_score"])


def rows(seed: int = 0, size: int = 3000) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"agency_score": rng.normal(size=size), "growth": rng.normal(size=size)})
    chance = 0.12 * np.exp(-X["agency_score"] - 0.5)
    y = pd.DataFrame({"event": (rng.random(size) < chance).astype(int), "months": 12.0})
    dates = np.datetime64("2015-12-31") + 365 * (np.arange(size) % 6)
    return X, y, dates


@pytest.mark.parametrize("rung", ["expert_card", "penalised_regression", "booster"])
def test_every_model_learns_from_it_in_its_direction_stores_it_and_says_it(tmp_path: Path, rung: Any) -> None:
    X, y, dates = rows()
    with pytest.raises(DataError, match="agency_score"):
        BadDebtModel(horizons=(12,), rung=rung).fit(X, y, as_of=dates)
    declare("agency_score", **AGENCY)
    declare("growth", **AGENCY | {"worse": "none", "says": "grew by {value}"})
    model = BadDebtModel(horizons=(12,), rung=rung).fit(X, y, as_of=dates)
    model.save(tmp_path / "model")
    assert (BadDebtModel.load(tmp_path / "model").predict_proba(X) == model.predict_proba(X)).all()
    if rung != "expert_card":
        line = pd.DataFrame({"agency_score": np.linspace(-3, 3, 61), "growth": 0.0})
        pd_12m = model.predict_pd(line)["pd_12m"].to_numpy()
        assert (np.diff(pd_12m) <= 0).all()
        assert pd_12m[0] > 2 * pd_12m[-1]
        assert model.explain(line[:1], top=1)["says"][0] == "the agency scores it -3.00"
    module._declared.clear()
    with pytest.raises(ModelFileError, match="agency_score"):
        BadDebtModel.load(tmp_path / "model")
    declare("agency_score", **AGENCY | {"unit": "share"})
    declare("growth", **AGENCY | {"worse": "none", "says": "grew by {value}"})
    with pytest.raises(ModelFileError, match="another catalogue"):
        BadDebtModel.load(tmp_path / "model")
