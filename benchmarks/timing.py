"""How well the day of payment is foretold on two public ledgers.

Run ``python benchmarks/timing.py``: it writes the section ``timing`` of docs/results.md. Everything is time-ordered:
the model is fitted once, with what was known on the day before the test period; during the test only the customers'
histories go on. Everything that was chosen was chosen on an inner split that ends before that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from payment_data import (
    day_number,
    expanding_medians,
    global_regression,
    highradius,
    ibm,
    paired_interval,
)
from sections import write_section
from sklearn.metrics import brier_score_loss, roc_auc_score

from credrisk.models.payment_distribution import BEYOND, PaymentDistribution
from credrisk.models.payment_items import NEVER, items_of
from credrisk.models.payment_timing import PaymentTiming

REGRESSIONS = (("regression_l1", "mean absolute error"), ("regression", "squared error"))
SIZES = ((100, 15), (300, 15), (200, 31))
IBM_FROM = date(2013, 5, 5)


@dataclass(frozen=True)
class Period:
    """A test period: invoices issued in it, known to be complete; the inner split before it."""

    name: str
    test_from: date
    test_to: date
    fitted_on: date
    tuned_from: date
    tuned_to: date


PERIODS = (
    Period(
        "July to September 2019",
        date(2019, 7, 1),
        date(2019, 9, 30),
        date(2019, 6, 30),
        date(2019, 5, 1),
        date(2019, 5, 31),
    ),
    Period(
        "January to 20 February 2020",
        date(2020, 1, 1),
        date(2020, 2, 20),
        date(2019, 12, 31),
        date(2019, 11, 1),
        date(2019, 11, 30),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What became of the test items, and what each way foretold."""

    rows: int
    customers: int
    left_out: int
    known_customers: float
    errors: dict[str, np.ndarray]
    customer: np.ndarray
    coverage: float
    width: float
    sizes: str
    model: PaymentTiming


def judged(period: Period) -> Outcome:
    """Fit before the period and foretell its invoices on the day they were issued."""
    frame = highradius()
    items = items_of(frame)
    opened = pl.col("opened_on").is_between(period.test_from, period.test_to)
    left_out = frame.filter(opened & pl.col("cleared_first")).height
    starts = frame.select(pl.when(opened & ~pl.col("cleared_first")).then("opened_on").alias("start"))["start"]
    which = np.flatnonzero(starts.is_not_null().to_numpy())
    model = PaymentTiming().fit(frame, as_of=period.fitted_on)
    made = model.distribution(frame, starts=starts)
    late, due, opened_days = (items.settled - items.due)[which], items.due[which], items.opened[which]

    last = day_number(period.fitted_on)
    warm = int(items.opened.min()) + int(min(90, (last - int(items.opened.min())) * 0.4))
    trained = np.flatnonzero((items.opened >= warm) & (items.known <= last))
    tuned_to, tuned = _inner(items, period, warm)
    errors = {"model": made.median_day() - due - late, "expanding median": expanding_medians(items, which) - late}
    sizes = []
    for objective, words in REGRESSIONS:
        best = min(
            SIZES, key=lambda size, objective=objective: _inner_error(items, tuned_to, tuned, objective, size, last)
        )
        foretold = global_regression(items, trained, which, objective=objective, trees=best[0], leaves=best[1])
        days = np.maximum(np.round(foretold), opened_days - due)
        errors[f"global LightGBM regression, {words}"] = days - late
        sizes.append(f"{words}: {best[0]} trees of {best[1]} leaves")
    errors["on the due date"] = -late
    low, high = made.interval_80()
    inside = (items.settled[which] >= low) & ((items.settled[which] <= high) | (high == BEYOND))
    width = np.median(np.where(high == BEYOND, made.start + model.horizon_days, high) - low + 1)
    customer = items.customer[which]
    seen = np.isin(customer, items.customer[items.known <= last]).mean()
    return Outcome(
        len(which),
        len(np.unique(customer)),
        left_out,
        float(seen),
        errors,
        customer,
        float(inside.mean()),
        float(width),
        "; ".join(sizes),
        model,
    )


def _inner(items, period: Period, warm: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the items that the inner split learns from and those it is judged on."""
    first, to = day_number(period.tuned_from), day_number(period.tuned_to)
    learnt = np.flatnonzero((items.opened >= warm) & (items.known < first))
    return learnt, np.flatnonzero((items.opened >= first) & (items.opened <= to))


def _inner_error(items, learnt, asked, objective: str, size: tuple[int, int], last: int) -> float:
    """Return the mean absolute error of the inner split, days beyond the last known one counted as that one."""
    days = np.round(global_regression(items, learnt, asked, objective=objective, trees=size[0], leaves=size[1]))
    due, settled = items.due[asked], items.settled[asked]
    return float(np.abs(np.minimum(days + due, last + 1) - np.minimum(settled, last + 1)).mean())


def highradius_text() -> str:
    """Return the section of the HighRadius ledger."""
    parts = []
    for period in PERIODS:
        found = judged(period)
        own = np.abs(found.errors["model"])
        rows = []
        for name, error in found.errors.items():
            against = ""
            if name != "model":
                mean, low, high = paired_interval(np.abs(error) - own, found.customer)
                verdict = "better" if low > 0 else ("worse" if high < 0 else "not told apart")
                against = f"{mean:.2f} ({low:.2f} to {high:.2f}): {verdict}"
            size, root = np.abs(error).mean(), np.sqrt((error**2).mean())
            rows.append(f"| {name} | {size:.2f} | {root:.2f} | {error.mean():+.2f} | {against} |")
        met = "met" if 0.77 <= found.coverage <= 0.83 else "**missed**"
        rests = found.model.evidence_
        parts.append(
            f"""#### Issued {period.name}

{found.rows:,} invoices of {found.customers:,} customers. {found.left_out} more were cleared before their approximate
issue date, so they could not be forecast on it and are left out for every way. {100 * found.known_customers:.0f} % are
of customers that had paid something before. Fitted with what was known on {period.fitted_on}:
{rests["payments"]:,} payments, {rests["still_open"]:,} invoices still open, {rests["rows"]:,} days at risk.

| foretold by | mean absolute error, days | root mean square | bias | error less the model's (95 % interval) |
| --- | --- | --- | --- | --- |
{chr(10).join(rows)}

The 80 % interval held {100 * found.coverage:.1f} % (77 to 83 % wanted: {met}). Half of the intervals are
{found.width:.0f} days or shorter. The tail left out on each side, {found.model.tail_:.3f}, was learnt before the test
period, on {rests["interval"]}. Sizes of the regressions, by
the inner split ({period.tuned_from} to {period.tuned_to}): {found.sizes}."""
        )
    return "\n\n".join(parts)


def ibm_text() -> str:
    """Return the section of the IBM sample under the protocol of the reference measurement."""
    frame = ibm()
    items = items_of(frame)
    starts = frame.select(pl.when(pl.col("opened_on") >= IBM_FROM).then("opened_on").alias("start"))["start"]
    which = np.flatnonzero(starts.is_not_null().to_numpy())
    model = PaymentTiming(horizon_days=120).fit(frame, as_of=IBM_FROM - timedelta(days=1))
    made: PaymentDistribution = model.distribution(frame, starts=starts)
    late = (items.settled - items.due)[which]
    p_late = 1.0 - made.paid_by(items.due[which])
    error = made.median_day() - items.due[which] - late
    low, high = made.interval_80()
    inside = (items.settled[which] >= low) & ((items.settled[which] <= high) | (high == BEYOND))
    rows = {
        "area under the curve, late or not": (roc_auc_score(late > 0, p_late), 0.859, 3),
        "Brier score, late or not": (brier_score_loss(late > 0, p_late), 0.137, 3),
        "mean absolute error, days": (float(np.abs(error).mean()), 6.18, 2),
        "root mean square error, days": (float(np.sqrt((error**2).mean())), 8.33, 2),
    }
    random = np.random.default_rng(0)
    samples = [random.integers(0, len(which), len(which)) for _ in range(1_000)]
    spread = {
        "area under the curve, late or not": [roc_auc_score(late[s] > 0, p_late[s]) for s in samples],
        "Brier score, late or not": [float((((late > 0) - p_late) ** 2)[s].mean()) for s in samples],
        "mean absolute error, days": [float(np.abs(error[s]).mean()) for s in samples],
        "root mean square error, days": [float(np.sqrt((error[s] ** 2).mean())) for s in samples],
    }
    lines = []
    for name, (value, reference, digits) in rows.items():
        bounds = np.quantile(spread[name], [0.025, 0.975])
        span = f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}"
        lines.append(f"| {name} | {value:.{digits}f} ({span}) | {reference:.{digits}f} |")
    known = ((items.known < NEVER) & (items.known < day_number(IBM_FROM))).sum()
    return f"""{len(which)} invoices issued from {IBM_FROM} on, with {known:,} payments known before. The 80 % interval
held {100 * inside.mean():.1f} %.

| | credrisk (95 % interval) | reference |
| --- | --- | --- |
{chr(10).join(lines)}"""


def main() -> None:
    """Write the section."""
    text = f"""## When invoices are paid

Written by `python benchmarks/timing.py`; do not edit it. The model and its words: [timing](timing.md).

### HighRadius ledger

Real invoices of a maker of consumer goods in the US and Canada, forecast on the (approximate) day of issue: due date
less the customer's most frequent terms. Only what was known strictly before that day is used. The two periods were
chosen before anything was fitted, by where the file is complete. Its closed invoices are those posted before
27 February 2020, so the right edge holds slow payers only. And of the invoices issued in 2019 those not cleared by
the end of that year are missing: invoices of October to December are a choice of fast payers. July to September is
the last whole quarter that is all but complete (of earlier invoices 0.5 % took longer than the 77 days that the last
of its invoices had), and January to 20 February 2020 is complete in itself, but its model learns from the thinned
autumn and its payments run into the pandemic. The first is the test, the second a hard second look. Amounts in Canadian
dollars count 0.7 US dollars; repeated rows are left out.

Sizes were chosen by the inner split of the first period (fitted on April, judged on May 2019, outcomes known by
30 June). Two things were changed after the first run on the test. At most 300,000 days at risk are learnt from, not a
million, for speed (the error was 2.25 days before). And the tail of the interval was learnt from all later
invoices that had been paid, a choice of the fast; now only from those whose interval was over, paid or not. The inner
split asked for it as well (81.4 % held before, 80.7 % after); on the test the interval had held 83.2 %. How much it
holds moves with the months all the same, mostly with the habits of the one customer that makes a quarter of the file:
by the model of 15 May, 86 % in the three weeks after it.

{highradius_text()}

### IBM sample

Almost certainly simulated by its maker, and small: a check, not a trophy. Protocol of the reference: trained on what
was issued and settled before {IBM_FROM} (here the invoices still open that day are used as well, as open), tested on
what was issued later; no dispute flag; a customer's history is what was settled before the invoice was issued. The
reference trained a classifier for the first two rows and a regression for the others, and was measured on a copy of the
file with 2,586 rows (this one has 2,466), so its 779 test invoices are not quite these; here all four are read off one
distribution.

{ibm_text()}"""
    write_section("timing", text)


if __name__ == "__main__":
    main()
