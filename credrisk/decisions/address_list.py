"""Where customers are to be found: register addresses against the master, ended companies, returned mail, what to do.

Findings come from a register's copy, from profiles that were fetched, from public events, and from contacts that did
not reach the address. What a customer owes says how much hangs on finding it. Whom no register row is known of is
counted, not passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.address_signs import FOUND, signs_of_contacts, signs_of_events
from credrisk.decisions.exposure_today import exposure_today
from credrisk.decisions.outside_meaning import SEVERITIES
from credrisk.errors import ParameterError
from credrisk.features.entities import SHARED_IDS, SURE_MATCH
from credrisk.ledger.ledger import Ledger
from credrisk.sources.address_tracing import address_findings
from credrisk.sources.companies_house_state import register_rows
from credrisk.sources.matching.applying import apply_matches
from credrisk.sources.matching.register import DATED_REGISTER

__all__ = ["ADDRESSES", "AddressList", "address_list"]

ADDRESSES: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "name": pl.String(),
    "severity": pl.String(),
    "kind": pl.String(),
    "in_master": pl.String(),
    "in_register": pl.String(),
    "reason": pl.String(),
    "what_to_do": pl.String(),
    "source": pl.String(),
    "entity": pl.String(),
    "known_at": pl.Date(),
    "url": pl.String(),
    "open_items": pl.Float64(),
    "currency": pl.String(),
}
"""Columns of the list; ``open_items`` is what is owed on the day."""

DO: dict[str, tuple[str, str, str]] = {
    "closed_but_open_balance": (
        "urgent",
        "No company is left that could pay: claim in the liquidation or have it restored, ask guarantors and insurer, "
        "and deliver nothing.",
        "",
    ),
    "dissolved": ("urgent", "Nothing can be collected from it: look for a successor or a guarantor.",
                  "Close the account."),
    "in_liquidation": ("serious", "File the claim with the liquidator by the day of the notice.", "Close the account."),
    "in_proceedings": ("serious", "File the claim with the administrator.", "Take no orders on open terms."),
    "undeliverable": ("serious", "Find a new address before the next reminder: the one on file does not reach it.",
                      "Correct the address before the next order."),
    "possible_successor": ("watch", "Ask whether this company took over the debts; nothing moves to it unproven.",
                           "Check before opening an account."),
    "merged": ("watch", "Have the surviving company confirm the debt in writing.", "Move account, limit and cover."),
    "renamed": ("note", "Write invoices, cover and guarantees in the new name.", "Correct the master."),
    "address_differs": ("note", "Send reminders to both addresses, and ask which one is right.", "Check the master."),
    "address_changed": ("note", "Check that the master holds the new address.", "Check the master."),
}  # fmt: skip
"""Kind, how urgent it is with money owed, and what to do with and without money owed; the most pressing first."""


@dataclass(frozen=True)
class AddressList:
    """The list, the most urgent and the most money first; ``unknown``: customers about whom no register row is known.

    ``unknown`` has ``reason, customers, open_items``.
    """

    as_of: date
    currency: str
    findings: pl.DataFrame
    unknown: pl.DataFrame
    looked_at: int


def address_list(
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    matches: pl.DataFrame | None = None,
    register: pl.DataFrame | None = None,
    register_on: date | str | None = None,
) -> AddressList:
    """Return what does not fit between the master and what registers, notices and returned mail say.

    Parameters
    ----------
    ledger
        With the public tables beside its own, where there are any.
    as_of
        Nothing known later counts; default: the last day of the ledger.
    matches
        As :func:`~credrisk.sources.matching.matching.match_customers` gives them: their sure ids are used.
    register
        Rows of the customers' entities, and of others that may have succeeded them. A column ``known_at`` says what
        day each row is of; where there is none, ``register_on`` does.
    register_on
        The day of the register's copy.

    Raises
    ------
    ParameterError
        When a register is given without a day, or its copy is of a day after ``as_of``.
    """
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    known = ledger.cut(day)
    customers = _customers(known, matches)
    fetched = register_rows(known.table("events"), as_of=day)
    rows = _together(_of_day(register, register_on, day), fetched)
    traced = _of_register(customers, rows)
    parts = [traced, signs_of_events(known), signs_of_contacts(known)]
    owed = customers.select("customer_id", "name", open_items="open_balance")
    findings = pl.concat(parts, how="diagonal").unique(["customer_id", "kind", "source", "in_register"], keep="first")
    listed = (
        findings.join(owed, on="customer_id", how="inner")
        .with_columns(
            severity=pl.when(pl.col("open_items") > 0)
            .then(pl.col("kind").replace_strict({kind: severity for kind, (severity, *_) in DO.items()}))
            .otherwise(pl.lit("note")),
            what_to_do=pl.when(pl.col("open_items") > 0)
            .then(pl.col("kind").replace_strict({kind: do for kind, (_, do, _) in DO.items()}))
            .otherwise(pl.col("kind").replace_strict({kind: do for kind, (_, _, do) in DO.items()})),
            currency=pl.lit(known.settings.currency),
        )
        .sort(
            pl.col("severity").cast(pl.Enum(SEVERITIES)),
            "open_items",
            "customer_id",
            pl.col("kind").cast(pl.Enum(list(DO))),
            "source",
            "in_register",
            descending=[False, True, False, False, False, False],
        )
    )
    return AddressList(
        as_of=day,
        currency=known.settings.currency,
        findings=listed.select(list(ADDRESSES)),
        unknown=_unknown(customers, rows),
        looked_at=owed.height,
    )


def _customers(known: Ledger, matches: pl.DataFrame | None) -> pl.DataFrame:
    """Return the customers with the ids of sure matches and ``open_balance``, what is owed on the day."""
    customers = known.table("customers")
    if matches is not None and matches.height:
        customers = apply_matches(customers, matches, output="polars")
        # An id that waits for a person is no address: a reminder would go to strangers.
        customers = customers.with_columns(
            pl.when(pl.col(f"confidence_{name}").fill_null(1.0) >= SURE_MATCH).then(name).alias(name)
            for name in SHARED_IDS
            if f"confidence_{name}" in customers.columns
        )
    owed = exposure_today(known, as_of=known.settings.covers_to, output="polars").select(
        "customer_id", open_balance="open_items"
    )
    return customers.join(owed, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.col("open_balance").fill_null(0.0)
    )


def _of_day(register: pl.DataFrame | None, register_on: date | str | None, day: date) -> pl.DataFrame | None:
    """Return the rows of the register that were known on the day."""
    if register is None or register.is_empty():
        return None
    dated = register
    if "known_at" not in register.columns or register["known_at"].null_count() == register.height:
        if register_on is None:
            raise ParameterError("register_date", "the day that the register's copy is of", "nothing")
        dated = register.with_columns(known_at=pl.lit(to_date(register_on, "register_date")))
    seen = dated.filter((pl.col("known_at") <= day) & (pl.col("valid_from") <= day).fill_null(True))
    if seen.is_empty():
        first = dated["known_at"].drop_nulls().min()
        raise ParameterError("register_date", f"{day}, the day looked at, or earlier", str(first))
    return seen


def _together(copy: pl.DataFrame | None, fetched: pl.DataFrame) -> pl.DataFrame | None:
    """Return the copy's rows with those of fetched profiles; of each entity those of the latest day."""
    both = [frame.select(*DATED_REGISTER) for frame in (copy, fetched) if frame is not None and frame.height]
    latest = pl.col("known_at") == pl.col("known_at").max().over("register", "entity")
    return pl.concat(both).filter(latest) if both else None


def _of_register(customers: pl.DataFrame, rows: pl.DataFrame | None) -> pl.DataFrame:
    if rows is None:
        return pl.DataFrame(schema=FOUND)
    found = address_findings(customers, rows.drop("known_at"))
    dated = rows.group_by("register", "entity").agg(pl.col("known_at").max())
    return found.join(dated, on=["register", "entity"], how="left", maintain_order="left").select(
        "customer_id", "kind", "in_master", "in_register", "reason", "entity", "known_at",
        source="register", url=pl.lit(None, pl.String),
    )  # fmt: skip


def _unknown(customers: pl.DataFrame, rows: pl.DataFrame | None) -> pl.DataFrame:
    """Count the customers that no register row speaks of, with what they owe."""
    some_id = pl.any_horizontal(pl.col(name).is_not_null() for name in SHARED_IDS)
    if rows is None:
        reason = pl.lit("no register was given")
    else:
        reason = pl.when(some_id).then(pl.lit("its id is not in the register")).otherwise(pl.lit("no id is known"))
        held = [
            rows.filter(pl.col("id_column") == name)["entity"].drop_nulls().unique().implode() for name in SHARED_IDS
        ]
        there = pl.any_horizontal(pl.col(name).is_in(ids) for name, ids in zip(SHARED_IDS, held, strict=True))
        customers = customers.filter(~there.fill_null(False))
    return (
        customers.with_columns(reason=reason)
        .group_by("reason")
        .agg(customers=pl.len().cast(pl.Int64), open_items=pl.col("open_balance").sort().sum())
        .sort("reason")
    )
