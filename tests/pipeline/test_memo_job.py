"""Memos from a ledger: the figures of a run on the same day, nothing known later, and what small ledgers lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.decisions.exposure_today import exposure_today
from credrisk.errors import ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.models.outcomes import training_rows
from credrisk.models.pd_interval import pd_interval
from credrisk.pipeline.job import run
from credrisk.pipeline.memo_job import credit_memos
from credrisk.pipeline.memo_risk import LEVELS
from credrisk.pipeline.probabilities import training_calendar
from credrisk.reports.memo import memo_page
from credrisk.simulate.simulator import simulate_ledger

DAY = date(2024, 8, 31)
KEPT = ("customers", "documents", "receipts", "applications", "rates")


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return simulate_ledger(customers=60, months=22, seed=11).ledger()


@pytest.fixture(scope="module")
def result(ledger):
    return run(ledger, as_of=DAY)


@pytest.fixture(scope="module")
def chosen(result) -> list[str]:
    """The customer at risk with the highest PD, one in default or bad debt, and one in another state."""
    scores = result.scores.sort_values("pd_12m", ascending=False)
    picked = [scores.loc[scores["status"] == "at_risk", "customer_id"].iloc[0]]
    others = [status for status in scores["status"].unique() if status != "at_risk"]
    return picked + [scores.loc[scores["status"] == status, "customer_id"].iloc[0] for status in others]


@pytest.fixture(scope="module")
def memos(ledger, chosen):
    return {memo.customer["customer_id"]: memo for memo in credit_memos(ledger, chosen, as_of=DAY, refits=10)}


def test_scores_and_limits_are_those_of_a_run(memos, result, chosen):
    assert list(memos) == chosen
    for memo in memos.values():
        for frame, row in ((result.scores, memo.scores), (result.limits, memo.limits)):
            own = frame.loc[frame["customer_id"] == memo.customer["customer_id"]].iloc[0]
            for name, value in row.items():
                expected = own[name]
                if value is None:
                    assert expected is None or expected != expected, name  # NaN and NaT differ from themselves
                elif isinstance(value, date):
                    assert expected.date() == value, name
                else:
                    assert expected == value, name


def test_features_history_and_exposure_are_those_of_the_ledger_on_that_day(memos, ledger, chosen):
    known = ledger.cut(DAY)
    panel = build_panel(known, calendar=training_calendar(known.settings, DAY), output="polars")
    exposure = exposure_today(known, as_of=DAY, output="polars")
    for customer in chosen:
        memo, own = memos[customer], panel.filter(pl.col("customer_id") == customer)
        assert memo.now == own.filter(pl.col("as_of") == DAY).row(0, named=True)
        assert memo.before == own.filter(pl.col("as_of") == months_after(DAY, -12)).row(0, named=True)
        assert memo.history.equals(own.sort("as_of").select(memo.history.columns).tail(25))
        assert memo.exposure == exposure.filter(pl.col("customer_id") == customer).row(0, named=True)


def test_the_risk_of_a_customer_at_risk_is_the_models(memos, result, chosen, ledger):
    memo, model = memos[chosen[0]], result.estimates["bad_debt"].model
    today = pl.DataFrame([memo.now]).select("customer_id", *catalogue())
    told = model.explain(today, top=5, output="polars")
    assert memo.risk.reasons == tuple(told["says"])
    assert str(model.rung_).replace("_", " ") in memo.risk.model
    parts = model.contributions(today, output="polars").drop("base")
    assert memo.risk.steps["contribution"].sum() == pytest.approx(sum(parts.row(0)))
    assert memo.risk.pd == pytest.approx(model.predict_pd(today, horizons=[12], output="polars").item())
    known = ledger.cut(DAY)
    calendar = training_calendar(known.settings, DAY)
    rows = training_rows(
        build_panel(known, calendar=calendar, output="polars"),
        build_labels(known, dates=calendar, output="polars"),
        target="bad_debt",
    )
    spans = pd_interval(model, today, rows, horizons=[12], levels=LEVELS, samples=10, output="polars")
    for level in LEVELS:
        low, high = (spans[f"pd_12m_{side}{100 * level:g}"].item() for side in ("low", "high"))
        assert memo.risk.interval.get(level, (None, None)) == (low, high)
    if memo.risk.pd_before is not None:
        then = pl.DataFrame([memo.before]).select("customer_id", *catalogue())
        assert memo.risk.pd_before == pytest.approx(model.predict_pd(then, horizons=[12], output="polars").item())


def test_of_a_customer_that_is_not_at_risk_the_model_says_nothing(memos, chosen):
    for customer in chosen[1:]:
        risk = memos[customer].risk
        assert (risk.model, risk.reasons, risk.interval, risk.denial) == ("", (), {}, ())


def test_nothing_known_later_changes_a_memo(memos, ledger, chosen):
    """Rows that became known after the day are planted and taken away; the pages stay the same to the byte."""
    later = DAY.replace(month=12, day=1)
    events = ledger.table("events")
    planted = pl.DataFrame(
        [
            {"customer_id": customer, "kind": "insolvency_notice", "happened_on": day, "known_at": later, "source": "x"}
            for customer in chosen
            for day in (DAY, later)
        ],
        schema_overrides=dict(events.schema),
    )
    changed = ledger.replace(tables={**ledger.tables, "events": pl.concat([events, planted], how="diagonal")})
    cut = ledger.cut(DAY)
    for other in (changed, cut):
        again = credit_memos(other, chosen, as_of=DAY, refits=0)
        for memo in again:
            mine = memos[memo.customer["customer_id"]]
            without = replace(mine.risk, interval={}, why_no_interval=memo.risk.why_no_interval)
            assert memo_page(memo) == memo_page(replace(mine, risk=without, covers=memo.covers))


def test_a_ledger_of_the_bare_tables_gives_a_memo_that_says_what_it_lacks(ledger, chosen):
    empty = {name: frame.clear() for name, frame in ledger.tables.items() if name not in KEPT}
    bare = ledger.replace(tables={**ledger.tables, **empty})
    (memo,) = credit_memos(bare, chosen[:1], as_of=DAY, refits=0)
    assert set(memo.missing) == {
        "facts", "events", "orders", "contacts", "disputes", "promises", "cover", "customer_history"
    }  # fmt: skip
    page = memo_page(memo)
    assert "No limit of this customer is on file." in page
    assert "was not asked for" in page


@pytest.mark.parametrize("covers_from", ["2024-01-01", "2024-12-01"])
def test_one_customer_with_one_invoice_has_a_memo(covers_from):
    invoice = {"document_id": "D1", "customer_id": "A", "document_date": "2024-12-05", "amount": 100_000}
    ledger = ledger_of(covers_from=covers_from, covers_to="2024-12-31", documents=[invoice])
    (memo,) = credit_memos(ledger, ["A"])
    page = memo_page(memo)
    assert "No probability of a bad debt is measured" in page
    assert "<h1>A</h1>" in page
    assert memo.limits["action"] == "grant"


@pytest.mark.parametrize(
    ("customers", "words"),
    [(["C9999"], r"the id of an account in the ledger; the nearest is 'C"), ([], "at least one"), (None, "different")],
)
def test_unknown_and_doubled_customers_are_refused_before_any_work(ledger, chosen, customers, words):
    with pytest.raises(ParameterError, match=words):
        credit_memos(ledger, [chosen[0]] * 2 if customers is None else customers, as_of=DAY)
