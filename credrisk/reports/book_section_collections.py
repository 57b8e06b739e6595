"""How collection went: days of sales, effectiveness by cash, what rolled on, what was lost, what is to come."""

from __future__ import annotations

import polars as pl

from credrisk.portfolio.benchmarks import CAVEAT
from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, declared, drawn_of, lacking, latest
from credrisk.reports.book_views import Listed, listed
from credrisk.reports.buckets import bucket_heading
from credrisk.reports.cash_lines import lines_in_words
from credrisk.reports.column import Column
from credrisk.reports.key_columns import KEY_COLUMNS, KEY_HEADINGS
from credrisk.reports.style import short_money
from credrisk.wording import percent

__all__ = ["collections_section"]


MONTHS_SHOWN = 13
DSO = ("as_of", "dso_countback", "dso_simple", "dso_3m", "dso_12m", "dso_true", "best_possible_dso_3m",
       "average_days_delinquent", "days_beyond_terms", "reason")  # fmt: skip
CEI = ("opening", "invoiced", "closing", "cash", "credit_notes", "write_offs", "other", "cei", "cei_cash", "reason")
ROLLS = ("from_bucket", "to_bucket", "months", "balance_from", "balance_to", "rate", "low", "high", "reason")
LOSSES = ("as_of", "written_off_12m", "recovered_12m", "invoiced_12m", "ratio", "reason")
WORDS = {
    "cei": "Collection effectiveness",
    "dso_3m": "DSO, 3 months",
    "best_possible_dso_3m": "Best possible DSO",
    "average_days_delinquent": "Days delinquent",
    "share_over_90": "Over 90 days past due",
}
RATES = (
    "Collection effectiveness takes the rates of the month's end, the provision's movement those of the as-of day; "
    "sums over the same write-offs differ by the moves of the rates."
)
COMPARED = ("cei", "dso_3m", "best_possible_dso_3m", "average_days_delinquent", "share_over_90")


def collections_section(book: Book, question: Question) -> Section:
    """Return how collection went, beside published medians."""
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    medians = dict(book.benchmarks.select("measure", "median").iter_rows()) if book.benchmarks.width else {}
    drawings = (
        (book.dso, "dso", "Days of sales outstanding", lambda: charts.dso_gap_chart(book.dso, size=PAGE)),
        (
            book.cei,
            "cei",
            "Collection effectiveness",
            lambda: charts.effectiveness_chart(book.cei, median=medians.get("cei"), size=PAGE),
        ),
        (book.roll_rates, "rolls", "What rolls on", lambda: charts.roll_rate_chart(book.roll_rates, size=PAGE)),
        (
            book.migration,
            "moved",
            f"What became of what was open, {book.last_month}",
            lambda: charts.item_migration_chart(book.migration, currency=book.currency, size=PAGE),
        ),
        (book.cohorts, "cohorts", "Invoices by month of issue", lambda: charts.cohort_chart(book.cohorts, size=PAGE)),
        (
            book.cash,
            "cash",
            "Cash to come",
            lambda: charts.cash_chart(book.cash, currency=book.currency, size=PAGE),
        ),
    )
    return Section(
        question,
        plates=drawn_of(*drawings),
        tables=[
            *_against_medians(book, medians),
            listed("Days of sales outstanding", latest(book.dso), declared("dso", *DSO), rows=MONTHS_SHOWN),
            listed(
                "Collection effectiveness, month by month",
                latest(book.cei),
                declared("cei", "as_of", *CEI),
                rows=MONTHS_SHOWN,
                note="A write-off or a credit note lifts the published index, though no money came.",
            ),
            *(
                listed(
                    f"Collection effectiveness {book.last_month}, by {KEY_HEADINGS[key].lower()}",
                    frame.sort("cei_cash", key, descending=[True, False], nulls_last=True),
                    (KEY_COLUMNS[key], *declared("cei", *CEI)),
                    lead=("customers", key),
                )
                for key, frame in book.cei_by.items()
            ),
            listed(
                f"Roll rates, the last {_months(book.roll_rates)} months together",
                _pooled(book.roll_rates),
                declared("roll_rates", *ROLLS),
            ),
            listed(
                "Bad-debt ratio of twelve months",
                latest(book.bad_debt_ratio),
                declared("bad_debt_ratio", *LOSSES),
                rows=MONTHS_SHOWN,
                note=f"A write-off in another currency is at the rate of its own day. {RATES}",
            ),
            *_weeks(book),
        ],
        missing=lacking(book, "history", "dso", "cei", "roll_rates", "migration", "cohorts", "bad_debt_ratio", "cash"),
    )


def _against_medians(book: Book, medians: dict[str, float]) -> list[Listed]:
    """Return our figures at the day beside the latest published medians."""
    ours: dict[str, float] = {}
    for frame in (book.history, book.dso, book.cei):
        if frame.width:
            ours |= {name: value for name, value in latest(frame).row(0, named=True).items() if value is not None}
    rows = []
    for name in COMPARED:
        if name not in medians or name not in ours:
            continue
        found = book.benchmarks.row(by_predicate=pl.col("measure") == name, named=True)
        share = found["unit"] == "share"
        said = [percent(value, 1) if share else f"{value:.1f}" for value in (ours[name], found["median"])]
        rows.append((WORDS[name], *said, found["quarter"], found["compare"]))
    if not rows:
        return []
    columns = (
        Column("measure", "Measure", "text", 24, "What is compared."),
        Column("ours", "Here", "number", 9, "At the day."),
        *declared("benchmarks", "median", "quarter", "compare"),
    )
    return [Listed("Against published medians", columns, tuple(rows), note=f"{book.benchmarks['source'][0]}. {CAVEAT}")]


def _pooled(rates: pl.DataFrame) -> pl.DataFrame:
    """Return the roll rates of all months together, the buckets in words."""
    if not rates.width:
        return rates
    words = (pl.col(name).map_elements(bucket_heading, return_dtype=pl.String) for name in ("from_bucket", "to_bucket"))
    return rates.filter(pl.col("as_of").is_null()).with_columns(words)


def _months(rates: pl.DataFrame) -> int:
    """Return the months that the rates of all together pool: those of the longest line."""
    return int(rates["as_of"].drop_nulls().n_unique()) if rates.width else 0


def _weeks(book: Book) -> list[Listed]:
    if not book.cash.width:
        return []
    columns = declared("cash", "week_from", "week_to", "due", "expected", "p10", "p50", "p90")
    lines = "; ".join(
        line if amount is None else f"{line} {short_money(amount, book.currency)}"
        for line, amount in lines_in_words(book.cash_totals).iter_rows()
    )
    return [listed("Cash of the coming weeks, from what is open today", book.cash, columns, note=f"In all: {lines}.")]
