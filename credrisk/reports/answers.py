"""The three answers of a portfolio in one sentence each, and the rows that carry them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.reports.headline import bad_debts_told
from credrisk.reports.limit_changes import largest_change_first, limits_to_change, stopped_at_nothing
from credrisk.reports.pack import Pack
from credrisk.reports.style import short_money, truncated
from credrisk.reports.totals import has_values, sum_of_cents, total
from credrisk.reports.views import View, as_text, view_of
from credrisk.reports.worklist import automatic, held_back, nothing_to_ask, ranked, to_contact, waiting
from credrisk.wording import counted, percent

__all__ = ["Answer", "answers"]


@dataclass(frozen=True)
class Answer:
    """A question, its answer in a sentence, what stands behind it, the table, and its first rows in short."""

    key: str
    question: str
    sentence: str
    explanation: str
    view: View
    first: tuple[tuple[str, str], ...] = ()


def answers(pack: Pack) -> tuple[Answer, Answer, Answer]:
    """Return likely bad debts, limits to change and today's queue, in this order."""
    return _bad_debts(pack), _limits(pack), _queue(pack)


def _first(frame: pl.DataFrame, figure: Callable[[dict[str, Any]], str | None]) -> tuple[tuple[str, str], ...]:
    """Return name and figure of the first three rows."""
    return tuple(
        (truncated(row.get("name") or row["customer_id"], 34), figure(row) or "–")
        for row in frame.head(3).iter_rows(named=True)
    )


def _likely(scores: pl.DataFrame) -> str:
    """Say how many customers are likely bad debts, apart from those that are bad debts already, whose PD is 100 %."""
    if "pd_12m" not in scores.columns:
        return f"{counted(0, 'customer')} with a PD of 10 % or more"
    lost = (pl.col("status") == "bad_debt").fill_null(False) if "status" in scores.columns else pl.lit(False)
    likely = scores.filter((pl.col("pd_12m") >= 0.1) & ~lost)
    said = f"{counted(likely.height, 'customer')} with a PD of 10 % or more"
    already = bad_debts_told(scores)
    return f"{said}, beside {already}" if already else said


def _count(number: int, words: str) -> str:
    return f"{number:,} {words}{'' if number == 1 else 's'}"


def _bad_debts(pack: Pack) -> Answer:
    scores, currency = pack.scores, pack.currency
    columns = ["customer_id", "name", "expected_loss", "pd_12m", "grade", "status", "open_balance", "past_due"]
    question = "Who is likely to become a bad debt?"
    first: tuple[tuple[str, str], ...] = ()
    if has_values(scores, "expected_loss"):
        ordered = scores.sort(["expected_loss", "customer_id"], descending=[True, False], nulls_last=True)
        loss = sum_of_cents(scores, "expected_loss", currency)
        share = total(ordered.head(10), "expected_loss") / loss if loss > 0 else None
        sentence = f"{short_money(loss, currency)} of loss is expected within 12 months."
        if share is not None and scores.height > 10:
            sentence += f" Ten customers make {percent(share)} of it."
        first = _first(ordered, lambda row: as_text(row["expected_loss"], "money"))
        explanation = f"{_likely(scores)}. Largest expected loss first, at the policy's loss given default (prior)."
    elif has_values(scores, "p_late30_12m"):
        ordered = scores.sort(["p_late30_12m", "customer_id"], descending=[True, False], nulls_last=True)
        columns[2:5] = ["p_late30_12m"]
        likely = scores.filter(pl.col("p_late30_12m") >= 0.5).height
        first = _first(ordered, lambda row: f"late {as_text(row['p_late30_12m'], 'probability') or '–'}")
        sentence = "Not measured: no bad-debt probability could be estimated."
        explanation = (
            f"Instead: who is likely to pay more than 30 days late ({_count(likely, 'customer')} with 50 % or more). "
            "That is no bad-debt probability."
        )
    else:
        ordered = scores.sort("customer_id") if "customer_id" in scores.columns else scores
        sentence = "Not measured: no probability could be estimated."
        explanation = ""
    if "status" in scores.columns and scores["status"].n_unique() < 2:
        columns.remove("status")
    view = view_of("scores", ordered, [*columns, "dbt_12m", "reasons"], file=_file(pack, "scores"))
    return Answer("scores", question, sentence, explanation, view, first)


def _limits(pack: Pack) -> Answer:
    limits, currency = pack.limits, pack.currency
    question = "Which credit limits should change?"
    names = [
        "customer_id",
        "name",
        "action",
        "current_limit",
        "recommended_limit",
        "change",
        "pd_used",
        "binding",
        "reasons",
    ]
    if not {"change", "customer_id"} <= set(limits.columns) or not has_values(limits, "action"):
        sentence = "Not measured: no limit was recommended."
        return Answer("limits", question, sentence, "", view_of("limits", limits, names))
    changes = largest_change_first(limits_to_change(limits))
    parts = []
    on_file = changes.filter(pl.col("action") != "grant")
    for words, rows in (("up", on_file.filter(pl.col("change") > 0)), ("down", on_file.filter(pl.col("change") < 0))):
        if rows.height:
            parts.append(f"{rows.height:,} {words} by {short_money(abs(total(rows, 'change')), currency)}")
    granted = changes.filter(pl.col("action") == "grant")
    if granted.height:
        parts.insert(0, f"{granted.height:,} to set, {short_money(total(granted, 'recommended_limit'), currency)}")
    stopped = changes.filter(pl.col("action") == "stop").height
    sentence = f"None of {limits.height:,} limits should change."
    if changes.height:
        sums = f": {', '.join(parts)}" if parts else ""
        sentence = f"{_count(changes.height, 'limit')} of {limits.height:,} should change{sums}."
    already = stopped_at_nothing(limits)
    beside = f", beside {already:,} whose limit is nothing already" if already else ""
    explanation = f"{_count(stopped, 'customer')} to be stopped{beside}. " if stopped or already else ""
    explanation += "Largest change first; the binding constraint says which candidate sets the limit."
    first = _first(changes, lambda row: _change(row.get("current_limit"), row.get("recommended_limit")))
    view = view_of("limits", changes, names, file=_file(pack, "limits"))
    return Answer("limits", question, sentence, explanation, view, first)


def _change(current: float | None, recommended: float | None) -> str:
    return f"{as_text(current, 'money') or 'none'} → {as_text(recommended, 'money') or '–'}"


def _queue(pack: Pack) -> Answer:
    queue, currency = pack.queue, pack.currency
    question = "Whom to contact today?"
    names = ["rank", "customer_id", "name", "gain", "past_due", "oldest_open_days", "pd_12m", "p_late30_12m", "action"]
    names += ["collector", "last_contact_on", "reasons"]
    if "rank" not in queue.columns or not has_values(queue, "rank"):
        sentence = "Nobody is to be contacted today."
        return Answer("queue", question, sentence, "", view_of("queue", queue, names, file=_file(pack, "queue")))
    open_rows, today = ranked(queue), to_contact(queue, pack.capacity)
    gain = sum_of_cents(today, "gain", currency) if has_values(today, "gain") else None
    sentence = f"{_count(today.height, 'customer')}"
    if gain is not None:
        sentence += f": contacting them today is expected to gain {short_money(gain, currency)}"
    explanation = "Largest gain beyond the mail first; the effect of a contact is the policy's prior, not measured."
    if automatic(queue).height:
        explanation += f" {_count(automatic(queue).height, 'automatic e-mail')} beside them."
    waits, held, idle = waiting(queue, pack.capacity), held_back(queue), nothing_to_ask(queue)
    if waits:
        explanation += f" {waits:,} may be contacted and {'waits' if waits == 1 else 'wait'}."
    if held:
        explanation += f" Held back: {', '.join(f'{count:,} {reason}' for reason, count in held)}."
    if idle:
        explanation += f" {_count(idle, 'customer')} with nothing to ask for."
    if has_values(open_rows, "pd_12m"):
        names.remove("p_late30_12m")
    view = view_of("queue", open_rows, names, total=open_rows.height, file=_file(pack, "queue"))
    first = _first(open_rows, lambda row: as_text(row.get("gain"), "money"))
    return Answer("queue", question, f"{sentence}.", explanation, view, first)


def _file(pack: Pack, table: str) -> str:
    return pack.files.get(table, "")
