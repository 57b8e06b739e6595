"""One page, many scripts: each writes its own section of docs/results.md or docs/performance.md and leaves the others.

A section stands between ``<!-- begin: name -->`` and ``<!-- end: name -->``. The order on the page is the order of the
marks; a name that has none yet is put at the end.
"""

from __future__ import annotations

import re
from pathlib import Path

from credrisk.atomic import write_text

__all__ = ["PERFORMANCE", "RESULTS", "into_page", "write_section"]

ROOT = Path(__file__).parents[1]
PERFORMANCE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "docs" / "results.md"


def into_page(page: str, name: str, text: str) -> str:
    """Return the page with the section's text replaced, or the section added at the end."""
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    section = f"{begin}\n\n{text.strip()}\n\n{end}"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
    if pattern.search(page):
        return pattern.sub(lambda _: section, page, count=1)
    return f"{page.rstrip()}\n\n{section}\n"


def write_section(name: str, text: str, *, page: Path = RESULTS) -> None:
    """Write one section of a page, atomically."""
    write_text(page, into_page(page.read_text(encoding="utf-8"), name, text))
