"""A public ledger of 40,000 invoices through every feature: the figures in the notes beside it come out again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from beside import SHARED
from command import succeeded

from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger, LedgerSettings

MAPPING = Path(__file__).parents[2] / "examples" / "mappings" / "highradius-ar.toml"
YEARS = Calendar((date(2019, 5, 22), date(2020, 5, 22)))
"""Two windows of 12 months that hold every invoice and every payment."""

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("highradius") / "ledger"
    succeeded("import", SHARED / "data" / "highradius-ar", "--map", MAPPING, "--out", folder)
    ledger = Ledger.read(folder)
    # The notes add up amounts of both currencies as they stand.
    tables = {
        name: frame.with_columns(currency=pl.lit("USD")) if "currency" in frame.columns else frame
        for name, frame in ledger.tables.items()
    }
    settings = LedgerSettings("USD", date(2012, 1, 1), YEARS.ends[-1], YEARS.ends[-1])
    return build_panel(ledger.replace(tables=tables, settings=settings), calendar=YEARS, output="polars")


def test_every_feature_is_worked_out_or_null_for_want_of_its_table(panel: pl.DataFrame) -> None:
    assert panel.columns[2:] == list(catalogue())
    assert panel["customer_id"].n_unique() == 1_056
    known = {name for name in catalogue() if panel[name].null_count() < panel.height}
    questions = {catalogue()[name].question for name in known}
    assert {"ageing", "payment", "payment_profile", "dso", "volume", "rhythm", "habit"} <= questions
    assert not {"promises", "disputes", "cover", "balance_sheet", "altman", "market", "orders"} & questions
    assert not np.isinf(panel.select(known).to_numpy()).any()


def test_the_counts_and_amounts_of_the_notes_come_out(panel: pl.DataFrame) -> None:
    totals = panel.group_by("customer_id").agg(pl.col("invoices_12m", "invoiced_12m", "paid_12m").sum())
    assert totals["invoices_12m"].sum() == 40_000
    assert (totals["invoices_12m"] == 1).sum() == 325
    assert totals["invoices_12m"].median() == 3
    assert round(totals["invoiced_12m"].sum() / 40_000) == 32_065
    assert totals["paid_12m"].sum() == pytest.approx(totals["invoiced_12m"].sum())
    shares = totals.select(pl.col("invoices_12m", "invoiced_12m") / pl.col("invoices_12m", "invoiced_12m").sum())
    assert round(100 * shares["invoices_12m"].max(), 1) == 24.0
    largest = [round(100 * share, 1) for share in shares["invoiced_12m"].top_k(5).sort(descending=True)]
    assert largest == [16.9, 4.7, 3.5, 3.2, 3.1]


def test_how_late_the_money_came_is_what_the_notes_say(panel: pl.DataFrame) -> None:
    late = (panel["share_paid_late_12m"] * panel["paid_12m"]).sum() / panel["paid_12m"].sum()
    assert round(100 * late, 1) == 44.6
    assert panel["most_days_late_12m"].max() == 204
    assert panel["days_since_last_payment"].min() == 0
    open_now = panel.filter(as_of=YEARS.ends[-1])
    assert open_now["open_balance"].abs().max() == open_now["past_due"].max() == 0
