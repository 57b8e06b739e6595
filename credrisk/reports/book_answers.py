"""The question that each section of the pack asks, and its answer in one sentence with its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.reports.answers import answers
from credrisk.reports.book import Book
from credrisk.reports.buckets import bucket_heading, buckets_among
from credrisk.reports.headline import owing_and_credited
from credrisk.reports.limit_changes import limits_to_change
from credrisk.reports.months import month_in_words, year_before
from credrisk.reports.provision_pack import STANDARDS
from credrisk.reports.quality import tie_out
from credrisk.reports.style import short_money
from credrisk.reports.totals import has_values, total
from credrisk.reports.worklist import to_contact
from credrisk.wording import counted, percent

__all__ = ["QUESTIONS", "Question", "asked"]


@dataclass(frozen=True)
class Question:
    """A section of the pack: its name in the navigation, what it asks, and its answer."""

    key: str
    name: str
    question: str
    answer: str = ""


QUESTIONS = (
    Question("overview", "Overview", "How do our receivables stand, and what needs a decision?"),
    Question("ageing", "Ageing", "What is open, how old is it, and who owes the old part?"),
    Question("collections", "Collections performance", "Do we collect faster or slower, and what is our own doing?"),
    Question("risk", "Risk", "Who is likely to become a bad debt, and how far can that be relied on?"),
    Question("limits", "Limits", "Which credit limits should change, and what sets them?"),
    Question("queue", "Queue", "Whom to contact today, and what is it worth?"),
    Question("cases", "Promises and disputes", "Which promises broke, and what is in dispute?"),
    Question("provision", "Provision", "How much has to be set aside for losses?"),
    Question("customers", "Customers", "How does one customer stand, or a group of them?"),
    Question("quality", "Data quality", "Can these figures be relied on?"),
    Question("method", "Method", "How was this measured, and what do the words mean?"),
)


def asked(book: Book) -> tuple[Question, ...]:
    """Return the sections in order, each with its answer; "" nowhere: what was not measured says so."""
    said: Mapping[str, Callable[[Book], str]] = {
        "overview": _overview,
        "ageing": _ageing,
        "collections": _collections,
        "risk": _risk,
        "limits": _limits,
        "queue": _queue,
        "cases": _cases,
        "provision": _provision,
        "customers": _customers,
        "quality": _quality,
        "method": _method,
    }
    return tuple(Question(part.key, part.name, part.question, said[part.key](book)) for part in QUESTIONS)


def _overview(book: Book) -> str:
    open_balance = total(book.ageing, "open_balance")
    owing, credited = owing_and_credited(book.ageing)
    owed = f"{counted(owing, 'customer')} {'owes' if owing == 1 else 'owe'} {short_money(open_balance, book.currency)}"
    if credited:
        owed += f", credits of {credited:,} more deducted"
    parts = [owed]
    late = _late(book)
    if late is not None:
        parts.append(f"{percent(late[1], 1)} of the open debit items past due")
    if has_values(book.scores, "expected_loss"):
        parts.append(f"{short_money(total(book.scores, 'expected_loss'), book.currency)} expected to be lost in a year")
    to_do = []
    if "action" in book.limits.columns:
        to_do.append(f"{counted(limits_to_change(book.limits).height, 'limit')} to change")
    if "rank" in book.queue.columns:
        to_do.append(f"{counted(to_contact(book.queue, book.capacity).height, 'customer')} to contact today")
    return ", ".join(parts) + (f"; {' and '.join(to_do)}." if to_do else ".")


def _late(book: Book) -> tuple[float, float] | None:
    """Return what is past due and its share of the open debit items."""
    buckets = buckets_among(book.ageing.columns)
    debits = sum(total(book.ageing, name) for name in buckets)
    if debits <= 0:
        return None
    late = debits - total(book.ageing, "not_due")
    return late, late / debits


def _ageing(book: Book) -> str:
    late = _late(book)
    if late is None:
        return "No debit item is open."
    buckets = buckets_among(book.ageing.columns)
    oldest = total(book.ageing, buckets[-1])
    said = f"{short_money(late[0], book.currency)} ({percent(late[1], 1)}) is past due"
    said += f", {short_money(oldest, book.currency)} of it {bucket_heading(buckets[-1]).lower()}"
    if has_values(book.history, "share_past_due") and book.history.height > 1:
        ordered = book.history.sort("as_of")
        months, shares = ordered["as_of"].to_list(), ordered["share_past_due"].to_list()
        then = year_before(months)
        if shares[then] is not None and then < len(months) - 1:
            change = 100 * (late[1] - shares[then])
            moved = "unchanged" if abs(change) < 0.05 else f"{abs(change):.1f} points {'up' if change > 0 else 'down'}"
            said += f"; {moved} since {month_in_words(months[then])}"
    if "past_due" in book.ageing.columns and late[0] > 0:
        owed = book.ageing.sort("past_due", descending=True)["past_due"].fill_null(0.0)
        half = int((owed.cum_sum() < late[0] / 2).sum()) + 1
        said += f". Half of what is past due is owed by {counted(half, 'customer')}"
    return f"{said}."


def _collections(book: Book) -> str:
    ordered = book.dso.sort("as_of") if book.dso.width else book.dso
    if not has_values(ordered, "dso_3m"):
        return f"Not measured: {book.missing.get('dso', 'no month-end with invoicing')}."
    months, days = ordered["as_of"].to_list(), ordered["dso_3m"].to_list()
    last = ordered.row(-1, named=True)
    if days[-1] is None:
        return f"Not measured: {last.get('reason') or 'there was no invoicing before the day'}."
    said = f"DSO over three months is {counted(round(days[-1]), 'day')}"
    then = year_before(months)
    if then < len(months) - 1 and days[then] is not None:
        change = int(f"{days[-1]:.0f}") - int(f"{days[then]:.0f}")
        moved = "as" if not change else f"{abs(change)} {'more' if change > 0 else 'fewer'} than"
        said += f", {moved} in {month_in_words(months[then])}"
    late = last["average_days_delinquent"]
    if late is not None:
        is_or_are = "is" if round(late) == 1 else "are"
        said += f"; {counted(round(late), 'day')} of it {is_or_are} late payment, the rest are terms"
    effectiveness = book.cei.sort("as_of").row(-1, named=True) if book.cei.width else {}
    if effectiveness.get("cei_cash") is not None:
        said += f". Of what could be collected in the last month, {percent(effectiveness['cei_cash'], 1)} came in cash"
        said += f" ({percent(effectiveness['cei'], 1)} with credit notes and write-offs)"
    return f"{said}."


def _risk(book: Book) -> str:
    return _without_link(answers(book)[0])


def _limits(book: Book) -> str:
    return _without_link(answers(book)[1])


def _queue(book: Book) -> str:
    return _without_link(answers(book)[2])


def _without_link(answer: Any) -> str:
    return f"{answer.sentence} {answer.explanation}".strip()


def _cases(book: Book) -> str:
    parts = []
    if "state" in book.promises.columns:
        open_ones = book.promises.filter(pl.col("state") == "open")
        broken = book.promises.filter(pl.col("still_unpaid").fill_null(False))
        parts.append(
            f"{counted(open_ones.height, 'promise')} of {short_money(total(open_ones, 'outstanding'), book.currency)} "
            f"{'is' if open_ones.height == 1 else 'are'} open, {broken.height:,} of "
            f"{short_money(total(broken, 'outstanding'), book.currency)} broken and still unpaid"
        )
    if "ended_on" in book.disputes.columns:
        running = book.disputes.filter(pl.col("ended_on").is_null())
        parts.append(
            f"{counted(running.height, 'dispute')} hold{'s' if running.height == 1 else ''} "
            f"{short_money(total(running, 'disputed'), book.currency)}"
        )
    missing = [book.missing[name] for name in ("promises", "disputes") if name in book.missing]
    said = f"{'; '.join(parts)}." if parts else ""
    return " ".join([said, *missing]).strip() or "No promise and no dispute is known."


def _provision(book: Book) -> str:
    if book.provision is None:
        return f"Not measured: {book.missing.get('provision', 'no provision was worked out')}".rstrip(".") + "."
    found, money = book.provision, book.currency
    said = f"{short_money(found.total, money)} of loss allowance under {STANDARDS[found.standard]}"
    if found.gross:
        said += f", {percent(found.total / found.gross, 2)} of {short_money(found.gross, money)} gross"
    return f"{said}; {short_money(found.low, money)} to {short_money(found.high, money)} at the ends of the loss rates."


def _customers(book: Book) -> str:
    owing = book.customers.filter(pl.col("net_balance") > 0) if book.customers.width else book.customers
    if not owing.height:
        return f"{counted(book.customers.height, 'customer')}, none of whom owes anything."
    net = total(owing, "net_balance")
    ten = total(owing.head(10), "net_balance")
    said = f"{counted(book.customers.height, 'customer')}, of whom {owing.height:,} owe "
    said += f"{short_money(net, book.currency)} after their unapplied cash"
    if owing.height > 10:
        said += f"; the ten largest owe {percent(ten / net)} of it"
    return f"{said}."


def _quality(book: Book) -> str:
    count = {
        name: book.findings.filter(pl.col("severity") == name).height if "severity" in book.findings.columns else 0
        for name in ("error", "warning", "note")
    }
    found = ", ".join(counted(number, name) for name, number in count.items() if number)
    tied = tie_out(book.intake)
    return f"{tied + ' ' if tied else ''}{'Found: ' + found + '.' if found else 'Nothing was found amiss.'}"


def _method(book: Book) -> str:
    version = book.settings.get("credrisk", "")
    policy = book.settings.get("Policy", "")
    return (
        f"Made by credrisk {version}{f' under policy {policy}' if policy else ''}; nothing known after the day is used."
    )
