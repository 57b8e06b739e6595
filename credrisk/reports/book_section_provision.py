"""The provision as the pack's page shows it: the matrix, what it rests on, and the choices that are contested."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.portfolio.provision.against_pd import far_apart
from credrisk.reports.book import Book
from credrisk.reports.book_answers import Question
from credrisk.reports.book_section import Section, lacking
from credrisk.reports.book_views import Listed
from credrisk.reports.column import Column
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.page import drawn
from credrisk.reports.provision_pack import ProvisionPack
from credrisk.reports.provision_page import provision_charts
from credrisk.reports.provision_tables import tables_of
from credrisk.reports.totals import has_values, total

__all__ = ["provision_section"]


def provision_section(book: Book, question: Question) -> Section:
    """Return the provision, or why there is none."""
    if book.provision is None:
        return Section(question, missing=lacking(book, "provision"))
    names = dict(book.customers.select("customer_id", "name").iter_rows())
    pack = ProvisionPack(book.provision, names=names)
    plates = drawn(*provision_charts(pack).values())
    tables = [*_bridge(book), *(_short(table) for key, table in tables_of(pack).items())]
    said = [f"{one.subject} ({one.paragraph}): {one.words}" for one in book.provision.contested]
    return Section(question, plates=plates, tables=tables, notes=(*said, *book.provision.notes))


def _bridge(book: Book) -> list[Listed]:
    """Return the way from the expected loss of the overview to the allowance, by the life of today's items.

    The first expects sales and looks a year ahead, the second takes what is exposed of today's items: nothing splits
    the difference of those two.
    """
    compared = None if book.provision is None else book.provision.reconciliation
    if book.provision is None or compared is None or not has_values(book.scores, "expected_loss"):
        return []
    year, life = total(book.scores, "expected_loss"), float(compared["expected_loss"].sum())
    rates = float(compared.select(pl.sum("level", "own_risk")).sum_horizontal().item())
    specific = float(compared["specific"].sum())
    rows = [
        ("Expected loss of twelve months, as in the overview", year),
        (
            "Difference of exposure (sales to come; credits, disputes, tax, cover) and of horizon, not split",
            life - year,
        ),
        ("PD x LGD x EAD over the life of today's open items", life),
        ("Loss rates of the buckets in place of PD x LGD", rates),
        ("Specific provisions in place of PD x LGD", specific),
        ("Customers without a probability", book.provision.total - life - rates - specific),
        ("Loss allowance", book.provision.total),
    ]
    code = book.currency
    table = ShortTable(
        f"From the expected loss of a year to the allowance ({code})",
        ("Line", code),
        tuple((words, ProvisionPack(book.provision).exact(amount)) for words, amount in rows),
        (1,),
    )
    return [replace(_short(table), note=" ".join(far_apart(compared, code)))]


def _short(table: ShortTable) -> Listed:
    """Return a table in words as one of the page."""
    columns = tuple(
        Column(f"c{place}", heading, "number" if place in table.right else "text", 14, heading)
        for place, heading in enumerate(table.headings)
    )
    rows = tuple(tuple(cell or None for cell in row) for row in table.rows)
    return Listed(table.title, columns, rows, note=getattr(table, "note", ""))
