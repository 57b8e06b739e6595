"""Logs of calls and visits as GoldMine, Salesforce and HubSpot export them, and their lists of accounts."""

from __future__ import annotations

from credrisk.sources.erp.named_tables import Table

__all__ = ["TABLES", "TELLING"]

TABLES = (
    Table(
        "goldmine",
        ("accountno", "ondate", "rectype|srectype", "userid"),
        {
            "id": ("recid",),
            "account": ("accountno",),
            "name": ("company",),
            "date": ("ondate",),
            "channel": ("srectype", "rectype"),
            "outcome": ("resultcode",),
            "owner": ("userid",),
            "note": ("notes", "ref"),
            "created": ("createdate", "createon"),
        },
    ),
    Table(
        "salesforce",
        (
            "accountid|whatid|company/account|account",
            "status",
            "activitydate|completeddatetime|date|duedate",
            "tasksubtype|calldisposition|callresult|callobject|subject",
        ),
        {
            "id": ("id", "activityid"),
            "account": ("accountid", "whatid"),
            "name": ("company/account", "account", "accountname"),
            "completed": ("completeddatetime",),
            "date": ("activitydate", "date", "duedate"),
            "channel": ("tasksubtype", "type", "activitytype"),
            "status": ("status",),
            "outcome": ("calldisposition", "callresult"),
            "owner": ("ownerid", "assigned", "assignedto"),
            "seconds": ("calldurationinseconds",),
            "note": ("subject",),
            "created": ("createddate",),
        },
    ),
    Table(
        "hubspot",
        (
            "calloutcome|hscalldisposition",
            "activitydate|hstimestamp",
            "calltitle|calldirection|callnotes|hscalltitle|hscalldirection|hscallbody",
        ),
        {
            "id": ("recordid", "hsobjectid", "callid"),
            "account": ("associatedcompanyids", "associatedcompanyid"),
            "name": ("associatedcompany", "companyname"),
            "date": ("activitydate", "hstimestamp"),
            "outcome": ("calloutcome", "hscalldisposition"),
            "owner": ("activityassignedto", "hubspotownerid"),
            "status": ("callstatus", "hscallstatus"),
            "note": ("calltitle", "hscalltitle"),
            "created": ("createdate", "hscreatedate"),
        },
    ),
    Table(
        "account",
        ("id|recordid|accountno", "name|companyname|company|accountname"),
        {
            "id": ("id", "recordid", "accountno"),
            "name": ("name", "companyname", "company", "accountname"),
            "number": ("accountnumber", "customernumber", "customerid", "key1"),
        },
    ),
)
TELLING = ("goldmine", "salesforce", "hubspot")
"""The logs; a list of accounts alone is none."""
