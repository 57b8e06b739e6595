"""Whom the press is searched for, and what a headline says: precision before recall."""

from __future__ import annotations

from typing import Any

import pytest

from credrisk.errors import SourceError
from credrisk.sources.matching.legal_forms import FORMS
from credrisk.sources.news_names import COMMON_SURNAMES, COMMON_WORDS, NewsName, news_name, words_of
from credrisk.sources.news_words import ADVERSE, OTHER_SUBJECT, SOFTENED, kind_of_headline

FIRM = NewsName("Kranzmeier Werkzeuge GmbH", "", ("kranzmeier", "werkzeuge"))


def named(name: str | None, city: str | None = None, country: str | None = None, **more: Any) -> NewsName:
    return news_name({"name": name, "city": city, "country": country}, **more)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Müller & Söhne GmbH & Co. KG", ["muller", "sohne", "gmbh", "co", "kg"]),
        ("Société Générale S.A.", ["societe", "generale", "sa"]),
        ("O'Hara’s Ltd.", ["oharas", "ltd"]),
        ("Straße A/S", ["strasse", "as"]),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_full_legal_name_with_a_word_of_its_own_stands_alone() -> None:
    assert named("Kranzmeier Werkzeuge GmbH", "Bremen", "DE") == FIRM
    assert named("Kranzmeier GmbH & Co. KG").core == ("kranzmeier",)
    assert named("Tandoluz Alimentos, S.A.").beside == ""


@pytest.mark.parametrize("texts", FORMS.values(), ids=FORMS)
def test_every_legal_form_that_matching_knows_is_one_here(texts: tuple[str, ...]) -> None:
    for text in texts:
        assert named(f"Kranzmeier {text}").core == ("kranzmeier",), text


def test_a_word_before_the_name_and_a_zoo_are_no_legal_forms() -> None:
    assert named("AS Kranzmeier", "Bremen", "DE").beside == "Bremen"
    assert named("Kranzmeier Zoo", "Bremen", "DE").beside == "Bremen"
    assert named("Kranzmeier Sp. zoo").core == ("kranzmeier",)


@pytest.mark.parametrize(
    ("name", "city", "country", "beside"),
    [
        ("Global Trading Ltd", "Leeds", "GB", "Leeds"),  # a legal form, yet no word of its own
        ("Apple Inc", "Cupertino", "US", "Cupertino"),
        ("Global Trading Ltd", None, "GB", "United Kingdom"),
        ("Kranzmeier Werkzeuge", "Bremen", "DE", "Bremen"),  # no legal form
        ("Kranzmeier Werkzeuge", None, "DE", "Germany"),
        ("Müller GmbH", "Bremen", "DE", "Bremen"),  # a word that many are called by
        ("Smith & Jones Ltd", "Leeds", "GB", "Leeds"),
        ("Blue Star", "Turin", "IT", "Turin"),
    ],
)
def test_a_name_that_is_less_goes_with_its_place(name: str, city: str | None, country: str, beside: str) -> None:
    assert named(name, city, country).beside == beside


def test_a_city_too_short_for_the_source_gives_way_to_the_country() -> None:
    assert named("Kranzmeier Werkzeuge", "Ulm", "DE", shortest=5).beside == "Germany"
    assert named("Kranzmeier Werkzeuge", "Ulm", "DE").beside == "Ulm"


@pytest.mark.parametrize(
    ("name", "city", "country", "reason"),
    [
        ("Orange", "Paris", "FR", "one word without a legal form"),
        ("30000", "Paris", "FR", "one word without a legal form"),
        ("Kranzmeier", "Bremen", "DE", "one word without a legal form"),
        ("Kranzmeier Werkzeuge", None, None, "without a legal form, and no city or country"),
        ("Müller GmbH", None, None, "without a word of its own"),
        ("Global Trading Ltd", None, None, "without a word of its own"),
        ("Global Trading Ltd", None, "XX", "without a word of its own"),
        (None, "Paris", "FR", "no name given"),
        ("", "Paris", "FR", "no name given"),
        ("???", "Paris", "FR", "no name given"),
        ("GmbH", "Bremen", "DE", "a legal form, not a name"),
        ("Zyk", "Bremen", "DE", "too short"),
    ],
)
def test_a_name_that_could_be_anybodys_is_refused(
    name: str | None, city: str | None, country: str | None, reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        named(name, city, country, shortest=5)


def test_a_text_names_the_customer_only_by_the_whole_phrase_and_its_place() -> None:
    firm = NewsName("Blue Star", "Turin", ("blue", "star"))
    assert firm.named_in("blue star of turin closes")
    assert not firm.named_in("blue star closes")
    assert not firm.named_in("blue stars of turin")
    assert not firm.named_in("star blue of turin")
    assert FIRM.named_in(" ".join(words_of("Die KRANZMEIER Werkzeuge G.m.b.H. baut")))
    assert not FIRM.named_in("kranzmeier werkzeuge")
    assert FIRM.core_in("kranzmeier werkzeuge")


@pytest.mark.parametrize(
    "headline",
    [
        "Kranzmeier Werkzeuge files for insolvency",
        "Toolmaker Kranzmeier Werkzeuge goes into administration",
        "Kranzmeier Werkzeuge to cut costs: job cuts in Bremen",
        "Chapter 11: Kranzmeier Werkzeuge seeks protection",
        "Fraudster jailed over Kranzmeier Werkzeuge",
        "Kranzmeier Werkzeuge meldet Insolvenz an",
        "Firmenpleite: Kranzmeier Werkzeuge zahlungsunfähig",
        "Stellenabbau bei Kranzmeier Werkzeuge",
        "Kranzmeier Werkzeuge en redressement judiciaire",
        "Kranzmeier Werkzeuge : dépôt de bilan",
        "Kranzmeier Werkzeuge supprime 120 postes",
        "Kranzmeier Werkzeuge, en concurso de acreedores",
        "Despidos en Kranzmeier Werkzeuge",
        "Fallimento per Kranzmeier Werkzeuge",
        "Kranzmeier Werkzeuge chiede il concordato preventivo",
        "Kranzmeier Werkzeuge failliet verklaard",
        "Kranzmeier Werkzeuge schrapt 80 banen",
        "Surseance van betaling voor Kranzmeier Werkzeuge",
    ],
)
def test_bad_news_in_six_languages(headline: str) -> None:
    assert kind_of_headline(headline, FIRM) == "adverse_news"


@pytest.mark.parametrize(
    "headline",
    [
        "Kranzmeier Werkzeuge opens a plant",
        "Toolmaker files for insolvency",  # names nobody: the article may be about another
        "Kranzmeier: insolvency of a rival",  # not the whole name
        "Kranzmeier Werkzeuge averts insolvency",
        "Kranzmeier Werkzeuge denies fraud",
        "Kranzmeier Werkzeuge takes over bankrupt rival",
        "Kranzmeier Werkzeuge übernimmt insolventen Zulieferer",
        "Keine Insolvenz: Kranzmeier Werkzeuge gerettet",
        "Kranzmeier Werkzeuge wendet die Insolvenz ab",
        "Kranzmeier Werkzeuge neemt failliete concurrent over",
        "Kranzmeier Werkzeuge improves liquidity",
        "Trump administration visits Kranzmeier Werkzeuge",
        "",
    ],
)
def test_what_is_no_bad_news_of_the_customer_is_news(headline: str) -> None:
    assert kind_of_headline(headline, FIRM) == "news"


@pytest.mark.parametrize(
    "headline",
    [
        "Football: Kranzmeier Werkzeuge cup final",
        "Rezept des Tages, vorgestellt von Kranzmeier Werkzeuge",
        "Horoscope du jour",
        "Calcio, insolvenza del club sponsor Kranzmeier Werkzeuge",
    ],
)
def test_other_subjects_are_left_out(headline: str) -> None:
    assert kind_of_headline(headline, FIRM) == "other_subject"


def test_a_word_of_the_name_itself_says_nothing() -> None:
    firm = NewsName("Bankrupt Records Ltd", "", ("bankrupt", "records"))
    assert kind_of_headline("Bankrupt Records signs a lease", firm) == "news"
    assert kind_of_headline("Bankrupt Records insolvent", firm) == "adverse_news"
    club = NewsName("Football Supplies Ltd", "", ("football", "supplies"))
    assert kind_of_headline("Football Supplies opens a shop", club) == "news"


def test_the_lexicons_are_folded_as_headlines_are() -> None:
    for term in (*ADVERSE, *SOFTENED, *OTHER_SUBJECT):
        assert " ".join(words_of(term.replace("*", ""))) == " ".join(term.replace("*", "").split())
    for word in (*COMMON_WORDS, *COMMON_SURNAMES):
        assert words_of(word) == [word]
