"""Today's list on one page: our own work first, each collector's contacts with what to say, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from credrisk.decisions.queue_lists import INTERNAL_TASKS
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.queue_day import QueueDay
from credrisk.reports.style import short_money, truncated, whole_figure
from credrisk.wording import counted, percent

__all__ = ["queue_page"]

SHOWN, NAME, NOTE = 12, 30, 44
PLACES = {"insurer": "insurer", "pin": "pinned", "coverage": "small account", "explore": "drawn"}
"""Said beside a contact that is not on the list for its gain."""


def queue_page(day: QueueDay) -> str:
    """Return the page as text: it needs nothing beside it."""
    automatic = day.automatic()
    people = [
        {
            "name": person.name,
            "says": person.says(day.currency),
            "rows": [_contact(row, day) for row in _rows(person.rows)],
        }
        for person in day.collectors()
    ]
    return rendered(
        "queue.html",
        currency=day.currency,
        currency_name=day.currency,
        as_of=day_in_words(day.as_of),
        headline=day.headline(),
        people=people,
        automatic=_automatic_words(automatic, day),
        held=day.held(),
        plates=_plates(day),
        first=[table for table in (_internal(day),) if table.rows],
        tables=[table for table in (_roll_over(day), _disputes(day)) if table.rows],
        notes=list(day.notes),
        policy=day.policy,
        draw=day.draw,
    )


def _plates(day: QueueDay) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts import Size

    wide = Size(560, 250, titled=False)
    return drawn(
        ("worth", "What contacting gains", lambda: charts.gain_chart(day.queue, currency=day.currency, size=wide))
    )


def _contact(row: dict[str, Any], day: QueueDay) -> dict[str, Any]:
    marks = [PLACES[row["slot"]]] if row["slot"] in PLACES else []
    if row["insurer_deadline"] is not None and row["slot"] == "insurer":
        marks = [f"insurer by {day_in_words(row['insurer_deadline'])}"]
    if row["desk"] is not None:
        marks.append(f"desk {truncated(str(row['desk']), NAME)}")
    return {
        "rank": f"{row['rank']:,.0f}",
        "customer": row["customer_id"],
        "name": truncated(str(row["name"] or ""), NAME),
        "action": str(row["action"]).replace("_", " "),
        "minutes": f"{row['minutes']:,.0f}" if row["minutes"] else "with it",
        "chased": whole_figure(row["chased"]),
        "oldest": "" if row["oldest_open_days"] is None else f"{row['oldest_open_days']:,.0f}",
        "gain": f"{row['gain']:,.2f}",
        "marks": marks,
        "points": row["talking_points"] or "",
        "hand": row["hand"] or "",
    }


def _automatic_words(rows: pl.DataFrame, day: QueueDay) -> str:
    if rows.is_empty():
        return ""
    kinds = rows["action"].unique().sort().to_list()
    what = " and ".join(str(kind).replace("_", " ") for kind in kinds)
    worth = short_money(float(rows["gain"].sum()), day.currency)
    return f"{what.capitalize()} to {counted(rows.height, 'account')}, worth {worth}, take nobody's time."


def _internal(day: QueueDay) -> ShortTable:
    rows = tuple(
        (
            row["says"][:1].upper() + row["says"][1:],
            row["customer_id"],
            _name(day, row),
            row["document_id"] or "",
            whole_figure(row["amount"]),
        )
        for row in _rows(day.internal, SHOWN)
    )
    counts = day.internal.group_by("task").len()
    said = ", ".join(
        f"{dict(counts.iter_rows())[task]:,} x {words}"
        for task, words in INTERNAL_TASKS.items()
        if task in counts["task"].to_list()
    )
    title = f"First, in our own house{_of(day.internal)}"
    return ShortTable(
        f"{title}: {said}" if said else title, ("What", "Customer", "Name", "Document", f"{day.currency}"), rows, (4,)
    )


def _roll_over(day: QueueDay) -> ShortTable:
    known = day.roll_over["probability"].is_not_null().any()
    rows = tuple(
        (
            row["customer_id"],
            _name(day, row),
            f"{row['threshold_days']} days",
            f"{row['passes_on']:%-d %B}",
            whole_figure(row["amount"]),
            *(("-" if row["probability"] is None else percent(row["probability"]),) if known else ()),
            *(("-" if row["expected_amount"] is None else whole_figure(row["expected_amount"]),) if known else ()),
        )
        for row in _rows(day.roll_over, SHOWN)
    )
    sums = []
    for days in (60, 90):
        own = day.roll_over.filter(pl.col("threshold_days") == days)
        if own.height:
            expected = own["expected_amount"].sum() if own["expected_amount"].is_not_null().all() else None
            likely = "" if expected is None else f", {short_money(float(expected), day.currency)} expected"
            sums.append(f"{short_money(float(own['amount'].sum()), day.currency)} passes {days} days{likely}")
    headings = [
        "Customer",
        "Name",
        "Passes",
        "First on",
        f"{day.currency}",
        *(("Likely open", "Expected") if known else ()),
    ]
    title = f"Within 30 days, unless it is paid: {'; '.join(sums)}"
    return ShortTable(title, tuple(headings), rows, tuple(range(4, len(headings))))


def _disputes(day: QueueDay) -> ShortTable:
    rows = tuple(
        (
            row["owner"] or "nobody stated",
            row["customer_id"],
            _name(day, row),
            row["document_id"],
            truncated(str(row["reason"] or "").replace("_", " "), NOTE),
            f"{row['open_days']:,}",
            whole_figure(row["disputed"]),
        )
        for row in _rows(day.disputes, SHOWN)
    )
    total = short_money(float(day.disputes["disputed"].sum()), day.currency)
    return ShortTable(
        f"Disputes for their owners{_of(day.disputes)}: {total}",
        ("Owner", "Customer", "Name", "Document", "Reason", "Days open", f"{day.currency}"),
        rows,
        (5, 6),
    )


def _name(day: QueueDay, row: dict[str, Any]) -> str:
    return truncated(str(day.names.get(row["customer_id"]) or ""), NAME)


def _of(frame: pl.DataFrame) -> str:
    return f" ({SHOWN} of {frame.height:,})" if frame.height > SHOWN else ""


def _rows(frame: pl.DataFrame, most: int | None = None) -> Iterable[dict[str, Any]]:
    return (frame if most is None else frame.head(most)).iter_rows(named=True)
