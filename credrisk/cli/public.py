"""The option --public of several commands: public company information beside the ledger's own tables."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger

__all__ = ["Public", "policy_for", "read_with_public"]

Public = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option(
        "--public",
        metavar="DIR",
        help="Folder of public company information (credrisk enrich): its facts, events, market and ratings join the "
        "ledger's. Default: the ledger's own alone.",
        show_default=False,
    ),
]


def read_with_public(
    ledger: str | PathLike[str], public: Path | None, *, currency: str | None = None, as_of: str | None = None
) -> Ledger:
    """Read a ledger, with a folder of public information where one is given.

    A project folder gives the rows as they were known on ``as_of``.
    """
    from credrisk.cli.known import read_known
    from credrisk.sources.public_beside import beside

    read = read_known(ledger, currency=currency, as_of=as_of)
    return read if public is None else beside(read, public)


def policy_for(ledger: str | PathLike[str] | None, policy: Path | None) -> Policy:
    """Return the policy given, else that of the project folder, else the one shipped."""
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.project import is_project

    if policy is None and ledger is not None and is_project(ledger):
        own = Path(ledger) / "policy.toml"
        policy = own if own.is_file() else None
    return Policy.read(policy) if policy else Policy.default()
