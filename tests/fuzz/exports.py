"""One small sound export of each format, of invented companies: what the fuzzing of their readers starts from."""

from __future__ import annotations

import json

__all__ = ["EXPORTS", "SETTINGS"]

_SAP = "MANDT,BUKRS,KUNNR,BELNR,GJAHR,BUZEI,BLDAT,BUDAT,BLART,SHKZG,WRBTR,WAERS,ZFBDT,ZBD1T,AUGDT,AUGBL"
_DAY = "/Date(1704844800000+0000)/"
_CONTACT = {"ContactID": "c1", "Name": "Nordlicht GmbH"}
_QUICKBOOKS = {"CustomerRef": {"value": "1", "name": "Azur"}, "CurrencyRef": {"value": "USD"}, "TxnDate": "2024-01-10"}
_ODOO = {"partner_id": [7, "Azur"], "journal_id": [1, "Customer Invoices"], "state": "posted", "date": "2024-01-10"}
_ITEM = {"account_id": [121, "121000 Account Receivable"], "currency_id": [1, "EUR"], "date_maturity": "2024-02-09"}
_ENTRY = {
    "CompanyCode": "1000",
    "FiscalYear": "2024",
    "AccountingDocument": "1",
    "AccountingDocumentItem": "001",
    "AccountingDocumentType": "RV",
    "Customer": "0000000077",
    "FinancialAccountType": "D",
    "PostingDate": _DAY,
    "DocumentDate": _DAY,
    "NetDueDate": _DAY,
    "TransactionCurrency": "EUR",
    "AmountInTransactionCurrency": "100.00",
    "ClearingDate": _DAY,
    "ClearingAccountingDocument": "90",
}

EXPORTS: dict[str, dict[str, str]] = {
    "sap_tables": {
        "BSID.csv": f"{_SAP}\n100,1000,12345,1,2024,1,20240110,20240110,RV,S,100.00,EUR,20240110,30,00000000,\n",
        "BSAD.csv": f"{_SAP}\n100,1000,12345,2,2024,1,20240110,20240110,RV,S,50.00,EUR,20240110,30,20240220,3\n"
        "100,1000,12345,3,2024,1,20240220,20240220,DZ,H,50.00,EUR,20240220,0,20240220,3\n",
        "KNA1.csv": "MANDT,KUNNR,NAME1,LAND1\n100,12345,Azur,FR\n",
    },
    "sap_fbl5n": {
        "list.xls": "Line Item List\t\t1\n\nCustomer\t1000123\nCompany Code\t1000\n\nName\tAzur\n\n"
        "\tDocument Number\tDocument Type\tDocument Date\tPosting Date\tNet due date\tAmount in local currency\t"
        "Local Currency\tClearing Document\tClearing date\n"
        "\t90000001\tRV\t15.01.2024\t15.01.2024\t14.02.2024\t1.234,50\tEUR\t1400000007\t20.02.2024\n"
        "\t1400000007\tDZ\t20.02.2024\t20.02.2024\t20.02.2024\t1.234,50-\tEUR\t1400000007\t20.02.2024\n"
        "*\t\t\t\t\t\t0,00\tEUR\t\t\n",
    },
    "sap_odata": {"items.json": json.dumps({"d": {"results": [_ENTRY, {**_ENTRY, "AccountingDocument": "90"}]}})},
    "dynamics_finance": {
        "CustTrans.csv": "RecId,AccountNum,TransType,TransDate,DueDate,AmountCur,CurrencyCode,Invoice,Voucher,Txt\n"
        "1,C1,Sales order,2024-01-10,2024-02-09,1000,EUR,INV1,V1,\n2,C1,Payment,2024-02-20,1900-01-01,-600,EUR,,V2,\n",
        "CustSettlement.csv": "TransRecId,OffsetRecid,SettleAmountCur,TransDate\n1,2,600,2024-02-20\n",
    },
    "netsuite": {
        "transaction.csv": "id,type,trandate,duedate,status,currency,entity,createddate,posting,voided\n"
        "1,CustInvc,2024-01-10,2024-02-09,A,1,77,2024-01-10,T,F\n2,CustPymt,2024-02-20,,A,1,77,2024-02-20,T,F\n",
        "transactionLine.csv": "id,transaction,mainline,foreignamount,entity\n0,1,T,100.00,77\n0,2,T,100.00,77\n",
        "PreviousTransactionLineLink.csv": "previousdoc,previousline,nextdoc,nextline,linktype,foreignamount\n"
        "1,0,2,0,Payment,100.00\n",
        "currency.csv": "id,name,symbol\n1,Euro,EUR\n",
        "customer.csv": "id,companyname,currency\n77,Azur,1\n",
    },
    "odoo": {
        "account.move.json": json.dumps([{"id": 1, "move_type": "out_invoice", "invoice_date": "2024-01-10", **_ODOO}]),
        "account.move.line.json": json.dumps(
            [{"id": 1, "move_id": [1, "E/1"], "debit": 5.0, "credit": 0, "amount_currency": 5.0, **_ITEM, **_ODOO}]
        ),
    },
    "erpnext": {
        "Payment Ledger Entry.csv": "name,posting_date,account_type,party_type,party,voucher_type,voucher_no,"
        "against_voucher_no,amount,account_currency,due_date,delinked\n"
        "a,2024-01-10,Receivable,Customer,C1,Sales Invoice,SI1,SI1,1000,EUR,2024-02-09,0\n"
        "b,2024-02-20,Receivable,Customer,C1,Payment Entry,PE1,SI1,-600,EUR,,0\n",
    },
    "quickbooks_desktop": {
        "report.csv": '"","Type","Date","Num","Terms","Due Date","Aging","Open Balance"\n"Azur","","","","","","",""\n'
        '"","Invoice","05/14/2024","1001","Net 30","06/13/2024","17","1,234.50"\n'
        '"Total Azur","","","","","","","1,234.50"\n"TOTAL","","","","","","","1,234.50"\n',
    },
    "quickbooks_online": {
        "Invoice.json": json.dumps(
            {
                "QueryResponse": {
                    "Invoice": [{"Id": "1", "TotalAmt": 9.5, "Balance": 0, "DueDate": "2024-02-09", **_QUICKBOOKS}],
                    "maxResults": 1,
                }
            }
        ),
        "Payment.json": json.dumps(
            {"QueryResponse": {"Payment": [{"Id": "2", "TotalAmt": 9.5, "Line": [], **_QUICKBOOKS}], "maxResults": 1}}
        ),
    },
    "sage": {
        "audit.csv": "No,Type,A/C,N/C,Details,Date,Ref,Net,Tax,Outstanding\n"
        '1,SI,ABC1,4000,Goods,10/01/2024,INV1,"1,000.00",200.00,5.00\n2,SR,ABC1,1200,,20/02/2024,,900.00,0.00,0\n',
        "usage.csv": "Split Number,Split Crossref,Amount,Date\n2,1,900.00,20/02/2024\n",
    },
    "xero": {
        "Invoices.json": json.dumps(
            {
                "Invoices": [
                    {
                        "Type": "ACCREC",
                        "InvoiceID": "1",
                        "Contact": _CONTACT,
                        "Date": _DAY,
                        "DueDate": _DAY,
                        "Status": "PAID",
                        "Total": 9.5,
                        "AmountDue": 0,
                        "CurrencyCode": "EUR",
                        "Payments": [{"PaymentID": "2", "Date": _DAY, "Amount": 9.5}],
                    }
                ]
            }
        )
    },
    "business_central": {
        "entries.csv": "Entry No.,Posting Date,Document Type,Document No.,Customer No.,Open,Amount,Due Date,"
        "Currency Code\n1,2024-01-10,Invoice,S1,C1,No,1000,2024-02-09,EUR\n2,2024-02-20,Payment,P1,C1,No,-600,,EUR\n",
        "details.csv": "Entry No.,Entry Type,Cust. Ledger Entry No.,Applied Cust. Ledger Entry No.,Amount,"
        "Posting Date\n1,Application,1,2,-600,2024-02-20\n",
    },
    "crm": {
        "Task.csv": "Id,AccountId,Status,ActivityDate,TaskSubtype,CallResult,OwnerId\n"
        "T1,A1,Completed,2024-03-01,Call,Left voicemail,U1\n",
        "Account.csv": "Id,Name,AccountNumber\nA1,Azur,100\n",
    },
}

SETTINGS: dict[str, dict[str, str]] = {
    "quickbooks_desktop": {"currency": "USD", "report_date": "2024-06-30"},
    "business_central": {"local_currency": "EUR"},
    "sage": {"terms_days": "30"},
}
"""What the reader must be told beside the files."""
