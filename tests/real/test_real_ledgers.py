"""Two public ledgers through the command, by their mapping files alone: they tie out, and hold no bad debt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from balances import COLUMNS, agreed_at_every_month_end
from beside import SHARED
from command import Outcome, succeeded

import credrisk
from credrisk.features.calendar import Calendar
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.writing import OUTPUTS

DATA = SHARED / "data"
MAPPINGS = Path(__file__).parents[2] / "examples" / "mappings"
pytestmark = pytest.mark.real

NAMES = ("ibm-ar", "highradius-ar")
FEATURES = (*COLUMNS, "past_due", "open_balance", "net_balance")


@dataclass(frozen=True)
class Case:
    """A real ledger: how it was imported, what the run on it said and wrote."""

    name: str
    imported: Outcome
    ledger: Ledger
    ran: Outcome
    out: Path

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / f"{name}.csv", dtype={"customer_id": str, "name": str})

    @property
    def record(self) -> dict[str, Any]:
        return json.loads((self.out / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    imported = succeeded("import", DATA / name, "--map", MAPPINGS / f"{name}.toml", "--out", folder / "ledger")
    ran = succeeded("run", folder / "ledger", "--out", folder / "out")
    return Case(name, imported, Ledger.read(folder / "ledger"), ran, folder / "out")


def invoices_of(name: str) -> pd.DataFrame:
    """Read the export without the package: customer, currency, amount in cents, due and settled dates."""
    if name == "ibm-ar":
        raw = pd.read_csv(DATA / name / "WA_Fn-UseC_-Accounts-Receivable.csv", dtype=str)
        raw = raw.rename(columns={"customerID": "customer", "InvoiceAmount": "amount", "SettledDate": "settled"})
        raw = raw.rename(columns={"InvoiceDate": "dated", "DueDate": "due"}).assign(currency="USD")
        for column in ("dated", "due", "settled"):
            raw[column] = pd.to_datetime(raw[column], format="%m/%d/%Y")
    else:
        raw = pd.read_csv(DATA / name / "closed_invoices_reconstructed.csv.gz", dtype=str)
        raw = raw.rename(columns={"cust_number": "customer", "total_open_amount": "amount", "clear_date": "settled"})
        raw = raw.rename(columns={"due_in_date": "due"}).assign(currency=raw["currency_inferred"].fillna("USD"))
        raw["customer"] = raw["customer"].where(~raw["customer"].str.isdigit(), raw["customer"].str.zfill(10))
        raw["due"], raw["settled"] = pd.to_datetime(raw["due"]), pd.to_datetime(raw["settled"])
        terms = pd.to_timedelta(raw["terms_days_modal"].astype("float64").fillna(15), unit="D")
        raw["dated"] = (raw["due"] - terms).where(raw["due"] - terms <= raw["settled"], raw["settled"])
    cents = (raw["amount"].astype("float64") * 100).round().astype("int64")
    return raw.assign(amount=cents)[["customer", "currency", "amount", "dated", "due", "settled"]]


STATED: dict[str, dict[str, Any]] = {
    # rows, customers, smallest, largest and mean amount, share late, most days late: as the notes beside the data say
    "ibm-ar": {"rows": 2_466, "customers": 100, "least": 5.26, "most": 128, "mean": 59.9, "late": 35.6, "days": 45},
    "highradius-ar": {
        "rows": 40_000,
        "customers": 1_056,
        "least": 0.79,
        "most": 668_593,
        "mean": 32_065,
        "late": 41.9,
        "days": 204,
    },
}


def test_counts_and_sums_are_those_the_notes_beside_the_data_state(case: Case) -> None:
    stated = STATED[case.name]
    frame = case.ledger.frame("documents")
    assert len(frame) == case.ledger.table("receipts").height == case.ledger.table("applications").height
    assert len(frame) == stated["rows"]
    assert case.ledger.table("customers").height == frame["customer_id"].nunique() == stated["customers"]
    assert (frame["amount"].min(), round(frame["amount"].max())) == (stated["least"], stated["most"])
    assert round(frame["amount"].mean(), 1 if case.name == "ibm-ar" else None) == stated["mean"]
    settled = case.ledger.frame("applications").merge(frame, left_on="to_document_id", right_on="document_id")
    late = (pd.to_datetime(settled["applied_on"]) - pd.to_datetime(settled["due_date"])).dt.days
    assert (round(100 * (late > 0).mean(), 1), late.max()) == (stated["late"], stated["days"])
    assert case.ledger.quarantine.is_empty()


def test_the_import_says_that_every_row_was_used_and_nothing_set_aside(case: Case) -> None:
    raw = invoices_of(case.name)
    assert f"{len(raw):,}" in case.imported.out
    for currency, amounts in raw.groupby("currency")["amount"]:
        kept = case.ledger.table("documents").filter(currency=currency)
        assert (kept.height, kept["amount"].sum()) == (len(amounts), amounts.sum())
    assert "error" not in case.imported.out


def test_every_invoice_is_settled_in_the_end(case: Case) -> None:
    last = case.ledger.table("applications")["applied_on"].max()
    assert last == {"ibm-ar": date(2014, 1, 9), "highradius-ar": date(2020, 5, 22)}[case.name]
    whole = case.ledger.replace(settings=case.ledger.settings.__class__("USD", date(2012, 1, 1), last, last))
    assert credrisk.ageing(whole, as_of=last).empty
    for table in ("documents", "receipts", "applications"):
        assert case.ledger.table(table)["amount"].sum() == invoices_of(case.name)["amount"].sum()


def test_the_closing_balance_of_the_run_is_that_of_the_export(case: Case) -> None:
    raw, day = invoices_of(case.name), pd.Timestamp(case.ledger.settings.covers_to)
    still_open = raw[(raw["dated"] <= day) & (raw["settled"] > day)]
    scores = case.table("scores").set_index("customer_id")
    for name, rows in (("open_balance", still_open), ("past_due", still_open[still_open["due"] < day])):
        dollars = rows["amount"].where(rows["currency"] == "USD", rows["amount"] * 0.7)
        expected = dollars.groupby(rows["customer"]).sum().reindex(scores.index, fill_value=0)
        off = (scores[name] * 100 - expected).abs()
        translated = scores.index.isin(rows.loc[rows["currency"] != "USD", "customer"])
        assert off[~translated].max() < 0.01
        assert off.max() <= 2.5  # up to five buckets, each rounded to a cent by itself
        assert case.record["figures"][name] == pytest.approx(scores[name].sum(), abs=0.005)


def test_balances_tie_out_for_every_customer_and_month_end(case: Case) -> None:
    settings = case.ledger.settings
    ends = (*Calendar.month_ends(settings.covers_from, settings.covers_to).ends, settings.covers_to)
    panel = build_panel(case.ledger, calendar=Calendar(ends), features=FEATURES)
    assert len(ends) == {"ibm-ar": 24, "highradius-ar": 14}[case.name]
    assert agreed_at_every_month_end(case.ledger, panel) > 1_000


def test_no_bad_debt_is_said_and_never_replaced_by_lateness(case: Case) -> None:
    scores, record = case.table("scores"), case.record
    for name in ("pd_3m", "pd_6m", "pd_12m", "expected_loss", "grade"):
        assert scores[name].isna().all(), name
    assert set(scores["pd_source"]) == {"not_measured"}
    assert record["targets"]["bad_debt"]["source"] == "not_measured"
    assert record["figures"]["expected_loss"] is None
    assert record["figures"]["pd_measured"] == 0
    said = "The probability of bad debt is not measured: No bad debt within 12 months"
    assert f"Note: {said}" in case.ran.out
    assert any(note.startswith(said) for note in record["notes"])
    assert "Expected loss: not measured" in case.ran.out
    assert "1 Bad debt not measured. Likely to pay 30 or more days late" in case.ran.out
    assert said in (case.out / "portfolio.html").read_text(encoding="utf-8")
    assert not (case.out / "model" / "bad_debt").exists()
    assert sorted(path.name for path in case.out.iterdir()) == sorted(OUTPUTS)


def test_lateness_ageing_and_a_queue_are_there_all_the_same(case: Case) -> None:
    scores, queue = case.table("scores"), case.table("queue")
    late = scores["p_late30_12m"].dropna()
    assert len(late) > 50
    assert late.between(0, 1).all()
    assert late.nunique() > 3
    rungs = {"expert_card", "penalised_regression", "booster"}
    assert set(scores.loc[scores["p_late30_12m"].notna(), "p_late30_source"]) <= rungs
    assert not set(scores.loc[scores["p_late30_12m"].isna(), "p_late30_source"]) & rungs
    assert (case.out / "model" / "late30").is_dir()
    ranked = queue[queue["rank"].notna()]
    assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
    assert len(ranked) > 5
    assert ranked["reasons"].str.contains("past due").all()
    assert ranked["pd_12m"].isna().all()
    contacts = queue[queue["contact_today"]]
    assert (contacts["gain"] >= 0).all()
    assert (contacts["slot"] != "automatic").sum() <= 40
    # Of a few dollars nobody is worth a contact; of thousands some are.
    assert len(contacts) > 0 or ranked["past_due"].max() < 200
    assert (scores["past_due"] > 0).any()
    assert scores["dbt_12m"].notna().any()


def test_limits_rest_on_policy_grades_and_say_so(case: Case) -> None:
    limits = case.table("limits")
    assert set(limits["pd_used_source"]) <= {"policy_grade", "in_default"}
    graded = limits[limits["pd_used_source"] == "policy_grade"]
    assert len(graded) > 0.9 * len(limits)
    assert graded["reasons"].str.contains("No PD measured: the policy's grade").all()
    assert limits["recommended_limit"].notna().all()
    page = (case.out / "portfolio.html").read_text(encoding="utf-8")
    assert "policy" in page


def test_the_open_invoices_age_by_their_due_dates(tmp_path: Path) -> None:
    mapping = MAPPINGS / "highradius-ar-open.toml"
    succeeded("import", DATA / "highradius-ar", "--map", mapping, "--out", tmp_path / "ledger")
    ledger = Ledger.read(tmp_path / "ledger")
    raw = pd.read_csv(DATA / "highradius-ar" / "open_invoices_A.csv.gz")
    cents = (raw["total_open_amount"] * 100).round().astype("int64")
    aged = credrisk.ageing(ledger, as_of="2020-05-22", by="portfolio", translate=False).set_index("currency")
    due = pd.to_datetime(raw["due_in_date"].astype(str).str[:10], format="mixed")
    late = (pd.Timestamp(2020, 5, 22) - due).dt.days
    assert dict(raw["invoice_currency"].value_counts()) == {"USD": 8_953, "CAD": 747}
    for currency in ("USD", "CAD"):
        mine = raw["invoice_currency"] == currency
        assert round(100 * aged.loc[currency, "open_balance"]) == cents[mine].sum()
        assert round(100 * aged.loc[currency, "not_due"]) == cents[mine & (late <= 0)].sum()
        assert round(100 * aged.loc[currency, "past_due_31_60"]) == cents[mine & late.between(31, 60)].sum()
        assert round(100 * aged.loc[currency, "past_due_over_90"]) == cents[mine & (late > 90)].sum()
