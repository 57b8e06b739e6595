"""Who is able to do what for whom: classes of owner, language and skill against the collectors of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.decisions.queue_collectors import Collector
from credrisk.decisions.queue_prices import Flags, Floats

__all__ = ["Workforce", "one_pool", "workforce"]


@dataclass(frozen=True)
class Workforce:
    """The capacity of a day.

    Attributes
    ----------
    names
        Of the collectors; None where contacts are counted for all together.
    budget
        Minutes of each (contacts, where they are counted), shape (collectors,).
    able
        Shape (classes, collectors).
    options
        The options by hand with ``kind`` (row of ``able``) and ``effort`` (minutes, or 1 contact), those that nobody
        is able to do left out.
    in_contacts
        The budget is a number of contacts.
    """

    names: tuple[str | None, ...]
    budget: Floats
    able: Flags
    options: pl.DataFrame
    in_contacts: bool


def one_pool(options: pl.DataFrame, capacity: int) -> Workforce:
    """Return a capacity of so many contacts, whoever makes them."""
    counted = options.with_columns(kind=pl.lit(0, pl.Int64), effort=pl.lit(1.0))
    return Workforce((None,), np.array([float(capacity)]), np.ones((1, 1), dtype=bool), counted, True)


def workforce(options: pl.DataFrame, units: pl.DataFrame, collectors: Sequence[Collector], *, owned: bool) -> Workforce:
    """Return the collectors with their minutes, and who is able to do each option.

    ``owned``: an account is contacted by whoever looks after it, if that is one of the collectors who has minutes
    today and is able; else by anybody who is. A language that nobody of today's collectors speaks binds nobody: the
    customer is better spoken to in another than not at all. A skill that nobody has does bind.
    """
    known = options.join(
        units.select("unit", "owner", "language", "customer_skill"), on="unit", how="left", maintain_order="left"
    )
    keys = ["owner", "language", "skill", "customer_skill"]
    if not owned:
        known = known.with_columns(owner=pl.lit(None, pl.String))
    names = [each.name for each in collectors]
    present = [each.name for each in collectors if each.minutes > 0]
    known = known.with_columns(owner=pl.when(pl.col("owner").is_in(present)).then("owner"))
    classes = known.select(keys).unique(maintain_order=True).with_row_index("kind").cast({"kind": pl.Int64})
    able = np.array([_who(row, collectors, names) for row in classes.select(keys).iter_rows()], dtype=bool).reshape(
        -1, len(names)
    )
    placed = known.join(classes, on=keys, how="left", maintain_order="left", nulls_equal=True)
    doable = pl.Series(able.any(axis=1), dtype=pl.Boolean).gather(placed["kind"])
    chosen = placed.filter(doable).drop("owner", "language", "customer_skill").with_columns(effort="minutes")
    return Workforce(tuple(names), np.array([each.minutes for each in collectors]), able, chosen, False)


def _who(row: tuple[str | None, ...], collectors: Sequence[Collector], names: list[str]) -> list[bool]:
    owner, language, *asked = row
    skills = frozenset(skill for skill in asked if skill)
    here = [each.minutes > 0 and each.able(None, skills) for each in collectors]
    spoken = [can and each.able(language, skills) for can, each in zip(here, collectors, strict=True)]
    able = spoken if any(spoken) else here
    if owner is not None and able[names.index(owner)]:
        return [name == owner for name in names]
    return able
