"""`credrisk provision`: the loss allowance by IFRS 9 or US CECL, and its settings file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

__all__ = ["provision_app"]

_ITSELF = "(a ledger)"
"""Name of the command that stands for ``credrisk provision LEDGER`` itself; nobody types it."""


class _ProvisionGroup(TyperGroup):
    """``provision init`` writes the settings, ``provision LEDGER`` provides; a folder called init is ``./init``."""

    @property
    def itself(self) -> Any:
        """The command that ``credrisk provision LEDGER`` is."""
        return self.commands[_ITSELF]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        parsed: list[str] = super().parse_args(ctx, args if args[:1] == ["init"] else [_ITSELF, *args])
        return parsed

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return None if name == _ITSELF else name, command, rest


def provision_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    standard: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--standard", metavar="ifrs9|cecl", help="Default: what the settings say.", show_default=False),
    ] = None,
    settings: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--settings",
            metavar="FILE",
            help="Accounting choices (TOML). Default: those shipped; `credrisk provision init` writes them to edit.",
            show_default=False,
        ),
    ] = None,
    scenario: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--scenario",
            metavar="NAME=PROBABILITY*MULTIPLIER",
            help="A scenario of the forecast instead of those of the settings, such as downturn=0.3*1.5; the "
            "probabilities add up to 1.",
            show_default=False,
        ),
    ] = None,
    series: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--series",
            metavar="FILE",
            help="CSV with date and value that the scenarios of the settings refer to.",
            show_default=False,
        ),
    ] = None,
    opening: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--opening",
            metavar="FOLDER|DATE",
            help="The last balance sheet: the folder that this command wrote then, whose closing is taken as it was "
            "booked, or its date, on which the allowance is worked out again. Gives the movement since then and its "
            "journal entry. Default: neither.",
            show_default=False,
        ),
    ] = None,
    opening_scenario: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--opening-scenario",
            metavar="NAME=PROBABILITY*MULTIPLIER",
            help="A scenario of the forecast of the last balance sheet date, where --opening is a date. Default: none, "
            "for today's was not known then.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger, day and policy: the allowance is compared with its PD x "
            "LGD x EAD. Default: no comparison.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyPath = None,
    public: Public = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")] = Path("provision"),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Provide for the items that are open: the loss allowance by IFRS 9 or US CECL, with its evidence.

    Loss rates come from what became of past month-ends of this ledger; where it saw few losses they lean on published
    ones, and that is said. With --opening the movement to the cent and the journal entry, from last year's closing as
    it was booked where its folder is given; with --results why it differs
    from PD x LGD x EAD, customer by customer. Past provisions are always judged against what was then lost. Contested
    choices are printed with their paragraph.

    Writes provision.html, provision.xlsx (its matrix is live) and a CSV of every table.

    Example: credrisk provision data/sample --as-of 2025-12-31 --standard ifrs9 --opening provision-2024 --out provision

    Example: credrisk provision data/sample --as-of 2025-12-31 --opening 2024-12-31 --opening-scenario base=1*1.1

    Example: credrisk provision data/sample --standard cecl --scenario base=0.7*1 --scenario downturn=0.3*1.5
    """
    from credrisk import __version__
    from credrisk.atomic import new_folder
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.provision_asked import asked
    from credrisk.pipeline.provision_files import OPTIONAL, write_provision_files
    from credrisk.pipeline.provision_job import provision_pack
    from credrisk.portfolio.provision.movement_notes import RECOMPUTED
    from credrisk.reports.provision_page import provision_headline, provision_page
    from credrisk.reports.provision_workbook import write_provision_workbook

    started = time.perf_counter()
    wanted = asked(
        settings=settings,
        standard=standard,
        scenarios=scenario or [],
        series=series,
        opening=opening,
        opening_scenarios=opening_scenario or [],
        as_of=as_of,
        out=out,
        overwrite=overwrite,
    )
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        # The election of later collections looks beyond the day, so a project gives all its rows then.
        known = None if wanted.settings.later_collections_to else as_of
        read = read_with_public(ledger, public, currency=currency, as_of=known)
        pack = provision_pack(
            read,
            as_of=wanted.as_of or read.settings.covers_to,
            settings=wanted.settings,
            opening=wanted.opening,
            opening_scenarios=wanted.opening_scenarios,
            results=results,
            policy=policy_for(ledger, policy) if results is not None else None,
            series=wanted.series,
            said={"credrisk": __version__},
            progress=progress,
        )
        progress("Writing", 0, 0)
        with new_folder(out, overwrite=overwrite, replaceable=tuple(OPTIONAL)) as draft:
            write_provision_files(draft, pack)
            (draft / "provision.html").write_text(provision_page(pack), encoding="utf-8")
            write_provision_workbook(draft / "provision.xlsx", pack)
    found = pack.found
    console.print(f"[bold]Loss allowance {pack.exact(found.total)} {found.currency}[/] as of {found.as_of}")
    for label, value, note in provision_headline(pack)[1:]:
        console.print(f"  {label}: {value} ({note})", markup=False)
    for choice in found.contested:
        console.print(f"{choice.subject} ({choice.paragraph}): {choice.words}", style="yellow", markup=False)
    for note in pack.movement.notes if pack.movement is not None else ():
        console.print(note, style="yellow" if note.startswith(RECOMPUTED) else None, markup=False)
    parts = [pack.comparison, pack.backtest]
    for note in [*found.notes, *(said for part in parts if part is not None for said in part.notes)]:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def init_command(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("provision.toml"),
    overwrite: Overwrite = False,
) -> None:
    """Write the shipped settings of the provision, every choice explained with its paragraph, to edit.

    Example: credrisk provision init --out provision.toml
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console
    from credrisk.portfolio.provision.settings import settings_text

    refuse_existing(out, overwrite)
    write_text(out, settings_text())
    console.print(f"Written to {out}. Edit it, then: credrisk provision LEDGER --settings {out}", markup=False)


provision_app = typer.Typer(cls=_ProvisionGroup, add_completion=False, rich_markup_mode="rich")
provision_app.command(_ITSELF, hidden=True)(provision_command)
provision_app.command("init")(init_command)
