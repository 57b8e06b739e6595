"""How long work tells what it is doing; the command draws it, the library stays silent."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[str, int, int], None]
"""Called with the stage in words, the steps done and the steps in all (0 = not known)."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing."""
