"""`credrisk watch`: what changed since last time, and whom to tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for
from credrisk.cli.run_results import RunResults

__all__ = ["watch_command"]

PAGE, TABLES = "watch.html", ("changes.csv", "customers.csv", "not-measured.csv")
LINES_SHOWN = 15


def watch_command(
    ledger: LedgerPath,
    public: Public = None,
    since: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--since",
            metavar="DATE",
            help="What was known at the end of this day is no news. Needed unless --before is given.",
            show_default=False,
        ),
    ] = None,
    before: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--before",
            metavar="FOLDER",
            help="What an earlier credrisk run wrote: its day is the earlier one, and its grades are compared.",
            show_default=False,
        ),
    ] = None,
    results: RunResults = None,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="The day to stand on. Default: that of --results, else the ledger's last day or the last day on which "
            "a public source was asked, whichever is later.",
            show_default=False,
        ),
    ] = None,
    material: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--material",
            metavar="AMOUNT",
            help="Changes of less money are left out, in the ledger's currency. Default: EUR 500.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the page and the tables.")] = Path(
        "watch"
    ),
    policy: PolicyPath = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Say what changed since last time in how customers pay and in what is publicly known of them.

    A line a customer, the most urgent first: what, why it matters, the money at stake, and whom to tell. What could
    not be compared or measured is counted.

    Example: credrisk watch data/sample --since 2025-11-30

    Example: credrisk watch LEDGER --public public --before results-october --results results-november --out watch
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_list, print_table
    from credrisk.cli.known import read_known
    from credrisk.decisions.watch import watch
    from credrisk.errors import ParameterError
    from credrisk.injection import harmless_texts
    from credrisk.pipeline.dossier_job import default_day, results_of
    from credrisk.reports.dossier_text import printable
    from credrisk.reports.watch_page import customer_lines, gap_lines, watch_headline, watch_page
    from credrisk.sources.public_beside import beside
    from credrisk.sources.public_folder import read_public

    if (since is None) == (before is None):
        raise ParameterError("--since", "given, or --before, and not both", "neither" if since is None else "both")
    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        folder = read_public(public) if public is not None else None
        earlier = results_of(before, read, public=folder, policy=rules) if before is not None else None
        stored = results_of(results, read, public=folder, policy=rules) if results is not None else None
        found = watch(
            beside(read, folder.path) if folder is not None else read,
            since=earlier.as_of if earlier is not None else str(since),
            as_of=as_of or (stored.as_of if stored is not None else default_day(read, folder)),
            policy=rules,
            scores=stored.scores if stored is not None else None,
            scores_before=earlier.scores if earlier is not None else None,
            answers=folder.answers if folder is not None and "answers" in folder.has else None,
            material=material,
            progress=progress,
        )
        with new_folder(out, overwrite=overwrite, replaceable=(PAGE, *TABLES)) as draft:
            (draft / PAGE).write_text(watch_page(found), encoding="utf-8")
            for name, frame in zip(TABLES, (found.changes, found.customers, found.unmeasured), strict=True):
                harmless_texts(frame).write_csv(draft / name)
    console.print(f"{watch_headline(found)}.", markup=False, soft_wrap=True)
    lines = customer_lines(found, rows=LINES_SHOWN)
    if lines:
        print_list(
            f"Who changed (the first {len(lines)} of {found.customers.height})",
            ("How urgent", "Customer", "At stake", "Past due", "Whom to tell"),
            [(each["severity"], each["customer"], each["exposure"], each["past_due"], each["tell"]) for each in lines],
            reasons=[printable(f"{each['name']}: {each['headline']}") for each in lines],
            right=(2, 3),
        )
    print_table("Not measured", ("What", "Why not", "Customers"), gap_lines(found), right=(2,))
    console.print(f"Written to {out}: {PAGE}, {', '.join(TABLES)}", markup=False, soft_wrap=True)
