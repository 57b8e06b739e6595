"""Reports in the formats of licensed providers about invented companies; every value is invented."""

from __future__ import annotations

import json
from typing import Any

DUNS = "999999901"


def dnb(**changes: Any) -> dict[str, Any]:
    """An answer of D&B Direct+."""
    organization = {
        "duns": "99-999-9901",
        "primaryName": "Invented Ceramics Inc.",
        "businessTrading": [{"summary": [{"paydexScore": 72, "threeMonthsPriorPaydexScore": 80}]}],
        "dnbAssessment": {
            "standardRating": {"rating": "3A2"},
            "failureScore": {
                "classScore": 2,
                "classScoreDescription": "Low to moderate risk",
                "nationalPercentile": 87,
                "scoreDate": "2025-04-01",
            },
            "delinquencyScore": {"classScore": 4, "nationalPercentile": 25},
        },
        "legalEvents": {"hasOpenLiens": True, "hasOpenJudgments": True, "hasOpenBankruptcy": False},
        **changes,
    }
    detail = {"transactionID": "rrt-1", "transactionTimestamp": "2025-05-01T10:11:12.131Z"}
    return {"transactionDetail": detail, "inquiryDetail": {"duns": DUNS}, "organization": organization}


def connect(**changes: Any) -> dict[str, Any]:
    """A report of Creditsafe Connect."""
    rating = {
        "commonValue": "C",
        "commonDescription": "Moderate Risk",
        "creditLimit": {"currency": "GBP", "value": "15000"},
        "providerValue": {"minValue": "0", "maxValue": "100", "value": "41"},
        "providerDescription": "Moderate Risk",
    }
    statement = {
        "yearEndDate": "2024-06-30T00:00:00Z",
        "numberOfWeeks": 52,
        "currency": "GBP",
        "profitAndLoss": {"revenue": 900_000, "operatingProfit": -10_000, "profitBeforeTax": -12_000},
        "balanceSheet": {
            "totalAssets": 500_000,
            "tradePayables": 70_000,
            "bankLiabilities": 10_000,
            "otherLoansOrFinance": 5_000,
        },
    }
    report = {
        "companyId": "GB-0-09999999",
        "companySummary": {
            "businessName": "Invented Ceramics Ltd",
            "companyRegistrationNumber": "09999999",
            "companyStatus": {"status": "Active", "description": "Active"},
        },
        "creditScore": {"currentCreditRating": rating, "latestRatingChangeDate": "2025-02-03T00:00:00Z"},
        "financialStatements": [statement],
        **changes,
    }
    return {"correlationId": "c-1", "report": report}


SOAP = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<RetrieveCompanyOnlineReportResponse xmlns="http://www.creditsafe.com/globaldata/operations">
<RetrieveCompanyOnlineReportResult xmlns:q1="http://www.creditsafe.com/globaldata/datatypes/reports">{}
</RetrieveCompanyOnlineReportResult></RetrieveCompanyOnlineReportResponse></s:Body></s:Envelope>"""
SOAP_REPORT = """<q1:Reports><q1:Report CompanyId="GB003/0/09999998" OrderNumber="77" ReportCurrency="GBP">
<q1:CompanySummary><q1:BusinessName>INVENTED POTTERY LTD</q1:BusinessName>
<q1:CompanyRegistrationNumber>09999998</q1:CompanyRegistrationNumber>
<q1:CompanyStatus Code="NonActive">Dissolved</q1:CompanyStatus></q1:CompanySummary>
<q1:CreditScore><q1:CurrentCreditRating><q1:CommonValue>D</q1:CommonValue>
<q1:CommonDescription>High Risk</q1:CommonDescription><q1:CreditLimit>500</q1:CreditLimit>
<q1:ProviderValue MaxValue="100" MinValue="0">9</q1:ProviderValue></q1:CurrentCreditRating>
<q1:DateOfLatestRatingChange>2014-10-29T00:00:00Z</q1:DateOfLatestRatingChange></q1:CreditScore>
<q1:FinancialStatements><q1:FinancialStatement><q1:YearEndDate>2014-01-31T00:00:00Z</q1:YearEndDate>
<q1:NumberOfWeeks>52</q1:NumberOfWeeks><q1:Currency>GBP</q1:Currency>
<q1:ProfitAndLoss><q1:Revenue>0</q1:Revenue><q1:Depreciation>7</q1:Depreciation>
<q1:ProfitBeforeTax>0</q1:ProfitBeforeTax></q1:ProfitAndLoss>
<q1:BalanceSheet><q1:TotalAssets>1000</q1:TotalAssets></q1:BalanceSheet>
</q1:FinancialStatement></q1:FinancialStatements>
<q1:AdditionalInformation><CompanyHistory xmlns="http://www.creditsafe.com/globaldata/datatypes/reports">
<Event><Date>2014-05-28T00:00:00</Date><Description>New Board Member A PERSON appointed</Description></Event>
<Event><Date>2014-05-28T00:00:00</Date><Description>New Board Member B PERSON appointed</Description></Event>
<Event><Date>2015-05-25T00:00:00</Date><Description>A PERSON has resigned as company secretary</Description></Event>
<Event><Date>2015-06-25T00:00:00</Date><Description>A PERSON has left the board</Description></Event>
</CompanyHistory><MortgageInformation xmlns="http://www.creditsafe.com/globaldata/datatypes/reports">
<MortgageDetails><MortgageDetail><DateChargeCreated>24/04/2015</DateChargeCreated>
<DateChargeRegistered>28/04/2015</DateChargeRegistered><Status>Outstanding</Status></MortgageDetail>
</MortgageDetails></MortgageInformation></q1:AdditionalInformation></q1:Report></q1:Reports>"""
SOAP_ABSENT = '<Messages><Message Type="Information" Code="10101">Company number [1] not found</Message></Messages>'
SOAP_ERROR = '<Messages><Message Type="Error" Code="30102"/></Messages>'
SOAP_FAULT = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultstring>The server was unable to process the request.</faultstring></s:Fault></s:Body></s:Envelope>"""

COFACE = """<ICON VERSION="2"><ORDERSTATUS><INTERCREDITORDERNUMBER>4711</INTERCREDITORDERNUMBER></ORDERSTATUS>
<CREDITREPORT><COMPANY><INTERCREDITNUMBER>15134589</INTERCREDITNUMBER><NATIONALID>FN 1</NATIONALID>
<COMPANYNAME>Erfundene Keramik GmbH</COMPANYNAME></COMPANY>
<PAYMENTINCIDENTCASES><PAYMENTINCIDENTCASE>
<PAYMENTINCIDENTCASEREGISTRATIONDATE>2024-11-05</PAYMENTINCIDENTCASEREGISTRATIONDATE>
<PAYMENTINCIDENTCASECATEGORY VALUE="3">bill of exchange</PAYMENTINCIDENTCASECATEGORY></PAYMENTINCIDENTCASE>
</PAYMENTINCIDENTCASES>
<ADDITIONALINSOLVENCYLIST><ADDITIONALINSOLVENCY><TEXT>Reorganisation opened</TEXT>
<COURTDECISIONDATE>2025-01-10</COURTDECISIONDATE><TRUSTEENAME>A PERSON</TRUSTEENAME></ADDITIONALINSOLVENCY>
</ADDITIONALINSOLVENCYLIST>
<MAXIMUMCREDIT><INDICATOR><TYPE>1</TYPE><DATE>2025-03-01</DATE><FROMAMOUNT>25000</FROMAMOUNT><TOAMOUNT/>
<CURRENCY VALUE="978">EUR</CURRENCY><DIMENSION VALUE="0"/></INDICATOR><COMMENT/></MAXIMUMCREDIT>
<CCEATRATING><SCORE VALUE="3">High risk</SCORE><DATE>2025-03-01</DATE><PD>0.085</PD></CCEATRATING>
<HISTORICALCCEATRATINGS><HISTORICALCCEATRATING><SCORE>7</SCORE><DATE>2024-03-01</DATE></HISTORICALCCEATRATING>
<HISTORICALCCEATRATING><SCORE>99</SCORE><DATE>2023-03-01</DATE></HISTORICALCCEATRATING></HISTORICALCCEATRATINGS>
</CREDITREPORT></ICON>"""
COFACE_ERROR = """<ICON VERSION="2"><ERROR><NUMBER>17</NUMBER><SOURCE>x</SOURCE>
<DESCRIPTION>no right</DESCRIPTION></ERROR></ICON>"""
COFACE_DECLINED = """<ICON VERSION="2"><ORDERSTATUS><NEGATIVE><REASON VALUE="4">not found</REASON><COMMENT/></NEGATIVE>
</ORDERSTATUS></ICON>"""


def experian(**changes: Any) -> dict[str, Any]:
    """An answer of Experian's business information with both scores."""
    results = {
        "businessHeader": {"bin": "999999902", "businessName": "INVENTED CERAMICS INC"},
        "scoreInformation": {
            "commercialScore": {
                "score": 34,
                "modelTitle": "Intelliscore Plus V2",
                "riskClass": {"code": 3, "definition": "MEDIUM RISK"},
                "recommendedCreditLimitAmount": 9400,
            },
            "fsrScore": {"score": 57, "riskClass": {"code": 2, "definition": "LOW-MEDIUM RISK"}},
        },
        **changes,
    }
    return {"requestId": "e-1", "success": True, "results": results}


def text(content: Any) -> str:
    """A body as its file holds it."""
    return content if isinstance(content, str) else json.dumps(content)
