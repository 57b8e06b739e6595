"""`credrisk log hand`: pin an account to the list, boost it, or take it off, with reason and expiry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.log_desk import moment_of
from credrisk.cli.options import Author, author_of

__all__ = ["hand_command"]


def hand_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The decision log.", show_default=False)],
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose account.")],
    what: Annotated[str, typer.Option("--what", metavar="WHAT", help="pin, boost or exclude.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")],
    expires_on: Annotated[
        str, typer.Option("--expires-on", metavar="DATE", help="The first day on which it no longer holds.")
    ],
    factor: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--factor", help="Of a boost, from 0.01 to 100.", show_default=False),
    ] = None,
    author: Author = None,
    at: Annotated[
        Optional[datetime],  # noqa: UP045
        typer.Option(
            "--at",
            metavar="TIME",
            help="From when it holds (UTC), for a list of an earlier day; default: now.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Lay a hand on the list: pin an account to its top, boost or lower it, or take it off for a time.

    The next credrisk queue with this log follows it, and says so. It lifts no hold. To end one early, lay the same
    again with today's date.

    Example: credrisk log hand log.db --customer C003 --what pin --reason visit --expires-on 2026-01-15 --at 2025-12-31
    """
    from credrisk.cli.console import console
    from credrisk.dates import to_date
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.supervisor_hand import lay_hand
    from credrisk.errors import ParameterError

    moment = moment_of(at)
    if to_date(expires_on, "--expires-on") < moment.date():
        raise ParameterError("--expires-on", f"on or after {moment.date()}, from when it holds", expires_on)
    entry = lay_hand(
        DecisionLog(file),
        customer,
        what=what,
        reason=reason,
        expires_on=expires_on,
        factor=factor,
        author=author_of(author),
        at=moment,
    )
    console.print(f"{what} of {customer} until {expires_on}. Entry {entry.number} of {file}.", markup=False)
