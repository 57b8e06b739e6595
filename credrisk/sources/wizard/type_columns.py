"""Which column says what kind of row each is, where headers leave it open or say codes: what it says, and the sides.

A journal often has a code (``INC``) and beside it the words (``Incasso bonifico``). The words count. Where no header
says type, a column of few values that each stand on one side, debit or credit, is one; so is that of the journals.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import MONEY, Role
from credrisk.sources.wizard.words import marks, meaning_of_type, plain
from credrisk.wording import counted

__all__ = ["beside", "refuse_texts_as_types", "sides_of", "typed", "types_of_receipts"]

_MOST_TYPES = 12
_OWED = {"invoice", "debit_note", "late_fee", "down_payment"}
_MOST_ANSWERED = 200
"""Types that a user can be asked about, one by one."""
_FEWEST_ROWS = 3
"""A value of a type stands in this many rows on average, or more."""
_ONE_SIDE = 0.95
_SAID = 0.5
"""A text beside a code tells what it means where this share of its rows has one that is known."""


def refuse_texts_as_types(contents: Mapping[str, Content], roles: Mapping[str, Role], key: str) -> None:
    """Refuse a column that the user named as the types where it holds texts: each would have to be explained.

    Raises
    ------
    ParameterError
        When it has more than 200 different values.
    """
    kind = roles.get("kind")
    if kind is None or not kind.answered or kind.column not in contents:
        return
    content = contents[kind.column]
    if content.distinct > _MOST_ANSWERED:
        rule = (
            f"a column of types, of at most {_MOST_ANSWERED} different values; {kind.column} has {content.distinct:,}"
        )
        remedy = (
            "name the column that says invoice or payment. Words such as write-off, returned cheque or credit note in "
            "a text beside it part its types by themselves."
        )
        raise ParameterError("answer", rule, f"{key}.kind={kind.column}", remedy=remedy)


def typed(contents: Mapping[str, Content], roles: Mapping[str, Role], key: str, notes: Notes) -> dict[str, Role]:
    """Return what the columns are, with the column of types that says most in known words.

    Only where two columns, or a sign, tell debit from credit is a column with unknown values taken for the type: the
    user is asked what each means.
    """
    meant, now = dict(roles), roles.get("kind")
    if now is not None and now.answered:
        return meant
    taken = {role.column for thing, role in roles.items() if thing not in ("kind", "method")}
    sides = sides_of(contents, roles)
    free = [one for name, one in contents.items() if name not in taken and one.kind == "text"]
    if now is not None:
        code = contents[now.column]
        texts = [one for one in free if one.name != code.name and _few(one) and _known(one) >= MOSTLY]
        better = max(texts, key=_known, default=None)
        if better is None or _known(better) <= _known(code):
            return meant
        meant["kind"] = Role(better.name, now.score)
        notes.unsure.append(
            f"{key}: {better.name} is taken for the type, not {code.name}, whose codes are not all known: "
            f"{_told(better)}. If it is not: --answer '{key}.kind={code.name}'"
        )
        return meant
    if sides is None:
        return meant
    parting = [one for one in free if _few(one) and _parts(one, sides)]
    found = max(parting, key=lambda one: (_known(one), -one.distinct), default=None)
    if found is not None:
        meant["kind"] = Role(found.name, 0.0, f"each of its {found.distinct:,} values stands on one side")
        meant = {thing: role for thing, role in meant.items() if thing != "method" or role.column != found.name}
    elif (journal := next((one for one in free if _journal(one, sides)), None)) is not None:
        meant["kind"] = Role(journal.name, 0.0, "it is the journal in which each row is posted")
    return meant


def types_of_receipts(
    contents: Mapping[str, Content], roles: Mapping[str, Role], key: str, notes: Notes
) -> dict[str, Role]:
    """Return what the columns of a list of receipts are, with a column of few values for the type where one is no cash.

    Known words say that it is no cash: a write-off, a payment taken back. What an unknown value means is asked; and so
    is whether the column is the type where rows with an amount have none, for they would be left out. A column that
    says invoice in every row says what was paid, not what the row is.
    """
    meant, kind = dict(roles), roles.get("kind")
    if kind is not None and not kind.answered:
        said_of_rows = {meaning_of_type(value) for value, _ in contents[kind.column].counts}
        if said_of_rows and said_of_rows <= _OWED:
            del meant["kind"]
    money = [contents[role.column].texts.is_not_null().alias(thing) for thing, role in roles.items() if thing in MONEY]
    if "kind" in meant or not money:
        return meant
    taken = {role.column for thing, role in roles.items() if thing != "method"}
    rows = pl.DataFrame(money).select(pl.any_horizontal(pl.all())).to_series()
    found: list[tuple[bool, float, str, str]] = []
    for name, one in contents.items():
        if name in taken or one.kind != "text" or not 1 <= one.distinct <= min(_MOST_TYPES, one.filled):
            continue
        closing = {meaning for value, _ in one.counts if (meaning := meaning_of_type(value))} - {"payment", "leave_out"}
        if closing:
            whole = not (one.texts.is_null() & rows).any()
            found.append((whole, _known(one), name, ", ".join(sorted(kind.replace("_", " ") for kind in closing))))
    if not found:
        return meant
    _, _, name, said = max(found, key=lambda one: one[:2])
    empty = int((contents[name].texts.is_null() & rows).sum())
    if empty:
        notes.questions.append(
            Question(
                f"{key}.kind",
                f"Does {name} say what kind of row each of {key} is?",
                f"It says {said}, and is empty in {counted(empty, 'row')} with an amount; as the type it leaves these "
                f"out. If it does not: --answer {key}.kind=",
                ((name, "it is the type"),),
            )
        )
        return meant
    meant = {thing: role for thing, role in meant.items() if role.column != name}
    meant["kind"] = Role(name, 0.0, f"it says {said} beside payments")
    return meant


def sides_of(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> pl.Series | None:
    """Tell which rows are on the side of debit (true) or credit (false); None where neither columns nor a sign do."""
    if {"debit", "credit"} <= set(roles):
        plus, minus = (_on_side(contents[roles[side].column]) for side in ("debit", "credit"))
        return pl.select(pl.when(plus != minus).then(plus)).to_series()
    if "sign" not in roles:
        return None
    sign = contents[roles["sign"].column].texts
    values = {value: plain(value) or value for value in sign.drop_nulls().unique().to_list()}
    credit = [value for value, bare in values.items() if bare in marks("credit_side")]
    return pl.select(pl.when(sign.is_not_null()).then(~sign.is_in(credit))).to_series()


def beside(
    contents: Mapping[str, Content], kind: Content, value: str, known: Mapping[str, str], debit: pl.Series | None
) -> tuple[str, str, str]:
    """Return what an unknown type means by the text beside it, the column, and that text; empty where nothing tells.

    A text tells by its own words, or because all rows that have it, on the same side, are of types with one meaning.
    Where all known types mean the same, every text stands beside that alone, and tells nothing.
    """
    parts = len({*known.values()}) > 1
    rows = (kind.texts == value).fill_null(False)
    side = pl.Series([True] * rows.len()) if debit is None else debit
    for one in contents.values():
        if one.name == kind.name or one.kind != "text" or not _few(one):
            continue
        frame = pl.DataFrame({"type": kind.texts, "text": one.texts, "side": side, "own": rows})
        mine = frame.filter("own").filter(pl.col("text").is_not_null())
        if not rows.any() or mine.height < _SAID * int(rows.sum()):
            continue
        others = frame.filter(~pl.col("own")).with_columns(
            meant=pl.col("type").replace_strict(dict(known), default=None, return_dtype=pl.String)
        )
        told: dict[str, int] = {}
        example = ""
        for text, on, count in mine.group_by("text", "side").len().sort("text", "side").iter_rows():
            meaning = meaning_of_type(text)
            if meaning is None and parts:
                same = others.filter(pl.col("text") == text, pl.col("side").eq_missing(on)).drop_nulls("meant")
                meanings = same["meant"].unique().to_list()
                meaning = meanings[0] if len(meanings) == 1 else None
            if meaning:
                told[meaning] = told.get(meaning, 0) + count
                example = example or text
        if len(told) == 1 and next(iter(told.values())) >= _SAID * mine.height:
            return next(iter(told)), one.name, example
    return "", "", ""


def _on_side(content: Content) -> pl.Series:
    """Tell the rows with an amount on a side; a zero is none."""
    filled = content.texts.is_not_null()
    return filled if content.number is None else filled & (content.number != 0).fill_null(True)


def _few(content: Content) -> bool:
    return 1 < content.distinct <= _MOST_TYPES and content.filled >= _FEWEST_ROWS * content.distinct


def _known(content: Content) -> float:
    """Return the share of its rows whose value means a type."""
    said = sum(rows for value, rows in content.counts if meaning_of_type(value))
    return said / content.filled


def _parts(content: Content, debit: pl.Series) -> bool:
    """Tell whether nearly all rows of each value are on one side, and both sides have some."""
    frame = pl.DataFrame({"value": content.texts, "debit": debit}).filter(pl.col("debit").is_not_null())
    if frame.is_empty() or frame["value"].count() < MOSTLY * frame.height:
        return False
    shares = frame.drop_nulls().group_by("value").agg(pl.col("debit").mean())["debit"]
    pure = ((shares >= _ONE_SIDE) | (shares <= 1 - _ONE_SIDE)).all()
    return bool(pure) and bool((shares > _SAID).any()) and bool((shares < _SAID).any())


def _journal(content: Content, debit: pl.Series) -> bool:
    """Tell whether a column is called journal, and some of its codes stand mostly on one side, some on the other.

    However few rows there are, and though some codes stand on both sides: balances brought forward, other entries.
    """
    if content.distinct > _MOST_TYPES or not any(plain(one) in marks("journal_header") for one in content.headings):
        return False
    frame = pl.DataFrame({"value": content.texts, "debit": debit}).drop_nulls()
    shares = frame.group_by("value").agg(pl.col("debit").mean())["debit"]
    return bool((shares > _SAID).any()) and bool((shares < _SAID).any())


def _told(content: Content) -> str:
    meant = [(value, meaning) for value, _ in content.counts if (meaning := meaning_of_type(value))]
    return ", ".join(f"{value!r} is {meaning.replace('_', ' ')}" for value, meaning in meant[:4])
