"""The `credrisk` command, one module a command group."""

from credrisk.cli.app import main

__all__ = ["main"]
