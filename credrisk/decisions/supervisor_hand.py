"""What the supervisor laid a hand on: accounts pinned to the list, boosted, or taken off it, with reason and expiry."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.sentences import day_words
from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars

if TYPE_CHECKING:
    from credrisk.decisions.decision_chain import Entry

__all__ = ["COLUMNS", "HAND", "MOST", "WHAT", "hand_of", "hand_record", "lay_hand", "with_hand"]

HAND = "hand"
"""The kind of these entries in the decision log."""

WHAT = ("pin", "boost", "exclude")
MOST = 100.0
"""No boost multiplies by more, or divides by more."""

COLUMNS: dict[str, Any] = {
    "customer_id": pl.String,
    "what": pl.String,
    "factor": pl.Float64,
    "reason": pl.String,
    "author": pl.String,
    "made_on": pl.Date,
    "expires_on": pl.Date,
}


def lay_hand(
    log: DecisionLog,
    customer_id: str,
    *,
    what: str,
    reason: str,
    expires_on: date | str,
    author: str,
    factor: float | None = None,
    at: datetime | None = None,
) -> Entry:
    """Write a pin, a boost or an exclusion down; see :func:`hand_record`."""
    record = hand_record(customer_id, what=what, reason=reason, expires_on=expires_on, factor=factor)
    return log.append_all([record], author=author, at=at)[0]


def hand_record(
    customer_id: str, *, what: str, reason: str, expires_on: date | str, factor: float | None = None
) -> Record:
    """Return the entry of a pin, a boost or an exclusion; nothing is written here.

    Parameters
    ----------
    what
        ``pin``: to the top of the list on every day on which the account may be contacted; it lifts no hold.
        ``boost``: its gain is multiplied by ``factor`` where the list is ranked, never in what is shown. ``exclude``:
        not contacted.
    expires_on
        The first day on which it no longer holds. To end one early, lay the same again with today's date.
    factor
        Of a boost, above 0 and from 1/100 to 100; below 1 it ranks lower.

    Raises
    ------
    ParameterError
        When a value breaks its rule.
    """
    if what not in WHAT:
        raise ParameterError("what", f"one of {', '.join(WHAT)}", what)
    if not reason.strip():
        raise ParameterError("reason", "said: it is read by whoever comes after", reason)
    if not customer_id.strip():
        raise ParameterError("customer_id", "the id of a customer", customer_id)
    until = to_date(expires_on, "expires_on")
    payload: dict[str, Any] = {"what": what, "reason": reason, "expires_on": until.isoformat()}
    if what == "boost":
        if factor is None or not 1 / MOST <= factor <= MOST:
            raise ParameterError("factor", f"a number from {1 / MOST:g} to {MOST:g} for a boost", factor)
        payload["factor"] = float(factor)
    elif factor is not None:
        raise ParameterError("factor", "left out but for a boost", factor)
    return Record(HAND, payload, customer_id=customer_id)


def hand_of(log: DecisionLog, *, as_of: date | str) -> pl.DataFrame:
    """Return the pins, boosts and exclusions in force at the end of ``as_of``, the last of each customer and kind.

    Returns
    -------
    polars.DataFrame
        ``customer_id, what, factor`` (null but for a boost), ``reason, author, made_on, expires_on`` (exclusive),
        sorted by customer and kind. The day of an entry is that of its time in UTC; what was written later than
        ``as_of`` is not seen. A later entry takes the place of an earlier one, also where it has expired already.

    Raises
    ------
    DataError
        When an entry does not hold what one of its kind must.
    """
    day = to_date(as_of)
    known = [entry for entry in log.read(kind=HAND) if date.fromisoformat(entry.at[:10]) <= day]
    last = {(entry.customer_id, str(entry.content.get("what"))): entry for entry in known}
    rows = [row for row in map(_row, last.values()) if row["expires_on"] > day]
    return pl.DataFrame(rows, schema=COLUMNS).sort("customer_id", "what")


def with_hand(accounts: pl.DataFrame, hand: Any, *, as_of: date) -> pl.DataFrame:
    """Add ``pinned`` (flag), ``boost`` (factor, 1: none), ``excluded`` and ``excluded_until``, and ``hand`` in words.

    Parameters
    ----------
    hand
        As :func:`hand_of` returns it, pandas or Polars; None: nothing was laid a hand on. Rows that are not in force
        on ``as_of`` are passed over.

    Raises
    ------
    DataError
        When columns are missing, or a kind is not known.
    """
    given = _checked(hand, as_of)
    words = pl.format(
        "{} until {} by {}: {}",
        pl.when(pl.col("what") == "boost")
        .then(pl.format("boosted x {}", pl.col("factor").round(2)))
        .otherwise(pl.col("what").replace({"pin": "pinned", "exclude": "excluded"})),
        day_words(pl.col("expires_on")),
        "author",
        "reason",
    )
    of = pl.col("what")
    by_customer = (
        given.with_columns(says=words)
        .sort("customer_id", "what", descending=[False, True])
        .group_by("customer_id", maintain_order=True)
        .agg(
            pinned=(of == "pin").any(),
            boost=pl.col("factor").filter(of == "boost").last(),
            excluded=pl.col("says").filter(of == "exclude").last(),
            excluded_until=pl.col("expires_on").filter(of == "exclude").last(),
            hand=pl.col("says").str.join("; "),
        )
    )
    return accounts.join(by_customer, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("pinned").fill_null(False), pl.col("boost").fill_null(1.0)
    )


def _checked(hand: Any, as_of: date) -> pl.DataFrame:
    if hand is None:
        return pl.DataFrame(schema=COLUMNS)
    given = as_polars(hand, "hand")
    missing = [name for name in COLUMNS if name not in given.columns]
    if missing:
        raise DataError("columns are missing.", table="hand", columns=missing, remedy="take what hand_of returns.")
    strange = given.filter(~pl.col("what").is_in(WHAT).fill_null(False))
    if strange.height:
        raise DataError(
            f"what is not one of {', '.join(WHAT)}.",
            table="hand",
            columns=["what"],
            rows=strange.height,
            ids=strange["customer_id"].cast(pl.String).to_list(),
        )
    in_force = given.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    return in_force.filter((pl.col("made_on") <= as_of) & (pl.col("expires_on") > as_of))


def _row(entry: Entry) -> dict[str, Any]:
    content = entry.content
    try:
        what, factor = content["what"], content.get("factor")
        if what not in WHAT or entry.customer_id is None:
            raise ValueError(what)
        if what == "boost" and not (isinstance(factor, (int, float)) and 0 < factor < math.inf):
            raise ValueError(factor)
        return {
            "customer_id": entry.customer_id,
            "what": what,
            "factor": float(factor) if factor is not None else None,
            "reason": str(content.get("reason", "")),
            "author": entry.author,
            "made_on": date.fromisoformat(entry.at[:10]),
            "expires_on": date.fromisoformat(content["expires_on"]),
        }
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"entry {entry.number} is no pin, boost or exclusion.",
            table="decision log",
            remedy="lay it again with lay_hand, so that it takes the place of this one.",
        ) from None
