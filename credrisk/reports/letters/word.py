"""A letter as a Word document, to be read over and changed before it goes out."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from credrisk.errors import ParameterError
from credrisk.reports.letters.content import Letter, LetterTable

if TYPE_CHECKING:
    from docx.document import Document

__all__ = ["letter_docx"]

ACCENT, GREY, SHADE = "27486B", "5A6470", "EEF2F6"
TEXT_WIDTH_CM = 17.0
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The day that every part of the file bears, so that the same letter is the same bytes."""


def letter_docx(letter: Letter, *, on: date) -> bytes:
    """Return the letter as a .docx: the same bytes for the same letter.

    Raises
    ------
    ParameterError
        When python-docx is not installed.
    """
    try:
        import docx
    except ModuleNotFoundError:
        raise ParameterError(
            "format",
            "txt, html or eml while python-docx is not installed",
            "docx",
            remedy="pip install 'credrisk[letters]'.",
        ) from None
    document = docx.Document()
    _settle(document, letter, on)
    _head(document, letter)
    _text(document, letter.subject, size=11.5, bold=True, after=8)
    for paragraph in letter.before:
        _text(document, paragraph)
    for table in letter.tables:
        _table(document, table)
    for paragraph in letter.after:
        _text(document, paragraph)
    if letter.payment:
        _text(document, letter.language.words["payment_details"], bold=True, before=4, after=2, keep=True)
        rows = tuple((label, text) for label, text in letter.payment)
        _grid(document, rows, (0.28, 0.72), size=8.5, shade=SHADE)
    _text(document, letter.closing, before=8, after=24, keep=True)
    for line in (letter.sender["signature"], letter.sender["name"]):
        if line:
            _text(document, line, after=0)
    _text(document, "", after=4)
    for table in letter.ageing:
        _table(document, table, size=7.5)
    return _same_bytes(document)


def _settle(document: Document, letter: Letter, on: date) -> None:
    """Set page, font, footer with page numbers, and what the file says about itself."""
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.0)
    section.top_margin, section.bottom_margin = Cm(2.0), Cm(2.2)
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = "DejaVu Sans", Pt(9.5)
    small: Any = document.styles["Footer"]
    small.font.size = Pt(7)
    about = document.core_properties
    about.author, about.title, about.language = letter.sender["name"][:255], letter.subject[:255], letter.language.code
    about.created = about.modified = datetime(on.year, on.month, on.day)
    about.last_modified_by, about.comments = letter.sender["name"][:255], ""
    foot = section.footer.paragraphs[0]
    _run(foot, f"{letter.footer}    ", size=7, colour=GREY)
    start, middle, rest = _page_parts(letter)
    for text, field in ((start, "PAGE"), (middle, "NUMPAGES"), (rest, "")):
        _run(foot, text, size=7, colour=GREY)
        if field:
            _field(foot, field)


def _page_parts(letter: Letter) -> tuple[str, str, str]:
    start, _, rest = letter.page("\0", "\1").partition("\0")
    middle, _, end = rest.partition("\1")
    return start, middle, end


def _field(paragraph: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = _run(paragraph, "", size=7, colour=GREY)
    for kind in ("begin", "", "separate", "text", "end"):
        if kind == "text":
            element = OxmlElement("w:t")
            element.text = "1"
        elif kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = code
        run._r.append(element)


def _head(document: Document, letter: Letter) -> None:
    _text(document, letter.sender["name"], size=14, bold=True, colour=ACCENT, after=0)
    _text(document, " · ".join(letter.letterhead[:2]), size=7.5, colour=GREY, after=0)
    _text(document, " · ".join(letter.letterhead[2:]), size=7.5, colour=GREY, after=18)
    facts = "\n".join(letter.language.labelled(label, text) for label, text in letter.facts)
    table = _grid(document, (("\n".join(letter.address), facts),), (0.58, 0.42), size=9.5)
    table.rows[0].height = _cm(3.2)
    _text(document, "", after=6)


def _run(paragraph: Any, text: str, *, size: float, bold: bool = False, colour: str = "") -> Any:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour)
    return run


def _text(
    document: Document,
    text: str,
    *,
    size: float = 9.5,
    bold: bool = False,
    colour: str = "",
    before: float = 0,
    after: float = 7,
    keep: bool = False,
) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    spacing = paragraph.paragraph_format
    spacing.space_before, spacing.space_after, spacing.keep_with_next = Pt(before), Pt(after), keep
    _run(paragraph, text, size=size, bold=bold, colour=colour)


def _cm(length: float) -> Any:
    from docx.shared import Cm

    return Cm(length)


def _grid(
    document: Document, rows: tuple[tuple[str, ...], ...], widths: tuple[float, ...], *, size: float, shade: str = ""
) -> Any:
    """Add a table without rules; rows and columns as given."""
    table = document.add_table(rows=len(rows), cols=len(widths))
    _columns(table, widths)
    for place, row in enumerate(rows):
        for column, text in enumerate(row):
            cell = table.cell(place, column)
            _fill(cell, text, width=widths[column], size=size)
            if shade:
                _shaded(cell, shade)
    return table


def _fill(
    cell: Any, text: str, *, width: float, size: float, bold: bool = False, right: bool = False, keep: bool = False
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    cell.width = _cm(TEXT_WIDTH_CM * width)
    paragraph = cell.paragraphs[0]
    spacing = paragraph.paragraph_format
    spacing.space_before, spacing.space_after, spacing.keep_with_next = Pt(1.5), Pt(1.5), keep
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for number, line in enumerate(text.split("\n")):
        run = _run(paragraph, "", size=size, bold=bold)
        if number:
            run.add_break()
        run.add_text(line)


def _columns(table: Any, widths: tuple[float, ...]) -> None:
    """Fix the widths of the columns: Word reads those of the cells, LibreOffice those of the grid."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = _cm(TEXT_WIDTH_CM * width)


def _shaded(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _table(document: Document, letter_table: LetterTable, *, size: float = 8.0) -> None:
    """Add a table whose headings stand again on each page, and whose sums stay with its last row."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    if letter_table.title:
        _text(document, letter_table.title, size=9, bold=True, after=2, keep=True)
    table = document.add_table(rows=1 + len(letter_table.rows), cols=len(letter_table.headings))
    _columns(table, letter_table.widths)
    for place, row in enumerate((letter_table.headings, *letter_table.rows)):
        properties = table.rows[place]._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if place == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(table.rows[place].cells, row, strict=True)):
            last = place == len(letter_table.rows)
            _fill(
                cell,
                text,
                width=letter_table.widths[column],
                size=size,
                bold=place == 0,
                right=column in letter_table.numeric,
                keep=place == 0 or (last and bool(letter_table.sums)),
            )
            if place == 0:
                _shaded(cell, SHADE)
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("w:val", "single"), ("w:sz", "4"), ("w:color", "CDD5DD")):
            line.set(qn(name), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)
    for place, (label, amount) in enumerate(letter_table.sums, start=1):
        _sum(table, label, amount, size=size, last=place == len(letter_table.sums))
    if letter_table.note:
        _text(document, letter_table.note, size=7.5, colour=GREY, before=2)
    _text(document, "", size=4, after=2)


def _sum(table: Any, label: str, amount: str, *, size: float, last: bool) -> None:
    """Add a row below the items: the label over all columns but two, the amount over these."""
    cells = table.add_row().cells
    named, counted = cells[0].merge(cells[-3]), cells[-2].merge(cells[-1])
    for cell, text, width in ((named, label, 0.7), (counted, amount, 0.3)):
        _fill(cell, text, width=width, size=size + last, bold=last, right=True, keep=not last)


def _same_bytes(document: Document) -> bytes:
    made, dated = io.BytesIO(), io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(dated, "w", zipfile.ZIP_DEFLATED) as target:
        for name in parts.namelist():
            part = zipfile.ZipInfo(name, EPOCH)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, parts.read(name))
    return dated.getvalue()
