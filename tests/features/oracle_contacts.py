"""The features of contacts and of the shares of the open debit, worked out the slow way."""

from __future__ import annotations

from features.oracle import Number, Oracle, divided, part


@part
def contacts(oracle: Oracle) -> dict[str, Number]:
    names = ("contacts_3m", "contacts_12m", "calls_12m", "letters_12m", "reached_share_12m")
    names += ("reached_share_3m", "reached_share_trend", "contacts_trend", "promise_per_answer_12m")
    since = ("days_since_last_contact", "days_since_reached")
    if not oracle.has("contacts"):
        return dict.fromkeys((*names, *since, "attempts_since_reached"))
    own = [row for row in oracle.rows("contacts") if row["customer_id"] == oracle.customer]
    answered = [row for row in own if row["outcome"] is not None and row["outcome"] != "no_answer"]
    year = [row for row in own if oracle.within(row["date"], 12)]
    found: dict[str, Number] = dict.fromkeys(names)
    if oracle.covered(3):
        quarter = [row for row in own if oracle.within(row["date"], 3)]
        found["contacts_3m"] = len(quarter)
        found["reached_share_3m"] = divided(sum(row in answered for row in quarter), len(quarter))
    if oracle.covered(12):
        found["contacts_12m"] = len(year)
        found["calls_12m"] = sum(row["channel"] == "call" for row in year)
        found["letters_12m"] = sum(row["channel"] == "letter" for row in year)
        found["reached_share_12m"] = divided(sum(row in answered for row in year), len(year))
        heard = [row["outcome"] == "promise" for row in year if row in answered]
        found["promise_per_answer_12m"] = divided(sum(heard), len(heard))
        found["contacts_trend"] = divided(4 * len(quarter), len(year))
        if quarter:
            found["reached_share_trend"] = found["reached_share_3m"] - found["reached_share_12m"]
    for name, rows in zip(since, (own, answered), strict=True):
        found[name] = (oracle.as_of - max(row["date"] for row in rows)).days if rows else None
    last = max((row["date"] for row in answered), default=None)
    silent = [row for row in own if last is None or row["date"] > last]
    found["attempts_since_reached"] = len(silent) if own else None
    return found


@part
def overdue(oracle: Oracle) -> dict[str, Number]:
    lots = [(max(oracle.left(row), 0), row) for row in oracle.aged()]
    ages = {row["document_id"]: (oracle.as_of - row["due_date"]).days for _, row in lots}

    def older(days: int) -> int:
        late = [(row, left) for left, row in lots if ages[row["document_id"]] > days]
        # Each bucket is translated by itself.
        edges = [edge for edge in (30, 60, 90) if edge >= days]
        spans = list(zip(edges, [*edges[1:], 10**6], strict=True))
        return sum(
            oracle.by_currency([(r["currency"], left) for r, left in late if low < ages[r["document_id"]] <= high])
            for low, high in spans
        )

    ageing, quarter = oracle.ageing(), oracle.invoiced(3)
    debit = ageing["not_due"] + ageing["past_due"]
    unapplied = ageing["unapplied_cash"]
    return {
        **{f"share_over_{days}": divided(older(days), debit) for days in (30, 60, 90)},
        "open_credit_share": divided(-ageing["open_credits"], debit),
        "unapplied_cash_share": None if unapplied is None else divided(unapplied, debit),
        "past_due_to_invoiced_3m": divided(ageing["past_due"], quarter),
        "balance_to_invoiced_3m": divided(ageing["open_balance"] - ageing["late_fees"], quarter),
    }
