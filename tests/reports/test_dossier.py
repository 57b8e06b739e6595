"""The dossier says what its rows say, lets nothing through, needs nothing from outside, and says what it lacks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from public_world import AS_OF, LEI, NAME, ledger, write_public
from reports.test_html import Page

from credrisk.decisions.red_flags import RedFlag
from credrisk.errors import EvidenceError
from credrisk.pipeline.dossier_job import company_dossier
from credrisk.reports.charts.timeline import Moment, timeline_chart
from credrisk.reports.dossier import Dossier, dossier_page, headline, write_dossier
from credrisk.reports.dossier_identity import unlike_names
from credrisk.reports.dossier_public import (
    figures_table,
    no_news_says,
    sanctions_says,
    source_lines,
    timeline_lines,
    unmeasured,
)
from credrisk.reports.dossier_text import dossier_text
from credrisk.reports.dossier_who import address_lines, id_lines, name_lines, status_says
from credrisk.sources.public_folder import read_public
from credrisk.sources.registered_name import registered_as

RTL = "\u202egnp.evil"
HOSTILE = f"<script>alert('x')</script><img src=x onerror=alert(1)> & \"Sons\" {{{{ 7*7 }}}} =cmd|' /C calc'!A0 {RTL} "
HOSTILE += "long " * 60


@pytest.fixture(scope="module")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    public = read_public(write_public(tmp_path_factory.mktemp("dossier") / "public"))
    return company_dossier(ledger(), "A1", public=public, as_of=AS_OF)


@pytest.fixture(scope="module")
def bare() -> Dossier:
    return company_dossier(ledger(), "C1", as_of=AS_OF)


@pytest.fixture(scope="module")
def hostile(dossier: Dossier) -> Dossier:
    text = pl.lit(HOSTILE)
    script = pl.lit(f"javascript:alert('{HOSTILE}')")
    flag = RedFlag("urgent", HOSTILE, AS_OF, HOSTILE, "Own words.", "data:text/html,<script>")
    return replace(
        dossier,
        customer=dict.fromkeys((*dossier.customer, "segment", "collector", "parent_id"), HOSTILE),
        events=dossier.events.with_columns(text=text, source=text, url=script, licence=text, entity=text),
        ratings=dossier.ratings.with_columns(provider=text, scale=text, value=text),
        answers=dossier.answers.with_columns(source=text, reason=text, part=text, status=pl.lit("not_measured")),
        register=dossier.register.with_columns(name=text, street=text, status=text, legal_form=text, register=text),
        matches=dossier.matches.with_columns(entity=text, entity_name=text, register=text),
        accounts=dossier.accounts.with_columns(name=text, customer_id=text),
        flags=(flag,),
    )


@pytest.mark.parametrize("name", ["dossier", "bare", "hostile"])
def test_the_page_is_whole_and_needs_nothing_from_outside(name, request):
    text = dossier_page(request.getfixturevalue(name))
    page = Page(text)
    assert page.faults == []
    assert not re.search(r"<(script|link|iframe|object|img)\b", text)
    for tag, given in page.tags:
        assert not any(attribute.startswith("on") for attribute in given), tag
        assert tag != "a" or given["href"].startswith(("https://", "http://"))
    assert "@page { size: A4 portrait" in text
    assert "default-src 'none'" in text


def test_hostile_texts_are_texts_of_bounded_length(hostile):
    text = dossier_page(hostile)
    assert "{{ 7*7 }}" in text
    assert "javascript:" not in text
    assert "\u202e" not in text  # it would turn the words around it as well
    found = [line[:400] for line in text.splitlines() if "long " * 49 in line]
    assert found == []
    plain = dossier_text(hostile)
    assert "\u202e" not in plain
    assert all(mark.isprintable() or mark == "\n" for mark in plain)


def test_the_same_dossier_gives_the_same_bytes(dossier, tmp_path: Path):
    for name in ("one", "two"):
        write_dossier(tmp_path / f"{name}.html", dossier)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.parametrize("make", [dossier_page, dossier_text])
def test_page_and_text_tell_the_same(dossier, make):
    told = make(dossier)
    words = " ".join(" ".join(Page(told).words).split() if told.startswith("<!") else told.split())
    words = words.replace("\u00a0", " ").replace(" - ", " ")
    for part in (
        "9 red flags, 1 urgent: Winding up petition: Petition of a creditor to wind up the company",
        "A creditor asks the court to wind the company up",
        "creditsafe common value fell to D from B",
        "insolvency: winding up petition, known since 26 March 2026 from gazette",
        "YELLOW IMAGINARY BAKERIES LIMITED",
        "until 1 May 2023",
        "22 Quay Street, XY9 8ZZ Portsea, GB",
        "Imaginary Grain Holding SE",
        "1 sister account in your ledger: 2,500 GBP owed",
        "opensanctions: no key is set",
        "courtlistener: was not asked about this company",
        "2 public rows known only after this day: not told here.",
        "Not checked: whether the company is on a list of sanctions is not measured.",
        "first 120 k",
        "-25.0 %",
        "Suppliers of the bakery wait for their money",
        "Open Government Licence",
        "no run of this ledger was given",
    ):
        assert part in words, part
    assert "NOT KNOWN YET" not in words


def test_silence_is_not_good_news(bare):
    assert headline(bare).startswith("No red flag is known; ")
    assert "this proves little" in headline(bare)
    said = " ".join(unmeasured(bare))
    assert "which registers, courts and news were asked is not known" in said
    assert "Annual figures: none is known" in said
    assert status_says(bare) == "not measured"
    assert address_lines(bare)[-1] == ("Registered office", "not measured")
    assert figures_table(bare) is None
    assert source_lines(bare) == []


def test_a_liquidation_of_which_nobody_says_whether_it_is_solvent_is_no_insolvency(dossier):
    row = {"source": "gleif", "kind": "liquidation", "happened_on": date(2026, 1, 1), "known_at": date(2026, 1, 2)}
    told = status_says(replace(dossier, events=pl.DataFrame([row])))
    assert told == "in liquidation, solvent or not is not said, known since 2 January 2026 from gleif"


def test_a_step_after_a_bankruptcy_is_told(dossier):
    rows = [
        {"source": "sec_edgar", "kind": kind, "happened_on": day, "known_at": day}
        for kind, day in (("bankruptcy", date(2025, 6, 30)), ("bankruptcy_progress", date(2025, 9, 30)))
    ]
    told = status_says(replace(dossier, events=pl.DataFrame(rows)))
    assert told.startswith(
        "insolvency: bankruptcy, known since 30 June 2025 from sec_edgar; since then a plan confirmed"
    )
    assert "since then" not in status_says(replace(dossier, events=pl.DataFrame(rows[:1])))


def test_a_source_that_was_asked_about_a_rejected_entity_alone_says_rejected(dossier):
    def sure(rejected: str | None, *, taken: str | None = None) -> str:
        answer = {"source": "gleif", "part": "record", "status": "hit", "entity": "LEI1", "retrieved_at": AS_OF}
        said = {"reason": "", "match_confidence": 1.0, "licence": "CC0 1.0", "url": ""}
        match = {"zone": "auto" if taken else "none", "entity": taken, "rejected": rejected}
        one = replace(
            dossier,
            answers=pl.DataFrame([answer | said]),
            matches=pl.DataFrame([match], schema=dict.fromkeys(match, pl.String)),
            **{name: getattr(dossier, name).clear() for name in ("events", "facts", "ratings")},
        )
        return source_lines(one)[0]["sure"]

    assert sure("LEI0; LEI1") == "rejected"
    assert sure("LEI0") == sure(None) == "100 %"
    assert sure("LEI1", taken="LEI1") == "100 %"


def test_a_register_that_has_the_id_under_an_unlike_name_is_doubted(dossier):
    def told(name: str, **changes) -> Dossier:
        answer = {"source": "gleif", "part": "record", "status": "hit", "entity": "LEI1", "retrieved_at": AS_OF}
        said = {"reason": registered_as(name), "match_confidence": 1.0, "licence": "CC0 1.0", "url": ""}
        return replace(
            dossier, **{"answers": pl.DataFrame([answer | said]), "register": dossier.register.clear()} | changes
        )

    master = str(dossier.customer["name"])
    other = told("Kranzmeier Werkzeuge GmbH")
    assert "has the id under the name Kranzmeier Werkzeuge GmbH, which is unlike yours" in unmeasured(other)[0]
    assert ("Kranzmeier Werkzeuge GmbH", "at gleif", "") in name_lines(other)
    assert unlike_names(told(f"{master.upper()} LIMITED")) == []
    assert unlike_names(told("")) == []
    accepted = pl.DataFrame([{"decided_by": "review_file", "entity": "LEI1"}])
    assert unlike_names(told("Kranzmeier Werkzeuge GmbH", matches=accepted)) == []


def test_ids_have_links_only_where_a_page_is_known(dossier):
    links = {label: link for label, _, link in id_lines(dossier)}
    assert links["LEI"] == f"https://search.gleif.org/#/record/{LEI}"
    assert links["Company number"].endswith("/company/01234567")
    foreign = replace(dossier, customer={**dossier.customer, "country": "DE"}, matches=dossier.matches.clear())
    assert {label: link for label, _, link in id_lines(foreign)}["Company number"] == ""


def test_a_match_that_waits_for_review_is_nobody(dossier):
    waiting = replace(dossier, matches=dossier.matches.with_columns(zone=pl.lit("review"), entity=pl.lit("999")))
    assert not any("999" in text for _, text, _ in id_lines(waiting))
    accepted = replace(waiting, matches=waiting.matches.with_columns(zone=pl.lit("auto")))
    assert any("999" in text for _, text, _ in id_lines(accepted))


def test_names_are_told_once_with_their_dates(dossier):
    names = name_lines(dossier)
    assert names[0] == (NAME, "in your master data", "")
    assert len({name.casefold() for name, _, _ in names}) == len(names)
    assert ("YELLOW IMAGINARY BAKERIES LIMITED", "former, companies_house", "until 1 May 2023") in names


def test_restated_figures_are_marked_and_dated(dossier):
    table = figures_table(dossier)
    assert next(year[:2] for year in table.years) == ("31 December 2024", "9 March 2026")
    equity = dict(table.rows)["Equity"]
    assert (equity[0].text, equity[0].before) == ("45 k", "first 120 k")
    assert equity[1].before == ""
    assert "restated, first 120 k" in dossier_page(dossier)


def test_sanctions_are_clear_only_where_somebody_asked(dossier):
    clear = dossier.answers.filter(pl.col("source") == "opensanctions").with_columns(status=pl.lit("none"))
    asked = replace(dossier, answers=clear)
    assert sanctions_says(asked).startswith("Asked opensanctions on 28 March 2026: no entry found")
    assert sanctions_says(dossier).startswith("Not checked")
    listed = dossier.events.head(1).with_columns(kind=pl.lit("sanctioned"))
    assert sanctions_says(replace(dossier, events=listed)).startswith("1 entry on lists of sanctions")


def test_no_news_is_told_only_where_somebody_looked(dossier, bare):
    assert no_news_says(bare) == "Not measured: no source of news has answered about this company."
    assert no_news_says(bare) in " ".join(dossier_text(bare).split())
    answer = dossier.answers.head(1).with_columns(source=pl.lit("gdelt"), status=pl.lit("none"))
    assert no_news_says(replace(bare, answers=answer)).startswith("None found by gdelt.")
    failed = answer.with_columns(status=pl.lit("not_measured"))
    assert no_news_says(replace(bare, answers=failed)) == no_news_says(bare)


def test_the_newest_events_make_room_for_the_adverse_ones(dossier):
    many = pl.concat(
        [dossier.events]
        + [
            dossier.events.head(1).with_columns(
                kind=pl.lit("annual_report"),
                known_at=pl.lit(date(2026, 3, day)),
                happened_on=pl.lit(date(2026, 3, day)),
            )
            for day in range(1, 30)
        ]
    )
    shown = timeline_lines(replace(dossier, events=many))
    assert len(shown) == 12
    assert sum(line["adverse"] for line in shown) == 3
    assert next(line["kind"] for line in shown if line["adverse"]) == "Winding up petition"


def test_the_timeline_marks_bad_news_by_the_day_it_was_known():
    moments = [
        Moment("insolvency", date(2026, 3, 1), True),
        Moment("filing", date(2026, 1, 1), False),
        Moment("filing", date(2026, 1, 5), False),
        Moment("", date(2025, 5, 5), False),
        Moment("news", date(2020, 1, 1), True),
        Moment("news", date(2026, 4, 1), True),
    ]
    chart = timeline_chart(moments, as_of=AS_OF, months=36)
    assert chart.finding == "4 events known in 36 months, 1 adverse, the last on 1 March 2026"
    assert chart.alt == "Timeline by family: Other 1, Filings 2, Insolvency 1."
    labels = [label.get_text() for label in chart.axes[0].get_yticklabels()]
    assert labels == ["Insolvency", "Filings", "Other"]
    assert [text.get_text() for text in chart.axes[0].texts if text.get_text() == "2"] == ["2"]
    with pytest.raises(EvidenceError, match="No event"):
        timeline_chart(moments[-2:], as_of=AS_OF, months=36)


def test_filings_and_news_say_how_sure_a_match_is_where_it_is_not(dossier):
    unsure = replace(dossier, events=dossier.events.with_columns(match_confidence=pl.lit(0.5)))
    told = timeline_lines(unsure)
    assert told
    assert all(row["text"].endswith("(that this is the customer is 50 % sure: check first)") for row in told)
    assert not any("check first" in row["text"] for row in timeline_lines(dossier))
