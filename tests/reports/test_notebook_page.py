"""An executed notebook as a page and as Markdown: the story, its figures, nothing that runs, nothing from outside."""

from __future__ import annotations

import json
import re
import xml.dom.minidom
from html import escape, unescape
from typing import Any

import nbformat
import pandas as pd
import polars as pl
import pytest
from reports.test_looks import MEASURE, chromium, tool

from credrisk.reports.charts import ageing_chart
from credrisk.reports.notebook_frame import html_markdown
from credrisk.reports.notebook_markdown import notebook_markdown
from credrisk.reports.notebook_page import notebook_page, title_of
from credrisk.reports.notebook_table import NotebookTable, notebook_table, said

STORY = "# Limits\n\n**The question:** which limit\nfor whom?\n\nMore. See [the next](02_next.ipynb) and [a site](https://a.example)."
NAME = "<script>alert(1)</script>" + "x" * 300
BUCKETS = ("not_due", "past_due_1_30", "past_due_over_90", "late_fees", "open_credits", "unapplied_cash")


def output(thing: Any) -> Any:
    data = {"text/plain": repr(thing)}
    for form, method in (("html", "_repr_html_"), ("markdown", "_repr_markdown_"), ("svg", "_repr_svg_")):
        if shown := getattr(thing, method, lambda: None)():
            data["image/svg+xml" if form == "svg" else f"text/{form}"] = shown
    return nbformat.v4.new_output("execute_result", data=data)


@pytest.fixture(scope="module")
def executed() -> Any:
    frame = pl.DataFrame({"name": [NAME, "B"], "why": ["because " * 60, ""], "owes": [1e6, 2.0]})
    columns = [("name", "Name", "text"), ("owes", "Owes", "money"), ("why", "Why", "text")]
    aged = pl.DataFrame({name: [100.0, 20.0] for name in BUCKETS} | {"customer_id": ["1", "2"]})
    widget = nbformat.v4.new_output(
        "display_data", data={"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox()"}
    )
    things = (
        [output(notebook_table("Who & what", frame, columns))],
        [output(said(NAME))],
        [output(ageing_chart(aged, currency="EUR"))],
        [nbformat.v4.new_output("stream", name="stdout", text="<b>printed</b>\n")],
        [widget],
    )
    cells = [nbformat.v4.new_markdown_cell(STORY)]
    cells += [nbformat.v4.new_code_cell(f"code_{place} < 1", outputs=list(one)) for place, one in enumerate(things)]
    return nbformat.v4.new_notebook(cells=cells)


def test_heading_and_question_come_from_the_first_cell(executed: Any) -> None:
    assert title_of(executed) == ("Limits", "which limit for whom?")
    assert title_of(nbformat.v4.new_notebook()) == ("", "")


def test_the_page_stands_alone_runs_nothing_and_keeps_the_code_to_itself(executed: Any) -> None:
    page = notebook_page(executed, told={"Ledger": NAME})
    assert "<title>Limits</title>" in page
    assert "<script" not in page
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!https://a\.example|data:|#)", page)
    assert "default-src 'none'" in page
    assert "code_0" not in page
    assert "02_next" not in page
    assert "the next" in page
    assert "&lt;b&gt;printed&lt;/b&gt;" in page
    assert "HBox" not in page
    assert "Interactive" in page
    assert page.count("<svg") == 1
    assert notebook_page(executed, told={"Ledger": NAME}) == page


def test_code_is_shown_where_asked_for(executed: Any) -> None:
    assert "<pre>code_0 &lt; 1</pre>" in notebook_page(executed, code=True)


def test_markdown_has_tables_links_and_charts_as_files_on_white(executed: Any) -> None:
    text, charts = notebook_markdown(executed, pictures="limits", links="../../notebooks/")
    assert "[the next](../../notebooks/02_next.ipynb)" in text
    assert "[a site](https://a.example)" in text
    assert "**Who & what**" in text
    assert "| Name | Owes | Why |" in text
    assert "code_0" not in text
    assert "```\n<b>printed</b>\n```" in text
    assert list(charts) == ["01.svg"]
    assert re.search(r"!\[[^\n]*past due[^\n]*\]\(limits/01\.svg\)", text)
    drawn = xml.dom.minidom.parseString(charts["01.svg"])  # noqa: S318 - what was just made
    (ground,) = (one for one in drawn.documentElement.childNodes if one.nodeName == "rect")
    assert ground.getAttribute("fill") == "#ffffff"
    assert drawn.documentElement.getAttribute("xmlns") == "http://www.w3.org/2000/svg"


def test_a_data_frame_and_a_picture_become_markdown_too() -> None:
    frame = pd.DataFrame(
        {"name": [NAME, "b|c"], "it_owes": [float("nan"), -2.0]}, index=pd.Index(["r1", "r2"], name="rank")
    )
    picture = nbformat.v4.new_output("display_data", data={"image/png": "aGVsbG8=\n", "text/plain": "Figure"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output(frame), picture])])
    text, charts = notebook_markdown(notebook, pictures="x", links="")
    assert text.splitlines()[:2] == ["| rank | name | it owes |", "| :--- | :--- | ---: |"]
    assert text.splitlines()[3] == r"| r2 | b\|c | -2.0 |"
    page = notebook_page(notebook)
    assert 'border="1"' not in page
    assert "<script" not in page
    assert "<script" not in text.replace(r"\<", "")
    assert text.splitlines()[2].endswith("| – |")
    assert "![Chart](x/01.png)" in text
    assert charts == {"01.png": b"hello"}


def test_other_html_becomes_paragraphs_and_tables() -> None:
    html = (
        "<style>p {}</style><p>It gains <b>5</b> &lt; 6 EUR.</p><script>x()</script><ul><li>one</li><li>two</li></ul>"
    )
    html += "<table><tr><th>Who</th><th>Gain</th></tr><tr><td>A|B</td><td>1,200 EUR</td></tr></table>after"
    assert html_markdown(html) == (
        "It gains 5 \\< 6 EUR.\n\none\n\ntwo\n\n| Who | Gain |\n| :--- | ---: |\n| A\\|B | 1,200 EUR |\n\nafter"
    )
    assert html_markdown("") == ""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_overflows_or_overlaps(tmp_path, executed, width):
    text = notebook_page(executed, told={"Ledger": NAME}, code=True)
    text = text.replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    text = text.replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured == {"wide": width, "faults": []}


@pytest.mark.browser
@pytest.mark.parametrize(("width", "medium"), [(695, "print"), (1265, "screen")])
def test_the_matrix_of_a_provision_stands_whole_on_paper_and_on_a_laptop(tmp_path, width, medium):
    """A4 upright less its margins is 695 pixels wide; a laptop has 1280, a scroll bar taken off."""
    headings = "Bucket, Items, Gross, Open credits and unapplied cash, Expected dilution by disputes, Exposed, "
    headings += "Rate before the forecast, 95 % interval, Rate, Allowance, of gross"
    row = "Over 90 days past due|434|7,005,411.81|-77,987.98|-45,885.38|6,881,538.45|29.20 %|7.73 % to 53.68 %|29.20 %"
    cells = (*row.split("|"), "15,166.48", "29.20 %")
    table = NotebookTable("Provision matrix", tuple(headings.split(", ")), (cells,) * 6, tuple(range(1, 11)))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("t", outputs=[output(table)])])
    page = tmp_path / "page.html"
    page.write_text(notebook_page(notebook), encoding="utf-8")
    executable = tool("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page(viewport={"width": width, "height": 900})
        shown.emulate_media(media=medium)
        shown.goto(page.as_uri())
        scroll = shown.locator(".scroll")
        room, needed, overflow = scroll.evaluate(
            "one => [one.clientWidth, one.scrollWidth, getComputedStyle(one).overflowX]"
        )
        browser.close()
    assert needed <= room
    assert overflow == ("visible" if medium == "print" else "auto")
