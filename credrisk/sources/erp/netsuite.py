"""Oracle NetSuite: tables of SuiteAnalytics Connect or SuiteQL, or of the older NetSuite.com schema."""

from __future__ import annotations

from collections.abc import Sequence

from credrisk.errors import DataError
from credrisk.sources.erp.closing_words import stated_names
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.named_tables import (
    fitting_table,
    header_of,
    last_sync,
    not_needed,
    read_tables,
    unused_columns,
)
from credrisk.sources.erp.netsuite_ledger import post
from credrisk.sources.erp.netsuite_tables import TABLES
from credrisk.sources.erp.postings import Postings
from credrisk.sources.mapping import Imported

__all__ = ["ABOUT", "NAME", "VERIFIED", "read", "recognise"]

NAME = "netsuite"
ABOUT = "Oracle NetSuite: transactions, their lines and links, customers and currencies, one table a file."
VERIFIED = "from documentation, unverified (tables tested on a recorded extract without receivables)"
SURE = 0.9
LEAST = 0.6
"""Share of :data:`SURE` for a single own file among many others."""


def recognise(files: Sequence[ExportFile]) -> float:
    """Return how surely files are of NetSuite: the share of them that are its tables, if a telling one is there."""
    own = [(table.kind, file) for file in files if (table := fitting_table(file, TABLES)) is not None]
    kinds = {kind for kind, _ in own}
    named = any(kind == "transaction" and "trandate" in header_of(file) for kind, file in own)
    if not (named or {"link", "accounting_line"} & kinds or {"transaction", "line"} <= kinds):
        return 0.0
    return SURE * (LEAST + (1 - LEAST) * len(own) / len(files))


def read(files: Sequence[ExportFile], *, write_off_accounts: str = "") -> Imported:
    """Turn an export of NetSuite into the ledger's tables.

    Parameters
    ----------
    write_off_accounts
        Names of accounts that mean a write-off, separated by commas, where their name does not say so.

    Returns
    -------
    Imported
        Tables, sums, findings and the account of every row. Transactions that are not on receivables, do not post, or
        were voided are left out and counted.

    Raises
    ------
    DataError
        When a file is damaged, or nothing is of NetSuite.
    """
    postings = Postings()
    by_kind = read_tables(files, TABLES, postings)
    if not by_kind["transaction"]:
        raise DataError(
            "there are no transactions of NetSuite in the export.",
            remedy="export transaction, transactionLine, previousTransactionLineLink, customer and currency.",
        )
    synced = last_sync(record for records in by_kind.values() for record in records)
    post(by_kind, postings, write_off_accounts=stated_names(write_off_accounts))
    return postings.imported(
        whole_files=not_needed(files, TABLES),
        settings={"extracted_on": synced} if synced else None,
        unused_columns=unused_columns(files, TABLES),
    )
