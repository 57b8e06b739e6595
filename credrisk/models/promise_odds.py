"""How likely an open promise to pay is kept.

A promise counts as kept when, from the day it was made to its due day, the cash that came covers it: on its document
the payments that arrived, on account the customer's receipts. What was credited, deducted or allowed in these days need
not be paid any more. A document that was closed by then without that cash (credited in full, written off) leaves the
promise unjudged: it tells nothing of whether the customer keeps its word. The odds of an open one are the share kept of
the customer's earlier promises, shrunk to the share of all, and, where enough promises were judged, what their size,
their delay and the age of the debt add.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.payment_items import CASH

__all__ = ["judged_promises", "promise_odds"]

JUDGED = ("kept", "broken")

NO_CREDIT = ("document", "write_off", "reversal")
"""Movements without cash that leave what the customer owes as it is."""

FEWEST_JUDGED = 10
JUDGED_FOR_REGRESSION = 150
"""Judged promises from which a regression is fitted; its four variables want some tens of each outcome."""

FEWEST_OF_EACH = 40
SHRUNK_BY = 4.0
"""Promises as many as which the share of all counts in that of a customer."""

LONGEST_DAYS = 60


def judged_promises(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return every promise known at the end of ``as_of`` with its state then.

    Returns
    -------
    polars.DataFrame
        ``promise_id, customer_id, document_id, made_on, due_on``, ``promised`` and ``owed`` (minor units, what was
        left of the document on the day of the promise; null on account), ``days_past_due`` (of the document on that
        day), ``state``: ``kept``, ``closed`` (the document was, by the due day, but not by the cash: not judged),
        ``broken`` (the due day is over) or ``open``. Sorted by ``promise_id``.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    promises = seen.table("promises").select(
        "promise_id", "customer_id", "document_id", "made_on", "due_on", promised="amount", promised_in="currency"
    )
    moves = item_movements(seen).select(
        "document_id", "currency", "due_date", "event_date", "kind", "from_kind", "amount"
    )
    is_cash = pl.col("kind").is_in(CASH) | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt"))
    no_credit = pl.col("kind").is_in(NO_CREDIT)
    before, in_time = pl.col("event_date") < pl.col("made_on"), pl.col("event_date") <= pl.col("due_on")
    on_item = (
        promises.filter(pl.col("document_id").is_not_null())
        .join(moves, on="document_id", how="inner")
        .group_by("promise_id")
        .agg(
            pl.col("due_date", "currency").first(),
            owed=pl.col("amount").filter(before | (pl.col("kind") == "document")).sum(),
            left=pl.col("amount").filter(in_time | (pl.col("kind") == "document")).sum(),
            came=-pl.col("amount").filter(is_cash & ~before & in_time).sum(),
            credited=-pl.col("amount").filter(~is_cash & ~no_credit & ~before & in_time).sum(),
        )
    )
    receipts = seen.table("receipts").select("customer_id", event_date="date", amount="amount", promised_in="currency")
    on_account = (
        promises.filter(pl.col("document_id").is_null())
        .join(receipts, on=["customer_id", "promised_in"], how="inner")
        .group_by("promise_id")
        .agg(received=pl.col("amount").filter(~before & in_time).sum())
    )
    named = pl.when(pl.col("promised_in") == pl.col("currency")).then("promised")
    rest = pl.col("owed") - pl.col("credited")
    account_wanted = pl.col("promised").fill_null(1).clip(lower_bound=1)
    kept = (
        pl.when(pl.col("document_id").is_null())
        .then(pl.col("received").fill_null(0) >= account_wanted)
        .otherwise((pl.col("came") >= named).fill_null(False) | ((rest > 0) & (pl.col("came") >= rest)))
        .fill_null(False)
    )
    state = (
        pl.when(kept)
        .then(pl.lit("kept"))
        .when(pl.col("left") <= 0)
        .then(pl.lit("closed"))
        .when(pl.col("due_on") >= day)
        .then(pl.lit("open"))
    )
    return (
        promises.join(on_item, on="promise_id", how="left")
        .join(on_account, on="promise_id", how="left")
        .with_columns(
            state=state.otherwise(pl.lit("broken")),
            days_past_due=(pl.col("made_on") - pl.col("due_date")).dt.total_days(),
        )
        .select(
            "promise_id",
            "customer_id",
            "document_id",
            "made_on",
            "due_on",
            "promised",
            "owed",
            "days_past_due",
            "state",
        )
        .sort("promise_id")
    )


def promise_odds(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return the probability that each promise open at the end of ``as_of`` is kept.

    Returns
    -------
    polars.DataFrame
        ``promise_id, customer_id, document_id, made_on, due_on``, ``p_kept``, ``judged_of_customer`` (its earlier
        promises), ``kept_of_customer`` and ``based_on`` in words. Sorted by ``promise_id``.

    Raises
    ------
    EvidenceError
        When fewer than ``FEWEST_JUDGED`` promises were judged by then.
    """
    promises = judged_promises(ledger, as_of=as_of)
    judged, asked = promises.filter(pl.col("state").is_in(JUDGED)), promises.filter(pl.col("state") == "open")
    # A promise kept early is known while others of its day are still open: they are judged on their due day, all alike.
    judged = judged.filter(pl.col("due_on") < to_date(as_of))
    if judged.height < FEWEST_JUDGED:
        raise EvidenceError(f"only {judged.height} promises fell due by {to_date(as_of)}; {FEWEST_JUDGED} are needed.")
    kept = (judged["state"] == "kept").to_numpy()
    made, of_customer, kept_of_customer = _record(judged, asked)
    share = float(kept.mean())
    odds = (kept_of_customer + SHRUNK_BY * share) / (of_customer + SHRUNK_BY)
    words = f"share kept of the customer's promises, shrunk to {100 * share:.0f} % of {judged.height} of all"
    if judged.height >= JUDGED_FOR_REGRESSION and min(kept.sum(), (~kept).sum()) >= FEWEST_OF_EACH and asked.height:
        odds = _regression(judged, kept, made, asked, odds)
        words = f"regression on {judged.height} judged promises"
    return asked.select("promise_id", "customer_id", "document_id", "made_on", "due_on").with_columns(
        p_kept=pl.Series(odds, dtype=pl.Float64),
        judged_of_customer=pl.Series(of_customer, dtype=pl.Int64),
        kept_of_customer=pl.Series(kept_of_customer, dtype=pl.Int64),
        based_on=pl.lit(words),
    )


def _record(judged: pl.DataFrame, asked: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the shrunk share before each judged promise was made, and the counts of the customers of asked ones."""
    pairs = judged.join(judged.select("customer_id", "due_on", "state"), on="customer_id", suffix="_before")
    earlier = (
        pairs.filter(pl.col("due_on_before") < pl.col("made_on"))
        .group_by("promise_id")
        .agg(count=pl.len(), kept=(pl.col("state_before") == "kept").sum())
    )
    own = judged.join(earlier, on="promise_id", how="left", maintain_order="left").select(
        pl.col("count", "kept").fill_null(0).cast(pl.Float64)
    )
    share = float((judged["state"] == "kept").to_numpy().mean())
    made = ((own["kept"] + SHRUNK_BY * share) / (own["count"] + SHRUNK_BY)).to_numpy()
    totals = judged.group_by("customer_id").agg(count=pl.len(), kept=(pl.col("state") == "kept").sum())
    found = asked.join(totals, on="customer_id", how="left", maintain_order="left").select(
        pl.col("count", "kept").fill_null(0).cast(pl.Int64)
    )
    return made, found["count"].to_numpy(), found["kept"].to_numpy()


def _regression(
    judged: pl.DataFrame, kept: np.ndarray, made: np.ndarray, asked: pl.DataFrame, odds: np.ndarray
) -> np.ndarray:
    """Return the odds by a penalised logistic regression on the record, the size, the delay and the age of the debt."""
    from sklearn.linear_model import LogisticRegression

    def variables(frame: pl.DataFrame, record: np.ndarray) -> np.ndarray:
        lead = (frame["due_on"] - frame["made_on"]).dt.total_days().clip(0, LONGEST_DAYS)
        late = frame["days_past_due"].fill_null(0).clip(-LONGEST_DAYS, 3 * LONGEST_DAYS)
        part = (frame["promised"] / frame["owed"].cast(pl.Float64)).fill_null(1.0).clip(0.0, 1.0)
        size = frame["promised"].fill_null(frame["owed"].median() or 1).clip(lower_bound=1).log()
        return np.column_stack([np.log(record / (1.0 - record)), lead, late, part, size])

    clipped = (np.clip(part, 0.01, 0.99) for part in (made, odds))
    learnt, wanted = (variables(*pair) for pair in zip((judged, asked), clipped, strict=True))
    centre, spread = learnt.mean(axis=0), learnt.std(axis=0)
    spread[spread == 0] = 1.0
    fitted = LogisticRegression(C=0.5, max_iter=1_000).fit((learnt - centre) / spread, kept)
    chances: np.ndarray = fitted.predict_proba((wanted - centre) / spread)[:, 1]
    return chances
