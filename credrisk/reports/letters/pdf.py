"""A letter as PDF on A4: address where a window shows it, tables over several pages, page numbers."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credrisk.errors import ParameterError
from credrisk.reports.letters.content import Letter, LetterTable

if TYPE_CHECKING:
    from fpdf import FPDF

__all__ = ["characters_without_glyph", "letter_pdf"]

FONT = "DejaVu"
BOX = "\u25a1"
"""Stands for a character that the font does not have."""

LEFT, RIGHT, TOP, BOTTOM = 20.0, 20.0, 20.0, 24.0
WINDOW_TOP = 45.0
"""Millimetres to the address, as in DIN 5008 form B."""

TEXT_TOP = 93.0
WIDTH = 210.0 - LEFT - RIGHT
ACCENT, GREY, RULE, SHADE = (39, 72, 107), (90, 100, 112), (205, 213, 221), (238, 242, 246)
LINE = 4.9
CELL = 4.4
PAD = 0.9
CLOSING = 24.0
"""Millimetres that the closing and the signature take."""
FEW = 3
"""Up to so many lines of ageing do not go to a page of their own: the closing goes with them."""


def letter_pdf(letter: Letter, *, on: date) -> bytes:
    """Return the letter as PDF: the same bytes for the same letter.

    Characters that the DejaVu fonts do not have are drawn as a box; :func:`characters_without_glyph` names them. Text
    that runs from right to left is put in the order in which it is read; Arabic letters are not joined.

    Parameters
    ----------
    letter
        What stands on it.
    on
        The day that the file names as that of its making.

    Raises
    ------
    ParameterError
        When fpdf2 is not installed.
    """
    page = _sheet(letter, on)
    _head(page, letter)
    page.set_xy(LEFT, max(TEXT_TOP, page.get_y() + 8))
    page.set_font(FONT, "B", 11.5)
    _paragraph(page, letter.subject, height=5.8)
    page.ln(3)
    _paragraphs(page, letter.before)
    for table in letter.tables:
        _table(page, table)
    _paragraphs(page, letter.after)
    last = CLOSING + sum(_height(page, table, 7.5) for table in letter.ageing if len(table.rows) <= FEW)
    if letter.payment:
        _payment(page, letter, last)
    _room(page, last)
    _close(page, letter)
    for table in letter.ageing:
        _table(page, table, size=7.5)
    return bytes(page.output())


def characters_without_glyph(letter: Letter) -> str:
    """Return the characters of the letter that its PDF shows as a box, each once."""
    texts = [letter.subject, *letter.before, *letter.after, *letter.address, *letter.sender.values()]
    texts += [text for pair in letter.facts for text in pair]
    texts += [cell for table in letter.tables for row in table.rows for cell in row]
    return "".join(sorted({character for text in texts for character in text if ord(character) not in _glyphs()}))


@cache
def _folder() -> Path:
    from importlib.resources import files

    return Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf"


@cache
def _glyphs() -> frozenset[int]:
    """Return what both faces have, so that a character does not vanish in bold."""
    from fontTools.ttLib import TTFont

    with TTFont(_folder() / "DejaVuSans.ttf") as plain, TTFont(_folder() / "DejaVuSans-Bold.ttf") as bold:
        return frozenset(plain.getBestCmap()) & frozenset(bold.getBestCmap()) | {ord(" ")}


def _shown(text: str) -> str:
    """Return ``text`` as it is drawn: boxes for what the font lacks, from right to left what reads so."""
    drawn = "".join(character if ord(character) in _glyphs() else BOX for character in text)
    if not any("\u0590" <= character <= "\u08ff" or "\ufb1d" <= character <= "\ufefc" for character in drawn):
        return drawn
    from fpdf.bidi import BidiParagraph

    return BidiParagraph(text=drawn).get_reordered_string()


def _sheet(letter: Letter, on: date) -> FPDF:
    try:
        from fpdf import FPDF
    except ModuleNotFoundError:
        raise ParameterError(
            "format", "txt, html or eml while fpdf2 is not installed", "pdf", remedy="pip install 'credrisk[letters]'."
        ) from None
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-16)
            self.set_draw_color(*RULE)
            self.set_line_width(0.2)
            self.line(LEFT, self.get_y(), 210 - RIGHT, self.get_y())
            self.set_y(-14.5)
            self.set_font(FONT, "", 7)
            self.set_text_color(*GREY)
            number = letter.page(str(self.page_no()), "{nb}")
            self.set_x(LEFT)
            self.multi_cell(WIDTH - 34, 3.3, _shown(letter.footer), align="L", max_line_height=3.3)
            surplus = self.get_string_width("{nb}") - self.get_string_width("1")  # what stands there is one digit
            self.set_xy(210 - RIGHT - 33, -14.5)
            self.cell(33 + surplus, 3.3, number, align="R")
            self.set_text_color(0)

        def header(self) -> None:
            if self.page_no() == 1:
                return
            self.set_xy(LEFT, 11)
            self.set_font(FONT, "", 7.5)
            self.set_text_color(*GREY)
            words = letter.language.words["customer_number"]
            self.cell(WIDTH, 4, _cut(self, f"{letter.sender['name']} · {words} {letter.customer_id}", WIDTH))
            self.set_text_color(0)
            self.set_xy(LEFT, TOP)

    page = Sheet(format="A4")
    page.add_font(FONT, "", _folder() / "DejaVuSans.ttf")
    page.add_font(FONT, "B", _folder() / "DejaVuSans-Bold.ttf")
    page.set_margins(LEFT, TOP, RIGHT)
    page.set_auto_page_break(True, BOTTOM)
    page.set_creation_date(datetime(on.year, on.month, on.day, tzinfo=UTC))
    page.set_title(_shown(letter.subject))
    page.set_author(_shown(letter.sender["name"]))
    page.set_lang(letter.language.code)
    page.add_page()
    return page


def _cut(page: FPDF, text: str, width: float) -> str:
    text = _shown(text)
    while page.get_string_width(text) > width - 2 and len(text) > 1:
        text = f"{text[:-2]}…"
    return text


def _head(page: FPDF, letter: Letter) -> None:
    """Draw the letterhead, the address in its window, and the facts beside it."""
    page.set_xy(LEFT, 14)
    page.set_font(FONT, "B", 14)
    page.set_text_color(*ACCENT)
    page.multi_cell(WIDTH * 0.55, 6, _shown(letter.sender["name"]), align="L", max_line_height=6)
    page.set_font(FONT, "", 7.5)
    page.set_text_color(*GREY)
    page.set_xy(LEFT + WIDTH * 0.55, 14)
    page.multi_cell(WIDTH * 0.45, 3.7, "\n".join(map(_shown, letter.letterhead)), align="R")
    page.set_draw_color(*ACCENT)
    page.set_line_width(0.5)
    page.line(LEFT, 38, 210 - RIGHT, 38)
    page.set_xy(LEFT, WINDOW_TOP)
    page.set_font(FONT, "", 6.5)
    page.cell(85, 4, _cut(page, letter.return_line, 85))
    page.set_text_color(0)
    page.set_xy(LEFT, WINDOW_TOP + 7)
    page.set_font(FONT, "", 10)
    for line in letter.address:
        page.set_x(LEFT)
        page.multi_cell(85, 5, _shown(line), align="L", new_x="LMARGIN", new_y="NEXT")
    lowest = page.get_y()
    page.set_xy(LEFT + 98, WINDOW_TOP + 7)
    for label, text in letter.facts:
        top = page.get_y()
        page.set_xy(LEFT + 98, top)
        page.set_font(FONT, "", 8)
        page.set_text_color(*GREY)
        page.multi_cell(29, 4.8, _shown(label), align="L", new_x="RIGHT", new_y="NEXT")
        below = page.get_y()
        page.set_xy(LEFT + 127, top)
        page.set_font(FONT, "", 8.5)
        page.set_text_color(0)
        page.multi_cell(WIDTH - 127, 4.8, _shown(text), align="L", new_x="LMARGIN", new_y="NEXT")
        page.set_y(max(below, page.get_y()))
    page.set_y(max(lowest, page.get_y()))


def _paragraph(page: FPDF, text: str, *, height: float = LINE) -> None:
    page.set_x(LEFT)
    page.multi_cell(WIDTH, height, _shown(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _paragraphs(page: FPDF, paragraphs: tuple[str, ...]) -> None:
    for paragraph in paragraphs:
        page.set_font(FONT, "", 9.5)
        _paragraph(page, paragraph)
        page.ln(2.1)


def _table(page: FPDF, table: LetterTable, *, size: float = 8.0) -> None:
    """Draw a table; its headings stand again on each page it goes on to, its sums stay together."""
    widths = [WIDTH * share for share in table.widths]
    title_height = 7.0 if table.title else 0.0
    page.set_font(FONT, "B", size)
    first = _row_height(page, table.headings, widths)
    _room(page, title_height + first + min(2, len(table.rows)) * (CELL + 2 * PAD))
    if table.title:
        page.set_font(FONT, "B", 9)
        page.set_x(LEFT)
        page.cell(WIDTH, 6, _shown(table.title), new_x="LMARGIN", new_y="NEXT")
    _row(page, table.headings, widths, table, size, heading=True)
    for place, row in enumerate(table.rows):
        page.set_font(FONT, "", size)
        kept = _row_height(page, row, widths)
        if place == len(table.rows) - 1:
            kept += len(table.sums) * (CELL + PAD)
        if page.get_y() + min(kept, 180) > page.page_break_trigger:
            page.add_page()
            _row(page, table.headings, widths, table, size, heading=True)
        _row(page, row, widths, table, size)
    page.ln(0.8)
    for place, (label, amount) in enumerate(table.sums):
        last = place == len(table.sums) - 1
        page.set_font(FONT, "B" if last else "", size + (1 if last else 0))
        if last:
            page.set_draw_color(*ACCENT)
            page.set_line_width(0.3)
            page.line(LEFT + WIDTH * 0.45, page.get_y(), 210 - RIGHT, page.get_y())
        page.set_x(LEFT)
        page.cell(WIDTH - 42, CELL + PAD, _shown(label), align="R")
        page.cell(42, CELL + PAD, amount, align="R", new_x="LMARGIN", new_y="NEXT")
    if table.note:
        page.set_font(FONT, "", 7.5)
        page.set_text_color(*GREY)
        _paragraph(page, table.note, height=4)
        page.set_text_color(0)
    page.ln(3)


def _row_height(page: FPDF, cells: tuple[str, ...], widths: list[float]) -> float:
    heights = []
    for cell, width in zip(cells, widths, strict=True):
        height: Any = page.multi_cell(width, CELL, _shown(cell), dry_run=True, output="HEIGHT", padding=(0, 1))
        heights.append(float(height))
    return max(CELL, *heights) + 2 * PAD


def _row(
    page: FPDF,
    cells: tuple[str, ...],
    widths: list[float],
    table: LetterTable,
    size: float,
    *,
    heading: bool = False,
) -> None:
    page.set_font(FONT, "B" if heading else "", size)
    height, top, left = _row_height(page, cells, widths), page.get_y(), LEFT
    if heading:
        page.set_fill_color(*SHADE)
        page.rect(LEFT, top, WIDTH, height, style="F")
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        page.set_xy(left, top + PAD)
        align = "R" if place in table.numeric else "L"
        page.multi_cell(width, CELL, _shown(cell), align=align, padding=(0, 1))
        left += width
    page.set_draw_color(*(ACCENT if heading else RULE))
    page.set_line_width(0.3 if heading else 0.15)
    page.line(LEFT, top + height, 210 - RIGHT, top + height)
    page.set_xy(LEFT, top + height)


def _room(page: FPDF, height: float) -> None:
    if page.get_y() + height > page.page_break_trigger:
        page.add_page()


def _height(page: FPDF, table: LetterTable, size: float) -> float:
    """Return the millimetres of a table without sums or note, its heading counted."""
    page.set_font(FONT, "B", size)
    widths = [WIDTH * share for share in table.widths]
    return 7.0 + sum(_row_height(page, row, widths) for row in (table.headings, *table.rows))


def _payment(page: FPDF, letter: Letter, last: float) -> None:
    """Draw how to pay, in two columns; it goes to the next page together with what is ``last``, in millimetres."""
    half = WIDTH / 2 - 3
    depth = (len(letter.payment) + 1) // 2
    height = 8 + depth * 4.6
    _room(page, height + 4 + last)
    top = page.get_y()
    page.set_fill_color(*SHADE)
    page.rect(LEFT, top, WIDTH, height, style="F")
    page.set_xy(LEFT + 3, top + 1.5)
    page.set_font(FONT, "B", 8.5)
    page.cell(WIDTH - 6, 5, letter.language.words["payment_details"])
    for place, (label, text) in enumerate(letter.payment):
        column, line = divmod(place, depth)
        page.set_xy(LEFT + 3 + column * half, top + 6.5 + line * 4.6)
        page.set_font(FONT, "", 8)
        page.set_text_color(*GREY)
        page.cell(35, 4.6, _cut(page, label, 35))
        page.set_text_color(0)
        page.cell(half - 35, 4.6, _cut(page, text, half - 35))
    page.set_xy(LEFT, top + height + 4)


def _close(page: FPDF, letter: Letter) -> None:
    page.set_font(FONT, "", 9.5)
    _paragraph(page, letter.closing)
    page.ln(8)
    for line in (letter.sender["signature"], letter.sender["name"]):
        if line:
            _paragraph(page, line)
    page.ln(3)
