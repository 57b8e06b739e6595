"""What may be claimed for late payment: interest by the governing law on what was open each day, and its fixed sum.

The claim follows from the history of each document, not from what is open today: it stays when the principal is paid.
Fee notes themselves (documents of kind ``late_fee``) earn nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.late_fee_accrual import open_stretches
from credrisk.decisions.late_fee_claims import fees_charged, fees_left, fixed_sums, with_reasons
from credrisk.decisions.late_fee_interest import interest_of
from credrisk.decisions.late_fee_rules import LateFeeRules, late_fee_rules
from credrisk.decisions.late_fee_terms import BY_COUNTRY, late_documents
from credrisk.errors import ParameterError
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import item_movements

__all__ = ["LateFees", "late_fees"]

LACKS = {
    "applications": "no payments are in the ledger: every document is taken as unpaid since its due date",
    "disputes": "no disputes are in the ledger: nothing is taken as in dispute",
    "document_changes": "no changed due dates are in the ledger: the original ones count",
}
MONDAY_AFTER = {6: 2, 7: 1}
"""Days from a Saturday and a Sunday to the next Monday, by ISO weekday."""

ROUNDING = 0.5 + 1e-9
"""Half a minor unit is rounded up; the rest is what floating point may lose."""


@dataclass(frozen=True)
class LateFees:
    """What late payment entitles to on one day; money in major units of each row's currency.

    Attributes
    ----------
    as_of
        The day, inclusive.
    documents
        One row a document that may be charged: ``document_id, customer_id, currency, law, rule, contract_date,
        contract_assumed, due_date, interest_from, interest_until`` (first and last day that earned), ``open`` (of it
        today), ``principal_paid, rate_low, rate_high`` (percent a year), ``interest, fixed_sum`` (null where the law
        gives none or it cannot be told), ``fixed_currency, held_back`` (interest on the part in dispute, not claimed),
        ``note, unverified`` (what of it rests on a secondary source, null where nothing does), ``late_fee`` (what has
        not been charged yet of interest and a fixed sum in the document's currency; what was charged counts for the
        customer's oldest claims).
    not_claimable
        The late documents that may not be charged: the same identifying columns and ``reason``.
    customers
        ``customer_id, currency, claim`` (interest and fixed sums), ``charged`` (fee notes so far, less what was
        credited or waived of them) and ``left`` (what has not been charged yet).
    lacks
        What the ledger does not hold, and what is taken for it, in words.
    """

    as_of: date
    documents: pl.DataFrame
    not_claimable: pl.DataFrame
    customers: pl.DataFrame
    lacks: tuple[str, ...]

    def totals(self, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return ``currency, documents, interest, fixed_sum, claim, charged, left`` by currency."""
        interest = self.documents.group_by("currency").agg(
            documents=pl.len().cast(pl.Int64), interest=pl.sum("interest")
        )
        fixed = (
            self.documents.drop_nulls("fixed_sum")
            .group_by(currency="fixed_currency")
            .agg(fixed_sum=pl.sum("fixed_sum"))
        )
        money = self.customers.group_by("currency").agg(pl.col("claim", "charged", "left").sum())
        joined = interest.join(fixed, on="currency", how="full", coalesce=True)
        joined = joined.join(money, on="currency", how="full", coalesce=True).sort("currency")
        told = joined.select(
            "currency",
            pl.col("documents").fill_null(0),
            pl.col("interest", "fixed_sum", "claim", "charged", "left").fill_null(0.0),
        )
        return given_out(told, output)

    def table(self, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return ``documents``."""
        return given_out(self.documents, output)


def late_fees(
    ledger: Ledger,
    *,
    as_of: date | str,
    law: str,
    contract_rate: float | None = None,
    due_from: date | str | None = None,
    rules: LateFeeRules | None = None,
) -> LateFees:
    """Return what may be claimed for the late payment of every document, by what was known on ``as_of``.

    Parameters
    ----------
    as_of
        Last day that earns interest.
    law
        Country of the law that governs the contracts (``DE``; of the United States the state, ``US-FL``), or
        ``by-country``: that of each customer. What the ledger holds as ``governing_law`` of a customer comes first.
    contract_rate
        Agreed rate a year, above 0 and below 1, of contracts under the law of a US state without one on file.
    due_from
        Documents with an earlier due date are left out: their claims may be barred by time, which is not looked at.
    rules
        Tables to use; those that ship with credrisk where None.

    Raises
    ------
    ParameterError
        When ``law`` or ``contract_rate`` breaks its rule.

    Notes
    -----
    Simple interest, each day on what was open and undisputed the day before, at the rate of that day's half-year (in
    the United Kingdom at the rate of the start), by the day count of the law; rounded once, to the minor unit, half
    up. The due date of the ledger is taken as the agreed date of payment, a later agreed one instead of it. Claims that
    are barred by time are not told apart. Contract rates of other countries are for a lawyer: such documents are not
    claimable here, and none of a customer that is marked as a consumer. What was written off earns nothing more,
    although in law the debt may stand. This is arithmetic, not legal advice.
    """
    rules = rules or late_fee_rules()
    _check(law, contract_rate, rules)
    day = to_date(as_of)
    seen = ledger.cut(day)
    late = _with_rule(late_documents(seen, as_of=day, law=law, contract_rate=contract_rate), rules)
    late = late.filter(pl.col("due") < day)
    if due_from is not None:
        late = late.filter(pl.col("due_date") >= to_date(due_from, "due_from"))
    stretches = open_stretches(seen, late, as_of=day)
    late = late.join(stretches.select("document_id").unique(), on="document_id", how="semi")
    earned = interest_of(stretches, late, rules)
    told = late.join(earned, on="document_id", how="left").join(_open_today(seen), on="document_id", how="left")
    told = with_reasons(fixed_sums(told, rules), rules)
    identity = ["document_id", "customer_id", "currency", "law", "contract_date", "contract_assumed", "due_date"]
    minor = ("interest", "held_back", "open")
    shown = told.with_columns(pl.col("open").fill_null(0)).with_columns(
        ((pl.col(name) + ROUNDING).floor() if name != "open" else pl.col(name)).cast(pl.Int64) for name in minor
    )
    shown = shown.with_columns(*(major_units(name, "currency") for name in minor), principal_paid=pl.col("open") == 0)
    claims = shown.filter(pl.col("reason").is_null()).select(
        *identity[:4],
        "rule",
        *identity[4:],
        "interest_from",
        "interest_until",
        "open",
        "principal_paid",
        "rate_low",
        "rate_high",
        "interest",
        "fixed_sum",
        "fixed_currency",
        "held_back",
        "note",
        "unverified",
    )
    refused = shown.filter(pl.col("reason").is_not_null()).select(*identity, "open", "reason")
    lacks = tuple(words for table, words in LACKS.items() if not ledger.has(table))
    customers = fees_charged(seen, claims)
    return LateFees(day, fees_left(claims, customers), refused, customers, lacks)


def _check(law: str, contract_rate: float | None, rules: LateFeeRules) -> None:
    known = (*rules.countries(), *rules.states())
    if law != BY_COUNTRY and law.upper() not in known:
        words = f"{BY_COUNTRY} or a law with a rule ({', '.join(known)})"
        raise ParameterError("law", words, law, remedy=rules.left_out.get(law.upper(), ""))
    if contract_rate is not None and not 0 < contract_rate < 1:
        raise ParameterError("contract_rate", "a share a year above 0 and below 1 (0.18 is 18 %)", contract_rate)


def _with_rule(late: pl.DataFrame, rules: LateFeeRules) -> pl.DataFrame:
    """Add ``number`` of the rule (null where none fits) and ``due``, moved off a weekend where the law does that."""
    number, moves = pl.lit(None, pl.Int64), pl.lit(False)
    for place, law in enumerate(rules.laws):
        fits = pl.col("contract_date") >= law.contract_from
        if law.documents_from is not None:
            fits |= pl.col("document_date") >= law.documents_from
        fits &= pl.col("law") == law.law
        number = pl.when(fits).then(pl.lit(place, pl.Int64)).otherwise(number)
        moves = pl.when(fits).then(pl.lit(law.weekend_moves)).otherwise(moves)
    weekday = pl.col("agreed_due").dt.weekday()
    to_monday = weekday.replace_strict(MONDAY_AFTER, default=0, return_dtype=pl.Int64)
    shifted = pl.col("agreed_due") + pl.duration(days=to_monday)
    return late.with_columns(number=number, moves=moves).with_columns(
        due=pl.when("moves").then(shifted).otherwise("agreed_due")
    )


def _open_today(ledger: Ledger) -> pl.DataFrame:
    """Return what of each document is open at the end of the day, in minor units, at least 0."""
    left = item_movements(ledger).group_by("document_id").agg(open=pl.col("amount").sum())
    return left.with_columns(pl.col("open").clip(lower_bound=0))
