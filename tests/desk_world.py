"""A simulated seller with scores as a run leaves them, and the desk of its last day: no model is fitted."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger
from credrisk.simulate import simulate_ledger
from credrisk.widgets.desk import Desk, open_desk

__all__ = ["HOSTILE", "desk_of", "ledger_and_scores", "write_run"]

HOSTILE = "<script>alert(1)</script>\u202e=cmd|'/C calc'!A0 \N{PILE OF POO}" + "long " * 60


@cache
def ledger_and_scores() -> tuple[Ledger, pl.DataFrame]:
    """Return the ledger and a row of scores for each customer; one of them has a hostile name."""
    ledger = simulate_ledger(customers=120, months=12, seed=5).ledger()
    ids = ledger.table("customers")["customer_id"].sort()
    scores = pl.DataFrame({"customer_id": ids}).with_columns(
        name=pl.when(pl.col("customer_id") == owing(ledger)).then(pl.lit(HOSTILE)).otherwise("customer_id"),
        status=pl.lit("at_risk"),
        pd_12m=pl.int_range(1, pl.len() + 1) / 1000.0,
        p_late30_12m=pl.lit(0.2),
    )
    return ledger, scores


def owing(ledger: Ledger) -> str:
    """Return the customer with the largest invoice of the last month but one: somebody who is on the list."""
    from credrisk.portfolio.ageing import ageing

    aged = ageing(ledger, as_of=ledger.settings.covers_to, by="customer", output="polars")
    return str(aged.sort("past_due", "customer_id", descending=[True, False])["customer_id"][0])


def desk_of(capacity: int = 5, **options: object) -> Desk:
    """Return the desk of the ledger's last day."""
    ledger, scores = ledger_and_scores()
    return open_desk(ledger, as_of=ledger.settings.covers_to, scores=scores, capacity=capacity, **options)


def write_run(folder: Path) -> tuple[Path, Path]:
    """Write the ledger and what a run of it leaves; return the two folders."""
    ledger, scores = ledger_and_scores()
    ledger.write(folder / "ledger")
    read, policy, out = Ledger.read(folder / "ledger"), Policy.default(), folder / "out"
    out.mkdir()
    scores.write_csv(out / "scores.csv")
    scores.select("customer_id", recommended_limit=pl.lit(0.0)).write_csv(out / "limits.csv")
    record = {
        "as_of": read.settings.covers_to.isoformat(),
        "currency": read.settings.currency,
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()},
        "timing": {"measured": False, "why": "no day of payment was learnt"},
        "policy": {"version": policy.version, "hash": policy.hash},
        "ledger": {"content_hash": content_hash(read.cut(read.settings.covers_to))},
        "targets": {"bad_debt": {}},
    }
    (out / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder / "ledger", out
