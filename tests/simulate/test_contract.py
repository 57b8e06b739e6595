"""The simulated tables obey the ledger's contract."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from simulate.simulated import canonical, cents, large, small

from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.tables import TABLES

DTYPES = {
    "id": pl.String,
    "text": pl.String,
    "code": pl.String,
    "date": pl.Date,
    "money": pl.Float64,
}
NUMBERS = {"number", "integer"}
SIMULATED = [name for name in TABLES if name not in ("queue_log", "ratings")]
"""Nobody in the simulated world writes lists down or buys reports."""


def test_every_table_of_the_contract_has_rows():
    assert list(small().tables) == SIMULATED
    assert all(frame.height > 0 for frame in small().tables.values())


@pytest.mark.parametrize("name", SIMULATED)
def test_columns_kinds_choices_and_required_values(name):
    table, frame = TABLES[name], small().tables[name]
    assert set(frame.columns) <= set(table.names)
    for column in table.columns:
        if column.required:
            assert frame[column.name].null_count() == 0, column.name
        if column.name not in frame.columns:
            continue
        kind = frame[column.name].dtype
        assert kind.is_numeric() if column.kind in NUMBERS else kind == DTYPES[column.kind], column.name
        if column.choices:
            assert set(frame[column.name].drop_nulls()) <= set(column.choices), column.name
        if column.kind == "money":
            amounts = frame[column.name].drop_nulls().to_list()
            assert all(amount == float(f"{amount:.2f}") for amount in amounts), column.name


@pytest.mark.parametrize("name", SIMULATED)
def test_keys_are_unique(name):
    frame = large().tables[name]
    key = [column for column in TABLES[name].key if column in frame.columns]
    assert frame.select(key).is_duplicated().sum() == 0


@pytest.mark.parametrize("name", [name for name in SIMULATED if TABLES[name].refers])
def test_foreign_keys_exist(name):
    tables = small().tables
    for column, other in TABLES[name].refers:
        missing = set(tables[name][column].drop_nulls()) - set(tables[other][TABLES[other].key[0]])
        assert not missing


def test_applications_come_from_a_receipt_a_credit_note_or_nothing():
    tables = small().tables
    sources = set(tables["receipts"]["receipt_id"]) | set(tables["documents"]["document_id"])
    assert set(tables["applications"]["from_id"].drop_nulls()) <= sources
    notes = set(tables["documents"].filter(pl.col("kind") == "credit_note")["document_id"])
    by_note = tables["applications"].filter(pl.col("kind") == "credit_note")
    assert by_note.height > 0
    assert set(by_note["from_id"]) <= notes


def test_orders_named_on_documents_exist():
    tables = small().tables
    assert set(tables["documents"]["order_id"].drop_nulls()) <= set(tables["orders"]["order_id"])


def test_credit_notes_are_negative_and_the_rest_positive():
    documents = small().tables["documents"]
    note = documents["kind"] == "credit_note"
    assert (documents.filter(note)["amount"] < 0).all()
    assert (documents.filter(~note)["amount"] > 0).all()


def test_every_kind_of_application_document_and_credit_event_occurs():
    tables = large().tables
    for name in ("applications", "documents", "credit_events"):
        declared = set(TABLES[name].column("kind").choices)
        assert set(tables[name]["kind"]) == declared


def test_nothing_is_known_after_the_end_and_only_the_opening_balance_is_older_than_the_start():
    simulation = small()
    start, end = (date.fromisoformat(simulation.settings[key]) for key in ("covers_from", "covers_to"))
    for name, frame in simulation.tables.items():
        table = TABLES[name]
        for column in {table.event, table.known} - {""} & set(frame.columns):
            assert frame[column].max() <= end, (name, column)
    for name in ("contacts", "document_changes", "credit_events"):
        assert simulation.tables[name][TABLES[name].event].min() >= start
    assert simulation.tables["promises"]["made_on"].min() >= start
    assert simulation.tables["applications"]["recorded_at"].min() >= start
    opening = simulation.tables["documents"].filter(pl.col("recorded_at") < start)
    assert 0 < opening.height < 0.1 * simulation.tables["documents"].height


def test_rows_are_known_on_or_after_their_event_and_sometimes_later():
    for name, frame in small().tables.items():
        table = TABLES[name]
        if table.event and table.known in frame.columns:
            late = (frame[table.known] - frame[table.event]).dt.total_days()
            assert late.min() >= 0, name
            if name in {"documents", "receipts", "applications", "cover", "facts"}:
                assert late.max() > 3, name


@pytest.mark.parametrize("simulation", [small, large])
def test_no_item_is_applied_beyond_what_is_open_at_any_date(simulation):
    moves = item_movements(canonical(simulation()))
    daily = moves.group_by("document_id", "date").agg(pl.col("amount").sum(), pl.col("document_kind").first())
    daily = daily.sort("document_id", "date").with_columns(residual=pl.col("amount").cum_sum().over("document_id"))
    note = pl.col("document_kind") == "credit_note"
    wrong = daily.filter((note & (pl.col("residual") > 0)) | (~note & (pl.col("residual") < 0)))
    assert wrong.height == 0


@pytest.mark.parametrize("simulation", [small, large])
def test_unapplied_cash_is_never_negative(simulation):
    moves = cash_movements(canonical(simulation()))
    daily = moves.group_by("customer_id", "currency", "date").agg(pl.col("amount").sum())
    daily = daily.sort("date").with_columns(balance=pl.col("amount").cum_sum().over("customer_id", "currency"))
    assert daily["balance"].min() >= 0
    assert daily["balance"].max() > 0


def test_reversals_reopen_what_was_applied():
    tables = large().tables
    reversals = tables["applications"].filter(pl.col("kind") == "reversal")
    assert (reversals["amount"] < 0).all()
    before = tables["applications"].filter(pl.col("kind").is_in(["payment", "write_off"]))
    joined = reversals.join(before, on="to_document_id", suffix="_before").filter(
        (pl.col("applied_on") >= pl.col("applied_on_before")) & (pl.col("amount_before") >= -pl.col("amount"))
    )
    assert joined["to_document_id"].n_unique() == reversals["to_document_id"].n_unique()


def test_a_recovery_pays_what_its_reversal_of_the_write_off_reopened():
    applications = large().tables["applications"]
    recovered = (
        applications.filter(pl.col("kind") == "recovery")
        .group_by("to_document_id", "applied_on")
        .agg(cents("amount").sum())
    )
    reopened = applications.filter((pl.col("kind") == "reversal") & pl.col("from_id").is_null())
    reopened = reopened.group_by("to_document_id", "applied_on").agg(-cents("amount").sum())
    key = ["to_document_id", "applied_on"]
    assert recovered.sort(key).equals(reopened.sort(key))


def test_a_payment_in_another_currency_names_what_it_took_from_the_receipt():
    tables = large().tables
    foreign = tables["applications"].filter(pl.col("from_amount").is_not_null())
    joined = foreign.join(tables["receipts"], left_on="from_id", right_on="receipt_id", suffix="_receipt")
    invoiced = joined.join(tables["documents"], left_on="to_document_id", right_on="document_id", suffix="_document")
    assert foreign.height > 0
    assert (invoiced["currency"] == "EUR").all()
    assert (invoiced["currency_document"] != "EUR").all()


def test_a_tenth_or_less_of_the_customers_is_in_another_currency_with_a_rate_each_month():
    simulation = large()
    codes = simulation.tables["customers"]["currency"]
    assert 0.05 < (codes != "EUR").mean() < 0.11
    months = simulation.tables["rates"].group_by("currency").len()
    assert set(months["currency"]) == set(codes) - {"EUR"}
    assert (months["len"] >= 36).all()


def test_parents_are_customers_and_never_their_own():
    tables = small().tables
    parents = tables["customer_history"].filter(pl.col("attribute") == "parent_id")
    assert parents.height > 0
    assert set(parents["value"]) <= set(tables["customers"]["customer_id"])
    assert (parents["value"] != parents["customer_id"]).all()


def test_nobody_is_contacted_during_a_dunning_stop():
    tables = large().tables
    stops = tables["customer_history"].filter(pl.col("attribute") == "dunning_stop").sort("customer_id", "valid_from")
    spells = stops.with_columns(until=pl.col("valid_from").shift(-1).over("customer_id")).filter(
        pl.col("value").is_not_null()
    )
    contacts = tables["contacts"].join(spells, on="customer_id")
    during = contacts.filter(
        (pl.col("date") >= pl.col("valid_from")) & (pl.col("date") < pl.col("until")).fill_null(True)
    )
    assert spells.height > 50
    assert contacts.height > 50
    assert during.height == 0


def test_due_dates_follow_the_terms_that_held_on_the_day():
    tables = small().tables
    terms = tables["customer_history"].filter(pl.col("attribute") == "terms_days").sort("valid_from")
    invoices = tables["documents"].filter(pl.col("kind") == "invoice").sort("document_date")
    joined = invoices.join_asof(
        terms, left_on="document_date", right_on="valid_from", by="customer_id", check_sortedness=False
    ).with_columns(days=(pl.col("due_date") - pl.col("document_date")).dt.total_days())
    assert joined["value"].null_count() == 0
    extra = joined["days"] - joined["value"].cast(pl.Int64)
    # Instalments fall due 30 and 60 days later; a re-billed document keeps the terms of the first one.
    assert (extra == 0).mean() > 0.97


def test_a_cut_or_renewal_keeps_the_cover_and_adds_a_row():
    cover = large().tables["cover"]
    versions = cover.group_by("cover_id").agg(pl.len(), pl.col("customer_id").n_unique().alias("owners"))
    assert (versions["owners"] == 1).all()
    assert versions["len"].max() > 2
    assert (cover["limit"] == 0).any()


def test_the_readers_take_every_row():
    pytest.importorskip("credrisk.ledger.read")
    read, expected = small().ledger(), canonical(small())
    assert read.quarantine.height == 0
    assert read.settings == expected.settings
    for name, frame in expected.tables.items():
        assert read.table(name).height == frame.height, name
        for column in TABLES[name].money:
            assert read.table(name)[column].sum() == frame[column].sum(), (name, column)
    assert item_movements(read).equals(item_movements(expected))
    assert cash_movements(read).equals(cash_movements(expected))
