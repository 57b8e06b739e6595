"""Tables on narrow screens: words fold, numbers and dates never do."""

from __future__ import annotations

import io

import pytest

from credrisk.cli import console as module
from credrisk.cli.console import print_table

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
