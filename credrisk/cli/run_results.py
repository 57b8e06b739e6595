"""The option --results of commands that tell what a run said, and do without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

__all__ = ["RunResults"]

RunResults = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option(
        "--results",
        metavar="FOLDER",
        help="What credrisk run wrote for the same ledger and policy: probability, grade and limit are taken from it.",
        show_default=False,
    ),
]
