"""Whatever stands in the columns of a known table: a ledger's tables with every row accounted for, or a refusal."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp import business_central, dynamics_finance, erpnext, netsuite, odoo, sage
from credrisk.sources.erp.dynamics_tables import TABLES as DYNAMICS
from credrisk.sources.erp.files import open_export
from credrisk.sources.erp.named_tables import Table
from credrisk.sources.erp.netsuite_tables import TABLES as NETSUITE

FORMATS = (
    (netsuite, NETSUITE, {}),
    (dynamics_finance, DYNAMICS, {"report_date": "2024-12-31"}),
    (business_central, business_central.TABLES, {"local_currency": "EUR"}),
    (odoo, odoo.TABLES, {}),
    (erpnext, erpnext.TABLES, {}),
    (sage, sage.TABLES, {"terms_days": "30"}),
)
WORDS = (
    *("", "1", "2", "3", "-5", "100.10", "1E5", "-0", "NaN", "2024-01-10", "31/12/2024", "0001-01-01", "x", "T", "F"),
    *('[1, "a"]', "[", "false", "posted", "Customer", "Receivable", "EUR", "8100", "SI", "SR", "SC", "SD", "SP"),
    *(
        "CustInvc",
        "CustPymt",
        "Journal",
        "DepAppl",
        "Payment",
        "Invoice",
        "Sales order",
        "Application",
        "Initial Entry",
    ),
    *("Payment Discount", "Sales Invoice", "Payment Entry", "Journal Entry", "out_invoice", "entry", "AcctRec"),
)


@pytest.mark.parametrize(("module", "tables", "given_settings"), FORMATS, ids=[one[0].NAME for one in FORMATS])
def test_every_row_is_accounted_for_or_the_export_is_refused(
    module: ModuleType, tables: Sequence[Table], given_settings: dict[str, str]
) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for place, table in enumerate(tables):
                header = list(dict.fromkeys(alias for names in table.names.values() for alias in names[:1]))
                header += [mark.split("|")[0] for mark in table.marks if not set(mark.split("|")) & set(header)]
                cells = st.lists(st.sampled_from(WORDS), min_size=len(header), max_size=len(header))
                rows = data.draw(st.lists(cells, max_size=4))
                with (Path(folder) / f"{place}.csv").open("w", encoding="utf-8", newline="") as file:
                    csv.writer(file).writerows([header, *rows])
            try:
                made = module.read(open_export(folder), **given_settings)
            except (DataError, ParameterError):
                return
            fates = pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")
            assert made.summary.select(fates).to_series().to_list() == made.summary["read"].to_list()

    run()
