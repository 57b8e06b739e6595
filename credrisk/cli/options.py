"""Options that several commands share, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from credrisk.features.label_settings import LabelSettings

__all__ = [
    "AsOf",
    "Author",
    "Currency",
    "DefaultFrom",
    "LedgerPath",
    "Memory",
    "Overwrite",
    "PolicyPath",
    "RecordedIn",
    "Workers",
    "author_of",
    "label_settings",
]

LedgerPath = Annotated[
    Path,
    typer.Argument(
        metavar="LEDGER",
        help="Folder of CSV or Parquet files (one a table), an .xlsx workbook (one sheet a table), a .duckdb file, a "
        "stored ledger (credrisk store) or a project folder (credrisk init).",
        show_default=False,
    ),
]
AsOf = Annotated[
    Optional[str],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The day to stand on, such as 2025-12-31; nothing known later is used. Default: the last day covered.",
        show_default=False,
    ),
]
Author = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--author", metavar="NAME", help="Who decides. Default: the name you are logged in by.", show_default=False
    ),
]
Currency = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--currency",
        metavar="CODE",
        help="Reporting currency (ISO 4217). Default: what the ledger says, else its most frequent one.",
        show_default=False,
    ),
]
DefaultFrom = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--default-from",
        metavar="AMOUNT",
        help="Overdue by 90 days above this amount, in the ledger's currency, is a default. Default: EUR 500.",
        show_default=False,
    ),
]
Memory = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="What the partitions may take in all processes together, such as 512MB or 4GB. Default: 2GB.",
        show_default=False,
    ),
]
RecordedIn = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--log",
        metavar="FILE",
        help="Decision log: what was recorded in it up to the day (contacts, promises, disputes, plans, write-offs) "
        "counts as if it stood in the ledger.",
        show_default=False,
    ),
]
Workers = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--workers", min=1, help="Processes that work out partitions. Default: one a core.", show_default=False
    ),
]
PolicyPath = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Credit policy (TOML). Default: the one shipped; `credrisk policy init` writes it to edit.",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]


def label_settings(default_from: float | None, currency: str) -> LabelSettings:
    """Return what counts as a default: as shipped, or from an amount in the ledger's currency."""
    from credrisk.features.label_settings import LabelSettings

    if default_from is None:
        return LabelSettings()
    return LabelSettings(absolute_threshold=default_from, threshold_currency=currency)


def author_of(given: str | None) -> str:
    """Return who decides: as given, else the name of the login."""
    import getpass

    from credrisk.errors import ParameterError

    try:
        return given if given is not None else getpass.getuser()
    except (KeyError, OSError):
        raise ParameterError("--author", "given: this machine does not know your name", "nothing") from None
