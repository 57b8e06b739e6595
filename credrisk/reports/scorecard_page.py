"""The scorecard for a committee: one HTML page and one workbook, with what it rests on and what it does not say."""

from __future__ import annotations

import math
from datetime import date
from os import PathLike
from textwrap import wrap
from typing import Any

import polars as pl

from credrisk.atomic import write_text
from credrisk.features.catalogue import catalogue
from credrisk.injection import FORMULA_STARTS
from credrisk.models.points_card import Scale
from credrisk.models.scorecard import Scorecard
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered
from credrisk.reports.style import ACCENT, INK, MUTED, RULE

__all__ = ["score_bands", "scorecard_page", "write_scorecard_book", "write_scorecard_page"]

TARGETS = {
    "bad_debt": "becoming a bad debt",
    "default": "defaulting (90 or more days past due)",
    "late30": "paying 30 or more days late",
}
MOST_BANDS = 12


def score_bands(scores: pl.Series, scale: Scale) -> pl.DataFrame:
    """Return the scores in bands of ``points_to_double``: who is where, and what odds the bounds stand for.

    Returns
    -------
    polars.DataFrame
        From the highest band: ``from_score`` (inclusive), ``to_score`` (exclusive), ``customers``, ``share``,
        ``good_bad_odds`` and ``pd`` (both at ``from_score``).
    """
    if scores.is_empty():
        schema = {"from_score": pl.Float64, "to_score": pl.Float64, "customers": pl.UInt32, "share": pl.Float64}
        return pl.DataFrame(schema={**schema, "good_bad_odds": pl.Float64, "pd": pl.Float64})
    width = scale.points_to_double
    spread = float(scores.max()) - float(scores.min())  # type: ignore[arg-type]
    width *= max(1, math.ceil(spread / width / MOST_BANDS))
    low = scale.score_at_odds + ((scores - scale.score_at_odds) / width).floor() * width
    counted = pl.DataFrame({"from_score": low}).group_by("from_score").len("customers")
    bands = counted.sort("from_score", descending=True)
    return bands.with_columns(
        to_score=pl.col("from_score") + width,
        share=pl.col("customers") / len(scores),
        good_bad_odds=pl.Series(scale.log_odds(bands["from_score"].to_numpy())).exp(),
        pd=pl.Series(scale.probability(bands["from_score"].to_numpy())),
    ).select("from_score", "to_score", "customers", "share", "good_bad_odds", "pd")


def write_scorecard_page(path: str | PathLike[str], card: Scorecard, customers: pl.DataFrame, *, as_of: date) -> None:
    """Write the page (UTF-8, nothing beside it needed): the same bytes for the same card."""
    write_text(path, scorecard_page(card, customers, as_of=as_of))


def scorecard_page(card: Scorecard, customers: pl.DataFrame, *, as_of: date) -> str:
    """Return the page as text."""
    return rendered(
        "scorecard.html",
        currency=card.currency_,
        as_of=day_in_words(as_of),
        event=TARGETS[card.target],
        months=card.months,
        scale=card.card_.scale,
        base=f"{card.card_.base:,.10g}",
        variables=_variables(card),
        widest=max((abs(points) for worth in card.card_.points for points in worth), default=1.0) or 1.0,
        bands=score_bands(customers["score"], card.card_.scale).to_dicts(),
        customers=customers.height,
        evidence=card.evidence_,
        choice=_choice(card),
    )


def write_scorecard_book(path: str | PathLike[str], card: Scorecard, customers: pl.DataFrame, *, as_of: date) -> None:
    """Write the workbook: Card, Score and odds, Choice, Customers. Text is text, whatever it begins with."""
    from credrisk.reports.sheets import new_workbook

    sheets = {
        "Card": (
            card.table(output="polars"),
            "The points of the bins sum to the score. A bin includes its upper bound."
            + (f" {warning}" if (warning := card.evidence_.get("warning")) else ""),
        ),
        "Score and odds": (score_bands(customers["score"], card.card_.scale), "Odds and PD at the lower bound."),
        "Choice": (_choice_frame(card), "What became of each candidate."),
        "Customers": (customers, f"Customers at risk on {day_in_words(as_of)}, the lowest score first."),
    }
    with new_workbook(path, title=f"Scorecard as of {as_of.isoformat()}", day=as_of) as file:
        for name, (frame, subtitle) in sheets.items():
            _write_sheet(file, name, frame, subtitle)


FORMATS = {
    "share": "0.0%",
    "bad_rate": "0.00%",
    "pd": "0.00%",
    "woe": "0.000",
    "iv": "0.000",
    "variable_iv": "0.000",
    "later_iv": "0.000",
    "coefficient": "0.000",
    "events": "#,##0.0",
    "customers": "#,##0",
    "good_bad_odds": "#,##0.0",
}


def _write_sheet(file: Any, name: str, frame: pl.DataFrame, subtitle: str) -> None:
    sheet = file.add_worksheet(name)
    sheet.hide_gridlines(2)
    base = {"font_name": "Arial", "font_size": 9, "font_color": INK, "valign": "top"}
    head = {**base, "bold": True, "bg_color": ACCENT, "font_color": "#ffffff", "text_wrap": True}
    # Without "align" Excel ignores the indent that keeps a text off the figures before it.
    aside = {"align": "left", "indent": 1}
    left, right = file.add_format({**head, **aside}), file.add_format({**head, "align": "right"})
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, name, file.add_format({**base, "font_size": 16, "bold": True}))
    sheet.write_string(1, 0, subtitle, file.add_format({**base, "font_color": MUTED}))
    first_of_variable = {**base, "top": 1, "top_color": RULE}
    formats: dict[tuple[str, bool, bool], Any] = {}

    def look(column: str, quoted: bool, ruled: bool) -> Any:
        key = (column, quoted, ruled)
        if key not in formats:
            number = FORMATS.get(column, "0.00%" if column.startswith(("pd_", "p_")) else "#,##0.######")
            formats[key] = file.add_format(
                {
                    **(first_of_variable if ruled else base),
                    "num_format": number,
                    "quote_prefix": quoted,
                    **(aside if frame.schema[column] == pl.String else {}),
                }
            )
        return formats[key]

    lines = 1
    variables = frame["variable"].to_list() if "variable" in frame.columns else [""] * frame.height
    for place, column in enumerate(frame.columns):
        values = frame[column].to_list()
        numeric = frame.schema[column].is_numeric()
        sheet.write_string(3, place, column.replace("_", " "), right if numeric else left)
        for row, value in enumerate(values, start=4):
            ruled = row > 4 and name == "Card" and variables[row - 4] != variables[row - 5]
            if value is None:
                sheet.write_blank(row, place, None, look(column, False, ruled))
            elif isinstance(value, str):
                sheet.write_string(row, place, value, look(column, value.startswith(FORMULA_STARTS), ruled))
            else:
                sheet.write_number(row, place, value, look(column, False, ruled))
        text = max((len(value) for value in values if isinstance(value, str)), default=8)
        title = column.replace("_", " ")
        word = max(len(part) for part in title.split())
        # Two lines where words allow it, and room for the button of the filter.
        width = min(max(text * 0.9 + 3, word + 4, len(title) / 2 + 6, 11), 60)
        sheet.set_column(place, place, width)
        lines = max(lines, len(wrap(title, max(int(width) - 4, word))))
    sheet.set_row(3, 4 + 12.5 * lines)
    sheet.autofilter(3, 0, 3 + max(frame.height, 1), len(frame.columns) - 1)
    sheet.freeze_panes(4, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)


def _variables(card: Scorecard) -> list[dict[str, Any]]:
    table, entries = card.card_.table(card.currency_), catalogue()
    found = []
    for bins in card.card_.variables:
        entry = entries.get(bins.variable)
        lines = table.filter(pl.col("variable") == bins.variable).to_dicts()
        for line in lines:
            line["shown"] = _points(line["points"])
        found.append(
            {
                "name": bins.variable,
                "means": entry.says.replace("{value}", "…") if entry is not None else "",
                "iv": bins.total_iv,
                "lines": lines,
            }
        )
    return found


def _points(points: float) -> str:
    if points == 0:
        return "0"
    return f"{points:+,.0f}" if points == round(points) else f"{points:+,.2f}"


def _choice_frame(card: Scorecard) -> pl.DataFrame:
    return card.choice_.sort("iv", "variable", descending=[True, False], nulls_last=True)


def _choice(card: Scorecard) -> list[dict[str, Any]]:
    """Return the strongest candidates and what became of them."""
    return _choice_frame(card).drop_nulls("iv").head(25).to_dicts()
