"""Ledgers and curves for tests of plans, settlements and agencies."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from decisions.cases import scores_of
from small_ledgers import ledger_of

from credrisk.decisions.claim_ways import ClaimWays
from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import Ledger
from credrisk.models.recovery_to_come import RecoveryToCome

AS_OF = "2025-03-31"


def debt(due: str, amount: int, *, customer_id: str = "c1", document_id: str = "d1", **more: Any) -> dict[str, Any]:
    dated = {"document_date": "2024-01-01", "due_date": due}
    return {"document_id": document_id, "customer_id": customer_id, "amount": amount} | dated | more


def scored(ledger: Ledger, **values: Any) -> pl.DataFrame:
    ids = ledger.table("customers")["customer_id"].to_list()
    return scores_of(*({"customer_id": name, "pd_12m": 0.1, "lgd": 0.5} | values for name in ids))


def ways(*, hazard: list[list[float]] | None = None, factor: list[float] | None = None, **changes: Any) -> ClaimWays:
    """Curves by hand: half of a default comes in its first month and nothing later, unless told otherwise."""
    curve = RecoveryToCome(np.array(hazard or [[0.5, 0.0]]), 30, "a curve by hand")
    return ClaimWays(curve, np.array(factor or [1.0]), "placements by hand", Policy.default().changed(changes))


def one(due: str = "2024-12-31", amount: int = 1_000_000, **tables: Any) -> Ledger:
    """One customer that owes 10,000, 90 days past due on the day."""
    documents = [debt(due, amount), *tables.pop("documents", [])]
    return ledger_of(covers_from="2023-01-01", documents=documents, **tables)
