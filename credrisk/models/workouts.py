"""What came in after each past default: what was owed, what was paid of it and when, from the ledger.

A default is the first day of a spell as the labels date it. Owed is the customer's net balance of the documents dated
until then (open credits and cash not yet applied taken off), by the day on which money arrived, not on which it was
posted. What was credited, deducted or allowed afterwards was never a credit loss and leaves the exposure. The
write-offs of the spell and their reversals move nothing, also those of the day of default and, for a bad debt, of the
months over which its write-offs are added up: what they took off the books was owed. Everything is in the ledger's
currency at the rate of the day of default, so that a rate is no recovery. Only what was known on the ledger's last day
counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from credrisk.dates import months_after
from credrisk.features.labels import LabelSettings, event_history
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import to_major
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates

__all__ = ["Workouts", "workouts_of"]

MONEY_IN = ("payment", "recovery", "offset")
"""Applications that bring money; a reversal from a receipt takes money back."""

NO_MONEY = ("write_off", "reversal")
"""Applications that move what the books show and not what is owed."""


@dataclass(frozen=True)
class Workouts:
    """Past defaults and the money that came in on them.

    Attributes
    ----------
    defaults
        ``number`` (from 0), ``customer_id``, ``default_on``, ``exposure`` (major units of the ledger's currency, above
        0), ``age_days`` (from the default to the ledger's last day), ``covered`` (whether credit insurance or another
        security was in force on the day of default, by what was known then); sorted by customer and date.
    flows
        ``number``, ``age_days`` (from 1), ``share`` of the exposure that came in (negative where money was taken back).
    without_exposure
        Defaults that owed nothing on the day, or nothing but what was credited later: ``customer_id, default_on``.
    """

    defaults: pl.DataFrame
    flows: pl.DataFrame
    without_exposure: pl.DataFrame


def workouts_of(
    ledger: Ledger, *, target: str, workout_months: int, as_of: date, settings: LabelSettings | None = None
) -> Workouts:
    """Return the past defaults of a ledger by what was known on ``as_of``.

    Parameters
    ----------
    target
        ``bad_debt`` or ``default``: which event counts.
    workout_months
        Money later than this after the default is left out; a spell that begins within it belongs to the first.
    """
    ledger, settings = ledger.cut(as_of), settings or LabelSettings()
    last_day = ledger.settings.covers_to
    history = event_history(ledger, settings=settings, output="polars").filter(pl.col("target") == target)
    spells = _apart(history, workout_months, settings.write_off_months if target == "bad_debt" else 0)
    owed, flows = _movements(ledger, spells, last_day, late_fees=settings.count_late_fees)
    reported = _reported(ledger, spells, flows)
    flows = pl.concat([flows, reported]).filter(pl.col("age_days") <= pl.col("most_days")).drop("most_days")
    rates = Rates(ledger)
    total = _in_own_currency(rates, owed, spells).group_by("number").agg(pl.sum("amount").alias("exposure"))
    known = spells.join(total, on="number", how="left").with_columns(pl.col("exposure").fill_null(0.0)).sort("number")
    owing = known.filter(pl.col("exposure") > 0).with_columns(
        age_days=(last_day - pl.col("default_on")).dt.total_days()
    )
    came = _in_own_currency(rates, flows, spells).join(owing.select("number", "exposure"), on="number", how="inner")
    came = came.group_by("number", "age_days").agg(share=pl.sum("amount") / pl.first("exposure"))
    owing = owing.with_columns(
        exposure=pl.Series(to_major(owing["exposure"].to_numpy(), rates.currency), dtype=pl.Float64),
        covered=pl.col("number").is_in(_covered(ledger, owing)["number"].implode()),
    )
    renumbered = owing.with_columns(new=pl.int_range(pl.len(), dtype=pl.Int64))
    came = came.join(renumbered.select("number", "new"), on="number").select(
        pl.col("new").alias("number"), "age_days", "share"
    )
    return Workouts(
        defaults=renumbered.select(
            pl.col("new").alias("number"), "customer_id", "default_on", "exposure", "age_days", "covered"
        ),
        flows=came.filter(pl.col("share") != 0).sort("number", "age_days"),
        without_exposure=known.filter(pl.col("exposure") <= 0).select("customer_id", "default_on"),
    )


def _apart(history: pl.DataFrame, months: int, write_off_months: int) -> pl.DataFrame:
    """Return the spells that begin after the workout of the customer's one before: ``number, customer_id, default_on``.

    ``most_days`` is the length of the workout; write-offs after ``own_after`` are the spell's.
    """
    kept: list[dict[str, object]] = []
    until: dict[str, date] = {}
    for customer, day in history.sort("customer_id", "date").select("customer_id", "date").iter_rows():
        if customer in until and day <= until[customer]:
            continue
        own_after = max(
            months_after(day, -write_off_months) if write_off_months else day - timedelta(days=1),
            until.get(customer, date.min),
        )
        until[customer] = months_after(day, months)
        most_days = (until[customer] - day).days
        kept.append({"customer_id": customer, "default_on": day, "most_days": most_days, "own_after": own_after})
    schema = {"customer_id": pl.String, "default_on": pl.Date, "most_days": pl.Int64, "own_after": pl.Date}
    return pl.DataFrame(kept, schema=schema).with_columns(number=pl.int_range(pl.len(), dtype=pl.Int64))


def _movements(
    ledger: Ledger, spells: pl.DataFrame, last_day: date, *, late_fees: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what is owed (``number, currency, amount``) and what came in after (``age_days, most_days, kind`` too)."""
    moves = item_movements(ledger).with_columns(pl.col("customer_id").cast(pl.String))
    moves = moves.join(spells, on="customer_id", how="inner").filter(pl.col("document_date") <= pl.col("default_on"))
    later = pl.col("event_date") > pl.col("default_on")
    takes_money_back = (pl.col("kind") == "reversal") & (pl.col("from_kind") == "receipt")
    money = later & (pl.col("kind").is_in(MONEY_IN) | takes_money_back)
    age = (pl.col("event_date") - pl.col("default_on")).dt.total_days()
    columns = ["number", "currency", "amount"]
    owed = moves.filter(~later | ~(money | pl.col("kind").is_in(NO_MONEY))).select(columns)
    came = moves.filter(money).select(
        "number", "currency", -pl.col("amount"), "most_days", age_days=age, kind=pl.col("kind").cast(pl.String)
    )
    cash = cash_movements(ledger).with_columns(pl.col("customer_id").cast(pl.String))
    received = cash.filter(pl.col("kind") == "receipt").select("receipt_id", received_on="event_date")
    idle = (
        cash.group_by("customer_id", "receipt_id", "currency")
        .agg(pl.sum("amount"))
        .filter(pl.col("amount") > 0)
        .join(received, on="receipt_id", how="inner")
        .filter(pl.col("received_on") <= last_day)
        .join(spells, on="customer_id", how="inner")
    )
    before = pl.col("received_on") <= pl.col("default_on")
    owed = pl.concat(
        [
            owed,
            _written_off(moves.filter(~later), late_fees=late_fees).select(columns),
            idle.filter(before).select("number", "currency", -pl.col("amount")),
        ]
    )
    unapplied = idle.filter(~before).select(
        "number",
        "currency",
        "amount",
        "most_days",
        age_days=(pl.col("received_on") - pl.col("default_on")).dt.total_days(),
        kind=pl.lit("payment"),
    )
    return owed, pl.concat([came, unapplied])


def _written_off(moves: pl.DataFrame, *, late_fees: bool) -> pl.DataFrame:
    """Return what of each document the spell's own write-offs took off the books until the default and is not back.

    As :mod:`credrisk.features.write_offs` has it, a reversal takes back the latest write-off first: one beyond what the
    spell wrote off takes back an older write-off, and what it opens again is owed as the books show it.
    """
    no_loss = ("credit_note",) if late_fees else ("credit_note", "late_fee")
    counts = (pl.col("kind") == "write_off") | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "none"))
    own = moves.filter(counts & (pl.col("date") > pl.col("own_after")) & ~pl.col("document_kind").is_in(no_loss))
    total = -pl.col("amount").cum_sum()
    return (
        own.sort("number", "document_id", "date", "amount")
        .group_by("number", "document_id", "currency", maintain_order=True)
        .agg(amount=total.last() - total.min().clip(upper_bound=0))
    )


def _reported(ledger: Ledger, spells: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    """Return the recoveries of the credit file where the books show none; where they do, it is the same money."""
    booked = flows.filter(pl.col("kind") == "recovery")["number"].unique()
    return (
        ledger.table("credit_events")
        .filter((pl.col("kind") == "recovery") & (pl.col("amount") > 0))
        .with_columns(pl.col("customer_id").cast(pl.String), pl.col("currency").cast(flows.schema["currency"]))
        .join(spells, on="customer_id", how="inner")
        .filter((pl.col("date") > pl.col("default_on")) & ~pl.col("number").is_in(booked.implode()))
        .select(
            "number",
            "currency",
            "amount",
            "most_days",
            age_days=(pl.col("date") - pl.col("default_on")).dt.total_days(),
            kind=pl.lit("recovery"),
        )
    )


def _in_own_currency(rates: Rates, rows: pl.DataFrame, spells: pl.DataFrame) -> pl.DataFrame:
    """Translate at the rate of the day of default."""
    dated = rows.join(spells.select("number", "default_on"), on="number", how="left", maintain_order="left")
    days = dated["default_on"].to_physical().cast(pl.Int64).to_numpy()
    amount = rates.translate_rows(rows["amount"].to_numpy(), rows["currency"].cast(pl.String).to_numpy(), days)
    return rows.with_columns(amount=pl.Series(amount, dtype=pl.Float64))


def _covered(ledger: Ledger, spells: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of the defaults with a cover in force, by the last row of each cover known on the day."""
    day = pl.col("default_on")
    return (
        ledger.table("cover")
        .with_columns(pl.col("customer_id").cast(pl.String))
        .join(spells.select("number", "customer_id", "default_on"), on="customer_id", how="inner")
        .filter((pl.col("valid_from") <= day) & (pl.col("recorded_at") <= day))
        .sort("number", "cover_id", "valid_from", "recorded_at")
        .group_by("number", "cover_id", maintain_order=True)
        .last()
        .filter((pl.col("limit") > 0) & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= day)))
        .select("number")
        .unique()
    )
