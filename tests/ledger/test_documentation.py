"""The data model page is the declaration's, and says every reason for which a row can be set aside."""

from __future__ import annotations

import re
from pathlib import Path

from credrisk.ledger.documentation import data_model
from credrisk.ledger.intake import REASONS
from credrisk.ledger.simple import ACCEPTED

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "data-model.md").read_text(encoding="utf-8")
    assert page == data_model(), "run: python -m benchmarks.documents"


def test_every_table_and_column_is_on_the_page() -> None:
    page = data_model()
    for table in ACCEPTED.values():
        assert f"### {table.name}\n" in page
        for column in table.columns:
            assert f"| {column.name} | {column.kind} |" in page


def test_every_reason_in_the_code_has_words_and_none_is_left_over() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "credrisk" / "ledger").glob("*.py")
        if path.name not in {"intake.py", "documentation.py"}
    )
    for reason in REASONS:
        assert f'"{reason}"' in sources, reason
    written = set(re.findall(r'pl\.lit\("([a-z]+(?:_[a-z]+)+)"\)', sources))
    known = {"credit_note", "unreadable_number", "too_large", "year_last"}
    assert {
        word
        for word in written
        if word.split("_")[0]
        in {
            "unknown",
            "impossible",
            "other",
            "missing",
            "conflicting",
            "duplicate",
            "unreadable",
            "too",
            "not",
            "out",
            "ragged",
            "refers",
            "contradicting",
            "id",
        }
    } - known <= REASONS.keys()
