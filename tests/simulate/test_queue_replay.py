"""A contact world worked day by day: the book against plain sums over its pieces, and that only the choice differs."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_run import start_run
from credrisk.simulate.queue_replay import replay_world

NOBODY = pl.DataFrame(schema={"customer_id": pl.String, "action": pl.String})


@pytest.fixture(scope="module")
def world() -> ContactWorld:
    return ContactWorld.of(seed=3, customers=120, history_months=14, months=14)


def nobody(day: date, accounts: pl.DataFrame) -> pl.DataFrame:
    return NOBODY


def largest(day: date, accounts: pl.DataFrame) -> pl.DataFrame:
    old = accounts.filter(pl.col("age_days") >= 5)
    return old.sort("past_due", descending=True).head(2).select("customer_id", action=pl.lit("call"))


def test_without_contacts_the_book_is_what_the_pieces_say(world: ContactWorld) -> None:
    found = replay_world(world, nobody, days=90)
    assert found.contacts.is_empty()
    for row in found.days.filter(pl.col("day").is_in([9, 60, 90])).iter_rows(named=True):
        t = world.day_number(row["date"])
        start = world.day_number(None)
        pieces = world.with_failures(world.pieces, t)
        cash = owed = over_60 = over_90 = 0
        for known, due, cents, paid in zip(pieces.known, pieces.due, pieces.cents, pieces.day, strict=True):
            if paid <= start:
                continue
            if paid <= t:
                cash += cents
            elif known <= t:
                owed += cents
                over_60 += cents * (t - due > 60)
                over_90 += cents * (t - due > 90)
        assert row["cash"] == pytest.approx(cash / 100, abs=0.01)
        for name, cents in (("open", owed), ("over_60", over_60), ("over_90", over_90)):
            assert row[name] == pytest.approx(cents / 100, abs=0.01), name


def test_past_due_is_what_the_accounts_show(world: ContactWorld) -> None:
    days = replay_world(world, nobody, days=30).days
    last = days.row(-1, named=True)
    seen = start_run(world).accounts(last["date"])
    assert last["past_due"] == pytest.approx(seen["past_due"].sum(), abs=0.05)


def test_days_of_sales_outstanding_against_the_documents(world: ContactWorld) -> None:
    row = replay_world(world, nobody, days=60).days.row(-1, named=True)
    tables = world.simulation.tables
    rates = tables["rates"].filter(pl.col("date") <= world.as_of).sort("date")
    rate = {"EUR": 1.0} | dict(rates.select("currency", "rate").iter_rows())
    since = row["date"] - timedelta(days=90)
    invoiced = sum(
        line["amount"] * rate[line["currency"]]
        for line in tables["documents"].iter_rows(named=True)
        if line["amount"] > 0 and since < line["document_date"] <= row["date"]
    )
    assert row["dso_days"] == pytest.approx(row["open"] / invoiced * 90)


def test_contacts_bring_cash_forward_and_are_counted(world: ContactWorld) -> None:
    without, found = replay_world(world, nobody, days=90), replay_world(world, largest, days=90)
    both = found.days.join(without.days.select("day", base="cash"), on="day")
    assert (both["cash"] >= both["base"] - 0.01).all()  # a call never puts a payment off in this world
    assert both["cash"].sum() > both["base"].sum()
    assert found.days["contacts"][-1] == found.contacts.height
    assert found.contacts.group_by("date").len()["len"].max() <= 2
    assert found.days["gain"][-1] == pytest.approx(found.contacts["gain"].sum())
    assert found.contacts["gain"].null_count() == 0
    assert not found.contacts["date"].dt.weekday().is_in([6, 7]).any()
    assert found.penetration is not None
    assert 0 < found.penetration <= 1


def test_where_contacts_do_nothing_no_choice_brings_more(world: ContactWorld) -> None:
    zero = world.in_world("zero")
    without, found = (replay_world(zero, choice, days=60).days for choice in (nobody, largest))
    assert found["cash"].to_list() == without["cash"].to_list()
    assert found["over_60"].to_list() == without["over_60"].to_list()
    assert found["gain"][-1] < 0  # the calls cost money


def test_the_same_twice(world: ContactWorld) -> None:
    first, again = (replay_world(world, largest, days=45) for _ in range(2))
    assert first.days.equals(again.days)
    assert np.array_equal(first.contacts["reached"], again.contacts["reached"])


def test_no_longer_than_the_world(world: ContactWorld) -> None:
    with pytest.raises(ParameterError, match="days"):
        replay_world(world, nobody, days=10_000)
