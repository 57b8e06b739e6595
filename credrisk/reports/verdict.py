"""What a validation comes to, in the words of a credit manager: is it better, is the level right, where is it weak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.models.assessment import Assessment
from credrisk.reports.measures import model_words
from credrisk.reports.style import short_money
from credrisk.wording import percent

__all__ = ["SHARED", "Verdict", "verdicts"]

GOOD, MIXED, BAD, UNKNOWN = "good", "mixed", "bad", "not measured"
SHARED = ("market_", "industry_")
"""Features that are the same for many customers: when they move, the market has moved, not the customers."""
NAMED = 3
"""How many weak places are named; the tables have them all."""


@dataclass(frozen=True)
class Verdict:
    """One question with its answer.

    Attributes
    ----------
    question, sentence
        The question, and the answer in one sentence.
    mark
        ``good``, ``mixed``, ``bad`` or ``not measured``.
    more
        Further sentences: the figures behind it.
    """

    question: str
    sentence: str
    mark: str
    more: tuple[str, ...] = ()


def verdicts(assessment: Assessment, *, event: str, currency: str) -> tuple[Verdict, Verdict, Verdict]:
    """Answer the three questions in the order in which they matter."""
    questions = (
        "Is the model better than what you rank by today?",
        "Is the level of the probabilities right?",
        "Where is it weak?",
    )
    if assessment.measures.is_empty():
        why = "; ".join(assessment.notes)
        sentence = f"Not measured: {why}."
        return tuple(Verdict(question, sentence, UNKNOWN) for question in questions)  # type: ignore[return-value]
    return (
        _better(questions[0], assessment, event, currency),
        _level(questions[1], assessment, event),
        _weak(questions[2], assessment),
    )


def _better(question: str, found: Assessment, event: str, currency: str) -> Verdict:
    own = found.value("captured_10pct")
    if own is None:
        return Verdict(question, "Not measured: the ranking has no value on these rows.", UNKNOWN)
    rule = found.best_rule
    if not rule:
        sentence = (
            f"Not measured: no plain rule to compare; 10 % reviewed finds {percent(own['value'])} of the {event}s."
        )
        return Verdict(question, sentence, UNKNOWN)
    name, other = _rule(rule), found.value("captured_10pct", model=rule)
    apart = found.difference("captured_10pct", against=rule)
    told = [
        f"Of the {event}s, the riskiest 10 % of customers at a date hold {_with_span(own)} by the model"
        + (f" and {_with_span(other)} by {name}, the best plain rule." if other else ".")
    ]
    money, auc = found.difference("money_captured_10pct", against=rule), found.value("auc")
    if money:
        mine = found.value("money_captured_10pct")
        told.append(
            f"Of the money that went bad it is {percent(mine['value']) if mine else 'not measured'}, "
            f"{_points(money)} by the plain rule."
        )
    value, other_value = found.value("value_10pct"), found.value("value_10pct", model=rule)
    if value and other_value:
        gap = found.difference("value_10pct", against=rule)
        told.append(
            f"Reviewing them brings {short_money(value['value'], currency)} a date, by the plain rule "
            f"{short_money(other_value['value'], currency)}"
            + (f" (difference {_money_span(gap, currency)})." if gap else ".")
        )
    if auc:
        told.append(f"AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f}).")
    if apart is None or apart["low"] is None:
        return Verdict(
            question, f"It finds {percent(own['value'])} of the {event}s in 10 % of the customers.", MIXED, tuple(told)
        )
    if apart["low"] > 0:
        sentence = f"Yes: in 10 % of the customers it finds {_count(apart['value'])} more {event}s of 100 than {name}."
        return Verdict(question, sentence, GOOD, tuple(told))
    if apart["high"] < 0:
        sentence = f"No: in 10 % of the customers it finds {_count(-apart['value'])} fewer {event}s of 100 than {name}."
        return Verdict(question, sentence, BAD, tuple(told))
    sentence = f"Not shown: in 10 % of the customers it finds {percent(own['value'])}, within chance of {name}."
    return Verdict(question, sentence, MIXED, tuple(told))


def _level(question: str, found: Assessment, event: str) -> Verdict:
    ratio = found.value("calibration_in_the_large")
    if ratio is None or ratio["low"] is None:
        return Verdict(question, "Not measured: no event, or no interval.", UNKNOWN)
    tested = found.grades.filter(pl.col("customers") > 0)
    low, high = (tested.filter(pl.col("verdict") == verdict)["grade"].to_list() for verdict in ("too low", "too high"))
    told = [
        f"For every 100 {event}s predicted, {100 * ratio['value']:.0f} came "
        f"({100 * ratio['low']:.0f} to {100 * ratio['high']:.0f}).",
        f"Of {tested.height} grades with customers, {len(low)} are rejected as too low and {len(high)} as too high "
        f"(5 % for all together, asset correlation {found.correlation:g})."
        if tested.height
        else found.graded_by,
    ]
    slope = found.value("calibration_slope")
    if slope and slope["low"] is not None:
        words = (
            "as far apart as they should be"
            if slope["low"] <= 1 <= slope["high"]
            else "too far apart"
            if slope["high"] < 1
            else "too close together"
        )
        told.append(
            f"High and low probabilities are {words}: slope {slope['value']:.2f} "
            f"({slope['low']:.2f} to {slope['high']:.2f}; 1 is right)."
        )
    off = not ratio["low"] <= 1 <= ratio["high"]
    direction = "too low" if ratio["value"] > 1 else "too high"
    if off:
        sentence = f"Overall {direction}: {100 * ratio['value']:.0f} {event}s came for 100 predicted."
        bad = ratio["low"] > 1.5 or ratio["high"] < 1 / 1.5
        return Verdict(question, sentence, BAD if bad or low else MIXED, tuple(told))
    if low or high:
        named = ", ".join([*low, *high])
        sentence = f"Overall yes, but not in {'grade' if len(low) + len(high) == 1 else 'grades'} {named}."
        return Verdict(question, sentence, MIXED, tuple(told))
    return Verdict(question, f"Yes, overall within chance{_grades_stand(tested)}.", GOOD, tuple(told))


def _grades_stand(tested: pl.DataFrame) -> str:
    """Say what was judged of grades of which none is rejected: all together, which bears more than each by itself."""
    if tested.is_empty():
        return ""
    apart = tested.filter(~pl.col("predicted").is_between("low", "high"))["grade"].to_list()
    alone = f" (by {'itself' if len(apart) == 1 else 'themselves'} {', '.join(apart)} would be)" if apart else ""
    return f"; no grade is rejected when all are tested together{alone}"


def _weak(question: str, found: Assessment) -> Verdict:
    leaks = _leaks(found)
    auc = found.value("auc")
    places = [
        *_weak_parts(found.segments, "segment", "part", auc["value"] if auc else 1.0),
        *_weak_parts(found.stability, "period from", "from", auc["value"] if auc else 1.0),
    ]
    told = [*leaks, *places]
    thin = [] if found.segments.is_empty() else found.segments.filter(pl.col("reason").is_not_null())["part"].to_list()
    if thin:
        which = ", ".join(thin) if len(thin) <= NAMED else f"{len(thin)} of {found.segments.height} segments"
        told.append(f"Too few events to judge by themselves: {which}.")
    moved = [] if found.drift.is_empty() else found.drift.filter(pl.col("drift") == "large")["feature"].to_list()
    moved = [name for name in moved if not name.startswith(SHARED)]
    if moved:
        shown = ", ".join(moved[:NAMED]) + (f" and {len(moved) - NAMED} more" if len(moved) > NAMED else "")
        told.append(f"The tested customers differ from the earlier ones much more than is usual in {shown}.")
    if leaks:
        sentence, mark = "A feature may know the outcome: mend that before anything else is believed.", BAD
    elif places:
        where = "one place" if len(places) == 1 else f"{len(places)} places"
        sentence = f"In {where}, named below; intervals are 95 %, so one in twenty is chance."
        mark = MIXED
    else:
        sentence, mark = "Nowhere beyond chance: no period, segment or feature stands out.", GOOD
    return Verdict(question, sentence, mark, tuple(told))


def _leaks(found: Assessment) -> list[str]:
    if found.leakage.is_empty():
        return []
    alarms = found.leakage.filter(pl.col("alarm").is_not_null()).head(NAMED)
    return [f"Leak suspected: {reason}." for reason in alarms["reason"].to_list()]


def _weak_parts(frame: pl.DataFrame, kind: str, name: str, auc: float) -> list[str]:
    """Say where the ranking is worse than overall, or the level off, beyond the part's own interval."""
    if frame.is_empty():
        return []
    told = []
    for row in frame.filter(pl.col("auc_high") < auc).head(NAMED).iter_rows(named=True):
        span = f"AUC {row['auc']:.2f} ({row['auc_low']:.2f} to {row['auc_high']:.2f})"
        told.append(f"It ranks worse in the {kind} {row[name]}: {span}.")
    off = (pl.col("observed_to_expected_low") > 1) | (pl.col("observed_to_expected_high") < 1)
    for row in frame.filter(off).head(NAMED).iter_rows(named=True):
        ratio, low, high = (100 * row[f"observed_to_expected{end}"] for end in ("", "_low", "_high"))
        told.append(f"In the {kind} {row[name]}, {ratio:.0f} came for 100 predicted ({low:.0f} to {high:.0f}).")
    return told


def _rule(name: str) -> str:
    return f"ranking by {model_words(name).lower()}"


def _count(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.0095 else f"{100 * share:.1f}"


def _with_span(row: dict[str, Any]) -> str:
    span = "" if row["low"] is None else f" ({100 * row['low']:.0f} to {100 * row['high']:.0f} %)"
    return f"{percent(row['value'])}{span}"


def _points(row: dict[str, Any]) -> str:
    span = "" if row["low"] is None else f" ({100 * row['low']:.0f} to {100 * row['high']:.0f})"
    return f"{abs(100 * row['value']):.0f} points {'more' if row['value'] >= 0 else 'less'}{span} than"


def _money_span(row: dict[str, Any], currency: str) -> str:
    if row["low"] is None:
        return short_money(row["value"], currency)
    ends = f"{short_money(row['low'], currency)} to {short_money(row['high'], currency)}"
    return f"{short_money(row['value'], currency)}, {ends}"
