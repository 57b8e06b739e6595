"""`credrisk effects`: what reminders, letters and calls did to payment, as far as your own history can show it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    from credrisk.decisions.contact_effects import ContactEffects

__all__ = ["effects_command"]

STATUS = {
    "measured": "measured",
    "no_measurable_effect": "no measurable effect",
    "not_identified": "not identified",
}
RANKING = {
    "gain": "The list may be ranked by gain with these effects",
    "amount_x_timing": "The list is ranked without the effects of single actions, by amount x timing",
}


def effects_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write into.")] = Path("effects"),
    as_of: AsOf = None,
    policy: PolicyPath = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure what offers of contacts did to the day of payment, against leaving the account alone.

    Taken from the ledger's own lists (queue_log, with the chances by which they were drawn), else from its contacts.
    An action that nobody, or everybody of a kind, was offered is not identified: the policy's prior stands then. The
    effects may steer the list only where logged offers show that it is no worse for it.

    Writes effects.csv (one row per action, in words), evaluation.csv (both rankings valued off-policy, with the
    effective sample size), offers.csv (what was learnt from) and effects.json (for collection_queue(effects=...)
    in Python).

    Example: credrisk effects data/sample --as-of 2025-12-31 --out effects
    """
    import polars as pl

    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.decisions.contact_effects import measure_contact_effects
    from credrisk.decisions.offers import ledger_offers
    from credrisk.injection import harmless

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        offers = ledger_offers(read, as_of=day, policy=rules, progress=progress, output="polars")
        progress("Measuring effects", 0, 0)
        effects = measure_contact_effects(offers, policy=rules, as_of=day)
    with new_folder(out, overwrite=overwrite) as draft:
        effects.report().write_csv(draft / "effects.csv")
        effects.evaluation.write_csv(draft / "evaluation.csv")
        texts = [harmless(name) for name, kind in offers.schema.items() if kind == pl.String]
        offers.with_columns(texts).write_csv(draft / "offers.csv")
        effects.save(draft / "effects.json")
    _print_report(effects, lists=offers["date"].n_unique())
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)


def _print_report(effects: ContactEffects, *, lists: int) -> None:
    from credrisk.cli.console import console, print_list
    from credrisk.wording import counted

    def days(value: float | None) -> str:
        return "" if value is None else f"{value:.1f}"

    rows, said = [], []
    for row in effects.report().iter_rows(named=True):
        between = "" if row["lower"] is None else f"{row['lower']:.1f} to {row['upper']:.1f}"
        rows.append(
            (
                row["action"].replace("_", " "),
                f"{row['offers']:,}",
                f"{row['ess']:,.0f}",
                days(row["estimate"]),
                between,
                days(row["prior"]),
                days(row["used"]),
                STATUS[row["status"]],
            )
        )
        said.append(" ".join(part for part in (row["said"], row["sensitivity"]) if part))
    chances = "logged" if effects.source == "logged" else "not logged, so estimated from what was known of the accounts"
    title = (
        f"Effects of contacts known on {effects.as_of}: {counted(lists, 'list')} with "
        f"{counted(effects.offers, 'row')} of {counted(effects.customers, 'customer')}"
    )
    headings = ("action", "offers", "worth", "days won", "95 % interval", "prior", "used", "")
    print_list(title, headings, rows, right=(1, 2, 3, 5, 6), reasons=said)
    console.print(f"The chances of the offers were {chances}.", markup=False)
    console.print(effects.pooled["said"][0], markup=False)
    console.print(f"{RANKING[effects.ranking]}: {effects.why}.", markup=False)
    shown = effects.evaluation
    for row in shown.filter(shown["ranking"] == "difference").iter_rows(named=True):
        between = f"95 % interval {row['lower']:+,.2f} to {row['upper']:+,.2f}"
        sizes = f"effective sample size {row['ess']:,.0f} of {row['offers']:,}"
        console.print(
            f"  Gain ranking against amount x timing, {METHODS[row['method']]}: {row['value']:+,.2f} a row "
            f"({between}), {sizes}",
            markup=False,
        )


METHODS = {"snips": "self-normalised weights", "dr": "doubly robust"}
