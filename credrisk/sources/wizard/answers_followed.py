"""Whether the mapping makes of a column what the user said that it is: an answer is followed, or refused with why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import Any

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import no_amounts
from credrisk.sources.wizard.proposal import TableProposal
from credrisk.sources.wizard.roles import DATES, MONEY
from credrisk.sources.wizard.settlements import is_balance_of_documents
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import things

__all__ = ["refuse_unfollowed_answers"]

_AMOUNTS = ("amount", "settled_amount", "open_amount", "tax_amount")
_MADE: dict[str, tuple[str, ...]] = {
    "applies_to": ("document_id", "to_document_id"),
    "document_id": ("document_id", "to_document_id", "from_id", "payment_id"),
    "payment_id": ("payment_id", "receipt_id", "from_id"),
    **dict.fromkeys(MONEY, _AMOUNTS),
}
"""By thing, the columns of the ledger that are made of it, where not any will do."""


def refuse_unfollowed_answers(
    answers: Mapping[str, str], files: Sequence[Understood], tables: Sequence[TableProposal]
) -> None:
    """Refuse the first answer that names a column of which the mapping does not make what it is said to be.

    Raises
    ------
    ParameterError
        With the reason, and what to answer in its place.
    """
    for one in files:
        own = [table for table in tables if table.file == one.key]
        for thing in things():
            column = answers.get(f"{one.key}.{thing}")
            if thing in ("status", "kind") and one.has("status") and one.column("status") == column:
                continue  # a status that only says paid or open changes nothing
            if column and not any(_follows(table, thing, column) for table in own):
                raise ParameterError("answer", _reason(one, thing, column, own), f"{one.key}.{thing}={column}")


def _follows(table: TableProposal, thing: str, column: str) -> bool:
    made = _MADE.get(thing)
    rules = [rule for name, rule in table.columns.items() if made is None or name in made]
    if column in _columns(rules):
        return True
    return made is None and any(test.get("column") == column for test in table.where)


def _columns(rule: Any) -> Iterable[str]:
    """Return every text that a rule holds, columns of templates bare: the names of columns are among them."""
    if isinstance(rule, str):
        return [rule, *(part.split("}")[0] for part in rule.split("{")[1:])]
    parts = rule.values() if isinstance(rule, Mapping) else rule if isinstance(rule, list | tuple) else ()
    return [name for part in parts for name in _columns(part)]


def _reason(one: Understood, thing: str, column: str, tables: Sequence[TableProposal]) -> str:
    """Say why nothing is made of a column, and what to answer."""
    if not tables:
        return f"given for a file that is read; say what {one.key} is: --answer about.{one.key}=documents (or payments)"
    rule = f"left out, for {column} is not used as the {thing.replace('_', ' ')} of {one.key}"
    content = one.contents[column]
    if thing in MONEY and (content.number is None or no_amounts(content).all()):
        return f"{rule}: its cells are no amounts ({content.examples or 'it is empty'})"
    if thing in DATES and content.kind != "date":
        return f"{rule}: its cells are no dates ({content.examples or 'it is empty'})"
    if thing == "open_amount" and one.has("amount") and not is_balance_of_documents(one, one.own):
        return f"{rule}: it is not between 0 and the amount, so it is no open balance of the document"
    used = sorted({name for table in tables for name in _made_of(one, table, thing)})
    instead = f", and {' and '.join(used)} {'is' if len(used) == 1 else 'are'} in its place" if used else ""
    hint = ""
    if thing in MONEY and thing != "amount":
        hint = f". If it is the amount: --answer {quote(f'{one.key}.amount={column}')}"
    elif thing in ("document_id", "applies_to") and one.about == "journal":
        hint = f". The column of a payment that names its invoice is {one.key}.applies_to=COLUMN"
    return f"{rule}, which is read as {one.about}{instead}{hint}"


def _made_of(one: Understood, table: TableProposal, thing: str) -> Iterable[str]:
    """Return the columns of the file of which a table makes what the thing would be."""
    rules = [rule for name, rule in table.columns.items() if name in _MADE.get(thing, (thing,))]
    return [name for name in _columns(rules) if name in one.contents]
