"""Odds that a claim is not justified: the beta-binomial by hand and against SciPy."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta, betabinom
from small_ledgers import ledger_of

from credrisk.models.claim_outcomes import SHRUNK_BY, STRENGTHS, claim_odds, judged_claims, spread_strength


def judged(rows):
    columns = {"dispute_id": pl.String, "customer_id": pl.String, "reason": pl.String, "invalid": pl.Float64}
    numbered = [(f"q{n}", *row) for n, row in enumerate(rows)]
    return pl.DataFrame(numbered, schema=columns, orient="row")


def asked(*rows):
    return pl.DataFrame(list(rows), schema={"customer_id": pl.String, "reason": pl.String}, orient="row")


def test_without_a_judged_claim_the_prior_is_named():
    row = claim_odds(judged([]), asked(("a", "price"))).row(0, named=True)
    assert (row["p_invalid"], row["p_invalid_from"]) == (0.5, "prior")
    assert row["p_invalid_low"] == pytest.approx(0.1)  # uniform


def test_the_levels_are_shrunk_into_each_other_by_hand():
    rows = [("a", "price", 1.0)] * 3 + [("a", "price", 0.5)] + [("b", "quality", 0.0)] * 4
    odds = claim_odds(judged(rows), asked(("a", "price"), ("c", "price"), ("c", "other")))
    every = (3.5 + 1.0) / (8 + 2)
    price = (3.5 + SHRUNK_BY * every) / (4 + SHRUNK_BY)
    own = (3.5 + SHRUNK_BY * price) / (4 + SHRUNK_BY)
    assert odds["p_invalid"].to_list() == pytest.approx([own, price, every])
    assert odds["p_invalid_from"].to_list() == ["customer", "reason", "all"]
    assert odds["judged_of_customer"].to_list() == [4, 0, 0]
    mass, cases = 3.5 + SHRUNK_BY * price, 4 + SHRUNK_BY
    assert odds["p_invalid_high"][0] == pytest.approx(beta.ppf(0.9, mass, cases - mass))


@pytest.mark.parametrize("strength", [4.0, 64.0])
def test_the_strength_is_the_likeliest_of_the_beta_binomial(strength):
    rng = np.random.default_rng(3)
    counts = rng.integers(2, 30, 400)
    centre = 0.4
    hits = rng.binomial(counts, rng.beta(centre * strength, (1 - centre) * strength, 400))
    likelihoods = [betabinom.logpmf(hits, counts, centre * one, (1 - centre) * one).sum() for one in STRENGTHS]
    found = spread_strength(hits.astype(float), counts, centre)
    assert found == STRENGTHS[int(np.argmax(likelihoods))]
    assert strength / 2 <= found <= strength * 2  # 400 groups tell the strength to within a step of the grid


def test_too_few_groups_leave_the_stated_strength():
    assert spread_strength(np.array([1.0, 2.0]), np.array([2, 9]), 0.5) == SHRUNK_BY


def test_only_outcomes_known_by_the_day_count():
    document = {"document_id": "d", "customer_id": "a", "document_date": "2025-01-01", "amount": 100}
    resolved = [("q1", "2025-02-01", "invalid"), ("q2", "2025-03-01", "partly"), ("q3", "2025-02-01", "withdrawn")]
    disputes = [
        {"dispute_id": name, "document_id": "d", "opened_on": "2025-01-10", "resolved_on": day, "outcome": outcome}
        for name, day, outcome in resolved
    ]
    ledger = ledger_of(documents=[document], disputes=disputes)
    assert judged_claims(ledger, as_of="2025-02-28")["invalid"].to_list() == [1.0]
    found = judged_claims(ledger, as_of="2025-03-01")
    assert found.select("invalid", "reason").rows() == [(1.0, "not stated"), (0.5, "not stated")]
