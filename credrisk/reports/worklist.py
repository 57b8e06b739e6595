"""Which rows of the queue fall within today's capacity, and what is done today about all that is past due."""

from __future__ import annotations

import polars as pl

from credrisk.wording import counted

__all__ = [
    "automatic",
    "by_hand",
    "groups_told",
    "held_back",
    "nothing_to_ask",
    "past_due_today",
    "ranked",
    "to_contact",
    "waiting",
]

BY_HAND, BY_MAIL, HELD = "contacted by hand", "reminded by e-mail", "held back"
AT_A_LOSS = "waits: a contact costs more than it gains"
DESK_BUSY = "waits: its payables desk is contacted for others"
FULL_DAY = "waits: others gain more within the day"


def ranked(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that are not held back, in the order of their rank."""
    return queue.filter(pl.col("rank").is_not_null()).sort("rank")


def by_hand(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the ranked rows without those that are contacted by what goes out by itself."""
    return ranked(queue).filter(~_automatic(queue))


def nothing_to_ask(queue: pl.DataFrame) -> int:
    """Return how many customers there is nothing to ask for: nothing past due, and nothing due soon."""
    return queue.height - ranked(queue).height - _held(queue).height


def held_back(queue: pl.DataFrame) -> list[tuple[str, int]]:
    """Return why customers there is something to ask for are not contacted, and how many: the most frequent first."""
    held = _held(queue)
    if "hold" not in queue.columns:
        return [("held back", held.height)] if held.height else []
    counts = held.group_by("hold").len().sort(["len", "hold"], descending=[True, False])
    return [(str(reason).replace("_", " "), count) for reason, count in counts.rows()]


def _held(queue: pl.DataFrame) -> pl.DataFrame:
    asked = [(pl.col(name) > 0).fill_null(False) for name in ("past_due", "chased") if name in queue.columns]
    return queue.filter(pl.col("rank").is_null() & (pl.any_horizontal(asked) if asked else pl.lit(True)))


def waiting(queue: pl.DataFrame, capacity: int | None) -> int:
    """Return how many customers may be contacted and are not today."""
    return ranked(queue).height - to_contact(queue, capacity).height - automatic(queue).height


def groups_told(queue: pl.DataFrame, capacity: int | None) -> list[str]:
    """Name the customers that nobody contacts by hand today, so that with those contacts they add up to all."""
    mails, waits = automatic(queue).height, waiting(queue, capacity)
    held, idle = sum(count for _, count in held_back(queue)), nothing_to_ask(queue)
    told = (
        (mails, f"{counted(mails, 'automatic e-mail')} beside them"),
        (waits, f"{waits:,} {'waits' if waits == 1 else 'wait'}"),
        (held, f"{held:,} held back"),
        (idle, f"{idle:,} with nothing to ask for"),
    )
    return [words for count, words in told if count]


def past_due_today(queue: pl.DataFrame, capacity: int | None) -> pl.DataFrame:
    """Return what is done today about what is past due: each customer with something past due is in one row.

    Returns
    -------
    polars.DataFrame
        ``today`` (what is done, or why nothing is), ``customers, past_due``: the contacts first, then by money.
    """
    who = pl.col("customer_id")
    asked, mailed = (rows["customer_id"].implode() for rows in (to_contact(queue, capacity), automatic(queue)))
    held = pl.format("held: {}", pl.col("hold").str.replace_all("_", " ")) if "hold" in queue.columns else pl.lit(None)
    loss = (pl.col("gain") <= 0).fill_null(True) if "gain" in queue.columns else pl.lit(False)
    said = pl.col("reasons") if "reasons" in queue.columns else pl.lit("")
    today = (
        pl.when(who.is_in(asked))
        .then(pl.lit(BY_HAND))
        .when(who.is_in(mailed))
        .then(pl.lit(BY_MAIL))
        .when(pl.col("rank").is_null())
        .then(held.fill_null(HELD))
        .when(loss)
        .then(pl.lit(AT_A_LOSS))
        .when(said.str.contains("its payables desk is contacted", literal=True))
        .then(pl.lit(DESK_BUSY))
        .otherwise(pl.lit(FULL_DAY))
    )
    return (
        queue.filter(pl.col("past_due") > 0)
        .with_columns(today=today)
        .group_by("today")
        .agg(customers=pl.len(), past_due=pl.col("past_due").sort().sum())
        .sort(~pl.col("today").is_in([BY_HAND, BY_MAIL]), -pl.col("past_due"), "today")
    )


def to_contact(queue: pl.DataFrame, capacity: int | None) -> pl.DataFrame:
    """Return the rows to contact today by hand: as the queue marks them, else the first ``capacity`` ranked ones."""
    rows = ranked(queue)
    if "contact_today" in queue.columns:
        return rows.filter(pl.col("contact_today") & ~_automatic(queue))
    return rows if capacity is None else rows.head(capacity)


def automatic(queue: pl.DataFrame) -> pl.DataFrame:
    """Return the rows to contact today by what goes out by itself (reminder e-mails) and takes nobody's time."""
    if "contact_today" not in queue.columns:
        return queue.head(0)
    return ranked(queue).filter(pl.col("contact_today") & _automatic(queue))


def _automatic(queue: pl.DataFrame) -> pl.Expr:
    return (pl.col("slot") == "automatic").fill_null(False) if "slot" in queue.columns else pl.lit(False)
