"""Which sheets the pack's workbook has, from what, with which live formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from credrisk.frames import as_polars
from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.pool import IMPAIRED
from credrisk.portfolio.provision.provide import BY_CUSTOMER
from credrisk.reports.book import PARTS, Book
from credrisk.reports.book_columns import COHORT_MONTHS, MEASURES
from credrisk.reports.buckets import CREDIT_IMPAIRED, bucket_heading, buckets_among
from credrisk.reports.cash_lines import lines_in_words
from credrisk.reports.columns import with_names
from credrisk.reports.edit_columns import HAND_COLUMNS, HAND_WORDS, LIMIT_DECISION
from credrisk.reports.entry_cells import ANY_DAY, TEXT, choice, with_empty
from credrisk.reports.key_columns import KEY_HEADINGS
from credrisk.reports.months import day_in_words
from credrisk.reports.provision_pack import STANDARDS, STEPS_IN_WORDS
from credrisk.reports.sheets import FIRST_ROW, Table
from credrisk.reports.totals import total
from credrisk.reports.workbook import tables_of

__all__ = ["HAND_RULES", "LIMIT_RULES", "MOST_ITEMS", "ageing_formulas", "book_tables"]

MOST_ITEMS = 50_000
"""Open items, promises and disputes that a sheet holds at most: the most overdue, latest and largest."""
LIMIT_RULES = {"new_limit": {"validate": "decimal", "criteria": ">=", "value": 0}, "limit_reason": TEXT}
HAND_RULES = {
    "hand_what": choice(HAND_WORDS),
    "hand_factor": {"validate": "decimal", "criteria": "between", "minimum": 0.01, "maximum": 100},
    "new_place": {"validate": "integer", "criteria": ">=", "value": 1},
    "hand_until": ANY_DAY,
    "hand_reason": TEXT,
}
LATER_SHARES = ("paid_share", "credited_share", "written_off_share", "other_share")
BUCKETS_IN = ("bucket", "from_bucket", "to_bucket", "outcome", "state")
"""Columns whose values are names of buckets, among others."""
UNTRANSLATED = "ageing_by_currency"
"""Key of the ageing by currency: its amounts are not translated, so that no sum over its rows means anything."""
SCENARIOS = "Scenarios"
ALWAYS = ("open_debit_items", "gross", "exposed")
"""Lines of the provision's base that stand there at nil as well."""
_BACK = "Fill in the shaded cells; credrisk apply takes them into the decision log."


def book_tables(book: Book) -> list[Table]:
    """Return the tables in the order of their sheets; what was not measured is left out, what the run has stays."""
    run = tables_of(book)
    amounts = f"As of {day_in_words(book.as_of)}. Amounts in {book.currency}."
    queue = run["queue"]
    hands = with_empty(queue.frame, HAND_COLUMNS) if "customer_id" in queue.frame.columns else queue.frame
    limits = run["limits"]
    decided = with_empty(limits.frame, LIMIT_DECISION) if "customer_id" in limits.frame.columns else limits.frame
    return [
        _ageing(run["ageing"]),
        *_ageing_by(book, amounts),
        *_items(book, amounts),
        *_measures(book, amounts),
        run["scores"],
        replace(limits, key="pack_limits", subtitle=f"{amounts} {_BACK}", frame=decided, formulas=_change(decided)),
        replace(queue, key="pack_queue", subtitle=f"{amounts} {_BACK}", frame=hands),
        replace(run["worklist"], subtitle=f"{amounts} {_BACK}"),
        *_cases(book, amounts),
        *(run[key] for key in ("findings", "intake", "metrics", "folds", "history") if run[key].frame.height),
    ]


def ageing_formulas(columns: list[str]) -> Mapping[str, str]:
    """Return the formulas of an ageing's rows: sums over the buckets, and shares of the rows that are shown."""
    buckets = buckets_among(columns)
    parts = [name for name in (*buckets, "late_fees", "open_credits") if name in columns]
    late = buckets[1:]
    formulas = {
        "open_balance": "+".join(f"{{{name}}}" for name in parts),
        "past_due": "+".join(f"{{{name}}}" for name in late),
        "share_past_due": f"{{past_due}}/({'+'.join(f'{{{name}}}' for name in buckets)})",
        "net_balance": "{open_balance}-{unapplied_cash}",
        "share_of_balance": 'IF({total_open_balance}=0,"",{open_balance}/{total_open_balance})',
    }
    needs = {"share_past_due": {"past_due", *buckets}, "net_balance": {"open_balance", "unapplied_cash"}}
    return {
        name: formula
        for name, formula in formulas.items()
        if name in columns and late and needs.get(name, set()) <= set(columns)
    }


def _ageing(table: Table) -> Table:
    frame = _with_share(table.frame)
    return replace(table, frame=frame, formulas=ageing_formulas(frame.columns))


def _with_share(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the share of the whole open balance, where there is any."""
    whole = total(frame, "open_balance")
    if not whole or "open_balance" not in frame.columns:
        return frame
    return frame.with_columns(share_of_balance=pl.col("open_balance") / whole)


def _ageing_by(book: Book, amounts: str) -> list[Table]:
    tables = []
    for key, frame in book.ageing_by.items():
        words = KEY_HEADINGS[key].lower()
        own = key == "currency"
        shown = frame if own else _with_share(frame.drop("currency", strict=False))
        shown = shown.sort("open_balance", descending=True, nulls_last=True, maintain_order=True)
        said = f"As of {day_in_words(book.as_of)}. Amounts in the currency of the row." if own else amounts
        tables.append(
            Table(
                UNTRANSLATED if own else "ageing_by",
                f"By {words}"[:31],
                f"How old the balance is, by {words}",
                f"{said} Largest balance first. An empty {words} is not known.",
                shown,
                formulas=ageing_formulas(shown.columns),
            )
        )
    return tables


def _items(book: Book, amounts: str) -> list[Table]:
    if book.items.is_empty():
        return []
    rows = _in_words(with_names(book.items, book.scores))
    shown, said = _first(
        rows.sort("days_past_due", "document_id", descending=[True, False]), amounts, "Most overdue first."
    )
    return [Table("items", "Open items", "Which documents are open", said, shown)]


def _measures(book: Book, amounts: str) -> list[Table]:
    latest, month = "Latest month first.", f"The month {book.last_month}. Amounts in {book.currency}."
    collected = book.cei_by.get("collector", pl.DataFrame())
    parts: tuple[tuple[str, str, str, str, pl.DataFrame, Mapping[str, str]], ...] = (
        ("dso", "DSO", PARTS["dso"], latest, book.dso, DSO_FORMULAS),
        ("cei", "CEI", PARTS["cei"], f"{amounts} {latest}", book.cei, CEI_FORMULAS),
        ("cei_by", "CEI by collector", "Who collected what", month, collected, CEI_FORMULAS),
        (
            "roll_rates",
            "Roll rates",
            PARTS["roll_rates"],
            f"{amounts} All months first.",
            book.roll_rates,
            ROLL_FORMULAS,
        ),
        ("migration", "Migration", PARTS["migration"], month, book.migration, {}),
        ("cohorts", "Cohorts", PARTS["cohorts"], f"{amounts} Share open by months.", _by_age(book.cohorts), {}),
        ("bad_debt_ratio", "Bad-debt ratio", PARTS["bad_debt_ratio"], amounts, book.bad_debt_ratio, RATIO_FORMULAS),
        ("utilisation", "Utilisation", PARTS["utilisation"], amounts, book.utilisation, USE_FORMULAS),
        ("cash", "Cash", PARTS["cash"], amounts, book.cash, {}),
    )
    tables = []
    for key, sheet, title, said, frame, formulas in parts:
        if frame.is_empty():
            continue
        rows = _in_words(with_names(frame.drop("currency", strict=False), book.scores))
        rows = rows.sort("as_of", descending=True) if key in ("dso", "cei", "bad_debt_ratio") else rows
        fit = {name: one for name, one in formulas.items() if name in rows.columns}
        tables.append(Table(key, sheet, title, said, rows, formulas=fit))
    return [*tables, *_concentration(book, amounts), *_provision(book)]


def _by_age(cohorts: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each month of invoice: what was open at each age, and what had become of it by now."""
    if cohorts.is_empty():
        return cohorts
    last = cohorts.sort("cohort", "age_months").group_by("cohort", maintain_order=True).last()
    known = cohorts.filter(pl.col("age_months") < COHORT_MONTHS)
    ages = known.with_columns(age=pl.format("open_{}", "age_months")).pivot("age", index="cohort", values="open_share")
    named = [name for name in ("cohort", "invoices", "invoiced", *LATER_SHARES) if name in last.columns]
    return last.select(named).join(ages, on="cohort", how="left", maintain_order="left")


def _concentration(book: Book, amounts: str) -> list[Table]:
    tables = []
    summary = book.concentration_summary.drop("currency", strict=False)
    if not summary.is_empty():
        tables.append(Table("concentration_summary", "Concentration", PARTS["concentration"], amounts, summary))
    for key, frame in book.concentration.items():
        if frame.is_empty():
            continue
        words = KEY_HEADINGS[key].lower()
        rows, said = _first(frame.drop("currency", strict=False), amounts, "Largest first.")
        tables.append(Table("concentration", f"Top by {words}"[:31], f"Who owes most, by {words}", said, rows))
    return tables


def _provision(book: Book) -> list[Table]:
    """Return the loss allowance: matrix, credit-impaired customers, scenarios, and what it stands on."""
    found = book.provision
    if found is None:
        return []
    decimals = EXPONENTS.get(book.currency, 2)
    matrix, specific, overlay, base = (
        _in_words(as_polars(getattr(found, name), name)) for name in ("matrix", "specific", "overlay", "base")
    )
    standard = STANDARDS[found.standard]
    said = f"As of {day_in_words(found.as_of)}. Amounts in {found.currency}. Loss allowance under {standard}."
    by_rate = {"allowance": f"ROUND({{rate}}*{{exposed}},{decimals})"}
    one_by_one = frozenset(
        place
        for place, (state, source) in enumerate(as_polars(found.matrix, "matrix").select("state", "rate_source").rows())
        if state == IMPAIRED or source == BY_CUSTOMER
    )
    coverage = {"coverage": "{allowance}/{gross}"}
    tables = [
        Table("provision", "Provision", PARTS["provision"], f"{said} Rate x exposed.", matrix,
              formulas=_weighted(overlay) | by_rate | coverage, as_values=one_by_one),
        Table("provision_specific", "Specific", "Customers that are credit-impaired", said,
              with_names(specific, book.scores), formulas=by_rate),
        Table("provision_overlay", SCENARIOS, "What the allowance would be in each scenario alone", said, overlay),
        Table("provision_base", "Provision base", "From the ageing to what is exposed", said, _lines(base)),
    ]  # fmt: skip
    return [table for table in tables if not table.frame.is_empty()]


def _lines(base: pl.DataFrame) -> pl.DataFrame:
    """Return the lines in words, without steps that took nothing off."""
    kept = base.filter((pl.col("amount") != 0) | pl.col("line").is_in(ALWAYS))
    return kept.with_columns(pl.col("line").replace(STEPS_IN_WORDS))


def _weighted(scenarios: pl.DataFrame) -> dict[str, str]:
    """Return the formula of a rate: the one so far, weighted over the scenarios, none of them above 1."""
    rows = range(FIRST_ROW + 1, FIRST_ROW + 1 + scenarios.height)
    parts = [f"'{SCENARIOS}'!$B${row}*MIN(1,{{historical_rate}}*'{SCENARIOS}'!$C${row})" for row in rows]
    return {"rate": "+".join(parts)} if parts else {}


def _cases(book: Book, amounts: str) -> list[Table]:
    tables = []
    for key, day in (("promises", "made_on"), ("disputes", "opened_on")):
        frame = getattr(book, key)
        if frame.is_empty():
            continue
        rows = with_names(frame, book.scores).sort(day, frame.columns[0], descending=[True, False])
        shown, said = _first(rows, amounts, "Latest first.")
        tables.append(Table(key, key.capitalize(), PARTS[key], said, shown))
    if not book.cash_totals.is_empty():
        lines = lines_in_words(book.cash_totals)
        tables.append(Table("cash_totals", "Cash balance", "What the cash forecast rests on", amounts, lines))
    if not book.benchmarks.is_empty():
        said = "Published medians: what others report, not a target."
        medians = book.benchmarks.with_columns(pl.col("measure").replace(MEASURES))
        tables.append(Table("benchmarks", "Benchmarks", "What others report", said, medians))
    return tables


def _in_words(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with buckets by their headings, without a column of reasons in which nothing stands."""
    if "reason" in rows.columns and rows["reason"].null_count() == rows.height:
        rows = rows.drop("reason")
    named = [name for name in BUCKETS_IN if name in rows.columns and rows.schema[name] == pl.String]
    return rows.with_columns(
        pl.col(name)
        .map_elements(lambda text: bucket_heading(text) if buckets_among([text]) else text, return_dtype=pl.String)
        .replace(IMPAIRED, CREDIT_IMPAIRED)
        for name in named
    )


def _first(rows: pl.DataFrame, amounts: str, order: str) -> tuple[pl.DataFrame, str]:
    if rows.height <= MOST_ITEMS:
        return rows, f"{amounts} {order}"
    return rows.head(MOST_ITEMS), f"{amounts} {order} The first {MOST_ITEMS:,} of {rows.height:,}."


def _change(limits: pl.DataFrame) -> Mapping[str, str]:
    known = {"change", "recommended_limit", "current_limit"} <= set(limits.columns)
    return {"change": "{recommended_limit}-{current_limit}"} if known else {}


DSO_FORMULAS = {
    "average_days_delinquent": "{dso_3m}-{best_possible_dso_3m}",
    "average_days_delinquent_countback": "{dso_countback}-{best_possible_dso_countback}",
}
_COULD = "({opening}+{invoiced}-{closing_not_due})"
CEI_FORMULAS = {
    "collected": "{opening}+{invoiced}-{closing}",
    "cei": f"{{collected}}/{_COULD}",
    "cei_cash": f"{{cash}}/{_COULD}",
}
ROLL_FORMULAS = {"rate": "{balance_to}/{balance_from}"}
RATIO_FORMULAS = {
    "ratio": "{written_off_12m}/{invoiced_12m}",
    "net_ratio": "({written_off_12m}-{recovered_12m})/{invoiced_12m}",
}
USE_FORMULAS = {"utilisation": "{exposure}/{limit}"}
