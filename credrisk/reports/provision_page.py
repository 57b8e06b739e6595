"""The provision on one page: the matrix, why it moved, whether past ones were enough, and what an auditor will ask."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from credrisk.frames import as_polars
from credrisk.portfolio.provision.backtest import Backtest
from credrisk.portfolio.provision.disclosure import LINES_IN_WORDS
from credrisk.portfolio.provision.in_default import IN_POOL
from credrisk.portfolio.provision.movement import LINES
from credrisk.portfolio.provision.overlay import weighted_rates
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE, state_in_words
from credrisk.portfolio.provision.published import IMPAIRED as IMPAIRED_PRIOR
from credrisk.portfolio.provision.published import prior_rates
from credrisk.reports.charts import (
    Chart,
    Size,
    loss_rate_chart,
    provision_backtest_chart,
    provision_movement_chart,
)
from credrisk.reports.months import day_in_words
from credrisk.reports.page import drawn, rendered
from credrisk.reports.provision_ends import ends_in_words
from credrisk.reports.provision_pack import STANDARDS, ProvisionPack, impaired_share
from credrisk.reports.provision_tables import tables_of
from credrisk.reports.style import short_money, truncated
from credrisk.wording import counted, percent

__all__ = ["provision_charts", "provision_headline", "provision_page"]

LONGEST = 2_000
"""Characters of one sentence."""

Drawing = tuple[str, str, Callable[[], Chart]]
WIDE = Size(760, 250, titled=False)
TALL = Size(760, 330, titled=False)


def provision_headline(pack: ProvisionPack) -> list[tuple[str, str, str]]:
    """Return the key figures: label, figure, what it rests on."""
    found, money = pack.found, pack.found.currency
    share = percent(found.total / found.gross, 2) if found.gross else "–"
    figures = [
        ("Loss allowance", pack.exact(found.total), f"{money}, {STANDARDS[found.standard]}"),
        ("Of the gross amount", share, f"of {short_money(found.gross, money)} provided for"),
        (
            "Range",
            f"{short_money(found.low, money)} to {short_money(found.high, money)}",
            "all loss rates at the ends of their 95 % intervals",
        ),
        (
            "Specific",
            percent(impaired_share(pack)),
            f"of the allowance, on {counted(found.specific.height, 'credit-impaired customer')}{_others(pack)}",
        ),
    ]
    if round(found.published, 2):
        figures.append(
            (
                "From published rates",
                percent(found.published / found.total, 1),
                f"of the allowance; own rates alone give {short_money(found.own_alone, money)}",
            )
        )
    if pack.movement is not None:
        since = f"since {pack.movement.opening_on.isoformat()}"
        figures.append(("Charged", pack.exact(pack.movement.charge), f"{money} to profit or loss {since}"))
    if pack.backtest is not None:
        last = pack.backtest.dates.sort("as_of").tail(1)
        if last.height and last["ratio"][0] is not None:
            figures.append(("Last provision judged", f"{last['ratio'][0]:.2f}", _judged_over(pack.backtest)))
    return figures


def _others(pack: ProvisionPack) -> str:
    pooled = any(choice.subject == IN_POOL for choice in pack.found.contested)
    return "; customers in default by the run are in the pool" if pooled else ""


def _judged_over(tested: Backtest) -> str:
    """Say over which days past provisions are judged, and what the other days would make of it."""
    dates = tested.dates
    said = [f"times what was then lost: of {dates['as_of'].max()}"]
    own = dates.filter(pl.col("own_month_ends") > 0)
    if own.height > 1 or own.height not in (0, dates.height):
        whole = "days" if own.height == dates.height else "with own rates"
        said.append(f"{_ratio(own)} over the {own.height} {whole}")
    if own.height < dates.height:
        said.append(f"{_ratio(dates)} over all {dates.height}, the others by published rates")
    return "; ".join(said)


def _ratio(days: pl.DataFrame) -> str:
    lost = float(days["outcome"].sum())
    return f"{float(days['allowance'].sum()) / lost:.2f}" if lost > 0 else "no loss"


def provision_charts(pack: ProvisionPack, *, matrix: Size = WIDE, others: Size = TALL) -> dict[str, Drawing]:
    """Return how each chart is drawn, by its key: name, subject and a function that draws it."""
    found, movement, tested = pack.found, pack.movement, pack.backtest
    drawings: dict[str, Drawing] = {
        "rates": ("rates", "Loss rates", lambda: _rates_chart(pack, matrix)),
    }
    if movement is not None:
        amounts = dict(movement.table.select("line", "total").iter_rows())
        lines = [(LINES_IN_WORDS[line], amounts[line]) for line in LINES]
        drawings["movement"] = (
            "movement",
            "Movement",
            lambda: provision_movement_chart(
                lines,
                currency=found.currency,
                opening_on=movement.opening_on,
                closing_on=movement.closing_on,
                size=others,
            ),
        )
    if tested is not None:
        drawings["backtest"] = (
            "backtest",
            "Past provisions",
            lambda: provision_backtest_chart(tested.dates, currency=found.currency, size=others),
        )
    return drawings


def _rates_chart(pack: ProvisionPack, size: Size) -> Chart:
    """Draw the rates by segment; of a single pool by method, with the published ones below."""
    found, states = pack.found, [*pack.found.settings.buckets, IMPAIRED]
    rates = found.rates
    if found.settings.segment_by != "none":
        mine = rates.filter(pl.col("method") == found.settings.method)
        names = [WHOLE, *sorted(set(found.matrix["segment"].to_list()))]
        rows = [(name, _in_order(mine.filter(pl.col("segment") == name), states)) for name in names]
        rows = [(name, row) for name, row in rows if any(rate is not None for rate in row)]
    else:
        words = {"cohort": "cohorts", "roll_rate": "roll rates"}
        order = sorted(words, key=lambda method: method != found.settings.method)
        rows = [
            (
                words[method] + (" (used)" if method == found.settings.method else ""),
                _in_order(rates.filter(pl.col("method") == method), states),
            )
            for method in order
        ]
        rows.append(("published", [prior.rate for prior in (*prior_rates(found.settings.edges), IMPAIRED_PRIOR)]))
    exposed = as_polars(found.items, "items").filter(pl.col("exposed") > 0)["state"].cast(pl.String).unique()
    used = rates.filter((pl.col("method") == found.settings.method) & (pl.col("segment") == WHOLE))
    told = pl.col("state").cast(pl.String).is_in(exposed.implode()) | pl.lit(exposed.is_empty())
    shares = used.filter(pl.col("rate").is_not_null() & told)["published_share"].to_list()
    columns = [state_in_words(state) for state in states]
    return loss_rate_chart(
        rows,
        columns=columns,
        published=shares,
        applied=_applied(pack, rows[0][1]),
        holding=[state_in_words(state) for state in exposed],
        size=size,
    )


def _applied(pack: ProvisionPack, rates: list[float | None]) -> list[float | None]:
    """Return rates as the forecast leaves them, the last (of the impaired) as it is; nothing where it moves none."""
    pooled = np.array([np.nan if rate is None else rate for rate in rates[:-1]])
    weighted = weighted_rates(pooled, pack.found.scenarios)
    if not pack.found.scenarios or np.allclose(weighted, pooled, rtol=1e-9, equal_nan=True):
        return []
    return [*(None if np.isnan(rate) else float(rate) for rate in weighted), rates[-1]]


def _in_order(rates: pl.DataFrame, states: list[str]) -> list[float | None]:
    known = dict(rates.select("state", "rate").iter_rows())
    return [known.get(state) for state in states]


def provision_page(pack: ProvisionPack) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    found = pack.found
    drawings = provision_charts(pack)
    plates = dict(zip(drawings, drawn(*drawings.values()), strict=True))
    tables, parts = tables_of(pack), (pack.comparison, pack.backtest)
    notes = [*found.notes, *(note for part in parts if part is not None for note in part.notes)]
    return rendered(
        "provision.html",
        currency=found.currency,
        unit=found.currency,
        title=pack.title,
        as_of=day_in_words(found.as_of),
        standard=STANDARDS[found.standard],
        headline=provision_headline(pack),
        plates=plates,
        tables=tables,
        notes_of=[key for key in tables if key.startswith("note_")],
        contested=found.contested,
        why=ends_in_words(pack),
        movement_notes=[truncated(note, LONGEST) for note in (pack.movement.notes if pack.movement else ())],
        notes=[truncated(note, LONGEST) for note in notes],
        statements=[truncated(sentence, LONGEST) for sentence in pack.statements],
        settings=[(label, truncated(text, LONGEST)) for label, text in pack.settings.items()],
    )
