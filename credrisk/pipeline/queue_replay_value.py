"""What each ranking's lists would have brought, as far as the logged chances of the lists really made can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from credrisk.decisions.contact_effect_gate import SUPPORT
from credrisk.decisions.queue_rivals import RANKINGS
from credrisk.models.contact_effect import FEWEST_EFFECTIVE
from credrisk.models.off_policy import off_policy_value
from credrisk.models.offer_rows import NONE
from credrisk.models.overlap import clustered

__all__ = ["AS_MADE", "IDENTIFIED", "NOT_IDENTIFIED", "lists_value", "nothing_logged"]

AS_MADE = "as_made"
"""The lists that were really made."""

IDENTIFIED, NOT_IDENTIFIED = "identified", "not_identified"
METHODS = ("snips", "dr")
OUTCOMES = ("paid_30", "paid_90")
MOST_UNKNOWN = 0.05
"""Share of a ranking's places, on accounts of the log, with an action that was never offered: more cannot be valued."""

VALUE: dict[str, Any] = {
    "ranking": pl.String,
    "outcome": pl.String,
    "method": pl.String,
    "value": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "offers": pl.Int64,
    "ess": pl.Float64,
    "mean_weight": pl.Float64,
    "status": pl.String,
    "said": pl.String,
}


def nothing_logged(why: str) -> pl.DataFrame:
    """Return the frame of :func:`lists_value` where no ranking can be valued at all, for the reason ``why``."""
    rows = [{"ranking": ranking, "status": NOT_IDENTIFIED, "said": why} for ranking in RANKINGS]
    return pl.DataFrame(rows, schema=VALUE)


def lists_value(offers: pl.DataFrame, lists: pl.DataFrame) -> pl.DataFrame:
    """Value each ranking's lists by the offers that were logged with their chances on the same days.

    Parameters
    ----------
    offers
        As :func:`credrisk.decisions.offers.ledger_offers`, with ``amount``.
    lists
        ``date, ranking, customer_id, action``. On a day and account of the log a ranking offers the action of its list,
        or none.

    Returns
    -------
    polars.DataFrame
        ``ranking`` (those of ``lists``, and ``as_made``), ``outcome`` (``paid_30, paid_90``), ``method`` (``snips,
        dr``; ``mean`` of the lists as made), ``value`` (money received within so many days per account and list, of
        what was past due that morning) with its 95 % interval, ``offers``, ``ess``, ``mean_weight``, ``status`` and
        ``said``. The status is ``not_identified``, and there is no value, where the log does not hold what the ranking
        would do: mean weight outside ``SUPPORT``, effective sample size below ``FEWEST_EFFECTIVE``, or actions that
        were never offered.
    """
    days = lists["date"].unique()
    logged = offers.filter(pl.col("probability").is_not_null() & pl.col("date").is_in(days.to_list()))
    if logged.is_empty():
        return nothing_logged(
            "no offer with its chance was logged on the days of the lists: what another list would have brought cannot "
            "be told from this ledger. Log the lists (credrisk queue --log), with a little exploration."
        )
    rows: list[dict[str, Any]] = []
    for outcome in OUTCOMES:
        known = logged.filter(pl.col(outcome).is_not_null()).sort("date", "customer_id")
        rows.append(_as_made(known, outcome))
        for ranking in RANKINGS:
            rows += _of_ranking(known, lists.filter(pl.col("ranking") == ranking), ranking, outcome)
    return pl.DataFrame(rows, schema=VALUE)


def _as_made(known: pl.DataFrame, outcome: str) -> dict[str, Any]:
    """Return what the lists really made brought: a plain mean, with its error by customer."""
    money = (known["amount"] * known[outcome]).to_numpy()
    customer = np.unique(known["customer_id"].to_numpy(), return_inverse=True)[1]
    found = clustered(money, customer, float(money.mean()) if len(money) else float("nan"))
    return {
        "ranking": AS_MADE,
        "outcome": outcome,
        "method": "mean",
        "value": found.value,
        "lower": found.lower,
        "upper": found.upper,
        "offers": len(money),
        "ess": float(len(money)),
        "mean_weight": 1.0,
        "status": IDENTIFIED,
        "said": "the mean of what came of the lists as they were made",
    }


def _of_ranking(known: pl.DataFrame, own: pl.DataFrame, ranking: str, outcome: str) -> list[dict[str, Any]]:
    """Return the values of one ranking by each method, or why there are none."""
    joined = known.select("customer_id", "date").join(
        own.select("customer_id", "date", wanted="action"),
        on=["customer_id", "date"],
        how="left",
        maintain_order="left",
    )
    wanted = joined["wanted"].fill_null(NONE)
    actions = sorted({NONE, *known["action"].unique()})
    strange = ~wanted.is_in(actions)
    listed = int((wanted != NONE).sum())

    def refused(why: str, **figures: Any) -> list[dict[str, Any]]:
        said = {"offers": known.height, **figures, "status": NOT_IDENTIFIED, "said": why}
        return [{"ranking": ranking, "outcome": outcome, "method": method, **said} for method in METHODS]

    if not listed:
        return refused("none of the accounts on its lists is in the log of these days")
    if int(strange.sum()) > MOST_UNKNOWN * listed:
        return refused(f"{int(strange.sum())} of its {listed} offers are of actions that were never offered")
    kept, wanted = known.filter(~strange), wanted.filter(~strange)
    target = pl.DataFrame({action: (wanted == action).cast(pl.Float64) for action in actions})
    found = off_policy_value(kept, target=target, outcome=outcome, money="amount", method=METHODS, output="polars")
    ess, weight = float(found["ess"][0]), float(found["mean_weight"][0])
    figures = {"ess": ess, "mean_weight": weight}
    if not SUPPORT[0] <= weight <= SUPPORT[1]:
        return refused(
            f"the log hardly holds what it would do: the mean weight is {weight:.2f}, not within {SUPPORT[0]:g} to "
            f"{SUPPORT[1]:g}",
            **figures,
        )
    if ess < FEWEST_EFFECTIVE:
        return refused(
            f"the log counts as {ess:.0f} offers of this ranking only; {FEWEST_EFFECTIVE:g} are needed", **figures
        )
    said = f"from {kept.height:,} logged offers that count as {ess:,.0f}"
    return [
        {
            "ranking": ranking,
            "outcome": outcome,
            **{name: row[name] for name in ("method", "value", "lower", "upper", "offers", "ess", "mean_weight")},
            "status": IDENTIFIED,
            "said": said,
        }
        for row in found.iter_rows(named=True)
    ]
