"""A ledger with public information beside it, whose customers have the ids that matching and people settled.

A row that names no account reaches customers by their ids. So an id that a person rejected must go before the rows
come, one that matching found must be there, and what comes by an id that a person has yet to judge is as unsure as it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.ledger.about_nobody import ABOUT_COMPANIES
from credrisk.ledger.findings import Finding, few, sorted_findings
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.outside_tables import COMPANY_IDS
from credrisk.ledger.public import LICENSED, PUBLIC_TABLES, with_public_tables
from credrisk.ledger.tables import TABLES
from credrisk.sources.matching.applying import apply_matches
from credrisk.sources.matching.register import id_key
from credrisk.sources.public_folder import read_answers, read_matches

__all__ = ["beside", "with_public"]


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
        :func:`~credrisk.sources.matching.applying.apply_matches` gives, and rows of an entity that a person said the
        customer is not are set aside, though they name it. An id of a row without an account is compared without
        regard to capitals, hyphens and zeros before it. How surely an id that came by a match is the account's stands
        in ``confidence_<id>`` of ``customers``. Other files are left alone.

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
    own = ledger if isinstance(ledger, Ledger) else Ledger.read(ledger)
    matches = read_matches(path)
    applied = _applied(own, matches)
    refused = _refused(own.table("customers"), applied, matches)
    both = _with_ids(with_public_tables(own, path, refused=refused), applied)
    return both.replace(findings=sorted_findings([*both.findings, *_not_asked(both, path)]))


def beside(ledger: Ledger, folder: Path) -> Ledger:
    """Return :func:`with_public`; of a folder that has none of the tables, such as one of matches alone, the ids."""
    names = {path.name.partition(".")[0] for path in folder.iterdir()} if folder.is_dir() else set[str]()
    alone = bool(names & {"matches", "register"}) and not names & {*PUBLIC_TABLES, *LICENSED.values(), "answers"}
    return _with_ids(ledger, _applied(ledger, read_matches(folder))) if alone else with_public(ledger, folder)


def _applied(ledger: Ledger, matches: pl.DataFrame) -> pl.DataFrame:
    """Return the customers with the ids that the matches settle, and how sure these are."""
    customers = ledger.table("customers")
    return apply_matches(customers, matches, output="polars") if matches.height else customers


def _with_ids(ledger: Ledger, applied: pl.DataFrame) -> Ledger:
    doubts = [
        pl.when(pl.col(f"confidence_{name}") < 1).then(f"confidence_{name}").alias(f"confidence_{name}")
        for name in COMPANY_IDS
        if f"confidence_{name}" in applied.columns
    ]
    tables = {"customers": applied.select(*TABLES["customers"].names, *doubts)}
    for name in ABOUT_COMPANIES:
        if ledger.has(name):
            tables[name] = _spelt_alike(ledger.table(name), applied)
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


def _spelt_alike(rows: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Write the ids of rows that name no account as the customers have them; those that nobody has stay."""
    for name in COMPANY_IDS:
        theirs = customers.select(pl.col(name).cast(pl.String)).drop_nulls().unique()
        keyed = theirs.with_columns(key=id_key(pl.col(name), name)).drop_nulls("key")
        single = keyed.filter(pl.col("key").is_unique())
        known = pl.col(name).is_in(theirs[name].implode()) | pl.col("customer_id").is_not_null()
        alike = id_key(pl.col(name), name).replace_strict(
            single["key"], single[name], default=None, return_dtype=pl.String
        )
        rows = rows.with_columns(pl.when(known).then(name).otherwise(pl.coalesce(alike, name)).alias(name))
    return rows


def _numbered_by(kind: str) -> pl.Expr:
    """Say of a row whether its source's own id of an entity is of a kind."""
    if kind == "lei":
        return pl.lit(True)
    american = pl.col("source").str.starts_with("sec")
    return american if kind == "cik" else ~american


def _refused(
    customers: pl.DataFrame, applied: pl.DataFrame, matches: pl.DataFrame
) -> Callable[[pl.DataFrame], pl.Series]:
    """Return what tells of rows whether they name a customer and an entity that a person said it is not."""
    gone = [
        customers.select("customer_id", id=pl.col(name).cast(pl.String), now=applied[name], kind=pl.lit(name))
        .filter(pl.col("id").is_not_null() & pl.col("now").ne_missing(pl.col("id")))
        .drop("now")
        for name in COMPANY_IDS
    ]
    said = matches.select("customer_id", id=pl.col("rejected").str.split("; "), kind="id_column").explode("id")
    out = pl.concat([*gone, said.drop_nulls()]).filter(pl.col("kind").is_in(COMPANY_IDS))
    keys = {
        kind: out.filter(pl.col("kind") == kind).select("customer_id", key=id_key(pl.col("id"), kind)).drop_nulls()
        for kind in COMPANY_IDS
    }

    def refused(rows: pl.DataFrame) -> pl.Series:
        found = pl.Series([False] * rows.height, dtype=pl.Boolean)
        for kind, pairs in keys.items():
            bad = set(pairs.unique().iter_rows())
            if not bad:
                continue
            own = pl.when(_numbered_by(kind)).then(id_key(pl.col("entity"), kind))
            for key in (id_key(pl.col(kind), kind), *([own] if "source" in rows.columns else [])):
                told = rows.select("customer_id", key.alias("key")).iter_rows()
                found |= pl.Series([pair in bad for pair in told], dtype=pl.Boolean)
        return found

    return refused
