"""The credit memo of one customer: a page that says what to decide, on which figures, and who signs.

The page needs nothing beside it, prints on A4 and says what it lacks: a figure that was not measured is never there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from typing import Any

import polars as pl

from credrisk import __version__
from credrisk.atomic import write_text
from credrisk.decisions.policy import Policy
from credrisk.reports.memo_account import account_lines, counted_parts, figure_groups, lacking
from credrisk.reports.memo_denial import denial_of
from credrisk.reports.memo_limits import (
    basis_of_sensitivity,
    headline_of,
    limit_bars,
    outcome_tiles,
    sensitivity,
    terms_of_limit,
)
from credrisk.reports.memo_outside import happenings, outside_flags, statements
from credrisk.reports.memo_signatures import signatures
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.wording import percent

__all__ = ["Memo", "MemoRisk", "memo_page", "write_memo"]


@dataclass(frozen=True)
class MemoRisk:
    """What the model says of the customer, now and earlier.

    Attributes
    ----------
    model
        What answered, and on how many events, in words; empty where no model did.
    interval
        By level (0.8, 0.95) the low and high value of the PD within 12 months; empty where it was not asked for.
    why_no_interval
        Why there is none.
    reasons, reasons_before
        What raises the risk above the average, the strongest first, on the day and on ``before_on``.
    pd_before, before_on
        What the same model says of the figures of that earlier day, as they were known then.
    changed
        What moved the risk between the two days.
    denial
        ``(factor, sentence)``: the principal reasons, were credit denied.
    steps
        What each trade question multiplies the average rate by, as
        :func:`~credrisk.models.reason_steps.reason_steps`; empty where no model answered.
    pd
        The model's probability within 12 months.
    """

    model: str = ""
    interval: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    why_no_interval: str = ""
    reasons: tuple[str, ...] = ()
    reasons_before: tuple[str, ...] = ()
    pd_before: float | None = None
    before_on: date | None = None
    changed: tuple[str, ...] = ()
    denial: tuple[tuple[str, str], ...] = ()
    steps: pl.DataFrame = field(default_factory=pl.DataFrame)
    pd: float | None = None


@dataclass(frozen=True)
class Memo:
    """What the memo of one customer is written from. Money in major units of ``currency``.

    Attributes
    ----------
    customer
        What master data say of the account: ``customer_id, name, country, industry, opened_on, company_number, lei,
        vat_id, segment, collector, parent_id``, each there or not.
    scores, limits
        Its rows of :func:`~credrisk.pipeline.job.run`; what a column that is not there says is left out.
    now, before
        Features of the day and of ``risk.before_on``.
    exposure
        Its row of :func:`~credrisk.decisions.exposure_today.exposure_today`.
    history
        Features of the month-ends up to the day: ``as_of, net_balance, credit_limit, dbt_3m, industry_dbt_3m,
        invoiced_3m``.
    facts, events, ratings
        Rows of the ledger's tables that are about the customer, as known on the day.
    missing
        Tables that the ledger does not have at all.
    covers
        First and last day of the ledger.
    notes
        Sentences on the policy or the ledger that whoever decides has to know.
    """

    as_of: date
    currency: str
    policy: Policy
    customer: Mapping[str, Any]
    scores: Mapping[str, Any]
    limits: Mapping[str, Any]
    now: Mapping[str, Any]
    risk: MemoRisk = field(default_factory=MemoRisk)
    before: Mapping[str, Any] = field(default_factory=dict)
    exposure: Mapping[str, Any] = field(default_factory=dict)
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    facts: pl.DataFrame = field(default_factory=pl.DataFrame)
    events: pl.DataFrame = field(default_factory=pl.DataFrame)
    ratings: pl.DataFrame = field(default_factory=pl.DataFrame)
    missing: tuple[str, ...] = ()
    covers: tuple[date, date] | None = None
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return the customer's name, or its id where it has none."""
        return str(self.customer.get("name") or self.customer["customer_id"])


def write_memo(path: str | PathLike[str], memo: Memo) -> None:
    """Write the memo as one self-contained page (UTF-8): the same bytes for the same memo."""
    write_text(path, memo_page(memo))


def memo_page(memo: Memo) -> str:
    """Return the page as text."""
    currency, policy = memo.currency, memo.policy
    return rendered(
        "memo.html",
        currency=currency,
        memo=memo,
        as_of=day_in_words(memo.as_of),
        covers=tuple(day_in_words(day) for day in memo.covers) if memo.covers else (),
        headline=headline_of(memo.limits, currency),
        tiles=[*_risk_tiles(memo), *outcome_tiles(memo.limits, memo.scores, currency)],
        terms=terms_of_limit(memo.limits, currency),
        lacks=[*lacking(memo.missing, memo.customer, memo.now, memo.limits), *memo.notes],
        account=account_lines(memo.customer, memo.now),
        groups=figure_groups(memo.now, memo.before, memo.exposure, policy, currency),
        before_on=day_in_words(memo.risk.before_on) if memo.risk.before_on else "",
        before_day=memo.risk.before_on.isoformat() if memo.risk.before_on else "",
        plates_of=_plates(memo),
        waterfall=_waterfall(memo),
        limit_steps=_limit_steps(memo),
        reasons=memo.risk.reasons or _of_scores(memo.scores),
        pd=_pd_words(memo),
        pd_before=percent(memo.risk.pd_before, 2) if memo.risk.pd_before is not None else "",
        bars=limit_bars(memo.limits, policy, currency),
        sensitivity=sensitivity(memo.limits, currency),
        basis=basis_of_sensitivity(memo.limits, currency),
        flags=outside_flags(memo.facts, memo.events, memo.ratings, memo.as_of),
        statements=statements(memo.facts),
        happenings=happenings(memo.events, memo.as_of),
        denial=denial_of(memo.limits, memo.scores, memo.now, memo.risk.denial, currency),
        signatures=signatures(memo.limits, policy, currency),
        version=__version__,
    )


def _risk_tiles(memo: Memo) -> list[tuple[str, str, str]]:
    """Return label, value and note of the PD and the grade."""
    limits, spans = memo.limits, memo.risk.interval
    probability = limits.get("pd_used")
    note = {
        "model": memo.risk.model,
        "policy_grade": "the policy's figure: none is measured",
        "in_default": "measured on past defaults",
        "bad_debt": "it has happened",
    }.get(str(limits.get("pd_used_source")), "")
    if spans:
        widest = max(spans)
        note = f"{percent(widest)} interval {percent(spans[widest][0], 2)} to {percent(spans[widest][1], 2)}"
    return [
        ("PD within 12 months", percent(probability, 2), note),
        ("Grade", str(limits.get("grade_used") or "none"), _of_grade(memo)),
    ]


def _of_grade(memo: Memo) -> str:
    """Return the customer's status and where the grade comes from, where that is not the PD on the master scale."""
    status = str(memo.scores.get("status") or "").replace("_", " ")
    source = {
        "in_default": "the worst grade by the policy, whatever the PD",
        "bad_debt": "the worst grade by the policy",
        "policy_grade": "by the policy's rules, not by a PD",
    }.get(str(memo.limits.get("pd_used_source")), "")
    return ": ".join(part for part in (status, source) if part)


def _pd_words(memo: Memo) -> list[str]:
    """Return how sure the PD is, in sentences."""
    risk, scores = memo.risk, memo.scores
    said = [f"{risk.model[:1].upper()}{risk.model[1:]}."] if risk.model else []
    if scores.get("pd_3m") is not None and scores.get("pd_6m") is not None:
        said.append(f"Within 3 months {percent(scores['pd_3m'], 2)}, within 6 months {percent(scores['pd_6m'], 2)}.")
    said += [
        f"{percent(level)} interval: {percent(low, 2)} to {percent(high, 2)}."
        for level, (low, high) in sorted(risk.interval.items())
    ]
    if risk.why_no_interval:
        said.append(risk.why_no_interval)
    return said


def _of_scores(scores: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the reasons that stand in the scores: what happened, or why it may be late where no PD is measured."""
    return tuple(str(scores[name]) for name in ("reason_1", "reason_2", "reason_3") if scores.get(name))


def _waterfall(memo: Memo) -> list[Plate]:
    """Return the chart of what raises and lowers the risk; nothing where no model answered."""
    from credrisk.reports import charts
    from credrisk.reports.charts.reason_waterfall import MEMO

    risk = memo.risk
    if risk.steps.is_empty():
        return []
    return drawn(
        (
            "steps",
            "From the average customer to this one",
            lambda: charts.reason_waterfall_chart(risk.steps, name=memo.title, probability=risk.pd, size=MEMO),
        )
    )


def _limit_steps(memo: Memo) -> Plate:
    """Return the chart of how the limit follows from the need, or why there is none."""
    from credrisk.reports import charts
    from credrisk.reports.charts.limit_steps import MEMO

    def draw() -> charts.Chart:
        row = pl.DataFrame([dict(memo.limits)])
        return charts.limit_waterfall_chart(row, policy=memo.policy, currency=memo.currency, size=MEMO)

    return drawn(("limit", "From the need to the limit", draw))[0]


def _plates(memo: Memo) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts.customer import MEMO

    currency, history = memo.currency, memo.history
    limit = memo.limits.get("current_limit")
    return drawn(
        (
            "exposure",
            "Exposure today",
            lambda: charts.exposure_chart(
                counted_parts(memo.exposure, memo.policy), limit=limit, currency=currency, size=MEMO
            ),
        ),
        (
            "balance",
            "Balance and limit",
            lambda: charts.balance_and_limit_chart(history, currency=currency, size=MEMO),
        ),
        ("days", "Days beyond terms", lambda: charts.days_beyond_terms_chart(history, size=MEMO)),
        ("sales", "Sales", lambda: charts.sales_chart(history, currency=currency, size=MEMO)),
    )
