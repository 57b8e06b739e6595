"""What became publicly known of customers between two days: events, new figures, ratings; each dated and linked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from credrisk.decisions.outside_figures import annual_statements
from credrisk.decisions.outside_meaning import family_of, meaning_of, plain_kind, told_first
from credrisk.decisions.red_flags import doubt, statement_flags
from credrisk.wording import counted

__all__ = ["PUBLIC", "public_changes"]

RISK_STEP = 0.15
"""Step on a provider's scale of 0 (the best) to 1 (the worst) from which a new rating is more than a note."""
BAD_RISK = 0.8

PUBLIC: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "severity": pl.String(),
    "kind": pl.String(),
    "what": pl.String(),
    "why": pl.String(),
    "tell": pl.List(pl.String()),
    "before": pl.Float64(),
    "after": pl.Float64(),
    "happened_on": pl.Date(),
    "known_at": pl.Date(),
    "source": pl.String(),
    "url": pl.String(),
    "match_confidence": pl.Float64(),
}


def public_changes(
    *, facts: pl.DataFrame, events: pl.DataFrame, ratings: pl.DataFrame, since: date, as_of: date
) -> pl.DataFrame:
    """Return a row a change known in ``(since, as_of]``.

    Parameters
    ----------
    facts, events, ratings
        Rows of the ledger's tables, each with the ``customer_id`` it is about, those known earlier among them.

    Returns
    -------
    polars.DataFrame
        The columns of :data:`PUBLIC`, sorted by customer, day and kind. What two sources say of the same event is
        told once, as it was first known (:mod:`credrisk.features.told_before`); plain news of a customer is one row
        with its number.
    """
    rows = [
        *_of_events(_within(told_first(events), since, as_of)),
        *_of_statements(facts.filter(pl.col("known_at") <= as_of), since, as_of),
        *_of_ratings(ratings.filter(pl.col("known_at") <= as_of), since),
    ]
    frame = pl.DataFrame([{name: row.get(name) for name in PUBLIC} for row in rows], schema=PUBLIC)
    return frame.sort("customer_id", "known_at", "kind", "what")


def _within(rows: pl.DataFrame, since: date, as_of: date) -> pl.DataFrame:
    return rows.filter((pl.col("known_at") > since) & (pl.col("known_at") <= as_of))


def _of_events(events: pl.DataFrame) -> Iterator[dict[str, Any]]:
    told: set[tuple[str, str, date]] = set()
    news: dict[str, list[dict[str, Any]]] = {}
    for row in events.sort("customer_id", "known_at", "source", "kind", "url").iter_rows(named=True):
        kind = plain_kind(row["kind"])
        key = (row["customer_id"], kind, row["happened_on"])
        if kind == "news":
            news.setdefault(row["customer_id"], []).append(row)
            continue
        if key in told and family_of(kind) != "news":
            continue
        told.add(key)
        meaning, words = meaning_of(kind), kind.replace("_", " ")
        text = " ".join(str(row["text"] or "").split())
        said = f"{words}: {text}" if text and text.casefold() != words else words
        said += doubt(row["match_confidence"])
        yield row | {
            "kind": kind,
            "what": said,
            "severity": meaning.severity,
            "why": meaning.why,
            "tell": list(meaning.tell),
        }
    meaning = meaning_of("news")
    for rows in news.values():
        last = rows[-1]
        text = " ".join(str(last["text"] or "").split())
        said = f"{counted(len(rows), 'piece')} of news" + (f", the last: {text}" if text else "")
        yield last | {
            "kind": "news",
            "what": said,
            "severity": meaning.severity,
            "why": meaning.why,
            "tell": list(meaning.tell),
        }


def _of_statements(facts: pl.DataFrame, since: date, as_of: date) -> Iterator[dict[str, Any]]:
    """Tell new annual figures: what in them speaks against the customer and was not known before, or just that."""
    changed = facts.filter(pl.col("known_at") > since)["customer_id"].unique()
    of_changed = facts.filter(pl.col("customer_id").is_in(changed.implode())).sort("customer_id")
    for (customer,), own in of_changed.group_by(["customer_id"], maintain_order=True):
        now, before = annual_statements(own, as_of=as_of), annual_statements(own, as_of=since)
        if not now or now[0].known_at <= since:
            continue
        earlier = {flag.what for flag in statement_flags(before, since)}
        flags = [flag for flag in statement_flags(now, as_of) if flag.what not in earlier and flag.known_at > since]
        for flag in flags:
            yield {
                "customer_id": customer,
                "kind": "figures",
                "severity": flag.severity,
                "what": flag.what,
                "why": flag.why,
                "tell": ["credit manager"],
                "happened_on": flag.happened_on,
                "known_at": flag.known_at,
                "source": flag.source,
                "url": flag.url,
            }
        if not flags and (not before or before[0].period_end < now[0].period_end):
            figure = max(now[0].figures.values(), key=lambda each: (each.known_at, each.source))
            meaning = meaning_of("accounts_filed")
            yield {
                "customer_id": customer,
                "kind": "figures",
                "severity": "note",
                "what": f"annual figures to {now[0].period_end}",
                "why": meaning.why,
                "tell": ["credit manager"],
                "happened_on": now[0].period_end,
                "known_at": now[0].known_at,
                "source": figure.source,
                "url": figure.url,
            }


def _of_ratings(ratings: pl.DataFrame, since: date) -> Iterator[dict[str, Any]]:
    """Tell a rating received since that differs from the one before it, on the same scale of the same provider."""
    ordered = ratings.sort("customer_id", "provider", "scale", "rated_on", "known_at")
    for _, rows in ordered.group_by(["customer_id", "provider", "scale"], maintain_order=True):
        last = rows.row(-1, named=True)
        if last["known_at"] <= since:
            continue
        earlier = rows.head(rows.height - 1)
        seen = earlier.filter(pl.col("known_at") <= since)
        before = next(iter((seen if seen.height else earlier).tail(1).iter_rows(named=True)), None)
        if before is not None and before["value"] == last["value"]:
            continue
        risk, risk_before = last["risk"], before["risk"] if before else None
        step = risk - risk_before if risk is not None and risk_before is not None else 0.0
        bad = risk is not None and risk >= BAD_RISK
        severity = "serious" if bad else "watch" if step >= RISK_STEP else "better" if step <= -RISK_STEP else "note"
        name = f"{last['provider']} {str(last['scale']).replace('_', ' ')}"
        said = f"{name} {last['value']}" + (f", {before['value']} before" if before else ", the first one")
        yield last | {
            "kind": "rating",
            "severity": severity,
            "what": said,
            "before": risk_before,
            "after": risk,
            "why": "The provider sees payments to all suppliers, not only to us.",
            "tell": ["credit manager"],
            "happened_on": last["rated_on"],
            "source": last["provider"],
        }
