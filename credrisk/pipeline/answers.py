"""The three answers in short, as the command prints them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.reports.case_page import LONG_NAME
from credrisk.reports.limit_changes import largest_change_first, limits_to_change
from credrisk.reports.pack import Pack
from credrisk.reports.style import truncated
from credrisk.reports.worklist import groups_told, to_contact
from credrisk.wording import money, percent

__all__ = ["Answer", "answers"]


@dataclass(frozen=True)
class Answer:
    """A short list: title, headings, rows of text, which columns are figures, and the reason of each row."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    reasons: tuple[str, ...]


REASONS = ("reason_1", "reason_2", "reason_3")


def answers(pack: Pack, rows: int) -> tuple[Answer, Answer, Answer]:
    """Return likely bad debts, limits to change and contacts to make, at most ``rows`` rows each."""
    return _likely(pack, rows), _limits(pack, rows), _contacts(pack, rows)


def _likely(pack: Pack, rows: int) -> Answer:
    measured = pack.scores.filter(pl.col("expected_loss") > 0)
    if not measured.is_empty():
        top = measured.sort("expected_loss", "customer_id", descending=[True, False]).head(rows)
        title, key, heading = "1  Likely bad debts, by expected loss", "pd_12m", "PD 12m"
    else:
        likely = pl.when(pl.col("p_late30_source") == "already_late").then(1.0).otherwise("p_late30_12m")
        late = pack.scores.with_columns(at_stake=likely * pl.col("ead"))
        top = late.filter(pl.col("at_stake") > 0).sort("at_stake", "customer_id", descending=[True, False]).head(rows)
        title = "1  Bad debt not measured. Likely to pay 30 or more days late, by balance at stake"
        key, heading = "p_late30_12m", "Late 30d, 12m"
    return Answer(
        title,
        ("Customer", "Balance", "Past due", heading, "Expected loss"),
        tuple(
            (
                _who(row),
                money(row["open_balance"], pack.currency),
                money(row["past_due"], pack.currency),
                "already late" if row[key] is None else percent(row[key], 1),
                money(row["expected_loss"], pack.currency),
            )
            for row in top.iter_rows(named=True)
        ),
        (1, 2, 3, 4),
        tuple("; ".join(row[name] for name in REASONS if row[name]) for row in top.iter_rows(named=True)),
    )


def _limits(pack: Pack, rows: int) -> Answer:
    changed = limits_to_change(pack.limits)
    top = largest_change_first(changed).head(rows)
    return Answer(
        f"2  Limits to change ({changed.height} of {pack.limits.height})",
        ("Customer", "Action", "Limit today", "Recommended", "What binds"),
        tuple(
            (
                _who(row),
                row["action"],
                "none" if row["current_limit"] is None else money(row["current_limit"], pack.currency),
                money(row["recommended_limit"], pack.currency),
                row["binding"],
            )
            for row in top.iter_rows(named=True)
        ),
        (2, 3),
        tuple(row["reasons"] for row in top.iter_rows(named=True)),
    )


def _contacts(pack: Pack, rows: int) -> Answer:
    ranked = to_contact(pack.queue, pack.capacity)
    return Answer(
        f"3  Contacts for today ({'; '.join([f'{ranked.height:,}', *groups_told(pack.queue, pack.capacity)])})",
        ("Rank", "Customer", "Action", "Gain", "Past due"),
        tuple(
            (
                str(row["rank"]),
                _who(row),
                str(row["action"]).replace("_", " "),
                money(row["gain"], pack.currency),
                money(row["past_due"], pack.currency),
            )
            for row in ranked.head(rows).iter_rows(named=True)
        ),
        (0, 3, 4),
        tuple(ranked.head(rows)["reasons"]),
    )


def _who(row: dict[str, object]) -> str:
    return f"{row['customer_id']} {truncated(str(row['name'] or ''), LONG_NAME)}".strip()
