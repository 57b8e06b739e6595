"""The carrying itself: tables go out as one union and arrive in buckets as tables, and errors come home."""

from __future__ import annotations

import sys
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from credrisk.engines.crossing import packed, unpacked
from credrisk.engines.spark import (
    BUCKET,
    TaggedUnion,
    bucket_of,
    every_bucket,
    over_groups,
    spark_session,
    worker_errors,
)
from credrisk.errors import CredriskError, DataError, EvidenceError, ModelFileError, ParameterError, SourceError

PEOPLE = pa.table(
    {
        "id": pa.array([f"p{number}" for number in range(40)]),
        "home": pa.array(["north", None, "süd", ""] * 10),
        "born": pa.array([None, date(1970, 1, 1), date(1899, 3, 1), date(2024, 2, 29)] * 10, pa.date32()),
    }
)
SUMS = pa.table(
    {
        "amount": pa.array([2**53 + number for number in range(60)], pa.int64()),
        "share": pa.array([0.1, None, float("inf"), -0.0, 1e-300, 3.5] * 10, pa.float64()),
        "id": pa.array([f"p{number % 40}" for number in range(60)]),
        "other": pa.array(list(range(60)), pa.int64()),
    }
)
NOTES = pa.table({"text": pa.array([], pa.string()), "id": pa.array([], pa.string())})
WORDS = pa.table({"code": pa.array(["x", "y"])})


def union(spark: Any, buckets: int) -> TaggedUnion:
    from pyspark.sql import functions as sql

    placed = {
        name: spark.createDataFrame(table).withColumn(BUCKET, bucket_of(sql.col("id"), buckets))
        for name, table in (("people", PEOPLE), ("sums", SUMS), ("notes", NOTES))
    }
    return TaggedUnion({**placed, "words": every_bucket(spark.createDataFrame(WORDS), buckets)})


@pytest.mark.spark
@pytest.mark.parametrize("buckets", [1, 5])
def test_every_row_arrives_once_in_its_table(spark: Any, buckets: int) -> None:
    carried = union(spark, buckets)
    for name, table in (("people", PEOPLE), ("sums", SUMS)):

        def give_back(tables: dict[str, pa.Table], name: str = name) -> pa.Table:
            return tables[name]

        found = carried.apply(give_back, table.schema).toArrow()
        keys = [(key, "ascending") for key in table.column_names]
        assert found.cast(table.schema).sort_by(keys).equals(table.sort_by(keys))


@pytest.mark.spark
def test_groups_by_a_column_arrive_whole_and_errors_as_themselves(spark: Any) -> None:
    frame, schema = spark.createDataFrame(SUMS), pa.schema([("id", pa.string()), ("rows", pa.int64())])

    def count(rows: pa.Table) -> pa.Table:
        assert len(set(rows["id"].to_pylist())) == 1
        return pa.table({"rows": [rows.num_rows], "id": rows["id"][:1]})

    found = over_groups(frame, "id", count, schema).toArrow().to_pylist()
    assert {row["id"]: row["rows"] for row in found} == {f"p{n}": 2 if n < 20 else 1 for n in range(40)}

    def fail(rows: pa.Table) -> pa.Table:
        raise DataError("it is wrong.", table="sums", rows=rows.num_rows)

    with pytest.raises(DataError, match="it is wrong") as raised, worker_errors():
        over_groups(frame, "id", fail, schema).toArrow()
    assert raised.value.table == "sums"


@pytest.mark.spark
def test_a_bucket_holds_what_belongs_together_and_empty_tables_too(spark: Any) -> None:
    columns = ("people", "sums", "notes", "words", "foreign", "threads")

    def count(tables: dict[str, pa.Table]) -> pa.Table:
        import polars as pl

        here = set(tables["people"]["id"].to_pylist())
        foreign = sum(key not in here for key in tables["sums"]["id"].to_pylist())
        counts = [tables[name].num_rows for name in columns[:4]]
        found = dict(zip(columns, [*counts, foreign, pl.thread_pool_size()], strict=True))
        return pa.table({name: [value] for name, value in found.items()})

    rows = union(spark, 5).apply(count, pa.schema([(name, pa.int64()) for name in columns])).toArrow().to_pylist()
    assert len(rows) == 5
    assert sum(row["people"] for row in rows) == 40
    assert sum(row["sums"] for row in rows) == 60
    assert {(row["notes"], row["words"], row["foreign"], row["threads"]) for row in rows} == {(0, 2, 0, 1)}


@pytest.mark.spark
def test_what_one_pass_finds_over_all_buckets_can_go_into_the_next(spark: Any) -> None:
    carried, amounts = union(spark, 3), pa.schema([("amount", pa.int64())])

    def narrow(tables: dict[str, pa.Table]) -> pa.Table:
        return tables["sums"].select(["amount"])

    largest = max(carried.apply(narrow, amounts).toArrow()["amount"].to_pylist())

    def below(tables: dict[str, pa.Table]) -> pa.Table:
        return pa.table({"amount": [largest - amount for amount in tables["sums"]["amount"].to_pylist()]})

    found = carried.apply(below, amounts).toArrow()["amount"].to_pylist()
    assert sorted(found) == list(range(60))


ERRORS = [
    CredriskError('An amount is "too large" \\ 100 %.\nSecond line: ü €'),
    ParameterError("buckets", "1 or more", date(2024, 1, 1)),
    DataError("no rate.", table="rates", columns=("currency",), rows=3, ids=["USD 1"], remedy="add one."),
    EvidenceError("too little"),
    ModelFileError("damaged"),
    SourceError("refused"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_as_text(error: CredriskError) -> None:
    found = unpacked(f'Traceback:\n  File "x.py"\nRuntimeError: {packed(error)}\n\tat org.apache.spark.Row')
    assert type(found) is type(error)
    assert str(found) == str(error)
    if isinstance(error, DataError):
        assert vars(found) == vars(error)


def test_a_text_without_an_error_of_ours_has_none() -> None:
    assert unpacked("java.lang.OutOfMemoryError") is None


@pytest.mark.spark
def test_an_error_in_a_worker_comes_home_as_itself(spark: Any) -> None:
    def refuse(tables: dict[str, pa.Table]) -> pa.Table:
        from credrisk.errors import DataError

        raise DataError("no rate of USD.", table="rates", ids=["USD 2024-01-31"])

    frame = union(spark, 2).apply(refuse, pa.schema([("amount", pa.int64())]))
    with pytest.raises(DataError, match=r"^rates: no rate of USD\. For example: USD 2024") as caught, worker_errors():
        frame.toArrow()
    assert caught.value.ids == ("USD 2024-01-31",)


@pytest.mark.spark
def test_an_error_of_others_stays_what_spark_makes_of_it(spark: Any) -> None:
    from pyspark.errors import PySparkException

    def break_down(tables: dict[str, pa.Table]) -> pa.Table:
        raise ZeroDivisionError("a fault of ours")

    frame = union(spark, 2).apply(break_down, pa.schema([("amount", pa.int64())]))
    with pytest.raises(PySparkException, match="a fault of ours"), worker_errors():
        frame.toArrow()


@pytest.mark.spark
def test_the_session_that_runs_is_taken(spark: Any) -> None:
    assert spark_session() is spark_session(spark) is spark


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(CredriskError, match=r"pip install 'credrisk\[spark\]'"):
        spark_session()


def test_without_java_it_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", lambda: None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    with pytest.raises(CredriskError, match="Java 17 or later"):
        spark_session()
