"""Options that several commands share, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = ["AsOf", "Currency", "LedgerPath", "Overwrite", "PolicyPath"]

LedgerPath = Annotated[
    Path,
    typer.Argument(
        metavar="LEDGER",
        help="Folder of CSV or Parquet files (one a table), an .xlsx workbook (one sheet a table) or a .duckdb file.",
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
Currency = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--currency",
        metavar="CODE",
        help="Reporting currency (ISO 4217). Default: what the ledger says, else its most frequent one.",
        show_default=False,
    ),
]
PolicyPath = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Credit policy (TOML). Default: the one shipped; `credrisk policy --out FILE` writes it to edit.",
        show_default=False,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there already.")]
