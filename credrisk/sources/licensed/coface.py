"""Coface: business reports in the XML of the Report API, by its published schema; answers of the API that are none.

The score is Coface's ten-step one (1 risk of insolvency, 10 no risk; 99 not available), the limit its maximum credit.
Names of trustees and managers are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from credrisk.errors import SourceError
from credrisk.sources.licensed.report import Rating, Report, day, figure, plain, shaped

__all__ = ["READ", "recognised", "recognised_json", "reports", "reports_json"]

SCORE = "debtor_risk_assessment"
READ = {
    "CCEATRATING": ("SCORE", "DATE", "PD", "UNRATEDREASON"),
    "HISTORICALCCEATRATING": ("SCORE", "DATE"),
    "MAXIMUMCREDIT": ("INDICATOR",),
    "INDICATOR": ("DATE", "FROMAMOUNT", "CURRENCY", "DIMENSION"),
    "ADDITIONALINSOLVENCY": ("TEXT", "COURTDECISIONDATE", "COURTPUBLISHDATE", "INFORMATIONDATE"),
    "PAYMENTINCIDENTCASE": ("PAYMENTINCIDENTCASEREGISTRATIONDATE", "PAYMENTINCIDENTCASECATEGORY"),
    "COMPANY": ("INTERCREDITNUMBER", "NATIONALID", "COMPANYNAME"),
    "ORDERSTATUS": ("INTERCREDITORDERNUMBER", "NEGATIVE"),
    "ERROR": ("NUMBER", "DESCRIPTION"),
}
"""What is read of the schema: elements and their parts."""


def recognised(root: Element) -> bool:
    """Tell whether an XML file is one of Coface's Report API."""
    return root.tag == "ICON"


def recognised_json(content: Any) -> bool:
    """Tell whether the content is an answer of Coface's API about an order, or an error of it."""
    return isinstance(content, Mapping) and ("order_status" in content or set(content) in ({"message"}, ERROR))


ERROR = {"code", "message"}


def reports_json(content: Any) -> list[Report]:
    """Say why an answer about an order holds no report.

    Raises
    ------
    SourceError
        Always.
    """
    if "order_status" in content:
        raise SourceError(f"the order is {content['order_status']}: its report is a document of its own, in XML.")
    raise SourceError(f"Coface answered an error: {content.get('message') or 'no reason'}.")


def reports(root: Element) -> list[Report]:
    """Read a file.

    Raises
    ------
    SourceError
        For an error, an order that was declined, or a file without a report.
    """
    error = root.find("ERROR")
    if error is not None:
        raise SourceError(f"Coface answered error {error.findtext('NUMBER')}: {error.findtext('DESCRIPTION')}.")
    reference = plain(root.findtext("ORDERSTATUS/INTERCREDITORDERNUMBER"))
    found = [*root.findall("CREDITREPORT"), *root.findall("CREDITSCORING")]
    if not found:
        declined = root.findtext("ORDERSTATUS/NEGATIVE/REASON")
        raise SourceError(f"the file of Coface holds no report ({declined or 'the order is not finished'}).")
    return shaped(lambda: [_report(one, reference) for one in found], "the report of Coface")


def _report(element: Element, reference: str | None) -> Report:
    entity = plain(element.findtext("COMPANY/INTERCREDITNUMBER"))
    if entity is None:
        raise SourceError("the report of Coface names no company.")
    national = plain(element.findtext("COMPANY/NATIONALID"))
    rating = element.find("CCEATRATING")
    ratings = [] if rating is None else [_rating(rating)]
    ratings += [_rating(one) for one in element.findall("HISTORICALCCEATRATINGS/HISTORICALCCEATRATING")]
    ratings += list(_limit(element))
    return Report(
        "coface",
        entity,
        plain(element.findtext("COMPANY/COMPANYNAME")) or "",
        {"company_number": national} if national else {},
        [one for one in ratings if one is not None],
        list(_probability(rating)),
        list(_events(element)),
        reference,
    )


def _rating(element: Element) -> Rating | None:
    score = element.find("SCORE")
    rated_on = day(element.findtext("DATE"))
    unrated = element.find("UNRATEDREASON")
    if unrated is not None and plain(unrated.text):
        return Rating(SCORE, "not rated", rated_on, remark=plain(unrated.text) or "")
    if score is None:
        return None
    value = plain(score.text)
    if figure(value) is None and figure(score.get("VALUE")) is not None:
        value = plain(score.get("VALUE"))
    return None if value is None else Rating(SCORE, value, rated_on)


def _limit(element: Element) -> Iterator[Rating]:
    indicator = element.find("MAXIMUMCREDIT/INDICATOR")
    if indicator is None:
        return
    amount = figure(indicator.findtext("FROMAMOUNT"))
    multiplier = indicator.find("DIMENSION")
    stated = "" if multiplier is None else plain(multiplier.get("VALUE")) or plain(multiplier.text) or ""
    if amount is None or stated not in ("", "0"):
        return
    currency = plain(indicator.findtext("CURRENCY"))
    rated_on = day(indicator.findtext("DATE"))
    yield Rating(
        "maximum_credit",
        f"{amount:g}",
        rated_on,
        limit_amount=amount,
        limit_currency=currency,
        remark="an amount, no score",
    )


def _probability(rating: Element | None) -> Iterator[dict[str, Any]]:
    if rating is None:
        return
    probability, rated_on = figure(rating.findtext("PD")), day(rating.findtext("DATE"))
    if probability is not None and rated_on is not None and 0 <= probability <= 1:
        yield {"measure": "default_probability_12m", "value": probability, "period_end": rated_on, "unit": "share"}


def _events(element: Element) -> Iterator[dict[str, Any]]:
    for notice in element.findall("ADDITIONALINSOLVENCYLIST/ADDITIONALINSOLVENCY"):
        days = [day(notice.findtext(name)) for name in ("COURTDECISIONDATE", "COURTPUBLISHDATE", "INFORMATIONDATE")]
        happened_on = next((one for one in days if one is not None), None)
        text = plain(notice.findtext("TEXT")) or "insolvency proceedings"
        yield {"kind": "insolvency_notice", "happened_on": happened_on, "text": text}
    for case in element.findall("PAYMENTINCIDENTCASES/PAYMENTINCIDENTCASE"):
        happened_on = day(case.findtext("PAYMENTINCIDENTCASEREGISTRATIONDATE"))
        text = plain(case.findtext("PAYMENTINCIDENTCASECATEGORY")) or "payment incident"
        yield {"kind": "payment_default", "happened_on": happened_on, "text": text}
