"""What customers need before they pay: what they ask for on invoices, and which papers they are waiting for.

A customer's requirements are dated attributes of the table ``customer_history``, so that they are known from the day on
which they were entered: ``requires_po`` and ``requires_delivery_proof`` (yes or no), ``portal`` (where invoices are to
be uploaded), ``invoice_email``, ``invoice_language`` and ``payment_run`` (text).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REQUIREMENTS", "invoicing_requirements", "missing_documents", "without_order_number"]

REQUIREMENTS = {
    "requires_po": "an order number on every invoice",
    "requires_delivery_proof": "proof of delivery with every invoice",
    "portal": "invoices through the portal",
    "invoice_email": "invoices by e-mail to",
    "invoice_language": "invoices in the language",
    "payment_run": "payments are made on",
}
FLAGS = ("requires_po", "requires_delivery_proof")
YES = ("yes", "y", "true", "1", "x", "ja", "oui")
NO = ("no", "n", "false", "0", "nein", "non")

ASKED_DAYS = 90
"""A paper that was asked for longer ago is no longer waited for. Convention."""
BY_OUTCOME = {
    "wants_po": "purchase_order",
    "wants_delivery_proof": "proof_of_delivery",
    "wants_copy": "invoice_copy",
}
BY_CAUSE = {
    "missing_po": "purchase_order",
    "missing_delivery_proof": "proof_of_delivery",
    "missing_pod": "proof_of_delivery",
    "not_received": "invoice_copy",
    "missing_invoice": "invoice_copy",
}
NOT_RECEIVED = "not_received"


@overload
def invoicing_requirements(
    ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def invoicing_requirements(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def invoicing_requirements(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return what each customer asks for on its invoices, as a checklist.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``customer_id, requirement`` (an attribute), ``says`` in words, ``value``, ``since`` (valid from), and of the
        documents that are open at the end of ``as_of`` how many do not meet it and their money: ``not_met`` and
        ``amount`` (ledger's currency); null where the ledger cannot show it (only order numbers are in it).
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    stated = _stated(seen).filter(~(pl.col("requirement").is_in(FLAGS) & ~_yes().fill_null(False)))
    lacking = (
        _open_amounts(seen, day)
        .join(without_order_number(seen), on="document_id", how="semi")
        .group_by("customer_id")
        .agg(not_met=pl.len().cast(pl.Int64), lacking=pl.col("amount").sort().sum())
    )
    po = pl.col("requirement") == "requires_po"
    flag = pl.col("requirement").is_in(FLAGS)
    words = pl.col("requirement").replace_strict(REQUIREMENTS, return_dtype=pl.String)
    return given_out(
        stated.join(lacking, on="customer_id", how="left", maintain_order="left").select(
            "customer_id",
            "requirement",
            pl.when(flag).then(words).otherwise(pl.format("{} {}", words, "value")).alias("says"),
            "value",
            "since",
            not_met=pl.when(po).then(pl.col("not_met").fill_null(0)),
            amount=pl.when(po).then(pl.col("lacking").fill_null(0.0)),
        ),
        output,
    )


@overload
def missing_documents(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def missing_documents(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def missing_documents(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return which papers customers are waiting for, as they or the ledger say.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``customer_id``, ``missing`` (``purchase_order``, ``proof_of_delivery``, ``invoice_copy``), ``document_id``
        (null: the account's), ``source`` (``contact``: asked for when last reached; ``dispute``: the cause of an open
        one; ``order_number``: required, and the open document has none), ``since``, and ``amount``: what
        is open of the document, or past due on the account. Largest amount first. What was asked for in a contact
        counts until a later contact that reached somebody, at most 90 days.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    items = _open_amounts(seen, day)
    late = items.filter(pl.col("due_date") < day).group_by("customer_id").agg(late=pl.col("amount").sort().sum())
    asked = _asked(seen, day).join(late, on="customer_id", how="left", maintain_order="left")
    of_cause = (
        seen.table("disputes")
        .filter(pl.col("resolved_on").is_null() & pl.col("cause").is_in(list(BY_CAUSE)))
        .with_columns(missing=pl.col("cause").replace_strict(BY_CAUSE, default=None, return_dtype=pl.String))
        .select("document_id", "missing", since="opened_on", source=pl.lit("dispute"))
        .join(items, on="document_id", how="inner")
    )
    lacking = items.join(without_order_number(seen), on="document_id", how="inner").with_columns(
        missing=pl.lit("purchase_order"), source=pl.lit("order_number"), since=pl.col("asks_since")
    )
    columns = ("customer_id", "missing", "document_id", "source", "since", "amount")
    whole = pl.concat(
        [
            asked.with_columns(document_id=pl.lit(None, pl.String), amount=pl.col("late").fill_null(0.0)).select(
                columns
            ),
            of_cause.select(columns),
            lacking.select(columns),
        ]
    )
    ordered = whole.sort("amount", *columns[:4], descending=[True, *[False] * 4], nulls_last=True)
    return given_out(ordered, output)


def without_order_number(ledger: Ledger) -> pl.DataFrame:
    """Return the documents without order number whose customer requires one: ``document_id, asks_since``.

    A document counts where the requirement held on its date; the ledger is cut already.
    """
    asks = _stated(ledger).filter((pl.col("requirement") == "requires_po") & _yes().fill_null(False))
    return (
        ledger.table("documents")
        .filter(pl.col("order_id").is_null() & pl.col("kind").is_in(["invoice", "debit_note"]))
        .join(asks.select("customer_id", asks_since="since"), on="customer_id", how="inner")
        .filter(pl.col("document_date") >= pl.col("asks_since"))
        .select("document_id", "asks_since")
        .sort("document_id")
    )


def _stated(ledger: Ledger) -> pl.DataFrame:
    """Return the requirement in force of each customer; an empty value ends it."""
    return (
        ledger.table("customer_history")
        .filter(pl.col("attribute").is_in(list(REQUIREMENTS)))
        .sort("customer_id", "attribute", "valid_from", "recorded_at", "value", nulls_last=False)
        .group_by("customer_id", requirement="attribute", maintain_order=True)
        .agg(value=pl.last("value"), since=pl.last("valid_from"))
        .with_columns(value=pl.col("value").str.strip_chars())
        .filter(pl.col("value").is_not_null() & (pl.col("value") != ""))
        .sort("customer_id", "requirement")
    )


def _yes() -> pl.Expr:
    word = pl.col("value").str.to_lowercase()
    return pl.when(word.is_in(YES)).then(True).when(word.is_in(NO)).then(False)


def _asked(ledger: Ledger, day: date) -> pl.DataFrame:
    last = (
        ledger.table("contacts")
        .filter(
            (pl.col("outcome") != "no_answer").fill_null(True) & (pl.col("date") > day - timedelta(days=ASKED_DAYS))
        )
        .sort("customer_id", "date", "contact_id")
        .group_by("customer_id", maintain_order=True)
        .agg(pl.last("outcome", "reason"), since=pl.last("date"))
    )
    wanted = pl.col("outcome").replace_strict(BY_OUTCOME, default=None, return_dtype=pl.String)
    copy = pl.when(pl.col("reason") == NOT_RECEIVED).then(pl.lit("invoice_copy"))
    return last.with_columns(missing=pl.coalesce(wanted, copy), source=pl.lit("contact")).filter(
        pl.col("missing").is_not_null()
    )


def _open_amounts(ledger: Ledger, day: date) -> pl.DataFrame:
    """Return what is open of every debit document in the ledger's currency."""
    items = open_items(ledger, item_movements(ledger)).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("residual") > 0)
    )
    translated = in_ledger_currency(items.with_columns(amount=pl.col("residual")), ["amount"], ledger, day)
    return translated.select("document_id", "customer_id", "due_date", "amount")
