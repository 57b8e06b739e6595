"""Open items by days past due and unapplied cash at a day, the slow obvious way in pandas: the oracle of tie-outs.

Nothing here is taken from the package but the tables themselves: a row counts from the later of the day it happened
and the day it was entered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from credrisk.ledger.ledger import Ledger

BUCKETS = ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90")
ITEMS = (*BUCKETS, "late_fees", "open_credits")
COLUMNS = (*ITEMS, "unapplied_cash")


def known_by(ledger: Ledger, name: str, happened: str, day: pd.Timestamp) -> pd.DataFrame:
    """Return the rows of a table that had happened and had been entered by the end of the day."""
    table = ledger.table(name).to_pandas()
    dates = [pd.to_datetime(table[column]) for column in (happened, "recorded_at")]
    return table[(dates[0] <= day) & (dates[1] <= day)]


def balances(ledger: Ledger, day: pd.Timestamp) -> pd.DataFrame:
    """Return :data:`COLUMNS` by (customer_id, currency), in minor units of that currency."""
    documents = known_by(ledger, "documents", "document_date", day)
    receipts = known_by(ledger, "receipts", "date", day)
    applied = known_by(ledger, "applications", "applied_on", day)
    given = applied["from_amount"].where(applied["from_amount"].notna(), applied["amount"]).astype("int64")

    items = documents[["document_id", "customer_id", "currency", "kind", "due_date", "amount"]].set_index("document_id")
    lowered = applied.groupby("to_document_id")["amount"].sum()
    raised = given[applied["from_kind"] == "document"].groupby(applied["from_id"]).sum()
    items["open"] = (
        items["amount"] - lowered.reindex(items.index, fill_value=0) + raised.reindex(items.index, fill_value=0)
    )
    late = (day - pd.to_datetime(items["due_date"])).dt.days
    items["column"] = np.select([late <= 0, late <= 30, late <= 60, late <= 90], BUCKETS[:4], BUCKETS[4])
    items.loc[items["kind"] == "credit_note", "column"] = "open_credits"
    items.loc[items["kind"] == "late_fee", "column"] = "late_fees"

    cash = receipts[["receipt_id", "customer_id", "currency", "amount"]].set_index("receipt_id")
    used = given[applied["from_kind"] == "receipt"].groupby(applied["from_id"]).sum()
    cash["open"] = cash["amount"] - used.reindex(cash.index, fill_value=0)
    cash["column"] = "unapplied_cash"

    rows = pd.concat([items.reset_index(), cash.reset_index()])
    table = rows.pivot_table(
        index=["customer_id", "currency"], columns="column", values="open", aggfunc="sum", fill_value=0
    )
    return table.reindex(columns=list(COLUMNS), fill_value=0).astype("int64")


def rate(ledger: Ledger, currency: str, day: pd.Timestamp) -> float:
    """Return the last rate of the currency on or before the day."""
    if currency == ledger.settings.currency:
        return 1.0
    rates = ledger.table("rates").to_pandas().query("currency == @currency").sort_values("date")
    return float(rates[pd.to_datetime(rates["date"]) <= day]["rate"].iloc[-1])


def translated(ledger: Ledger, found: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the balances by customer in minor units of the ledger's currency, each column rounded by itself."""
    rates = {code: rate(ledger, code, day) for code in found.index.get_level_values("currency").unique()}
    factors = found.index.get_level_values("currency").map(rates).to_numpy()
    whole = np.rint(found.mul(factors, axis=0)).astype("int64")
    return whole.groupby("customer_id").sum()


def agreed_at_every_month_end(ledger: Ledger, panel: pd.DataFrame) -> int:
    """Hold every row of a panel of balances against the oracle; return how many rows with a balance were compared."""
    compared = 0
    for day, rows in panel.groupby("as_of"):
        when = pd.Timestamp(day)
        expected = translated(ledger, balances(ledger, when), when)
        shown = rows.set_index("customer_id").drop(columns="as_of")
        assert not shown.index.has_duplicates
        assert set(expected.index) <= set(shown.index)
        expected = expected.reindex(shown.index, fill_value=0)
        cents = (shown * 100).round().astype("int64")
        for column in COLUMNS:
            assert (cents[column] == expected[column]).all(), (day, column)
        documents_less_applications = expected[list(ITEMS)].sum(axis=1)
        assert (cents["open_balance"] == documents_less_applications).all(), day
        assert (cents[list(ITEMS)].sum(axis=1) == cents["open_balance"]).all(), day
        assert (cents["net_balance"] == cents["open_balance"] - cents["unapplied_cash"]).all(), day
        assert (cents["past_due"] == cents[list(BUCKETS[1:])].sum(axis=1)).all(), day
        compared += int((expected.abs().sum(axis=1) > 0).sum())
    return compared
