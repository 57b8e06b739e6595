"""Whether what the user answered can have an effect: the file, thing, column, type and choice that it names are there.

An answer that names nothing would silently change the mapping, or take a column away from what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote

from credrisk.errors import ParameterError
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.oldest_first import WITHOUT_INVOICE
from credrisk.sources.mapping_rules import near_misses
from credrisk.sources.terms_in_words import TERMS_FORMS, read_terms
from credrisk.sources.wizard.customer_headings import HEADINGS
from credrisk.sources.wizard.document_kinds import LEAVE_OUT, MEANINGS
from credrisk.sources.wizard.general_ledger import RECEIVABLES
from credrisk.sources.wizard.invoice_lines import LINES
from credrisk.sources.wizard.statuses import STATUS_MEANINGS, status_columns
from credrisk.sources.wizard.types_in_words import TYPES_IN_WORDS
from credrisk.sources.wizard.understood import ABOUT, Understood
from credrisk.sources.wizard.without_invoice import SETTING
from credrisk.sources.wizard.words import plain, things

__all__ = ["refuse_strange_answers", "tidy_answers"]

_KEYS = ("dates", "decimal", "terms", "kind", "status", "about")
_CHOICES = {"dates": ("day_first", "month_first"), "decimal": ("point", "comma"), "about": ABOUT}
_MOST_TYPES = 12


def tidy_answers(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers, a meaning of a type also as it is printed: ``Credit note`` is ``credit_note``."""
    return {
        name: _code(value) if name.startswith(("kind.", "status.", "about.", "dates.", "decimal.")) else value
        for name, value in answers.items()
    }


def refuse_strange_answers(answers: Mapping[str, str], files: Sequence[Understood]) -> None:
    """Refuse the first answer that names no file, thing, column, type or choice.

    Raises
    ------
    ParameterError
        With what there is to name, and near misses.
    """
    by_key = {one.key: one for one in files}
    for name, value in answers.items():
        if name == "currency":
            if value.upper() not in EXPONENTS:
                raise ParameterError("currency", "a code of ISO 4217 such as EUR", value)
            continue
        if name == SETTING:
            if value not in WITHOUT_INVOICE:
                raise ParameterError("answer", f"{name} is {' or '.join(WITHOUT_INVOICE)}", value)
            continue
        head, _, rest = name.partition(".")
        if head == "status" and rest.partition(".")[0] not in by_key and head in by_key:
            head = ""  # a thing of a file called status
        file, _, detail = rest.partition(".") if head in _KEYS else (name.partition(".")[0], "", "")
        if file not in by_key:
            rule = f"the key of a question, or FILE.THING with a file of {', '.join(by_key)}{near_misses(file, by_key)}"
            raise ParameterError("answer", rule, name)
        if head == "status" or (head == "kind" and _is_status(by_key[file], detail)):
            _hold_status(by_key[file], name, detail, value)
        elif head == "kind":
            _hold_kind(by_key[file], name, detail, value)
        elif head in _KEYS:
            _hold_choice(by_key[file], name, head, detail, value)
        else:
            _hold_column(by_key[file], name, rest, value)


def _is_status(understood: Understood, value: str) -> bool:
    """Tell whether an answer about a type is about a status, of a file without types."""
    return not understood.has("kind") and any(value in one.texts.to_list() for one in status_columns(understood))


def _hold_status(understood: Understood, name: str, status: str, value: str) -> None:
    there = [one for content in status_columns(understood) for one, _ in content.counts]
    if status not in there:
        listed = f" ({', '.join(there)})" if there else ", which has no column of status"
        rule = f"about a status of {understood.key}{listed}{near_misses(status, there)}"
        raise ParameterError("answer", rule, name, remedy=_name_columns(understood, status, "status"))
    meanings = (*STATUS_MEANINGS, *(("invoice", "debit_note") if name.startswith("kind.") else ()))
    if value not in meanings:
        rule = f"status.{understood.key}.{status}= one of {', '.join(STATUS_MEANINGS)}: a status is no type"
        raise ParameterError("answer", rule + near_misses(value, STATUS_MEANINGS), value)


def _hold_kind(understood: Understood, name: str, kind: str, value: str) -> None:
    content = understood.content("kind")
    there = [one for one, _ in content.counts] if content is not None else []
    if content is None:
        rule = f"about a type, and no column of {understood.key} is taken for the types"
        raise ParameterError("answer", rule, name, remedy=_name_columns(understood, kind, "kind"))
    if kind not in there:
        listed = f" ({', '.join(there)})" if there else ""
        rule = f"about a type of {content.name} of {understood.key}{listed}{near_misses(kind, there)}"
        raise ParameterError("answer", rule, name)
    meanings = (*MEANINGS, LEAVE_OUT)
    if value not in meanings:
        rule = f"{name}= one of {', '.join(meanings)}{near_misses(value, meanings)}"
        raise ParameterError("answer", rule, value)


def _name_columns(understood: Understood, kind: str, thing: str) -> str:
    """Say how to name the column of types or statuses: that in which the value stands, else those of few values."""
    texts = [one for one in understood.of_kind("text") if 1 < one.distinct <= _MOST_TYPES]
    having = [one for one in texts if one.texts.is_in([kind]).any()] or texts
    which = f" ({' or '.join(one.name for one in having)})" if having else ""
    column = having[0].name if len(having) == 1 else "COLUMN"
    return f"name their column too: --answer {quote(f'{understood.key}.{thing}={column}')}{which}."


def _hold_choice(understood: Understood, name: str, head: str, column: str, value: str) -> None:
    if head == "terms" and column:
        terms = understood.content("terms_days")
        there = [one for one, _ in terms.counts] if terms is not None else []
        if column not in there:
            listed = f"terms of {understood.key} ({', '.join(there) or 'which has none'}){near_misses(column, there)}"
            raise ParameterError("answer", f"about {listed}", name)
        if read_terms(value) is None:
            raise ParameterError("answer", f"{name}= days, or terms such as {TERMS_FORMS}", value)
        return
    if head == "terms":
        if not value.isdigit():
            raise ParameterError("answer", f"{name}= a whole number of days", value)
        return
    if head == "dates" and column and column not in understood.contents:
        there = list(understood.contents)
        rule = f"about a column of {understood.key} ({', '.join(there)}){near_misses(column, there)}"
        raise ParameterError("answer", rule, name)
    if value not in _CHOICES[head]:
        raise ParameterError("answer", f"{name} is {' or '.join(_CHOICES[head])}", value)


def _hold_column(understood: Understood, name: str, thing: str, value: str) -> None:
    denied = {
        TYPES_IN_WORDS: "it says that words of a text tell no types; those that are known count by themselves",
        LINES: "rows of one number are no lines of one document",
    }
    if thing in denied:
        if value:
            raise ParameterError("answer", f"{name}= and nothing behind it: {denied[thing]}", value)
        return
    if thing == RECEIVABLES:
        return  # held where the accounts are found
    if thing not in (*things(), HEADINGS):
        rule = (
            f"FILE.THING with a thing of {', '.join((*things(), HEADINGS, RECEIVABLES))}{near_misses(thing, things())}"
        )
        raise ParameterError("answer", rule, name)
    there = list(understood.contents)
    if value and value not in there:
        rule = f"a column of {understood.key} ({', '.join(there)}){near_misses(value, there)}"
        raise ParameterError("answer", rule, f"{name}={value}")
    if value and thing == "currency" and not understood.contents[value].is_currency:
        held = understood.contents[value].examples or "nothing"
        raise ParameterError(
            "answer", f"a column of codes of ISO 4217 such as EUR; {value} holds {held}", f"{name}={value}"
        )


def _code(text: str) -> str:
    return plain(text).replace(" ", "_")
