"""What public events and contacts that came back say of where customers are, and of whether they still exist."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.outside_meaning import GONE, plain_kind
from credrisk.decisions.red_flags import MONTHS_BACK as FLAG_MONTHS
from credrisk.decisions.red_flags import ended
from credrisk.features.entities import entity_rows, is_sure
from credrisk.features.rows import LedgerRows
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.ledger.ledger import Ledger

__all__ = ["FOUND", "OF_EVENT", "signs_of_contacts", "signs_of_events"]

FOUND: dict[str, pl.DataType] = {
    **dict.fromkeys(("customer_id", "kind", "in_master", "in_register", "reason", "source", "entity"), pl.String()),
    "known_at": pl.Date(),
    "url": pl.String(),
}
"""Columns of what is found."""

RETURNED = ("bounced", "moved", "returned", "returned_mail", "undeliverable", "unknown_recipient", "wrong_address")
"""Outcomes of a contact that say the address does not reach the customer."""
MONTHS_BACK = 12
"""Changes of address and name that became known in so many months are told; the end of a company always is."""

OF_EVENT = {
    **dict.fromkeys(
        (kind for kind in FAMILIES["insolvency"] if kind not in ("winding_up_petition", "insolvency_notice")),
        "in_proceedings",
    ),
    **dict.fromkeys(
        ("compulsory_liquidation", "creditors_voluntary_liquidation", "liquidation", "winding_up_order"),
        "in_liquidation",
    ),
    **dict.fromkeys(GONE, "dissolved"),
    "members_voluntary_liquidation": "in_liquidation",
    "in_liquidation": "in_liquidation",
    "merger": "merged",
    "name_changed": "renamed",
    "registered_office_changed": "address_changed",
    "registered_office_undeliverable": "undeliverable",
}
PROCEEDINGS = ("in_liquidation", "in_proceedings")
"""Told as long as a red flag is, by the step that was known first, unless they ended or the company did."""


def signs_of_events(known: Ledger) -> pl.DataFrame:
    """Return what public events say of names, addresses and the end of companies."""
    since = months_after(known.settings.covers_to, -MONTHS_BACK)
    first_day = {"dissolved": date.min} | dict.fromkeys(
        PROCEEDINGS, months_after(known.settings.covers_to, -FLAG_MONTHS)
    )
    events = entity_rows(LedgerRows(known), "events").filter(is_sure())
    rows: list[dict[str, Any]] = []
    for (customer,), own in events.sort("customer_id", "known_at").group_by(["customer_id"], maintain_order=True):
        standing = [
            (event, kind, row)
            for row in own.iter_rows(named=True)
            if (kind := OF_EVENT.get(event := plain_kind(row["kind"])))
            and row["known_at"] > first_day.get(kind, since)
            and not ended(event, row["happened_on"], own)
        ]
        over = set(PROCEEDINGS) if any(kind == "dissolved" for _, kind, _ in standing) else set()
        for event, kind, row in standing:
            if kind in over:
                continue
            over |= {kind} & set(PROCEEDINGS)
            rows.append(
                {
                    "customer_id": customer,
                    "kind": kind,
                    "in_register": row["text"],
                    "reason": f"{event.replace('_', ' ')} on {row['happened_on']}",
                    "source": row["source"],
                    "entity": row["entity"],
                    "known_at": row["known_at"],
                    "url": row["url"],
                }
            )
    return pl.DataFrame([{name: row.get(name) for name in FOUND} for row in rows], schema=FOUND)


def signs_of_contacts(known: Ledger) -> pl.DataFrame:
    """Return customers whose last contact by a channel came back, and none by that channel reached them since."""
    returned = pl.col("outcome").cast(pl.String).is_in(RETURNED)
    last = (
        known.table("contacts")
        .sort("customer_id", "channel", "date", "contact_id")
        .unique(["customer_id", "channel"], keep="last", maintain_order=True)
        .filter(returned.fill_null(False))
    )
    return last.select(
        "customer_id",
        kind=pl.lit("undeliverable"),
        in_master=pl.lit(None, pl.String),
        in_register=pl.lit(None, pl.String),
        reason=pl.format(
            "the last {} of {} came back: {}",
            pl.col("channel").cast(pl.String).fill_null("contact"),
            pl.col("date").dt.to_string("%Y-%m-%d"),
            pl.col("outcome").cast(pl.String).str.replace_all("_", " "),
        ),
        source=pl.lit("contacts"),
        entity=pl.lit(None, pl.String),
        known_at="date",
        url=pl.lit(None, pl.String),
    )
