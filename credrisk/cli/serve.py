"""`credrisk app`: the collection list as a page in the browser, for those who do not write code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from credrisk.widgets.desk import Desk

__all__ = ["app_command"]


def app_command(
    ledger: Annotated[
        Path,
        typer.Argument(
            metavar="LEDGER",
            help="Folder of CSV or Parquet files, .xlsx workbook, .duckdb file, stored ledger or project folder.",
        ),
    ] = Path("data/sample"),
    results: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger, day and policy: the page opens at once. Default: it is "
            "run first.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    capacity: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--capacity",
            min=0,
            metavar="CONTACTS",
            help="Contacts by hand of the list that the page opens with. Default: the policy's capacity_per_day.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="Decision log: contacts, promises and disputes recorded in it count, its pins, boosts and exclusions "
            "hold, and those of the page may be written into it by a button. Default: the page writes nothing.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", metavar="NUMBER", help="Where the page listens, on 127.0.0.1.")] = 8866,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address only; open nothing.")] = False,
    policy: PolicyPath = None,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
) -> None:
    """Open today's collection list as a page: sliders for capacity and weights, pins, filters, and what each is worth.

    The page is on this machine alone (127.0.0.1), the address holds a token that changes with every start, and nothing
    but this page can be reached. Nothing is fetched from elsewhere. While it runs, a copy of the ledger lies in a
    temporary folder that only you can read; Ctrl-C ends the page and removes it.

    Example: credrisk app data/sample --results out --capacity 10

    Example: credrisk app my-ledger --log decisions.db --port 9000 --no-browser
    """
    import os
    import tempfile

    from credrisk.cli.console import console
    from credrisk.widgets.serving import checked, serve

    checked(port)
    with tempfile.TemporaryDirectory(prefix="credrisk-app-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        os.chmod(folder, 0o700)
        desk = _laid_down(
            folder,
            ledger=ledger,
            results=results,
            as_of=as_of,
            capacity=capacity,
            log=log,
            policy=policy,
            default_from=default_from,
            public=public,
            currency=currency,
        )

        def ready(address: str) -> None:
            accounts = desk.basis.accounts.height
            console.print(f"The list of {desk.as_of} with {accounts:,} accounts is at", markup=False)
            console.print(address, markup=False, soft_wrap=True, style="bold")
            console.print("Ctrl-C ends it.", markup=False)

        serve(folder, port=port, browser=not no_browser, ready=ready)
    console.print("The page is closed.", markup=False)


def _laid_down(
    folder: Path,
    *,
    ledger: Path,
    results: Path | None,
    as_of: str | None,
    capacity: int | None,
    log: Path | None,
    policy: Path | None,
    default_from: float | None,
    public: Path | None,
    currency: str | None,
) -> Desk:
    """Open the desk as `credrisk queue` makes its list, and write it down for the page."""
    from credrisk.cli.console import drawn_progress
    from credrisk.cli.recorded import recorded_ledger
    from credrisk.cli.scored import refuse_default_from, scored
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.widgets.desk import open_desk
    from credrisk.widgets.desk_files import write_desk

    refuse_default_from(results, default_from)
    rules = policy_for(ledger, policy)
    kept = DecisionLog(log) if log is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        found = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        timing, why = found.timing()
        notes: tuple[str, ...] = (why,) if why else ()
        if kept is not None and kept.path.exists():
            read, said = recorded_ledger(read, kept, as_of=found.as_of)
            notes += said
        progress("Making the list", 0, 0)
        desk = open_desk(
            read,
            as_of=found.as_of,
            scores=found.scores,
            policy=rules,
            capacity=capacity,
            timing=timing,
            log=kept,
            notes=notes,
        )
        write_desk(folder, desk, scores=found.scores, timing=timing)
    return desk
