"""What the commands draw: progress, tables and money on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from credrisk.progress import Progress as Reporter

__all__ = ["console", "drawn_progress", "print_list", "print_table"]

console = Console(highlight=False)


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
    """Print a table; the columns numbered in ``right`` are aligned to the right. Cells are plain text, never markup."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


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
