"""Credit memos from a ledger: scored and decided as a run does, then told customer by customer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from credrisk.decisions.exposure_today import exposure_today
from credrisk.decisions.margins import customer_attributes, margins_of_nobody
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError
from credrisk.features.entities import entity_rows
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.job import run
from credrisk.pipeline.memo_risk import customer_risks
from credrisk.pipeline.probabilities import training_calendar
from credrisk.progress import Progress, silent
from credrisk.reports.memo import Memo, MemoRisk

__all__ = ["REFITS", "credit_memos"]

REFITS = 20
"""Refits that an interval rests on: its standard error is then known to a sixth of itself."""
LONGEST_HISTORY = 25
"""Month-ends of the charts: two years and the day itself."""
HISTORY = ("as_of", "net_balance", "credit_limit", "dbt_3m", "industry_dbt_3m", "invoiced_3m")
TABLES = ("facts", "events", "orders", "contacts", "disputes", "promises", "cover", "customer_history")
ATTRIBUTES = ("segment", "collector", "parent_id")


def credit_memos(
    ledger: Ledger,
    customers: Sequence[str],
    *,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    refits: int = REFITS,
    label_settings: LabelSettings | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Memo]:
    """Return the memo of each customer, in the order asked for.

    The PD, the grade and the limit are those of :func:`~credrisk.pipeline.job.run` on the same day.

    Parameters
    ----------
    ledger
        From :meth:`credrisk.Ledger.read`.
    customers
        Ids of accounts in the ledger, each once.
    as_of
        Nothing known after this day (inclusive) is used. Default: the last day the ledger covers.
    policy
        Default: the one shipped.
    refits
        Refits of the model for the interval of the PD, 10 or more, each about as long as one fit; 0 leaves the
        interval out and the memo says so.

    Raises
    ------
    ParameterError
        When a customer is not in the ledger (the nearest id is named) or named twice, or ``as_of`` lies outside what
        the ledger covers.
    """
    _check_customers(ledger, customers)
    result = run(
        ledger,
        as_of=as_of,
        policy=policy,
        label_settings=label_settings,
        seed=seed,
        back_tests=False,
        progress=progress,
    )
    known = ledger.cut(result.as_of)
    calendar = training_calendar(known.settings, result.as_of)
    panel = build_panel(known, calendar=calendar, output="polars", progress=progress)
    labels = build_labels(known, dates=calendar, settings=label_settings, output="polars")
    estimate = result.estimates["bad_debt"]
    risks = customer_risks(
        estimate, panel, labels, customers, result.as_of, refits=refits, seed=seed, progress=progress
    )
    about = _Rows(
        known,
        scores=_by_customer(pl.from_pandas(result.scores)),
        limits=_by_customer(pl.from_pandas(result.limits)),
        exposure=_by_customer(exposure_today(known, as_of=result.as_of, policy=result.policy, output="polars")),
        notes=margins_of_nobody(customer_attributes(known, as_of=result.as_of), result.policy.economics),
    )
    return [
        about.memo(customer, panel=panel, risk=risks[customer], as_of=result.as_of, policy=result.policy)
        for customer in customers
    ]


def _check_customers(ledger: Ledger, customers: Sequence[str]) -> None:
    ids = ledger.table("customers")["customer_id"].to_list()
    if not customers:
        raise ParameterError("customers", "at least one id", list(customers))
    for customer in customers:
        if customer not in set(ids):
            near = difflib.get_close_matches(customer, ids, n=1, cutoff=0.0)
            nearest = f"; the nearest is {near[0]!r}" if near else ""
            raise ParameterError("customer", f"the id of an account in the ledger{nearest}", customer)
    if len(set(customers)) < len(customers):
        raise ParameterError("customers", "different ids", list(customers))


class _Rows:
    """What the tables of a ledger and of a run say, customer by customer."""

    def __init__(
        self,
        known: Ledger,
        *,
        scores: Mapping[str, Mapping[str, Any]],
        limits: Mapping[str, Mapping[str, Any]],
        exposure: Mapping[str, Mapping[str, Any]],
        notes: Sequence[str],
    ) -> None:
        self.known, self.scores, self.limits, self.exposure = known, scores, limits, exposure
        self.notes = tuple(notes)
        rows = LedgerRows(known)
        self.outside = {name: entity_rows(rows, name) for name in ("facts", "events", "ratings")}
        in_force = (
            known.table("customer_history")
            .filter(pl.col("attribute").is_in(ATTRIBUTES))
            .sort("customer_id", "attribute", "valid_from", "recorded_at")
            .unique(["customer_id", "attribute"], keep="last", maintain_order=True)
        )
        self.attributes: dict[str, dict[str, str]] = {}
        for customer, attribute, value in in_force.select("customer_id", "attribute", "value").iter_rows():
            self.attributes.setdefault(customer, {})[attribute] = value

    def memo(self, customer: str, *, panel: pl.DataFrame, risk: MemoRisk, as_of: date, policy: Policy) -> Memo:
        own = panel.filter(pl.col("customer_id") == customer).sort("as_of")
        is_customer = pl.col("customer_id") == customer
        master = self.known.table("customers").filter(is_customer).row(0, named=True)
        settings = self.known.settings
        return Memo(
            as_of=as_of,
            currency=settings.currency,
            policy=policy,
            customer={**master, **self.attributes.get(customer, {})},
            scores=self.scores[customer],
            limits=self.limits[customer],
            now=own.filter(pl.col("as_of") == as_of).row(0, named=True),
            before=_on(own, risk.before_on),
            risk=risk,
            exposure=self.exposure.get(customer, {}),
            history=own.select(HISTORY).tail(LONGEST_HISTORY),
            facts=self.outside["facts"].filter(is_customer),
            events=self.outside["events"].filter(is_customer),
            ratings=self.outside["ratings"].filter(is_customer),
            missing=tuple(name for name in TABLES if self.known.table(name).is_empty()),
            covers=(settings.covers_from, settings.covers_to),
            notes=self.notes,
        )


def _on(own: pl.DataFrame, day: date | None) -> dict[str, Any]:
    """Return the row of a day; an empty one where there is no such day."""
    if day is None:
        return {}
    return next(iter(own.filter(pl.col("as_of") == day).iter_rows(named=True)), {})


def _by_customer(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the rows by customer; dates as dates, what is not measured as None."""
    dates = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    plain = frame.with_columns(pl.col(dates).cast(pl.Date), pl.selectors.float().fill_nan(None))
    return {row["customer_id"]: row for row in plain.iter_rows(named=True)}
