"""A general ledger with all accounts (a French FEC): only rows of receivables accounts are of customers.

The customer is then empty in the rows of revenue, tax and bank. These are told by their account and left out; that a
customer stands there too (a supplier has one in 401) makes no account one of receivables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import Content, contents_of
from credrisk.sources.wizard.ledger_accounts import says_receivables
from credrisk.sources.wizard.proposal import Notes, Question, TableProposal
from credrisk.sources.wizard.roles import MONEY, Role
from credrisk.sources.wizard.source_table import SourceTable
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["OTHER_ACCOUNTS", "RECEIVABLES", "amounts_of_all", "in_accounts", "other_rows", "receivables_accounts"]

RECEIVABLES = "receivables_accounts"
"""What the user answers where accounts are: ``FILE.receivables_accounts=411000, 416000``; empty: every row counts."""
OTHER_ACCOUNTS = "other accounts of the general ledger"
"""What the rows are called that are of no receivables account."""
_CODE = r"^\d{3,10}$"
_MOST_ACCOUNTS = 500
_ROWS_EACH = 2
_NEARLY = 0.95
_OF_CUSTOMERS = ("411", "413", "416")
"""Accounts of customers, their bills of exchange and doubtful ones, in the French chart of accounts."""
_SHOWN = 6


def receivables_accounts(
    table: SourceTable,
    contents: Mapping[str, Content],
    roles: Mapping[str, Role],
    answers: Mapping[str, str],
    notes: Notes,
) -> dict[str, tuple[str, ...]]:
    """Return the column of accounts and those of receivables; empty where the file has no rows of other accounts.

    Raises
    ------
    ParameterError
        When the user named an account that is not there, or the file has no column of accounts.
    """
    said = answers.get(f"{table.key}.{RECEIVABLES}")
    if said == "":
        return {}
    found = _accounts(contents, roles)
    if found is None:
        if said is not None:
            rule = f"about a file in which only some accounts have a customer, and {table.key} is none"
            raise ParameterError("answer", rule, f"{table.key}.{RECEIVABLES}={said}")
        return {}
    accounts, customer = found
    codes = accounts.texts.drop_nulls().unique().sort().to_list()
    owned = [code for code in codes if _share(accounts, customer, code) >= _NEARLY]
    labels = _labels(contents, accounts, codes)
    known = [one for one in owned if one.startswith(_OF_CUSTOMERS) or says_receivables(labels.get(one, one))]
    kept = known or owned
    if said is not None:
        kept = sorted({one.strip() for one in said.split(",")})
        if strange := [one for one in kept if one not in codes]:
            raise ParameterError("answer", f"accounts of {accounts.name} ({', '.join(codes)})", ", ".join(strange))
    elif not known and len(owned) > 1:
        choices = tuple((one, labels.get(one, "") or "a customer stands in each row") for one in owned)
        words = f"Which accounts of {accounts.name} in {table.key} are receivables? The others are left out."
        notes.questions.append(Question(f"{table.key}.{RECEIVABLES}", words, "", choices))
    _say(table.key, contents, roles, accounts, kept, labels, notes)
    return {accounts.name: tuple(kept)}


def other_rows(table: SourceTable, accounts: Mapping[str, tuple[str, ...]]) -> pl.Series:
    """Tell the rows of a table that are of other accounts."""
    others = pl.Series([False] * table.frame.height)
    for name, kept in accounts.items():
        texts = _texts(table, name)
        others = others | (texts.is_not_null() & ~texts.is_in(kept).fill_null(False))
    return others


def in_accounts(tables: Sequence[TableProposal], files: Sequence[Understood]) -> list[TableProposal]:
    """Return the tables with the condition that leaves the rows of other accounts out."""
    tests = {
        one.key: tuple({"column": name, "equals": list(kept)} for name, kept in one.accounts.items()) for one in files
    }
    return [replace(one, where=(*tests[one.file], *one.where)) if tests.get(one.file) else one for one in tables]


def amounts_of_all(understood: Understood, name: str) -> pl.Series | None:
    """Return the numbers of a column, those of other accounts too, which are no rows of the ledger."""
    own = understood.contents[name].number
    if own is None or not understood.accounts:
        return own
    others = other_rows(understood.table, understood.accounts)
    theirs = contents_of(understood.table.frame.select(name), ~others, {})[name].number
    return own if theirs is None else pl.select(pl.when(others).then(theirs).otherwise(own)).to_series()


def _texts(table: SourceTable, name: str) -> pl.Series:
    nothing = pl.Series([False] * table.frame.height)
    return contents_of(table.frame.select(name), nothing, {})[name].texts


def _accounts(contents: Mapping[str, Content], roles: Mapping[str, Role]) -> tuple[Content, Content] | None:
    """Return the column of accounts, each with a customer in nearly all of its rows or in none, and the customer's.

    Accounts are codes, or names of which one says receivables.
    """
    owners = [contents[roles[role].column] for role in ("customer_id", "name") if role in roles]
    if not set(roles) & {"amount", "debit", "credit"}:
        return None
    for one in contents.values():
        codes = one.texts.drop_nulls()
        if one.kind not in ("text", "number") or not 1 < one.distinct <= min(_MOST_ACCOUNTS, codes.len() // _ROWS_EACH):
            continue
        values = codes.unique().to_list()
        if not codes.str.contains(_CODE).all() and not any(map(says_receivables, values)):
            continue
        for owner in owners:
            if owner.name == one.name or owner.filled >= _NEARLY * codes.len():
                continue
            shares = [_share(one, owner, code) for code in values]
            if all(share >= _NEARLY or share <= 1 - _NEARLY for share in shares) and max(shares) >= _NEARLY:
                return one, owner
    return None


def _share(accounts: Content, customer: Content, code: str) -> float:
    """Return in what share of the rows of an account a customer stands."""
    rows = (accounts.texts == code).fill_null(False)
    return int((rows & customer.texts.is_not_null()).sum()) / max(1, int(rows.sum()))


def _labels(contents: Mapping[str, Content], accounts: Content, codes: Sequence[str]) -> dict[str, str]:
    """Return the name of each account, where a column of text has one for each."""
    for one in contents.values():
        if one.kind != "text" or not 1 < one.distinct <= len(codes):
            continue
        pairs = pl.DataFrame({"code": accounts.texts, "label": one.texts}).drop_nulls().unique().sort("code")
        if pairs.height == len(codes) == pairs["code"].n_unique():
            return dict(zip(pairs["code"].to_list(), pairs["label"].to_list(), strict=True))
    return {}


def _say(
    key: str,
    contents: Mapping[str, Content],
    roles: Mapping[str, Role],
    accounts: Content,
    kept: Sequence[str],
    labels: Mapping[str, str],
    notes: Notes,
) -> None:
    """Say which accounts are of the ledger, and the rows and money of those that are left out."""
    rows = accounts.texts.is_in(list(kept)).fill_null(False)
    others = accounts.texts.is_not_null() & ~rows
    money = [contents[roles[role].column] for role in MONEY if role in roles and role in ("debit", "credit", "amount")]
    sums = ", ".join(f"{one.number.filter(others).sum():,.2f} in {one.name}" for one in money if one.number is not None)
    named = ", ".join(f"{one!r} ({labels[one]})" if one in labels else repr(one) for one in kept)
    left = sorted(set(accounts.texts.filter(others)))
    shown = ", ".join(left[:_SHOWN]) + (f" and {len(left) - _SHOWN:,} more" if len(left) > _SHOWN else "")
    notes.unsure.append(
        f"{key}: a general ledger with several accounts; of the receivables are {counted(int(rows.sum()), 'row')} of "
        f"{accounts.name} {named}. {counted(int(others.sum()), 'row')} of other accounts are left out, {sums} "
        f"({shown}). To say which accounts count: --answer '{key}.{RECEIVABLES}={','.join(kept)}'"
    )
