"""Tables and sentences in a notebook: what stands there, in HTML and in Markdown, and that no name acts."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import pandas as pd
import polars as pl
import pytest

from credrisk.errors import EvidenceError, ParameterError
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.notebook_table import chart_or_why, in_notebook, notebook_table, said

HOSTILE = "<script>alert(1)</script> | `=cmd|'/C calc'!A0` \u202eevil *b* [l](javascript:x) $x$ 😀"
FRAME = pl.DataFrame(
    {
        "customer_id": ["C1", "C2", "C3"],
        "name": [HOSTILE, None, "x" * 400],
        "owes": [1_234_567.0, None, 12.0],
        "pd": [0.0231, None, 0.5],
        "on": [date(2025, 12, 31), None, date(2025, 1, 1)],
    }
)
COLUMNS = [("customer_id", "Customer", "text"), ("name", "Name", "text"), ("owes", "Owes", "money")]
COLUMNS += [("pd", "PD", "probability"), ("on", "On", "date")]


class Cells(HTMLParser):
    """The text of each cell, and every tag."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.styles: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in ("td", "th"):
            self.cells.append("")
            self.styles.append(dict(attrs)["style"] or "")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@pytest.mark.parametrize("frame", [FRAME, FRAME.to_pandas()], ids=["polars", "pandas"])
def test_a_table_shows_its_rows_in_words_and_says_how_many_are_left_out(frame: pl.DataFrame | pd.DataFrame) -> None:
    table = notebook_table("Who owes (EUR)", frame.drop_nulls() if isinstance(frame, pl.DataFrame) else frame.dropna(),
                           COLUMNS, rows=1, note="Today.")  # fmt: skip
    assert table.note == "Today. The first 1 of 2."
    assert table.rows[0][0] == "C1"
    assert table.rows[0][2:] == ("1,234,567", "2.3 %", "2025-12-31")


def test_figures_stand_right_dates_keep_to_one_line_and_null_is_a_dash() -> None:
    found = Cells(notebook_table("", FRAME, COLUMNS)._repr_html_())
    heads, second = found.cells[:5], found.cells[10:15]
    assert heads == ["Customer", "Name", "Owes", "PD", "On"]
    assert second == ["C2", "–", "–", "–", "–"]
    assert ["text-align:right" in style for style in found.styles[5:10]] == [False, False, True, True, False]
    assert "nowrap" in found.styles[9]


def test_a_hostile_name_is_only_text() -> None:
    table = notebook_table("T", FRAME, COLUMNS)
    found = Cells(table._repr_html_())
    assert found.tags == {"p", "div", "table", "thead", "tbody", "tr", "th", "td"}
    assert "\u202e" not in found.cells[6]
    assert found.cells[6].startswith("<script>alert(1)</script> |")
    assert max(map(len, found.cells)) <= 320
    line = table._repr_markdown_().splitlines()[4]
    assert line.startswith(r"| C1 | \<script\>alert(1)\</script\> \| \`=cmd\|")
    assert r"\[l\](javascript:x) \$x\$" in line
    assert line.replace(r"\|", "").count("|") == len(COLUMNS) + 1


def test_an_empty_table_says_so() -> None:
    table = notebook_table("Findings", FRAME.clear(), COLUMNS)
    assert "None." in table._repr_html_()
    assert table._repr_markdown_() == "**Findings**\n\nNone."


def test_markdown_has_one_line_a_row_under_a_rule() -> None:
    table = notebook_table("T", FRAME.tail(1).with_columns(name=pl.lit("two\nlines")), COLUMNS)
    assert table._repr_markdown_() == (
        "**T**\n\n| Customer | Name | Owes | PD | On |\n| :--- | :--- | ---: | ---: | :--- |\n"
        "| C3 | two lines | 12 | 50.0 % | 2025-01-01 |"
    )


def test_a_table_of_a_command_takes_its_reasons_along_and_leaves_its_number() -> None:
    class Answer(ShortTable):
        reasons = ("because",)

    shown = in_notebook(Answer("3  Contacts", ("Customer",), (("C1",),), ()))
    assert (shown.title, shown.headings, shown.rows) == ("Contacts", ("Customer", "Why"), (("C1", "because"),))
    assert in_notebook(ShortTable("Cases", ("A",), (("1",),), (0,))).headings == ("A",)


def test_sentences_are_shown_one_a_line_and_empty_ones_left_out() -> None:
    text = said("1,000 EUR <b>", "", "second")
    assert text.sentences == ("1,000 EUR <b>", "second")
    assert "1,000 EUR &lt;b&gt;</p>" in text._repr_html_()
    assert text._repr_markdown_() == "1,000 EUR \\<b\\>\n\nsecond"
    assert repr(text) == "1,000 EUR <b>\nsecond"


def test_a_chart_that_cannot_be_drawn_says_why_in_its_place() -> None:
    def draw(one: int, *, two: int) -> str:
        if two:
            raise EvidenceError("too few bad debts")
        return f"chart {one}"

    assert chart_or_why(draw, 1, two=0) == "chart 1"
    assert repr(chart_or_why(draw, 1, two=1)) == "Not measured: too few bad debts"


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(ParameterError):
        notebook_table("T", [1, 2], COLUMNS)  # type: ignore[arg-type]
