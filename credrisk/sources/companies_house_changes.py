"""What changed at companies from one monthly list of Companies House to the next.

A list shows the state of one day. That a company is in administration in the first list does not tell since when, so
only changes between two lists are events, known from the publication of the later one; overdue accounts carry their
own date. A company that is missing from a later list is no longer live: nearly always it was dissolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import polars as pl

from credrisk.errors import ParameterError
from credrisk.frames import as_polars
from credrisk.progress import Progress, silent
from credrisk.sources.base import Answer, SourceResult, ask_source, confidence_of
from credrisk.sources.companies_house_bulk import FORMER_NAMES, Snapshot, read_companies
from credrisk.sources.companies_house_client import PAGES, company_number_of, number_of_customer
from credrisk.sources.pace import Limits
from credrisk.sources.uk_proceedings import ENDED, one_per_key

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CompaniesHouseBulk", "fetch_changes", "status_kind"]

FILED_IN_TIME = timedelta(days=7)
"""What is filed on the last day is on the register some days later."""

STATUSES = (
    ("strike off", "strike_off_notice", "a proposal to strike the company off"),
    ("liquidation", "in_liquidation", "in liquidation; the status does not tell whether it is solvent"),
    ("voluntary arrangement", "voluntary_arrangement", "in a voluntary arrangement"),
    ("administration", "administration", "in administration"),
    ("administrative receiver", "administrative_receiver", "an administrative receiver acts"),
    ("receiver", "receivership", "a receiver or manager acts"),
    ("insolvency", "insolvency", "in insolvency proceedings"),
    ("closed", "registration_ended", "converted or closed"),
)
"""Part of a status in the list, kind, words; the first that fits counts."""

State = Mapping[str, Any]


def status_kind(status: str | None) -> tuple[str, str] | None:
    """Return the kind and words of a status in the list; None for an active company."""
    plain = (status or "").lower()
    return next(((kind, words) for part, kind, words in STATUSES if part in plain), None)


class CompaniesHouseBulk:
    """The source: monthly lists instead of the register's interface; reads ``company_number``.

    Parameters
    ----------
    snapshots
        At least one; of every month that you kept.
    numbers
        The companies that will be asked for.
    """

    name = "companies_house_bulk"
    licence = "Companies House public register, free to reuse"
    keeps_history = True
    reads = ("company_number",)
    about = "UK company register by its monthly lists: changes of status, name and office, overdue accounts, charges."
    site = "https://download.companieshouse.gov.uk/en_output.html"
    limits: ClassVar[Limits] = {}
    credential: str | None = None

    def __init__(self, snapshots: Sequence[Snapshot], *, numbers: Sequence[str], progress: Progress = silent) -> None:
        if not snapshots or len({snapshot.day for snapshot in snapshots}) < len(snapshots):
            raise ParameterError("snapshots", "at least one, each of another day", [s.day for s in snapshots])
        self._snapshots = sorted(snapshots, key=lambda snapshot: snapshot.day)
        self._states: list[dict[str, State]] = []
        for done, snapshot in enumerate(self._snapshots):
            progress("reading the lists of companies", done, len(self._snapshots))
            frames = read_companies(snapshot, numbers=numbers)
            self._states.append({row["number"]: row for frame in frames for row in frame.iter_rows(named=True)})
        progress("reading the lists of companies", len(self._snapshots), len(self._snapshots))

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer with the changes from each list to the next, and what each list counts."""
        number, confidence = number_of_customer(customer), confidence_of(customer, "company_number")
        url, day = f"{PAGES}/company/{number}", self._snapshots[-1].known_at
        since = self._snapshots[0].known_at
        states = [companies.get(number) for companies in self._states]
        if not any(states):
            reason = "in none of the lists, which hold live companies only"
            return (Answer("none", reason, "", number, url, day, confidence, covers_from=since),)
        events, facts = [], []
        for place, (snapshot, state) in enumerate(zip(self._snapshots, states, strict=True)):
            earlier = (self._snapshots[place - 1].day, states[place - 1]) if place else None
            again = state is not None and place > 0 and states[place - 1] is None and any(states[:place])
            for kind, happened_on, text in _told(snapshot.day, state, earlier, again=again):
                events.append(
                    {
                        "kind": kind,
                        "happened_on": min(happened_on, snapshot.known_at),
                        "known_at": snapshot.known_at,
                        "url": url,
                        "text": text,
                        "company_number": number,
                    }
                )
            facts += [{**fact, "url": url, "company_number": number} for fact in _counted(snapshot, state)]
        told = {"facts": facts, "events": one_per_key(events)}
        return (Answer("hit", "", "", number, url, day, confidence, covers_from=since, **told),)


def fetch_changes(
    snapshots: Sequence[Snapshot],
    customers: pl.DataFrame | pd.DataFrame,
    *,
    as_of: date | str | None = None,
    progress: Progress = silent,
) -> SourceResult:
    """Read monthly lists for customers with a ``company_number``.

    Returns
    -------
    SourceResult
        Events ``known_at`` the publication of the list that shows them, facts ``charges_outstanding`` and
        ``days_to_accounts_due`` by list, and one answer a customer.
    """
    frame = as_polars(customers, "customers")
    if "company_number" not in frame.columns:
        raise ParameterError("customers", "a frame with the columns customer_id and company_number", frame.columns)
    numbers = []
    for given in frame["company_number"].cast(pl.String).drop_nulls():
        try:
            numbers.append(company_number_of(given))
        except ParameterError:
            continue
    source = CompaniesHouseBulk(snapshots, numbers=numbers, progress=progress)
    return ask_source(source, frame, as_of=as_of, progress=progress)


def _told(
    day: date, state: State | None, earlier: tuple[date, State | None] | None, *, again: bool
) -> Iterator[tuple[str, date, str]]:
    """What the list of a day says beyond the one before (its day, and the company in it)."""
    before = earlier[1] if earlier else None
    if state is None:
        if before is not None:
            yield "dissolution", day, "no longer in the list of live companies"
        return
    if again:
        yield "restored_to_register", day, "in the list of live companies again"
    if before is None or state["status"] != before["status"]:
        yield "register_status", day, state["status"] or "not stated"
    if before is not None:
        yield from _changed(state, before, day)
    due = state["accounts_due"]
    if _overdue(state, day) and not (
        earlier and before and before["accounts_due"] == due and _overdue(before, earlier[0])
    ):
        yield "accounts_overdue", due, f"accounts were due on {due} and not on file"


def _overdue(state: State, day: date) -> bool:
    due = state["accounts_due"]
    return due is not None and due + FILED_IN_TIME < day


def _changed(state: State, earlier: State, day: date) -> Iterator[tuple[str, date, str]]:
    if state["status"] != earlier["status"]:
        now, before = status_kind(state["status"]), status_kind(earlier["status"])
        if now is not None and now != before:
            yield now[0], day, f"{now[1]} (before: {earlier['status']})"
        elif now is None and before is not None:
            ended = "strike_off_discontinued" if before[0] == "strike_off_notice" else ENDED
            yield ended, day, f"active again (before: {earlier['status']})"
    if state["name"] != earlier["name"]:
        renamed = [state[f"renamed_{n}"] for n in FORMER_NAMES]
        yield (
            "name_changed",
            max(filter(None, renamed), default=day),
            f"the company changed its name; before: {earlier['name']}",
        )
    if (old := _office(earlier)) != (new := _office(state)):
        yield "registered_office_changed", day, f"the registered office was changed from {old} to {new}"


def _counted(snapshot: Snapshot, state: State | None) -> Iterator[dict[str, Any]]:
    if state is None:
        return
    at = {"period_end": snapshot.day, "known_at": snapshot.known_at}
    if state["charges_outstanding"] is not None:
        charges = float(state["charges_outstanding"])
        yield {"measure": "charges_outstanding", "value": charges, "unit": "count", **at}
    if state["accounts_due"] is not None:
        days = float((state["accounts_due"] - snapshot.day).days)
        yield {"measure": "days_to_accounts_due", "value": days, "unit": "days", **at}


def _office(state: State) -> str:
    parts = (state[key] for key in ("line_1", "line_2", "city", "postcode"))
    return ", ".join(part for part in parts if part)
