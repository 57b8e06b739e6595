"""One row per action: what the offers say of it, in figures and in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from credrisk.decisions.contact_effect_gate import GAIN
from credrisk.decisions.contact_effect_words import effect_words, sensitivity_words, unidentified_words
from credrisk.models.contact_effect import holm
from credrisk.models.contact_effect_study import ALPHA, Study
from credrisk.models.offer_rows import NONE

__all__ = ["REPORT", "report_of"]

PAID = ("paid_30", "paid_60", "paid_90")

REPORT: dict[str, Any] = {
    "action": pl.String,
    "offers": pl.Int64,
    "done_share": pl.Float64,
    "ess": pl.Float64,
    "overlap": pl.Float64,
    "estimate": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "p_holm": pl.Float64,
    "estimate_by_money": pl.Float64,
    "lower_by_money": pl.Float64,
    "upper_by_money": pl.Float64,
    **{f"{name}{end}": pl.Float64 for name in PAID for end in ("", "_lower", "_upper")},
    "prior": pl.Float64,
    "used": pl.Float64,
    "status": pl.String,
    "said": pl.String,
    "sensitivity_bound": pl.Float64,
    "sensitivity": pl.String,
}


def report_of(
    study: Study, priors: pl.DataFrame, eligible: dict[str, np.ndarray], *, ranking: str, level: float
) -> pl.DataFrame:
    """Return one row per action of the offers, columns :data:`REPORT`.

    Effects are used where ``ranking`` is gain, else the priors, those of actions by hand times ``level``.
    """
    prior_of = {row["action"]: row for row in priors.to_dicts()}
    found = {action: study.days_won(action) for action in study.rows.actions if action != NONE}
    measured = {action: won for action, won in found.items() if won is not None}
    adjusted = dict(zip(measured, holm(np.array([won.p_value for won in measured.values()])), strict=True))
    paid = {name: study.other_outcome(name, eligible) for name in PAID if name in study.rows.frame.columns}
    amount = study.rows.column("amount") if "amount" in study.rows.covariates else None
    table = []
    for action, won in found.items():
        effect, prior = study.of(action), prior_of[action]
        done = _done_share(study.rows.frame.filter(pl.col("action") == action))
        row: dict[str, Any] = {"action": action, "offers": effect.offers, "done_share": done, "ess": effect.ess}
        row["overlap"] = effect.overlap
        unmeasured = prior["prior_days"] * (level if prior["by_hand"] else 1.0)
        row |= {"prior": prior["prior_days"], "used": unmeasured}
        if won is None:
            row |= {"status": "not_identified", "said": unidentified_words(prior["says"], effect.why, row["prior"])}
            table.append(row)
            continue
        shown = adjusted[action] <= ALPHA
        bound = study.robustness(action)
        said = effect_words(
            prior["says"],
            won,
            shown=shown,
            offers=effect.offers,
            done_share=done,
            ess=effect.ess,
            tested=len(measured),
        )
        row |= {"estimate": won.value, "lower": won.lower, "upper": won.upper, "p_holm": float(adjusted[action])}
        by_money = None if amount is None else study.days_won_by_money(action, np.nan_to_num(amount))
        if by_money is not None:
            row |= {
                "estimate_by_money": by_money.value,
                "lower_by_money": by_money.lower,
                "upper_by_money": by_money.upper,
            }
        for name, effects in paid.items():
            share = effects.get(action)
            if share is not None:
                row |= {name: share.value, f"{name}_lower": share.lower, f"{name}_upper": share.upper}
        row |= {
            "used": study.cells[action].days if ranking == GAIN else unmeasured,
            "status": "measured" if shown else "no_measurable_effect",
            "said": said,
            "sensitivity_bound": bound,
            "sensitivity": sensitivity_words(study.chances.source, bound, shown=shown),
        }
        table.append(row)
    return pl.DataFrame(table, schema=REPORT)


def _done_share(offers: pl.DataFrame) -> float | None:
    """Return the share carried out of the offers of which that is known; null where it is of none."""
    if "done" not in offers.columns:
        return None
    share = offers["done"].cast(pl.Float64).mean()
    return share if isinstance(share, float) else None
