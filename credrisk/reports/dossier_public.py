"""What is publicly known of a company, for its dossier: events, figures, news, sanctions, ratings, sources, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.dates import months_after
from credrisk.decisions.outside_figures import AnnualStatement, Figure
from credrisk.decisions.outside_meaning import family_of, is_adverse, plain_kind
from credrisk.decisions.red_flags import doubt
from credrisk.ledger.event_kinds import STATES
from credrisk.reports.dossier_identity import undecided_names, unlike_names
from credrisk.reports.dossier_who import taken_matches
from credrisk.reports.memo_outside import web_address
from credrisk.reports.months import day_in_words
from credrisk.reports.style import short_figure, truncated
from credrisk.wording import counted, percent

if TYPE_CHECKING:
    from credrisk.reports.dossier import Dossier

__all__ = [
    "FigureCell",
    "FiguresTable",
    "figures_table",
    "news_lines",
    "no_news_says",
    "rating_lines",
    "sanctions_says",
    "source_lines",
    "timeline_lines",
    "unmeasured",
]

EVENTS_SHOWN, NEWS_SHOWN, RATINGS_SHOWN, GAPS_SHOWN = 12, 5, 8, 14
MONTHS = 36
LONGEST, LONGEST_NAME = 150, 40
SANCTIONS_SOURCES, NEWS_SOURCES = ("opensanctions",), ("gdelt", "news_feeds")

MEASURES = (
    ("Revenue", "revenue"),
    ("EBIT", "ebit"),
    ("Interest expense", "interest_expense"),
    ("Net income", "net_income"),
    ("Operating cash flow", "operating_cash_flow"),
    ("Total assets", "total_assets"),
    ("Cash", "cash"),
    ("Receivables", "receivables"),
    ("Current liabilities", "current_liabilities"),
    ("Liabilities", "liabilities"),
    ("Equity", "equity"),
)
RATIOS = (
    ("Revenue growth", "revenue_growth", "share"),
    ("Net margin", "net_margin", "share"),
    ("Interest cover", "interest_cover", "times"),
    ("Equity ratio", "equity_ratio", "share"),
    ("Current ratio", "current_ratio", "times"),
    ("Its own DSO", "dso_days", "days"),
    ("Its own DPO", "dpo_days", "days"),
)


@dataclass(frozen=True)
class FigureCell:
    """A figure of a year: its text, and what it was before it was restated (empty where it was not)."""

    text: str
    before: str = ""


@dataclass(frozen=True)
class FiguresTable:
    """The statements side by side: years as ``(period end, known since, source, link)``, then rows by measure."""

    years: tuple[tuple[str, str, str, str], ...]
    rows: tuple[tuple[str, tuple[FigureCell, ...]], ...]
    ratios: tuple[tuple[str, tuple[FigureCell, ...]], ...]
    unit: str


def timeline_lines(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the events of the last 36 months but news, the one known last first, twelve at most; adverse ones stay.

    Where there are more than twelve, the newest notes make room first.
    """
    if dossier.events.is_empty():
        return []
    since = months_after(dossier.as_of, -MONTHS)
    rows = [
        row
        for row in dossier.events.filter(pl.col("known_at") > since)
        .sort("known_at", "happened_on", "kind", "source", descending=True)
        .iter_rows(named=True)
        if family_of(row["kind"]) != "news" and row["kind"] not in STATES
    ]
    chosen = sorted(range(len(rows)), key=lambda place: (not is_adverse(rows[place]["kind"]), place))[:EVENTS_SHOWN]
    return [_event(rows[place]) for place in sorted(chosen)]


def news_lines(dossier: Dossier) -> list[dict[str, Any]]:
    """Return the news of the last 12 months, the newest first, five at most."""
    if dossier.events.is_empty():
        return []
    recent = dossier.events.filter(pl.col("known_at") > months_after(dossier.as_of, -12))
    rows = recent.sort("known_at", "kind", "source", "text", descending=True).iter_rows(named=True)
    return [_event(row) for row in rows if family_of(row["kind"]) == "news"][:NEWS_SHOWN]


def no_news_says(dossier: Dossier) -> str:
    """Say why no news stands here: asked and nothing found, or not measured."""
    answers = _answers(dossier).filter(pl.col("source").is_in(NEWS_SOURCES) & (pl.col("status") != "not_measured"))
    if answers.is_empty():
        return "Not measured: no source of news has answered about this company."
    names = sorted(set(answers["source"]))
    return f"None found by {', '.join(names)}. A search by name can miss what is written otherwise."


def _event(row: dict[str, Any]) -> dict[str, Any]:
    kind = plain_kind(row["kind"]).replace("_", " ").capitalize()
    text = truncated(str(row.get("text") or ""), LONGEST)
    return {
        "known": day_in_words(row["known_at"]),
        "happened": day_in_words(row["happened_on"]) if row["happened_on"] != row["known_at"] else "",
        "kind": truncated(kind, LONGEST_NAME),
        "text": f"{'' if text.casefold() == kind.casefold() else text}{doubt(row.get('match_confidence'))}".strip(),
        "adverse": is_adverse(row["kind"]),
        "source": truncated(str(row["source"]), LONGEST_NAME),
        "url": web_address(row.get("url")),
    }


def figures_table(dossier: Dossier) -> FiguresTable | None:
    """Return the annual statements side by side, the newest first; None where none is known."""
    found = list(dossier.statements)
    if not found:
        return None
    years = []
    for each in found:
        newest = max(each.figures.values(), key=lambda figure: (figure.known_at, figure.source, figure.url))
        years.append(
            (
                day_in_words(each.period_end),
                day_in_words(each.known_at),
                truncated(newest.source, LONGEST_NAME),
                web_address(newest.url),
            )
        )
    units = [figure.unit for each in found for figure in each.figures.values() if figure.unit]
    common = max(sorted(set(units)), key=units.count) if units else ""
    rows = [
        (label, tuple(_cell(each.figures.get(name), common) for each in found))
        for label, name in MEASURES
        if any(name in each.figures for each in found)
    ]
    ratios = [
        (label, tuple(FigureCell(_ratio(each, name, kind)) for each in found))
        for label, name, kind in RATIOS
        if any(each.ratios.get(name) is not None for each in found)
    ]
    return FiguresTable(tuple(years), tuple(rows), tuple(ratios), truncated(common, 8))


def _cell(figure: Figure | None, common: str) -> FigureCell:
    if figure is None:
        return FigureCell("–")
    unit = "" if figure.unit in ("", common) else f" {truncated(figure.unit, 8)}"
    before = f"first {short_figure(figure.first_value)}" if figure.restated else ""
    return FigureCell(f"{short_figure(figure.value)}{unit}", before)


def _ratio(statement: AnnualStatement, name: str, kind: str) -> str:
    value = statement.ratios.get(name)
    if value is None:
        return "–"
    return {"share": percent(value, 1), "times": f"{value:,.1f}", "days": f"{value:,.0f} days"}[kind]


def rating_lines(dossier: Dossier) -> list[tuple[str, str, str, str, str]]:
    """Return provider and scale, value, risk, the day it was rated, and the day it was known: the latest of each."""
    if dossier.ratings.is_empty():
        return []
    latest = (
        dossier.ratings.sort("provider", "scale", "rated_on", "known_at")
        .unique(["provider", "scale"], keep="last", maintain_order=True)
        .head(RATINGS_SHOWN)
    )
    return [
        (
            truncated(f"{row['provider']} {str(row['scale']).replace('_', ' ')}", LONGEST_NAME),
            truncated(str(row["value"]), LONGEST_NAME),
            "–" if row["risk"] is None else f"{row['risk']:.2f}",
            day_in_words(row["rated_on"]),
            day_in_words(row["known_at"]),
        )
        for row in latest.iter_rows(named=True)
    ]


def sanctions_says(dossier: Dossier) -> str:
    """Say what is known of sanctions: a hit, checked and nothing found, or not checked."""
    hits = [row for row in dossier.events.iter_rows(named=True) if family_of(row["kind"]) == "sanctions"]
    if hits:
        return f"{counted(len(hits), 'entry', 'entries')} on lists of sanctions: see the red flags."
    answers = _answers(dossier).filter(pl.col("source").is_in(SANCTIONS_SOURCES))
    clear = answers.filter(pl.col("status") == "none")
    if clear.height and clear.height == answers.height:
        row = clear.row(-1, named=True)
        when = f" on {day_in_words(row['retrieved_at'])}" if row["retrieved_at"] else ""
        return f"Asked {row['source']}{when}: no entry found. A match by name can miss one written otherwise."
    return "Not checked: whether the company is on a list of sanctions is not measured."


def source_lines(dossier: Dossier) -> list[dict[str, str]]:
    """Return what each source gave: its answers, rows, entity, how sure the match is, the day asked, the licence.

    Where all that a source was asked about are entities that a person said the customer is not, it is "rejected".
    """
    columns = ["source", "retrieved_at", "entity", "match_confidence", "licence"]
    given = [frame.select(columns) for frame in (dossier.events, dossier.facts) if frame.height]
    if dossier.ratings.height:
        given.append(dossier.ratings.rename({"provider": "source"}).select(columns))
    rows = pl.concat(given) if given else pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    answers = _answers(dossier)
    rejected = _rejected(dossier)
    found = []
    for source in sorted({*rows["source"].to_list(), *answers["source"].to_list()}):
        own, said = rows.filter(pl.col("source") == source), answers.filter(pl.col("source") == source)
        counts = {status: said.filter(pl.col("status") == status).height for status in ("hit", "none", "not_measured")}
        told = ", ".join(f"{number} {status.replace('_', ' ')}" for status, number in counts.items() if number)
        both = (
            pl.concat([own.select(columns[1:]), said.select(columns[1:])])
            if own.height and said.height
            else (own.select(columns[1:]) if own.height else said.select(columns[1:]))
        )
        accepted = both.filter(~pl.col("entity").is_in(rejected).fill_null(False))
        sure = accepted["match_confidence"].cast(pl.Float64).drop_nulls().min()
        days: list[date] = both["retrieved_at"].drop_nulls().to_list()
        entity = both["entity"].drop_nulls().unique().sort().to_list()
        licence = both["licence"].drop_nulls().unique().sort().to_list()
        found.append(
            {
                "source": truncated(str(source), LONGEST_NAME),
                "gave": ", ".join(part for part in (counted(own.height, "row"), told) if part),
                "entity": truncated(", ".join(name for name in entity if name), LONGEST_NAME) or "–",
                "sure": "rejected" if accepted.is_empty() else _sure(sure),
                "asked": day_in_words(max(days)) if days else "not stated",
                "licence": truncated(", ".join(licence), 60) or "not stated",
            }
        )
    return found


def _rejected(dossier: Dossier) -> list[str]:
    """Return the ids that a person said the customer is not, and which no match since says it is."""
    said = {one.strip() for given in dossier.matches["rejected"].drop_nulls() for one in str(given).split(";")}
    return sorted(said - {"", *taken_matches(dossier.matches)["entity"].to_list()})


def _sure(confidence: object) -> str:
    return percent(float(confidence)) if isinstance(confidence, int | float) else "not stated"


def unmeasured(dossier: Dossier) -> list[str]:
    """Say what was not measured, with the reason: by source, and what the ledger or a run would have told."""
    said = [*unlike_names(dossier), *undecided_names(dossier)]
    if dossier.asked is None:
        said.append("No record of public lookups is at hand: which registers, courts and news were asked is not known.")
    answers = _answers(dossier)
    for (source, reason), rows in answers.filter(pl.col("status") == "not_measured").group_by(
        ["source", "reason"], maintain_order=True
    ):
        parts = [str(part) for part in rows["part"].unique().sort() if part]
        place = f"{source} ({', '.join(parts[:4])})" if parts else str(source)
        said.append(f"{truncated(place, 80)}: {truncated(str(reason or 'no reason stated'), LONGEST)}")
    told = {*answers["source"].to_list(), *dossier.asked_later}
    not_asked = [name for name in dossier.asked or () if name not in told]
    said += [
        f"{truncated(name, LONGEST_NAME)}: was asked about this company on {day_in_words(day)} only, after this day"
        for name, day in dossier.asked_later.items()
        if name not in set(answers["source"].to_list())
    ]
    said += [f"{truncated(name, LONGEST_NAME)}: was not asked about this company" for name in not_asked]
    if not dossier.statements:
        said.append("Annual figures: none is known, so profit, net worth and liquidity are not measured.")
    if dossier.now.get("dbt_3m") is None:
        said.append("Days beyond terms: nothing was paid in the last 3 months.")
    if not dossier.scores:
        said.append("Probability of a bad debt and grade: no run of this ledger was given (--results).")
    elif dossier.scores.get("pd_12m") is None:
        source = str(dossier.scores.get("pd_source") or "not measured").replace("_", " ")
        said.append(f"Probability of a bad debt: none in the run ({source}).")
    if dossier.later:
        said.append(f"{counted(dossier.later, 'public row')} known only after this day: not told here.")
    if len(said) > GAPS_SHOWN:
        said = [*said[:GAPS_SHOWN], f"and {len(said) - GAPS_SHOWN} more"]
    return said


def _answers(dossier: Dossier) -> pl.DataFrame:
    columns = ("source", "part", "status", "reason", "retrieved_at", "entity", "match_confidence", "licence")
    if dossier.answers.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return dossier.answers.sort("source", "part", "retrieved_at")
