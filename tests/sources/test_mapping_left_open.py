"""An amount that says ``left_open`` is handed on as a flag, for the ledger to work out."""

from __future__ import annotations

import polars as pl

from credrisk.sources.mapping_left_open import LEFT_OPEN, with_left_open, without_left_open

ROWS = pl.DataFrame({"to_document_id": ["A", "B"], "amount": [LEFT_OPEN, "12.50"], "kind": ["write_off", "discount"]})


def test_the_word_becomes_the_flag_and_stated_amounts_stay() -> None:
    made = with_left_open({"applications": ROWS})["applications"]
    assert made.select("amount", "left_open").rows() == [(None, "true"), ("12.50", None)]
    assert without_left_open(ROWS)["amount"].to_list() == ["12.50"]


def test_a_flag_that_the_export_states_stays() -> None:
    flagged = ROWS.with_columns(left_open=pl.Series([None, "no"]))
    assert with_left_open({"applications": flagged})["applications"]["left_open"].to_list() == ["true", "no"]


def test_tables_that_do_not_ask_for_it_stay() -> None:
    plain = pl.DataFrame({"to_document_id": ["A"], "amount": [12.5], "kind": ["discount"]})
    assert with_left_open({"applications": plain})["applications"].equals(plain)
