"""A company's name as it is compared: its telling words, its legal form, and the ways in which its letters are written.

In liquidation, in administration, debtor in possession and the like are taken off first: whoever found a failed firm
by the name that it bears since would look ahead.
"""

# ruff: noqa: SIM905 - lists of words read better as text
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from credrisk.sources.matching.legal_forms import split_form
from credrisk.sources.matching.telling_words import ABBREVIATIONS, EMPTY

__all__ = ["NormalName", "normal_name", "spellings"]

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae", "œ": "oe"})
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n"}
)
_CYRILLIC = dict(
    zip(
        "абвгдезийклмнопрстуфыэіїєґў",
        "a b v g d e z i i k l m n o p r s t u f y e i i e g u".split(),
        strict=True,
    )
) | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ь": "", "ъ": ""}
_GREEK = dict(zip("αβγδεζηικλμνξοπρσςτυφω", "a v g d e z i i k l m n x o p r s s t y f o".split(), strict=True)) | {
    "θ": "th",
    "χ": "ch",
    "ψ": "ps",
}
_OTHER_SCRIPTS = str.maketrans(_CYRILLIC | _GREEK)
"""Letter for letter, after BGN/PCGN (Cyrillic) and ELOT 743 (Greek) without their exceptions."""

_FORMS_IN_CHARACTERS = (
    ("株式会社", " kk "),
    ("股份有限公司", " ltd "),
    ("有限责任公司", " ltd "),
    ("有限公司", " ltd "),
    ("有限会社", " ltd "),
)

_RUN_ON = re.compile(r"(?<=[a-zäöüß])(GmbH|AG|SE|KG|LLC|Ltd|Inc|PLC|BV|NV|SA)$")
_STATE = re.compile(
    r"[\s,(\[-]*\b(?:(?:a |the )?debtors?[ -]in[ -]possession|(?:in|under) "
    r"(?:(?:creditors?|members?|compulsory|voluntary) )*"
    r"(?:liquidation|administration|receivership|administrative receivership|insolvency|bankruptcy|examination|"
    r"provisional liquidation|judicial management|insolvenz|abwicklung|liq|liqu|liquidazione|fallimento"
    r"|likvidation|konkurs)"
    r"|in insolvenzverfahren|en (?:liquidation|liquidacion|redressement judiciaire|liquidation judiciaire)"
    r"|(?:em|en) (?:liquidacao|recuperacao judicial|concurso)"
    r"|(?:i|under) (?:likvidation|konkurs|avvikling|rekonstruktion)"
    r"|w (?:likwidacji|upadlosci|restrukturyzacji)|v (?:likvidaci|likvidacii|konkurzu)|u (?:likvidaciji|stecaju)"
    r"|(?:selskab )?under (?:konkurs|tvangsopl[oø]sning)|f\.a\.|felszamolas alatt|konkursiin asetettu"
    r"|i\.? ?l\.|i\.? ?ins\.)"
    r"\s*[)\].]*\s*$"
)
_DOTTED = re.compile(r"\b\w(?:\.\s?\w)+\b\.?")
_SLASHED = re.compile(r"\b(\w)/(\w)\b")
_SEPARATE = re.compile(r"[^\w]+|_+")
_APOSTROPHE = re.compile(r"(?<=\w)['’`´ʼ](?=\w)")
_MOST_STATES = 3


@dataclass(frozen=True, slots=True)
class NormalName:
    """A name without its form: ``words`` in their order, and the ``form``'s lasting name ("" where none is written)."""

    words: tuple[str, ...]
    form: str

    @property
    def text(self) -> str:
        """The words with a blank between."""
        return " ".join(self.words)


def spellings(name: str, *, stated_form: str | None = None) -> tuple[NormalName, ...]:
    """Return the name in the one or two ways in which it may be written without its accents.

    Müller is muller and mueller, so that either finds it; Mueller and Muller, both without, stay two names.
    ``stated_form`` is the legal form in words, used where the name is written without one.
    """
    ways = _ways(name)
    if not stated_form or ways[0].form:
        return ways
    form = _form_of(stated_form)
    return tuple(NormalName(way.words, form) for way in ways)


@lru_cache(maxsize=10_000)
def _form_of(text: str) -> str:
    return _ways(f"x {text}")[0].form


def _ways(name: str) -> tuple[NormalName, ...]:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", _RUN_ON.sub(r" \1", name.strip())).casefold())
    plain = normal_name(folded)
    if (spelled := folded.translate(_UMLAUTS)) == folded:
        return (plain,)
    expanded = normal_name(spelled)
    return (plain,) if expanded == plain else (plain, expanded)


def normal_name(name: str) -> NormalName:
    """Return a name's words and legal form, in small letters, without accents, punctuation and empty words.

    A name of empty words or of a form alone keeps them; one without any letter or digit has no words.
    """
    found = _once(name)
    while (again := _once(found.text)).words != found.words:
        found = NormalName(again.words, found.form or again.form)
    return found


def _once(name: str) -> NormalName:
    text = _plain_letters(name)
    for _ in range(_MOST_STATES):
        stripped = _STATE.sub("", text)
        if stripped == text or not stripped.strip():
            break
        text = stripped
    text = text.replace("&", " and ").replace("+", " and ")
    text = _APOSTROPHE.sub("", _SLASHED.sub(r"\1\2", _DOTTED.sub(_joined, text)))
    words = _SEPARATE.sub(" ", text).split()
    core, form = split_form(words)
    telling = tuple(ABBREVIATIONS.get(word, word) for word in core if word not in EMPTY)
    return NormalName(telling or core, form)


def _plain_letters(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).casefold().translate(_OTHER_SCRIPTS)
    if text.isascii():
        return text
    for characters, form in _FORMS_IN_CHARACTERS:
        text = text.replace(characters, form)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return bare.translate(_OTHER_SCRIPTS).translate(_LETTERS)


def _joined(dotted: re.Match[str]) -> str:
    return dotted.group().replace(".", "").replace(" ", "")
