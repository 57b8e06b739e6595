"""By what words the press may be searched for a customer: a name that could be anybody's is not searched for at all.

The main error of news about companies is somebody else of that name. So a full legal name with a word of its own may
stand alone; a name that is less goes together with the customer's city or country; one word alone never goes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.matching.legal_forms import without_ending

__all__ = ["COUNTRY_NAMES", "NewsName", "news_name", "words_of"]

_COMMON_WORDS = """
    a advanced air all alliance alpha american and apex apple art asia atlantic atlas auto bank bau best beta blue
    british build building business capital care center central centre china city classic clean clear cloud consulting
    construction creative data delta design deutsche digital direct dynamic eagle east eco electric element elite
    energy engineering enterprise enterprises epic euro europe european excel expert express family fashion finance
    first fit food foods fresh fruit future galaxy gas general german global gold golden good great green group gruppe
    handel haus health holding holdings home hotel house industrial industries industry info innovation insurance
    international internet italia italian key king land liberty life light line logistics magic management market
    marketing master max media medical metal metro micro modern motor natural nature net network new next nord north
    nova ocean office oil omega one online open optimal orange orion pacific paper paradise park partner partners
    phoenix pioneer planet plus point power premier premium prime pro products profi project property pure quality
    real red royal safe sales services service shop silver sky smart society software solar solutions star studio
    summit sun super sur systems system target team tech technic technik technology the trade trading transport travel
    trust uk union unique united universal us van vision vital water way web west white wood work works world
"""
COMMON_WORDS = frozenset(_COMMON_WORDS.split())
"""Words that many firms and many other things are called by."""

_COMMON_SURNAMES = """
andersen anderson andersson bakker bauer becker bernard bianchi brown davies davis dubois durand evans fernandez
ferrari fischer fontana garcia gonzalez gruber hansen hoffmann huber jansen jensen johansson johnson jones jong koch
kovacs kowalski larsen laurent lee lehmann lopez maier marino martin martinez mayer meier meyer miller moreau moretti
muller murphy nagy nielsen novak nowak obrien olsen perez peters petersen petit ricci richard richter robert roberts
robinson rodriguez romano rossi russo sanchez schafer schmid schmidt schmitt schneider schroder schulz schulze schwarz
silva simon smit smith svensson szabo taylor thomas thompson visser wagner walker weber werner white williams wilson
wolf wood wright
"""
COMMON_SURNAMES = frozenset(_COMMON_SURNAMES.split())
"""Surnames that many firms, and many more persons, are called by."""

COUNTRY_NAMES: dict[str, str] = {
    "AT": "Austria", "AU": "Australia", "BE": "Belgium", "BG": "Bulgaria", "BR": "Brazil", "CA": "Canada",
    "CH": "Switzerland", "CN": "China", "CY": "Cyprus", "CZ": "Czech Republic", "DE": "Germany", "DK": "Denmark",
    "EE": "Estonia", "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom", "GR": "Greece",
    "HR": "Croatia", "HU": "Hungary", "IE": "Ireland", "IN": "India", "IT": "Italy", "JP": "Japan",
    "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia", "MT": "Malta", "MX": "Mexico", "NL": "Netherlands",
    "NO": "Norway", "PL": "Poland", "PT": "Portugal", "RO": "Romania", "SE": "Sweden", "SG": "Singapore",
    "SI": "Slovenia", "SK": "Slovakia", "TR": "Turkey", "US": "United States",
}  # fmt: skip
"""What the press calls a country, in English."""


@dataclass(frozen=True)
class NewsName:
    """By what a customer is searched for.

    Attributes
    ----------
    phrase
        The name, in this order of words and only so.
    beside
        City or country that must be named too; "" where the phrase stands alone.
    core
        The words of the name without its legal form.
    """

    phrase: str
    beside: str
    core: tuple[str, ...]

    def named_in(self, words: str) -> bool:
        """Tell whether a text, as ``" ".join(words_of(text))``, names the customer as asked: phrase and place."""
        wanted = (words_of(self.phrase), words_of(self.beside))
        return all(_within(" ".join(part), words) for part in wanted if part)

    def core_in(self, words: str) -> bool:
        """Tell whether a text names the customer at least without its legal form."""
        return _within(" ".join(self.core), words)


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded: no case, accents, apostrophes or dots; ``S.A.`` and ``SA`` are the same."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"\w+", re.sub(r"[.'’`]", "", plain.replace("a/s", "as")))


def news_name(customer: Mapping[str, Any], *, shortest: int = 0) -> NewsName:
    """Return by what a customer (``name``, ``city``, ``country``) may be searched for.

    Parameters
    ----------
    shortest
        Fewest characters of a phrase that the source takes; a shorter city gives way to the country.

    Raises
    ------
    SourceError
        With the reason, when the name is missing, too short or could be anybody's.
    """
    name = " ".join(re.findall(r"[\w.&+'’/-]+", str(customer.get("name") or "")))
    words = words_of(name)
    core, form = without_ending(words)
    if not core:
        raise SourceError("no name given" if not form else f"{name!r} is a legal form, not a name")
    if len(name) < shortest:
        raise SourceError(f"the name {name!r} is too short to be searched for")
    own = [w for w in core if w not in COMMON_WORDS | COMMON_SURNAMES and len(w) > 2 and not w.isdigit()]
    legal = bool(form)
    if legal and own:
        return NewsName(name, "", core)
    if not legal and len(core) == 1:
        raise SourceError(f"the name {name!r} is ambiguous: one word without a legal form")
    places = (
        str(customer.get("city") or "").strip(),
        COUNTRY_NAMES.get(str(customer.get("country") or "").upper(), ""),
    )
    place = next((place for place in places if words_of(place) and len(place) >= shortest), None)
    if place is None:
        lacks = "without a word of its own" if legal else "without a legal form"
        raise SourceError(f"the name {name!r} is ambiguous: {lacks}, and no city or country is known to go with it")
    return NewsName(name, place, core)


def _within(phrase: str, words: str) -> bool:
    return f" {phrase} " in f" {words} "
