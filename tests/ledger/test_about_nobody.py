"""Rows about an account that the ledger does not know are told; those of its accounts and of no account are not."""

from __future__ import annotations

import pytest
from small_ledgers import ledger_of

EVENT = {"kind": "bankruptcy", "happened_on": "2025-03-10", "known_at": "2025-03-10", "source": "register"}


@pytest.mark.parametrize(
    ("named", "told"), [(["K1", None], ()), (["K1", "K99", "k1", "K99"], ("K99", "k1"))], ids=["known", "unknown"]
)
def test_accounts_that_nobody_has_are_named(named: list[str | None], told: tuple[str, ...]) -> None:
    events = [EVENT | {"customer_id": one, "url": str(place)} for place, one in enumerate(named)]
    found = ledger_of(customers=[{"customer_id": "K1"}], events=events).check().findings
    lost = [one for one in found if one.code == "unknown_account"]
    assert [one.ids for one in lost] == ([told] if told else [])
    assert [one.rows for one in lost] == ([3] if told else [])
