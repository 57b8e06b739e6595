"""Sub-totals and their grand total state one amount, not two."""

from __future__ import annotations

import pytest

from credrisk.sources.wizard.stated_totals import stated_total

PARTS = [("Total 1", 100.0), ("Total 2", 100.0), ("Total 3", 200.0)]


@pytest.mark.parametrize(
    ("totals", "amount"),
    [
        ([], 0.0),
        (PARTS, 200.0),  # the third is the sum of those above: by chance, or because it is their total
        ([*PARTS, ("Total général", 400.0)], 400.0),
        ([*PARTS, ("Somme", 400.0)], 400.0),
        ([*PARTS, ("Grand total", 999.0)], 999.0),
        ([("Total 1", 0.1), ("Total 2", 0.2), ("Somme", 0.3)], 0.3),
        ([("a", 1.0), ("b", 2.0), ("a and b", 3.0), ("c", 4.0), ("d", 5.0), ("c and d", 9.0), ("x", 12.0)], 12.0),
        ([("Total 1", 10.0), ("Total 2", 7.0)], 17.0),
    ],
)
def test_a_total_of_totals_counts_once(totals: list[tuple[str, float]], amount: float) -> None:
    assert stated_total(totals) == amount
