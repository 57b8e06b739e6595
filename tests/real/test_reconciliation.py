"""Two public ledgers reconciled with balances that were worked out from the exports without the package."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from real.test_real_ledgers import DATA, MAPPINGS, NAMES, invoices_of

import credrisk
from credrisk.ledger.ledger import Ledger
from credrisk.sources.mapping import import_with_map

pytestmark = pytest.mark.real
DAYS = {"ibm-ar": ("2012-12-31", "2013-06-15"), "highradius-ar": ("2019-06-30", "2020-01-31")}


@pytest.mark.parametrize("name", NAMES)
def test_the_control_account_agrees_to_the_cent_and_so_do_its_parts(name: str, tmp_path: Path) -> None:
    ledger = Ledger.read(import_with_map(MAPPINGS / f"{name}.toml", DATA / name).tables, currency="USD")
    raw = invoices_of(name)
    for day in DAYS[name]:
        dated, paid = raw["dated"] <= day, raw["settled"] <= day
        owed = raw[dated & ~paid].groupby("currency")["amount"].sum()
        given = credrisk.control_accounts([f"{code}={cents / 100:.2f}" for code, cents in owed.items()], currency="USD")
        found = credrisk.reconcile(ledger, as_of=day, control_accounts=given)
        accounts = found.frame("accounts")
        assert set(accounts["state"]) == {"agrees"}
        assert (accounts["by_postings"] == accounts["net_balance"]).all()
        lines = found.frame("lines")
        billed = (lines[lines["line"] == "invoice"].set_index("scope")["amount"] * 100).round().astype("int64")
        pd.testing.assert_series_equal(
            billed.sort_index(), raw[dated].groupby("currency")["amount"].sum(), check_names=False
        )
        assert found.hints.is_empty()
