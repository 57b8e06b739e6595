"""How a file writes its dates and amounts, by the evidence of whole columns; what nothing proves is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.ledger.style import Evidence
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes, Question

__all__ = ["Writing", "writing_of"]

STRAY = 0.02
"""So large a share of contradicting cells may be typing errors; more means that the column mixes two ways."""
_ORDERS = ("day_first", "month_first")
_MARKS = ("point", "comma")
_DAY_LAST = re.compile(r"^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(.*)$")
_YEAR_FIRST = re.compile(r"^\d{4}([-/.])\d{1,2}[-/.]\d{1,2}(.*)$")
_NAMED = re.compile(r"^\d{1,2}([-/. ]*(?:de )?)[^\W\d_]{3,}([-/., ]*(?:de )?)(\d{4}|\d{2})([T ,]+\d{1,2}:\d{2}.*)?$")
_HINT = {0: re.compile(r"\b(dd|d|jj|tt|gg)[-/. ]?(mm|m)\b", re.I), 1: re.compile(r"\b(mm|m)[-/. ]?(dd|d)\b", re.I)}


@dataclass(frozen=True)
class Writing:
    """How a file is written, as a mapping says it.

    Attributes
    ----------
    dates
        Formats by date column; empty where ISO alone stands there or the file has real dates.
    """

    dates: Mapping[str, tuple[str, ...]]
    decimal: str
    thousands: str
    empty: tuple[str, ...]


def writing_of(
    key: str, dates: Sequence[Content], money: Sequence[Content], answers: Mapping[str, str], notes: Notes
) -> Writing:
    """Decide how the dates and amounts of a file are written.

    Parameters
    ----------
    key
        The file's name in the mapping.
    dates, money
        Its columns of dates and amounts; a document's own date first, then the due date.
    answers
        ``dates.FILE`` or ``dates.FILE.COLUMN``: day_first or month_first; ``decimal.FILE``: point or comma.
    """
    orders = _orders(key, dates, answers, notes)
    formats = {one.name: _formats(one, orders[one.name]) for one in dates if not one.typed}
    decimal = _decimal(key, [one for one in money if not one.typed], answers, notes)
    other = {".": ",", ",": "."}.get(decimal, "")
    texts = [one.texts.drop_nulls() for one in money if not one.typed]
    thousands = other if other and any(text.str.contains(other, literal=True).any() for text in texts) else ""
    nothings = sorted({word for one in (*dates, *money) for word in one.nothings})
    return Writing(formats, decimal, thousands, tuple(nothings))


def _orders(key: str, dates: Sequence[Content], answers: Mapping[str, str], notes: Notes) -> dict[str, int]:
    """Return for each column whether its dates have the day (0) or the month (1) first."""
    whole = sum((one.date_order for one in dates), Evidence())
    open_columns: list[Content] = []
    orders: dict[str, int] = {}
    for one in dates:
        proof = one.date_order
        given = answers.get(f"dates.{key}.{one.name}") or answers.get(f"dates.{key}")
        orders[one.name] = _ORDERS.index(given) if given in _ORDERS else 0
        if given in _ORDERS or one.typed or proof.first + proof.second + proof.undecided == 0:
            continue
        if min(proof.first, proof.second) > STRAY * (proof.first + proof.second):
            notes.questions.append(
                Question(
                    f"dates.{key}.{one.name}",
                    f"In {one.name} of {key}, some dates have the day first and some the month. Which is the rule?",
                    f"{proof.first:,} cells prove day first and {proof.second:,} month first; {proof.undecided:,} "
                    "could be either, and would be read by the rule. What contradicts it is set aside.",
                    _order_choices(one, dates),
                )
            )
        elif proof.answer is not None:
            orders[one.name] = proof.answer
            stray = min(proof.first, proof.second)
            proved = max(proof.first, proof.second)
            said = f"{one.name} of {key}: {('day', 'month')[proof.answer]} first, proved by {proved:,} cells"
            if stray:
                notes.unsure.append(f"{said}; {stray:,} contradict it and will be set aside")
            else:
                notes.sure.append(said)
        elif (hint := _hint(one.name)) is not None:
            orders[one.name] = hint
            notes.sure.append(f"{one.name} of {key}: {('day', 'month')[hint]} first, as its header says")
        elif whole.answer is not None and not min(whole.first, whole.second):
            orders[one.name] = whole.answer
            notes.unsure.append(
                f"{one.name} of {key}: {('day', 'month')[whole.answer]} first, as other columns of the file prove"
            )
        else:
            open_columns.append(one)
    if open_columns:
        names = ", ".join(one.name for one in open_columns)
        example = next(iter(open_columns[0].texts.drop_nulls().to_list()))
        notes.questions.append(
            Question(
                f"dates.{key}",
                f"Does the day or the month stand first in the dates of {key} ({names}; for example {example})?",
                "No cell has a part above 12, so both readings are possible. " + _order_evidence(open_columns),
                _order_choices(open_columns[0], dates),
            )
        )
    return orders


def _order_choices(column: Content, dates: Sequence[Content]) -> tuple[tuple[str, str], ...]:
    example = next(iter(column.texts.drop_nulls().to_list()))
    meant = [read_dates(pl.Series([example]), month_first=first, workbook=False)["value"][0] for first in (False, True)]
    return tuple(
        (order, f"{example} is {day}" if day else order.replace("_", " "))
        for order, day in zip(_ORDERS, meant, strict=True)
    )


def _order_evidence(dates: Sequence[Content]) -> str:
    """Say how often the second column lies before the first under each reading: a due date does so never."""
    if len(dates) < 2:
        return ""
    said = []
    for order, month_first in zip(_ORDERS, (False, True), strict=True):
        first, second = (read_dates(one.texts, month_first=month_first, workbook=False)["value"] for one in dates[:2])
        early = int((second < first).sum())
        said.append(f"{order.replace('_', ' ')}: {dates[1].name} lies before {dates[0].name} in {early:,} rows")
    return "; ".join(said) + "."


def _hint(header: str) -> int | None:
    found = [order for order, pattern in _HINT.items() if pattern.search(header)]
    return found[0] if len(found) == 1 else None


def _formats(column: Content, order: int) -> tuple[str, ...]:
    """Return the formats in which a column's dates are written, the most frequent first."""
    shapes: dict[str, int] = {}
    for text, count in column.counts:
        for shape in _shapes(text, order):
            shapes[shape] = shapes.get(shape, 0) + count
    return tuple(sorted(shapes, key=lambda shape: (-shapes[shape], shape)))


def _shapes(text: str, order: int) -> Iterable[str]:
    if found := _DAY_LAST.match(text):
        mark, year = found[2], "%Y" if len(found[4]) > 2 else "%y"
        yield mark.join(("%d", "%m") if order == 0 else ("%m", "%d")) + mark + year + _time(found[5])
    elif found := _YEAR_FIRST.match(text):
        if found[1] != "-":
            yield found[1].join(("%Y", "%m", "%d")) + _time(found[2])
    elif re.fullmatch(r"\d{8}", text) and text != "00000000":
        yield "%Y%m%d"
    elif found := _NAMED.match(text):
        yield f"%d{found[1]}%b{found[2]}{'%Y' if len(found[3]) > 2 else '%y'}{_time(found[4] or '')}"


def _time(text: str) -> str:
    bare = text.strip()
    if not bare:
        return ""
    clock = "%H:%M:%S" if bare.count(":") > 1 else "%H:%M"
    lead = text[: len(text) - len(text.lstrip("T ,"))]
    return lead + (clock.replace("%H", "%I") + " %p" if bare.upper().endswith("M") else clock)


def _decimal(key: str, money: Sequence[Content], answers: Mapping[str, str], notes: Notes) -> str:
    proof = sum((one.decimal for one in money), Evidence())
    given = answers.get(f"decimal.{key}")
    if given in _MARKS:
        return ".,"[_MARKS.index(given)]
    if proof.first + proof.second + proof.undecided == 0:
        return ""
    names = ", ".join(one.name for one in money)
    example = next(
        (text for one in money for text in one.texts.drop_nulls().to_list() if re.search(r"\d[.,]\d{3}(?!\d)", text)),
        next(text for one in money for text in one.texts.drop_nulls().to_list() if re.search("[.,]", text)),
    )
    choices = (("point", "the point is the decimal mark"), ("comma", "the comma is the decimal mark"))
    if min(proof.first, proof.second) > STRAY * (proof.first + proof.second):
        said = f"{proof.first:,} cells prove a decimal point and {proof.second:,} a decimal comma."
        notes.questions.append(
            Question(f"decimal.{key}", f"Which is the decimal mark of {key} ({names})?", said, choices)
        )
        return ""
    if proof.answer is None:
        notes.questions.append(
            Question(
                f"decimal.{key}",
                f"Is {example} in {key} a number with decimals, or are its digits grouped by thousands?",
                f"Nothing in {names} proves which mark is the decimal; the two readings differ by a factor of 1,000.",
                choices,
            )
        )
        return ""
    stray = min(proof.first, proof.second)
    said = f"amounts of {key}: decimal {_MARKS[proof.answer]}, proved by {max(proof.first, proof.second):,} cells"
    if stray:
        notes.unsure.append(f"{said}; {stray:,} contradict it and will be set aside")
    else:
        notes.sure.append(said)
    return ".,"[proof.answer]
