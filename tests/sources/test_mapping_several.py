"""Several invoices in one cell of a payment: which are closed, in which order, and what is left over."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.mapping_instalments import amount_of
from credrisk.sources.mapping_several import share_among_named, told_apart
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

DOCUMENTS = pl.DataFrame(
    {
        "document_id": ["F1", "F2", "F3", "AV4"],
        "customer_id": ["C", "C", "C", "C"],
        "due_date": ["2025-03-01", "2025-02-01", "2025-04-01", "2025-02-15"],
        "amount": ["100.00", "50.10", "80.00", "-20.00"],
        "currency": ["EUR"] * 4,
    }
)
ROW = ("payment_id", "document_id", "date", "amount")


def shared(*payments: tuple[str, str, str, str]) -> list[tuple[str, str | None, float]]:
    frame = pl.DataFrame(payments, schema=list(ROW), orient="row")
    tables = {"documents": DOCUMENTS, "payments": frame}
    out = share_among_named(tables, {"payments": ("/", "+")})["payments"]
    assert out["amount"].cast(pl.Float64).sum() == pytest.approx(frame["amount"].cast(pl.Float64).sum())
    turned = share_among_named({**tables, "payments": frame[::-1]}, {"payments": ("/", "+")})["payments"]
    assert sorted(map(str, out.rows())) == sorted(map(str, turned.rows()))
    return sorted(
        [
            (own, number, float(amount))
            for own, number, amount in out.select("payment_id", "document_id", "amount").rows()
        ],
        key=str,
    )


def test_a_payment_of_the_sum_closes_each_document_in_full() -> None:
    assert shared(("R1", "F1 / F2", "2025-03-05", "150.10")) == [("R1", "F1", 100.0), ("R1", "F2", 50.1)]
    assert shared(("R1", "F1/AV4", "2025-03-05", "80.00")) == [("R1", "AV4", -20.0), ("R1", "F1", 100.0)]


def test_another_amount_goes_to_the_first_due_and_what_is_left_is_cash_on_account() -> None:
    assert shared(("R1", "F1 + F2", "2025-03-05", "60.00")) == [("R1", "F1", 9.9), ("R1", "F2", 50.1)]
    over = shared(("R1", "F1 + F2", "2025-03-05", "160.10"))
    assert over == [("R1", "F1", 100.0), ("R1", "F2", 50.1), ("R1", None, 10.0)]


def test_what_was_paid_before_is_not_paid_again_and_a_return_empties_the_last_due_first() -> None:
    paid = shared(("R1", "F2", "2025-02-01", "30.10"), ("R2", "F1 / F2", "2025-03-05", "120.00"))
    assert paid == [("R1", "F2", 30.1), ("R2", "F1", 100.0), ("R2", "F2", 20.0)]
    back = shared(("R1", "F1 / F2", "2025-03-05", "150.10"), ("R2", "F1 / F2", "2025-03-09", "-110.00"))
    assert back[2:] == [("R2", "F1", -100.0), ("R2", "F2", -10.0)]


def test_a_cell_with_a_number_that_is_not_there_stays_whole() -> None:
    assert shared(("R1", "F1 / F9", "2025-03-05", "10.00")) == [("R1", "F1 / F9", 10.0)]
    assert shared(("R1", "F1 / F2", "soon", "10.00")) == [("R1", "F1 / F2", 10.0)]


def test_a_number_that_has_the_mark_itself_is_one_number_and_zeros_in_front_do_not_matter() -> None:
    cells = pl.Series(["7/2024", "0012/13", "7/2024 + 12"])
    told = told_apart(cells, ("/", "+"), pl.Series(["7/2024", "12", "013"]))
    assert told.select("row", "number").rows() == [(1, "013"), (1, "12")]
    told = told_apart(cells, ("+",), pl.Series(["7/2024", "12", "013"]))
    assert told.select("row", "number").rows() == [(2, "12"), (2, "7/2024")]


INVOICES = """\
Facture;Client;Date;Echéance;Montant
FA1;C1;2025-01-10;2025-02-10;100,50
FA2;C1;2025-01-20;2025-02-20;50,25
FA3;C2;2025-01-21;2025-02-21;70,00
FA4;C2;2025-01-22;2025-02-22;30,00
"""
PAYMENTS = """\
Règlement;Date règlement;Client;Montant réglé;Factures réglées
R1;2025-02-11;C1;150,75;FA1{mark}FA2
R2;2025-02-22;C2;110,00;FA3{mark}FA4
"""


@pytest.mark.parametrize("mark", [" / ", ",", "; ", "+", " & ", "|", " "])
def test_the_wizard_finds_the_mark_and_nothing_is_set_aside(mark: str, tmp_path: Path) -> None:
    (tmp_path / "factures.csv").write_text(INVOICES, encoding="utf-8")
    text = PAYMENTS.format(mark=mark)
    if ";" in mark:
        text = text.replace("FA1; FA2", '"FA1; FA2"').replace("FA3; FA4", '"FA3; FA4"')
    (tmp_path / "reglements.csv").write_text(text, encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert any("2 cells of Factures réglées name several documents" in one for one in proposal.unsure)
    preview = preview_mapping(proposal, tmp_path)
    assert preview.ledger.quarantine.is_empty()
    applied = preview.ledger.tables["applications"].select("from_id", "to_document_id", "amount").sort("to_document_id")
    assert applied.rows() == [("R1", "FA1", 10050), ("R1", "FA2", 5025), ("R2", "FA3", 7000), ("R2", "FA4", 3000)]
    assert preview.ledger.tables["receipts"].select("receipt_id", "amount").sort("receipt_id").rows() == [
        ("R1", 15075),
        ("R2", 11000),
    ]
    (tmp_path / "map.toml").write_text(preview.text, encoding="utf-8")
    again = Ledger.read(import_with_map(tmp_path / "map.toml", tmp_path).tables)
    assert again.tables["applications"].equals(preview.ledger.tables["applications"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('split_at = "/"', 'split_at = ""', "what stands between two numbers"),
        ('customer_id = "Client"\ndate', 'customer_id = { column = "Client", split_at = "/" }\ndate', "document alone"),
    ],
)
def test_split_at_in_the_wrong_place_is_an_error(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "factures.csv").write_text(INVOICES, encoding="utf-8")
    (tmp_path / "reglements.csv").write_text(PAYMENTS.format(mark="/"), encoding="utf-8")
    text = preview_mapping(propose_mapping(tmp_path, answers={"currency": "EUR"}), tmp_path).text
    assert old in text
    (tmp_path / "map.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterError, match=words):
        import_with_map(tmp_path / "map.toml", tmp_path)


@pytest.mark.parametrize("cents", [9, 113, 1137, 258617, 101])
def test_shares_have_no_tails_of_floats(cents: int) -> None:
    units = pl.Series("units", [cents * 100, -cents * 100, 1, 0])
    exact = [f"{cents / 100}", f"-{cents / 100}", "0.0001", "0.0"]
    texts = pl.select(amount_of(pl.lit(units), pl.String())).to_series()
    assert texts.to_list() == exact
    numbers = pl.select(amount_of(pl.lit(units), pl.Float64())).to_series()
    assert numbers.to_list() == [float(one) for one in exact]


def test_words_without_a_digit_are_passed_over_and_a_single_document_has_all_of_the_money() -> None:
    numbers = pl.Series(["RE-4", "RE-5"])
    cells = pl.Series(["Rg. RE-4", "RE-4 und RE-5", "Rg. RE-9", "RE-4 vom 3.5.", "Abschlag", "RE-4"])
    assert told_apart(cells, [" "], numbers).rows() == [
        (0, "Rg. RE-4", "RE-4"),
        (1, "RE-4 und RE-5", "RE-4"),
        (1, "RE-4 und RE-5", "RE-5"),
    ]
    assert told_apart(cells, [" "], pl.Series(["RE-4", "RE-5", "ALPHA"])).is_empty()
    payments = pl.DataFrame([("R1", "Rg F2", "2025-03-05", "60.00")], schema=list(ROW), orient="row")
    out = share_among_named({"documents": DOCUMENTS, "payments": payments}, {"payments": (" ",)})["payments"]
    assert out.select("document_id", pl.col("amount").cast(pl.Float64)).rows() == [("F2", 60.0)]
