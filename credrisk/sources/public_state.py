"""What the journal says of the customers as of a day: facts and events in the ledger's columns, and one answer a part.

Two kinds of source differ here. One that keeps history dates everything itself, so all that it ever answered counts, by
the day on which it was public, whenever it was retrieved. One that shows only today's state is a row of snapshots: the
newest on or before the day counts. What that snapshot still says is known from the first snapshot that said it; so is
an event that a source with history cannot date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.sources.answer_store import AnswerStore, Kept
from credrisk.sources.base import ANSWERS, TOO_LATE, SourceResult
from credrisk.sources.registry import SourceCard

__all__ = ["public_state", "with_unasked"]

SAME_EVENT = ["place", "kind", "_day", "url", "text", "entity"]
"""What makes an event of one part the same in two retrievals."""

Part = tuple[str, str, str]
"""Source, customer and part."""


@dataclass(frozen=True)
class _Chosen:
    """Which answers a part's rows come from; ``newest`` holds the one snapshot that counts today."""

    rows: tuple[int, ...]
    newest: int | None
    snapshots: bool


def public_state(
    store: AnswerStore, customers: Iterable[Mapping[str, Any]], *, as_of: date | None = None
) -> SourceResult:
    """Return facts, events and answers of the customers as they could be known at the end of ``as_of``.

    Parameters
    ----------
    customers
        Rows of the customer master. An answer counts only where the customer still has the ids by which it was asked:
        what was said of a company that turned out to be another one is left out.
    as_of
        Default: everything that is there.

    Returns
    -------
    SourceResult
        A key of the table occurs once: as retrieved last. The answer of a part is its last one; where that brought
        nothing but an earlier one did, it is ``not_measured`` and says so, and the earlier rows stay.
    """
    limit = as_of or date.max
    master = {str(row["customer_id"]): row for row in customers}
    parts: dict[Part, list[Kept]] = {}
    for kept in store.kept():
        if kept.customer_id in master:
            parts.setdefault((kept.source, kept.customer_id, kept.part), []).append(kept)
    answers, chosen = [], []
    for place in sorted(parts, key=lambda one: (one[1], one[0], one[2])):
        row, which = _as_known(parts[place], master[place[1]], limit)
        answers.append(row)
        chosen.append(which)
    days = {k.id: k.retrieved_at for kept in parts.values() for k in kept}
    facts, events = (_rows(store, table, chosen, days, limit) for table in ("facts", "events"))
    return SourceResult(facts, events, pl.DataFrame(answers, schema=ANSWERS, orient="row"))


def with_unasked(
    state: SourceResult, cards: Iterable[SourceCard], rows: Sequence[dict[str, Any]], limit: date | None
) -> SourceResult:
    """Add an answer ``not_measured`` for every customer that a source of this run has never been asked about."""
    told = set(state.answers.select("source", "customer_id").iter_rows())
    unasked = []
    for card in cards:
        reason = "not asked yet: the run ended before"
        if limit is not None and not card.keeps_history:
            reason = f"it shows only today's state, and was not asked by {limit}"
        unasked += [
            {"customer_id": row["customer_id"], "source": card.name, "part": "", "status": "not_measured"}
            | {"reason": reason, "licence": card.licence}
            for row in rows
            if (card.name, row["customer_id"]) not in told
        ]
    added = pl.DataFrame(unasked, schema=ANSWERS) if unasked else state.answers.clear()
    return replace(state, answers=pl.concat((state.answers, added)).sort("customer_id", "source", "part"))


def _as_known(kept: Sequence[Kept], customer: Mapping[str, Any], limit: date) -> tuple[dict[str, Any], _Chosen]:
    valid = [one for one in kept if _asked_so(one.asked, customer)]
    snapshots = not kept[-1].keeps_history
    if not valid:
        reason = "asked by other ids than the customer has now; not asked again yet"
        return _answer(kept[-1], "not_measured", reason, bare=True), _Chosen((), None, snapshots)
    if snapshots:
        seen = [one for one in valid if (one.retrieved_at or one.asked_on) <= limit]
        if not seen:
            first = valid[0].retrieved_at or valid[0].asked_on
            reason = f"it shows only today's state, and was first asked on {first}, after {limit}"
            return _answer(valid[-1], "not_measured", reason, bare=True), _Chosen((), None, snapshots)
        valid = sorted(seen, key=lambda one: (one.retrieved_at or one.asked_on, one.id))
    measured = [one for one in valid if one.status != "not_measured"]
    last = max(valid, key=lambda one: one.id)
    reaching = [one for one in measured if one.covers_from is None or one.covers_from <= limit]
    brought = tuple(one.id for one in valid if one.has_facts or one.has_events)
    chosen = _Chosen(brought, measured[-1].id if measured else None, snapshots)
    if last.status != "not_measured" and last not in reaching:
        if not reaching:
            return _answer(last, "not_measured", TOO_LATE.format(covers_from=last.covers_from, as_of=limit)), chosen
        last = reaching[-1]
    # What a later answer says beside its dated rows, such as today's name, was not known on the day.
    reason = "" if last.status == "hit" and (last.retrieved_at or last.asked_on) > limit else last.reason
    if last.status == "not_measured" and measured:
        reason = f"{last.reason.rstrip('.')}; what it said on {measured[-1].retrieved_at} stays"
    return _answer(last, last.status, reason), chosen


def _answer(kept: Kept, status: str, reason: str, *, bare: bool = False) -> dict[str, Any]:
    """Return a row of the answers; a ``bare`` one says nothing of what was answered."""
    return {
        "customer_id": kept.customer_id,
        "source": kept.source,
        "part": kept.part,
        "entity": None if bare else kept.entity,
        "status": status,
        "reason": reason,
        "url": None if bare else kept.url,
        "retrieved_at": None if bare else kept.retrieved_at,
        "licence": kept.licence,
        "match_confidence": None if bare else kept.match_confidence,
        "covers_from": None if bare else kept.covers_from,
    }


def _rows(
    store: AnswerStore, table: str, chosen: Sequence[_Chosen], days: Mapping[int, date | None], limit: date
) -> pl.DataFrame:
    """Return the rows of one table: of sources with history all, of snapshots what the newest one still says."""
    declared = TABLES[table]
    wanted = sorted(number for one in chosen for number in one.rows)
    places = [
        (number, place, one.snapshots, number == one.newest) for place, one in enumerate(chosen) for number in one.rows
    ]
    schema = {"answer": pl.Int64, "place": pl.Int64, "snapshot": pl.Boolean, "newest": pl.Boolean}
    owner = pl.DataFrame(places, schema=schema, orient="row")
    retrieved = pl.DataFrame(list(days.items()), schema={"answer": pl.Int64, "retrieved_at": pl.Date}, orient="row")
    rows = store.rows(table, wanted).join(owner, on="answer").join(retrieved, on="answer")
    rows = rows.filter(pl.col("known_at") <= limit)
    still = _still_said(table, rows.filter("snapshot"))
    dated = rows.filter(~pl.col("snapshot"))
    together = pl.concat([dated if table == "facts" else _first_seen(dated), still]).sort("retrieved_at", "answer")
    unique = together.unique(subset=declared.key, keep="last", maintain_order=True)
    columns = [pl.col(column.name).cast(DTYPES[column.kind]) for column in declared.columns]
    return unique.select(columns).sort(*declared.key)


def _still_said(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what the newest snapshots say, with the earlier values of the same measures, events as first seen."""
    if table == "facts":
        return rows.join(rows.filter("newest").select("place", "measure").unique(), on=["place", "measure"], how="semi")
    marked = _marked(rows)
    said_now = marked.filter("newest").select(SAME_EVENT).unique()
    first = marked.join(said_now, on=SAME_EVENT, how="semi", nulls_equal=True).sort("known_at", "answer")
    return first.unique(subset=SAME_EVENT, keep="first", maintain_order=True).drop("_day")


def _first_seen(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out events that a source cannot date, known from the day they were fetched, where they were fetched before.

    Asked every week, a source would otherwise tell the same undated event every week anew.
    """
    fetched = pl.col("known_at") == pl.col("retrieved_at")
    first = (
        _marked(rows.filter(fetched)).sort("known_at", "answer").unique(SAME_EVENT, keep="first", maintain_order=True)
    )
    return pl.concat([rows.filter(fetched.not_().fill_null(True)), first.drop("_day")])


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    """Return events with ``_day``, on which they happened; null where that is only the day they were fetched."""
    dateless = pl.col("happened_on") == pl.col("known_at")
    return rows.with_columns(_day=pl.when(dateless).then(None).otherwise("happened_on"))


def _asked_so(asked: Mapping[str, Any], customer: Mapping[str, Any]) -> bool:
    """Tell whether the ids are those by which was asked, as surely matched as then (1 where nothing is said)."""
    for name in (one for one in asked if not one.startswith("confidence_")):
        now, then = (frame.get(f"confidence_{name}") for frame in (customer, asked))
        if not _same(customer.get(name), asked[name]) or not _same(_sure(now), _sure(then)):
            return False
    return True


def _sure(confidence: Any) -> float:
    return 1.0 if confidence in (None, "") else float(confidence)


def _same(now: Any, then: Any) -> bool:
    return (None if now is None else str(now)) == (None if then is None else str(then))
