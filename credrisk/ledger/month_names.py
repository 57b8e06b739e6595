"""Names of months in English, German, French, Spanish, Italian, Dutch and Portuguese, whole and shortened."""

from __future__ import annotations

import unicodedata

import polars as pl

__all__ = ["MONTHS", "with_english_months"]

_SAID = (
    "jan january januar janner jaenner janvier janv enero ene gennaio gen genn januari janeiro",
    "feb february februar fevrier fevr fev febrero febbraio febbr februari fevereiro",
    "mar march marz maerz mrz mars marzo maart mrt marco",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag magg mei maio",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august aout agosto ago augustus",
    "sep sept september septembre septiembre setiembre settembre set sett setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro",
)
_ACCENTED = {
    "jänner": 1,
    "février": 2,
    "févr": 2,
    "fév": 2,
    "märz": 3,
    "mär": 3,
    "março": 3,
    "août": 8,
    "décembre": 12,
    "déc": 12,
}
MONTHS: dict[str, int] = {
    **{name: number for number, names in enumerate(_SAID, start=1) for name in names.split()},
    **{unicodedata.normalize(form, name): number for name, number in _ACCENTED.items() for form in ("NFC", "NFD")},
}
"""By name in small letters, with and without accents, the number of the month."""
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PARTS = r"^(?P<before>.*?)(?P<name>[\p{L}\p{M}]{3,})(?P<after>.*)$"


def with_english_months(text: pl.Expr) -> pl.Expr:
    """Return texts with the name of a month, where they have one, in English; others as they are."""
    parts = text.str.extract_groups(_PARTS).struct
    english = {name: _ENGLISH[number - 1] for name, number in MONTHS.items()}
    month = parts.field("name").str.to_lowercase().replace_strict(english, default=None, return_dtype=pl.String)
    said = pl.concat_str(parts.field("before"), month, parts.field("after"))
    return pl.coalesce(said, text)
