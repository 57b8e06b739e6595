"""The labels the slow obvious way: one customer, one day after the other, from the plain tables."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from typing import Any

from credrisk.dates import months_after
from credrisk.features.label_settings import LabelSettings
from credrisk.ledger.ledger import Ledger

DAY = timedelta(days=1)
PLACED_MONEY = ("payment", "recovery", "offset", "reversal")


def _seen(row: dict[str, Any], event: str) -> date:
    return max(row[event], row.get("recorded_at") or row[event])


class Oracle:
    """Everything about one customer, evaluated day by day. Amounts in minor units, ledgers in EUR."""

    def __init__(self, ledger: Ledger, customer: str, settings: LabelSettings) -> None:
        self.settings, self.rule = ledger.settings, settings
        self.last = ledger.settings.covers_to

        def mine(name: str, event: str) -> list[dict[str, Any]]:
            rows = ledger.table(name).to_dicts()
            return [r | {"seen": _seen(r, event)} for r in rows if r.get("customer_id", customer) == customer]

        self.documents = {r["document_id"]: r for r in mine("documents", "document_date")}
        self.applications = mine("applications", "applied_on")
        self.receipts = {r["receipt_id"]: r for r in mine("receipts", "date")}
        self.disputes = mine("disputes", "opened_on")
        self.orders = mine("orders", "order_date")
        self.credit_events = [e for e in mine("credit_events", "date") if e["seen"] <= self.last]
        self.rates = ledger.table("rates").sort("date").to_dicts()
        starts = [r["seen"] for r in [*self.documents.values(), *self.receipts.values(), *self.credit_events]]
        self.first = min([ledger.settings.covers_from, *starts])

    def home(self, amount: float, currency: str, day: date) -> float:
        if currency == self.settings.currency or amount == 0:
            return amount
        return round(amount * [r["rate"] for r in self.rates if r["currency"] == currency and r["date"] <= day][-1])

    def days(self) -> list[date]:
        return [self.first + DAY * n for n in range((self.last - self.first).days + 1)]

    def residual(self, document: str, day: date) -> int:
        row = self.documents[document]
        if row["seen"] > day:
            return 0
        total = row["amount"]
        for a in self.applications:
            if a["seen"] <= day:
                total -= a["amount"] if a["to_document_id"] == document else 0
                total += a["amount"] if a["from_id"] == document else 0
        return total

    def undisputed(self, document: str, day: date) -> int:
        left = max(self.residual(document, day), 0)
        running = [
            d
            for d in self.disputes
            if d["document_id"] == document
            and d["opened_on"] <= day
            and (d["resolved_on"] is None or day < d["resolved_on"])
        ]
        if any(d["amount"] is None for d in running):
            return 0
        return max(left - sum(d["amount"] for d in running), 0)

    def cash(self, day: date) -> dict[str, int]:
        total: dict[str, int] = {}
        for receipt, row in self.receipts.items():
            if row["seen"] <= day:
                used = sum(a["amount"] for a in self.applications if a["from_id"] == receipt and a["seen"] <= day)
                total[row["currency"]] = total.get(row["currency"], 0) + row["amount"] - used
        return total

    def net_overdue(self, day: date, days: int) -> tuple[float, float]:
        """Return the net overdue amount and the open debit items, translated by currency."""
        sums: dict[tuple[str, str], int] = {}
        for document, row in self.documents.items():
            left, code = self.residual(document, day), row["currency"]
            late = self.undisputed(document, day) if (day - row["due_date"]).days >= days else 0
            for what, amount in (("late", late), ("debit", max(left, 0)), ("credit", max(-left, 0))):
                sums[what, code] = sums.get((what, code), 0) + amount
        for code, amount in self.cash(day).items():
            sums["cash", code] = max(amount, 0)
        home: dict[str, float] = {}
        if not any(amount for (what, _), amount in sums.items() if what == "late"):
            return 0.0, 0.0
        for (what, code), amount in sums.items():
            home[what] = home.get(what, 0) + self.home(amount, code, day)
        return home["late"] - home["credit"] - home.get("cash", 0), home["debit"]

    def overdue(self, day: date, days: int, absolute: float, relative: float) -> bool:
        net, debit = self.net_overdue(day, days)
        return net > absolute * 100 and net > relative * debit

    @cached_property
    def default_days(self) -> dict[date, bool]:
        rule = self.rule
        return {
            d: self.overdue(d, rule.default_days, rule.absolute_threshold, rule.relative_threshold) for d in self.days()
        }

    @cached_property
    def late_days(self) -> dict[date, bool]:
        rule = self.rule
        return {
            d: self.overdue(d, rule.late_days, rule.late_absolute_threshold, rule.late_relative_threshold)
            for d in self.days()
        }

    @cached_property
    def default(self) -> tuple[dict[date, bool], list[date]]:
        """Return whether each day lies in an episode (recovery included), and the starts."""
        inside, clean_since, starts, states = False, None, [], {}
        for d in self.days():
            if inside and clean_since and d >= months_after(clean_since, self.rule.clean_months):
                inside = False
            if self.default_days[d]:
                if not inside:
                    starts.append(d)
                inside, clean_since = True, None
            elif inside and clean_since is None:
                clean_since = d
            states[d] = inside
        return states, starts

    def late_starts(self) -> list[date]:
        return [d for d in self.days() if self.late_days[d] and not self.late_days.get(d - DAY, False)]

    @cached_property
    def sure(self) -> list[tuple[date, str]]:
        threshold = self.rule.absolute_threshold * 100
        found = []
        for d in self.days():
            written = [
                (a["when"], self.home(a["amount"], a["currency"], a["when"]))
                for a in (
                    a | {"when": max(a["seen"], self.documents[a["to_document_id"]]["seen"])}
                    for a in self.applications
                    if a["kind"] == "write_off" and a["to_document_id"] in self.documents
                )
                if months_after(d, -self.rule.write_off_months) < a["when"] <= d
            ]
            if sum(m for w, m in written if w == d) > 0 and sum(m for _, m in written) > threshold:
                found.append((d, "write-off"))
            for e in self.credit_events:
                if e["seen"] == d and e["kind"] == "insolvency":
                    found.append((d, "insolvency"))
                small = e["amount"] is not None and self.home(e["amount"], e["currency"], d) <= threshold
                if e["seen"] == d and e["kind"] == "write_off_decision" and not small:
                    found.append((d, "write off decision"))
        return found

    @cached_property
    def placements(self) -> list[tuple[date, date, bool]]:
        """Return placed on, verdict known on, failed."""
        found = []
        for d in sorted({e["seen"] for e in self.credit_events if e["kind"] == "placement"}):
            amounts = [e for e in self.credit_events if e["kind"] == "placement" and e["seen"] == d]
            if any(e["amount"] is None for e in amounts):
                placed = 0.0
                for document, row in self.documents.items():
                    if row["due_date"] < d and self.residual(document, d) > 0:
                        placed += self.home(self.residual(document, d), row["currency"], d)
            else:
                placed = sum(self.home(e["amount"], e["currency"], d) for e in amounts)
            if placed <= self.rule.absolute_threshold * 100:
                continue
            deadline = d + DAY * self.rule.placement_recovery_days
            paid = 0.0
            for a in self.applications:
                document = self.documents.get(a["to_document_id"])
                if document and document["due_date"] < d and a["kind"] in PLACED_MONEY:
                    when = max(a["seen"], document["seen"])
                    paid += self.home(a["amount"], a["currency"], when) if d < when <= deadline else 0
            reported = sum(
                self.home(e["amount"] or 0, e["currency"], e["seen"])
                for e in self.credit_events
                if e["kind"] == "recovery" and d < e["seen"] <= deadline
            )
            stopped = [s for s, _ in self.sure if d <= s <= deadline]
            failed = bool(stopped) or max(paid, reported, 0) < self.rule.placement_recovered_share * placed
            found.append((d, min([*stopped, deadline]), failed))
        return found

    def past_due(self, day: date) -> bool:
        return any(
            row["due_date"] < day and self.residual(document, day) > 0 for document, row in self.documents.items()
        )

    def invoices(self) -> list[date]:
        return sorted(r["seen"] for r in self.documents.values() if r["kind"] not in ("credit_note", "late_fee"))

    @cached_property
    def spoilt(self) -> set[date]:
        days = {d for d in self.days() if self.past_due(d)} | {d for d, _ in self.sure}
        return days | {d for d in self.days() for p, known, _ in self.placements if p <= d < known}

    @cached_property
    def losses(self) -> list[tuple[date, date, date | None]]:
        """Return event, known on, back on (None: not back by the last day)."""
        events: dict[date, date] = {d: d for d, _ in self.sure}
        for placed, known, failed in self.placements:
            if failed and known <= self.last:
                events[placed] = min(known, events.get(placed, known))
        found = []
        for event in sorted(events):
            back, clean_since = None, None
            for d in (d for d in self.days() if d >= event):
                if clean_since and d >= months_after(clean_since, self.rule.clean_months):
                    if any(event < i <= d for i in self.invoices()):
                        back = d
                        break
                    continue
                clean_since = None if d in self.spoilt else clean_since or d
            found.append((event, events[event], back))
        return found

    def bad_debt_starts(self) -> list[date]:
        starts, over = [], None
        for event, _, back in self.losses:
            if not starts or (over is not None and event >= over):
                starts.append(event)
            over = back
        return starts

    def bad(self, day: date) -> bool:
        return any(known <= day and (back is None or day < back) for _, known, back in self.losses)

    def waiting(self, day: date) -> bool:
        return any(placed <= day < known for placed, known, _ in self.placements)

    def balance(self, day: date) -> bool:
        totals: dict[str, int] = {code: -amount for code, amount in self.cash(day).items()}
        for document, row in self.documents.items():
            totals[row["currency"]] = totals.get(row["currency"], 0) + self.residual(document, day)
        return any(amount > 0 for amount in totals.values())

    @cached_property
    def trading(self) -> set[date]:
        balances = {d for d in self.days() if self.balance(d)}
        return balances | set(self.invoices()) | {o["seen"] for o in self.orders}

    def active(self, day: date) -> bool:
        moments = [*self.invoices(), *(o["seen"] for o in self.orders)]
        recent = any(m <= day < months_after(m, self.rule.at_risk_months) for m in moments)
        return recent or self.balance(day)

    def left(self) -> list[date]:
        found, gone = [], False
        for d in self.days():
            if d in self.trading:
                gone = False
                continue
            blocked = self.default[0][d] or self.bad(d) or self.waiting(d)
            quiet = any(t <= d for t in self.trading) and not any(
                d - DAY * self.rule.inactive_days < t <= d for t in self.trading
            )
            if quiet and not blocked and not gone:
                found.append(d)
                gone = True
        return found

    def status(self, day: date) -> str:
        seen = [r["seen"] for r in [*self.documents.values(), *self.orders, *self.receipts.values()]]
        if day < self.settings.covers_from:
            return "not_covered"
        if self.bad(day):
            return "bad_debt"
        if self.default_days[day] or self.waiting(day):
            return "in_default"
        if self.default[0][day]:
            return "recovering"
        if not any(s <= day for s in seen):
            return "not_yet_customer"
        return "at_risk" if self.active(day) else "inactive"

    def label(self, day: date) -> dict[str, Any]:
        status = self.status(day)
        pending = [p for p, known, _ in self.placements if known > self.last and p > day]
        starts = {"bad_debt": self.bad_debt_starts(), "default": self.default[1], "late30": self.late_starts()}
        row: dict[str, Any] = {"at_risk": status == "at_risk", "status": status}
        for target, events in starts.items():
            row[f"{target}_on"] = min((e for e in events if e > day), default=None)
            row[f"{target}_at_risk"] = status == "at_risk" and not (target == "late30" and self.late_days[day])
            row[f"{target}_observed_to"] = self.last
        if pending:
            row["bad_debt_observed_to"] = min(pending) - DAY
        row["left_on"] = min((d for d in self.left() if d > day), default=None)
        return row
