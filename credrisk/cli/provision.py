"""`credrisk provision`: the loss allowance by IFRS 9 or US CECL, and its settings file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from credrisk.portfolio.provision.settings import ProvisionSettings
    from credrisk.reports.provision_tables import ProvisionPack

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
            metavar="DATE",
            help="The last balance sheet date: the movement since then and its journal entry. Default: neither.",
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
    ones, and that is said. With --opening the movement to the cent and the journal entry; with --results why it differs
    from PD x LGD x EAD, customer by customer. Past provisions are always judged against what was then lost. Contested
    choices are printed with their paragraph.

    Writes provision.html, provision.xlsx (its matrix is live) and a CSV of every table.

    Example: credrisk provision data/sample --as-of 2025-12-31 --standard ifrs9 --opening 2024-12-31 --out provision

    Example: credrisk provision data/sample --standard cecl --scenario base=0.7*1 --scenario downturn=0.3*1.5
    """
    from credrisk import __version__
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.dates import to_date
    from credrisk.pipeline.provision_job import provision_pack
    from credrisk.reports.provision_page import provision_headline, provision_page
    from credrisk.reports.provision_workbook import write_provision_workbook

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    chosen = _chosen(settings, standard, scenario or [])
    values = _series(series) if series is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        # The election of later collections looks beyond the day, so a project gives all its rows then.
        known = None if chosen.later_collections_to else as_of
        read = read_with_public(ledger, public, currency=currency, as_of=known)
        pack = provision_pack(
            read,
            as_of=to_date(as_of) if as_of else read.settings.covers_to,
            settings=chosen,
            opening=to_date(opening, "opening") if opening else None,
            results=results,
            policy=policy_for(ledger, policy) if results is not None else None,
            series=values,
            said={"credrisk": __version__},
            progress=progress,
        )
        progress("Writing", 0, 0)
        with new_folder(out, overwrite=overwrite, replaceable=tuple(OPTIONAL)) as draft:
            _write_tables(draft, pack)
            (draft / "provision.html").write_text(provision_page(pack), encoding="utf-8")
            write_provision_workbook(draft / "provision.xlsx", pack)
    found = pack.found
    console.print(f"[bold]Loss allowance {pack.exact(found.total)} {found.currency}[/] as of {found.as_of}")
    for label, value, note in provision_headline(pack)[1:]:
        console.print(f"  {label}: {value} ({note})", markup=False)
    for choice in found.contested:
        console.print(f"{choice.subject} ({choice.paragraph}): {choice.words}", style="yellow", markup=False)
    parts = [pack.comparison, pack.backtest]
    for note in [*found.notes, *(said for part in parts if part is not None for said in part.notes)]:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


FILES = {
    "matrix": "matrix.csv",
    "items": "items.csv",
    "specific": "specific.csv",
    "rates": "loss-rates.csv",
    "overlay": "scenarios.csv",
    "base": "base.csv",
    "dilution": "dilution.csv",
}
OPTIONAL = (
    "movement.csv",
    "movement-items.csv",
    "gross-movement.csv",
    "journal.csv",
    "back-test.csv",
    "back-test-buckets.csv",
    "back-test-methods.csv",
    "against-pd.csv",
    "against-pd-customers.csv",
)
"""Written only where they were asked for or can be measured."""


def _write_tables(folder: Path, pack: ProvisionPack) -> None:
    code = pack.found.currency
    for name, file in FILES.items():
        _write(folder / file, getattr(pack.found, name), code)
    moved, tested, compared = pack.movement, pack.backtest, pack.comparison
    frames: dict[str, Any] = {}
    if moved is not None:
        frames |= {"movement": moved.table, "movement-items": moved.items, "gross-movement": moved.gross}
        frames["journal"] = pack.journal
    if tested is not None and tested.dates.height:
        frames |= {
            "back-test": tested.dates,
            "back-test-buckets": tested.buckets,
            "back-test-methods": tested.methods,
        }
    if compared is not None:
        frames |= {"against-pd": compared.lines, "against-pd-customers": compared.customers}
    for name, frame in frames.items():
        _write(folder / f"{name}.csv", frame, code)


NOT_MONEY = ("low", "high", "coverage", "credibility", "probability", "multiplier", "pd", "lgd", "life_days", "ratio")
"""These, and what ends in rate or share, keep eight decimals; the others as many as the currency has."""


def _write(path: Path, frame: Any, currency: str) -> None:
    import polars as pl

    from credrisk.injection import harmless_texts
    from credrisk.ledger.money import EXPONENTS

    decimals = EXPONENTS[currency]
    rounded = [
        pl.col(name).round(8 if name in NOT_MONEY or name.endswith(("rate", "share")) else decimals) + 0.0
        for name, kind in frame.schema.items()
        if kind.is_float()
    ]
    harmless_texts(frame.with_columns(rounded)).write_csv(path)


def _chosen(settings: Path | None, standard: str | None, scenarios: list[str]) -> ProvisionSettings:
    from credrisk.portfolio.provision.settings import ProvisionSettings

    chosen = ProvisionSettings.read(settings) if settings is not None else ProvisionSettings.default()
    changes: dict[str, Any] = {}
    if standard is not None:
        changes["standard"] = standard
    if scenarios:
        changes |= {"scenarios": tuple(_scenario(text) for text in scenarios), "elasticity": 0.0}
    return chosen.changed(**changes) if changes else chosen


def _scenario(text: str) -> Any:
    from credrisk.errors import ParameterError
    from credrisk.portfolio.provision.settings import Scenario

    name, _, figures = text.rpartition("=")
    probability, _, multiplier = figures.partition("*")
    try:
        return Scenario(name.strip(), float(probability), float(multiplier or 1.0))
    except ValueError:
        raise ParameterError("--scenario", "NAME=PROBABILITY*MULTIPLIER, such as downturn=0.3*1.5", text) from None


def _series(path: Path) -> Any:
    import polars as pl

    from credrisk.errors import ParameterError

    if not path.is_file():
        raise ParameterError("--series", "an existing CSV with date and value", str(path))
    try:
        return pl.read_csv(path, try_parse_dates=True)
    except pl.exceptions.PolarsError:
        raise ParameterError("--series", "a CSV with date and value", str(path)) from None


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
