"""The panel and the probabilities of a ledger that one machine does not hold, on Spark.

Every bucket of customers goes through the very functions that a ledger in memory goes through, so the numbers are the
same to the last bit, whatever the number of buckets, machines and cores.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from credrisk.engines.spark import TaggedUnion, over_groups, spark_session, worker_errors
from credrisk.errors import ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.panel import build_panel, full_panel, narrow_panel, panel_calendar
from credrisk.features.peers import PEER_INPUTS, peer_medians
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger, LedgerSettings
from credrisk.ledger.tables import TABLES
from credrisk.models.bad_debt import BadDebtModel
from credrisk.pipeline.spark_routes import bucketed
from credrisk.pipeline.spark_tables import stored_settings, stored_tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["spark_panel", "spark_score"]

ROWS_A_BUCKET = 250_000
"""With these a worker takes about half a gigabyte."""

CELLS_A_BUCKET = 16_000_000
"""128 MB of float64 in a bucket's panel."""

ARROW_TYPES = {pl.String(): pa.string(), pl.Date(): pa.date32(), pl.Float64(): pa.float64()}


def spark_panel(
    source: str | PathLike[str],
    *,
    calendar: Calendar | None = None,
    as_of: date | str | None = None,
    features: Iterable[str] | None = None,
    spark: SparkSession | None = None,
    out: str | PathLike[str] | None = None,
    overwrite: bool = False,
    buckets: int | None = None,
) -> Any:
    """Return :func:`~credrisk.features.panel.build_panel` of a stored ledger, computed on Spark.

    Parameters
    ----------
    source
        Folder, or any address that Spark reads, of a stored ledger: ``ledger.json`` and a Parquet file or folder of
        Parquet files a table.
    calendar, as_of, features
        As in ``build_panel``.
    spark
        The session; by default the one that runs, else a new one by Spark's own configuration.
    out
        Folder or address for the panel as Parquet. Nothing is collected here.
    overwrite
        Allow ``out`` to be replaced.
    buckets
        Into how many parts the customers are divided; by default one for each 250,000 rows, more where the panel
        is the larger, and no fewer than Spark has cores. Customers linked by parents or payments stay in one part, so a
        group of very many accounts needs the memory for all of them.

    Returns
    -------
    pyspark.sql.DataFrame or str
        The columns of ``build_panel``, rows in no particular order: sort by customer_id and as_of where it matters.
        With ``out``: where it was written.

    Raises
    ------
    CredriskError
        When pyspark or Java is missing.
    ParameterError, DataError
        As ``build_panel`` does, or when the source is no stored ledger. What is wrong with the rows shows only when
        they are computed: here with ``out``, else where the frame is used. Put
        :func:`~credrisk.engines.spark.worker_errors` around that use to get these errors and not Spark's.

    Notes
    -----
    The workers need credrisk installed. For a ledger that fits into memory ``build_panel`` is quicker.

    Examples
    --------
    >>> spark_panel("s3a://bucket/ledger", as_of="2025-12-31", out="s3a://bucket/panel")  # doctest: +SKIP
    """
    stored = _Stored(source, spark)
    ends, like = stored.panel_like(calendar, as_of, features)
    union, features = stored.union(buckets, cells=len(ends) * like.width), like.columns[2:]
    with _kept(union, features, out):
        medians = stored.medians(union, ends, features)
        panel = partial(panel_of, settings=stored.settings, calendar=ends, features=features, medians=medians)
        return _written(union.apply(panel, _arrow_schema(like)), out, overwrite)


def spark_score(
    source: str | PathLike[str],
    *,
    model: BadDebtModel | str | PathLike[str],
    as_of: date | str | None = None,
    spark: SparkSession | None = None,
    out: str | PathLike[str] | None = None,
    overwrite: bool = False,
    buckets: int | None = None,
) -> Any:
    """Return a stored model's probabilities for every customer of a stored ledger on one date, computed on Spark.

    Parameters
    ----------
    source, spark, out, overwrite, buckets
        As in :func:`spark_panel`.
    model
        A fitted model, or the folder of a saved one.
    as_of
        The date; by default the last day that the ledger covers.

    Returns
    -------
    pyspark.sql.DataFrame or str
        ``customer_id, as_of`` and the columns of :meth:`~credrisk.models.bad_debt.BadDebtModel.predict_pd`, one row a
        customer in no particular order; the same numbers as ``predict_pd`` of ``build_panel``. With ``out``: where it
        was written.

    Raises
    ------
    CredriskError, ParameterError, DataError
        As :func:`spark_panel`.
    ModelFileError
        When the saved model is damaged or from another catalogue of features.

    Notes
    -----
    Every customer gets the probabilities, also one already in default or bad debt, to whom they do not apply: take the
    customers at risk from :func:`~credrisk.features.labels.build_labels`.

    Examples
    --------
    >>> spark_score("s3a://bucket/ledger", model="models/bad_debt", out="s3a://bucket/scores")  # doctest: +SKIP
    """
    fitted = model if isinstance(model, BadDebtModel) else BadDebtModel.load(model)
    stored = _Stored(source, spark)
    day = stored.settings.covers_to if as_of is None else as_of
    ends, like = stored.panel_like(None, day, fitted.feature_names_in_.tolist())
    union, features = stored.union(buckets, cells=like.width), like.columns[2:]
    with _kept(union, features, out):
        medians = stored.medians(union, ends, features)
        panel = partial(panel_of, settings=stored.settings, calendar=ends, features=features, medians=medians)
        scores = partial(scores_of, panel=panel, model=fitted)
        return _written(union.apply(scores, _arrow_schema(_scored(like, fitted))), out, overwrite)


def panel_of(
    tables: Mapping[str, pa.Table],
    *,
    settings: LedgerSettings,
    calendar: Calendar,
    features: list[str],
    medians: pl.DataFrame | None,
) -> pa.Table:
    """Return the panel of the customers of one bucket; ``medians`` are those of the industries over all buckets."""
    rows = LedgerRows(_ledger(tables, settings))
    return full_panel(rows, calendar, catalogue(features), medians=medians).to_arrow()


def narrow_of(tables: Mapping[str, pa.Table], *, settings: LedgerSettings, calendar: Calendar) -> pa.Table:
    """Return what the medians of the industries need of the customers of one bucket."""
    return narrow_panel(LedgerRows(_ledger(tables, settings)), calendar).drop_nulls("industry").to_arrow()


def medians_of(narrow: pa.Table) -> pa.Table:
    """Return the medians of the industries on one date from what all buckets gave for it."""
    return peer_medians(pl.DataFrame(pl.from_arrow(narrow))).to_arrow()


def scores_of(
    tables: Mapping[str, pa.Table], *, panel: Callable[[Mapping[str, pa.Table]], pa.Table], model: BadDebtModel
) -> pa.Table:
    """Return the probabilities of the customers of one bucket."""
    return _scored(pl.DataFrame(pl.from_arrow(panel(tables))), model).to_arrow()


def _scored(panel: pl.DataFrame, model: BadDebtModel) -> pl.DataFrame:
    rows = panel.select("customer_id", "as_of")
    probabilities: pl.DataFrame = model.predict_pd(panel.drop("customer_id", "as_of"), output="polars")
    return pl.concat([rows, probabilities], how="horizontal")


def _ledger(tables: Mapping[str, pa.Table], settings: LedgerSettings) -> Ledger:
    """Return the tables as a ledger; their rows come in whatever order Spark sent them."""
    return Ledger(
        {
            name: pl.DataFrame(pl.from_arrow(table)).sort(TABLES[name].key, nulls_last=False)
            for name, table in tables.items()
        },
        settings,
    )


class _Stored:
    """A stored ledger in a session."""

    def __init__(self, source: str | PathLike[str], spark: SparkSession | None) -> None:
        self._spark = spark_session(spark)
        place = fspath(source)
        self.settings = stored_settings(place, self._spark)
        self.tables = stored_tables(place, self._spark)

    def panel_like(
        self, calendar: Calendar | None, as_of: date | str | None, features: Iterable[str] | None
    ) -> tuple[Calendar, pl.DataFrame]:
        """Return the period ends and a panel without rows: what is wrong with the parameters shows here already."""
        ends = panel_calendar(self.settings, calendar, as_of)
        nobody = Ledger({}, self.settings)
        return ends, build_panel(nobody, calendar=ends, features=features, output="polars")

    def union(self, buckets: int | None, *, cells: int) -> TaggedUnion:
        """Return the rows of all tables by bucket; ``cells`` is what one customer needs in the result."""
        if buckets is not None and buckets < 1:
            raise ParameterError("buckets", "1 or more", buckets)
        with worker_errors():
            return TaggedUnion(bucketed(self.tables, buckets or self._enough_buckets(cells)))

    def medians(self, union: TaggedUnion, ends: Calendar, features: Iterable[str]) -> pl.DataFrame | None:
        """Return the medians of the industries over all customers; None where no feature compares with them."""
        if not _compared(features):
            return None
        fields = [("industry", pa.string()), ("as_of", pa.date32()), *((name, pa.float64()) for name in PEER_INPUTS)]
        narrow = union.apply(partial(narrow_of, settings=self.settings, calendar=ends), pa.schema(fields))
        # A row a customer and date is too much for the driver; a row an industry and date is little.
        found = over_groups(narrow, "as_of", medians_of, pa.schema(fields))
        with worker_errors():
            return pl.DataFrame(pl.from_arrow(found.toArrow())).sort("industry", "as_of")

    def _enough_buckets(self, cells: int) -> int:
        counts: dict[str, int] = {name: frame.count() for name, frame in self.tables.items()}
        by_rows = math.ceil(sum(counts.values()) / ROWS_A_BUCKET)
        by_cells = math.ceil(counts["customers"] * cells / CELLS_A_BUCKET)
        # A session that reaches its cluster through Spark Connect does not tell how many cores there are.
        context = getattr(self._spark, "sparkContext", None)
        return max(by_rows, by_cells, int(context.defaultParallelism) if context else 1)


def _compared(features: Iterable[str]) -> bool:
    """Tell whether a feature compares a customer with its industry."""
    return any(entry.question == "peers" for entry in catalogue(features).values())


@contextmanager
def _kept(union: TaggedUnion, features: Iterable[str], out: str | PathLike[str] | None) -> Iterator[None]:
    """Keep the rows by bucket between the medians and the writing, which both need them, and no longer.

    A frame that is returned is computed when it is used, long after this: its rows are read and shuffled again.
    """
    kept = out is not None and _compared(features)
    if kept:
        union.frame.persist()
    try:
        yield
    finally:
        if kept:
            union.frame.unpersist()


def _arrow_schema(like: pl.DataFrame) -> pa.Schema:
    return pa.schema([(name, ARROW_TYPES[kind]) for name, kind in like.schema.items()])


def _written(frame: DataFrame, out: str | PathLike[str] | None, overwrite: bool) -> Any:
    from pyspark.errors import AnalysisException

    if out is None:
        return frame
    place = fspath(out)
    try:
        with worker_errors():
            frame.write.mode("overwrite" if overwrite else "errorifexists").parquet(place)
    except AnalysisException as failed:
        if failed.getCondition() != "PATH_ALREADY_EXISTS":
            raise
        raise ParameterError(
            "out",
            "a new place, for nothing is overwritten unasked",
            place,
            remedy="Give overwrite=True to replace what is there.",
        ) from None
    return place
