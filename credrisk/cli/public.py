"""Options about public company information that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = ["Public", "RunResults"]

Public = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option(
        "--public",
        metavar="FOLDER",
        help="Public company information: the folder that credrisk enrich and credrisk match wrote.",
        show_default=False,
    ),
]
RunResults = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--results",
        metavar="FOLDER",
        help="What credrisk run wrote for the same ledger and policy: probability, grade and limit are taken from it.",
        show_default=False,
    ),
]
