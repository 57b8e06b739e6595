"""What a headline says about a company: bad news, news, or something else altogether (sport, recipes, the stars).

Six languages: English, German, French, Spanish, Italian, Dutch. A headline is bad news only if it names the company
itself and says neither that the trouble was averted nor that the company took over somebody else's.
"""

from __future__ import annotations

import re
from typing import Literal

from credrisk.sources.news_names import NewsName, words_of

__all__ = ["NewsKind", "kind_of_headline"]

NewsKind = Literal["adverse_news", "news", "other_subject"]

ADVERSE = (
    # en
    "insolven*", "bankrupt*", "receivership", "liquidation", "liquidator*", "liquidates", "into administration",
    "in administration", "administrators appointed", "calls in administrators", "winding up", "wound up", "chapter 7",
    "chapter 11", "goes bust", "collapses", "layoff*", "lay off*", "laid off", "job cuts", "cuts jobs", "redundancies",
    "fraud*", "embezzle*", "money laundering", "bribery", "creditors", "defaults on", "debt default", "profit warning",
    "going concern", "unpaid wages", "unpaid suppliers", "files for protection", "accounting scandal", "shuts down",
    "closes plant", "delisted",
    # de
    "*insolvenz*", "*pleite*", "konkurs*", "zahlungsunfahig*", "uberschuld*", "glaubiger*", "*betrug*", "*entlassung*",
    "entlasst", "stellenabbau", "baut stellen ab", "streicht stellen", "kurzarbeit", "liquidation", "veruntreu*",
    "geldwasche*", "schutzschirmverfahren", "sanierungsverfahren", "gewinnwarnung", "werksschliessung",
    # fr
    "faillite*", "redressement judiciaire", "liquidation judiciaire", "depot de bilan", "depose le bilan",
    "cessation de paiement*", "procedure de sauvegarde", "licenci*", "plan social", "suppression* de postes",
    "supprime * postes", "fraude*", "escroquerie*", "detournement*", "blanchiment*", "creanciers",
    # es
    "concurso de acreedores", "preconcurso", "quiebra*", "suspension de pagos", "despid*", "despide", "estafa*",
    "malversacion*", "blanqueo*", "acreedores", "impago*", "cierra la planta",
    # it
    "fallimento", "fallita", "fallito", "concordato preventivo", "liquidazione*", "amministrazione straordinaria",
    "licenziament*", "esuberi", "cassa integrazione", "bancarotta*", "frode*", "frodi", "truffa*", "riciclaggio",
    "creditori",
    # nl
    "faillissement*", "failliet*", "surseance*", "ontslag*", "ontslaat", "schrapt * banen", "schuldeisers",
    "oplichting", "verduistering", "witwas*", "winstwaarschuwing",
)  # fmt: skip
"""Bad news for whoever sells on account; ``*`` is the rest of a word, alone it is a word or two."""

SOFTENED = (
    "avert*", "avoid*", "denies", "denied", "escapes", "emerges from", "exits bankruptcy", "exits insolvency",
    "rescues", "acquire*", "buys", "bought", "takes over",
    "keine insolvenz*", "keine entlassung*", "keine pleite", "dementiert", "abgewendet", "wendet * ab", "gerettet",
    "rettet", "ubernimmt", "kauft", "beendet insolvenz*",
    "evite", "dement", "rachete", "reprend", "sort du redressement", "evita", "niega", "adquiere", "compra",
    "smentisce", "acquista", "rileva", "geen faillissement*", "geen ontslag*", "voorkomt", "ontkent", "neemt * over",
)  # fmt: skip
"""What turns bad news around: averted, denied, over, or somebody else's."""

OTHER_SUBJECT = (
    "football*", "soccer", "rugby", "cricket", "basketball", "premier league", "champions league", "world cup",
    "goalkeeper", "midfielder", "recipe*", "horoscope*", "obituar*", "lottery", "box office", "movie", "album",
    "concert", "wedding", "celebrity", "weather forecast", "crossword",
    "fussball*", "bundesliga", "torwart", "handball*", "rezept*", "horoskop*", "traueranzeige*", "lotto*",
    "wetterbericht", "kinofilm", "konzert", "ligue 1", "recette*", "necrologie", "meteo", "futbol", "baloncesto",
    "receta*", "horoscopo*", "esquela*", "pelicula", "calcio", "serie a", "ricetta", "ricette", "oroscopo*", "voetbal*",
    "eredivisie", "recepten", "horoscoop", "overlijdensbericht*",
)  # fmt: skip
"""Subjects in which company names turn up that mean no company, or only its sponsorship."""


def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    parts = (re.escape(term).replace(r"\ \*\ ", r"(?: \w+){1,2} ").replace(r"\*", r"\w*") for term in terms)
    return re.compile(rf"\b(?:{'|'.join(parts)})\b")


_ADVERSE, _SOFTENED, _OTHER = _pattern(ADVERSE), _pattern(SOFTENED), _pattern(OTHER_SUBJECT)


def kind_of_headline(headline: str, name: NewsName) -> NewsKind:
    """Return what a headline says, for a customer whom the article is known to name.

    ``adverse_news`` asks that the headline itself names the customer; otherwise an article that is about others and
    merely names it would count against it.
    """
    words = " ".join(words_of(headline))
    beyond_the_name = f" {words} ".replace(f" {' '.join(name.core)} ", " ")
    if _OTHER.search(beyond_the_name):
        return "other_subject"
    if name.core_in(words) and _ADVERSE.search(beyond_the_name) and not _SOFTENED.search(beyond_the_name):
        return "adverse_news"
    return "news"
