"""A list of a Danish program: letters that no mark makes, the balance beside the amount, losses among the payments."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping
from credrisk.sources.wizard.words import meaning_of_type, plain, plain_texts, role_scores

HEAD = "Løbenr.;Dato;Type;Bilagsnr.;Kundenr.;Kundenavn;Tekst;Fakturanr.;Forfaldsdato;Beløb;Restbeløb;Valuta"


def rows(lost: str = "Tab på debitor", also: str = "") -> list[str]:
    """Return 30 invoices, 24 payments and three write-offs; the rest is 0 where an invoice is closed."""
    made, number = [HEAD], 100
    for place in range(30):
        day, rest = date(2024, 1 + place // 3, 5 + place % 3), "0,00" if place < 27 else "1.250,50"
        who = f"{1001 + place % 4};Velkora {'ÆØÅ'[place % 3]} A/S"
        day_due = day.replace(day=25)
        made.append(
            f"{number};{day:%d-%m-%Y};Kundefaktura;{500 + place};{who};Faktura {500 + place};{500 + place};"
            f"{day_due:%d-%m-%Y};1.250,50;{rest};DKK"
        )
        number += 1
        if place < 27:
            text = lost if place % 9 == 4 else also or f"Indbetaling faktura {500 + place}"
            paid = f"{number};{day_due:%d-%m-%Y};Kundebetaling;{700 + place};{who};{text}"
            made.append(f"{paid};{500 + place};;-1.250,50;0,00;DKK")
            number += 1
    return made


def read(folder: Path, lines: list[str], **answers: str) -> tuple[Proposal, Ledger]:
    (folder / "poster.csv").write_text("\n".join(lines) + "\n", encoding="cp1252")
    given = {name.replace("_", ".", 1): value for name, value in answers.items()}
    proposal = propose_mapping(folder / "poster.csv", answers=given)
    assert not proposal.blocking, proposal.blocking
    return proposal, preview_mapping(proposal, folder / "poster.csv").ledger


def test_it_is_read_without_a_question(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, rows())
    documents = next(one for one in proposal.tables if one.table == "documents")
    assert (documents.columns["amount"], documents.columns["document_date"]) == ("Beløb", "Dato")
    closed = ledger.tables["applications"].group_by("kind").agg(pl.len(), pl.sum("amount")).sort("kind")
    assert closed.rows() == [("payment", 24, 24 * 1250_50), ("write_off", 3, 3 * 1250_50)]
    assert ledger.tables["documents"]["amount"].sum() == 30 * 1250_50


@pytest.mark.parametrize(
    "also", ["Customer pays after all, had been written off", "paid, small difference written off"]
)
def test_cash_whose_text_says_written_off_stays_cash(also: str, tmp_path: Path) -> None:
    _, ledger = read(tmp_path, [line.replace("Indbetaling faktura 503", also) for line in rows()])
    assert set(ledger.tables["applications"]["kind"]) == {"payment"}


@pytest.mark.parametrize("lost", ["Indbetaling på tab på debitor, recovery", "Zahlungseingang auf Forderungsausfall"])
def test_money_that_came_in_on_what_was_lost_is_no_write_off(lost: str, tmp_path: Path) -> None:
    _, ledger = read(tmp_path, rows(lost))
    assert set(ledger.tables["applications"]["kind"]) == {"payment"}


def test_where_all_payments_say_loss_the_words_part_nothing(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, rows(also="Tab på debitor"))
    assert set(ledger.tables["applications"]["kind"]) == {"payment"}


def test_texts_are_refused_as_types_at_once(tmp_path: Path) -> None:
    lines = [HEAD, *(line.replace("Faktura ", f"Faktura {n} ") for n in range(8) for line in rows()[1:])]
    (tmp_path / "poster.csv").write_text("\n".join(lines) + "\n", encoding="cp1252")
    with pytest.raises(ParameterError, match=r"at most 200 different values; Tekst has \d+") as caught:
        propose_mapping(tmp_path / "poster.csv", answers={"poster.kind": "Tekst"})
    assert "part its types by themselves" in str(caught.value)


def test_letters_that_no_mark_makes_are_written_out() -> None:
    words = {"Løbenr.": "lobenr", "Ærø Đuro": "aero duro", "Łódź": "lodz", "Œuvre": "oeuvre", "STRAẞE": "strasse"}
    assert {word: plain(word) for word in words} == words
    assert plain_texts(pl.Series(list(words))).to_list() == list(words.values())
    assert max(role_scores("Restbeløb"), key=lambda thing: role_scores("Restbeløb")[thing]) == "open_amount"
    assert meaning_of_type("Kundefaktura") == "invoice"
    assert meaning_of_type("Kundebetaling") == "payment"
