"""What an audit finds without a person: touched too late, promises not written down, notes and entries missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from credrisk.decisions.collectable import collectable, in_ledger_currency
from credrisk.decisions.collection_entries_authority import may_decide
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_state import promise_summary
from credrisk.decisions.recorded_rows import entry_day
from credrisk.decisions.team_contacts import period_contacts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.movements import item_movements

__all__ = ["CHECKS", "account_checks"]

CHECKS = {
    "no_touch": "past due for {days} days or more and no attempt within the last {days} days",
    "promise_not_recorded": "a contact ended in a promise, and no promise with a date is on file",
    "note_missing": "somebody was reached and no note was written",
    "write_off_not_logged": "written off in the period without an entry in the decision log",
    "authority_breach": "decided by a role whose authority does not reach the amount",
}
"""What each check looks for; the days are those of :func:`account_checks`."""

NO_TOUCH_DAYS = 14
PROMISE_DAYS = 3
"""Days after a contact within which its promise must be on file."""
DECIDED = {"write_off": "write_off", "credit_note": "credit_note", "plan": "payment_plan", "settlement": "settlement"}
"""Kinds of the log's entries and the action of the authority matrix that they are."""


def account_checks(
    ledger: Ledger,
    owners: pl.DataFrame,
    *,
    start: date,
    end: date,
    policy: Policy,
    entries: Iterable[Entry] | None = None,
    no_touch_days: int = NO_TOUCH_DAYS,
) -> pl.DataFrame:
    """Check every account with something past due, or with work on it in the period.

    Parameters
    ----------
    ledger
        Cut at ``end``.
    owners
        ``customer_id, collector``.
    start, end
        The last day before the period, and its last day.
    policy
        Its authority matrix, its days of grace and its share of a dispute that holds an account.
    entries
        Of the decision log; None: there is none, and what needs it is null.
    no_touch_days
        Days without an attempt after which an account counts as not touched.

    Returns
    -------
    polars.DataFrame
        ``customer_id, collector, past_due`` (major units of the ledger's currency), one flag for each of
        :data:`CHECKS` (null: the ledger or the log lacks what it needs), ``faults`` (how many are true) and ``risk``:
        past due x (1 + faults), or 1 x (1 + faults) where nothing is past due. By customer.

        An account held by an open promise, or by a dispute of nearly all of it, need not be touched. A promise made by
        telephone must be on file within three days. An entry of the log states the role that decided in its payload
        (``role``), else nothing can be said of it.
    """
    movements = item_movements(ledger)
    rules = policy.collection
    owed = collectable(ledger, end, movements=movements, due_soon_days=0)
    promised = promise_summary(
        ledger,
        end,
        movements=movements,
        grace_days=rules.promise_grace_days,
        account_days=rules.broken_promise_account_days,
    ).select("customer_id", "open_promise_until")
    contacts = period_contacts(ledger, owners, start=start, end=end)
    last = ledger.table("contacts").group_by("customer_id").agg(last_on=pl.col("date").max())
    known = None if entries is None else [entry for entry in entries if entry_day(entry) <= end]
    late = (pl.lit(end) - pl.col("oldest_due_on")).dt.total_days() >= no_touch_days
    untouched = pl.col("last_on").is_null() | (pl.col("last_on") <= end - timedelta(days=no_touch_days))
    held = pl.col("open_promise_until").is_not_null() | (
        pl.col("disputed") >= rules.dispute_hold_share * pl.col("past_due")
    )
    flags = [
        _missing_promises(contacts, ledger),
        _missing_notes(contacts),
        _write_offs(ledger, movements, start, end, known),
        _breaches(ledger, known, policy, start, end),
    ]
    checked = [owed.filter(pl.col("past_due") > 0), contacts, *flags]
    base = pl.concat([frame.select("customer_id") for frame in checked]).unique().sort("customer_id")
    rows = (
        base.join(owners, on="customer_id", how="left")
        .join(owed.select("customer_id", "past_due", "disputed", "oldest_due_on"), on="customer_id", how="left")
        .join(promised, on="customer_id", how="left")
        .join(last, on="customer_id", how="left")
        .with_columns(pl.col("past_due", "disputed").fill_null(0.0))
        .with_columns(no_touch=((pl.col("past_due") > 0) & late & untouched & ~held).fill_null(False))
    )
    if not ledger.has("contacts"):
        rows = rows.with_columns(no_touch=pl.lit(None, pl.Boolean))
    for found in flags:
        name = found.columns[1]
        measured = found[name].dtype == pl.Boolean
        rows = rows.join(found, on="customer_id", how="left")
        rows = rows.with_columns(pl.col(name).fill_null(False) if measured else pl.lit(None, pl.Boolean).alias(name))
    faults = pl.sum_horizontal(pl.col(name).fill_null(False).cast(pl.Int64) for name in CHECKS)
    stake = pl.when(pl.col("past_due") > 0).then("past_due").otherwise(1.0)
    return (
        rows.with_columns(faults=faults)
        .with_columns(risk=stake * (1 + pl.col("faults")))
        .select("customer_id", "collector", "past_due", *CHECKS, "faults", "risk")
        .sort("customer_id")
    )


def _missing_promises(contacts: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    name = "promise_not_recorded"
    if not ledger.has("contacts") or not ledger.has("promises"):
        return _not_measured(name)
    said = contacts.filter(pl.col("outcome") == "promise").select("customer_id", "contact_id", "date")
    made = ledger.table("promises").select("customer_id", "made_on")
    days = (pl.col("made_on") - pl.col("date")).dt.total_days()
    on_file = said.join(made, on="customer_id", how="inner").filter(days.is_between(0, PROMISE_DAYS))
    # Of a promise of the last days the row may still come.
    due = pl.col("date") <= ledger.settings.covers_to - timedelta(days=PROMISE_DAYS)
    missing = said.join(on_file, on="contact_id", how="anti").filter(due)
    return missing.select("customer_id").unique().with_columns(pl.lit(True).alias(name))


def _missing_notes(contacts: pl.DataFrame) -> pl.DataFrame:
    name = "note_missing"
    if not contacts["noted"].is_not_null().any():
        return _not_measured(name)
    missing = contacts.filter(pl.col("reached") & ~pl.col("noted"))
    return missing.select("customer_id").unique().with_columns(pl.lit(True).alias(name))


def _write_offs(
    ledger: Ledger, movements: pl.DataFrame, start: date, end: date, entries: list[Entry] | None
) -> pl.DataFrame:
    """Flag the customers whose write-offs of the period exceed what the log knows to be decided."""
    name = "write_off_not_logged"
    if entries is None:
        return _not_measured(name)
    lost = movements.filter((pl.col("kind") == "write_off") & (pl.col("date") > start) & (pl.col("date") <= end))
    sums = lost.group_by("customer_id", "currency").agg(lost=-pl.col("amount").sum())
    written = in_ledger_currency(sums, ["lost"], ledger, end).group_by("customer_id").agg(pl.col("lost").sum())
    decided = _decisions([entry for entry in entries if entry.kind == "write_off"], ledger, end)
    decided = decided.group_by("customer_id").agg(decided=pl.col("amount").sum())
    beyond = pl.col("lost") > pl.col("decided").fill_null(0.0) + 0.005
    missing = written.join(decided, on="customer_id", how="left").filter((pl.col("lost") > 0) & beyond)
    return missing.select("customer_id").with_columns(pl.lit(True).alias(name))


def _breaches(ledger: Ledger, entries: list[Entry] | None, policy: Policy, start: date, end: date) -> pl.DataFrame:
    """Flag the customers about whom a role decided in the period that may not, by the policy of today."""
    name = "authority_breach"
    if entries is None:
        return _not_measured(name)
    made = [entry for entry in entries if entry.kind in DECIDED and entry_day(entry) > start]
    made = [entry for entry in made if entry.content.get("role")]
    amounts = dict(_decisions(made, ledger, end).select("number", "amount").iter_rows())
    found = set()
    for entry in made:
        grade = entry.content.get("grade")
        allowed = may_decide(
            policy,
            role=entry.content["role"],
            action=DECIDED[entry.kind],
            amount=amounts.get(entry.number, 0.0),
            grade=grade if grade in policy.grade_names else None,
        )
        if not allowed:
            found.add(entry.customer_id)
    ids = sorted(customer for customer in found if customer)
    return pl.DataFrame({"customer_id": ids}, schema={"customer_id": pl.String}).with_columns(pl.lit(True).alias(name))


def _decisions(entries: list[Entry], ledger: Ledger, end: date) -> pl.DataFrame:
    """Return ``number, customer_id, amount`` of what was decided, in major units of the ledger's currency."""
    rows = []
    for entry in entries:
        currency = entry.content.get("currency") or ledger.settings.currency
        amount = abs(float(entry.content.get("amount") or 0.0))
        rows.append((entry.number, entry.customer_id, currency, round(amount * minor_factor(currency))))
    schema = {"number": pl.Int64, "customer_id": pl.String, "currency": pl.String, "amount": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return in_ledger_currency(frame, ["amount"], ledger, end).drop("currency")


def _not_measured(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema={"customer_id": pl.String, name: pl.Null})
