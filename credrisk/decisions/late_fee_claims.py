"""The fixed sum of each late document, why a document may not be charged, and what was charged already."""

from __future__ import annotations

import polars as pl

from credrisk.decisions.late_fee_interest import UNITED_STATES
from credrisk.decisions.late_fee_rules import LateFeeRules
from credrisk.decisions.sentences import day_words
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS, major_units
from credrisk.ledger.movements import item_movements

__all__ = ["fees_charged", "fees_left", "fixed_sums", "with_reasons"]

WAIVED_BY = ("credit_note", "write_off", "discount", "deduction")


def fixed_sums(told: pl.DataFrame, rules: LateFeeRules) -> pl.DataFrame:
    """Add ``rule, fixed_sum, fixed_currency`` and ``note``.

    The size of the debt is what was undisputed on the first day that earned. Where the sum depends on it and the
    document is in another currency, the sum is null and the note says so.
    """
    amount, currency, rule, note = (pl.lit(None, kind) for kind in (pl.Float64, pl.String, pl.String, pl.String))
    debt = pl.col("debt_major")
    for place, law in enumerate(rules.laws):
        mine = pl.col("number") == place
        rule = pl.when(mine).then(pl.lit(law.name)).otherwise(rule)
        note = pl.when(mine).then(pl.lit(law.note or None, pl.String)).otherwise(note)
        if not law.fixed:
            continue
        currency = pl.when(mine).then(pl.lit(law.fixed_currency)).otherwise(currency)
        for step in law.fixed:
            amount = pl.when(mine & (debt >= step.from_amount)).then(pl.lit(step.sum)).otherwise(amount)
        if len(law.fixed) > 1:
            foreign = mine & (pl.col("currency") != law.fixed_currency)
            amount = pl.when(foreign).then(None).otherwise(amount)
            words = f"the fixed sum goes by the debt in {law.fixed_currency} and is left out"
            note = (
                pl.when(foreign)
                .then(pl.concat_str(note, pl.lit(words), separator="; ", ignore_nulls=True))
                .otherwise(note)
            )
    for cap in rules.caps:
        rule = pl.when(pl.col("law") == cap.state).then(pl.lit(f"contract rate, {cap.note}")).otherwise(rule)
    return (
        told.with_columns(debt_major=pl.col("debt").fill_null(0).cast(pl.Int64))
        .with_columns(major_units("debt_major", "currency"))
        .with_columns(rule=rule, fixed_sum=amount, fixed_currency=currency, note=note)
        .with_columns(fixed_currency=pl.when(pl.col("fixed_sum").is_not_null()).then("fixed_currency"))
    )


def with_reasons(told: pl.DataFrame, rules: LateFeeRules) -> pl.DataFrame:
    """Add ``reason`` (why the document may not be charged, null where it may) and ``unverified`` (words or null)."""
    countries = rules.countries()
    law, of_state = pl.col("law"), pl.col("law").str.starts_with(UNITED_STATES).fill_null(False)
    first = pl.lit(None, pl.String)
    for country in countries:
        since = min(each.contract_from for each in rules.laws if each.law == country)
        words = f"the rule on file for {country} is of contracts concluded on or after {since}"
        first = pl.when(law == country).then(pl.lit(words)).otherwise(first)
    left_out = law.replace_strict(dict(rules.left_out), default=None, return_dtype=pl.String)
    own_rate = (
        "the contract has a rate of its own on file, which takes the place of the statutory one: work it out by hand"
    )
    tests = (
        (pl.col("consumer"), pl.lit("a consumer: these rules are for debts between businesses")),
        (law.is_null(), pl.lit("no governing law is known: put governing_law in the customer history, or the country")),
        (pl.col("kind") == "down_payment", pl.lit("a request for payment in advance: no delivery to be paid for yet")),
        (left_out.is_not_null(), left_out),
        (of_state & ~law.is_in(rules.states()), pl.format("no ceiling of contract rates is on file for {}", law)),
        (of_state & pl.col("agreed_rate").is_null(), pl.lit("no agreed rate is known: it must stand in the contract")),
        (
            of_state & ~pl.col("agreed_rate").is_between(0, 1, closed="none"),
            pl.lit("the late_fee_rate on file is no share a year between 0 and 1"),
        ),
        (
            pl.col("ceiling").is_not_null(),
            pl.format(
                "the agreed rate is above the ceiling on file for {}, {} %: ask a lawyer", law, pl.col("ceiling")
            ),
        ),
        (~of_state & ~law.is_in(countries), pl.format("no rule is on file for the law of {}", law)),
        (~of_state & pl.col("number").is_null(), first),
        (~of_state & pl.col("rate_on_file"), pl.lit(own_rate)),
        (pl.col("interest_from").is_null(), pl.lit("in dispute on every day that it was late")),
        (
            pl.col("no_rate_on").is_not_null(),
            pl.format("no reference rate is on file for the half-year from {}", day_words(pl.col("no_rate_on"))),
        ),
    )
    reason = pl.coalesce(pl.when(test.fill_null(False)).then(words) for test, words in tests)
    doubtful = [place for place, each in enumerate(rules.laws) if each.unverified]
    rate = pl.when(pl.col("unverified_on").is_not_null()).then(
        pl.format("the rate from {}", day_words(pl.col("unverified_on")))
    )
    rule = pl.when(pl.col("number").is_in(doubtful)).then(pl.lit("the rule"))
    doubt = pl.concat_str(rule, rate, separator=" and ", ignore_nulls=True)
    return told.with_columns(reason=reason, unverified=pl.when(doubt != "").then(doubt))


def fees_charged(ledger: Ledger, claims: pl.DataFrame) -> pl.DataFrame:
    """Return ``customer_id, currency, claim, charged, left`` (major units), sorted; customers with a claim or a fee.

    ``charged`` are the fee notes known by then, less what was credited, allowed or written off of them.
    """
    fees = item_movements(ledger).filter(
        pl.col("document_kind") == "late_fee", pl.col("kind").is_in([*WAIVED_BY, "document"])
    )
    charged = (
        fees.group_by("customer_id", "currency")
        .agg(charged=pl.col("amount").sum())
        .with_columns(major_units("charged", "currency"))
    )
    parts = [
        claims.select("customer_id", "currency", claim="interest"),
        claims.select("customer_id", currency="fixed_currency", claim="fixed_sum").drop_nulls(),
    ]
    owed = pl.concat(parts).group_by("customer_id", "currency").agg(pl.col("claim").sum())
    return (
        owed.join(charged, on=["customer_id", "currency"], how="full", coalesce=True)
        .with_columns(pl.col("claim", "charged").fill_null(0.0))
        .with_columns(left=(pl.col("claim") - pl.col("charged")).clip(lower_bound=0))
        .sort("customer_id", "currency")
    )


def fees_left(claims: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """Add ``late_fee``: what of a document's claim has not been charged yet, in its currency (major units).

    Fee notes name no document, so what was charged counts for the customer's oldest claims in the currency. A fixed sum
    in another currency than the document's is not part of it.
    """
    exponent = pl.col("currency").replace_strict({code: float(10**e) for code, e in EXPONENTS.items()}, default=100.0)
    same = pl.when(pl.col("fixed_currency") == pl.col("currency")).then("fixed_sum").fill_null(0.0)
    claim = ((pl.col("interest").fill_null(0.0) + same) * exponent).round().cast(pl.Int64)
    charged = (pl.col("charged").fill_null(0.0) * exponent).round().cast(pl.Int64)
    account = ["customer_id", "currency"]
    ordered = (
        claims.with_row_index("place")
        .join(customers.select(*account, "charged"), on=account, how="left", maintain_order="left")
        .with_columns(own=claim, paid=charged)
        .sort("due_date", "document_id")
        .with_columns(before=pl.col("own").cum_sum().over(account) - pl.col("own"))
    )
    used = (pl.col("paid") - pl.col("before")).clip(lower_bound=0)
    left = (pl.col("own") - pl.min_horizontal("own", used)) / exponent
    return ordered.with_columns(late_fee=left).sort("place").select(*claims.columns, "late_fee")
