"""Groups of the back-test against a slow way of making them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from credrisk.errors import EvidenceError
from credrisk.reports.calibration import calibration_groups


def predictions(rows: int = 500) -> pl.DataFrame:
    rng = np.random.default_rng(2)
    probability = rng.permutation(np.linspace(0.001, 0.4, rows))
    event = (rng.random(rows) < probability).astype(int)
    return pl.DataFrame({"customer_id": [f"C{i % 200}" for i in range(rows)], "predicted": probability, "event": event})


def test_groups_equal_pandas():
    frame = predictions()
    groups = calibration_groups(frame)
    slow = frame.to_pandas()
    slow["group"] = pd.qcut(slow.predicted, 10, labels=False)
    expected = slow.groupby("group").agg(
        predicted=("predicted", "mean"),
        observed=("event", "mean"),
        rows=("event", "size"),
        customers=("customer_id", "nunique"),
    )
    for name in expected.columns:
        np.testing.assert_allclose(groups[name].to_numpy(), expected[name].to_numpy(), rtol=1e-12)
    assert groups["rows"].sum() == 500


def test_the_interval_is_wilsons():
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I: 81 of 263 gives 0.2553 to 0.3662.
    frame = pl.DataFrame(
        {"customer_id": [str(i) for i in range(263)], "predicted": [0.3] * 263, "event": [1] * 81 + [0] * 182}
    )
    row = calibration_groups(frame).row(0, named=True)
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.2553, 0.3662)


def test_rows_of_one_customer_do_not_narrow_the_interval():
    frame = predictions(200)
    once, thrice = calibration_groups(frame), calibration_groups(pl.concat([frame, frame, frame]))
    assert thrice["rows"].to_list() == [3 * rows for rows in once["rows"]]
    np.testing.assert_allclose(thrice["low"].to_numpy(), once["low"].to_numpy(), rtol=1e-12)


def test_equal_probabilities_stay_together_and_order_does_not_matter():
    frame = predictions().with_columns(pl.col("predicted").round(1))
    groups = calibration_groups(frame)
    assert groups["predicted"].is_sorted()
    assert calibration_groups(frame.sample(fraction=1.0, shuffle=True, seed=4)).equals(groups)


def test_censored_rows_are_left_out():
    frame = predictions().with_columns(pl.when(pl.col("predicted") < 0.2).then("event").alias("event"))
    assert calibration_groups(frame)["rows"].sum() == frame.filter(pl.col("predicted") < 0.2).height
    with pytest.raises(EvidenceError, match="No row"):
        calibration_groups(frame.with_columns(pl.lit(None, dtype=pl.Int8).alias("event")))
