"""Which signs of one customer speak against being paid: each with its date, its source and why it matters.

Signs come from public events, annual statements, ratings of providers and the ledger itself. Nothing known after the
day counts. That there is no flag says only that nothing adverse is known of what was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import days_after, months_after
from credrisk.decisions.outside_figures import AnnualStatement
from credrisk.decisions.outside_meaning import (
    ENDS,
    GONE,
    LIQUIDATIONS,
    SOLVENT,
    SOLVENT_DAYS,
    is_adverse,
    meaning_of,
    plain_kind,
    rank_of,
    told_first,
)
from credrisk.features.entities import SURE_MATCH
from credrisk.wording import counted, money, percent

__all__ = ["MONTHS_BACK", "RedFlag", "doubt", "ended", "red_flags", "statement_flags"]

MONTHS_BACK = 36
"""Adverse events older than this are told in the timeline only, but for those that never pass."""
LASTING = (*GONE, "sanctioned")
OLD_STATEMENT_MONTHS = 18
"""Accounts of a year are due within 6 to 12 months after it: a newer year should be known by then."""
FALLING_REVENUE = -0.2
THIN_COVER = 1.0
BAD_RISK, WORSE_RISK = 0.8, 0.15
"""On the scale of 0 (the best) to 1 (the worst) of a provider's rating: bad, and a step down worth telling."""
RATING_MONTHS = 12
LATE_DAYS = 30


@dataclass(frozen=True)
class RedFlag:
    """A sign: how urgent (a severity), what, since when it was known, who says so, and why it matters."""

    severity: str
    what: str
    known_at: date
    source: str
    why: str
    url: str = ""
    happened_on: date | None = None


def red_flags(
    *,
    as_of: date,
    events: pl.DataFrame,
    statements: Sequence[AnnualStatement],
    ratings: pl.DataFrame,
    now: Mapping[str, Any],
    ledger_to: date,
    currency: str,
) -> list[RedFlag]:
    """Return the flags of a customer, the most urgent first, then the newest.

    Parameters
    ----------
    as_of
        The day; rows known later are passed over.
    events, ratings
        Rows of the ledger's tables about the customer.
    statements
        From :func:`~credrisk.decisions.outside_figures.annual_statements`, the newest first.
    now
        Features of the ledger on ``ledger_to``, and the ``status`` of the scores of that day where there are any.
    """
    found = [
        *_of_events(events, as_of),
        *statement_flags(statements, as_of),
        *_of_ratings(ratings, as_of),
        *_of_ledger(now, ledger_to, currency),
    ]
    return sorted(found, key=lambda flag: (rank_of(flag.severity), -flag.known_at.toordinal(), flag.what, flag.source))


def _of_events(events: pl.DataFrame, as_of: date) -> list[RedFlag]:
    if events.is_empty():
        return []
    since = months_after(as_of, -MONTHS_BACK)
    found: dict[tuple[str, date, str], RedFlag] = {}
    known = events.filter(pl.col("known_at") <= as_of).sort("known_at", "source")
    for row in told_first(known).sort("known_at", "source").iter_rows(named=True):
        kind = plain_kind(row["kind"])
        if not is_adverse(kind) or (row["known_at"] <= since and kind not in LASTING):
            continue
        solvent = kind in LIQUIDATIONS and _declared_solvent(row["happened_on"], known)
        meaning = meaning_of(SOLVENT if solvent else kind)
        words = kind.replace("_", " ").capitalize()
        text = " ".join(str(row.get("text") or "").split())
        what = f"{words}: {text}" if text and text.casefold() != words.casefold() else words
        over = ended(kind, row["happened_on"], known)
        what += "; declared solvent" if solvent else ""
        what += doubt(row.get("match_confidence")) + (f"; since then: {over}" if over else "")
        flag = RedFlag(
            "note" if over else meaning.severity,
            what,
            row["known_at"],
            str(row["source"]),
            meaning.why,
            str(row.get("url") or ""),
            row["happened_on"],
        )
        found.setdefault((kind, row["happened_on"], text.casefold()), flag)
    return list(found.values())


def _declared_solvent(happened_on: date, known: pl.DataFrame) -> bool:
    """Tell whether the owners declared that a liquidation of a day pays everybody."""
    latest = days_after(happened_on, SOLVENT_DAYS)
    return known.filter((pl.col("kind") == SOLVENT) & (pl.col("happened_on") <= latest)).height > 0


def ended(kind: str, happened_on: date, known: pl.DataFrame) -> str:
    """Say what event of a later day undid one of a kind: its kind in words and its day; empty where nothing did."""
    undone_by = [end for end, kinds in ENDS.items() if kind in kinds]
    later = known.filter(pl.col("kind").is_in(undone_by) & (pl.col("happened_on") > happened_on))
    if later.is_empty():
        return ""
    row = later.sort("happened_on").row(-1, named=True)
    return f"{str(row['kind']).replace('_', ' ')} on {row['happened_on']}"


def doubt(confidence: float | None) -> str:
    """Say how sure it is that a row is about the customer, where it is not sure enough; else nothing."""
    if confidence is None or confidence >= SURE_MATCH:
        return ""
    return f" (that this is the customer is {percent(confidence)} sure: check first)"


def statement_flags(statements: Sequence[AnnualStatement], as_of: date) -> list[RedFlag]:
    """Return what annual statements, the newest first, say against a company on a day."""
    if not statements:
        return []
    last, found = statements[0], list[RedFlag]()

    def flag(severity: str, what: str, measure: str, why: str) -> None:
        figure = last.figures[measure]
        found.append(RedFlag(severity, what, figure.known_at, figure.source, why, figure.url, last.period_end))

    year = last.period_end.isoformat()
    equity = last.figures.get("equity")
    if equity is not None and equity.value < 0:
        flag(
            "serious",
            f"Negative equity of {_figure(equity.value, equity.unit)} at {year}",
            "equity",
            "The company owes more than it owns: in a failure little is left for suppliers.",
        )
    losses = [each for each in statements if "net_income" in each.figures and each.figures["net_income"].value < 0]
    if len(losses) >= 2 and losses[0] is last:
        flag(
            "serious",
            f"A loss in {counted(len(losses), 'year')} of the last {len(statements)} known",
            "net_income",
            "Losses use up the equity that stands between us and a loss of our own.",
        )
    elif losses and losses[0] is last:
        loss = last.figures["net_income"]
        flag(
            "watch",
            f"A loss of {_figure(-loss.value, loss.unit)} in the year to {year}",
            "net_income",
            "A second one would call the limit into question.",
        )
    growth = last.ratios.get("revenue_growth")
    if growth is not None and growth <= FALLING_REVENUE:
        flag(
            "watch",
            f"Revenue fell by {percent(-growth)} in the year to {year}",
            "revenue",
            "Falling sales leave less cash for the debts of last year.",
        )
    cover = last.ratios.get("interest_cover")
    if cover is not None and cover < THIN_COVER:
        flag(
            "serious",
            f"Earnings cover the interest only {cover:.1f} times in the year to {year}",
            "ebit",
            "The interest is not earned: lenders decide how long it goes on.",
        )
    if restated := last.restated:
        latest = max(restated, key=lambda name: (last.figures[name].known_at, name))
        names = ", ".join(name.replace("_", " ") for name in restated)
        flag(
            "watch",
            f"Restated figures of the year to {year}: {names}",
            latest,
            "Figures that were published differently before: ask why, the more so where they got worse.",
        )
    if last.period_end <= months_after(as_of, -OLD_STATEMENT_MONTHS):
        any_measure = max(last.figures, key=lambda name: last.figures[name].known_at)
        flag(
            "watch",
            f"The newest annual figures known are those to {year}",
            any_measure,
            "A newer year should be known by now: the limit rests on old figures.",
        )
    return found


def _of_ratings(ratings: pl.DataFrame, as_of: date) -> list[RedFlag]:
    if ratings.is_empty():
        return []
    found = []
    known = ratings.filter((pl.col("known_at") <= as_of) & pl.col("risk").is_not_null())
    for (provider, scale), rows in known.sort("provider", "scale", "rated_on", "known_at").group_by(
        ["provider", "scale"], maintain_order=True
    ):
        last = rows.row(-1, named=True)
        before = rows.row(-2, named=True) if rows.height > 1 else None
        if last["rated_on"] <= months_after(as_of, -RATING_MONTHS):
            continue
        name = f"{provider} {str(scale).replace('_', ' ')}"
        if before is not None and last["risk"] - before["risk"] >= WORSE_RISK:
            what = f"{name} fell to {last['value']} from {before['value']}"
        elif last["risk"] >= BAD_RISK:
            what = f"{name} is {last['value']}"
        else:
            continue
        found.append(
            RedFlag(
                "serious" if last["risk"] >= BAD_RISK else "watch",
                what,
                last["known_at"],
                str(provider),
                "The provider sees payments to all suppliers, not only to us.",
                str(last.get("url") or ""),
                last["rated_on"],
            )
        )
    return found


def _of_ledger(now: Mapping[str, Any], ledger_to: date, currency: str) -> list[RedFlag]:
    found = []

    def flag(severity: str, what: str, why: str) -> None:
        found.append(RedFlag(severity, what, ledger_to, "ledger", why))

    def value(name: str) -> float:
        return float(now.get(name) or 0.0)

    if value("past_due") > 0 and value("oldest_open_days") > LATE_DAYS:
        days = f"{value('oldest_open_days'):,.0f} days"
        severity = "serious" if value("oldest_open_days") > 3 * LATE_DAYS else "watch"
        flag(
            severity,
            f"{money(value('past_due'), currency)} past due, the oldest by {days}",
            "The older an item, the less of it is ever paid.",
        )
    if now.get("status") == "in_default":
        flag(
            "urgent",
            "In default: 90 days past due by the definition",
            "Few in default pay everything without help: decide on plan, agency or court.",
        )
    if now.get("status") == "bad_debt":
        flag("urgent", "A bad debt has happened", "File the claims; what is delivered now comes on top.")
    if value("over_limit") > 0:
        flag(
            "watch",
            f"{money(value('over_limit'), currency)} above the credit limit",
            "More is at stake than anybody decided to risk.",
        )
    if value("broken_promises_12m") > 0:
        number = counted(round(value("broken_promises_12m")), "promise")
        flag("watch", f"{number} to pay broken in 12 months", "Who breaks promises pays others first, or cannot pay.")
    if value("days_beyond_report_overdue") > 0:
        days = f"{value('days_beyond_report_overdue'):,.0f} days"
        flag(
            "urgent",
            f"The insurer had to be told of the overdue by {days} ago; the ledger does not say whether it was",
            "Cover may be lost for what is not reported in time.",
        )
    for name, words in (("placements_12m", "placed with an agency"), ("legal_actions_12m", "taken to court")):
        if value(name) > 0:
            flag("serious", f"{words.capitalize()} in the last 12 months", "It was not paid without help before.")
    return found


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".strip()
