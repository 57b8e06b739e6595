"""What changed in how customers pay between two days: worse and better, each in words with both figures.

A change is told from the bounds below on. A figure that is null on either day is not compared, and the watch counts
how many customers that concerns. All figures are those of the features, each as it was known on its day.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.decisions.sentences import days_words, money_words, percent_words

__all__ = ["FEATURES", "SCORES", "behaviour_changes"]

RISE = 0.25
"""Money past due, in dispute or covered has changed from a quarter of what it was on (and by the material amount)."""
DAYS_SLOWER, DAYS_MUCH_SLOWER = 10, 30
"""Days beyond terms: a change worth telling, and one that is serious."""
AGES = (30, 60, 90)
"""Days past due of the oldest item at which it is told that they are passed; from the last on it is serious."""
REPORT_WITHIN = 7
"""Days before the insurer's term at which its coming is told."""
PD_TIMES, PD_POINTS = 2.0, 0.01
"""The probability of a bad debt has moved when it doubled (or halved) and by a percentage point."""
GRADES_MUCH = 2
"""Steps of the master scale from which a worse grade is serious."""

FEATURES = (
    "net_balance",
    "past_due",
    "oldest_open_days",
    "dbt_3m",
    "disputed_open",
    "credit_limit",
    "over_limit",
    "covered",
    "days_beyond_report_overdue",
    "days_beyond_stop_shipment",
)
"""Features that are compared."""
SCORES = ("status", "grade", "pd_12m")
"""Columns of the scores that are compared, where two runs are given; ``grade`` as its place, 0 the best."""


@dataclass(frozen=True)
class _Rule:
    kind: str
    severity: str | pl.Expr
    when: pl.Expr
    what: pl.Expr
    before: str
    after: str
    why: str
    tell: tuple[str, ...] = ("collector",)


def behaviour_changes(both: pl.DataFrame, *, currency: str, material: float, scored: bool) -> pl.DataFrame:
    """Return a row a change.

    Parameters
    ----------
    both
        A row a customer: ``customer_id``, the columns of :data:`FEATURES` now and, with ``_before``, on the earlier
        day; ``broken`` and ``broken_money``, promises broken in between and what they promised; where ``scored``
        also :data:`SCORES` in the same way, ``grade_words`` and ``grade_words_before``.
    material
        Amount in major units of ``currency`` below which a change of money is not told.

    Returns
    -------
    polars.DataFrame
        ``customer_id, severity, area, kind, what, why, tell`` (a list of roles), ``before, after`` (figures as
        float64; a grade as its place), sorted by customer and kind.
    """
    rules = [*_ledger_rules(currency, material), *(_score_rules() if scored else [])]
    frames = [
        both.filter(rule.when.fill_null(False)).select(
            "customer_id",
            severity=pl.lit(rule.severity) if isinstance(rule.severity, str) else rule.severity,
            area=pl.lit("behaviour"),
            kind=pl.lit(rule.kind),
            what=rule.what,
            why=pl.lit(rule.why),
            tell=pl.lit(list(rule.tell), dtype=pl.List(pl.String)),
            before=_number(both, rule.before),
            after=_number(both, rule.after),
        )
        for rule in rules
    ]
    return pl.concat(frames).sort("customer_id", "kind")


def _number(both: pl.DataFrame, name: str) -> pl.Expr:
    numeric = name in both.columns and both.schema[name].is_numeric()
    return pl.col(name).cast(pl.Float64) if numeric else pl.lit(None, pl.Float64)


def _rose(name: str, material: float) -> pl.Expr:
    now, before = pl.col(name), pl.col(f"{name}_before")
    return (now - before >= material) & (now >= (1 + RISE) * before)


def _fell(name: str, material: float) -> pl.Expr:
    now, before = pl.col(name), pl.col(f"{name}_before")
    return (before - now >= material) & (now <= (1 - RISE) * before)


def _from_to(words: str, name: str, currency: str) -> pl.Expr:
    return pl.format(words, money_words(pl.col(name), currency), money_words(pl.col(f"{name}_before"), currency))


def _ledger_rules(currency: str, material: float) -> list[_Rule]:
    oldest, oldest_before = pl.col("oldest_open_days"), pl.col("oldest_open_days_before").fill_null(0)
    passed = pl.any_horizontal((oldest > age) & (oldest_before <= age) for age in AGES)
    slower = pl.col("dbt_3m") - pl.col("dbt_3m_before")
    report, stop = pl.col("days_beyond_report_overdue"), pl.col("days_beyond_stop_shipment")
    report_before, stop_before = (pl.col(f"days_beyond_{name}_before") for name in ("report_overdue", "stop_shipment"))
    new_late, coming = report_before.is_null() | (report_before <= 0), report.is_between(-REPORT_WITHIN, 0)
    days = pl.format(
        "pays {} beyond terms, {} before", days_words(pl.col("dbt_3m")), days_words(pl.col("dbt_3m_before"))
    )
    return [
        _Rule(
            "past_due",
            "watch",
            _rose("past_due", material),
            _from_to("{} past due, {} before", "past_due", currency),
            "past_due_before",
            "past_due",
            "Money that was to be here is not: ask for it now, while it is young.",
        ),
        _Rule(
            "past_due",
            "better",
            _fell("past_due", material),
            _from_to("{} past due, {} before", "past_due", currency),
            "past_due_before",
            "past_due",
            "It was paid, credited or written off: see which before asking less.",
        ),
        _Rule(
            "overdue_age",
            pl.when(oldest > AGES[-1]).then(pl.lit("serious")).otherwise(pl.lit("watch")),
            passed & (pl.col("past_due") >= material),
            pl.format("the oldest open item is {} past due, {} before", days_words(oldest), days_words(oldest_before)),
            "oldest_open_days_before",
            "oldest_open_days",
            "The older an item, the less of it is ever paid.",
        ),
        _Rule(
            "slower",
            pl.when(slower >= DAYS_MUCH_SLOWER).then(pl.lit("serious")).otherwise(pl.lit("watch")),
            slower >= DAYS_SLOWER,
            days,
            "dbt_3m_before",
            "dbt_3m",
            "Who begins to pay later is often short of cash before anything is published.",
        ),
        _Rule(
            "faster", "better", slower <= -DAYS_SLOWER, days, "dbt_3m_before", "dbt_3m", "It pays sooner than it did."
        ),
        _Rule(
            "broken_promise",
            "watch",
            pl.col("broken") > 0,
            pl.when(pl.col("broken") == 1)
            .then(pl.format("a promise of {} was broken", money_words(pl.col("broken_money"), currency)))
            .otherwise(
                pl.format("{} promises of {} were broken", "broken", money_words(pl.col("broken_money"), currency))
            ),
            "",
            "broken",
            "Who breaks promises pays others first, or cannot pay.",
        ),
        _Rule(
            "dispute",
            "watch",
            _rose("disputed_open", material),
            _from_to("{} in dispute, {} before", "disputed_open", currency),
            "disputed_open_before",
            "disputed_open",
            "What is disputed is not paid: settle it, and ask for the rest meanwhile.",
        ),
        _Rule(
            "over_limit",
            "watch",
            (pl.col("over_limit") > 0) & (pl.col("over_limit_before").fill_null(0) <= 0),
            pl.format("{} above the credit limit, within it before", money_words(pl.col("over_limit"), currency)),
            "over_limit_before",
            "over_limit",
            "More is at stake than anybody decided to risk.",
            ("credit manager",),
        ),
        _Rule(
            "cover_fell",
            "serious",
            _fell("covered", material),
            _from_to("cover pays {} of the balance, {} before", "covered", currency),
            "covered_before",
            "covered",
            "The insurer may know something, and more of a loss is now our own.",
            ("credit manager",),
        ),
        _Rule(
            "insurer_term",
            "urgent",
            (report > 0) & new_late,
            pl.format("the insurer's term to be told of the overdue passed {} ago", days_words(report)),
            "days_beyond_report_overdue_before",
            "days_beyond_report_overdue",
            "Cover may be lost for what is not reported in time.",
            ("credit manager", "insurer"),
        ),
        _Rule(
            "insurer_term",
            "serious",
            coming & (report_before.is_null() | (report_before < -REPORT_WITHIN)),
            pl.format("the insurer has to be told of the overdue within {}", days_words(-report)),
            "days_beyond_report_overdue_before",
            "days_beyond_report_overdue",
            "Cover may be lost for what is not reported in time.",
            ("credit manager", "insurer"),
        ),
        _Rule(
            "stop_shipment",
            "serious",
            (stop >= 0) & (stop_before.is_null() | (stop_before < 0)),
            pl.lit("new deliveries are no longer covered: the insurer's stop has set in"),
            "days_beyond_stop_shipment_before",
            "days_beyond_stop_shipment",
            "What is delivered from now on is at our own risk.",
            ("credit manager",),
        ),
    ]


def _score_rules() -> list[_Rule]:
    grade, grade_before = pl.col("grade"), pl.col("grade_before")
    pd, pd_before = pl.col("pd_12m"), pl.col("pd_12m_before")
    status, status_before = pl.col("status"), pl.col("status_before")
    grades = pl.format("grade {}, {} before", "grade_words", "grade_words_before")
    odds = pl.format("probability of a bad debt {}, {} before", percent_words(pd, 2), percent_words(pd_before, 2))
    return [
        _Rule(
            "default",
            "urgent",
            (status == "in_default") & (status_before != "in_default"),
            pl.lit("is in default: 90 days past due by the definition"),
            "",
            "",
            "Few in default pay everything without help: decide on plan, agency or court.",
            ("credit manager", "collector"),
        ),
        _Rule(
            "bad_debt",
            "urgent",
            (status == "bad_debt") & (status_before != "bad_debt"),
            pl.lit("has become a bad debt"),
            "",
            "",
            "File the claims, and release what was provided.",
            ("credit manager",),
        ),
        _Rule(
            "cured",
            "better",
            (status == "at_risk") & (status_before == "in_default"),
            pl.lit("is no longer in default"),
            "",
            "",
            "The limit may be looked at again.",
            ("credit manager",),
        ),
        _Rule(
            "grade_worse",
            pl.when(grade - grade_before >= GRADES_MUCH).then(pl.lit("serious")).otherwise(pl.lit("watch")),
            grade > grade_before,
            grades,
            "grade_before",
            "grade",
            "The limit rests on the grade: review it.",
            ("credit manager",),
        ),
        _Rule(
            "grade_better",
            "better",
            grade < grade_before,
            grades,
            "grade_before",
            "grade",
            "There may be room for more sales.",
            ("credit manager",),
        ),
        _Rule(
            "pd_rose",
            "watch",
            (pd - pd_before >= PD_POINTS) & (pd >= PD_TIMES * pd_before),
            odds,
            "pd_12m_before",
            "pd_12m",
            "The expected loss rose with it.",
            ("credit manager",),
        ),
        _Rule(
            "pd_fell",
            "better",
            (pd_before - pd >= PD_POINTS) & (PD_TIMES * pd <= pd_before),
            odds,
            "pd_12m_before",
            "pd_12m",
            "The expected loss fell with it.",
            ("credit manager",),
        ),
    ]
