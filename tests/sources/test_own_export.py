"""A ledger in credrisk's own tables needs no wizard; what a foreign export leaves open says how it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_books import own_books

from credrisk.errors import DataError, ParameterError
from credrisk.simulate.simulator import simulate_ledger
from credrisk.sources.own_export import answers_in, ledger_if_own, refuse_open_questions
from credrisk.sources.wizard.preview import first_rows
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.wording import exact_amount


def test_credrisks_own_tables_are_a_ledger_and_a_foreign_export_is_none(tmp_path: Path) -> None:
    simulate_ledger(customers=50, months=12, seed=3).write(tmp_path / "books")
    own = ledger_if_own(tmp_path / "books")
    assert own is not None
    assert own.table("customers").height == 50
    foreign = tmp_path / "export.csv"
    foreign.write_text("Invoice,Client,Date,Total\n1,A,2025-01-31,10.00\n", encoding="utf-8")
    assert ledger_if_own(foreign) is None
    assert ledger_if_own(tmp_path / "nowhere") is None


def test_answers_are_read_by_their_keys() -> None:
    assert answers_in("terms.invoices = 30; currency=USD;") == {"terms.invoices": "30", "currency": "USD"}
    assert answers_in(None) == answers_in(" ") == {}
    for wrong in ("30", "currency=", "=USD"):
        with pytest.raises(ParameterError, match="KEY=ANSWER"):
            answers_in(wrong)


def test_an_open_question_says_how_it_is_answered(tmp_path: Path) -> None:
    foreign = tmp_path / "export.csv"
    rows = "".join(f"INV{number},Client {number % 7},2025-01-{number:02},{number}0.50\n" for number in range(1, 29))
    foreign.write_text(f"Invoice no,Customer,Invoice date,Amount\n{rows}", encoding="utf-8")
    proposal = propose_mapping(foreign)
    keys = [one.key for one in proposal.blocking]
    assert keys
    with pytest.raises(DataError) as refusal:
        refuse_open_questions(proposal)
    for key in keys:
        assert f"{key}=..." in str(refusal.value)
    assert "--set ANSWERS=" in str(refusal.value)
    answered = propose_mapping(foreign, answers={"currency": "EUR", **{key: "30" for key in keys if "terms" in key}})
    refuse_open_questions(answered)


def test_first_rows_are_in_major_units_with_the_decimals_of_their_currency(tmp_path: Path) -> None:
    own = ledger_if_own(own_books(tmp_path / "books"))
    assert own is not None
    shown = dict(first_rows(own, "documents").select("currency", "amount").rows())
    assert shown == {"USD": 2301.39, "JPY": 1500.0, "KWD": 12.345}
    assert first_rows(own, "receipts").row(0, named=True)["amount"] == 400.0
    assert [exact_amount(shown[code], code) for code in ("USD", "JPY", "KWD")] == ["2,301.39", "1,500", "12.345"]
