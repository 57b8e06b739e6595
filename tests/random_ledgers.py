"""Random canonical ledgers with everything that is awkward in real ones.

Partial, over-, late-applied and late-recorded payments, credit notes, reversals, write-offs, discounts, refunds,
unapplied cash, payments for another customer, orders (open, closed, late), disputes (resolved, before their document),
promises, limits, terms and cover (changed, back-dated, ended, cut), three currencies, many things on one day, nulls
wherever the contract allows them, and customers without documents.

``ledgers()`` is a Hypothesis strategy that shrinks; ``random_ledger(seed)`` draws the same kind of ledger, larger, from
NumPy. Both throw dice for the one generator, :func:`tables`.
"""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
from hypothesis import strategies as st
from random_outside import add_outside
from small_ledgers import Rows, ledger_of

from credrisk.dates import month_end
from credrisk.ledger.ledger import Ledger

FIRST, COVERS_FROM, LAST = date(2022, 12, 1), date(2023, 3, 1), date(2024, 9, 30)
"""Documents may be older than the coverage: they form the opening balance."""

CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY")
RATES = {"USD": (0.875, 0.9375, 1.125), "JPY": (0.0078125, 0.005859375)}
"""Binary fractions where rounding is to be exact, so that an oracle in whole numbers agrees to the cent."""


class Dice(Protocol):
    """Where the randomness comes from."""

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both inclusive."""


class NumpyDice:
    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def whole(self, low: int, high: int) -> int:
        return int(self._generator.integers(low, high, endpoint=True))


class HypothesisDice:
    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def whole(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


@st.composite
def ledgers(draw: Any, *, customers: int = 3, rows: int = 4) -> Ledger:
    """Draw a small ledger: up to ``customers`` customers with up to ``rows`` documents, receipts, ... each."""
    dice = HypothesisDice(draw)
    return assemble(tables(dice, customers=dice.whole(1, customers), rows=rows))


def random_ledger(seed: int, *, customers: int = 40, rows: int = 25) -> Ledger:
    """Return the ledger of a seed: ``customers`` customers with up to ``rows`` documents, receipts, ... each."""
    return assemble(tables(NumpyDice(seed), customers=customers, rows=rows))


def assemble(drawn: dict[str, Rows]) -> Ledger:
    """Return the canonical ledger of rows drawn by :func:`tables`; of two in three the industry is static."""
    static = ("industry",) if len(drawn["market"]) % 3 else ()
    covers = {"covers_from": COVERS_FROM.isoformat(), "covers_to": LAST.isoformat()}
    return ledger_of(**covers, extracted_on="2024-03-15", static=static, **drawn)


def covering_two_years(ledger: Ledger) -> Ledger:
    """Return the ledger as if it covered the documents from before the opening balance too: windows of 24 months."""
    return ledger.replace(settings=dataclasses.replace(ledger.settings, covers_from=date(2022, 6, 1)))


def tables(dice: Dice, *, customers: int, rows: int) -> dict[str, Rows]:
    """Return the rows of all tables for ``customers`` customers, up to ``rows`` a table and customer."""
    drawn: dict[str, Rows] = {name: [] for name in TABLES_DRAWN}
    for number in range(customers):
        _customer(dice, drawn, f"C{number:03d}", rows)
    for code, values in RATES.items():
        for day in range(-40, (LAST - FIRST).days, 45):
            rate = _pick(dice, values)
            drawn["rates"].append({"currency": code, "date": FIRST + timedelta(day), "rate": rate})
    # Drawn from one number: thousands of draws by Hypothesis would take minutes, and nobody would read what is left.
    others = NumpyDice(dice.whole(0, 2**16))
    add_outside(others, drawn, rows)
    drawn["contacts"] = []
    for customer in drawn["customers"]:
        for _ in range(others.whole(0, rows)):
            _contact(others, drawn, customer["customer_id"])
    drawn |= {"document_changes": [], "credit_events": []}
    for document in drawn["documents"]:
        if _one_in(others, 3):
            _change(others, drawn, document)
    for customer in drawn["customers"]:
        for _ in range(others.whole(0, 8)):
            _credit_event(others, drawn, customer["customer_id"])
    drawn["orders"] = []
    for customer in drawn["customers"]:
        for _ in range(others.whole(0, rows)):
            _order(others, drawn, customer["customer_id"], customer["currency"])
    for contract in drawn["cover"]:
        contract["max_terms_days"] = _pick(others, (None, 14, 30, 30, 60))
        contract["stop_shipment_dpd"] = _pick(others, (None, 30, 60))
        contract["report_overdue_dpd"] = _pick(others, (None, 60, 90))
    names = [row["customer_id"] for row in drawn["customers"]]
    for row in drawn["customer_history"]:
        if row["attribute"] == "parent_id":
            row["value"] = _pick(others, (*names[:3], _pick(others, names), " H1 ", "H1", "H2", None, ""))
    for dispute in drawn["disputes"]:
        if dispute["outcome"] == "invalid":
            dispute["outcome"] = _pick(others, ("invalid", "partly", None))
    return drawn


TABLES_DRAWN = (
    "customers",
    "customer_history",
    "documents",
    "receipts",
    "applications",
    "disputes",
    "promises",
    "cover",
    "rates",
)


def _pick(dice: Dice, options: Any) -> Any:
    return options[dice.whole(0, len(options) - 1)]


def _one_in(dice: Dice, count: int) -> bool:
    return dice.whole(1, count) == count


def _day(dice: Dice, low: date = FIRST, high: date = LAST, back: int = 0) -> date:
    """Return a day, often a month-end or the day after one: period ends are where mistakes hide."""
    day = low + timedelta(dice.whole(-back, max(0, (high - low).days)))
    return _pick(dice, (day, day, month_end(day), month_end(day) + timedelta(1)))


def _after(dice: Dice, day: date, days: int = 70, back: int = 0) -> date:
    return _day(dice, day, day + timedelta(days), back)


def _recorded(dice: Dice, day: date, late: int = 60) -> date:
    return _pick(dice, (day, day, day + timedelta(1), _after(dice, day, late)))


def _customer(dice: Dice, drawn: dict[str, Rows], customer: str, rows: int) -> None:
    opened = _pick(dice, (None, FIRST - timedelta(400), _day(dice)))
    currency = _pick(dice, CURRENCIES)
    drawn["customers"].append({"customer_id": customer, "currency": currency, "opened_on": opened})
    _history(dice, drawn, customer)
    _cover(dice, drawn, customer, currency)
    own = [_document(dice, drawn, customer, currency) for _ in range(dice.whole(0, rows))]
    cash = [_receipt(dice, drawn, customer, currency) for _ in range(dice.whole(0, rows))]
    if own:
        for _ in range(dice.whole(0, 2 * rows)):
            _application(dice, drawn, own, cash)
        for _ in range(dice.whole(0, 1 + rows // 3)):
            _dispute(dice, drawn, own)
    for _ in range(dice.whole(0, 1 + rows // 3)):
        _promise(dice, drawn, customer, currency)


def _history(dice: Dice, drawn: dict[str, Rows], customer: str) -> None:
    values = {
        "credit_limit": ("0", "500", "1200.50", None, "900", "to be agreed"),
        "terms_days": ("14", "30", None, "60"),
        "parent_id": ("C000",),
    }
    for attribute, options in values.items():
        for _ in range(dice.whole(0, 3)):
            since = _day(dice)
            row = {"customer_id": customer, "attribute": attribute, "value": _pick(dice, options), "valid_from": since}
            drawn["customer_history"].append({**row, "recorded_at": _after(dice, since, 90, back=60)})


def _cover(dice: Dice, drawn: dict[str, Rows], customer: str, currency: str) -> None:
    for contract in range(dice.whole(0, 2)):
        for _ in range(dice.whole(1, 3)):
            since = _day(dice)
            drawn["cover"].append(
                {
                    "cover_id": f"{customer}/{contract}",
                    "customer_id": customer,
                    "kind": _pick(dice, ("insurance", "guarantee", None)),
                    "limit": dice.whole(0, 100_000),
                    "insured_share": _pick(dice, (None, 0.75, 0.5)),
                    "deductible": _pick(dice, (None, 0, 1000)),
                    "valid_from": since,
                    "valid_to": _pick(dice, (None, _after(dice, since, 400))),
                    "currency": _pick(dice, (currency, currency, "EUR")),
                    "recorded_at": _after(dice, since, 90, back=60),
                }
            )


def _document(dice: Dice, drawn: dict[str, Rows], customer: str, currency: str) -> dict[str, Any]:
    kind = _pick(dice, ("invoice",) * 6 + ("credit_note",) * 2 + ("debit_note", "late_fee", "down_payment"))
    dated = _day(dice)
    amount = _pick(dice, (10_000, dice.whole(1, 100_000)))
    number = len(drawn["documents"])
    row = {
        "document_id": f"D{number * 7 % 10 if number < 10 else number}-{customer}-{number}",
        "customer_id": customer,
        "kind": kind,
        "document_date": dated,
        "due_date": dated + timedelta(_pick(dice, (0, 14, 30, 30, 45, dice.whole(0, 90)))),
        "amount": -amount if kind == "credit_note" else amount,
        "currency": _pick(dice, (currency, currency, currency, "USD")),
        "recorded_at": _recorded(dice, dated),
    }
    drawn["documents"].append(row)
    return row


def _receipt(dice: Dice, drawn: dict[str, Rows], customer: str, currency: str) -> dict[str, Any]:
    arrived = _day(dice)
    amount = _pick(dice, (10_000, dice.whole(1, 120_000)))
    row = {
        "receipt_id": f"R{len(drawn['receipts'])}",
        "customer_id": customer,
        "date": arrived,
        "amount": -amount if _one_in(dice, 8) else amount,
        "currency": _pick(dice, (currency, currency, currency, "EUR")),
        "recorded_at": _recorded(dice, arrived),
    }
    drawn["receipts"].append(row)
    return row


def _application(dice: Dice, drawn: dict[str, Rows], own: list[dict[str, Any]], cash: list[dict[str, Any]]) -> None:
    """Apply something to a document, now and then taken back later."""
    to = _pick(dice, own)
    notes = [row for row in own if row["kind"] == "credit_note" and row is not to]
    sort = _pick(dice, ("cash", "cash", "cash", "cash", "note", "none"))
    row: dict[str, Any] = {"to_document_id": to["document_id"], "kind": "payment"}
    amount = _pick(dice, (abs(to["amount"]), dice.whole(1, abs(to["amount"]))))
    row["amount"] = -amount if to["amount"] < 0 else amount
    applied = _after(dice, to["document_date"], 150)
    if sort == "cash" and cash:
        # Now and then the cash of whoever came before: a payer may settle for another.
        receipt = _pick(dice, drawn["receipts"] if _one_in(dice, 6) else cash)
        row |= {"from_id": receipt["receipt_id"], "kind": _pick(dice, ("payment", "payment", "payment", "recovery"))}
        if receipt["currency"] != to["currency"]:
            row["from_amount"] = dice.whole(1, 50_000)
        applied = _after(dice, receipt["date"], 60, back=5)
    elif sort == "note" and notes:
        row |= {"from_id": _pick(dice, notes)["document_id"], "kind": "credit_note"}
    else:
        row["kind"] = _pick(
            dice, ("write_off", "discount", "deduction", "offset", "fx_difference", "payment", "reversal")
        )
    row |= {"applied_on": applied, "recorded_at": _recorded(dice, applied, 100)}
    drawn["applications"].append(row)
    if _one_in(dice, 5):
        undone = _after(dice, applied, 60)
        taken_back = {**row, "kind": "reversal", "amount": -row["amount"], "applied_on": undone}
        taken_back |= {"recorded_at": _recorded(dice, undone)}
        if "from_amount" in row:
            taken_back["from_amount"] = -row["from_amount"]
        drawn["applications"].append(taken_back)


def _dispute(dice: Dice, drawn: dict[str, Rows], own: list[dict[str, Any]]) -> None:
    document = _pick(dice, own)
    opened = _after(dice, document["document_date"], 90, back=20)
    resolved = _pick(dice, (None, _after(dice, opened, 120)))
    drawn["disputes"].append(
        {
            "dispute_id": f"Q{len(drawn['disputes'])}",
            "document_id": document["document_id"],
            "opened_on": opened,
            "amount": _pick(dice, (None, 3000, dice.whole(1, 60_000))),
            "resolved_on": resolved,
            "outcome": None if resolved is None else _pick(dice, ("valid", "invalid")),
        }
    )


def _contact(dice: Dice, drawn: dict[str, Rows], customer: str) -> None:
    drawn["contacts"].append(
        {
            "contact_id": f"K{len(drawn['contacts'])}",
            "customer_id": customer,
            "date": _day(dice),
            "channel": _pick(dice, ("call", "call", "letter", "email", None)),
            "outcome": _pick(dice, ("no_answer", "no_answer", "reached", "promise", None)),
        }
    )


def _change(dice: Dice, drawn: dict[str, Rows], document: dict[str, Any]) -> None:
    changed = _after(dice, document["document_date"], 90, back=10)
    field = _pick(dice, ("due_date", "due_date", "rebilled_as", "dunning_block"))
    moved = (document["due_date"] + timedelta(dice.whole(-10, 60))).isoformat()
    drawn["document_changes"].append(
        {
            "document_id": document["document_id"],
            "field": field,
            "value": _pick(dice, (moved, moved, moved, "soon", None)) if field == "due_date" else "D-new",
            "changed_on": changed,
            "recorded_at": _recorded(dice, changed),
        }
    )


def _credit_event(dice: Dice, drawn: dict[str, Rows], customer: str) -> None:
    happened = _day(dice)
    drawn["credit_events"].append(
        {
            "customer_id": customer,
            "date": happened,
            "kind": _pick(dice, ("insolvency", "placement", "legal_action", "write_off_decision", "recovery")),
            "amount": _pick(dice, (None, 10_000)),
            "recorded_at": _recorded(dice, happened),
        }
    )


def _order(dice: Dice, drawn: dict[str, Rows], customer: str, currency: str) -> None:
    ordered = _day(dice)
    drawn["orders"].append(
        {
            "order_id": f"O{len(drawn['orders'])}",
            "customer_id": customer,
            "order_date": ordered,
            "amount": _pick(dice, (10_000, dice.whole(0, 100_000))),
            "open_amount": _pick(dice, (None, 5000)),
            "delivered_uninvoiced": _pick(dice, (None, 1000)),
            "requested_delivery": _pick(dice, (None, _after(dice, ordered, 60, back=5))),
            "closed_on": _pick(dice, (None, _after(dice, ordered, 120), _after(dice, ordered, 400, back=3))),
            "currency": _pick(dice, (currency, currency, currency, "USD")),
        }
    )


def _promise(dice: Dice, drawn: dict[str, Rows], customer: str, currency: str) -> None:
    made = _day(dice)
    # Mostly an own document; now and then another customer's, or none.
    candidates = [row["document_id"] for row in drawn["documents"] if row["customer_id"] == customer]
    if _one_in(dice, 6):
        candidates = [row["document_id"] for row in drawn["documents"]]
    row = {
        "promise_id": f"P{len(drawn['promises'])}",
        "customer_id": customer,
        "made_on": made,
        "due_on": _after(dice, made, 40),
        "amount": _pick(dice, (None, 1000, 10_000, dice.whole(1, 50_000))),
        "document_id": None if not candidates or _one_in(dice, 3) else _pick(dice, candidates),
    }
    drawn["promises"].append(row if row["document_id"] and _one_in(dice, 2) else {**row, "currency": currency})
