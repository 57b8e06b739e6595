"""Every chart with few, some and many categories, under names that break what is drawn carelessly."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
from reports.memos import history
from reports.packs import AWKWARD, BUCKETS, plausible

from credrisk.dates import months_after
from credrisk.decisions.policy import Policy
from credrisk.reports import charts
from credrisk.reports.charts import NOTEBOOK, Chart, Size
from credrisk.reports.charts.timeline import LANES, TIMELINE, Moment, timeline_chart

__all__ = ["COUNTS", "NAMED", "WITHOUT_CATEGORIES", "cases", "names"]

COUNTS = (1, 3, 40)
WITHOUT_CATEGORIES = frozenset(
    {
        "ageing_ribbon",
        "balance_and_limit",
        "calibration",
        "capacity",
        "capture_curve",
        "contact_funnel",
        "days_beyond_terms",
        "dso",
        "dso_gap",
        "effectiveness",
        "exposure",
        "extra_cash",
        "item_migration",
        "limit_frontier",
        "old_receivables",
        "past_due_history",
        "review_value",
        "roc",
        "sales",
        "score_distribution",
    }
)
"""Charts that look the same however many categories there are."""
NAMED = frozenset(
    {
        "concentration",
        "drift",
        "expected_loss",
        "funnel",
        "grade",
        "grade_level",
        "loss_rate",
        "provision_movement",
        "reason_waterfall",
        "segment",
        "term_structure",
    }
)
"""Charts on which somebody else's words stand."""
AS_OF = date(2025, 12, 31)
HOSTILE = (
    *AWKWARD,
    "\u202eright to left\u202c",
    "an emoji \U0001f600 in a name",
    "no letters " * 28,
    "$\\frac{1}{0}$ ]]> --> &amp;",
)


def names(count: int) -> list[str]:
    """Return as many names, the hostile ones first, each once."""
    return [f"{name} {place}" if place >= len(HOSTILE) else name for place, name in enumerate((HOSTILE * 4)[:count])]


def wave(count: int, low: float, high: float) -> np.ndarray:
    return low + (high - low) * (0.5 + 0.5 * np.sin(1.7 * np.arange(count)))


def segments(count: int) -> pl.DataFrame:
    middle = wave(count, 0.4, 2.5)
    return pl.DataFrame(
        {
            "part": names(count),
            "observed_to_expected": middle,
            "observed_to_expected_low": middle * 0.6,
            "observed_to_expected_high": middle * 1.7,
        }
    )


def grades(count: int) -> pl.DataFrame:
    predicted = np.geomspace(0.0005, 0.3, count)
    return pl.DataFrame(
        {
            "grade": names(count),
            "customers": [120 + place for place in range(count)],
            "events": [place % 7 for place in range(count)],
            "predicted": predicted,
            "observed": predicted * wave(count, 0.0, 1.8),
            "low": predicted * 0.4,
            "high": np.minimum(predicted * 2.4, 0.9),
            "verdict": ["not rejected" if place % 5 else "too low" for place in range(count)],
        }
    )


def stability(count: int) -> pl.DataFrame:
    auc = wave(count, 0.62, 0.86)
    return pl.DataFrame(
        {
            "from": [months_after(AS_OF, -2 * back - 1) for back in range(count)][::-1],
            "to": [months_after(AS_OF, -2 * back) for back in range(count)][::-1],
            "events": [10 + place for place in range(count)],
            "auc": auc,
            "auc_low": auc - 0.09,
            "auc_high": auc + 0.07,
        }
    )


def curve() -> pl.DataFrame:
    share = np.linspace(0, 1, 41)
    rows = []
    for name, power in (("model", 0.35), ("dbt_12m", 0.6)):
        found = share**power
        rows.append(
            pl.DataFrame({"reviewed": share, "captured": found, "money": found, "false_alarms": share**1.2}).select(
                pl.lit(name).alias("model"), pl.all()
            )
        )
    return pl.concat(rows)


def review_value() -> pl.DataFrame:
    rows = [
        {"model": model, "measure": f"value_{share}pct", "value": value, "low": value - 9e3, "high": value + 12e3}
        for model, less in (("model", 0.0), ("dbt_12m", 6e3))
        for share, value in ((1, 4e3 - less), (5, 9e3 - less), (10, 7e3 - less), (20, -2e3 - less))
    ]
    return pl.DataFrame(rows)


def moves(count: int) -> pl.DataFrame:
    known = [f"G{place}" for place in range(count)]
    rows = []
    for place, start in enumerate(known):
        weight = np.exp(-np.abs(np.arange(count + 2) - place))
        rows += [
            {"from": start, "to": to, "rows": 30, "share": share}
            for to, share in zip([*known, "withdrawn", "bad_debt"], weight / weight.sum(), strict=True)
        ]
    return pl.DataFrame(rows)


def metrics(count: int) -> pl.DataFrame:
    models = ["model", *names(count)[1:]]
    auc = np.sort(wave(count, 0.55, 0.85))[::-1]
    rows = [
        {"model": model, "measure": measure, "value": value, "low": value - 0.05, "high": value + 0.04}
        for measure, shift in (("auc", 0.0), ("capture_10pct", -0.3))
        for model, value in zip(models, auc + shift, strict=True)
    ]
    return pl.DataFrame(rows)


def collectors(count: int) -> pl.DataFrame:
    error = 0.03 + 0.12 * np.random.default_rng(3).random(count)
    ratio = 1 + error * np.random.default_rng(4).normal(size=count)
    return pl.DataFrame(
        {
            "collector": names(count),
            "ratio": ratio,
            "standard_error": error,
            "low_95": 1 - 2 * error,
            "high_95": 1 + 2 * error,
            "verdict": ["above_95" if place % 9 == 2 else "within" for place in range(count)],
        }
    )


def limits(count: int) -> pl.DataFrame:
    need = wave(count, 2_000, 90_000)
    binding = ["need", "loss_appetite", "arrears", "bad_debt", "minimum", "new_customer"]
    return pl.DataFrame(
        {
            "need": need,
            "capacity_limit": need * 0.9,
            "cover_limit": need * 0.05,
            "expected_profit_limit": need * wave(count, 0.7, 1.4)[::-1],
            "loss_appetite_limit": need * wave(count, 0.8, 2.0),
            "portfolio_limit": pl.Series([None] * count, dtype=pl.Float64),
            "recommended_limit": need * wave(count, 0.3, 0.9),
            "current_limit": need * 0.7,
            "binding": [binding[place % 6] for place in range(count)],
            "action": ["stop" if place % 6 == 3 else "raise" for place in range(count)],
        }
    )


def limit_changes(count: int) -> pl.DataFrame:
    known = ("need", "loss_appetite", "expected_loss", "tail_loss", "own_optimum", "industry", "minimum")
    return pl.DataFrame(
        {
            "current_limit": [None if place % 7 == 1 else 10_000.0 * (1 + place) for place in range(count)],
            "portfolio_limit": 10_000.0 * (1 + np.arange(count)) * wave(count, 0.1, 1.9),
            "binding": [known[place % 7] for place in range(count)],
        }
    )


def promises(count: int) -> pl.DataFrame:
    state = ["kept", "broken", "partly_kept", "open", "closed"]
    return pl.DataFrame(
        {
            "state": [state[place % 5] for place in range(count)],
            "promised": [None if place % 11 == 10 else 900.0 * (place + 1) for place in range(count)],
            "paid_in_full_on": [AS_OF if place % 2 else None for place in range(count)],
            "still_unpaid": [place % 5 == 2 for place in range(count)],
            "outstanding": [450.0 * (place + 1) if place % 5 == 2 else 0.0 for place in range(count)],
        },
        schema_overrides={"paid_in_full_on": pl.Date},
    )


def steps(count: int) -> pl.DataFrame:
    """Reasons in words as long as names; the last row is the rest."""
    count = min(count, 8)
    contribution = wave(count, -0.8, 1.1)
    rows = {
        "question": [f"q{place}" for place in range(count - 1)] + [None],
        "contribution": contribution,
        "says": [f"pays {place} days beyond terms; {name}" for place, name in enumerate(names(count))],
    }
    return pl.DataFrame(rows, schema_overrides={"question": pl.String})


def terms(count: int) -> pl.DataFrame:
    count = min(count, 6)
    base = np.geomspace(0.01, 0.2, count)
    frame = pl.DataFrame({f"pd_{months}m": base * months / 12 for months in (3, 6, 12)})
    return frame.with_columns(
        (pl.col(f"pd_{months}m") * factor).alias(f"pd_{months}m_{side}95")
        for months in (3, 6, 12)
        for side, factor in (("low", 0.8), ("high", 1.3))
    )


def frontier() -> pl.DataFrame:
    share = np.linspace(0.1, 1, 10)
    return pl.concat(
        pl.DataFrame(
            {
                "of": of,
                "share": share,
                "budget": share * scale,
                "profit": 8e5 * np.sqrt(share),
                "expected_loss": share * 2e4,
                "tail_loss": share * 9e4,
            }
        )
        for of, scale in (("expected_loss", 2e4), ("tail_loss", 9e4))
    )


def weeks(count: int) -> pl.DataFrame:
    expected = wave(count, 20_000, 90_000)
    return pl.DataFrame(
        {
            "week_from": [AS_OF + timedelta(days=7 * week + 1) for week in range(count)],
            "expected": expected,
            "p10": expected * 0.7,
            "p90": expected * 1.4,
            "due": expected[::-1],
            "cumulated_expected": expected.cumsum(),
            "cumulated_p10": (expected * 0.8).cumsum(),
            "cumulated_p90": (expected * 1.2).cumsum(),
        }
    )


def moments(count: int) -> list[Moment]:
    families = list(LANES)
    return [
        Moment(families[place % len(families)], AS_OF - timedelta(days=23 * place), place % 3 == 0)
        for place in range(count)
    ]


def replayed() -> pl.DataFrame:
    rankings = ("nobody", "queue", "oldest_first", "largest_first", "risk_x_amount", "random")
    rows = [
        {"seed": 1, "ranking": name, "day": day, "cash": 1e6 + 900.0 * place * day, "over_90": 4e5 - 3_000.0 * place}
        for place, name in enumerate(rankings)
        for day in (1, 45, 90)
    ]
    return pl.DataFrame(rows)


def caught(count: int) -> pl.DataFrame:
    rankings = ("queue", "oldest_first", "largest_first", "risk_x_amount", "random")
    rows = [
        {"ranking": name, "outcome": outcome, "money": 1.2e6, "share_listed": 0.3 - 0.04 * place}
        for outcome in ("over_60", "over_90", "bad")[: max(1, min(count, 3))]
        for place, name in enumerate(rankings)
    ]
    return pl.DataFrame(rows)


def buckets(count: int) -> pl.DataFrame:
    """An ageing with so many past-due buckets, seven at most."""
    many = max(1, min(count, 7))
    edges = [f"past_due_{30 * place + 1}_{30 * place + 30}" for place in range(many - 1)]
    own = ["not_due", *(edges or []), f"past_due_over_{30 * (many - 1)}"]
    if many == 3:
        own = list(BUCKETS)
    frame = pl.DataFrame({name: [5e6 / (place + 1) ** 2] for place, name in enumerate(own)})
    return frame.with_columns(late_fees=500.0, open_credits=-80_000.0, unapplied_cash=120_000.0)


def owed(count: int) -> pl.DataFrame:
    amount = 9e5 / (1 + np.arange(count)) ** 1.2
    share = amount / amount.sum()
    keys = [None if place == 5 else f"K{place}" for place in range(count)]
    return pl.DataFrame({"key": keys, "name": names(count), "amount": amount, "share": share}).with_columns(
        cumulative=pl.col("share").cum_sum()
    )


def month_ends(count: int) -> list[date]:
    return [months_after(AS_OF, -back) for back in range(count - 1, -1, -1)]


def rolls(count: int) -> pl.DataFrame:
    rows = [
        {"as_of": day, "from_bucket": start, "to_bucket": end, "rate": rate, "low": 0.6 * rate, "high": 1.5 * rate}
        for day in (None, *month_ends(count))
        for (start, end), rate in zip(itertools.pairwise(BUCKETS), (0.1, 0.35, 0.5, 0.7), strict=True)
    ]
    frame = pl.DataFrame(rows, schema_overrides={"as_of": pl.Date})
    return frame.with_columns(flow_through=pl.lit(0.012), months=pl.lit(count))


def destinations() -> pl.DataFrame:
    outcomes = (*BUCKETS, "paid", "credited", "deducted", "written_off")
    rows = []
    for start in BUCKETS:
        share = np.random.default_rng(len(start)).dirichlet(np.ones(len(outcomes)))
        rows += [
            {"from_bucket": start, "outcome": outcome, "amount": 1e5 * part, "items": 9, "share": part}
            for outcome, part in zip(outcomes, share, strict=True)
        ]
    return pl.DataFrame(rows)


def cohorts(count: int) -> pl.DataFrame:
    rows = [
        {
            "cohort": day,
            "age_months": age,
            "invoiced": 1e6,
            "open_share": 0.9 * 0.4**age,
            "paid_share": 1 - 0.9 * 0.4**age,
        }
        for place, day in enumerate(month_ends(max(count, 2)))
        for age in range(min(max(count, 2) - place, 13))
    ]
    return pl.DataFrame(rows).with_columns(paid_share=1 - pl.col("open_share"))


def past_allowances(count: int) -> pl.DataFrame:
    allowance = wave(count, 8e4, 2e5)
    return pl.DataFrame(
        {
            "as_of": month_ends(count),
            "allowance": allowance,
            "allowance_low": allowance * 0.7,
            "allowance_high": allowance * 1.6,
            "outcome": allowance * wave(count, 0.6, 1.4)[::-1],
            "flat": allowance * 0.9,
            "own_month_ends": [12] * count,
        }
    )


def cases(count: int, size: Size = NOTEBOOK) -> dict[str, Callable[[], Chart]]:
    """Return how each chart is drawn with ``count`` categories, or as many as it takes."""
    pack = plausible(max(count, 12), names=tuple(names(count)))
    scores = pack.scores.with_columns(
        grade=pl.Series([names(count)[place % count] for place in range(pack.scores.height)])
    )
    rng = np.random.default_rng(1)
    months = history(24)
    exposure = {"open_items": 1e5, "delivered_uninvoiced": 2e4, "open_orders": 3e4, "unapplied": 9e3, "exposure": 141e3}
    chosen = {"profit": 8e5, "expected_loss": 2e4, "tail_loss": 9e4}
    today = {"profit": 6e5, "expected_loss": 2.2e4, "tail_loss": 9.5e4}
    funnel = pl.DataFrame(
        {
            "collector": ["all"],
            "attempts": [85],
            "reached": [42],
            "right_party": [30],
            "promises": [13],
            "decided": [8],
            "kept": [6],
        }
    )
    capacity = pl.DataFrame({"used": np.arange(30.0), "gain": 4e3 * np.sqrt(np.arange(30.0))})
    queue = pl.DataFrame({"rank": np.arange(count) + 1, "gain": 900.0 / (1 + np.arange(count))})
    queue = queue.with_columns(contact_today=pl.col("rank") <= max(1, count // 2), action=pl.lit("call"))
    changes = [(name, 9e3 * (-1) ** place) for place, name in enumerate(names(min(count, 8)))]
    drift = pl.DataFrame({"feature": names(count), "psi": wave(count, 0.01, 0.6), "limit": [0.1] * count})
    return {
        "ageing": lambda: charts.ageing_chart(buckets(count), currency="EUR", size=size),
        "ageing_ribbon": lambda: charts.ageing_ribbon_chart(pack.history, currency="EUR", size=size),
        "auc": lambda: charts.auc_chart(metrics(min(count, 8)), size=size),
        "balance_and_limit": lambda: charts.balance_and_limit_chart(months, currency="EUR", size=size),
        "calibration": lambda: charts.calibration_chart(pack.calibration, size=size),
        "capacity": lambda: charts.capacity_chart(
            capacity, unit="minutes", today=12.0, one_more=8.0, currency="EUR", size=size
        ),
        "capture": lambda: charts.capture_chart(metrics(min(count, 8)), size=size),
        "capture_curve": lambda: charts.capture_curve_chart(curve(), size=size),
        "cash": lambda: charts.cash_chart(weeks(max(count, 2)), currency="EUR", actual=[3e4], size=size),
        "caught": lambda: charts.caught_chart(caught(count), currency="EUR", size=size),
        "cohort": lambda: charts.cohort_chart(cohorts(count), size=size),
        "concentration": lambda: charts.concentration_chart(owed(count), currency="EUR", size=size),
        "contact_funnel": lambda: charts.contact_funnel_chart(funnel, size=size),
        "days_beyond_terms": lambda: charts.days_beyond_terms_chart(months, size=size),
        "drift": lambda: charts.drift_chart(drift, size=size),
        "dso": lambda: charts.dso_chart(pack.history, size=size),
        "dso_gap": lambda: charts.dso_gap_chart(pack.history, size=size),
        "effectiveness": lambda: charts.effectiveness_chart(
            pl.DataFrame({"as_of": month_ends(24), "cei": wave(24, 0.7, 0.9), "cei_cash": wave(24, 0.6, 0.8)}),
            median=0.84,
            size=size,
        ),
        "expected_loss": lambda: charts.expected_loss_chart(pack.scores, currency="EUR", size=size),
        "exposure": lambda: charts.exposure_chart(exposure, limit=12e4, currency="EUR", size=size),
        "extra_cash": lambda: charts.extra_cash_chart(replayed(), currency="EUR", size=size),
        "funnel": lambda: charts.funnel_plot(collectors(count), team_ratio=1.0, quantiles=(1.96, 3.09), size=size),
        "gain": lambda: charts.gain_chart(queue, currency="EUR", size=size),
        "grade": lambda: charts.grade_chart(scores, currency="EUR", size=size),
        "grade_level": lambda: charts.grade_level_chart(grades(count), size=size),
        "item_migration": lambda: charts.item_migration_chart(destinations(), currency="EUR", size=size),
        "limit_change": lambda: charts.limit_change_chart(limit_changes(count), currency="EUR", size=size),
        "limit_frontier": lambda: charts.limit_frontier_chart(
            frontier(), chosen=chosen, today=today, currency="EUR", size=size
        ),
        "limit_waterfall": lambda: charts.limit_waterfall_chart(
            limits(count), policy=Policy.default(), currency="EUR", size=size
        ),
        "loss_rate": lambda: charts.loss_rate_chart(
            [(name, [0.003, 0.016, None, 0.066, 0.5]) for name in names(count)],
            columns=["Not due", "1-30 days", "31-60 days", "61-90 days", "Over 90 days"],
            size=size,
        ),
        "migration": lambda: charts.migration_chart(moves(min(count, 17)), size=size),
        "old_receivables": lambda: charts.old_receivables_chart(replayed(), over=90, currency="EUR", size=size),
        "past_due_history": lambda: charts.past_due_history_chart(pack.history, size=size),
        "promise_funnel": lambda: charts.promise_funnel_chart(promises(count), currency="EUR", size=size),
        "provision_backtest": lambda: charts.provision_backtest_chart(
            past_allowances(count), currency="EUR", size=size
        ),
        "provision_movement": lambda: charts.provision_movement_chart(
            [("Opening", 2e5), *changes, ("Closing", 2.1e5)],
            currency="EUR",
            opening_on=months_after(AS_OF, -12),
            closing_on=AS_OF,
            size=size,
        ),
        "reason_waterfall": lambda: charts.reason_waterfall_chart(
            steps(count), name=names(count)[-1], probability=0.071, size=size
        ),
        "review_value": lambda: charts.review_value_chart(
            review_value(), best_rule="dbt_12m", currency="EUR", size=size
        ),
        "roc": lambda: charts.roc_chart(curve(), auc=0.79, size=size),
        "roll_rate": lambda: charts.roll_rate_chart(rolls(count), size=size),
        "sales": lambda: charts.sales_chart(months, currency="EUR", size=size),
        "score_distribution": lambda: charts.score_distribution_chart(rng.beta(1, 30, 400), size=size),
        "segment": lambda: charts.segment_chart(segments(count), size=size),
        "stability": lambda: charts.stability_chart(stability(count), size=size),
        "term_structure": lambda: charts.term_structure_chart(terms(count), names=names(min(count, 6)), size=size),
        "timeline": lambda: timeline_chart(
            moments(count), as_of=AS_OF, months=36, size=TIMELINE if size is not NOTEBOOK else NOTEBOOK
        ),
    }
