"""`credrisk order`: release an order, in part, on payment, against prepayment, or hold it; one, or the day's orders."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import (
    AsOf,
    Author,
    Currency,
    DefaultFrom,
    LedgerPath,
    Overwrite,
    PolicyPath,
    author_of,
)
from credrisk.cli.public import Public, policy_for, read_with_public
from credrisk.cli.scored import refuse_default_from, scored

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.order_release import OrderDecision, OrderDesk
    from credrisk.decisions.policy import Policy

__all__ = ["order_command", "print_one"]

SHOWN = 20
ANSWER_WORDS = {
    "release": "RELEASE",
    "release_on_payment": "RELEASE ON PAYMENT",
    "partial_release": "RELEASE IN PART",
    "prepay": "PREPAYMENT",
    "hold": "HOLD",
}
PARTS = {
    "open_items": "open items",
    "delivered_uninvoiced": "delivered, not invoiced",
    "open_orders": "open orders",
    "released_today": "released before it",
    "this_order": "this order on credit",
    "unapplied": "less cash and credits",
    "security": "less security",
    "exposure": "exposure",
    "group_exposure": "exposure of the group",
}


def order_command(
    ledger: LedgerPath,
    customer: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--customer", metavar="ID", help="Whose order it is. Without it: many orders.", show_default=False
        ),
    ] = None,
    amount: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--amount", help="Tax included, in the ledger's currency.", show_default=False),
    ] = None,
    new_customer: Annotated[
        bool,
        typer.Option("--new-customer", help="The customer has no account in the ledger yet: answered in advance only."),
    ] = False,
    order_id: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--order-id", metavar="ID", help="An open order of the ledger is not counted twice.", show_default=False
        ),
    ] = None,
    delivery: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--delivery", metavar="DATE", help="Default: as the order book says, else at once.", show_default=False
        ),
    ] = None,
    terms: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--terms", min=0, metavar="DAYS", help="Default: the customer's terms on file.", show_default=False
        ),
    ] = None,
    batch: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--batch",
            metavar="FILE",
            help="CSV of blocked orders: customer_id, amount (in the ledger's currency), and order_id, delivery, "
            "terms_days where known. Default: the open orders of the ledger.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write the answers to many orders here (CSV).", show_default=False),
    ] = None,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote: its scores and limits are used, if of the same ledger, day and policy. "
            "Default: the run is made now.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="Decision log to add the answers to; limits decided in it count in place of those on file.",
            show_default=False,
        ),
    ] = None,
    author: Author = None,
    override: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--override",
            metavar="ANSWER",
            help="release, prepay or hold instead; needs --reason and --log.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--reason", metavar="TEXT", help="Why it is overridden.", show_default=False),
    ] = None,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Answer an order, or the day's blocked orders: release, release once the overdue is paid, in part, prepay or hold.

    With the exposure before and after, what is expected to be earned over the order's life, the reasons, and the lowest
    role that may release it. Of many orders what has to be decided comes first, ranked by what is at stake.

    Example: credrisk order data/sample --customer C003 --amount 12000 --results out

    Example: credrisk order data/sample --results out --batch blocked.csv --out answers.csv --log decisions.db
    """
    from credrisk.atomic import refuse_existing
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.order_batch import decide_batch, orders_of_the_day
    from credrisk.decisions.order_record import log_orders, log_override
    from credrisk.errors import ParameterError

    single = customer is not None
    _refuse_what_does_not_fit(
        single,
        {
            "--amount": amount,
            "--order-id": order_id,
            "--delivery": delivery,
            "--terms": terms,
            "--override": override,
            "--new-customer": new_customer or None,
        },
        {"--batch": batch, "--out": out},
    )
    if single and amount is None and order_id is None:
        raise ParameterError("--amount", "given, or the --order-id of an open order of the ledger", "nothing")
    if override is not None and (log is None or reason is None):
        raise ParameterError("--override", "given together with --reason and --log, where it is kept", override)
    refuse_default_from(results, default_from)
    if out is not None:
        refuse_existing(out, overwrite)
    name = author_of(author) if log is not None else ""
    rules = policy_for(ledger, policy)
    decision_log = DecisionLog(log) if log is not None else None
    if decision_log is not None and decision_log.path.exists():
        decision_log.head()
    orders = _read_batch(batch) if batch is not None else None
    from_book = orders is None and not single
    desk, model = _desk(
        ledger,
        as_of=as_of,
        results=results,
        policy=rules,
        default_from=default_from,
        public=public,
        currency=currency,
        from_book=from_book,
        log=decision_log,
    )
    if customer is not None:
        _refuse_unknown(desk, customer, new_customer)
        decision = _one(desk, customer, amount, order_id=order_id, delivery=delivery, terms=terms)
        print_one(decision)
        if override is not None and decision_log is not None:
            entry = log_override(
                decision_log, decision, override=override, reason=reason or "", author=name, policy=rules, model=model
            )
            _print_override(entry.content["approver"], override)
        elif decision_log is not None:
            log_orders(decision_log, [decision], author=name, policy=rules, model=model)
        _print_logged(decision_log)
        return
    decisions = decide_batch(desk, orders_of_the_day(desk) if orders is None else orders)
    _print_many(decisions, desk)
    # An answer that stands in no log must not go out.
    if decision_log is not None and decisions:
        log_orders(decision_log, decisions, author=name, policy=rules, model=model)
    if out is not None:
        _write(out, decisions, overwrite)
    _print_logged(decision_log if decisions else None)


def _refuse_what_does_not_fit(single: bool, of_one: dict[str, object], of_many: dict[str, object]) -> None:
    from credrisk.errors import ParameterError

    rule = "left out for one order (--customer)" if single else "given together with --customer, for one order"
    for option, value in (of_many if single else of_one).items():
        if value is not None:
            raise ParameterError(option, rule, str(value))


def _desk(
    place: Path,
    *,
    as_of: str | None,
    results: Path | None,
    policy: Policy,
    default_from: float | None,
    public: Path | None,
    currency: str | None,
    from_book: bool,
    log: DecisionLog | None,
) -> tuple[OrderDesk, str | None]:
    """Return the desk, from stored results or a run made now, and the hash of the model of bad debt.

    Limits decided in the log go before those on file, and before those of a run that recommended what was seen then.
    """
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.recorded import later_note
    from credrisk.decisions.decided_limits import limits_as_decided, with_decided_limits
    from credrisk.decisions.limit_record import LIMIT
    from credrisk.decisions.order_release import OrderDesk
    from credrisk.errors import DataError

    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        ledger = read_with_public(place, public, currency=currency, as_of=as_of)
        if from_book and ledger.table("orders").is_empty():
            raise DataError(
                f"{place} has no orders table, so there are no open orders to answer.",
                remedy="name the blocked orders in a file with --batch, or one order with --customer and --amount.",
            )
        found = scored(
            ledger, results=results, as_of=as_of, policy=policy, default_from=default_from, progress=progress
        )
        limits, later = found.limits, list[str]()
        if log is not None:
            # An order is answered now: a limit cut since the export holds. A day that is asked for knows no later one.
            until = date.max if as_of is None else found.as_of
            later = later_note(log, as_of=until, kinds=(LIMIT,))
            limits = limits_as_decided(limits, ledger, log, until=until)
            ledger = with_decided_limits(ledger, log, as_of=found.as_of, until=until)
        desk = OrderDesk.open(ledger, scores=found.scores, limits=limits, policy=policy, as_of=found.as_of)
    for note in later:
        console.print(f"Note: {note}", style="yellow", markup=False)
    return desk, found.model


def _one(
    desk: OrderDesk,
    customer: str,
    amount: float | None,
    *,
    order_id: str | None,
    delivery: str | None,
    terms: int | None,
) -> OrderDecision:
    from credrisk.errors import ParameterError

    if amount is None:
        own = desk.orders.get(order_id or "")
        if own is None:
            raise ParameterError("--amount", f"given: the ledger has no open order {order_id}", "nothing")
        amount = own.undelivered
    return desk.decide(customer, amount, delivery=delivery, terms_days=terms, order_id=order_id)


def _read_batch(path: Path) -> pl.DataFrame:
    from credrisk.cli.console import console
    from credrisk.decisions.order_rows import read_orders
    from credrisk.errors import ParameterError

    if not path.is_file():
        raise ParameterError("--batch", "an existing CSV file", str(path))
    orders, unread = read_orders(path)
    if unread:
        console.print(
            f"Note: columns of {path.name} that are not read: {', '.join(unread)}.", style="yellow", markup=False
        )
    return orders


def _refuse_unknown(desk: OrderDesk, customer: str, new_customer: bool) -> None:
    """Refuse an id that the ledger does not know unless it is said to be new, and one that it knows if it is."""
    from credrisk.decisions.order_ids import nearest_ids
    from credrisk.errors import ParameterError

    if new_customer and customer in desk.facts:
        raise ParameterError("--new-customer", "left out for an account of the ledger", customer)
    if new_customer or customer in desk.facts:
        return
    near = nearest_ids(customer, desk.facts)
    said = f"the nearest {'is' if len(near) == 1 else 'are'} {', '.join(near)}; " if near else ""
    raise ParameterError(
        "--customer",
        f"the id of an account that the ledger knows on {desk.as_of}",
        customer,
        remedy=f"{said}for a customer that has no account yet add --new-customer.",
    )


def _write(out: Path, decisions: list[OrderDecision], overwrite: bool) -> None:
    import polars as pl

    from credrisk.atomic import new_file
    from credrisk.decisions.order_batch import decision_table
    from credrisk.injection import harmless

    table = decision_table(decisions, output="polars")
    texts = [harmless(name) for name, kind in table.schema.items() if kind == pl.String]
    with new_file(out, overwrite=overwrite) as draft:
        table.with_columns(texts).write_csv(draft)


def print_one(decision: OrderDecision) -> None:
    """Print the answer to one order: what to do, why, the waterfall before and after, and who has to release it."""
    from credrisk.cli.console import console, print_table
    from credrisk.decisions.order_authority import NO_APPROVAL
    from credrisk.wording import money

    who = f"{decision.customer_id} {decision.name or ''}".strip()
    console.print(f"{who}: order of {money(decision.amount, decision.currency)} on {decision.as_of}", markup=False)
    raised = f" ONCE THE LIMIT IS {_step(decision).upper()}" if decision.raise_approver else ""
    console.print(f"{ANSWER_WORDS[decision.answer]}{raised}", style="bold")
    for reason in decision.reasons:
        console.print(f"  {reason.says}", markup=False)
    rows = [
        (words, f"{decision.before[part]:,.2f}", f"{decision.after[part]:,.2f}")
        for part, words in PARTS.items()
        if decision.before[part] or decision.after[part] or part == "exposure"
    ]
    if decision.before["group_exposure"] == decision.before["exposure"]:
        rows = [row for row in rows if row[0] != PARTS["group_exposure"]]
    print_table("", (decision.currency, "before", "after"), rows, right=(1, 2))
    if decision.on_credit:
        whose = decision.approver or "nobody, by the policy"
        within = decision.approver == NO_APPROVAL
        console.print(f"{'Released by' if within else 'To be released by'}: {whose}", markup=False)
    console.print(f"Policy {decision.policy_version} ({decision.policy_hash[:12]})", style="dim", markup=False)


def _print_override(approver: str | None, override: str) -> None:
    from credrisk.cli.console import console

    whose = f"the lowest role that may do so is {approver}" if approver else "no role is named for this amount"
    console.print(f"Overridden: {override}. By the policy {whose}.", style="yellow", markup=False)


def _step(decision: OrderDecision) -> str:
    """Return what is done to the limit first: raised above the one on file, or approved where it is no raise."""
    on_file = decision.limit_on_file
    return "raised" if on_file is not None and decision.limit_used > on_file else "approved"


def _print_many(decisions: list[OrderDecision], desk: OrderDesk) -> None:
    from credrisk.cli.console import console, print_list
    from credrisk.wording import money

    def cell(found: OrderDecision, amount: float) -> str:
        return money(amount, found.currency) if amount else ""

    rows = [
        (
            found.order_id or "",
            found.customer_id,
            money(found.amount, found.currency),
            ANSWER_WORDS[found.answer].lower() + (f" (once {_step(found)})" if found.raise_approver else ""),
            cell(found, found.on_credit),
            cell(found, found.pay_first),
            cell(found, found.prepay),
        )
        for found in decisions[:SHOWN]
    ]
    more = f", the first {SHOWN} of {len(decisions):,}" if len(decisions) > SHOWN else ""
    title = f"Orders on {desk.as_of}, what has to be decided first, then by what is at stake{more}"
    headings = ("order", "customer", "amount", "answer", "on credit", "pay first", "in advance")
    reasons = [" ".join(reason.says for reason in found.reasons[:2]) for found in decisions[:SHOWN]]
    print_list(title, headings, rows, right=(2, 4, 5, 6), reasons=reasons)
    counts: dict[str, list[float]] = {}
    for found in decisions:
        counts.setdefault(found.answer, []).append(found.amount)
    for answer, words in ANSWER_WORDS.items():
        if answer in counts:
            total = money(sum(counts[answer]), desk.currency)
            number = len(counts[answer])
            orders = "1 order" if number == 1 else f"{number:,} orders"
            raised = sum(found.answer == answer and found.raise_approver is not None for found in decisions)
            first = f", {raised:,} of them once a limit is raised or approved" if raised else ""
            console.print(f"{words.capitalize()}: {orders} of {total}{first}", markup=False)


def _print_logged(log: DecisionLog | None) -> None:
    from credrisk.cli.console import console

    if log is not None:
        number, head = log.head()
        console.print(f"In the log {log.path}: {number:,} entries, head {head}", style="dim", markup=False)
