"""Events of a kind that nobody knows are told, and the documentation lists those that are known."""

from __future__ import annotations

from pathlib import Path

from small_ledgers import ledger_of

from credrisk.ledger.event_kinds import FAMILIES, STATES

DOCS = Path(__file__).parents[2] / "docs"


def found(*kinds: str):
    days = {"happened_on": "2025-03-10", "known_at": "2025-03-10", "source": "register"}
    events = [{"customer_id": f"c{place}", "kind": kind} | days for place, kind in enumerate(kinds)]
    customers = [{"customer_id": f"c{place}"} for place in range(max(1, len(kinds)))]
    check = ledger_of(customers=customers, events=events).check()
    return [finding for finding in check.findings if finding.code == "kind_unknown"]


def test_kinds_of_families_and_states_are_known_however_they_are_written() -> None:
    assert found(*(kind for kinds in FAMILIES.values() for kind in kinds), *STATES) == []
    assert found("Winding-Up Order", "court judgment") == []


def test_other_kinds_are_named_with_their_customers() -> None:
    (warned,) = found("bankruptcy", "Insolvenzantrag", "Konkurs", "Konkurs")
    assert (warned.severity, warned.rows, warned.ids) == ("warning", 3, ("c1", "c2", "c3"))
    assert "Insolvenzantrag, Konkurs." in warned.message
    (many,) = found(*(f"kind {number}" for number in range(10)))
    assert "kind 7 and 2 more." in many.message


def test_the_documentation_lists_every_kind() -> None:
    text = (DOCS / "firmographics.md").read_text(encoding="utf-8")
    listed = text[text.index("## Kinds of events") : text.index("## What 0 means")]
    assert [kind for kinds in (*FAMILIES.values(), STATES) for kind in kinds if f"`{kind}`" not in listed] == []
