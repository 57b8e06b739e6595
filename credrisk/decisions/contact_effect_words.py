"""What was found about an action, as a manager reads it."""

from __future__ import annotations

from credrisk.models.contact_effect import ESTIMATED
from credrisk.models.contact_effect_pooled import PooledEffect
from credrisk.models.overlap import Estimate
from credrisk.wording import counted, percent

__all__ = ["days_text", "effect_words", "pooled_words", "sensitivity_words", "unidentified_words"]


def days_text(days: float) -> str:
    """Write days with one decimal: ``4.1 days``."""
    text = f"{days:.1f}".replace("-0.0", "0.0")
    return f"{text} {'day' if text in ('1.0', '-1.0') else 'days'}"


def effect_words(
    says: str, won: Estimate, *, shown: bool, offers: int, done_share: float | None, ess: float, tested: int
) -> str:
    """Say what the offer of an action does to the day of payment."""
    bounds = f"95 % interval {won.lower:.1f} to {won.upper:.1f}"
    done = "" if done_share is None or done_share >= 1 else f", {percent(done_share)} of them carried out"
    evidence = f"{counted(offers, 'offer')}{done}, worth {ess:,.0f} equally likely ones"
    if not shown:
        among = f" among {tested} actions tested together" if tested > 1 else ""
        return f"No measurable effect of {says}{among}: {days_text(won.value)} ({bounds}; {evidence})."
    verb = "brings payment forward by" if won.value > 0 else "delays payment by"
    return f"Offering {says} {verb} {days_text(abs(won.value))} ({bounds} won; {evidence})."


def unidentified_words(says: str, why: str, prior_days: float) -> str:
    """Say why there is no estimate, and what stands in its place."""
    return f"Not identified: the effect of {says} cannot be measured, {why}. The policy's prior stands: " + (
        f"{days_text(prior_days)} won."
    )


def pooled_words(found: PooledEffect, *, status: str, level: float) -> str:
    """Say what all contacts by hand do together, and what follows for the priors of their actions."""
    if found.days is None or found.level is None:
        return f"All contacts by hand together: not identified, {found.why}. The policy's priors stand."
    evidence = (
        f"{days_text(found.days.value)} won (95 % interval {found.days.lower:.1f} to {found.days.upper:.1f}; "
        f"{counted(found.offers, 'offer')}, worth {found.ess:,.0f} equally likely ones) where the policy believes "
        f"{days_text(found.prior_days)}"
    )
    ends = {
        "harmful": "They delay payment",
        "below_prior": "They win less than believed",
        "above_prior": "They win more than believed",
        "as_believed": "That is not told apart from what is believed",
    }
    return f"All contacts by hand together: {evidence}. {ends[status]}; the priors are used {level:.2f} times."


def sensitivity_words(source: str, robustness: float | None, *, shown: bool) -> str:
    """Say how strong an unlogged cause would have to be; null robustness where there is no estimate."""
    if source != ESTIMATED:
        return "The chances were logged by the list's own rule: nothing that was not logged can steer them."
    if robustness is None:
        return ""
    if not shown or robustness <= 0:
        return "No effect is claimed, so no unlogged cause is needed to explain it away."
    return (
        f"An unlogged cause that explains {percent(robustness, 1)} of what is left unexplained both of who was offered "
        "it and of the days open would bring the interval to zero; a weaker one would not."
    )
