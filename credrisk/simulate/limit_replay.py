"""What a vector of credit limits would have earned and lost in a simulated year, lost sales counted.

Day by day and customer by customer: payments of the day come in first; then each shipment passes if the balance and its
amount do not exceed the limit, else the sale is lost for good. A shipment is what one order has delivered on one day,
so an order in two deliveries is decided twice, and three instalments of one delivery once. What passes is paid on the
days on which it was paid in the simulation, whatever else was turned away. A customer that fails pays nothing from that
day on and is delivered to for as long as nobody notices, limit permitting; its true share of what is then open is lost.
The balance of the day of the decision is sunk: it takes up limits, but neither earns nor loses here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.simulate.clock import NEVER, Flags, Floats, Ints
from credrisk.simulate.limit_timeline import Timeline
from credrisk.simulate.shipments import Fates, Year, simulated_year

if TYPE_CHECKING:
    from credrisk.simulate.simulator import Simulation

__all__ = ["Economics", "Replay", "limits_of", "replay", "replay_limits", "with_failures"]

DAYS_IN_YEAR = 365.0


@dataclass(frozen=True)
class Economics:
    """What a sale earns and what a lost balance costs.

    Attributes
    ----------
    margin
        Share of what is paid: one number, or (n,) by customer.
    cost_of_funds
        A year, on the open balance.
    loss_share
        What a lost unit of balance costs: 1 on the basis of the invoice, 1 - margin on that of cost, less tax relief.
    lgd_covered
        Share lost of the part of a balance that cover pays.
    """

    margin: float | Floats
    cost_of_funds: float
    loss_share: float | Floats
    lgd_covered: float


@dataclass(frozen=True)
class Replay:
    """What came of each customer under each vector of limits: arrays (n, rules) in major units.

    ``demand = accepted + lost_sales`` and ``accepted = paid + credited + open_at_end + lost_balance``;
    ``profit = margin x paid - loss - funding``.

    Attributes
    ----------
    accepted, lost_sales
        Shipments that passed and that did not.
    paid, credited
        Settled within the year by cash, and by credit notes, discounts and deductions.
    open_at_end
        Neither settled nor lost when the year ends: earns nothing yet.
    lost_balance
        Open of a failed customer, before recoveries.
    loss
        What that costs: after recoveries and cover, times the loss share.
    funding
        Cost of the funds tied up in open shipments, until the failure at most.
    """

    customer_id: list[str]
    accepted: Floats
    lost_sales: Floats
    paid: Floats
    credited: Floats
    open_at_end: Floats
    lost_balance: Floats
    loss: Floats
    funding: Floats
    profit: Floats

    def frame(self, rule: int = 0) -> pl.DataFrame:
        """Return the figures under one vector, one row a customer."""
        names = [name for name in self.__dataclass_fields__ if name != "customer_id"]
        columns = {name: getattr(self, name)[:, rule] for name in names}
        return pl.DataFrame({"customer_id": self.customer_id, **columns}, schema_overrides={"customer_id": pl.String})


def replay_limits(
    simulation: Simulation, limits: pl.DataFrame, *, as_of: date, months: int = 12, economics: Economics
) -> pl.DataFrame:
    """Replay the months after ``as_of`` under ``limits``: realised and true expected figures by customer.

    Parameters
    ----------
    simulation
        Run without a scenario, and best for some months beyond the replayed ones.
    limits
        ``customer_id, limit`` in major units of the ledger's currency; who is not named has none (0).
    as_of
        Last day of a covered month.

    Returns
    -------
    polars.DataFrame
        One row per customer opened by ``as_of``: what :class:`Replay` says, ``expected_profit`` and
        ``expected_loss`` over the failures that might have come
        (:func:`~credrisk.simulate.limit_truth.expected_under_truth`).

    Raises
    ------
    ParameterError
        When the year is not within the simulation.
    """
    from credrisk.simulate.limit_truth import expected_under_truth

    ends = date.fromisoformat(simulation.settings["covers_to"])
    year, _ = simulated_year(simulation, as_of=as_of, months=months)
    if (ends - as_of).days < year.last_day:
        raise ParameterError("months", f"a year that ends by {ends.isoformat()}", months)
    vector = limits_of(year, limits)[:, None]
    realised = replay(year, vector, economics)
    expected = expected_under_truth(year, vector, economics)
    return realised.frame().with_columns(
        expected_profit=pl.Series(expected.profit[:, 0]), expected_loss=pl.Series(expected.loss[:, 0])
    )


def limits_of(year: Year, limits: pl.DataFrame) -> Floats:
    """Return the limits of a frame (customer_id, limit) in the order of the year's customers; 0 where none is given."""
    if limits["customer_id"].is_duplicated().any():
        raise DataError("a customer has several limits.", table="limits", columns=["customer_id"])
    rows = pl.DataFrame({"customer_id": year.customer_id}, schema={"customer_id": pl.String})
    joined = rows.join(limits.select("customer_id", "limit"), on="customer_id", how="left", maintain_order="left")
    return joined["limit"].cast(pl.Float64).fill_nan(None).fill_null(0.0).to_numpy()


def with_failures(year: Year, fates: Fates) -> Year:
    """Return the year as the failures leave it: nothing is paid from the failure on, and soon nothing delivered."""
    day, customer = year.shipments.day, year.shipments.customer
    shipped = day <= fates.delivered_until[customer]
    number = np.where(shipped, np.cumsum(shipped) - 1, NEVER)
    payments = year.payments
    made = payments.day < fates.failed[payments.customer]
    row = np.where(payments.shipment >= 0, number[payments.shipment], -1)
    payments = replace(payments, shipment=row).take(made & (row < NEVER))
    return replace(year, shipments=year.shipments.take(shipped), payments=payments, fates=fates)


def replay(year: Year, limits: npt.ArrayLike, economics: Economics) -> Replay:
    """Replay a year with the failures that came.

    Parameters
    ----------
    limits
        (n, rules) in major units, in the order of ``year.customer_id``.
    """
    real = with_failures(year, year.fates)
    passed = Timeline.of(real).passed(limits)
    shipments, payments = real.shipments, real.payments
    n, size, last = len(real.customer_id), len(shipments), real.last_day
    ends = np.clip(np.minimum(last, real.fates.failed)[shipments.customer], shipments.day, None)
    new = payments.take((payments.shipment >= 0) & (payments.day <= last))
    paid, credited = (
        np.bincount(new.shipment[kind], new.cents[kind], minlength=size).astype(float) for kind in (new.cash, ~new.cash)
    )
    # Money-days of a shipment from its delivery to its payments, to the failure or to the end.
    carried = shipments.cents * (ends - shipments.day).astype(float)
    carried -= np.bincount(new.shipment, new.cents * (ends[new.shipment] - new.day).clip(0), minlength=size)
    rest = shipments.cents - paid - credited
    fails = real.fates.failed[shipments.customer] <= last

    def summed(value: Floats) -> Floats:
        return _by_customer(shipments.customer, value, passed, n) / 100

    demand = np.bincount(shipments.customer, shipments.cents, minlength=n)[:, None] / 100
    taken, cash = summed(shipments.cents.astype(float)), summed(paid)
    lost_balance = summed(np.where(fails, rest, 0.0))
    share = np.broadcast_to(economics.loss_share, n)[:, None]
    loss = share * _lost(real, lost_balance, economics)
    funding = summed(carried) * economics.cost_of_funds / DAYS_IN_YEAR
    margin = np.broadcast_to(economics.margin, n)[:, None]
    return Replay(
        customer_id=real.customer_id,
        accepted=taken,
        lost_sales=demand - taken,
        paid=cash,
        credited=summed(credited),
        open_at_end=summed(np.where(fails, 0.0, rest)),
        lost_balance=lost_balance,
        loss=loss,
        funding=funding,
        profit=margin * cash - loss - funding,
    )


def _by_customer(customer: Ints, value: Floats, passed: Flags, n: int) -> Floats:
    """Sum ``value`` of the shipments that passed, by customer and rule."""
    sums = np.empty((n, passed.shape[1]))
    for rule in range(passed.shape[1]):
        sums[:, rule] = np.bincount(customer, value * passed[:, rule], minlength=n)
    return sums


def _lost(year: Year, balance: Floats, economics: Economics) -> Floats:
    """Return what the new balance adds to the loss: old items come first under the cover."""
    fates = year.fates
    old = year.opening.astype(float)
    run_off = year.payments.shipment < 0
    np.subtract.at(old, year.payments.customer[run_off], year.payments.cents[run_off])
    month = np.clip(np.searchsorted(year.month_starts, fates.failed, side="right") - 1, 0, year.insured.shape[1] - 1)
    insured = year.insured[np.arange(len(old)), month] / 100
    covered = np.clip(insured - old / 100, 0, None)[:, None]
    lgd = np.nan_to_num(fates.lgd)[:, None]
    within = np.minimum(balance, covered)
    return economics.lgd_covered * within + lgd * (balance - within)
