"""One account as the supervisor reads it before laying a hand on it, and what changed, as HTML; texts are escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import polars as pl

from credrisk.reports.months import day_in_words
from credrisk.reports.style import truncated
from credrisk.widgets.desk import Desk
from credrisk.widgets.desk_view import DeskView
from credrisk.widgets.desk_words import LEAST, Tile, moved_words, signed
from credrisk.wording import money, percent

__all__ = ["account_card", "changes_table", "head", "laid_table", "roll_over_table", "sentences", "tile_row"]

NAME, SHOWN = 60, 15


def head(kind: str, headline: str, day: str) -> str:
    """Return the head of the page."""
    return f'<p class="kind">{escape(kind)}</p><h1>{escape(headline)}</h1><p class="asof">{escape(day)}</p>'


def tile_row(tiles: Sequence[Tile]) -> str:
    """Return the figures above the list."""
    inside = "".join(
        f'<div><dt>{escape(what)}</dt><dd><span class="value{_tone(figure)}">{escape(figure)}</span>'
        f'<span class="note">{escape(note)}</span></dd></div>'
        for what, figure, note in tiles
    )
    return f'<dl class="tiles">{inside}</dl>'


def sentences(said: Sequence[str]) -> str:
    """Return sentences, a line each."""
    return "".join(f"<p>{escape(line)}</p>" for line in said)


def account_card(seen: DeskView, desk: Desk, customer_id: str) -> str:
    """Return the account in figures and words; a hint where none is chosen."""
    rows = seen.queue.filter(pl.col("customer_id") == customer_id)
    if rows.is_empty():
        return '<p class="none">Click an account in the list to read why it stands there and to lay a hand on it.</p>'
    row = rows.row(0, named=True)
    name = truncated(str(row["name"] or customer_id), NAME)
    figures = [
        ("Past due", money(row["past_due"], desk.currency)),
        ("To ask for", money(row["chased"], desk.currency)),
        (
            "Oldest item",
            "nothing open" if row["oldest_open_days"] is None else f"{row['oldest_open_days']:,.0f} days late",
        ),
        ("Bad debt in 12 months", percent(row["pd_used"], 1)),
        ("Gain of a contact", money(row["gain"], desk.currency)),
        ("Passes 90 days within 30", money(row["rolls_over_90"], desk.currency)),
    ]
    inside = "".join(f"<div><dt>{escape(what)}</dt><dd>{escape(said)}</dd></div>" for what, said in figures)
    parts = [f'<h3>{escape(name)} <span class="key">{escape(customer_id)}</span></h3><dl class="facts">{inside}</dl>']
    if row["talking_points"]:
        parts.append(f'<p class="say">{escape(row["talking_points"])}</p>')
    parts.append(f'<p class="why">{escape(_sentence(str(row["reasons"] or "")))}</p>')
    return "".join(parts)


def changes_table(seen: DeskView, desk: Desk) -> str:
    """Return who came in, went out and moved most, with what each gains under both lists."""
    changes = seen.difference.table
    if changes.is_empty():
        return '<p class="none">Nothing moved: this is the model\'s own order.</p>'
    names = dict(seen.queue.select("customer_id", "name").iter_rows())
    rows = [
        (
            truncated(str(names.get(row["customer_id"]) or row["customer_id"]), NAME),
            {"in": "comes in", "out": "goes out"}.get(row["change"] or "", ""),
            moved_words(row["moved"]),
            _place(row["rank_before"]),
            _place(row["rank_after"]),
            _change(_today(row, "after") - _today(row, "before"), desk.currency),
        )
        for row in changes.head(SHOWN).iter_rows(named=True)
    ]
    headings = ["Customer", "Today's list", "Moved", "Rank before", "Rank now", f"Gain today, {desk.currency}"]
    more = f'<p class="more">The first {SHOWN} of {changes.height:,}.</p>' if changes.height > SHOWN else ""
    return _table(headings, rows, right=(2, 3, 4, 5)) + more


def roll_over_table(desk: Desk) -> str:
    """Return what passes 60 and 90 days, the largest amounts first."""
    if desk.roll_over.is_empty():
        return '<p class="none">Nothing passes 60 or 90 days within 30 days.</p>'
    names = dict(desk.basis.accounts.select("customer_id", "name").iter_rows())
    largest = desk.roll_over.sort("amount", "customer_id", descending=[True, False])
    rows = [
        (
            truncated(str(names.get(row["customer_id"]) or row["customer_id"]), NAME),
            f"{row['threshold_days']} days",
            day_in_words(row["passes_on"]),
            f"{row['amount']:,.0f}",
            "not measured" if row["probability"] is None else percent(row["probability"]),
            "not measured" if row["expected_amount"] is None else f"{row['expected_amount']:,.0f}",
        )
        for row in largest.head(SHOWN).iter_rows(named=True)
    ]
    headings = ["Customer", "Passes", "First on", f"Amount, {desk.currency}", "Likely open then", "Expected"]
    more = f'<p class="more">The first {SHOWN} of {largest.height:,}.</p>' if largest.height > SHOWN else ""
    return _table(headings, rows, right=(3, 4, 5)) + more


def laid_table(hand: pl.DataFrame) -> str:
    """Return what was laid at the desk; a hint where nothing was."""
    if hand.is_empty():
        return '<p class="none">Nothing was pinned, boosted or excluded here yet.</p>'
    rows = [
        (
            row["customer_id"],
            row["what"] if row["factor"] is None else f"{row['what']} x {row['factor']:g}",
            row["reason"],
            day_in_words(row["expires_on"]),
        )
        for row in hand.iter_rows(named=True)
    ]
    return _table(["Customer", "What", "Reason", "Until, not included"], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    def cell(tag: str, place: int, text: str) -> str:
        return f"<{tag}{' class=n' if place in right else ''}>{escape(text)}</{tag}>"

    top = "".join(cell("th", place, text) for place, text in enumerate(headings))
    body = "".join(f"<tr>{''.join(cell('td', place, text) for place, text in enumerate(row))}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _today(row: dict[str, Any], side: str) -> float:
    return float(row[f"gain_{side}"]) if row[f"today_{side}"] else 0.0


def _change(gain: float, currency: str) -> str:
    return "" if abs(gain) < LEAST else signed(gain, currency).removesuffix(f" {currency}")


def _place(rank: int | None) -> str:
    return "held" if rank is None else f"{rank:,}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _tone(figure: str) -> str:
    return " up" if figure.startswith("+") else " down" if figure.startswith("−") else ""
