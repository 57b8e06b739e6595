"""The list of a team: minutes, abilities, peace, desks, deadlines, pins and small accounts hold whatever the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import polars as pl
import pytest
from decisions.cases import scores_of
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_collectors import collectors_of
from credrisk.decisions.queue_selection import coverage_quota, select
from credrisk.decisions.queue_workforce import one_pool, workforce
from credrisk.errors import DataError, ParameterError

AS_OF = date(2025, 3, 31)
POLICY = Policy.default()
MINUTES = {action.name: action.minutes for action in POLICY.collection.actions if action.uses_capacity}
BY_HAND = ("insurer", "pin", "gain", "coverage", "explore")


def ago(days: int) -> str:
    return (AS_OF - timedelta(days=days)).isoformat()


def team(*rows) -> pl.DataFrame:
    columns = ("collector", "minutes_per_day", "languages", "skills", "away_until")
    return pl.DataFrame(
        [dict(zip(columns, row, strict=False)) for row in rows], schema=dict.fromkeys(columns, pl.String)
    )


an_account = st.fixed_dictionaries(
    {
        "days_late": st.integers(-8, 200),
        "amount": st.sampled_from([9_000, 40_000, 200_000, 900_000, 20_000_000]),
        "pd": st.sampled_from([0.01, 0.06, 0.3]),
        "contacted": st.lists(st.integers(0, 40), max_size=7, unique=True),
        "channel": st.sampled_from(["call", "email"]),
        "promised": st.none() | st.integers(-20, 10),
        "disputed": st.booleans(),
        "desk": st.sampled_from([None, None, "P1", "P2"]),
        "owner": st.sampled_from([None, "Ada", "Ben", "gone"]),
        "country": st.sampled_from([None, "DE", "FR", "XX"]),
        "report": st.sampled_from([None, None, 30, 60]),
        "hand": st.sampled_from([None, None, None, "pin", "boost", "exclude"]),
    }
)
a_collector = st.tuples(
    st.sampled_from(["0", "12", "45", "240"]),
    st.sampled_from(["", "de", "de;en", "fr"]),
    st.sampled_from([None, ago(0), ago(-3)]),
)
portfolios = st.lists(an_account, min_size=1, max_size=9)


def built(cases):
    pairs = [(f"c{n}", case) for n, case in enumerate(cases)]
    documents, contacts = [], []
    for name, case in pairs:
        due = AS_OF - timedelta(days=case["days_late"])
        documents.append(
            {
                "document_id": f"d-{name}",
                "customer_id": name,
                "document_date": (due - timedelta(days=30)).isoformat(),
                "due_date": due.isoformat(),
                "amount": case["amount"],
            }
        )
        contacts += [
            {"contact_id": f"k{name}-{days}", "customer_id": name, "date": ago(days), "channel": case["channel"]}
            for days in case["contacted"]
        ]
    ledger = ledger_of(
        static=("ap_contact_id",),
        customers=[
            {"customer_id": name, "country": case["country"], "ap_contact_id": case["desk"]} for name, case in pairs
        ],
        documents=documents,
        contacts=contacts,
        customer_history=[
            {"customer_id": name, "attribute": "collector", "value": case["owner"], "valid_from": "2024-01-01"}
            for name, case in pairs
            if case["owner"]
        ],
        promises=[
            {"promise_id": f"p{name}", "customer_id": name, "made_on": ago(30), "due_on": ago(-case["promised"])}
            for name, case in pairs
            if case["promised"] is not None
        ],
        disputes=[
            {"dispute_id": f"x{name}", "document_id": f"d-{name}", "opened_on": ago(3)}
            for name, case in pairs
            if case["disputed"]
        ],
        cover=[
            {
                "cover_id": f"v{name}",
                "customer_id": name,
                "kind": "insurance",
                "limit": 100_000_000,
                "report_overdue_dpd": case["report"],
                "valid_from": "2024-01-01",
            }
            for name, case in pairs
            if case["report"]
        ],
    )
    scores = scores_of(*({"customer_id": name, "pd_12m": case["pd"]} for name, case in pairs))
    hand = pl.DataFrame(
        [
            (name, case["hand"], 3.0 if case["hand"] == "boost" else None, "why", "Lead", AS_OF, AS_OF + timedelta(9))
            for name, case in pairs
            if case["hand"]
        ],
        schema={
            "customer_id": pl.String,
            "what": pl.String,
            "factor": pl.Float64,
            "reason": pl.String,
            "author": pl.String,
            "made_on": pl.Date,
            "expires_on": pl.Date,
        },
        orient="row",
    )
    return ledger, scores, hand


def queue(ledger, scores, policy=POLICY, **options) -> pl.DataFrame:
    return collection_queue(ledger, as_of=AS_OF, scores=scores, policy=policy, output="polars", **options)


@given(
    portfolios,
    st.lists(a_collector, min_size=3, max_size=3),
    st.sampled_from(["owned", "free"]),
    st.sampled_from([None, 0.3]),
)
@settings(max_examples=60, deadline=None)
def test_every_constraint_holds(cases, people, assignment, explore):
    ledger, scores, hand = built(cases)
    names = ("Ada", "Ben", "Cleo")
    collectors = team(
        *((name, minutes, spoken, "", away) for name, (minutes, spoken, away) in zip(names, people, strict=True))
    )
    found = queue(ledger, scores, collectors=collectors, assignment=assignment, hand=hand, explore=explore)
    case_of = {f"c{n}": case for n, case in enumerate(cases)}
    today = found.filter("contact_today")
    by_hand = today.filter(pl.col("slot").is_in(BY_HAND) & pl.col("collector_today").is_not_null())

    # Minutes: each within what everybody has, who is away has none; a desk's minutes are counted once.
    have = {
        name: 0.0 if away is not None and date.fromisoformat(away) > AS_OF else float(minutes)
        for name, (minutes, _, away) in zip(names, people, strict=True)
    }
    used = dict(by_hand.group_by("collector_today").agg(pl.col("minutes").sum()).iter_rows())
    assert all(used[name] <= have[name] + 1e-6 for name in used)
    by_desk = by_hand.group_by(pl.coalesce("desk", "customer_id")).agg(
        pl.col("minutes").sum(), pl.col("action", "collector_today").n_unique(), acted=pl.col("action").first()
    )
    assert all(MINUTES[row["acted"]] == row["minutes"] for row in by_desk.iter_rows(named=True))

    # One contact a desk: one action by one person, or one that goes out by itself, never both.
    for desk in ("P1", "P2"):
        of_desk = today.filter(pl.col("desk") == desk)
        assert of_desk.select("slot", "action", "collector_today").unique().height <= 1

    # Abilities: the language of the customer where anybody on duty speaks it (for a desk: of its largest account).
    speaks = {name: set(filter(None, spoken.split(";"))) for name, (_, spoken, _) in zip(names, people, strict=True)}
    for row in by_hand.filter(pl.col("desk").is_null()).iter_rows(named=True):
        case = case_of[row["customer_id"]]
        language = {"DE": "de", "FR": "fr"}.get(case["country"])
        able = [n for n in names if have[n] > 0 and (not speaks[n] or language is None or language in speaks[n])]
        assert row["collector_today"] in (able or names)
        if assignment == "owned" and case["owner"] in able:
            assert row["collector_today"] == case["owner"]

    # Peace: nobody in a hold is contacted; not within the quiet days, nor more often than the policy allows.
    assert today["hold"].is_null().all()
    groups = {}
    for name, case in case_of.items():
        groups.setdefault(case["desk"] or name, []).append(case)
    for row in today.iter_rows(named=True):
        mates = groups[case_of[row["customer_id"]]["desk"] or row["customer_id"]]
        case = case_of[row["customer_id"]]
        calls = {days for mate in mates if mate["channel"] == "call" for days in mate["contacted"] if days < 30}
        assert len(calls) < POLICY.collection.contacts_by_hand_30_days
        last = min((days for mate in mates for days in mate["contacted"]), default=99)
        broken = case["promised"] is not None and case["promised"] + 3 < 0 and -case["promised"] - 3 <= last
        quiet = [days < POLICY.collection.quiet_days[mate["channel"]] for mate in mates for days in mate["contacted"]]
        assert broken or not any(quiet)
        assert not case["disputed"] or row["past_due"] == 0
        assert case["hand"] != "exclude"

    # Nobody at a loss but for a pin.
    assert (today.filter(pl.col("slot") != "pin")["gain"] >= 0).all()

    # Pins: on the list, or everybody who is able has less left than the contact with the pinned account takes.
    left = {name: have[name] - used.get(name, 0.0) for name in names}
    pinned = found.filter(pl.col("hold").is_null() & pl.col("hand").str.starts_with("pinned").fill_null(False))
    if explore is None:
        for row in pinned.filter(~pl.col("contact_today") & pl.col("desk").is_null()).iter_rows(named=True):
            others = by_hand.filter(~pl.col("slot").is_in(["insurer", "pin"]))
            action = MINUTES[row["action"]]
            case = case_of[row["customer_id"]]
            language = {"DE": "de", "FR": "fr"}.get(case["country"])
            able = [n for n in names if have[n] > 0 and (not speaks[n] or language is None or language in speaks[n])]
            able = able or [n for n in names if have[n] > 0]
            able = [case["owner"]] if assignment == "owned" and case["owner"] in able else able
            before = {n: left[n] + others.filter(pl.col("collector_today") == n)["minutes"].sum() for n in able}
            assert all(room < action for room in before.values())

    # Insurers' deadlines stand at the top.
    near = today.with_row_index("place").filter(
        pl.col("insurer_deadline").is_between(AS_OF, AS_OF + timedelta(POLICY.collection.insurer_notice_days))
    )
    assert near["place"].to_list() == list(range(near.height))
    assert near["insurer_deadline"].is_sorted()

    # The chances are those of a contact by hand.
    assert found.filter(pl.col("hold").is_not_null())["selection_probability"].is_null().all()
    certain = by_hand.filter(pl.col("slot") != "explore")
    assert (certain["selection_probability"] == 1.0).all()
    drawn = today.filter(pl.col("slot") == "explore")
    assert drawn["selection_probability"].is_between(0.0, 1.0).all()
    if explore is None:
        assert drawn.is_empty()


@given(portfolios, st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_changes_nothing(cases, random):
    ledger, scores, hand = built(cases)
    shuffled = {}
    for name, table in ledger.tables.items():
        order = list(range(table.height))
        random.shuffle(order)
        shuffled[name] = table[order]
    people = team(("Ada", "45", "de"), ("Ben", "60", ""))
    options = {"explore": 0.3, "assignment": "free"}
    assert_frame_equal(
        queue(ledger, scores, collectors=people, hand=hand, **options),
        queue(
            ledger.replace(tables=shuffled),
            scores.reverse(),
            collectors=people.reverse(),
            hand=hand.reverse(),
            **options,
        ),
    )


@cache
def many(accounts: int = 40, amount: int = 900_000):
    ledger = ledger_of(
        documents=[
            {
                "document_id": f"d{n:03}",
                "customer_id": f"c{n:03}",
                "document_date": ago(90),
                "due_date": ago(64),
                "amount": amount + 10_000 * n,
            }
            for n in range(accounts)
        ],
        contacts=[],
    )
    return ledger, scores_of(*({"customer_id": f"c{n:03}", "pd_12m": 0.06} for n in range(accounts)))


def test_an_account_beyond_the_minutes_for_a_call_is_sent_what_goes_out_by_itself():
    ledger = ledger_of(
        documents=[
            {"document_id": c, "customer_id": c, "document_date": ago(60), "due_date": ago(20), "amount": amount}
            for c, amount in (("a", 9_000_000), ("b", 4_000_000))
        ]
    )
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "ab"))
    found = queue(ledger, scores, collectors=team(("Ada", "6")))
    assert found.select("customer_id", "action", "slot", "collector_today", "minutes").rows() == [
        ("a", "letter", "gain", "Ada", 6.0),
        ("b", "reminder_email", "automatic", None, 0.0),
    ]
    # Two letters gain more than one call and a mail: what is done is what the minutes are best used for.
    found = queue(ledger, scores, collectors=team(("Ada", "12")))
    assert found.select("customer_id", "action", "minutes").rows() == [("a", "letter", 6.0), ("b", "letter", 6.0)]
    found = queue(ledger, scores, collectors=team(("Ada", "24")))
    assert found["action"].to_list() == ["call", "call"]


def test_a_desk_is_called_once_for_all_that_it_gains():
    customers = [{"customer_id": c, "ap_contact_id": "P" if c in "ab" else None} for c in "abc"]
    documents = [
        {"document_id": c, "customer_id": c, "document_date": ago(99), "due_date": ago(64), "amount": amount}
        for c, amount in (("a", 4_000_000), ("b", 4_000_000), ("c", 6_000_000))
    ]
    ledger = ledger_of(customers=customers, documents=documents, static=("ap_contact_id",))
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "abc"))
    one = queue(ledger, scores, capacity=1)
    assert one.filter("contact_today")["customer_id"].to_list() == ["a", "b"]
    for found in (one, queue(ledger, scores, collectors=team(("Ada", "30")))):
        called = found.filter((pl.col("desk") == "P") & (pl.col("slot") == "gain"))
        assert called["customer_id"].to_list() == ["a", "b"]
        assert called["minutes"].to_list() == [MINUTES[called["action"][0]], 0.0]
        assert called["action"].n_unique() == 1


def test_a_mail_to_a_desk_is_one_for_all_its_accounts():
    customers = [{"customer_id": c, "ap_contact_id": "P" if c in "ab" else None} for c in "abc"]
    documents = [
        {"document_id": c, "customer_id": c, "document_date": ago(60), "due_date": ago(25), "amount": 400_000}
        for c in "abc"
    ]
    ledger = ledger_of(customers=customers, documents=documents, static=("ap_contact_id",))
    found = queue(ledger, scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "abc")), capacity=0)
    told = dict(found.filter("contact_today").select("customer_id", "reasons").iter_rows())
    once = "one and the same contact for 2 accounts of its payables desk"
    assert [once in told[c] for c in "abc"] == [True, True, False]


def test_what_the_other_account_of_a_desk_was_told_yesterday_counts():
    customers = [{"customer_id": c, "ap_contact_id": "P"} for c in "ab"]
    documents = [
        {"document_id": c, "customer_id": c, "document_date": ago(99), "due_date": ago(64), "amount": 4_000_000}
        for c in "ab"
    ]
    contacts = [{"contact_id": "k", "customer_id": "a", "date": ago(1), "channel": "call"}]
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.06} for c in "ab"))
    for static, hold in ((("ap_contact_id",), "quiet_days"), ((), None)):
        ledger = ledger_of(
            customers=customers, documents=documents, contacts=contacts, static=static, extracted_on="2025-12-31"
        )
        row = queue(ledger, scores).row(by_predicate=pl.col("customer_id") == "b", named=True)
        assert row["hold"] == hold
    assert row["desk"] is None


def test_a_skill_that_nobody_has_binds_and_a_language_does_not():
    content = POLICY.content()
    for action in content["collection"]["actions"]:
        action["skill"] = "legal" if action["name"] in ("stop_supply_notice", "escalation") else ""
    policy = Policy.of(content)
    ledger = ledger_of(
        customers=[{"customer_id": "a", "country": "JP"}],
        documents=[
            {"document_id": "d", "customer_id": "a", "document_date": ago(99), "due_date": ago(64), "amount": 9_000_000}
        ],
    )
    scores = scores_of({"customer_id": "a", "pd_12m": 0.06})
    plain = queue(ledger, scores, policy=policy, collectors=team(("Ada", "60", "de", "")))
    assert plain.select("action", "collector_today").row(0) == ("call", "Ada")
    legal = queue(ledger, scores, policy=policy, collectors=team(("Ada", "60", "de"), ("Ben", "60", "de", "Legal")))
    assert legal["action"].item() in ("stop_supply_notice", "escalation")
    assert legal["collector_today"].item() == "Ben"


def test_the_customer_s_own_language_and_skill_outrank_the_country():
    ledger, scores = many(1)
    history = pl.concat(
        ledger_of(
            customer_history=[
                {"customer_id": "c000", "attribute": a, "value": v, "valid_from": day}
                for a, v, day in (
                    ("language", "FR ", ago(9)),
                    ("skill", "key_account", ago(9)),
                    ("language", "it", ago(-1)),
                )
            ],
            customers=[{"customer_id": "c000"}],
        ).tables["customer_history"]
        for _ in range(1)
    )
    ledger = ledger.replace(tables={**ledger.tables, "customer_history": history})
    people = team(("Ada", "60", "fr", ""), ("Ben", "60", "de", "key_account"), ("Cleo", "60", "fr", "key_account"))
    assert queue(ledger, scores, collectors=people)["collector_today"].to_list() == ["Cleo"]


def test_small_accounts_are_reached_within_the_cycle():
    # 60 small accounts and as many large ones that gain more, for which the day is too short: without places kept the
    # small ones would never be called. Day after day what is on the list is noted as done.
    policy = POLICY.changed(
        {
            "collection.coverage_floor_share": 0.0,
            "collection.coverage_cycle_days": 28,
            "collection.coverage_target_share": 0.8,
        }
    )
    small = [f"s{n:02}" for n in range(60)]
    documents = [
        {"document_id": c, "customer_id": c, "document_date": ago(150), "due_date": ago(90), "amount": amount}
        for names, amount in ((small, 240_000), ([f"b{n:02}" for n in range(60)], 9_000_000))
        for c in names
    ]
    scores = scores_of(*({"customer_id": row["customer_id"], "pd_12m": 0.06} for row in documents))
    ledger = ledger_of(documents=documents, contacts=[], covers_to="2026-12-31")
    day, contacts = AS_OF, []
    for step in range(28):
        day = AS_OF + timedelta(step)
        if day.weekday() > 4:
            continue
        noted = ledger_of(documents=documents, contacts=contacts, covers_to="2026-12-31")
        found = collection_queue(
            noted, as_of=day, scores=scores, policy=policy, collectors=team(("Ada", "120")), output="polars"
        )
        called = found.filter(pl.col("slot").is_in(BY_HAND))
        contacts += [
            {"contact_id": f"{day}{c}", "customer_id": c, "date": day.isoformat(), "channel": "letter"}
            for c in called["customer_id"].to_list()
        ]
    reached = {row["customer_id"] for row in contacts} & set(small)
    assert len(reached) >= 0.8 * len(small)
    assert ledger.has("contacts")


@pytest.mark.parametrize(
    ("small", "cycle", "share", "quota"), [(0, 90, 0.8, 0), (90, 90, 1.0, 2), (100, 35, 0.5, 2), (101, 35, 0.5, 3)]
)
def test_the_quota_of_a_day(small, cycle, share, quota):
    rules = POLICY.changed(
        {"collection.coverage_cycle_days": cycle, "collection.coverage_target_share": share}
    ).collection
    assert coverage_quota(small, rules) == quota


def drawn_from(*, collectors=None, seed=0):
    """Return the selection among 40 accounts of two actions, with a draw of 40 % of the capacity."""
    units = pl.DataFrame(
        {
            "unit": [f"u{n:02}" for n in range(40)],
            "owner": [("Ada", "Ben", None)[n % 3] for n in range(40)],
            "language": None,
            "customer_skill": None,
            "insurer_deadline": None,
            "pinned": False,
            "small": [n % 5 == 0 for n in range(40)],
            "last_contact_on": None,
            "lately": False,
        },
        schema_overrides={
            "language": pl.String,
            "customer_skill": pl.String,
            "insurer_deadline": pl.Date,
            "last_contact_on": pl.Date,
        },
    )
    actions = pl.DataFrame(
        {"action": ["letter", "call"], "mildness": [0, 1], "minutes": [6.0, 12.0], "worth": [5.0, 9.0]}
    )
    gain = pl.col("worth") * (1 + pl.int_range(pl.len()) // 2)
    options = (
        units.select("unit")
        .join(actions, how="cross", maintain_order="left")
        .with_columns(uses_capacity=True, skill=pl.lit(None, pl.String), gain=gain, score=gain)
    )
    if collectors is None:
        options = options.filter(pl.col("action") == "call")
        force = one_pool(options, 10)
    else:
        force = workforce(options, units, collectors_of(collectors, as_of=AS_OF), owned=True)
    return select(units, options, force, rules=POLICY.collection, as_of=AS_OF, explore=0.4, seed=seed)


@pytest.mark.parametrize("people", [None, team(("Ada", "60"), ("Ben", "120"))])
def test_the_chance_of_the_draw_is_exact(people):
    draws = 400 if people is None else 120
    lists = [drawn_from(collectors=people, seed=seed) for seed in range(draws)]
    chance = dict(lists[0].chances.select("unit", "selection_probability").iter_rows())
    times = dict.fromkeys(chance, 0)
    for found in lists:
        assert dict(found.chances.select("unit", "selection_probability").iter_rows()) == chance
        for unit in found.contacts["unit"].to_list():
            times[unit] += 1
    random = {unit for unit, p in chance.items() if 0 < p < 1}
    assert len(random) > 10
    assert all(times[unit] == draws for unit, p in chance.items() if p == 1)
    # Each count is binomial: within five of its standard deviations, for each of some thirty accounts.
    for unit in random:
        p = chance[unit]
        assert abs(times[unit] - p * draws) < 5 * (p * (1 - p) * draws) ** 0.5
    drawn = lists[0].contacts.filter(pl.col("slot") == "explore")
    assert drawn.height > 1
    assert sum(chance[unit] for unit in random) == pytest.approx(drawn.height)
    # What is certain is the same whatever is drawn.
    certain = [frozenset(found.contacts.filter(pl.col("slot") != "explore")["unit"].to_list()) for found in lists]
    assert len(set(certain)) == 1


def test_the_highest_gains_are_not_drawn_for_and_the_seed_is_the_day():
    ledger, scores = many()
    found = queue(ledger, scores, capacity=10, explore=0.2)
    assert (
        found.filter(pl.col("slot") == "gain")["gain"].min() >= found.filter(pl.col("slot") == "explore")["gain"].max()
    )
    assert found.filter(pl.col("slot") == "explore").height == 2
    assert found.filter(pl.col("slot").is_in(BY_HAND)).height == 10
    assert_frame_equal(found, queue(ledger, scores, capacity=10, explore=0.2, seed=AS_OF.toordinal()))


class Measured:
    """Effects of one action, measured."""

    def __init__(self, ranking):
        self.ranking = ranking

    def of(self, accounts):
        return accounts.select(
            "customer_id",
            action=pl.lit("call"),
            days_accelerated=pl.lit(40.0 if self.ranking == "gain" else None, pl.Float64),
            loss_avoided_share=pl.lit(None, pl.Float64),
            effect_source=pl.lit("measured" if self.ranking == "gain" else "not_identified"),
        )


def test_measured_effects_of_an_offer_stand_for_reach_and_effect():
    ledger, scores = many(1)
    row = queue(ledger, scores, effects=Measured("gain")).row(0, named=True)
    call = next(action for action in POLICY.collection.actions if action.name == "call")
    assert (row["action"], row["effect_source"], row["ranked_by"]) == ("call", "measured", "gain")
    assert row["time_value"] == pytest.approx(9_000 * 40 * POLICY.economics.cost_of_funds / 365)
    loss = 0.06 * POLICY.economics.lgd_uninsured * 9_000
    assert row["expected_loss_avoided"] == pytest.approx(call.reach * call.loss_avoided_share * loss)
    assert "(measured)" in row["reasons"]


def test_effects_that_rank_no_better_leave_amount_by_timing():
    ledger, scores = many(6)
    risky = scores.with_columns(pd_12m=pl.Series([0.9, 0.5, 0.3, 0.1, 0.05, 0.01]))
    by_gain = queue(ledger, risky)
    found = queue(ledger, risky, effects=Measured("amount_x_timing"))
    assert by_gain["customer_id"].to_list() == sorted(by_gain["customer_id"].to_list())
    assert found["time_value"].is_sorted(descending=True)
    assert found["customer_id"].to_list() != by_gain["customer_id"].to_list()
    assert found["ranked_by"].unique().to_list() == ["amount_x_timing"]
    assert set(found["effect_source"].to_list()) <= {"policy_prior", "not_identified"}


def test_invoices_alone_are_enough():
    ledger = ledger_of(
        documents=[
            {"document_id": "d", "customer_id": "a", "document_date": ago(99), "due_date": ago(64), "amount": 900_000}
        ]
    )
    row = queue(ledger, scores_of({"customer_id": "a", "pd_12m": 0.06}), collectors=team(("Ada", "60"))).row(
        0, named=True
    )
    assert (row["contact_today"], row["collector_today"]) == (True, "Ada")
    assert "no contacts in the ledger" in row["reasons"]
    assert row["talking_points"] == (
        "9,000 EUR is past due, the oldest item by 64 days. No earlier contact is known. "
        "Ask for 9,000 EUR and for the day on which it is paid, as 9,000 EUR passes 90 days within 30 days."
    )


def test_bad_parameters_are_refused():
    ledger, scores = many(1)
    people = team(("Ada", "60"))
    for options, named in (
        ({"capacity": 3, "collectors": people}, "capacity"),
        ({"assignment": "auction"}, "assignment"),
        ({"explore": 0.6}, "explore"),
        ({"explore": True}, "explore"),
        ({"seed": -1}, "seed"),
    ):
        with pytest.raises(ParameterError, match=named):
            queue(ledger, scores, **options)
    with pytest.raises(DataError, match="hand"):
        queue(ledger, scores, hand=scores)
