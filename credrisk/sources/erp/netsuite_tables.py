"""Oracle NetSuite's tables: those of SuiteAnalytics Connect and SuiteQL, and those of the older NetSuite.com schema."""

from __future__ import annotations

from credrisk.sources.erp.named_tables import Table

__all__ = ["TABLES"]

_LINE = {
    "transaction": ("transaction", "transactionid"),
    "line": ("transactionlineid", "id"),
    "main": ("mainline",),
    "amount": ("foreignamount", "amountforeign", "amount"),
    "customer": ("entity", "companyid"),
}
TABLES = (
    Table(
        "transaction",
        ("trandate|transactiondate", "id|transactionid|internalid", "type|transactiontype", "currency|currencyid"),
        {
            "id": ("transactionid", "id", "internalid"),
            "type": ("transactiontype", "type"),
            "date": ("trandate", "transactiondate"),
            "due": ("duedate",),
            "status": ("status",),
            "currency": ("currency", "currencyid"),
            "customer": ("entity", "entityid"),
            "created": ("createddate", "createdate", "datecreated"),
            "posting": ("posting",),
            "voided": ("voided",),
            "reverses": ("reversal",),
            "is_reversal": ("isreversal",),
            "total": ("foreigntotal",),
            "changed": ("lastmodifieddate",),
        },
    ),
    Table("line", ("transaction|transactionid", "id|transactionlineid", "memo", "item|itemid"), _LINE),
    Table("line", ("transaction|transactionid", "id|transactionlineid", "mainline"), _LINE),
    Table(
        "accounting_line",
        ("accountingbook", "transaction", "transactionline", "account"),
        {
            "book": ("accountingbook",),
            "transaction": ("transaction",),
            "line": ("transactionline",),
            "account": ("account",),
        },
    ),
    Table(
        "link",
        ("previousdoc", "nextdoc", "linktype"),
        {
            "previous": ("previousdoc",),
            "previous_line": ("previousline",),
            "next": ("nextdoc",),
            "next_line": ("nextline",),
            "link": ("linktype",),
            "amount": ("foreignamount", "amount"),
        },
    ),
    Table(
        "customer",
        ("companyname", "id|customerid|internalid", "creditlimit|datefirstorder|entityid|altname|currency"),
        {
            "id": ("customerid", "id", "internalid"),
            "name": ("companyname", "altname", "entityid"),
            "currency": ("currency", "currencyid"),
            "address": ("defaultbillingaddress",),
            "street": ("line1", "billaddress"),
            "country": ("country",),
            "city": ("city",),
            "postcode": ("zipcode", "zip"),
            "changed": ("lastmodifieddate",),
        },
    ),
    Table(
        "address",
        ("nkey", "addr1", "zip"),
        {"id": ("nkey",), "street": ("addr1",), "city": ("city",), "country": ("country",), "postcode": ("zip",)},
    ),
    Table("currency", ("symbol", "name", "id|currencyid"), {"id": ("currencyid", "id"), "code": ("symbol",)}),
    Table("account", ("accttype", "fullname", "id"), {"id": ("id",), "type": ("accttype",), "name": ("fullname",)}),
)
