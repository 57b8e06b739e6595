"""How much of rates and allowance is published, and slips in the settings that are refused or told."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.open_items import open_cash
from credrisk.portfolio.provision.contested import published_rates
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.exposures import exposures
from credrisk.portfolio.provision.loss_rates import PRIOR_CASES, loss_rates
from credrisk.portfolio.provision.outcomes import History
from credrisk.portfolio.provision.pool import opened_items, pool_items, segments_of, with_segments
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import Accounts, ProvisionSettings, Scenario
from credrisk.portfolio.provision.tables import base_of

DAY = "2025-01-31"


def book_of(customers: int, losers: int, *, stuck: int = 0) -> Ledger:
    """Each customer owed 100.00 since January 2024: the first lose it, the next still owe it; N owes 1,000.00 today."""
    documents, applications = [], []
    for number in range(customers):
        row = {"document_id": f"{number:04d}", "customer_id": f"{number:04d}", "amount": 100_00}
        documents.append({**row, "document_date": "2024-01-01", "due_date": "2024-01-15"})
        if losers <= number < losers + stuck:
            continue
        kind, day = ("write_off", "2024-06-10") if number < losers else ("payment", "2024-02-10")
        applications.append({"to_document_id": f"{number:04d}", "amount": 100_00, "applied_on": day, "kind": kind})
    new = {"document_id": "N", "customer_id": "N", "document_date": "2025-01-01", "due_date": "2025-01-15"}
    documents.append({**new, "amount": 1000_00})
    return ledger_of(covers_from="2024-01-01", covers_to=DAY, documents=documents, applications=applications)


def late_rate(ledger: Ledger) -> dict[str, Any]:
    chosen = ProvisionSettings(history_months=12)
    found = History(ledger, chosen).outcomes(starts=[date(2024, 1, 31)], window_months=12, as_of=date(2025, 1, 31))
    return loss_rates(found, settings=chosen).filter(pl.col("state") == "past_due_1_30").row(0, named=True)


def test_the_published_share_is_that_of_the_rate_not_the_weight() -> None:
    """4 of 400 lose: own 1 %, trust 30.4 / 32.4; the published 7.6 % weighs 6 % and is a third of the rate."""
    row = late_rate(book_of(400, 4))
    trust = 400 * 0.076 / (400 * 0.076 + PRIOR_CASES)
    rate = trust * 0.01 + (1 - trust) * 0.076
    assert row["own_rate"] == pytest.approx(0.01)
    assert row["rate"] == pytest.approx(rate)
    assert row["published_share"] == pytest.approx((1 - trust) * 0.076 / rate)
    assert 1 - trust < 0.1 < row["published_share"]
    assert row["source"] == "blended"


def test_what_an_own_rate_borrows_is_published_too() -> None:
    """Nothing was lost, but 40 of 400 still owe: they stand at the published rate of the oldest bucket, all of it."""
    row = late_rate(book_of(400, 0, stuck=40))
    assert row["own_rate"] == 0
    assert row["rate"] > 0.1 * row["prior_rate"]
    assert row["published_share"] == pytest.approx(1.0)


def test_own_rates_alone_hold_nothing_that_was_not_lost() -> None:
    """40 of 400 still owe at the end: they are lost at a published rate, and the ledger's own loss stays 4 of 400."""
    assert late_rate(book_of(400, 4, stuck=40))["own_rate"] == pytest.approx(0.01)
    chosen = ProvisionSettings(history_months=12)
    for losers, own in ((0, 0.0), (4, 10.0)):
        found = provision(book_of(400, losers, stuck=40), as_of=DAY, settings=chosen, output="polars")
        new = found.items.filter(pl.col("document_id") == "N").row(0, named=True)
        assert new["rate"] > (losers + 1) / 400
        assert found.own_alone == pytest.approx(own)


def test_a_segment_is_published_as_far_as_the_whole_is() -> None:
    base = book_of(400, 4)
    tables = dict(base.tables)
    french = pl.col("customer_id").cast(pl.String) >= "0380"
    tables["customers"] = tables["customers"].with_columns(
        country=pl.when(french).then(pl.lit("FR")).otherwise(pl.lit("DE"))
    )
    chosen = ProvisionSettings(history_months=12, segment_by="country")
    found = History(base.replace(tables=tables), chosen).outcomes(
        starts=[date(2024, 1, 31)], window_months=12, as_of=date(2025, 1, 31)
    )
    rows = {
        row["segment"]: row
        for row in loss_rates(found, settings=chosen).iter_rows(named=True)
        if row["state"] == "past_due_1_30"
    }
    # France never lost: all of its rate is that of the whole, of which a third is published.
    assert rows["FR"]["published_share"] == pytest.approx(rows["all receivables"]["published_share"])
    assert rows["FR"]["source"] == "blended"


def test_the_money_that_rests_on_published_rates_is_said() -> None:
    found = provision(book_of(400, 4), as_of=DAY, settings=ProvisionSettings(history_months=12), output="polars")
    row = found.matrix.row(0, named=True)
    assert found.published == pytest.approx(row["published_share"] * found.total)
    assert found.own_alone == pytest.approx(10.0)
    assert "of the allowance (3" in found.notes[0]
    assert "own rates alone would give 10 EUR" in found.notes[0]
    _, said = provision_disclosure(found)
    assert "own rates are blended with published ones" in said[2]
    assert f"{100 * found.published / found.total:.1f} % of the allowance rests on published loss rates." in said[2]
    assert "Commercial Collection Agency Association" in said[2]
    leaning = next(note for note in found.notes if note.startswith("Loss rates that lean"))
    assert f"{row['published_share']:.0%}".replace("%", " %") + " of it from the published 7.60 %, own rate 1.00 %" in (
        leaning
    )


def test_a_ledger_that_never_lost_a_cent_is_published_throughout() -> None:
    found = provision(book_of(400, 0), as_of=DAY, settings=ProvisionSettings(history_months=12), output="polars")
    assert found.published == pytest.approx(found.total)
    assert found.own_alone == 0
    assert found.notes[0].startswith("All of the allowance rests on published loss rates")
    assert any("all of it published, at 7.60 %" in note for note in found.notes)
    assert "Written off" not in found.notes[0]
    _, said = provision_disclosure(found)
    assert said[2].startswith(
        "No own loss rate is behind the allowance, for no finished cohort shows a loss: all of it"
    )
    assert "Commercial Collection Agency Association" in said[2]


def test_what_was_written_off_outside_every_finished_cohort_is_told_with_its_money() -> None:
    """Billed and lost within the last year: no month-end that was followed for twelve months held it."""
    late = {"document_id": "LATE", "customer_id": "0001", "document_date": "2024-10-01", "due_date": "2024-10-15"}
    off = {"to_document_id": "LATE", "amount": 700_00, "applied_on": "2024-12-20", "kind": "write_off"}
    base, more = book_of(400, 0), ledger_of(documents=[{**late, "amount": 800_00}], applications=[off])
    kept = {name: base.table(name) for name in ("documents", "applications")}
    tables = {name: pl.concat([frame, more.table(name)], how="vertical_relaxed") for name, frame in kept.items()}
    found = provision(
        base.replace(tables={**base.tables, **tables}), as_of=DAY, settings=ProvisionSettings(history_months=12)
    )
    assert found.notes[0] == (
        "All of the allowance rests on published loss rates: no finished cohort shows a loss. Written off were 700 "
        "EUR on 1 item (on 2024-12-20), but no month-end that was followed for 12 months shows them as lost: no rate "
        "counts them yet."
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("R", "Written off were 700 EUR on 1 item (on 2024-12-20), of which 200 EUR was recovered since, but no"),
        (None, "Written off were 500 EUR on 1 item (on 2024-12-20), but no"),
    ],
)
def test_what_was_recovered_of_it_is_told_apart_and_what_was_undone_is_no_write_off(
    source: str | None, said: str
) -> None:
    """As movement and journal have it: 700.00 written off and 200.00 recovered; or 200.00 of it taken back, unpaid."""
    late = {"document_id": "LATE", "customer_id": "0001", "document_date": "2024-10-01", "due_date": "2024-10-15"}
    off = {"to_document_id": "LATE", "amount": 700_00, "applied_on": "2024-12-20", "kind": "write_off"}
    back = off | {"amount": -200_00, "applied_on": "2024-12-27", "kind": "reversal"}
    paid = off | {"from_id": "R", "amount": 200_00, "applied_on": "2024-12-27", "kind": "recovery"}
    cash = [{"receipt_id": "R", "customer_id": "0001", "date": "2024-12-27", "amount": 200_00}]
    more = ledger_of(
        documents=[{**late, "amount": 800_00}], applications=[off, back, *([paid] if source else [])], receipts=cash
    )
    base = book_of(400, 0)
    kept = {name: base.table(name) for name in ("documents", "applications", "receipts")}
    tables = {name: pl.concat([frame, more.table(name)], how="vertical_relaxed") for name, frame in kept.items()}
    found = provision(
        base.replace(tables={**base.tables, **tables}), as_of=DAY, settings=ProvisionSettings(history_months=12)
    )
    assert said in found.notes[0]


def test_a_customer_of_the_settings_that_is_not_there_is_told() -> None:
    chosen = ProvisionSettings(
        standard="cecl", history_months=12, zero_loss={"C99999": "state", "0001": "state", "N": "state"}
    )
    said = " ".join(provision(book_of(5, 0), as_of=DAY, settings=chosen).notes)
    assert "does not know: C99999." in said
    assert "without open items in the pool: 0001." in said


def test_one_account_or_name_for_two_things_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"accounts\.allowance must be another account than accounts\.receivables"):
        ProvisionSettings(accounts=Accounts(allowance="1200"))
    with pytest.raises(ParameterError, match=r"accounts\.cash must be the number of an account"):
        ProvisionSettings(accounts=Accounts(cash=" "))
    assert ProvisionSettings(accounts=Accounts(recoveries="6900")).accounts.recoveries == "6900"
    with pytest.raises(ParameterError, match="one name for each scenario; got 'base'"):
        ProvisionSettings(scenarios=(Scenario("base", 0.5), Scenario("base ", 0.5, 2.0)))


def test_who_is_impaired_by_days_past_due_says_since_when() -> None:
    found = provision(book_of(3, 0, stuck=1), as_of=DAY, settings=ProvisionSettings(history_months=6, past_due_days=90))
    row = found.specific.iloc[0]
    assert (row["customer_id"], row["event"]) == ("0000", "days_past_due")
    assert str(row["impaired_on"])[:10] == "2024-04-14"


def test_what_translation_rounds_is_a_line_between_ageing_and_gross() -> None:
    """Three items of 0.01 USD at 0.5 are 0.01 EUR in the ageing and 0.00 each by themselves; a fee note is left out."""
    row = {"customer_id": "A", "document_date": "2025-01-01", "due_date": "2025-01-31", "currency": "USD"}
    documents = [{**row, "document_id": f"D{number}", "amount": 1} for number in range(3)]
    documents.append({**row, "document_id": "F", "amount": 1000, "kind": "late_fee"})
    ledger = ledger_of(documents=documents, rates=[{"currency": "USD", "date": "2024-01-01", "rate": 0.5}])
    found = provision(ledger, as_of=DAY, output="polars")
    aged = ageing(ledger, as_of=DAY, by="portfolio", output="polars").row(0, named=True)
    lines = dict(found.base.iter_rows())
    assert lines["open_debit_items"] == aged["not_due"] + aged["late_fees"]
    assert lines["not_provided_for"] == -5.0
    assert lines["open_debit_items"] + lines["not_provided_for"] + lines["rounding"] == pytest.approx(lines["gross"])
    assert abs(lines["rounding"]) == pytest.approx(abs(aged["not_due"] - found.gross))
    assert np.isclose(found.gross, 0.0)


def test_an_item_that_is_lost_is_no_rounding() -> None:
    """Two items of 10,000.00: without one of them the items do not tie out to the ageing, whatever the currency."""
    row = {"customer_id": "A", "document_date": "2025-01-01", "due_date": "2025-01-31", "amount": 10_000_00}
    documents = [{**row, "document_id": "D1"}, {**row, "document_id": "D2", "currency": "USD"}]
    ledger = ledger_of(documents=documents, rates=[{"currency": "USD", "date": "2024-01-01", "rate": 0.5}])
    day, chosen = date(2025, 1, 31), ProvisionSettings()
    seen = ledger.cut(day)
    items = pool_items(seen, as_of=day, settings=chosen, opened=opened_items(seen), cash=open_cash(seen))
    items = exposures(
        ledger, with_segments(items, segments_of(seen, chosen), chosen), as_of=day, settings=chosen, taken=0
    )
    base, translated = base_of(seen, items, 100.0, day, left_out=["late_fee"])
    assert dict(base.iter_rows())["gross"] == 15_000
    assert (dict(base.iter_rows())["rounding"], translated) == (0, 1)
    for lost in ("D1", "D2"):
        with pytest.raises(DataError, match=r"the rounding of [01] translated items? cannot be"):
            base_of(seen, items.filter(pl.col("document_id") != lost), 100.0, day, left_out=["late_fee"])


def test_a_rate_that_a_published_one_weighs_on_is_not_called_own() -> None:
    """One customer of two lost: own 50 %, trust 1 / 3; the published 7.6 % is a tenth of the rate, and weighs 2 / 3."""
    row = late_rate(book_of(2, 1))
    assert row["credibility"] == pytest.approx(1 / 3)
    assert row["rate"] == pytest.approx(0.5 / 3 + 0.076 * 2 / 3)
    assert row["source"] == "blended"
    few = late_rate(book_of(30, 30))
    assert few["published_share"] < 0.1
    assert (few["credibility"] > 0.9, few["source"]) == (True, "own")


def test_what_published_rates_do_to_the_allowance_is_a_question_of_the_auditor() -> None:
    chosen = ProvisionSettings(history_months=12)
    lower = provision(book_of(4, 3), as_of=DAY, settings=chosen, output="polars")
    question = next(one for one in lower.contested if one.subject == "Published loss rates")
    assert lower.own_alone > lower.total
    assert f"makes the allowance {lower.own_alone - lower.total:,.0f} EUR lower than the" in question.words
    assert f"{lower.own_alone - lower.total:,.0f} EUR more." in lower.notes[0]
    higher = provision(book_of(20, 1), as_of=DAY, settings=chosen, output="polars")
    question = next(one for one in higher.contested if one.subject == "Published loss rates")
    assert "EUR higher than the" in question.words
    near = published_rates({"total": 100.0, "published": 20.0, "own_alone": 91.0}, currency="EUR", ifrs=True)
    assert near == ()


def test_the_sentence_counts_the_month_ends_that_were_followed() -> None:
    found = provision(book_of(20, 1), as_of=DAY, settings=ProvisionSettings(history_months=36), output="polars")
    assert found.month_ends == 1
    said = " ".join(provision_disclosure(found)[1])
    assert "Own loss rates come from 1 month-end of the ledger within the last 36 months" in said
    assert "careful" not in said
