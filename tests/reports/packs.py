"""Artificial packs: a plausible portfolio of invented customers, and awkward ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.reports.calibration import calibration_groups
from credrisk.reports.headline import headline_of
from credrisk.reports.pack import Pack

AS_OF = date(2026, 3, 31)
BUCKETS = ("not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90")
GRADES = (("A", 0.002), ("B", 0.005), ("C", 0.012), ("D", 0.03), ("E", 0.08), ("F", 0.2), ("G", 1.01))
WORDS = (
    ("Amber", "Birch", "Cobalt", "Dune", "Ember", "Fjord", "Glade", "Heron", "Iris", "Juniper"),
    ("Imaginary", "Invented", "Made-up", "Pretend", "Sample"),
    ("Bakeries", "Castings", "Timber", "Optics", "Textiles", "Paints", "Bearings", "Cheese"),
)
AWKWARD = (
    "=cmd|' /C calc'!A0",
    "+SUM(1+9)*cmd",
    "-2+3 Pretend",
    "@SUM(A1) Pretend",
    "\tTab Pretend",
    "\rReturn Pretend",
    "<script>alert('x')</script> & \"Sons\"",
    "An invented " + "very " * 30 + "long name of a customer that goes on and on",
    "Unbroken" + "x" * 120,
    "$Dollar$ Pretend & Co_{2}",
    "Señor Ñandú 株式会社 Пример",
)


def money(rng: np.random.Generator, count: int, middle: float, spread: float = 1.3) -> np.ndarray:
    return np.round(rng.lognormal(np.log(middle), spread, count), 2)


def scores_of(rng: np.random.Generator, names: list[str], currency: str) -> pl.DataFrame:
    count = len(names)
    health = rng.normal(size=count)
    pd_12m = 1 / (1 + np.exp(-(-4.6 + 1.5 * health)))
    open_balance = money(rng, count, 22_000)
    past_due = np.round(open_balance * np.clip(0.06 + 0.12 * health + rng.normal(0, 0.1, count), 0, 0.95), 2)
    over_90 = np.round(past_due * np.clip(0.3 * health, 0, 1), 2)
    unapplied = np.where(rng.random(count) < 0.1, money(rng, count, 700), 0.0)
    lgd = np.full(count, 0.62)
    ead = np.round(open_balance * 1.1, 2)
    grade = [next(name for name, upper in GRADES if value < upper) for value in pd_12m]
    days = np.round(6 + 9 * health, 1)
    return pl.DataFrame(
        {
            "customer_id": [f"C{index:05d}" for index in range(1, count + 1)],
            "name": names,
            "country": rng.choice(["DE", "FR", "NL", "AT", "PL"], count) if count else [],
            "currency": [currency] * count,
            "as_of": [AS_OF] * count,
            "status": ["at_risk"] * count,
            "open_balance": open_balance,
            "past_due": past_due,
            "past_due_over_90": over_90,
            "unapplied_cash": unapplied,
            "net_balance": np.round(open_balance - unapplied, 2),
            "credit_limit": np.round(open_balance * rng.uniform(0.8, 2.2, count), -3),
            "dbt_12m": days,
            "dso_countback": np.round(42 + 8 * health, 1),
            "pd_3m": pd_12m * 0.28,
            "pd_6m": pd_12m * 0.54,
            "pd_12m": pd_12m,
            "pd_source": ["booster"] * count,
            "p_default_12m": np.minimum(pd_12m * 2, 1),
            "p_late30_12m": np.minimum(pd_12m * 6, 0.97),
            "grade": grade,
            "pd_for_limit": pd_12m,
            "pd_for_limit_source": ["model"] * count,
            "lgd": lgd,
            "ead": ead,
            "expected_loss": np.round(pd_12m * ead * lgd, 2),
            "reason_1": [f"Paid {value:.0f} days beyond terms over 12 months" for value in days],
            "reason_2": [f"{share:.0f} % of the open balance is past due" for share in 100 * past_due / open_balance],
            "reason_3": ["Invoicing fell by a third against the mean quarter"] * count,
        },
        schema_overrides={"customer_id": pl.String, "name": pl.String, "country": pl.String, "currency": pl.String,
                          "as_of": pl.Date, "status": pl.String, "grade": pl.String, "pd_source": pl.String,
                          "pd_for_limit_source": pl.String, "reason_1": pl.String, "reason_2": pl.String,
                          "reason_3": pl.String},
    )  # fmt: skip


def ageing_of(rng: np.random.Generator, scores: pl.DataFrame) -> pl.DataFrame:
    count = scores.height
    past_due, over = scores["past_due"].to_numpy(), scores["past_due_over_90"].to_numpy()
    middle = past_due - over
    first, second = np.round(middle * 0.65, 2), np.round(middle * 0.22, 2)
    third = np.round(middle - first - second, 2)
    credits_ = np.where(rng.random(count) < 0.08, -money(rng, count, 300), 0.0)
    open_balance = scores["open_balance"].to_numpy()
    fees = np.where((credits_ == 0) & (open_balance - past_due > 40), 40.0, 0.0)
    return scores.select("customer_id", "name", "country").with_columns(
        pl.Series("open_balance", open_balance, dtype=pl.Float64),
        pl.Series("not_due", np.round(open_balance - past_due - credits_ - fees, 2), dtype=pl.Float64),
        pl.Series("past_due_1_30", first, dtype=pl.Float64),
        pl.Series("past_due_31_60", second, dtype=pl.Float64),
        pl.Series("past_due_61_90", third, dtype=pl.Float64),
        pl.Series("past_due_over_90", over, dtype=pl.Float64),
        pl.Series("late_fees", fees, dtype=pl.Float64),
        pl.Series("open_credits", credits_, dtype=pl.Float64),
        scores["past_due"],
        scores["unapplied_cash"],
        scores["net_balance"],
    )


def limits_of(scores: pl.DataFrame) -> pl.DataFrame:
    recommended = (pl.col("credit_limit") * (1.35 - 6 * pl.col("pd_12m")).clip(0, 1.5) / 500).round(0) * 500
    change = pl.col("recommended_limit") - pl.col("current_limit")
    return (
        scores.select(
            "customer_id",
            "name",
            pl.col("credit_limit").alias("current_limit"),
            (pl.col("open_balance") * 1.4).round(2).alias("need"),
            (pl.col("open_balance") * 2.1).round(2).alias("expected_profit_limit"),
            (pl.col("open_balance") * 3).round(2).alias("loss_appetite_limit"),
            pl.lit(None, dtype=pl.Float64).alias("cover_limit"),
            recommended.alias("recommended_limit"),
            pl.when(pl.col("pd_12m") > 0.05).then(pl.lit("expected_profit")).otherwise(pl.lit("need")).alias("binding"),
            pl.col("pd_12m").alias("pd_used"),
            pl.lit("model").alias("pd_used_source"),
            pl.col("expected_loss"),
            (pl.col("open_balance") * 0.02).round(2).alias("expected_profit"),
            pl.lit(months_after(AS_OF, 6)).alias("review_on"),
            pl.lit("1").alias("policy_version"),
        )
        .with_columns(change.alias("change"))
        .with_columns(
            pl.when(pl.col("recommended_limit") == 0)
            .then(pl.lit("stop"))
            .when(pl.col("change") > 0)
            .then(pl.lit("raise"))
            .when(pl.col("change") < 0)
            .then(pl.lit("lower"))
            .otherwise(pl.lit("keep"))
            .alias("action"),
            (pl.lit("Next months' need sets it; PD ") + (100 * pl.col("pd_used")).round(1).cast(pl.String) + " %")
            .alias("reasons"),
        )
    )  # fmt: skip


def queue_of(scores: pl.DataFrame, ranked: int, held: int) -> pl.DataFrame:
    late = scores.filter(pl.col("past_due") > 0).with_columns(
        (pl.col("past_due") * (0.01 + pl.col("pd_12m") * 0.4)).round(2).alias("gain")
    )
    ordered = late.sort(["gain", "customer_id"], descending=[True, False]).with_row_index("rank", offset=1)
    rows = ordered.head(ranked + held).with_columns(
        pl.when(pl.col("rank") <= ranked).then(pl.col("rank").cast(pl.Int64)).alias("rank"),
        pl.when(pl.col("rank") > ranked).then(pl.lit("open promise until 2026-04-10")).alias("held"),
    )
    return rows.select(
        "rank",
        "customer_id",
        "name",
        pl.lit("Desk 2").alias("collector"),
        pl.lit("call").alias("action"),
        (pl.col("rank") <= 40).fill_null(False).alias("contact_today"),
        "gain",
        "past_due",
        (20 + 600 * pl.col("pd_12m")).round(0).alias("oldest_open_days"),
        "pd_12m",
        "p_late30_12m",
        "held",
        pl.lit(AS_OF - timedelta(days=12)).alias("last_contact_on"),
        pl.lit(None, dtype=pl.Date).alias("last_promise_due_on"),
        (pl.lit("Past due and not contacted for 12 days; ") + pl.col("reason_1").str.to_lowercase()).alias("reasons"),
    )


def history_of(ageing: pl.DataFrame, months: int = 30) -> pl.DataFrame:
    rows = []
    for back in range(months - 1, -1, -1):
        swing = 1 + 0.12 * np.sin(back / 2.1) - 0.004 * back
        late = 1 + 0.25 * np.cos(back / 4.0)
        row: dict[str, object] = {"as_of": months_after(AS_OF, -back)}
        for name in ("not_due", "late_fees", "open_credits", "unapplied_cash"):
            row[name] = round(float(ageing[name].sum()) * swing, 2)
        for name in BUCKETS[1:]:
            row[name] = round(float(ageing[name].sum()) * swing * (late if back else 1.0), 2)
        if not back:
            row["not_due"] = round(float(ageing["not_due"].sum()), 2)
        row["dso_countback"] = round(44 + 5 * np.sin(back / 2.7) + 0.1 * back, 1)
        row["dso_3m"] = round(46 + 4 * np.sin(back / 2.7), 1)
        row["invoiced"], row["received"] = round(9e6 * swing, 2), round(8.8e6 * swing, 2)
        row["collection_effectiveness"], row["customers_with_balance"] = 0.82, 300 + back
        row["best_possible_dso_3m"] = round(37 + 2 * np.sin(back / 2.7), 1)
        rows.append(row)
    debits = pl.sum_horizontal(BUCKETS)
    return pl.DataFrame(rows).with_columns(
        (debits + pl.col("late_fees") + pl.col("open_credits")).round(2).alias("open_balance"),
        (debits - pl.col("not_due")).round(2).alias("past_due"),
        ((debits - pl.col("not_due")) / debits).alias("share_past_due"),
        (pl.sum_horizontal(BUCKETS[3:]) / debits).alias("share_over_60"),
        (pl.col(BUCKETS[4]) / debits).alias("share_over_90"),
    )


def folds_of() -> pl.DataFrame:
    rows = [
        (date(2024, 5, 31), date(2024, 7, 31), "expert_card", 21, 1400, 9, 0.74),
        (date(2024, 8, 31), date(2024, 10, 31), "booster", 131, 1410, 14, 0.81),
    ]
    return pl.DataFrame(
        rows, schema=["known_on", "tested_to", "rung", "train_events", "rows", "events", "auc"], orient="row"
    )


def metrics_of() -> pl.DataFrame:
    figures = {
        "model": ((0.812, 0.771, 0.848), (0.231, 0.172, 0.301), (0.0187, 0.0151, 0.0224), (0.97, 0.81, 1.14),
                    (0.55, 0.46, 0.64)),
        "share_past_due": ((0.731, 0.684, 0.775), (0.141, 0.101, 0.188), None, None, (0.39, 0.31, 0.47)),
        "oldest_open_days": ((0.744, 0.699, 0.789), (0.152, 0.111, 0.199), None, None, (0.41, 0.33, 0.50)),
        "dbt_12m": ((0.702, 0.655, 0.748), (0.117, 0.083, 0.158), None, None, (0.33, 0.25, 0.41)),
    }  # fmt: skip
    names = ("auc", "average_precision", "brier", "calibration_slope", "capture_10pct")
    rows = []
    for model, values in figures.items():
        for measure, triple in zip(names, values, strict=True):
            value, low, high = triple or (None, None, None)
            reason = None if triple else "needs a probability"
            rows.append((model, measure, value, low, high, 8412, 173, reason))
    names = ["model", "measure", "value", "low", "high", "rows", "events", "reason"]
    return pl.DataFrame(rows, schema=names, orient="row")


def calibration_of(rng: np.random.Generator) -> pl.DataFrame:
    probability = 1 / (1 + np.exp(-rng.normal(-4.4, 1.4, 6000)))
    predictions = pl.DataFrame(
        {
            "customer_id": [f"C{index % 2000:05d}" for index in range(6000)],
            "predicted": probability,
            "event": (rng.random(6000) < probability).astype(np.int8),
        }
    )
    return calibration_groups(predictions)


FINDINGS = pl.DataFrame(
    {
        "severity": ["note", "error", "warning"],
        "table": ["receipts", "applications", "documents"],
        "code": ["recorded_at_assumed", "application_over_item", "due_before_document"],
        "rows": [9120, 3, 17],
        "money": [None, 1204.5, 20310.0],
        "currency": ["EUR", "EUR", "EUR"],
        "message": [
            "No posting date was given; the event date is assumed.",
            "Applied amounts exceed the document.",
            "The due date lies before the document date.",
        ],
        "remedy": [
            "Export the posting date as recorded_at.",
            "Post the rest as unapplied cash.",
            "Correct the due date at the source.",
        ],
        "ids": [[], ["D1", "D2", "D3"], ["D7", "D8"]],
    },
    schema_overrides={"ids": pl.List(pl.String)},
)

INTAKE = pl.DataFrame(
    {
        "table": ["documents", "receipts", "applications"],
        "currency": ["EUR", "EUR", "EUR"],
        "rows_read": [20_020, 15_004, 19_873],
        "rows_kept": [20_003, 15_004, 19_870],
        "rows_quarantined": [17, 0, 3],
        "rows_derived": [0, 0, 12],
        "money_read": [31_420_110.25, 27_310_004.1, 29_114_008.75],
        "money_kept": [31_399_800.25, 27_310_004.1, 29_112_804.25],
        "money_quarantined": [20_310.0, 0.0, 1_204.5],
    }
)


def plausible(customers: int = 320, *, seed: int = 7, currency: str = "EUR", names: tuple[str, ...] = ()) -> Pack:
    """A whole pack: everything measured."""
    rng = np.random.default_rng(seed)
    parts = [rng.choice(words, customers) for words in WORDS]
    made = [f"{a} {b} {c}" for a, b, c in zip(*parts, strict=True)]
    scores = scores_of(rng, [*names, *made][:customers], currency)
    ageing = ageing_of(rng, scores)
    limits, queue = limits_of(scores), queue_of(scores, 90, 12)
    history = history_of(ageing) if customers else pl.DataFrame()
    return Pack(
        as_of=AS_OF,
        currency=currency,
        title="Sample portfolio",
        headline=headline_of(
            ageing=ageing, history=history, scores=scores, limits=limits, queue=queue, currency=currency, capacity=40
        ),
        ageing=ageing,
        scores=scores,
        limits=limits,
        queue=queue,
        findings=FINDINGS,
        intake=INTAKE,
        metrics=metrics_of(),
        folds=folds_of(),
        in_use="booster",
        calibration=calibration_of(rng),
        history=history,
        notes=("No cover table was given, so insured amounts are not measured and every limit is without cover.",),
        settings={
            "credrisk": "0.1.0",
            "Policy": "default, version 1, hash 4f1d0c2a9b8e7766",
            "Model": "booster, 173 first bad debts of 412 customers",
            "Features": "41, catalogue 2bb10fa5d2c94411",
        },
        covers=(date(2023, 1, 1), AS_OF),
        capacity=40,
    )


def awkward() -> Pack:
    """Names that break spreadsheets and pages, huge and negative amounts, yen, nulls."""
    pack = plausible(24, seed=3, currency="JPY", names=AWKWARD)
    huge = pl.when(pl.col("customer_id") == "C00003").then(pl.lit(9_007_199_254_740.0))
    negative = pl.when(pl.col("customer_id") == "C00004").then(pl.lit(-48_212.0))
    scores = pack.scores.with_columns(
        huge.otherwise(negative.otherwise(pl.col("open_balance"))).alias("open_balance"),
        huge.otherwise(pl.col("ead")).alias("ead"),
        huge.otherwise(pl.col("expected_loss")).alias("expected_loss"),
        pl.when(pl.col("customer_id") > "C00012").then(pl.col("dbt_12m")).alias("dbt_12m"),
    )
    ageing = pack.ageing.with_columns(
        huge.otherwise(pl.col("not_due")).alias("not_due"),
        negative.otherwise(pl.col("net_balance")).alias("net_balance"),
    )
    return replace(
        pack,
        scores=scores,
        ageing=ageing,
        title='Sample <b>"portfolio"</b> & more',
        notes=("Not measured: <img src=x onerror=alert(1)>.",),
        headline={"=1+1 <i>": ("=2+2", "<script>note</script>")},
        settings={"=cmd": "<b>1</b>"},
    )


def without_bad_debts() -> Pack:
    """What a ledger without bad debts gives: no PD, no grade, no loss, no back-test."""
    pack = plausible(60, seed=5)
    empty = ("pd_3m", "pd_6m", "pd_12m", "expected_loss")
    scores = pack.scores.with_columns(
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in empty),
        pl.lit(None, dtype=pl.String).alias("grade"),
        pl.lit("not_measured").alias("pd_source"),
        pl.lit("policy_grade").alias("pd_for_limit_source"),
    )
    queue = pack.queue.with_columns(pl.lit(None, dtype=pl.Float64).alias("pd_12m"))
    return replace(
        pack,
        scores=scores,
        queue=queue,
        headline=headline_of(
            ageing=pack.ageing,
            history=pl.DataFrame(),
            scores=scores,
            limits=pack.limits,
            queue=queue,
            currency="EUR",
            capacity=40,
        ),
        metrics=pl.DataFrame(
            {
                "model": ["model"],
                "measure": ["not_measured"],
                "value": [None],
                "low": [None],
                "high": [None],
                "rows": [240],
                "events": [0],
                "reason": ["0 distinct events in the test rows, below the 5 that a measure needs"],
            },
            schema_overrides=dict.fromkeys(("value", "low", "high"), pl.Float64),
        ),
        calibration=pl.DataFrame(),
        history=pl.DataFrame(),
        notes=("The ledger holds no bad debt, so no probability of one can be estimated.",),
    )


def all_null() -> Pack:
    """Every value null that may be null."""
    pack = plausible(5, seed=9)
    keys = ("customer_id", "as_of", "currency")

    def blank(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.lit(None, dtype=kind).alias(name) for name, kind in frame.schema.items() if name not in keys
        )

    return replace(
        pack,
        **{name: blank(getattr(pack, name)) for name in ("ageing", "scores", "limits", "queue", "history")},
        metrics=pack.metrics.with_columns(
            pl.lit(None, dtype=pl.Float64).alias(name) for name in ("value", "low", "high")
        ),
        calibration=pl.DataFrame(),
        capacity=None,
        covers=None,
    )  # fmt: skip


def nothing() -> Pack:
    """Zero customers and frames without columns."""
    return Pack(as_of=AS_OF, currency="EUR")


def no_customers() -> Pack:
    """Zero customers, but every column."""
    return plausible(0)


EVERY = {
    "plausible": plausible,
    "awkward": awkward,
    "without_bad_debts": without_bad_debts,
    "all_null": all_null,
    "nothing": nothing,
    "no_customers": no_customers,
}
