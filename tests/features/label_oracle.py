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
        self.undone: list[date] = []
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
            if row["kind"] == "late_fee" and not self.rule.count_late_fees:
                left = min(left, 0)
            late = self.undisputed(document, day) if (day - row["due_date"]).days >= days and left > 0 else 0
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
    def written_off(self) -> list[dict[str, Any]]:
        """Return every part of a write-off: written on, amount, and the day on which it was taken back if ever."""
        parts = []
        for document, row in self.documents.items():
            moved: dict[date, int] = {}
            for a in self.applications:
                undone = a["kind"] == "reversal" and a["from_kind"] == "none"
                if a["to_document_id"] == document and (a["kind"] == "write_off" or undone):
                    when = max(a["seen"], row["seen"])
                    moved[when] = moved.get(when, 0) + a["amount"]
            ever = any(a["to_document_id"] == document and a["kind"] == "write_off" for a in self.applications)
            if not ever or row["kind"] == "credit_note":
                continue
            mine: list[dict[str, Any]] = []
            for when in sorted(moved):
                if moved[when] > 0:
                    amount = self.home(moved[when], row["currency"], when)
                    mine.append({"on": when, "minor": moved[when], "amount": amount, "back": None, "document": row})
                left = max(-moved[when], 0)
                for part in [p for p in reversed(mine) if p["back"] is None]:
                    taken = min(left, part["minor"])
                    if taken == 0:
                        break
                    rest = part | {"minor": part["minor"] - taken}
                    share = part["amount"] if not rest["minor"] else round(part["amount"] * taken / part["minor"])
                    rest["amount"] -= share
                    part |= {"minor": taken, "amount": share, "back": when}
                    if rest["minor"]:
                        mine.insert(mine.index(part), rest)
                    left -= taken
            parts += mine
        return parts

    def written(self, day: date, by: date) -> float:
        """Return what was written off in the months to ``day`` and not taken back ``by`` a day."""
        since = months_after(day, -self.rule.write_off_months)
        return sum(
            part["amount"]
            for part in self.written_off
            if since < part["on"] <= day
            and (part["back"] is None or part["back"] > by)
            and (self.rule.count_late_fees or part["document"]["kind"] != "late_fee")
        )

    @cached_property
    def sure(self) -> list[tuple[date, str, date | None]]:
        """Return the day, what happened, and the day on which it was taken back."""
        threshold = self.rule.absolute_threshold * 100
        found = []
        for d in self.days():
            if self.written_on(d) and self.written(d, d) > threshold:
                later = (by for by in self.days() if by > d and self.written(d, by) <= threshold)
                found.append((d, "write-off", next(later, None)))
            for e in self.credit_events:
                if e["seen"] == d and e["kind"] == "insolvency":
                    found.append((d, "insolvency", None))
                small = e["amount"] is not None and self.home(e["amount"], e["currency"], d) <= threshold
                if e["seen"] == d and e["kind"] == "write_off_decision" and not small:
                    found.append((d, "write off decision", None))
        return found

    def written_on(self, day: date) -> bool:
        return any(
            part["on"] == day and (self.rule.count_late_fees or part["document"]["kind"] != "late_fee")
            for part in self.written_off
        )

    @cached_property
    def placements(self) -> list[tuple[date, date, bool, date | None]]:
        """Return placed on, verdict known on, failed, and the day from which it is no longer a failure."""
        found = []
        for d in sorted({e["seen"] for e in self.credit_events if e["kind"] == "placement"}):
            amounts = [e for e in self.credit_events if e["kind"] == "placement" and e["seen"] == d]
            if any(e["amount"] is None for e in amounts):
                owed: dict[str, int] = {}
                for document, row in self.documents.items():
                    if row["due_date"] < d:
                        left = max(self.residual(document, d), 0)
                        owed[row["currency"]] = owed.get(row["currency"], 0) + left
                placed = sum(self.home(left, code, d) for code, left in owed.items())
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
            for part in self.written_off:
                back, document = part["back"], part["document"]
                if back and d < back <= deadline and document["due_date"] < d:
                    paid += self.home(part["minor"], document["currency"], back)
            reported = sum(
                self.home(e["amount"] or 0, e["currency"], e["seen"])
                for e in self.credit_events
                if e["kind"] == "recovery" and d < e["seen"] <= deadline
            )
            stopped = [s for s, _, _ in self.sure if d <= s <= deadline]
            short = max(paid, reported, 0) < self.rule.placement_recovered_share * placed
            voids = [void for s, _, void in self.sure if stopped and s == min(stopped)]
            void = None if short or not voids or None in voids else max([*(v for v in voids if v), deadline])
            found.append((d, min([*stopped, deadline]), bool(stopped) or short, void))
        return found

    def past_due(self, day: date) -> bool:
        return any(
            row["due_date"] < day and self.residual(document, day) > 0
            for document, row in self.documents.items()
            if self.rule.count_late_fees or row["kind"] != "late_fee"
        )

    def invoices(self) -> list[date]:
        return sorted(r["seen"] for r in self.documents.values() if r["kind"] not in ("credit_note", "late_fee"))

    @cached_property
    def spoilt(self) -> set[date]:
        days = {d for d in self.days() if self.past_due(d)} | {d for d, _, _ in self.sure}
        return days | {d for d in self.days() for p, known, _, _ in self.placements if p <= d < known}

    @cached_property
    def losses(self) -> list[tuple[date, date, date | None]]:
        """Return event, known on, back on (None: not back by the last day)."""
        events: dict[date, date] = {d: d for d, _, _ in self.sure}
        voids: dict[date, list[date | None]] = {}
        for day, _, void in self.sure:
            voids.setdefault(day, []).append(void)
        for placed, known, failed, void in self.placements:
            if failed and known <= self.last:
                events[placed] = min(known, events.get(placed, known))
                voids.setdefault(placed, []).append(void)
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
            undone = None if None in voids[event] else max(v for v in voids[event] if v)
            if undone and undone <= self.last and (back is None or undone <= back):
                back = undone
                self.undone.append(undone)
            found.append((event, events[event], back))
        return found

    def recovering_from_loss(self, day: date) -> bool:
        """Tell whether the clean months after a write-off was taken back are running."""
        return bool(self.losses) and any(u <= day < months_after(u, self.rule.clean_months) for u in self.undone)

    def bad_debt_starts(self) -> list[date]:
        starts: list[date] = []
        over = date.min
        for event, _, back in self.losses:
            if event >= over:
                starts.append(event)
            over = max(over, back or date.max)
        return starts

    def bad(self, day: date) -> bool:
        return any(known <= day and (back is None or day < back) for _, known, back in self.losses)

    def waiting(self, day: date) -> bool:
        return any(placed <= day < known for placed, known, _, _ in self.placements)

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
            blocked = self.default[0][d] or self.bad(d) or self.waiting(d) or self.recovering_from_loss(d)
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
        if self.default[0][day] or self.recovering_from_loss(day):
            return "recovering"
        if not any(s <= day for s in seen):
            return "not_yet_customer"
        return "at_risk" if self.active(day) else "inactive"

    def label(self, day: date) -> dict[str, Any]:
        status = self.status(day)
        pending = [p for p, known, _, _ in self.placements if known > self.last and p > day]
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
