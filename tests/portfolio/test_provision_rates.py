"""Historical loss rates: what became of past items, the slow way; what is unfinished; few losses; published ages."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.rates import Rates
from credrisk.portfolio.provision.loss_rates import PRIOR_CASES, absorbed, loss_rates
from credrisk.portfolio.provision.outcomes import History, observed_month_ends
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.published import prior_rates
from credrisk.portfolio.provision.settings import ProvisionSettings

EVENTS = ("insolvency", "placement", "legal_action", "write_off_decision")


def known(*days: date | None) -> date:
    return max(day for day in days if day is not None)


class SlowBook:
    """Items and cash of a ledger as lists of (known on, kind, from kind, change)."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.documents = {row["document_id"]: row for row in ledger.table("documents").iter_rows(named=True)}
        self.receipts = {row["receipt_id"]: row for row in ledger.table("receipts").iter_rows(named=True)}
        self.moves: dict[str, list[tuple[date, str, str | None, int]]] = defaultdict(list)
        self.cash: dict[str, list[tuple[date, int]]] = defaultdict(list)
        for number, row in self.documents.items():
            seen = known(row["document_date"], row["recorded_at"])
            self.moves[number].append((seen, "document", None, row["amount"]))
        for number, row in self.receipts.items():
            self.cash[number].append((known(row["date"], row["recorded_at"]), row["amount"]))
        for row in ledger.table("applications").iter_rows(named=True):
            seen = known(row["applied_on"], row["recorded_at"])
            taken = row["from_amount"] if row["from_amount"] is not None else row["amount"]
            to = self.documents[row["to_document_id"]]
            day = known(seen, to["document_date"], to["recorded_at"])
            self.moves[row["to_document_id"]].append((day, row["kind"], row["from_kind"], -row["amount"]))
            if row["from_kind"] == "document" and row["from_id"] in self.documents:
                note = self.documents[row["from_id"]]
                day = known(seen, note["document_date"], note["recorded_at"])
                self.moves[row["from_id"]].append((day, row["kind"], "document", taken))
            elif row["from_kind"] == "receipt" and row["from_id"] in self.receipts:
                receipt = self.receipts[row["from_id"]]
                self.cash[row["from_id"]].append((known(seen, receipt["date"], receipt["recorded_at"]), -taken))

    def open(self, number: str, day: date) -> int:
        return sum(change for seen, _, _, change in self.moves[number] if seen <= day)

    def impaired(self, row: dict[str, Any], day: date) -> bool:
        hits = [
            event["date"]
            for event in self.ledger.table("credit_events").iter_rows(named=True)
            if event["customer_id"] == row["customer_id"]
            and event["kind"] in EVENTS
            and known(event["date"], event["recorded_at"]) <= day
        ]
        return bool(hits) and row["document_date"] <= max(hits)

    def state(self, row: dict[str, Any], day: date) -> str:
        if self.impaired(row, day):
            return "credit_impaired"
        late = (day - row["due_date"]).days
        for edge, name in ((0, "not_due"), (30, "past_due_1_30"), (60, "past_due_31_60"), (90, "past_due_61_90")):
            if late <= edge:
                return name
        return "past_due_over_90"

    def net(self, day: date, *, netted: bool) -> dict[str, int]:
        """Return what is owed of each pooled item once credits and cash settled the oldest."""
        favour: dict[tuple[str, str], int] = defaultdict(int)
        for number, row in self.documents.items():
            left = self.open(number, day)
            if left < 0:
                # What came in on what stands written off is no credit.
                standing = written_in([move for move in self.moves[number] if move[0] <= day], date.min)
                favour[row["customer_id"], row["currency"]] += max(-left - standing, 0)
        for number, row in self.receipts.items():
            favour[row["customer_id"], row["currency"]] += sum(
                change for seen, change in self.cash[number] if seen <= day
            )
        favour = {key: max(amount, 0) for key, amount in favour.items()}
        found = {}
        order = sorted(
            self.documents.values(), key=lambda row: (row["customer_id"], row["due_date"], row["document_id"])
        )
        for row in order:
            left = self.open(row["document_id"], day)
            if left <= 0 or row["kind"] in ("late_fee", "down_payment"):
                continue
            key = row["customer_id"], row["currency"]
            used = min(left, favour.get(key, 0)) if netted else 0
            favour[key] = favour.get(key, 0) - used
            if left - used:
                found[row["document_id"]] = left - used
        return {number: amount - self.diluted(number, amount, day) for number, amount in found.items()}

    def diluted(self, number: str, net: int, day: date) -> int:
        """Return what the disputes open on a day are expected to take off, by those judged until then."""
        rows = [
            row
            for row in self.ledger.table("disputes").iter_rows(named=True)
            if known(row["opened_on"], row["recorded_at"]) <= day
        ]
        worth = {"valid": 1.0, "partly": 0.5, "invalid": 0.0}
        told = [row["outcome"] for row in rows if row["resolved_on"] is not None and row["resolved_on"] <= day]
        judged = [worth[outcome] for outcome in told if outcome in worth]
        open_now = [
            row["amount"]
            for row in rows
            if row["document_id"] == number and (row["resolved_on"] is None or row["resolved_on"] > day)
        ]
        if not open_now:
            return 0
        stated = net if None in open_now else min(max(sum(open_now), 0), net)
        return round(stated * (sum(judged) + 1) / (len(judged) + 2))


def written_in(moves: list[tuple[date, str, str, int]], start: date) -> int:
    """Return what was written off after a day, less what was then taken back of what stood written off, by hand."""

    def turn(move: tuple[date, str, str, int]) -> tuple[date, int]:
        day, kind, source, change = move
        return day, 0 if kind == "reversal" and source != "none" else 1 if kind == "write_off" and change < 0 else 2

    standing = found = 0
    for day, kind, source, change in sorted(moves, key=turn):
        step = 0
        if kind == "write_off" and change < 0:
            step = -change
        elif kind == "write_off" or (kind == "reversal" and source == "none"):
            step = -min(max(change, 0), standing)
        standing += step
        found += step if day > start else 0
    return found


def slow_outcomes(
    ledger: Ledger, start: date, months: int, *, netted: bool
) -> dict[str, tuple[str, float, float, float, float, str]]:
    """Return state, weight, lost, diluted, still open and end state of each item, by hand."""
    book, end, rates = SlowBook(ledger), months_after(start, months), Rates(ledger)
    day = np.array([(start - date(1970, 1, 1)).days])
    found = {}
    for number, net in book.net(start, netted=netted).items():
        if not net:
            continue
        row = book.documents[number]
        moves = [move for move in book.moves[number] if move[0] <= end]
        inside = [move for move in moves if move[0] > start]
        written = written_in(moves, start)
        diluted = -sum(change for _, kind, _, change in inside if kind in ("credit_note", "deduction", "discount"))
        end_open = sum(change for *_, change in moves)
        lost = min(max(written + min(end_open, 0), 0), net)
        left = min(max(end_open, 0), net - lost)
        diluted = min(max(diluted, 0), net - lost - left)
        weight = float(rates.translate(np.array([net]), row["currency"], day)[0])
        shares = [weight * part / net for part in (lost, diluted, left)]
        found[number] = (book.state(row, start), weight, *shares, book.state(row, end))
    return found


@pytest.mark.parametrize("netting", ["oldest_first", "not_netted"])
def test_outcomes_are_those_of_the_slow_way(netting: str) -> None:
    ledger = random_ledger(1, customers=25, rows=14)
    starts, as_of = [date(2023, 6, 30), date(2023, 10, 31), date(2024, 1, 31)], date(2024, 6, 30)
    found = History(ledger, ProvisionSettings(credits=netting)).outcomes(starts=starts, window_months=4, as_of=as_of)
    for start in starts:
        slow = slow_outcomes(ledger, start, 4, netted=netting == "oldest_first")
        mine = found.filter(pl.col("start") == start)
        assert set(mine["document_id"]) == set(slow)
        for row in mine.iter_rows(named=True):
            state, *figures, end_state = slow[row["document_id"]]
            assert row["state"] == state
            assert row["end_state"] == end_state
            assert [row[name] for name in ("weight", "lost", "diluted", "still_open")] == pytest.approx(figures)
    assert netting == "oldest_first" or min(found[name].sum() for name in ("lost", "diluted", "still_open")) > 0


def test_only_month_ends_that_were_followed_to_the_end_count() -> None:
    ledger = ledger_of(covers_from="2024-02-15", documents=[])
    chosen = ProvisionSettings(history_months=36)
    ends = observed_month_ends(ledger, as_of=date(2025, 6, 29), window_months=12, settings=chosen)
    assert ends == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31)]
    short = ProvisionSettings(history_months=14)
    ends = observed_month_ends(ledger, as_of=date(2025, 6, 30), window_months=12, settings=short)
    assert ends == [date(2024, 4, 30), date(2024, 5, 31), date(2024, 6, 30)]


def test_what_is_unfinished_is_lost_as_its_bucket_is() -> None:
    """r1 = 0.1 + 0.2 r2, r2 = 0.3 + 0.4 r2, so r2 = 0.5 and r1 = 0.2; a state that never resolves is at its prior."""
    lost, moved = np.array([[0.1, 0.3]]), np.array([[[0.0, 0.2], [0.0, 0.4]]])
    assert absorbed(lost, moved, np.full((1, 2), np.nan))[0] == pytest.approx([0.2, 0.5])
    assert absorbed(lost, moved, np.array([[np.nan, 0.9]]))[0] == pytest.approx([0.28, 0.9])


def book_of(customers: int, losers: int, recovered: int = 0) -> Ledger:
    """Each customer has 100.00 that was due in January 2024; some are written off in June and partly come in later."""
    documents, applications = [], []
    for number in range(customers):
        name = f"{number:04d}"
        documents.append(
            {
                "document_id": name,
                "customer_id": name,
                "document_date": "2024-01-01",
                "due_date": "2024-01-15",
                "amount": 100_00,
            }
        )
        kind, day = ("write_off", "2024-06-10") if number < losers else ("payment", "2024-02-10")
        applications.append({"to_document_id": name, "amount": 100_00, "applied_on": day, "kind": kind})
        if number < losers and recovered:
            back = {"to_document_id": name, "amount": -recovered, "applied_on": "2024-09-10", "kind": "reversal"}
            applications += [back, {**back, "amount": recovered, "kind": "recovery"}]
    return ledger_of(covers_from="2024-01-01", covers_to="2025-01-31", documents=documents, applications=applications)


def rate_of(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    chosen = ProvisionSettings(history_months=12, **changes)
    found = History(ledger, chosen).outcomes(starts=[date(2024, 1, 31)], window_months=12, as_of=date(2025, 1, 31))
    rates = loss_rates(found, settings=chosen)
    return next(row for row in rates.iter_rows(named=True) if row["state"] == "past_due_1_30")


def test_a_rate_by_hand() -> None:
    """50 of 400 customers lose 100: 12.5 %; the prior of 7.6 % counts as 2 customers beside 50."""
    row = rate_of(book_of(400, 50))
    assert row["own_rate"] == pytest.approx(0.125)
    trust = 50 / (50 + PRIOR_CASES)
    assert row["rate"] == pytest.approx(trust * 0.125 + (1 - trust) * 0.076)
    assert (row["customers"], row["loss_customers"], row["source"]) == (400, 50, "own")
    # The standard error of the share of 400 customers is 0.0165; the interval of resamples is about twice it.
    assert row["low"] == pytest.approx(row["rate"] - 1.96 * 0.0165, abs=0.006)
    assert row["high"] == pytest.approx(row["rate"] + 1.96 * 0.0165, abs=0.006)


def test_recoveries_make_the_loss_smaller_by_what_they_are_worth() -> None:
    assert rate_of(book_of(400, 50, recovered=40_00))["own_rate"] == pytest.approx(0.125 * 0.6)
    days = (date(2024, 9, 10) - date(2024, 1, 31)).days
    worth = 0.4 * 1.2 ** (-days / 365)
    assert rate_of(book_of(400, 50, recovered=40_00), effective_rate=0.2)["own_rate"] == pytest.approx(
        0.125 * (1 - worth)
    )


def test_without_a_loss_the_prior_fades_with_the_customers_that_could_have_had_one() -> None:
    few, many = rate_of(book_of(5, 0)), rate_of(book_of(400, 0))
    assert few["rate"] == pytest.approx(0.076 * PRIOR_CASES / (5 * 0.076 + PRIOR_CASES))
    assert many["rate"] == pytest.approx(0.076 * PRIOR_CASES / (400 * 0.076 + PRIOR_CASES))
    # Not a cent was lost: however little the prior weighs, all of the rate is published.
    assert (few["source"], many["source"]) == ("blended", "blended")
    assert few["published_share"] == many["published_share"] == pytest.approx(1.0)


def test_nothing_observed_is_said_and_priced_as_published() -> None:
    ledger = ledger_of(
        covers_from="2025-12-01",
        documents=[
            {
                "document_id": "A1",
                "customer_id": "A",
                "document_date": "2025-12-05",
                "due_date": "2025-12-20",
                "amount": 1000_00,
            }
        ],
    )
    found = provision(ledger, as_of="2025-12-31", output="polars")
    assert found.total == pytest.approx(76.0)
    said = " ".join(found.notes)
    assert "every loss rate is the published one" in said
    assert "Commercial Collection Agency Association" in said
    own = found.rates.filter(found.rates["method"] == "cohort")
    assert own["own_rate"].null_count() == own.height


def test_published_ages() -> None:
    """The survey: 94.9, 89.9, 81.3 and 69.6 % collected at 0, 30, 60 and 90 days; the middle of 1-30 lies between."""
    rates = [prior.rate for prior in prior_rates((30, 60, 90))]
    assert rates[1:4] == pytest.approx([1 - (0.949 + 0.899) / 2, 1 - (0.899 + 0.813) / 2, 1 - (0.813 + 0.696) / 2])
    assert rates[4] == pytest.approx(1 - (0.696 + (135 - 90) / 90 * (0.521 - 0.696)))
    assert rates == sorted(rates)


def test_segments_are_shrunk_to_the_whole() -> None:
    """A country with one customer and no loss stands near the rate of all."""
    base = book_of(200, 40)
    tables = dict(base.tables)
    lone = tables["customers"]["customer_id"].to_list()[-1]
    tables["customers"] = tables["customers"].with_columns(
        country=pl.when(pl.col("customer_id") == lone).then(pl.lit("FR")).otherwise(pl.lit("DE"))
    )
    chosen = ProvisionSettings(history_months=12, segment_by="country")
    ledger = base.replace(tables=tables)
    found = History(ledger, chosen).outcomes(starts=[date(2024, 1, 31)], window_months=12, as_of=date(2025, 1, 31))
    rates = {
        row["segment"]: row
        for row in loss_rates(found, settings=chosen).iter_rows(named=True)
        if row["state"] == "past_due_1_30"
    }
    assert set(rates) == {"all receivables", "DE", "FR"}
    whole = rates["all receivables"]["rate"]
    trust = whole / (whole + PRIOR_CASES)
    assert rates["FR"]["rate"] == pytest.approx((1 - trust) * whole)
    assert rates["FR"]["prior_source"] == "the rate of all receivables"


def test_order_does_not_matter() -> None:
    ledger = random_ledger(3, customers=10, rows=8)
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=4) for name, frame in ledger.tables.items()}
    mixed, day = ledger.replace(tables=shuffled), date(2024, 7, 31)
    chosen = ProvisionSettings(observation_months=4, history_months=8)
    one, two = (provision(each, as_of=day, settings=chosen, output="polars") for each in (ledger, mixed))
    for name in ("matrix", "items", "rates", "specific", "base"):
        assert getattr(one, name).equals(getattr(two, name)), name


def test_dilution_is_no_credit_loss_and_shown_apart() -> None:
    """Of 100 customers in a month 10 are credited in full and 5 written off: 10 % dilution, 5 % loss."""
    documents, applications = [], []
    for number in range(100):
        row = {"document_id": f"{number:03d}", "customer_id": f"{number:03d}", "amount": 100_00}
        documents.append({**row, "document_date": "2024-01-01", "due_date": "2024-01-15"})
        kind = "write_off" if number < 5 else "deduction" if number < 15 else "payment"
        applications.append(
            {"to_document_id": f"{number:03d}", "amount": 100_00, "applied_on": "2024-03-10", "kind": kind}
        )
    documents.append(
        {
            "document_id": "N",
            "customer_id": "N",
            "amount": 1000_00,
            "document_date": "2025-01-01",
            "due_date": "2025-01-15",
        }
    )
    ledger = ledger_of(covers_from="2024-01-01", covers_to="2025-01-31", documents=documents, applications=applications)
    found = provision(ledger, as_of="2025-01-31", output="polars")
    row = found.rates.filter((pl.col("method") == "cohort") & (pl.col("state") == "past_due_1_30")).row(0, named=True)
    assert row["dilution_share"] == pytest.approx(0.10)
    assert row["own_rate"] == pytest.approx(0.05)
    assert found.dilution.row(0, named=True)["expected"] == pytest.approx(100.0)
    assert "Refund liability" in {choice.subject for choice in found.contested}
