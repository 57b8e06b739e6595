"""Which rows of a type are something else by the words beside them: write-offs and returned cheques of a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from credrisk.sources.mapping_rules import TypeInWords
from credrisk.sources.mapping_types_in_words import has_words, with_types_in_words
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.type_columns import sides_of
from credrisk.sources.wizard.words import marks, meaning_of_type, plain
from credrisk.wording import counted

__all__ = ["TYPES_IN_WORDS", "say_credited_losses", "say_types_in_words", "types_in_words", "with_own_types"]

TYPES_IN_WORDS = "types_in_words"
"""What the user answers where words mean nothing: ``FILE.types_in_words=``."""
_SAID = {
    "says_write_off": ("write-off", -1),
    "says_returned": ("returned payment", 1),
    "says_credit_note": ("credit note", -1),
}
"""By the list of words: the new type, and which way its rows move what is owed."""
_OF_WHAT = {
    None: ("says_write_off", "says_returned"),
    "credit_note": ("says_write_off",),
    "invoice": ("says_credit_note",),
    "payment": ("says_write_off",),
}
"""By what a type means: the words that may part it. A sales journal holds invoices, and credit notes beside them; a
list of payments what was written off, where no word says that money written off came in."""


def types_in_words(
    table: SourceTable, contents: Mapping[str, Content], roles: Mapping[str, Role], answers: Mapping[str, str]
) -> tuple[TypeInWords, ...]:
    """Return the rules that part a type by the words of a text beside it; what the user says of it is for the rest.

    Words count where all rows that hold them move what is owed the way that they say: a write-off that raises it is
    something else.
    """
    if "kind" not in roles or f"{table.key}.{TYPES_IN_WORDS}" in answers:
        return ()
    kind = contents[roles["kind"].column]
    way = _way(contents, roles)
    if way is None:
        return ()
    texts = [one for one in contents.values() if one.kind == "text" and one.name != kind.name]
    there = {plain(value) for value, _ in kind.counts}
    pays = any(meaning_of_type(value) == "payment" for value, _ in kind.counts)
    rules = list[TypeInWords]()
    invoices = any(meaning_of_type(value) in ("invoice", "credit_note") for value, _ in kind.counts)
    for value in (*([""] if invoices else []), *(value for value, _ in kind.counts)):
        meaning = meaning_of_type(value) if value else None
        answered = answers.get(f"kind.{table.key}.{value}")
        if answered is not None and meaning is not None:
            continue
        own = kind.texts.fill_null("") == value
        for name in _OF_WHAT.get(meaning, ()):
            into, sign = _SAID[name]
            # An answer is for the rest of the type: that is what was asked. One that says the same is for all of it.
            if plain(into) in there or answered in (meaning_of_type(into), "leave_out"):
                continue
            for text in texts:
                rows = own & has_words(pl.select(pl.when(own).then(text.texts)).to_series(), marks(name))
                if meaning == "credit_note" and not pays and not _names_invoice(contents, roles, rows):
                    continue
                if meaning == "payment" and (rows.equals(own) or _came_in(text, rows)):
                    continue
                moved = way.filter(rows).drop_nulls()
                if moved.len() and (moved == sign).all():
                    said = tuple(sorted(one for one in marks(name) if has_words(text.texts.filter(rows), [one]).any()))
                    rules.append(TypeInWords(kind.name, value, text.name, said, into))
                    there.add(plain(into))
                    break
    return tuple(rules)


def with_own_types(table: SourceTable, rules: tuple[TypeInWords, ...]) -> SourceTable:
    """Return the table as the mapping will read it."""
    frame = table.frame
    for rule in rules:
        frame = with_types_in_words(frame, rule)
    return replace(table, file=replace(table.file, types_in_words=rules), frame=frame)


def say_types_in_words(table: SourceTable, before: Content, rules: tuple[TypeInWords, ...], notes: Notes) -> None:
    """Say which rows got a type of their own, by which words, and how to say that they mean nothing."""
    for rule in rules:
        own = before.texts.fill_null("") == rule.value
        of = repr(rule.value) if rule.value else "empty"
        texts = table.frame[rule.by].filter(own & (table.frame[rule.column] == rule.into))
        notes.unsure.append(
            f"{table.key}: {counted(texts.len(), 'row')} of {rule.column} {of} counted as {rule.into}, as "
            f"{rule.by} says so (for example {texts[0]!r}). If words of {rule.by} "
            f"mean nothing: --answer '{table.key}.{TYPES_IN_WORDS}='"
        )


def say_credited_losses(
    key: str, contents: Mapping[str, Content], roles: Mapping[str, Role], answers: Mapping[str, str], notes: Notes
) -> None:
    """Say which credit notes are write-offs by a text beside them, and yet stay credit notes: no invoice is named."""
    if "kind" not in roles or f"{key}.{TYPES_IN_WORDS}" in answers:
        return
    kind = contents[roles["kind"].column]
    for value, _ in kind.counts:
        if (answers.get(f"kind.{key}.{value}") or meaning_of_type(value)) != "credit_note":
            continue
        own = (kind.texts == value).fill_null(False)
        for text in contents.values():
            if text.kind != "text" or text.name == kind.name:
                continue
            rows = own & has_words(pl.select(pl.when(own).then(text.texts)).to_series(), marks("says_write_off"))
            if rows.any() and not rows.equals(own):
                held = f"{counted(int(rows.sum()), 'row')} of {kind.name} {value!r}{_total(contents, roles, rows)}"
                example = text.texts.filter(rows)[0]
                notes.missing.append(
                    f"{key}: {text.name} says write-off (for example {example!r}) beside {held}, and no "
                    "column names the invoice closed: they stay credit notes, and no bad debt is learnt from them. "
                    f"If a column names it: --answer {key}.applies_to=COLUMN"
                )
                break


def _total(contents: Mapping[str, Content], roles: Mapping[str, Role], rows: pl.Series) -> str:
    """Return the money of some rows in words, whichever side it stands on."""
    money = [contents[roles[one].column].number for one in ("amount", "debit", "credit") if one in roles]
    sums = [abs(float(one.filter(rows).sum())) for one in money if one is not None]
    return f", {max(sums):,.2f} in all" if sums else ""


def _came_in(text: Content, rows: pl.Series) -> bool:
    """Tell whether a text beside payments says that money came in, was written off before, or only a difference was.

    A bad debt too many is worse than one too few: one such text, and the words part no payments.
    """
    return bool(has_words(text.texts.filter(rows), marks("says_recovered")).any())


def _names_invoice(contents: Mapping[str, Content], roles: Mapping[str, Role], rows: pl.Series) -> bool:
    """Tell whether each row names the invoice that it closes, by a column whose header or user says so."""
    return "applies_to" in roles and not contents[roles["applies_to"].column].texts.filter(rows).null_count()


def _way(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> pl.Series | None:
    """Return of each row whether it raises (1) or lowers (-1) what is owed; None where no column tells."""
    debit = sides_of(contents, roles)
    if debit is not None:
        return pl.select(pl.when(debit).then(1).when(~debit).then(-1)).to_series()
    numbers = contents[roles["amount"].column].number if "amount" in roles else None
    return None if numbers is None else numbers.sign().cast(pl.Int64)
