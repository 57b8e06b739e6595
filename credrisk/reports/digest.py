"""The daily digest to the credit manager: one page on what happened since the eve, and what needs a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from credrisk.dates import to_date
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.decisions.recorded import with_recorded
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.payment_timing import PaymentTiming
from credrisk.progress import Progress, silent
from credrisk.reports.digest_cash import cash_part
from credrisk.reports.digest_control import authority_part, exceptions_part
from credrisk.reports.digest_events import (
    appointments_part,
    contacts_part,
    disputes_part,
    promises_part,
    risk_part,
)
from credrisk.reports.digest_part import DigestPart, Window
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered

__all__ = ["Digest", "daily_digest", "digest_page"]

MOST_DAYS = 31


@dataclass(frozen=True)
class Digest:
    """What a digest found, in the order of the page."""

    as_of: date
    days: int
    currency: str
    parts: tuple[DigestPart, ...]
    policy: str


def daily_digest(
    ledger: Ledger,
    *,
    as_of: date | str,
    log: DecisionLog | None = None,
    policy: Policy | None = None,
    days: int = 1,
    timing: PaymentTiming | None = None,
    forecast: bool = True,
    progress: Progress = silent,
) -> Digest:
    """Return what happened in the days up to ``as_of``, by part.

    Parameters
    ----------
    ledger
        It is cut at ``as_of``; what the log holds by then is added.
    log
        The decision log; None: the parts that rest on it say so.
    policy
        For the days of grace of promises, and the authority matrix. The shipped one where none is given.
    days
        Days that the digest speaks of, ``as_of`` the last one: 3 on a Monday.
    timing
        A fitted model of the day of payment for the forecast that the cash is held against; None: it is fitted on what
        was known on the day of the forecast.
    forecast
        False: the cash is not held against a forecast.

    Raises
    ------
    ParameterError
        When ``days`` is not from 1 to 31, or ``as_of`` lies outside of what the ledger covers.
    DataError
        When the file is no decision log, or a currency has no rate.
    """
    day, rules = to_date(as_of), policy or Policy.default()
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise ParameterError("days", f"a whole number from 1 to {MOST_DAYS}", days)
    if not ledger.settings.covers_from <= day <= ledger.settings.covers_to:
        covered = f"{ledger.settings.covers_from} to {ledger.settings.covers_to}"
        raise ParameterError("as_of", f"within what the ledger covers ({covered})", day.isoformat())
    window = Window(day, days)
    has_log = log is not None and log.path.exists()
    entries = log.read() if log is not None and has_log else []
    verdict = log.verify() if log is not None and has_log else None
    progress("Bringing the log into the ledger", 0, 0)
    whole = with_recorded(ledger, entries, as_of=day)
    found = [finding for finding in whole.findings if finding not in ledger.findings]
    seen = whole.cut(day)
    progress("Holding the cash against the forecast", 0, 0)
    parts = [
        cash_part(seen, window, timing=timing, forecast=forecast),
        promises_part(seen, window, grace_days=rules.collection.promise_grace_days),
        disputes_part(seen, window),
        risk_part(seen, window),
        contacts_part(seen, window),
        appointments_part(entries, seen, window),
        exceptions_part(entries, found, verdict, window),
        authority_part(entries, seen, window, policy=rules),
    ]
    shown = tuple(part for part in parts if part is not None)
    return Digest(day, days, ledger.settings.currency, shown, f"{rules.version} ({rules.hash[:12]})")


def digest_page(digest: Digest) -> str:
    """Return the digest as a page of HTML that needs nothing beside it."""
    alarms = [part for part in digest.parts if part.alarm]
    return rendered(
        "digest.html",
        currency=digest.currency,
        digest=digest,
        day=day_in_words(digest.as_of),
        headline=f"look at {', '.join(part.title.lower() for part in alarms)}" if alarms else "nothing needs a look",
    )
