"""The tables of the notes to the accounts: exposure by bucket, movement, write-offs, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.frames import as_polars, check_output, given_out
from credrisk.portfolio.provision.leaning import ALL_OF_IT, why_published
from credrisk.portfolio.provision.loss_rates import PRIOR_CASES
from credrisk.portfolio.provision.movement import Movement
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE, state_in_words
from credrisk.portfolio.provision.provide import Provision
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.wording import counted, money, percent

__all__ = ["LINES_IN_WORDS", "Note", "provision_disclosure"]


@dataclass(frozen=True)
class Note:
    """One table of the notes: its key, title, the paragraph that asks for it, and the rows."""

    key: str
    title: str
    paragraph: str
    table: Any


def provision_disclosure(
    found: Provision, *, movement: Movement | None = None, output: str = "pandas"
) -> tuple[tuple[Note, ...], tuple[str, ...]]:
    """Return the tables of the notes and the sentences on methods and assumptions.

    Parameters
    ----------
    found
        The provision of the balance sheet date.
    movement
        From the last balance sheet date; without it the tables of the movement are left out.

    Returns
    -------
    tuple
        Tables (IFRS 7 35M-35N, 35H, 35I, what was written off and recovered; ASC 326-20-50-13 and the ageing schedule)
        and sentences (IFRS 7 35F-35G; ASC 326-20-50-11). What the ledger cannot tell (how management came to its
        forecast, what collateral is worth, what of the written off is still enforced: 35L) is not written for you.
    """
    check_output(output)
    ifrs = found.standard == "ifrs9"
    notes = [_exposure(found, ifrs, output)]
    if movement is not None:
        notes += _moved(movement, ifrs, output)
    return tuple(notes), _sentences(found, ifrs)


def _exposure(found: Provision, ifrs: bool, output: str) -> Note:
    matrix = as_polars(found.matrix, "matrix")
    table = matrix.select(
        pl.col("segment").cast(pl.String),
        bucket=pl.col("state").cast(pl.String).map_elements(state_in_words, return_dtype=pl.String),
        gross="gross",
        loss_rate=pl.when(pl.col("gross") > 0).then(pl.col("allowance") / pl.col("gross")),
        allowance="allowance",
        credit_impaired=pl.col("state").cast(pl.String) == IMPAIRED,
    )
    title = "Exposure to credit risk by days past due" if ifrs else "Ageing schedule of the allowance"
    paragraph = "IFRS 7.35M-35N, B8I" if ifrs else "ASC 326-20-55-37 to 55-40"
    return Note("exposure", title, paragraph, given_out(table, output))


def _moved(movement: Movement, ifrs: bool, output: str) -> list[Note]:
    table, gross = as_polars(movement.table, "movement"), as_polars(movement.gross, "movement")
    amounts = dict(table.select("line", "total").iter_rows())
    if not ifrs:
        rows = [
            ("Beginning balance", amounts["opening"]),
            ("Current-period provision for expected credit losses", movement.charge),
            ("Write-offs charged against the allowance", amounts["write_offs"]),
            ("Recoveries of amounts previously written off", amounts["recoveries"]),
            *([("Write-offs taken back", amounts["taken_back"])] if amounts["taken_back"] else []),
            ("Foreign currency", amounts["currency"]),
            ("Ending balance", amounts["closing"]),
        ]
        frame = pl.DataFrame(rows, schema={"line": pl.String, "amount": pl.Float64}, orient="row")
        return [Note("rollforward", "Rollforward of the allowance", "ASC 326-20-50-13", given_out(frame, output))]
    taken_back = [("Of earlier write-offs taken back without cash", amounts["taken_back"])]
    written = pl.DataFrame(
        [
            ("Written off in the period", -amounts["write_offs"]),
            ("Of it still subject to enforcement (IFRS 7.35L): the ledger does not tell", None),
            *(taken_back if amounts["taken_back"] else []),
            ("Recovered of what was written off, in profit or loss", movement.recovered),
        ],
        schema={"line": pl.String, "amount": pl.Float64},
        orient="row",
    )
    words = table.with_columns(line=pl.col("line").replace_strict(LINES_IN_WORDS, return_dtype=pl.String))
    # Without fee notes that the choices take in or leave out nobody asks for their line.
    carried = gross.filter((pl.col("line") != "new_matrix") | (pl.col("amount") != 0))
    carried = carried.with_columns(line=pl.col("line").replace_strict(GROSS_IN_WORDS, return_dtype=pl.String))
    return [
        Note("reconciliation", "Movement of the loss allowance", "IFRS 7.35H", given_out(words, output)),
        Note(
            "gross",
            "Movement of the gross carrying amount",
            "IFRS 7.35I; raised and paid within the period: in no line",
            given_out(carried, output),
        ),
        Note(
            "written_off",
            "Written off and recovered",
            "what was written off: IFRS 7.35I(c)",
            given_out(written, output),
        ),
    ]


LINES_IN_WORDS = {
    "opening": "Opening",
    "currency": "Exchange differences",
    "new": "New items",
    "settled": "Paid or credited",
    "write_offs": "Written off",
    "recoveries": "Recoveries",
    "taken_back": "Write-offs taken back",
    "transfer": "Moved to specific provisions",
    "losses_beyond": "Losses beyond the provision, opening items",
    "losses_new": "Losses on items not open at the opening",
    "less_recovered": "Recovered and taken back, off the charge",
    "exposure": "Change of credits, disputes, cover and tax",
    "moved_bucket": "Items in other buckets, at the opening rates",
    "new_rates": "Change of past loss rates and stated recoveries",
    "new_matrix": "Change of the matrix and other choices",
    "forecast": "Change of the forecast",
    "closing": "Closing",
}
GROSS_IN_WORDS = LINES_IN_WORDS | {
    "new": "New items, still open or written off",
    "settled": "Opening items, paid or credited",
    "new_matrix": "Fee notes, taken in or left out by choice",
}


def _sentences(found: Provision, ifrs: bool) -> tuple[str, ...]:
    chosen = found.settings
    approach = (
        "Lifetime expected credit losses by the simplified approach, with a provision matrix (IFRS 9 5.5.15, B5.5.35)."
        if ifrs
        else "Expected credit losses over the contractual term, by an ageing schedule of pools (ASC 326-20)."
    )
    window = counted(chosen.observation_months, "month")
    method = (
        f"Own loss rates come from {counted(found.month_ends, 'month-end')} of the ledger within the last "
        f"{chosen.history_months} months, each followed for {window}: what was written off, less recoveries, over what "
        "was open; what is still open is lost as its bucket is."
        if chosen.method == "cohort"
        else f"Own loss rates come from month-to-month roll rates of {counted(found.month_ends, 'month-end')} within "
        f"the last {chosen.history_months} months, by item."
    )
    buckets = f"Buckets end at {', '.join(map(str, chosen.edges))} days past the original due date."
    pooled = (
        "One pool."
        if chosen.segment_by == "none"
        else f"Pools by {chosen.segment_by.replace('_', ' ')}, each shrunk to the whole where its losses are few."
    )
    forecast = "Forecast: " + "; ".join(
        f"{entry.name} with {percent(entry.probability)}, loss rates times {entry.multiplier:.3g}"
        for entry in found.scenarios
    )
    weighted = f"{forecast}. A rate is capped at 100 % in each scenario before it is weighted."
    elected = (
        ("Elected: current conditions persist over the remaining life (ASU 2025-05).",)
        if chosen.current_conditions_persist and not ifrs
        else ()
    )
    later = (
        (f"Elected: collections until {chosen.later_collections_to} are considered (ASU 2025-05).",)
        if chosen.later_collections_to is not None and not ifrs
        else ()
    )
    reduced = (*_covered(found, ifrs), *_discounted(found, ifrs))
    return (approach, method, *_blended(found), buckets, pooled, _default(chosen), weighted, *reduced, *elected, *later)


def _covered(found: Provision, ifrs: bool) -> tuple[str, ...]:
    """Say how much integral cover takes off what is exposed, where it takes off anything (IFRS 7.35K)."""
    amount = float(as_polars(found.matrix, "matrix")["covered"].sum())
    if not round(amount, 2):
        return ()
    kinds = ", ".join(kind.replace("_", " ") for kind in found.settings.integral)
    paragraph = "IFRS 9 B5.5.55" if ifrs else "ASC 326-20-30-12"
    return (
        f"Integral cover ({kinds}) takes {money(amount, found.currency)} off what is exposed ({paragraph}); no claim "
        "on it is an asset of its own.",
    )


def _discounted(found: Provision, ifrs: bool) -> tuple[str, ...]:
    """Say at which rate what is expected is discounted, and how much that takes off, where a rate is set."""
    chosen, amount = found.settings, float(as_polars(found.matrix, "matrix")["discounting"].sum())
    if not chosen.effective_rate:
        return ()
    which = (
        "all items, from their due date"
        if chosen.financing_component
        else f"items with terms of more than {chosen.over_terms_days} days, from their due date"
    )
    paragraph = "IFRS 9 5.5.17(b)" if ifrs else "ASC 326-20-30-4"
    return (
        f"Discounted at {percent(chosen.effective_rate, 2)} a year ({paragraph}): {which}, which takes "
        f"{money(amount, found.currency)} off what is exposed, and what past losses recovered later.",
    )


def _default(chosen: ProvisionSettings) -> str:
    """Say what makes an item credit-impaired: events of its customer, its age, both or nothing (IFRS 7.35F(b))."""
    events = [name.replace("_", " ") for name in chosen.events]
    latest = " or ".join(filter(None, [", ".join(events[:-1]), *events[-1:]]))
    parts = [f"dated up to their customer's latest {latest}"] if events else []
    parts += [f"{chosen.past_due_days:,} or more days past due"] if chosen.past_due_days else []
    if not parts:
        return "No item is taken for credit-impaired: neither an event nor a number of days past due is set for it."
    return f"Items {' and items '.join(parts)} are credit-impaired and provided for by themselves."


def _blended(found: Provision) -> tuple[str, ...]:
    """Say how much of the allowance rests on published rates, how they come in, and where they are from."""
    if not round(found.published, 2):
        return ()
    matrix, rates = as_polars(found.matrix, "matrix"), as_polars(found.rates, "rates")
    leaning = matrix.filter((pl.col("published_share") > 0) & (pl.col("allowance") > 0))["state"].cast(pl.String)
    used = rates.filter(
        (pl.col("method") == found.settings.method)
        & (pl.col("segment") == WHOLE)
        & pl.col("state").cast(pl.String).is_in(leaning.unique().implode())
    )
    sources = "; ".join(used["prior_source"].unique(maintain_order=True).to_list())
    share = found.published / found.total
    if share >= ALL_OF_IT:
        return (
            f"No own loss rate is behind the allowance, for {why_published(rates, found.settings)}: all of it rests on "
            f"published loss rates. Source: {sources}.",
        )
    return (
        "Where few customers had a loss, own rates are blended with published ones. The own rate weighs "
        f"n / (n + {PRIOR_CASES:.0f}), n the customers with a loss or, if more, those that the published rate expects: "
        f"{percent(share, 1)} of the allowance rests on published loss rates. Source: {sources}.",
    )
