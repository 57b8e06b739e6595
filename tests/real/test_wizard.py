"""The wizard on the public ledgers: what it proposes equals the mappings written by hand, in what matters."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from beside import SHARED

from credrisk import Ledger
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import Preview, preview_mapping, tie_out_preview
from credrisk.sources.wizard.propose import propose_mapping

DATA = SHARED / "data"
MAPPINGS = Path(__file__).parents[2] / "examples" / "mappings"
IBM = "ibm-ar/WA_Fn-UseC_-Accounts-Receivable.csv"
CLOSED = "highradius-ar/closed_invoices_reconstructed.csv.gz"
OPEN = "highradius-ar/open_invoices_A.csv.gz"
pytestmark = pytest.mark.real


@cache
def proposed(file: str, *answers: tuple[str, str]) -> Preview:
    proposal = propose_mapping(DATA / file, answers=dict(answers))
    assert proposal.questions == ()
    return preview_mapping(proposal, DATA / file)


@cache
def by_hand(mapping: str, file: str) -> Ledger:
    return Ledger.read(import_with_map(MAPPINGS / mapping, DATA / Path(file).parent).tables)


CASES = {
    "ibm": ("ibm-ar.toml", IBM, (("currency", "USD"),)),
    "closed": ("highradius-ar.toml", CLOSED, ()),
    "open": ("highradius-ar-open.toml", OPEN, ()),
}


@pytest.mark.parametrize("case", CASES)
def test_documents_and_cash_are_those_of_the_mapping_by_hand(case: str) -> None:
    mapping, file, answers = CASES[case]
    mine, hand = proposed(file, *answers).ledger, by_hand(mapping, file)
    columns = ["document_date", "due_date", "amount", "currency", "kind"]
    tables = {
        "documents": columns,
        "receipts": ["date", "amount", "currency"],
        "applications": ["applied_on", "amount"],
    }
    for table, names in tables.items():
        assert (table in mine.tables) == (table in hand.tables)
        if table in hand.tables:
            left, right = (one.tables[table].select(names).sort(names) for one in (mine, hand))
            assert left.equals(right), table
    assert mine.tables["customers"].height == hand.tables["customers"].height
    assert mine.quarantine.is_empty()


@pytest.mark.parametrize("case", ["ibm", "open"])
def test_ids_are_those_of_the_mapping_by_hand(case: str) -> None:
    mapping, file, answers = CASES[case]
    names = ["document_id", "customer_id"]
    mine, hand = proposed(file, *answers).ledger, by_hand(mapping, file)
    assert mine.tables["documents"].select(names).equals(hand.tables["documents"].select(names))


def test_ids_of_the_closed_invoices_differ_by_the_lost_zeros_alone() -> None:
    """One file alone does not show that its customers once had ten digits; the hand knew it from another."""
    mine, hand = proposed(CLOSED).ledger, by_hand("highradius-ar.toml", CLOSED)
    names = [
        one.tables["documents"].select(pl.col("document_id", "customer_id").str.strip_chars_start("0")).sort(pl.all())
        for one in (mine, hand)
    ]
    assert names[0].equals(names[1])


def test_disputes_are_known_when_settled_as_by_hand() -> None:
    mapping, file, answers = CASES["ibm"]
    names = ["dispute_id", "document_id", "opened_on", "resolved_on"]
    mine, hand = (
        one.tables["disputes"].select(names) for one in (proposed(file, *answers).ledger, by_hand(mapping, file))
    )
    assert mine.height == 561
    assert mine.equals(hand)


def test_the_sums_are_those_of_the_notes_beside_the_ledgers() -> None:
    ibm = tie_out_preview(proposed(IBM, ("currency", "USD"))).row(0, named=True)
    assert (ibm["documents"], ibm["invoiced"], ibm["open_balance"]) == (2_466, 147_703.18, 0.0)
    closed = tie_out_preview(proposed(CLOSED))
    assert dict(closed.select("currency", "documents").rows()) == {"CAD": 3_016, "USD": 35_907 + 1_077}
    assert round(closed["invoiced"].sum(), 2) == 1_282_601_395.74
    assert closed["open_balance"].to_list() == [0.0, 0.0]


def test_the_currency_of_the_ibm_sample_is_the_one_question() -> None:
    assert [one.key for one in propose_mapping(DATA / IBM).questions] == ["currency"]


def test_the_only_amount_of_settled_invoices_is_no_balance_of_today() -> None:
    said = propose_mapping(DATA / CLOSED).sure
    assert any("40,000 of 40,000 settled rows have one" in one for one in said)
