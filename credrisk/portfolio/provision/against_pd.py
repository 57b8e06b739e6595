"""The matrix against PD x LGD x EAD over the life of today's open items, every difference named by customer.

The life of an item is the days until it is expected to be paid, not twelve months: the sales of next year are not on
the balance sheet. Its probability is read off the customer's term structure by constant hazards between the horizons.
The difference splits exactly: the bucket's rate against the mean of PD x LGD in it (level), and that mean against the
customer's own (own risk). Each bucket is rounded to whole minor units and shared out over its items, so that lines and
customers add up to the same total. Specific provisions stand apart, and so do customers without a probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.provision.pool import IMPAIRED, state_in_words
from credrisk.portfolio.provision.provide import Provision
from credrisk.wording import counted, money, percent

__all__ = ["PD_COLUMNS", "PdComparison", "far_apart", "lifetime_pd", "provision_against_pd"]

Array = npt.NDArray[Any]
HORIZONS = {"pd_3m": 3.0, "pd_6m": 6.0, "pd_12m": 12.0}
PD_COLUMNS = ("customer_id", *HORIZONS, "lgd", "expected_days_to_pay")
"""Of the scores of a run, what the comparison needs."""
DAYS_PER_MONTH = 365.25 / 12
SURE = 1 - 1e-12
SMALL = 0.005
"""Half a cent: less is no difference."""


FAR_APART = 3.0
"""Times one figure the other from which on both cannot be about right. A statement."""


@dataclass(frozen=True)
class PdComparison:
    """The allowance by the matrix against PD x LGD x EAD; money in major units of the provision's currency.

    Attributes
    ----------
    lines
        ``line, state, amount`` from ``pd_lgd_ead`` over ``level`` (one a state), ``specific`` and
        ``no_probability`` to ``matrix``; they add up. What customers differ from the mean of their bucket is 0 in all,
        so it is told by customer alone.
    customers
        One row a customer: ``exposed, allowance, expected_loss, difference, level, own_risk, specific, life_days, pd``
        (mean by exposure over its items), ``lgd`` and ``reason`` in words; sorted by the size of the difference.
        ``expected_loss`` and what follows from it are null without a probability.
    notes
        What was not compared, and how to read the rest.
    """

    lines: Any
    customers: Any
    notes: tuple[str, ...]


def lifetime_pd(days: Array, term: Array) -> Array:
    """Return the probability of a bad debt within ``days`` by constant hazards between 3, 6 and 12 months.

    Parameters
    ----------
    days
        Life of each item, shape (n,).
    term
        Probabilities within 3, 6 and 12 months, shape (n, 3); beyond twelve months the last hazard goes on.

    Examples
    --------
    >>> import numpy as np
    >>> float(lifetime_pd(np.array([365.25 / 4]), np.array([[0.01, 0.03, 0.05]]))[0].round(6))
    0.01
    """
    months = days / DAYS_PER_MONTH
    marks = np.array([0.0, *HORIZONS.values()])
    summed = np.hstack([np.zeros((len(days), 1)), -np.log1p(-np.minimum(term, SURE))])
    step = np.clip(np.searchsorted(marks, months, side="right") - 1, 0, len(marks) - 2)
    row = np.arange(len(days))
    slope = (summed[row, step + 1] - summed[row, step]) / (marks[step + 1] - marks[step])
    hazard = summed[row, step] + slope * (months - marks[step])
    found: Array = np.where(term[:, 0] >= SURE, 1.0, -np.expm1(-np.maximum(hazard, 0.0)))
    return found


def provision_against_pd(
    found: Provision, *, scores: Any, days_to_pay: Any = None, output: str = "pandas"
) -> PdComparison:
    """Return how the allowance compares with PD x LGD x EAD over the life of the open items.

    Parameters
    ----------
    found
        The provision.
    scores
        ``customer_id, pd_3m, pd_6m, pd_12m, lgd, expected_days_to_pay`` of a run for the same day.
    days_to_pay
        ``document_id, days`` until each item is expected to be paid; of an item not in it the customer's
        ``expected_days_to_pay`` counts.

    Raises
    ------
    DataError
        When columns are missing, a customer occurs twice or a probability is not between 0 and 1.
    """
    check_output(output)
    given = _checked(as_polars(scores, "scores"))
    items = as_polars(found.items, "items").with_columns(
        pl.col("document_id", "customer_id", "segment", "state").cast(pl.String)
    )
    joined = items.join(given, on="customer_id", how="left", maintain_order="left")
    if days_to_pay is not None:
        days = as_polars(days_to_pay, "days_to_pay").select(
            pl.col("document_id").cast(pl.String), pl.col("days").cast(pl.Float64)
        )
        joined = joined.join(days, on="document_id", how="left", maintain_order="left").with_columns(
            life=pl.coalesce("days", "expected_days_to_pay")
        )
    else:
        joined = joined.with_columns(life="expected_days_to_pay")
    term = joined.select(list(HORIZONS)).fill_null(np.nan).to_numpy()
    life = joined["life"].fill_null(np.nan).to_numpy()
    lgd = joined["lgd"].fill_null(np.nan).to_numpy()
    pd_life = lifetime_pd(np.nan_to_num(np.maximum(life, 0.0)), np.nan_to_num(term))
    # What has happened is certain whatever the life.
    sure = term[:, 0] >= SURE
    known = np.isfinite(term).all(axis=1) & np.isfinite(lgd) & (np.isfinite(life) | sure)
    joined = joined.with_columns(
        known=pl.Series(known), pd=pl.Series(pd_life), loss=pl.Series(pd_life * np.nan_to_num(lgd)) * pl.col("exposed")
    )
    split = _split(joined, float(minor_factor(found.currency)))
    lines = _lines(split)
    customers = _customers(split)
    notes = (*far_apart(customers, found.currency), *_notes(split))
    return PdComparison(given_out(lines, output), given_out(customers, output), notes)


def _checked(scores: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in PD_COLUMNS if name not in scores.columns]
    if missing:
        raise DataError("Columns are missing.", table="scores", columns=missing, remedy="take the scores of a run.")
    given = scores.select(
        pl.col("customer_id").cast(pl.String), *(pl.col(name).cast(pl.Float64) for name in PD_COLUMNS[1:])
    )
    twice = given.filter(pl.col("customer_id").is_duplicated())
    if twice.height:
        ids = twice["customer_id"].unique().sort().to_list()
        raise DataError(
            "A customer occurs twice.", table="scores", rows=twice.height, ids=ids, remedy="keep one of each"
        )
    for name in (*HORIZONS, "lgd"):
        bad = given.filter(~pl.col(name).fill_nan(None).is_between(0, 1))
        if bad.height:
            ids = bad["customer_id"].to_list()
            raise DataError("Not between 0 and 1.", table="scores", columns=[name], rows=bad.height, ids=ids)
    return given.with_columns(pl.col(pl.Float64).fill_nan(None))


def _whole(amount: pl.Expr, factor: float) -> pl.Expr:
    """Return the amounts of a cell in whole minor units that add up to its rounded sum."""
    running = (amount.cum_sum() * factor).round(mode="half_away_from_zero")
    return ((running - running.shift(1, fill_value=0.0)) / factor).over("segment", "state", "known")


def _split(joined: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Add what of each item's difference is the level of its bucket and what is the customer's own risk."""
    compared = pl.col("known") & (pl.col("state") != IMPAIRED)
    joined = joined.with_columns(loss=_whole(pl.when("known").then("loss").otherwise(0.0), factor))
    mean = (
        joined.filter(compared)
        .group_by("segment", "state")
        .agg(mean=pl.col("loss").sort().sum() / pl.col("exposed").sum())
    )
    rows = joined.join(mean, on=["segment", "state"], how="left", maintain_order="left")
    alike = pl.when(compared & (pl.col("exposed") > 0)).then(pl.col("exposed") * pl.col("mean")).otherwise(0.0)
    own = pl.when(compared).then(_whole(alike, factor) - pl.col("loss"))
    difference = pl.when("known").then(pl.col("allowance") - pl.col("loss"))
    return rows.with_columns(own_risk=own.fill_null(0.0), difference=difference, compared=compared).with_columns(
        level=pl.when("compared").then(pl.col("difference") - pl.col("own_risk")).otherwise(0.0),
        specific=pl.when(pl.col("known") & (pl.col("state") == IMPAIRED)).then("difference").otherwise(0.0),
    )


def _lines(split: pl.DataFrame) -> pl.DataFrame:
    known = split.filter("known")
    rows: list[tuple[str, str | None, float]] = [("pd_lgd_ead", None, float(known["loss"].sum()))]
    levels = known.filter("compared").group_by("state").agg(pl.sum("level")).sort("state")
    rows += [("level", state, amount) for state, amount in levels.iter_rows()]
    rows.append(("specific", IMPAIRED, float(known["specific"].sum())))
    rows.append(("no_probability", None, float(split.filter(~pl.col("known"))["allowance"].sum())))
    rows.append(("matrix", None, float(split["allowance"].sum())))
    return pl.DataFrame(rows, schema={"line": pl.String, "state": pl.String, "amount": pl.Float64}, orient="row")


def _customers(split: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("exposed").sum()

    def mean(name: str) -> pl.Expr:
        return pl.when(weight > 0).then((pl.col(name) * pl.col("exposed")).sum() / weight)

    every = pl.col("known").all()
    table = (
        split.group_by("customer_id")
        .agg(
            pl.sum("exposed", "allowance"),
            expected_loss=pl.when(every).then(pl.col("loss").sort().sum()),
            difference=pl.when(every).then(pl.col("difference").sort().sum()),
            level=pl.when(every).then(pl.col("level").sort().sum()),
            own_risk=pl.when(every).then(pl.col("own_risk").sort().sum()),
            specific=pl.when(every).then(pl.col("specific").sort().sum()),
            life_days=pl.when(every).then(mean("life")),
            pd=pl.when(every).then(mean("pd")),
            lgd=pl.when(every).then(pl.first("lgd")),
            bucket=pl.when(weight > 0).then(mean("mean")),
        )
        .join(_telling_bucket(split), on="customer_id", how="left", maintain_order="left")
        .sort(pl.col("difference").abs(), "customer_id", descending=[True, False], nulls_last=True)
    )
    reasons = [_reason(row) for row in table.iter_rows(named=True)]
    return table.with_columns(reason=pl.Series(reasons, dtype=pl.String)).drop("bucket", "telling")


def _telling_bucket(split: pl.DataFrame) -> pl.DataFrame:
    """Return by customer the bucket that makes most of its ``level``."""
    return (
        split.group_by("customer_id", "state")
        .agg(level=pl.col("level").sort().sum())
        .with_columns(whole=pl.col("level").sum().over("customer_id"))
        .sort(pl.col("level") * pl.col("whole").sign(), "state", descending=[True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(telling=pl.col("state").first())
    )


def _reason(row: dict[str, Any]) -> str:
    if row["difference"] is None:
        return "no probability or no expected day of payment: the matrix alone provides for it"
    if abs(row["difference"]) < SMALL:
        return "no difference"
    parts = {name: abs(row[name]) for name in ("level", "own_risk", "specific")}
    largest = max(parts, key=lambda name: parts[name])
    if largest == "specific":
        return "credit-impaired: provided for by itself, from what came in on such items, not from PD x LGD"
    more = "more" if row[largest] > 0 else "less"
    if largest == "own_risk":
        return (
            f"the matrix provides {more}: the customer's own PD x LGD over {row['life_days'] or 0:.0f} days is "
            f"{percent((row['pd'] or 0) * (row['lgd'] or 0), 2)}, the mean of its buckets {percent(row['bucket'], 2)}"
        )
    bucket = state_in_words(row["telling"])
    return f"the loss rate of its buckets, above all {bucket}, says {more} than their mean PD x LGD"


def far_apart(customers: pl.DataFrame, currency: str) -> tuple[str, ...]:
    """Say where the loss rates of the buckets and PD x LGD cannot both be about right; nothing where they may be.

    ``customers`` is that of a :class:`PdComparison`; those without a probability are left out.
    """
    life, level, own = customers.select("expected_loss", "level", "own_risk").sum().row()
    rates = life + level + own
    if max(rates, life) < FAR_APART * max(min(rates, life), SMALL):
        return ()
    least = min(rates, life)
    times = f" ({max(rates, life) / least:.2g} to 1)" if least > SMALL else ""
    return (
        f"On the same customers the buckets' loss rates come to {money(rates, currency)}, PD x LGD x EAD over the life "
        f"of the items to {money(life, currency)}{times}: their different lives do not explain that, and the two "
        "cannot both be about right. Which is nearer the back-tests say: of the provision (credrisk provision), of the "
        "probabilities (credrisk validate).",
    )


def _notes(split: pl.DataFrame) -> tuple[str, ...]:
    said = [
        "A bad debt often shows only after an item should have been paid; the matrix follows an item until it is "
        "settled, PD x LGD only until its expected day of payment. With all else alike the matrix says more.",
        "The loss given default of the run is net of all cover, the matrix of integral cover alone.",
    ]
    # Where nothing is exposed nothing is left out.
    held = pl.col("exposed").sum().over("customer_id") != 0
    lacking = split.filter(held & ~pl.col("known"))["customer_id"].n_unique()
    if lacking:
        said.append(
            f"Not compared: {counted(lacking, 'customer')} without a probability or an expected day of payment."
        )
    return tuple(said)
