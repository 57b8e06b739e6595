"""The digest's control: what in the log needs a look, and who decided beyond the authority of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from credrisk.decisions.collection_entries_authority import may_decide
from credrisk.decisions.decision_chain import Entry, Verdict
from credrisk.decisions.policy import Policy
from credrisk.decisions.recorded_rows import entry_day
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import Ledger
from credrisk.reports.digest_part import ROWS_SHOWN, DigestPart, Window, named
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.style import whole_figure
from credrisk.wording import counted

__all__ = ["authority_part", "exceptions_part"]

ACTIONS = {
    "write_off": "write_off",
    "credit_note": "credit_note",
    "settlement": "settlement",
    "plan": "payment_plan",
}
"""Kinds of entries that need authority, and the action of the matrix."""
LATE_DAYS = 2
"""An entry about a day further back than this is one that was made late."""
EVENT_KEYS = ("date", "made_on", "opened_on")


def exceptions_part(
    entries: Sequence[Entry], found: Sequence[Finding], verdict: Verdict | None, window: Window
) -> DigestPart:
    """Return what needs a look: a damaged log, entries set aside or contradicting, late entries, overrides.

    Parameters
    ----------
    entries
        All of the log.
    found
        What holding them against the ledger found (:func:`~credrisk.decisions.recorded.with_recorded`).
    verdict
        Of the log's chain; None where there is no log.
    """
    rows: list[tuple[str, str]] = []
    if verdict is not None:
        rows += [("log", fault) for fault in verdict.faults]
    numbers = {f"log-{entry.number}-{entry.hash[:8]}" for entry in entries if _within(entry, window)}
    for finding in found:
        if numbers & set(finding.ids):
            rows.append((finding.table, f"{finding.message} ({', '.join(sorted(numbers & set(finding.ids)))})"))
    for entry in entries:
        if not _within(entry, window):
            continue
        late = _days_late(entry)
        if late > LATE_DAYS:
            rows.append(
                (entry.kind.replace("_", " "), f"entry {entry.number} by {entry.author} speaks of {late} days before")
            )
        if entry.kind == "override":
            said = entry.content.get("reason") or "no reason given"
            rows.append(("override", f"entry {entry.number} by {entry.author}: {said}"))
    table = ShortTable("Exceptions", ("Where", "What"), tuple(rows[:ROWS_SHOWN]), ()) if rows else None
    said = f"{counted(len(rows), 'exception')} to look at." if rows else "Nothing stands out."
    if verdict is None:
        said = "No decision log was given."
    return DigestPart("Exceptions", "Exceptions", f"{len(rows):,}", said, table, alarm=bool(rows))


def authority_part(entries: Sequence[Entry], ledger: Ledger, window: Window, *, policy: Policy) -> DigestPart:
    """Return the decisions of the window whose role the policy does not let take them.

    A decision that states no role, or one that the matrix lets nobody take, counts as one.
    """
    names = named(ledger)
    checked, breaches = 0, []
    for entry in entries:
        if not _within(entry, window):
            continue
        content = entry.content
        if entry.kind in ACTIONS:
            checked += 1
            why = _breach(entry, content, policy, ledger.settings.currency)
        elif entry.kind in ("limit", "override") and "approver" in content:
            checked += 1
            why = "nobody may, by the policy" if content["approver"] is None else ""
        else:
            continue
        if why:
            amount = content.get("amount", content.get("limit"))
            breaches.append(
                (
                    names.get(str(entry.customer_id), str(entry.customer_id or "")),
                    entry.kind.replace("_", " "),
                    "" if not isinstance(amount, (int, float)) else whole_figure(float(amount)),
                    entry.author,
                    f"entry {entry.number}: {why}",
                )
            )
    headings = ("Customer", "Decision", "Amount", "By", "Why")
    table = ShortTable("Beyond authority", headings, tuple(breaches[:ROWS_SHOWN]), (2,)) if breaches else None
    said = f"{counted(checked, 'decision')} checked against the policy, {len(breaches):,} beyond authority."
    return DigestPart("Authority", "Beyond authority", f"{len(breaches):,}", said, table, alarm=bool(breaches))


def _breach(entry: Entry, content: dict[str, Any], policy: Policy, currency: str) -> str:
    role, amount, grade = content.get("role"), content.get("amount"), content.get("grade")
    if not isinstance(role, str) or not role:
        return "no role is stated"
    if not isinstance(amount, (int, float)) or isinstance(amount, bool):
        return "no amount is stated"
    if content.get("currency", currency) != currency:
        return ""  # judged in the ledger's currency when it was entered; the rate of that day is not in the entry
    known = grade if grade in policy.grade_names else None
    if may_decide(policy, role=role, action=ACTIONS[entry.kind], amount=float(amount), grade=known):
        return ""
    return f"a {role} may not"


def _within(entry: Entry, window: Window) -> bool:
    return window.since < entry_day(entry) <= window.day


def _days_late(entry: Entry) -> int:
    if entry.kind not in ("contact", "promise", "dispute"):
        return 0
    content = entry.content
    text = next((content[name] for name in EVENT_KEYS if isinstance(content.get(name), str)), None)
    try:
        return (entry_day(entry) - date.fromisoformat(text)).days if text is not None else 0
    except ValueError:
        return 0
