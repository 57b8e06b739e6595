"""The page of a watch: whole, hostile texts harmless, what is not measured in it, and a headline that adds up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from public_world import ledger, write_public
from reports.test_html import Page

from credrisk.decisions.watch import Watch, watch
from credrisk.reports.watch_page import watch_headline, watch_page
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import read_public

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} \u202etxt.exe " + "x" * 300


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Watch:
    public = read_public(write_public(tmp_path_factory.mktemp("watch-page") / "public"))
    return watch(beside(ledger(), public.path), since="2025-09-30", answers=public.answers)


def test_the_headline_adds_up(found):
    assert (
        watch_headline(found)
        == "2 customers of 4 changed since 30 September 2025: 2 urgent; 8.5 k GBP at stake with these"
    )
    better = found.customers.with_columns(severity=pl.lit("better"))
    assert watch_headline(replace(found, customers=better)).endswith(
        "changed since 30 September 2025, none for the worse"
    )


def test_nothing_changed_says_what_it_cannot_see(found):
    quiet = replace(found, customers=found.customers.clear(), changes=found.changes.clear())
    assert watch_headline(quiet) == "Nothing changed since 30 September 2025 that this watch can see"
    page = watch_page(quiet)
    assert Page(page).faults == []
    assert "See below what could not be measured." in page
    assert "no key is set" in page


def test_the_page_is_whole_and_hostile_texts_are_texts(found, tmp_path):
    text = pl.lit(HOSTILE)
    hostile = replace(
        found,
        changes=found.changes.with_columns(name=text, what=text, tell=text, source=text, url=pl.lit("javascript:x")),
        customers=found.customers.with_columns(name=text, headline=text, tell=text),
        unmeasured=found.unmeasured.with_columns(what=text, reason=text),
    )
    for each in (found, hostile):
        page = watch_page(each)
        parsed = Page(page)
        assert parsed.faults == []
        assert not re.search(r"<(script|link|iframe|object|img)\b", page)
        for tag, given in parsed.tags:
            assert tag != "a" or given["href"].startswith(("https://", "http://", "#c"))
    assert "x" * 250 not in watch_page(hostile)
    assert "\u202e" not in watch_page(hostile)


def test_the_page_tells_why_it_matters_and_whom_to_tell(found):
    words = " ".join(" ".join(Page(watch_page(found)).words).split()).replace("\u00a0", " ")
    for part in (
        "pays 45 days beyond terms, 2 days beyond terms before",
        "Who begins to pay later is often short of cash before anything is published.",
        "desk 1 (collector)",
        "the insurer's term for the overdue: 16 May 2026",
        "companies_house refused (429) 1",
        "Changes of less than 500 GBP are left out.",
        f"What was known on 31 March 2026 and not on {date(2025, 9, 30).day} September 2025",
    ):
        assert part in words, part
