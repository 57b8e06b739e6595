"""Which customers are insolvent, in liquidation or dissolved, since when, and who says so: own books or a register."""

from __future__ import annotations

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.red_flags import DOUBTFUL_MATCH
from credrisk.features.entities import rows_by_customer
from credrisk.features.registers import PETITIONS
from credrisk.ledger.event_kinds import FAMILIES, plain_kinds
from credrisk.ledger.ledger import Ledger

__all__ = ["ended_by_registers", "insolvencies"]

LIQUIDATIONS = ("in_liquidation", "liquidation")
"""Solvent or not is not said."""
STATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dissolved": (("dissolution", "struck_off"), ("restored_to_register",)),
    "insolvent": (
        tuple(kind for kind in FAMILIES["insolvency"] if kind not in (*PETITIONS, *LIQUIDATIONS)),
        ("insolvency_ended", "bankruptcy_progress"),
    ),
    "in liquidation": (LIQUIDATIONS, ("insolvency_ended", "restored_to_register")),
}
"""What a register may say, the gravest first: the kinds of events that begin it, and those that end it.

A petition is no order yet, an entity that is merely inactive may have been merged, and a liquidation known to be
solvent pays its debts.
"""

LASTING_MONTHS = 36
"""An insolvency or liquidation last told of longer ago stops nothing by itself: who still buys has come out of it, and
some sources tell no end. A dissolution lasts."""

_BY_ID = ("lei", "cik", "duns")
"""What an event without an account is told by, whoever tells it."""
_BRITISH, _OF_BRITISH = ("GB", "UK"), ("companies_house", "companies_house_profile", "companies_house_bulk", "gazette")
"""Two countries give out the same company numbers. So an event by the number alone counts where both are known to be of
one country: the customer by its own, the event by its source."""
_SOLVENT, _SOLVENT_DAYS = "members_voluntary_liquidation", 366
"""A declaration of solvency, before the liquidation or so many days after it, says which kind it is."""


def insolvencies(ledger: Ledger) -> pl.DataFrame:
    """Return the customers of a cut ledger to whom nothing is shipped and whom nobody chases any more.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insolvent_on, insolvent_as``, sorted by customer. The own record of an insolvency goes first
        (its last day, "insolvent"), as long as no event ``insolvency_ended`` is of that day or later; else
        :func:`ended_by_registers`.
    """
    events = _events(ledger).filter(pl.col("kind") == "insolvency_ended")
    over = events.group_by("customer_id").agg(ended_on=pl.col("happened_on").max())
    own = (
        ledger.table("credit_events")
        .filter(pl.col("kind") == "insolvency")
        .group_by("customer_id")
        .agg(insolvent_on=pl.col("date").max())
        .join(over, on="customer_id", how="left")
        .filter((pl.col("insolvent_on") > pl.col("ended_on")).fill_null(True))
        .select("customer_id", "insolvent_on", insolvent_as=pl.lit("insolvent"))
    )
    told = ended_by_registers(ledger).join(own, on="customer_id", how="anti")
    return pl.concat((own, told)).sort("customer_id")


def ended_by_registers(ledger: Ledger) -> pl.DataFrame:
    """Return the customers of a cut ledger that a register calls insolvent, in liquidation or dissolved.

    Returns
    -------
    polars.DataFrame
        ``customer_id, insolvent_on, insolvent_as``, sorted by customer: the day since which it is so and, such as
        "dissolved (companies_house)", what it is and which source said so last. An event counts where the match behind
        it is sure (:data:`~credrisk.decisions.red_flags.DOUBTFUL_MATCH` at least, or none stated), no later one has
        ended it (on one day the one that begins it counts), and it is not over by time (:data:`LASTING_MONTHS`). A
        bankruptcy is over with a later step in it, which is a plan confirmed or the way out; a liquidation that
        another event declared solvent, before it or within a year after it, is none.
    """
    events = _events(ledger)
    since = months_after(ledger.settings.covers_to, -LASTING_MONTHS)
    lasting = pl.col("last_on") > since
    found = [
        _in_state(events, word, begins, ends).filter(lasting | (word == "dissolved")).drop("last_on")
        for word, (begins, ends) in STATES.items()
    ]
    return pl.concat(found).unique("customer_id", keep="first", maintain_order=True).sort("customer_id")


def _events(ledger: Ledger) -> pl.DataFrame:
    """Return the events of sure matches, kinds as families write them, without solvent liquidations."""
    events = pl.concat((rows_by_customer(ledger, "events", ids=_BY_ID), _by_british_number(ledger)))
    events = events.unique(["row", "customer_id"], maintain_order=True)
    sure = events.filter(pl.col("match_confidence").fill_null(1.0) >= DOUBTFUL_MATCH)
    plain = sure.with_columns(kind=plain_kinds())
    solvent = plain.filter(pl.col("kind") == _SOLVENT).group_by("customer_id").agg(solvent=pl.col("happened_on").min())
    declared = pl.col("solvent") <= pl.col("happened_on") + pl.duration(days=_SOLVENT_DAYS)
    is_solvent = pl.col("kind").is_in(LIQUIDATIONS) & declared.fill_null(False)
    return plain.join(solvent, on="customer_id", how="left").filter(~is_solvent).drop("solvent")


def _by_british_number(ledger: Ledger) -> pl.DataFrame:
    british = ledger.table("customers").filter(pl.col("country").str.to_uppercase().is_in(_BRITISH))
    rows = rows_by_customer(ledger, "events", ids=("company_number",)).filter(pl.col("source").is_in(_OF_BRITISH))
    return rows.join(british, on="customer_id", how="semi")


def _in_state(events: pl.DataFrame, word: str, begins: tuple[str, ...], ends: tuple[str, ...]) -> pl.DataFrame:
    ended = events.filter(pl.col("kind").is_in(ends)).group_by("customer_id").agg(ended_on=pl.col("happened_on").max())
    begun = events.filter(pl.col("kind").is_in(begins)).join(ended, on="customer_id", how="left")
    return (
        begun.filter((pl.col("happened_on") >= pl.col("ended_on")).fill_null(True))
        .sort("customer_id", "happened_on", "known_at", "source")
        .group_by("customer_id", maintain_order=True)
        .agg(
            insolvent_on=pl.col("happened_on").first(),
            last_on=pl.col("happened_on").last(),
            source=pl.col("source").last(),
        )
        .select("customer_id", "insolvent_on", "last_on", insolvent_as=pl.format(word + " ({})", "source"))
    )
