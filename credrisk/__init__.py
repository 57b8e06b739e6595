"""credrisk: a receivables ledger goes in; bad-debt probabilities, credit limits and the collection queue come out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credrisk.decisions.authority import authority_for
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.exposure_today import exposure_today
    from credrisk.decisions.limit import recommend_limits
    from credrisk.decisions.limit_curves import limit_curves
    from credrisk.decisions.limit_evidence import limit_evidence
    from credrisk.decisions.limit_inputs import limit_inputs
    from credrisk.decisions.order_release import OrderDesk, decide_order
    from credrisk.decisions.policy import Policy
    from credrisk.decisions.queue import collection_queue
    from credrisk.decisions.queue_lists import dispute_list, internal_list
    from credrisk.decisions.queue_record import log_offers
    from credrisk.decisions.roll_over import roll_over
    from credrisk.decisions.supervisor_hand import hand_of, lay_hand
    from credrisk.features.labels import LabelSettings, build_labels
    from credrisk.features.panel import build_panel
    from credrisk.ledger.ledger import Ledger, LedgerSettings
    from credrisk.models.adverse_action import adverse_action_reasons
    from credrisk.models.bad_debt import BadDebtModel
    from credrisk.models.cash_forecast import cash_forecast
    from credrisk.models.expected_loss import expected_loss
    from credrisk.models.exposure_at_default import ExposureAtDefault
    from credrisk.models.loss_given_default import LossGivenDefault
    from credrisk.models.master_scale import propose_scale
    from credrisk.models.migration import migration_matrix
    from credrisk.models.payment_items import payment_items
    from credrisk.models.payment_timing import PaymentTiming
    from credrisk.models.pd_interval import pd_interval
    from credrisk.models.promise_odds import promise_odds
    from credrisk.models.scorecard import Scorecard
    from credrisk.models.validation import validate
    from credrisk.models.what_changed import what_changed
    from credrisk.models.what_would_help import what_would_help
    from credrisk.pipeline.job import run
    from credrisk.pipeline.monitoring import monitor_ledger
    from credrisk.pipeline.spark import spark_panel, spark_score
    from credrisk.pipeline.validating import validate_ledger
    from credrisk.portfolio.ageing import ageing
    from credrisk.simulate.simulator import simulate_ledger

__version__ = "0.1.0"

_HOMES = {
    "BadDebtModel": "credrisk.models.bad_debt",
    "DecisionLog": "credrisk.decisions.decision_log",
    "ExposureAtDefault": "credrisk.models.exposure_at_default",
    "LabelSettings": "credrisk.features.labels",
    "Ledger": "credrisk.ledger.ledger",
    "LedgerSettings": "credrisk.ledger.ledger",
    "LossGivenDefault": "credrisk.models.loss_given_default",
    "OrderDesk": "credrisk.decisions.order_release",
    "PaymentTiming": "credrisk.models.payment_timing",
    "Policy": "credrisk.decisions.policy",
    "Scorecard": "credrisk.models.scorecard",
    "adverse_action_reasons": "credrisk.models.adverse_action",
    "ageing": "credrisk.portfolio.ageing",
    "authority_for": "credrisk.decisions.authority",
    "build_labels": "credrisk.features.labels",
    "build_panel": "credrisk.features.panel",
    "cash_forecast": "credrisk.models.cash_forecast",
    "collection_queue": "credrisk.decisions.queue",
    "decide_order": "credrisk.decisions.order_release",
    "dispute_list": "credrisk.decisions.queue_lists",
    "expected_loss": "credrisk.models.expected_loss",
    "exposure_today": "credrisk.decisions.exposure_today",
    "hand_of": "credrisk.decisions.supervisor_hand",
    "internal_list": "credrisk.decisions.queue_lists",
    "lay_hand": "credrisk.decisions.supervisor_hand",
    "limit_curves": "credrisk.decisions.limit_curves",
    "limit_evidence": "credrisk.decisions.limit_evidence",
    "limit_inputs": "credrisk.decisions.limit_inputs",
    "log_offers": "credrisk.decisions.queue_record",
    "migration_matrix": "credrisk.models.migration",
    "monitor_ledger": "credrisk.pipeline.monitoring",
    "payment_items": "credrisk.models.payment_items",
    "pd_interval": "credrisk.models.pd_interval",
    "promise_odds": "credrisk.models.promise_odds",
    "propose_scale": "credrisk.models.master_scale",
    "recommend_limits": "credrisk.decisions.limit",
    "roll_over": "credrisk.decisions.roll_over",
    "run": "credrisk.pipeline.job",
    "simulate_ledger": "credrisk.simulate.simulator",
    "spark_panel": "credrisk.pipeline.spark",
    "spark_score": "credrisk.pipeline.spark",
    "validate": "credrisk.models.validation",
    "validate_ledger": "credrisk.pipeline.validating",
    "what_changed": "credrisk.models.what_changed",
    "what_would_help": "credrisk.models.what_would_help",
}

__all__ = [
    "BadDebtModel",
    "DecisionLog",
    "ExposureAtDefault",
    "LabelSettings",
    "Ledger",
    "LedgerSettings",
    "LossGivenDefault",
    "OrderDesk",
    "PaymentTiming",
    "Policy",
    "Scorecard",
    "adverse_action_reasons",
    "ageing",
    "authority_for",
    "build_labels",
    "build_panel",
    "cash_forecast",
    "collection_queue",
    "decide_order",
    "dispute_list",
    "expected_loss",
    "exposure_today",
    "hand_of",
    "internal_list",
    "lay_hand",
    "limit_curves",
    "limit_evidence",
    "limit_inputs",
    "log_offers",
    "migration_matrix",
    "monitor_ledger",
    "payment_items",
    "pd_interval",
    "promise_odds",
    "propose_scale",
    "recommend_limits",
    "roll_over",
    "run",
    "simulate_ledger",
    "spark_panel",
    "spark_score",
    "validate",
    "validate_ledger",
    "what_changed",
    "what_would_help",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'credrisk' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
