"""The pages of `credrisk replay`: the queue and its rivals where the truth is known, and on the seller's own past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from credrisk.reports.case_page import CaseTable, case_page, case_table
from credrisk.reports.months import day_in_words
from credrisk.reports.page import drawn
from credrisk.reports.style import short_figure, short_money
from credrisk.wording import percent

__all__ = [
    "history_headline",
    "history_page",
    "history_sentences",
    "history_tables",
    "world_headline",
    "world_page",
    "world_sentences",
    "world_tables",
]

RIVALS = ("oldest_first", "largest_first", "risk_x_amount", "random")
WORDS = {
    "queue": "queue",
    "oldest_first": "oldest first",
    "largest_first": "largest first",
    "risk_x_amount": "risk x amount",
    "random": "random",
    "nobody": "nobody contacted",
    "as_made": "as really made",
}
MEASURES = {
    "cash_ahead": "Cash ahead, on an average day",
    "cash_30": "Cash by day 30",
    "cash_60": "Cash by day 60",
    "cash_90": "Cash by day 90",
    "over_60": "Over 60 days, at the end",
    "over_90": "Over 90 days, at the end",
    "dso_days": "DSO at the end, days",
    "gain": "Gain of the contacts",
    "contacts": "Contacts used",
    "penetration": "Penetration",
}
OUTCOMES = {"over_60": "past 60 days", "over_90": "past 90 days", "bad": "turned bad"}
WHOLE_THOUSANDS = 1e6
"""Cash from so much on is written in thousands: three figures would hide what the lists differ by."""
PAID = {"paid_30": "within 30 days", "paid_90": "within 90 days"}


def world_sentences(summary: pl.DataFrame, *, seeds: int, currency: str) -> list[str]:
    """Say how the queue compares with each rival in gain and in cash ahead, and how sure that is."""
    said = []
    for measure, name in (("gain", "True gain of the contacts"), ("cash_ahead", "Cash in hand on an average day")):
        rows = summary.filter((pl.col("measure") == measure) & pl.col("ranking").is_in(RIVALS))
        by_verdict: dict[str, list[str]] = {"more than": [], "less than": [], "not told apart from": []}
        for row in rows.iter_rows(named=True):
            if row["less_queue"] is None:
                continue
            low, high = row["less_queue_low"], row["less_queue_high"]
            unsure = low is None or high is None or low <= 0 <= high
            verdict = "not told apart from" if unsure else "more than" if high < 0 else "less than"
            by_verdict[verdict].append(f"{WORDS[row['ranking']]} ({_signed(-row['less_queue'])})")
        parts = [f"{verdict} {_listed(names)}" for verdict, names in by_verdict.items() if names]
        if parts:
            said.append(f"{name}: the queue brings {'; '.join(parts)}.")
    if said:
        how = (
            "told apart where its 95 % interval holds only one sign" if seeds > 1 else "one seller tells nothing apart"
        )
        said.append(f"In brackets the queue less the other, {currency}, mean of {seeds} simulated sellers; {how}.")
    return said


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{short_figure(value)}"


def world_tables(summary: pl.DataFrame, *, currency: str) -> list[CaseTable]:
    """Return the measures by ranking, and the differences to the queue with their intervals."""
    rankings = [name for name in WORDS if name in summary["ranking"].unique()]
    cells = {(row["ranking"], row["measure"]): row for row in summary.iter_rows(named=True)}
    measures = [name for name in MEASURES if (rankings[0], name) in cells]
    values = tuple(
        (MEASURES[name], *(_value(cells[ranking, name]["mean"], name) for ranking in rankings)) for name in measures
    )
    against = tuple(
        (MEASURES[name], *(_difference(cells[ranking, name], name) for ranking in rankings if ranking != "queue"))
        for name in measures
    )
    others = [WORDS[name].capitalize() for name in rankings if name != "queue"]
    width = tuple(range(1, len(rankings) + 1))
    return [
        CaseTable(
            f"What each way of choosing brings ({currency}; mean of the sellers)",
            ("", *(WORDS[name].capitalize() for name in rankings)),
            values,
            width,
            note="Gain: the true expected gain of each contact, loss avoided and time won less cost, summed up.",
        ),
        CaseTable(
            f"Less the queue, with 95 % intervals ({currency}; paired by seller)",
            ("", *others),
            against,
            width[:-1],
            note="Negative in cash and gain: the queue brings more. An interval around 0 tells them not apart.",
        ),
    ]


def world_page(
    days: pl.DataFrame,
    summary: pl.DataFrame,
    *,
    as_of: date,
    seeds: int,
    customers: int,
    length: int,
    world: str,
    currency: str,
    headline: str,
    sentences: Sequence[str],
    policy: str,
) -> str:
    """Return the page of the simulated sellers."""
    from credrisk.reports import charts
    from credrisk.reports.charts import Size

    size = Size(500, 330, titled=False)
    plates = drawn(
        ("cash", "Cash", lambda: charts.extra_cash_chart(days, currency=currency, size=size)),
        ("over60", "Over 60 days", lambda: charts.old_receivables_chart(days, over=60, currency=currency, size=size)),
        ("over90", "Over 90 days", lambda: charts.old_receivables_chart(days, over=90, currency=currency, size=size)),
    )
    return case_page(
        kind="Replay of the collection queue: simulated sellers",
        as_of=as_of,
        when=f"{seeds} simulated sellers of {customers:,} customers, {length} days each, world “{world}”.",
        currency=currency,
        headline=headline,
        sentences=sentences,
        plates=plates,
        tables=world_tables(summary, currency=currency),
        footer=f"Made by credrisk under policy {policy}. Simulated sellers show how the lists compare where the truth "
        "is known; they are not yours. Every ranking chooses among the same accounts, with the same capacity, takes "
        "the same action on an account and meets the same luck. All figures: summary.csv, seeds.csv and days.csv.",
    )


def history_sentences(overlap: pl.DataFrame, value: pl.DataFrame, *, capacity: str, learnt: str) -> list[str]:
    """Say what the lists are, how far they agree with what was done, and whether any value can be told."""
    queue = overlap.filter(pl.col("ranking") == "queue").row(0, named=True)
    said = [f"{queue['lists']:,} lists, each made of what was known the day before. Capacity: {capacity}."]
    if queue["listed_contacted"] is not None:
        said.append(
            f"{percent(queue['listed_contacted'])} of the places on the queue's lists were accounts that the team "
            "contacted from that day to the next list."
        )
    else:
        said.append("The ledger holds no contacts in this time, so the lists cannot be compared with what was done.")
    said.append(learnt)
    said.append(
        "Which money a list held before it grew old is descriptive: it does not say that a contact would have changed "
        "it."
    )
    unknown = value.filter(pl.col("status") == "not_identified")
    if unknown.height == value.height and value.height:
        said.append(f"What another list would have brought is not identified: {unknown['said'][0]}")
    return said


def history_tables(
    overlap: pl.DataFrame, caught: pl.DataFrame, value: pl.DataFrame, *, currency: str
) -> list[CaseTable]:
    """Return the overlap, the money listed before, and the off-policy values."""
    by_money = caught.with_columns(
        pl.col("ranking").replace_strict(WORDS), what=pl.col("outcome").replace_strict(OUTCOMES)
    )
    tables = [
        case_table(
            f"Money that was on a list before it grew old or turned bad ({currency})",
            by_money,
            [
                ("what", "Came to", "text"),
                ("ranking", "List", "text"),
                ("money", "Money", "money"),
                ("share_listed", "Listed before", "share"),
                ("median_days", "Days ahead, median", "days"),
            ],
            note="Items that fell due and first bad debts that came in the time of the replay. Descriptive, no effect.",
        ),
        case_table(
            "The lists beside the contacts really made",
            overlap.with_columns(pl.col("ranking").replace_strict(WORDS)),
            [
                ("ranking", "List", "text"),
                ("places", "Places", "count"),
                ("listed_contacted", "Listed and contacted", "share"),
                ("contacts_listed", "Contacted and listed", "share"),
                ("same_as_queue", "Also on the queue's", "share"),
                ("penetration", "Penetration", "share"),
            ],
        ),
    ]
    known = value.filter(pl.col("status") == "identified")
    if known.height:
        told = value.with_columns(
            pl.col("ranking").replace_strict(WORDS), when=pl.col("outcome").replace_strict(PAID, default="-")
        )
        tables.append(
            case_table(
                f"What the lists would have brought, by the logged chances ({currency} per account and list)",
                told,
                [
                    ("when", "Received", "text"),
                    ("ranking", "List", "text"),
                    ("method", "Estimate", "text"),
                    ("value", "Value", "money"),
                    ("lower", "From", "money"),
                    ("upper", "To", "money"),
                    ("ess", "Effective offers", "days"),
                    ("status", "Status", "text"),
                    ("said", "Because", "text"),
                ],
                note="SNIPS and doubly robust, 95 % intervals by customer. Money received of what was past due then.",
            )
        )
    return tables


def history_page(
    overlap: pl.DataFrame,
    caught: pl.DataFrame,
    value: pl.DataFrame,
    *,
    first: date,
    last: date,
    currency: str,
    headline: str,
    sentences: Sequence[str],
    policy: str,
) -> str:
    """Return the page of the seller's own past."""
    from credrisk.reports import charts
    from credrisk.reports.charts import Size

    size = Size(560, 400, titled=False)
    return case_page(
        kind="Replay of the collection queue: your own past",
        as_of=last,
        when=f"Lists from {day_in_words(first)} to {day_in_words(last)}.",
        currency=currency,
        headline=headline,
        sentences=sentences,
        plates=drawn(
            ("caught", "Listed before", lambda: charts.caught_chart(caught, currency=currency, size=size)),
        ),
        tables=history_tables(overlap, caught, value, currency=currency),
        footer=f"Made by credrisk under policy {policy}. Every list is in lists.csv beside this page, the tables in "
        "caught.csv, overlap.csv and value.csv.",
    )


def history_headline(caught: pl.DataFrame) -> str:
    """Say how much of the money that passed 60 days the queue had listed before."""
    row = caught.filter((pl.col("outcome") == "over_60") & (pl.col("ranking") == "queue")).row(0, named=True)
    if row["share_listed"] is None:
        return "No money passed 60 days in the time of the replay"
    return f"The queue would have listed {percent(row['share_listed'])} of what passed 60 days, before it did"


def world_headline(summary: pl.DataFrame, *, currency: str) -> str:
    """Say what the queue has ahead of no contacts, and of the best rival, on an average day."""
    rows = summary.filter(pl.col("measure") == "cash_ahead")
    mean = dict(rows.select("ranking", "mean").iter_rows())
    best = max(RIVALS, key=lambda name: mean[name])
    return (
        f"On an average day {short_money(mean['queue'], currency)} more in hand under the queue than without contacts, "
        f"{short_money(mean[best], currency)} under {WORDS[best]}"
    )


def _value(value: float | None, measure: str) -> str:
    if value is None:
        return "–"
    if measure == "penetration":
        return percent(value)
    if measure in ("dso_days", "contacts"):
        return f"{round(value, 1) + 0.0:,.1f}"
    if measure.startswith("cash_") and abs(value) >= WHOLE_THOUSANDS:
        return f"{value / 1000:,.0f} k"
    return short_figure(value)


def _difference(row: dict[str, float | None], measure: str) -> str:
    value, low, high = row["less_queue"], row["less_queue_low"], row["less_queue_high"]
    if value is None:
        return "–"
    if measure == "penetration":
        points = [f"{100 * each:+.0f}" for each in (value, low, high) if each is not None]
        return f"{points[0]} points" + (f" ({points[1]} to {points[2]})" if len(points) > 1 else "")
    between = "" if low is None or high is None else f" ({_value(low, measure)} to {_value(high, measure)})"
    return _value(value, measure) + between


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
