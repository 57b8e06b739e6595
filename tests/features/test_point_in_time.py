"""A row of the panel is what the ledger cut at its date gives, whatever is seen later."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from random_ledgers import LAST, covering_two_years, ledgers, random_ledger

import credrisk.features.catalogue as catalogue_module
from credrisk.features import Calendar, build_panel
from credrisk.features.grid import Grid
from credrisk.ledger.ledger import DTYPES, Ledger
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.tables import TABLES

MONTHS = Calendar.month_ends(date(2023, 2, 1), LAST)
WEEKS = Calendar.weeks(date(2023, 3, 19), LAST)
MIDDLE = Calendar.months_back(date(2024, 8, 30), 18)
TODAY = date(2024, 3, 31)


def assert_cut_gives_the_same(ledger: Ledger, calendar: Calendar, ends: tuple[date, ...]) -> None:
    nobody = pl.DataFrame([{"customer_id": "nobody"}], schema=ledger.table("customers").schema)
    customers = pl.concat([ledger.table("customers"), nobody])
    whole = ledger.replace(tables={**ledger.tables, "customers": customers})
    panel = build_panel(whole, calendar=calendar, output="polars")
    for end in ends:
        then = build_panel(whole.cut(end), calendar=calendar.at(end), output="polars")
        if calendar.step == "month":
            assert_frame_equal(then, build_panel(whole.cut(end), as_of=end, output="polars"), check_exact=True)
        row = panel.filter(as_of=end)
        assert_frame_equal(row.join(then, on="customer_id", how="semi"), then, check_exact=True)
        unknown = row.join(then, on="customer_id", how="anti").drop("customer_id")
        blank = row.filter(customer_id="nobody").drop("customer_id")
        assert_frame_equal(unknown.unique(), blank.head(min(1, len(unknown))), check_exact=True)


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers(), st.sampled_from([MONTHS, WEEKS, MIDDLE]), st.integers(0, 9))
def test_cutting_small_random_ledgers_and_recomputing_is_identical(
    ledger: Ledger, calendar: Calendar, first: int
) -> None:
    assert_cut_gives_the_same(ledger, calendar, calendar.ends[first::11])


@pytest.mark.parametrize(("seed", "calendar"), [(1, MONTHS), (2, MIDDLE), (3, WEEKS)])
def test_cutting_a_large_random_ledger_and_recomputing_is_identical(seed: int, calendar: Calendar) -> None:
    assert_cut_gives_the_same(random_ledger(seed), calendar, calendar.ends[::3])


def test_cutting_a_ledger_of_two_years_and_recomputing_is_identical() -> None:
    assert_cut_gives_the_same(covering_two_years(random_ledger(4)), MONTHS, MONTHS.ends[-6::2])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("movements", [item_movements, cash_movements])
def test_the_movements_of_a_cut_ledger_are_those_dated_by_then(movements: Any, seed: int) -> None:
    ledger = random_ledger(seed)
    whole = movements(ledger)
    for end in MONTHS:
        then, dated = movements(ledger.cut(end)), whole.filter(pl.col("date") <= end)
        assert_frame_equal(then, dated, check_row_order=False, check_exact=True)


def peeking(grid: Grid) -> np.ndarray:
    """A balance that counts what can be seen only the day after the period end."""
    rows = grid.rows("owed")
    return grid.translated(grid.line_balance("owed", grid.column(rows["seen"] - 1)))


def test_a_feature_that_peeks_one_day_ahead_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = random_ledger(1)
    assert_cut_gives_the_same(ledger, MONTHS, MONTHS.ends[::3])
    planted = dataclasses.replace(catalogue_module.catalogue()["open_balance"], name="peeking", compute=peeking)
    monkeypatch.setitem(catalogue_module._registered, "peeking", planted)
    with pytest.raises(AssertionError, match="peeking"):
        assert_cut_gives_the_same(ledger, MONTHS, MONTHS.ends[::3])


def later(days: int) -> date:
    return TODAY + timedelta(days)


def again(ledger: Ledger, table: str, **values: object) -> Ledger:
    """Return the ledger with a copy of every row of a table, under a new id and with ``values``."""
    frame = ledger.table(table)
    kinds = {column.name: DTYPES[column.kind] for column in TABLES[table].columns}
    fresh = {name: pl.concat_str(pl.lit("late "), name) for name in OWN_IDS.get(table, ())}
    fixed = {name: pl.lit(value, kinds[name]) for name, value in values.items()}
    return ledger.replace(tables={**ledger.tables, table: pl.concat([frame, frame.with_columns(**fresh, **fixed)])})


def later_account(ledger: Ledger) -> Ledger:
    """Return the ledger with a copy of every account, opened tomorrow: same entity, same industry, old postings."""
    owners = ("customers", "documents", "receipts", "customer_history")
    ids = {name: pl.concat_str(pl.lit("late "), pl.col(name)) for name in ("customer_id", "document_id", "receipt_id")}
    tables = dict(ledger.tables)
    for name in owners:
        frame = ledger.table(name)
        known = TABLES[name].known or TABLES[name].event
        fresh = {column: expression for column, expression in ids.items() if column in frame.columns}
        tables[name] = pl.concat([frame, frame.with_columns(**fresh, **{known: pl.lit(later(1))})])
    return ledger.replace(tables=tables)


OWN_IDS = {
    "documents": ["document_id"],
    "receipts": ["receipt_id"],
    "disputes": ["dispute_id"],
    "promises": ["promise_id"],
    "contacts": ["contact_id"],
    "orders": ["order_id"],
}

LATER = {
    "a document dated before, recorded after": lambda ledger: again(
        ledger, "documents", document_date=later(-40), due_date=later(-10), recorded_at=later(1)
    ),
    "a receipt dated before, recorded after": lambda ledger: again(
        ledger, "receipts", date=later(-40), recorded_at=later(1)
    ),
    "an application dated before, recorded after": lambda ledger: again(
        ledger, "applications", applied_on=later(-40), recorded_at=later(1)
    ),
    "a write-off": lambda ledger: again(
        ledger,
        "applications",
        from_id=None,
        from_kind="none",
        kind="write_off",
        applied_on=later(1),
        recorded_at=later(1),
    ),
    "a dispute": lambda ledger: again(ledger, "disputes", opened_on=later(1), resolved_on=None),
    "a promise": lambda ledger: again(ledger, "promises", made_on=later(1), due_on=later(9)),
    "a contact": lambda ledger: again(ledger, "contacts", date=later(1), outcome="reached"),
    "an order": lambda ledger: again(ledger, "orders", order_date=later(1), closed_on=None),
    "the closing of every open order": lambda ledger: ledger.replace(
        tables={
            **ledger.tables,
            "orders": ledger.table("orders").with_columns(
                closed_on=pl.when(pl.col("closed_on") <= TODAY).then("closed_on").otherwise(later(1)),
            ),
        }
    ),
    "what is left of every order as of the extract": lambda ledger: ledger.replace(
        tables={**ledger.tables, "orders": ledger.table("orders").with_columns(open_amount=0, delivered_uninvoiced=0)}
    ),
    "a cover cut": lambda ledger: again(ledger, "cover", limit=0, valid_from=later(1), recorded_at=later(1)),
    "a cover cut back-dated": lambda ledger: again(
        ledger, "cover", limit=0, valid_from=later(-9), recorded_at=later(1)
    ),
    "a parent": lambda ledger: again(
        ledger, "customer_history", attribute="parent_id", valid_from=later(-9), recorded_at=later(1)
    ),
    "a limit back-dated": lambda ledger: again(
        ledger, "customer_history", attribute="credit_limit", value="1", valid_from=later(-9), recorded_at=later(1)
    ),
    "a due date moved before, recorded after": lambda ledger: again(
        ledger, "document_changes", field="due_date", value="2025-12-31", changed_on=later(-9), recorded_at=later(1)
    ),
    "a placement dated before, recorded after": lambda ledger: again(
        ledger, "credit_events", kind="placement", date=later(-9), recorded_at=later(1)
    ),
    "terms back-dated": lambda ledger: again(
        ledger, "customer_history", attribute="terms_days", value="90", valid_from=later(-9), recorded_at=later(1)
    ),
    "a rate": lambda ledger: again(ledger, "rates", date=later(1), rate=100.0),
    "a restatement back-dated": lambda ledger: again(ledger, "facts", value=1.0, known_at=later(1)),
    "a newer statement": lambda ledger: again(
        ledger, "facts", period_end=later(-9), period_start=None, known_at=later(1)
    ),
    "an event dated before, known after": lambda ledger: again(
        ledger, "events", kind="payment_judgment", happened_on=later(-9), known_at=later(1)
    ),
    "a rating dated before, received after": lambda ledger: again(
        ledger, "ratings", rated_on=later(-9), known_at=later(1), risk=1.0, limit_amount=0.0
    ),
    "a lower figure published again": lambda ledger: again(ledger, "facts", value=-1e6, known_at=later(1)),
    "the end of an insolvency dated before, known after": lambda ledger: again(
        ledger, "events", kind="insolvency_ended", happened_on=later(-9), known_at=later(1)
    ),
    "a market value published later": lambda ledger: again(
        ledger, "market", value=0.5, period_end=later(-9), known_at=later(1)
    ),
    "an account opened later, with everything about its owner": lambda ledger: later_account(ledger),
    "the outcome of every open dispute": lambda ledger: ledger.replace(
        tables={
            **ledger.tables,
            "disputes": ledger.table("disputes").with_columns(
                resolved_on=pl.when(pl.col("resolved_on") <= TODAY).then("resolved_on").otherwise(later(1)),
                outcome=pl.when(pl.col("resolved_on") <= TODAY).then("outcome").otherwise(pl.lit("invalid")),
            ),
        }
    ),
}


@pytest.mark.parametrize("change", LATER)
def test_what_is_seen_later_changes_no_earlier_row(change: str) -> None:
    ledger = random_ledger(5)
    changed = LATER[change](ledger)
    before, after = (
        build_panel(each, calendar=MONTHS, output="polars").filter(pl.col("as_of") <= TODAY)
        for each in (ledger, changed)
    )
    # Accounts that are opened later have rows too, all of them before anything of theirs is seen.
    assert_frame_equal(before, after.join(before, on="customer_id", how="semi"), check_exact=True)


UNREAD = ("what is left of every order as of the extract",)
"""Changes that no feature reads."""


@pytest.mark.parametrize("change", [name for name in LATER if name not in UNREAD])
def test_the_later_changes_do_change_later_rows(change: str) -> None:
    """Every planted change that is read must be visible in time, or it proves nothing."""
    ledger = random_ledger(5)
    before, after = (
        build_panel(each, calendar=MONTHS, output="polars").filter(pl.col("as_of") > TODAY)
        for each in (ledger, LATER[change](ledger))
    )
    assert not before.equals(after.join(before, on="customer_id", how="semi"))


@pytest.mark.parametrize("static", [(), ("industry",)])
def test_the_industry_is_seen_from_the_extract_unless_it_is_static(static: tuple[str, ...]) -> None:
    ledger = random_ledger(5)
    extracted_on = date(2024, 1, 15)
    ledger = ledger.replace(settings=dataclasses.replace(ledger.settings, static=static, extracted_on=extracted_on))
    assert_cut_gives_the_same(ledger, MONTHS, MONTHS.ends[::3])
    panel = build_panel(ledger, calendar=MONTHS, features=["industry_share_past_due"], output="polars")
    seen = panel.drop_nulls("industry_share_past_due")["as_of"].min()
    assert seen == (date(2024, 1, 31) if not static else date(2023, 3, 31))
