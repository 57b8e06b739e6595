"""Tables on narrow screens: words fold, numbers and dates never do."""

from __future__ import annotations

import io
from datetime import date

import polars as pl
import pytest

from credrisk.cli import console as module
from credrisk.cli.console import print_list, print_table
from credrisk.pipeline.answers import answers
from credrisk.reports.pack import Pack

HEADS = ["document id", "customer id", "kind", "document date", "due date", "amount", "currency"]
ROW = ["GU000001", "0001061", "credit_note", "2023-05-02", "2023-06-01", "-1,026,265.00", "EUR"]


def printed(width: int, monkeypatch: pytest.MonkeyPatch, *rows: list[str]) -> str:
    out = io.StringIO()
    monkeypatch.setattr(module, "console", module.Console(highlight=False, width=width, file=out))
    print_table("documents", HEADS, rows, right=(5,))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 60, 79, 80, 90, 120])
def test_figures_and_dates_stay_whole(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(width, monkeypatch, ROW)
    for cell in ROW:
        assert cell in out
    assert max(map(len, out.splitlines())) <= width


def test_long_words_fold_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(100, monkeypatch, [*ROW[:2], "a remark of many words that has no room in one line", *ROW[3:]])
    for cell in (*ROW[3:], "remark"):
        assert cell in out
    assert "many words that has no room in one line" not in out


def test_a_table_without_rows_is_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "currency" in printed(120, monkeypatch)


def test_marks_that_turn_the_writing_do_not_reach_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\u202e" not in printed(120, monkeypatch, ["\u202e1", *ROW[1:]])
    out = io.StringIO()
    monkeypatch.setattr(module, "console", module.Console(highlight=False, width=80, file=out))
    print_list("Contacts", ["Customer"], [["K1 \u202eacme\u202c"]], reasons=["owes"])
    assert "K1 acme" in out.getvalue()


def test_a_long_name_is_cut_as_on_the_charts() -> None:
    queue = pl.DataFrame(
        {
            "rank": [1],
            "customer_id": ["K5"],
            "name": ["L" * 300],
            "action": ["call"],
            "gain": [9.0],
            "past_due": [99.0],
            "reasons": ["99 EUR past due"],
            "contact_today": [True],
            "slot": ["gain"],
            "hold": [None],
        },
        schema_overrides={"hold": pl.String},
    )
    limits = pl.DataFrame(
        schema=dict.fromkeys(["customer_id", "action"], pl.String)
        | {"change": pl.Float64, "current_limit": pl.Float64, "recommended_limit": pl.Float64}
    )
    scores = pl.DataFrame(
        schema={"customer_id": pl.String, "expected_loss": pl.Float64, "p_late30_12m": pl.Float64}
        | {"p_late30_source": pl.String, "ead": pl.Float64}
    )
    pack = Pack(as_of=date(2025, 12, 31), currency="EUR", queue=queue, limits=limits, scores=scores)
    (row,) = answers(pack, 8)[2].rows
    assert row[1] == f"K5 {'L' * 31}…"
