"""Lists of what was applied of payments and credit notes to invoices, told by their headers.

The number applied to and the amount say applied. A file with due dates, or with invoices among its types, is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.words import marks, meaning_of_type, plain

__all__ = ["lists_applications"]

_APPLIED = {"payment", "payment_reversal", "credit_note", "write_off", "discount", None}
"""What is applied, and types that nobody knows."""


def lists_applications(
    columns: Mapping[str, str], contents: Mapping[str, Content], amounts: Collection[str], meant: Mapping[str, str]
) -> bool:
    """Tell whether each row is what was applied of one document to another: two numbers and an applied amount.

    Parameters
    ----------
    columns
        The column of each thing that was found.
    amounts
        The columns that are taken for amounts.
    meant
        What the user said that types mean.
    """
    own = columns.get("payment_id") or columns.get("document_id")
    if own is None or "due_date" in columns:
        return False
    if "kind" in columns:
        values = [value for value, _ in contents[columns["kind"]].counts]
        kinds = {meant.get(value) or meaning_of_type(value) for value in values}
        if not kinds <= _APPLIED:
            return False
    words = {name: set(plain(name).split()) for name in contents}
    applied = [one for name, one in contents.items() if words[name] & marks("applied_words")]
    numbers = [
        one
        for one in applied
        if one.name != own
        and not words[one.name] & (marks("payments_file") | {"receipt"})  # of an invoice, by what it was paid
        and one.name not in amounts
        and one.tells_apart
        and one.kind != "date"
        and not one.has_decimals
    ]
    return bool(numbers) and any(one.name in amounts for one in applied)
