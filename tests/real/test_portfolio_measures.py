"""The portfolio measures on two public ledgers against pandas on the raw files: every invoice is paid once, in full."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from command import succeeded
from real.test_real_ledgers import DATA, MAPPINGS, invoices_of

import credrisk
from credrisk.ledger.ledger import Ledger

pytestmark = pytest.mark.real
DAYS = {"ibm-ar": ("2013-03-31", "2013-09-30"), "highradius-ar": ("2019-06-30", "2019-11-30")}
BUCKETS = ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90")


@pytest.fixture(scope="module", params=DAYS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Ledger, pd.DataFrame]:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    succeeded("import", DATA / name, "--map", MAPPINGS / f"{name}.toml", "--out", folder / "ledger")
    return name, Ledger.read(folder / "ledger"), invoices_of(name)


def open_on(raw: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return raw[(raw["dated"] <= day) & (raw["settled"] > day)]


def bucket(raw: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    late = (day - raw["due"]).dt.days
    return pd.cut(late, [-10_000, 0, 30, 60, 90, 10_000], labels=BUCKETS).astype(str)


def in_dollars(ledger: Ledger, raw: pd.DataFrame) -> tuple[Ledger, pd.DataFrame]:
    """Keep the invoices in dollars: translation is tested elsewhere, and plain sums know nothing of it."""
    documents = ledger.table("documents").filter(pl.col("currency") == "USD")
    return ledger.replace(tables={**ledger.tables, "documents": documents}), raw[raw["currency"] == "USD"]


def test_effectiveness_of_each_currency(case: tuple[str, Ledger, pd.DataFrame]) -> None:
    name, ledger, raw = case
    table = credrisk.collection_effectiveness_table(ledger, dates=DAYS[name], by="currency", output="polars")
    assert table.height == 2 * raw["currency"].nunique()
    for row in table.to_dicts():
        day, mine = pd.Timestamp(row["as_of"]), raw[raw["currency"] == row["currency"]]
        start = day - pd.offsets.MonthEnd(1)
        opening, closing = open_on(mine, start), open_on(mine, day)
        sold = mine[(mine["dated"] > start) & (mine["dated"] <= day)]
        not_due = closing[closing["due"] >= day]["amount"].sum()
        paid = opening["amount"].sum() + sold["amount"].sum() - closing["amount"].sum()
        assert round(100 * row["cash"]) == round(100 * row["collected"]) == paid
        assert row["cei"] == row["cei_cash"] == pytest.approx(paid / (paid + closing["amount"].sum() - not_due))


def test_days_beyond_terms_and_days_of_sales(case: tuple[str, Ledger, pd.DataFrame]) -> None:
    name, ledger, raw = case
    ledger, raw = in_dollars(ledger, raw)
    for row in credrisk.dso_family(ledger, dates=DAYS[name], output="polars").to_dicts():
        day = pd.Timestamp(row["as_of"])
        items = open_on(raw, day)
        late = (day - items["due"]).dt.days.clip(lower=0)
        assert row["days_beyond_terms"] == pytest.approx((items["amount"] * late).sum() / items["amount"].sum())
        start = day - pd.offsets.MonthEnd(3)
        sold = raw[(raw["dated"] > start) & (raw["dated"] <= day)]["amount"].sum()
        assert row["dso_3m"] == pytest.approx(items["amount"].sum() / sold * (day - start).days)


def test_where_every_euro_of_a_bucket_went(case: tuple[str, Ledger, pd.DataFrame]) -> None:
    name, ledger, raw = case
    start, end = (pd.Timestamp(day) for day in DAYS[name])
    ledger, raw = in_dollars(ledger, raw)
    table = credrisk.item_migration(ledger, start=DAYS[name][0], end=DAYS[name][1], output="polars")
    items = open_on(raw, start).assign(bucket=lambda rows: bucket(rows, start))
    outcome = bucket(items, end).where(items["settled"] > end, "paid")
    expected = items.groupby([items["bucket"], outcome])["amount"].sum()
    found = {
        (row["from_bucket"], row["outcome"]): round(100 * row["amount"]) for row in table.to_dicts() if row["amount"]
    }
    assert found == expected.to_dict()


def test_cohorts(case: tuple[str, Ledger, pd.DataFrame]) -> None:
    name, ledger, raw = case
    ledger, raw = in_dollars(ledger, raw)
    curves = credrisk.cohort_curves(ledger, as_of=DAYS[name][1], months=6, output="polars")
    assert curves["cohort"].n_unique() == 6
    for row in curves.to_dicts():
        first = pd.Timestamp(row["cohort"])
        mine = raw[(raw["dated"] >= first) & (raw["dated"] <= first + pd.offsets.MonthEnd(0))]
        day = first + pd.offsets.MonthEnd(row["age_months"] + 1)
        assert row["open_share"] == pytest.approx(open_on(mine, day)["amount"].sum() / mine["amount"].sum())
