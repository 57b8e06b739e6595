"""Two public ledgers as items, and the plain ways to foretell a payment that the timing model is held to."""

from __future__ import annotations

import bisect
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from credrisk.models.payment_history import ITEM_FEATURES, PaymentHistory
from credrisk.models.payment_items import Items

__all__ = ["day_number", "expanding_medians", "global_regression", "highradius", "ibm", "paired_interval"]

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
USD_PER_CAD = 0.7
"""At which the second copy of the ledger was converted."""
USUAL_TERMS = 15
"""Terms of four invoices in five, for the 2.7 % whose customer's terms are not known."""


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def highradius(folder: Path = SHARED) -> pl.DataFrame:
    """Return the closed invoices as items; ``cleared_first`` marks those cleared before their supposed issue date.

    Rows that repeat another one (customer, dates, amount) are left out: the original holds whole rows twice.
    """
    closed = pl.read_csv(
        folder / "highradius-ar" / "closed_invoices_reconstructed.csv.gz",
        try_parse_dates=True,
        schema_overrides={"cust_number": pl.String},
    ).with_columns(customer_id=pl.col("cust_number").str.strip_chars_start("0"))
    key = ["customer_id", "clear_date", "due_in_date", "total_open_amount"]
    terms = pl.col("terms_days_modal").fill_null(USUAL_TERMS).cast(pl.Int64)
    rate = pl.when(pl.col("currency_inferred") == "CAD").then(USD_PER_CAD).otherwise(1.0)
    return (
        closed.unique(key, keep="first", maintain_order=True)
        .with_row_index("number")
        .with_columns(opened_on=pl.col("due_in_date") - pl.duration(days=terms))
        .select(
            "customer_id",
            "opened_on",
            item_id=pl.col("number").cast(pl.String),
            due_on="due_in_date",
            amount=pl.col("total_open_amount") * rate,
            settled_on="clear_date",
            cleared_first=pl.col("clear_date") < pl.col("opened_on"),
        )
    )


def ibm(folder: Path = SHARED) -> pl.DataFrame:
    """Return the invoices as items; what is known only later (the dispute) is left out."""
    invoices = pl.read_csv(
        next((folder / "ibm-ar").glob("*.csv")), schema_overrides={"invoiceNumber": pl.String, "customerID": pl.String}
    )
    days = {"opened_on": "InvoiceDate", "due_on": "DueDate", "settled_on": "SettledDate"}
    return invoices.select(
        item_id="invoiceNumber",
        customer_id="customerID",
        amount="InvoiceAmount",
        **{name: pl.col(column).str.to_date("%m/%d/%Y") for name, column in days.items()},
    )


def expanding_medians(items: Items, which: np.ndarray) -> np.ndarray:
    """Return each customer's median days late over its payments known strictly before the item was opened.

    For a customer without payments: the median of all payments known by then. The slow way, one item after another.
    """
    late = items.settled - items.due
    asked = [(int(items.opened[item]), 0, int(item)) for item in which]
    known = [(int(items.known[item]), 1, item) for item in range(len(items))]
    own: dict[int, list[int]] = {}
    every: list[int] = []
    found = {}
    for _, kind, item in sorted(asked + known):
        customer = int(items.customer[item])
        if kind == 0:
            found[item] = float(np.median(own.get(customer) or every))
        else:
            bisect.insort(own.setdefault(customer, []), int(late[item]))
            bisect.insort(every, int(late[item]))
    return np.array([found[int(item)] for item in which])


def global_regression(
    items: Items, train: np.ndarray, which: np.ndarray, *, objective: str, trees: int, leaves: int, seed: int = 0
) -> np.ndarray:
    """Return days late by one LightGBM regression over all customers, on the timing model's own features."""
    import lightgbm

    history = PaymentHistory(items, half_life_days=45.0, prior_days=2.0)
    kept = [place for place, name in enumerate(ITEM_FEATURES) if name != "due_month"]
    learnt, asked = (history.features(part, items.opened[part])[:, kept] for part in (train, which))
    parameters: dict[str, Any] = {
        "objective": objective,
        "num_leaves": leaves,
        "learning_rate": 0.05,
        "min_data_in_leaf": 50,
        "feature_fraction": 0.6,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(learnt, label=(items.settled - items.due)[train].astype(float))
    return np.asarray(lightgbm.train(parameters, data, num_boost_round=trees).predict(asked))


def paired_interval(
    difference: np.ndarray, customer: np.ndarray, *, draws: int = 2_000, seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean of a difference and its 95 % interval by bootstrap over customers."""
    _, code = np.unique(customer, return_inverse=True)
    total, count = np.bincount(code, difference), np.bincount(code)
    times = np.random.default_rng(seed).multinomial(len(count), np.full(len(count), 1 / len(count)), draws)
    means = (times @ total) / (times @ count)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(difference.mean()), float(low), float(high)
