"""The digest's events: promises kept and broken, disputes, new risk, contacts and appointments."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.decisions.recorded_rows import entry_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.ledger.visibility import visible_from
from credrisk.reports.digest_part import ROWS_SHOWN, DigestPart, Window, named
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.style import short_money, whole_figure
from credrisk.wording import counted

__all__ = ["appointments_part", "contacts_part", "disputes_part", "promises_part", "risk_part"]

MARKS = (30, 60, 90)
"""Days past due that an account passes."""
EVENT_WORDS = {
    "insolvency": "insolvent",
    "placement": "with an agency",
    "legal_action": "in court",
    "write_off_decision": "to be written off",
    "recovery": "money recovered",
}


def promises_part(ledger: Ledger, window: Window, *, grace_days: int) -> DigestPart:
    """Return the promises that became kept, kept in part or broken within the window; ``ledger`` is cut at its day.

    Judged as ``credrisk promises`` judges them: every payment counts for one promise.
    """
    now, before = (
        promise_ledger(ledger, as_of=day, grace_days=grace_days, output="polars") for day in (window.day, window.since)
    )
    earlier = before.select("promise_id", earlier="state")
    changed = now.join(earlier, on="promise_id", how="left").filter(
        pl.col("state").is_in(["kept", "partly_kept", "broken"])
        & (pl.col("earlier").is_null() | (pl.col("earlier") != pl.col("state")))
    )
    changed = changed.sort("state", "promised", "promise_id", descending=[False, True, False], nulls_last=True)
    kept, partly, broken = (changed.filter(pl.col("state") == state) for state in ("kept", "partly_kept", "broken"))
    code, names = ledger.settings.currency, named(ledger)
    rows = tuple(
        (
            "kept in part" if row["state"] == "partly_kept" else row["state"],
            names[row["customer_id"]],
            row["document_id"] or "on account",
            row["due_on"].isoformat(),
            "any" if row["promised"] is None else whole_figure(row["promised"]),
        )
        for row in changed.head(ROWS_SHOWN).iter_rows(named=True)
    )
    finding = (
        f"{counted(kept.height, 'promise')} kept ({_sum(kept, 'promised', code)}), "
        + (f"{partly.height:,} in part ({_sum(partly, 'promised', code)}), " if partly.height else "")
        + f"{broken.height:,} broken ({_sum(broken, 'promised', code)})."
        if changed.height
        else "No promise was kept or broken."
    )
    title = _shown("Promises kept and broken", len(rows), changed.height, code)
    table = ShortTable(title, ("State", "Customer", "Document", "Promised for", "Amount"), rows, (4,)) if rows else None
    value = f"{kept.height:,} / {broken.height:,}"
    return DigestPart("Promises", "Kept / broken", value, finding, table, alarm=broken.height + partly.height > 0)


def disputes_part(ledger: Ledger, window: Window) -> DigestPart:
    """Return the disputes that became known within the window, and how many were resolved."""
    owner = ledger.table("documents").select("document_id", "customer_id", whole="amount")
    known = (
        ledger.table("disputes").with_columns(seen=visible_from("disputes")).join(owner, on="document_id", how="left")
    )
    new = known.filter(window.holds("seen")).with_columns(amount=pl.coalesce("amount", "whole"))
    new = in_ledger_currency(new, ["amount"], ledger, window.day).sort("amount", "dispute_id", descending=[True, False])
    resolved = known.filter(window.holds("resolved_on"))
    code, names = ledger.settings.currency, named(ledger)
    rows = tuple(
        (
            names.get(row["customer_id"], row["customer_id"] or ""),
            row["document_id"],
            whole_figure(row["amount"]),
            (row["cause"] or row["reason"] or "").replace("_", " "),
            row["owner"] or "nobody",
        )
        for row in new.head(ROWS_SHOWN).iter_rows(named=True)
    )
    won = resolved.filter(pl.col("outcome") == "invalid").height
    finding = (
        f"{counted(new.height, 'new dispute')} ({_sum(new, 'amount', code)}); "
        f"{resolved.height:,} resolved, {won:,} of them invalid."
    )
    title = _shown("New disputes", len(rows), new.height, code)
    headings = ("Customer", "Document", "Amount", "Cause", "Owner")
    table = ShortTable(title, headings, rows, (2,)) if rows else None
    return DigestPart("Disputes", "New disputes", f"{new.height:,}", finding, table)


def risk_part(ledger: Ledger, window: Window) -> DigestPart:
    """Return the events of loss that became known, and the accounts that passed 30, 60 or 90 days past due."""
    code, names = ledger.settings.currency, named(ledger)
    known = ledger.table("credit_events").with_columns(seen=visible_from("credit_events")).filter(window.holds("seen"))
    known = in_ledger_currency(known, ["amount"], ledger, window.day).sort("kind", "customer_id", "date")
    events = [
        (
            names[row["customer_id"]],
            EVENT_WORDS.get(row["kind"], row["kind"]),
            row["date"].isoformat(),
            "" if row["amount"] is None else whole_figure(row["amount"]),
        )
        for row in known.iter_rows(named=True)
    ]
    passed = _passed(ledger, window)
    aged = [
        (
            names[row["customer_id"]],
            f"past {row['mark']} days",
            row["due_date"].isoformat(),
            whole_figure(row["amount"]),
        )
        for row in passed.iter_rows(named=True)
    ]
    rows = tuple((*events, *aged)[:ROWS_SHOWN])
    bad = sum(1 for kind in known["kind"] if kind != "recovery")
    finding = (
        f"{counted(bad, 'event')} of loss became known; {counted(passed.height, 'account')} passed 30, 60 or 90 days "
        f"past due with {_sum(passed, 'amount', code)}."
    )
    title = _shown("New risk", len(rows), len(events) + len(aged), code)
    headings = ("Customer", "What", "On, or due", "Amount")
    table = ShortTable(title, headings, rows, (3,)) if rows else None
    return DigestPart("New risk", "New risk", f"{bad + passed.height:,}", finding, table, alarm=bad > 0)


def contacts_part(ledger: Ledger, window: Window) -> DigestPart:
    """Return the contacts that were entered within the window, by collector, and what of the lists was done."""
    made = ledger.table("contacts").with_columns(seen=visible_from("contacts")).filter(window.holds("seen"))
    reached = (pl.col("outcome") != "no_answer").fill_null(True)
    by = (
        made.group_by(who=pl.col("collector").fill_null("not stated"))
        .agg(
            attempts=pl.len(),
            reached=reached.sum(),
            right=pl.col("right_party").fill_null(False).sum(),
            promises=(pl.col("outcome") == "promise").fill_null(False).sum(),
            minutes=pl.col("minutes").sum(),
            timed=pl.col("minutes").count(),
        )
        .sort("attempts", "who", descending=[True, False])
    )
    rows = tuple(
        (
            row["who"],
            *(f"{row[name]:,}" for name in ("attempts", "reached", "right", "promises")),
            f"{row['minutes']:,.0f}" if row["timed"] else "",
        )
        for row in by.head(ROWS_SHOWN).iter_rows(named=True)
    )
    offered = ledger.table("queue_log").filter(window.holds("date") & (pl.col("action") != "none"))
    done = offered["done"].fill_null(False).sum()
    of_list = f" Of {offered.height:,} offered on the list {done:,} were noted as done." if offered.height else ""
    if made.is_empty() and not ledger.has("contacts"):
        finding = f"There are no contacts in the ledger or the log.{of_list}"
    else:
        finding = f"{counted(made.height, 'contact')} made, {made.filter(reached).height:,} reached somebody.{of_list}"
    headings = ("Collector", "Attempts", "Reached", "Right party", "Promises", "Minutes")
    table = ShortTable("Contacts by collector", headings, rows, (1, 2, 3, 4, 5)) if rows else None
    return DigestPart("Contacts", "Contacts made", f"{made.height:,}", finding, table)


def appointments_part(entries: Sequence[Entry], ledger: Ledger, window: Window) -> DigestPart | None:
    """Return whom the collectors said they would come back to on the day after; None where nobody did."""
    names = named(ledger)
    wanted = [
        entry
        for entry in entries
        if entry_day(entry) <= window.day and (entry.content.get("next_on") or "") == _after(window)
    ]
    if not wanted:
        return None
    rows = tuple(
        (names.get(str(entry.customer_id), str(entry.customer_id)), entry.author, str(entry.content.get("note") or ""))
        for entry in wanted[:ROWS_SHOWN]
    )
    finding = f"{counted(len(wanted), 'customer')} to be contacted again, as agreed."
    table = ShortTable("Appointments of the next day", ("Customer", "By", "Note"), rows, ())
    return DigestPart("Appointments", "Appointments", f"{len(wanted):,}", finding, table)


def _after(window: Window) -> str:
    return window.day.fromordinal(window.day.toordinal() + 1).isoformat()


def _passed(ledger: Ledger, window: Window) -> pl.DataFrame:
    """Return the accounts whose oldest debit item passed a mark within the window, with what is open of such items."""
    items = open_items(ledger, item_movements(ledger)).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("residual") > 0)
    )
    age = (pl.lit(window.day) - pl.col("due_date")).dt.total_days()
    marks = pl.coalesce(
        pl.when((age > mark) & (age - window.days <= mark)).then(pl.lit(mark)) for mark in reversed(MARKS)
    )
    crossed = items.with_columns(mark=marks, amount=pl.col("residual")).drop_nulls("mark")
    return (
        in_ledger_currency(crossed, ["amount"], ledger, window.day)
        .group_by("customer_id", "mark")
        .agg(pl.col("due_date").min(), pl.col("amount").sort().sum())
        .sort("mark", "amount", "customer_id", descending=[True, True, False])
    )


def _sum(rows: pl.DataFrame, column: str, code: str) -> str:
    return short_money(float(rows[column].fill_null(0.0).sum()), code)


def _shown(title: str, shown: int, there: int, code: str) -> str:
    return f"{title} ({shown} of {there:,}; {code})" if there > shown else f"{title} ({code})"
