"""What the list that people make without a model would have missed: the largest, or the oldest, accounts first."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.errors import ParameterError
from credrisk.widgets.desk import Desk, Laid, by_hand, default_expiry, made_list

__all__ = ["OLD_LISTS", "OldList", "old_list"]

OLD_LISTS = {"largest_first": ("past_due", "largest first"), "oldest_first": ("oldest_open_days", "oldest first")}
"""Column of the list by which the accounts stand, and how it is called."""


@dataclass(frozen=True)
class OldList:
    """A list by one column beside the model's, with as many contacts by hand and the same mail.

    Attributes
    ----------
    says
        How the list is called.
    queue
        The list that it makes.
    missed
        Accounts that the model has somebody contact today and the old list does not, the highest gain first.
    gain_old, gain_model
        What each gains by the model's own measure, mail included.
    """

    says: str
    queue: pl.DataFrame
    missed: pl.DataFrame
    gain_old: float
    gain_model: float


def old_list(desk: Desk, *, ranking: str, capacity: int | None = None) -> OldList:
    """Make the list of the first ``capacity`` accounts that may be contacted, by one column, and compare it.

    The old list is given every advantage but its order: the same accounts are left in peace, each of its contacts is
    the model's best action for that account, and where somebody's time adds nothing to the mail the mail goes out.

    Parameters
    ----------
    ranking
        One of :data:`OLD_LISTS`.
    capacity
        Contacts by hand; those of the desk where none are given.

    Raises
    ------
    ParameterError
        When the ranking is not one of these.
    """
    if ranking not in OLD_LISTS:
        raise ParameterError("ranking", f"one of {', '.join(OLD_LISTS)}", ranking)
    column, says = OLD_LISTS[ranking]
    contacts = desk.capacity if capacity is None else capacity
    model = made_list(desk, capacity=contacts)
    first = (
        model.filter(pl.col("hold").is_null())
        .sort(column, "customer_id", descending=[True, False], nulls_last=True)
        .head(contacts)
    )
    pins = tuple(Laid(each, "pin", says, default_expiry(desk)) for each in first["customer_id"])
    # No more contacts than those pins take, or the rest would be filled by the model.
    taken = made_list(desk, capacity=contacts, laid=pins).filter(by_hand()).filter(pl.col("slot") == "pin").height
    old = made_list(desk, capacity=taken, laid=pins)
    missed = (
        model.filter(by_hand())
        .join(old.filter(by_hand()), on="customer_id", how="anti", maintain_order="left")
        .sort("gain", "customer_id", descending=[True, False])
    )
    gains = [float(queue.filter("contact_today")["gain"].sum()) for queue in (old, model)]
    return OldList(says, old, missed, gains[0], gains[1])
