"""The catalogue, its order and its page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from credrisk.features import features_page
from credrisk.features.catalogue import catalogue
from credrisk.features.documentation import write_features_page
from credrisk.wording import in_words

PAGE = Path(__file__).parents[2] / "docs" / "features.md"

NAMES = """
open_balance not_due past_due_1_30 past_due_31_60 past_due_61_90 past_due_over_90 open_credits unapplied_cash
net_balance past_due share_past_due oldest_open_days dbt_3m dbt_6m dbt_12m dbt_trend days_late_sd_12m
share_paid_late_12m share_paid_late_30_12m share_early_12m paid_3m paid_12m days_since_last_payment dso_countback
dso_3m dso_12m best_possible_dso_3m average_days_delinquent_3m invoiced_3m invoiced_12m invoiced_trend invoices_12m
days_since_last_invoice disputed_open dispute_rate_12m oldest_dispute_days promises_12m broken_promises_12m
broken_promise_share_12m open_promises credit_limit utilisation headroom over_limit covered tenure_months terms_days
"""


def test_the_names_others_rely_on_are_there_in_order() -> None:
    assert list(catalogue()) == NAMES.split()


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


def test_the_page_is_what_the_catalogue_says(tmp_path: Path) -> None:
    write_features_page(tmp_path / "features.md")
    written = (tmp_path / "features.md").read_text(encoding="utf-8")
    assert written == features_page()
    assert PAGE.read_text(encoding="utf-8") == written, "write docs/features.md anew with write_features_page"
