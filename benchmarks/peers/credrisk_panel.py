"""Thirty features of a core ledger, or the whole catalogue of a full one, by credrisk.

python benchmarks/peers/credrisk_panel.py LEDGER OUT [--whole] [--memory 2GB]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from credrisk.pipeline.partitions import panel_parts

THIRTY = (
    "open_balance",
    "not_due",
    "past_due_1_30",
    "past_due_31_60",
    "past_due_61_90",
    "past_due_over_90",
    "past_due",
    "share_past_due",
    "oldest_open_days",
    "net_balance",
    "dbt_3m",
    "dbt_6m",
    "dbt_12m",
    "dbt_trend",
    "days_late_sd_12m",
    "share_paid_late_12m",
    "share_paid_late_30_12m",
    "share_early_12m",
    "dso_3m",
    "dso_12m",
    "best_possible_dso_3m",
    "average_days_delinquent_3m",
    "dso_countback",
    "invoiced_3m",
    "invoiced_12m",
    "invoiced_trend",
    "invoices_12m",
    "days_since_last_invoice",
    "open_credits",
    "tenure_months",
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger", type=Path, help="folder of a stored ledger")
    parser.add_argument("out", type=Path, help="folder to write the parts of the panel to")
    parser.add_argument("--whole", action="store_true", help="every feature of the catalogue instead of thirty")
    parser.add_argument("--memory", default="2GB", help="what the partitions may take")
    asked = parser.parse_args()
    features = None if asked.whole else THIRTY
    panel_parts(asked.ledger, asked.out, features=features, memory=asked.memory, overwrite=True)
