"""A ledger with public information beside it, whose customers have the ids that matching and people settled.

A row that names no account reaches customers by their ids. So an id that a person rejected must go before the rows
come, one that matching found must be there, and what comes by an id that a person has yet to judge is as unsure as it.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.ledger.findings import Finding, few, sorted_findings
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.public import PUBLIC_TABLES, with_public_tables
from credrisk.ledger.tables import TABLES
from credrisk.sources.base import ENTITY_IDS
from credrisk.sources.matching.applying import apply_matches
from credrisk.sources.public_folder import read_answers, read_matches

__all__ = ["beside", "with_public"]

ABOUT_COMPANIES = ("facts", "events", "ratings")


def with_public(ledger: Ledger | str | PathLike[str] | Mapping[str, Any], folder: str | PathLike[str]) -> Ledger:
    """Return the ledger with the tables of a folder of public information beside its own, and the folder's ids.

    Nothing about time changes: a row is seen from its ``known_at`` on, as in the ledger's own tables.

    Parameters
    ----------
    ledger
        A ledger, or anything that ``Ledger.read`` takes.
    folder
        Holds ``facts``, ``events``, ``market``, ``ratings``, ``licensed_facts``, ``licensed_events``, any of them, as
        CSV or Parquet. Where ``credrisk match`` left ``matches.csv``, the customers' ids are those that
        :func:`~credrisk.sources.matching.applying.apply_matches` gives. A row of those tables that names no account,
        and whose id every account has only with some doubt, has ``match_confidence`` lowered to that of the surest.
        Other files are left alone.

    Returns
    -------
    Ledger
        With the rows set aside, the tie-out and the findings of the folder added.

    Raises
    ------
    DataError
        When the folder holds none of these tables, one cannot be read, or two matches of one customer contradict.
    """
    path = Path(folder)
    both = _with_ids(with_public_tables(ledger, path), path)
    return both.replace(findings=sorted_findings([*both.findings, *_not_asked(both, path)]))


def beside(ledger: Ledger, folder: Path) -> Ledger:
    """Return :func:`with_public`; of a folder that has none of the tables, such as one of matches alone, the ids."""
    tables = {path.name.partition(".")[0] for path in folder.iterdir()}
    return with_public(ledger, folder) if tables & {*PUBLIC_TABLES, "answers"} else _with_ids(ledger, folder)


def _with_ids(ledger: Ledger, folder: Path) -> Ledger:
    matches = read_matches(folder)
    if matches.is_empty():
        return ledger
    applied = apply_matches(ledger.table("customers"), matches, output="polars")
    doubts = {name: _doubts(applied, name) for name in ENTITY_IDS if f"confidence_{name}" in applied.columns}
    tables = {"customers": applied.select(TABLES["customers"].names)}
    for name in ABOUT_COMPANIES:
        if ledger.has(name):
            tables[name] = _lowered(ledger.table(name), doubts)
    return ledger.replace(tables={**ledger.tables, **tables})


def _not_asked(ledger: Ledger, folder: Path) -> list[Finding]:
    """Return a warning where no source answered about some customers: that nothing is known of them says nothing."""
    if not (folder / "answers.csv").is_file():
        return []
    answered = read_answers(folder).filter(pl.col("status").is_in(("hit", "none")))
    customers = ledger.table("customers").select("customer_id")
    silent = customers.join(answered, on="customer_id", how="anti")["customer_id"]
    if silent.is_empty():
        return []
    return [
        Finding(
            "warning",
            "customers",
            "not_asked",
            f"of {silent.len():,} of {customers.height:,} customers no public source has answered (answers.csv): that "
            "no event or figure of theirs is known says nothing.",
            silent.len(),
            few(silent),
            remedy="give them ids (credrisk match), and run credrisk enrich again.",
        )
    ]


def _doubts(customers: pl.DataFrame, id_column: str) -> dict[str, float]:
    """Return how sure the surest account with an id is, of the ids that no account has for certain."""
    surest = customers.group_by(id_column).agg(pl.col(f"confidence_{id_column}").max().alias("sure"))
    return dict(surest.drop_nulls().filter(pl.col("sure") < 1).iter_rows())


def _lowered(rows: pl.DataFrame, doubts: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    sure = [pl.col(name).replace_strict(found, default=None, return_dtype=pl.Float64)
            for name, found in doubts.items() if found]  # fmt: skip
    if not sure:
        return rows
    by_id = pl.when(pl.col("customer_id").is_null()).then(pl.max_horizontal(*sure))
    return rows.with_columns(match_confidence=pl.min_horizontal("match_confidence", by_id))
