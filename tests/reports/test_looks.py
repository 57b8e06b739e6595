"""Page and workbook as they are rendered: nothing sticks out, nothing is cut, on screen, telephone and paper."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import polars as pl
import pytest
from reports import memos
from reports.packs import EVERY, awkward, plausible

from credrisk.reports.html import portfolio_page
from credrisk.reports.memo import memo_page
from credrisk.reports.workbook import write_workbook

MEASURE = """
<script>
window.addEventListener("load", () => {
  const faults = [], wide = document.documentElement.clientWidth;
  const inScroll = element => element.closest(".scroll") !== null;
  const hidden = element => element.closest(".sr, caption") !== null;
  for (const element of document.body.querySelectorAll("*")) {
    if (hidden(element) || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const box = element.getBoundingClientRect();
    if (box.width === 0) continue;
    const name = element.tagName + "." + element.getAttribute("class") + " " + element.textContent.trim().slice(0, 40);
    if (!inScroll(element) && (box.right > wide + 1 || box.left < -1)) faults.push("page: " + name);
    const svg = element.closest("svg");
    if (svg && element !== svg) {
      const frame = svg.getBoundingClientRect();
      if (element.tagName === "text" && (box.right > frame.right + 1.5 || box.left < frame.left - 1.5
          || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5)) faults.push("chart: " + name);
      continue;
    }
    if (element.classList.contains("scroll") || svg) continue;
    const clips = getComputedStyle(element).textOverflow === "ellipsis";
    const block = getComputedStyle(element).display !== "inline";
    if (block && !clips && element.scrollWidth > element.clientWidth + 1) faults.push("box: " + name);
  }
  for (const svg of document.querySelectorAll("svg")) {
    const texts = Array.from(svg.querySelectorAll("text")).map(text => [text, text.getBoundingClientRect()]);
    texts.forEach(([a, x], place) => texts.slice(place + 1).forEach(([b, y]) => {
      const across = Math.min(x.right, y.right) - Math.max(x.left, y.left);
      const down = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top);
      if (across > 1.5 && down > 4) faults.push("overlap: " + a.textContent + " / " + b.textContent);
    }));
  }
  parent.document.body.setAttribute("data-measured", JSON.stringify({wide: window.innerWidth, faults}));
});
</script>
"""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def chromium(page: Path, profile: Path, width: int, *wanted: str) -> str:
    options = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    options += "--disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=4000"
    command = [tool("chromium"), *options.split(), f"--user-data-dir={profile}", f"--window-size={width},4000"]
    done = subprocess.run([*command, *wanted, page.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["plausible", "awkward", "without_bad_debts", "nothing"])
def test_nothing_overflows_or_overlaps(tmp_path, name, width):
    # A window cannot be narrower than 500 pixels, a frame can.
    text = portfolio_page(EVERY[name]()).replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured == {"wide": width, "faults": []}


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("make", [memos.plausible, memos.hostile, memos.bare], ids=["plausible", "hostile", "bare"])
def test_nothing_overflows_or_overlaps_in_a_memo(tmp_path, make, width):
    text = memo_page(make()).replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    text = text.replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured == {"wide": width, "faults": []}


@pytest.mark.browser
def test_a_name_of_any_length_takes_three_lines(tmp_path):
    act = """
    <script>
    window.addEventListener("load", () => {
      const heights = Array.from(document.querySelectorAll("td.c-name .clip"), name => name.clientHeight);
      document.body.setAttribute("data-measured", JSON.stringify(heights));
    });
    </script>
    """
    pack = plausible()
    scores = pack.scores.with_columns(name=pl.lit("Donaudampfschifffahrt " * 15))
    page = tmp_path / "page.html"
    page.write_text(portfolio_page(replace(pack, scores=scores)).replace("</body>", f"{act}</body>"), encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1280, "--dump-dom")
    heights = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert heights
    assert max(heights) <= 66


@pytest.mark.browser
def test_a_screenshot_is_made_and_sorting_and_filtering_are_there(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(portfolio_page(plausible()), encoding="utf-8")
    picture = tmp_path / "page.png"
    dom = chromium(page, tmp_path / "profile", 1280, f"--screenshot={picture}", "--dump-dom")
    assert struct.unpack(">II", picture.read_bytes()[16:24]) == (1280, 4000)
    assert picture.stat().st_size > 100_000
    assert dom.count('type="search"') == 3
    assert '<button type="button">Expected loss</button>' in dom


@pytest.mark.browser
def test_a_click_on_a_heading_sorts_and_words_filter(tmp_path):
    act = """
    <script>
    window.addEventListener("load", () => {
      const table = document.querySelector("#table-scores");
      const place = Array.from(table.tHead.rows[0].cells).findIndex(cell => cell.textContent === "Open balance");
      table.tHead.rows[0].cells[place].querySelector("button").click();
      const sorted = Array.from(table.tBodies[0].rows, row => Number(row.cells[place].dataset.sort));
      const box = table.closest("section").querySelector("input");
      const name = table.tBodies[0].rows[3].cells[0].textContent;
      box.value = name.toUpperCase();
      box.dispatchEvent(new Event("input"));
      const shown = Array.from(table.tBodies[0].rows).filter(row => !row.hidden).length;
      document.body.setAttribute("data-measured", JSON.stringify({sorted, shown}));
    });
    </script>
    """
    page = tmp_path / "page.html"
    page.write_text(portfolio_page(plausible()).replace("</body>", f"{act}</body>"), encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1280, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured["sorted"] == sorted(measured["sorted"], reverse=True)
    assert len(measured["sorted"]) == 25
    assert measured["shown"] == 1


@pytest.mark.libreoffice
@pytest.mark.parametrize("make", [plausible, awkward], ids=["plausible", "awkward"])
def test_the_workbook_prints_on_whole_pages(tmp_path, make):
    office, counter = tool("soffice"), tool("pdftotext")
    book = tmp_path / "credit-pack.xlsx"
    write_workbook(book, make())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    done = subprocess.run(
        [counter, "-layout", str(tmp_path / "credit-pack.pdf"), "-"], check=True, capture_output=True, text=True
    )
    pages = done.stdout.split("\f")[:-1]
    assert 10 <= len(pages) <= 40
    assert "Three answers" in pages[0]
    for page in pages:
        assert "###" not in page
        assert "#NAME?" not in page
        assert "#REF!" not in page
    scores = [page for page in pages if re.search(r"\bScores\b\s+\d+ / \d+\s*$", page)]
    assert scores
    assert all("Customer no." in page for page in scores)
