"""What a public event means for getting paid: how urgent it is, why it matters, and whom to tell.

A meaning belongs to a kind of event, or else to its family in :data:`credrisk.ledger.event_kinds.FAMILIES`. The
words are those of a credit department; they are no legal advice, and the law of the customer's country decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.features.company_events import ADVERSE
from credrisk.features.told_before import told_before
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.ledger.visibility import visible_from

__all__ = [
    "ENDS",
    "GONE",
    "LIQUIDATIONS",
    "SEVERITIES",
    "SOLVENT",
    "SOLVENT_DAYS",
    "Meaning",
    "family_of",
    "is_adverse",
    "meaning_of",
    "plain_kind",
    "rank_of",
    "told_first",
]

SEVERITIES = ("urgent", "serious", "watch", "note", "better")
"""From what must be acted on today to what is good news."""

CREDIT, COLLECTOR, COMPLIANCE = "credit manager", "collector", "compliance"


@dataclass(frozen=True)
class Meaning:
    """How urgent an event is (one of :data:`SEVERITIES`), why it matters for getting paid, and whom to tell."""

    severity: str
    why: str
    tell: tuple[str, ...] = (CREDIT,)


UNKNOWN = Meaning("note", "A kind of event that has no stated meaning here: read it.")

OF_FAMILY = {
    "insolvency": Meaning(
        "urgent",
        "The company cannot pay its debts, or a court is asked to find so: stop deliveries, file the claim in time, "
        "and take no payment without advice, for it may have to be given back.",
        (CREDIT, COLLECTOR),
    ),
    "judgment": Meaning(
        "serious",
        "Somebody else had to go to court to be paid, and may seize what would pay us.",
        (CREDIT, COLLECTOR),
    ),
    "late_filing": Meaning(
        "watch", "Accounts that come late are often bad ones, and the limit rests on older figures."
    ),
    "auditor": Meaning("serious", "The auditor left or changed: the figures that the limit rests on are in doubt."),
    "default": Meaning("serious", "A lender was not paid or calls its loan: the cash that is left goes there first."),
    "delisting": Meaning("serious", "Without its listing the company finds money harder to raise, and tells less."),
    "management": Meaning(
        "note", "Whoever made promises to us may be gone: ask who decides on payments now.", (COLLECTOR,)
    ),
    "filing": Meaning("note", "A filing that calls for a look, and for nothing else by itself."),
    "news": Meaning("note", "A lead to read, not a finding.", (COLLECTOR,)),
    "sanctions": Meaning(
        "urgent",
        "Trade with a listed party, and taking its money, may be an offence: stop and let compliance decide.",
        (COMPLIANCE, CREDIT),
    ),
}

OF_KIND = {
    "accounting_date_changed": Meaning("watch", "Figures may come later than they would have: ask for newer ones."),
    "adverse_news": Meaning("watch", "Bad press comes before bad figures: read it, and ask the customer."),
    "agreement_terminated": Meaning("watch", "A large contract ended: sales and cash may follow."),
    "annual_report": Meaning("note", "New annual figures: review the limit that rests on the old ones."),
    "accounts_filed": Meaning("note", "New annual figures: review the limit that rests on the old ones."),
    "bankruptcy_progress": Meaning(
        "watch",
        "A plan was confirmed, the company came out of the proceedings, or a further case began: read which, and "
        "whether a date for claims runs.",
    ),
    "debt_accelerated": Meaning(
        "serious",
        "A debt falls due early or grows, by a default or by choice (a redemption): read which; cash goes there first.",
    ),
    "charge_registered": Meaning("watch", "A lender has taken security: in a failure it is paid before us."),
    "charge_satisfied": Meaning("better", "A lender's security is gone: more is left for the others."),
    "dissolution": Meaning(
        "urgent",
        "The company no longer exists: nothing can be collected from it unless it is restored. Look for a successor, "
        "a guarantor or cover.",
        (CREDIT, COLLECTOR),
    ),
    "exit_costs": Meaning("watch", "The company closes something down: ask what, and who will go on ordering."),
    "impairment": Meaning("watch", "Assets were written down: net worth, and with it the limit, is lower."),
    "entity_reactivated": Meaning("better", "The register has the company as active again."),
    "going_concern_doubt": Meaning(
        "serious", "The auditor or the directors doubt that the company will last the year: cut what is at stake."
    ),
    "head_office_changed": Meaning("note", "Who moves may reply from elsewhere: check addresses.", (COLLECTOR,)),
    "insolvency_ended": Meaning("better", "The proceedings are over: ask on what terms, and what is left to claim."),
    "insolvency_notice": Meaning(
        "serious",
        "A notice on insolvency: read which step it is, and whether a date for claims runs.",
        (CREDIT, COLLECTOR),
    ),
    "in_liquidation": Meaning(
        "serious",
        "The company is being wound up; whether it can pay everybody is not said: file the claim in time, and deliver "
        "nothing more on open terms.",
        (CREDIT, COLLECTOR),
    ),
    "liquidation": Meaning(
        "urgent",
        "The company is being wound up; whether it can pay everybody is not said: find out, file the claim in time, "
        "and deliver nothing more on open terms.",
        (CREDIT, COLLECTOR),
    ),
    "liquidator_appointed": Meaning(
        "serious", "Somebody else now decides who is paid: file the claim with the liquidator.", (CREDIT, COLLECTOR)
    ),
    "listing_notice": Meaning("watch", "The exchange warns the company: money may become harder to raise."),
    "lei_lapsed": Meaning(
        "note", "A yearly fee for the identifier was not paid: weak by itself, for many sound companies let it lapse."
    ),
    "members_voluntary_liquidation": Meaning(
        "serious",
        "The owners close a company that says it can pay everybody: file the claim by the date of the notice, and "
        "deliver nothing more on open terms.",
        (CREDIT, COLLECTOR),
    ),
    "merger": Meaning(
        "watch",
        "The debts usually pass to the company that remains: have that confirmed in writing, and move account, limit "
        "and cover.",
    ),
    "name_changed": Meaning(
        "note", "Invoices, guarantees and cover in the old name have to be carried over.", (COLLECTOR,)
    ),
    "owner_changed": Meaning("watch", "A new owner may not stand behind old debts: ask who does."),
    "parent_exception": Meaning("note", "Why no parent is named: nobody else can be asked for payment."),
    "petition_dismissed": Meaning("better", "The court did not wind the company up: ask how the petitioner was paid."),
    "proceedings_progress": Meaning("watch", "A step in the proceedings: see whether a date for claims runs."),
    "registered_office_disputed": Meaning(
        "watch", "Whether the company may use its address is in doubt: check where letters reach it.", (COLLECTOR,)
    ),
    "registered_office_undeliverable": Meaning(
        "serious",
        "Official letters do not reach the company: neither will ours, and it may be struck off.",
        (CREDIT, COLLECTOR),
    ),
    "registered_office_changed": Meaning(
        "note", "Letters and legal notices go to the new address from now on.", (COLLECTOR,)
    ),
    "registration_ended": Meaning(
        "serious",
        "The register has closed the company's entry, or it became one of another kind: find out who owes the debt now "
        "and have it confirmed in writing before the next delivery.",
        (CREDIT, COLLECTOR),
    ),
    "reporting_ended": Meaning("watch", "No more public statements will come: the figures that there are grow old."),
    "restored_to_register": Meaning("better", "The company exists again: old claims can be brought once more."),
    "sanction_linked": Meaning(
        "serious",
        "An owner or an affiliate is listed, or may be: let compliance decide before the next delivery.",
        (COMPLIANCE, CREDIT),
    ),
    "sanctioned": OF_FAMILY["sanctions"],
    "statements_withdrawn": Meaning(
        "serious", "Figures once published no longer hold: a limit that rests on them has to be set anew."
    ),
    "strike_off_discontinued": Meaning("better", "The company stays on the register."),
    "strike_off_suspended": Meaning("watch", "Somebody objected to the striking-off: it may still come."),
    "voluntary_strike_off": Meaning(
        "serious",
        "The directors ask for the company to be struck off: object at the register while anything is owed.",
        (CREDIT, COLLECTOR),
    ),
    "strike_off_notice": Meaning(
        "serious",
        "Unless somebody objects, the company ceases to exist and its assets are out of reach: object at the register "
        "while anything is owed.",
        (CREDIT, COLLECTOR),
    ),
    "winding_up_petition": Meaning(
        "urgent",
        "A creditor asks the court to wind the company up: others may join, and what is paid from now on may have to "
        "be given back.",
        (CREDIT, COLLECTOR),
    ),
}


GONE = ("dissolution", "struck_off", "entity_inactive")
"""Kinds by which a company ceases to exist."""
OF_KIND |= dict.fromkeys(GONE, OF_KIND["dissolution"])
OF_KIND |= {kind: Meaning("note", "Who stands above the company.") for kind in ("direct_parent", "ultimate_parent")}

PAPERWORK = ("lei_duplicate", "lei_issued", "lei_merged", "lei_renewed", "lei_retired")
OF_KIND |= dict.fromkeys(PAPERWORK, Meaning("note", "Paperwork of the identifier: it says nothing of the company."))

LIQUIDATIONS = ("in_liquidation", "liquidation")
"""Solvent or not is not said."""
SOLVENT, SOLVENT_DAYS = "members_voluntary_liquidation", 366
"""A declaration of solvency, before a liquidation or so many days after it, says which kind it is."""

ENDS: dict[str, tuple[str, ...]] = {
    "entity_reactivated": ("entity_inactive",),
    "insolvency_ended": (
        *FAMILIES["insolvency"],
        "bankruptcy_progress",
        "in_liquidation",
        "liquidator_appointed",
        "members_voluntary_liquidation",
    ),
    "petition_dismissed": ("winding_up_petition",),
    "restored_to_register": (
        *GONE,
        *LIQUIDATIONS,
        "liquidator_appointed",
        "members_voluntary_liquidation",
        "registration_ended",
    ),
    "strike_off_discontinued": ("strike_off_notice", "voluntary_strike_off"),
}
"""What undoes earlier events of which kinds."""


def plain_kind(kind: object) -> str:
    """Return a kind as the families write it: small letters, underscores for blanks and hyphens."""
    return "_".join(str(kind or "").lower().replace("-", " ").split())


_FAMILY_BY_KIND = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}


def family_of(kind: object) -> str:
    """Return the family of a kind, empty where it has none; both kinds about sanctions are ``sanctions``."""
    plain = plain_kind(kind)
    return _FAMILY_BY_KIND.get(plain) or ("sanctions" if plain.startswith("sanction") else "")


def meaning_of(kind: object) -> Meaning:
    """Return what an event of a kind means: that of the kind, of its family, or that nothing is stated."""
    plain = plain_kind(kind)
    return OF_KIND.get(plain) or OF_FAMILY.get(family_of(plain), UNKNOWN)


def is_adverse(kind: object) -> bool:
    """Tell whether an event is bad news: by its family, or because its meaning is more than a note."""
    return family_of(kind) in ADVERSE or rank_of(meaning_of(kind).severity) <= rank_of("watch")


def rank_of(severity: str) -> int:
    """Return the place of a severity, 0 the most urgent."""
    return SEVERITIES.index(severity)


def told_first(events: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the ledger's events without adverse ones that another source has told before."""
    kind = pl.col("kind").cast(pl.String).str.to_lowercase().str.replace_all(r"[\s\-]+", "_")
    adverse = kind.is_in([each for family in ADVERSE for each in FAMILIES[family]])
    bad = events.filter(adverse)
    own = bad.select("happened_on", "source", customer="customer_id", kind=kind, known=visible_from("events"))
    return pl.concat([events.filter(~adverse), bad.filter(~told_before(own))])
