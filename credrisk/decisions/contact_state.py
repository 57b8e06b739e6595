"""Who works an account, when it was last contacted, and until when it is to be left in peace."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.insolvency import insolvencies
from credrisk.decisions.policy_collection import OTHER_CHANNEL, Collection
from credrisk.ledger.ledger import Ledger

__all__ = ["collectors", "contact_summary", "contacts_with_peace", "legal_events"]

UNANSWERED = "no_answer"


def contact_summary(ledger: Ledger, rules: Collection) -> pl.DataFrame:
    """Return the contacts of a cut ledger by customer.

    Returns
    -------
    polars.DataFrame
        ``customer_id, last_contact_on, last_contact_channel`` and ``quiet_until``: the first day on which a contact is
        allowed again, the latest of day of contact + the quiet days of its channel (those for an unanswered attempt
        where the outcome is ``no_answer``). A channel that the policy does not name counts as ``other``.
    """
    return (
        contacts_with_peace(ledger, rules)
        .sort("customer_id", "date", "contact_id")
        .group_by("customer_id", maintain_order=True)
        .agg(
            last_contact_on=pl.col("date").last(),
            last_contact_channel=pl.col("channel").last(),
            quiet_until=pl.col("quiet_until").max(),
        )
    )


def contacts_with_peace(ledger: Ledger, rules: Collection) -> pl.DataFrame:
    """Return the contacts of a cut ledger with ``quiet_until``: the first day on which the next is allowed."""
    quiet = (
        pl.when(pl.col("outcome") == UNANSWERED)
        .then(rules.quiet_days_no_answer)
        .otherwise(pl.col("channel").replace_strict(rules.quiet_days, default=rules.quiet_days[OTHER_CHANNEL]))
    )
    return ledger.table("contacts").with_columns(quiet_until=pl.col("date") + pl.duration(days=quiet.cast(pl.Int64)))


def collectors(ledger: Ledger) -> pl.DataFrame:
    """Return ``customer_id, collector`` as last stated in the customer history of a cut ledger."""
    return (
        ledger.table("customer_history")
        .filter(pl.col("attribute") == "collector")
        .sort("customer_id", "valid_from", "recorded_at", "value", nulls_last=False)
        .group_by("customer_id", maintain_order=True)
        .agg(collector=pl.col("value").last())
    )


def legal_events(ledger: Ledger) -> pl.DataFrame:
    """Return ``customer_id, insolvent_on, insolvent_as, placed_on, legal_on`` of a cut ledger.

    The last placement and legal action, and :func:`~credrisk.decisions.insolvency.insolvencies`.
    """
    of = {"placed_on": "placement", "legal_on": "legal_action"}
    steps = (
        ledger.table("credit_events")
        .filter(pl.col("kind").is_in(list(of.values())))
        .group_by("customer_id")
        .agg(pl.col("date").filter(pl.col("kind") == kind).max().alias(name) for name, kind in of.items())
    )
    return insolvencies(ledger).join(steps, on="customer_id", how="full", coalesce=True).sort("customer_id")
