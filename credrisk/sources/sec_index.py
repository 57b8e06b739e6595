"""EDGAR's daily index: everything that was published on one day, so that a list of customers is watched by one request.

The index comes in two layouts with fixed columns, by form and by company; both are read by where their headings stand.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl

from credrisk.errors import SourceError
from credrisk.sources.http import FOR_EVER, HttpClient

__all__ = ["daily_index", "read_index"]

HEADINGS = {"Company Name": "company", "Form Type": "form", "CIK": "cik", "Date Filed": "filed", "File Name": "path"}
ARCHIVES = "https://www.sec.gov/Archives/"


def daily_index(client: HttpClient, day: date, *, url: str = ARCHIVES) -> pl.DataFrame:
    """Return what was published on ``day``: ``cik`` (ten digits), ``company, form, filed, url, known_at``, by CIK.

    ``known_at`` is the day. ``filed`` may lie months before it: some papers, such as letters, are released late.

    Raises
    ------
    SourceError
        When there is no readable index of the day: weekends and holidays have none, and today's is made in the night.
    """
    folder = f"{url.rstrip('/')}/edgar/daily-index/{day.year}/QTR{(day.month + 2) // 3}"
    reply = client.ask(f"{folder}/form.{day:%Y%m%d}.idx", accept="text/plain", keep_for=FOR_EVER)
    if reply.kind in ("html", "xml") or reply.status != 200:
        raise SourceError(f"{reply.url}: no index of the day (status {reply.status}, {reply.kind}).")
    return read_index(reply.body).with_columns(known_at=pl.lit(day))


def read_index(body: bytes) -> pl.DataFrame:
    """Read a daily index, by form or by company, into the columns of :func:`daily_index` but ``known_at``.

    Raises
    ------
    SourceError
        When it has another shape or a line does not fit it.
    """
    lines = body.decode("utf-8", "replace").splitlines()
    rule = next((place for place, line in enumerate(lines) if len(line) > 50 and set(line) == {"-"}), 0)
    heading = _heading(lines[:rule])
    starts = {name: heading.find(words) for words, name in HEADINGS.items()}
    if not rule or min(starts.values()) < 0:
        raise SourceError("the daily index is not readable (no heading).")
    order = sorted(starts, key=lambda name: starts[name])
    ends = {name: starts[after] for name, after in pairwise(order)}
    rows = [
        {name: line[starts[name] : ends.get(name)].strip() for name in order}
        for line in lines[rule + 1 :]
        if line.strip()
    ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(order, pl.String))
    try:
        return frame.select(
            pl.col("cik").cast(pl.UInt64).cast(pl.String).str.zfill(10),
            "company",
            "form",
            pl.col("filed").str.to_date("%Y%m%d"),
            url=ARCHIVES + pl.col("path"),
        ).sort("cik", "filed", "form", "url")
    except pl.exceptions.PolarsError:
        raise SourceError("the daily index is not readable (a line does not fit its heading).") from None


def _heading(lines: list[str]) -> str:
    """Return the line of headings; a heading that was broken over two lines is one again."""
    place = next((place for place, line in enumerate(lines) if "Company Name" in line and "Form Type" in line), None)
    return "" if place is None else "".join(lines[place:])
