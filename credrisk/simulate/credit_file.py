"""The tables beside the open items: customers and their attributes, disputes, promises, contacts, cover, notices."""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.simulate.accounts import COUNTRIES
from credrisk.simulate.collection import CHANNELS, CONTACT_OUTCOMES
from credrisk.simulate.disputes import OUTCOMES, REASONS
from credrisk.simulate.export import Books, currency_of, date, frame, money, named, numbered
from credrisk.simulate.limits import COVER_KINDS
from credrisk.simulate.market import OFFICE
from credrisk.simulate.names import INDUSTRIES, INSURERS
from credrisk.simulate.rates import currencies_of
from credrisk.simulate.statements import SOURCE
from credrisk.simulate.write_off import CREDIT_EVENT_KINDS

__all__ = ["credit_file"]


def credit_file(books: Books, numbers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return every table but documents, receipts, applications and orders.

    Parameters
    ----------
    numbers
        ``row, document_id`` of the documents that the ledger holds.
    """
    return {
        "customers": _customers(books),
        "customer_history": _history(books),
        "document_changes": _document_changes(books, numbers),
        "disputes": _disputes(books, numbers),
        "promises": _promises(books, numbers),
        "contacts": _contacts(books),
        "cover": _cover(books),
        "credit_events": _credit_events(books),
        "facts": _facts(books),
        "events": _events(books),
        "market": _market(books),
        "rates": _rates(books),
    }


def _customers(books: Books) -> pl.DataFrame:
    accounts = books.accounts
    codes = np.array(currencies_of(books.currency))[accounts.currency]
    return pl.DataFrame(
        {
            "customer_id": books.ids,
            "name": books.names,
            "country": [
                COUNTRIES[code][k % len(COUNTRIES[code])]
                for code, k in zip(codes, np.where(accounts.currency > 0, 0, accounts.country), strict=True)
            ],
            "currency": codes,
            "industry": [INDUSTRIES[k] for k in accounts.industry],
            "day": accounts.opened,
            "seller_entity": np.where(accounts.currency > 0, "export", "home"),
        },
        schema_overrides={"customer_id": pl.String, "currency": pl.String, "seller_entity": pl.String},
    ).select("customer_id", "name", "country", "currency", "industry", date("day").alias("opened_on"), "seller_entity")


def _history(books: Books) -> pl.DataFrame:
    return (
        books.history.filter((pl.col("recorded") <= books.clock.end) & (pl.col("day") <= books.clock.end))
        .select(
            named("customer", books.ids).alias("customer_id"),
            "attribute",
            "value",
            date("day").alias("valid_from"),
            date("recorded").alias("recorded_at"),
        )
        .unique(["customer_id", "attribute", "valid_from"], keep="last", maintain_order=True)
        .sort("customer_id", "attribute", "valid_from", "recorded_at")
    )


def _document_changes(books: Books, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return re-bills, dates agreed later, and the dunning blocks that disputes set and lift."""
    start, end = books.clock.start, books.clock.end
    old, new, day = books.rebilled
    rebilled = (
        pl.DataFrame({"row": old, "new": new, "day": day})
        .join(numbers.select(new="row", value="document_id"), on="new", maintain_order="left")
        .with_columns(field=pl.lit("rebilled_as"))
    )
    agreed = pl.DataFrame({"row": books.extensions.document, "day": books.extensions.day}).with_columns(
        field=pl.lit("due_date"),
        value=pl.Series(books.extensions.due).cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d"),
    )
    disputes = frame(books.disputes).filter(pl.col("cents") > 50_000)
    blocked = disputes.select(row="document", day="opened", field=pl.lit("dunning_block"), value=pl.lit("dispute"))
    lifted = disputes.select(
        row="document", day="resolved", field=pl.lit("dunning_block"), value=pl.lit(None, pl.String)
    )
    columns = ["row", "field", "value", "day"]
    return (
        pl.concat([part.select(columns) for part in (rebilled, agreed, blocked, lifted)])
        .filter(pl.col("day").is_between(start, end))
        .join(numbers, on="row", maintain_order="left")
        .select("document_id", "field", "value", date("day").alias("changed_on"), date("day").alias("recorded_at"))
        .unique(["document_id", "field", "changed_on"], keep="last", maintain_order=True)
        .sort("document_id", "field", "changed_on")
    )


def _disputes(books: Books, numbers: pl.DataFrame) -> pl.DataFrame:
    start, end = books.clock.start, books.clock.end
    disputes = frame(books.disputes).filter((pl.col("opened") <= end) & (pl.col("resolved") >= start))
    disputes = disputes.join(
        numbers.select(document="row", document_id="document_id"), on="document", maintain_order="left"
    )
    done = pl.col("resolved") <= end
    return numbered(disputes, "dispute_id", "Q", ["opened", "row"]).select(
        "dispute_id",
        "document_id",
        date("opened").alias("opened_on"),
        money("cents").alias("amount"),
        named("reason", REASONS).alias("reason"),
        pl.when(done).then(date("resolved")).alias("resolved_on"),
        pl.when(done).then(named("outcome", OUTCOMES)).alias("outcome"),
    )


def _promises(books: Books, numbers: pl.DataFrame) -> pl.DataFrame:
    promises = frame(books.promises).filter(pl.col("day").is_between(books.clock.start, books.clock.end))
    promises = promises.join(
        numbers.select(document="row", document_id="document_id"), on="document", how="left", maintain_order="left"
    )
    return numbered(promises, "promise_id", "P", ["day", "customer", "row"]).select(
        "promise_id",
        named("customer", books.ids).alias("customer_id"),
        "document_id",
        date("day").alias("made_on"),
        date("due").alias("due_on"),
        money("cents").alias("amount"),
        currency_of(books),
    )


def _contacts(books: Books) -> pl.DataFrame:
    contacts = frame(books.contacts).filter(pl.col("day").is_between(books.clock.start, books.clock.end))
    desks = (
        books.history.filter(pl.col("attribute") == "collector")
        .select("customer", "day", collector="value")
        .sort("day")
    )
    contacts = contacts.sort("day", "customer").join_asof(desks, on="day", by="customer", check_sortedness=False)
    return numbered(contacts, "contact_id", "T", ["day", "customer"]).select(
        "contact_id",
        named("customer", books.ids).alias("customer_id"),
        date("day").alias("date"),
        named("channel", CHANNELS).alias("channel"),
        "collector",
        named("outcome", CONTACT_OUTCOMES).alias("outcome"),
    )


def _cover(books: Books) -> pl.DataFrame:
    cover = frame(books.cover).filter((pl.col("recorded") <= books.clock.end) & (pl.col("ends") >= books.clock.start))
    insured = pl.col("kind") == 0
    width = len(str(len(books.ids)))
    return (
        cover.with_columns(number=pl.col("customer") + 1, provider=pl.col("customer") % len(INSURERS))
        .select(
            (pl.lit("V") + pl.col("number").cast(pl.String).str.zfill(width)).alias("cover_id"),
            named("customer", books.ids).alias("customer_id"),
            pl.when(insured).then(named("provider", INSURERS)).otherwise(pl.lit("Invented Bank")).alias("provider"),
            named("kind", COVER_KINDS).alias("kind"),
            money("cents").alias("limit"),
            pl.when(insured).then(0.9).otherwise(1.0).alias("insured_share"),
            pl.when(insured).then(500.0).otherwise(0.0).alias("deductible"),
            pl.when(insured).then(90).alias("max_terms_days"),
            pl.when(insured).then(60).alias("stop_shipment_dpd"),
            pl.when(insured).then(90).alias("report_overdue_dpd"),
            date("begins").alias("valid_from"),
            date("ends").alias("valid_to"),
            date("recorded").alias("recorded_at"),
            currency_of(books),
        )
        .sort("cover_id", "valid_from", "recorded_at")
    )


def _credit_events(books: Books) -> pl.DataFrame:
    events = frame(books.credit_events).filter(pl.col("recorded").is_between(books.clock.start, books.clock.end))
    return events.select(
        named("customer", books.ids).alias("customer_id"),
        date("day").alias("date"),
        named("kind", CREDIT_EVENT_KINDS).alias("kind"),
        money("cents").alias("amount"),
        date("recorded").alias("recorded_at"),
        currency_of(books),
    ).sort("customer_id", "date", "kind", "amount")


def _facts(books: Books) -> pl.DataFrame:
    return books.facts.select(
        named("customer", books.ids).alias("customer_id"),
        "measure",
        date("period_start").alias("period_start"),
        date("period_end").alias("period_end"),
        "value",
        currency_of(books).alias("unit"),
        date("known_at").alias("known_at"),
        pl.lit(SOURCE).alias("source"),
    ).sort("customer_id", "measure", "period_end")


def _events(books: Books) -> pl.DataFrame:
    start, end = books.clock.start, books.clock.end
    return (
        books.events.filter(pl.col("known_at").is_between(start, end))
        .select(
            named("customer", books.ids).alias("customer_id"),
            "kind",
            date("happened_on").alias("happened_on"),
            date("known_at").alias("known_at"),
            pl.lit(SOURCE).alias("source"),
            "text",
        )
        .sort("customer_id", "happened_on", "kind", "known_at")
    )


def _market(books: Books) -> pl.DataFrame:
    return books.market.select(
        "series",
        named("industry", INDUSTRIES).alias("industry"),
        date("period_end").alias("period_end"),
        "value",
        date("known_at").alias("known_at"),
        pl.lit(OFFICE).alias("source"),
    ).sort("series", "industry", "period_end", "known_at", nulls_last=False)


def _rates(books: Books) -> pl.DataFrame:
    """Return month-end rates, those before the start included: opening items carry older dates."""
    ends = books.clock.month_ends
    return pl.concat(
        pl.DataFrame({"currency": [code] * len(ends), "day": ends, "rate": books.rates[k]}).select(
            "currency", date("day").alias("date"), "rate"
        )
        for k, code in enumerate(currencies_of(books.currency))
        if k > 0
    )
