"""Red flags: every sign with its date, source and reason; what was undone since is a note; nothing known later."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from public_world import AS_OF, EVENT, EVENTS, facts, ratings

from credrisk.decisions import outside_meaning
from credrisk.decisions.outside_figures import annual_statements
from credrisk.decisions.outside_meaning import SEVERITIES, family_of, is_adverse, meaning_of, rank_of
from credrisk.decisions.red_flags import RedFlag, red_flags
from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES

NO_RATINGS = ratings().clear()


def events(*given: tuple) -> pl.DataFrame:
    schema = dict(zip(EVENT, (pl.String, pl.String, pl.Date, pl.Date, pl.String, pl.String, pl.String), strict=True))
    return pl.DataFrame(list(given), schema=schema, orient="row")


def event(kind: str, happened: date, known: date | None = None, text: str = "", source: str = "register") -> tuple:
    return ("A1", kind, happened, known or happened, source, None, text)


def flags(*, as_of: date = AS_OF, given=None, statements=(), rated=NO_RATINGS, **now) -> list[RedFlag]:
    return red_flags(
        as_of=as_of,
        events=given if given is not None else events(),
        statements=statements,
        ratings=rated,
        now=now,
        ledger_to=as_of,
        currency="EUR",
    )


def test_every_kind_of_every_family_has_a_meaning():
    for family, kinds in FAMILIES.items():
        for kind in kinds:
            meaning = meaning_of(kind)
            assert meaning is not outside_meaning.UNKNOWN, kind
            assert meaning.severity in SEVERITIES
            assert meaning.why.endswith(".")
            assert meaning.tell
            assert family not in ADVERSE or rank_of(meaning.severity) <= rank_of("watch"), kind
    assert meaning_of("no_such_kind") is outside_meaning.UNKNOWN
    assert not is_adverse("no_such_kind")


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("Winding-up petition", "urgent"),
        ("dissolution", "urgent"),
        ("sanctioned", "urgent"),
        ("members_voluntary_liquidation", "serious"),
        ("payment_judgment", "serious"),
        ("lei_lapsed", "note"),
        ("charge_satisfied", "better"),
        ("annual_report", "note"),
    ],
)
def test_how_urgent_a_kind_is(kind, severity):
    assert meaning_of(kind).severity == severity


def test_a_solvent_winding_up_is_no_insolvency_and_a_lapsed_identifier_no_bad_news():
    assert family_of("members_voluntary_liquidation") != "insolvency"
    assert not is_adverse("lei_lapsed")
    assert flags(given=events(event("lei_lapsed", date(2026, 3, 1)))) == []


def test_the_flags_of_the_invented_bakery():
    found = flags(
        given=events(*(row for row in EVENTS if row[0] == "A1")),
        statements=annual_statements(facts(), as_of=AS_OF),
        rated=ratings(),
        past_due=4000.0,
        oldest_open_days=14.0,
    )
    told = [(flag.severity, flag.what) for flag in found]
    assert told[0] == ("urgent", "Winding up petition: Petition of a creditor to wind up the company")
    assert ("serious", "creditsafe common value fell to D from B") in told
    assert ("serious", "Earnings cover the interest only 0.8 times in the year to 2024-12-31") in told
    assert ("watch", "Revenue fell by 25 % in the year to 2024-12-31") in told
    assert ("watch", "Restated figures of the year to 2024-12-31: equity") in told
    assert ("watch", "A loss of 70,000 GBP in the year to 2024-12-31") in told
    assert not any("NOT KNOWN YET" in what or "shop" in what for _, what in told)
    assert [rank_of(severity) for severity, _ in told] == sorted(rank_of(severity) for severity, _ in told)
    assert all(flag.why and flag.known_at <= AS_OF for flag in found)


def test_what_is_known_on_the_day_counts_and_the_day_after_does_not():
    given = events(event("dissolution", date(2026, 1, 1), date(2026, 1, 10)))
    assert flags(as_of=date(2026, 1, 9), given=given) == []
    assert len(flags(as_of=date(2026, 1, 10), given=given)) == 1


def test_old_bad_news_passes_but_a_dissolution_does_not():
    old = date(2020, 1, 1)
    given = events(event("payment_judgment", old), event("dissolution", old))
    assert [flag.what for flag in flags(given=given)] == ["Dissolution"]


def test_a_petition_that_was_dismissed_is_a_note_that_says_so():
    given = events(event("winding_up_petition", date(2025, 5, 1)), event("petition_dismissed", date(2025, 7, 1)))
    (flag,) = flags(given=given)
    assert flag.severity == "note"
    assert "since then: petition dismissed on 2025-07-01" in flag.what
    again = events(event("petition_dismissed", date(2025, 7, 1)), event("winding_up_petition", date(2025, 8, 1)))
    assert flags(given=again)[0].severity == "urgent"


def test_a_liquidation_that_was_declared_solvent_is_not_urgent():
    wound_up = event("liquidation", date(2025, 5, 10))
    declared = event("members_voluntary_liquidation", date(2025, 5, 1))
    told = {flag.what: flag.severity for flag in flags(given=events(declared, wound_up))}
    assert told["Liquidation; declared solvent"] == "serious"
    assert flags(given=events(wound_up))[0].severity == "urgent"
    later = event("members_voluntary_liquidation", date(2026, 5, 12))
    assert flags(as_of=date(2026, 6, 1), given=events(wound_up, later))[0].what == "Liquidation"


def test_what_happened_on_one_day_is_not_over_on_it():
    day = date(2025, 5, 1)
    (flag,) = flags(given=events(event("winding_up_petition", day), event("petition_dismissed", day)))
    assert (flag.severity, flag.what) == ("urgent", "Winding up petition")


def test_what_two_sources_say_is_told_once_and_a_doubtful_match_is_said():
    day = date(2025, 5, 1)
    twice = events(event("court_judgment", day, source="one"), event("court_judgment", day, source="two"))
    assert len(flags(given=twice)) == 1
    petition, own_day = "winding_up_petition", date(2025, 4, 20)
    other_words = event(petition, own_day, date(2025, 5, 9), "petition that led to case 1", source="profile")
    first = event(petition, day, text="a creditor petitions", source="gazette")
    assert [flag.source for flag in flags(given=events(first, other_words))] == ["gazette"]
    doubtful = twice.head(1).with_columns(match_confidence=0.7)
    assert "70 % sure: check first" in flags(given=doubtful)[0].what


def test_the_flags_of_the_ledger():
    assert flags(past_due=0.0, oldest_open_days=200.0) == []
    found = {flag.what: flag for flag in flags(
        past_due=12_000.0, oldest_open_days=95.0, over_limit=500.0, broken_promises_12m=2.0,
        days_beyond_report_overdue=3.0, legal_actions_12m=1.0,
    )}  # fmt: skip
    assert found["12,000 EUR past due, the oldest by 95 days"].severity == "serious"
    assert found["500 EUR above the credit limit"].severity == "watch"
    assert found["2 promises to pay broken in 12 months"].severity == "watch"
    assert any(flag.severity == "urgent" and "insurer" in flag.what for flag in found.values())
    assert "Taken to court in the last 12 months" in found
    assert flags(past_due=None, oldest_open_days=None, over_limit=None, days_beyond_report_overdue=-5.0) == []


def test_an_old_statement_and_an_old_rating():
    statements = annual_statements(facts(), as_of=date(2026, 7, 1))[1:]
    assert any("newest annual figures" in flag.what for flag in flags(as_of=date(2026, 7, 1), statements=statements))
    assert flags(as_of=date(2027, 6, 1), rated=ratings()) == []


def test_a_winding_up_of_which_nobody_says_whether_it_is_solvent_is_not_called_insolvent():
    why = meaning_of("liquidation").why
    assert "not said" in why
    assert "cannot pay" not in why
