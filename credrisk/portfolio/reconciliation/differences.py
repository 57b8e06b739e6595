"""What a control account may hold otherwise than the ledger: each difference with its name and its amount."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.intake import NOTHING_OWED
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.rates import Rates
from credrisk.ledger.tables import TABLES
from credrisk.portfolio.reconciliation.companies import documents_by_company, receipts_by_company
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.postings import net_balances, posting_lines

__all__ = ["NAMED", "late_entries", "named_differences", "translated"]

KEY = ("company", "currency")
POSTED = ("documents", "receipts", "applications")

NAMED = {
    "unapplied_cash_apart": "Unapplied cash stands on another account",
    "open_credits_apart": "Open credits stand on another account",
    "down_payments_apart": "Down payments asked for are not posted (noted items)",
    "late_fees_apart": "Fee notes stand on another account",
    "entered_later_documents": "Documents dated up to the day, entered after it",
    "entered_later_receipts": "Cash dated up to the day, entered after it",
    "entered_later_other": "Adjustments dated up to the day, entered after it",
    "posted_later": "Everything dated after the day (the account was drawn later)",
    "set_aside_documents": "Documents that were set aside on reading",
    "set_aside_receipts": "Cash that was set aside on reading",
    "applied_to_unseen": "Cash and credits applied to documents that the ledger does not hold",
    "translation": "Open items at the rates of their own days, not of this day",
}
"""Differences that can explain an account, in the order shown; each is what the account would hold more."""


def named_differences(day: Day) -> pl.DataFrame:
    """Return what the control account of each company and currency would hold more than the net balance, by cause.

    Returns
    -------
    polars.DataFrame
        ``company, currency, line, amount`` (Int64 minor units), without lines of 0. A cause is a possibility, not a
        statement: which of them apply to an account is told by the amounts alone.
    """
    items, cash = day.items, day.cash
    fees, down = (pl.col("document_kind") == kind for kind in ("late_fee", "down_payment"))
    debit = pl.col("amount") > 0
    lines = [
        _line("unapplied_cash_apart", cash, pl.col("amount")),
        _line("open_credits_apart", items.filter(~debit), -pl.col("amount")),
        _line("down_payments_apart", items.filter(debit & down), -pl.col("amount")),
        _line("late_fees_apart", items.filter(debit & fees), -pl.col("amount")),
        *_entered_later(day),
        *_set_aside(day.whole, day.as_of),
        _line(
            "applied_to_unseen",
            posting_lines(day.seen, held=day.whole).filter(pl.col("line") == "applied_to_unseen"),
            -pl.col("amount"),
        ),
    ]
    whole = pl.concat(lines).group_by(*KEY, "line").agg(pl.sum("amount"))
    return whole.filter(pl.col("amount") != 0).sort(*KEY, "line")


def late_entries(ledger: Ledger, *, as_of: date) -> dict[str, pl.DataFrame]:
    """Return the rows of documents, receipts and applications dated up to ``as_of`` and entered after it."""
    return {
        name: ledger.table(name).filter(pl.col(TABLES[name].event) <= as_of, pl.col("recorded_at") > as_of)
        for name in POSTED
    }


def translated(day: Day) -> pl.DataFrame | None:
    """Return per company what open items and unapplied cash come to at the rates of their own days, less as translated.

    Returns
    -------
    polars.DataFrame or None
        ``company, amount`` (Int64 minor units of the ledger's currency); None where a day has no rate.
    """
    rates, parts = Rates(day.seen), []
    try:
        for frame, dated, sign in ((day.items, "document_date", 1), (day.cash, "date", -1)):
            amounts, codes = frame["amount"].to_numpy(), frame["currency"].to_numpy()
            own = rates.translate_rows(amounts, codes, frame[dated].to_physical().to_numpy())
            now = pl.repeat(day.as_of, frame.height, dtype=pl.Date, eager=True).to_physical().to_numpy()
            change = pl.Series(own - rates.translate_rows(amounts, codes, now), dtype=pl.Float64).cast(pl.Int64)
            parts.append(frame.select("company", amount=sign * change))
    except DataError:
        return None
    return pl.concat(parts).group_by("company").agg(pl.sum("amount")).sort("company")


def _line(name: str, frame: pl.DataFrame, amount: pl.Expr) -> pl.DataFrame:
    return frame.select(*KEY, line=pl.lit(name), amount=amount)


def _entered_later(day: Day) -> list[pl.DataFrame]:
    """What the ledger holds by the dates of its rows alone, less what was known on the day."""
    ledger = day.whole
    posted = _as_posted(ledger)
    then = posted.cut(day.as_of)
    late = late_entries(ledger, as_of=day.as_of)
    ids = {"documents": "document_id", "receipts": "receipt_id"}
    rows = {
        name: frame.join(late[name].select(ids[name]), on=ids[name], how="semi")
        for name, frame in (("documents", documents_by_company(then)), ("receipts", receipts_by_company(then)))
    }
    documents = _line("entered_later_documents", rows["documents"], pl.col("amount"))
    receipts = _line("entered_later_receipts", rows["receipts"], -pl.col("amount"))
    known, by_date = net_balances(day.seen, held=ledger), net_balances(then, held=ledger)
    whole = _line("entered_later_other", by_date, pl.col("net_balance"))
    less = _line("entered_later_other", known, -pl.col("net_balance"))
    rest = [
        part.with_columns(line=pl.lit("entered_later_other"), amount=-pl.col("amount"))
        for part in (documents, receipts)
    ]
    at_the_end = _line("posted_later", net_balances(posted, held=ledger), pl.col("net_balance"))
    less_then = _line("posted_later", by_date, -pl.col("net_balance"))
    return [documents, receipts, whole, less, *rest, at_the_end, less_then]


def _as_posted(ledger: Ledger) -> Ledger:
    """Return the ledger as the books date it: every posting counts from its own date, whenever it was entered."""
    dated = {
        name: ledger.table(name).with_columns(recorded_at=TABLES[name].event) for name in POSTED if ledger.has(name)
    }
    return ledger.replace(tables={**ledger.tables, **dated})


def _set_aside(ledger: Ledger, as_of: date) -> list[pl.DataFrame]:
    """Rows in quarantine whose amount and currency could be read, but for copies and those that say a later day."""
    rows = ledger.quarantine
    if rows.is_empty():
        return []
    dates = [
        pl.col("content").str.json_path_match(f"$.{name}").str.to_date("%Y-%m-%d", strict=False)
        for name in ("document_date", "date")
    ]
    company = pl.col("content").str.json_path_match("$.seller_entity")
    factor = pl.col("currency").replace_strict({code: 10**e for code, e in EXPONENTS.items()}, default=None)
    read = rows.filter(
        pl.col("amount").is_not_null(),
        pl.col("currency").is_in(list(EXPONENTS)),
        ~pl.col("reason").is_in(NOTHING_OWED),
        ~(pl.coalesce(dates) > as_of).fill_null(False),
    ).with_columns(
        company=company.fill_null("").str.strip_chars(),
        amount=(pl.col("amount") * factor.cast(pl.Float64)).round().cast(pl.Int64),
    )
    cash = pl.col("table").is_in(["receipts", "payments"])
    return [
        _line("set_aside_documents", read.filter(pl.col("table") == "documents"), pl.col("amount")),
        _line("set_aside_receipts", read.filter(cash), -pl.col("amount")),
    ]
