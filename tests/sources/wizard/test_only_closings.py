"""A file that holds nothing but write-offs: by a type of its own, or by a status that the user explains."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = ["Customer No,Invoice No,Invoice Date,Due Date,Amount,Currency"]
INVOICES += [
    f"C{n % 4},INV{1000 + n},2024-{1 + n // 4:02}-05,2024-{1 + n // 4:02}-25,{100 + n}.00,EUR" for n in range(40)
]
PAYMENTS = ["Customer No,Receipt No,Payment Date,Invoice No,Amount"]
PAYMENTS += [f"C{n % 4},R{n},2024-{1 + n // 4:02}-27,INV{1000 + n},{100 + n}.00" for n in range(30)]


def closed(folder: Path, adjustments: list[str], **answers: str) -> dict[str, tuple[int, float]]:
    for name, lines in (("invoices", INVOICES), ("payments", PAYMENTS), ("adjustments", adjustments)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = {"about.adjustments": "payments"} | {key.replace("__", "."): value for key, value in answers.items()}
    proposal = propose_mapping(folder, answers=given)
    assert not proposal.blocking, proposal.blocking
    ledger = preview_mapping(proposal, folder).ledger
    kinds = ledger.tables["applications"].group_by("kind").agg(pl.len(), pl.sum("amount") / 100)
    return {kind: (rows, money) for kind, rows, money in kinds.sort("kind").iter_rows()}


CASH = (30, float(sum(100 + n for n in range(30))))


@pytest.mark.parametrize("sign", ["-", ""])
def test_a_list_of_write_offs_is_no_list_of_payments_too(sign: str, tmp_path: Path) -> None:
    lines = ["Customer No,Adjustment No,Invoice No,Date,Amount,Reason"]
    lines += [f"C{n % 4},ADJ{n},INV{1000 + n},2024-12-14,{sign}{100 + n}.00,Bad Debt Write-Off" for n in (30, 31, 32)]
    assert closed(tmp_path, lines) == {"payment": CASH, "write_off": (3, 393.0)}


@pytest.mark.parametrize("of_all", [True, False])
def test_a_status_that_the_user_calls_written_off_is_followed(of_all: bool, tmp_path: Path) -> None:
    lines = ["Customer No,Adjustment No,Invoice No,Date,Amount,Status"]
    lines += [f"C{n % 4},ADJ{n},INV{1000 + n},2024-12-14,-{100 + n}.00,A" for n in (30, 31, 32)]
    lines += [] if of_all else [f"C{n % 4},ADJ{n},INV{1000 + n},2024-12-15,-{100 + n}.00,P" for n in (33, 34)]
    cash = CASH if of_all else (32, CASH[1] + 267.0)
    found = closed(tmp_path, lines, status__adjustments__A="write_off")
    assert found == {"payment": cash, "write_off": (3, 393.0)}
