"""On the sample, for every customer and every month-end: buckets = open balance = documents less applications."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from balances import BUCKETS, COLUMNS, ITEMS, agreed_at_every_month_end, balances

import credrisk
from credrisk.features.calendar import Calendar
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
FEATURES = (*COLUMNS, "past_due", "open_balance", "net_balance")


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.read(SAMPLE)


@pytest.fixture(scope="module")
def month_ends(ledger: Ledger) -> Calendar:
    calendar = Calendar.month_ends(ledger.settings.covers_from, ledger.settings.covers_to)
    assert len(calendar.ends) == 36
    return calendar


def test_the_panel_at_every_month_end(ledger: Ledger, month_ends: Calendar) -> None:
    panel = build_panel(ledger, calendar=month_ends, features=FEATURES)
    assert len(panel) == 36 * ledger.table("customers").height
    assert agreed_at_every_month_end(ledger, panel) > 9_000


def test_the_panel_at_every_month_end_holds_what_is_hard(ledger: Ledger, month_ends: Calendar) -> None:
    panel = build_panel(ledger, calendar=month_ends, features=FEATURES)
    assert (panel[list(BUCKETS)] > 0).any().all()
    assert (panel["open_credits"] < 0).any()
    assert (panel["late_fees"] > 0).any()
    assert (panel["unapplied_cash"] > 0).any()
    assert ledger.table("documents")["currency"].n_unique() > 1
    applications = ledger.table("applications")
    assert {"reversal", "credit_note", "deduction", "write_off"} <= set(applications["kind"])
    assert (applications["recorded_at"] > applications["applied_on"]).any()


def test_the_ageing_in_each_currency_at_every_month_end(ledger: Ledger, month_ends: Calendar) -> None:
    seen = set()
    for day in month_ends.ends:
        aged = credrisk.ageing(ledger, as_of=day, translate=False).set_index(["customer_id", "currency"])
        expected = balances(ledger, pd.Timestamp(day))
        expected = expected[(expected != 0).any(axis=1)]
        shown = (aged[[*COLUMNS, "open_balance", "net_balance"]] * 100).round().astype("int64")
        nothing = shown[(shown[list(COLUMNS)] == 0).all(axis=1)].index
        shown = shown.drop(nothing).sort_index()
        pd.testing.assert_frame_equal(shown[list(COLUMNS)], expected.sort_index(), check_names=False)
        items = expected[list(ITEMS)].sum(axis=1).sort_index()
        assert (shown["open_balance"] == items).all()
        assert (shown["net_balance"] == items - shown["unapplied_cash"]).all()
        seen |= set(aged.index.get_level_values("currency"))
    assert seen == set(ledger.table("documents")["currency"])
