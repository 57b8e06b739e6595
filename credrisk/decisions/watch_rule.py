"""A rule of the watch: which change of figures is told, how urgent it is, in which words, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """A change: ``when`` and in what words it is told, the columns of its figures, why it matters, whom to tell."""

    kind: str
    severity: str | pl.Expr
    when: pl.Expr
    what: pl.Expr
    before: str
    after: str
    why: str
    tell: tuple[str, ...] = ("collector",)
