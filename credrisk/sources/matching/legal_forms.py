"""Which legal form a name ends in: taken off the name to compare it, and kept, because X Ltd is not X GmbH.

Sources: the ISO 20275 list of entity legal forms and the registrars' own abbreviations, as knowledge; national forms
that are one form in several languages are told to be kin (Swiss AG and SA, Belgian NV and SA), nothing more.
"""

# ruff: noqa: SIM905 - lists of words read better as text
from __future__ import annotations

from collections.abc import Sequence

__all__ = ["SHORT", "kin", "split_form", "without_ending"]

FORMS: dict[str, tuple[str, ...]] = {
    "ltd": (
        "ltd",
        "limited",
        "co ltd",
        "co limited",
        "company ltd",
        "company limited",
        "limited company",
        "private limited company",
        "cyf",
        "cyfyngedig",
        "ltda",
        "limitada",
    ),
    "plc": ("plc", "public limited company", "ccc", "public ltd co", "public limited co"),
    "llp": ("llp", "limited liability partnership"),
    "lp": ("lp", "limited partnership"),
    "llc": ("llc", "limited liability company", "l l c", "limited liability co", "lc"),
    "inc": ("inc", "incorporated", "co inc", "company inc", "incorporation"),
    "corp": ("corp", "corporation"),
    "co": ("co", "company", "cos", "companies", "and co", "and company"),
    "pty": ("pty ltd", "pty limited", "proprietary limited", "pty"),
    "pte": ("pte ltd", "pte limited", "private limited", "pvt ltd", "pvt limited", "private ltd", "pte"),
    "bhd": ("bhd", "berhad"),
    "sdn bhd": ("sdn bhd", "sendirian berhad"),
    "dac": ("dac", "designated activity company"),
    "gmbh": ("gmbh", "gesellschaft mit beschrankter haftung", "ges mbh", "gesmbh", "mbh", "ggmbh", "gesellschaft mbh"),
    "ug": ("ug", "ug haftungsbeschrankt", "unternehmergesellschaft"),
    "ag": ("ag", "aktiengesellschaft"),
    "se": ("se", "societas europaea", "europaische gesellschaft"),
    "kgaa": ("kgaa", "kommanditgesellschaft auf aktien", "ag and co kgaa", "se and co kgaa", "gmbh and co kgaa"),
    "kg": ("kg", "kommanditgesellschaft"),
    "gmbh co kg": (
        "gmbh and co kg",
        "gmbh co kg",
        "gmbh and cokg",
        "mbh and co kg",
        "ges mbh and co kg",
        "gmbh and co kommanditgesellschaft",
    ),
    "ag co kg": ("ag and co kg", "se and co kg", "ug and co kg"),
    "ohg": ("ohg", "offene handelsgesellschaft", "gmbh and co ohg"),
    "gbr": ("gbr", "gesellschaft burgerlichen rechts"),
    "ek": ("ek", "e k", "eingetragener kaufmann", "e kfm", "e kfr"),
    "ev": ("ev", "e v", "eingetragener verein"),
    "eg": ("eg", "e g", "eingetragene genossenschaft"),
    "sa": ("sa", "societe anonyme", "sociedad anonima", "sociedade anonima", "s a", "sau"),
    "sarl": ("sarl", "s a r l", "sa rl", "s arl", "societe a responsabilite limitee", "eurl"),
    "sas": ("sas", "s a s", "sasu", "societe par actions simplifiee"),
    "snc": ("snc", "societe en nom collectif", "societa in nome collettivo"),
    "sca": ("sca", "societe en commandite par actions"),
    "scs": ("scs", "societe en commandite simple"),
    "sci": ("sci", "societe civile immobiliere"),
    "sicav": ("sicav",),
    "sl": ("sl", "s l", "sociedad limitada", "slu", "sociedad de responsabilidad limitada"),
    "sa de cv": ("sa de cv", "sab de cv", "s a de c v", "sapi de cv"),
    "srl de cv": ("s de rl de cv", "srl de cv", "s de r l de c v"),
    "lda": ("lda",),
    "spa": ("spa", "s p a", "societa per azioni"),
    "srl": ("srl", "s r l", "societa a responsabilita limitata", "srls", "societatea cu raspundere limitata"),
    "sagl": ("sagl",),
    "bv": ("bv", "b v", "besloten vennootschap", "bvba"),
    "nv": ("nv", "n v", "naamloze vennootschap"),
    "vof": ("vof", "v o f"),
    "cv": ("cv", "cvba"),
    "sprl": ("sprl",),
    "ab": ("ab", "aktiebolag", "aktiebolaget"),
    "ab publ": ("ab publ", "aktiebolag publ", "publ"),
    "hb": ("hb", "handelsbolag"),
    "as": ("as", "aksjeselskap", "aktieselskab", "aktsiaselts", "a s"),
    "asa": ("asa", "allmennaksjeselskap"),
    "aps": ("aps", "anpartsselskab"),
    "oy": ("oy", "osakeyhtio", "oy ab"),
    "oyj": ("oyj", "julkinen osakeyhtio"),
    "abp": ("abp",),
    "ou": ("ou", "osauhing"),
    "sia": ("sia",),
    "uab": ("uab",),
    "hf": ("hf",),
    "ehf": ("ehf",),
    "spzoo": ("sp z oo", "sp zoo", "spolka z ograniczona odpowiedzialnoscia", "spzoo", "spolka z oo", "sp z o o"),
    "sp k": ("sp k", "spk", "spolka komandytowa", "sp z oo sp k", "sp z oo spk"),
    "spolka akcyjna": ("spolka akcyjna",),
    "sro": ("sro", "s r o", "spol s r o", "spol s ro", "spolocnost s rucenim obmedzenym"),
    "akciova": ("akciova spolecnost", "akciova spolocnost"),
    "kft": ("kft", "korlatolt felelossegu tarsasag"),
    "zrt": ("zrt",),
    "nyrt": ("nyrt",),
    "bt": ("bt",),
    "doo": ("doo", "d o o"),
    "dd": ("dd", "d d"),
    "ad": ("ad",),
    "eood": ("eood",),
    "ood": ("ood",),
    "as tr": ("anonim sirketi", "a s tr"),
    "ltd sti": ("ltd sti", "limited sirketi"),
    "ooo": ("ooo", "obshchestvo s ogranichennoi otvetstvennostyu", "obshchestvo s ogranichennoi otvetstvennostiu"),
    "ao": ("ao", "aktsionernoe obshchestvo"),
    "jsc": ("jsc", "joint stock company"),
    "oao": ("oao", "otkrytoe aktsionernoe obshchestvo"),
    "ojsc": ("ojsc", "open joint stock company"),
    "zao": ("zao", "zakrytoe aktsionernoe obshchestvo"),
    "cjsc": ("cjsc", "closed joint stock company"),
    "pao": ("pao", "publichnoe aktsionernoe obshchestvo"),
    "pjsc": ("pjsc", "public joint stock company"),
    "tov": ("tov",),
    "kk": ("kk", "kabushiki kaisha", "kabushiki gaisha"),
    "gk": ("gk", "godo kaisha"),
    "pt": ("pt", "tbk"),
    "fzco": ("fzco", "fze", "fz llc"),
    "wll": ("wll",),
}
"""Lasting name of the form, and how it is written once accents, dots and capitals are gone."""

SHORT = {"company": "co", "corporation": "corp", "incorporated": "inc", "limited": "ltd"}
"""Words of forms that are written out or not in one and the same name."""

KIN: tuple[frozenset[str], ...] = (
    frozenset({"ag", "sa"}),
    frozenset({"gmbh", "sarl", "sagl"}),
    frozenset({"nv", "sa"}),
    frozenset({"bv", "srl", "sprl"}),
    frozenset({"oy", "ab"}),
    frozenset({"oyj", "abp", "ab publ"}),
    frozenset({"ab", "ab publ"}),
    frozenset({"ooo", "llc", "tov"}),
    frozenset({"ao", "jsc"}),
    frozenset({"oao", "ojsc"}),
    frozenset({"zao", "cjsc"}),
    frozenset({"pao", "pjsc"}),
    frozenset({"kk", "ltd"}),
    frozenset({"pte", "ltd"}),
    frozenset({"pty", "ltd"}),
    frozenset({"inc", "co"}),
    frozenset({"corp", "co"}),
    frozenset({"spolka akcyjna", "sa"}),
    frozenset({"akciova", "as"}),
    frozenset({"as tr", "as"}),
    frozenset({"ltd sti", "ltd"}),
    frozenset({"lda", "ltd"}),
    frozenset({"pt", "ltd"}),
    frozenset({"gmbh co kg", "kg"}),
    frozenset({"ag co kg", "kg"}),
    frozenset({"sdn bhd", "bhd"}),
)
"""One form under the names of two languages, or written shorter: neither agreement nor a difference."""

IN_FRONT = frozenset(
    """ooo ao oao zao pao tov uab sia ab as ou pt oy jsc ojsc cjsc pjsc llc sarl sas sci snc srl kk""".split()
)
"""Forms that their countries write before the name."""

_ENDINGS = {tuple(text.split()): form for form, texts in FORMS.items() for text in texts}
_LONGEST = max(map(len, _ENDINGS))


def split_form(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the words without the legal form, and the form's lasting name ("" where none is written).

    ``words`` are in small letters without accents and dots. The form is looked for at the end, else, for the countries
    that write it so, at the beginning. A name that is nothing but a form keeps its words.
    """
    core, form = _last_form(tuple(words), leave=1)
    if not form:
        size = next((n for n in range(min(_LONGEST, len(core) - 1), 0, -1) if _ENDINGS.get(core[:n]) in IN_FRONT), 0)
        form, core = _ENDINGS.get(core[:size], ""), core[size:]
    return core, form


def without_ending(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the words without the legal forms at their end, and the lasting name of the last one ("" for none).

    Nothing is left of a name that is nothing but forms.
    """
    return _last_form(tuple(words), leave=0)


def _last_form(core: tuple[str, ...], *, leave: int) -> tuple[tuple[str, ...], str]:
    form = ""
    while len(core) > leave:
        size = next((n for n in range(min(_LONGEST, len(core) - leave), 0, -1) if core[-n:] in _ENDINGS), 0)
        if not size:
            break
        form = form or _ENDINGS[core[-size:]]
        core = core[:-size]
    return core, form


def kin(one: str, other: str) -> bool:
    """Say whether two different forms may be one, written in another language or shorter."""
    return any({one, other} <= group for group in KIN)
