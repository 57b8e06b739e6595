"""What the commands draw: progress, tables and money on the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from credrisk.progress import Progress as Reporter

__all__ = ["console", "drawn_progress", "print_list", "print_table"]

console = Console(highlight=False)
_FIGURE = re.compile(r"[-+]?[\d.,]*\s?%?|\d{4}-\d\d-\d\d")
_NARROWEST = 12
"""Characters to which a column of text may be folded before the table is printed in another way."""


@contextmanager
def drawn_progress() -> Iterator[Reporter]:
    """Draw one line a stage on standard error while the work runs; in a log (no terminal) print each stage once."""
    screen = Console(stderr=True, highlight=False)
    bars = Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        console=screen,
        disable=not screen.is_terminal,
    )
    stages: dict[str, TaskID] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in stages:
            for task in stages.values():
                bars.update(task, total=1, completed=1)
            stages[stage] = bars.add_task(stage, total=total or None)
            if not screen.is_terminal:
                screen.print(f"{stage} ...", style="dim")
        if total:
            bars.update(stages[stage], completed=done, total=total)

    with bars:
        yield report
        for task in stages.values():
            bars.update(task, total=1, completed=1)


def print_table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """Print a table; the columns numbered in ``right`` are aligned to the right. Cells are plain text, never markup.

    Figures and dates are never broken over two lines: where they do not fit beside each other the frame goes, and where
    they still do not fit each row is printed below its headings.
    """
    rows = _one_way(rows)
    columns = [[row[number] for row in rows] for number in range(len(headings))]
    whole = {number for number, cells in enumerate(columns) if number in right or all(map(_FIGURE.fullmatch, cells))}
    widths = [
        _longest((*cells, *heading.split())) if number in whole else min(_NARROWEST, _longest(_words(heading, *cells)))
        for number, (heading, cells) in enumerate(zip(headings, columns, strict=True))
    ]
    framed = sum(widths) + 3 * len(widths) <= console.width
    if not framed and sum(widths) + 2 * len(widths) > console.width:
        _print_records(title, headings, rows)
        return
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        pad_edge=False,
        box=box.HEAVY_HEAD if framed else None,
    )
    for number, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        kept = number in whole
        name = "\n".join(textwrap.wrap(heading, width)) if kept and heading else heading
        justify: JustifyMethod = "right" if number in right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=kept, min_width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _print_records(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print each row as lines of heading and cell."""
    console.print(Text(title, style="bold"))
    width = max(map(len, headings), default=0)
    for row in rows:
        for heading, cell in zip(headings, row, strict=True):
            console.print(Text(f"  {heading.ljust(width)}  {cell}"), soft_wrap=True)
        console.print()


def _one_way(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the cells without marks that turn the direction of writing: they would turn the figures beside a name."""
    from credrisk.injection import DIRECTIONS

    return [[cell.translate(DIRECTIONS) for cell in row] for row in rows]


def _words(*cells: str) -> list[str]:
    return [word for cell in cells for word in cell.split()]


def _longest(texts: Sequence[str]) -> int:
    return max(map(cell_len, texts), default=0)


def print_list(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    reasons: Sequence[str],
    right: Sequence[int] = (),
) -> None:
    """Print a line of figures for each row and its reasons beneath, so that both fit a narrow screen."""
    console.print(Text(title, style="bold"))
    if not rows:
        console.print("  none")
        return
    rows = _one_way(rows)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row, reason in zip((headings, *rows), ("", *reasons), strict=True):
        cells = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        style = "underline" if row is headings else ""
        console.print(Text("  " + "  ".join(cells).rstrip(), style=style), soft_wrap=True)
        if reason:
            console.print(Padding(Text(reason, style="dim"), (0, 0, 0, 6)))
