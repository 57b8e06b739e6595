"""What became of accounts moved by hand, beside like accounts: by hand, and only what was known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decisions.team_ledgers import bill, pay, team_ledger
from scipy.stats import t

from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.hand_outcomes import CAUTION, hand_outcomes
from credrisk.ledger.ledger import Ledger

MADE = date(2025, 1, 31)


def moved(tmp_path: Path, *hands: tuple[str, str], day: date = MADE, **more: Any) -> Any:
    log = DecisionLog(tmp_path / "log.db")
    payload = {"reason": "asked by sales", "expires_on": "2025-02-28", **more}
    records = [Record("hand", payload | {"what": what}, customer_id=customer) for what, customer in hands]
    log.append_all(records, author="S. Super", at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    return log.read()


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def book(paid: dict[str, float], amounts: dict[str, int] | None = None, due: str = "2025-01-10") -> Ledger:
    """Return accounts past due since 10 January of which a share came on 15 February."""
    amounts = amounts or dict.fromkeys(paid, 1_000_00)
    return team_ledger(
        documents=[bill(f"{c}1", c, due, amounts[c], "2024-12-01") for c in paid],
        payments=[
            pay(f"r{c}", f"{c}1", c, "2025-02-15", round(share * amounts[c])) for c, share in paid.items() if share
        ],
    )


def test_against_like_accounts_by_hand(tmp_path: Path) -> None:
    amounts = {"a": 1_000_00, "b": 1_100_00, "c": 900_00, "d": 1_950_00, "e": 2_100_00, "f": 400_00}
    ledger = book({"a": 0.8, "b": 0.5, "c": 0.0, "d": 1.0, "e": 0.0, "f": 0.0}, amounts)
    found = hand_outcomes(moved(tmp_path, ("pin", "a")), ledger)
    (row,) = found.table.rows(named=True)
    # e owes more than twice as much, f less than half
    assert (row["like_accounts"], row["like_paid_share"]) == (3, pytest.approx((0.5 + 0.0 + 1.0) / 3))
    assert (row["past_due"], row["age_days"], row["paid"]) == (1_000.0, 21.0, 800.0)
    assert row["difference"] == pytest.approx(0.8 - 0.5)
    assert (row["outcome"], row["author"], row["reason"]) == ("scored", "S. Super", "asked by sales")
    assert found.summary.row(0, named=True)["low"] is None
    assert "no interval: 10 customers" in found.sentences[0]
    assert found.sentences[-1] == CAUTION


def test_those_in_hand_are_nobodys_like_accounts_until_the_hand_expires(tmp_path: Path) -> None:
    ledger = book({"a": 0.8, "b": 0.5})
    found = hand_outcomes(moved(tmp_path, ("pin", "a"), ("exclude", "b")), ledger)
    assert found.table["outcome"].to_list() == ["no_like_account"] * 2
    expired = hand_outcomes(
        moved(_folder(tmp_path, "x"), ("pin", "a"), ("exclude", "b"), expires_on="2025-01-31"), ledger
    )
    assert expired.table["like_accounts"].to_list() == [1, 1]


def test_another_age_is_not_like(tmp_path: Path) -> None:
    young, old = book({"a": 1.0}), book({"b": 0.0}, due="2024-12-20")
    both = young.replace(
        tables={name: frame.extend(old.table(name)) for name, frame in young.tables.items() if old.has(name)}
        | {name: young.table(name) for name in ("receipts", "applications")}
    )
    found = hand_outcomes(moved(tmp_path, ("pin", "a")), both)
    assert found.table["outcome"].to_list() == ["no_like_account"]


def test_too_early_nothing_past_due_and_later_entries(tmp_path: Path) -> None:
    ledger = book({"a": 0.8, "b": 0.5})
    entries = moved(tmp_path, ("pin", "a"), ("boost", "z"))
    early = hand_outcomes(entries, ledger, as_of=MADE + timedelta(days=29))
    assert early.table["outcome"].to_list() == ["too_early", "nothing_past_due"]
    assert early.table["paid"].to_list() == [None, None]
    assert hand_outcomes(entries, ledger, as_of=MADE - timedelta(days=1)).table.is_empty()
    assert hand_outcomes([], ledger).sentences == ("No account was pinned, boosted or excluded by hand.",)


def test_the_interval_over_customers(tmp_path: Path) -> None:
    pinned = {f"p{n}": 0.5 + 0.05 * (n % 6) for n in range(12)}
    like = {f"q{n}": 0.4 + 0.1 * (n % 2) for n in range(12)}
    hands = [("pin", name) for name in pinned] + [("pin", "p3")]
    found = hand_outcomes(moved(tmp_path, *hands), book(pinned | like))
    row = found.summary.row(0, named=True)
    own, other = np.array(list(pinned.values())), np.array(list(like.values()))
    # Everybody is held against the same twelve: two independent means of twelve customers, p3 counting once.
    spread = np.sqrt((own.var() + other.var()) / 12 * 12 / 11)
    reach = t.ppf(0.975, 11) * spread
    assert (row["overrides"], row["scored"]) == (13, 12)
    assert row["difference"] == pytest.approx(own.mean() - other.mean())
    assert row["high"] - row["difference"] == pytest.approx(reach)
    assert row["difference"] - row["low"] == pytest.approx(reach)
    assert "95 % interval" in found.sentences[0]
    few = hand_outcomes(moved(_folder(tmp_path, "few"), *hands), book(pinned | dict(list(like.items())[:9])))
    assert few.summary["low"].to_list() == [None]


def test_equal_accounts_are_not_told_apart(tmp_path: Path) -> None:
    """Pinned and other accounts pay alike: over 60 draws the interval holds 0 about 57 times."""
    inside = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        shares = {f"c{n}": float(np.round(random.random(), 2)) for n in range(60)}
        found = hand_outcomes(moved(_folder(tmp_path, str(seed)), *(("pin", f"c{n}") for n in range(15))), book(shares))
        row = found.summary.row(0, named=True)
        inside += row["low"] <= 0 <= row["high"]
    assert inside >= 52  # 57 less three standard errors
