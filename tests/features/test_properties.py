"""What must hold for any ledger: order, blocks and company do not matter, money scales, ageing ties out."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from fee_notes import with_fee_notes
from hypothesis import HealthCheck, given, settings
from polars.testing import assert_frame_equal
from random_ledgers import LAST, ledgers, random_ledger

from credrisk.errors import ParameterError
from credrisk.features import Calendar, build_panel
from credrisk.features import panel as panel_module
from credrisk.features.catalogue import catalogue
from credrisk.features.panel import full_panel, narrow_panel
from credrisk.features.peers import PEER_INPUTS, peer_medians
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger

CALENDAR = Calendar.month_ends(date(2023, 3, 1), LAST)
BUCKETS = [
    "not_due",
    "past_due_1_30",
    "past_due_31_60",
    "past_due_61_90",
    "past_due_over_90",
    "late_fees",
    "open_credits",
]
OF_SALES = ("ageing", "overdue", "dso", "collection")
OWED = ("open_balance", "net_balance", "late_fees")
hypothesis = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def panel_of(ledger: Ledger, **options: object) -> pl.DataFrame:
    return build_panel(ledger, calendar=CALENDAR, output="polars", **options)


def minor(frame: pl.DataFrame, name: str) -> np.ndarray:
    return np.rint(frame[name].to_numpy() * 100)


def changed(ledger: Ledger, **columns: pl.Expr) -> Ledger:
    """Return the ledger with a column replaced in every table that has it."""
    tables = {
        name: frame.with_columns(
            expression.alias(column) for column, expression in columns.items() if column in frame.columns
        )
        for name, frame in ledger.tables.items()
    }
    return ledger.replace(tables=tables)


def in_one_currency(ledger: Ledger) -> Ledger:
    return changed(ledger, currency=pl.lit("EUR"), from_amount=pl.lit(None, pl.Int64))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    ledger = random_ledger(seed)
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=seed) for name, frame in ledger.tables.items()}
    assert_frame_equal(panel_of(ledger.replace(tables=shuffled)), panel_of(ledger), check_exact=True)


@pytest.mark.parametrize("size", [1, 7])
def test_how_customers_are_divided_into_blocks_does_not_matter(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = random_ledger(3)
    whole = panel_of(ledger)
    monkeypatch.setattr(panel_module, "CUSTOMERS_PER_BLOCK", size)
    assert_frame_equal(panel_of(ledger), whole, check_exact=True)


def test_other_customers_do_not_matter() -> None:
    one, other = random_ledger(1, customers=12), random_ledger(2, customers=12)
    ids = (
        "customer_id",
        "document_id",
        "receipt_id",
        "from_id",
        "to_document_id",
        "dispute_id",
        "promise_id",
        "order_id",
        "cover_id",
        "lei",
        "cik",
    )
    others = changed(other, **{name: pl.concat_str(pl.lit("B"), pl.col(name)) for name in ids})
    parent = pl.when(attribute="parent_id").then(pl.concat_str(pl.lit("B"), pl.col("value")))
    history = others.table("customer_history").with_columns(value=parent.otherwise("value"))
    others = others.replace(tables={**others.tables, "customer_history": history})
    both = {name: pl.concat([frame, others.table(name)]) for name, frame in one.tables.items()} | {
        "rates": one.table("rates"),
        "market": one.table("market"),
    }
    alone = [name for name, entry in catalogue().items() if entry.question != "peers"]
    together = panel_of(one.replace(tables=both), features=alone)
    own = together.filter(pl.col("customer_id").str.starts_with("C"))
    assert_frame_equal(own, panel_of(one, features=alone), check_exact=True)
    assert together["customer_id"].n_unique() == 24


@pytest.mark.parametrize("seed", [1, 2])
def test_medians_put_together_from_parts_give_the_panel_part_by_part(seed: int) -> None:
    rows = LedgerRows(random_ledger(seed))
    narrow = narrow_panel(rows, CALENDAR)
    parts = [narrow.sample(fraction=1.0, shuffle=True, seed=part).filter(part_of(part)) for part in (0, 1, 2)]
    medians = peer_medians(pl.concat(parts[::-1]))
    entries = catalogue([name for name, entry in catalogue().items() if entry.question == "peers"])
    found = full_panel(rows, CALENDAR, entries, medians=medians)
    assert_frame_equal(found, panel_of(random_ledger(seed), features=list(entries)), check_exact=True)
    with pytest.raises(ParameterError, match="medians"):
        full_panel(rows, CALENDAR, entries)


def part_of(part: int) -> pl.Expr:
    """Keep the rows of a part: each row is in one of three by its values."""
    return pl.struct("industry", "as_of", *PEER_INPUTS).hash() % 3 == part


def test_features_asked_for_alone_are_the_same() -> None:
    ledger = random_ledger(4, customers=10)
    whole = panel_of(ledger)
    for name in catalogue():
        assert_frame_equal(
            panel_of(ledger, features=[name]), whole.select("customer_id", "as_of", name), check_exact=True
        )


def with_money_times(ledger: Ledger, factor: int) -> Ledger:
    """Return the ledger with every amount, limit, deductible and figure times ``factor``."""
    amounts = ("amount", "limit", "deductible")
    scaled = changed(ledger, **{name: pl.col(name) * factor for name in amounts})
    number = pl.col("value").cast(pl.Float64, strict=False)
    limits = pl.when(attribute="credit_limit").then((number * factor).cast(pl.String)).otherwise("value")
    history = ledger.table("customer_history").with_columns(value=limits)
    people = pl.col("measure") == "employees"
    facts = ledger.table("facts").with_columns(pl.when(people).then("value").otherwise(pl.col("value") * factor))
    ratings = ledger.table("ratings").with_columns(pl.col("limit_amount") * factor)
    outside = {"facts": facts, "ratings": ratings}
    return scaled.replace(tables={**scaled.tables, "customer_history": history, **outside})


def test_doubling_the_money_doubles_money_and_leaves_the_rest() -> None:
    # Insured shares are whole quarters: of amounts that are multiples of 4, what a contract pays needs no rounding.
    ledger = with_money_times(in_one_currency(random_ledger(6)), 4)
    assert ((ledger.table("cover")["insured_share"].drop_nulls() * 4) % 1 == 0).all()
    before, after = panel_of(ledger), panel_of(with_money_times(ledger, 2))
    for name, entry in catalogue().items():
        if name == "size_class":  # A firm with twice the money is a larger one.
            continue
        expected = before[name] * 2 if entry.unit == "money" else before[name]
        np.testing.assert_allclose(after[name].to_numpy(), expected.to_numpy(), rtol=1e-12, atol=1e-12, err_msg=name)


@hypothesis
@given(ledgers())
def test_buckets_and_credits_sum_to_the_open_balance_in_any_currency(ledger: Ledger) -> None:
    panel = panel_of(ledger)
    assert (sum(minor(panel, name) for name in BUCKETS) == minor(panel, "open_balance")).all()
    assert (sum(minor(panel, name) for name in BUCKETS[1:5]) == minor(panel, "past_due")).all()
    assert (minor(panel, "open_balance") - minor(panel, "unapplied_cash") == minor(panel, "net_balance")).all()


@hypothesis
@given(ledgers())
def test_fee_notes_move_no_age_no_dso_and_no_effectiveness(ledger: Ledger) -> None:
    charged = with_fee_notes(ledger)
    names = [name for name, entry in catalogue().items() if entry.question in OF_SALES and name not in OWED]
    assert {"past_due", "oldest_open_days", "share_over_30", "dso_3m", "collection_effectiveness_3m"} <= set(names)
    before, after = (panel_of(each, features=[*names, *OWED]) for each in (ledger, charged))
    assert_frame_equal(before.select("customer_id", "as_of", *names), after.select("customer_id", "as_of", *names))
    more = minor(after, "late_fees") - minor(before, "late_fees")
    for name in ("open_balance", "net_balance"):
        assert (minor(after, name) - minor(before, name) == more).all()
    documents = charged.table("documents").filter(pl.col("document_id").str.starts_with("fee of "))
    seen = documents.filter(pl.max_horizontal("document_date", "recorded_at") <= CALENDAR.ends[-1])
    assert bool(more[after["as_of"].to_numpy() == np.datetime64(CALENDAR.ends[-1])].any()) == bool(seen.height)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_open_balance_is_documents_less_applications_for_every_customer_and_month_end(seed: int) -> None:
    ledger = in_one_currency(random_ledger(seed))
    panel = panel_of(ledger)
    for end in CALENDAR:
        then = ledger.cut(end)
        documents, applications = then.table("documents"), then.table("applications")
        owner = documents.select("document_id", "customer_id")
        to = applications.join(owner, left_on="to_document_id", right_on="document_id")
        notes = applications.filter(from_kind="document").join(owner, left_on="from_id", right_on="document_id")
        legs = pl.concat(
            [
                documents.select("customer_id", "amount"),
                to.select("customer_id", -pl.col("amount")),
                notes.select("customer_id", "amount"),
            ]
        )
        expected = legs.group_by("customer_id").agg(pl.col("amount").sum())
        row = panel.filter(as_of=end).join(expected, on="customer_id", how="left").fill_null(0)
        assert (minor(row, "open_balance") == row["amount"].to_numpy()).all()


def test_every_customer_has_a_row_at_every_end_sorted() -> None:
    ledger = random_ledger(7, customers=9)
    panel = panel_of(ledger)
    assert panel.height == 9 * len(CALENDAR)
    assert panel.select("customer_id", "as_of").equals(
        panel.select("customer_id", "as_of").unique().sort("customer_id", "as_of")
    )
    assert set(panel.dtypes[2:]) == {pl.Float64}
