"""The dossier of one company: who it is, its group, its money, and what is publicly known, on two pages.

Everything is told as it was known on one day. What was not looked at, or could not be, stands in its own box: silence
is never good news. The page needs nothing beside it and prints on A4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk import __version__
from credrisk.atomic import write_text
from credrisk.decisions.outside_figures import AnnualStatement
from credrisk.decisions.outside_meaning import family_of, is_adverse
from credrisk.decisions.red_flags import RedFlag
from credrisk.ledger.event_kinds import STATES
from credrisk.reports.dossier_money import money_lines, money_tiles
from credrisk.reports.dossier_public import (
    figures_table,
    news_lines,
    no_news_says,
    rating_lines,
    sanctions_says,
    source_lines,
    timeline_lines,
    unmeasured,
)
from credrisk.reports.dossier_who import address_lines, group_says, id_lines, name_lines, sister_lines, who_lines
from credrisk.reports.memo_outside import web_address
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.style import truncated
from credrisk.sources.matching.result import MATCHES
from credrisk.wording import counted

if TYPE_CHECKING:
    from credrisk.reports.charts import Chart

__all__ = ["MONTHS", "Dossier", "dossier_page", "headline", "timeline_of", "write_dossier"]

MONTHS = 36
"""How far back the timeline goes."""
LONGEST = 240
LONGEST_TITLE = 200
FLAGS_SHOWN = 12


@dataclass(frozen=True)
class Dossier:
    """What the dossier of one account is written from. Money in major units of ``currency``.

    Attributes
    ----------
    as_of, ledger_to
        The day, and the last day of the ledger on which its figures stand (never after ``as_of``).
    customer
        Master data and dated attributes, each there or not.
    matches, register
        Rows of the public folder about the account: who it was matched to, and the names and addresses there; empty
        where there are none.
    accounts
        The other accounts of its group in the ledger: ``customer_id, name, net_balance, past_due, dbt_3m``.
    now, history
        Features on ``ledger_to`` and on the month-ends before it.
    scores, limits
        Its rows of a run of the same ledger; empty where none was given.
    results_on
        The day of that run.
    events, ratings
        Rows of the ledger's tables about the account, known by ``as_of``.
    statements, flags
        Annual statements, the newest first, and red flags, the most urgent first.
    answers
        What each source answered about the account by ``as_of``; ``asked`` the sources asked about any account, None
        where nobody recorded who was looked up, ``asked_later`` those asked about it only after that day, with the day.
    later
        How many public rows became known only after ``as_of``: they are not told.
    """

    as_of: date
    ledger_to: date
    currency: str
    customer: Mapping[str, Any]
    now: Mapping[str, Any]
    events: pl.DataFrame
    ratings: pl.DataFrame
    statements: Sequence[AnnualStatement]
    flags: Sequence[RedFlag]
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    accounts: pl.DataFrame = field(default_factory=pl.DataFrame)
    matches: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MATCHES))
    register: pl.DataFrame = field(default_factory=pl.DataFrame)
    facts: pl.DataFrame = field(default_factory=pl.DataFrame)
    answers: pl.DataFrame = field(default_factory=pl.DataFrame)
    asked: tuple[str, ...] | None = None
    asked_later: Mapping[str, date] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    results_on: date | None = None
    later: int = 0

    @property
    def title(self) -> str:
        """Return the customer's name, or its id where it has none; a very long one is cut."""
        return truncated(str(self.customer.get("name") or self.customer["customer_id"]), LONGEST_TITLE)


def write_dossier(path: str | PathLike[str], dossier: Dossier) -> None:
    """Write the dossier as one self-contained page (UTF-8): the same bytes for the same dossier."""
    write_text(path, dossier_page(dossier))


def headline(dossier: Dossier) -> str:
    """Return in a sentence what stands out, or that nothing adverse is known of what was looked at."""
    flags, lacks = dossier.flags, unmeasured(dossier)
    if not flags:
        sure = "" if not lacks else f"; {counted(len(lacks), 'thing')} could not be measured, so this proves little"
        return f"No red flag is known{sure}"
    worst = flags[0]
    urgent = sum(flag.severity == "urgent" for flag in flags)
    said = counted(len(flags), "red flag") + (f", {urgent} urgent" if urgent else "")
    return f"{said}: {truncated(worst.what, 110)}"


def dossier_page(dossier: Dossier) -> str:
    """Return the page as text."""
    return rendered(
        "dossier.html",
        currency=dossier.currency,
        dossier=dossier,
        as_of=day_in_words(dossier.as_of),
        ledger_to=day_in_words(dossier.ledger_to),
        headline=headline(dossier),
        tone="less" if any(flag.severity in ("urgent", "serious") for flag in dossier.flags) else "",
        tiles=money_tiles(dossier),
        flags=[_flag(flag) for flag in dossier.flags[:FLAGS_SHOWN]],
        more_flags=max(0, len(dossier.flags) - FLAGS_SHOWN),
        lacks=unmeasured(dossier),
        who=who_lines(dossier),
        ids=id_lines(dossier),
        names=name_lines(dossier),
        addresses=address_lines(dossier),
        group=group_says(dossier),
        sisters=sister_lines(dossier),
        money=money_lines(dossier),
        plates_of=_plates(dossier),
        timeline=_timeline(dossier),
        events=timeline_lines(dossier),
        figures=figures_table(dossier),
        news=news_lines(dossier),
        no_news=no_news_says(dossier),
        sanctions=sanctions_says(dossier),
        ratings=rating_lines(dossier),
        sources=source_lines(dossier),
        version=__version__,
    )


def _flag(flag: RedFlag) -> dict[str, str]:
    return {
        "severity": flag.severity,
        "what": truncated(flag.what, LONGEST),
        "known": day_in_words(flag.known_at),
        "source": truncated(flag.source, 40),
        "url": web_address(flag.url),
        "why": flag.why,
    }


def _plates(dossier: Dossier) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts.customer import MEMO

    history = dossier.history
    return drawn(
        (
            "balance",
            "Balance and limit",
            lambda: charts.balance_and_limit_chart(history, currency=dossier.currency, size=MEMO),
        ),
        ("days", "Days beyond terms", lambda: charts.days_beyond_terms_chart(history, size=MEMO)),
    )


def timeline_of(dossier: Dossier) -> Chart:
    """Draw the events of the last 36 months by kind.

    Raises
    ------
    EvidenceError
        When none is known.
    """
    from credrisk.reports.charts.timeline import Moment, timeline_chart

    moments = [
        Moment(family_of(row["kind"]), row["known_at"], is_adverse(row["kind"]))
        for row in dossier.events.iter_rows(named=True)
        if row["kind"] not in STATES
    ]
    return timeline_chart(moments, as_of=dossier.as_of, months=MONTHS)


def _timeline(dossier: Dossier) -> Plate:
    (plate,) = drawn(("timeline", "By kind", lambda: timeline_of(dossier)))
    return plate
