"""The main job: check the ledger, build the panel, estimate, score, recommend limits, rank contacts, report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_evidence import draw_of_past_defaults, limit_evidence
from credrisk.decisions.margins import margins_of_nobody
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue
from credrisk.decisions.queue_layout import RUN_COLUMNS
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.labels import LabelSettings, build_labels, event_history
from credrisk.features.panel import build_panel
from credrisk.features.placed_debt import placed_debts
from credrisk.features.write_offs import standing_write_offs
from credrisk.ledger.no_documents import refuse_unknown_documents
from credrisk.models.lacking import information_note
from credrisk.models.past_shares import PastShare, past_share, why_not_in_order
from credrisk.pipeline.answers import Answer, answers
from credrisk.pipeline.open_items_alone import ONLY_OPEN, no_invoice_settled, without_dso, without_lateness
from credrisk.pipeline.packing import make_pack
from credrisk.pipeline.partition_links import company_groups
from credrisk.pipeline.payment_days import payment_days
from credrisk.pipeline.portfolio_job import held_back, portfolio_members, portfolio_of, sales_of_year
from credrisk.pipeline.probabilities import IN_WORDS, TARGETS, Estimate, estimate, notes_on, training_calendar
from credrisk.pipeline.scores import build_scores, grades_by_policy, left_out
from credrisk.pipeline.writing import refuse_taken, write_results
from credrisk.progress import Progress, silent
from credrisk.reports.measures import undecided_words, what_was_tested
from credrisk.reports.pack import Pack

if TYPE_CHECKING:
    import pandas as pd

    from credrisk.ledger.findings import Check
    from credrisk.ledger.ledger import Ledger
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["RunResult", "run"]

HORIZONS = (3, 6, 12)
TOLD = ("kind_unknown", "not_asked", "unknown_account")
"""Findings that the notes of a run repeat: by them silence is no good news."""
SAID = 4
"""Sentences on the budgets among the notes: what binds at all, what is owed above the limits, the two loss budgets."""
OUTSIDE = ("in_default", "recovering")
"""States outside the at-risk set in which a customer can still become a bad debt."""


@dataclass(frozen=True)
class RunResult:
    """What the main job gives back.

    Attributes
    ----------
    scores, limits, queue
        pandas frames, one row a customer; the columns are those of the CSV files.
    estimates
        By target (``bad_debt``, ``default``, ``late30``): model, back-test, or why there is none.
    pack
        Everything the reports show.
    check
        Findings and tie-outs of the ledger.
    files
        What was written, in order; empty without ``out``.
    seconds
        How long each stage took.
    timing
        The model behind ``expected_days_to_pay`` of the scores; None where the ledger's history allows none.
    timing_note
        Why there is none, in words; else empty.
    """

    as_of: date
    scores: pd.DataFrame
    limits: pd.DataFrame
    queue: pd.DataFrame
    estimates: Mapping[str, Estimate]
    pack: Pack
    check: Check
    policy: Policy
    files: tuple[Path, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    timing: PaymentTiming | None = None
    timing_note: str = ""

    def answers(self, rows: int) -> tuple[Answer, Answer, Answer]:
        """Return the three answers as short tables of at most ``rows`` rows."""
        return answers(self.pack, rows)


class _Clock:
    """Passes progress on and keeps how long each stage took."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._since, self._stage = progress, time.perf_counter(), ""
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self.stop()
            self._stage = stage
        self._progress(stage, done, total)

    def stop(self) -> None:
        now = time.perf_counter()
        if self._stage:
            self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + now - self._since, 3)
        self._since = now


def run(
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    capacity: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    label_settings: LabelSettings | None = None,
    seed: int = 0,
    back_tests: bool = True,
    progress: Progress = silent,
) -> RunResult:
    """Run the main job for one as-of date.

    Parameters
    ----------
    ledger
        From :meth:`credrisk.Ledger.read`.
    as_of
        Nothing known after this day (inclusive) is used. Default: the last day the ledger covers.
    policy
        Default: the one shipped.
    capacity
        Contacts that can be made today. Default: the policy's.
    out
        Folder for the files; None writes nothing.
    label_settings
        What counts as default, bad debt and late; by default EUR 500 and 1 % over 90 days.
    overwrite
        Replace what is in ``out``. Nothing is replaced unless everything was made.
    back_tests
        False leaves the back-tests out, which take most of the time; the report says then that nothing was judged.

    Raises
    ------
    ParameterError
        When ``as_of`` lies outside what the ledger covers, or ``out`` is taken.
    DataError
        When the ledger does not tie out, or holds no document by ``as_of``.

    Examples
    --------
    >>> import credrisk
    >>> ledger = credrisk.Ledger.read("data/sample")
    >>> credrisk.run(ledger, as_of="2025-12-31").queue["rank"].max()
    77.0
    """
    day = to_date(as_of) if as_of is not None else ledger.settings.covers_to
    if not ledger.settings.covers_from <= day <= ledger.settings.covers_to:
        covered = f"{ledger.settings.covers_from} to {ledger.settings.covers_to}"
        rule = (
            f"within what the ledger covers ({covered}); leave it out to stand on the last day. If the export holds "
            "every posting of those days, state covers_from and covers_to: under [settings] in the mapping, and import "
            "again, or in the table `settings` (key, value) of the ledger"
        )
        raise ParameterError("as_of", rule, day.isoformat())
    if out is not None:
        refuse_taken(Path(out), overwrite=overwrite)
    rules = policy if policy is not None else Policy.default()
    clock = _Clock(progress)

    clock("Checking the ledger", 0, 0)
    contacts = capacity if capacity is not None else rules.collection.capacity_per_day
    found = ledger.check()
    known = ledger.cut(day)
    refuse_unknown_documents(known, ledger, day)

    clock("Computing features", 0, 0)
    calendar = training_calendar(known.settings, day)
    panel = build_panel(known, calendar=calendar, output="polars", progress=clock)
    today = panel.filter(pl.col("as_of") == day)
    clock("Labelling what happened", 0, 0)
    labels = build_labels(known, dates=calendar, settings=label_settings, output="polars")
    history = event_history(known, settings=label_settings, output="polars")

    groups = company_groups(known)
    estimates: dict[str, Estimate] = {
        target: estimate(
            panel,
            labels,
            target=target,
            as_of=day,
            currency=known.settings.currency,
            attributes=known.table("customers"),
            groups=groups,
            seed=seed,
            back_test=back_tests,
            progress=clock,
        )
        for target in TARGETS
    }
    if only_open := no_invoice_settled(known):
        estimates["late30"] = without_lateness(estimates["late30"])
        today = without_dso(today)
    shares, share_notes = _past_shares(labels)

    clock("Learning when invoices are paid", 0, 0)
    paying = payment_days(known, as_of=day)

    clock("Deciding limits and the queue", 0, 0)
    now = labels.filter(pl.col("as_of") == day)
    in_default, lost = (
        now.filter(pl.col("status") == status)["customer_id"].to_list() for status in ("in_default", "bad_debt")
    )
    scores = build_scores(
        known,
        today=today,
        labels=now,
        estimates=estimates,
        history=history,
        placed=placed_debts(known, customers=in_default, settings=label_settings),
        written_off=standing_write_offs(known, customers=lost, settings=label_settings),
        shares=shares,
        days_to_pay=paying.days,
        policy=rules,
        as_of=day,
    )
    drawn = draw_of_past_defaults(known, panel=panel, labels=labels, as_of=day, settings=label_settings)
    evidence = limit_evidence(known, as_of=day, exposure_at_default=drawn)
    portfolio = portfolio_of(
        scores,
        features=today,
        evidence=evidence,
        members=portfolio_members(known, evidence["attributes"]),
        sales_12m=sales_of_year(today, known.settings, day),
        as_of=day,
        currency=known.settings.currency,
        policy=rules,
        seed=seed,
    )

    def recommended(held: pl.DataFrame | None = None) -> pl.DataFrame:
        return recommend_limits(
            scores,
            features=today,
            **evidence,
            portfolio=held,
            policy=rules,
            as_of=day,
            currency=known.settings.currency,
            output="polars",
        )

    limits = recommended()
    held = portfolio.bounds(limits)
    if held["limit"].count():
        limits = recommended(held)
    queue = collection_queue(known, as_of=day, scores=scores, policy=rules, capacity=contacts, output="polars")
    queue = queue.select(RUN_COLUMNS)

    clock("Drawing the report", 0, 0)
    judged = estimates["bad_debt"]
    tested = ""
    if judged.validation is not None:
        said = (what_was_tested(judged.validation.folds, judged.source), undecided_words(judged.validation.undecided))
        tested = " ".join(filter(None, said))
    notes = [
        *([ONLY_OPEN] if only_open else []),
        *notes_on(estimates),
        information_note(
            scores["lacks"].to_list(),
            {IN_WORDS[target]: found.model for target, found in estimates.items() if found.model is not None},
        ),
        *(finding.message for finding in found.findings if finding.code in TOLD),
        *([f"Back-test of bad debt: {tested}"] if tested else []),
        *share_notes,
        *([paying.note] if paying.note else []),
        *grades_by_policy(scores, rules),
        *left_out(scores, known.settings.currency),
        *margins_of_nobody(evidence["attributes"], rules.economics),
        f"Limits under the policy's budgets: {' '.join([*portfolio.sentences[:SAID], *held_back(held)])}",
    ]
    pack = make_pack(
        known,
        check=found,
        scores=scores,
        limits=limits,
        queue=queue,
        estimates=estimates,
        policy=rules,
        as_of=day,
        capacity=contacts,
        notes=notes,
    )
    files: tuple[Path, ...] = ()
    if out is not None:
        files = write_results(
            Path(out),
            pack=pack,
            ledger=ledger,
            estimates=estimates,
            policy=rules,
            paying=paying,
            overwrite=overwrite,
            seconds=clock.seconds,
            progress=clock,
        )
    clock.stop()
    return RunResult(
        as_of=day,
        scores=scores.to_pandas(),
        limits=limits.to_pandas(),
        queue=queue.to_pandas(),
        estimates=estimates,
        pack=pack,
        check=found,
        policy=rules,
        files=files,
        seconds=clock.seconds,
        timing=paying.timing,
        timing_note=paying.note,
    )


def _past_shares(labels: pl.DataFrame) -> tuple[dict[str, PastShare], list[str]]:
    """Return what became of customers in the states outside the at-risk set, and what to say about it."""
    shares, notes = {}, []
    for status in OUTSIDE:
        if labels.filter((pl.col("as_of") == pl.col("as_of").max()) & (pl.col("status") == status)).is_empty():
            continue
        try:
            shares[status] = past_share(labels, status=status, horizons=HORIZONS)
            notes.append(f"{shares[status].says}.")
        except EvidenceError as error:
            notes.append(f"Customers {status.replace('_', ' ')} today get no bad-debt probability: {error}.")
    return shares, [*notes, *why_not_in_order(shares)]
