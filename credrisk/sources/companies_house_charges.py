"""Charges registered at Companies House: what a company has pledged, when, and when it was released.

A charge is known from the day on which it was delivered for registration (a company has 21 days for that), its
satisfaction from the day on which that was delivered. Who is entitled is not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.companies_house_client import PAGES, iso_date, listed, text_of
from credrisk.sources.uk_proceedings import one_per_key

__all__ = ["charge_events", "charge_facts"]

SATISFIED = ("satisfied", "fully-satisfied")
"""Statuses of a charge that secures nothing any more; ``part-satisfied`` and ``outstanding`` still do."""
CREATED = ("create-", "acquire-", "debenture-", "series-of-debentures")
SATISFACTION = "charge-satisfaction"


def charge_events(items: Iterable[Mapping[str, Any]], *, number: str, retrieved_at: date) -> list[dict[str, Any]]:
    """Return ``charge_registered`` and ``charge_satisfied``, by charge.

    Parameters
    ----------
    retrieved_at
        The day on which the list was fetched: from then on a satisfaction is known for which the register shows no
        filing.

    Raises
    ------
    SourceError
        When a charge has no date, or belongs to another company.
    """
    events = []
    for charge in items:
        registered, satisfied = _known(charge, retrieved_at)
        named, url = _named(charge), _url(charge, number)
        created = charge.get("created_on") or charge.get("acquired_on")
        made = iso_date(created, "the creation of a charge") if created else registered
        events.append(
            {
                "kind": "charge_registered",
                "happened_on": min(made, registered),
                "known_at": registered,
                "url": url,
                "text": f"{named} was registered{_scope(charge)}",
            }
        )
        if satisfied is not None:
            stated = charge.get("satisfied_on")
            done = iso_date(stated, "the satisfaction of a charge") if stated else satisfied
            events.append(
                {
                    "kind": "charge_satisfied",
                    "happened_on": min(done, satisfied),
                    "known_at": satisfied,
                    "url": url,
                    "text": f"{named} was satisfied",
                }
            )
    return one_per_key(events)


def charge_facts(items: Iterable[Mapping[str, Any]], *, number: str, retrieved_at: date) -> list[dict[str, Any]]:
    """Return ``charges_outstanding``: how many charges stood at the end of each day on which the number changed."""
    steps: dict[date, int] = {}
    for charge in items:
        registered, satisfied = _known(charge, retrieved_at)
        steps[registered] = steps.get(registered, 0) + 1
        if satisfied is not None:
            steps[satisfied] = steps.get(satisfied, 0) - 1
    facts, standing = [], 0
    for day in sorted(steps):
        standing += steps[day]
        facts.append(
            {
                "measure": "charges_outstanding",
                "period_end": day,
                "value": float(standing),
                "unit": "count",
                "known_at": day,
                "url": f"{PAGES}/company/{number}/charges",
            }
        )
    return facts


def _known(charge: Mapping[str, Any], retrieved_at: date) -> tuple[date, date | None]:
    """The days on which the charge and its satisfaction (None: it stands) became public."""
    if not isinstance(charge.get("status"), str):
        raise SourceError("a charge has no status.")
    filings = listed(charge, "transactions")
    created = charge.get("delivered_on") or _delivered(filings, CREATED)
    registered = iso_date(created, "the delivery of a charge") if created else retrieved_at
    if charge.get("status") not in SATISFIED and not charge.get("satisfied_on"):
        return registered, None
    released = _delivered(filings, (SATISFACTION,))
    known_at = iso_date(released, "the delivery of a satisfaction") if released else retrieved_at
    return registered, max(known_at, registered)


def _delivered(filings: Iterable[Mapping[str, Any]], beginnings: tuple[str, ...]) -> str | None:
    days = [
        str(filing["delivered_on"])
        for filing in filings
        if str(filing.get("filing_type") or "").startswith(beginnings) and filing.get("delivered_on")
    ]
    return max(days, default=None)


def _named(charge: Mapping[str, Any]) -> str:
    code = text_of(charge.get("charge_code"))
    running = charge.get("charge_number")
    return f"charge {code or running}" if code or running is not None else "a charge"


def _scope(charge: Mapping[str, Any]) -> str:
    particulars = charge.get("particulars")
    if isinstance(particulars, dict) and particulars.get("floating_charge_covers_all") is True:
        return " over all assets (floating)"
    return ""


def _url(charge: Mapping[str, Any], number: str) -> str:
    links = charge.get("links")
    own = str(links.get("self") or "") if isinstance(links, dict) else ""
    if own and not own.startswith(f"/company/{number}/"):
        raise SourceError(f"a charge is about {own}, not company {number}.")
    return f"{PAGES}{own}" if own else f"{PAGES}/company/{number}/charges"
