"""Finding the company that is meant, and the day that a dossier stands on."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from public_world import AS_OF, ASKED, ledger, ledger_tables, write_public

from credrisk.decisions.exposure_today import exposure_today
from credrisk.errors import DataError, ParameterError
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.dossier_job import FEATURES, company_dossier, default_day
from credrisk.pipeline.find_customer import find_customer, nearest_customers
from credrisk.reports.dossier_public import unmeasured
from credrisk.sources.base import Answer, ask_source
from credrisk.sources.enrich_output import write_public as write_enriched
from credrisk.sources.public_beside import beside
from credrisk.sources.public_folder import PublicFolder, read_public


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> PublicFolder:
    return read_public(write_public(tmp_path_factory.mktemp("job") / "public"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("B1", "B1"),
        ("Birch Imaginary Tools plc", "B1"),
        ("  BIRCH  imaginary tools PLC. ", "B1"),
        ("birch", "B1"),
        ("toys cedar", "C1"),
        ("Ämber Imaginary Övens GmbH", "A2"),
    ],
)
def test_an_id_a_name_or_words_that_only_one_name_has(asked, found):
    assert find_customer(ledger(), asked) == found


@pytest.mark.parametrize("asked", ["Birk Imaginary Tool", "amber", "imaginary", "nobody at all", "", "a1", "."])
def test_what_is_not_sure_is_not_guessed(asked):
    with pytest.raises(ParameterError, match="nearest") as refusal:
        find_customer(ledger(), asked)
    assert "got" in str(refusal.value)


def test_the_nearest_are_named():
    assert nearest_customers(ledger(), "Birk Imaginery Tools")[0].customer_id == "B1"
    with pytest.raises(ParameterError, match="B1 Birch Imaginary Tools plc"):
        find_customer(ledger(), "Birk Imaginery Tools")


def test_two_accounts_of_one_name_are_both_named():
    tables = ledger_tables()
    tables["customers"] = tables["customers"].with_columns(name=pl.lit("Twin Imaginary Ltd"))
    read = Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to=AS_OF)
    with pytest.raises(ParameterError, match=r"4 fit.*A1.*A2"):
        find_customer(read, "Twin Imaginary Ltd")


def test_the_day_is_the_later_of_the_ledger_and_the_last_lookup(public):
    assert default_day(ledger(), None) == AS_OF
    assert default_day(ledger(), public) == max(AS_OF, ASKED)
    earlier = ledger().cut("2026-01-31")
    assert default_day(earlier, public) == ASKED
    found = company_dossier(earlier, "A1", public=public)
    assert (found.as_of, found.ledger_to) == (ASKED, date(2026, 1, 31))
    assert "winding_up_petition" in found.events["kind"].to_list()


def test_figures_are_those_of_the_whole_panel(public):
    found = company_dossier(ledger(), "A1", public=public, as_of=AS_OF)
    panel = build_panel(ledger(), as_of=AS_OF, features=FEATURES, output="polars")
    own = panel.filter(pl.col("customer_id") == "A1").row(0, named=True)
    for name in FEATURES:
        assert found.now[name] == own[name], name
    sister = exposure_today(ledger(), as_of=AS_OF, output="polars").filter(pl.col("customer_id") == "A2")
    assert found.accounts["customer_id"].to_list() == ["A2"]
    assert found.accounts["net_balance"].to_list() == sister["open_items"].to_list()
    assert found.history.height == 25


def test_nothing_known_later_enters(public):
    day = date(2026, 3, 4)
    found = company_dossier(ledger(), "A1", public=public, as_of=day)
    for frame in (found.events, found.facts, found.ratings):
        assert frame.height
        assert frame["known_at"].max() <= day
    assert all(flag.known_at <= day for flag in found.flags)
    assert found.answers.is_empty()
    asked = public.answers.filter(pl.col("customer_id") == "A1").drop_nulls("retrieved_at")
    assert found.asked_later == dict(asked.group_by("source").agg(pl.col("retrieved_at").min()).iter_rows())
    (source, later) = next(iter(found.asked_later.items()))
    assert f"{source}: was asked about this company on {later.day} {later:%B %Y} only, after this day" in unmeasured(
        found
    )
    assert found.register.height == 2  # the copy is of 1 March
    assert company_dossier(ledger(), "A1", public=public, as_of="2026-02-28").register.is_empty()
    whole = beside(ledger(), public.path)
    assert company_dossier(whole.cut(day), "A1", as_of=day).flags == company_dossier(whole, "A1", as_of=day).flags


def test_refusals(public, tmp_path):
    with pytest.raises(ParameterError, match="as_of"):
        company_dossier(ledger(), "A1", public=public, as_of="2020-01-01")
    with pytest.raises(ParameterError, match="public"):
        read_public(tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="answers"):
        read_public(tmp_path)
    (tmp_path / "answers.csv").write_text("customer_id,source\nA1,x\n", encoding="utf-8")
    with pytest.raises(DataError, match="status"):
        read_public(tmp_path)
    (tmp_path / "answers.csv").write_text("customer_id,source,status,retrieved_at\nA1,x,hit,soon\n", encoding="utf-8")
    with pytest.raises(DataError, match="wrong kind"):
        read_public(tmp_path)
    (tmp_path / "answers.csv").write_text("customer_id,source,status\nA1,'=x,hit\n", encoding="utf-8")
    assert read_public(tmp_path).answers["source"].to_list() == ["=x"]


def test_what_enrich_writes_is_read_back(tmp_path):
    class Told:
        """A source of today's state that knows one company under a name that a spreadsheet would run."""

        name, licence, keeps_history = "told", "=invented", True

        def ask(self, customer):
            if customer["customer_id"] != "A1":
                return (Answer("not_measured", "+no number", retrieved_at=ASKED),)
            event = {"kind": "court_judgment", "happened_on": ASKED, "known_at": ASKED, "text": "=1+1"}
            return (Answer("hit", entity="X1", retrieved_at=ASKED, match_confidence=0.8, events=(event,)),)

    customers = ledger_tables()["customers"]
    folder = tmp_path / "public"
    folder.mkdir()
    write_enriched(folder, ask_source(Told(), customers))
    public = read_public(folder)
    found = company_dossier(ledger(), "A1", public=public)
    (event,) = found.events.iter_rows(named=True)
    assert (event["text"], event["licence"], event["entity"], event["match_confidence"]) == (
        "=1+1",
        "=invented",
        "X1",
        0.8,
    )
    assert found.asked == ("told",)
    assert found.flags[0].what == "Court judgment: =1+1 (that this is the customer is 80 % sure: check first)"
    other = company_dossier(ledger(), "B1", public=public)
    assert "told: +no number" in unmeasured(other)
