"""The portfolio on one page: a single HTML file that needs nothing beside it, on screen, telephone and paper."""

from __future__ import annotations

from os import PathLike
from typing import Any

import polars as pl

from credrisk.atomic import write_text
from credrisk.reports.answers import answers
from credrisk.reports.columns import TABLES
from credrisk.reports.measures import in_figures, measure_of, model_name, model_words, not_measured, what_was_tested
from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.quality import tie_out, worst_first
from credrisk.reports.totals import has_values
from credrisk.reports.views import view_of

__all__ = ["measures_table", "portfolio_page", "write_html"]


_TIED = ("read", "kept", "quarantined")
INTAKE = ("table", "currency", *(f"rows_{step}" for step in _TIED), *(f"money_{step}" for step in _TIED))
FINDINGS = ("severity", "table", "message", "rows", "money", "currency", "remedy", "ids")


def write_html(path: str | PathLike[str], pack: Pack) -> None:
    """Write ``pack`` as one self-contained page (UTF-8): the same bytes for the same pack."""
    write_text(path, portfolio_page(pack))


def portfolio_page(pack: Pack) -> str:
    """Return the page as text."""
    plates = _plates(pack)
    return rendered(
        "portfolio.html",
        currency=pack.currency,
        pack=pack,
        as_of=day_in_words(pack.as_of),
        covers=tuple(day_in_words(day) for day in pack.covers) if pack.covers else (),
        answers=answers(pack),
        headline=[(label, value, note) for label, (value, note) in pack.headline.items()],
        portfolio=plates[:6],
        backtest=plates[6:],
        unmeasured=not_measured(pack.metrics, pack.notes),
        metrics=measures_table(pack.metrics),
        tested=what_was_tested(pack.folds, pack.in_use),
        folds=view_of("folds", pack.folds, [column.name for column in TABLES["folds"]]),
        findings=view_of("findings", worst_first(pack.findings), FINDINGS),
        intake=view_of("intake", pack.intake, INTAKE, rows=100),
        ties=tie_out(pack.intake),
        definitions=list(pack.definitions.items()),
        settings=list(pack.settings.items()),
    )


def _plates(pack: Pack) -> list[Plate]:
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE

    currency = pack.currency
    return drawn(
        ("ageing", "Ageing", lambda: charts.ageing_chart(pack.ageing, currency=currency, size=PAGE)),
        ("past-due", "Past due, month by month", lambda: charts.past_due_history_chart(pack.history, size=PAGE)),
        ("dso", "Days of sales outstanding", lambda: charts.dso_chart(pack.history, size=PAGE)),
        ("grades", "Grades", lambda: charts.grade_chart(pack.scores, currency=currency, size=PAGE)),
        (
            "losses",
            "Largest expected losses",
            lambda: charts.expected_loss_chart(pack.scores, currency=currency, size=PAGE),
        ),
        (
            "gain",
            "Value of contacting",
            lambda: charts.gain_chart(pack.queue, currency=currency, capacity=pack.capacity, size=PAGE),
        ),
        (
            "calibration",
            "Calibration",
            lambda: charts.calibration_chart(pack.calibration, event=pack.judged, size=PAGE),
        ),
        ("capture", "Ranking", lambda: charts.capture_chart(pack.metrics, event=pack.judged, size=PAGE)),
        ("auc", "Telling apart", lambda: charts.auc_chart(pack.metrics, event=pack.judged, size=PAGE)),
    )


def measures_table(metrics: pl.DataFrame) -> dict[str, Any] | None:
    """Return the measures as a table: a row a model, a column a measure, intervals under the values."""
    own = model_name(metrics)
    if own is None or not has_values(metrics, "value"):
        return None
    names = metrics["measure"].unique(maintain_order=True).to_list()
    by_model: dict[str, dict[str, tuple[str | None, str]]] = {}
    for row in metrics.iter_rows(named=True):
        low, high = row.get("low"), row.get("high")
        span = (
            ""
            if low is None or high is None
            else f"{in_figures(row['measure'], low)} to {in_figures(row['measure'], high)}"
        )
        by_model.setdefault(row["model"], {})[row["measure"]] = (in_figures(row["measure"], row["value"]), span)
    first = metrics.row(0, named=True)
    return {
        "measures": [measure_of(name) for name in names],
        "rows": [
            (model_words(model), model == own, [values.get(name, (None, "")) for name in names])
            for model, values in by_model.items()
        ],
        "judged": first.get("rows"),
        "events": first.get("events"),
    }
