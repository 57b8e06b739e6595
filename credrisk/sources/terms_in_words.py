"""Terms of payment in words: how many days they give, and whether the end of a month stands before or behind them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

__all__ = ["LONGEST_TERMS", "TERMS_FORMS", "Terms", "read_terms"]

LONGEST_TERMS = 400
"""Days; a larger number is a code, or something else."""
TERMS_FORMS = "30, '30 days net', '2/10 net 30', 'end of month', '30 days after end of month'"
"""What may be written, for messages."""

_DAYS = r"(?:days?|d|tagen?|tag|tg|jours?|j|dias?|giorni|gg|dagen|dgn)\b"
_PERCENT = r"\d+(?:[.,]\d+)?\s*%"
_SAYS_DISCOUNT = r"(?:\s*(?:skonto|discount|disc|cash discount|escompte|descuento|sconto|korting|desconto)\b)?"
_LINK = r"\s*[/,]?\s*(?:in|within|innerhalb|binnen|bei|if paid in|a|bis)?\s*(?:von\s*)?"
_DISCOUNT = re.compile(
    rf"\d+(?:[.,]\d+)?\s*%?\s*/\s*(\d+)\s*(?:{_DAYS})?"
    rf"|{_PERCENT}{_SAYS_DISCOUNT}{_LINK}(\d+)\s*(?:{_DAYS})?"
    rf"|(\d+)\s*(?:{_DAYS})\s*[:,-]?\s*(?:abzgl\.?\s*)?{_PERCENT}{_SAYS_DISCOUNT}"
)
_MONTH_END = re.compile(
    r"\b(?:e\.?o\.?m\.?|(?:the )?end of (?:the )?(?:invoice )?month|month[- ]?end|monatsende|ende des monats"
    r"|fin de mois|fin de mes|fin du mois|fine mese|fim do mes|fim de mes|einde maand|einde van de maand)(?![a-z])"
)
_AFTER = re.compile(r"\b(?:after|from|following|nach|ab|apres|despues de|dal|dopo|apos|na)\s*$")
_AT_ONCE = re.compile(
    "immediate|immediately|immediat|sofort|receipt|cod|comptant|contado|contante|contanti|prompt|vista"
)
_SAYS_NOTHING = re.compile(
    "net|netto|nett|n|rein|strictly|days|day|d|tage|tagen|tag|tg|t|jours|jour|j|dias|dia|giorni|giorno|gg|dagen|dgn"
    "|within|in|innerhalb|binnen|von|of|ohne|abzug|due|payable|payment|pay|payments|zahlbar|fallig|zahlungsziel|ziel"
    "|zahlung|terms|term|from|after|nach|ab|the|invoice|date|rechnungsdatum|rechnung|rechnungsstellung|facture"
    "|facturation|data|fattura|fecha|factura|factuur|factuurdatum|na|a|an|at|on|upon|us|reception|recept|delivery"
    "|paiement|reglement|pagamento|pago|prazo|plazo|termine|credit|account|cash|df|ff|only|al|de|la"
)


@dataclass(frozen=True)
class Terms:
    """When payment is due, counted from the document's date.

    Attributes
    ----------
    days
        Days to add.
    month_end
        ``from``: they count from the end of the document's month; ``to``: the day they give moves to its month's end.
    """

    days: int
    month_end: Literal["", "from", "to"] = ""


def read_terms(text: str) -> Terms | None:
    """Return what terms of payment say; None where they can be read in two ways, or not at all.

    A discount for early payment is passed over: ``2/10 net 30`` is due after 30 days. ``30 EOM`` and ``30 jours fin de
    mois`` are read in two ways by those who write them, and are not read; ``30 days after end of month`` and ``end of
    month after 30 days`` are.

    Examples
    --------
    >>> read_terms("2/10 net 30")
    Terms(days=30, month_end='')
    >>> read_terms("30 Tage nach Monatsende")
    Terms(days=30, month_end='from')
    >>> read_terms("30 EOM") is None
    True
    """
    bare = _folded(text)
    if re.fullmatch(r"\d+(?:\.0+)?", bare):
        return _bounded(Terms(int(float(bare))))
    discounted = [int(next(filter(None, found.groups()))) for found in _DISCOUNT.finditer(bare)]
    net = _DISCOUNT.sub(" ", bare)
    end = _MONTH_END.search(net)
    before, behind = (net[: end.start()], net[end.end() :]) if end else (net, "")
    words = re.findall(r"[a-z]+", f"{before} {behind}")
    at_once = any(map(_AT_ONCE.fullmatch, words))
    strange = any(not (_SAYS_NOTHING.fullmatch(word) or _AT_ONCE.fullmatch(word)) for word in words)
    first, last = ([int(one) for one in re.findall(r"\d+", part)] for part in (before, behind))
    if strange or len(first) + len(last) > 1 or re.search(r"[%/]", net.replace("n/", "n ")):
        return None
    if not first and not last:
        return Terms(0, "from") if end else Terms(0) if at_once and not discounted else None
    days = (first or last)[0]
    if at_once or days < max(discounted, default=0):
        return None
    if end is None:
        return _bounded(Terms(days))
    if first:
        return _bounded(Terms(days, "from")) if _AFTER.search(before) else None
    return _bounded(Terms(days, "to" if re.match(r"\s*(?:after|nach|apres)\b", behind) else "from"))


def _bounded(terms: Terms) -> Terms | None:
    return terms if terms.days <= LONGEST_TERMS else None


def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in parts if not unicodedata.combining(letter)).split())
