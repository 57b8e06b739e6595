"""The example mappings on the public ledgers they were written for: counts and sums as those ledgers' notes state."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from beside import SHARED

from credrisk.sources.mapping import Imported, import_with_map

DATA = SHARED / "data"
MAPPINGS = Path(__file__).parents[2] / "examples" / "mappings"
pytestmark = pytest.mark.real
DATES = ("document_date", "due_date", "settled_on")


@cache
def imported(mapping: str, folder: str) -> Imported:
    return import_with_map(MAPPINGS / mapping, DATA / folder)


def documents(result: Imported) -> pl.DataFrame:
    frame = result.tables["documents"]
    return frame.with_columns(
        pl.col(name).str.to_date("%Y-%m-%d") for name in DATES if name in frame.columns
    ).with_columns(pl.col("amount").cast(pl.Float64))


def share(condition: pl.Series) -> float:
    return round(100 * condition.mean(), 1)


def days_late(frame: pl.DataFrame) -> pl.Series:
    return (frame["settled_on"] - frame["due_date"]).dt.total_days()


@pytest.mark.parametrize(
    ("mapping", "folder"),
    [("ibm-ar.toml", "ibm-ar"), ("highradius-ar.toml", "highradius-ar"), ("highradius-ar-open.toml", "highradius-ar")],
)
def test_every_row_is_accounted_for(mapping: str, folder: str) -> None:
    result = imported(mapping, folder)
    counted = result.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "used"))
    assert counted.to_series().to_list() == result.summary["read"].to_list()
    used = result.summary.group_by("table").agg(pl.col("used").sum())
    assert {table: result.tables[table].height for table, _ in used.iter_rows()} == dict(used.iter_rows())
    assert result.sums["unread"].sum() == 0


def test_ibm_sample() -> None:
    result = imported("ibm-ar.toml", "ibm-ar")
    frame = documents(result)
    assert frame.height == frame["document_id"].n_unique() == 2_466
    assert frame["document_id"].str.len_chars().unique().to_list() == [10]
    assert (frame["document_date"].min().isoformat(), frame["document_date"].max().isoformat()) == (
        "2012-01-03",
        "2013-12-02",
    )
    assert (frame["due_date"] - frame["document_date"]).dt.total_days().unique().to_list() == [30]
    assert (frame["amount"].min(), round(frame["amount"].max()), round(frame["amount"].mean(), 1)) == (5.26, 128, 59.9)
    late = days_late(frame)
    assert (share(late > 0), share(late > 15), share(late > 30), late.max()) == (35.6, 7.1, 0.3, 45)
    assert result.sums.filter(column="amount")["amount"].item() == 147_703.18
    customers = result.tables["customers"]
    assert customers.height == 100
    by_country = frame.join(customers, on="customer_id").group_by("country").len()
    assert dict(by_country.iter_rows()) == {"391": 616, "406": 561, "770": 506, "897": 396, "818": 387}


def test_ibm_disputes_are_known_only_when_settled() -> None:
    result = imported("ibm-ar.toml", "ibm-ar")
    disputes = result.tables["disputes"].with_columns(pl.col("opened_on", "resolved_on").str.to_date())
    assert round(100 * disputes.height / 2_466, 1) == 22.7
    both = disputes.join(documents(result), on="document_id")
    assert both.height == disputes.height
    assert (both["opened_on"] == both["settled_on"]).all()
    late = documents(result).with_columns(late=days_late(documents(result)).clip(0))
    disputed = late["document_id"].is_in(disputes["document_id"].to_list())
    assert (round(late.filter(disputed)["late"].mean(), 1), round(late.filter(~disputed)["late"].mean(), 1)) == (
        8.6,
        1.9,
    )


def test_highradius_closed() -> None:
    result = imported("highradius-ar.toml", "highradius-ar")
    frame = documents(result)
    assert frame.height == frame["document_id"].n_unique() == 40_000
    assert frame["customer_id"].n_unique() == result.tables["customers"].height == 1_056
    late = days_late(frame)
    assert share(late > 0) == 41.9
    assert [(late > days).sum() for days in (30, 90)] == [883, 56]
    assert (late.min(), late.max()) == (-89, 204)
    assert (round(frame["amount"].mean()), round(frame["amount"].median())) == (32_065, 17_284)
    assert (frame["amount"].min(), round(frame["amount"].max())) == (0.79, 668_593)
    assert dict(frame["currency"].value_counts().iter_rows()) == {"USD": 35_907 + 1_077, "CAD": 3_016}
    assert round(result.sums.filter(column="amount")["amount"].sum(), 2) == 1_282_601_395.74
    top = frame.group_by("customer_id").agg(pl.len(), pl.col("amount").sum()).sort("len", descending=True).row(0)
    assert top[0] == "0200769623"
    assert (round(100 * top[1] / 40_000, 1), round(100 * top[2] / frame["amount"].sum(), 1)) == (24.0, 16.9)


def test_highradius_invoice_dates_are_derived_and_never_after_the_payment() -> None:
    frame = documents(imported("highradius-ar.toml", "highradius-ar"))
    assert (frame["document_date"] <= frame["settled_on"]).all()
    terms = (frame["due_date"] - frame["document_date"]).dt.total_days()
    moved = frame["document_date"] == frame["settled_on"]
    assert terms.filter(~moved).value_counts(sort=True)["due_date"][0] == 15
    path = DATA / "highradius-ar" / "closed_invoices_reconstructed.csv.gz"
    raw = pl.read_csv(path, infer_schema_length=None)
    too_late = (-raw["days_late"] > raw["terms_days_modal"].fill_null(15)).sum()
    assert too_late == 526
    assert moved.sum() >= too_late


def test_highradius_names_are_chosen_and_the_others_reported() -> None:
    result = imported("highradius-ar.toml", "highradius-ar")
    names = result.conflicts.filter(column="name")
    assert names["others"].str.count_matches(r"\(\d+\)").max() == 10
    assert names.height == result.conflicts.height
    assert result.tables["customers"].filter(customer_id="0200769623")["name"].item().startswith("WAL-MAR")


def test_highradius_open() -> None:
    result = imported("highradius-ar-open.toml", "highradius-ar")
    frame = documents(result)
    assert frame.height == frame["document_id"].n_unique() == 9_700
    assert dict(frame["currency"].value_counts().iter_rows()) == {"USD": 8_953, "CAD": 747}
    assert result.tables["customers"].height == 526
    assert (frame["document_date"].min().isoformat(), frame["document_date"].max().isoformat()) == (
        "2020-02-27",
        "2020-05-22",
    )
    assert (frame["due_date"].min().isoformat(), frame["due_date"].max().isoformat()) == ("2020-02-28", "2020-07-11")
    closed = imported("highradius-ar.toml", "highradius-ar").tables["customers"]
    assert result.tables["customers"].join(closed, on="customer_id").height == 487
