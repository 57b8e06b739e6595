"""Dossier and watch as they are rendered: nothing sticks out or overlaps, and a dossier prints on two A4 pages."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import polars as pl
import pytest
from public_world import AS_OF, ledger, write_public
from reports.test_looks import MEASURE, chromium

from credrisk.decisions.watch import watch
from credrisk.pipeline.dossier_job import company_dossier
from credrisk.reports.dossier import dossier_page
from credrisk.reports.watch_page import watch_page
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import read_public

LONG = "<b>Verylongnamewithoutablank" * 8 + " \u202eevil =1+1"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    public = read_public(write_public(tmp_path_factory.mktemp("looks") / "public"))
    text = pl.lit(LONG)
    plain = company_dossier(ledger(), "A1", public=public, as_of=AS_OF)
    hostile = replace(
        plain,
        customer={**plain.customer, "name": LONG, "industry": LONG, "street": LONG, "collector": LONG},
        events=plain.events.with_columns(text=text, source=text),
        register=plain.register.with_columns(name=text, status=text, street=text),
        accounts=plain.accounts.with_columns(name=text),
        flags=tuple(replace(flag, what=LONG, source=LONG) for flag in plain.flags),
    )
    found = watch(beside(ledger(), public.path), since="2025-09-30", answers=public.answers)
    long_watch = replace(
        found,
        changes=found.changes.with_columns(what=text, source=text, tell=text),
        customers=found.customers.with_columns(name=text, headline=text, tell=text),
        unmeasured=found.unmeasured.with_columns(what=text, reason=text),
    )
    return {
        "dossier": dossier_page(plain),
        "hostile": dossier_page(hostile),
        "long_watch": watch_page(long_watch),
    }


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "width"),
    [("dossier", 1280), ("hostile", 1280), ("hostile", 400), ("long_watch", 1280), ("long_watch", 400)],
)
def test_nothing_overflows_or_overlaps(tmp_path, pages, name, width):
    text = pages[name].replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    text = text.replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured == {"wide": width, "faults": []}


@pytest.mark.browser
def test_a_dossier_prints_on_two_pages(tmp_path: Path, pages):
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(pages["dossier"], encoding="utf-8")
    chromium(page, tmp_path / "profile", 1280, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    sheets = len(re.findall(rb"/Type\s*/Page\b(?!s)", paper.read_bytes()))
    assert sheets == 2
