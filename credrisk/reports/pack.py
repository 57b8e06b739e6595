"""What a report shows: everything measured at one as-of date, and what was not measured and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.reports.terms import TERMS

__all__ = ["Pack"]


@dataclass(frozen=True)
class Pack:
    """The contents of the page and of the workbook. Frames are Polars, money float64 in major units.

    A frame may lack columns or rows: what is not there is left out or said not to be measured, never invented.
    The declared columns of each frame, with their headings, stand in :mod:`credrisk.reports.columns`; a column that
    is not declared there is shown under its own name.

    Attributes
    ----------
    as_of
        The day that the report speaks of.
    currency
        Reporting currency (ISO 4217) of every amount that has no currency column beside it.
    title
        Name of the portfolio.
    headline
        Key figures in order: label -> (value in words, note); :func:`credrisk.reports.headline.headline_of` makes it.
    ageing
        One row a customer (``customer_id``, ``name``) or one row in all: ``not_due``, ``past_due_1_30`` ...
        ``past_due_over_90``, ``late_fees``, ``open_credits``, ``open_balance``, ``unapplied_cash``, ``net_balance``.
    scores, limits, queue
        The three answers, as written to ``scores.csv``, ``limits.csv`` and ``queue.csv``.
    findings, intake
        Data findings; rows and money read, kept and quarantined per table and currency.
    judged
        What the back-test is about, in the singular: ``bad debt``, ``default`` or ``late payment``.
    metrics
        Back-test measures out of time: model, measure, value, low, high, rows, events. The model's own rows stand
        first; every other name in ``model`` is a baseline on the same rows.
    folds
        One row a fold of the back-test: ``known_on, tested_to, rung, train_events, rows, events, auc``.
    in_use
        The rung of the model in use ("" where there is none), to be held against those of the folds.
    calibration
        Groups of the back-test by predicted probability (:func:`credrisk.reports.calibration.calibration_groups`).
    history
        One row a month-end (``as_of``): the ageing columns of the whole portfolio, ``dso_countback`` and, where
        there is one, ``best_possible_dso_3m``.
    notes
        Sentences on what was not measured and why.
    definitions
        Term -> sentence, printed with the method.
    settings
        Label -> text: versions, policy version and hash, model and its evidence.
    covers
        First and last day that the ledger covers, if known.
    capacity
        Contacts that can be made in the day, if known.
    files
        Which full tables lie beside the page: table name -> file name.
    """

    as_of: date
    currency: str
    title: str = "Receivables portfolio"
    headline: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ageing: pl.DataFrame = field(default_factory=pl.DataFrame)
    scores: pl.DataFrame = field(default_factory=pl.DataFrame)
    limits: pl.DataFrame = field(default_factory=pl.DataFrame)
    queue: pl.DataFrame = field(default_factory=pl.DataFrame)
    findings: pl.DataFrame = field(default_factory=pl.DataFrame)
    intake: pl.DataFrame = field(default_factory=pl.DataFrame)
    judged: str = "bad debt"
    metrics: pl.DataFrame = field(default_factory=pl.DataFrame)
    folds: pl.DataFrame = field(default_factory=pl.DataFrame)
    in_use: str = ""
    calibration: pl.DataFrame = field(default_factory=pl.DataFrame)
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    notes: tuple[str, ...] = ()
    definitions: Mapping[str, str] = field(default_factory=lambda: TERMS)
    settings: Mapping[str, str] = field(default_factory=dict)
    covers: tuple[date, date] | None = None
    capacity: int | None = None
    files: Mapping[str, str] = field(
        default_factory=lambda: {"scores": "scores.csv", "limits": "limits.csv", "queue": "queue.csv"}
    )
