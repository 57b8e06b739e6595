"""Whatever stands in a file, the wizard proposes, asks or refuses in words; nothing else comes out of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from credrisk.errors import CredriskError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEADERS = [
    "Invoice No", "Customer", "Kundenname", "Date", "Due date", "Fälligkeit", "Amount", "Soll", "Haben", "Type",
    "Currency", "Payment date", "Montant réglé", "Zu Rechnung", "Terms", "S/H", "Disputed", "Open amount", "x", "",
]  # fmt: skip
CELLS = [
    "", "-", "1", "00012", "12", "1.0", "A-7", "01/02/2024", "13/02/2024", "02/13/2024", "2024-02-30", "20240101",
    "1-Mar-24", "1,234", "1.234", "1.234,50", "(5.00)", "7,00-", "€ 8", "EUR", "usd", "Invoice", "Zahlung", "Total",
    "Yes", "S", "H", "99999999999999999999", "1E5", "nan", "=1+1", "Ünïcödé", "a\u00a0b", "'", "0000-00-00",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(24))
def test_any_table_is_proposed_asked_or_refused(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    for name in ("one", "two")[: chance.randint(1, 2)]:
        width = chance.randint(2, 9)
        rows = [chance.sample(HEADERS, width)]
        kinds = [chance.sample(CELLS, chance.randint(1, 6)) for _ in range(width)]
        rows += [[chance.choice(kind) for kind in kinds] for _ in range(chance.randint(0, 12))]
        mark = chance.choice(";\t|")
        (tmp_path / f"{name}.csv").write_text("\n".join(mark.join(row) for row in rows), "utf-8")
    answers: dict[str, str] = {}
    try:
        for _ in range(12):
            proposal = propose_mapping(tmp_path, answers=answers)
            open_questions = [one for one in proposal.questions if one.key not in answers]
            if not open_questions:
                break
            one = open_questions[0]
            answers[one.key] = one.choices[0][0] if one.choices else "EUR" if one.key == "currency" else "30"
        preview = preview_mapping(proposal, tmp_path)
    except CredriskError:
        return
    counted = preview.imported.summary.select("blank", "left_out", "merged", "used").sum_horizontal()
    assert counted.to_list() == preview.imported.summary["read"].to_list()
    kept = preview.ledger.intake.select("rows_kept", "rows_quarantined").sum_horizontal()
    assert kept.to_list() == preview.ledger.intake["rows_read"].to_list()
