"""The first sheet of the pack's workbook: answers, live figures, checks that must be nil, and what stands where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from credrisk.reports.book import PARTS
from credrisk.reports.book import Book as PackBook
from credrisk.reports.book_checks import Figure, checks_of
from credrisk.reports.buckets import buckets_among
from credrisk.reports.months import day_in_words
from credrisk.reports.sheets import Book, Table
from credrisk.reports.summary import WIDTHS, write_ageing_block, write_answers, write_notes, write_pairs, write_section
from credrisk.reports.totals import has_values, total
from credrisk.reports.worklist import to_contact

__all__ = ["write_cover"]

OTHER_SHEETS = {
    "Charts": "Ageing month by month, DSO against the best possible, the largest customers, cash to come",
    "Memo": "The credit memo of one customer, chosen there",
}
LATER_SHEETS = {"Definitions": "What every term and column means"}
GOOD = {"bg_color": "#d9ead3", "font_color": "#20512b"}
BAD = {"bg_color": "#f6d9c6", "font_color": "#8a2f06", "bold": True}


def write_cover(book: Book, sheet: Any, pack: PackBook, tables: Sequence[Table]) -> None:
    """Write the cover; every figure is a formula over the sheets, and a check that is not nil shows."""
    by_key = {table.key: table for table in tables}
    sheet.hide_gridlines(2)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    covers = pack.covers
    said = f" The ledger covers {day_in_words(covers[0])} to {day_in_words(covers[1])}." if covers else ""
    book.title(sheet, pack.title, f"As of {day_in_words(pack.as_of)}. Amounts in {pack.currency}.{said}")
    row = write_answers(book, sheet, 3)
    row = _figures(book, sheet, row, "Key figures", list(_key_figures(by_key)))
    row = _checks(book, sheet, row, list(checks_of(pack, tables)))
    row = write_ageing_block(book, sheet, row, by_key["ageing"])
    row = _contents(book, sheet, row, tables)
    row = write_notes(book, sheet, row)
    row = write_pairs(book, sheet, row, "Not measured", _missing(pack))
    row = write_pairs(book, sheet, row + 1, "Versions and settings", pack.settings)
    book.print_setup(sheet, header_row=0, last_row=row, last_column=len(WIDTHS) - 1)
    sheet.set_portrait()
    sheet.activate()


def _figures(book: Book, sheet: Any, row: int, heading: str, figures: list[Figure]) -> int:
    if not figures:
        return row
    row = write_section(book, sheet, row, heading)
    for figure in figures:
        book.text(sheet, row, 0, figure.label, "label")
        sheet.write_formula(row, 1, figure.formula, book.format(f"{figure.look}_middle"), figure.value)
        book.text(sheet, row, 2, figure.note, "plain")
        row += 1
    return row + 1


def _checks(book: Book, sheet: Any, row: int, checks: list[Figure]) -> int:
    if not checks:
        return row
    row = write_section(book, sheet, row, "Checks: each must be nil")
    good, bad = (book.file.add_format(look) for look in (GOOD, BAD))
    for check in checks:
        book.text(sheet, row, 0, check.label, "label")
        sheet.write_formula(row, 1, check.formula, book.format("cents"), check.value)
        ties = f"ABS(B{row + 1})<={check.rounding:.12g}"
        state = "ties" if abs(float(check.value)) <= check.rounding else "differs"
        sheet.write_formula(row, 2, f'=IF({ties},"ties","differs")', book.format("plain"), state)
        book.text(sheet, row, 3, check.note, "plain")
        for criteria, look in ((f"={ties}", good), (f"=NOT({ties})", bad)):
            sheet.conditional_format(row, 1, row, 2, {"type": "formula", "criteria": criteria, "format": look})
        row += 1
    return row + 1


def _contents(book: Book, sheet: Any, row: int, tables: Sequence[Table]) -> int:
    row = write_section(book, sheet, row, "Contents")
    listed = {**OTHER_SHEETS, **{table.sheet: table.title for table in tables}, **LATER_SHEETS}
    look = book.format("link")
    for name, title in listed.items():
        sheet.write_url(row, 0, f"internal:'{name}'!A1", look, string=name)
        book.text(sheet, row, 1, title, "plain")
        row += 1
    return row + 1


def _missing(pack: PackBook) -> Mapping[str, str]:
    return {PARTS.get(key, key.replace("_", " ").capitalize()): why for key, why in pack.missing.items()}


def _key_figures(tables: Mapping[str, Table]) -> Iterator[Figure]:
    ageing, scores = tables["ageing"], tables["scores"]
    buckets = buckets_among(ageing.frame.columns)
    debits = sum(total(ageing.frame, name) for name in buckets)
    names = (
        ("Open balance", "open_balance"),
        ("Past due", "past_due"),
        ("Over 90 days", "past_due_over_90"),
        ("Unapplied cash", "unapplied_cash"),
        ("Net balance", "net_balance"),
    )
    for label, name in names:
        if has_values(ageing.frame, name):
            value = total(ageing.frame, name)
            yield Figure(label, f"=SUM({ageing.cells(name)})", value, "money", NOTES.get(name, ""))
    if buckets and debits and has_values(ageing.frame, "past_due"):
        sums = "+".join(f"SUM({ageing.cells(name)})" for name in buckets)
        late = total(ageing.frame, "past_due")
        note = "Past due of open debit items."
        yield Figure("Share past due", f"=SUM({ageing.cells('past_due')})/({sums})", late / debits, "percent", note)
    for key, name, label in (
        ("dso", "dso_3m", "DSO, 3 months"),
        ("dso", "average_days_delinquent", "Days delinquent"),
        ("cei", "cei", "Collection effectiveness"),
        ("cei", "cei_cash", "The same by cash alone"),
        ("bad_debt_ratio", "ratio", "Bad-debt ratio"),
    ):
        if key in tables and tables[key].frame.height and tables[key].frame[name][0] is not None:
            table = tables[key]
            day = table.frame["as_of"][0]
            look = "days" if key == "dso" else "probability" if key == "bad_debt_ratio" else "percent"
            formula = f"=INDEX({table.cells(name)},1)"
            yield Figure(label, formula, table.frame[name][0], look, f"At {day_in_words(day)}.")
    if "provision" in tables:
        table = tables["provision"]
        value = total(table.frame, "allowance")
        yield Figure(
            "Provision", f"=SUM({table.cells('allowance')})", value, "money", "Loss allowance, rate x exposed."
        )
    if has_values(scores.frame, "expected_loss"):
        value = total(scores.frame, "expected_loss")
        yield Figure("Expected loss", f"=SUM({scores.cells('expected_loss')})", value, "money", NOTES["expected_loss"])
    yield from _decisions(tables)


def _decisions(tables: Mapping[str, Table]) -> Iterator[Figure]:
    limits, queue = tables["pack_limits"], tables["pack_queue"]
    if has_values(limits.frame, "recommended_limit") and "new_limit" in limits.frame.columns:
        today, advised = (limits.cells(name) for name in ("current_limit", "recommended_limit"))
        new = limits.cells("new_limit")
        current = total(limits.frame, "current_limit")
        recommended = total(limits.frame, "recommended_limit")
        yield Figure("Limits today", f"=SUM({today})", current, "money", "")
        yield Figure("Limits recommended", f"=SUM({advised})", recommended, "money", "")
        yield Figure("Limits decided here", f"=COUNT({new})", 0, "count", "Numbers filled in on the sheet Limits.")
        yield Figure("Decided as text", f"=COUNTA({new})-COUNT({new})", 0, "count", NOTES["as_text"])
        after = f"=SUM({today})-SUMPRODUCT(--ISNUMBER({new}),{today})+SUM({new})"
        yield Figure("Limits once these are set", after, current, "money", "Today's, with those decided here.")
    if {"contact_today", "gain", "slot", "hand_what"} <= set(queue.frame.columns) and queue.frame.height:
        listed = to_contact(queue.frame, None)
        today, slot = queue.cells("contact_today"), queue.cells("slot")
        by_hand = f'{today},"yes",{slot},"<>automatic"'
        yield Figure("Contacts by hand today", f"=COUNTIFS({by_hand})", listed.height, "count", "")
        gain = f"=SUMIFS({queue.cells('gain')},{by_hand})"
        yield Figure("Gain of these contacts", gain, total(listed, "gain"), "money", NOTES["gain"])
        hand = f"=COUNTA({queue.cells('hand_what')})+COUNTA({queue.cells('new_place')})"
        yield Figure("Accounts moved by hand here", hand, 0, "count", "Cells filled in on the sheet Queue.")


NOTES = {
    "open_balance": "Documents less applications, credits deducted.",
    "past_due": "After the due date.",
    "net_balance": "Open balance less unapplied cash.",
    "expected_loss": "Over 12 months, of customers with a probability.",
    "as_text": "Not in the figures here; credrisk apply reads amounts in text.",
    "gain": "Expected, by contacting now rather than not.",
}
