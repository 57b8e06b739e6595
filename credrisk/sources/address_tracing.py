"""Where a customer is to be found: the master data against the register's address, names and status.

A letter to an old office, an invoice to a company under its former name, a debt of one that is dissolved: the register
tells, for customers whose id is known. Two addresses with one postcode are taken for the same; where the register or
the master says too little to compare, there is no finding. Numbers of digits alone look alike in several registers, so
with another country in the master they are not taken for the same company.
"""

from __future__ import annotations

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.matching.legal_forms import SHORT
from credrisk.sources.matching.register import REGISTER

__all__ = ["ADDRESS_FINDINGS", "address_findings"]

ADDRESS_FINDINGS: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "kind": pl.String(),
    "register": pl.String(),
    "entity": pl.String(),
    "in_master": pl.String(),
    "in_register": pl.String(),
    "reason": pl.String(),
    "open_balance": pl.Float64(),
}
"""Columns of the findings; ``open_balance`` is that of the customer, where it was given."""

KINDS = (
    "closed_but_open_balance",
    "dissolved",
    "in_liquidation",
    "in_proceedings",
    "possible_successor",
    "renamed",
    "address_differs",
)
"""Kinds of findings, the most pressing first."""

ENDED = r"dissol|closed|removed|inactive|struck"
PROCEEDINGS = r"administrat|receiver|insolvency|arrangement|bankrupt"

MATCHED = "confidence_company_number"
"""Filled by matching, which looked at more than the number."""

MASTER = ("name", "street", "postcode", "city", "country")
WORDS = {
    "public limited company": "plc",
    **SHORT,
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "lane": "ln",
    "saint": "st",
}


def address_findings(customers: pl.DataFrame, register_rows: pl.DataFrame) -> pl.DataFrame:
    """Compare customers with what registers say of them.

    Parameters
    ----------
    customers
        Rows with ``customer_id`` and the id columns that the register rows name (``company_number``, ``lei``, ...);
        ``name``, ``street``, ``postcode``, ``city``, ``country`` and ``open_balance`` (what is owed today, in major
        units) are compared where they are there.
    register_rows
        The ``register`` frame: rows of the customers' own entities, and of others that may have succeeded them.

    Returns
    -------
    polars.DataFrame
        The columns of :data:`ADDRESS_FINDINGS`, sorted by customer, the most pressing kind first. ``dissolved`` also
        stands for closed and removed; ``in_liquidation`` may be a solvent one; ``renamed`` means that the master holds
        a former name; ``possible_successor`` that another, live company bears the name of one that has ended.

    Raises
    ------
    ParameterError
        When a column is missing.
    """
    if "customer_id" not in customers.columns:
        raise ParameterError("customers", "a frame with the column customer_id", customers.columns)
    if missing := [column for column in REGISTER if column not in register_rows.columns]:
        raise ParameterError("register_rows", f"with the columns of the register frame; missing {missing}", missing)
    rows = register_rows.select(
        *(pl.col(column).cast(kind) for column, kind in REGISTER.items()), plain=_plain(pl.col("name").cast(pl.String))
    ).with_columns(ended=_status(ENDED))
    own = _own(
        customers, rows.filter(name_kind="legal").unique(["register", "entity"], keep="last", maintain_order=True)
    )
    ended, proceedings, liquidation = _status(ENDED), _status(PROCEEDINGS), _status("liquidat")
    where = "the register says " + pl.col("status")
    closed = ended | liquidation
    found = [
        _finding(own.filter(ended), "dissolved", pl.lit(None), pl.col("status"), where),
        _finding(own.filter(~ended & liquidation), "in_liquidation", pl.lit(None), pl.col("status"), where),
        _finding(own.filter(~closed & proceedings), "in_proceedings", pl.lit(None), pl.col("status"), where),
        _finding(
            own.filter(closed & (pl.col("open_balance") > 0)),
            "closed_but_open_balance",
            pl.lit(None),
            pl.col("status"),
            where + ", and there is an open balance",
        ),
        _renamed(own, rows),
        _successors(own, rows),
        _moved(own),
    ]
    order = pl.col("kind").replace_strict(list(KINDS), list(range(len(KINDS))), return_dtype=pl.Int32)
    return pl.concat(found).unique(maintain_order=True).sort("customer_id", order, "register", "entity", "in_register")


def _own(customers: pl.DataFrame, legal: pl.DataFrame) -> pl.DataFrame:
    """The customers with the register rows of their ids; the master's columns with ``_master`` where they compare."""
    nothing = pl.lit(None, pl.String)
    master = customers.select(
        pl.col("customer_id").cast(pl.String),
        *(
            (pl.col(column).cast(pl.String) if column in customers.columns else nothing).alias(f"{column}_master")
            for column in MASTER
        ),
        (
            pl.col("open_balance").cast(pl.Float64) if "open_balance" in customers.columns else pl.lit(None, pl.Float64)
        ).alias("open_balance"),
        (pl.col(MATCHED).is_not_null() if MATCHED in customers.columns else pl.lit(False)).alias("matched"),
        *(
            _id(pl.col(column).cast(pl.String)).alias(f"given_{column}")
            for column in legal["id_column"].unique().drop_nulls().sort()
            if column in customers.columns
        ),
    )
    joined = [
        master.join(
            legal.filter(id_column=column.removeprefix("given_")).with_columns(key=_id(pl.col("entity"))),
            left_on=column,
            right_on="key",
        ).select(pl.exclude(r"^given_.*$"))
        for column in master.columns
        if column.startswith("given_")
    ]
    empty = master.select(pl.exclude(r"^given_.*$")).clear().join(legal.clear(), how="cross")
    together = pl.concat([empty, *joined], how="diagonal").with_columns(plain_master=_plain(pl.col("name_master")))
    abroad = _abroad() & (pl.col("id_column") == "company_number") & pl.col("entity").str.contains(r"^\d+$")
    return together.filter(pl.col("matched") | ~abroad.fill_null(False)).drop("id_column")


def _renamed(own: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    former = rows.filter(name_kind="former").select("register", "entity", plain_former="plain", until="valid_to")
    met = own.filter(pl.col("plain_master") != pl.col("plain")).join(
        former, left_on=["register", "entity", "plain_master"], right_on=["register", "entity", "plain_former"]
    )
    until = pl.col("until").dt.to_string("%Y-%m-%d")
    reason = pl.lit("the master holds a former name") + pl.coalesce(" (used until " + until + ")", pl.lit(""))
    return _finding(met, "renamed", pl.col("name_master"), pl.col("name"), reason)


def _successors(own: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Live companies with the name of one that has ended, whoever bore it first."""
    live = rows.filter(~pl.col("ended")).select(
        "plain", successor="entity", successor_register="register", successor_name="name"
    )
    names = pl.concat(
        [
            own.filter(pl.col("ended")).with_columns(sought=pl.col(column)).drop_nulls("sought")
            for column in ("plain_master", "plain")
        ]
    )
    itself = own.select("customer_id", successor_register="register", successor="entity")
    met = names.join(live, left_on="sought", right_on="plain").join(
        itself, on=["customer_id", "successor_register", "successor"], how="anti"
    )
    told = met.with_columns(entity=pl.col("successor"), register=pl.col("successor_register"))
    reason = pl.lit("a live company of this name; the customer's own has ended. Look whether it took over the debts.")
    return _finding(told, "possible_successor", pl.col("name_master"), pl.col("successor_name"), reason)


def _moved(own: pl.DataFrame) -> pl.DataFrame:
    code, code_master = (_postcode(pl.col(column)) for column in ("postcode", "postcode_master"))
    street, street_master = (_plain(pl.col(column)) for column in ("street", "street_master"))
    city, city_master = (_plain(pl.col(column)) for column in ("city", "city_master"))
    differs = (
        pl.when(_abroad())
        .then(True)
        .when(code.is_not_null() & code_master.is_not_null())
        .then(code != code_master)
        .when(street == street_master)
        .then(False)
        .when(city.is_not_null() & city_master.is_not_null())
        .then(pl.when(city != city_master).then(True))
    )
    shown = {
        suffix: pl.concat_str(
            *(pl.col(f"{part}{suffix}") for part in ("street", "city", "postcode")), separator=", ", ignore_nulls=True
        )
        for suffix in ("", "_master")
    }
    reason = pl.lit("the registered office is elsewhere; it may still not be where they trade")
    return _finding(own.filter(differs), "address_differs", shown["_master"], shown[""], reason)


def _finding(rows: pl.DataFrame, kind: str, in_master: pl.Expr, in_register: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "customer_id",
        kind=pl.lit(kind),
        register="register",
        entity="entity",
        in_master=in_master.cast(pl.String),
        in_register=in_register.cast(pl.String),
        reason=reason,
        open_balance="open_balance",
    )


def _abroad() -> pl.Expr:
    """Whether the master and the register name different countries; null where one names none."""
    return pl.col("country") != pl.col("country_master").str.to_uppercase()


def _status(pattern: str) -> pl.Expr:
    return pl.col("status").str.to_lowercase().str.contains(pattern).fill_null(False)


def _id(column: pl.Expr) -> pl.Expr:
    """Ids without blanks and leading zeros, which masters lose."""
    plain = column.str.to_uppercase().str.replace_all(r"\s", "").str.strip_chars_start("0")
    return pl.when(plain != "").then(plain)


def _postcode(column: pl.Expr) -> pl.Expr:
    plain = column.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return pl.when(plain != "").then(plain)


def _plain(column: pl.Expr) -> pl.Expr:
    """Names and streets as they compare: one case, no punctuation, usual words short."""
    plain = column.str.normalize("NFKC").str.to_lowercase().str.replace_all("&", " and ", literal=True)
    plain = plain.str.replace_all(r"[^\p{L}\p{N}\s]", "").str.replace_all(r"\s+", " ").str.strip_chars()
    for long, short in WORDS.items():
        plain = plain.str.replace_all(rf"\b{long}\b", short)
    return pl.when(plain != "").then(plain)
