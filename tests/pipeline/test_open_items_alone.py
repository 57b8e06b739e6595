"""A list of open items without payments, and the other sentences of a run that must be true of a small book."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from credrisk import Ledger
from credrisk.cli.app import app
from credrisk.errors import ParameterError
from credrisk.pipeline.job import run
from credrisk.pipeline.open_items_alone import ONLY_OPEN, no_invoice_settled, without_dso
from credrisk.reports.headline import headline_of

DAYS = [date(2024, 1, 5) + timedelta(days=20 * place) for place in range(30)]


def tables(*, paid: bool) -> dict[str, pl.DataFrame]:
    rows = {
        "document_id": [f"I{place}" for place in range(len(DAYS))],
        "customer_id": [f"C{place % 12}" for place in range(len(DAYS))],
        "customer_name": [f"Firm {place % 12}" for place in range(len(DAYS))],
        "document_date": DAYS,
        "due_date": [day + timedelta(days=30) for day in DAYS],
        "amount": ["100.00"] * len(DAYS),
        "currency": ["EUR"] * len(DAYS),
        "settled_on": [day + timedelta(days=35) if paid else None for day in DAYS],
    }
    return {"documents": pl.DataFrame(rows, schema_overrides={"settled_on": pl.Date})}


def test_where_no_invoice_was_ever_settled_dso_and_lateness_are_not_measured_and_it_says_so() -> None:
    ledger = Ledger.read(tables(paid=False))
    assert no_invoice_settled(ledger)
    result = run(ledger)
    assert ONLY_OPEN in result.pack.notes
    assert result.pack.headline["DSO"] == ("not measured", "no invoice was ever settled: a list of open items")
    assert result.scores["p_late30_12m"].isna().all()
    assert result.scores["dso_countback"].isna().all()


def test_with_settled_invoices_nothing_of_it_is_said() -> None:
    ledger = Ledger.read(tables(paid=True))
    assert not no_invoice_settled(ledger)
    assert ONLY_OPEN not in run(ledger, back_tests=False).pack.notes


def test_payments_of_invoices_that_are_not_there_do_not_make_it_a_history() -> None:
    part = {"document_id": ["I1", "I2"], "date": [DAYS[3]] * 2, "amount": ["40.00", "100.00"]}
    assert not no_invoice_settled(Ledger.read({**tables(paid=False), "payments": pl.DataFrame(part)}))
    part["amount"] = ["40.00", "99.99"]
    assert no_invoice_settled(Ledger.read({**tables(paid=False), "payments": pl.DataFrame(part)}))


def test_only_columns_of_dso_are_emptied() -> None:
    frame = pl.DataFrame({"dso_countback": [1.0], "best_possible_dso_3m": [2.0], "as_of": ["x"], "dbt_12m": [3.0]})
    assert without_dso(frame).row(0) == (None, None, "x", 3.0)


def test_a_day_outside_names_the_mapping_and_the_table() -> None:
    with pytest.raises(ParameterError, match=r"under \[settings\] in the mapping, .* or in the table `settings`"):
        run(Ledger.read(tables(paid=True)), as_of="2031-01-01")


def test_limits_to_change_are_told_in_words() -> None:
    limits = pl.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            "action": ["grant", "stop", "stop"],
            "current_limit": [None, None, 0.0],
            "recommended_limit": [500.0, 0.0, 0.0],
        }
    )
    none = pl.DataFrame()
    told = headline_of(ageing=none, history=none, scores=none, limits=limits, queue=none, currency="EUR")
    assert told["Limits to change"] == ("1", "1 to grant; 2 customers that should have no limit have none")


def test_one_sentence_for_several_currencies_with_rows_and_money(tmp_path: Path) -> None:
    own = tables(paid=True)["documents"].with_columns(
        currency=pl.when(pl.col("document_id").is_in(["I0", "I1"])).then(pl.lit("USD")).otherwise(pl.lit("EUR"))
    )
    lost = pl.DataFrame({"document_id": ["X1", "X2"], "date": ["2024-06-01"] * 2, "amount": ["7.00", "9.50"]})
    lost = lost.with_columns(customer_id=pl.Series(["C3", "C4"]), currency=pl.Series(["EUR", "USD"]))
    folder = tmp_path / "ledger"
    folder.mkdir()
    own.drop("settled_on").write_csv(folder / "documents.csv")
    lost.write_csv(folder / "payments.csv")
    pl.DataFrame({"currency": ["USD"], "date": ["2023-12-01"], "rate": [0.9]}).write_csv(folder / "rates.csv")
    pl.DataFrame({"key": ["currency"], "value": ["EUR"]}).write_csv(folder / "settings.csv")
    result = CliRunner().invoke(app, ["run", str(folder), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    assert said.count("name a document that is not there") == 1
    assert "(1 row, 7.00 EUR; 1 row, 9.50 USD)" in said or "(1 row, 9.50 USD; 1 row, 7.00 EUR)" in said
