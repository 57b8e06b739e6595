"""Weekly cash adds up to the open ledger and its range knows of shared shocks; promises are judged as elsewhere."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from simulate.simulated import canonical, small
from small_ledgers import ledger_of

from credrisk.decisions.promise_state import promises_with_state
from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.cash_forecast import CashForecast, cash_forecast, cash_received
from credrisk.models.payment_dependence import Dependence
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.models.promise_odds import judged_promises, promise_odds
from credrisk.portfolio.ageing import ageing
from credrisk.reports.cash_lines import lines_in_words
from credrisk.reports.charts import cash_chart, to_svg

AS_OF = date(2024, 6, 30)
WEEKS = 13
TIE = ("open debit items", "open credits", "open balance", "unapplied cash", "net balance")


@cache
def ledger() -> Ledger:
    return canonical(small())


@cache
def timing() -> PaymentTiming:
    return PaymentTiming(trees=40, max_rows=100_000).fit(payment_items(ledger(), as_of=AS_OF), as_of=AS_OF)


@cache
def forecast() -> CashForecast:
    return cash_forecast(ledger(), as_of=AS_OF, weeks=WEEKS, timing=timing())


def amounts(made: CashForecast) -> dict[str, float]:
    return dict(made.totals.iter_rows())


def test_it_adds_up_to_the_open_ledger_to_the_cent():
    buckets = ["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90", "late_fees"]
    owed = ageing(ledger(), as_of=AS_OF, by="portfolio", output="polars").select(pl.sum_horizontal(buckets)).item()
    lines = amounts(forecast())
    assert round(100 * lines["open debit items"]) == round(100 * owed)
    parts = [round(100 * amount) for line, amount in lines.items() if line not in TIE]
    assert sum(parts) == round(100 * owed)
    assert min(parts) >= 0
    assert sum(round(100 * week) for week in forecast().weeks["expected"]) == round(100 * lines["within the weeks"])
    assert lines["within the weeks"] > 0.5 * owed


def test_debit_items_and_credits_make_the_open_balance_of_the_ageing():
    row = ageing(ledger(), as_of=AS_OF, by="portfolio", output="polars").row(0, named=True)
    lines = amounts(forecast())
    assert row["open_credits"] < 0
    assert round(100 * lines["open credits"]) == round(100 * row["open_credits"])
    assert round(100 * lines["open balance"]) == round(100 * row["open_balance"])
    assert round(100 * lines["unapplied cash"]) == -round(100 * row["unapplied_cash"]) < 0
    assert round(100 * lines["net balance"]) == round(100 * row["net_balance"])
    assert set(TIE) < set(lines)


def test_the_chances_of_the_items_are_those_of_the_totals():
    items, lines = forecast().items, amounts(forecast())
    ways = ["p_within_the_weeks", "p_closed_otherwise", "p_later_or_never"]
    assert items.select(pl.sum_horizontal(ways)).to_series().to_numpy() == pytest.approx(1.0)
    for way, line in zip(ways, ["within the weeks", "closed without cash", "later or never"], strict=True):
        assert (items[way] * items["forecast_amount"]).sum() == pytest.approx(lines[line], abs=0.02)
    assert (items["p_open_after_180_days"] <= items["p_later_or_never"] + 1e-12).all()
    made = timing().distribution(payment_items(ledger(), as_of=AS_OF), as_of=AS_OF)
    assert items["p_within_the_weeks"].to_numpy() == pytest.approx(made.paid_by(AS_OF + timedelta(days=7 * WEEKS)))


def test_a_day_may_be_given_as_a_date():
    made = timing().distribution(payment_items(ledger(), as_of=AS_OF), as_of=AS_OF)
    counted = (date(2024, 7, 31) - date(1970, 1, 1)).days
    assert (made.paid_by(date(2024, 7, 31)) == made.paid_by(counted)).all()
    assert (made.paid_by(np.full(len(made), date(2024, 7, 31), "datetime64[D]")) == made.paid_by(counted)).all()
    assert made.paid_by(counted).max() > 0


def test_no_range_is_given_of_a_short_history():
    assert forecast().no_range is None
    early = cash_forecast(ledger(), as_of=date(2023, 1, 31), weeks=4)
    assert early.no_range is not None
    assert "31 days" in early.no_range
    assert "91 are needed" in early.no_range
    for name in ("p10", "p90", "cumulated_p10", "cumulated_p90"):
        assert early.weeks[name].is_null().all()
    for name in ("p10_on", "p90_on", "interval_80_from", "interval_80_to"):
        assert early.items[name].is_null().all()
    assert early.weeks["expected"].sum() > 0
    chart = cash_chart(early.weeks, currency="EUR")
    assert "how surely is not known yet" in chart.finding
    assert "P10" not in to_svg(chart)
    few = PaymentTiming(**timing().get_params())
    few.__dict__.update(timing().__dict__)
    few.evidence_ = timing().evidence_ | {"payments": 299}
    found = cash_forecast(ledger(), as_of=AS_OF, timing=few)
    assert found.no_range == "299 payments are known, 300 are needed"
    assert found.weeks["p90"].is_null().all()


def test_what_is_covered_already_is_no_new_cash():
    items = forecast().items
    covered = (items["open_amount"] - items["forecast_amount"]).sum()
    assert covered == pytest.approx(amounts(forecast())["covered by unapplied cash and credits"], abs=0.02)
    assert covered > 0
    by_customer = items.group_by("customer_id").agg(pl.col("open_amount", "forecast_amount").sum())
    table = ageing(ledger(), as_of=AS_OF, output="polars")
    joined = by_customer.join(table, on="customer_id").with_columns(
        cover=(pl.col("unapplied_cash") - pl.col("open_credits")).clip(lower_bound=0.0)
    )
    cover = pl.min_horizontal("cover", "open_amount")
    wrong = joined.filter((pl.col("open_amount") - pl.col("forecast_amount") - cover).abs() > 0.02)
    assert wrong.is_empty()


def test_the_drawn_weeks_are_the_expected_ones_on_average():
    weeks = forecast().weeks
    assert (weeks["p10"] <= weeks["p50"]).all()
    assert (weeks["p50"] <= weeks["p90"]).all()
    assert ((weeks["p10"] <= weeks["expected"]) & (weeks["expected"] <= weeks["p90"])).head(6).all()
    assert weeks["week_to"].to_list()[:-1] == [
        day - (weeks["week_from"][1] - weeks["week_to"][0]) for day in weeks["week_from"][1:]
    ]


def test_shared_shocks_widen_the_range_and_keep_the_mean():
    def with_shares(market: float, customer: float) -> pl.DataFrame:
        model = dataclasses.replace(Dependence(market, customer, 0))
        altered = PaymentTiming(**timing().get_params())
        altered.__dict__.update(timing().__dict__)
        altered.dependence_ = model
        return cash_forecast(ledger(), as_of=AS_OF, weeks=WEEKS, timing=altered).weeks

    alone, together = with_shares(0.0, 0.0), with_shares(0.1, 0.4)
    assert alone["expected"].equals(together["expected"])
    width = [(table["cumulated_p90"] - table["cumulated_p10"]).to_numpy()[:6] for table in (alone, together)]
    assert (width[1] > width[0]).all()


def test_a_customer_that_fails_pays_nothing():
    customers = forecast().items["customer_id"].unique()
    all_fail = pl.DataFrame({"customer_id": customers, "probability": 1.0})
    lines = amounts(cash_forecast(ledger(), as_of=AS_OF, timing=timing(), failure=all_fail))
    assert lines["within the weeks"] == 0
    assert lines["never: customer fails"] == pytest.approx(forecast().items["forecast_amount"].sum(), abs=0.02)
    assert lines_in_words(cash_forecast(ledger(), as_of=AS_OF, timing=timing(), failure=all_fail).totals).equals(
        cash_forecast(ledger(), as_of=AS_OF, timing=timing(), failure=all_fail).totals
    )
    unsaid = dict(lines_in_words(forecast().totals).iter_rows())
    assert unsaid["never: customer fails (not given)"] is None
    assert "never: customer fails" not in unsaid
    half = cash_forecast(ledger(), as_of=AS_OF, timing=timing(), failure=all_fail.with_columns(probability=pl.lit(0.5)))
    assert amounts(half)["within the weeks"] == pytest.approx(0.5 * amounts(forecast())["within the weeks"], abs=0.1)
    with pytest.raises(DataError, match="between 0 and 1"):
        cash_forecast(ledger(), as_of=AS_OF, timing=timing(), failure=all_fail.with_columns(probability=pl.lit(1.5)))


def test_later_postings_change_nothing():
    cut = cash_forecast(ledger().cut(AS_OF), as_of=AS_OF, weeks=WEEKS, timing=timing())
    assert cut.weeks.equals(forecast().weeks)
    assert cut.items.equals(forecast().items)


def test_what_came_is_the_cash_on_those_items():
    asked = forecast().items["item_id"]
    came = cash_received(ledger(), asked, as_of=AS_OF, weeks=WEEKS)
    last = forecast().weeks["week_to"][-1]
    moves = item_movements(ledger()).filter(
        pl.col("document_id").is_in(asked.to_list())
        & pl.col("kind").is_in(["payment", "recovery"])
        & (pl.col("event_date") > AS_OF)
        & (pl.col("event_date") <= last)
        & (pl.col("currency") == "EUR")
    )
    home = -moves["amount"].sum() / 100
    assert 0.9 * home <= came.sum() <= 1.3 * home  # a twelfth is in other currencies, and a little is taken back
    total = forecast().weeks["expected"].sum()
    assert abs(came.sum() - total) < 0.2 * total


def test_parameters_are_checked():
    with pytest.raises(ParameterError, match="weeks"):
        cash_forecast(ledger(), as_of=AS_OF, weeks=0, timing=timing())
    with pytest.raises(ParameterError, match="within the 180 days"):
        cash_forecast(ledger(), as_of=AS_OF, weeks=30, timing=timing())
    with pytest.raises(ParameterError, match="draws"):
        cash_forecast(ledger(), as_of=AS_OF, timing=timing(), draws=10)


def test_the_chart_says_what_the_table_holds():
    chart = cash_chart(forecast().weeks, currency="EUR")
    assert "expected in 13 weeks" in chart.finding
    assert to_svg(chart) == to_svg(cash_chart(forecast().weeks, currency="EUR"))
    with pytest.raises(EvidenceError, match="No cash"):
        cash_chart(forecast().weeks.head(0), currency="EUR")


def test_promises_are_judged_as_the_collection_queue_judges_them():
    as_of = date(2024, 12, 31)
    seen = ledger().cut(as_of)
    ours = judged_promises(ledger(), as_of=as_of)
    theirs = promises_with_state(seen, as_of, movements=item_movements(seen), grace_days=0)
    both = ours.join(theirs.select("promise_id", queue="state"), on="promise_id")
    assert both.height == ours.height == theirs.height > 50
    assert both.filter(pl.col("state") != pl.col("queue")).is_empty()


@pytest.mark.parametrize(
    ("applied", "state"),
    [
        ([("write_off", 1000_00, "06-05")], "closed"),
        ([("credit_note", 1000_00, "06-05")], "closed"),
        ([("payment", 10_00, "06-03"), ("write_off", 990_00, "06-05")], "closed"),
        ([("credit_note", 1000_00, "05-20")], "closed"),
        ([("payment", 980_00, "06-05"), ("discount", 20_00, "06-05")], "kept"),
        ([("payment", 600_00, "06-05"), ("credit_note", 400_00, "06-08")], "kept"),
        ([("payment", 600_00, "06-05")], "broken"),
        ([("payment", 600_00, "06-05"), ("write_off", 400_00, "06-20")], "broken"),
        ([("write_off", 1000_00, "06-20")], "broken"),
    ],
)
def test_a_promise_is_kept_by_cash_only(applied: list[tuple[str, int, str]], state: str):
    applications = [
        {"to_document_id": "A1", "amount": amount, "applied_on": f"2023-{day}", "kind": kind}
        for kind, amount, day in applied
    ]
    promise = {"promise_id": "P", "customer_id": "A", "document_id": "A1", "made_on": "2023-06-01"}
    books = ledger_of(
        documents=[{"document_id": "A1", "customer_id": "A", "document_date": "2023-03-01", "amount": 1000_00}],
        applications=applications,
        promises=[promise | {"due_on": "2023-06-10", "amount": 1000_00}],
    )
    day = date(2023, 12, 31)
    assert judged_promises(books, as_of=day)["state"].to_list() == [state]
    # The queue and the features read it alike.
    seen = books.cut(day)
    queue = promises_with_state(seen, day, movements=item_movements(seen), grace_days=0)
    assert queue["state"].to_list() == [state]
    names = ["kept_promises_12m", "broken_promises_12m", "open_promises"]
    panel = build_panel(books, as_of=day, features=names, output="polars")
    assert panel.select(names).row(0) == (float(state == "kept"), float(state == "broken"), 0.0)


def test_odds_of_promises_are_calibrated_and_know_nothing_later():
    odds, kept = [], []
    final = judged_promises(ledger(), as_of=date(2024, 12, 31))
    for month in range(1, 12):
        as_of = date(2024, month, 15)
        made = promise_odds(ledger(), as_of=as_of)
        assert made.equals(promise_odds(ledger().cut(as_of), as_of=as_of))
        known = made.join(final.select("promise_id", "state"), on="promise_id").filter(pl.col("state") != "open")
        odds += known["p_kept"].to_list()
        kept += (known["state"] == "kept").to_list()
    assert all(0 < chance < 1 for chance in odds)
    error = np.sqrt(sum(chance * (1 - chance) for chance in odds))
    assert abs(sum(odds) - sum(kept)) < 4 * error
    with pytest.raises(EvidenceError, match="are needed"):
        promise_odds(ledger(), as_of=date(2023, 1, 20))
