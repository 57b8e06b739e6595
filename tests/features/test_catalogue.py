"""The catalogue, its order and its page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from credrisk.features import features_page
from credrisk.features.catalogue import DIRECTIONS_DROPPED, catalogue
from credrisk.wording import in_words

PAGE = Path(__file__).parents[2] / "docs" / "features.md"

NAMES = """
open_balance not_due past_due_1_30 past_due_31_60 past_due_61_90 past_due_over_90 late_fees open_credits unapplied_cash
net_balance past_due share_past_due oldest_open_days share_over_30 share_over_60 share_over_90 open_credit_share
unapplied_cash_share past_due_to_invoiced_3m balance_to_invoiced_3m dbt_3m dbt_6m dbt_12m dbt_trend days_late_sd_12m
share_paid_late_12m share_paid_late_30_12m share_early_12m paid_3m paid_12m days_since_last_payment paydex_style_12m
most_days_late_12m share_paid_late_60_12m share_paid_late_90_12m days_to_pay_12m discount_share_12m deduction_share_12m
part_payment_share_12m dbt_change_3m dbt_change_in_sd_3m change_point_24m dbt_slope_12m growth_into_lateness
usual_days_late_24m days_beyond_habit_3m days_beyond_habit_12m days_beyond_habit_24m days_beyond_habit_faded
payment_strain expected_days_beyond_habit
dso_countback true_dso_12m dso_3m dso_6m dso_12m best_possible_dso_3m average_days_delinquent_3m best_possible_dso_12m
average_days_delinquent_12m dso_change_12m collection_effectiveness_3m collection_effectiveness_12m
share_past_due_change_3m growth_into_past_due invoiced_3m invoiced_12m invoiced_trend invoiced_against_last_year
invoices_12m days_since_last_invoice invoice_gap_12m silence_to_gap_12m silent_months_12m invoicing_concentration_12m
largest_invoice_share_12m open_orders late_delivery_share ordered_3m ordered_against_last_year book_to_bill_3m
days_since_last_order open_orders_to_limit utilisation_with_orders deductions_12m deduction_rate_12m discount_rate_12m
unearned_discount_share_12m write_off_rate_12m dilution_12m disputed_open dispute_rate_12m oldest_dispute_days
open_dispute_days disputes_12m repeat_disputes_12m valid_dispute_share_12m dispute_resolution_days_12m
postponements_12m postponed_rate_12m postponed_days_12m rebilled_12m promises_12m broken_promises_12m
broken_promise_share_12m open_promises promises_made_12m kept_promises_12m promised_money_kept_share_12m
late_kept_promises_12m broken_promise_days_12m repeat_broken_promises_12m promises_due_30d promised_share_past_due
contacts_3m contacts_12m calls_12m letters_12m reached_share_12m days_since_last_contact days_since_reached
reached_share_3m reached_share_trend contacts_trend attempts_since_reached promise_per_answer_12m placements_12m
legal_actions_12m days_since_credit_event credit_limit utilisation headroom over_limit covered
translation_difference_12m translation_share_12m limit_raises_12m limit_cuts_12m days_since_limit_change group_size
group_open_balance group_exposure group_past_due group_share_past_due group_accounts_past_due group_utilisation
share_of_group_exposure rest_of_group_share_past_due rest_of_group_days_past_due parent_known
rest_of_group_adverse_events_365d rest_of_group_insolvency_notices peak_balance_12m balance_to_peak_12m
peak_utilisation_12m over_limit_days_12m cover_cuts_12m uncovered covered_share eligible_share eligible_insured_share
days_since_cover_cut cover_cut_share_12m days_beyond_stop_shipment days_beyond_report_overdue tenure_months terms_days
terms_change_12m invoice_terms_trend balance_sheet_total net_worth current_ratio quick_ratio cash_ratio cash_to_assets
equity_ratio debt_to_equity assets_growth equity_change negative_equity_in_two_years net_balance_to_net_worth
statement_age_days reporting_delay_days revenue revenue_growth gross_margin ebit_margin net_margin return_on_assets
interest_cover asset_turnover customer_dso_days customer_dpo_days inventory_days losses_in_two_years
share_of_customer_revenue_12m debt_to_ebitda debt_to_assets cash_to_short_term_debt cash_flow_to_liabilities employees
size_class downward_restatements_24m altman_z altman_z_private altman_z_services altman_standing adverse_events_90d
adverse_events_365d payment_judgments_90d payment_judgments_365d late_filings_365d filings_90d filings_365d
management_changes_90d management_changes_365d news_90d news_365d days_since_adverse_event insolvency_notices
days_since_judgment days_since_insolvency_notice days_since_filing charges_registered_365d officer_resignations_365d
going_concern_doubts_365d auditor_events_365d defaults_elsewhere_365d delistings_365d register_standing lei_lapsed_days
adverse_news_90d adverse_news_share_365d news_against_usual_90d external_risk external_risk_change_12m
external_rating_age_days external_limit balance_to_external_limit market_failure_rate market_failure_rate_change_12m
market_unemployment_rate market_unemployment_rate_change_12m market_interest_rate market_interest_rate_change_12m
market_activity_index market_activity_index_change_12m market_lending_standards market_lending_standards_change_12m
market_business_delinquency_rate market_business_delinquency_rate_change_12m market_bankruptcy_index_growth_12m
industry_dbt_3m dbt_3m_against_industry industry_share_past_due share_past_due_against_industry industry_dso_3m
dso_3m_against_industry industry_invoiced_trend invoiced_trend_against_industry industry_share_paid_late_12m
share_paid_late_12m_against_industry industry_utilisation utilisation_against_industry
"""


def test_the_names_others_rely_on_are_there_in_order() -> None:
    assert list(catalogue()) == NAMES.split()


def test_a_feature_whose_direction_was_dropped_has_none() -> None:
    assert {catalogue()[name].worse for name in DIRECTIONS_DROPPED} <= {"none"}


def test_the_order_does_not_depend_on_what_was_imported_first() -> None:
    code = "import credrisk.features.exposure; from credrisk.features.catalogue import catalogue; print(*catalogue())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == NAMES.split()


def test_every_sentence_takes_its_value_and_every_feature_explains_itself() -> None:
    for name, entry in catalogue().items():
        assert entry.says.count("{value}") == 1, name
        assert "measured" not in entry.says.format(value=in_words(12.0, entry.unit, "EUR")).replace(
            "measured over", ""
        ), name
        assert entry.says_below.count("{value}") == bool(entry.says_below), name
        assert "{" not in entry.says_at_zero, name
        assert entry.null, name
        assert entry.formula, name
        assert entry.compute.__doc__, name
        window = re.findall(r"\d+m$", name)
        assert not window or window[0].removesuffix("m") in entry.window, name


def test_the_page_is_what_the_catalogue_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == features_page(), "run: python -m benchmarks.documents"
