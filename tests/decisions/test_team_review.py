"""The whole review: what the log adds, what is left out without scores, and that nothing later is used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from decisions.cases import scores_of
from decisions.team_ledgers import END, bill, contact, owner, team_ledger
from decisions.test_team_measures import worked

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.policy import Policy
from credrisk.decisions.team_measures import EVERYBODY
from credrisk.decisions.team_review import team_review
from credrisk.ledger.ledger import Ledger

SCORES = scores_of(*({"customer_id": c, "pd_12m": 0.05} for c in "abcde"))


def all_row(review) -> dict[str, object]:  # type: ignore[no-untyped-def]
    return review.measures.table.filter(pl.col("collector") == EVERYBODY).row(0, named=True)


def test_what_was_recorded_in_the_log_counts(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    talk = {"date": "2025-03-11", "channel": "call", "outcome": "reached", "right_party": True, "minutes": 8.0}
    log.append("contact", talk, author="Ann", customer_id="b", at=datetime(2025, 3, 11, 15, tzinfo=UTC))
    before = all_row(team_review(worked(), as_of=END))
    after = all_row(team_review(worked(), as_of=END, entries=log.read()))
    assert (before["penetration"], after["penetration"]) == (pytest.approx(1 / 4), pytest.approx(2 / 4))
    assert (before["contacts"], after["contacts"]) == (4, 5)
    # an entry written after the day is not seen
    late = DecisionLog(tmp_path / "late.db")
    late.append("contact", talk, author="Ann", customer_id="b", at=datetime(2025, 4, 1, 9, tzinfo=UTC))
    assert all_row(team_review(worked(), as_of=END, entries=late.read())) == before


def test_without_scores_and_without_a_log_it_says_what_it_leaves_out() -> None:
    review = team_review(worked(), as_of=END)
    assert (review.queue, review.capacity, review.hand) == (None, None, None)
    assert review.orders.is_empty()
    said = " ".join(review.lacks)
    assert "No scores were given" in said
    assert "No decision log was given" in said
    assert review.case_mix.team_ratio is None  # five accounts compare nobody
    assert review.audit.height == review.checks.height == 5
    assert (review.audit["inclusion_probability"] == 1.0).all()


def test_orders_and_capacity_of_the_queue() -> None:
    policy = Policy.default().changed({"collection.capacity_per_day": 1, "collection.coverage_floor_share": 0.0})
    documents = [
        bill(f"{c}1", c, "2025-01-20", amount) for c, amount in zip("abcde", (9e6, 7e6, 5e6, 3e6, 1e6), strict=True)
    ]
    for document in documents:
        document["amount"] = int(document["amount"])
    ledger = team_ledger(documents=documents, customer_history=[owner("a", "Ann"), owner("b", "Ben")], contacts=[])
    review = team_review(ledger, as_of=END, scores=SCORES, policy=policy, entries=[])
    model, *others = review.orders.rows(named=True)
    assert (model["case"], model["change"]) == ("The model's order", 0.0)
    more = next(row for row in others if row["case"].startswith("One collector more"))
    less = next(row for row in others if row["case"].startswith("One collector less"))
    assert more["gain"] > model["gain"] > less["gain"]
    assert (more["came"], less["went"]) == (1, 1)
    assert review.capacity is not None
    assert review.capacity.gain_of_all >= review.capacity.gain_today > 0
    assert (review.orders["change"] == review.orders["gain"] - model["gain"]).all()


def test_the_curve_counts_who_is_only_mailed_today_and_what_a_call_adds_there() -> None:
    policy = Policy.default().changed({"collection.capacity_per_day": 1, "collection.coverage_floor_share": 0.0})
    documents = [bill(f"{c}1", c, "2025-02-10", 9_000_000 - n) for n, c in enumerate("abcde")]
    ledger = team_ledger(documents=documents, contacts=[])
    review = team_review(ledger, as_of=END, scores=SCORES, policy=policy, entries=[])
    assert review.queue is not None
    assert review.capacity is not None
    assert review.queue.filter(pl.col("slot") == "automatic").height == 4
    assert review.capacity.curve["contacts"].to_list() == [0, 1, 2, 3, 4, 5]
    called = review.queue.filter(pl.col("slot") == "gain").row(0, named=True)
    assert called["gain"] > called["gain_beyond_mail"] > 0
    assert review.capacity.gain_today == pytest.approx(called["gain_beyond_mail"])


def test_the_same_draw_for_the_same_seed() -> None:
    ledger = team_ledger(
        documents=[bill(f"x{n}", f"c{n}", "2025-02-10", 1_000 * (n + 1)) for n in range(40)], contacts=[]
    )
    first, again, other = (team_review(ledger, as_of=END, audited=8, seed=seed) for seed in (4, 4, 5))
    assert first.audit.equals(again.audit)
    assert not first.audit.equals(other.audit)
    assert first.audit.height == 8


def test_a_ledger_cut_at_the_day_gives_the_same() -> None:
    ledger = worked()
    more = team_ledger(
        documents=[bill("z1", "z", "2025-04-20", 100_00, "2025-04-02")], contacts=[contact("z", "a", "2025-04-03")]
    )
    tables = {
        name: pl.concat([table, more.table(name)], how="vertical").unique(maintain_order=True)
        for name, table in ledger.tables.items()
    }
    later: Ledger = ledger.replace(tables=tables)
    one, other = team_review(ledger, as_of=END, scores=SCORES), team_review(later, as_of=END, scores=SCORES)
    assert one.measures.table.equals(other.measures.table)
    assert one.checks.equals(other.checks)
    assert one.orders.equals(other.orders)
