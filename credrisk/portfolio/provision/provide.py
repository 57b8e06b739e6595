"""The loss allowance of today's open items: by item, bucket and segment, with its rates and contested choices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.open_items import open_cash
from credrisk.portfolio.provision.contested import Contested, contested_choices, published_rates
from credrisk.portfolio.provision.exposures import credited_share, exposures
from credrisk.portfolio.provision.leaning import lost_outside, notes_of, rests_on, strangers, why_published
from credrisk.portfolio.provision.loss_rates import loss_rates
from credrisk.portfolio.provision.moved import written_until
from credrisk.portfolio.provision.outcomes import History, observed_month_ends
from credrisk.portfolio.provision.overlay import linked_scenarios
from credrisk.portfolio.provision.pool import (
    impairing_events,
    kinds_left_out,
    opened_items,
    pool_items,
    segments_of,
    with_segments,
)
from credrisk.portfolio.provision.rated import allowed, forecast, rated
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario
from credrisk.portfolio.provision.tables import (
    BY_CUSTOMER,
    base_of,
    dilution_of,
    in_major,
    matrix_of,
    overlay_of,
    specific_of,
)

__all__ = ["BY_CUSTOMER", "Provision", "measured_rates", "provision"]

WORKED_OUT = ("tax_known", "recovery_stated", "own_rate", "later_left_out")
"""Columns of the items that only the working of a provision needs."""


@dataclass(frozen=True)
class Provision:
    """The loss allowance and what it rests on; money in major units of ``currency``.

    Attributes
    ----------
    as_of, standard, currency, settings
        The day, ``ifrs9`` or ``cecl``, and every choice made.
    total, gross, low, high
        The allowance, the gross amount it stands against, and the allowance at the ends of the 95 % intervals of the
        loss rates taken all at once (wider than the interval of the total).
    published, own_alone
        What of the allowance rests on published loss rates, and what the allowance would be by the ledger's own rates
        alone (of what was lost, nothing borrowed: 0 in a ledger without losses, but for recoveries stated by you).
    matrix
        One row a segment and state: ``segment, state, items, customers, gross``, the steps down to ``exposed``,
        ``historical_rate, low, high, rate`` (weighted over the scenarios), ``allowance, coverage, rate_source,
        published_share`` (of the allowance).
        ``credit_impaired`` rows have the mean rate of their items.
    items
        One row an item: ids, dates, ``segment, state``, the same money, ``rate, allowance``; they add up to the matrix.
        ``billed_minor`` and ``open_minor`` are the document's amount and what is open of it, in minor units of the
        item's own ``currency``.
    written_off
        What was known of write-offs and recoveries, item by item: the next movement tells by it what is posted late.
        As :func:`~credrisk.portfolio.provision.moved.written_until` returns it.
    specific
        Credit-impaired customers: ``event`` (``days_past_due`` where none but their age impairs the items),
        ``impaired_on, gross, exposed, rate, rate_source, allowance``.
    overlay
        ``scenario, probability, multiplier, allowance`` if that one came true.
    rates
        Evidence of both methods: :func:`~credrisk.portfolio.provision.loss_rates.loss_rates` with ``method``.
    base
        From the open items of the ageing to what is exposed: ``line, amount``.
    dilution
        What credit notes, deductions and discounts are expected to take off the same items, by their share in the past:
        ``segment, state, net, dilution_share, expected``. No credit loss and not in the allowance: a question of the
        refund liability (IFRS 15.55, ASC 606-10-32-10). Null where no past is known.
    contested
        Choices on which auditors differ, each with its paragraph.
    notes
        What was not measured, or leans on something stated.
    booked
        Where it was read from as it was booked; empty where it was made from the ledger.
    reconciliation
        Against PD x LGD x EAD by customer, where ``credrisk provision --results`` made it, as
        :func:`~credrisk.portfolio.provision.against_pd.provision_against_pd` does; else None.
    month_ends
        Past month-ends with open items that the chosen method's rates rest on. 0 where it was booked.
    translated
        Open debit items in other currencies: each may differ from the ageing by one minor unit. 0 where it was booked.
    """

    as_of: date
    standard: str
    currency: str
    settings: ProvisionSettings
    total: float
    gross: float
    low: float
    high: float
    published: float
    own_alone: float
    matrix: Any
    items: Any
    written_off: Any
    specific: Any
    overlay: Any
    rates: Any
    base: Any
    dilution: Any
    contested: tuple[Contested, ...]
    notes: tuple[str, ...]
    scenarios: tuple[Scenario, ...] = ()
    reconciliation: Any = field(default=None)
    booked: str = ""
    month_ends: int = 0
    translated: int = 0


def provision(
    ledger: Ledger,
    *,
    as_of: date | str,
    settings: ProvisionSettings | None = None,
    series: Any = None,
    output: str = "pandas",
) -> Provision:
    """Return the loss allowance of the items open at the end of ``as_of``, with its evidence.

    Parameters
    ----------
    as_of
        The day, inclusive; nothing known later is used (but by the election of later collections of ASU 2025-05).
    settings
        The accounting choices; those shipped where None.
    series
        A macro series ``date, value`` that the scenarios refer to.

    Raises
    ------
    ParameterError
        When the day lies outside what the ledger covers, or a setting breaks its rule.
    DataError
        When the open items do not tie out, or a rate of exchange is missing.

    Examples
    --------
    >>> provision(ledger, as_of="2025-12-31").total  # doctest: +SKIP
    """
    check_output(output)
    day, chosen = to_date(as_of), settings or ProvisionSettings.default()
    _refuse_outside(ledger, day)
    scenarios = linked_scenarios(chosen, series, history_from=_history_from(ledger, day, chosen), as_of=day)
    rates, months = measured_rates(ledger, as_of=day, settings=chosen)
    seen = ledger.cut(day)
    taken, judged = credited_share(seen)
    pooled = pool_items(seen, as_of=day, settings=chosen, opened=opened_items(seen), cash=open_cash(seen))
    items = with_segments(pooled, segments_of(seen, chosen), chosen)
    items = exposures(ledger, items, as_of=day, settings=chosen, taken=taken)
    items = allowed(rated(items, rates.filter(pl.col("method") == chosen.method), chosen, scenarios))
    code, factor = seen.settings.currency, float(minor_factor(seen.settings.currency))
    totals = _totals(items, scenarios, factor)
    frames, translated = _tables(items, rates, seen, chosen, scenarios, as_of=day)
    diluted = float(frames["dilution"]["expected"].fill_null(0.0).sum())
    leaning = rests_on(
        totals["total"],
        published=totals["published"],
        own_alone=totals["own_alone"],
        currency=code,
        why=why_published(rates, chosen),
        outside=lost_outside(seen, rates, chosen, as_of=day),
    )
    unmeasured = notes_of(chosen, items, rates, months=months, judged=judged, taken=taken)
    return Provision(
        as_of=day,
        standard=chosen.standard,
        currency=code,
        settings=chosen,
        **totals,
        **{name: given_out(frame, output) for name, frame in frames.items()},
        contested=(
            *published_rates(totals, currency=code, ifrs=chosen.standard == "ifrs9"),
            *contested_choices(chosen, items, seen, as_of=day, diluted=diluted),
        ),
        notes=(*leaning, *unmeasured, *strangers(chosen, items, seen)),
        scenarios=scenarios,
        month_ends=months[chosen.method],
        translated=translated,
    )


def _refuse_outside(ledger: Ledger, day: date) -> None:
    covered = ledger.settings
    if not covered.covers_from <= day <= covered.covers_to:
        rule = f"within what the ledger covers ({covered.covers_from} to {covered.covers_to})"
        remedy = "give a day within it, or a ledger whose export covers the day"
        raise ParameterError("as_of", rule, day.isoformat(), remedy=remedy)


def _totals(items: pl.DataFrame, scenarios: tuple[Scenario, ...], factor: float) -> dict[str, Any]:
    """Return what of a provision is one amount: by the rates as they are, at their ends, and by own rates alone."""

    def at(name: str) -> float:
        known = items.with_columns(pl.col(name).fill_null(0.0)) if name == "own_rate" else items
        return float(allowed(forecast(known, name, scenarios))["allowance"].sum()) / factor

    return {
        "total": float(items["allowance"].sum()) / factor,
        "gross": float(items["gross"].sum()) / factor,
        "low": at("low"),
        "high": at("high"),
        "published": float((items["allowance"] * items["published_share"]).sort().sum()) / factor,
        "own_alone": at("own_rate"),
    }


def _tables(
    items: pl.DataFrame,
    rates: pl.DataFrame,
    seen: Ledger,
    settings: ProvisionSettings,
    scenarios: tuple[Scenario, ...],
    *,
    as_of: date,
) -> tuple[dict[str, pl.DataFrame], int]:
    """Return the tables of a provision by their names, and the number of items translated."""
    factor = float(minor_factor(seen.settings.currency))
    base, translated = base_of(seen, items, factor, as_of, left_out=kinds_left_out(settings))
    shown = items.with_columns(billed_minor="billed", open_minor="open").drop(WORKED_OUT)
    frames = {
        "matrix": matrix_of(items, factor),
        "items": in_major(shown, factor),
        "written_off": written_until(seen),
        "specific": specific_of(items, impairing_events(seen, settings), settings.past_due_days, factor),
        "overlay": overlay_of(items, scenarios, factor),
        "rates": rates.with_columns(pl.col("observed") / factor),
        "base": base,
        "dilution": dilution_of(items, rates.filter(pl.col("method") == "cohort"), factor),
    }
    return frames, translated


def measured_rates(
    ledger: Ledger, *, as_of: date, settings: ProvisionSettings, history: History | None = None
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Return the loss rates by both methods, and how many past month-ends each rests on: those with open items.

    ``history`` is that of the same ledger and settings, where several days look back at it.
    """
    past = history or History(ledger, settings)
    frames, months = [], {}
    for method, window in (("cohort", settings.observation_months), ("roll_rate", 1)):
        starts = observed_month_ends(ledger, as_of=as_of, window_months=window, settings=settings)
        found = past.outcomes(starts=starts, window_months=window, as_of=as_of)
        months[method] = found.filter(pl.col("weight") > 0)["start"].n_unique()
        frames.append(loss_rates(found, settings=settings).with_columns(method=pl.lit(method)))
    return pl.concat(frames), months


def _history_from(ledger: Ledger, day: date, settings: ProvisionSettings) -> date:
    return max(ledger.settings.covers_from, months_after(day, -settings.history_months))
