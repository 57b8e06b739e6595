"""The pack of a ledger and a run of it ties out, tells nothing known later, and is of that very run; its command."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded
from polars.testing import assert_frame_equal

from credrisk import Ledger, run
from credrisk.cli.report import write_items
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.pipeline.portfolio_measures import measure_portfolio
from credrisk.pipeline.report_job import book_of
from credrisk.pipeline.stored_run import read_run
from credrisk.reports import book_cards
from credrisk.reports.book import Book
from credrisk.reports.book_answers import asked
from credrisk.reports.book_section_provision import provision_section
from credrisk.reports.buckets import buckets_among

DAY = date(2025, 6, 30)
SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def ledger():
    return Ledger.read(SAMPLE)


@pytest.fixture(scope="module")
def made(ledger, tmp_path_factory):
    """A run of a day half a year before the ledger ends, and where it was written."""
    folder = tmp_path_factory.mktemp("run") / "results"
    return run(ledger, as_of=DAY, out=folder, back_tests=False), folder


@pytest.fixture(scope="module")
def book(ledger, made):
    return book_of(ledger, made[1])


def test_the_stored_tables_are_those_of_the_run(ledger, made):
    result, folder = made
    stored = read_run(folder, ledger=ledger, policy=Policy.default())
    assert stored.as_of == DAY
    for name in ("scores", "limits", "queue"):
        held, own = getattr(stored, name), pl.from_pandas(getattr(result, name))
        own = own.with_columns(pl.col(pl.Datetime).dt.date()).select(held.columns)
        for column in held.columns:
            if own[column].null_count() == own.height:
                assert held[column].null_count() == held.height
                continue
            loose = own.schema[column].is_numeric()
            assert_frame_equal(
                held.select(pl.col(column).cast(pl.Float64) if loose else pl.col(column)),
                own.select(pl.col(column).cast(pl.Float64) if loose else pl.col(column)),
                abs_tol=0.005,
                rel_tol=1e-3,
            )
            assert held.schema[column] == own.schema[column] or loose, column


def test_customers_items_and_trail_tie_out_to_the_ageing(book):
    buckets = buckets_among(book.ageing.columns)
    for name in (*buckets, "late_fees", "open_credits", "open_balance", "unapplied_cash", "net_balance"):
        assert book.customers[name].sum() == pytest.approx(book.ageing[name].sum(), abs=0.005), name
    by_bucket = dict(book.items.group_by("bucket").agg(pl.col("open_in_currency").sum()).iter_rows())
    # Items are translated one by one, the ageing customer by customer: half a cent for each of them.
    for name in (*buckets, "late_fees", "open_credits"):
        assert by_bucket.get(name, 0.0) == pytest.approx(book.ageing[name].sum(), abs=0.005 * book.items.height), name
    late = book.items.filter(pl.col("bucket").str.starts_with("past_due"))
    assert (late["days_past_due"] > 0).all()
    last = book.trail.filter(pl.col("as_of") == DAY).join(book.customers, on="customer_id", suffix="_now")
    assert last.height > 500
    assert (last["net_balance"] - last["net_balance_now"]).abs().max() < 0.005
    assert last["credit_limit"].fill_null(-1.0).to_list() == last["current_limit"].fill_null(-1.0).to_list()


def test_the_provision_is_bridged_from_the_expected_loss_of_the_overview(book):
    section = provision_section(book, next(one for one in asked(book) if one.key == "provision"))
    amounts = [float(row[1].replace(",", "")) for row in section.tables[0].rows]
    year, beyond, life, rates, specific, without, allowance = amounts
    assert section.tables[0].title.startswith("From the expected loss of a year to the allowance")
    assert year == pytest.approx(book.scores["expected_loss"].sum(), abs=0.005)
    assert allowance == pytest.approx(book.provision.total, abs=0.005)
    assert year + beyond == pytest.approx(life, abs=0.011)
    assert life + rates + specific + without == pytest.approx(allowance, abs=0.021)
    compared = book.provision.reconciliation
    assert rates == pytest.approx(compared["level"].sum() + compared["own_risk"].sum(), abs=0.005)
    assert without == pytest.approx(compared.filter(pl.col("expected_loss").is_null())["allowance"].sum(), abs=0.011)
    assert 0 < life < year


def test_disputed_and_promised_items_are_those_of_the_cases(book):
    running = book.disputes.filter(pl.col("ended_on").is_null())
    assert running["disputed"].sum() > 0
    assert book.items["disputed"].sum() == pytest.approx(running["disputed"].sum(), abs=0.005 * running.height)
    promised = dict(book.items.drop_nulls("promised_on").select("document_id", "promised_on").iter_rows())
    open_ones = book.promises.filter((pl.col("state") == "open") & pl.col("document_id").is_not_null())
    for document, day in promised.items():
        assert open_ones.filter(pl.col("document_id") == document)["due_on"].max() == day


def test_every_customer_of_the_run_is_there_once_largest_first(book, made):
    assert sorted(book.customers["customer_id"]) == sorted(made[0].scores["customer_id"])
    balances = book.customers["net_balance"].to_list()
    assert balances == sorted(balances, reverse=True)
    use = book.customers.filter(pl.col("current_limit") > 0)
    assert (use["utilisation"] - use["net_balance"].clip(lower_bound=0.0) / use["current_limit"]).abs().max() < 1e-12
    assert book.customers.filter(pl.col("current_limit").fill_null(0.0) <= 0)["utilisation"].null_count() > 0


def test_nothing_known_later_is_told(ledger, made, book):
    before = book_of(ledger.cut(DAY), made[1])
    differ = {"findings", "intake", "provision"}
    for name in sorted(set(Book.__dataclass_fields__) - differ):
        ours, theirs = getattr(book, name), getattr(before, name)
        if isinstance(ours, pl.DataFrame):
            assert_frame_equal(ours, theirs)
        elif isinstance(ours, dict) and any(isinstance(value, pl.DataFrame) for value in ours.values()):
            assert list(ours) == list(theirs)
            for key, frame in ours.items():
                assert_frame_equal(frame, theirs[key])
        else:
            assert ours == theirs, name
    assert book.provision.total == before.provision.total
    days = [frame[name].drop_nulls().max() for frame, name in (
        (book.items, "document_date"), (book.promises, "made_on"), (book.disputes, "opened_on"),
        (book.customers, "last_contact_on"), (book.history, "as_of"), (book.trail, "as_of"))]  # fmt: skip
    assert max(days) == DAY
    assert book.covers[1] == DAY


def test_what_is_missing_has_its_reason(ledger, made, book):
    assert book.missing["metrics"] == "The run made no back-test."
    assert set(book.missing) == {"metrics"}


def test_another_run_and_a_changed_file_are_refused(ledger, made, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    for path in made[1].iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ParameterError, match="a run of 2025-12-31"):
        book_of(ledger, folder, as_of=date(2025, 12, 31))
    (folder / "queue.csv").write_text("rank,customer_id\n1,C001\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"queue\.csv is not the file that the run wrote"):
        book_of(ledger, folder)


def test_the_pack_is_written_and_not_replaced_unasked(made, tmp_path):
    pack = tmp_path / "pack"
    said = succeeded("report", SAMPLE, "--results", made[1], "--out", pack, "--title", "Our <book>").out
    assert sorted(path.name for path in pack.iterdir()) == ["pack.html", "pack.xlsx"]
    assert "% of the open debit items past due" in said
    assert "Not measured: The run made no back-test." in said
    size, customers = (pack / "pack.html").stat().st_size / 1e6, made[0].scores.shape[0]
    assert f"pack.html ({size:.1f} MB) and pack.xlsx, {customers} customers" in said
    text = (pack / "pack.html").read_text(encoding="utf-8")
    assert "<title>Our &lt;book&gt;, 2025-06-30</title>" in text
    assert "--overwrite" in refused("report", SAMPLE, "--results", made[1], "--out", pack)
    assert (pack / "pack.html").read_text(encoding="utf-8") == text


def test_items_that_no_card_shows_are_listed_in_full(book, tmp_path, monkeypatch):
    place = tmp_path / "open-items.csv"
    assert not write_items(place, book)
    assert not place.exists()
    monkeypatch.setattr(book_cards, "ITEMS_A_CARD", 2)
    assert write_items(place, book)
    held = pl.read_csv(place, schema_overrides={"customer_id": pl.String}, try_parse_dates=True)
    assert held["document_id"].to_list() == book.items["document_id"].to_list()
    assert held["open_in_currency"].sum() == pytest.approx(book.items["open_in_currency"].sum(), abs=0.01)


def test_a_run_of_another_ledger_or_of_none_is_refused(made, tmp_path):
    assert "the folder of a finished credrisk run" in refused(
        "report", SAMPLE, "--results", tmp_path, "--out", tmp_path / "pack"
    )
    assert "a run in USD" in refused(
        "report", SAMPLE, "--results", made[1], "--currency", "USD", "--out", tmp_path / "pack"
    )
    assert not (tmp_path / "pack").exists()


def test_the_portfolio_command_measures_the_same(ledger, book):
    """Two commands, one figure: what both tell of the day is the same, row by row."""
    other = measure_portfolio(ledger, as_of=DAY, by="group", months=24)
    for name in ("history", "dso", "roll_rates", "cohorts", "utilisation"):
        ours, theirs = getattr(book, name), getattr(other, name)
        if "as_of" in ours.columns:
            shared = set(ours["as_of"].drop_nulls()) & set(theirs["as_of"].drop_nulls())
            assert max(shared) == DAY, name
            ours, theirs = (frame.filter(pl.col("as_of").is_in(list(shared))) for frame in (ours, theirs))
        assert_frame_equal(ours, theirs, check_row_order=False)
    shared = set(book.cei["as_of"]) & set(other.effectiveness["as_of"])
    for ours, theirs in ((book.cei, other.effectiveness), (book.bad_debt_ratio, other.bad_debt)):
        assert_frame_equal(*(frame.filter(pl.col("as_of").is_in(list(shared))) for frame in (ours, theirs)))
    assert_frame_equal(book.concentration["customer"], other.concentration)
    summaries = other.concentration_summary.join(book.concentration_summary.select("by"), on="by", how="semi")
    assert_frame_equal(book.concentration_summary.sort("by"), summaries.sort("by"))
    assert_frame_equal(book.ageing_by["group"], other.ageing)
    assert other.whole["open_balance"].item() == pytest.approx(book.ageing["open_balance"].sum(), abs=0.005)
    assert book.roll_rates.filter(pl.col("as_of").is_null()).height > 0


def test_the_groups_of_the_cards_are_those_of_the_ageing(book):
    by_card = book.customers.group_by("group").agg(pl.sum("net_balance")).filter(pl.col("net_balance").abs() > 0.005)
    by_group = book.ageing_by["group"].select("group", theirs="net_balance").filter(pl.col("theirs").abs() > 0.005)
    both = by_card.join(by_group, on="group", how="full")
    assert both.null_count().sum_horizontal().item() == 0
    assert (both["net_balance"] - both["theirs"]).abs().max() < 0.005
