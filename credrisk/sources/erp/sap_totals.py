"""The subtotals that a list of line items prints, held against the items above them: a line lost shows here."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from credrisk.ledger.findings import Finding
from credrisk.sources.erp.sap_ledger import MAJOR
from credrisk.sources.erp.sap_list import ListLine, SapList
from credrisk.sources.erp.sap_values import amounts_of

__all__ = ["subtotal_findings"]

LINES_SHOWN = 5


def subtotal_findings(found: SapList, columns: Mapping[str, int], *, file: str, decimal_mark: str) -> list[Finding]:
    """Return a warning where subtotals of the first level (one asterisk) differ from the items since the last ones.

    Where subtotals of several currencies stand together, each is held against the items of its own.

    Parameters
    ----------
    columns
        Places of ``milli`` (the amount) and ``currency`` in the list.
    """
    totals = [line for line in found.totals if _is_first_level(line)]
    lines = sorted([*totals, *found.items], key=lambda line: line.number)
    if not totals:
        return []
    numbers = {line.number for line in totals}
    texts = pl.DataFrame(
        {"milli": [line.cells[columns["milli"]] or None for line in lines]}, schema={"milli": pl.String}
    )
    amounts = amounts_of(texts, ["milli"], file=file, decimal_mark=decimal_mark)["milli"].to_list()
    coded = columns.get("currency")
    codes = ["" if coded is None else line.cells[coded] for line in lines]
    wrong: list[tuple[int, int, str]] = []
    block: list[int] = []
    totalled = False
    for place, line in enumerate(lines):
        if line.number not in numbers:
            block = [place] if totalled else [*block, place]
            totalled = False
            continue
        totalled = True
        above = sum(amounts[item] or 0 for item in block if codes[place] in ("", codes[item]))
        stated = amounts[place]
        if stated is not None and stated != above:
            wrong.append((line.number, stated - above, codes[place]))
    return [
        Finding(
            "warning",
            "documents",
            "subtotal_differs",
            f"subtotals of {file} differ from the items above them (lines "
            f"{', '.join(str(number) for number, _, code in wrong[:LINES_SHOWN])}).",
            len(own),
            money=sum(abs(money) for _, money, _ in own) / MAJOR,
            currency=currency,
            remedy="save the list again; lines may be missing.",
        )
        for currency in sorted({code for _, _, code in wrong})
        if (own := [one for one in wrong if one[2] == currency])
    ]


def _is_first_level(line: ListLine) -> bool:
    """Tell a subtotal of the items above it: one asterisk alone, or before what it is of (``* Account 1000123``)."""
    return any(re.match(r"\*(?!\*)", cell) for cell in line.cells)
