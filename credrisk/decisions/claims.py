"""The claims at hand: what each customer owes past its due date and may be asked for, how old it is, and its PD."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from credrisk.decisions.collectable import LATE_FEE, collectable, in_ledger_currency, open_items
from credrisk.decisions.contact_state import legal_events
from credrisk.decisions.deferred import put_off
from credrisk.decisions.grades import with_used_pd
from credrisk.decisions.inputs import customer_rows
from credrisk.decisions.policy import Policy
from credrisk.decisions.third_party import third_party_claims
from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["claims_at_hand", "one_claim"]

SCORES = {"status": pl.String(), "pd_12m": pl.Float64(), "p_late30_12m": pl.Float64()}
OPTIONAL = {"name": pl.String(), "dbt_12m": pl.Float64(), "lgd": pl.Float64()}


def claims_at_hand(ledger: Ledger, scores: Any, *, as_of: date, policy: Policy) -> pl.DataFrame:
    """Return the scored customers that owe something past its due date.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.
    scores
        Of the customers at that day, as ``credrisk run`` writes them.

    Returns
    -------
    polars.DataFrame
        ``customer_id, name, claim`` (past due and the fee notes beside it, without what is in dispute or deferred and
        without the cash and credits already here, above 0, major units of the ledger's currency), ``past_due,
        late_fees, disputed, at_hand`` (cash and credits),
        ``age_days`` (days past due, money-weighted over what is neither disputed nor
        deferred; of the oldest item where all is), ``oldest_open_days, oldest_due_on``,
        ``insolvent_on, insolvent_as, third_party_on`` (an agency or a court has it), ``status, grade_used, pd_used,
        pd_used_source, lgd``. Sorted by customer.

    Raises
    ------
    DataError
        When scores are damaged, customers are not in the ledger, or a currency has no rate.
    """
    rows = customer_rows(scores, "scores", required=SCORES, optional=OPTIONAL, as_of=as_of)
    names = ledger.table("customers").select("customer_id", ledger_name="name")
    strangers = rows.join(names, on="customer_id", how="anti")
    if strangers.height:
        raise DataError(
            "customers are not in the ledger.",
            table="scores",
            rows=strangers.height,
            ids=strangers["customer_id"].to_list(),
            remedy="score the customers of this ledger, at this date.",
        )
    movements = item_movements(ledger)
    found = (
        names,
        collectable(ledger, as_of, movements=movements, due_soon_days=0),
        _ages(ledger, movements, as_of),
        legal_events(ledger),
        third_party_claims(ledger, movements=movements),
    )
    for each in found:
        rows = rows.join(each, on="customer_id", how="left", maintain_order="left", validate="1:1")
    amounts = ("past_due", "late_fees", "disputed", "deferred", "open_credits", "unapplied_cash")
    # An insolvency, an agency or a court takes all that is past due, whatever was agreed before.
    with_others = pl.col("insolvent_on").is_not_null() | pl.col("third_party_on").is_not_null()
    left_alone = pl.col("disputed") + pl.when(with_others).then(0.0).otherwise("deferred")
    owed = rows.with_columns(pl.col(name).fill_null(0.0) for name in amounts).with_columns(
        at_hand=pl.col("open_credits") + pl.col("unapplied_cash"), name=pl.coalesce("name", "ledger_name")
    )
    owed = owed.with_columns(
        claim=(pl.col("past_due") + pl.col("late_fees") - left_alone - pl.col("at_hand")).clip(lower_bound=0).round(6),
        oldest_open_days=(pl.lit(as_of) - pl.col("oldest_due_on")).dt.total_days().cast(pl.Float64),
    )
    owed = owed.with_columns(age_days=pl.coalesce("age_days", "oldest_open_days")).filter(
        pl.col("past_due") - left_alone > 0, pl.col("claim") > 0
    )
    return with_used_pd(owed, policy).select(
        "customer_id",
        "name",
        "claim",
        "past_due",
        "late_fees",
        "disputed",
        "at_hand",
        "age_days",
        "oldest_open_days",
        "oldest_due_on",
        "insolvent_on",
        "insolvent_as",
        "third_party_on",
        "status",
        "grade_used",
        "pd_used",
        "pd_used_source",
        "lgd",
    )


def one_claim(claims: pl.DataFrame, customer_id: str, *, scores: Any) -> dict[str, Any]:
    """Return the claim on one customer.

    Raises
    ------
    ParameterError
        When the customer is not among the scores, or owes nothing that may be asked for.
    """
    rows = claims.filter(pl.col("customer_id") == customer_id)
    if rows.height:
        return rows.row(0, named=True)
    if customer_id not in set(scores["customer_id"]):
        raise ParameterError("customer", "a scored customer of the ledger", customer_id)
    raise ParameterError(
        "customer",
        "a customer that owes something past due, beyond what is in dispute, deferred or blocked from dunning, "
        "and the cash and credits already here",
        customer_id,
    )


def _ages(ledger: Ledger, movements: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return ``customer_id, age_days``: of the past-due money that is neither disputed nor deferred."""
    late = (
        open_items(ledger, movements)
        .filter(~pl.col("document_kind").is_in(["credit_note", LATE_FEE]))
        .filter((pl.col("due_date") < as_of) & (pl.col("residual") > 0))
        .join(put_off(ledger, as_of), on="document_id", how="anti")
        .with_columns(owed=pl.col("residual") - pl.col("disputed"))
        .filter(pl.col("owed") > 0)
    )
    days = (pl.lit(as_of) - pl.col("due_date")).dt.total_days()
    return (
        in_ledger_currency(late, ["owed"], ledger, as_of)
        .sort("customer_id", "document_id")
        .group_by("customer_id", maintain_order=True)
        .agg(age_days=(days * pl.col("owed")).sum() / pl.col("owed").sum())
    )
