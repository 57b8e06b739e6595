"""The tables beside documents and applications of a large ledger, in the volume that a seller of goods has them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from benchmarks.big_ledger import COUNTRIES, INDUSTRIES, Accounts, Part, Size
from credrisk.features.figures import AT_AN_INSTANT, OF_A_YEAR
from credrisk.features.market import SERIES

CUSTOMERS_A_PART = 200_000
PROMISED, DISPUTED, CHANGED, CONTACTED, ORDERED, LEFT_OVER = 0.03, 0.02, 0.01, 0.10, 0.5, 0.01
REPORTING, IN_NEWS, COVERED, FAILED, PARENT_OF = 0.10, 0.20, 0.20, 0.015, 20
CHANNELS, OUTCOMES = ("email", "letter", "call"), ("reached", "no_answer", "promise", "dispute")
KINDS = ("payment_judgment", "annual_report_late", "management_change", "accounts_filed", "news", "insolvency_notice")
CREDIT_EVENTS = ("insolvency", "placement", "legal_action", "write_off_decision")


def beside_documents(
    size: Size, accounts: Accounts, part: Part, number: int, first_receipt: int
) -> dict[str, pl.DataFrame]:
    """Return a part of the tables that follow the documents, applications with their receipts among them."""
    random, documents = size.random(2, number), part.documents
    first = number * 10_000_000

    def some(share: float) -> pl.DataFrame:
        chosen = documents.filter(pl.Series(random.random(documents.height) < share), pl.col("amount") > 0)
        return chosen.with_row_index("number", offset=first)

    def named(letter: str, frame: pl.DataFrame) -> pl.Series:
        return size.named(letter, frame["number"].to_numpy())

    promised, disputed, changed, contacted, ordered = map(some, (PROMISED, DISPUTED, CHANGED, CONTACTED, ORDERED))
    made = promised["due"].to_numpy() + random.integers(1, 40, promised.height)
    opened = disputed["recorded"].to_numpy() + random.integers(1, 40, disputed.height)
    resolved = opened + random.integers(5, 120, disputed.height)
    over = pl.Series((random.random(disputed.height) < 0.9) & (resolved < size.days))
    moved = changed["recorded"].to_numpy() + random.integers(1, 40, changed.height)
    called = contacted["due"].to_numpy() + random.integers(-5, 60, contacted.height)
    booked = ordered["issued"].to_numpy() - random.integers(1, 30, ordered.height)
    tables = {
        "promises": promised.select(
            "customer_id",
            "document_id",
            "amount",
            promise_id=named("P", promised),
            made_on=size.dates(made),
            due_on=size.dates(made + random.integers(1, 21, len(made))),
        ).filter(pl.Series(made < size.days)),
        "disputes": disputed.select(
            "document_id",
            dispute_id=named("Q", disputed),
            opened_on=size.dates(opened),
            amount=pl.Series((disputed["amount"].to_numpy() * random.uniform(0.1, 1.0, len(opened))).astype(np.int64)),
            reason=pl.lit("price"),
            resolved_on=pl.when(over).then(size.dates(resolved)),
            outcome=pl.when(over).then(pl.Series(("valid", "invalid")).gather(random.integers(0, 2, len(opened)))),
        ).filter(pl.Series(opened < size.days)),
        "document_changes": changed.select(
            "document_id",
            field=pl.lit("due_date"),
            value=(pl.col("due_date") + pl.duration(days=30)).cast(pl.String),
            changed_on=size.dates(moved),
            recorded_at=size.dates(moved),
        ).filter(pl.Series(moved < size.days)),
        "contacts": contacted.select(
            "customer_id",
            contact_id=named("K", contacted),
            date=size.dates(called),
            channel=pl.Series(CHANNELS).gather(random.integers(0, len(CHANNELS), len(called))),
            outcome=pl.Series(OUTCOMES).gather(random.integers(0, len(OUTCOMES), len(called))),
        ).filter(pl.Series((called >= 0) & (called < size.days))),
        "orders": ordered.select(
            "customer_id",
            "amount",
            order_id=named("O", ordered),
            order_date=size.dates(booked),
            closed_on=size.dates(ordered["recorded"].to_numpy()),
        ).filter(pl.Series(booked >= 0)),
    }
    return tables | _cash(size, accounts, part, random, first_receipt)


def _cash(
    size: Size, accounts: Accounts, part: Part, random: np.random.Generator, first_receipt: int
) -> dict[str, pl.DataFrame]:
    """Return receipts, one for all that a payer paid on a day, and the applications that come from them.

    Of the accounts with a parent one payment in five is the parent's. One receipt in a hundred leaves something over.
    """
    rows, ids = part.applied, part.documents["document_id"]
    owner = part.documents["customer"].gather(rows["to"]).to_numpy()
    payer = np.where(random.random(len(owner)) < 0.2, parents(owner), owner)
    posted = rows["day"].to_numpy() + random.integers(0, 4, rows.height)
    recorded = size.recorded(random, posted)
    rows = rows.with_columns(payer=payer, posted=posted, recorded=recorded).filter(pl.col("recorded") < size.days)
    cash = rows.filter(pl.col("source").is_null())
    receipts = cash.group_by("payer", "day").agg(pl.col("amount").sum()).sort("day", "payer")
    receipts = receipts.with_columns(receipt_id=size.named("R", first_receipt + np.arange(receipts.height)))
    came = receipts["day"].to_numpy()
    known = np.minimum(size.recorded(random, came), size.days - 1)
    left_over = np.where(random.random(len(came)) < LEFT_OVER, random.integers(100, 100_000, len(came)), 0)
    from_cash = cash.join(receipts.select("payer", "day", from_id="receipt_id"), on=["payer", "day"], how="left")
    notes = rows.filter(pl.col("source").is_not_null())
    notes = notes.with_columns(from_id=ids.gather(notes["source"]), from_kind=pl.lit("document"))
    applied = pl.concat(
        [from_cash.with_columns(from_kind=pl.lit("receipt")), notes.select(*from_cash.columns, "from_kind")]
    )
    posted, recorded = applied["posted"].to_numpy(), applied["recorded"].to_numpy()
    return {
        "receipts": receipts.select(
            "receipt_id",
            customer_id=accounts.ids.gather(receipts["payer"]),
            date=size.dates(came),
            amount=pl.col("amount") + pl.Series(left_over),
            method=pl.lit("transfer"),
            recorded_at=size.dates(known),
        ),
        "applications": applied.with_columns(
            to_document_id=ids.gather(applied["to"]), applied_on=size.dates(posted), recorded_at=size.dates(recorded)
        ).sort("applied_on", maintain_order=True),
    }


def parents(customer: np.ndarray) -> np.ndarray:
    """Return each customer's parent, itself where it has none: one in twenty belongs to the one before it."""
    return customer - (customer % PARENT_OF == 1)


def beside_customers(size: Size, accounts: Accounts) -> Iterator[dict[str, pl.DataFrame]]:
    """Yield the tables that follow the customers in parts; those of the market with the first."""
    for number, begin in enumerate(range(0, size.customers, CUSTOMERS_A_PART)):
        random = size.random(3, number)
        customer = np.arange(begin, min(begin + CUSTOMERS_A_PART, size.customers))
        tables = {
            "customer_history": _history(size, accounts, customer, random),
            "cover": _cover(size, accounts, customer, random),
            "credit_events": _credit_events(size, accounts, customer, random),
            "facts": _facts(size, accounts, customer, random),
            "events": _events(size, accounts, customer, random),
        }
        yield tables if number else tables | {"market": _market(size, random)}


def _history(size: Size, accounts: Accounts, customer: np.ndarray, random: np.random.Generator) -> pl.DataFrame:
    count, ids = len(customer), accounts.ids
    limits = np.rint(np.exp(random.normal(10.0, 1.0, count)) / 1000.0 + 1.0).astype(np.int64) * 1000
    again = np.flatnonzero(random.random(count) < 0.3)
    child = customer[parents(customer) != customer]
    start = np.minimum(accounts.opened[customer], 0)
    changed = random.integers(1, size.days, len(again)) if size.days > 1 else start[again]
    rows = [
        ("terms_days", customer, pl.Series(accounts.terms[customer]).cast(pl.String), start),
        ("credit_limit", customer, pl.Series(limits).cast(pl.String), start),
        ("credit_limit", customer[again], pl.Series(limits[again] * 2).cast(pl.String), changed),
        ("parent_id", child, ids.gather(parents(child)), random.integers(0, size.days, len(child))),
    ]
    frames = [
        pl.DataFrame({"customer_id": ids.gather(who), "value": value, "valid_from": size.dates(day)}).with_columns(
            attribute=pl.lit(attribute), recorded_at="valid_from"
        )
        for attribute, who, value, day in rows
    ]
    return pl.concat(frames)


def _cover(size: Size, accounts: Accounts, customer: np.ndarray, random: np.random.Generator) -> pl.DataFrame:
    covered = customer[random.random(len(customer)) < COVERED]
    start = random.integers(-365, size.days, len(covered))
    return pl.DataFrame(
        {
            "cover_id": size.named("V", covered),
            "customer_id": accounts.ids.gather(covered),
            "limit": random.integers(1, 100, len(covered)) * 500_000,
            "insured_share": random.choice([0.8, 0.9, 0.95], len(covered)),
            "valid_from": size.dates(start),
            "valid_to": size.dates(start + 730),
            "recorded_at": size.dates(start),
        }
    ).with_columns(kind=pl.lit("insurance"), provider=pl.lit("insurer"))


def _credit_events(size: Size, accounts: Accounts, customer: np.ndarray, random: np.random.Generator) -> pl.DataFrame:
    failed = customer[random.random(len(customer)) < FAILED]
    day = size.dates(random.integers(0, size.days, len(failed)))
    return pl.DataFrame(
        {
            "customer_id": accounts.ids.gather(failed),
            "date": day,
            "kind": pl.Series(CREDIT_EVENTS).gather(random.integers(0, len(CREDIT_EVENTS), len(failed))),
            "recorded_at": day,
        }
    )


def _facts(size: Size, accounts: Accounts, customer: np.ndarray, random: np.random.Generator) -> pl.DataFrame:
    reporting, measures = customer[random.random(len(customer)) < REPORTING], (*OF_A_YEAR, *AT_AN_INSTANT)
    years = np.arange(size.first.year - 2, size.first.year + size.months // 12 + 1)
    who, year, what = (grid.ravel() for grid in np.meshgrid(reporting, years, np.arange(len(measures)), indexing="ij"))
    end = pl.Series((year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 364).cast(pl.Date)
    published = np.repeat(random.integers(60, 270, len(reporting) * len(years)), len(measures))
    frame = pl.DataFrame(
        {
            "customer_id": accounts.ids.gather(who),
            "measure": pl.Series(measures).gather(what),
            "period_end": end,
            "value": np.rint(np.exp(random.normal(14.0, 1.0, len(who)))),
            "published": published,
        }
    ).with_columns(known_at=pl.col("period_end") + pl.duration(days="published"))
    return frame.with_columns(unit=pl.lit("EUR"), source=pl.lit("register"))


def _events(size: Size, accounts: Accounts, customer: np.ndarray, random: np.random.Generator) -> pl.DataFrame:
    who = np.repeat(customer[random.random(len(customer)) < IN_NEWS], 5)
    happened = random.integers(0, size.days, len(who))
    return pl.DataFrame(
        {
            "customer_id": accounts.ids.gather(who),
            "kind": pl.Series(KINDS).gather(np.minimum(random.geometric(0.3, len(who)), len(KINDS)) - 1).reverse(),
            "happened_on": size.dates(happened),
            "known_at": size.dates(happened + random.integers(0, 30, len(who))),
            "url": pl.Series(np.arange(len(who)) + len(who) * int(customer[0])).cast(pl.String),
        }
    ).with_columns(source=pl.lit("register"))


def _market(size: Size, random: np.random.Generator) -> pl.DataFrame:
    places = pl.concat(
        [
            pl.DataFrame(
                {"country": COUNTRIES, "industry": [None] * len(COUNTRIES)}, schema_overrides={"industry": pl.String}
            ),
            pl.DataFrame({"country": [COUNTRIES[0]] * len(INDUSTRIES), "industry": INDUSTRIES}),
        ]
    )
    months = pl.DataFrame({"day": np.arange(-360, size.days, 30)})
    frame = places.join(pl.DataFrame({"series": SERIES}), how="cross").join(months, how="cross")
    return frame.with_columns(
        value=pl.Series(random.random(frame.height)),
        period_end=size.dates(frame["day"].to_numpy()),
        known_at=size.dates(frame["day"].to_numpy() + 45),
        source=pl.lit("office"),
    )
