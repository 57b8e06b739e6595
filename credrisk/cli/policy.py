"""`credrisk policy`: the credit policy that every decision cites, to print or to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import Overwrite

__all__ = ["policy_command"]


def policy_command(
    check: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="[FILE]", help="A policy file to check.", show_default=False),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write the shipped policy here, to edit.", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Check a policy file, write the shipped policy to edit, or print it.

    Example: credrisk policy --out policy.toml, then edit it, then credrisk run data/sample --policy policy.toml
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console
    from credrisk.decisions.policy import Policy, default_text

    if check is not None:
        policy = Policy.read(check)
        console.print(f"{check}: version {policy.version}, hash {policy.hash[:12]}: no fault found.", markup=False)
    elif out is not None:
        refuse_existing(out, overwrite)
        write_text(out, default_text())
        console.print(f"Written to {out}. Edit it, then: credrisk policy {out}", markup=False)
    else:
        console.print(default_text(), markup=False, soft_wrap=True)
