"""What does the ledger show of each customer by a date? The oracle's reading of the books, and of nothing else.

Everything here comes from the ledger cut at the date: payments and their delays, items still open, orders, contacts.
The truth tables are never read. Days are whole numbers from 1 January 1970, months are counted from ``covers_from``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.simulate.clock import Clock, Flags, Floats, Ints

__all__ = ["Evidence", "Items", "read_evidence"]

CASH = ("payment", "offset")
OWN_METHODS = ("transfer", "direct_debit", "cheque")
NOT_SALES = ("credit_note", "late_fee")
PAID_SHARE = 0.9
"""A document counts as paid once this share of what is not credited is in: short payers keep back a few per cent."""
FEW_PAYMENTS = 4
"""Payments below which the payment run of a customer is not guessed."""
LONG_AGO = -1_000_000


@dataclass(frozen=True)
class Items:
    """Documents whose payment says something, sorted by customer: row of the customer, days, month of the due date.

    ``paid`` is the day of the payment, or the as-of date where ``unpaid``.
    """

    customer: Ints
    due: Ints
    month: Ints
    paid: Ints
    unpaid: Flags
    discount: Ints
    """1 the discount was taken, 0 it was let go, -1 the customer never takes one or it is too early to tell."""
    parts: Flags
    """Paid in two parts (or the first of two)."""
    money: Floats
    """Major units still open; 0 where paid."""


@dataclass(frozen=True)
class Evidence:
    """What the books show by ``as_of``, one place per customer asked for.

    Attributes
    ----------
    orders
        (customers, months): orders placed; -1 in months before the account was fully open.
    typical
        Mean log amount of an order in major units; NaN without orders.
    run
        Payment run: 0 any day, 1 weekly, 2 twice a month, 3 not known.
    last_life
        Last day on which the customer did something that a failed one does not: paid, or had a dispute opened or
        settled.
    last_order, last_bill, last_contact
        Last days of each, ``LONG_AGO`` where there is none.
    balance_end
        Day until which today's balance would last without failure, before the habit is added: the latest due date
        of what is open or ordered; ``LONG_AGO`` where nothing is open.
    quiet_since
        Last day with a balance, an invoice or an order, where nothing is open.
    open_money
        Major units of open debit items.
    silent_weeks
        (customers,) first and last day between which collectors would have asked every Monday; empty where first
        is after last.
    withdrawn
        Day from which the limit is nil; ``LONG_AGO`` where it is not.
    notice
        An insolvency notice is published.
    placed
        A placement with a collector was settled: the customer pays in the end.
    """

    ids: tuple[str, ...]
    as_of: int
    clock: Clock
    items: Items
    orders: Ints
    typical: Floats
    run: Ints
    last_life: Ints
    last_order: Ints
    last_bill: Ints
    last_contact: Ints
    balance_end: Ints
    quiet_since: Ints
    open_money: Floats
    silent_from: Ints
    withdrawn: Ints
    notice: Flags
    placed: Flags
    terms: Ints

    def __len__(self) -> int:
        return len(self.ids)


def read_evidence(ledger: Ledger, as_of: date, ids: tuple[str, ...]) -> Evidence:
    """Read the evidence on the customers ``ids`` from what the ledger could show at the end of ``as_of``.

    Raises
    ------
    ParameterError
        When ``as_of`` is not the last day of a month that the ledger covers.
    """
    settings = ledger.settings
    months = (as_of.year - settings.covers_from.year) * 12 + as_of.month - settings.covers_from.month + 1
    simulated = Clock.of(settings.covers_from, max(months, 1))
    clock = Clock(simulated.start, simulated.end, 0, simulated.month_starts[simulated.warm_up :])
    today = (as_of - date(1970, 1, 1)).days
    if months < 1 or today != clock.end or as_of > settings.covers_to:
        raise ParameterError("as_of", "the last day of a month that the ledger covers", as_of.isoformat())
    seen = ledger.cut(as_of)
    place = pl.DataFrame({"customer_id": ids, "customer": np.arange(len(ids))})
    documents = _documents(seen, place, today, clock.start)
    n = len(ids)
    opened = _opened(seen, place, n)
    orders = _table(seen, "orders", place, {"day": "order_date", "closed": "closed_on"}).with_columns(
        money=pl.col("amount") / pl.col("currency").replace_strict(_units(seen), return_dtype=pl.Float64)
    )
    counts = np.zeros((n, clock.months), dtype=np.int64)
    who, day = orders["customer"].to_numpy(), orders["day"].to_numpy()
    inside = day >= clock.start
    np.add.at(counts, (who[inside], clock.month_of(day[inside])), 1)
    counts[clock.month_starts[None, :-1] < np.maximum(opened, clock.start)[:, None]] = -1
    receipts = _table(seen, "receipts", place, {"day": "date"})
    own = receipts.filter(pl.col("method").is_in(OWN_METHODS) & (pl.col("amount") > 0))
    disputes = _disputes(seen, place)
    life = _latest(n, (own, "day"), (disputes, "opened"), (disputes, "resolved"))
    contacts = _table(seen, "contacts", place, {"day": "date"})
    bills = documents.filter(pl.col("sale"))
    still_open = documents.filter(pl.col("residual") > 0)
    pending = orders.filter(pl.col("closed").is_null() & (pl.col("day") > today - 60))
    terms = _terms(seen, place, n)
    coming = pending.with_columns(
        due=pl.col("day") + 9 + pl.Series(terms[pending["customer"].to_numpy()], dtype=pl.Int64)
    )
    last_contact, last_order = _latest(n, (contacts, "day")), _latest(n, (orders, "day"))
    events = _table(seen, "events", place, {"day": "happened_on"})
    file = _table(seen, "credit_events", place, {"day": "date"})
    return Evidence(
        ids=ids,
        as_of=today,
        clock=clock,
        items=_items(documents, clock, today),
        orders=counts,
        typical=_mean(n, orders["customer"].to_numpy(), orders["money"].log().to_numpy()),
        run=_runs(documents, n),
        last_life=life,
        last_order=last_order,
        last_bill=_latest(n, (bills, "day")),
        last_contact=last_contact,
        balance_end=_latest(n, (still_open, "due"), (coming, "due")),
        quiet_since=np.maximum(_latest(n, (documents, "closed"), (bills, "day")), last_order),
        open_money=_sum(n, still_open["customer"].to_numpy(), still_open["open_money"].to_numpy()),
        silent_from=_silent_from(documents, contacts, _table(seen, "promises", place, {"due": "due_on"}), n, today),
        withdrawn=_withdrawn(seen, place, n),
        notice=_flags(n, events.filter(pl.col("kind") == "insolvency_notice")),
        placed=_flags(n, file.filter(pl.col("kind") == "placement")),
        terms=terms,
    )


def _day(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Date).to_physical().cast(pl.Int64)


def _units(ledger: Ledger) -> dict[str, float]:
    codes = ledger.table("documents")["currency"].unique().drop_nulls().to_list()
    return {code: float(minor_factor(code)) for code in {*codes, ledger.settings.currency}}


def _table(ledger: Ledger, name: str, place: pl.DataFrame, days: dict[str, str]) -> pl.DataFrame:
    """Return a table of the customers asked for, with ``customer`` as their place and dates as day numbers."""
    rows = ledger.table(name).join(place, on="customer_id", how="inner", maintain_order="left")
    return rows.with_columns(_day(source).alias(new) for new, source in days.items())


def _documents(ledger: Ledger, place: pl.DataFrame, today: int, start: int) -> pl.DataFrame:
    """Return the documents with what became of them by now."""
    documents = _table(ledger, "documents", place, {"day": "document_date", "due": "due_date", "seen": "recorded_at"})
    paid_on = ledger.table("receipts").select(from_id="receipt_id", receipt_day=_day("date"))
    applied = ledger.table("applications").join(paid_on, on="from_id", how="left", maintain_order="left")
    applied = applied.select(
        "kind",
        "amount",
        document_id="to_document_id",
        when=pl.coalesce("receipt_day", _day("applied_on")),
        cash=pl.col("kind").is_in(CASH) & (pl.col("amount") > 0),
    )
    sums = applied.group_by("document_id").agg(
        pl.col("amount").sum().alias("applied"),
        pl.col("amount").filter(~pl.col("kind").is_in([*CASH, "reversal"])).sum().alias("credited"),
        (pl.col("kind") == "discount").any().alias("discounted"),
        (pl.col("kind") == "reversal").any().alias("reversed"),
        pl.col("when").max().alias("closed"),
    )
    documents = documents.join(sums, on="document_id", how="left", maintain_order="left").with_columns(
        pl.col("applied", "credited").fill_null(0), pl.col("discounted", "reversed").fill_null(False)
    )
    asked = documents.select("document_id", target=PAID_SHARE * (pl.col("amount") - pl.col("credited")), full="amount")
    steps = (
        applied.filter("cash")
        .group_by("document_id", "when")
        .agg(pl.col("amount").sum())
        .join(asked, on="document_id")
        .sort("document_id", "when")
        .with_columns(total=pl.col("amount").cum_sum().over("document_id"))
    )
    done = steps.group_by("document_id").agg(
        paid=pl.col("when").filter(pl.col("total") >= pl.col("target")).min(),
        first_share=(pl.col("amount") / pl.col("full")).first(),
    )
    about = ledger.table("disputes").filter(pl.col("reason") != "deduction").select("document_id").unique()
    free = _unapplied(ledger, place)
    units = pl.col("currency").replace_strict(_units(ledger), return_dtype=pl.Float64)
    return (
        documents.join(done, on="document_id", how="left", maintain_order="left")
        .join(about.with_columns(disputed=pl.lit(True)), on="document_id", how="left", maintain_order="left")
        .join(free, on="customer", how="left", maintain_order="left")
        .with_columns(
            sale=~pl.col("kind").is_in(NOT_SALES),
            residual=pl.col("amount") - pl.col("applied"),
            disputed=pl.col("disputed").fill_null(False),
            free=pl.col("free").fill_null(0),
        )
        .with_columns(
            open_money=pl.col("residual") / units,
            # Cash that lies unapplied may be this document's: it tells nothing.
            telling=pl.col("sale")
            & ~pl.col("disputed")
            & (pl.col("day") >= start)
            & (
                pl.col("paid").is_not_null()
                | (~pl.col("reversed") & (pl.col("residual") > 1.02 * pl.col("free")) & (pl.col("residual") > 0))
            ),
        )
        .sort("customer", "due", "document_id")
    )


def _unapplied(ledger: Ledger, place: pl.DataFrame) -> pl.DataFrame:
    """Return each customer's cash not yet applied (minor units, currencies added up: it only sets items aside)."""
    receipts = ledger.table("receipts").join(place, on="customer_id").select("customer", "receipt_id", "amount")
    used = (
        ledger.table("applications")
        .select("from_id", used=pl.coalesce("from_amount", "amount"))
        .group_by("from_id")
        .agg(pl.col("used").sum())
    )
    left = receipts.join(used, left_on="receipt_id", right_on="from_id", how="left")
    left = left.with_columns(free=pl.col("amount") - pl.col("used").fill_null(0)).filter(pl.col("free") > 0)
    return left.group_by("customer").agg(pl.col("free").sum())


def _items(documents: pl.DataFrame, clock: Clock, today: int) -> Items:
    rows = documents.filter("telling")
    takers = rows.filter("discounted")["customer"].unique().implode()
    decided = pl.col("paid").is_not_null() | (pl.col("day") + 16 < today)
    discount = pl.when(pl.col("customer").is_in(takers) & (pl.col("kind") == "invoice") & decided).then(
        pl.col("discounted").cast(pl.Int64)
    )
    due = rows["due"].to_numpy()
    return Items(
        customer=rows["customer"].to_numpy(),
        due=due,
        month=clock.month_of(due),
        paid=rows["paid"].fill_null(today).to_numpy(),
        unpaid=rows["paid"].is_null().to_numpy(),
        discount=rows.select(discount.fill_null(-1)).to_series().to_numpy(),
        parts=rows["first_share"].is_between(0.2, 0.75).fill_null(False).to_numpy(),
        money=rows.select(pl.when(pl.col("paid").is_null()).then("open_money").otherwise(0.0)).to_series().to_numpy(),
    )


def _runs(documents: pl.DataFrame, n: int) -> Ints:
    """Tell the payment run of each customer from the days of its punctual payments."""
    punctual = documents.filter(
        "telling", ~pl.col("discounted"), pl.col("paid").is_not_null(), pl.col("paid") - pl.col("due") <= 12
    )
    who, paid = punctual["customer"].to_numpy(), punctual["paid"].to_numpy()
    size = np.bincount(who, minlength=n)
    weekday = (paid + 3) % 7
    per_day = np.zeros((n, 7))
    np.add.at(per_day, (who, weekday), 1.0)
    month = paid.astype("datetime64[D]").astype("datetime64[M]")
    of_month = paid - month.astype("datetime64[D]").astype(np.int64) + 1
    # The 10th and the 25th, or the Monday after.
    late = np.where(weekday == 0, 2, 0)
    on_run = ((of_month >= 10) & (of_month <= 10 + late)) | ((of_month >= 25) & (of_month <= 25 + late))
    twice = np.bincount(who, weights=on_run, minlength=n)
    enough = size >= FEW_PAYMENTS
    share = np.maximum(size, 1)
    weekly = per_day.max(axis=1) / share > 0.75
    return np.where(~enough, 3, np.where(twice / share > 0.75, 2, np.where(weekly, 1, 0)))


def _silent_from(documents: pl.DataFrame, contacts: pl.DataFrame, promises: pl.DataFrame, n: int, today: int) -> Ints:
    """Return the day from which every Monday would have brought a contact, were the customer still asked."""
    late = documents.filter(
        "sale", ~pl.col("disputed"), ~pl.col("reversed"), pl.col("paid").is_null(),
        pl.col("residual") > 1.02 * pl.col("free"), pl.col("due") + 4 < today,
    )  # fmt: skip
    who = late["customer"].to_numpy()
    oldest, eligible = np.full((2, n), 10_000_000, dtype=np.int64)
    np.minimum.at(oldest, who, late["due"].to_numpy())
    np.minimum.at(eligible, who, np.maximum(late["due"].to_numpy() + 5, late["seen"].to_numpy()))
    last = _latest(n, (contacts, "day"))
    quiet = np.where(last - oldest > 45, 7, 14)
    promised = _latest(n, (promises, "due")) + 4
    return np.maximum(np.maximum(eligible, last + quiet), promised)


def _disputes(ledger: Ledger, place: pl.DataFrame) -> pl.DataFrame:
    owner = ledger.table("documents").select("document_id", "customer_id")
    rows = ledger.table("disputes").join(owner, on="document_id").join(place, on="customer_id")
    return rows.with_columns(opened=_day("opened_on"), resolved=_day("resolved_on"))


def _opened(ledger: Ledger, place: pl.DataFrame, n: int) -> Ints:
    rows = _table(ledger, "customers", place, {"day": "opened_on"})
    opened = np.full(n, LONG_AGO, dtype=np.int64)
    opened[rows["customer"].to_numpy()] = rows["day"].fill_null(LONG_AGO).to_numpy()
    return opened


def _history(ledger: Ledger, place: pl.DataFrame, attribute: str) -> pl.DataFrame:
    rows = _table(ledger, "customer_history", place, {"day": "valid_from"})
    return rows.filter(pl.col("attribute") == attribute).sort("customer", "day")


def _terms(ledger: Ledger, place: pl.DataFrame, n: int) -> Ints:
    rows = _history(ledger, place, "terms_days")
    terms = np.full(n, 30, dtype=np.int64)
    terms[rows["customer"].to_numpy()] = rows["value"].cast(pl.Int64).to_numpy()
    return terms


def _withdrawn(ledger: Ledger, place: pl.DataFrame, n: int) -> Ints:
    last = _history(ledger, place, "credit_limit").group_by("customer", maintain_order=True).last()
    nil = last.filter(pl.col("value").cast(pl.Float64) == 0)
    withdrawn = np.full(n, LONG_AGO, dtype=np.int64)
    withdrawn[nil["customer"].to_numpy()] = nil["day"].to_numpy()
    return withdrawn


def _latest(n: int, *sources: tuple[pl.DataFrame, str]) -> Ints:
    latest = np.full(n, LONG_AGO, dtype=np.int64)
    for rows, name in sources:
        known = rows.filter(pl.col(name).is_not_null())
        np.maximum.at(latest, known["customer"].to_numpy(), known[name].to_numpy())
    return latest


def _sum(n: int, who: Ints, value: Floats) -> Floats:
    return np.asarray(np.bincount(who, weights=value, minlength=n), dtype=np.float64)


def _mean(n: int, who: Ints, value: Floats) -> Floats:
    size = np.bincount(who, minlength=n)
    return np.where(size > 0, _sum(n, who, value) / np.maximum(size, 1), np.nan)


def _flags(n: int, rows: pl.DataFrame) -> Flags:
    flags = np.zeros(n, dtype=bool)
    flags[rows["customer"].to_numpy()] = True
    return flags
