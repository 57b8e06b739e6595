"""Past provisions against losses, the matrix against PD x LGD x EAD, and the tables of the notes: by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.provision_job import opening_settings
from credrisk.portfolio.provision.against_pd import far_apart, lifetime_pd, provision_against_pd
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.contested import _presumption
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.movement import provision_movement
from credrisk.portfolio.provision.outcomes import History
from credrisk.portfolio.provision.provide import measured_rates, provision
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

SHORT = ProvisionSettings(observation_months=3, history_months=12)


def steady_book(losing: int = 5, of: int = 50) -> Ledger:
    """Every month ``of`` customers are billed 100.00, due in 30 days; ``losing`` are written off 100 days on."""
    documents: list[dict[str, Any]] = []
    applications: list[dict[str, Any]] = []
    for month in range(24):
        billed = months_after(date(2024, 1, 15), month)
        for number in range(of):
            name = f"{month:02d}-{number:03d}"
            documents.append(
                {
                    "document_id": name,
                    "customer_id": f"C{number:03d}-{month:02d}",
                    "document_date": billed,
                    "due_date": billed + timedelta(30),
                    "amount": 100_00,
                }
            )
            late, kind = (100, "write_off") if number < losing else (35, "payment")
            applied = billed + timedelta(late)
            if applied <= date(2025, 12, 31):
                row = {"to_document_id": name, "amount": 100_00, "applied_on": applied, "kind": kind}
                applications.append(row)
    return ledger_of(covers_from="2024-01-01", covers_to="2025-12-31", documents=documents, applications=applications)


@pytest.fixture(scope="module")
def book() -> Ledger:
    return steady_book()


def test_in_a_steady_book_past_provisions_were_what_was_lost(book: Ledger) -> None:
    """Nothing changes from month to month, so the ledger's own rates are right to the cent once they are known."""
    chosen = SHORT.changed(observation_months=4)
    found = provision_backtest(book, as_of="2025-12-31", settings=chosen, output="polars")
    assert found.dates["observed_to"].max() <= date(2025, 12, 31)
    judged = found.dates.filter((pl.col("own_month_ends") >= 6) & (pl.col("still_open") == 0))
    assert judged.height >= 2
    for row in judged.iter_rows(named=True):
        assert row["plain"] == pytest.approx(row["outcome"], rel=1e-9)
        assert row["within"]
        assert row["lost"] == row["outcome"] > 0
        # Blended with a published rate that is higher than this book's, but for what is past 90 days and lost in full.
        assert row["allowance"] == pytest.approx(row["outcome"], rel=0.2)
    methods = {row["method"]: row for row in found.methods.iter_rows(named=True)}
    assert set(methods) == {"chosen", "plain_matrix", "roll_rates", "flat"}
    assert methods["chosen"]["ratio"] == pytest.approx(methods["chosen"]["allowance"] / methods["chosen"]["outcome"])


def test_a_past_provision_knows_nothing_later(book: Ledger) -> None:
    """Cut at the day and made again, the rates are the same; so are those that share one history."""
    day = date(2025, 3, 31)
    history = History(book, SHORT)
    measured_rates(book, as_of=date(2025, 12, 31), settings=SHORT, history=history)
    shared, months = measured_rates(book, as_of=day, settings=SHORT, history=history)
    alone, same = measured_rates(book.cut(day), as_of=day, settings=SHORT)
    assert shared.equals(alone)
    assert months == same


CHOICES: list[dict[str, Any]] = [
    {},
    {"vat": "relief"},
    {"integral": ("guarantee",)},
    {"effective_rate": 0.1, "financing_component": True},
    {"standard": "cecl", "zero_loss": {"C007-14": "state", "C030-14": "state"}},
    {"scenarios": (Scenario("worse", 1.0, 3.0),), "recovery": {"C001-14": 0.9}, "vat": "relief"},
]


@pytest.mark.parametrize("choices", CHOICES, ids=["plain", "tax", "cover", "time", "no loss", "estimates"])
def test_a_past_provision_is_the_opening_that_is_worked_out_again(book: Ledger, choices: dict[str, Any]) -> None:
    """By today's choices (tax, cover, time) and without today's estimates; a provision rounds each bucket to cents."""
    cover = [
        {
            "cover_id": f"G{number}",
            "customer_id": f"C{number:03d}-14",
            "kind": "guarantee",
            "limit": 60_00,
            "insured_share": 0.9,
            "valid_from": "2025-01-01",
        }
        for number in range(0, 50, 2)
    ]
    documents = book.table("documents").with_columns(tax_amount=(pl.col("amount") * 0.19).cast(pl.Int64))
    told = ledger_of(cover=cover).table("cover")
    ledger = book.replace(tables={**book.tables, "documents": documents, "cover": told})
    chosen = SHORT.changed(**choices)
    found = provision_backtest(ledger, as_of="2025-12-31", settings=chosen, output="polars")
    tested = found.dates
    for row in tested.filter(pl.col("as_of") >= date(2025, 3, 31)).iter_rows(named=True):
        made = provision(ledger, as_of=row["as_of"], settings=opening_settings(chosen), output="polars")
        assert row["allowance"] == pytest.approx(made.total, abs=0.03)
        assert row["balance"] == pytest.approx(float(made.items["exposed"].sum()), abs=0.3)
    plain = provision_backtest(ledger, as_of="2025-12-31", settings=SHORT, output="polars").dates
    assert any("without today's forecast" in note for note in found.notes) == ("scenarios" in choices)
    if choices.get("vat"):
        assert tested["outcome"].to_list() == pytest.approx([0.81 * value for value in plain["outcome"]])


def test_a_past_provision_takes_the_segments_of_its_day(book: Ledger) -> None:
    """Who is put into another segment afterwards changes no provision of before."""
    chosen = SHORT.changed(segment_by="segment")
    names = book.table("customers")["customer_id"].to_list()

    def with_segments(moved_on: str | None) -> Ledger:
        rows = [(name, "good" if name < "C025" else "bad", "2024-01-01") for name in names]
        rows += [(name, "bad" if name < "C025" else "good", moved_on) for name in names] if moved_on else []
        history = [
            {"customer_id": name, "attribute": "segment", "value": value, "valid_from": day}
            for name, value, day in rows
        ]
        told = ledger_of(covers_from="2024-01-01", covers_to="2025-12-31", customer_history=history)
        return book.replace(tables={**book.tables, "customer_history": told.table("customer_history")})

    kept, moved = (
        provision_backtest(with_segments(day), as_of="2025-12-31", settings=chosen, output="polars").dates
        for day in (None, "2025-12-01")
    )
    same = pl.col("as_of") < date(2025, 12, 1)
    names = ["as_of", "balance", "allowance", "allowance_low", "allowance_high", "plain", "lost"]
    assert kept.filter(same).height >= 4
    assert kept.filter(same).select(names).equals(moved.filter(same).select(names))


def test_nothing_to_judge_is_said() -> None:
    ledger = ledger_of(covers_from="2025-11-01", documents=[])
    found = provision_backtest(ledger, as_of="2025-12-31", settings=SHORT, output="polars")
    assert found.dates.is_empty()
    assert "no provision can be judged yet" in found.notes[0]


def test_the_term_structure_is_met_and_goes_on() -> None:
    """At the horizons the probabilities themselves; between them a constant hazard; what has happened is certain."""
    term = np.array([[0.01, 0.03, 0.05]])
    month = 365.25 / 12
    assert [float(lifetime_pd(np.array([n * month]), term)[0]) for n in (3, 6, 12)] == pytest.approx([0.01, 0.03, 0.05])
    half = lifetime_pd(np.array([1.5 * month]), term)[0]
    assert half == pytest.approx(1 - np.sqrt(0.99))
    beyond = lifetime_pd(np.array([18 * month]), term)[0]
    assert beyond == pytest.approx(1 - 0.95 * (0.95 / 0.97))
    assert lifetime_pd(np.array([1.0]), np.ones((1, 3)))[0] == 1.0
    assert lifetime_pd(np.array([0.0]), term)[0] == 0.0


def scores(**rows: tuple[float | None, float | None]) -> pl.DataFrame:
    """Return scores with a flat hazard: customer -> (pd_12m, days to pay)."""
    return pl.DataFrame(
        [
            {
                "customer_id": customer,
                "pd_3m": None if pd is None else 1 - (1 - pd) ** 0.25,
                "pd_6m": None if pd is None else 1 - (1 - pd) ** 0.5,
                "pd_12m": pd,
                "lgd": 0.5,
                "expected_days_to_pay": days,
            }
            for customer, (pd, days) in rows.items()
        ]
    )


def three_customers() -> Ledger:
    def invoice(number: str, customer: str, **more: Any) -> dict[str, Any]:
        row = {"document_id": number, "customer_id": customer, "document_date": "2025-06-01", "amount": 1000_00}
        return {**row, "due_date": "2025-07-10", **more}

    return ledger_of(
        documents=[invoice("A1", "A"), invoice("B1", "B"), invoice("N1", "N"), invoice("S1", "S")],
        credit_events=[{"customer_id": "S", "date": "2025-06-20", "kind": "insolvency"}],
    )


def test_the_difference_to_the_probabilities_is_split_to_the_cent() -> None:
    """A and B owe 1,000 not due each; PD x LGD over 30 days from a flat hazard; N has no PD, S is insolvent."""
    found = provision(three_customers(), as_of="2025-06-30", settings=SHORT, output="polars")
    compared = provision_against_pd(
        found, scores=scores(A=(0.5, 30.0), B=(0.1, 30.0), N=(None, 30.0), S=(1.0, None)), output="polars"
    )
    share = 30 / 365.25
    own = {name: 1000 * 0.5 * (1 - (1 - pd) ** share) for name, pd in (("A", 0.5), ("B", 0.1))}
    rows = {row["customer_id"]: row for row in compared.customers.iter_rows(named=True)}
    for name in "AB":
        assert rows[name]["expected_loss"] == pytest.approx(own[name], abs=0.01)
        mean = (own["A"] + own["B"]) / 2
        assert rows[name]["own_risk"] == pytest.approx(mean - own[name], abs=0.02)
        assert rows[name]["level"] == pytest.approx(rows[name]["allowance"] - mean, abs=0.02)
        assert rows[name]["difference"] == pytest.approx(rows[name]["level"] + rows[name]["own_risk"])
    assert rows["N"]["difference"] is None
    assert rows["S"]["expected_loss"] == pytest.approx(500.0)
    assert rows["S"]["specific"] == pytest.approx(rows["S"]["allowance"] - 500.0)
    assert "credit-impaired" in rows["S"]["reason"]
    assert "the matrix provides less" in rows["A"]["reason"]
    assert "the matrix provides more" in rows["B"]["reason"]
    lines = [(line, amount) for line, _, amount in compared.lines.iter_rows()]
    assert sum(amount for line, amount in lines[:-1]) == pytest.approx(lines[-1][1], abs=1e-6)
    assert lines[-1][1] == pytest.approx(found.total)
    assert "Not compared: 1 customer" in compared.notes[-1]
    exposed = pl.col("exposed") * (pl.col("customer_id") != "N")
    nothing = replace(found, items=found.items.with_columns(exposed=exposed))
    silent = provision_against_pd(nothing, scores=scores(A=(0.5, 30.0), B=(0.1, 30.0), N=(None, 30.0), S=(1.0, None)))
    assert "Not compared" not in " ".join(silent.notes)


@pytest.mark.parametrize(
    ("life", "level", "said"),
    [
        (60.0, 2_600.0, "come to 2,660 EUR, PD x LGD x EAD over the life of the items to 60 EUR (44 to 1)"),
        (900.0, -700.0, "come to 200 EUR, PD x LGD x EAD over the life of the items to 900 EUR (4.5 to 1)"),
        (0.0, 500.0, "come to 500 EUR, PD x LGD x EAD over the life of the items to 0 EUR:"),
        (100.0, 190.0, None),
        (100.0, -60.0, None),
        (0.0, 0.0, None),
    ],
)
def test_rates_that_cannot_both_be_right_are_told(life: float, level: float, said: str | None) -> None:
    row = {"expected_loss": [life, None], "level": [level, None], "own_risk": [0.0, None]}
    told = far_apart(pl.DataFrame(row, schema=dict.fromkeys(row, pl.Float64)), "EUR")
    assert (said in told[0]) if said else told == ()


def test_the_bucket_that_is_named_makes_most_of_the_difference() -> None:
    """One item of 900 not due, and twelve of 100 overdue by a quarter: in buckets the second are more."""
    row = {"customer_id": "A", "document_date": "2025-01-02"}
    documents = [{**row, "document_id": "big", "due_date": "2025-07-10", "amount": 900_00}]
    documents += [{**row, "document_id": f"old{n}", "due_date": "2025-03-20", "amount": 100_00} for n in range(12)]
    found = provision(ledger_of(documents=documents), as_of="2025-06-30", settings=SHORT, output="polars")
    compared = provision_against_pd(found, scores=scores(A=(0.05, 30.0)), output="polars")
    row = compared.customers.row(0, named=True)
    assert abs(row["level"]) > abs(row["own_risk"])
    assert "above all over 90 days past due" in row["reason"]


def test_lines_and_customers_add_up_to_the_same_cents() -> None:
    """Forty customers with losses of odd fractions of a cent: rounded one by one they would miss the total."""
    documents = [
        {"document_id": f"D{n}", "customer_id": f"C{n:02d}", "document_date": "2025-06-01", "due_date": "2025-07-10"}
        | {"amount": 1_00 + n}
        for n in range(40)
    ]
    found = provision(ledger_of(documents=documents), as_of="2025-06-30", settings=SHORT, output="polars")
    given = scores(**{f"C{n:02d}": (0.013 + 0.001 * n, 40.0) for n in range(40)})
    compared = provision_against_pd(found, scores=given, output="polars")
    lines = dict(compared.lines.select("line", "amount").iter_rows())
    sums = compared.customers.select(pl.col(pl.Float64).round(2)).sum().row(0, named=True)
    assert sums["expected_loss"] == pytest.approx(lines["pd_lgd_ead"], abs=1e-9)
    assert sums["own_risk"] == pytest.approx(0.0, abs=1e-9)
    assert sums["level"] == pytest.approx(lines["level"], abs=1e-9)
    assert sums["allowance"] == pytest.approx(lines["matrix"], abs=1e-9)
    exact = [0.01 * round(100 * value) for value in compared.customers["expected_loss"]]
    assert compared.customers["expected_loss"].to_list() == pytest.approx(exact, abs=1e-9)


def test_the_life_of_an_item_goes_before_that_of_its_customer() -> None:
    found = provision(three_customers(), as_of="2025-06-30", settings=SHORT, output="polars")
    given = scores(A=(0.5, 30.0), B=(0.1, 30.0), N=(0.1, 30.0), S=(1.0, None))
    days = pl.DataFrame({"document_id": ["A1"], "days": [90.0]})
    compared = provision_against_pd(found, scores=given, days_to_pay=days, output="polars")
    lives = dict(compared.customers.select("customer_id", "life_days").iter_rows())
    assert (lives["A"], lives["B"]) == (90.0, 30.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("lgd"), "Columns are missing"),
        (lambda frame: pl.concat([frame, frame]), "occurs twice"),
        (lambda frame: frame.with_columns(pd_6m=pl.lit(1.5)), "Not between 0 and 1"),
    ],
)
def test_scores_that_are_none_are_refused(change: Any, message: str) -> None:
    found = provision(three_customers(), as_of="2025-06-30", settings=SHORT, output="polars")
    with pytest.raises(DataError, match=message):
        provision_against_pd(found, scores=change(scores(A=(0.5, 30.0), B=(0.1, 30.0))))


@pytest.mark.parametrize("standard", ["ifrs9", "cecl"])
def test_the_tables_of_the_notes_tie_out(book: Ledger, standard: str) -> None:
    chosen = SHORT.changed(standard=standard)
    opening, closing = (
        provision(book, as_of=day, settings=chosen, output="polars") for day in ("2025-06-30", "2025-09-30")
    )
    movement = provision_movement(book, opening=opening, closing=closing, output="polars")
    notes, sentences = provision_disclosure(closing, movement=movement, output="polars")
    tables = {note.key: note.table for note in notes}
    assert tables["exposure"]["allowance"].sum() == pytest.approx(closing.total)
    assert tables["exposure"]["gross"].sum() == pytest.approx(closing.gross)
    if standard == "cecl":
        amounts = tables["rollforward"]["amount"].to_list()
        assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-6)
        assert amounts[0] == pytest.approx(opening.total)
        assert any("326-20" in sentence for sentence in sentences)
    else:
        amounts = tables["gross"]["amount"].to_list()
        assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-6)
        assert tables["written_off"]["amount"][0] == pytest.approx(3 * 5 * 100.0)
        assert any("B5.5.35" in sentence for sentence in sentences)
    alone, _ = provision_disclosure(closing)
    assert [note.key for note in alone] == ["exposure"]


def test_contested_choices_carry_their_paragraph() -> None:
    covered = {"cover_id": "V1", "customer_id": "A", "kind": "insurance", "limit": 50_000, "insured_share": 0.9}
    base = three_customers()
    ledger = base.replace(
        tables={**base.tables, **ledger_of(cover=[{**covered, "valid_from": "2025-01-01"}]).tables}
        | {"customers": base.tables["customers"]}
    )

    def subjects(**changes: Any) -> dict[str, str]:
        found = provision(ledger, as_of="2025-06-30", settings=SHORT.changed(history_months=4, **changes))
        return {choice.subject: choice.paragraph for choice in found.contested}

    assert "B5.5.55" in subjects()["Cover not netted"]
    assert "ITG December 2015" in subjects(integral=("insurance",))["Cover netted"]
    assert "326-20-30-12" in subjects(standard="cecl")["Cover not netted"]
    assert "B5.5.52" in subjects()["No forward-looking adjustment"]
    elected = subjects(standard="cecl", current_conditions_persist=True)
    assert "ASU 2025-05" in elected["Current conditions persist"]
    assert "No forecast" not in elected
    assert "326-20-30-10" in subjects(standard="cecl", zero_loss={"A": "government"})["Zero-loss argument"]
    assert "5.5.18" in subjects(zero_loss={"A": "government"})["Elections of CECL"]


@pytest.mark.parametrize(
    ("own", "rate", "low", "high", "words"),
    [
        (
            0.27,
            0.29,
            0.08,
            0.54,
            "the observed past loss rate of what is as old is 27.0 %; with published rates, as used, it is 29.0 % "
            "(95 % interval 8 % to 54 %): the presumption that default is no later than 90",
        ),
        (0.01, 0.02, 0.01, 0.06, "2.0 % (95 % interval 1 % to 6 %): even its upper end is low, which rebuts the"),
        # A published rate of next to nothing is no evidence: nothing was observed.
        (None, 0.01, 0.0, 0.02, "no past loss of what is as old was observed here, and a published rate is no"),
    ],
)
def test_only_what_was_observed_rebuts_the_presumption_of_default(
    own: float | None, rate: float, low: float, high: float, words: str
) -> None:
    named = {"own_rate": own, "historical_rate": rate, "low": low, "high": high}
    old = pl.DataFrame(
        {"customer_id": ["A", "B", "B"], "exposed": [100, 200, 50]}
        | {name: [value] * 3 for name, value in named.items()},
        schema_overrides=dict.fromkeys(named, pl.Float64),
    )
    said = _presumption(old)
    assert said.startswith("3 items of 2 customers are over 90 days past due in the pool")
    assert words in said
    # Of 50 of 350 nothing was observed: a low rate of the others does not speak for them.
    some = old.with_columns(own_rate=pl.Series([0.01, 0.01, None]), high=pl.lit(0.06))
    assert "(none was observed for 14 % of the money)" in _presumption(some)
    assert "is not rebutted by it" in _presumption(some)
