"""How long the pack's page of 50 thousand customers takes to write, open and filter: a section of docs/performance.md.

    python benchmarks/report_page.py [CUSTOMERS]

An invented book as the tests have it, six open items a customer. The page is opened in headless Chromium by playwright,
each time in a fresh browser; a step ends when its rows have been drawn.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from reports.books import book_of  # noqa: E402
from reports.packs import plausible  # noqa: E402

from benchmarks.sections import PERFORMANCE, write_section  # noqa: E402
from credrisk.reports.book import Book  # noqa: E402
from credrisk.reports.book_page import write_book_page  # noqa: E402

CUSTOMERS, ITEMS, TIMES = 50_000, 6, 5
OPTIONS = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update"
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"


def main() -> None:
    """Measure and write the section."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    book = book_of(plausible(customers), items_each=ITEMS)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "pack.html"
        wall, cpu = time.perf_counter(), time.process_time()
        size = write_book_page(place, book)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        rows = [(f"write it ({size / 1e6:.1f} MB)", f"{wall:.1f} s ({cpu:.1f} s of CPU)"), *_in_browser(place, book)]
    text = _text(book, rows)
    print(text)
    if customers == CUSTOMERS:
        write_section("report-page", text, page=PERFORMANCE)


def _in_browser(page_at: Path, book: Book) -> list[tuple[str, str]]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed")
    found: dict[str, list[float]] = {}
    with sync_playwright() as playwright:
        for _ in range(TIMES):
            browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS.split())
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            for name, seconds in _steps(page, page_at, book).items():
                found.setdefault(name, []).append(seconds)
            browser.close()
    return [
        (f"in Chromium: {name}", f"{statistics.median(every):.2f} s (worst of {TIMES}: {max(every):.2f} s)")
        for name, every in found.items()
    ]


def _steps(page: Any, page_at: Path, book: Book) -> dict[str, float]:
    """Return how long each step took until what it asks for was drawn, in seconds."""
    started = time.perf_counter()
    page.goto(f"{page_at.as_uri()}#customers")
    page.locator("#table-customers tbody tr").nth(49).wait_for()
    page.evaluate(DRAWN)
    seconds = {"open, with the table of all customers": time.perf_counter() - started}

    def timed(name: str, act: str, *argument: Any) -> None:
        seconds[name] = page.evaluate(
            f"async given => {{ const before = performance.now(); {act}; return ((await {DRAWN}) - before) / 1000; }}",
            argument[0] if argument else None,
        )

    field = "document.querySelector('#words-customers')"
    type_ = "field.value = given; field.dispatchEvent(new Event('input'))"
    timed("filter by words for the first time", f"const field = {field}; {type_}", "12")
    timed("filter by other words", f"const field = {field}; {type_}", "34")
    timed("clear the words", f"const field = {field}; {type_}", "")
    column = "document.querySelector('#customers [data-column=\"past_due\"]')"
    timed("filter past due from 10,000", f"const field = {column}; {type_}", "10k")
    timed("clear that", f"const field = {column}; {type_}", "")
    timed("sort by name", "document.querySelector('#table-customers thead button').click()")
    timed("find a customer in the search box", f"const field = document.querySelector('#search'); {type_}", "77")
    customer = book.customers["customer_id"][book.customers.height // 2]
    before = time.perf_counter()
    page.evaluate("id => { location.hash = `#customer/${id}`; }", customer)
    page.locator("#customer .card").wait_for()
    seconds["open a card"] = time.perf_counter() - before
    return seconds


def _text(book: Book, rows: list[tuple[str, str]]) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("polars", "matplotlib", "playwright"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    table = "\n".join(f"| {what} | {took} |" for what, took in rows)
    return f"""## The pack's page

Written by `python benchmarks/report_page.py`; do not edit it. {book.customers.height:,} invented customers with
{book.items.height:,} open items. Medians of {TIMES} fresh browsers; a step ends when its rows are drawn.

Machine: {os.cpu_count()} cores, {memory:.0f} GiB of memory, load {os.getloadavg()[0]:.0f} in this minute. Python
{platform.python_version()}, {libraries}.

| what | time |
|---|---|
{table}
"""


if __name__ == "__main__":
    main()
