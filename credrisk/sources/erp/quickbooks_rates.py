"""Currency rates of QuickBooks Online: units of the company's own currency for one unit of another, by day."""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.sources.erp.bodies import Record, day, text
from credrisk.sources.erp.postings import Postings

__all__ = ["post_rates"]


def post_rates(records: Sequence[Record], postings: Postings) -> str | None:
    """Add the rates, the last version of each currency and day; return the company's own currency where they say it.

    Rates into several currencies are no table of rates, so none is used then.
    """
    targets = {text(record.body, "TargetCurrencyCode") for record in records}
    if len(targets) != 1 or None in targets:
        for record in records:
            postings.leave_out(record, "exchange rates without one own currency")
        return None
    own = targets.pop()
    best: dict[tuple[str | None, str | None], Record] = {}
    for record in records:
        key = (text(record.body, "SourceCurrencyCode"), day(record.body, "AsOfDate"))
        held = best.get(key)
        if held is None or _changed(record) >= _changed(held):
            best[key] = record
    for record in records:
        currency, on = text(record.body, "SourceCurrencyCode"), day(record.body, "AsOfDate")
        if best[currency, on] is not record:
            postings.merge(record)
        elif currency == own:
            postings.leave_out(record, "rates of the own currency")
        else:
            postings.add("rates", record, currency=currency, date=on, rate=text(record.body, "Rate"))
    return own


def _changed(record: Record) -> str:
    return text(record.body, "MetaData", "LastUpdatedTime") or ""
