"""`credrisk check`: what is wrong with a ledger, how much money it touches, and whether it ties out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite
from credrisk.cli.public import Public, read_with_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credrisk.ledger.findings import Check

__all__ = ["check_command", "print_check"]

EXIT_ERRORS = 2
ROUTINE = ("assumed_recorded_at", "compact", "date_order", "decimal_mark", "empty", "formatted", "year_last")
"""Notes of how cells were read, which every import has: told together, after what needs a look."""


def check_command(
    ledger: LedgerPath,
    public: Public = None,
    currency: Currency = None,
    quarantine: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--quarantine", metavar="FILE", help="Write the rows that were set aside here (CSV).", show_default=False
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Read a ledger and print the findings by severity, with counts and money. Exit code 2 if there are errors.

    Every row read is either kept or set aside with its reason; rows and money tie out exactly.

    Example: credrisk check data/sample --quarantine set-aside.csv
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.ledger.write import write_quarantine

    if quarantine is not None:
        refuse_existing(quarantine, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency)
        progress("Checking", 0, 0)
        found = read.check()
    settings = read.settings
    console.print(f"Covers {settings.covers_from} to {settings.covers_to}, in {settings.currency}.", markup=False)
    print_check(found)
    if quarantine is not None:
        write_quarantine(read, quarantine)
        console.print(f"{read.quarantine.height:,} rows set aside, written to {quarantine}", markup=False)
    if found.worst == "error":
        raise typer.Exit(EXIT_ERRORS)


def _set_aside(row: Mapping[str, Any]) -> str:
    """Say the money set aside; rows whose amount could not be read are no nil."""
    if row["money_quarantined"] is None:
        return ""
    unread = row["money_unreadable_rows"]
    lost = f"{unread:,} unread" if unread else ""
    known = f"{row['money_quarantined']:,.2f}" if row["money_quarantined"] or not unread else ""
    return " + ".join(part for part in (known, lost) if part)


def print_check(found: Check) -> None:
    """Print the tie-out of the intake and then the findings, worst first."""
    from credrisk.cli.console import console, print_list
    from credrisk.wording import money

    rows = [
        (
            f"{row['table']} {row['currency'] or ''}".strip(),
            *(f"{row[name]:,}" for name in ("rows_read", "rows_quarantined", "rows_derived")),
            "" if row["money_read"] is None else f"{row['money_read']:,.2f}",
            _set_aside(row),
        )
        for row in found.intake.iter_rows(named=True)
    ]
    print_list(
        "Rows and money: read = kept + set aside (made: by rule from other rows)",
        ("Table", "Rows read", "Set aside", "Made", "Money read", "Set aside"),
        rows,
        right=(1, 2, 3, 4, 5),
        reasons=[""] * len(rows),
    )
    console.print()
    unread = int(found.intake["money_unreadable_rows"].sum())
    if unread:
        console.print(
            f"The amounts of {unread:,} rows set aside could not be read: they are in no sum of money here.\n",
            style="yellow",
            markup=False,
        )
    if not found.findings:
        console.print("No findings.")
        return
    routine = [one for one in found.findings if one.severity == "note" and one.code in ROUTINE]
    listed = [one for one in found.findings if one not in routine]
    print_list(
        "Findings, worst first",
        ("Severity", "Table", "Rule", "Rows", "Money"),
        [
            (
                one.severity,
                one.table,
                one.code.replace("_", " "),
                f"{one.rows:,}" if one.rows else "",
                "" if one.money is None else money(one.money, one.currency),
            )
            for one in listed
        ],
        right=(3, 4),
        reasons=[
            " ".join(
                part
                for part in (
                    one.message,
                    f"For example: {', '.join(one.ids)}." if one.ids else "",
                    f"What to do: {one.remedy}" if one.remedy else "",
                )
                if part
            )
            for one in listed
        ],
    )
    if routine:
        read = "; ".join(f"{one.table} ({one.rows:,}): {one.message.rstrip('.')}" for one in routine)
        console.print(f"\nHow it was read, in rows: {read}.", style="dim", markup=False)
