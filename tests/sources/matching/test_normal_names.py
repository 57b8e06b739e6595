# ruff: noqa: SIM905 - lists of words read better as text
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.sources.matching.legal_forms import kin, split_form
from credrisk.sources.matching.normal_names import NormalName, normal_name, spellings
from credrisk.sources.matching.telling_words import is_number


@pytest.mark.parametrize(
    ("name", "words", "form"),
    [
        ("Acme Ltd.", "acme", "ltd"),
        ("ACME LIMITED", "acme", "ltd"),
        ("Acme Trading Company Limited", "acme trading", "ltd"),
        ("Acme GmbH", "acme", "gmbh"),
        ("Acme G.m.b.H.", "acme", "gmbh"),
        ("Acme Gesellschaft mit beschränkter Haftung", "acme", "gmbh"),
        ("Acme GmbH & Co. KG", "acme", "gmbh co kg"),
        ("Acme Aktiengesellschaft", "acme", "ag"),
        ("Société Acme S.à r.l.", "societe acme", "sarl"),
        ("SARL Acme", "acme", "sarl"),
        ("Acme S.p.A.", "acme", "spa"),
        ("Acme Sp. z o.o.", "acme", "spzoo"),
        ("Acme A/S", "acme", "as"),
        ("Acme N.V.", "acme", "nv"),
        ("Acme, Inc.", "acme", "inc"),
        ("Acme S.A. de C.V.", "acme", "sa de cv"),
        ("ООО Ромашка", "romashka", "ooo"),
        ("Общество с ограниченной ответственностью Ромашка", "romashka", "ooo"),
        ("株式会社アクメ", "アクメ", "kk"),
        ("SiemensAG", "siemens", "ag"),
        ("Smith & Sons", "smith sons", ""),
        ("Smith and Sons", "smith sons", ""),
        ("Smith + Sons", "smith sons", ""),
        ("J. P. Example", "jp example", ""),
        ("O'Example's Foods", "oexamples foods", ""),
        ("Łódź Example", "lodz example", ""),
        ("Example Intl. Mfg", "example international manufacturing", ""),
        ("AG", "ag", ""),
        ("The", "the", ""),
        ("", "", ""),
        ("...", "", ""),
    ],
)
def test_words_and_legal_form(name: str, words: str, form: str) -> None:
    assert spellings(name)[0] == NormalName(tuple(words.split()), form)


@pytest.mark.parametrize(
    "later",
    [
        "Acme Ltd (in administration)",
        "ACME LIMITED - IN LIQUIDATION",
        "Acme Ltd (In Creditors' Voluntary Liquidation)",
        "Acme Ltd, in receivership",
        "Acme Limited, Debtor-in-Possession",
        "Acme Limited, a Debtor in Possession",
    ],
)
def test_a_failed_firm_is_not_told_by_its_later_name(later: str) -> None:
    assert normal_name(later) == normal_name("Acme Ltd")


@pytest.mark.parametrize(
    ("later", "before"),
    [
        ("Acme GmbH i.L.", "Acme GmbH"),
        ("Acme GmbH in Liquidation", "Acme GmbH"),
        ("Acme GmbH in Insolvenz", "Acme GmbH"),
        ("Acme S.p.A. in liquidazione", "Acme S.p.A."),
        ("Acme SA en liquidation", "Acme SA"),
        ("Acme d.o.o. u stečaju", "Acme d.o.o."),
        ("Acme Sp. z o.o. w likwidacji", "Acme Sp. z o.o."),
        ("Acme AB i likvidation", "Acme AB"),
    ],
)
def test_liquidation_in_other_languages(later: str, before: str) -> None:
    assert normal_name(later) == normal_name(before)


def test_a_name_of_nothing_but_its_state_keeps_it() -> None:
    assert normal_name("in liquidation").words


def test_umlauts_are_found_either_way_and_the_two_ways_stay_two_names() -> None:
    written = {way.text for way in spellings("Müller Bau GmbH")}
    assert written == {"muller bau", "mueller bau"}
    assert {way.text for way in spellings("Mueller Bau GmbH")} == {"mueller bau"}
    assert {way.text for way in spellings("Muller Bau GmbH")} == {"muller bau"}


def test_forms_of_two_countries_differ_and_translations_are_kin() -> None:
    assert not kin("ltd", "gmbh")
    assert not kin("inc", "corp")
    assert kin("nv", "sa")
    assert kin("sa", "nv")


@pytest.mark.parametrize("word", ["2", "ii", "iv", "xii", "xl", "3rd", "zwei", "two", "i", "b2b"])
def test_numbers(word: str) -> None:
    assert is_number(word)


@pytest.mark.parametrize("word", ["acme", "mix", "civil", "villa", ""])
def test_no_numbers(word: str) -> None:
    assert not is_number(word)


LETTERS = st.text(st.sampled_from("abcdefgilmnorstuvxyzäöüßéøÅŁ .,&/-()'ВМ株社3I"), max_size=30)
WORDS = st.lists(
    st.sampled_from(
        "Acme Müller Ltd GmbH & Co. KG AG S.A. and the in liquidation Service i.L. II OOO SARL Intl".split(" ")
    ),
    max_size=7,
).map(" ".join)


@settings(deadline=None)
@given(st.one_of(LETTERS, WORDS, st.text(max_size=20)))
def test_normalising_twice_changes_nothing(name: str) -> None:
    once = normal_name(name)
    assert normal_name(once.text).words == once.words


@settings(deadline=None)
@given(st.one_of(LETTERS, WORDS))
def test_capitals_and_blanks_make_no_difference(name: str) -> None:
    assert normal_name(f"  {name.casefold()} ") == normal_name(name)


@given(st.lists(st.sampled_from(["acme", "ltd", "co", "gmbh", "and", "kg", "ooo"]), max_size=6))
def test_taking_the_form_off_leaves_a_name(words: list[str]) -> None:
    core, _ = split_form(words)
    assert bool(core) == bool(words)
    assert set(core) <= set(words)
