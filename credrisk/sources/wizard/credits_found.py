"""Which open credit note closed an invoice, where the text beside the invoice names it or the amounts are the same.

No column holds its number, so what is found is written into the mapping invoice by invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from credrisk.sources.mapping_rules import fields_of
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["credits_found", "credits_used", "set_off_tables"]

_WORD = r"[\pL\d][\pL\d/_.-]*[\pL\d]"
_DENIED = (
    r"(?i)\b(?:not|never|without|disput\w*|quer\w*|await\w*|pending|nicht|ohne|kein\w*|strittig|pas|sans|litige|senza"
    r"|zonder|niet)\b"
)
"""Words by which a text may name a credit note that takes nothing off."""
_SHAPE = pl.Schema({"row": pl.Int64(), "credit": pl.Int64(), "amount": pl.Float64()})


def credits_used(understood: Understood, made: Sequence[TableProposal]) -> pl.Series:
    """Tell which rows are credit notes that something sets off already, or that were paid out."""
    settled = understood.content("settled_on")
    used = pl.Series([False] * understood.own.len()) if settled is None else settled.texts.is_not_null()
    for one in made:
        if one.columns.get("kind") == {"constant": "credit_note"}:
            used = used | understood.where(one.where)
    return used


def credits_found(
    understood: Understood, rows: pl.Series, left: pl.Series, used: pl.Series, *, by_amount: bool = False
) -> pl.DataFrame:
    """Return ``row, credit, amount``: invoices by their place, the credit note of each, and what it takes off.

    A credit note closes one invoice of its customer: that whose text alone names it, or with ``by_amount`` one of which
    just its amount is left, the oldest first. Together they take off no more than is left.

    Parameters
    ----------
    rows
        The invoices.
    left
        What is left open of each row.
    used
        The credit notes that are used up.
    """
    signed, number = signed_numbers(understood), understood.content("document_id")
    owner = understood.content("customer_id") or understood.content("name")
    if signed is None or number is None or owner is None:
        return pl.DataFrame(schema=_SHAPE)
    frame = pl.DataFrame(
        {
            "row": pl.int_range(rows.len(), eager=True),
            "number": id_texts(number),
            "owner": owner.texts,
            "worth": -signed,
            "left": left,
            "day": understood.days("document_date") if understood.has("document_date") else None,
        }
    )
    credited = frame.filter(understood.own & (signed < 0).fill_null(False) & ~used).drop_nulls(["number", "owner"])
    credited = credited.select("number", "owner", "worth", "day", credit="row")
    mine = frame.filter(rows).select("row", "owner", "left", "day", "number")
    if by_amount:
        nth = [
            one.sort("day", "number")
            .with_columns(cents=(pl.col(name) * 100).round().cast(pl.Int64))
            .with_columns(nth=pl.int_range(pl.len()).over("owner", "cents"))
            for one, name in ((credited, "worth"), (mine, "left"))
        ]
        found = nth[1].join(nth[0].drop("number", "day"), on=["owner", "cents", "nth"])
    else:
        texts = [one.texts.alias(one.name) for one in understood.of_kind("text")]
        if not texts or credited.is_empty():
            return pl.DataFrame(schema=_SHAPE)
        said = frame.select("row", "owner", "left").with_columns(texts).filter(rows)
        words = said.unpivot(index=["row", "owner", "left"], value_name="text").with_columns(
            number=pl.when(~pl.col("text").str.contains(_DENIED)).then(pl.col("text")).str.extract_all(_WORD)
        )
        credited = credited.filter(pl.col("number").str.contains(r"\d"), pl.len().over("number", "owner") == 1)
        found = words.explode("number").join(credited, on=["number", "owner"]).unique(["row", "credit"])
        found = found.filter(pl.len().over("credit") == 1)
    found = found.sort("row", "credit")
    before = pl.col("worth").cum_sum().over("row") - pl.col("worth")
    room = (pl.col("left") - before).round(2)
    taken = found.select("row", "credit", amount=pl.min_horizontal("worth", room)).filter(pl.col("amount") > 0)
    return taken.cast(_SHAPE)


def set_off_tables(
    understood: Understood, documents: TableProposal, pairs: pl.DataFrame, notes: Notes, *, how: str
) -> list[TableProposal]:
    """Return how the credit notes found close their invoices, on the later of the two dates; and say how many, and why.

    An invoice with several credit notes stands in several tables.
    """
    number = understood.contents[understood.column("document_id")]
    if pairs.is_empty() or not understood.has("document_date"):
        return []
    days, texts = understood.days("document_date"), id_texts(number)
    mark = understood.writing.decimal or "."
    ids = _ids(understood, documents.columns["document_id"])
    listed = pairs.with_columns(
        invoice=texts.gather(pairs["row"]),
        number=ids.gather(pairs["credit"]),
        day=pl.max_horizontal(days.gather(pairs["row"]), days.gather(pairs["credit"])),
        nth=pl.int_range(pl.len()).over("row"),
    ).drop_nulls()
    rule = documents.columns["document_id"]
    read = dict(rule) if isinstance(rule, Mapping) and "column" in rule else {"column": number.name}
    tables = list[TableProposal]()
    for nth in listed["nth"].unique().sort():
        part = listed.filter(pl.col("nth") == nth).unique("invoice", keep="none").sort("row")
        named = part["invoice"].to_list()
        amounts = [f"{amount:.2f}".replace(".", mark) for amount in part["amount"]]
        columns: dict[str, Any] = {
            "from_id": {**read, "values": dict(zip(named, part["number"], strict=True))},
            "to_document_id": rule,
            "applied_on": {"column": number.name, "values": dict(zip(named, map(str, part["day"]), strict=True))},
            "amount": {"column": number.name, "values": dict(zip(named, amounts, strict=True))},
            "kind": {"constant": "credit_note"},
        }
        where = (*understood.void_tests, {"column": number.name, "equals": named})
        tables.append(TableProposal("applications", understood.key, columns, where))
    notes.unsure.append(
        f"{understood.key}: {counted(pairs.height, 'credit note')}, {pairs['amount'].sum():,.2f} in all, set off "
        f"against their invoice {how}. If they are not: take their table of applications out of the mapping"
    )
    return tables


def _ids(understood: Understood, rule: Any) -> pl.Series:
    """Return the numbers of the documents as the mapping makes them."""
    template = rule.get("template") if isinstance(rule, Mapping) else None
    if template is None:
        return id_texts(understood.contents[understood.column("document_id")])
    fields = fields_of(template)
    bare = template
    for name in fields:
        bare = bare.replace(f"{{{name}}}", "{}")
    return pl.select(pl.format(bare, *(understood.contents[name].texts for name in fields))).to_series()
