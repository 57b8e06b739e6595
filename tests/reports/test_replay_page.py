"""The pages of replays, promises and disputes: the sentences say what the figures say, and names are harmless."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from credrisk.errors import EvidenceError
from credrisk.reports.case_page import case_page, case_table
from credrisk.reports.charts import caught_chart, extra_cash_chart, old_receivables_chart, to_svg
from credrisk.reports.replay_page import history_headline, world_headline, world_sentences

RANKINGS = ("queue", "oldest_first", "largest_first", "risk_x_amount", "random")


def summary():
    less = {
        "queue": (0.0, 0.0, 0.0),
        "oldest_first": (-900.0, -1200.0, -600.0),
        "largest_first": (-40.0, -90.0, 10.0),
        "risk_x_amount": (70.0, 20.0, 120.0),
        "random": (-2000.0, -2500.0, -1500.0),
    }
    rows = [
        {"ranking": name, "measure": measure, "mean": 5_000.0 + values[0]}
        | dict(zip(("less_queue", "less_queue_low", "less_queue_high"), values, strict=True))
        for measure in ("gain", "cash_ahead")
        for name, values in less.items()
    ]
    return pl.DataFrame(rows)


def test_better_worse_and_not_told_apart_are_told_apart() -> None:
    said = world_sentences(summary(), seeds=20, currency="EUR")
    assert said[0] == (
        "True gain of the contacts: the queue brings more than oldest first (+900) and random (+2 k); less than risk x "
        "amount (-70); not told apart from largest first (+40)."
    )
    assert "mean of 20 simulated sellers" in said[-1]
    assert "5.07 k EUR under risk x amount" in world_headline(summary(), currency="EUR")


def test_one_seller_tells_nothing_apart() -> None:
    alone = summary().with_columns(less_queue_low=pl.lit(None, pl.Float64), less_queue_high=pl.lit(None, pl.Float64))
    said = world_sentences(alone, seeds=1, currency="EUR")
    assert "more than" not in said[0]
    assert "one seller tells nothing apart" in said[-1]


def days():
    rows = [
        {"seed": 1, "ranking": name, "day": day, "cash": 1e6 + 1_000.0 * place * day, "over_60": 9e5 - 5_000.0 * place}
        for place, name in enumerate(("nobody", *RANKINGS))
        for day in (1, 45, 90)
    ]
    return pl.DataFrame(rows).with_columns(over_90=pl.col("over_60") / 2)


def test_the_charts_state_their_figures() -> None:
    cash = extra_cash_chart(days(), currency="EUR")
    mean = (1 + 45 + 90) / 3
    assert f"{mean:.1f} k EUR more in hand" in cash.finding
    assert f"random {5 * mean:.0f} k EUR" in cash.finding
    old = old_receivables_chart(days(), over=90, currency="EUR")
    assert old.finding == "Over 90 days at the end: 448 k EUR under the queue, 450 k EUR without contacts"
    assert to_svg(cash, name="a").startswith("<svg")
    with pytest.raises(EvidenceError):
        extra_cash_chart(days().filter(pl.col("ranking") != "nobody"), currency="EUR")


def caught(**changes):
    share = dict(zip(RANKINGS, (0.27, 0.23, 0.31, 0.2, 0.1), strict=True))
    rows = [
        {"ranking": name, "outcome": outcome, "money": 1.2e6, "share_listed": value}
        for outcome in ("over_60", "bad")
        for name, value in share.items()
    ]
    return pl.DataFrame(rows).with_columns(**changes)


def test_what_was_listed_before() -> None:
    chart = caught_chart(caught(), currency="EUR")
    assert chart.finding == (
        "Of 1.2 m EUR past 60 days, 27 % was on the queue's lists before, 31 % on those by largest first"
    )
    assert history_headline(caught()) == "The queue would have listed 27 % of what passed 60 days, before it did"
    nothing = caught(share_listed=pl.lit(None, pl.Float64))
    with pytest.raises(EvidenceError):
        caught_chart(nothing, currency="EUR")
    assert "No money" in history_headline(nothing)


def test_a_hostile_name_stays_text() -> None:
    frame = pl.DataFrame(
        {"customer_id": ["<script>alert(1)</script>"], "amount": [None]}, schema_overrides={"amount": pl.Float64}
    )
    table = case_table("Cases", frame, [("customer_id", "Customer", "text"), ("amount", "Amount", "money")])
    page = case_page(
        kind="Cases",
        as_of=date(2025, 3, 31),
        when="Today.",
        currency="EUR",
        headline="<b>One</b> case",
        sentences=["a & b"],
        tables=[table],
        footer="Made by credrisk.",
    )
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page
    assert ">–</td>" in page
