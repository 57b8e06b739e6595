"""What licensed files gave: rows tied to customers and dated by their receipt, what was set aside, and findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.sources.licensed.report import Rating, Report
from credrisk.sources.licensed.scales import place_on

__all__ = ["Gathered", "LicensedResult"]

SET_ASIDE = {name: pl.String() for name in ("file", "provider", "entity", "name", "scale", "value", "reason")}
ANSWERS = {
    "file": pl.String(),
    "provider": pl.String(),
    "entity": pl.String(),
    "name": pl.String(),
    "status": pl.String(),
    "reason": pl.String(),
    "received_on": pl.Date(),
}


@dataclass(frozen=True)
class LicensedResult:
    """Rows of the ledger's tables ``ratings``, ``facts`` and ``events``; what each file was; what was noticed.

    Attributes
    ----------
    set_aside
        Ratings that were read and not kept, with the reason; read = kept + set aside.
    answers
        One row a company in a file: ``hit``, ``none`` (the provider says that it has none) or ``not_measured``.
    """

    ratings: pl.DataFrame
    facts: pl.DataFrame
    events: pl.DataFrame
    set_aside: pl.DataFrame
    answers: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def read(self) -> int:
        """How many ratings were read."""
        return self.ratings.height + self.set_aside.height

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the frames to put beside the other tables for ``Ledger.read``."""
        return {"ratings": self.ratings, "facts": self.facts, "events": self.events}


class Gathered:
    """What the files gave so far; ``ties`` are customers and scores by provider and the provider's id."""

    def __init__(self, ties: Mapping[tuple[str, str], Sequence[tuple[str, float | None]]]) -> None:
        self._ties = ties
        self._rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("ratings", "facts", "events")}
        self._aside: list[dict[str, Any]] = []
        self._answers: list[dict[str, Any]] = []
        self._unplaced: dict[tuple[str, str, str], int] = {}
        self.assumed = 0

    def answer(self, path: Path, provider: str, report: Report | None, status: str, reason: str, day: date) -> None:
        """Say what became of a report, or of a file without one."""
        self._answers.append(
            {
                "file": path.name,
                "provider": provider,
                "entity": report.entity if report else "",
                "name": report.name if report else "",
                "status": status,
                "reason": reason,
                "received_on": day,
            }
        )

    def add(self, path: Path, report: Report, day: date) -> None:
        """Take a report that was received on ``day``."""
        if not (report.ratings or report.facts or report.events):
            self.answer(
                path, report.provider, report, "not_measured", "the report holds no score, figure or event", day
            )
            return
        tied = self._ties.get((report.provider, report.entity), [])
        owners: list[dict[str, Any]] = [{"customer_id": one, "match_confidence": score} for one, score in tied]
        if not owners and report.ids:
            owners = [{**report.ids, "match_confidence": 1.0}]
        if not owners:
            reason = f"no customer is known for {report.entity}; give it in matches"
            self.answer(path, report.provider, report, "not_measured", reason, day)
            for rating in report.ratings:
                self._set_aside(path, report, rating, reason)
            return
        self.answer(path, report.provider, report, "hit", "", day)
        for rating in report.ratings:
            self._rating(path, report, rating, owners, day)
        for name, rows in (("facts", report.facts), ("events", report.events)):
            for row in rows:
                when = {"happened_on": row.get("happened_on") or day} if name == "events" else {}
                for owner in owners:
                    base = {"known_at": day, "source": report.provider, "retrieved_at": day}
                    told = {**base, **row, **when, **owner, "entity": report.entity, "licence": _licence(report)}
                    self._rows[name].append(told)

    def _rating(
        self, path: Path, report: Report, rating: Rating, owners: Sequence[Mapping[str, Any]], day: date
    ) -> None:
        rated_on = rating.rated_on or day
        if rated_on > day:
            reason = f"rated on {rated_on}, after the day of receipt {day}: state received_on"
            self._set_aside(path, report, rating, reason)
            return
        place = place_on(rating.scale, rating.value)
        risk = None if rating.remark else place.risk
        if risk is None:
            key = (report.provider, rating.scale, rating.remark or place.reason)
            self._unplaced[key] = self._unplaced.get(key, 0) + 1
        for owner in owners:
            self._rows["ratings"].append(
                {
                    **owner,
                    "provider": report.provider,
                    "scale": rating.scale,
                    "rated_on": rated_on,
                    "known_at": day,
                    "value": rating.value,
                    "value_number": place.number,
                    "risk": risk,
                    "risk_class": rating.risk_class,
                    "limit_amount": rating.limit_amount,
                    "limit_currency": rating.limit_currency,
                    "report_reference": report.reference,
                    "retrieved_at": day,
                    "entity": report.entity,
                    "licence": _licence(report),
                }
            )

    def _set_aside(self, path: Path, report: Report, rating: Rating, reason: str) -> None:
        named = {"file": path.name, "provider": report.provider, "entity": report.entity, "name": report.name}
        self._aside.append({**named, "scale": rating.scale, "value": rating.value, "reason": reason})

    def result(self) -> LicensedResult:
        """Return everything as tables."""
        kept, twice = {}, {}
        for name, rows in self._rows.items():
            kept[name], twice[name] = _one_each(name, _frame(name, rows))
        again = {"file": "", "name": "", "reason": "another value of the same score, day and receipt is kept"}
        stated = ("provider", "entity", "scale", "value")
        aside = [*self._aside, *({**again, **row} for row in twice["ratings"].select(stated).iter_rows(named=True))]
        return LicensedResult(
            kept["ratings"],
            kept["facts"],
            kept["events"],
            pl.DataFrame(aside, schema=SET_ASIDE),
            pl.DataFrame(self._answers, schema=ANSWERS).sort("file", "entity", maintain_order=True),
            tuple(self._findings(len(aside), twice["facts"].height + twice["events"].height)),
        )

    def _findings(self, aside: int, twice: int) -> Iterator[Finding]:
        unread = sum(one["status"] == "not_measured" for one in self._answers)
        if unread:
            message = f"{unread} reports are not measured: see answers"
            yield Finding("warning", "ratings", "report_not_measured", message, rows=unread)
        if aside:
            yield Finding("warning", "ratings", "rating_set_aside", f"{aside} ratings were set aside", rows=aside)
        if twice:
            message = "figures or events that another report states otherwise for the same day were left out"
            yield Finding("warning", "facts", "stated_twice", message, rows=twice)
        if self.assumed:
            message = "the day of receipt is the day on which the file was last written"
            remedy = "give received_on where files were copied or written anew"
            yield Finding("note", "ratings", "received_on_assumed", message, rows=self.assumed, remedy=remedy)
        for (provider, scale, reason), rows in sorted(self._unplaced.items()):
            message = f"{provider} {scale}: no risk, {reason}"
            yield Finding("note", "ratings", "rating_without_risk", message, rows=rows)


def _licence(report: Report) -> str:
    return f"licensed by {report.provider} to you; not to be passed on"


def _frame(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    schema = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def _one_each(name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep one row a key, the first in the order of its values; equal rows are one."""
    key = list(TABLES[name].key)
    ordered = frame.unique().sort(*key, *(column for column in frame.columns if column not in key))
    first = ordered.select(first=pl.struct(key).is_first_distinct())["first"]
    return ordered.filter(first), ordered.filter(~first)
