"""What a notice of denial or reduction would have to say, by US Regulation B for trade credit: for the credit memo.

The rules that are paraphrased here stand in :mod:`credrisk.models.adverse_action`; counsel reads the text itself before
a notice goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credrisk.models.adverse_action import MOST_REASONS
from credrisk.wording import money, percent

__all__ = ["AGENCY_NOTICE", "Denial", "denial_of"]

HOW_TO_TELL = (
    "Trade credit, 12 CFR 1002.9(a)(3)(ii): tell the applicant of the action taken, orally or in writing, within a "
    "reasonable time; where it asks for the reasons in writing within 60 days of being told, give them in writing, "
    "with the notice {notice}. Have counsel read the regulation before a notice goes out."
)
BELOW, OF_THE_RULE = "below", "of 12 CFR 1002.9(b)(1)"
AGENCY_NOTICE = (
    "The federal Equal Credit Opportunity Act prohibits creditors from discriminating against credit applicants on "
    "the basis of race, color, religion, national origin, sex, marital status, age (provided the applicant has the "
    "capacity to enter into a binding contract); because all or part of the applicant's income derives from any public "
    "assistance program; or because the applicant has in good faith exercised any right under the Consumer Credit "
    "Protection Act. The federal agency that administers compliance with this law concerning this creditor is "
    "[name and address of the agency by appendix A of the regulation]."
)
"""The notice of 12 CFR 1002.9(b)(1), in its words."""

OF_THE_CUSTOMER = ("expected_profit", "loss_appetite", "portfolio", "minimum")
"""What binds through the customer's modelled risk: there the model's reasons are the principal ones."""


@dataclass(frozen=True)
class Denial:
    """``adverse``: whether the recommendation takes credit away or refuses it; the reasons, and how to tell them."""

    adverse: bool
    reasons: tuple[tuple[str, str], ...]
    notice: str = AGENCY_NOTICE

    @property
    def how(self) -> str:
        """How to tell the reasons; the notice is printed below them only where the recommendation is adverse."""
        return HOW_TO_TELL.format(notice=BELOW if self.adverse else OF_THE_RULE)


def denial_of(
    limits: Mapping[str, Any],
    scores: Mapping[str, Any],
    now: Mapping[str, Any],
    model: Sequence[tuple[str, str]],
    currency: str,
) -> Denial:
    """Return the principal reasons: what decided, and where the modelled risk did, the factors behind it.

    Where the recommendation takes nothing away, only the model's are given: what decided speaks for no denial.

    Parameters
    ----------
    limits, scores, now
        The customer's rows: of the list of limits, of the scores, and its features.
    model
        ``(factor, sentence)`` of :func:`~credrisk.models.adverse_action.adverse_action_reasons`, the strongest first.
    """
    action, binding = limits.get("action"), str(limits.get("binding") or "")
    nothing = action == "keep" and not limits.get("recommended_limit")
    adverse = action in ("stop", "lower") or nothing
    decided = _decided(binding, limits, scores, now, currency) if adverse else None
    reasons = [decided] if decided else []
    if not decided or binding in OF_THE_CUSTOMER:
        reasons += list(model)
    return Denial(adverse, tuple(reasons[:MOST_REASONS]))


def _decided(
    binding: str, limits: Mapping[str, Any], scores: Mapping[str, Any], now: Mapping[str, Any], currency: str
) -> tuple[str, str] | None:
    """Return the reason that is none of the model's, where a rule of the policy or an event decided."""
    happened = str(scores.get("reason_1") or "")
    past_due, share = now.get("past_due"), now.get("share_past_due")
    of_it = f", {percent(share)} of the balance" if share is not None else ""
    said = {
        "in_default": ("Delinquent obligations with us", happened or "items 90 or more days past due"),
        "bad_debt": ("Loss on earlier credit with us", happened or "an earlier debt became a bad debt"),
        "insolvent": ("Bankruptcy, insolvency or end of the company", "known from our books or a public register"),
        "recovering": (
            "Recent default with us",
            happened or "a default, and not yet the clean months asked for",
        ),
        "arrears": ("Amounts past due", f"{money(past_due, currency)} past due{of_it}"),
        "warned": ("Public record", "a notice or an entry in a public register"),
        "need": ("Level of purchases from us", "purchases do not call for more credit"),
        "idle": ("Level of purchases from us", "no purchase for a long time"),
        "withdrawn": ("Earlier decision on the account", "the limit was set to 0 within the last 12 months"),
        "capacity": ("Financial statements", "own funds in the latest statement known to us are too small"),
        "new_customer": ("Length of the account with us", "too short a record with us for a higher limit"),
        "cap": ("Amount asked for", "more than is granted to any single customer"),
        "cover": ("Credit insurance cover", "no more of the account is covered"),
    }
    return said.get(binding)
