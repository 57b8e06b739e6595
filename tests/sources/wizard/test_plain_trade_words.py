"""What a terse list leaves to the reader: dollars without a code, contras and refunds, subtotals of its own."""

from __future__ import annotations

from pathlib import Path

from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Account,Document No,Date,Type,Due Date,Amount,Invoice Paid,Currency"
ROWS = (
    "A1,101,2024-01-05,Invoice,2024-02-04,100.00,,GBP",
    "A1,102,2024-01-06,Invoice,2024-02-05,200.00,,EUR",
    "A1,103,2024-02-06,Contra,,-40.00,101,GBP",
    "A1,104,2024-02-07,Refund,,15.00,,GBP",
    "A1,105,2024-02-08,Payment,,-60.00,101,GBP",
    ",Total,,,,{},,",
)


def written(folder: Path, total: str = "215.00") -> Path:
    (folder / "j.csv").write_text("\n".join((HEAD, *ROWS)).format(total) + "\n", encoding="utf-8")
    return folder / "j.csv"


def test_contra_and_refund_are_proposed_and_said(tmp_path: Path) -> None:
    proposal = propose_mapping(written(tmp_path))
    assert {one.key: one.proposal for one in proposal.questions} == {
        "kind.j.Contra": "offset",
        "kind.j.Refund": "payment_reversal",
    }
    assert any("Type 'Contra' is taken for offset (1 row, -40.00 in all)" in one for one in proposal.unsure)


def test_rows_of_a_currency_are_counted_once_and_subtotals_not(tmp_path: Path) -> None:
    proposal = propose_mapping(written(tmp_path))
    assert any("besides GBP there are EUR (1 rows)" in one for one in proposal.missing)
    assert not any("name no currency" in one for one in proposal.unsure)


def test_totals_that_differ_from_what_is_used_are_told(tmp_path: Path) -> None:
    assert propose_mapping(written(tmp_path)).amounts[0].totals_differ == ()
    assert propose_mapping(written(tmp_path, "430.00")).amounts[0].totals_differ == ()
    assert propose_mapping(written(tmp_path, "225.50")).amounts[0].totals_differ == (("Amount", 10.5),)


def test_dollars_without_a_code_are_proposed_as_usd(tmp_path: Path) -> None:
    rows = (
        "No,Customer No,Date,Due Date,Amount",
        "R1,C,2024-01-13,2024-02-12,$10.00",
        "R2,C,2024-01-14,2024-02-13,$9.00",
    )
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path / "a.csv")
    assert [(one.key, one.proposal) for one in proposal.questions] == [("currency", "USD")]
    assert proposal.settings["currency"] == "USD"
    assert any(one.startswith("'$' stands beside the amounts; they are taken to be in USD") for one in proposal.unsure)
