"""Tables of Dynamics 365 Finance, whatever way they were exported: entities, tables, or grids of the client."""

from __future__ import annotations

from credrisk.sources.erp.named_tables import Table

__all__ = ["SNAPSHOTS", "TABLES", "TELLING"]

_ACCOUNT = ("accountnum", "customeraccount", "customeraccountnumber", "account")
_TEXT_OF_TYPE = ("transtype$label", "transactiontype", "transtype", "type")

TABLES = (
    Table(
        "transaction",
        ("accountnum|customeraccount|customeraccountnumber", "transtype|transactiontype", "amountcur|amount"),
        {
            "id": ("recid", "recid1", "recordid", "id"),
            "customer": _ACCOUNT,
            "type": _TEXT_OF_TYPE,
            "date": ("transdate", "transactiondate", "date"),
            "document_date": ("documentdate",),
            "due": ("duedate",),
            "amount": ("amountcur", "amountintransactioncurrency", "amount"),
            "currency": ("currencycode", "currency"),
            "invoice": ("invoice", "invoicenumber"),
            "voucher": ("voucher",),
            "created": ("createddatetime", "createddatetime1"),
            "company": ("dataareaid", "company"),
            "text": ("txt", "description"),
            "approved": ("approved",),
        },
    ),
    Table(
        "settlement",
        ("transrecid", "offsetrecid", "settleamountcur"),
        {
            "transaction": ("transrecid",),
            "offset": ("offsetrecid",),
            "amount": ("settleamountcur",),
            "date": ("transdate",),
            "created": ("createddatetime",),
            "company": ("dataareaid",),
        },
    ),
    Table(
        "open",
        ("accountnum", "refrecid", "amountcur"),
        {
            "reference": ("refrecid",),
            "customer": _ACCOUNT,
            "date": ("transdate",),
            "due": ("duedate",),
            "amount": ("amountcur",),
        },
    ),
    Table(
        "aging",
        ("customeraccount|account|accountnum", "duedate", "voucher|invoice", "balance|openamount|amountdue"),
        {
            "key": ("invoice", "voucher"),
            "customer": _ACCOUNT,
            "name": ("name", "customername"),
            "date": ("transactiondate", "transdate", "date", "invoicedate"),
            "due": ("duedate",),
            "amount": ("balance", "openamount", "amountdue"),
            "type": ("transactiontype", "type"),
            "currency": ("currency", "currencycode"),
        },
    ),
    Table(
        "customer",
        (
            "account|customeraccount|accountnum",
            "name|organizationname|customername",
            "customergroup|customergroupid|custgroup",
            "currency|salescurrencycode",
        ),
        {
            "id": _ACCOUNT,
            "name": ("name", "organizationname", "customername"),
            "payer": ("invoiceaccount", "invoiceaccountnumber"),
            "currency": ("currency", "salescurrencycode"),
            "country": ("addresscountryregionisocode", "countryregion"),
            "street": ("addressstreet", "street"),
            "postcode": ("addresszipcode", "zippostalcode"),
            "city": ("addresscity", "city"),
            "vat_id": ("taxexemptnumber",),
        },
    ),
)
SNAPSHOTS = ("open", "aging")
"""Tables that are the picture of one day."""
TELLING = {
    "settlement": ("transrecid",),
    "open": ("refrecid",),
    "transaction": ("amountcur", "transtype"),
    "customer": ("invoiceaccount", "customergroup"),
}
"""Tables by which the system is recognised, with columns that other systems do not have."""
