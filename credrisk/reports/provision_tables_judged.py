"""The tables that hold the provision against something else: its opening, past losses, the probabilities of a run."""

from __future__ import annotations

import polars as pl

from credrisk.portfolio.provision.against_pd import PdComparison
from credrisk.portfolio.provision.backtest import Backtest
from credrisk.portfolio.provision.disclosure import LINES_IN_WORDS
from credrisk.portfolio.provision.movement import LINES, Movement
from credrisk.portfolio.provision.pool import state_in_words
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.provision_pack import (
    CODE,
    CUSTOMERS_SHOWN,
    NOTHING,
    ProvisionPack,
    last_rows,
    serving,
    upper,
)
from credrisk.reports.style import truncated
from credrisk.wording import counted

__all__ = ["backtest_tables", "comparison_tables", "journal_table", "movement_table"]

METHODS = {
    "chosen": "The provision",
    "plain_matrix": "Own rates without a prior",
    "roll_rates": "Roll rates",
    "flat": "One flat rate",
}


def movement_table(pack: ProvisionPack, movement: Movement) -> ShortTable:
    """Return the lines of the movement that are not 0, and the charge below them."""
    amounts = {row["line"]: row for row in movement.table.iter_rows(named=True)}
    rows = [
        (LINES_IN_WORDS[line], *(pack.exact(amounts[line][part]) for part in ("pool", "specific", "total")))
        for line in LINES
        if line in ("opening", "closing") or any(amounts[line][part] for part in ("pool", "specific", "total"))
    ]
    rows.append(("Charged to profit or loss", "", "", pack.exact(movement.charge)))
    days = f"{movement.opening_on} to {movement.closing_on}"
    title = f"Movement of the allowance, {days} ({pack.found.currency}){serving(pack, 'reconciliation')}"
    return ShortTable(title, ("Line", "Pool", "Specific", "Total"), tuple(rows), (1, 2, 3), last_rows(rows, 2))


def journal_table(pack: ProvisionPack, journal: pl.DataFrame) -> ShortTable:
    """Return the journal entry with its sums."""
    rows = [
        (
            row["account"],
            upper(row["role"].replace("_", " ")),
            row["text"],
            pack.exact(row["debit"]) if row["debit"] else "",
            pack.exact(row["credit"]) if row["credit"] else "",
        )
        for row in journal.iter_rows(named=True)
    ]
    rows.append(("", "", "Sum", pack.exact(float(journal["debit"].sum())), pack.exact(float(journal["credit"].sum()))))
    return ShortTable(
        f"Journal entry ({pack.found.currency})",
        ("Account", "Role", "Text", "Debit", "Credit"),
        tuple(rows),
        (3, 4),
        last_rows(rows),
    )


def backtest_tables(pack: ProvisionPack, tested: Backtest) -> dict[str, ShortTable]:
    """Return past provisions against what was lost by day, by method and by bucket."""

    def ratio(value: float | None) -> str:
        return NOTHING if value is None else f"{value:.2f}"

    dates = tuple(
        (
            str(row["as_of"]),
            "published" if row["own_month_ends"] == 0 else counted(row["own_month_ends"], "month-end"),
            *(pack.exact(row[name]) for name in ("balance", "allowance", "lost", "still_open_loss", "outcome")),
            ratio(row["ratio"]),
            "yes" if row["within"] else "no",
        )
        for row in tested.dates.iter_rows(named=True)
    )
    buckets = tuple(
        (
            upper(state_in_words(row["state"])),
            *(pack.exact(row[name]) for name in ("balance", "allowance", "outcome")),
            ratio(row["ratio"]),
            pack.exact(row["error"]),
        )
        for row in tested.buckets.iter_rows(named=True)
    )
    methods = tuple(
        (
            METHODS[row["method"]],
            *(pack.exact(row[name]) for name in ("allowance", "outcome")),
            ratio(row["ratio"]),
            pack.exact(row["error"]),
        )
        for row in tested.methods.iter_rows(named=True)
    )
    code = pack.found.currency
    return {
        "backtest": ShortTable(
            f"Past provisions and what was lost in the {tested.window_months} months after ({code})",
            (
                "As of",
                "Rates from",
                "Balance",
                "Allowance",
                "Lost",
                "Of what is still open",
                "Outcome",
                "Ratio",
                "In the interval",
            ),
            dates,
            (2, 3, 4, 5, 6, 7),
        ),
        "backtest_methods": ShortTable(
            f"The same by other methods, over the days with own evidence ({code})",
            ("Method", "Allowances", "Outcomes", "Ratio", "Mean absolute error"),
            methods,
            (1, 2, 3, 4),
        ),
        "backtest_buckets": ShortTable(
            f"The same by bucket ({code})",
            ("Bucket", "Balances", "Allowances", "Outcomes", "Ratio", "Mean absolute error"),
            buckets,
            (1, 2, 3, 4, 5),
        ),
    }


def comparison_tables(pack: ProvisionPack, compared: PdComparison) -> dict[str, ShortTable]:
    """Return the bridge to PD x LGD x EAD and the largest differences by customer."""
    words = {
        "pd_lgd_ead": "PD x LGD x EAD over the life of the items",
        "level": "Loss rate of the bucket against its mean PD x LGD",
        "specific": "Credit-impaired, provided for by themselves",
        "no_probability": "Customers without a probability",
        "matrix": "Allowance by the matrix",
    }
    lines = tuple(
        (
            words[row["line"]] + (f": {state_in_words(row['state'])}" if row["line"] == "level" else ""),
            pack.exact(row["amount"]),
        )
        for row in compared.lines.iter_rows(named=True)
        if row["amount"] or row["line"] in ("pd_lgd_ead", "matrix")
    )
    customers = tuple(
        (
            truncated(row["customer_id"], CODE),
            pack.named(row["customer_id"]),
            *(pack.exact(row[name]) for name in ("exposed", "allowance", "expected_loss", "difference")),
            NOTHING if row["life_days"] is None else f"{row['life_days']:.0f}",
            row["reason"],
        )
        for row in compared.customers.head(CUSTOMERS_SHOWN).iter_rows(named=True)
    )
    code = pack.found.currency
    return {
        "pd_lines": ShortTable(f"Against PD x LGD x EAD ({code})", ("Line", code), lines, (1,), last_rows(lines)),
        "pd_customers": ShortTable(
            f"The largest differences by customer ({code})",
            ("Customer", "Name", "Exposed", "Matrix", "PD x LGD x EAD", "Difference", "Life in days", "Why"),
            customers,
            (2, 3, 4, 5, 6),
        ),
    }
