"""Ledgers as the Spark engine reads them, and ledgers put together from several that know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.store import SETTINGS_FILE, settings_text
from credrisk.ledger.tables import TABLES


def store(ledger: Ledger, folder: Path) -> str:
    """Write the canonical tables as Parquet, documents as a folder of two parts, and the settings beside them."""
    folder.mkdir(parents=True)
    for name, frame in ledger.tables.items():
        if name == "documents":
            parts = folder / name
            parts.mkdir()
            for number, part in enumerate((frame[: frame.height // 2], frame[frame.height // 2 :])):
                part.write_parquet(parts / f"part-{number}.parquet")
        else:
            frame.write_parquet(folder / f"{name}.parquet")
    (folder / SETTINGS_FILE).write_text(settings_text(ledger.settings), encoding="utf-8")
    return str(folder)


def with_newcomers(ledger: Ledger) -> Ledger:
    """Return the ledger with orders of two customers, first and last by name, that stand in no other table."""
    orders = ledger.table("orders")
    fresh = [
        orders[number :: len(orders) // 3].with_columns(
            order_id=pl.concat_str(pl.lit(name), "order_id"), customer_id=pl.lit(name)
        )
        for number, name in enumerate(("A-new", "z-new"))
    ]
    return ledger.replace(tables={**ledger.tables, "orders": pl.concat([orders, *fresh])})


def side_by_side(ledgers: list[Ledger]) -> Ledger:
    """Return one ledger of several with the same settings; a letter before every id keeps them apart."""
    tables = {}
    for name in ledgers[0].tables:
        table, frames = TABLES[name], []
        for number, ledger in enumerate(ledgers):
            frame, letter = ledger.table(name), pl.lit(chr(ord("a") + number))
            ids = [(letter + pl.col(column.name)).alias(column.name) for column in table.columns if column.kind == "id"]
            if name == "customer_history":
                parent = pl.col("attribute") == "parent_id"
                ids.append(pl.when(parent).then(letter + pl.col("value")).otherwise("value").alias("value"))
            frames.append(frame.with_columns(ids))
        whole = pl.concat(frames) if name != "rates" else ledgers[0].table(name)
        tables[name] = whole.sort(table.key, nulls_last=False)
    return Ledger(tables, ledgers[0].settings)


def renamed(ledger: Ledger, naming: Callable[[str], str]) -> Ledger:
    """Return the ledger with every id of a customer, document and receipt named anew, wherever it stands."""
    owned = {"documents": ["document_id"], "receipts": ["receipt_id"]}
    owned |= {name: ["customer_id", *owned.get(name, [])] for name in TABLES if "customer_id" in TABLES[name].names}
    ids = pl.concat([ledger.table(name)[key] for name, keys in owned.items() for key in keys]).to_list()
    ids += ledger.table("customer_history").filter(pl.col("attribute") == "parent_id")["value"].to_list()
    names = {one: naming(one) for one in ids if one is not None}
    tables = {}
    for name, frame in ledger.tables.items():
        columns = [column.name for column in TABLES[name].columns if column.kind == "id"]
        columns += ["value"] if name in ("customer_history", "document_changes") else []
        changed = frame.with_columns(pl.col(column).replace(names) for column in columns)
        tables[name] = changed.sort(TABLES[name].key, nulls_last=False)
    return Ledger(tables, ledger.settings)
