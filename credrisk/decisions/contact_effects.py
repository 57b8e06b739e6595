"""What contacts do to payment: measured from logged offers where possible, and never claimed where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import new_file
from credrisk.dates import to_date
from credrisk.decisions.contact_effect_gate import EVALUATION, GAIN, judged_ranking
from credrisk.decisions.contact_effect_pooled import POOLED, pooled_contacts
from credrisk.decisions.contact_effect_prior import check_actions, eligible_rows, offer_priors
from credrisk.decisions.contact_effect_report import REPORT, report_of
from credrisk.decisions.policy import Policy
from credrisk.errors import EvidenceError, ModelFileError
from credrisk.frames import as_polars
from credrisk.models.contact_effect_cells import CELL, known_cells
from credrisk.models.contact_effect_study import study_of
from credrisk.models.model_files import json_of, sha256_of, text_of
from credrisk.models.offer_rows import known_by, offer_rows

__all__ = ["EFFECT_SOURCES", "REPORT", "ContactEffects", "measure_contact_effects"]

EFFECT_SOURCES = {
    "measured": "measured on your own offers; the data count for at least nine tenths",
    "shrunk": "measured on your own offers and drawn towards the policy's prior, as the data are few",
    "pooled": "the policy's prior at the level that all contacts by hand together have on your own offers",
    "policy_prior": "the policy's prior: nothing was offered, or measured effects may not steer the list yet",
    "not_identified": "the policy's prior: the offers cannot show the effect",
}
MEASURED_FROM = 0.9
"""Weight of the data from which an effect is called measured rather than shrunk."""

DAYS_TO_90 = 90

CELLS: dict[str, Any] = {
    "action": pl.String,
    **dict.fromkeys(CELL, pl.String),
    "days": pl.Float64,
    "sd": pl.Float64,
    "data_share": pl.Float64,
}
PRIORS: dict[str, Any] = {
    "action": pl.String,
    "prior_days": pl.Float64,
    "prior_share": pl.Float64,
    "by_hand": pl.Boolean,
}
FORMAT, VERSION = "credrisk contact effects", 2


@dataclass(frozen=True)
class ContactEffects:
    """What each action of a policy does, per offer, and how that is known.

    Attributes
    ----------
    as_of
        Nothing known later was used.
    policy_hash
        Of the policy whose priors these are.
    offers, customers
        Rows whose outcome was known, and their customers.
    source
        Where the chances of the offers come from: ``logged`` or ``estimated``.
    ranking
        ``gain``: measured effects may steer the list, off-policy evaluation shows it no worse; ``amount_x_timing``:
        they may not, and :meth:`of` gives the priors.
    why
        The reason for ``ranking`` in words.
    evaluation
        Off-policy figures of both rankings and their difference, in money per offer.
    level
        What the priors of the actions by hand are multiplied by where no measured effect is used: the days that all
        contacts by hand together win, as a multiple of those believed, shrunk; 1 where that is not identified.
    pooled
        One row on all contacts by hand together, columns :data:`POOLED`.
    """

    as_of: date
    policy_hash: str
    offers: int
    customers: int
    source: str
    ranking: str
    why: str
    evaluation: pl.DataFrame
    level: float
    pooled: pl.DataFrame
    cells: pl.DataFrame
    priors: pl.DataFrame
    report_rows: pl.DataFrame

    def of(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Return the effect of offering each action of the policy to each account, as it is to be used.

        Parameters
        ----------
        accounts
            ``customer_id``, and ``age_days``, ``pd`` (or ``pd_used``) and ``reason`` where known.

        Returns
        -------
        polars.DataFrame
            ``customer_id, action, days_accelerated`` (days won by the offer, reach included; negative: it delays),
            ``loss_avoided_share`` (share of the expected loss avoided by the offer: the policy's, scaled as the days
            are), ``effect_source`` (one of :data:`EFFECT_SOURCES`) and ``measured_days`` (what was measured for such
            accounts, shrunk, whether or not it may steer the list; null: not identified), one row per account and
            action in their order. They are effects of the offer: what the policy says of those reached, times its
            reach, is in them.
        """
        accounts = as_polars(accounts, "accounts")
        unidentified = self.report_rows.filter(pl.col("status") == "not_identified")["action"]
        placed = pl.concat([accounts.select("customer_id"), known_cells(accounts, self.cells)], how="horizontal")
        used = pl.col("days").is_not_null() & pl.lit(self.ranking == GAIN)
        level = pl.when("by_hand").then(self.level).otherwise(1.0)
        scaled = pl.when(pl.col("prior_days") > 0).then(pl.col("days") / pl.col("prior_days")).otherwise(1.0)
        return (
            placed.join(self.priors, how="cross", maintain_order="left_right")
            .join(self.cells, on=["action", *CELL], how="left", maintain_order="left")
            .select(
                "customer_id",
                "action",
                days_accelerated=pl.when(used).then("days").otherwise(pl.col("prior_days") * level),
                loss_avoided_share=pl.when(used)
                .then((pl.col("prior_share") * scaled).clip(-1.0, 1.0))
                .otherwise((pl.col("prior_share") * level).clip(-1.0, 1.0)),
                effect_source=pl.when(~used & (level != 1.0))
                .then(pl.lit("pooled"))
                .when(pl.col("action").is_in(unidentified.to_list()))
                .then(pl.lit("not_identified"))
                .when(~used)
                .then(pl.lit("policy_prior"))
                .when(pl.col("data_share") >= MEASURED_FROM)
                .then(pl.lit("measured"))
                .otherwise(pl.lit("shrunk")),
                measured_days="days",
            )
        )

    def report(self) -> pl.DataFrame:
        """Return one row per action that was looked at.

        Columns :data:`REPORT`: ``action, offers, done_share`` (of the offers of which that is known, those carried
        out), ``ess`` (effective sample size of its offers), ``overlap`` (share of the
        accounts whose chance against none lies in [0.05, 0.95]), ``estimate, lower, upper`` (days won per offer, 95 %;
        null: not identified), ``p_holm`` (p value adjusted for the number of actions), the same by money
        (``estimate_by_money``), the effect on the shares paid within 30, 60 and 90 days, ``prior`` and ``used`` (days
        won per offer that the policy believes, and that :meth:`of` uses on average), ``status`` (``measured,
        no_measurable_effect, not_identified``), ``said`` in words, ``sensitivity_bound`` (robustness value; null where
        the chances were logged) and ``sensitivity`` in words.
        """
        return self.report_rows

    def save(self, path: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the effects as JSON with their hash."""
        content = text_of(self._content())
        text = text_of({"format": FORMAT, "version": VERSION, "sha256": sha256_of(content), "effects": self._content()})
        with new_file(path, overwrite=overwrite) as draft:
            draft.write_bytes(text.encode("utf-8"))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> ContactEffects:
        """Read effects that :meth:`save` wrote.

        Raises
        ------
        ModelFileError
            When the file cannot be read, was changed, or holds something else.
        """
        path = Path(path)
        remedy = "give the file that credrisk effects wrote, or measure the effects again."
        try:
            read = json_of(path.read_bytes(), path.name)
        except OSError as wrong:
            raise ModelFileError(f"{path} cannot be read: {wrong.strerror}.", remedy=remedy) from wrong
        if read.get("format") != FORMAT or read.get("version") != VERSION or set(read) != KEYS:
            raise ModelFileError(f"{path} holds no {FORMAT} of version {VERSION}.", remedy=remedy)
        content = read["effects"]
        if not isinstance(content, dict) or sha256_of(text_of(content)) != read["sha256"]:
            raise ModelFileError(f"{path} is not the file that was saved (its SHA-256 differs).", remedy=remedy)
        frames = {name: pl.DataFrame(content[name], schema=schema) for name, schema in FRAMES.items()}
        return cls(**{**content, **frames, "as_of": date.fromisoformat(content["as_of"])})

    def _content(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in PLAIN}
        frames = {name: getattr(self, name).to_dicts() for name in FRAMES}
        return {**plain, **frames, "as_of": self.as_of.isoformat()}


FRAMES = {"evaluation": EVALUATION, "pooled": POOLED, "cells": CELLS, "priors": PRIORS, "report_rows": REPORT}
PLAIN = ("policy_hash", "offers", "customers", "source", "ranking", "why", "level")
KEYS = {"format", "version", "sha256", "effects"}


def measure_contact_effects(offers: Any, *, policy: Policy | None = None, as_of: date | str) -> ContactEffects:
    """Measure what offers of contacts do to payment, from what was known at the end of ``as_of``.

    An offer counts once its 90 days are over. Effects are doubly robust, cross-fitted by customer, with errors by
    customer; chances are the logged ones if every offer has one, those of the offers that have one if these are
    at least half, else they are estimated from the covariates. All contacts by hand together are tested first, at
    5 % (:mod:`~credrisk.decisions.contact_effect_pooled`), then the actions. An action without overlap is
    ``not_identified``. What is measured is shrunk to the policy's prior by its precision, in cells by age, risk
    and reason.

    Parameters
    ----------
    offers
        One row per past-due account and list day; see :func:`~credrisk.models.offer_rows.offer_rows`.
        ``open_days_90`` is needed; ``amount, pd, lgd, age_days`` are used where they are there.
    policy
        The shipped policy where none is given.
    as_of
        The day to stand on.

    Raises
    ------
    DataError
        When the offers break their form, or an action is not in the policy.
    EvidenceError
        When no offer's window is over by then.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rows = offer_rows(offers)
    frame = known_by(rows.frame, day).filter(pl.col("open_days_90").is_not_null())
    logged = frame["probability"].is_not_null()
    if logged.any() and 2 * int(logged.sum()) >= frame.height:
        frame = frame.filter(logged)
    if frame.is_empty():
        raise EvidenceError(f"no offer is {DAYS_TO_90} days old with its outcome known on {day}.")
    rows = offer_rows(frame)
    check_actions(rows, policy)
    priors = offer_priors(policy)
    prior_days = dict(priors.select("action", "prior_days").iter_rows())
    eligible = eligible_rows(rows, policy)
    study = study_of(rows, prior_days=prior_days, eligible=eligible)
    gate = judged_ranking(study, policy)
    pooled = pooled_contacts(study, priors, eligible)
    own_cells = [
        found.cells.select(pl.lit(action).alias("action"), *CELL, "days", "sd", "data_share")
        for action, found in study.cells.items()
    ]
    report = report_of(study, priors, eligible, ranking=gate.ranking, level=pooled.level)
    return ContactEffects(
        day,
        policy.hash,
        len(rows),
        int(rows.frame["customer_id"].n_unique()),
        study.chances.source,
        gate.ranking,
        gate.why,
        gate.evaluation,
        pooled.level,
        pooled.row,
        pl.concat([pl.DataFrame(schema=CELLS), *own_cells]),
        priors.select(list(PRIORS)),
        report,
    )
