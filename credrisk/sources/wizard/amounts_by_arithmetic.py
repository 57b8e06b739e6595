"""Which column of amounts is a running balance, and which a total that its parts repeat: the rows prove it by sums.

What the rows prove outranks what a header says, and what the user says that they disprove is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.parts_by_header import by_header_applied
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import MONEY, Role

__all__ = ["PROVED", "by_parts_applied", "by_running_balance", "money_columns"]

PROVED = 0.95
"""Of the rows that can tell, so many must bear it out: the rest may be typing errors."""
CENT = 0.005
_FEWEST = 6
"""Fewer rows that follow from the one before may do so by chance."""
_LOOKED_AT = 20_000
"""So many rows from the top are enough to tell a running balance."""


@dataclass(frozen=True)
class _Run:
    """A balance that runs: it moves by one column less another, or by one alone, whichever sign that has."""

    balance: str
    plus: str
    minus: str
    whose: str
    fit: int
    tested: int

    @property
    def share(self) -> float:
        """Of the rows that follow another one, how many it is borne out by."""
        return self.fit / self.tested

    @property
    def words(self) -> str:
        """How it moves, and how often."""
        by = f"by {self.plus}" if not self.minus else f"by {self.plus} less {self.minus}"
        among = " of the same customer" if self.whose else ""
        return f"in {self.fit:,} of {self.tested:,} rows it differs {by} from the row{among} before"


def money_columns(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> list[Content]:
    """Return the columns that may hold amounts: numbers with decimals, named as money, or not known as anything."""
    named = {role.column: thing for thing, role in roles.items()}
    return [
        one
        for name, one in contents.items()
        if one.kind == "number" and one.number is not None and (one.has_decimals or named.get(name, MONEY[0]) in MONEY)
    ]


def by_running_balance(
    key: str, contents: Mapping[str, Content], roles: dict[str, Role], notes: Notes
) -> dict[str, Role]:
    """Return the columns' meaning where one is a running balance: what moves it are the amounts, and it is none.

    Raises
    ------
    ParameterError
        When the user said that the running balance is an amount.
    """
    found = _runs(contents, roles)
    if not found:
        return roles
    run = _chosen(key, found, contents, roles, notes)
    if run is None:
        return roles
    for thing, role in roles.items():
        if role.column == run.balance and role.answered:
            moves = [run.plus, run.minus] if run.minus else [run.plus]
            rule = f"another column, for {run.balance} is a running balance ({run.words}); amounts are in "
            raise ParameterError("answer", rule + " and ".join(moves), f"{key}.{thing}={run.balance}")
    proved = {"debit": run.plus, "credit": run.minus} if run.minus else {"amount": run.plus}
    said = {role.column for role in roles.values() if role.answered}
    proved = {thing: column for thing, column in proved.items() if column not in said and not _answered(roles, thing)}
    gone = {run.balance, *proved.values()}
    kept = {thing: role for thing, role in roles.items() if role.column not in gone and thing not in proved}
    amounts = f"{run.plus} is the amount" if not run.minus else f"{run.plus} is the debit and {run.minus} the credit"
    notes.sure.append(f"{key}: {run.balance} is a running balance and no amount: {run.words}; {amounts}")
    return (
        kept | {thing: Role(column, 100.0) for thing, column in proved.items()} | {"running": Role(run.balance, 100.0)}
    )


def _answered(roles: Mapping[str, Role], thing: str) -> bool:
    return thing in roles and roles[thing].answered


def _runs(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> list[_Run]:
    """Return every reading by which a column is a running balance of others."""
    columns = money_columns(contents, roles)
    if len(columns) < 2:
        return []
    owners = [roles[thing].column for thing in ("customer_id", "name") if thing in roles]
    numbers = {str(place): one.number for place, one in enumerate(columns) if one.number is not None}
    frame = pl.DataFrame(numbers).fill_null(0.0).with_row_index("row")
    there = pl.select(pl.any_horizontal(one.texts.is_not_null() for one in columns)).to_series()
    found: list[_Run] = []
    for whose in ("", *owners[:1]):
        owner = contents[whose].texts.alias("whose") if whose else pl.Series("whose", [""] * frame.height)
        rows = frame.with_columns(owner).filter(there & pl.col("whose").is_not_null()).head(_LOOKED_AT)
        found += [run for place in range(len(columns)) for run in _moved_by(rows, place, columns, whose)]
    most = max((run.share for run in found), default=0.0)
    return [run for run in found if run.share == most]


def _moved_by(rows: pl.DataFrame, place: int, columns: Sequence[Content], whose: str) -> list[_Run]:
    """Return the readings by which one column moves from row to row, from the top down or from the bottom up."""
    balance, others = str(place), [str(one) for one in range(len(columns)) if one != place]
    found = []
    for down in (True, False):
        step = pl.col(balance) - pl.col(balance).shift(1 if down else -1).over("whose", order_by="row")
        moved = rows.with_columns(step.alias("step")).filter(pl.col("step").is_not_null())
        steps, amounts = moved["step"].to_numpy(), {one: moved[one].to_numpy() for one in others}
        if steps.size < _FEWEST or not (steps > CENT).any() or not (steps < -CENT).any():
            continue
        moving = [one for one in others if (np.abs(amounts[one]) > CENT).any()]
        for plus, minus in [*permutations(moving, 2), *((one, "") for one in moving)]:
            apart = steps - amounts[plus] + amounts[minus] if minus else np.abs(steps) - np.abs(amounts[plus])
            # A row in which nothing stands and nothing moves tells nothing: most open balances of paid items are 0.
            moves = amounts[plus] - amounts[minus] if minus else amounts[plus]
            telling = (np.abs(steps) > CENT) | (np.abs(moves) > CENT)
            fit = int((np.abs(apart) < CENT).sum())
            among = int(((np.abs(apart) < CENT) & telling).sum())
            if fit >= PROVED * steps.size and among >= max(PROVED * int(telling.sum()), _FEWEST):
                less = columns[int(minus)].name if minus else ""
                found.append(_Run(columns[place].name, columns[int(plus)].name, less, whose, fit, steps.size))
    return found


def _chosen(
    key: str, found: Sequence[_Run], contents: Mapping[str, Content], roles: Mapping[str, Role], notes: Notes
) -> _Run | None:
    """Return the one reading of several that the headers or the user name, or ask; equal columns are one reading."""
    sides = {(thing, role.column) for thing, role in roles.items() if thing in ("debit", "credit", "amount")}

    def named(run: _Run) -> int:
        things = {("debit", run.plus), ("credit", run.minus)} if run.minus else {("amount", run.plus)}
        return len(things & sides)

    best = [run for run in found if named(run) == max(map(named, found))]
    first = best[0]
    if all(_alike(contents, run.plus, first.plus) and _alike(contents, run.minus, first.minus) for run in best):
        return first
    notes.questions.append(
        Question(
            f"{key}.{'debit' if first.minus else 'amount'}",
            f"Which column of {key} moves the running balance {first.balance}?",
            "The rows bear out several.",
            tuple((name, contents[name].examples) for name in dict.fromkeys(run.plus for run in best)),
        )
    )
    return None


def _alike(contents: Mapping[str, Content], one: str, other: str) -> bool:
    return one == other or bool(one and other and contents[one].texts.equals(contents[other].texts, null_equal=True))


def by_parts_applied(
    key: str, contents: Mapping[str, Content], roles: dict[str, Role], notes: Notes
) -> dict[str, Role]:
    """Return the columns' meaning in a file of payments whose total stands on each row beside the part applied.

    Raises
    ------
    ParameterError
        When the user said that the total is the amount.
    """
    number = next((roles[thing].column for thing in ("payment_id", "document_id") if thing in roles), "")
    columns = [one for one in money_columns(contents, roles) if one.name != number]
    if not number or len(columns) < 2:
        return roles
    told = {
        (whole.name, part.name): proof
        for whole, part in permutations(columns, 2)
        if (proof := _parts(contents[number], whole, part)) is not None
    }
    if not told:
        return by_header_applied(key, contents, roles, number, columns, notes)
    (whole, part), (exact, several) = _best(told, roles)
    for thing in ("amount", "paid_amount", "open_amount"):
        if _answered(roles, thing) and roles[thing].column == whole:
            raise ParameterError(
                "answer",
                f"another column, for {whole} is the total of a {number}, which stands on each of its rows: {part} "
                f"adds up to it. The amount of a row is {part}",
                f"{key}.{thing}={whole}",
            )
    gone = {whole, part} - {role.column for role in roles.values() if role.answered}
    kept = {thing: role for thing, role in roles.items() if role.column not in gone and thing != "paid_amount"}
    notes.sure.append(
        f"{key}: {part} is the part applied by each row and {whole} the total, on every row of a {number}: in "
        f"{exact:,} of {several:,} that have several rows the parts add up to it"
    )
    return kept | {"paid_amount": Role(part, 100.0), "receipt_total": Role(whole, 100.0)}


def _parts(number: Content, whole: Content, part: Content) -> tuple[int, int] | None:
    """Return of how many numbers with several rows the parts add up to the total, and of how many; None if they do not.

    Parts that add up to less leave cash on account, and speak against nothing.
    """
    rows = pl.DataFrame({"number": number.texts, "whole": whole.number, "part": part.number})
    each = (
        rows.filter(pl.col("number").is_not_null())
        .group_by("number")
        .agg(
            rows=pl.len(),
            totals=pl.col("whole").filter(pl.col("whole") != 0).n_unique(),
            whole=pl.col("whole").filter(pl.col("whole") != 0).first().fill_null(0.0),
            parts=pl.col("part").sum(),
            apart=(pl.col("whole") - pl.col("part").fill_null(0.0)).abs().max(),
        )
        .filter(pl.col("whole") != 0)
    )
    left = (pl.col("whole") - pl.col("parts")) * pl.col("whole").sign()
    one = pl.col("totals") == 1
    told = each.select(
        numbers=pl.len(),
        within=(one & (left > -CENT) & (left < pl.col("whole").abs() + CENT)).sum(),
        several=(one & (pl.col("rows") > 1) & (pl.col("apart") > CENT)).sum(),
        exact=(one & (pl.col("rows") > 1) & (pl.col("apart") > CENT) & (left.abs() < CENT)).sum(),
    ).row(0, named=True)
    if not told["exact"] or told["within"] < PROVED * told["numbers"] or 2 * told["exact"] < told["several"]:
        return None
    return told["exact"], told["several"]


def _best(
    told: Mapping[tuple[str, str], tuple[int, int]], roles: Mapping[str, Role]
) -> tuple[tuple[str, str], tuple[int, int]]:
    """Return the reading that most numbers bear out; of equal ones that whose part the user or a header names."""
    named: Iterable[str] = [role.column for thing, role in roles.items() if thing in ("amount", "paid_amount")]
    pair = max(told, key=lambda one: (told[one][0], one[1] in named))
    return pair, told[pair]
