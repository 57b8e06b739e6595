"""Printed reports: customers in headings above their lines, page numbers, titles and footnotes between the rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.portfolio.ageing import ageing
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import Preview, last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = ",Date,Type,Num,Applied To,Due Date,Debit,Credit"
FIRST = (
    ",2024-01-05,Invoice,101,,2024-02-04,100.00,",
    ",2024-02-10,Payment,P1,101,,,60.00",
    ",2024-03-01,Invoice,102,,2024-03-31,10.00,",
)
SECOND = (",2024-01-08,Invoice,103,,2024-02-07,70.00,", ",2024-04-08,Payment,P2,,,,5.00")
OWED = {"0007": 50.0, "0012": 65.0}


def propose(folder: Path, *lines: str, head: str = HEAD, **answers: str) -> tuple[Proposal, Preview]:
    (folder / "r.csv").write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(folder / "r.csv", answers={"currency": "EUR", **given})
    return proposal, preview_mapping(proposal, folder / "r.csv")


def net(preview: Preview) -> dict[str, float]:
    day = last_day(preview.ledger)
    aged = ageing(preview.ledger, as_of=day, by="customer", translate=False, output="polars")
    return {row["customer_id"]: row["open_balance"] - row["unapplied_cash"] for row in aged.iter_rows(named=True)}


def test_a_customer_in_a_row_alone_is_filled_down_and_said(tmp_path: Path) -> None:
    total = ",,,,,,{},5.00"
    proposal, preview = propose(
        tmp_path,
        *("0007 Alto Auto,,,,,,,", *FIRST, "Total 0007 Alto Auto" + total.format("110.00")),
        *("0012 Beta Bau,,,,,,,", *SECOND, "TOTAL" + total.format("180.00")),
    )
    assert net(preview) == pytest.approx(OWED)
    assert preview.ledger.tables["customers"]["name"].sort().to_list() == ["Alto Auto", "Beta Bau"]
    assert preview.ledger.quarantine.is_empty()
    said = next(one for one in proposal.unsure if "headings above the lines" in one)
    assert "2 rows in which 'column 1' is filled alone, 2 different (for example '0007 Alto Auto')" in said
    assert [(line.what, line.rows) for line in proposal.amounts[0].lines] == [
        ("used", 5),
        ("headings, the header again, lines of the printed page", 2),
        ("lines of totals", 2),
    ]
    summary = preview.imported.summary
    assert (summary["read"] == summary["blank"] + summary["left_out"] + summary["merged"] + summary["used"]).all()


def test_titles_of_pages_are_no_customers_and_a_block_goes_on_over_the_page(tmp_path: Path) -> None:
    page = ("Acme Ltd,,,,,,,", "Page 2 of 3,,,,,,,", HEAD)
    _, preview = propose(
        tmp_path,
        *("0007 Alto Auto,,,,,,,", *FIRST[:1], *page, *FIRST[1:]),
        *("0012 Beta Bau,,,,,,,", SECOND[0], *page, SECOND[1], "End of report,,,,,,,"),
    )
    assert net(preview) == pytest.approx(OWED)
    assert 'except = ["Acme Ltd"]' in preview.text


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Customer: 0007 Alto Auto,,,,,,,", "Customer: 0012 Beta Bau,,,,,,,"),
        ("Customer:,0007,Alto Auto,,,,,", "Customer:,0012,Beta Bau,,,,,"),
    ],
)
def test_a_label_tells_the_customer_also_over_several_cells(one: str, two: str, tmp_path: Path) -> None:
    _, preview = propose(tmp_path, one, "Some street 5,,,,,,,", *FIRST, two, "Long road,,,,,,,", *SECOND)
    assert net(preview) == pytest.approx(OWED)
    assert 'after = "Customer:"' in preview.text


def test_two_lines_of_words_above_each_block_are_asked_and_the_answer_is_followed(tmp_path: Path) -> None:
    lines = (
        "0007 Alto Auto,,,,,,,",
        "Region East,,,,,,,",
        *FIRST,
        "0012 Beta Bau,,,,,,,",
        "Region West,,,,,,,",
        *SECOND,
    )
    (tmp_path / "r.csv").write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    asked = propose_mapping(tmp_path / "r.csv", answers={"currency": "EUR"}).blocking
    assert [one.key for one in asked] == ["r.customer_id"]
    assert "in 2 of 2 blocks several such rows follow one another" in asked[0].evidence
    assert "--answer 'r.headings=column 1'" in asked[0].evidence
    turned = (
        "Region East,,,,,,,",
        "0007 Alto Auto,,,,,,,",
        *FIRST,
        "Region West,,,,,,,",
        "0012 Beta Bau,,,,,,,",
        *SECOND,
    )
    _, preview = propose(tmp_path, *turned, r__headings="column 1")
    assert net(preview) == pytest.approx(OWED)


def test_a_column_of_customers_is_not_overruled_by_a_cell_that_stands_alone(tmp_path: Path) -> None:
    head = "Customer No,Date,Type,Num,Applied To,Due Date,Debit,Credit"
    lines = [f"0007{one}" for one in FIRST] + ["Note,,,,,,,"] + [f"0012{one}" for one in SECOND] + ["Other,,,,,,,"]
    proposal, preview = propose(tmp_path, *lines, head=head)
    assert net(preview) == pytest.approx(OWED)
    assert not any("headings above" in one for one in proposal.unsure)


LIST = "Inv No,Customer No,Inv Date,Due,Inv Amount,Date Paid,Balance"


def test_lines_of_the_page_are_left_out_shown_and_do_not_spoil_a_column_of_numbers(tmp_path: Path) -> None:
    rows = [
        f"R{number},C{number % 3},2024-01-{number:02},2024-02-{number:02},10.00,2024-03-{number:02},"
        for number in range(1, 13)
    ]
    page = ("Harbour Ltd,,,,,,Page {}", LIST)
    lines = [*rows[:4], page[0].format(2), page[1], *rows[4:8], page[0].format(3), page[1], *rows[8:]]
    lines += ["R13,C1,2024-03-01,2024-03-31,10.00,,10.00", "* Amounts in EUR.,,,,,,", "End of report,,,,,,"]
    proposal, preview = propose(tmp_path, *lines, head=LIST)
    said = next(one for one in proposal.unsure if "printed page" in one)
    assert said.startswith("r: 4 lines of the printed page, without a date or an amount, are left out:")
    assert "'Harbour Ltd Page 2'" in said
    assert "'End of report'" in said
    assert preview.ledger.tables["documents"].height == 13
    assert preview.ledger.quarantine.is_empty()
    assert 'open_amount = "Balance"' in preview.text
    # next month's export has more pages; the mapping knows them without being told
    (tmp_path / "r.csv").write_text(
        "\n".join((LIST, *rows, page[0].format(9), "Footnote,,,,,,")) + "\n", encoding="utf-8"
    )
    (tmp_path / "m.toml").write_text(preview.text, encoding="utf-8")
    assert import_with_map(tmp_path / "m.toml", tmp_path / "r.csv").tables["documents"].height == 12


def test_a_row_with_an_amount_alone_is_not_left_out(tmp_path: Path) -> None:
    rows = [f"R{day},C1,2024-01-{day:02},2024-02-{day:02},10.00,2024-03-{day:02}," for day in range(1, 9)]
    _, preview = propose(tmp_path, *rows, "Page 2,,,,,,", "R9,C1,,,99.00,,", head=LIST)
    assert preview.ledger.quarantine.height == 1


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ('{ column = "Nowhere", into = "c" }', "a column of the file"),
        ('{ column = "Inv No", into = "Due" }', "a name that no column of the file has"),
        ('{ column = "Inv No" }', "it needs column"),
        ('{ column = "Inv No", into = "c", after = "A:", except = ["b"] }', "not both"),
    ],
)
def test_wrong_headings_are_errors(keys: str, words: str, tmp_path: Path) -> None:
    _, preview = propose(tmp_path, "R1,C1,2024-01-01,2024-02-01,10.00,,", head=LIST)
    text = preview.text.replace('path = "r.csv"\n', f'path = "r.csv"\nheadings = {keys}\n')
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        import_with_map(tmp_path / "m.toml", tmp_path / "r.csv")
