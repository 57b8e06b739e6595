"""What is at stake with each customer and each group today: the exposure waterfall, by the policy's definition.

Open items, plus what is delivered and not invoiced, plus open orders, less unapplied cash and credits, less security.
It ties out to the ledger: ``open_items + tax - unapplied`` is the net balance of :func:`credrisk.portfolio.ageing`, to
the cent in the ledger's currency, and but for the rounding of the single parts where foreign amounts are translated.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.company_group import company_groups_today
from credrisk.decisions.cover_in_force import cover_rows
from credrisk.decisions.inputs import no_negative_zeros
from credrisk.decisions.policy import Policy
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units, minor_factor
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SECURITIES", "exposure_today", "open_orders_today"]

SECURITIES = ("guarantee", "letter_of_credit", "security")
"""Kinds of cover that are held as security; insurance lowers the loss, it is no security."""

COMPONENTS = ("open_items", "tax", "delivered_uninvoiced", "open_orders", "unapplied")


@overload
def exposure_today(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def exposure_today(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["polars"]
) -> pl.DataFrame: ...
def exposure_today(ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: str = "pandas") -> Any:
    """Return the exposure of every account at the end of a day, with the parts it is made of.

    Parameters
    ----------
    ledger
        The ledger; it is cut at ``as_of`` here.
    policy
        Its section ``exposure`` says what counts. The shipped policy where none is given.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row an account that is known by then, sorted by ``customer_id``; money float64 in major units of the
        ledger's currency, each part translated at the rate of the day and never below 0 unless said.

        ``group``: the ultimate parent in force, the account itself where it stands alone. ``open_items``: what is open
        above 0, under a policy ``net_of_tax`` without its tax. ``tax``: the tax left out (may be negative where the
        credits hold more of it), 0 under a gross definition. ``delivered_uninvoiced``: of orders not closed; null
        where only the day of the extract knows it. ``open_orders``: what is not yet delivered of orders not closed;
        before the extract the order's amount less what was invoiced on it, so that it holds the delivered too.
        ``unapplied``: cash not applied and what is open below 0 (negative where more was paid back than received).
        ``security``: what guarantees, letters of credit and collateral in force would pay of it. ``exposure``: the
        parts that the policy counts, not below 0. ``group_exposure``: the sum over the accounts of the group, each
        counted once; credits of one account are not set off against debts of another.

    Raises
    ------
    DataError
        When a currency has no rate on or before the day.

    Examples
    --------
    >>> import credrisk
    >>> ledger = credrisk.Ledger.read("data/sample")
    >>> exposure_today(ledger, as_of="2025-12-31").query("customer_id == 'C001'")["open_items"].item() >= 0
    True
    """
    check_output(output)
    day, policy = to_date(as_of), policy or Policy.default()
    rules, seen = policy.exposure, ledger.cut(day)
    groups = company_groups_today(seen)
    parts = _parts(seen, day, net_of_tax=rules.net_of_tax)
    rows = groups.drop("accounts").join(parts, on="customer_id", how="left", maintain_order="left")
    known = [name for name in COMPONENTS if name != "delivered_uninvoiced"]
    rows = rows.with_columns(pl.col(known).fill_null(0.0), pl.col("undelivered_unknown").fill_null(False))
    counted = pl.col("open_items")
    if rules.delivered_not_invoiced:
        counted = counted + pl.col("delivered_uninvoiced").fill_null(0.0)
    if rules.open_orders:
        counted = counted + pl.col("open_orders")
    if rules.less_unapplied_cash:
        counted = counted - pl.col("unapplied")
    rows = _with_security(rows.with_columns(counted=counted.clip(lower_bound=0)), seen, day)
    exposure = pl.col("counted") - pl.col("security") if rules.less_security else pl.col("counted")
    decimals = len(str(minor_factor(seen.settings.currency))) - 1
    rows = rows.with_columns(
        exposure=exposure.round(decimals),
        delivered_uninvoiced=pl.when(~pl.col("undelivered_unknown")).then(
            pl.col("delivered_uninvoiced").fill_null(0.0)
        ),
    ).with_columns(group_exposure=pl.col("exposure").sum().over("group").round(decimals))
    laid_out = rows.select("customer_id", "group", *COMPONENTS, "security", "exposure", "group_exposure")
    return given_out(no_negative_zeros(laid_out), output)


def open_orders_today(seen: Ledger) -> pl.DataFrame:
    """Return the orders of a cut ledger that are not closed, with what is left of each.

    Returns
    -------
    polars.DataFrame
        ``order_id, customer_id, currency, order_date, requested_delivery, undelivered, delivered`` in Int64 minor
        units of the order's currency, sorted by ``order_id``. Where ``open_amount`` is not known (a day before the
        extract, or no such column), ``undelivered`` is the amount less what was invoiced on the order, not below 0,
        and ``delivered`` is null.
    """
    invoiced = (
        seen.table("documents")
        .filter(pl.col("order_id").is_not_null() & (pl.col("amount") > 0))
        .group_by("order_id")
        .agg(invoiced=pl.col("amount").sum())
    )
    left = (pl.col("amount") - pl.col("invoiced").fill_null(0)).clip(lower_bound=0)
    return (
        seen.table("orders")
        .filter(pl.col("closed_on").is_null())
        .join(invoiced, on="order_id", how="left")
        .select(
            "order_id",
            "customer_id",
            "currency",
            "order_date",
            "requested_delivery",
            undelivered=pl.coalesce("open_amount", left).clip(lower_bound=0),
            delivered=pl.when(pl.col("open_amount").is_not_null()).then(
                pl.col("delivered_uninvoiced").fill_null(0).clip(lower_bound=0)
            ),
        )
        .sort("order_id")
    )


def _parts(seen: Ledger, day: date, *, net_of_tax: bool) -> pl.DataFrame:
    """Return the components by customer in major units of the ledger's currency."""
    taxed = pl.col("tax_amount").fill_null(0) / pl.col("amount")
    share = seen.table("documents").select("document_id", tax_share=pl.when(pl.col("amount") != 0).then(taxed))
    items = (
        item_movements(seen)
        .group_by("document_id", "customer_id", "currency")
        .agg(residual=pl.col("amount").sum())
        .filter(pl.col("residual") != 0)
        .join(share.unique("document_id", keep="first"), on="document_id", how="left")
    )
    tax = (pl.col("residual") * pl.col("tax_share").fill_null(0.0)).round().cast(pl.Int64) if net_of_tax else pl.lit(0)
    owed = pl.col("residual") - pl.col("tax")
    of_items = (
        items.with_columns(tax=tax.cast(pl.Int64))
        .group_by("customer_id", "currency")
        .agg(
            open_items=owed.filter(pl.col("residual") > 0).sum(),
            credits=-owed.filter(pl.col("residual") < 0).sum(),
            tax=pl.col("tax").sum(),
        )
    )
    of_cash = cash_movements(seen).group_by("customer_id", "currency").agg(cash=pl.col("amount").sum())
    of_orders = (
        open_orders_today(seen)
        .group_by("customer_id", "currency")
        .agg(
            open_orders=pl.col("undelivered").sum(),
            delivered_uninvoiced=pl.col("delivered").sum(),
            undelivered_unknown=pl.col("delivered").is_null().any(),
        )
    )
    key = ["customer_id", "currency"]
    wide = of_items.join(of_cash, on=key, how="full", coalesce=True).join(of_orders, on=key, how="full", coalesce=True)
    names = ["open_items", "credits", "tax", "cash", "open_orders", "delivered_uninvoiced"]
    wide = wide.sort(key).with_columns(pl.col(names).fill_null(0), pl.col("undelivered_unknown").fill_null(False))
    rates, days = Rates(seen), pl.repeat(day, wide.height, dtype=pl.Date, eager=True).to_physical().to_numpy()
    codes = wide["currency"].to_numpy()
    translated = wide.with_columns(
        pl.Series(name, rates.translate_rows(wide[name].to_numpy(), codes, days)).cast(pl.Int64) for name in names
    )
    return (
        translated.group_by("customer_id", maintain_order=True)
        .agg(pl.col(names).sum(), pl.col("undelivered_unknown").any())
        .with_columns(currency=pl.lit(seen.settings.currency), unapplied=pl.col("cash") + pl.col("credits"))
        .with_columns(major_units(name, "currency") for name in COMPONENTS)
        .select("customer_id", *COMPONENTS, "undelivered_unknown")
    )


def _with_security(rows: pl.DataFrame, seen: Ledger, day: date) -> pl.DataFrame:
    """Add ``security``: what the securities in force pay of the column ``counted``."""
    decimals = len(str(minor_factor(seen.settings.currency))) - 1
    pays = pl.col("insured_share") * pl.min_horizontal("limit", "counted") - pl.col("deductible")
    held = (
        cover_rows(seen, as_of=day)
        .filter(pl.col("kind").is_in(SECURITIES))
        .join(rows.select("customer_id", "counted"), on="customer_id", how="inner")
        .group_by("customer_id")
        .agg(held=pays.clip(lower_bound=0).sum())
    )
    return rows.join(held, on="customer_id", how="left", maintain_order="left").with_columns(
        security=pl.min_horizontal(pl.col("held").fill_null(0.0), "counted").round(decimals)
    )
