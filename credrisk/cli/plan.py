"""`credrisk plan`: a payment plan that a customer's cash can bear."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, RecordedIn
from credrisk.cli.public import policy_for
from credrisk.cli.scored import Results

if TYPE_CHECKING:
    from credrisk.decisions.payment_plan import PaymentPlan

__all__ = ["plan_command"]


def plan_command(
    ledger: LedgerPath,
    customer: Annotated[str, typer.Option("--customer", metavar="ID", help="Whose debt.", show_default=False)],
    as_of: AsOf = None,
    policy: PolicyPath = None,
    results: Results = None,
    log: RecordedIn = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write the instalments here (CSV).", show_default=False),
    ] = None,
    default_from: DefaultFrom = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Build a payment plan for a customer's past-due debt: instalments that its cash bore in a poor quarter, on its
    payment days, with what they are worth, the chance that they are paid, and who may agree.

    Example: credrisk plan data/sample --customer C069 --as-of 2025-07-31
    """
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import read_known
    from credrisk.cli.options import label_settings
    from credrisk.cli.recorded import with_log
    from credrisk.cli.scored import scored
    from credrisk.decisions.claim_ways import ClaimWays
    from credrisk.decisions.payment_plan import payment_plan

    if out is not None:
        refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        made = scored(read, results=results, as_of=as_of, policy=rules, default_from=default_from, progress=progress)
        scores, day = made.scores, made.as_of
        read = with_log(read, log, as_of=day)
        progress("Building the plan", 0, 0)
        settings = label_settings(default_from, read.settings.currency)
        ways = ClaimWays.of(read.cut(day), as_of=day, policy=rules, settings=settings)
        plan = payment_plan(read, customer_id=customer, as_of=day, scores=scores, policy=rules, ways=ways)
    _print(plan)
    console.print(f"Policy {rules.version} ({rules.hash[:12]})", style="dim", markup=False)
    if out is not None:
        with new_file(out, overwrite=overwrite) as draft:
            plan.instalments.write_csv(draft)
        console.print(f"Written to {out}", markup=False)


def _print(plan: PaymentPlan) -> None:
    from credrisk.cli.console import console, print_table
    from credrisk.wording import money, percent

    code = plan.currency
    rows = [
        (
            str(row["number"]),
            row["due_on"].isoformat(),
            f"{row['amount']:,.2f}",
            f"{row['left']:,.2f}",
            percent(row["p_paid"]),
        )
        for row in plan.instalments.iter_rows(named=True)
    ]
    title = f"Plan for {plan.customer_id} on {plan.as_of}: {plan.debt:,.2f} {code}"
    print_table(title, ("", "due on", code, "left", "chance"), rows, right=(0, 2, 3, 4))
    for reason in plan.reasons:
        console.print(reason, markup=False)
    console.print(
        f"In today's money: {money(plan.present_value, code)} if all of it is paid, {money(plan.expected, code)} "
        f"expected{_range(plan.expected_low, plan.expected_high, code)}; without a plan {money(plan.in_house, code)}"
        f"{_range(plan.in_house_low, plan.in_house_high, code)}.",
        markup=False,
    )
    console.print(f"To be agreed to by: {plan.role or 'nobody, by the policy'}", markup=False)


def _range(low: float | None, high: float | None, currency: str) -> str:
    from credrisk.wording import money

    return f" (95 %: {money(low, currency)} to {money(high, currency)})" if low is not None else ""
