"""What a run leaves for people and for the ledger: tables of a folder, and how many were found by which source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from credrisk.atomic import new_file, refuse_unwritable
from credrisk.errors import ParameterError
from credrisk.injection import harmless
from credrisk.sources.answer_store import STORE_FILE
from credrisk.sources.base import SourceResult

__all__ = ["refuse_foreign", "summary_of", "write_public"]

WRITTEN = ("facts", "events", "answers")
STATUSES = ("hit", "none", "not_measured")
ASKED = ("customers_asked", "answered", "from_cache", "failed")


def refuse_foreign(folder: Path) -> None:
    """Raise unless the tables can be written here: a folder of an earlier run, or one that has none of them.

    Facts and events without the journal they were made of are somebody's own, such as a ledger's.
    """
    refuse_unwritable(folder / "answers.csv")
    if folder.is_file():
        raise ParameterError("output", "the name of a folder, not of a file", str(folder))
    taken = [name for name in WRITTEN if (folder / f"{name}.csv").exists()]
    if taken and not (folder / STORE_FILE).exists():
        rule = f"a folder without {taken[0]}.csv of your own; name another"
        raise ParameterError("output", rule, str(folder))


def write_public(folder: Path, state: SourceResult) -> tuple[Path, ...]:
    """Write ``facts.csv`` and ``events.csv`` (where there are rows; an earlier one goes) and ``answers.csv``."""
    written = []
    for name, frame in (("facts", state.facts), ("events", state.events), ("answers", state.answers)):
        target = folder / f"{name}.csv"
        if frame.is_empty() and name != "answers":
            target.unlink(missing_ok=True)
            continue
        texts = [column for column, kind in frame.schema.items() if kind == pl.String]
        with new_file(target) as draft:
            frame.with_columns(harmless(text) for text in texts).write_csv(draft)
        written.append(target)
    return tuple(written)


def summary_of(answers: pl.DataFrame, asked: Mapping[str, tuple[int, int, int, int]]) -> pl.DataFrame:
    """Return one row per source and part: customers by status and, on a source's first row, what a run asked.

    Columns: ``source, part, hit, none, not_measured, customers_asked, answered, from_cache, failed``; the last four are
    null on further rows of a source, and where the run did not ask it.
    """
    counted = answers.group_by("source", "part").agg(
        (pl.col("status") == status).sum().cast(pl.Int64).alias(status) for status in STATUSES
    )
    rows = [(name, 0, *counts) for name, counts in asked.items()]
    schema = {"source": pl.String, "place": pl.Int64, **dict.fromkeys(ASKED, pl.Int64)}
    this_run = pl.DataFrame(rows, schema=schema, orient="row")
    placed = counted.sort("source", "part").with_columns(place=pl.int_range(pl.len()).over("source"))
    joined = placed.join(this_run, on=["source", "place"], how="full", coalesce=True)
    filled = joined.with_columns(pl.col("part").fill_null(""), pl.col(STATUSES).fill_null(0))
    return filled.sort("source", "place").select("source", "part", *STATUSES, *ASKED)
