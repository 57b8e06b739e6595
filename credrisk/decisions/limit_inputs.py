"""Everything that is asked about a customer before its limit is worked out, in one row: figures, priors, sources."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.capacity import STATEMENTS, with_capacity
from credrisk.decisions.cover_layer import CONTRACT, NAMED, cover_layers
from credrisk.decisions.demand import demand_estimates
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.exposure_at_limit import draw_estimates
from credrisk.decisions.grades import NO_CREDIT_STATUSES, with_used_pd
from credrisk.decisions.inputs import customer_rows
from credrisk.decisions.limit_history import LIMIT_HISTORY
from credrisk.decisions.lognormal import quantile
from credrisk.decisions.margins import ATTRIBUTES, with_margin
from credrisk.decisions.need import with_peak_need, with_usual_need, with_yearly_sales
from credrisk.decisions.peers import with_peers
from credrisk.decisions.policy import Policy
from credrisk.decisions.unit_economics import next_year_pd, survived_share
from credrisk.frames import as_polars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credrisk.models.exposure_at_default import ExposureAtDefault

__all__ = ["limit_inputs"]

REGISTERS = {"insolvent_on": pl.Date(), "insolvent_as": pl.String(), "warned_of": pl.String()}
SCORES = {"status": pl.String(), "pd_12m": pl.Float64(), "p_late30_12m": pl.Float64()}
SCORES_OPTIONAL = {"name": pl.String(), "pd_source": pl.String(), "pd_3m": pl.Float64(), "pd_6m": pl.Float64()}
FEATURES = dict.fromkeys(
    (
        "invoiced_3m",
        "invoiced_12m",
        "terms_days",
        "dbt_12m",
        "oldest_open_days",
        "past_due",
        "share_past_due",
        "not_due",
        "net_balance",
        "credit_limit",
        "tenure_months",
    ),
    pl.Float64(),
)
FEATURES_OPTIONAL = dict.fromkeys(
    ("peak_balance_12m", "disputed_open", "open_balance", "open_orders", "days_since_last_invoice"), pl.Float64()
)
PEAKS = {"month_end": pl.Date(), "peak": pl.Float64(), "limit": pl.Float64()}
HIGH_MONTH = 0.9
"""The high month of the demand that the arithmetic names: one in ten is higher."""


def limit_inputs(
    scores: Any,
    *,
    features: Any,
    as_of: date | str,
    policy: Policy,
    contracts: Any = None,
    peaks: Any = None,
    attributes: Any = None,
    statements: Any = None,
    history: Any = None,
    registers: Any = None,
    exposure_at_default: ExposureAtDefault | None = None,
    aggregates: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """Return what a limit is worked out from, one row per customer of ``scores``, sorted by ``customer_id``.

    Parameters
    ----------
    scores
        ``customer_id, status, pd_12m, p_late30_12m``; and ``name, pd_source, pd_3m, pd_6m`` where there. Without the
        shorter PDs the hazard is taken to be level over the year.
    features
        The panel at ``as_of``: ``customer_id, invoiced_3m, invoiced_12m, terms_days, dbt_12m, oldest_open_days,
        past_due, share_past_due, not_due, net_balance, credit_limit, tenure_months``; and ``peak_balance_12m,
        disputed_open, open_balance, open_orders, days_since_last_invoice`` where there. Money in major units of the
        ledger's currency.
    contracts
        Cover in force: :func:`~credrisk.decisions.cover_layer.contracts_in_force`. None: no cover.
    peaks
        :func:`~credrisk.features.monthly_peaks.monthly_peaks`. None: sales and the policy's prior stand in.
    attributes
        :func:`~credrisk.decisions.margins.customer_attributes`. None: the flat margin, and no peers.
    statements
        :func:`~credrisk.features.own_funds.own_funds`. None: no financial capacity.
    history
        :func:`~credrisk.decisions.limit_history.limit_history`. None: nothing is known of earlier limits.
    registers
        :func:`~credrisk.decisions.insolvency.said_by_registers`. None: no register is known to say anything of
        anybody. What the own books say is in the status.
    exposure_at_default
        Fitted on past defaults. None: the policy's prior alone.
    aggregates
        By provider of cover what it still pays this year: see :func:`~credrisk.decisions.cover_layer.cover_layers`.

    Returns
    -------
    polars.DataFrame
        The columns of :data:`~credrisk.decisions.limit_curves.CURVE_INPUTS` and ``stopped``, which
        :func:`~credrisk.decisions.limit_curves.limit_curves` takes, and beside what was given, among others:
        ``pd_used, pd_used_source, grade_used`` (:func:`~credrisk.decisions.grades.with_used_pd`); ``margin_source``;
        ``need`` and its parts; ``demand_usual, demand_high`` (the median month, and what one month in ten exceeds),
        ``demand_months, demand_censored``; ``ead_usual`` (the mean), ``ead_source``; ``capacity_limit``;
        ``peer_limit``; ``cover_limit``; ``is_new, on_trial, trial_limit`` (new customers); ``wanted`` (the need, or
        what stands in for it).

    Raises
    ------
    DataError
        When columns are missing or a customer has several rows.
    """
    day = to_date(as_of)
    rows = customer_rows(scores, "scores", required=SCORES, optional=SCORES_OPTIONAL, as_of=day)
    known = customer_rows(features, "features", required=FEATURES, optional=FEATURES_OPTIONAL, as_of=day)
    rows = rows.join(known, on="customer_id", how="left", maintain_order="left", validate="1:1")
    rows = _joined(rows, attributes, "attributes", ATTRIBUTES, day)
    rows = _joined(rows, statements, "statements", STATEMENTS, day)
    rows = _joined(rows, history, "history", LIMIT_HISTORY, day)
    rows = _joined(rows, registers, "registers", REGISTERS, day)
    rows = with_margin(with_yearly_sales(with_usual_need(with_used_pd(rows, policy), policy)), policy.economics)
    rows = rows.with_columns(
        stopped=pl.col("status").is_in(NO_CREDIT_STATUSES).fill_null(False) | pl.col("insolvent_on").is_not_null(),
        lgd=pl.lit(policy.economics.lgd_uninsured),
        disputed_share=pl.when(pl.col("open_balance") > 0)
        .then((pl.col("disputed_open") / pl.col("open_balance")).clip(0, 1))
        .fill_null(0.0),
    )
    rows = _with_cover(rows, contracts, policy, aggregates)
    rows = _with_trial(rows, policy)
    rows = _with_demand(rows, peaks, policy)
    rows = rows.hstack(draw_estimates(rows, policy=policy, measured=exposure_at_default))
    rows = _with_term_structure(with_peers(with_capacity(rows, policy), policy))
    return rows.with_columns(
        wanted=_wanted(policy),
        ead_usual=(pl.col("ead_log_mean") + pl.col("ead_log_sd") ** 2 / 2).exp(),
    )


def _joined(rows: pl.DataFrame, frame: Any, name: str, columns: Mapping[str, Any], day: date) -> pl.DataFrame:
    if frame is None:
        return rows.with_columns(pl.lit(None, kind).alias(column) for column, kind in columns.items())
    given = customer_rows(frame, name, required=columns, optional={}, as_of=day)
    return rows.join(given, on="customer_id", how="left", maintain_order="left")


def _with_cover(
    rows: pl.DataFrame, contracts: Any, policy: Policy, aggregates: Mapping[str, float] | None
) -> pl.DataFrame:
    if contracts is None:
        given = pl.DataFrame(schema={"customer_id": pl.String(), **CONTRACT, **NAMED})
    else:
        frame = as_polars(contracts, "contracts")
        absent = [pl.lit(None, kind).alias(name) for name, kind in NAMED.items() if name not in frame.columns]
        given = frame.with_columns(absent).select(
            pl.col("customer_id").cast(pl.String),
            *(pl.col(name).cast(kind) for name, kind in (CONTRACT | NAMED).items()),
        )
    told = rows.select("customer_id", "terms_used", "oldest_open_days", "disputed_share", "pd_used")
    layers = cover_layers(told, given, policy=policy, aggregates=aggregates)
    return rows.hstack(layers.drop("customer_id"))


def _with_trial(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Add who is new, and on trial: new without a limit on file."""
    rules = policy.limit.new_customer
    young = (pl.col("tenure_months") < rules.months).fill_null(False)
    return rows.with_columns(
        is_new=young | (pl.col("status") == "not_yet_customer").fill_null(False),
        trial_limit=pl.max_horizontal(pl.lit(rules.limit), "cover_limit"),
    ).with_columns(on_trial=pl.col("is_new") & pl.col("credit_limit").is_null())


def _wanted(policy: Policy) -> pl.Expr:
    """Return the need, or what stands in for it.

    An unmeasured need leaves today's limit. Of a new customer without a limit on file the need counts as at least the
    policy's figure, and as the whole trial limit as long as nothing was bought.
    """
    bought = (pl.col("need") > 0).fill_null(False)
    first = pl.max_horizontal("need", pl.lit(policy.limit.new_customer.limit))
    trial = pl.when(bought).then(first).otherwise("trial_limit")
    need = pl.coalesce("need", "credit_limit", pl.lit(0.0)).clip(lower_bound=0)
    return pl.when("on_trial").then(trial).otherwise(need)


def _with_demand(rows: pl.DataFrame, peaks: Any, policy: Policy) -> pl.DataFrame:
    """Add the demand of the coming year and the need; sales, or what stands in for them, are what it is shrunk to."""
    if peaks is None:
        given = pl.DataFrame(schema={"customer_id": pl.String(), **PEAKS})
    else:
        given = as_polars(peaks, "peaks").select(
            pl.col("customer_id").cast(pl.String), *(pl.col(name).cast(kind) for name, kind in PEAKS.items())
        )
    rows = rows.with_columns(need=pl.max_horizontal("need_by_sales", "in_flight"))
    found = demand_estimates(rows.select("customer_id", usual=_wanted(policy)), given, policy=policy)
    rows = rows.drop("need").hstack(found.drop("customer_id"))
    # Whoever bought nothing all year may come back: credit that is not used costs nothing, a lost order does. What was
    # owed then is what it had not paid, so that the limit on file is all that speaks of its demand; without one, none.
    idle = (pl.col("monthly_invoiced") == 0) & pl.col("in_flight").is_null() & ~pl.col("on_trial")
    on_file = pl.when(pl.col("credit_limit") > 0).then(pl.col("credit_limit"))
    rows = rows.with_columns(idle=idle.fill_null(False)).with_columns(
        demand_log_mean=pl.when("idle").then((policy.demand.idle_demand * on_file).log()).otherwise("demand_log_mean"),
        demand_share=pl.when("idle").then(policy.demand.idle_share).otherwise("demand_share"),
        demand_months=pl.when("idle").then(0).otherwise("demand_months"),
    )
    mean, share = (rows[name].fill_null(np.nan).to_numpy() for name in ("demand_log_mean", "demand_share"))
    month, year = (rows[name].to_numpy() for name in ("demand_month_sd", "demand_log_sd"))
    expected = share * np.exp(mean + year**2 / 2)
    return with_peak_need(
        rows.with_columns(
            turns=_turns(pl.lit(pl.Series(expected).fill_nan(None))),
            demand_peak=pl.Series(quantile(policy.limit.need_peak_quantile, mean, month, share)).fill_nan(None),
            demand_usual=pl.Series(np.exp(mean)).fill_nan(None),
            demand_high=pl.Series(quantile(HIGH_MONTH, mean, year, share)).fill_nan(None),
        )
    )


def _turns(demand: pl.Expr) -> pl.Expr:
    """Return the sales of a year per unit of limit in use, so that an endless limit carries the sales foretold.

    Monthly peaks last for some days of their month: a customer of one order a month turns its peak over twelve times
    a year, however soon it pays. Null where no sales are known, as of who is on trial.
    """
    always = DAYS_IN_YEAR / pl.col("days_unpaid")
    known = ~pl.col("on_trial") & (pl.col("yearly_sales") > 0)
    return pl.when(known).then(pl.min_horizontal(always, pl.col("yearly_sales") / demand))


def _with_term_structure(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``pd``, ``survived`` and ``pd_next``; the shorter PDs count where the 12-month one is the model's too."""
    by_model = rows["pd_used_source"] == "model"
    pd = rows["pd_used"].to_numpy()
    shorter = [
        rows.select(pl.when(by_model).then(name))[:, 0].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("pd_3m", "pd_6m")
    ]
    return rows.with_columns(
        pd=pl.Series(pd),
        survived=pl.Series(survived_share(pd, *shorter)),
        pd_next=pl.Series(next_year_pd(pd, shorter[1])),
    )
