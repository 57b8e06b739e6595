"""One customer under several numbers: accounts with the same identifier, or the same name at the same place."""

from __future__ import annotations

from itertools import combinations, pairwise

import polars as pl
import pyarrow as pa

from credrisk.engines.components import smallest_linked
from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.portfolio.keys import parents_on
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed
from credrisk.sources.matching.addresses import same_city, same_postcode, same_street
from credrisk.sources.matching.normal_names import spellings

__all__ = ["split_account_findings", "split_accounts"]

IDENTIFIERS = {
    "vat_id": "VAT number",
    "lei": "LEI",
    "company_number": "company number",
    "duns": "D-U-N-S",
    "cik": "CIK",
}
MOST_ALIKE = 50
"""A name on more accounts than this (Cash sale, Walk-in customer) is no company."""


def split_accounts(day: Day) -> pl.DataFrame:
    """Return the accounts that may be one customer.

    Returns
    -------
    polars.DataFrame
        ``candidate`` (the smallest account number of the set), ``customer_id, name, country, city, why`` (what the
        accounts of the set share), ``surely`` (an identifier is shared), ``related`` (they already have one parent, or
        one is parent or payer of the other), ``currency, net_balance`` (float64 major units; a row per currency, null
        without balance). Sorted by set and account.

    Notes
    -----
    Names are compared without legal form, accents and punctuation (:func:`spellings` of the matching); a name counts
    with the same postcode, city or street, and with nothing that contradicts. Different company numbers or LEIs tell
    two companies apart. A VAT number may be that of a VAT group.
    """
    seen = day.seen
    customers = seen.table("customers")
    pairs: dict[tuple[str, str], set[str]] = {}
    for column, words in IDENTIFIERS.items():
        _pairs_by_identifier(customers, column, words, pairs)
    sure = set(pairs)
    _pairs_by_name(customers, pairs)
    schema: dict[str, type[pl.DataType]] = {
        **dict.fromkeys(("candidate", "customer_id", "name", "country", "city", "why"), pl.String),
        "surely": pl.Boolean,
        "related": pl.Boolean,
        "currency": pl.String,
        "net_balance": pl.Float64,
    }
    if not pairs:
        return pl.DataFrame(schema=schema)
    left, right = zip(*pairs, strict=True)
    linked = pl.DataFrame(pl.from_arrow(smallest_linked(pa.table({"a": pa.array(left), "b": pa.array(right)}))))
    sets = linked.rename({"name": "customer_id", "smallest": "candidate"})
    reasons = pl.DataFrame(
        [(one, ", ".join(sorted(why)), pair in sure) for pair, why in pairs.items() for one in pair],
        schema={"customer_id": pl.String, "why": pl.String, "sure": pl.Boolean},
        orient="row",
    ).join(sets, on="customer_id")
    said = reasons.group_by("candidate").agg(
        why=pl.col("why").unique().sort().str.join("; "), surely=pl.col("sure").any()
    )
    return (
        sets.join(said, on="candidate")
        .join(_related(seen, sets), on="candidate", how="left")
        .join(customers.select("customer_id", "name", "country", "city"), on="customer_id")
        .join(day.balances.select("customer_id", "currency", "net_balance"), on="customer_id", how="left")
        .with_columns(major_units("net_balance", "currency"))
        .select(*schema)
        .sort("candidate", "customer_id", "currency")
    )


def split_account_findings(day: Day, table: pl.DataFrame) -> list[Noticed]:
    """Return the accounts of :func:`split_accounts` as findings: identifiers shared, names and places shared."""
    balances = day.balances.select("customer_id", "currency", amount="net_balance")
    found = []
    for surely, related, severity, code, message in (
        (True, False, "warning", "one_customer_several_accounts", "accounts share an identifier and are not linked"),
        (False, False, "warning", "perhaps_one_customer", "accounts share their name and place and are not linked"),
        (None, True, "note", "accounts_linked_already", "accounts share an identifier or their name, and are linked"),
    ):
        chosen = table.filter(pl.col("related") == related)
        chosen = chosen if surely is None else chosen.filter(pl.col("surely") == surely)
        if chosen.is_empty():
            continue
        sets = chosen["candidate"].n_unique()
        accounts = chosen.unique("customer_id")
        rows = accounts.select("customer_id", pl.concat_str("candidate", pl.lit(": "), "why").alias("note")).join(
            balances, on="customer_id", how="left"
        )
        shaped = rows.select(
            pl.col("customer_id").alias("id"),
            "customer_id",
            pl.lit(None, pl.Date).alias("date"),
            "amount",
            "currency",
            "note",
        )
        said = f"{message}: {accounts.height} accounts of {sets} possible {'customer' if sets == 1 else 'customers'}."
        finding = Finding(
            severity,  # type: ignore[arg-type]
            "customers",
            code,
            said,
            accounts.height,
            few(accounts["customer_id"]),
            remedy=""
            if related
            else "make one the parent or payer of the others in the ERP (or merge them): limit, age and probability "
            "are of the customer, not of its numbers. A VAT number may be that of a VAT group.",
        )
        found.append(Noticed(finding, shaped.select(*ROWS).sort("note", "id")))
    return found


def _pairs_by_identifier(
    customers: pl.DataFrame, column: str, words: str, pairs: dict[tuple[str, str], set[str]]
) -> None:
    bare = pl.col(column).str.to_uppercase().str.replace_all(r"[^\p{L}\p{N}]", "")
    place = pl.col("country").fill_null("") if column == "company_number" else pl.lit("")
    named = customers.select("customer_id", bare=bare, place=place).filter(
        pl.col("bare").str.len_chars() > 3, ~pl.col("bare").str.contains(r"^0+$|^9+$|^X+$")
    )
    groups = (
        named.group_by("bare", "place").agg(pl.col("customer_id").sort()).filter(pl.col("customer_id").list.len() > 1)
    )
    for ids in groups["customer_id"].to_list():
        for one, other in pairwise(ids):
            pairs.setdefault((one, other), set()).add(f"same {words}")


def _pairs_by_name(customers: pl.DataFrame, pairs: dict[tuple[str, str], set[str]]) -> None:
    rows = customers.filter(pl.col("name").is_not_null()).select(
        "customer_id", "name", "country", "postcode", "city", "street", "company_number", "lei"
    )
    by_name: dict[tuple[str, ...], dict[str, dict[str, str | None]]] = {}
    for row in rows.iter_rows(named=True):
        for way in spellings(row["name"]):
            if way.words:
                by_name.setdefault(way.words, {})[row["customer_id"]] = row
    for accounts in by_name.values():
        if not 1 < len(accounts) <= MOST_ALIKE:
            continue
        for one, other in combinations(sorted(accounts), 2):
            if shared := _same_place(accounts[one], accounts[other]):
                pairs.setdefault((one, other), set()).add(f"same name and {shared}")


def _same_place(one: dict[str, str | None], other: dict[str, str | None]) -> str:
    """Say what of the address two accounts share; empty where nothing is, or something tells them apart."""
    if any(one[k] and other[k] and one[k] != other[k] for k in ("country", "company_number", "lei")):
        return ""
    compared = {
        "postcode": same_postcode(one["postcode"], other["postcode"]),
        "city": same_city(one["city"], other["city"]),
        "street": same_street(one["street"], other["street"]),
    }
    if min(compared.values()) < 0:
        return ""
    return " and ".join(name for name, verdict in compared.items() if verdict > 0)


def _related(seen: Ledger, sets: pl.DataFrame) -> pl.DataFrame:
    """Tell of each set whether all its accounts are linked: one payer, one root of the parents."""
    payers = seen.table("customers").select("customer_id", "payer_id")
    links = (
        sets.join(parents_on(seen), on="customer_id", how="left")
        .join(payers, on="customer_id", how="left")
        .with_columns(head=pl.coalesce("parent", "payer_id", "customer_id"))
    )
    return links.group_by("candidate").agg(related=pl.col("head").n_unique() == 1)
