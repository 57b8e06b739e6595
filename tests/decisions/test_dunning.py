"""Who gets which letter: each rung and each hold at its boundary, and parts that tie out to the open items."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.dunning import dunning_proposal
from credrisk.decisions.dunning_holds import DUNNING_HOLDS
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.money import major_units
from credrisk.portfolio.ageing import ageing

AS_OF = "2025-03-31"
POLICY = Policy.default()
"""Levels from 7, 21 and 45 days; 10 days between letters, 5 after another contact; step by step."""


def invoice(number="d", due="2025-02-28", amount=500_000, **more) -> dict:
    row = {"document_id": number, "customer_id": "a", "document_date": "2025-01-01", "due_date": due, "amount": amount}
    return row | more


def letter(day, action="payment_reminder", channel="letter", number=None) -> dict:
    return {"contact_id": number or day, "customer_id": "a", "date": day, "channel": channel, "action": action}


def call(day, outcome="reached") -> dict:
    return {"contact_id": f"k{day}", "customer_id": "a", "date": day, "channel": "call", "outcome": outcome}


def promise(**changes) -> dict:
    given = {"promise_id": "p", "customer_id": "a", "made_on": "2025-03-20", "due_on": "2025-03-28", "amount": 500_000}
    return given | changes


def dispute(amount=None) -> dict:
    return {"dispute_id": "x", "document_id": "d", "opened_on": "2025-03-01", "amount": amount}


def block(value="sales", day="2025-03-01") -> dict:
    return {"document_id": "d", "field": "dunning_block", "value": value, "changed_on": day}


def agreed(day) -> dict:
    return {"document_id": "d", "field": "due_date", "value": day, "changed_on": "2025-03-01"}


def stop(value="sales", day="2025-03-01") -> dict:
    return {"customer_id": "a", "attribute": "dunning_stop", "value": value, "valid_from": day}


def event(kind) -> dict:
    return {"customer_id": "a", "date": "2025-03-10", "kind": kind}


def receipt(amount) -> dict:
    return {"receipt_id": "r", "customer_id": "a", "date": "2025-03-15", "amount": amount}


def proposed(policy=POLICY, documents=None, log=None, queue=None, **tables):
    tables.setdefault("contacts", [])
    ledger = ledger_of(documents=documents or [invoice()], **tables)
    return dunning_proposal(ledger, as_of=AS_OF, policy=policy, log=log, queue=queue)


def account(**given) -> dict:
    return proposed(**given).customers(output="polars").row(0, named=True)


STRAIGHT = POLICY.changed({"dunning.step_by_step": False})


@pytest.mark.parametrize(
    ("days", "step", "straight"),
    [(6, None, None), (7, 1, 1), (20, 1, 1), (21, 1, 2), (44, 1, 2), (45, 1, 3), (400, 1, 3)],
)
def test_an_item_climbs_one_level_a_letter_or_goes_straight_to_its_age(days, step, straight):
    due = date.fromisoformat(AS_OF).toordinal() - days
    documents = [invoice(due=date.fromordinal(due).isoformat(), document_date="2024-01-01")]
    assert account(documents=documents)["level"] == step
    assert account(documents=documents, policy=STRAIGHT)["level"] == straight


LAST = {
    "no letter": ({}, 1, 0),
    "a reminder": ({"contacts": [letter("2025-03-10")]}, 2, 1),
    "a reminder by e-mail": ({"contacts": [letter("2025-03-10", channel="email")]}, 2, 1),
    "a reminder on the day it fell due is for other items": ({"contacts": [letter("2025-02-28")]}, 1, 0),
    "two rungs": ({"contacts": [letter("2025-03-03"), letter("2025-03-14", "first_demand")]}, None, 2),
    "a letter of no level": ({"contacts": [letter("2025-03-10", None)]}, 2, None),
    "a reminder after a letter of no level": ({"contacts": [letter("2025-03-04", None), letter("2025-03-10")]}, 2, 1),
    "a demand, then a letter of no level": (
        {"contacts": [letter("2025-03-04", "first_demand"), letter("2025-03-10", None)]},
        2,
        None,
    ),
}


@pytest.mark.parametrize("name", LAST)
def test_the_last_level_comes_from_the_letters_recorded_since_the_item_fell_due(name):
    given, level, last = LAST[name]
    found = account(**given)
    assert (found["level"], found["last_level"]) == (level, last)
    assert found["last_level_says"].startswith("not known") == (last is None)


def test_without_a_record_of_contacts_the_last_level_is_not_known_and_age_decides():
    ledger = ledger_of(documents=[invoice()])
    found = dunning_proposal(ledger, as_of=AS_OF).customers(output="polars").row(0, named=True)
    assert (found["level"], found["last_level"]) == (2, None)
    assert found["last_level_says"].startswith("not known")


def test_what_fell_due_before_the_ledger_begins_has_no_known_last_level():
    found = account(documents=[invoice(due="2022-12-31", document_date="2022-10-01")])
    assert (found["level"], found["last_level"]) == (3, None)


def test_never_a_lower_level_after_a_higher_one():
    contacts = [letter("2025-03-05", "first_demand")]
    for policy in (POLICY, STRAIGHT):
        old = proposed(policy=policy, contacts=contacts).lines
        assert old["level"].to_list() == [2]
    both = [invoice(), invoice("e", "2025-03-20")]
    with_new = proposed(documents=both, contacts=contacts)
    assert with_new.accounts.row(0, named=True)["level"] == 2
    assert dict(with_new.lines.select("document_id", "level").iter_rows()) == {"d": 2, "e": 1}
    assert with_new.lines["on_letter"].to_list() == [True, True]


def test_the_log_says_what_was_sent_promised_and_disputed_too(tmp_path):
    def logged(name, *entries, **tables):
        log = DecisionLog(tmp_path / name)
        for day, kind, content in entries:
            log.append(kind, content, author="A", customer_id="a", at=datetime.fromisoformat(f"{day}T09:00+00:00"))
        return account(log=log, **tables)

    reminder = {"date": "2025-03-12", "action": "payment_reminder", "channel": "email", "outcome": "reached"}
    final = {"date": "2025-04-01", "action": "final_demand", "channel": "letter", "outcome": "reached"}
    found = logged("letters.db", ("2025-03-12", "contact", reminder), ("2025-04-01", "contact", final))
    assert (found["level"], found["last_level"], found["last_sent_on"]) == (2, 1, date(2025, 3, 12))
    promised = {"due_on": "2025-03-30", "made_on": "2025-03-20"}
    assert logged("promises.db", ("2025-03-20", "promise", promised))["hold"] == "promise"
    disputed = {"document_id": "d", "opened_on": "2025-03-20"}
    assert logged("disputes.db", ("2025-03-20", "dispute", disputed))["hold"] == "dispute"


def test_letters_known_from_the_log_alone_say_nothing_about_older_items(tmp_path):
    log = DecisionLog(tmp_path / "log.db")
    content = {"date": "2025-03-12", "action": "payment_reminder", "channel": "email", "outcome": "reached"}
    at = datetime(2025, 3, 12, 9, tzinfo=UTC)
    log.append("contact", content, author="A", customer_id="b", at=at)
    documents = [invoice("old", "2025-03-01"), invoice("new", "2025-03-20"), invoice("b", customer_id="b")]
    found = dunning_proposal(ledger_of(documents=documents), as_of=AS_OF, log=log).lines
    assert dict(found.select("document_id", "last_level").iter_rows()) == {"old": None, "new": 0, "b": 1}


def listed(action, *, customer="a", today=True) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": [customer], "contact_today": [today], "action": [action]})


HOLDS = {
    "free": ({}, None),
    "insolvent": ({"credit_events": [event("insolvency")]}, "insolvency"),
    "placed": ({"credit_events": [event("placement")]}, "third_party"),
    "in court": ({"credit_events": [event("legal_action")]}, "third_party"),
    "stopped": ({"customer_history": [stop()]}, "dunning_stop"),
    "stopped once": ({"customer_history": [stop(), stop(None, "2025-03-20")]}, None),
    "stopped later": ({"customer_history": [stop(day="2025-04-01")]}, None),
    "disputed": ({"disputes": [dispute()]}, "dispute"),
    "disputed in part": ({"disputes": [dispute(400_000)]}, None),
    "promised": ({"promises": [promise()]}, "promise"),
    "promised on the item": ({"promises": [promise(document_id="d", amount=None)]}, "promise"),
    "promised, grace over": ({"promises": [promise(due_on="2025-03-27")]}, None),
    "promised in part": ({"promises": [promise(amount=100_000)]}, None),
    "blocked": ({"document_changes": [block()]}, "blocked"),
    "blocked once": ({"document_changes": [block(), block(None, "2025-03-20")]}, None),
    "agreed later": ({"document_changes": [agreed("2025-03-31")]}, "postponed"),
    "agreed for yesterday": ({"document_changes": [agreed("2025-03-30")]}, "too_young"),
    "paid and not applied": ({"receipts": [receipt(500_000)]}, "unapplied_cash"),
    "paid in part": ({"receipts": [receipt(400_000)]}, None),
    "young": ({"documents": [invoice(due="2025-03-25")]}, "too_young"),
    "too little": ({"documents": [invoice(amount=2_499)]}, "minimum_amount"),
    "just enough": ({"documents": [invoice(amount=2_500)]}, None),
    "little after a reminder": (
        {"documents": [invoice(amount=4_999)], "contacts": [letter("2025-03-10")]},
        "already_sent",
    ),
    "final": ({"contacts": [letter("2025-03-10", "final_demand")]}, "final_sent"),
    "sent": ({"contacts": [letter("2025-03-03"), letter("2025-03-14", "first_demand")]}, "already_sent"),
    "9 days ago": ({"contacts": [letter("2025-03-22")]}, "days_between"),
    "10 days ago": ({"contacts": [letter("2025-03-21")]}, None),
    "called 4 days ago": ({"contacts": [call("2025-03-27")]}, "quiet_days"),
    "called 5 days ago": ({"contacts": [call("2025-03-26")]}, None),
    "not reached": ({"contacts": [call("2025-03-30", "no_answer")]}, None),
    "called today": ({"queue": listed("call")}, "on_the_list"),
    "mailed today": ({"queue": listed("reminder_email")}, "on_the_list"),
    "written to today": ({"queue": listed("letter")}, None),
    "on the list, not today": ({"queue": listed("call", today=False)}, None),
    "another is called": (
        {"queue": listed("call", customer="b"), "documents": [invoice(), invoice("e", customer_id="b")]},
        None,
    ),
    "called by an action of another policy": ({"queue": listed("video_call")}, "on_the_list"),
    "called today, and quiet": ({"queue": listed("call"), "contacts": [call("2025-03-27")]}, "quiet_days"),
}


@pytest.mark.parametrize("name", HOLDS)
def test_each_hold_at_its_boundary(name):
    given, hold = HOLDS[name]
    found = account(**given)
    assert found["hold"] == hold
    assert (found["held"] is None) == (hold is None)
    assert (found["level"] is None) == (hold is not None)


def test_every_hold_has_a_case():
    assert {hold for _, hold in HOLDS.values() if hold} == set(DUNNING_HOLDS)


def test_the_list_of_the_day_is_named_in_words_and_refused_without_its_columns():
    assert account(queue=listed("call").to_pandas())["held"] == "on today's collection list: a call"
    with pytest.raises(DataError, match="action"):
        account(queue=listed("call").drop("action"))
    with pytest.raises(DataError, match="stranger"):
        account(queue=listed("call", customer="stranger"))


def test_a_hold_that_a_date_ends_says_from_when():
    assert account(contacts=[letter("2025-03-22")])["held_until"] == date(2025, 4, 1)
    assert account(contacts=[call("2025-03-27")])["held_until"] == date(2025, 4, 1)
    assert account(promises=[promise()])["held_until"] == date(2025, 4, 1)
    assert account(document_changes=[agreed("2025-04-10")])["held_until"] == date(2025, 4, 17)


def test_only_the_undisputed_and_unpromised_part_is_asked_for():
    tables = {
        "disputes": [dispute(200_000)],
        "promises": [promise(amount=350_000)],
        "receipts": [receipt(10_000)],
    }
    found = proposed(documents=[invoice(), invoice("e", "2025-03-10", 100_000)], **tables)
    parts = {row["document_id"]: row for row in found.lines.iter_rows(named=True)}
    assert (parts["d"]["disputed"], parts["d"]["promised"], parts["d"]["dunned"]) == (200_000, 300_000, 0)
    assert (parts["e"]["promised"], parts["e"]["dunned"]) == (50_000, 50_000)
    assert found.lines.filter("on_letter")["document_id"].to_list() == ["e"]
    sums = found.totals(output="polars").row(0, named=True)
    assert (sums["past_due"], sums["dunned"], sums["cash"], sums["asked"]) == (6_000.0, 500.0, 100.0, 400.0)


def test_a_promise_in_another_currency_covers_its_own_items_only():
    usd = invoice("u", currency="USD", amount=300_000)
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    on_account = promise(currency="USD", amount=200_000)
    found = proposed(documents=[invoice(), usd], rates=rates, promises=[on_account])
    assert dict(found.lines.select("document_id", "promised").iter_rows()) == {"d": 0, "u": 200_000}
    assert found.accounts["asked"].to_list() == [5_000.0 + 0.5 * 1_000.0]
    of_item = promise(currency="EUR", amount=50_000, document_id="u")
    found = proposed(documents=[usd], rates=rates, promises=[of_item])
    assert found.lines["promised"].to_list() == [100_000]


def test_instalments_of_a_plan_cover_items_of_every_currency_the_oldest_first():
    """A plan of 5,000 EUR for 2,000 EUR and 10,000 USD at 0.5: the first item, then 6,000 USD of the second."""
    usd = invoice("u", "2025-03-10", currency="USD", amount=1_000_000)
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    plan = [promise(promise_id=f"p{n}", due_on=f"2025-0{n}-15", amount=250_000, plan_id="plan-a") for n in (4, 5)]
    found = proposed(documents=[invoice(amount=200_000), usd], rates=rates, promises=plan)
    assert dict(found.lines.select("document_id", "promised").iter_rows()) == {"d": 200_000, "u": 600_000}
    assert found.lines.filter(document_id="u")["dunned"].to_list() == [400_000]
    whole = [one | {"amount": 350_000} for one in plan]
    held = proposed(documents=[invoice(amount=200_000), usd], rates=rates, promises=whole)
    assert held.customers(output="polars")["hold"].to_list() == ["promise"]


@pytest.mark.parametrize("receipts", [[], [receipt(300_000) | {"date": "2025-03-25"}]])
def test_under_a_settlement_nothing_is_asked_for_until_its_day_and_grace_are_over(receipts):
    """3,000 for 5,000: the rest is given up, whether the money is here already or not; broken, all is asked for."""
    documents = [invoice(), invoice("u", currency="USD", amount=10_000)]
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    settled = promise(promise_id="s", amount=300_000, plan_id="settlement-a-2025-03-20", due_on="2025-03-31")
    tables = {"documents": documents, "rates": rates, "receipts": receipts}
    stands = proposed(promises=[settled], **tables)
    assert stands.lines["dunned"].to_list() == [0, 0]
    assert stands.customers(output="polars")["hold"].to_list() == ["promise"]
    over = proposed(promises=[settled | {"due_on": "2025-03-21"}], **tables)
    assert over.lines["dunned"].sum() == 510_000


def test_money_at_hand_in_one_currency_pays_nothing_in_another():
    usd = invoice("u", currency="USD", amount=300_000)
    rates = [{"currency": "USD", "date": "2025-01-01", "rate": 0.5}]
    found = proposed(documents=[invoice(), usd], rates=rates, receipts=[receipt(900_000)])
    assert dict(found.sums.select("currency", "asked").iter_rows()) == {"EUR": 0, "USD": 300_000}


@pytest.mark.parametrize("seed", range(6))
def test_parts_tie_out_to_the_open_items_to_the_cent(seed):
    ledger = random_ledger(seed, customers=25, rows=12)
    for as_of in (date(2023, 9, 30), date(2024, 9, 30)):
        found = dunning_proposal(ledger, as_of=as_of)
        lines = found.lines
        parts = pl.sum_horizontal("postponed", "disputed", "blocked", "promised", "dunned")
        assert lines.filter(parts != pl.col("open")).height == 0
        assert lines.filter(pl.min_horizontal("postponed", "disputed", "blocked", "promised", "dunned") < 0).height == 0
        # The ageing has no fee notes; a letter asks for them.
        kinds = ledger.table("documents").select("document_id", "kind")
        fees = lines.join(kinds, on="document_id").filter(kind="late_fee").group_by("customer_id", "currency")
        fees = fees.agg(fees=pl.col("open").sum()).with_columns(major_units("fees", "currency"))
        aged = ageing(ledger, as_of=as_of, translate=False, output="polars")
        aged = aged.join(fees, on=["customer_id", "currency"], how="left", maintain_order="left")
        aged = aged.with_columns(pl.col("past_due") + pl.col("fees").fill_null(0.0)).filter(pl.col("past_due") > 0)
        stated = found.totals(output="polars").select("customer_id", "currency", "past_due", "credits")
        both = aged.join(stated, on=["customer_id", "currency"], how="full", coalesce=True)
        assert both["past_due"].to_list() == pytest.approx(both["past_due_right"].to_list(), abs=1e-9)
        assert (-both["open_credits"]).to_list() == pytest.approx(both["credits"].to_list(), abs=1e-9)
        assert found.accounts["customer_id"].is_unique().all()
        letters = found.accounts.filter(pl.col("hold").is_null())
        on_letters = lines.filter("on_letter")
        assert set(on_letters["customer_id"]) == set(letters["customer_id"])
        highest = on_letters.group_by("customer_id").agg(pl.col("level").max()).sort("customer_id")
        assert (letters.sort("customer_id")["level"] <= highest["level"]).all()
        assert lines.filter(pl.col("dunned") > 0, pl.col("level") < pl.col("last_level").fill_null(0)).height == 0


def test_nothing_known_later_changes_a_proposal_nor_the_order_of_rows():
    ledger, as_of = random_ledger(3, customers=25, rows=12), date(2024, 3, 31)
    whole, cut = (dunning_proposal(each, as_of=as_of) for each in (ledger, ledger.cut(as_of)))
    mixed = ledger.replace(tables={name: table.reverse() for name, table in ledger.tables.items()})
    for other in (cut, dunning_proposal(mixed, as_of=as_of)):
        assert other.accounts.equals(whole.accounts)
        assert other.lines.equals(whole.lines)
        assert other.sums.equals(whole.sums)


LANGUAGE = {
    "its country": ("DE", None, "de", "country"),
    "small letters": ("fr", None, "fr", "country"),
    "its own": ("DE", "fr", "fr", "customer"),
    "its own with a region": (None, "de-AT", "de", "customer"),
    "neither": ("JP", None, "en", "default"),
    "no country": (None, None, "en", "default"),
    "one that is not there": ("DE", "ja", "de", "country: no letters in the language ja"),
}


@pytest.mark.parametrize("name", LANGUAGE)
def test_the_language_is_the_customers_then_the_countrys(name):
    country, own, language, source = LANGUAGE[name]
    history = [{"customer_id": "a", "attribute": "language", "value": own, "valid_from": "2024-01-01"}]
    found = account(customers=[{"customer_id": "a", "country": country}], customer_history=history if own else [])
    assert (found["language"], found["language_source"]) == (language, source)


def test_a_policy_without_languages_by_country_writes_in_the_default():
    policy = POLICY.changed({"dunning.language_by_country": {}, "dunning.default_language": "es"})
    assert account(policy=policy, customers=[{"customer_id": "a", "country": "DE"}])["language"] == "es"


@pytest.mark.parametrize(
    ("key", "value"),
    [("from_days", 7), ("name", "payment_reminder"), ("wording", "../secret"), ("channel", "fax"), ("from_days", 0)],
)
def test_a_ladder_that_does_not_hold_together_is_refused(key, value):
    content = POLICY.content()
    content["dunning"]["levels"][1][key] = value
    with pytest.raises(ParameterError, match=r"dunning\.levels"):
        Policy.of(content)


def test_frames_come_out_in_major_units_as_pandas_or_polars():
    found = proposed()
    assert found.items()["open"].tolist() == [5_000.0]
    assert found.totals()["asked"].tolist() == [5_000.0]
    assert list(found.customers().columns) == found.customers(output="polars").columns


def test_nobody_past_due_is_an_empty_proposal():
    found = proposed(documents=[invoice(due="2025-03-31")])
    assert (found.accounts.height, found.lines.height, found.sums.height) == (0, 0, 0)
