"""From the ageing to the control account: every step a named line, to the cent, and what is left said to be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.rates import Rates
from credrisk.portfolio.ageing import bucket_names, column_of
from credrisk.portfolio.reconciliation.control import EVERY_COMPANY, EVERY_CURRENCY, ControlAccount
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.differences import NAMED, named_differences, translated
from credrisk.portfolio.reconciliation.postings import POSTING_LINES, posting_lines

__all__ = ["Bridge", "explanations", "reconcile_balances"]

MOST_CAUSES = 3
"""More named differences than these fit any amount by chance: with a dozen of them there are hundreds of sums."""
APART = ("late_fees", "open_credits")


@dataclass(frozen=True)
class Bridge:
    """The tie-outs. Money is float64 in major units of the row's currency; every sum was made in whole minor units.

    Attributes
    ----------
    lines
        ``company, scope, currency, part, line, amount``: scope is the currency whose balances are meant, or ``all``
        (then in the ledger's currency); part ``ageing`` (buckets, late_fees, open_credits, unapplied_cash negative),
        ``difference`` (a named one that explains the account), ``not_explained`` and ``control_account``. Of each
        company and scope the first three add up to the last; the lines of part ``postings`` (not for every currency
        together) add up to those of ``ageing``.
    possible
        ``company, scope, currency, line, amount, used``: every named difference of an account, used or not.
    accounts
        ``company, scope, currency, account, open_items, unapplied_cash, net_balance, by_postings, control_account,
        difference, explained, not_explained, state``. ``by_postings`` equals ``net_balance`` (null for every
        currency together). ``state`` is ``agrees``,
        ``explained`` (one smallest set of named differences makes up the difference), ``ambiguous`` (several do, none
        was taken), ``not_explained`` or ``not_given``.
    ways
        ``company, scope, currency, way, lines``: the sets of an ambiguous account.
    """

    lines: pl.DataFrame
    possible: pl.DataFrame
    accounts: pl.DataFrame
    ways: pl.DataFrame


def explanations(difference: int, named: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return the smallest sets of named differences that make up ``difference`` exactly; none where no set does.

    Sets of up to :data:`MOST_CAUSES` lines are tried; all of the smallest size that fit are returned, so that the
    caller can tell a clear answer from a choice.
    """
    if difference == 0:
        return [()]
    causes = [name for name in NAMED if named.get(name, 0)]
    for size in range(1, MOST_CAUSES + 1):
        fits = [names for names in combinations(causes, size) if sum(named[name] for name in names) == difference]
        if fits:
            return fits
    return []


def reconcile_balances(
    day: Day, *, accounts: Sequence[ControlAccount] = (), edges: Sequence[int] = (30, 60, 90)
) -> Bridge:
    """Tie the ageing to the open items, these to the postings, and all to the control accounts.

    Raises
    ------
    DataError
        As :func:`credrisk.ageing`; when a balance of every currency was given and a rate is missing.
    """
    seen, as_of = day.seen, day.as_of
    postings, aged = posting_lines(seen, held=day.whole), _aged(day, edges)
    named = named_differences(day)
    columns = [*bucket_names(edges), *APART, "unapplied_cash"]
    lines: list[tuple[object, ...]] = []
    possible: list[tuple[object, ...]] = []
    summary: list[tuple[object, ...]] = []
    ways: list[tuple[object, ...]] = []
    for scope in _scopes(accounts, aged):
        sums, causes = scope.sums(aged, seen, as_of), scope.sums(named, seen, as_of)
        if scope.currency == EVERY_CURRENCY:
            causes |= _translation(day, scope.company)
        place = (scope.company, scope.currency, seen.settings.currency if scope.every else scope.currency)
        net, cash = sum(sums.values()), sums.get("unapplied_cash", 0)
        lines += [(*place, "ageing", name, sums.get(name, 0)) for name in columns]
        posted = {} if scope.every else scope.sums(postings, seen, as_of)
        lines += [(*place, "postings", name, posted[name]) for name in POSTING_LINES if posted.get(name)]
        by_postings = None if scope.every else sum(posted.values())
        balances = (net - cash, -cash, net, by_postings)
        if scope.given is None:
            summary.append((*place, "", *balances, *(None,) * 4, "not_given"))
            continue
        difference = scope.given.amount - net
        found = explanations(difference, causes)
        used = found[0] if len(found) == 1 else ()
        explained = sum(causes[name] for name in used)
        left = difference - explained
        lines += [(*place, "difference", name, causes[name]) for name in used]
        lines += [(*place, "not_explained", "not_explained", left)]
        lines += [(*place, "control_account", "control_account", scope.given.amount)]
        possible += [(*place, name, causes[name], name in used) for name in NAMED if causes.get(name)]
        if len(found) > 1:
            ways += [(*place, number, ", ".join(names)) for number, names in enumerate(found, start=1)]
        told = (scope.given.amount, difference, explained, left)
        summary.append((*place, scope.given.account, *balances, *told, _state(difference, found)))
    return Bridge(
        _major(pl.DataFrame(lines, schema=_PLACE | _LINE, orient="row"), "amount"),
        _major(pl.DataFrame(possible, schema=_PLACE | _POSSIBLE, orient="row"), "amount"),
        _major(pl.DataFrame(summary, schema=_PLACE | _ACCOUNT, orient="row"), *_MONEY),
        pl.DataFrame(ways, schema=_PLACE | {"way": pl.Int64, "lines": pl.String}, orient="row"),
    )


_PLACE: dict[str, type[pl.DataType]] = {"company": pl.String, "scope": pl.String, "currency": pl.String}
_LINE: dict[str, type[pl.DataType]] = {"part": pl.String, "line": pl.String, "amount": pl.Int64}
_POSSIBLE: dict[str, type[pl.DataType]] = {"line": pl.String, "amount": pl.Int64, "used": pl.Boolean}
_MONEY = (
    *("open_items", "unapplied_cash", "net_balance", "by_postings"),
    *("control_account", "difference", "explained", "not_explained"),
)
_ACCOUNT: dict[str, type[pl.DataType]] = {
    "account": pl.String,
    **dict.fromkeys(_MONEY, pl.Int64),
    "state": pl.String,
}


@dataclass(frozen=True)
class _Scope:
    """A company (or all) and a currency (or all), with its control account where one was given."""

    company: str
    currency: str
    given: ControlAccount | None = None

    @property
    def every(self) -> bool:
        """Tell whether it stands for every currency, in the ledger's."""
        return self.currency == EVERY_CURRENCY

    def sums(self, frame: pl.DataFrame, seen: Ledger, as_of: date) -> dict[str, int]:
        """Return minor units by line; for every currency each part translated and rounded by itself, then added."""
        mine = frame if self.company == EVERY_COMPANY else frame.filter(pl.col("company") == self.company)
        if self.every:
            days = pl.repeat(as_of, mine.height, dtype=pl.Date, eager=True).to_physical().to_numpy()
            values = Rates(seen).translate_rows(mine["amount"].to_numpy(), mine["currency"].to_numpy(), days)
            mine = mine.with_columns(amount=pl.Series(values, dtype=pl.Float64).cast(pl.Int64))
        else:
            mine = mine.filter(pl.col("currency") == self.currency)
        return dict(mine.group_by("line").agg(pl.sum("amount")).iter_rows())


def _scopes(accounts: Sequence[ControlAccount], aged: pl.DataFrame) -> list[_Scope]:
    """Return every account given, and every balance that no account was given for."""
    given = [_Scope(account.company, account.currency, account) for account in accounts]
    covered = {(scope.company, scope.currency) for scope in given}
    places = sorted(aged.select("company", "currency").unique().iter_rows())
    lacking = []
    for currency in sorted({code for _, code in places}):
        if (EVERY_COMPANY, currency) in covered:
            continue
        companies = [company for company, code in places if code == currency]
        if len(companies) == 1 and (companies[0], currency) not in covered:
            companies = [EVERY_COMPANY]
        lacking += [_Scope(name, currency) for name in companies if (name, currency) not in covered]
    return sorted([*given, *lacking], key=lambda scope: (scope.currency, scope.company))


def _aged(day: Day, edges: Sequence[int]) -> pl.DataFrame:
    """Return ``company, currency, customer_id, line, amount``: the ageing, unapplied cash negative."""
    place = ["company", "currency", "customer_id"]
    rows = pl.concat(
        [
            day.items.select(*place, "amount", line=column_of(edges, day.as_of)),
            day.cash.select(*place, line=pl.lit("unapplied_cash"), amount=-pl.col("amount")),
        ],
        how="diagonal",
    )
    return rows.group_by(*place, "line").agg(pl.sum("amount")).sort(*place, "line")


def _translation(day: Day, company: str) -> dict[str, int]:
    own = translated(day)
    if own is None:
        return {}
    mine = own if company == EVERY_COMPANY else own.filter(pl.col("company") == company)
    return {"translation": int(mine["amount"].sum())}


def _state(difference: int, found: Sequence[tuple[str, ...]]) -> str:
    if difference == 0:
        return "agrees"
    return {0: "not_explained", 1: "explained"}.get(len(found), "ambiguous")


def _major(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return frame.with_columns(major_units(name, "currency") for name in names)
