"""Credit memos from a ledger: scored and decided as a run does, then told customer by customer."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.exposure_today import exposure_today
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.features.entities import entity_rows
from credrisk.features.labels import LabelSettings, build_labels
from credrisk.features.panel import build_panel
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger
from credrisk.models.adverse_action import adverse_action_reasons
from credrisk.models.outcomes import TrainingRows, training_rows
from credrisk.models.pd_interval import pd_interval
from credrisk.models.what_changed import what_changed
from credrisk.pipeline.job import run
from credrisk.pipeline.probabilities import Estimate, training_calendar
from credrisk.progress import Progress, silent
from credrisk.reports.memo import Memo, MemoRisk

if TYPE_CHECKING:
    from credrisk.models.bad_debt import BadDebtModel

__all__ = ["REFITS", "credit_memos"]

REFITS = 20
"""Refits that an interval rests on: its standard error is then known to a sixth of itself."""
REASONS = 5
CHANGES = 4
MONTHS_BETWEEN = 12
LEAST_MONTHS_BETWEEN = 3
LONGEST_HISTORY = 25
"""Month-ends of the charts: two years and the day itself."""
LEVELS = (0.8, 0.95)
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
    risks = _risks(estimate, panel, labels, customers, result.as_of, refits=refits, seed=seed, progress=progress)
    about = _Rows(
        known,
        scores=_by_customer(pl.from_pandas(result.scores)),
        limits=_by_customer(pl.from_pandas(result.limits)),
        exposure=_by_customer(exposure_today(known, as_of=result.as_of, policy=result.policy, output="polars")),
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
    ) -> None:
        self.known, self.scores, self.limits, self.exposure = known, scores, limits, exposure
        rows = LedgerRows(known)
        self.outside = {name: entity_rows(rows, name) for name in ("facts", "events")}
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
            before=next(iter(own.filter(pl.col("as_of") == risk.before_on).iter_rows(named=True)), {}),
            risk=risk,
            exposure=self.exposure.get(customer, {}),
            history=own.select(HISTORY).tail(LONGEST_HISTORY),
            facts=self.outside["facts"].filter(is_customer),
            events=self.outside["events"].filter(is_customer),
            missing=tuple(name for name in TABLES if self.known.table(name).is_empty()),
            covers=(settings.covers_from, settings.covers_to),
        )


def _by_customer(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the rows by customer; dates as dates, what is not measured as None."""
    dates = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    plain = frame.with_columns(pl.col(dates).cast(pl.Date), pl.selectors.float().fill_nan(None))
    return {row["customer_id"]: row for row in plain.iter_rows(named=True)}


def _risks(
    estimate: Estimate,
    panel: pl.DataFrame,
    labels: pl.DataFrame,
    customers: Sequence[str],
    as_of: date,
    *,
    refits: int,
    seed: int,
    progress: Progress,
) -> dict[str, MemoRisk]:
    """Return what the model says of each customer; of one that is not at risk, nothing."""
    before_on = _earlier(panel, as_of)
    model = estimate.model
    if model is None:
        why = f"No probability of a bad debt is measured: {estimate.why_not}."
        return {customer: MemoRisk(before_on=before_on, why_no_interval=why) for customer in customers}
    wanted = panel.join(labels.select("customer_id", "as_of", "bad_debt_at_risk"), on=["customer_id", "as_of"])
    wanted = wanted.filter(pl.col("customer_id").is_in(list(customers)) & pl.col("bad_debt_at_risk"))
    now = wanted.filter(pl.col("as_of") == as_of)
    before = wanted.filter(pl.col("as_of") == before_on)
    spans, why = _intervals(model, now, training_rows(panel, labels, target="bad_debt"), refits, seed, progress)
    reasons, reasons_before = _reasons(model, now), _reasons(model, before)
    changed, pd_before = _changes(model, before, now, before_on)
    denial = _denial(model, now)
    words = f"{estimate.source.replace('_', ' ')}, {model.evidence_['first_events']} bad debts in the ledger"
    at_risk = set(now["customer_id"].to_list())
    return {
        customer: MemoRisk(
            model=words if customer in at_risk else "",
            interval=spans.get(customer, {}),
            why_no_interval=why if customer in at_risk else "",
            reasons=reasons.get(customer, ()),
            reasons_before=reasons_before.get(customer, ()),
            pd_before=pd_before.get(customer),
            before_on=before_on,
            changed=changed.get(customer, ()),
            denial=denial.get(customer, ()),
        )
        for customer in customers
    }


def _earlier(panel: pl.DataFrame, as_of: date) -> date | None:
    """Return the month-end a year before, or the first there is, three months before at the latest."""
    days = panel["as_of"].unique().sort()
    earlier = days.filter(
        (days >= months_after(as_of, -MONTHS_BETWEEN)) & (days <= months_after(as_of, -LEAST_MONTHS_BETWEEN))
    )
    return None if earlier.is_empty() else earlier[0]


def _features(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("customer_id", *catalogue())


def _intervals(
    model: BadDebtModel, now: pl.DataFrame, training: TrainingRows, refits: int, seed: int, progress: Progress
) -> tuple[dict[str, dict[float, tuple[float, float]]], str]:
    if refits == 0:
        return {}, "How far the probability may be off was not asked for."
    if now.is_empty():
        return {}, ""
    try:
        found = pd_interval(
            model,
            _features(now),
            training,
            horizons=[12],
            levels=LEVELS,
            samples=refits,
            seed=seed,
            progress=progress,
            output="polars",
        )
    except EvidenceError as reason:
        return {}, f"How far the probability may be off is not measured: {reason}"
    spans = {
        row["customer_id"]: {
            level: (row[f"pd_12m_low{100 * level:g}"], row[f"pd_12m_high{100 * level:g}"])
            for level in LEVELS
            if row[f"pd_12m_low{100 * level:g}"] is not None
        }
        for row in found.iter_rows(named=True)
    }
    missing = "How far the probability may be off is not measured: too few refits hold enough late events."
    return spans, "" if all(spans.values()) else missing


def _reasons(model: BadDebtModel, rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    if rows.is_empty():
        return {}
    told = model.explain(_features(rows), top=REASONS, output="polars").sort("row", "rank")
    return _in_order(rows, told.select("row", "says"))


def _in_order(rows: pl.DataFrame, told: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Return what was told of each row, by customer: the sentence, or the tuple of the other columns."""
    found: dict[str, list[Any]] = {customer: [] for customer in rows["customer_id"]}
    ids = rows["customer_id"].to_list()
    for place, *words in told.iter_rows():
        found[ids[place]].append(words[0] if len(words) == 1 else tuple(words))
    return {customer: tuple(words) for customer, words in found.items()}


def _changes(
    model: BadDebtModel, before: pl.DataFrame, now: pl.DataFrame, before_on: date | None
) -> tuple[dict[str, tuple[str, ...]], dict[str, float | None]]:
    if now.is_empty() or before.is_empty() or before_on is None:
        return {}, {}
    there = now.filter(pl.col("customer_id").is_in(before["customer_id"].to_list()))
    if there.is_empty():
        return {}, {}
    found = what_changed(
        model, _features(before), _features(there), when=f"on {before_on.isoformat()}", top=CHANGES, output="polars"
    )
    earlier = dict(found.summary.select("customer_id", "pd_before").iter_rows())
    return _in_order(there, found.reasons.sort("row", "rank").select("row", "says")), earlier


def _denial(model: BadDebtModel, now: pl.DataFrame) -> dict[str, tuple[tuple[str, str], ...]]:
    if now.is_empty():
        return {}
    told = adverse_action_reasons(model, _features(now), output="polars")
    named = told.filter(pl.col("factor").is_not_null()).sort("row", "rank")
    return _in_order(now, named.select("row", "factor", "says"))
