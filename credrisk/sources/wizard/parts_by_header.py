"""Which column is what a payment applies and which its total, by the header, where no sum of several rows proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.words import marks, plain

__all__ = ["by_header_applied"]

_CENT = 0.005


def by_header_applied(
    key: str,
    contents: Mapping[str, Content],
    roles: dict[str, Role],
    number: str,
    columns: Sequence[Content],
    notes: Notes,
) -> dict[str, Role]:
    """Return the columns' meaning where a header says applied, and no row applies more than its amount and some less.

    Parameters
    ----------
    number
        The column of the payment's number.
    columns
        Those that may hold amounts.
    """
    parts = [one for one in columns if set(plain(one.name).split()) & marks("applied_words")]
    whole = roles.get("amount")
    if len(parts) != 1 or whole is None or "payment_id" not in roles or roles["payment_id"].column != number:
        return roles
    part, total = parts[0], contents[whole.column]
    if part.name == total.name or part.number is None or total.number is None or whole.answered:
        return roles
    rows = pl.DataFrame({"number": contents[number].texts, "whole": total.number, "part": part.number.fill_null(0.0)})
    each = (
        rows.filter(pl.col("number").is_not_null() & pl.col("whole").is_not_null())
        .group_by("number")
        .agg(totals=pl.col("whole").n_unique(), left=pl.col("whole").first() - pl.col("part").sum())
    )
    over = each.filter(pl.col("left") > _CENT)
    if over.is_empty() or not each.select(((pl.col("totals") == 1) & (pl.col("left") > -_CENT)).all()).item():
        return roles
    if any(role.answered and role.column == part.name for thing, role in roles.items() if thing != "paid_amount"):
        return roles
    kept = {thing: role for thing, role in roles.items() if role.column not in (part.name, total.name)}
    notes.unsure.append(
        f"{key}: {part.name} is taken for the part applied, by its header, and {total.name} for the total of a "
        f"{number}; none applies more, and {over.height:,} of {each.height:,} apply less"
    )
    paid = Role(part.name, 100.0, answered="paid_amount" in roles and roles["paid_amount"].answered)
    return {thing: role for thing, role in kept.items() if thing != "paid_amount"} | {
        "paid_amount": paid,
        "receipt_total": Role(total.name, 100.0),
    }
