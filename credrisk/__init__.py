"""credrisk: a receivables ledger goes in; bad-debt probabilities, credit limits and the collection queue come out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from credrisk.decisions.agency import agency_referrals
    from credrisk.decisions.authority import authority_for
    from credrisk.decisions.contact_effects import ContactEffects, measure_contact_effects
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.deductions_pursuit import deductions_to_pursue
    from credrisk.decisions.discount_earned import discounts_taken
    from credrisk.decisions.dispute_ageing import dispute_ageing
    from credrisk.decisions.dunning import dunning_proposal
    from credrisk.decisions.exposure_today import exposure_today
    from credrisk.decisions.late_fee import late_fees
    from credrisk.decisions.limit import recommend_limits
    from credrisk.decisions.limit_curves import limit_curves
    from credrisk.decisions.limit_evidence import limit_evidence
    from credrisk.decisions.limit_inputs import limit_inputs
    from credrisk.decisions.missing_documents import missing_documents
    from credrisk.decisions.non_payment import non_payment_items, non_payment_reasons
    from credrisk.decisions.offers import ledger_offers
    from credrisk.decisions.order_release import OrderDesk, decide_order
    from credrisk.decisions.payment_plan import payment_plan
    from credrisk.decisions.policy import Policy
    from credrisk.decisions.portfolio_limits import PortfolioLimits, optimise_limits
    from credrisk.decisions.promise_ledger import promise_ledger
    from credrisk.decisions.queue import collection_queue
    from credrisk.decisions.queue_lists import dispute_list, internal_list
    from credrisk.decisions.queue_record import log_offers
    from credrisk.decisions.queue_rerank import queue_diff, rerank
    from credrisk.decisions.recorded import recorded_tables, with_recorded
    from credrisk.decisions.remittance_match import remittance_matches
    from credrisk.decisions.roll_over import roll_over
    from credrisk.decisions.settlement import settle
    from credrisk.decisions.supervisor_hand import hand_of, lay_hand
    from credrisk.decisions.team_review import team_review
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
    from credrisk.models.off_policy import off_policy_value
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
    from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
    from credrisk.portfolio.cohorts import cohort_curves
    from credrisk.portfolio.concentration import concentration, concentration_summary
    from credrisk.portfolio.dso import dso_family
    from credrisk.portfolio.effectiveness import collection_effectiveness_table
    from credrisk.portfolio.history import portfolio_history
    from credrisk.portfolio.migration import item_migration
    from credrisk.portfolio.provision.against_pd import provision_against_pd
    from credrisk.portfolio.provision.backtest import provision_backtest
    from credrisk.portfolio.provision.disclosure import provision_disclosure
    from credrisk.portfolio.provision.journal import provision_journal
    from credrisk.portfolio.provision.movement import provision_movement
    from credrisk.portfolio.provision.provide import provision
    from credrisk.portfolio.provision.settings import ProvisionSettings
    from credrisk.portfolio.reconciliation.control import control_accounts
    from credrisk.portfolio.reconciliation.reconcile import reconcile
    from credrisk.portfolio.roll_rates import roll_rates
    from credrisk.portfolio.utilisation import utilisation
    from credrisk.reports.digest import daily_digest
    from credrisk.reports.letters.dunning_letters import dunning_letters
    from credrisk.reports.letters.statement import statements_of_account
    from credrisk.simulate.simulator import simulate_ledger
    from credrisk.sources.enrich import enrich
    from credrisk.sources.public_beside import with_public

__version__ = "0.1.0"

_HOMES = {
    "BadDebtModel": "credrisk.models.bad_debt",
    "ContactEffects": "credrisk.decisions.contact_effects",
    "DecisionLog": "credrisk.decisions.decision_log",
    "ExposureAtDefault": "credrisk.models.exposure_at_default",
    "LabelSettings": "credrisk.features.labels",
    "Ledger": "credrisk.ledger.ledger",
    "LedgerSettings": "credrisk.ledger.ledger",
    "LossGivenDefault": "credrisk.models.loss_given_default",
    "OrderDesk": "credrisk.decisions.order_release",
    "PaymentTiming": "credrisk.models.payment_timing",
    "Policy": "credrisk.decisions.policy",
    "PortfolioLimits": "credrisk.decisions.portfolio_limits",
    "ProvisionSettings": "credrisk.portfolio.provision.settings",
    "Scorecard": "credrisk.models.scorecard",
    "adverse_action_reasons": "credrisk.models.adverse_action",
    "ageing": "credrisk.portfolio.ageing",
    "agency_referrals": "credrisk.decisions.agency",
    "authority_for": "credrisk.decisions.authority",
    "bad_debt_ratio": "credrisk.portfolio.bad_debt_ratio",
    "build_labels": "credrisk.features.labels",
    "build_panel": "credrisk.features.panel",
    "cash_forecast": "credrisk.models.cash_forecast",
    "cohort_curves": "credrisk.portfolio.cohorts",
    "collection_effectiveness_table": "credrisk.portfolio.effectiveness",
    "collection_queue": "credrisk.decisions.queue",
    "concentration": "credrisk.portfolio.concentration",
    "concentration_summary": "credrisk.portfolio.concentration",
    "control_accounts": "credrisk.portfolio.reconciliation.control",
    "daily_digest": "credrisk.reports.digest",
    "decide_order": "credrisk.decisions.order_release",
    "deductions_to_pursue": "credrisk.decisions.deductions_pursuit",
    "discounts_taken": "credrisk.decisions.discount_earned",
    "dispute_ageing": "credrisk.decisions.dispute_ageing",
    "dispute_list": "credrisk.decisions.queue_lists",
    "dso_family": "credrisk.portfolio.dso",
    "dunning_letters": "credrisk.reports.letters.dunning_letters",
    "dunning_proposal": "credrisk.decisions.dunning",
    "enrich": "credrisk.sources.enrich",
    "expected_loss": "credrisk.models.expected_loss",
    "exposure_today": "credrisk.decisions.exposure_today",
    "hand_of": "credrisk.decisions.supervisor_hand",
    "internal_list": "credrisk.decisions.queue_lists",
    "item_migration": "credrisk.portfolio.migration",
    "late_fees": "credrisk.decisions.late_fee",
    "lay_hand": "credrisk.decisions.supervisor_hand",
    "ledger_offers": "credrisk.decisions.offers",
    "limit_curves": "credrisk.decisions.limit_curves",
    "limit_evidence": "credrisk.decisions.limit_evidence",
    "limit_inputs": "credrisk.decisions.limit_inputs",
    "log_offers": "credrisk.decisions.queue_record",
    "measure_contact_effects": "credrisk.decisions.contact_effects",
    "migration_matrix": "credrisk.models.migration",
    "missing_documents": "credrisk.decisions.missing_documents",
    "monitor_ledger": "credrisk.pipeline.monitoring",
    "non_payment_items": "credrisk.decisions.non_payment",
    "non_payment_reasons": "credrisk.decisions.non_payment",
    "off_policy_value": "credrisk.models.off_policy",
    "optimise_limits": "credrisk.decisions.portfolio_limits",
    "payment_items": "credrisk.models.payment_items",
    "payment_plan": "credrisk.decisions.payment_plan",
    "pd_interval": "credrisk.models.pd_interval",
    "portfolio_history": "credrisk.portfolio.history",
    "promise_ledger": "credrisk.decisions.promise_ledger",
    "promise_odds": "credrisk.models.promise_odds",
    "propose_scale": "credrisk.models.master_scale",
    "provision": "credrisk.portfolio.provision.provide",
    "provision_against_pd": "credrisk.portfolio.provision.against_pd",
    "provision_backtest": "credrisk.portfolio.provision.backtest",
    "provision_disclosure": "credrisk.portfolio.provision.disclosure",
    "provision_journal": "credrisk.portfolio.provision.journal",
    "provision_movement": "credrisk.portfolio.provision.movement",
    "queue_diff": "credrisk.decisions.queue_rerank",
    "recommend_limits": "credrisk.decisions.limit",
    "reconcile": "credrisk.portfolio.reconciliation.reconcile",
    "recorded_tables": "credrisk.decisions.recorded",
    "remittance_matches": "credrisk.decisions.remittance_match",
    "rerank": "credrisk.decisions.queue_rerank",
    "roll_over": "credrisk.decisions.roll_over",
    "roll_rates": "credrisk.portfolio.roll_rates",
    "run": "credrisk.pipeline.job",
    "settle": "credrisk.decisions.settlement",
    "simulate_ledger": "credrisk.simulate.simulator",
    "spark_panel": "credrisk.pipeline.spark",
    "spark_score": "credrisk.pipeline.spark",
    "statements_of_account": "credrisk.reports.letters.statement",
    "team_review": "credrisk.decisions.team_review",
    "utilisation": "credrisk.portfolio.utilisation",
    "validate": "credrisk.models.validation",
    "validate_ledger": "credrisk.pipeline.validating",
    "what_changed": "credrisk.models.what_changed",
    "what_would_help": "credrisk.models.what_would_help",
    "with_public": "credrisk.sources.public_beside",
    "with_recorded": "credrisk.decisions.recorded",
}

__all__ = [
    "BadDebtModel",
    "ContactEffects",
    "DecisionLog",
    "ExposureAtDefault",
    "LabelSettings",
    "Ledger",
    "LedgerSettings",
    "LossGivenDefault",
    "OrderDesk",
    "PaymentTiming",
    "Policy",
    "PortfolioLimits",
    "ProvisionSettings",
    "Scorecard",
    "adverse_action_reasons",
    "ageing",
    "agency_referrals",
    "authority_for",
    "bad_debt_ratio",
    "build_labels",
    "build_panel",
    "cash_forecast",
    "cohort_curves",
    "collection_effectiveness_table",
    "collection_queue",
    "concentration",
    "concentration_summary",
    "control_accounts",
    "daily_digest",
    "decide_order",
    "deductions_to_pursue",
    "discounts_taken",
    "dispute_ageing",
    "dispute_list",
    "dso_family",
    "dunning_letters",
    "dunning_proposal",
    "enrich",
    "expected_loss",
    "exposure_today",
    "hand_of",
    "internal_list",
    "item_migration",
    "late_fees",
    "lay_hand",
    "ledger_offers",
    "limit_curves",
    "limit_evidence",
    "limit_inputs",
    "log_offers",
    "measure_contact_effects",
    "migration_matrix",
    "missing_documents",
    "monitor_ledger",
    "non_payment_items",
    "non_payment_reasons",
    "off_policy_value",
    "optimise_limits",
    "payment_items",
    "payment_plan",
    "pd_interval",
    "portfolio_history",
    "promise_ledger",
    "promise_odds",
    "propose_scale",
    "provision",
    "provision_against_pd",
    "provision_backtest",
    "provision_disclosure",
    "provision_journal",
    "provision_movement",
    "queue_diff",
    "recommend_limits",
    "reconcile",
    "recorded_tables",
    "remittance_matches",
    "rerank",
    "roll_over",
    "roll_rates",
    "run",
    "settle",
    "simulate_ledger",
    "spark_panel",
    "spark_score",
    "statements_of_account",
    "team_review",
    "utilisation",
    "validate",
    "validate_ledger",
    "what_changed",
    "what_would_help",
    "with_public",
    "with_recorded",
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
