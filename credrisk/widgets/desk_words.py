"""The desk in words: the day in one sentence, what each change wins or gives up, and an account as it is read out."""

from __future__ import annotations

import math
from typing import Any

import polars as pl

from credrisk.reports.style import short_money, truncated
from credrisk.widgets.desk import Desk, by_hand, made_list
from credrisk.widgets.desk_view import DeskView
from credrisk.wording import counted, money, percent

__all__ = [
    "Tile",
    "capacity_told",
    "cells",
    "change_sentences",
    "foot",
    "headline",
    "moved_words",
    "roll_over_sentences",
    "signed",
    "tiles",
]

Tile = tuple[str, str, str]
"""What it is, the figure, and a note."""
NAME = 48
LEAST = 0.005
"""Money below this is none."""
SLOTS = {"insurer": "insurer's deadline", "pin": "pinned", "coverage": "small account"}


def headline(seen: DeskView, desk: Desk) -> str:
    """Return the day in one sentence."""
    hand, sent = seen.by_hand(), seen.mailed()
    worth = short_money(float(hand["gain"].sum()), desk.currency)
    contacts = counted(hand.height, "contact")
    mail = f"; the mail to {counted(sent.height, 'more account')} takes nobody's time" if sent.height else ""
    if hand.is_empty():
        return f"Nobody is contacted by hand today{mail}"
    return f"{contacts} by hand today {'is' if hand.height == 1 else 'are'} worth {worth}{mail}"


def capacity_told(desk: Desk) -> str:
    """Say how many contacts the list is made for, and what it is under the policy's capacity where that is another."""
    own, policy = desk.capacity, desk.policy.collection.capacity_per_day
    if own == policy:
        return f"The list is for at most {counted(own, 'contact')} by hand, the policy's capacity, as in the pack."
    theirs = made_list(desk, capacity=policy).filter(by_hand())
    gain = money(float(theirs["gain"].sum()), desk.currency)
    return (
        f"The list is for at most {counted(own, 'contact')} by hand. The pack, and the app without --capacity, make it "
        f"for the policy's {policy:,}: {counted(theirs.height, 'contact')}, worth {gain}."
    )


def tiles(seen: DeskView, desk: Desk) -> list[Tile]:
    """Return the figures that stand above the list."""
    hand, change = seen.by_hand(), seen.gain() - seen.difference.gain_before
    spare = seen.state.capacity - hand.height
    note = f"of {seen.state.capacity:,}: no more gains anything" if spare > 0 else f"of {seen.state.capacity:,}"
    passes = desk.roll_over.group_by("threshold_days").agg(pl.col("amount").sum())
    money_of = {int(days): float(amount) for days, amount in passes.iter_rows()}
    return [
        ("Contacts by hand", f"{hand.height:,}", note),
        ("To ask for", short_money(float(hand["chased"].sum()), desk.currency), "by those contacts"),
        ("Gain of today's list", money(seen.gain(), desk.currency), "mail included"),
        ("Against the model's", signed(change, desk.currency), "by its own measure"),
        ("Passes 60 days", short_money(money_of.get(60, 0.0), desk.currency), "within 30 days, unless paid"),
        ("Passes 90 days", short_money(money_of.get(90, 0.0), desk.currency), "within 30 days, unless paid"),
    ]


def signed(amount: float, currency: str) -> str:
    """Write an amount with its sign; nothing is 0."""
    if abs(amount) < LEAST:
        return f"0 {currency}"
    return f"{'+' if amount > 0 else '−'}{money(abs(amount), currency)}"


def change_sentences(seen: DeskView, desk: Desk) -> list[str]:
    """Return what was changed at the desk and what each change wins or gives up, by the model's own measure."""
    if not seen.steps:
        return ["This is the model's own order: nothing was changed."]
    said = [f"{_first(step.says)}: {_worth(step.gain, desk.currency)}." for step in seen.steps]
    changes = seen.difference.table
    came, went = (changes.filter(pl.col("change") == which).height for which in ("in", "out"))
    hand, before = seen.by_hand().height, seen.model.filter(by_hand()).height
    said.append(
        f"On today's list, the mail included, {counted(came, 'account')} came in and {went:,} went out; "
        + (
            f"contacts by hand go from {before:,} to {hand:,}."
            if hand != before
            else f"contacts by hand stay {hand:,}."
        )
    )
    return said


def _worth(gain: float, currency: str) -> str:
    if abs(gain) < LEAST:
        return "worth the same"
    return f"{money(abs(gain), currency)} {'won' if gain > 0 else 'given up'}"


def roll_over_sentences(desk: Desk) -> list[str]:
    """Return what passes 60 and 90 days within 30 days, and what of it is expected to be open then."""
    said = []
    for days in (60, 90):
        own = desk.roll_over.filter(pl.col("threshold_days") == days)
        if own.is_empty():
            said.append(f"Nothing passes {days} days within 30 days.")
            continue
        expected = own["expected_amount"]
        likely = (
            f", {short_money(float(expected.sum()), desk.currency)} of it is expected to"
            if expected.is_not_null().all()
            else ""
        )
        total = short_money(float(own["amount"].sum()), desk.currency)
        who = counted(own["customer_id"].n_unique(), "customer")
        said.append(f"{total} of {who} passes {days} days within 30 days unless it is paid{likely}.")
    return said


def foot(shown: int, found: int, which: str, *, last_rank: int | None = None) -> str:
    """Say how many accounts the table shows of those that the filters let through, and why ranks are passed over.

    ``last_rank`` is the highest rank among those found.
    """
    if not found:
        return f"No account: {which}, under these filters."
    if shown < found:
        return f"The first {shown:,} of {found:,} accounts ({which}); filter to see the others."
    gaps = last_rank is not None and last_rank > found
    between = " Ranks are places in the whole list: others, such as e-mails, stand between." if gaps else ""
    return f"{counted(found, 'account')} ({which}).{between}"


def moved_words(moved: int | None) -> str:
    """Write how far an account moved: ``▲ 3``, ``▼ 2``; nothing where it did not."""
    if not moved:
        return ""
    return f"{'▲' if moved > 0 else '▼'} {abs(moved):,}"


def cells(rows: pl.DataFrame, desk: Desk) -> list[dict[str, Any]]:
    """Return the rows as the table shows them: texts, each figure in its own form, money without its currency."""
    return [_row(row, desk) for row in rows.with_columns(by_hand=by_hand()).iter_rows(named=True)]


def _row(row: dict[str, Any], desk: Desk) -> dict[str, Any]:
    held = row["hold"] is not None
    action = str(row["action"] or "").replace("_", " ")
    return {
        "id": row["customer_id"],
        "name": truncated(str(row["name"] or ""), NAME),
        "rank": "" if row["rank"] is None else f"{row['rank']:,}",
        "moved": moved_words(row["moved"]),
        "action": "left in peace" if held else action,
        "mark": _mark(row),
        "chased": _amount(None if held else row["chased"]),
        "oldest_open_days": "" if row["oldest_open_days"] is None else f"{row['oldest_open_days']:,.0f}",
        "past_due": _amount(row["past_due"]),
        "pd_used": "" if row["pd_used"] is None else percent(row["pd_used"], 1),
        "gain": _cents(row["gain"]),
        "gain_beyond_mail": _cents(row["gain_beyond_mail"]),
        "today": row["by_hand"],
        "held": held,
    }


def _mark(row: dict[str, Any]) -> str:
    if row["hold"] is not None:
        return str(row["hold"]).replace("_", " ")
    said = [SLOTS[row["slot"]]] if row["slot"] in SLOTS else []
    hand = str(row["hand"] or "")
    if "boosted" in hand:
        said.append("boosted")
    if "pinned" in hand and row["slot"] != "pin":
        said.append("pinned")
    return ", ".join(said)


def _amount(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,.0f}"


def _cents(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,.2f}".replace("-", "−")


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
