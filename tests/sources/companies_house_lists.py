"""Monthly lists in the format of Companies House about invented companies: 55 columns, blanks in their names."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

COLUMNS = (
    "CompanyName, CompanyNumber,RegAddress.CareOf,RegAddress.POBox,RegAddress.AddressLine1, RegAddress.AddressLine2,"
    "RegAddress.PostTown,RegAddress.County,RegAddress.Country,RegAddress.PostCode,CompanyCategory,CompanyStatus,"
    "CountryOfOrigin,DissolutionDate,IncorporationDate,Accounts.AccountRefDay,Accounts.AccountRefMonth,"
    "Accounts.NextDueDate,Accounts.LastMadeUpDate,Accounts.AccountCategory,Returns.NextDueDate,Returns.LastMadeUpDate,"
    "Mortgages.NumMortCharges,Mortgages.NumMortOutstanding,Mortgages.NumMortPartSatisfied,Mortgages.NumMortSatisfied,"
    "SICCode.SicText_1,SICCode.SicText_2,SICCode.SicText_3,SICCode.SicText_4,LimitedPartnerships.NumGenPartners,"
    "LimitedPartnerships.NumLimPartners,URI,"
    + ",".join(f"PreviousName_{n}.CONDATE, PreviousName_{n}.CompanyName" for n in range(1, 11))
    + ",ConfStmtNextDueDate, ConfStmtLastMadeUpDate"
).split(",")


def company(number: str, name: str = "INVENTED CERAMICS LIMITED", **more: str) -> dict[str, str]:
    """A row; a key such as ``PreviousName_1_CONDATE`` stands for the column ``PreviousName_1.CONDATE``."""
    given = {
        "CompanyNumber": number,
        "CompanyName": name,
        "CompanyStatus": "Active",
        "CompanyCategory": "Private Limited Company",
        "RegAddress.AddressLine1": "1 KILN LANE",
        "RegAddress.PostTown": "POTSTOWN",
        "RegAddress.Country": "ENGLAND",
        "RegAddress.PostCode": "ZZ1 1AA",
        "IncorporationDate": "02/01/2008",
        "Accounts.NextDueDate": "30/09/2027",
        "Mortgages.NumMortOutstanding": "0",
    }
    own = {column.strip(): column for column in COLUMNS}
    named = {column.replace(".", "_"): column for column in own}
    return {
        own[column]: value for column, value in {**given, **{named[key]: value for key, value in more.items()}}.items()
    }


def text(rows: Iterable[Mapping[str, str]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    file.write(",".join(COLUMNS) + "\r\n")
    writer.writerows(rows)
    return file.getvalue()


def write(folder: Path, day: str, rows: Iterable[Mapping[str, str]], part: str = "") -> Path:
    """A zip with one list, named as the register names it."""
    name = f"BasicCompanyData-{day}{part}" if part else f"BasicCompanyDataAsOneFile-{day}"
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", text(rows).encode())
    return path
