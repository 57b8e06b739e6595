"""The parts of scikit-learn's estimator checks that fit this interface.

The checks that fit random numpy arrays are left out: the model takes frames whose columns are features of the catalogue
and an outcome of two columns (event and months), and refuses anything else, as test_bad_debt shows.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hazard_world import make_world
from sklearn.base import clone, is_classifier
from sklearn.utils import estimator_checks as checks

from credrisk.models.bad_debt import BadDebtModel

FITTING = (
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_estimator_tags_renamed,
    checks.check_valid_tag_types,
    checks.check_no_attributes_set_in_init,
    checks.check_get_params_invariance,
    checks.check_set_params,
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_mixin_order,
    checks.check_parameters_default_constructible,
)


@pytest.mark.parametrize("check", FITTING, ids=lambda check: check.__name__)
def test_scikit_learn_check(check: Callable[..., Any]) -> None:
    check("BadDebtModel", BadDebtModel())


def test_clone_and_parameters() -> None:
    model = BadDebtModel(target="late30", horizons=(1, 6), trees=7, seed=3)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.set_params(trees=9).trees == 9
    assert model.trees == 7
    assert is_classifier(model)


def test_the_classes_and_their_probabilities() -> None:
    rows = make_world(customers=60, months=20, base=0.02).rows()
    model = BadDebtModel().fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    found = model.predict_proba(rows.X)
    assert model.classes_.tolist() == [0, 1]
    assert found.shape == (rows.X.height, 2)
    assert (found.sum(axis=1) == 1).all()
    assert set(model.predict(rows.X)) <= {0, 1}
    assert model.n_features_in_ == rows.X.width
    assert model.feature_names_in_.tolist() == rows.X.columns


def test_fitting_leaves_the_input_alone() -> None:
    rows = make_world(customers=60, months=20, base=0.02).rows()
    X, y = rows.X.to_pandas(), rows.y.to_pandas()
    before = X.copy(), y.copy()
    BadDebtModel().fit(X, y, as_of=rows.as_of, groups=rows.groups).predict_pd(X)
    assert X.equals(before[0])
    assert y.equals(before[1])


def test_the_package_alone_loads_no_model_library() -> None:
    script = "import sys, credrisk; sys.exit(any(m in sys.modules for m in ('lightgbm', 'sklearn', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    script = "import sys, credrisk.models.bad_debt; sys.exit('lightgbm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
