"""Open promises as entries of a calendar: on the day after the grace the money is there, or somebody calls."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_state import promises_with_state
from credrisk.errors import ParameterError
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.reports.letters.clean import clean
from credrisk.wording import money

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["follow_up_calendar", "promise_follow_ups"]


@overload
def promise_follow_ups(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def promise_follow_ups(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["polars"]
) -> pl.DataFrame: ...
def promise_follow_ups(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: str = "pandas"
) -> Any:
    """Return the open promises with the day on which each is broken unless the money came.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``promise_id, customer_id, name, document_id`` (null: on account), ``due_on, follow_up_on`` (the day after due
        date and grace) and ``outstanding`` (major units of the ledger's currency; null where no amount was named).
        By day, customer and promise.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    seen = ledger.cut(day)
    states = promises_with_state(
        seen, day, movements=item_movements(seen), grace_days=policy.collection.promise_grace_days
    )
    names = seen.table("customers").select("customer_id", "name")
    found = (
        states.filter(pl.col("state") == "open")
        .join(names, on="customer_id", how="left")
        .select(
            "promise_id",
            "customer_id",
            "name",
            "document_id",
            "due_on",
            pl.col("deadline").dt.offset_by("1d").alias("follow_up_on"),
            "outstanding",
        )
        .sort("follow_up_on", "customer_id", "promise_id")
    )
    return given_out(found, output)


def follow_up_calendar(follow_ups: pl.DataFrame, *, as_of: date, currency: str) -> bytes:
    """Return promises, as :func:`promise_follow_ups` gives them, as an .ics: an entry for the whole day each.

    The same promise has the same identity in every file, so that reading a later one in does not double it.

    Raises
    ------
    ParameterError
        When icalendar is not installed.
    """
    try:
        from icalendar import Alarm, Calendar, Event
    except ModuleNotFoundError:
        raise ParameterError(
            "format",
            "without promises.ics while icalendar is not installed",
            "ics",
            remedy="pip install 'credrisk[letters]'.",
        ) from None
    calendar = Calendar()
    calendar.add("prodid", "-//credrisk//promise follow-ups//EN")
    calendar.add("version", "2.0")
    made = datetime.combine(as_of, time(0), tzinfo=UTC)
    for row in follow_ups.iter_rows(named=True):
        who = clean(row["name"]) or clean(row["customer_id"])
        amount = "a payment" if row["outstanding"] is None else money(row["outstanding"], currency)
        what = f"document {clean(row['document_id'])}" if row["document_id"] else "on account"
        event = Event()
        identity = hashlib.sha256(row["promise_id"].encode("utf-8", "surrogatepass")).hexdigest()[:24]
        event.add("uid", f"{identity}@credrisk")
        event.add("dtstamp", made)
        event.add("dtstart", row["follow_up_on"])
        event.add("dtend", row["follow_up_on"] + timedelta(days=1))
        event.add("summary", f"Promise of {who}: has {amount} come?")
        event.add(
            "description",
            f"Customer {clean(row['customer_id'])} promised {amount} ({what}) for {row['due_on'].isoformat()}. "
            f"Promise {clean(row['promise_id'])}.",
        )
        event.add("transp", "TRANSPARENT")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"Promise of {who}")
        alarm.add("trigger", timedelta(hours=9))
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
