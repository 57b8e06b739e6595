"""Every feature, worked out the slow obvious way: one customer, one date, plain loops over the ledger cut at it.

Whole numbers and fractions throughout, so the only difference allowed to the grid is float round-off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS

Row = dict[str, Any]
Number = Fraction | int | float | None
DAY = timedelta(1)


def window_start(as_of: date, months: int, step: str) -> date:
    """Return the last day before the window."""
    return as_of - 7 * round(52 * months / 12) * DAY if step == "week" else months_after(as_of, -months)


class Oracle:
    """The features of one customer at one date."""

    def __init__(self, ledger: Ledger, customer: str, as_of: date, step: str = "month") -> None:
        self.ledger, self.customer, self.as_of, self.step = ledger, customer, as_of, step
        self.cut = ledger.cut(as_of)
        # A pandas frame turns missing whole numbers into floats, so rows are read as records of plain Python values.
        self.tables = {name: table.to_dicts() for name, table in self.cut.tables.items()}
        self.documents = {row["document_id"]: row for row in self.rows("documents")}
        self.receipts = {row["receipt_id"]: row for row in self.rows("receipts")}
        self.own = [row for row in self.documents.values() if row["customer_id"] == customer]

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def has(self, *names: str) -> bool:
        return all(name in self.tables for name in names)

    def start(self, months: int) -> date:
        return window_start(self.as_of, months, self.step)

    def covered(self, months: int) -> bool:
        return self.start(months) + DAY >= self.ledger.settings.covers_from

    def within(self, day: date, months: int) -> bool:
        return self.start(months) < day <= self.as_of

    # Money ----------------------------------------------------------------------------------------------------------

    def translate(self, amount: Number, currency: str, day: date) -> int:
        """Return an amount in minor units of the ledger's currency, rounded half to even."""
        reporting = self.ledger.settings.currency
        if currency == reporting:
            return round(Fraction(amount))
        known = [row for row in self.rows("rates") if row["currency"] == currency and row["date"] <= day]
        rate = Fraction(max(known, key=lambda row: row["date"])["rate"])
        return round(Fraction(amount) * rate * Fraction(10) ** (EXPONENTS[reporting] - EXPONENTS[currency]))

    def by_currency(self, pairs: list[tuple[str, Number]]) -> int:
        """Return the sum of balances, each currency translated by itself today."""
        totals: dict[str, Fraction] = {}
        for currency, amount in pairs:
            totals[currency] = totals.get(currency, Fraction(0)) + Fraction(amount)
        return sum(self.translate(total, currency, self.as_of) for currency, total in totals.items() if total)

    # Items ----------------------------------------------------------------------------------------------------------

    def legs(self, document: Row) -> list[Row]:
        """Return what was applied to the document or taken from it: amount (raises the item), event, cash."""
        found = []
        for row in self.rows("applications"):
            if row["to_document_id"] == document["document_id"]:
                cash = row["kind"] in ("payment", "recovery") or (
                    row["kind"] == "reversal" and row["from_kind"] == "receipt"
                )
                event = self.arrived(row, document)
                found.append({"amount": -row["amount"], "event": event, "cash": cash, "kind": row["kind"]})
            if row["from_kind"] == "document" and row["from_id"] == document["document_id"]:
                if row["to_document_id"] is None:
                    continue
                amount = row["amount"] if row["from_amount"] is None else row["from_amount"]
                found.append({"amount": amount, "event": row["applied_on"], "cash": False, "kind": row["kind"]})
        return found

    def arrived(self, application: Row, document: Row) -> date:
        """Return the day the cash arrived, if its receipt was known when the application could first be seen."""
        receipt = self.receipts.get(application["from_id"]) if application["from_kind"] == "receipt" else None
        if receipt is None:
            return application["applied_on"]
        applied = max(application["applied_on"], application["recorded_at"])
        seen = max(applied, document["document_date"], document["recorded_at"])
        if max(receipt["date"], receipt["recorded_at"]) > seen:
            return application["applied_on"]
        return min(receipt["date"], application["applied_on"])

    def left(self, document: Row) -> int:
        return document["amount"] + sum(leg["amount"] for leg in self.legs(document))

    def debits(self) -> list[Row]:
        return [row for row in self.own if row["kind"] != "credit_note"]

    def aged(self) -> list[Row]:
        """Return the items that have an age: all but fee notes for late payment."""
        return [row for row in self.own if row["kind"] != "late_fee"]

    def bucket(self, low: float, high: float) -> int:
        """Return the open debit items from ``low`` to ``high`` days past due."""
        aged = [row for row in self.aged() if low <= (self.as_of - row["due_date"]).days <= high]
        return self.by_currency([(row["currency"], max(self.left(row), 0)) for row in aged])

    def late_fees(self) -> int:
        notes = [row for row in self.own if row["kind"] == "late_fee"]
        return self.by_currency([(row["currency"], max(self.left(row), 0)) for row in notes])

    def open_credits(self) -> int:
        return self.by_currency([(row["currency"], min(self.left(row), 0)) for row in self.own])

    def unapplied_cash(self) -> Number:
        if not self.has("receipts"):
            return None
        pairs = [
            (row["currency"], row["amount"]) for row in self.receipts.values() if row["customer_id"] == self.customer
        ]
        for row in self.rows("applications"):
            receipt = self.receipts.get(row["from_id"]) if row["from_kind"] == "receipt" else None
            if receipt is not None and receipt["customer_id"] == self.customer:
                amount = row["amount"] if row["from_amount"] is None else row["from_amount"]
                pairs.append((receipt["currency"], -amount))
        return self.by_currency(pairs)

    def ageing(self) -> dict[str, Number]:
        found: dict[str, Any] = {
            "not_due": self.bucket(-math.inf, 0),
            "past_due_1_30": self.bucket(1, 30),
            "past_due_31_60": self.bucket(31, 60),
            "past_due_61_90": self.bucket(61, 90),
            "past_due_over_90": self.bucket(91, math.inf),
            "late_fees": self.late_fees(),
            "open_credits": self.open_credits(),
        }
        found["open_balance"] = sum(found.values())
        found["unapplied_cash"] = self.unapplied_cash()
        found["net_balance"] = found["open_balance"] - (found["unapplied_cash"] or 0)
        found["past_due"] = sum(found[name] for name in found if name.startswith("past_due_"))
        found["share_past_due"] = divided(found["past_due"], found["not_due"] + found["past_due"])
        still_open = [row["due_date"] for row in self.aged() if self.left(row) > 0]
        found["oldest_open_days"] = max(0, (self.as_of - min(still_open)).days) if still_open else None
        return found

    # Payments -------------------------------------------------------------------------------------------------------

    def payments(self, months: int) -> list[tuple[int, int]]:
        """Return (amount, days beyond terms) of the cash applied to debit items in the window."""
        found = []
        for document in self.debits():
            for leg in self.legs(document):
                if leg["cash"] and self.within(leg["event"], months):
                    amount = self.translate(-leg["amount"], document["currency"], leg["event"])
                    found.append((amount, (leg["event"] - document["due_date"]).days))
        return found

    def mean(self, months: int, of: Callable[[int], int]) -> Number:
        """Return the money-weighted mean of something of the days."""
        paid = self.payments(months)
        if not (self.has("applications") and self.covered(months)):
            return None
        return divided(sum(amount * of(days) for amount, days in paid), sum(amount for amount, _ in paid))

    def received(self, months: int) -> Number:
        if not (self.has("receipts") and self.covered(months)):
            return None
        return sum(
            self.translate(row["amount"], row["currency"], row["date"])
            for row in self.receipts.values()
            if row["customer_id"] == self.customer and self.within(row["date"], months)
        )

    def payment(self) -> dict[str, Number]:
        dbt = {months: self.mean(months, lambda days: days) for months in (3, 6, 12)}
        squares = self.mean(12, lambda days: days * days)
        came = [
            row["date"] for row in self.receipts.values() if row["customer_id"] == self.customer and row["amount"] > 0
        ]
        return {
            "dbt_3m": dbt[3],
            "dbt_6m": dbt[6],
            "dbt_12m": dbt[12],
            "dbt_trend": None if dbt[3] is None or dbt[12] is None else dbt[3] - dbt[12],
            "days_late_sd_12m": None if squares is None else math.sqrt(max(0, squares - dbt[12] ** 2)),
            "share_paid_late_12m": within_one(self.mean(12, lambda days: int(days >= 1))),
            "share_paid_late_30_12m": within_one(self.mean(12, lambda days: int(days >= 31))),
            "share_early_12m": within_one(self.mean(12, lambda days: int(days <= -1))),
            "paid_3m": self.received(3),
            "paid_12m": self.received(12),
            "days_since_last_payment": (self.as_of - max(came)).days if came else None,
        }

    # Sales ----------------------------------------------------------------------------------------------------------

    def billed(self) -> list[Row]:
        return [row for row in self.own if row["kind"] in ("invoice", "debit_note")]

    def sales(self, after: date, until: date) -> int:
        return sum(
            self.translate(row["amount"], row["currency"], row["document_date"])
            for row in self.billed()
            if after < row["document_date"] <= until
        )

    def invoiced(self, months: int) -> Number:
        return self.sales(self.start(months), self.as_of) if self.covered(months) else None

    def sales_owed(self) -> int:
        """Return the balance without late fees, 0 when negative."""
        ageing = self.ageing()
        return max(0, ageing["open_balance"] - ageing["late_fees"])

    def countback(self) -> Number:
        left, days, until = Fraction(self.sales_owed()), Fraction(0), self.as_of
        for month in range(1, 13):
            if left <= 0:
                break
            after = self.start(month)
            if after + DAY < self.ledger.settings.covers_from:
                return None
            sold, length = self.sales(after, until), (until - after).days
            days += length if left >= sold else left / sold * length
            left, until = left - sold, after
        return days

    def true_dso(self) -> Number:
        total, until = Fraction(0), self.as_of
        for month in range(1, 13):
            after = self.start(month)
            pairs = [
                (row["currency"], (self.as_of - row["document_date"]).days * max(0, self.left(row)))
                for row in self.billed()
                if after < row["document_date"] <= until
            ]
            weighted, sold, until = self.by_currency(pairs), self.sales(after, until), after
            if weighted <= 0:
                continue
            if sold <= 0 or after + DAY < self.ledger.settings.covers_from:
                return None
            total += Fraction(weighted, sold)
        return total

    def dso(self) -> dict[str, Number]:
        ageing = self.ageing()
        owed, current = self.sales_owed(), max(0, ageing["not_due"])
        days = {months: (self.as_of - self.start(months)).days for months in (3, 12)}
        three, best = divided(owed * days[3], self.invoiced(3)), divided(current * days[3], self.invoiced(3))
        return {
            "dso_countback": self.countback(),
            "true_dso_12m": self.true_dso(),
            "dso_3m": three,
            "dso_12m": divided(owed * days[12], self.invoiced(12)),
            "best_possible_dso_3m": best,
            "average_days_delinquent_3m": divided(ageing["past_due"] * days[3], self.invoiced(3)),
        }

    def volume(self) -> dict[str, Number]:
        year, quarter = self.invoiced(12), self.invoiced(3)
        dates = [row["document_date"] for row in self.billed()]
        return {
            "invoiced_3m": quarter,
            "invoiced_12m": year,
            "invoiced_trend": None if year is None else divided(quarter, Fraction(year, 4)),
            "invoices_12m": sum(self.within(day, 12) for day in dates) if self.covered(12) else None,
            "days_since_last_invoice": (self.as_of - max(dates)).days if dates else None,
        }

    # Disputes and promises ------------------------------------------------------------------------------------------

    def disputes(self) -> dict[str, Number]:
        if not self.has("disputes"):
            return dict.fromkeys(("disputed_open", "dispute_rate_12m", "oldest_dispute_days"))
        own, pairs, opened, raised = self.debits(), [], [], 0
        for document in own:
            left = max(0, self.left(document))
            mine = [row for row in self.rows("disputes") if row["document_id"] == document["document_id"]]
            unresolved = [row for row in mine if row["resolved_on"] is None]
            if any(row["amount"] is None for row in unresolved):
                pairs.append((document["currency"], left))
            else:
                pairs.append((document["currency"], min(left, sum(row["amount"] for row in unresolved))))
            if left > 0:
                opened += [row["opened_on"] for row in unresolved]
            for row in mine:
                if self.within(row["opened_on"], 12):
                    part = document["amount"] if row["amount"] is None else min(row["amount"], document["amount"])
                    raised += self.translate(part, document["currency"], row["opened_on"])
        return {
            "disputed_open": self.by_currency(pairs),
            "dispute_rate_12m": divided(raised, self.invoiced(12)),
            "oldest_dispute_days": (self.as_of - min(opened)).days if opened else None,
        }

    def kept(self, promise: Row) -> bool:
        amount, since, due = promise["amount"], promise["made_on"], promise["due_on"]
        if promise["document_id"] is None:
            received = sum(
                row["amount"]
                for row in self.receipts.values()
                if row["customer_id"] == self.customer
                and row["currency"] == promise["currency"]
                and since <= row["date"] <= due
            )
            return received >= (1 if amount is None else amount)
        document = self.documents.get(promise["document_id"])
        if document not in self.debits():
            return False
        legs = [leg for leg in self.legs(document) if leg["event"] <= due]
        left = document["amount"] + sum(leg["amount"] for leg in legs)
        since_then = [leg for leg in legs if leg["event"] >= since]
        paid = -sum(leg["amount"] for leg in since_then if leg["cash"])
        given_up = -sum(leg["amount"] for leg in since_then if leg["kind"] == "write_off")
        to_pay = left + given_up + paid
        if document["document_date"] <= due and to_pay > 0 and paid >= to_pay:
            return True
        return amount is not None and document["currency"] == promise["currency"] and paid >= amount

    def closed(self, promise: Row) -> bool:
        """Tell whether the document was cleared by the due day, but not by the money promised."""
        document = self.documents.get(promise["document_id"])
        if document not in self.debits() or document["document_date"] > promise["due_on"]:
            return False
        legs = [leg for leg in self.legs(document) if leg["event"] <= promise["due_on"]]
        return document["amount"] + sum(leg["amount"] for leg in legs) <= 0 and not self.kept(promise)

    def promises(self) -> dict[str, Number]:
        names = ("promises_12m", "broken_promises_12m", "broken_promise_share_12m", "open_promises")
        if not self.has("promises"):
            return dict.fromkeys(names)
        own = [row for row in self.rows("promises") if row["customer_id"] == self.customer]
        own = [row for row in own if not self.closed(row)]
        due = [row for row in own if self.start(12) <= row["due_on"] < self.as_of]
        broken = [row for row in due if not self.kept(row)]
        still = [row for row in own if row["due_on"] >= self.as_of and not self.kept(row)]
        found = len(due), len(broken), divided(len(broken), len(due))
        return dict(zip(names, (*(found if self.covered(12) else (None,) * 3), len(still)), strict=True))

    # Exposure and account -------------------------------------------------------------------------------------------

    def agreed(self, attribute: str) -> float | None:
        """Return the number in force today."""
        found = []
        for row in self.rows("customer_history"):
            if row["customer_id"] == self.customer and row["attribute"] == attribute:
                try:
                    value = float(row["value"])
                except (TypeError, ValueError):
                    value = -math.inf
                found.append((row["valid_from"], row["recorded_at"], value))
        value = max(found)[2] if found else -math.inf
        return value if math.isfinite(value) else None

    def covered_by_contracts(self, owed: int) -> Number:
        if not self.has("cover"):
            return None
        latest: dict[str, tuple[Any, ...]] = {}
        for row in self.rows("cover"):
            if row["customer_id"] != self.customer:
                continue
            in_full = row["kind"] in ("guarantee", "letter_of_credit", "security")
            share = float(in_full) if row["insured_share"] is None else row["insured_share"]
            key = (row["valid_from"], row["recorded_at"], row["limit"], share, row["deductible"] or 0)
            tie = date.max if row["valid_to"] is None else row["valid_to"]
            chosen = (*key, tie, row["currency"])
            latest[row["cover_id"]] = max(latest.get(row["cover_id"], chosen), chosen)
        total = 0
        for _, _, limit, share, deductible, valid_to, currency in latest.values():
            if valid_to < self.as_of:
                continue
            limit, deductible = (self.translate(amount, currency, self.as_of) for amount in (limit, deductible))
            total += round(max(Fraction(0), Fraction(share) * min(limit, owed) - deductible))
        return min(owed, total)

    def exposure(self) -> dict[str, Number]:
        net, limit = self.ageing()["net_balance"], self.agreed("credit_limit")
        limit = None if limit is None else round(limit * 100)
        return {
            "credit_limit": limit,
            "utilisation": None if limit is None else divided(max(0, net), limit),
            "headroom": None if limit is None else limit - net,
            "over_limit": None if limit is None else max(0, net - limit),
            "covered": self.covered_by_contracts(max(0, net)),
        }

    def account(self) -> dict[str, Number]:
        opened = [row["opened_on"] for row in self.rows("customers") if row["customer_id"] == self.customer]
        since = [day for day in opened if day is not None] + [row["document_date"] for row in self.billed()]
        weighted = sum(
            self.translate(row["amount"], row["currency"], row["document_date"])
            * (row["due_date"] - row["document_date"]).days
            for row in self.billed()
            if self.within(row["document_date"], 12)
        )
        terms = self.agreed("terms_days")
        return {
            "tenure_months": Fraction((self.as_of - min(since)).days) / Fraction("30.4375") if since else None,
            "terms_days": divided(weighted, self.invoiced(12)) if terms is None else terms,
        }

    def features(self) -> dict[str, Number]:
        """Return every feature, money in minor units of the ledger's currency."""
        found: dict[str, Number] = {}
        for part in (
            self.ageing,
            self.payment,
            self.dso,
            self.volume,
            self.disputes,
            self.promises,
            self.exposure,
            self.account,
        ):
            found |= part()
        for answer in PARTS:
            found |= answer(self)
        if self.as_of < self.ledger.settings.covers_from:
            return dict.fromkeys(found)
        return found


PARTS: list[Callable[[Oracle], dict[str, Number]]] = []
"""The questions answered in files of their own (oracle_*.py): see :func:`part`."""


def part(answer: Callable[[Oracle], dict[str, Number]]) -> Callable[[Oracle], dict[str, Number]]:
    """Add a question to the oracle."""
    PARTS.append(answer)
    return answer


def divided(part: Number, whole: Number) -> Number:
    """Return a ratio; None unless its denominator is positive."""
    return Fraction(part) / Fraction(whole) if whole is not None and whole > 0 else None


def within_one(share: Number) -> Number:
    return None if share is None else min(max(share, 0), 1)
