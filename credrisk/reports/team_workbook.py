"""The supervisor's workbook: a sheet a table, with headings in words, live totals and definitions."""

from __future__ import annotations

from os import PathLike

import polars as pl

from credrisk.decisions.team_case_mix import CASE_MIX_NOTE, PRIVACY_NOTE
from credrisk.reports.months import day_in_words
from credrisk.reports.pack import Pack
from credrisk.reports.sheets import Book, Table, new_workbook, write_table
from credrisk.reports.team_page import TeamPack
from credrisk.reports.team_terms import TEAM_TERMS
from credrisk.reports.workbook import write_definitions

__all__ = ["write_team_workbook"]


def write_team_workbook(path: str | PathLike[str], pack: TeamPack) -> None:
    """Write ``pack`` as ``.xlsx``: the same bytes for the same pack.

    Sheets: Team, Case mix, Contacts, Audit, Overrides (with a log), Other orders (with scores), Definitions.
    """
    review = pack.review
    measures = review.measures
    said = {
        "How the collectors are compared": " ".join(review.case_mix.sentences),
        "What a ratio does not show": CASE_MIX_NOTE,
        "Before figures of persons are used": PRIVACY_NOTE,
        "Not measured": " ".join(review.lacks) or "Nothing is missing.",
    }
    if review.hand is not None:
        said["Moved by hand"] = " ".join(review.hand.sentences)
    book_pack = Pack(measures.end, measures.currency, title=pack.title, definitions=TEAM_TERMS | said)
    with new_workbook(path, title=f"{pack.title} as of {measures.end.isoformat()}", day=measures.end) as file:
        book = Book(file, book_pack)
        written = [write_table(book, table) for table in _tables(pack)]
        write_definitions(book, written)


def _tables(pack: TeamPack) -> list[Table]:
    review = pack.review
    measures, mix = review.measures, review.case_mix
    period = f"After {day_in_words(measures.start)}, to {day_in_words(measures.end)}. Amounts in {measures.currency}."
    tables = [
        Table("team", "Team", "How collection went", period, measures.table),
        Table(
            "team_case_mix",
            "Case mix",
            "Cash against what each portfolio lets expect",
            f"{period} How, and what it does not show, stands in the sheet Definitions.",
            mix.table,
        ),
        Table("team_funnel", "Contacts", "From the attempt to the cash", period, measures.funnel),
        Table(
            "team_audit",
            "Audit",
            "Accounts drawn for an audit",
            f"{period} Drawn with seed {review.audit_seed} from {review.checks.height:,} accounts.",
            pack.audit().with_columns(pl.lit(None, pl.String).alias("auditor_found")),
        ),
    ]
    if review.hand is not None:
        tables.append(
            Table("team_hand", "Overrides", "What was moved by hand, and what came of it", period, review.hand.summary)
        )
    if review.orders.height:
        tables.append(Table("team_orders", "Other orders", "Today's list under other weights", period, review.orders))
    return tables
