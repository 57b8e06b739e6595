from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.limit_record import log_limit
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError

POLICY = Policy.default()
ROW = {
    "customer_id": "C1",
    "current_limit": 10_000.0,
    "recommended_limit": 30_000.0,
    "binding": "need",
    "action": "raise",
    "grade_used": "B",
    "pd_used": 0.004,
    "review_on": date(2026, 6, 30),
    "reasons": "Raise.",
}


def setting(log: DecisionLog, row: dict[str, object] = ROW, **asked: object):
    asked = {"author": "A. Clerk", "policy": POLICY, "as_of": date(2025, 12, 31), "currency": "EUR"} | asked
    return log_limit(log, row, **asked)


def test_the_recommended_limit_is_set_with_who_may_do_so(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.db")
    entry = setting(log, model="m")
    held = entry.content
    assert (held["limit"], held["limit_on_file"], held["recommended_limit"]) == (30_000.0, 10_000.0, 30_000.0)
    assert held["approver"] == "credit manager"  # an analyst may set 25,000
    assert "override_approver" not in held
    assert (entry.kind, entry.customer_id, entry.model, entry.policy_hash) == ("limit", "C1", "m", POLICY.hash)
    assert log.verify().sound


def test_another_limit_needs_a_reason_and_names_who_may_override(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.db")
    with pytest.raises(ParameterError, match="reason must be stated"):
        setting(log, limit=32_000.0)
    held = setting(log, limit=32_000.0, reason=" Order book seen. ").content
    assert (held["reason"], held["override_approver"]) == ("Order book seen.", "credit analyst")  # 2,000 of 5,000
    assert setting(log, limit=90_000.0, reason="x").content["override_approver"] == "finance director"
    assert len(log.read(kind="limit")) == 2


def test_what_nobody_may_sign_is_refused_and_the_most_is_named(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.db")
    reach = [one.up_to for one in POLICY.authority if one.action == "limit"]
    with pytest.raises(ParameterError, match=rf"limits of a customer of grade B ends at {max(reach):,.2f} EUR"):
        setting(log, limit=max(reach) + 1, reason="x")
    assert not log.path.exists()
    small = POLICY.changed({"authority": [a for a in POLICY.content()["authority"] if a["action"] != "override"]})
    with pytest.raises(ParameterError, match=r"overrides of a customer of grade B ends at 0\.00 EUR"):
        setting(log, limit=31_000.0, reason="x", policy=small)
    assert setting(log, policy=small).content["limit"] == 30_000.0  # as recommended: nothing is overridden


def test_lowering_asks_the_lowest_role_and_nonsense_is_refused(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.db")
    stopped = ROW | {"recommended_limit": 0.0, "grade_used": "G", "action": "stop"}
    assert setting(log, stopped).content["approver"] == "credit analyst"
    assert setting(log, ROW | {"current_limit": None, "grade_used": None}).content["limit_on_file"] is None
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="limit must be a number of at least 0"):
            setting(log, limit=wrong, reason="x")
