"""Words that tell sister companies apart, words that say next to nothing, and how words are abbreviated.

"Acme Holding", "Acme Services", "Acme Germany" and "Acme II" are four companies: a word of :data:`TELLING` or a number
that only one name has means another company, however alike the rest is.
"""

# ruff: noqa: SIM905 - lists of words read better as text
from __future__ import annotations

import re

__all__ = ["ABBREVIATIONS", "COMMON", "EMPTY", "TELLING", "is_number"]

EMPTY = frozenset("and und et og och the of der die das".split())
"""Left out of every comparison."""

_PLACES = """germany deutschland allemagne german deutsche france francais francaise frankreich uk britain british
england english scotland scottish wales ireland irish austria osterreich austrian switzerland schweiz
suisse svizzera swiss italy italia italian spain espana spanish iberia iberica portugal netherlands
nederland dutch belgium belgie belgique belgian luxembourg denmark danmark danish norway norge norwegian
sweden sverige swedish finland suomi finnish poland polska polish czech hungary magyarorszag romania
bulgaria greece hellas turkey turkiye russia rus ukraine usa us america american americas canada
canadian mexico brazil brasil china chinese hongkong japan japanese korea india indian singapore
malaysia thailand vietnam indonesia philippines australia australian zealand africa african asia asian
pacific apac emea europe european europa eu nordic nordics scandinavia baltic benelux latam middle gulf
emirates uae saudi arabia israel egypt london paris berlin munich muenchen munchen hamburg frankfurt
zurich vienna wien madrid barcelona milan milano rome roma amsterdam brussels dublin stockholm oslo
copenhagen helsinki warsaw prague york california texas delaware florida ohio michigan""".split()
_DIRECTIONS = """north south east west northern southern eastern western central nord sud sued ost ouest est norte sur
oeste upper lower mid""".split()
_PARTS = """holding holdings beteiligung beteiligungs beteiligungsgesellschaft participations verwaltung verwaltungs
verwaltungsgesellschaft service services finance financial financing finanz treasury capital funding
leasing properties property immobilien immobiliere realty real estate asset assets management trust fund
funds foundation stiftung pension insurance versicherung bank logistics logistik logistique transport
trading handel handels vertrieb vertriebs sales distribution retail wholesale production produktion
manufacturing engineering consulting solutions systems technology technologies software digital media
energy power resources mining chemicals pharma health medical research development construction bau
industries industrial international global worldwide overseas export import investment investments
ventures partners associates group gruppe groupe gruppo parent subsidiary branch niederlassung
succursale newco bidco topco midco opco propco spv issuer securities equity products marketing
innovation labs studio design security home foods food beverages agro marine aviation aerospace
automotive electronics electric water gas oil steel paper plastics packaging printing textile fashion
furniture hotel hotels restaurants travel education training personnel staffing facility cleaning""".split()

TELLING = frozenset((*_PLACES, *_DIRECTIONS, *_PARTS))

COMMON = TELLING | frozenset(
    """company first new best general united national royal star sun blue green red black white gold golden
silver premier elite prime smart express direct plus city world universal standard quality advanced
modern alpha beta omega delta sigma apex summit pioneer phoenix eagle lion atlas titan nova neo pro tech
data net web info auto bio eco""".split()
)
"""Words so common in names that sharing them says little, however small the register is that they are counted in."""

ABBREVIATIONS = {
    "intl": "international",
    "internat": "international",
    "int": "international",
    "mfg": "manufacturing",
    "manuf": "manufacturing",
    "svcs": "services",
    "svc": "services",
    "serv": "services",
    "service": "services",
    "mgmt": "management",
    "mgt": "management",
    "mngt": "management",
    "tech": "technologies",
    "technology": "technologies",
    "techs": "technologies",
    "sys": "systems",
    "system": "systems",
    "grp": "group",
    "gp": "group",
    "hldg": "holding",
    "hldgs": "holding",
    "holdings": "holding",
    "bros": "brothers",
    "ind": "industries",
    "inds": "industries",
    "industry": "industries",
    "eng": "engineering",
    "engg": "engineering",
    "dist": "distribution",
    "distr": "distribution",
    "natl": "national",
    "nat": "national",
    "assoc": "associates",
    "assocs": "associates",
    "dev": "development",
    "devt": "development",
    "elec": "electric",
    "fin": "financial",
    "pharm": "pharma",
    "pharmaceutical": "pharma",
    "pharmaceuticals": "pharma",
    "ctr": "center",
    "centre": "center",
    "st": "saint",
    "univ": "university",
    "gebr": "gebruder",
    "gebrueder": "gebruder",
    "labs": "laboratories",
    "lab": "laboratories",
    "laboratory": "laboratories",
    "prod": "products",
    "prods": "products",
    "product": "products",
    "solution": "solutions",
    "investment": "investments",
    "invest": "investments",
    "trdg": "trading",
    "log": "logistics",
    "transp": "transport",
    "constr": "construction",
    "const": "construction",
    "amer": "american",
    "co": "company",
    "cos": "company",
    "companies": "company",
    "corp": "corporation",
}

_ROMAN = re.compile(r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_WORDS_OF_NUMBERS = frozenset(
    """one two three four five six seven eight nine ten first second third eins zwei drei vier funf erste
zweite dritte un deux trois premier deuxieme uno dos tres due tre i""".split()
) - {"first", "premier"}
_HAS_DIGIT = re.compile(r"\d")


def is_number(word: str) -> bool:
    """Say whether a word counts: with digits, in Roman figures (one letter too), or spelled out."""
    return bool(_HAS_DIGIT.search(word) or word in _WORDS_OF_NUMBERS or _ROMAN.fullmatch(word))
