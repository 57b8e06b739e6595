"""What stands in each section of the pack's page: its question and answer, charts, short tables, large tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from credrisk.reports.book import PARTS, Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_data import recent_disputes, recent_promises
from credrisk.reports.book_tables import PAGE_TABLES
from credrisk.reports.book_views import Listed, first_rows, listed
from credrisk.reports.column import Column, money_column
from credrisk.reports.columns import TABLES
from credrisk.reports.html import measures_table
from credrisk.reports.page import Plate, drawn
from credrisk.reports.quality import worst_first

__all__ = ["Box", "Section", "book_sections"]

LONGEST = 200
"""Rows of findings and of months that the page shows."""


@dataclass(frozen=True)
class Box:
    """A large table: its key, heading, and first rows."""

    key: str
    title: str
    rows: Listed


@dataclass(frozen=True)
class Section:
    """One section of the page, in the order in which its parts are shown."""

    asked: Question
    plates: list[Plate] = field(default_factory=list)
    first: list[Listed] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    tables: list[Listed] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)


def book_sections(book: Book, questions: tuple[Question, ...]) -> list[Section]:
    """Return the sections with what is in them; what was not measured is said where it would stand."""
    made: dict[str, Callable[[Book, Question], Section]] = {
        "overview": _overview,
        "ageing": _ageing,
        "collections": _collections,
        "risk": _risk,
        "limits": _limits,
        "queue": _queue,
        "cases": _cases,
        "customers": _customers,
        "quality": _quality,
    }
    return [made.get(question.key, _bare)(book, question) for question in questions]


def _bare(book: Book, question: Question) -> Section:
    return Section(question)


def _lacking(book: Book, *names: str) -> list[tuple[str, str]]:
    return [(PARTS[name], book.missing[name]) for name in names if name in book.missing]


def _box(book: Book, key: str, title: str, frame: pl.DataFrame) -> list[Box]:
    if not frame.width:
        return []
    table = PAGE_TABLES[key]
    name = table.sort.removeprefix("-")
    ordered = frame
    if name in frame.columns:
        ordered = frame.sort(name, "customer_id", descending=[name != table.sort, False], nulls_last=True)
    if "name" not in frame.columns and "name" in book.customers.columns:
        names = book.customers.select("customer_id", "name")
        ordered = ordered.join(names, on="customer_id", how="left", maintain_order="left")
    return [Box(key, title, first_rows(key, table.caption, ordered, total=frame.height))]


DECISIONS = 6
"""Customers in each list of what needs a decision."""


def _decisions(book: Book) -> list[Listed]:
    """Return whom to contact, whose limit changes most, and who costs most: the first of each, leading to their cards."""
    frame = book.customers
    if not frame.width:
        return []
    who = pl.when(pl.col("name").is_null()).then("customer_id").otherwise("name")
    change = pl.col("recommended_limit") - pl.col("current_limit").fill_null(0.0)
    named = frame.with_columns(name=who, change=change)
    customer = Column("name", "Customer", "text", 30, "Name of the customer.")
    chosen = (
        (
            "Contact first",
            named.filter(pl.col("contact_today").fill_null(False) & (pl.col("slot") != "automatic")).sort("rank"),
            (
                Column("action", "Action", "state", 12, "What to do."),
                money_column("past_due", "Past due", "Open debit items after their due date."),
                money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
            ),
        ),
        (
            "Limits to bring down first",
            named.filter((pl.col("change") < 0) & (pl.col("net_balance") > pl.col("recommended_limit"))).sort(
                "change", "customer_id"
            ),
            (
                money_column("net_balance", "Owes", "Net balance."),
                money_column("current_limit", "Limit", "Limit in force."),
                money_column("recommended_limit", "To", "Limit recommended."),
            ),
        ),
        (
            "Expected to cost most",
            named.filter(pl.col("expected_loss") > 0).sort("expected_loss", "customer_id", descending=[True, False]),
            (
                Column("pd_12m", "PD", "probability", 8, "Probability of a bad debt within 12 months."),
                money_column("net_balance", "Owes", "Net balance."),
                money_column("expected_loss", "Loss", "Expected loss of 12 months."),
            ),
        ),
    )
    return [
        listed(title, rows.head(DECISIONS), (customer, *columns), lead=("customer", "customer_id"))
        for title, rows, columns in chosen
    ]


def _overview(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    return Section(
        question,
        first=_decisions(book),
        plates=drawn(
            ("o-ageing", "Ageing", lambda: charts.ageing_chart(book.ageing, currency=book.currency, size=PAGE)),
            ("o-dso", "Days of sales outstanding", lambda: charts.dso_chart(book.history, size=PAGE)),
            (
                "o-losses",
                "Largest expected losses",
                lambda: charts.expected_loss_chart(book.scores, currency=book.currency, size=PAGE),
            ),
        ),
    )


AGED = [
    column for column in TABLES["ageing"] if column.name not in {"customer_id", "name", "country", "as_of", "currency"}
]
KEYS = {
    "group": "Group",
    "country": "Country",
    "currency": "Currency",
    "industry": "Industry",
    "segment": "Segment",
    "collector": "Collector",
    "seller_entity": "Our company",
}
LEADS = ("country", "industry", "segment", "collector")
"""Keys that are columns of the table of all customers: a row of the short table leads to its customers."""


def _ageing(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    tables = []
    for key, frame in book.ageing_by.items():
        ordered = frame.sort("past_due", descending=True, nulls_last=True) if "past_due" in frame.columns else frame
        lead = ("customers", key) if key in LEADS else None
        column = Column(key, KEYS[key], "code", 14, f"{KEYS[key]} of the customer.")
        columns = [column, *(one for one in AGED if one.name != key)]
        tables.append(listed(f"By {KEYS[key].lower()}", ordered, columns, lead=lead))
    owing = book.customers.filter(pl.col("open_balance") != 0) if "open_balance" in book.customers.columns else None
    return Section(
        question,
        plates=drawn(
            ("ageing", "Ageing", lambda: charts.ageing_chart(book.ageing, currency=book.currency, size=PAGE)),
            ("past-due", "Past due, month by month", lambda: charts.past_due_history_chart(book.history, size=PAGE)),
        ),
        boxes=_box(book, "ageing", "Customer by customer", owing) if owing is not None else [],
        tables=tables,
    )


def _collections(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    months = book.history.sort("as_of", descending=True) if book.history.width else book.history
    names = ("as_of", "open_balance", "past_due", "share_past_due", "share_over_90", "invoiced", "received",
             "dso_countback", "dso_3m", "best_possible_dso_3m", "collection_effectiveness")  # fmt: skip
    declared = {column.name: column for column in TABLES["history"]}
    weeks = [
        Column("week_from", "From", "date", 11, "First day of the week."),
        Column("week_to", "To", "date", 11, "Last day of the week."),
        money_column("due", "Falls due", "What of the open items falls due in the week."),
        money_column("expected", "Expected", "Cash expected in the week."),
        money_column("p10", "P10", "Nine times in ten it is more."),
        money_column("p50", "P50", "As often more as less."),
        money_column("p90", "P90", "Nine times in ten it is less."),
    ]
    return Section(
        question,
        plates=drawn(
            ("dso", "Days of sales outstanding", lambda: charts.dso_chart(book.history, size=PAGE)),
            ("cash", "Cash to come", lambda: charts.cash_chart(book.cash, currency=book.currency, size=PAGE)),
        )
        if book.cash.width
        else drawn(("dso", "Days of sales outstanding", lambda: charts.dso_chart(book.history, size=PAGE))),
        tables=[
            listed("Month by month", months, [declared[name] for name in names], rows=LONGEST),
            *([listed("Cash of the coming weeks, from what is open", book.cash, weeks)] if book.cash.width else []),
        ],
        missing=_lacking(book, "history", "dso", "cei", "roll_rates", "migration", "cohorts", "bad_debt_ratio", "cash"),
    )


def _risk(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    return Section(
        question,
        plates=drawn(
            ("grades", "Grades", lambda: charts.grade_chart(book.scores, currency=book.currency, size=PAGE)),
            (
                "losses",
                "Largest expected losses",
                lambda: charts.expected_loss_chart(book.scores, currency=book.currency, size=PAGE),
            ),
            ("capture", "Ranking", lambda: charts.capture_chart(book.metrics, event=book.judged, size=PAGE)),
        ),
        boxes=_box(book, "risk", "Customer by customer", book.customers),
        tables=_measures(book),
        missing=_lacking(book, "metrics"),
    )


def _measures(book: Book) -> list[Listed]:
    """Return the back-test: a row a model or rule, a column a measure with its interval."""
    found = measures_table(book.metrics)
    if found is None:
        return []
    columns = (
        Column("model", "Model or rule", "text", 26, "The model, or the rule judged on the same rows."),
        *(Column(f"m{place}", one.words, "number", 12, one.words) for place, one in enumerate(found["measures"])),
    )
    rows = tuple(
        (name, *(f"{value} ({span})" if value and span else value for value, span in values))
        for name, _, values in found["rows"]
    )
    events = f" with {found['events']:,} {book.judged}s" if found["events"] is not None else ""
    judged = f"on {found['judged']:,} customer-dates{events}" if found["judged"] else ""
    note = f"Judged out of time {judged}; rules are judged on the same rows; in brackets 95 % intervals."
    return [Listed("How good the probabilities were", columns, rows, note=note)]


def _limits(book: Book, question: Question) -> Section:
    count = Column("customers", "Customers", "count", 10, "Customers.")
    before = money_column("before", "Limits in force", "Sum of the limits in force; none counts as nothing.")
    after = money_column("after", "Recommended", "Sum of the recommended limits.")
    owed = money_column("owed", "Net balance", "Sum of the net balances above zero.")
    tables = [
        listed(
            title, _counted_limits(book, name), (Column(name, heading, "state", 24, says), count, before, after, owed)
        )
        for title, name, heading, says in (
            ("What is recommended", "limit_action", "Limit", "Grant, raise, keep, lower or stop."),
            ("What sets the limit", "binding", "Binding constraint", "Which of the candidates sets it."),
        )
    ]
    return Section(question, boxes=_box(book, "limits", "Customer by customer", book.customers), first=tables)


def _counted_limits(book: Book, name: str) -> pl.DataFrame:
    frame = book.customers
    if name not in frame.columns:
        return pl.DataFrame()
    return (
        frame.filter(pl.col(name).is_not_null())
        .group_by(name)
        .agg(
            customers=pl.len(),
            before=pl.col("current_limit").fill_null(0.0).sort().sum(),
            after=pl.col("recommended_limit").fill_null(0.0).sort().sum(),
            owed=pl.col("net_balance").clip(lower_bound=0.0).sort().sum(),
        )
        .sort("customers", name, descending=[True, False])
    )


def _queue(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    ranked = book.customers.filter(pl.col("rank").is_not_null()) if "rank" in book.customers.columns else book.customers
    return Section(
        question,
        plates=drawn(
            (
                "gain",
                "Value of contacting",
                lambda: charts.gain_chart(book.queue, currency=book.currency, capacity=book.capacity, size=PAGE),
            )
        ),
        first=_by_collector(book),
        boxes=_box(book, "queue", "The list", ranked),
    )


def _by_collector(book: Book) -> list[Listed]:
    """Return what today holds for each collector, and why customers with something due are left in peace."""
    if not {"collector", "contact_today", "slot", "gain"} <= set(book.queue.columns):
        return []
    today = book.queue.filter(pl.col("contact_today").fill_null(False) & (pl.col("slot").fill_null("") != "automatic"))
    people = (
        today.group_by("collector")
        .agg(contacts=pl.len(), past_due=pl.col("past_due").sort().sum(), gain=pl.col("gain").sort().sum())
        .sort("gain", "collector", descending=[True, False])
    )
    held = (
        book.queue.filter(pl.col("hold").is_not_null() & (pl.col("past_due") > 0))
        .group_by("hold")
        .agg(customers=pl.len(), past_due=pl.col("past_due").sort().sum())
        .sort("past_due", "hold", descending=[True, False])
        if "hold" in book.queue.columns
        else pl.DataFrame()
    )
    late = money_column("past_due", "Past due", "Open debit items after their due date.")
    return [
        listed(
            "By collector, today",
            people,
            (
                Column("collector", "Collector", "text", 14, "Who looks after the customers."),
                Column("contacts", "Contacts", "count", 9, "Contacts by hand."),
                late,
                money_column("gain", "Gain", "Money expected to be gained by contacting now rather than not."),
            ),
        ),
        listed(
            "Left in peace, with something past due",
            held,
            (
                Column("hold", "Because of", "state", 18, "Why nobody is to contact them."),
                Column("customers", "Customers", "count", 9, "Customers held back."),
                late,
            ),
        ),
    ]


def _cases(book: Book, question: Question) -> Section:
    return Section(
        question,
        boxes=[
            *_box(book, "promises", "Promises", recent_promises(book)),
            *_box(book, "disputes", "Disputes", recent_disputes(book)),
        ],
        missing=_lacking(book, "promises", "disputes"),
    )


def _customers(book: Book, question: Question) -> Section:
    return Section(question, boxes=_box(book, "customers", "Every customer", book.customers))


def _quality(book: Book, question: Question) -> Section:
    def of(table: str) -> list[Column]:
        return [column for column in TABLES[table] if column.name != "code"]

    return Section(
        question,
        tables=[
            listed("Findings", worst_first(book.findings), of("findings"), rows=LONGEST),
            listed("Read, kept and set aside", book.intake, of("intake"), rows=LONGEST),
        ],
    )
