"""Are several rows of one number the lines of one document, whose total stands on each of them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.sources.wizard.amounts_by_arithmetic import CENT, PROVED, money_columns
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["LINES", "with_lines"]

LINES = "lines"
"""``FILE.lines=``: the rows of one number are not the lines of one document."""
_ONE = ("document_date", "due_date", "currency", "kind", "open_amount", "settled_on", "paid_amount")
"""What the lines of one document share beside its customer and its amount; another payment on each is no line."""
_OF_THE_LINE = ("tax_amount", "net_amount", "discount_amount", "order_id", "disputed", "written_off_amount")
"""What may be that of the line alone, and is then not the document's."""


def with_lines(
    understood: Understood, files: Sequence[Understood], answers: Mapping[str, str], notes: Notes
) -> Understood:
    """Return a file so that of the rows of one number the first is the document, and the others further lines of it.

    Rows of one number are lines where nearly all that share one have the same customer, dates and amount. Where the
    column taken for the amount differs and adds up to another that is the same, that one is the total. Where no column
    tells the lines apart from the total, and payments of other files pay more than it, each row is a document.
    """
    number, amount = understood.content("document_id"), understood.first_of("amount", "open_amount")
    owner = understood.first_of("customer_id", "name")
    if understood.about not in ("documents", "credit_notes") or number is None or not amount or not owner:
        return understood
    if not understood.has("document_date") or f"{understood.key}.{LINES}" in answers:
        return understood
    shared = _rows_sharing(understood, number)
    if not shared.any():
        return understood
    total = taken = understood.contents[understood.column(amount)]
    parts: Content | None = None
    if _alike(number, [total], shared) < PROVED:
        whole = None if understood.roles[amount].answered else _total_of(understood, number, total, shared)
        if whole is None:
            return understood
        total, parts = whole, total
    things = [thing for thing in (owner, *_ONE) if understood.has(thing) and understood.column(thing) != total.name]
    one = [understood.contents[understood.column(thing)] for thing in things]
    if _alike(number, [*one, total], shared) < PROVED:
        return understood
    shared = shared & number.texts.is_in(_numbers_alike(number, [*one, total], shared)).fill_null(False)
    parts = parts or _adding_up(understood, number, total, shared)
    if parts is None and _paid_as_several(understood, number, total, shared, files, notes):
        return understood
    roles = {thing: role for thing, role in understood.roles.items() if role.column != total.name}
    roles |= {amount: understood.roles[amount] if total is taken else Role(total.name, 100.0)}
    of_line = {
        thing: role.column
        for thing, role in roles.items()
        if thing in _OF_THE_LINE
        and not role.answered
        and _alike(number, [understood.contents[role.column]], shared) < 1
    }
    roles = {thing: role for thing, role in roles.items() if thing not in of_line}
    stale = tuple(f"{understood.key}: {column} is taken for the " for column in of_line.values())
    notes.unsure[:] = [said for said in notes.unsure if not (stale and said.startswith(stale))]
    _say(understood, number, total, parts, shared, sorted(of_line.values()), notes)
    of = pl.select(pl.when(shared).then(number.texts).alias("number"))["number"]
    return replace(understood, roles=roles, further=of.is_not_null() & ~of.is_first_distinct())


def _rows_sharing(understood: Understood, number: Content) -> pl.Series:
    """Tell the rows that share a number with others from which they differ in some column: copies are no lines."""
    cells = pl.DataFrame({name: one.texts for name, one in understood.contents.items()})
    rows = understood.own & number.texts.is_not_null()
    different = cells.with_columns(row=pl.int_range(pl.len())).filter(rows).unique(cells.columns, keep="first")
    twice = different.filter(pl.col(number.name).is_duplicated())[number.name].unique()
    return rows & number.texts.is_in(twice.to_list()).fill_null(False)


def _alike(number: Content, columns: list[Content], shared: pl.Series) -> float:
    """Return the share of the numbers whose rows are the same in all columns."""
    return len(_numbers_alike(number, columns, shared)) / number.texts.filter(shared).n_unique()


def _numbers_alike(number: Content, columns: list[Content], shared: pl.Series) -> list[str]:
    cells = pl.DataFrame({"number": number.texts, **{f"c{place}": one.texts for place, one in enumerate(columns)}})
    each = cells.filter(shared).group_by("number").agg(pl.exclude("number").n_unique() == 1)
    return each.filter(pl.all_horizontal(pl.exclude("number")))["number"].to_list()


def _total_of(understood: Understood, number: Content, parts: Content, shared: pl.Series) -> Content | None:
    """Return the column of amounts that is the same on all rows of a number, and to which the parts add up."""
    used = {
        role.column
        for thing, role in understood.roles.items()
        if role.answered or thing in ("open_amount", "paid_amount")
    }
    for one in money_columns(understood.contents, understood.roles):
        if one.name in used or one.name == parts.name or _alike(number, [one], shared) < PROVED:
            continue
        if _add_up(number, one, parts, shared):
            return one
    return None


def _adding_up(understood: Understood, number: Content, total: Content, shared: pl.Series) -> Content | None:
    """Return a column that holds the totals of the lines: it differs, and adds up to the total or the net amount."""
    wholes = [total, *([understood.contents[understood.column("net_amount")]] if understood.has("net_amount") else [])]
    return next(
        (
            one
            for one in money_columns(understood.contents, understood.roles)
            if one.name not in {whole.name for whole in wholes} and any(_add_up(number, w, one, shared) for w in wholes)
        ),
        None,
    )


def _add_up(number: Content, whole: Content, parts: Content, shared: pl.Series) -> bool:
    if whole.number is None or parts.number is None:
        return False
    rows = pl.DataFrame({"number": number.texts, "whole": whole.number, "part": parts.number}).filter(shared)
    each = rows.group_by("number").agg(pl.col("whole").first(), pl.col("part").sum())
    fit = ((pl.col("whole") - pl.col("part")).abs() < CENT).sum()
    return bool(each.select(fit >= PROVED * pl.len()).item()) and bool((each["part"] != 0).any())


def _paid_as_several(
    understood: Understood,
    number: Content,
    total: Content,
    shared: pl.Series,
    files: Sequence[Understood],
    notes: Notes,
) -> bool:
    """Tell whether payments pay more than one row of a number and no more than all, and say so."""
    ids = id_texts(number).str.strip_chars_start("0").rename("number")
    rows = pl.DataFrame({"number": ids, "amount": total.number}).filter(shared)
    each = rows.group_by("number").agg(one=pl.col("amount").first(), every=pl.col("amount").sum())
    for other in files:
        amounts = signed_numbers(other)
        if other.key == understood.key or other.about != "payments" or amounts is None:
            continue
        for column in other.contents.values():
            if column.kind not in ("text", "number") or column.has_decimals or overlap(column, ids) < SHARED_FROM:
                continue
            paid = pl.DataFrame({"number": id_texts(column).str.strip_chars_start("0"), "paid": amounts}).filter(
                other.own
            )
            sums = paid.group_by("number").agg(pl.col("paid").sum().abs()).join(each, on="number")
            over = sums.filter(pl.col("paid") > pl.col("one") + CENT, pl.col("paid") < pl.col("every") + CENT)
            if over.height > (1 - PROVED) * sums.height:
                notes.unsure.append(
                    f"{understood.key}: rows of one {number.name} have the same customer, date and {total.name}, but "
                    f"payments pay more than one of them ({other.key}: {over.height:,} of the {sums.height:,} that are "
                    f"paid), so each row counts, {rows['amount'].sum():,.2f} in all. If {total.name} is the total "
                    f"of the document on each row ({each['one'].sum():,.2f}), leave one row of each in the export"
                )
                return True
    return False


def _say(
    understood: Understood,
    number: Content,
    total: Content,
    parts: Content | None,
    shared: pl.Series,
    of_line: list[str],
    notes: Notes,
) -> None:
    documents = number.texts.filter(shared).n_unique()
    said = (
        f"{understood.key}: {counted(int(shared.sum()), 'row')} are the lines of {counted(documents, 'document')}: "
        f"rows of one {number.name} have the same customer, date and {total.name}, which is taken once"
    )
    if parts is not None:
        said += f"; {parts.name} holds the totals of the lines and is not used"
    else:
        others = shared & ~pl.select(pl.when(shared).then(number.texts)).to_series().is_first_distinct()
        money = 0.0 if total.number is None else total.number.filter(others).sum()
        said += f"; {money:,.2f} in {total.name} of the other {counted(int(others.sum()), 'row')} is not used"
    left = [name for name in of_line if parts is None or name != parts.name]
    if left:
        said += (
            f"; {', '.join(left)} {'differs' if len(left) == 1 else 'differ'} from line to line, and not used either"
        )
    (notes.unsure if parts is None else notes.sure).append(f"{said}. Else: --answer {understood.key}.{LINES}=")
