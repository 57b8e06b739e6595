"""A scorecard from a ledger: fitted on what was known by a day, and the score of every customer at risk on that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.features.label_settings import LabelSettings
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.no_documents import refuse_unknown_documents
from credrisk.models.outcomes import Target, training_rows
from credrisk.models.scorecard import Scorecard
from credrisk.pipeline.probabilities import training_calendar
from credrisk.progress import Progress, silent

__all__ = ["LedgerScorecard", "scorecard_of"]


@dataclass(frozen=True)
class LedgerScorecard:
    """A fitted card and where it stands.

    Attributes
    ----------
    card
        The scorecard.
    as_of
        The day: nothing known later was used.
    customers
        ``customer_id``, ``name`` (null where the ledger has none), the points of each variable, ``score`` and the
        probability of the customers at risk on that day, the lowest score first.
    not_scored
        How many of the others there are, by their status of that day.
    """

    card: Scorecard
    as_of: date
    customers: pl.DataFrame
    not_scored: dict[str, int]


def scorecard_of(
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    target: Target = "bad_debt",
    settings: LabelSettings | None = None,
    card: Scorecard | None = None,
    progress: Progress = silent,
) -> LedgerScorecard:
    """Fit a scorecard on a ledger.

    Parameters
    ----------
    ledger
        Read into memory.
    as_of
        The day to stand on; None takes the last that the ledger covers.
    target
        ``bad_debt``, ``default`` or ``late30``.
    settings
        What counts as the event.
    card
        An unfitted Scorecard with the settings wanted, of the same target; None takes the defaults.

    Raises
    ------
    EvidenceError
        When the ledger holds too little to fit a card.
    ParameterError, DataError
        When ``as_of`` lies outside what the ledger covers, or no document is known by then.
    """
    first, last = ledger.settings.covers_from, ledger.settings.covers_to
    day = last if as_of is None else to_date(as_of)
    if not first <= day <= last:
        raise ParameterError("as_of", f"within what the ledger covers ({first} to {last})", day.isoformat())
    known = ledger.cut(day)
    refuse_unknown_documents(known, ledger, day)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars", progress=progress)
    progress("Labelling what happened", 0, 0)
    labels = build_labels(known, dates=calendar, settings=settings, output="polars")
    rows = training_rows(panel, labels, target=target)
    if rows.X.is_empty():
        raise EvidenceError("no customer at risk was observed for any time after a month end.")
    progress("Fitting the scorecard", 0, 0)
    fitted = (card or Scorecard(target=target)).fit(
        rows.X, rows.y, as_of=rows.as_of, groups=rows.groups, currency=known.settings.currency
    )
    at_risk = labels.filter((pl.col("as_of") == day) & pl.col(f"{target}_at_risk")).select("customer_id")
    today = panel.filter(pl.col("as_of") == day).join(at_risk, on="customer_id", how="semi").sort("customer_id")
    features = today.select(list(catalogue(today.columns[2:])))
    points: pl.DataFrame = fitted.points(features, output="polars")
    chance: pl.DataFrame = fitted.predict_pd(features, output="polars")
    names = known.table("customers").select("customer_id", "name").unique("customer_id", keep="last")
    named = today.select("customer_id").join(names, on="customer_id", how="left", maintain_order="left")
    customers = pl.concat([named, points, chance], how="horizontal")
    others = labels.filter(pl.col("as_of") == day).join(today, on="customer_id", how="anti")
    not_scored = dict(others.group_by("status").len().sort("status").iter_rows())
    return LedgerScorecard(fitted, day, customers.sort("score", "customer_id"), not_scored)
