"""Monitoring on one page and as JSON: first the alerts in words, then charts, then every figure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.models.monitoring import Monitoring, times_as_many
from credrisk.reports.columns import TABLES
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.validation_page import own_features, rows_of
from credrisk.reports.validation_terms import MONITORING_TERMS
from credrisk.reports.verdict import Verdict
from credrisk.reports.views import view_of

__all__ = ["MonitoringPack", "monitoring_json", "monitoring_page", "state_of"]

FEATURES_SHOWN = 15


@dataclass(frozen=True)
class MonitoringPack:
    """What the page and the JSON show.

    Attributes
    ----------
    event
        What is predicted, in words, in the singular.
    found
        From :func:`~credrisk.models.monitoring.monitor`.
    settings
        Label -> text.
    """

    as_of: date
    currency: str
    event: str
    found: Monitoring
    notes: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    title: str = "Monitoring of the model"


def state_of(pack: MonitoringPack) -> Verdict:
    """Say in a sentence how the model stands."""
    found = pack.found
    question = "Does the model still hold?"
    counts = {
        severity: found.alerts.filter(pl.col("severity") == severity).height for severity in ("alarm", "attention")
    }
    judged = found.realised.height > 0
    told = (
        _came_true(found)
        if judged
        else "What came true cannot be judged yet; what is judged are the inputs and the probabilities."
    )
    if counts["alarm"]:
        words = "an alarm" if counts["alarm"] == 1 else f"{counts['alarm']} alarms"
        return Verdict(question, f"No: {words} below, each with what it asks for.", "bad", (told,))
    if counts["attention"]:
        words = "one finding asks" if counts["attention"] == 1 else f"{counts['attention']} findings ask"
        return Verdict(question, f"So far, but {words} for attention{_more_than_expected(found)}.", "mixed", (told,))
    return Verdict(question, "Yes: nothing beyond what is usual.", "good" if judged else "mixed", (told,))


def _came_true(found: Monitoring) -> str:
    """Say what came true over the longest horizon that has passed, beside what was predicted."""
    row = found.realised.row(-1, named=True)
    told = f"What came true was compared with what was predicted: within {row['months']} months {row['events']:,} of "
    told += f"{row['customers']:,} customers of {row['from']} met the event, {row['expected']:.1f} were expected"
    if row["observed_to_expected"] is None:
        return f"{told}."
    return f"{told} ({row['observed_to_expected']:.2f} times, 95 % interval {row['low']:.2f} to {row['high']:.2f})."


def _more_than_expected(found: Monitoring) -> str:
    """Say so in the verdict where more came true than expected, over the longest horizon of which it is said."""
    beyond = found.realised.filter(pl.col("low") > 1)
    if beyond.is_empty():
        return ""
    row = beyond.row(-1, named=True)
    return f": {times_as_many(row['observed_to_expected'])} came true within {row['months']} months as expected"


def monitoring_page(pack: MonitoringPack) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    found = pack.found
    return rendered(
        "monitoring.html",
        currency=pack.currency,
        pack=pack,
        as_of=day_in_words(pack.as_of),
        reference=tuple(day_in_words(day) for day in (found.reference_from, found.reference_to)),
        state=state_of(pack),
        alerts=view_of("alerts", found.alerts, [column.name for column in TABLES["alerts"]], rows=100),
        drawings=_plates(pack),
        realised=view_of("realised", found.realised, [column.name for column in TABLES["realised"]]),
        grades=view_of("tested_grades", found.grades, [column.name for column in TABLES["tested_grades"]]),
        drift=view_of("drift", found.drift, [column.name for column in TABLES["drift"]], rows=FEATURES_SHOWN),
        definitions=list(MONITORING_TERMS.items()),
        settings=list(pack.settings.items()),
    )


def monitoring_json(pack: MonitoringPack) -> str:
    """Return every figure of the page, and what could not be judged, as JSON text."""
    found, state = pack.found, state_of(pack)
    content = {
        "as_of": pack.as_of.isoformat(),
        "target": found.target,
        "customers": found.customers,
        "reference": {"from": found.reference_from.isoformat(), "to": found.reference_to.isoformat()},
        "state": {"mark": state.mark, "sentence": state.sentence},
        "worst": found.worst or None,
        "alerts": rows_of(found.alerts),
        "score": {name: _number(value) for name, value in found.score.items()},
        "realised": rows_of(found.realised),
        "graded_by": found.graded_by or None,
        "grades": rows_of(found.grades),
        "drift": rows_of(found.drift),
        "not_judged": list(pack.notes),
        "settings": dict(pack.settings),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _plates(pack: MonitoringPack) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    found, event = pack.found, pack.event
    return drawn(
        ("drift", "Drift of features", lambda: charts.drift_chart(own_features(found.drift), size=PAGE)),
        (
            "scores",
            "Probabilities today",
            lambda: charts.score_distribution_chart(found.probability, event=event, size=PAGE),
        ),
        ("grade-level", "What came true", lambda: charts.grade_level_chart(found.grades, event=event, size=PAGE)),
    )
