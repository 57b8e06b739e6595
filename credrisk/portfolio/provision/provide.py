"""The loss allowance of today's open items: by item, bucket and segment, with its rates and contested choices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.open_items import open_cash, open_items
from credrisk.portfolio.provision.contested import Contested, contested_choices
from credrisk.portfolio.provision.exposures import credited_share, exposures
from credrisk.portfolio.provision.leaning import lost_outside, notes_of, rests_on, strangers, why_published
from credrisk.portfolio.provision.loss_rates import loss_rates
from credrisk.portfolio.provision.matrix import shared_out
from credrisk.portfolio.provision.moved import written_until
from credrisk.portfolio.provision.outcomes import History, observed_month_ends
from credrisk.portfolio.provision.overlay import linked_scenarios, weighted_rates
from credrisk.portfolio.provision.pool import (
    IMPAIRED,
    NO_LOSS,
    WHOLE,
    impairing_events,
    kinds_left_out,
    pool_items,
    segments_of,
    with_segments,
)
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
    covered = ledger.settings
    if not covered.covers_from <= day <= covered.covers_to:
        rule = f"within what the ledger covers ({covered.covers_from} to {covered.covers_to})"
        remedy = "give a day within it, or a ledger whose export covers the day"
        raise ParameterError("as_of", rule, day.isoformat(), remedy=remedy)
    scenarios = linked_scenarios(chosen, series, history_from=_history_from(ledger, day, chosen), as_of=day)
    rates, months = measured_rates(ledger, as_of=day, settings=chosen)
    seen = ledger.cut(day)
    taken, judged = credited_share(seen)
    pooled = pool_items(seen, as_of=day, settings=chosen, opened=open_items(seen), cash=open_cash(seen))
    items = with_segments(pooled, segments_of(seen, chosen), chosen)
    items = exposures(ledger, items, as_of=day, settings=chosen, taken=taken)
    items = _rated(items, rates.filter(pl.col("method") == chosen.method), chosen, scenarios)
    items = _allowed(items)
    code, factor = seen.settings.currency, float(minor_factor(seen.settings.currency))
    base, translated = base_of(seen, items, factor, day, left_out=kinds_left_out(chosen))
    frames = {
        "matrix": matrix_of(items, factor),
        "items": in_major(items.with_columns(billed_minor="billed", open_minor="open"), factor).drop(
            "tax_known", "recovery_stated", "own_rate", "later_left_out"
        ),
        "written_off": written_until(seen),
        "specific": specific_of(items, impairing_events(seen, chosen), chosen.past_due_days, factor),
        "overlay": overlay_of(items, scenarios, factor),
        "rates": rates.with_columns(pl.col("observed") / factor),
        "base": base,
        "dilution": dilution_of(items, rates.filter(pl.col("method") == "cohort"), factor),
    }
    totals = {name: float(items[name].sum()) / factor for name in ("allowance", "gross")}
    own = _forecast(items.with_columns(pl.col("own_rate").fill_null(0.0)), "own_rate", scenarios)
    ends: dict[str, Any] = {
        end: float(_allowed(_forecast(items, end, scenarios))["allowance"].sum()) / factor for end in ("low", "high")
    }
    published = float((items["allowance"] * items["published_share"]).sort().sum()) / factor
    own_alone = float(_allowed(own)["allowance"].sum()) / factor
    return Provision(
        as_of=day,
        standard=chosen.standard,
        currency=code,
        settings=chosen,
        total=totals["allowance"],
        gross=totals["gross"],
        **ends,
        published=published,
        own_alone=own_alone,
        **{name: given_out(frame, output) for name, frame in frames.items()},
        contested=contested_choices(
            chosen, items, seen, as_of=day, diluted=float(frames["dilution"]["expected"].fill_null(0.0).sum())
        ),
        notes=(
            *rests_on(
                totals["allowance"],
                published=published,
                own_alone=own_alone,
                currency=code,
                why=why_published(rates, chosen),
                outside=lost_outside(seen, rates, chosen, as_of=day),
            ),
            *notes_of(chosen, items, rates, months=months, judged=judged, taken=taken),
            *strangers(chosen, items, seen),
        ),
        scenarios=scenarios,
        translated=translated,
    )


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


def _rated(
    items: pl.DataFrame, rates: pl.DataFrame, settings: ProvisionSettings, scenarios: tuple[Scenario, ...]
) -> pl.DataFrame:
    """Give every item the rate of its segment and state; that of a segment never seen is the whole's."""
    told = ("historical_rate", "low", "high", "own_rate", "published_share", "rate_source")
    kept = rates.rename({"rate": "historical_rate", "source": "rate_source"}).select("segment", "state", *told)
    whole = kept.filter(pl.col("segment") == WHOLE).drop("segment")
    given = (
        items.join(kept, on=["segment", "state"], how="left", maintain_order="left")
        .join(whole, on="state", how="left", maintain_order="left", suffix="_whole")
        .with_columns(pl.coalesce(name, f"{name}_whole").alias(name) for name in told)
        .select(*items.columns, *told)
    )
    shares = pl.DataFrame(
        {"customer_id": list(settings.recovery), "recovery_stated": list(settings.recovery.values())},
        schema={"customer_id": pl.String, "recovery_stated": pl.Float64},
    )
    given = given.join(shares, on="customer_id", how="left", maintain_order="left")
    stated = (pl.col("state") == IMPAIRED) & pl.col("recovery_stated").is_not_null()
    given = given.with_columns(
        *(
            pl.when(stated).then(1 - pl.col("recovery_stated")).otherwise(name).alias(name)
            for name in ("historical_rate", "low", "high", "own_rate")
        ),
        rate_source=pl.when(stated).then(pl.lit("stated")).otherwise("rate_source"),
        published_share=pl.when(stated).then(0.0).otherwise("published_share"),
    )
    if settings.standard == "cecl" and settings.zero_loss:
        free = pl.col("customer_id").is_in(list(settings.zero_loss)) & (pl.col("state") != IMPAIRED)
        given = given.with_columns(
            state=pl.when(free).then(pl.lit(NO_LOSS)).otherwise("state"),
            rate_source=pl.when(free).then(pl.lit("stated")).otherwise("rate_source"),
            **{name: pl.when(free).then(0.0).otherwise(name) for name in told[:-1]},
        )
    return _forecast(given, "historical_rate", scenarios)


def _forecast(items: pl.DataFrame, name: str, scenarios: tuple[Scenario, ...]) -> pl.DataFrame:
    """Set the ``rate`` that the scenarios make of the historical rates of a column.

    A credit-impaired item is assessed by itself: the forecast moves the pool, not what is already in default.
    """
    weighted = weighted_rates(items[name].to_numpy(), scenarios)
    return items.with_columns(rate=pl.when(pl.col("state") == IMPAIRED).then(name).otherwise(pl.Series(weighted)))


def _allowed(items: pl.DataFrame) -> pl.DataFrame:
    """Share the allowance of each cell out over its items: of a specific provision the cell is the customer."""
    cell = pl.when(pl.col("state") == IMPAIRED).then("customer_id").otherwise(pl.lit(""))
    ordered = items.with_columns(cell=cell).sort("segment", "state", "cell", "customer_id", "due_date", "document_id")
    number = pl.struct("segment", "state", "cell").rle_id()
    places = ordered.select(number=number)["number"].to_numpy()
    exposed, rate = ordered["exposed"].to_numpy(), ordered["rate"].to_numpy()
    allowance = np.zeros(ordered.height)
    for start, stop in _runs(places):
        allowance[start:stop] = shared_out(exposed[start:stop], rate[start])
    return ordered.with_columns(allowance=pl.Series(allowance).cast(pl.Int64)).drop("cell")


def _runs(places: Any) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(places, prepend=-1, append=-1))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
