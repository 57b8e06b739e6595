"""What changed in how customers pay between two days: worse and better, each in words with both figures.

A change is told from the bounds below on. A figure that is null on either day is not compared, and the watch counts
how many customers that concerns. All figures are those of the features, each as it was known on its day.
"""

from __future__ import annotations

import polars as pl

from credrisk.decisions.sentences import days_words, money_words
from credrisk.decisions.watch_rule import Rule
from credrisk.decisions.watch_scores import score_rules

__all__ = ["FEATURES", "behaviour_changes"]

RISE = 0.25
"""Money past due or in dispute has changed from a quarter of what it was on (and by the material amount)."""
DAYS_SLOWER, DAYS_MUCH_SLOWER = 10, 30
"""Days beyond terms: a change worth telling, and one that is serious."""
AGES = (30, 60, 90)
"""Days past due of the oldest item at which it is told that they are passed; from the last on it is serious."""
REPORT_WITHIN = 7
"""Days before the insurer's term at which its coming is told."""
FEATURES = (
    "net_balance",
    "past_due",
    "oldest_open_days",
    "dbt_3m",
    "disputed_open",
    "credit_limit",
    "over_limit",
    "days_since_cover_cut",
    "days_beyond_report_overdue",
    "days_beyond_stop_shipment",
)
"""Features that are compared."""


def behaviour_changes(both: pl.DataFrame, *, currency: str, material: float, scored: bool) -> pl.DataFrame:
    """Return a row a change.

    Parameters
    ----------
    both
        A row a customer: ``customer_id``, ``exposure``, ``days`` (between the two days), the columns of
        :data:`FEATURES` now and, with ``_before``, on the earlier day; ``broken`` and ``broken_money``, promises broken
        in between and what they promised. Where ``scored`` also those of
        :data:`~credrisk.decisions.watch_scores.SCORES` in the same way, ``grade_words`` and ``grade_words_before``.
    material
        Amount in major units of ``currency`` below which a change of money is not told, nor how somebody pays or is
        graded with whom less is at stake.

    Returns
    -------
    polars.DataFrame
        ``customer_id, severity, area, kind, what, why, tell`` (a list of roles), ``before, after`` (figures as
        float64; a grade as its place), sorted by customer and kind.
    """
    rules = [*_ledger_rules(currency, material), *(score_rules(material=material) if scored else [])]
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


def _terms_words(name: str) -> pl.Expr:
    days = pl.col(name).round(0)
    return (
        pl.when(days == 0)
        .then(pl.lit("on terms"))
        .when(days < 0)
        .then(pl.format("{} early", days_words(-days)))
        .otherwise(pl.format("{} beyond terms", days_words(days)))
    )


def _ledger_rules(currency: str, material: float) -> list[Rule]:
    oldest, oldest_before = pl.col("oldest_open_days"), pl.col("oldest_open_days_before").fill_null(0)
    passed = pl.any_horizontal((oldest > age) & (oldest_before <= age) for age in AGES)
    slower = pl.col("dbt_3m") - pl.col("dbt_3m_before")
    report, stop = pl.col("days_beyond_report_overdue"), pl.col("days_beyond_stop_shipment")
    report_before, stop_before = (pl.col(f"days_beyond_{name}_before") for name in ("report_overdue", "stop_shipment"))
    new_late, coming = report_before.is_null() | (report_before <= 0), report.is_between(-REPORT_WITHIN, 0)
    days = pl.format("pays {}, {} before", _terms_words("dbt_3m"), _terms_words("dbt_3m_before"))
    at_stake = pl.col("exposure") >= material
    cut_since = pl.col("days_since_cover_cut") < pl.col("days")
    return [
        Rule(
            "past_due",
            "watch",
            _rose("past_due", material),
            _from_to("{} past due, {} before", "past_due", currency),
            "past_due_before",
            "past_due",
            "Money that was to be here is not: ask for it now, while it is young.",
        ),
        Rule(
            "past_due",
            "better",
            _fell("past_due", material),
            _from_to("{} past due, {} before", "past_due", currency),
            "past_due_before",
            "past_due",
            "It was paid, credited or written off: see which before asking less.",
        ),
        Rule(
            "overdue_age",
            pl.when(oldest > AGES[-1]).then(pl.lit("serious")).otherwise(pl.lit("watch")),
            passed & (pl.col("past_due") >= material),
            pl.format("the oldest open item is {} past due, {} before", days_words(oldest), days_words(oldest_before)),
            "oldest_open_days_before",
            "oldest_open_days",
            "The older an item, the less of it is ever paid.",
        ),
        Rule(
            "slower",
            pl.when(slower >= DAYS_MUCH_SLOWER).then(pl.lit("serious")).otherwise(pl.lit("watch")),
            at_stake & (slower >= DAYS_SLOWER) & (pl.col("dbt_3m") >= DAYS_SLOWER),
            days,
            "dbt_3m_before",
            "dbt_3m",
            "Who begins to pay later is often short of cash before anything is published.",
        ),
        Rule(
            "faster",
            "better",
            at_stake & (slower <= -DAYS_SLOWER) & (pl.col("dbt_3m_before") >= DAYS_SLOWER),
            days,
            "dbt_3m_before",
            "dbt_3m",
            "It pays sooner than it did.",
        ),
        Rule(
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
        Rule(
            "dispute",
            "watch",
            _rose("disputed_open", material),
            _from_to("{} in dispute, {} before", "disputed_open", currency),
            "disputed_open_before",
            "disputed_open",
            "What is disputed is not paid: settle it, and ask for the rest meanwhile.",
        ),
        Rule(
            "over_limit",
            "watch",
            (pl.col("over_limit") >= material) & (pl.col("over_limit_before").fill_null(0) < material),
            _from_to("{} above the credit limit, {} before", "over_limit", currency),
            "over_limit_before",
            "over_limit",
            "More is at stake than anybody decided to risk.",
            ("credit manager",),
        ),
        Rule(
            "cover_cut",
            "serious",
            cut_since,
            pl.format("cover was reduced or withdrawn {} ago", days_words(pl.col("days_since_cover_cut"))),
            "days_since_cover_cut_before",
            "days_since_cover_cut",
            "The insurer may know something, and more of a loss is now our own.",
            ("credit manager",),
        ),
        Rule(
            "insurer_term",
            "urgent",
            (report > 0) & new_late,
            pl.format("the insurer's term to be told of the overdue passed {} ago", days_words(report)),
            "days_beyond_report_overdue_before",
            "days_beyond_report_overdue",
            "Cover may be lost for what is not reported in time.",
            ("credit manager", "insurer"),
        ),
        Rule(
            "insurer_term",
            "serious",
            coming & (report_before.is_null() | (report_before < -REPORT_WITHIN)),
            pl.format("the insurer has to be told of the overdue within {}", days_words(-report)),
            "days_beyond_report_overdue_before",
            "days_beyond_report_overdue",
            "Cover may be lost for what is not reported in time.",
            ("credit manager", "insurer"),
        ),
        Rule(
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
