"""A scorecard as SQL or as a Python function, so that it can score where credrisk is not installed.

Both give the same points as :meth:`Scorecard.points <credrisk.models.scorecard.Scorecard.points>`, row by row. A
missing value is NULL in SQL (store no NaN there) and ``None`` or NaN in Python. Numbers are written so that they read
back to the last bit, names and texts so that nothing in them is run.
"""

from __future__ import annotations

from collections.abc import Callable

from credrisk.errors import ParameterError
from credrisk.models.binning import Bins
from credrisk.models.points_card import PointsCard

__all__ = ["python_text", "sql_text"]


def sql_text(card: PointsCard, table: str, *, probability: str) -> str:
    """Return a SELECT of every column of ``table``, the points, ``score`` and the probability.

    Parameters
    ----------
    table
        Name of the table or view, with its schema before a point where need be; quoted here.
    probability
        Name of the column of the probability.

    Notes
    -----
    Standard SQL (CASE, CAST, EXP; delimited identifiers, approximate numbers such as 1.5E0). The table must not hold
    columns of the names added.
    """
    names = table.split(".")
    if not all(name.strip() for name in names):
        raise ParameterError("table", "the name of a table, with its schema before a point where need be", table)
    source = ".".join(_quoted(name) for name in names)
    terms = ['scored."points_base"', *(f"scored.{_quoted(f'points_{bins.variable}')}" for bins in card.variables)]
    cases = [
        f"        {_case(bins, points)} AS {_quoted(f'points_{bins.variable}')}"
        for bins, points in zip(card.variables, card.points, strict=True)
    ]
    columns = ",\n".join([f'        {_number(card.base)} AS "points_base"', *cases])
    odds = f'EXP((total."score" - {_number(card.scale.offset)}) / {_number(card.scale.factor)})'
    return (
        f"-- Scorecard: the points of the bins sum to the score; more is better. An upper bound belongs to its bin.\n"
        f"SELECT\n    total.*,\n    1E0 / (1E0 + {odds}) AS {_quoted(probability)}\nFROM (\n"
        f'  SELECT\n    scored.*,\n    {" + ".join(terms)} AS "score"\n  FROM (\n'
        f"    SELECT\n        source.*,\n{columns}\n    FROM {source} AS source\n  ) AS scored\n) AS total\n"
    )


def python_text(card: PointsCard, *, probability: str) -> str:
    """Return the text of a module with one function, ``score(row)``, that imports nothing but ``math``."""
    lines = [
        '"""A scorecard: the points of the bins sum to the score; more is better. Needs nothing but this file."""',
        "",
        "import math",
        "",
        "",
        "def score(row):",
        '    """Return points, score and probability of a row given as a dict; None or NaN is not measured."""',
        f"    points = {{'points_base': {card.base!r}}}",
    ]
    for bins, worth in zip(card.variables, card.points, strict=True):
        lines.append(f"    value = row[{bins.variable!r}]")
        first = "if"
        for condition, place in _conditions(bins, _python_literal):
            lines.append(f"    {first} {condition.format(value='value')}:")
            lines.append(f"        given = {worth[place]!r}")
            first = "elif"
        lines += ["    else:", f"        given = {worth[_else_place(bins)]!r}"]
        lines.append(f"    points[{f'points_{bins.variable}'!r}] = given")
    lines += [
        "    total = 0.0",
        "    for given in points.values():",
        "        total += given",
        f"    log_odds = (total - {card.scale.offset!r}) / {card.scale.factor!r}",
        "    chance = 1.0 / (1.0 + math.exp(min(max(log_odds, -500.0), 500.0)))",
        f"    return {{**points, 'score': total, {probability!r}: chance}}",
        "",
    ]
    return "\n".join(lines)


def _case(bins: Bins, points: tuple[float, ...]) -> str:
    name = f"source.{_quoted(bins.variable)}"
    value = name if bins.levels is not None else f"CAST({name} AS DOUBLE PRECISION)"
    missing = f"WHEN {name} IS NULL THEN {_number(points[len(bins) - 1])}"
    rest = [f"WHEN {value} {condition} THEN {_number(points[place])}" for condition, place in _sql_conditions(bins)]
    return " ".join(["CASE", missing, *rest, f"ELSE {_number(points[_else_place(bins)])} END"])


def _sql_conditions(bins: Bins) -> list[tuple[str, int]]:
    if bins.levels is not None:
        return [(f"IN ({', '.join(map(_text, group))})", place) for place, group in enumerate(bins.levels)]
    special = [(f"= {_number(code)}", len(bins.cuts) + 1 + place) for place, code in enumerate(bins.specials)]
    return special + [(f"<= {_number(cut)}", place) for place, cut in enumerate(bins.cuts)]


def _conditions(bins: Bins, literal: Callable[[object], str]) -> list[tuple[str, int]]:
    """Return the Python conditions in the order in which they are asked, and the bin of each."""
    missing = ("{value} is None or {value} != {value}", len(bins) - 1)
    if bins.levels is not None:
        return [missing, *((f"{{value}} in {literal(group)}", place) for place, group in enumerate(bins.levels))]
    special = [(f"{{value}} == {literal(code)}", len(bins.cuts) + 1 + i) for i, code in enumerate(bins.specials)]
    return [missing, *special, *((f"{{value}} <= {literal(cut)}", place) for place, cut in enumerate(bins.cuts))]


def _else_place(bins: Bins) -> int:
    """Return the bin that takes what no condition took: above the last cut, or any other level."""
    return len(bins.cuts) if bins.levels is None else len(bins.levels)


def _python_literal(value: object) -> str:
    return repr(value).replace("{", "{{").replace("}", "}}")


def _number(value: float) -> str:
    """Write a number as an approximate one, which no database reads as a rounded decimal."""
    text = repr(float(value))
    return text.upper() if "e" in text else f"{text}E0"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
