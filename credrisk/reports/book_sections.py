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
from credrisk.reports.style import short_money

__all__ = ["Box", "Section", "book_sections"]

NOT_SHOWN = ("code", "rows_derived", "money_derived", "money_unreadable_rows")
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

    @property
    def beside(self) -> bool:
        """Whether its one chart and its two short tables stand in one row."""
        return len([plate for plate in self.plates if plate.svg]) == len(self.plates) == 1 and len(self.first) == 2


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
    """Return whom to contact, whose limit comes down and who costs most: the first of each, leading to their cards."""
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


_NOT_AGED = {"customer_id", "name", "country", "as_of", "currency", "oldest_open_days"}
AGED = [column for column in TABLES["ageing"] if column.name not in _NOT_AGED]
KEYS = {
    "group": "Group",
    "country": "Country",
    "currency": "Currency",
    "industry": "Industry",
    "segment": "Segment",
    "collector": "Collector",
    "seller_entity": "Our company",
    "customer": "Customer",
}
LEADS = ("country", "industry", "segment", "collector")
"""Keys that are columns of the table of all customers: a row of the short table leads to its customers."""


def _ageing(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    owing = book.customers.filter(pl.col("open_balance") != 0) if "open_balance" in book.customers.columns else None
    return Section(
        question,
        plates=drawn(
            ("ageing", "Ageing", lambda: charts.ageing_chart(book.ageing, currency=book.currency, size=PAGE)),
            ("past-due", "Past due, month by month", lambda: charts.past_due_history_chart(book.history, size=PAGE)),
        ),
        boxes=_box(book, "ageing", "Customer by customer", owing) if owing is not None else [],
        tables=[*_aged_by(book), *_concentration(book)],
    )


def _aged_by(book: Book) -> list[Listed]:
    tables = []
    for key, frame in book.ageing_by.items():
        ordered = frame.sort("past_due", key, descending=[True, False], nulls_last=True)
        first = [Column(key, KEYS[key], "code", 14, f"{KEYS[key]} in force on the day.")]
        if key == "group":
            ordered = ordered.with_columns(group=pl.coalesce("name", "group"))
        lead = ("customers", key) if key in LEADS else None
        note = "Each in its own currency." if key == "currency" else ""
        tables.append(listed(f"By {KEYS[key].lower()}", ordered, [*first, *AGED], lead=lead, note=note))
    return tables


def _concentration(book: Book) -> list[Listed]:
    """Return how much hangs on few, by each key, with the reason where it is not measured."""
    if not book.concentration_summary.width:
        return []
    frame = book.concentration_summary.with_columns(pl.col("by").replace_strict(KEYS, default=pl.col("by")))
    columns = (
        Column("by", "By", "text", 14, "What the debtors are put together by."),
        Column("debtors", "Debtors", "count", 9, "How many owe something."),
        Column("top_1", "Largest", "percent", 9, "Share of the largest in what is owed."),
        Column("top_5", "Five largest", "percent", 9, "Share of the five largest."),
        Column("top_10", "Ten largest", "percent", 9, "Share of the ten largest."),
        Column("top_50", "Fifty largest", "percent", 9, "Share of the fifty largest."),
        Column("herfindahl", "Herfindahl", "number", 10, "Sum of the squared shares: 1/n to 1."),
        Column("effective_number", "As of so many equal ones", "number", 12, "The inverse of Herfindahl's index."),
        Column("reason", "Not measured because", "text", 30, "Why there is no figure."),
    )
    return [listed("How much hangs on few", frame, columns, note="Owed net of own credits and unapplied cash.")]


MONTHS_SHOWN = 13
DSO_COLUMNS = (
    Column("as_of", "Month end", "date", 11, "Day that the row speaks of."),
    Column("dso_countback", "DSO, count-back", "days", 9, "Days of the latest invoicing that make up the balance."),
    Column("dso_simple", "DSO, 1 month", "days", 9, "Balance over the sales of one month, in days."),
    Column("dso_3m", "DSO, 3 months", "days", 9, "Balance over the sales of three months, in days."),
    Column("dso_12m", "DSO, 12 months", "days", 9, "Balance over the sales of twelve months, in days."),
    Column("dso_true", "True DSO", "days", 9, "Age x amount over the sales of the month of sale."),
    Column("best_possible_dso_3m", "Best possible, 3 months", "days", 9, "DSO if nothing were past due, three months."),
    Column("average_days_delinquent", "Days delinquent", "days", 9, "DSO less best possible DSO, both of 3 months."),
    Column("days_beyond_terms", "Days beyond terms", "days", 9, "Days past due of open items, weighted by money."),
    Column("reason", "Not measured because", "text", 30, "What is empty and why."),
)
CEI_COLUMNS = (
    money_column("opening", "Opening", "What was open on items but late fees when the months began."),
    money_column("invoiced", "Invoiced", "Invoices and debit notes first seen in the months."),
    money_column("closing", "Closing", "What is left at the date."),
    money_column("cash", "Cash", "Cash that cleared what was open or invoiced."),
    money_column("credit_notes", "Credit notes", "Cleared by credit notes."),
    money_column("write_offs", "Write-offs", "Written off, less what was taken back."),
    money_column("other", "Other", "Deductions, discounts, set-offs, exchange differences, rounding."),
    Column("cei", "CEI, published", "percent", 9, "Whatever cleared an item, of what could be collected."),
    Column("cei_cash", "CEI, cash only", "percent", 9, "Cash alone, of what could be collected."),
    Column("reason", "Not measured because", "text", 30, "Why there is no figure."),
)


def _collections(book: Book, question: Question) -> Section:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    drawings = [("dso", "Days of sales outstanding", lambda: charts.dso_chart(book.history, size=PAGE))]
    if book.cash.width:
        drawings.append(
            ("cash", "Cash to come", lambda: charts.cash_chart(book.cash, currency=book.currency, size=PAGE))
        )
    month = Column("as_of", "Month to", "date", 11, "Last day of the month.")
    return Section(
        question,
        plates=drawn(*drawings),
        tables=[
            listed("Days of sales outstanding", _latest(book.dso), DSO_COLUMNS, rows=MONTHS_SHOWN),
            listed(
                "Collection effectiveness, month by month",
                _latest(book.cei),
                (month, *CEI_COLUMNS),
                rows=MONTHS_SHOWN,
                note="A write-off or a credit note lifts the published index, though no money came.",
            ),
            *(
                listed(
                    f"Collection effectiveness of the last quarter, by {KEYS[key].lower()}",
                    frame.sort("cei_cash", key, descending=[True, False], nulls_last=True),
                    (Column(key, KEYS[key], "code", 14, "Whose accounts they are at the date."), *CEI_COLUMNS),
                    lead=("customers", key),
                )
                for key, frame in book.cei_by.items()
            ),
            *_weeks(book),
        ],
        missing=_lacking(book, "history", "dso", "cei", "roll_rates", "migration", "cohorts", "bad_debt_ratio", "cash"),
    )


def _latest(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("as_of", descending=True) if frame.width else frame


def _weeks(book: Book) -> list[Listed]:
    if not book.cash.width:
        return []
    columns = (
        Column("week_from", "From", "date", 11, "First day of the week."),
        Column("week_to", "To", "date", 11, "Last day of the week."),
        money_column("due", "Falls due", "What of the open items falls due in the week."),
        money_column("expected", "Expected", "Cash expected in the week."),
        money_column("p10", "P10", "Nine times in ten it is more."),
        money_column("p50", "P50", "As often more as less."),
        money_column("p90", "P90", "Nine times in ten it is less."),
    )
    lines = "; ".join(f"{line} {short_money(amount, book.currency)}" for line, amount in book.cash_totals.iter_rows())
    return [listed("Cash of the coming weeks, from what is open today", book.cash, columns, note=f"In all: {lines}.")]


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
        return [column for column in TABLES[table] if column.name not in NOT_SHOWN]

    return Section(
        question,
        tables=[
            listed("Findings", worst_first(book.findings), of("findings"), rows=LONGEST),
            listed("Read, kept and set aside", book.intake, of("intake"), rows=LONGEST),
        ],
    )
