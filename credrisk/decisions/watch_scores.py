"""What changed in grade, probability and status between two runs."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.sentences import percent_words
from credrisk.decisions.watch_rule import Rule

__all__ = ["SCORES", "score_rules"]

PD_TIMES, PD_POINTS = 2.0, 0.01
"""The probability of a bad debt has moved when it doubled (or halved) and by a percentage point."""
GRADES_MUCH, GRADES_FAR = 2, 3
"""Steps of the master scale: from the first on a change of grade is more than a note, from the second it is serious."""
SCORES = ("status", "grade", "pd_12m")
"""Columns of the scores that are compared, where two runs are given; ``grade`` as its place, 0 the best."""


def score_rules(*, material: float) -> list[Rule]:
    """Return the rules; a customer with less than ``material`` at stake is told of only when it defaults."""
    at_stake = pl.col("exposure") >= material
    grade, grade_before = pl.col("grade"), pl.col("grade_before")
    pd, pd_before = pl.col("pd_12m"), pl.col("pd_12m_before")
    status, status_before = pl.col("status"), pl.col("status_before")
    grades = pl.format("grade {}, {} before", "grade_words", "grade_words_before")
    odds = pl.format("probability of a bad debt {}, {} before", percent_words(pd, 2), percent_words(pd_before, 2))
    return [
        Rule(
            "default",
            "urgent",
            (status == "in_default") & (status_before != "in_default"),
            pl.lit("is in default: 90 days past due by the definition"),
            "",
            "",
            "Few in default pay everything without help: decide on plan, agency or court.",
            ("credit manager", "collector"),
        ),
        Rule(
            "bad_debt",
            "urgent",
            (status == "bad_debt") & (status_before != "bad_debt"),
            pl.lit("has become a bad debt"),
            "",
            "",
            "File the claims, and release what was provided.",
            ("credit manager",),
        ),
        Rule(
            "cured",
            "better",
            (status == "at_risk") & (status_before == "in_default"),
            pl.lit("is no longer in default"),
            "",
            "",
            "The limit may be looked at again.",
            ("credit manager",),
        ),
        Rule(
            "grade_worse",
            pl.when(grade - grade_before >= GRADES_FAR)
            .then(pl.lit("serious"))
            .when(grade - grade_before >= GRADES_MUCH)
            .then(pl.lit("watch"))
            .otherwise(pl.lit("note")),
            at_stake & (grade > grade_before),
            grades,
            "grade_before",
            "grade",
            "The limit rests on the grade: review it.",
            ("credit manager",),
        ),
        Rule(
            "grade_better",
            "better",
            at_stake & (grade_before - grade >= GRADES_MUCH),
            grades,
            "grade_before",
            "grade",
            "There may be room for more sales.",
            ("credit manager",),
        ),
        Rule(
            "pd_rose",
            "watch",
            at_stake & (pd - pd_before >= PD_POINTS) & (pd >= PD_TIMES * pd_before),
            odds,
            "pd_12m_before",
            "pd_12m",
            "The expected loss rose with it.",
            ("credit manager",),
        ),
        Rule(
            "pd_fell",
            "better",
            at_stake & (pd_before - pd >= PD_POINTS) & (PD_TIMES * pd <= pd_before),
            odds,
            "pd_12m_before",
            "pd_12m",
            "The expected loss fell with it.",
            ("credit manager",),
        ),
    ]
