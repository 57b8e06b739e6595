"""On Spark the panel and the probabilities are those of a ledger in memory, to the last bit."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal
from random_ledgers import random_ledger
from small_ledgers import ledger_of
from stored_ledgers import side_by_side, store, with_newcomers

from credrisk import BadDebtModel, Ledger, build_labels, build_panel
from credrisk.engines.spark import TaggedUnion, worker_errors
from credrisk.errors import CredriskError, DataError, ParameterError
from credrisk.features.calendar import Calendar
from credrisk.features.panel import narrow_panel
from credrisk.features.peers import PEER_INPUTS, peer_medians
from credrisk.features.rows import LedgerRows
from credrisk.ledger.tables import TABLES
from credrisk.models.outcomes import training_rows
from credrisk.pipeline.spark import _Stored, spark_panel, spark_score
from credrisk.pipeline.spark_routes import bucketed
from credrisk.pipeline.spark_tables import stored_settings, stored_tables

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.spark


def collected(frame: Any) -> pl.DataFrame:
    with worker_errors():
        return pl.DataFrame(pl.from_arrow(frame.toArrow())).sort("customer_id", "as_of")


def assert_same_bits(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert_frame_equal(found, expected, check_exact=True)
    one, other = (frame.select(pl.col(pl.Float64)).to_numpy().tobytes() for frame in (found, expected))
    assert one == other, "a zero of another sign"


@pytest.fixture(scope="module")
def sample() -> Ledger:
    return Ledger.read(ROOT / "data" / "sample")


@pytest.fixture(scope="module")
def stored_sample(sample: Ledger, tmp_path_factory: pytest.TempPathFactory) -> str:
    return store(sample, tmp_path_factory.mktemp("sample") / "ledger")


@pytest.fixture(scope="module")
def sample_panel(sample: Ledger) -> pl.DataFrame:
    return build_panel(sample, output="polars")


@pytest.fixture(scope="module")
def several() -> Ledger:
    """Six ledgers in one: parents, cash for others, rows about the outside world, customers that only order."""
    ledger = with_newcomers(side_by_side([random_ledger(seed, customers=8, rows=12) for seed in range(6)]))
    day = date(2024, 1, 31)
    ids = ("customer_id", "lei", "cik", "company_number", "duns")
    about = [("aC001", None), (None, "LEI-1"), (None, "LEI-2"), ("bC002", "LEI-1"), (None, None), ("nobody", None)]
    rows = [
        {"measure": "sales", "period_end": day, "value": float(number), "known_at": day, "source": "s"}
        | {"customer_id": account, "lei": lei, "cik": "7" if number == 1 else None}
        for number, (account, lei) in enumerate(about)
    ]
    outside = ledger_of(facts=rows).table("facts")
    leis = {"aC003": "LEI-1", "cC000": "LEI-1", "fC007": "LEI-1", "dC004": "LEI-2"}
    place = pl.col("customer_id")
    customers = ledger.table("customers").with_columns(
        lei=place.replace_strict(leis, default=None, return_dtype=pl.String),
        cik=pl.when(place.is_in(["aC003", "eC001"])).then(pl.lit("7")),
    )
    assert set(ids) <= set(outside.columns)
    return ledger.replace(tables={**ledger.tables, "customers": customers, "facts": outside})


@pytest.fixture(scope="module")
def stored_several(several: Ledger, tmp_path_factory: pytest.TempPathFactory) -> str:
    return store(several, tmp_path_factory.mktemp("several") / "ledger")


@pytest.mark.parametrize("buckets", [1, 3, 7])
def test_the_sample_gives_the_same_panel(
    spark: Any, stored_sample: str, sample_panel: pl.DataFrame, buckets: int
) -> None:
    assert_same_bits(collected(spark_panel(stored_sample, spark=spark, buckets=buckets)), sample_panel)


@pytest.mark.parametrize("buckets", [None, 5])
def test_linked_customers_give_the_same_panel_week_by_week(
    spark: Any, several: Ledger, stored_several: str, buckets: int | None
) -> None:
    weeks = Calendar.weeks(date(2024, 3, 6), date(2024, 9, 25))
    found = spark_panel(stored_several, calendar=weeks, spark=spark, buckets=buckets)
    assert_same_bits(collected(found), build_panel(several, calendar=weeks, output="polars"))


def test_one_day_and_a_few_features(spark: Any, several: Ledger, stored_several: str) -> None:
    wanted = {"as_of": "2024-06-30", "features": ["dbt_12m", "past_due"]}
    found = collected(spark_panel(stored_several, spark=spark, **wanted))
    assert_same_bits(found, build_panel(several, output="polars", **wanted))


@pytest.mark.parametrize("empty", [False, True])
def test_a_table_not_given_and_one_without_rows(spark: Any, several: Ledger, tmp_path: Path, empty: bool) -> None:
    """The first gives nulls, the second zeros; receipts of a customer that the table of customers does not have."""
    tables = {name: several.table(name) for name in ("customers", "documents", "rates")}
    if empty:
        tables |= {name: several.table(name).clear() for name in TABLES if name not in tables}
    tables["customers"] = tables["customers"].filter(pl.col("customer_id") != "bC001")
    ledger = several.replace(tables=tables)
    day = "2024-06-30"
    found = collected(spark_panel(store(ledger, tmp_path / "ledger"), as_of=day, spark=spark, buckets=4))
    local = build_panel(ledger, as_of=day, output="polars")
    assert_same_bits(found, local)
    assert (local["broken_promises_12m"].null_count() == local.height) is not empty


def rows_by_bucket(spark: Any, source: str, buckets: int) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    """Return every row as it arrives, by table, with a number of its bucket."""
    tables = stored_tables(source, spark)

    def listed(here: dict[str, pa.Table]) -> pa.Table:
        import json

        texts = [json.dumps([name, row], default=str) for name, table in here.items() for row in table.to_pylist()]
        return pa.table({"rows": ["\n".join(texts)]})

    found: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    union = TaggedUnion(bucketed(tables, buckets))
    for number, texts in enumerate(
        union.apply(listed, pa.schema([("rows", pa.string())])).toArrow()["rows"].to_pylist()
    ):
        for text in texts.split("\n"):
            name, row = json.loads(text)
            found[name].append((number, row))
    return found


def test_every_row_goes_where_it_is_needed(spark: Any, several: Ledger, stored_several: str) -> None:
    arrived = rows_by_bucket(spark, stored_several, 9)
    homes = {row["customer_id"]: bucket for bucket, row in arrived["customers"]}
    of_document = {row["document_id"]: row["customer_id"] for _, row in arrived["documents"]}
    of_receipt = {row["receipt_id"]: row["customer_id"] for _, row in arrived["receipts"]}
    buckets = set(homes.values())
    assert len(buckets) > 2
    for name in set(several.tables) - {"facts", "events", "ratings", "market", "rates"}:
        assert len(arrived[name]) == several.table(name).height, name
    for name in ("documents", "receipts", "promises", "cover", "customer_history"):
        assert all(homes[row["customer_id"]] == bucket for bucket, row in arrived[name]), name
    parents = [(b, row) for b, row in arrived["customer_history"] if row["attribute"] == "parent_id"]
    assert parents
    named = defaultdict(set)
    for bucket, row in parents:
        named[(row["value"] or "").strip()].add(bucket)
    assert all(found == {homes[name]} for name, found in named.items() if name in homes)
    assert all(len(found) == 1 for name, found in named.items() if name)
    assert all(homes[of_document[row["document_id"]]] == bucket for bucket, row in arrived["disputes"])
    foreign = 0
    for bucket, row in arrived["applications"]:
        owner = of_document[row["to_document_id"]]
        giver = {"receipt": of_receipt, "document": of_document, "none": {}}[row["from_kind"]].get(
            row["from_id"], owner
        )
        foreign += giver != owner
        assert homes[owner] == homes[giver] == bucket
    assert foreign
    for row in several.table("rates").to_dicts():
        text = json.loads(json.dumps(row, default=str))
        assert {bucket for bucket, other in arrived["rates"] if other == text} >= buckets
    facts = defaultdict(list)
    for bucket, row in arrived["facts"]:
        facts[int(row["value"])].append(bucket)
    expected = {0: ["aC001"], 1: ["aC003", "cC000", "fC007", "eC001"], 2: ["dC004"], 3: ["bC002"]}
    for number, accounts in expected.items():
        assert sorted(facts.pop(number)) == sorted({homes[account] for account in accounts})
    assert set(facts) == {5}


def test_parents_alone_billing_anew_and_orphans_keep_customers_together(spark: Any, tmp_path: Path) -> None:
    def document(number: int) -> dict[str, Any]:
        day, of = "2024-01-05", f"C{number:02d}"
        return {
            "document_id": f"D{number:02d}",
            "customer_id": of,
            "document_date": day,
            "amount": 100,
            "recorded_at": None,
        }

    def parent(child: int, value: str) -> dict[str, Any]:
        return {"customer_id": f"C{child:02d}", "attribute": "parent_id", "value": value, "valid_from": "2024-01-01"}

    ledger = ledger_of(
        documents=[document(number) for number in range(20)],
        customer_history=[
            parent(1, "C02"), parent(2, "\t C03 "), parent(5, "a group without an account"),
            parent(4, "a group without an account"), parent(6, "C06"),
        ],
        receipts=[{"receipt_id": "R1", "customer_id": "C08", "date": "2024-01-09", "amount": 9}],
        applications=[
            {"from_id": "R1", "to_document_id": "not in the ledger", "amount": 9, "applied_on": "2024-01-09"},
            {"from_id": "D10", "to_document_id": "D11", "amount": 1, "applied_on": "2024-01-09"},
        ],
        document_changes=[
            {"document_id": "D12", "field": "rebilled_as", "value": "D13", "changed_on": "2024-01-09"},
            {"document_id": "D14", "field": "due_date", "value": "D15", "changed_on": "2024-01-09"},
        ],
    )  # fmt: skip
    arrived = rows_by_bucket(spark, store(ledger, tmp_path / "ledger"), 1000)
    homes = {row["customer_id"]: bucket for bucket, row in arrived["customers"]}
    for group in (("C01", "C02", "C03"), ("C04", "C05"), ("C10", "C11"), ("C12", "C13")):
        assert len({homes[customer] for customer in group}) == 1, group
    assert len(set(homes.values())) > 10
    assert homes["C14"] != homes["C15"]
    orphan = [bucket for bucket, row in arrived["applications"] if row["from_id"] == "R1"]
    assert orphan == [homes["C08"]]


def test_a_missing_rate_is_said_as_in_memory(spark: Any, tmp_path: Path) -> None:
    invoice = {"document_date": "2024-01-05", "amount": 100, "currency": "USD"}
    documents = [{"document_id": f"D{n}", "customer_id": f"C{n}", **invoice} for n in range(2)]
    ledger = ledger_of(documents=documents[:1], rates=[{"currency": "USD", "date": "2024-02-10", "rate": 0.5}])
    source = store(ledger, tmp_path / "ledger")
    with pytest.raises(DataError) as local:
        build_panel(ledger, as_of="2024-01-31")
    with pytest.raises(DataError) as lazily:
        collected(spark_panel(source, as_of="2024-01-31", spark=spark))
    with pytest.raises(DataError) as written:
        spark_panel(source, as_of="2024-01-31", spark=spark, out=tmp_path / "panel")
    assert str(lazily.value) == str(written.value) == str(local.value)
    assert vars(written.value) == vars(local.value)


def test_the_panel_is_written_and_not_overwritten_unasked(
    spark: Any, several: Ledger, stored_several: str, tmp_path: Path
) -> None:
    out, wanted = tmp_path / "panel", {"as_of": "2024-06-30", "features": ["past_due"]}
    assert spark_panel(stored_several, spark=spark, out=out, **wanted) == str(out)
    local = build_panel(several, output="polars", **wanted)
    assert_same_bits(pl.read_parquet(out / "*.parquet").sort("customer_id"), local)
    with pytest.raises(ParameterError, match="out must be a new place"):
        spark_panel(stored_several, spark=spark, out=out, **wanted)
    spark_panel(stored_several, spark=spark, out=out, overwrite=True, **{**wanted, "as_of": "2024-05-31"})
    assert pl.read_parquet(out / "*.parquet")["as_of"].unique().to_list() == [date(2024, 5, 31)]


def test_the_medians_come_by_date_and_nothing_stays_in_the_cache(
    spark: Any, sample: Ledger, stored_sample: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver gets the medians only: by industry and date, never by customer."""
    brought = list[tuple[int, set[str]]]()
    medians = _Stored.medians

    def watched(*given: Any) -> pl.DataFrame | None:
        assert given[1].frame.storageLevel.useMemory
        found = medians(*given)
        assert found is not None
        brought.append((found.height, set(found.columns)))
        assert found.equals(peer_medians(narrow_panel(LedgerRows(sample), given[2])))
        return found

    monkeypatch.setattr(_Stored, "medians", watched)
    wanted = {"features": ["dbt_3m_against_industry", "past_due"], "buckets": 3}
    out = spark_panel(stored_sample, spark=spark, out=tmp_path / "panel", **wanted)
    found = pl.read_parquet(f"{out}/*.parquet").sort("customer_id", "as_of")
    assert_same_bits(found, build_panel(sample, features=wanted["features"], output="polars"))
    industries = sample.table("customers")["industry"].drop_nulls().n_unique()
    assert brought == [(industries * found["as_of"].n_unique(), {"industry", "as_of", *PEER_INPUTS})]
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()


@pytest.mark.parametrize("rung", ["booster", "penalised_regression", "expert_card"])
def test_scores_are_those_of_the_model_in_memory(
    spark: Any, sample: Ledger, stored_sample: str, sample_panel: pl.DataFrame, tmp_path: Path, rung: Any
) -> None:
    dates = [date(2024, 12, 31), date(2024, 6, 30), date(2024, 3, 31)]
    panel = sample_panel.filter(pl.col("as_of").is_in(dates))
    labels = build_labels(sample, dates=dates, output="polars")
    rows = training_rows(panel, labels, target="late30")
    model = BadDebtModel(target="late30", rung=rung, trees=10).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    model.save(tmp_path / "model")
    today = build_panel(sample, as_of=sample.settings.covers_to, output="polars")
    expected = pl.concat(
        [today.select("customer_id", "as_of"), model.predict_pd(today.drop("customer_id", "as_of"), output="polars")],
        how="horizontal",
    )
    found = spark_score(stored_sample, model=tmp_path / "model", spark=spark, buckets=5)
    assert_same_bits(collected(found), expected)


def test_what_is_no_stored_ledger_is_refused(spark: Any, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with pytest.raises(DataError, match=r"holds no ledger\.json"):
        spark_panel(folder, spark=spark)
    ledger = ledger_of(documents=[{"document_id": "D", "customer_id": "C", "document_date": "2024-01-05", "amount": 1}])
    store(ledger, folder)
    assert stored_settings(str(folder) + "/", spark) == ledger.settings
    (folder / "customers.parquet").unlink()
    with pytest.raises(DataError, match="lacks the tables customers"):
        spark_panel(folder, spark=spark)
    ledger.frame("customers", output="polars").drop("name").cast({"lei": pl.Float64}).write_parquet(
        folder / "customers.parquet"
    )
    with pytest.raises(DataError, match=r"^customers: .* Columns: name, lei\."):
        spark_panel(folder, spark=spark)
    (folder / "ledger.json").write_text("{}")
    with pytest.raises(DataError, match="not of the format"):
        spark_panel(folder, spark=spark)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"features": ["pas_due"]}, "features must be names of the catalogue"),
        ({"as_of": "2030-01-31"}, "as_of must be dates up to"),
        ({"as_of": "2024-01-31", "calendar": Calendar((date(2024, 1, 31),))}, "instead of a calendar"),
        ({"buckets": 0}, "buckets must be 1 or more"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(
    spark: Any, stored_several: str, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(CredriskError, match=message):
        spark_panel(stored_several, spark=spark, **wanted)
