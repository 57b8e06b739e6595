"""The key figures of a portfolio, each with the sentence that puts it into place."""

from __future__ import annotations

import polars as pl

from credrisk.reports.buckets import buckets_among
from credrisk.reports.limit_changes import limits_to_change, stopped_at_nothing
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.style import short_money
from credrisk.reports.totals import has_values, sum_of_cents
from credrisk.reports.worklist import groups_told, to_contact
from credrisk.wording import counted, percent

__all__ = ["bad_debts_told", "headline_of", "owing_and_credited"]


def _sum(frame: pl.DataFrame, name: str, currency: str) -> float | None:
    return sum_of_cents(frame, name, currency) if has_values(frame, name) else None


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def owing_and_credited(ageing: pl.DataFrame) -> tuple[int, int]:
    """Return how many customers owe (open balance above 0), and how many have more credits than documents to pay."""
    balance = ageing["open_balance"] if "open_balance" in ageing.columns else pl.Series([], dtype=pl.Float64)
    return int((balance > 0).sum()), int((balance < 0).sum())


def headline_of(
    *,
    ageing: pl.DataFrame,
    history: pl.DataFrame,
    scores: pl.DataFrame,
    limits: pl.DataFrame,
    queue: pl.DataFrame,
    currency: str,
    capacity: int | None = None,
) -> dict[str, tuple[str, str]]:
    """Return label -> (value in words, note) of the key figures, in the order in which they are shown.

    The frames are those of :class:`credrisk.reports.pack.Pack`. A figure that was not measured says so.
    """
    figures: dict[str, tuple[str, str]] = {}
    buckets = buckets_among(ageing.columns)
    sums = [_sum(ageing, name, currency) for name in buckets]
    debits = sum(amount or 0.0 for amount in sums)
    owing, credited = owing_and_credited(ageing)
    notes = [f"{_count(owing, 'customer')} with a balance"] if "customer_id" in ageing.columns else []
    if credited:
        notes.append(f"{credited:,} more in credit")
    if unapplied := _sum(ageing, "unapplied_cash", currency):
        notes.append(f"before {short_money(unapplied, currency)} of unapplied cash")
    figures["Open balance"] = (short_money(_sum(ageing, "open_balance", currency), currency), "; ".join(notes))
    late = debits - (sums[0] or 0.0) if buckets and buckets[0] == "not_due" else 0.0
    measured = debits > 0
    figures["Past due"] = (
        percent(late / debits, 1) if measured else "not measured",
        f"{short_money(late, currency)} of open debit items" if measured else "no open debit item",
    )
    figures["Over 90 days" if not buckets else _oldest(buckets)] = (
        percent((sums[-1] or 0.0) / debits, 1) if measured else "not measured",
        short_money(sums[-1], currency) if measured else "no open debit item",
    )
    figures["DSO"] = _dso(history)
    figures["Expected loss"] = _loss(scores, currency)
    figures["Limits to change"] = _changes(limits)
    figures["Contacts today"] = _contacts(queue, currency, capacity)
    return figures


def _oldest(buckets: list[str]) -> str:
    return f"Over {buckets[-1].rpartition('_')[2]} days"


def _dso(history: pl.DataFrame) -> tuple[str, str]:
    if not {"as_of", "dso_countback"} <= set(history.columns) or history.is_empty():
        return "not measured", "no month-end with invoicing"
    ordered = history.sort("as_of")
    days = ordered["dso_countback"].to_list()
    if days[-1] is None:
        return "not measured", "no invoicing before the as-of date"
    then = year_before(months := ordered["as_of"].to_list())
    if then == len(days) - 1 or days[then] is None:
        return counted(round(days[-1]), "day"), "by count-back"
    return counted(round(days[-1]), "day"), f"by count-back; {days[then]:.0f} in {month_in_words(months[then])}"


def _loss(scores: pl.DataFrame, currency: str) -> tuple[str, str]:
    loss = _sum(scores, "expected_loss", currency)
    if loss is None:
        return "not measured", "no bad-debt probability"
    scored, of_all = scores["expected_loss"].drop_nulls().len(), _count(scores.height, "customer")
    whom = f"all {of_all}" if scored == scores.height else f"{scored:,} of {of_all}{_others(scores)}"
    note = f"12 months; {whom}; at the policy's loss given default (prior)"
    return short_money(loss, currency), note


def bad_debts_told(scores: pl.DataFrame) -> str:
    """Say how many customers are bad debts already, and of how many of them a loss is expected, for they owe; or ""."""
    lost = scores.filter(pl.col("status") == "bad_debt") if "status" in scores.columns else scores.head(0)
    if lost.is_empty():
        return ""
    owing = lost["expected_loss"].count()
    if lost.height == 1:
        return f"1 that is a bad debt already and owes {'something' if owing else 'nothing'}"
    owes = "owes something" if owing == 1 else "owe something"
    of_them = f"{owing:,} of which {owes}" if owing else "none of which owes anything"
    return f"{lost.height:,} that are bad debts already, {of_them}"


def _others(scores: pl.DataFrame) -> str:
    """Say why the others have no expected loss."""
    others = scores.filter(pl.col("expected_loss").is_null())
    measured = others.filter(pl.col("pd_12m").is_not_null()) if "pd_12m" in others.columns else others.head(0)
    lost = measured.filter(pl.col("status") == "bad_debt").height if "status" in measured.columns else 0
    idle, unmeasured = measured.height - lost, others.height - measured.height
    said = [
        f"{idle:,} with a probability {'owes' if idle == 1 else 'owe'} nothing" if idle else "",
        bad_debts_told(scores) if lost else "",
        f"{unmeasured:,} {'has' if unmeasured == 1 else 'have'} no probability" if unmeasured else "",
    ]
    told = "; ".join(filter(None, said))
    return f" ({told})" if told else ""


LIMIT_ACTIONS = ("grant", "raise", "lower", "stop")


def _changes(limits: pl.DataFrame) -> tuple[str, str]:
    if "action" not in limits.columns:
        return "not measured", "no limit recommended"
    changed = limits_to_change(limits)
    counts = {action: changed.filter(pl.col("action") == action).height for action in LIMIT_ACTIONS}
    parts = [f"{number:,} to {action}" for action, number in counts.items() if number]
    said, at_nothing = ", ".join(parts) or "every limit stands", stopped_at_nothing(limits)
    if at_nothing:
        said += (
            f"; {_count(at_nothing, 'customer')} that should have no limit {'has' if at_nothing == 1 else 'have'} none"
        )
    return f"{sum(counts.values()):,}", said


def _contacts(queue: pl.DataFrame, currency: str, capacity: int | None) -> tuple[str, str]:
    if not {"rank", "gain"} <= set(queue.columns):
        return "not measured", "no queue"
    today = to_contact(queue, capacity)
    gain = _sum(today, "gain", currency)
    note = (
        f"{short_money(gain, currency)} expected gain by the policy's priors"
        if gain is not None
        else "nobody to contact"
    )
    return f"{today.height:,}", "; ".join([note, *groups_told(queue, capacity)])
