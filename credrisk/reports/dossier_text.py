"""The dossier of one company as plain text, for a terminal or a mail: the same lines as the page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from credrisk.reports.dossier import Dossier, headline
from credrisk.reports.dossier_money import money_lines, money_tiles
from credrisk.reports.dossier_public import (
    figures_table,
    news_lines,
    no_news_says,
    rating_lines,
    sanctions_says,
    source_lines,
    timeline_lines,
    unmeasured,
)
from credrisk.reports.dossier_who import address_lines, group_says, id_lines, name_lines, sister_lines, who_lines
from credrisk.reports.months import day_in_words
from credrisk.reports.style import truncated

__all__ = ["dossier_text"]

WIDTH = 100
LABEL = 30
NOTHING = "none known"


def dossier_text(dossier: Dossier) -> str:
    """Return the dossier as text of at most 100 characters a line; control characters of a name are left out."""
    parts = [
        printable(dossier.title).upper(),
        f"As known on {day_in_words(dossier.as_of)}; the ledger to {day_in_words(dossier.ledger_to)}; amounts in "
        f"{dossier.currency}.",
        "",
        *_wrapped(headline(dossier) + "."),
        *_section("Red flags", _flags(dossier)),
        *_section("Not measured: silence here is no good news", _bullets(unmeasured(dossier))),
        *_section("Who it is", _pairs([*who_lines(dossier), *((a, b) for a, b, _ in id_lines(dossier))])),
        *_section("Addresses", _pairs(address_lines(dossier))),
        *_section("Names", _bullets(" - ".join(part for part in line if part) for line in name_lines(dossier))),
        *_section(
            "Group",
            [*_bullets(group_says(dossier)), *_bullets(", ".join(line) for line in sister_lines(dossier))],
        ),
        *_section(
            "Money",
            _pairs(
                [
                    *((label, f"{value} ({note})" if note else value) for label, value, note in money_tiles(dossier)),
                    *money_lines(dossier),
                ]
            ),
        ),
        *_section("Filings and events of 36 months", _events(timeline_lines(dossier))),
        *_section("Annual figures", _figures(dossier)),
        *_section("News of 12 months", _events(news_lines(dossier)) or _wrapped(no_news_says(dossier))),
        *_section("Sanctions", _wrapped(sanctions_says(dossier))),
        *_section(
            "Ratings of providers",
            _bullets(
                f"{scale}: {value}, risk {risk}, rated {rated}"
                for scale, value, risk, rated, _ in rating_lines(dossier)
            ),
        ),
        *_section(
            "Sources",
            _bullets(
                f"{it['source']}: {it['gave']}; id {it['entity']}; the same company: {it['sure']}; "
                f"asked {it['asked']}; licence {it['licence']}"
                for it in source_lines(dossier)
            ),
        ),
    ]
    return "\n".join(printable(line).rstrip() for line in parts) + "\n"


def printable(text: str) -> str:
    """Return a text without what steers a terminal or turns the direction of writing."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, "-" * len(title), *(lines or [NOTHING])]


def _flags(dossier: Dossier) -> list[str]:
    lines = []
    for flag in dossier.flags:
        told = f"[{flag.severity}] {truncated(flag.what, 240)} (known since {flag.known_at}, {flag.source})"
        lines += _bullets([told])
        lines += textwrap.wrap(flag.why, WIDTH, initial_indent="    ", subsequent_indent="    ")
        if flag.url:
            lines.append(f"    {flag.url}")
    return lines


def _events(rows: Iterable[dict[str, str]]) -> list[str]:
    told = []
    for row in rows:
        text = f": {row['text']}" if row["text"] else ""
        told.append(f"{row['known']}  {row['kind']}{text} ({row['source']})")
    return _bullets(told)


def _figures(dossier: Dossier) -> list[str]:
    table = figures_table(dossier)
    if table is None:
        return []
    lines = [f"{table.unit:<22}" + "".join(f"{end:>24}" for end, *_ in table.years)]
    lines.append(f"{'known since':<22}" + "".join(f"{known:>24}" for _, known, *_ in table.years))
    for label, cells in (*table.rows, *table.ratios):
        told = [f"{cell.text} ({cell.before})" if cell.before else cell.text for cell in cells]
        lines.append(f"{label:<22}" + "".join(f"{text:>24}" for text in told))
    return lines


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    lines = []
    for label, text in pairs:
        lines += textwrap.wrap(text, WIDTH, initial_indent=f"{label:<{LABEL}} ", subsequent_indent=" " * (LABEL + 1))
    return lines


def _bullets(texts: Iterable[str]) -> list[str]:
    return [
        line for text in texts for line in textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    ]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
