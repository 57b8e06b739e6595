"""`credrisk provision`: the loss allowance by IFRS 9 or US CECL, and its settings file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperGroup

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite

if TYPE_CHECKING:
    from credrisk.portfolio.provision.settings import ProvisionSettings

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
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")] = Path("provision"),
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Provide for the items that are open: the loss allowance by IFRS 9 or US CECL, with its evidence.

    Writes matrix.csv, items.csv, specific.csv, loss-rates.csv, scenarios.csv and base.csv (from the ageing to what is
    exposed). Contested choices are printed with their paragraph.

    Example: credrisk provision data/sample --as-of 2025-12-31 --standard ifrs9 --out provision

    Example: credrisk provision data/sample --standard cecl --scenario base=0.7*1 --scenario downturn=0.3*1.5
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.dates import to_date
    from credrisk.ledger.ledger import Ledger
    from credrisk.portfolio.provision.provide import provision

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    chosen = _chosen(settings, standard, scenario or [])
    values = _series(series) if series is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = Ledger.read(ledger, currency=currency)
        day = to_date(as_of) if as_of else read.settings.covers_to
        progress("Measuring past losses", 0, 0)
        found = provision(read, as_of=day, settings=chosen, series=values, output="polars")
    with new_folder(out, overwrite=overwrite) as draft:
        for name, file in FILES.items():
            frame = getattr(found, name)
            _write(draft / file, frame, found.currency)
    console.print(f"[bold]Loss allowance {found.total:,.2f} {found.currency}[/] as of {day}")
    for choice in found.contested:
        console.print(f"{choice.subject} ({choice.paragraph}): {choice.words}", style="yellow", markup=False)
    for note in found.notes:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


FILES = {
    "matrix": "matrix.csv",
    "items": "items.csv",
    "specific": "specific.csv",
    "rates": "loss-rates.csv",
    "overlay": "scenarios.csv",
    "base": "base.csv",
}


def _write(path: Path, frame: Any, currency: str) -> None:
    import polars as pl

    from credrisk.injection import harmless_texts
    from credrisk.ledger.money import EXPONENTS

    rates = ("rate", "share", "low", "high", "coverage", "credibility", "probability", "multiplier")
    decimals = EXPONENTS[currency]
    rounded = [
        pl.col(name).round(8 if any(word in name for word in rates) else decimals) + 0.0
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
        changes["scenarios"] = tuple(_scenario(text) for text in scenarios)
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
