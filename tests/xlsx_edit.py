"""A workbook edited as a spreadsheet program would: cells written, rows sorted, put in, taken out, and saved again."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest
from defusedxml.ElementTree import fromstring

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SPACES = {
    "": MAIN,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "x14ac": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}
LINK = f"{{{SPACES['r']}}}id"
REFERENCE = re.compile(r"([A-Z]+)(\d+)")
DAY_ZERO = date(1899, 12, 30)


def tag(name: str) -> str:
    return f"{{{MAIN}}}{name}"


def letters(place: int) -> str:
    text = ""
    while place >= 0:
        text, place = chr(ord("A") + place % 26) + text, place // 26 - 1
    return text


def place_of(reference: str) -> int:
    number = 0
    for letter in re.sub(r"\d", "", reference):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


class Edited:
    """The parts of a workbook, edited in place and written to another file."""

    def __init__(self, path: Path) -> None:
        for prefix, space in SPACES.items():
            Tree.register_namespace(prefix, space)
        with zipfile.ZipFile(path) as folder:
            self.parts = {name: folder.read(name) for name in folder.namelist()}
        self.strings = []
        if "xl/sharedStrings.xml" in self.parts:
            shared = fromstring(self.parts["xl/sharedStrings.xml"])
            self.strings = ["".join(node.text or "" for node in item.iter(tag("t"))) for item in shared]
        links = fromstring(self.parts["xl/_rels/workbook.xml.rels"])
        targets = {link.get("Id"): str(link.get("Target")) for link in links}
        book = fromstring(self.parts["xl/workbook.xml"])
        self.places = {
            str(sheet.get("name")): f"xl/{targets[sheet.get(LINK)].removeprefix('/xl/')}"
            for sheet in book.iter(tag("sheet"))
        }
        self.trees: dict[str, Tree.Element] = {}

    def sheet(self, name: str) -> Tree.Element:
        if name not in self.trees:
            self.trees[name] = fromstring(self.parts[self.places[name]])
        return self.trees[name]

    def rows(self, name: str) -> dict[int, Tree.Element]:
        return {int(row.get("r", 0)): row for row in self.sheet(name).iter(tag("row"))}

    def text(self, cell: Tree.Element | None) -> str:
        if cell is None:
            return ""
        if cell.get("t") == "s":
            return self.strings[int(cell.findtext(tag("v"), "0"))]
        if cell.get("t") == "inlineStr":
            return "".join(node.text or "" for node in cell.iter(tag("t")))
        return cell.findtext(tag("v"), "")

    def headings(self, name: str) -> dict[str, str]:
        """Return heading -> letter of its column."""
        row = self.rows(name)[4]
        return {self.text(cell): re.sub(r"\d", "", str(cell.get("r"))) for cell in row}

    def row_of(self, name: str, customer: str) -> int:
        letter = self.headings(name)["Customer no."]
        found = (
            n for n, row in self.rows(name).items() if n > 4 and self.text(self._cell(row, f"{letter}{n}")) == customer
        )
        return next(found)

    def write(self, name: str, customer: str, heading: str, value: object, *, formula: str = "") -> None:
        """Write into a customer's cell, known by the heading of its column."""
        self.put(name, f"{self.headings(name)[heading]}{self.row_of(name, customer)}", value, formula=formula)

    def put(self, name: str, reference: str, value: object, *, formula: str = "") -> None:
        number = int(re.sub(r"\D", "", reference))
        row = self.rows(name)[number]
        cell = self._cell(row, reference)
        if cell is None:
            cell = Tree.Element(tag("c"), {"r": reference})
            after = [one for one in row if place_of(str(one.get("r"))) < place_of(reference)]
            row.insert(len(after), cell)
        for child in list(cell):
            cell.remove(child)
        cell.attrib.pop("t", None)
        if formula:
            Tree.SubElement(cell, tag("f")).text = formula
        if isinstance(value, str) and value.startswith("#") and formula:
            cell.set("t", "e")
            Tree.SubElement(cell, tag("v")).text = value
        elif isinstance(value, str):
            cell.set("t", "inlineStr")
            Tree.SubElement(Tree.SubElement(cell, tag("is")), tag("t")).text = value
        elif isinstance(value, bool):
            cell.set("t", "b")
            Tree.SubElement(cell, tag("v")).text = str(int(value))
        elif value is not None:
            number = (value - DAY_ZERO).days if isinstance(value, date) else value
            Tree.SubElement(cell, tag("v")).text = repr(number)

    def reorder(self, name: str, order: list[int]) -> None:
        """Put the data rows into another order, given by their row numbers; rows that are left out are gone."""
        data = next(self.sheet(name).iter(tag("sheetData")))
        rows = self.rows(name)
        for number, row in rows.items():
            if number > 4:
                data.remove(row)
        for place, number in enumerate(order, start=5):
            data.append(_moved(copy.deepcopy(rows[number]), number, place))

    def hide(self, name: str, number: int) -> None:
        self.rows(name)[number].set("hidden", "1")

    def drop_sheet(self, name: str) -> None:
        book = fromstring(self.parts["xl/workbook.xml"])
        sheets = next(book.iter(tag("sheets")))
        sheets.remove(next(sheet for sheet in sheets if sheet.get("name") == name))
        self.parts["xl/workbook.xml"] = Tree.tostring(book, encoding="UTF-8", xml_declaration=True)

    def save(self, path: Path) -> Path:
        for name, root in self.trees.items():
            self.parts[self.places[name]] = Tree.tostring(root, encoding="UTF-8", xml_declaration=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folder:
            for name, content in self.parts.items():
                folder.writestr(name, content)
        return path

    def _cell(self, row: Tree.Element, reference: str) -> Tree.Element | None:
        return next((cell for cell in row if cell.get("r") == reference), None)


def _moved(row: Tree.Element, old: int, new: int) -> Tree.Element:
    row.set("r", str(new))
    for cell in row:
        cell.set("r", REFERENCE.sub(rf"\g<1>{new}", str(cell.get("r"))))
        for formula in cell.iter(tag("f")):
            formula.text = re.sub(rf"(?<![$A-Z0-9])([A-Z]{{1,3}}){old}(?!\d)", rf"\g<1>{new}", formula.text or "")
    return row


def office(path: Path, kind: str, folder: Path) -> Path:
    """Return the file that LibreOffice makes of another; skip where it is not installed, fail there where CI is set."""
    found = shutil.which("soffice")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("soffice is not installed")
        pytest.skip("soffice is not installed")
    folder.mkdir(exist_ok=True)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [found, profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=180)
    return folder / f"{path.stem}.{kind.partition(':')[0]}"
