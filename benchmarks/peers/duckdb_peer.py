"""Thirty features of a core ledger as written by hand in DuckDB's SQL.

    python benchmarks/peers/duckdb_peer.py LEDGER OUT.parquet

It leans on what the core shape promises and credrisk does not need: one currency, no receipts, no reversals, nothing
paid beyond its amount, whole months, rows recorded fewer than MAX_LAG months late. Rows are summed once by customer
and month; windows are then frames of rows over the months of a customer, less what was recorded later.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import duckdb

MAX_LAG = 5
MONEY = ("amount", "days", "squares", "late", "late30", "early")
COUNTED = ("amount", "count")


def build(source: Path, out: Path) -> None:
    settings = json.loads((source / "ledger.json").read_text())["settings"]
    first, last = (date.fromisoformat(settings[name]) for name in ("covers_from", "covers_to"))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    base = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})

    def read(table: str) -> str:
        return f"read_parquet('{source / table}/*.parquet')"

    base.execute(f"create macro month_of(d) as (year(d) - {first.year}) * 12 + month(d) - {first.month}")
    base.execute(f"""
        create temp table accounts as
        select customer_id, opened_on, (row_number() over (order by customer_id) - 1)::int * {months} as c
        from {read("customers")};
        create temp table documents as
        select document_id, c, document_date, due_date, amount, kind <> 'credit_note' as debit,
               greatest(document_date, recorded_at) as seen
        from {read("documents")} join accounts using (customer_id);
        create temp table paid as
        select to_document_id, c, due_date, a.amount, applied_on, a.kind,
               greatest(applied_on, recorded_at, d.seen) as seen
        from {read("applications")} a join documents d on a.to_document_id = d.document_id;
        create temp table given as
        select c, a.amount, greatest(applied_on, recorded_at, d.seen) as seen
        from {read("applications")} a join documents d on a.from_id = d.document_id
        where a.from_id is not null;
    """)
    moves = """select c, seen, due_date, amount from documents where debit
        union all select c, seen, due_date, -amount from paid"""
    ages = {"everything": "seen"} | {f"over{n}": f"greatest(seen, due_date + {n + 1})" for n in (0, 30, 60, 90)}
    for name, day in ages.items():
        base.execute(f"""
            create temp table {name}_ as
            select c + month_of({day}) as cell, sum(amount)::bigint as {name} from ({moves})
            where {day} <= date '{last}' group by 1
        """)
    base.execute("""
        create temp table credit_ as select c + month_of(seen) as cell, sum(amount)::bigint as credit
        from (select c, seen, amount from documents where not debit union all select c, seen, amount from given)
        group by 1
    """)
    sums = ", ".join(f"sum({value})::bigint as {{0}}_{value}" for value in MONEY)
    base.execute(f"""
        create temp table cash as
        select c, applied_on as day, month_of(seen) - month_of(applied_on) as lag, amount, amount * d as days,
               amount * d * d as squares, if(d > 0, amount, 0) as late, if(d > 30, amount, 0) as late30,
               if(d < 0, amount, 0) as early
        from (select *, applied_on - due_date as d from paid where kind = 'payment');
        create temp table p_ as select c + month_of(day) as cell, {sums.format("p")} from cash group by 1;
        create temp table sold as
        select c, document_date as day, month_of(seen) - month_of(document_date) as lag, amount, 1 as count
        from documents where debit;
        create temp table s_ as select c + month_of(day) as cell, sum(amount)::bigint as s_amount,
               sum(count)::bigint as s_count from sold group by 1;
    """)
    # What was recorded k months late or later, by the month in which it happened.
    for prefix, rows, names in (("s", "sold", COUNTED), ("p", "cash", MONEY)):
        late = ", ".join(
            f"coalesce(sum({name}) filter (lag > {k}), 0)::bigint as {prefix}{k}_{name}"
            for name in names
            for k in range(MAX_LAG - 1)
        )
        base.execute(f"""
            create temp table {prefix}late_ as
            select c + month_of(day) as cell, {late} from {rows} where lag > 0 group by 1
        """)
    base.execute(f"""
        create temp table oldest_ as
        with settled as (select to_document_id, max(seen) as closed, sum(amount) as applied from paid group by 1),
        items as (
            select c, due_date, month_of(seen) as start,
                   if(applied = amount, month_of(closed), {months}) as stop
            from documents left join settled on document_id = to_document_id where debit
        )
        select cell, min(due_date) as oldest
        from (select due_date, unnest(range(c + start, c + stop)) as cell from items where start < stop) group by 1;
        create temp table billed_ as
        select c + month_of(seen) as cell, max(document_date) as latest, min(document_date) as earliest
        from documents where debit group by 1;
        create temp table calendar as
        select m::int as m, last_day(date '{first}' + interval (m) month) as as_of from range({months}) r(m);
    """)
    tables = [*(f"{name}_" for name in ages), "credit_", "s_", "p_", "slate_", "plate_", "oldest_", "billed_"]
    joins = " ".join(f"left join {table} using (cell)" for table in tables)
    base.execute("drop table documents; drop table paid; drop table cash; drop table sold; drop table given")
    query = f"""
        with cells as (select customer_id, opened_on, c, m, as_of, c + m as cell from accounts, calendar),
        dense as (select * from cells {joins}),
        summed as (select *, {", ".join(_windows(ages))} from dense
            window run as (partition by c order by m rows unbounded preceding), own as (partition by c order by m)
        )
        select customer_id, as_of::date as as_of, {", ".join(_features())}
        from (select *, {", ".join(_bases())} from summed)
    """
    base.execute(f"copy ({query}) to '{out}' (format parquet, compression lz4_raw)")


def _windows(ages: dict[str, str]) -> list[str]:
    """Return the sums over the months of a customer: what happened in them and was recorded by their end."""
    found = [f"coalesce(sum({name}) over run, 0)::double as {name}_sum" for name in (*ages, "credit")]

    def window(prefix: str, name: str, n: int) -> str:
        frame = f"(partition by c order by m rows between {n - 1} preceding and current row)"
        later = "".join(f" - coalesce(lag({prefix}{k}_{name}, {k}) over own, 0)" for k in range(min(MAX_LAG - 1, n)))
        return f"(coalesce(sum({prefix}_{name}) over {frame}, 0){later})::double as {name}{n}"

    found += [window("s", "amount", n).replace(f"as amount{n}", f"as sold{n}") for n in range(1, 13)]
    found += [window("s", "count", 12), *(window("p", name, 12) for name in MONEY)]
    found += [window("p", name, n) for name in ("amount", "days") for n in (3, 6)]
    found += ["max(latest) over run as last_", "min(earliest) over run as first_"]
    return [*found, *(f"(as_of - last_day(as_of - interval {n} month))::double as w{n}" for n in range(1, 13))]


def _ratio(part: str, whole: str) -> str:
    return f"(case when {whole} > 0 then {part} / {whole} end)"


def _bases() -> list[str]:
    """Return what several features share."""
    ratios = {n: f"case when m >= {n - 1} then {_ratio(f'days{n}', f'amount{n}')} end" for n in (3, 6, 12)}
    balance = "(everything_sum + credit_sum)"
    return [
        f"{balance} as balance",
        f"greatest({balance}, 0) as owed",
        "everything_sum - over0_sum as current_",
        *(f"{ratio} as dbt{n}" for n, ratio in ratios.items()),
    ]


def _features() -> list[str]:
    sold3, sold12 = (f"case when m >= {n - 1} then sold{n} end" for n in (3, 12))
    dso3, best = _ratio("owed * w3", f"({sold3})"), _ratio("current_ * w3", f"({sold3})")
    counted, unknown = [], []
    for n in range(1, 13):
        before, days = (f"sold{n - 1}", f"w{n - 1}") if n > 1 else ("0", "0")
        left, sales = f"(owed - {before})", f"(sold{n} - {before})"
        part = f"case when {left} >= {sales} then 1.0 else {left} / {sales} end"
        counted.append(f"case when {left} > 0 then ({part}) * (w{n} - {days}) else 0.0 end")
        unknown.append(f"({left} > 0 and m < {n - 1})")

    def share(name: str) -> str:
        # DuckDB's greatest and least pass over nulls.
        return f"case when m >= 11 and amount12 > 0 then least(greatest({name}12 / amount12, 0), 1) end"

    opened = "least(first_, case when opened_on <= as_of then opened_on end)"
    named = {
        "open_balance": "balance / 100",
        "not_due": "current_ / 100",
        "past_due_1_30": "(over0_sum - over30_sum) / 100",
        "past_due_31_60": "(over30_sum - over60_sum) / 100",
        "past_due_61_90": "(over60_sum - over90_sum) / 100",
        "past_due_over_90": "over90_sum / 100",
        "past_due": "over0_sum / 100",
        "share_past_due": _ratio("over0_sum", "everything_sum"),
        "oldest_open_days": "case when oldest is not null then greatest(as_of - oldest, 0)::double end",
        "net_balance": "balance / 100",
        "dbt_3m": "dbt3",
        "dbt_6m": "dbt6",
        "dbt_12m": "dbt12",
        "dbt_trend": "dbt3 - dbt12",
        "days_late_sd_12m": (
            "case when m >= 11 and amount12 > 0 then sqrt(greatest(squares12 / amount12 - dbt12 ** 2, 0)) end"
        ),
        "share_paid_late_12m": share("late"),
        "share_paid_late_30_12m": share("late30"),
        "share_early_12m": share("early"),
        "dso_3m": dso3,
        "dso_12m": _ratio("owed * w12", f"({sold12})"),
        "best_possible_dso_3m": best,
        "average_days_delinquent_3m": _ratio("over0_sum * w3", f"({sold3})"),
        "dso_countback": f"case when not ({' or '.join(unknown)}) then {' + '.join(counted)} end",
        "invoiced_3m": f"({sold3}) / 100",
        "invoiced_12m": f"({sold12}) / 100",
        "invoiced_trend": _ratio(f"4.0 * ({sold3})", f"({sold12})"),
        "invoices_12m": "case when m >= 11 then count12 end",
        "days_since_last_invoice": "(as_of - last_)::double",
        "open_credits": "credit_sum / 100",
        "tenure_months": f"(as_of - {opened})::double / (365.25 / 12)",
    }
    return [f"{expression} as {name}" for name, expression in named.items()]


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
