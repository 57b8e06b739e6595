"""One contact for each payables desk: who shares one, when it was last contacted, and how often within 30 days."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.contact_state import contacts_with_peace
from credrisk.decisions.policy_collection import Collection
from credrisk.ledger.ledger import Ledger

__all__ = ["FREQUENCY_DAYS", "with_desks"]

FREQUENCY_DAYS = 30


def with_desks(accounts: pl.DataFrame, ledger: Ledger, rules: Collection, *, as_of: date) -> pl.DataFrame:
    """Add what the payables desk (``ap_contact_id``) of each account says of peace and frequency.

    Parameters
    ----------
    accounts
        With ``customer_id, last_contact_on, quiet_until``.
    ledger
        Cut at ``as_of``.

    Returns
    -------
    polars.DataFrame
        With ``desk`` (null: of its own), ``unit`` (the desk, else the account), ``desk_contact_on`` and
        ``quiet_until`` (the latest of all its accounts, also of those that are not ranked), and ``often_until``: the
        first day on which there have again been fewer days of contact by hand within 30 days than the policy allows,
        null where there are. A contact by hand is one by a channel that no automatic action of the policy uses.
    """
    # A desk and an account may have one id: the mark keeps them apart.
    of = ledger.table("customers").select(
        "customer_id",
        desk=pl.col("ap_contact_id"),
        unit=pl.when(pl.col("ap_contact_id").is_not_null())
        .then(pl.format("d:{}", "ap_contact_id"))
        .otherwise(pl.format("c:{}", "customer_id")),
    )
    by_hand = {action.channel for action in rules.actions if action.uses_capacity}
    automatic = sorted({action.channel for action in rules.actions if not action.uses_capacity} - by_hand)
    since = as_of - timedelta(days=FREQUENCY_DAYS)
    contacts = contacts_with_peace(ledger, rules).join(of, on="customer_id", how="inner")
    latest = contacts.group_by("unit").agg(
        desk_contact_on=pl.col("date").max(),
        # One call for several accounts of a desk is noted with each of them, and is one.
        days=pl.col("date")
        .filter((pl.col("date") > since) & ~pl.col("channel").is_in(automatic).fill_null(False))
        .unique(),
        desk_quiet_until=pl.col("quiet_until").max(),
    )
    nth = pl.col("days").list.sort(descending=True).list.get(rules.contacts_by_hand_30_days - 1, null_on_oob=True)
    often = latest.select(
        "unit", "desk_contact_on", "desk_quiet_until", often_until=nth.dt.offset_by(f"{FREQUENCY_DAYS}d")
    )
    return (
        accounts.join(of, on="customer_id", how="left", maintain_order="left")
        .join(often, on="unit", how="left", maintain_order="left")
        .with_columns(quiet_until="desk_quiet_until")
        .drop("desk_quiet_until")
    )
