"""The key figures of a run: what the first lines say."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from credrisk.reports.answers import answers
from credrisk.reports.headline import headline_of
from credrisk.reports.pack import Pack
from credrisk.reports.totals import sum_of_cents
from credrisk.reports.worklist import by_hand
from credrisk.wording import money


@pytest.mark.parametrize(
    ("cash", "note"),
    [
        ([7205.25, 0.0], "2 customers with a balance; before 7.21 k EUR of unapplied cash"),
        ([0.0, 0.0], "2 customers with a balance"),
        ([None, None], "2 customers with a balance"),
    ],
)
def test_unapplied_cash_is_named_beside_the_open_balance(cash: list[float | None], note: str) -> None:
    ageing = pl.DataFrame(
        {
            "customer_id": ["C1", "C2"],
            "not_due": [100.0, 200.0],
            "open_balance": [100.0, 200.0],
            "unapplied_cash": cash,
        },
        schema_overrides={"unapplied_cash": pl.Float64},
    )
    none = pl.DataFrame()
    figures = headline_of(ageing=ageing, history=none, scores=none, limits=none, queue=none, currency="EUR")
    assert figures["Open balance"] == ("300 EUR", note)


def test_whom_we_owe_is_not_counted_among_those_who_owe() -> None:
    ageing = pl.DataFrame(
        {"customer_id": ["C1", "C2", "C3", "C4"], "not_due": [1.0] * 4, "open_balance": [100.0, -8.0, 0.0, None]}
    )
    none = pl.DataFrame()
    figures = headline_of(ageing=ageing, history=none, scores=none, limits=none, queue=none, currency="EUR")
    assert figures["Open balance"] == ("92 EUR", "1 customer with a balance; 1 more in credit")


def test_the_gain_is_the_sum_of_the_cents_that_are_shown() -> None:
    """11.396 and 3.618 are shown as 11.40 and 3.62, which make 15.02; their own sum is 15.014."""
    queue = pl.DataFrame({"rank": [1, 2, 3], "gain": [11.396, 3.618, 9.0], "slot": ["gain", "gain", "automatic"]})
    queue = queue.with_columns(contact_today=pl.lit(True))
    none = pl.DataFrame()
    figures = headline_of(ageing=none, history=none, scores=none, limits=none, queue=queue, currency="EUR")
    gain = "15.02 EUR expected gain by the policy's priors"
    assert figures["Contacts today"] == ("2", f"{gain}; 1 automatic e-mail beside them")
    assert sum_of_cents(queue, "gain", "JPY") == 24.0
    assert sum_of_cents(queue, "gain", "KWD") == 24.014
    assert money(sum_of_cents(by_hand(queue), "gain", "EUR"), "EUR") == "15.02 EUR"


def test_one_day_is_a_day() -> None:
    none, day = pl.DataFrame(), pl.DataFrame({"as_of": [date(2025, 12, 31)], "dso_countback": [1.2]})
    figures = headline_of(ageing=none, history=day, scores=none, limits=none, queue=none, currency="EUR")
    assert figures["DSO"] == ("1 day", "by count-back")


@pytest.mark.parametrize(
    ("pds", "states", "said"),
    [
        (
            [1.0, 0.02],
            ["bad_debt", "at_risk"],
            "0 customers{}, beside 1 that is a bad debt already and owes ",
        ),
        ([1.0, 1.0], ["bad_debt", "bad_debt"], "0 customers{}, beside 2 that are bad debts already, 2 of which owe "),
        ([0.1, 0.02], ["at_risk", "at_risk"], "1 customer{}. "),
    ],
)
def test_bad_debts_already_are_told_beside_the_likely(pds: list[float], states: list[str], said: str) -> None:
    scores = pl.DataFrame({"customer_id": ["K1", "K4"], "pd_12m": pds, "status": states, "expected_loss": [9.0, 1.0]})
    pack = Pack(as_of=date(2025, 12, 31), currency="EUR", scores=scores)
    assert answers(pack)[0].explanation.startswith(said.format(" with a PD of 10 % or more"))


def test_the_headline_and_the_answer_tell_the_bad_debts_in_the_same_words() -> None:
    """Three bad debts of which one owes, one at risk that owes, one without a probability."""
    scores = pl.DataFrame(
        {
            "customer_id": ["K1", "K2", "K3", "K4", "K5"],
            "status": ["bad_debt", "bad_debt", "bad_debt", "at_risk", "inactive"],
            "pd_12m": [1.0, 1.0, 1.0, 0.2, None],
            "expected_loss": [9.0, None, None, 1.0, None],
        }
    )
    none = pl.DataFrame()
    figures = headline_of(ageing=none, history=none, scores=scores, limits=none, queue=none, currency="EUR")
    told = "3 that are bad debts already, 1 of which owes something"
    pack = Pack(as_of=date(2025, 12, 31), currency="EUR", scores=scores)
    assert f"beside {told}." in answers(pack)[0].explanation
    assert f"2 of 5 customers ({told}; 1 has no probability)" in figures["Expected loss"][1]
