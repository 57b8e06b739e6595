"""A panel larger than memory: which of its rows to learn from, and only those read.

The keys and outcomes of all rows are small and are read first; they decide which rows the model learns from (every
event, the rest by a sample of customers). Only then are the features read, one part at a time, and of each part only
the chosen rows kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars
from credrisk.models.outcomes import survival_outcome
from credrisk.models.rows import Rows, as_values, feature_frame, read_rows
from credrisk.progress import Progress, silent

__all__ = ["PanelParts"]

KEY = ("customer_id", "as_of")


@dataclass(frozen=True)
class PanelParts:
    """The rows at risk of a panel that lies in Parquet parts.

    Attributes
    ----------
    files
        The parts.
    names
        Features, the same in every part.
    rows
        Keys and outcomes of all rows at risk, sorted; in place of features ``values`` holds the part and the position
        in it, shape (n_rows, 2).
    """

    files: tuple[Path, ...]
    names: list[str]
    rows: Rows

    @classmethod
    def open(cls, folder: str | PathLike[str], labels: Any, *, target: str, progress: Progress = silent) -> PanelParts:
        """Read keys and outcomes.

        Parameters
        ----------
        folder
            Folder of Parquet files with ``customer_id``, ``as_of`` and the same features each, as ``credrisk panel``
            writes them.
        labels
            What ``build_labels`` gave for the same dates: a frame, a Parquet file or a folder of them.

        Raises
        ------
        ParameterError
            When there are no parts.
        DataError
            When a part or the labels cannot be read, columns differ or are missing, or a customer has two rows at one
            date.
        """
        files = tuple(sorted(Path(folder).glob("*.parquet")))
        if not files:
            raise ParameterError("folder", "a folder of Parquet parts", str(folder))
        names = _features(files)
        outcomes, customers = _outcomes(labels, target)
        found = []
        for number, file in enumerate(files):
            with _reading(file, "panel"):
                keys = pl.read_parquet(file, columns=list(KEY)).select(
                    pl.col("customer_id").cast(pl.String),
                    pl.col("as_of").cast(pl.Date),
                    place=pl.int_range(pl.len(), dtype=pl.UInt32),
                    part=pl.lit(number, dtype=pl.UInt32),
                )
            coded = keys.join(customers, on="customer_id", how="inner").drop("customer_id")
            found.append(coded.join(outcomes, on=["customer", "as_of"], how="inner"))
            progress("Reading the keys of the panel", number + 1, len(files))
        joined = pl.concat(found)
        doubled = joined.filter(pl.struct("customer", "as_of").is_duplicated())
        if doubled.height:
            ids = customers.filter(pl.col("customer").is_in(doubled["customer"].unique().implode()))["customer_id"]
            raise DataError(
                "A customer has two rows at one date.", table="panel", rows=doubled.height, ids=ids.sort().to_list()
            )
        places = joined.select("part", "place").to_numpy().astype(float)
        outcome = joined.select(name for name in ("event", "months", "waits") if name in joined.columns)
        return cls(files, names, read_rows(places, outcome, as_of=joined["as_of"], groups=joined["customer"]))

    def read(self, rows: Rows, *, progress: Progress = silent) -> np.ndarray:
        """Return the features of some of :attr:`rows`, shape (n_rows, n_features).

        float32 where every part holds them so, else float64.
        """
        single = all(
            kind == pl.Float32 for file in self.files for name, kind in _schema(file).items() if name not in KEY
        )
        values = np.empty((len(rows), len(self.names)), dtype=np.float32 if single else np.float64)
        part, place = rows.values.astype(np.int64).T
        for number, file in enumerate(self.files):
            here = np.nonzero(part == number)[0]
            if len(here):
                with _reading(file, "panel"):
                    chosen = pl.read_parquet(file, columns=self.names)[place[here]]
                values[here] = as_values(feature_frame(chosen, expected=self.names))
            progress("Reading the features of the panel", number + 1, len(self.files))
        return values


def _features(files: Sequence[Path]) -> list[str]:
    first = list(_schema(files[0]))
    for file in files:
        columns = list(_schema(file))
        lacking = [name for name in (*KEY, *first) if name not in columns]
        other = [name for name in columns if name not in first]
        if lacking or other:
            raise DataError(
                f"The part {file.name} lacks columns or has others than {files[0].name}.",
                table="panel",
                columns=lacking + other,
                remedy="write all parts from one panel.",
            )
    return [name for name in first if name not in KEY]


def _schema(file: Path) -> dict[str, pl.DataType]:
    with _reading(file, "panel"):
        return dict(pl.read_parquet_schema(file))


@contextmanager
def _reading(place: Path, table: str) -> Iterator[None]:
    """Name the file that cannot be read."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as wrong:
        cause = str(wrong).partition("\n")[0]
        remedy = "write it again; it must be a whole Parquet file with the keys."
        raise DataError(f"{place} cannot be read: {cause}.", table=table, remedy=remedy) from wrong


def _outcomes(labels: Any, target: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the outcomes of the rows at risk by number of the customer, and the numbers by id."""
    risk = f"{target}_at_risk"
    if isinstance(labels, str | PathLike):
        place = Path(labels)
        own = [f"{target}_{name}" for name in ("on", "observed_to", "waits")]
        with _reading(place, "labels"):
            files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
            if not files:
                raise DataError(f"{place} holds no Parquet file.", table="labels", remedy="write what was built there.")
            lazy = pl.scan_parquet(files)
            there = lazy.collect_schema().names()
            wanted = [name for name in (*KEY, risk, "left_on", "observed_to", *own) if name in there]
            labels = lazy.select(wanted).collect()
    labels = as_polars(labels, "labels")
    missing = [name for name in (*KEY, risk) if name not in labels.columns]
    if missing:
        raise DataError("Columns are missing.", table="labels", columns=missing, remedy="give the frame as built.")
    labels = labels.filter(risk)
    customers = labels.select(pl.col("customer_id").cast(pl.String).unique().sort())
    customers = customers.with_row_index("customer")
    outcome = survival_outcome(labels, target=target).with_columns(
        labels["as_of"].cast(pl.Date),
        labels.select(pl.col("customer_id").cast(pl.String)).join(
            customers, on="customer_id", how="left", maintain_order="left"
        )["customer"],
    )
    return outcome.filter(pl.col("months") > 0), customers
