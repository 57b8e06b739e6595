"""The charts: matplotlib figures whose titles state what the data say."""

from credrisk.reports.charts.ageing_ribbon import ageing_ribbon_chart
from credrisk.reports.charts.backtest import auc_chart, calibration_chart, capture_chart
from credrisk.reports.charts.canvas import NOTEBOOK, PAGE, Chart, Size, to_svg
from credrisk.reports.charts.cash import cash_chart
from credrisk.reports.charts.cohorts import cohort_chart
from credrisk.reports.charts.concentration import concentration_chart
from credrisk.reports.charts.customer import (
    balance_and_limit_chart,
    days_beyond_terms_chart,
    exposure_chart,
    sales_chart,
)
from credrisk.reports.charts.dso_gap import dso_gap_chart
from credrisk.reports.charts.effectiveness import effectiveness_chart
from credrisk.reports.charts.limit_steps import limit_change_chart, limit_waterfall_chart
from credrisk.reports.charts.limits import limit_frontier_chart
from credrisk.reports.charts.missing import chart_or_reason
from credrisk.reports.charts.model import (
    drift_chart,
    migration_chart,
    score_distribution_chart,
    term_structure_chart,
)
from credrisk.reports.charts.portfolio import ageing_chart, dso_chart, past_due_history_chart
from credrisk.reports.charts.promises import promise_funnel_chart
from credrisk.reports.charts.provision import loss_rate_chart, provision_backtest_chart, provision_movement_chart
from credrisk.reports.charts.reason_waterfall import reason_waterfall_chart
from credrisk.reports.charts.replay import caught_chart, extra_cash_chart, old_receivables_chart
from credrisk.reports.charts.risk import expected_loss_chart, gain_chart, grade_chart
from credrisk.reports.charts.roll_rates import item_migration_chart, roll_rate_chart
from credrisk.reports.charts.team import capacity_chart, contact_funnel_chart, funnel_plot
from credrisk.reports.charts.validation import (
    capture_curve_chart,
    grade_level_chart,
    review_value_chart,
    roc_chart,
    segment_chart,
    stability_chart,
)

__all__ = [
    "NOTEBOOK",
    "PAGE",
    "Chart",
    "Size",
    "ageing_chart",
    "ageing_ribbon_chart",
    "auc_chart",
    "balance_and_limit_chart",
    "calibration_chart",
    "capacity_chart",
    "capture_chart",
    "capture_curve_chart",
    "cash_chart",
    "caught_chart",
    "chart_or_reason",
    "cohort_chart",
    "concentration_chart",
    "contact_funnel_chart",
    "days_beyond_terms_chart",
    "drift_chart",
    "dso_chart",
    "dso_gap_chart",
    "effectiveness_chart",
    "expected_loss_chart",
    "exposure_chart",
    "extra_cash_chart",
    "funnel_plot",
    "gain_chart",
    "grade_chart",
    "grade_level_chart",
    "item_migration_chart",
    "limit_change_chart",
    "limit_frontier_chart",
    "limit_waterfall_chart",
    "loss_rate_chart",
    "migration_chart",
    "old_receivables_chart",
    "past_due_history_chart",
    "promise_funnel_chart",
    "provision_backtest_chart",
    "provision_movement_chart",
    "reason_waterfall_chart",
    "review_value_chart",
    "roc_chart",
    "roll_rate_chart",
    "sales_chart",
    "score_distribution_chart",
    "segment_chart",
    "stability_chart",
    "term_structure_chart",
    "to_svg",
]
