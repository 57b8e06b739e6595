"""Carry one function over buckets of many tables on Spark: a grouped ``applyInArrow`` over their tagged union.

Spark groups one frame, so the tables are put under each other: each row says its bucket and its table, and the columns
of all tables share slots by type (the first text of any table lies in ``string_0``), which keeps the shuffled rows
narrow. In the worker the rows of a bucket become tables again and go to the function, which knows nothing of Spark.
Reading, joining, shuffling, retrying and writing are Spark's own.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from credrisk.engines.crossing import packed, unpacked
from credrisk.errors import CredriskError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

__all__ = ["BUCKET", "TaggedUnion", "bucket_of", "every_bucket", "over_groups", "spark_session", "worker_errors"]

BUCKET, TABLE = "bucket", "table"

Bucketed = Callable[[dict[str, pa.Table]], pa.Table]
"""What is carried: takes the tables of a bucket (those without rows in it too), returns one table."""

SPARK_TYPES = {
    pa.string(): "string",
    pa.date32(): "date",
    pa.float64(): "double",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
}
"""Spark's names of the types that a result may have."""


def spark_session(spark: SparkSession | None = None) -> SparkSession:
    """Return the session given, else the one that runs, else a new one by Spark's own configuration.

    Raises
    ------
    CredriskError
        When pyspark or Java is missing, or Java does not start.
    """
    if spark is not None:
        return spark
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as missing:
        raise CredriskError(
            "The Spark engine needs pyspark. What to do: pip install 'credrisk[spark]' (and Java 17 or later)."
        ) from missing
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    if not ("SPARK_REMOTE" in os.environ or shutil.which("java", path=_java_path())):
        raise CredriskError(
            "The Spark engine needs Java. What to do: install Java 17 or later, or set JAVA_HOME to it."
        )
    # The workers' Python must be this one, not whatever `python3` is; a cluster's own setting wins.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        return SparkSession.builder.appName("credrisk").getOrCreate()
    except PySparkRuntimeError as failed:
        if failed.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise CredriskError(
            "Java ended before Spark could start; its words stand above. What to do: use Java 17 or later (JAVA_HOME)."
        ) from failed


def _java_path() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin")) if home else None


def bucket_of(key: Column, buckets: int) -> Column:
    """Return the bucket of a key: its hash modulo the number of buckets."""
    from pyspark.sql import functions as sql

    return sql.pmod(sql.xxhash64(key), sql.lit(buckets)).cast("int")


def every_bucket(frame: DataFrame, buckets: int) -> DataFrame:
    """Return the frame with each row once in every bucket."""
    from pyspark.sql import functions as sql

    return frame.withColumn(BUCKET, sql.explode(sql.sequence(sql.lit(0), sql.lit(buckets - 1))))


class TaggedUnion:
    """The rows of many tables in one frame, ready to be carried, more than once if need be.

    Parameters
    ----------
    tables
        Spark frames by name, each with ``bucket`` beside its own columns.

    Attributes
    ----------
    frame
        The union: bucket, number of the table, slots. Persist it where it is carried more than once.
    """

    def __init__(self, tables: Mapping[str, DataFrame]) -> None:
        from pyspark.sql import functions as sql

        self._layout = {name: _slots(frame) for name, frame in tables.items()}
        types = {slot: kind for columns in self._layout.values() for _, slot, kind in columns}
        parts = []
        for number, (name, frame) in enumerate(tables.items()):
            filled = {slot: sql.col(f"`{column}`") for column, slot, _ in self._layout[name]}
            columns = [filled.get(slot, sql.lit(None)).cast(types[slot]).alias(slot) for slot in sorted(types)]
            parts.append(frame.select(sql.col(BUCKET), sql.lit(number).alias(TABLE), *columns))
        self.frame = parts[0]
        for part in parts[1:]:
            self.frame = self.frame.union(part)

    def apply(self, function: Bucketed, schema: pa.Schema) -> DataFrame:
        """Return the function's tables of all buckets, under each other, in no particular order.

        Parameters
        ----------
        function
            Called once a bucket, in a worker, with Arrow tables by name. It travels pickled: a function of an installed
            module, ``functools.partial`` of one, or a closure.
        schema
            Names and types of what it returns.

        Notes
        -----
        Nothing runs yet. Wherever the result is collected or written, put :func:`worker_errors` around it.
        """
        from pyspark import cloudpickle

        return _carried(self.frame, BUCKET, _work(cloudpickle.dumps(function), self._layout), schema)


def over_groups(frame: DataFrame, by: str, function: Callable[[pa.Table], pa.Table], schema: pa.Schema) -> DataFrame:
    """Return the function's tables of all groups of rows with one value in the column ``by``, in no particular order.

    Parameters
    ----------
    frame
        Any Spark frame.
    function
        Called once a group, in a worker, with its rows as an Arrow table. It travels pickled as in
        :meth:`TaggedUnion.apply`, whose note on errors holds here too.
    schema
        Names and types of what it returns.
    """
    from pyspark import cloudpickle

    return _carried(frame, by, _unpickled(cloudpickle.dumps(function)), schema)


def _carried(frame: DataFrame, by: str, function: Callable[[pa.Table], pa.Table], schema: pa.Schema) -> DataFrame:
    columns = ", ".join(f"`{field.name}` {SPARK_TYPES[field.type]}" for field in schema)

    def work(rows: pa.Table) -> pa.Table:
        # Spark fills the cores with workers. Polars counts its threads when it is loaded: so before the function is.
        os.environ["POLARS_MAX_THREADS"] = "1"
        try:
            return function(rows).select(schema.names).cast(schema)
        except CredriskError as error:
            raise RuntimeError(packed(error)) from None

    with warnings.catch_warnings():
        # PySpark warns of pandas 3 here, although no pandas takes part in grouped Arrow.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        return frame.groupBy(by).applyInArrow(work, columns)


def _slots(frame: DataFrame) -> list[tuple[str, str, str]]:
    """Return name, slot and type of each column but the bucket."""
    taken: dict[str, int] = {}
    slots = []
    for field in frame.schema.fields:
        if field.name != BUCKET:
            kind = field.dataType.simpleString()
            slots.append((field.name, f"{kind}_{taken.setdefault(kind, 0)}", kind))
            taken[kind] += 1
    return slots


def _unpickled(pickled: bytes) -> Callable[[pa.Table], pa.Table]:
    """Return a function that is unpickled only where it is called."""

    def function(rows: pa.Table) -> pa.Table:
        found: pa.Table = pickle.loads(pickled)(rows)  # noqa: S301 - the driver's own function
        return found

    return function


def _work(pickled: bytes, layout: Mapping[str, list[tuple[str, str, str]]]) -> Callable[[pa.Table], pa.Table]:
    """Return what a worker does with the rows of a bucket."""

    def work(rows: pa.Table) -> pa.Table:
        function: Bucketed = pickle.loads(pickled)  # noqa: S301 - the driver's own function
        tables = {
            name: rows.filter(pc.field(TABLE) == number)
            .select([slot for _, slot, _ in columns])
            .rename_columns([column for column, _, _ in columns])
            for number, (name, columns) in enumerate(layout.items())
        }
        return function(tables)

    return work


@contextmanager
def worker_errors() -> Iterator[None]:
    """Raise what credrisk raised in a worker as itself, not as Spark's account of a failed job."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as failed:
        error = unpacked(str(failed))
        if error is None:
            raise
        raise error from None
