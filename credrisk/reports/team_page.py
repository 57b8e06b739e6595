"""The supervisor's view of a team on one page and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.decisions.audit_checks import CHECKS, NO_TOUCH_DAYS
from credrisk.decisions.team_case_mix import CASE_MIX_NOTE, PRIVACY_NOTE
from credrisk.decisions.team_measures import EVERYBODY
from credrisk.decisions.team_review import TeamReview
from credrisk.reports.columns import TABLES
from credrisk.reports.months import day_in_words
from credrisk.reports.page import Plate, drawn, rendered
from credrisk.reports.style import short_money
from credrisk.reports.team_terms import TEAM_TERMS
from credrisk.reports.validation_page import rows_of
from credrisk.reports.views import View, view_of
from credrisk.wording import counted, percent

__all__ = ["TeamPack", "check_counts", "headline_of", "team_json", "team_page"]

AUDIT_SHOWN = 30
WORK = (
    *("collector", "accounts_past_due", "past_due", "penetration", "penetration_money", "never_touched", "contacts"),
    *("minutes", "right_party_share", "promised", "promise_kept", "days_to_first_contact"),
)
MONEY = (
    *("collector", "open_balance", "share_over_60", "share_over_90", "rolls_over_60", "rolls_over_90"),
    *("cash_expected", "cash_actual", "cash_to_forecast", "cei", "cei_cash_only"),
)
"""One table of all measures would be too wide for a page."""


@dataclass(frozen=True)
class TeamPack:
    """What the page, the workbook and the JSON show.

    Attributes
    ----------
    review
        From :func:`~credrisk.decisions.team_review.team_review`.
    names
        Name by customer number, for the audit.
    settings
        Label -> text.
    files
        Which full tables lie beside the page: table -> file name.
    """

    review: TeamReview
    names: pl.DataFrame
    settings: Mapping[str, str]
    files: Mapping[str, str]
    title: str = "Collection by the team"

    def audit(self) -> pl.DataFrame:
        """Return the drawn accounts with their names, the highest risk first."""
        drawn = self.review.audit
        if drawn.is_empty():
            return drawn
        return drawn.join(self.names, on="customer_id", how="left").sort(
            ["risk", "customer_id"], descending=[True, False]
        )


def headline_of(review: TeamReview) -> list[tuple[str, str, str]]:
    """Return the key figures of the team: label, figure, what it rests on."""
    row = review.measures.table.filter(pl.col("collector") == EVERYBODY).row(0, named=True)
    money = review.measures.currency

    def share(name: str) -> str:
        return "–" if row[name] is None else percent(row[name], 1)

    days, outcome = row["days_to_first_contact"], review.measures.outcome
    ranged = (
        f"{short_money(outcome.p10, money)} to {short_money(outcome.p90, money)} expected, 8 times in 10"
        if outcome.p10 is not None
        else "of what was expected of the open invoices"
    )
    before = {mark: share(f"share_over_{mark}_before") for mark in (60, 90)}
    return [
        ("Penetration", share("penetration"), f"of {counted(row['accounts_past_due'], 'account')} past due"),
        ("Penetration by money", share("penetration_money"), f"of {short_money(row['past_due'], money)} past due"),
        ("Promise kept", share("promise_kept"), f"of {short_money(row['promised'], money)} promised"),
        ("Days to first contact", "–" if days is None else f"{days:.0f}", "median, accounts newly past due"),
        ("Over 60 days", share("share_over_60"), f"of open debit items; {before[60]} before"),
        ("Over 90 days", share("share_over_90"), f"of open debit items; {before[90]} before"),
        ("Cash / expected", share("cash_to_forecast"), ranged),
        ("CEI, cash only", share("cei_cash_only"), f"{share('cei')} however closed"),
    ]


def check_counts(review: TeamReview) -> list[tuple[str, str, str]]:
    """Return for each check what it looks for, how many accounts it found and of how many."""
    counts = []
    for name, says in CHECKS.items():
        flags = review.checks[name].drop_nulls() if review.checks.height else pl.Series([], dtype=pl.Boolean)
        found = f"{int(flags.sum()):,}" if len(flags) else "–"
        heading = next(column.heading for column in TABLES["team_audit"] if column.name == name)
        counts.append((heading, says.format(days=NO_TOUCH_DAYS), found))
    return counts


def team_page(pack: TeamPack) -> str:
    """Return the page as text: self-contained, everything from the ledger escaped."""
    review = pack.review
    measures = review.measures
    return rendered(
        "team.html",
        currency=measures.currency,
        pack=pack,
        review=review,
        as_of=day_in_words(measures.end),
        period=(day_in_words(measures.start), day_in_words(measures.end)),
        headline=headline_of(review),
        drawings=_plates(review),
        work=_view("team", measures.table, pack, names=WORK),
        money=_view("team", measures.table, pack, names=MONEY),
        case_mix=_view("team_case_mix", review.case_mix.table, pack),
        privacy=PRIVACY_NOTE,
        caution=CASE_MIX_NOTE,
        source=_source(review),
        funnel=_view("team_funnel", measures.funnel, pack),
        orders=_view("team_orders", review.orders, pack),
        checks=check_counts(review),
        audit=_view("team_audit", pack.audit(), pack, rows=AUDIT_SHOWN),
        hand=None if review.hand is None else _view("team_hand", review.hand.summary, pack),
        definitions=list(TEAM_TERMS.items()),
        settings=list(pack.settings.items()),
    )


def team_json(pack: TeamPack) -> str:
    """Return every figure as JSON text, ending in a newline; what was not measured is null."""
    review = pack.review
    measures, mix, curve = review.measures, review.case_mix, review.capacity
    content: dict[str, Any] = {
        "as_of": measures.end.isoformat(),
        "from": measures.start.isoformat(),
        "currency": measures.currency,
        "measures": rows_of(measures.table),
        "contact_funnel": rows_of(measures.funnel),
        "cash_expected_by": measures.outcome.source,
        "cash_expected_p10": measures.outcome.p10,
        "cash_expected_p90": measures.outcome.p90,
        "case_mix": {
            "collectors": rows_of(mix.table),
            "team_ratio": mix.team_ratio,
            "dispersion": mix.dispersion,
            "over_dispersion": mix.over_dispersion,
            "said": list(mix.sentences),
            "caution": CASE_MIX_NOTE,
            "privacy": PRIVACY_NOTE,
        },
        "checks": rows_of(review.checks),
        "audit": {"seed": review.audit_seed, "accounts": review.checks.height, "drawn": rows_of(review.audit)},
        "hand": None
        if review.hand is None
        else {
            "summary": rows_of(review.hand.summary),
            "overrides": rows_of(review.hand.table),
            "said": list(review.hand.sentences),
        },
        "capacity": None
        if curve is None
        else {
            "unit": curve.unit,
            "today": curve.today,
            "gain_today": curve.gain_today,
            "one_more": curve.one_more,
            "value_of_one_more": curve.value_of_one_more,
            "gain_of_all": curve.gain_of_all,
            "to_coverage": curve.to_coverage,
            "curve": rows_of(curve.curve),
            "said": list(curve.sentences),
        },
        "orders": rows_of(review.orders),
        "lacks": list(review.lacks),
        "settings": dict(pack.settings),
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _view(
    table: str, frame: pl.DataFrame, pack: TeamPack, *, rows: int = 100, names: Sequence[str] | None = None
) -> View:
    printed = [column.name for column in TABLES[table] if column.printed]
    return view_of(table, frame, names or printed, rows=rows, file=pack.files.get(table, ""))


def _source(review: TeamReview) -> str:
    sources = {
        "forecast": "Expected cash: the payment timing model, fitted on what was known when the period began.",
        "share_table": "Expected cash: shares by age and customers' habit in earlier periods of the same length.",
    }
    return sources.get(review.measures.outcome.source or "", "Expected cash could not be worked out.")


def _plates(review: TeamReview) -> list[Plate]:
    from credrisk.errors import EvidenceError
    from credrisk.reports import charts
    from credrisk.reports.charts import PAGE, Chart

    mix, curve, measures = review.case_mix, review.capacity, review.measures

    def capacity() -> Chart:
        if curve is None:
            raise EvidenceError("No scores were given, so the queue is not ranked.")
        return charts.capacity_chart(
            curve.curve,
            unit=curve.unit,
            today=curve.today,
            one_more=curve.one_more,
            currency=measures.currency,
            size=PAGE,
        )

    return drawn(
        (
            "funnel",
            "Actual against expected cash",
            lambda: charts.funnel_plot(mix.table, team_ratio=mix.team_ratio, quantiles=mix.quantiles, size=PAGE),
        ),
        ("contacts", "From attempt to kept promise", lambda: charts.contact_funnel_chart(measures.funnel, size=PAGE)),
        ("capacity", "Value of more time", capacity),
    )
