"""`credrisk order` and `credrisk log`: answers, batches, overrides, and the errors a clerk can make."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded
from decisions.order_cases import DAY as CASE_DAY
from decisions.order_cases import decided, facts

from credrisk.cli.order import print_one
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.order_facts import LimitForATime
from credrisk.decisions.policy import default_text
from credrisk.simulate.simulator import simulate_ledger

DAY = "2024-06-30"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("orders") / "ledger"
    simulate_ledger(customers=60, months=18, seed=4).write(folder)
    return folder


@pytest.fixture(scope="module")
def results(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    succeeded("run", ledger, "--as-of", DAY, "--out", out)
    return out


@pytest.fixture(scope="module")
def customer(results: Path) -> str:
    """A customer with room under both limits: released is what it gets for little."""
    limits = pl.read_csv(results / "limits.csv", schema_overrides={"customer_id": pl.String})
    scores = pl.read_csv(results / "scores.csv", schema_overrides={"customer_id": pl.String})
    both = limits.join(scores, on="customer_id", suffix="_scored")
    good = both.filter((pl.col("status") == "at_risk") & (pl.col("past_due") == 0) & (pl.col("net_balance") > 0))
    room = pl.min_horizontal("current_limit", "recommended_limit") - pl.col("net_balance")
    return str(good.sort(room, descending=True)["customer_id"][0])


def test_one_order_with_its_waterfall_reasons_and_approver(ledger: Path, results: Path, customer: str) -> None:
    told = succeeded("order", ledger, "--customer", customer, "--amount", "10", "--results", results).out
    assert "RELEASE" in told
    assert "Released by: no approval needed (within limit)" in told
    for part in ("open items", "this order on credit", "exposure", "Probability of a bad debt"):
        assert part in told


def test_without_results_the_run_is_made_and_gives_the_same(ledger: Path, results: Path, customer: str) -> None:
    order = ("order", ledger, "--customer", customer, "--amount", "700", "--delivery", "2024-07-10", "--terms", "20")
    assert succeeded(*order, "--as-of", DAY).out == succeeded(*order, "--results", results).out


def test_what_counts_as_default_is_that_of_the_results(ledger: Path, results: Path, customer: str) -> None:
    order = ("order", ledger, "--customer", customer, "--amount", "700", "--default-from", "250")
    assert "its run has its own" in refused(*order, "--results", results)


def test_the_open_orders_of_the_day_ranked_and_written(ledger: Path, results: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "answers.csv", tmp_path / "log.db"
    told = succeeded("order", ledger, "--results", results, "--out", out, "--log", log, "--author", "A. Clerk").out
    table = pl.read_csv(out, infer_schema_length=None)
    assert table.height > 3
    assert table["rank"].to_list() == list(range(1, table.height + 1))
    routine = (table["answer"] == "release") & (table["approver"] == "no approval needed (within limit)").fill_null(
        False
    )
    assert routine.is_sorted()
    for part in (table.filter(~routine), table.filter(routine)):
        assert part["value_at_stake"].is_sorted(descending=True)
    assert {"limit_on_file", "recommended_limit", "limit_used", "answer_on_file"} <= set(table.columns)
    for codes in table["reason_codes"]:
        assert len(codes.split()) == len(set(codes.split()))
    assert f"{table.height} entries, head" in told
    entries = DecisionLog(log).read(kind="order")
    assert [entry.content["order_id"] for entry in entries] == table["order_id"].to_list()
    record = json.loads((results / "run.json").read_text())
    assert {entry.model for entry in entries} == {record["targets"]["bad_debt"].get("hash")}
    assert {entry.policy_hash for entry in entries} == {record["policy"]["hash"]}


def test_answers_that_cannot_be_logged_are_not_written(ledger: Path, results: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    told = refused("order", ledger, "--results", results, "--out", out, "--log", tmp_path / "none" / "log.db")
    assert "folder that exists" in told
    assert not out.exists()


def test_an_order_that_only_the_recommended_limit_carries(ledger: Path, results: Path) -> None:
    limits = pl.read_csv(results / "limits.csv", schema_overrides={"customer_id": pl.String})
    scores = pl.read_csv(results / "scores.csv", schema_overrides={"customer_id": pl.String})
    both = limits.join(scores, on="customer_id", suffix="_scored").filter(
        (pl.col("status") == "at_risk") & (pl.col("past_due") == 0) & (pl.col("current_limit") > 0)
    )
    raised = both.with_columns(room=pl.col("recommended_limit") - 1.1 * pl.col("current_limit")).filter(
        (pl.col("net_balance") < pl.col("current_limit")) & (pl.col("room") > 100)
    )
    row = raised.sort("room", descending=True).row(0, named=True)
    amount = f"{row['recommended_limit'] - max(row['net_balance'], 0.0):.0f}"
    order = ("order", ledger, "--customer", row["customer_id"], "--amount", amount, "--results", results)
    told = succeeded(*order).out
    assert "ONCE THE LIMIT IS RAISED" in told
    assert "the raise has to be approved first by" in told


def test_a_limit_that_is_no_raise_is_approved(capsys: pytest.CaptureFixture[str]) -> None:
    """No limit is on file, or a temporary one bridges a cut: there is nothing to raise."""
    bridge = LimitForATime("temporary", 9_000.0, CASE_DAY, CASE_DAY)
    cut = facts(limit_on_file=20_000.0, recommended_limit=2_000.0, limits_for_a_time=(bridge,))
    for customer in (facts(limit_on_file=None, recommended_limit=9_000.0), cut):
        print_one(decided(5_000.0, customer))
        assert "RELEASE ONCE THE LIMIT IS APPROVED" in capsys.readouterr().out


def test_a_file_with_a_bad_value_is_named_before_the_work(ledger: Path, tmp_path: Path) -> None:
    batch = tmp_path / "blocked.csv"
    batch.write_text("customer_id;amount;delivery\nC01;12,50;2025-12-31\nC02;5;31.13.2025\n")
    told = refused("order", ledger, "--batch", batch)
    assert "row 2, column delivery, value '31.13.2025'" in told
    assert "write dates as 2025-12-31" in told


def test_an_id_that_is_not_known(ledger: Path, results: Path, customer: str) -> None:
    order = ("order", ledger, "--results", results, "--amount", "5")
    told = refused(*order, "--customer", customer.lower())
    assert f"the nearest is {customer}; for a customer that has no account yet add --new-customer" in told
    assert "PREPAYMENT" in succeeded(*order, "--customer", "Z9", "--new-customer").out
    assert "left out for an account of the ledger" in refused(*order, "--customer", customer, "--new-customer")


def test_a_ledger_without_orders_says_so(ledger: Path, results: Path, tmp_path: Path) -> None:
    without = tmp_path / "ledger"
    shutil.copytree(ledger, without)
    (without / "orders.csv").unlink()
    told = refused("order", without, "--results", results)
    assert "has no orders table" in told
    assert "--batch" in told


def test_results_of_another_ledger_are_refused(ledger: Path, results: Path, customer: str, tmp_path: Path) -> None:
    """One amount posted again with a cent more; another order of the rows changes nothing."""
    order = ("--customer", customer, "--amount", "5", "--results", results)
    documents = pl.read_csv(ledger / "documents.csv", infer_schema=False).sort("document_date")
    amount = pl.col("amount").cast(pl.Decimal(14, 2))
    for place, told in ((0, "a run of this ledger"), (-1, None)):
        reposted = tmp_path / f"ledger-{place}"
        shutil.copytree(ledger, reposted)
        more = (
            pl.when(pl.int_range(pl.len()) == place)
            .then(amount + pl.lit("0.01").cast(pl.Decimal(14, 2)))
            .otherwise(amount)
        )
        documents.with_columns(amount=more.cast(pl.String)).reverse().write_csv(reposted / "documents.csv")
        if told is None:
            succeeded("order", reposted, *order)
            continue
        assert told in refused("order", reposted, *order)
        assert told in refused("limits", reposted, "--results", results, "--out", tmp_path / "limits")


def test_a_limit_decided_in_the_log_is_the_one_that_counts(
    ledger: Path, results: Path, customer: str, tmp_path: Path
) -> None:
    """A cut that somebody signed holds at once, on the day of the export and after it; a day before it knows none."""
    log, decide = tmp_path / "decisions.db", ("log", "limit", tmp_path / "decisions.db", ledger, "--results", results)
    order = ("order", ledger, "--customer", customer, "--amount", "500", "--results", results)
    assert " RELEASE " in succeeded(*order).out
    cut = ("--customer", customer, "--limit", "0", "--reason", "the owner has left", "--author", "A. Clerk")
    succeeded(*decide, *cut)  # entered now, long after the last day of the ledger
    now = succeeded(*order, "--log", log).out
    assert " RELEASE " not in now
    assert "limit on file of 0 EUR" in now
    as_of = succeeded(*order, "--log", log, "--as-of", DAY).out
    assert " RELEASE " in as_of
    assert "later than 2024-06-30" in as_of
    assert " RELEASE " in succeeded(*order).out


def test_a_release_that_nobody_may_sign_is_refused_and_a_hold_is_not(
    ledger: Path, results: Path, customer: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.db"
    scores = pl.read_csv(results / "scores.csv", schema_overrides={"customer_id": pl.String})
    lost = scores.filter(pl.col("status") == "in_default")["customer_id"][0]
    asked = ("order", ledger, "--amount", "99000000", "--results", results, "--log", log, "--author", "N. Porter")
    said = refused(*asked, "--customer", lost, "--override", "release", "--reason", "big friend")
    assert "override must be one that somebody may sign" in said
    assert not log.exists() or DecisionLog(log).read() == []
    held = succeeded(*asked, "--customer", customer, "--override", "hold", "--reason", "fraud is suspected").out
    assert "Overridden: hold. By the policy no role is named for this amount." in held


def test_a_file_of_blocked_orders(ledger: Path, results: Path, customer: str, tmp_path: Path) -> None:
    batch, out = tmp_path / "blocked.csv", tmp_path / "answers.csv"
    batch.write_text(
        f"order_id,customer_id,amount,delivery,terms_days\nX1,{customer},250.50,2024-07-15,30\nX2,nobody,90,,\n"
    )
    told = succeeded("order", ledger, "--results", results, "--batch", batch, "--out", out).out
    assert "Prepayment: 1 order of 90 EUR" in told
    table = pl.read_csv(out)
    assert dict(table.select("order_id", "answer").iter_rows()) == {"X1": "release", "X2": "prepay"}


def test_an_override_is_kept_shown_verified_and_scored(
    ledger: Path, results: Path, customer: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.db"
    order = ("order", ledger, "--customer", customer, "--amount", "1900000", "--results", results, "--log", log)
    told = succeeded(*order, "--author", "B. Boss", "--override", "release", "--reason", "a state owns it").out
    assert "Overridden: release" in told
    shown = succeeded("log", "show", log, "--kind", "override").out
    assert "override release" in shown
    assert "a state owns it" in shown
    assert "amount 1,900,000 EUR" in shown
    assert "B. Boss" in shown
    assert "1 entry" in shown
    whole = succeeded("log", "show", log, "--customer", customer, "--json").out
    assert '"kind":"order"' in whole
    head = succeeded("log", "head", log).out
    assert len(head) == 64
    assert "no fault found" in succeeded("log", "verify", log, "--head", head).out
    assert "Without --head" in succeeded("log", "verify", log).out
    table = tmp_path / "overrides.csv"
    scored = succeeded("log", "overrides", log, ledger, "--out", table).out
    assert "Overrides and what became of them" in scored
    assert pl.read_csv(table)["override"].to_list() == ["release"]
    assert "later ones were added" not in scored


def test_a_log_that_does_not_hold_is_refused(ledger: Path, results: Path, customer: str, tmp_path: Path) -> None:
    log = tmp_path / "log.db"
    for amount in ("10", "20"):
        succeeded("order", ledger, "--customer", customer, "--amount", amount, "--results", results, "--log", log)
    head = succeeded("log", "head", log).out
    earlier = DecisionLog(log).read()[0].hash
    assert "later ones were added" in succeeded("log", "verify", log, "--head", earlier).out
    content = log.read_bytes()
    place = content.index(b'"answer":"release"')
    log.write_bytes(content[:place] + b'"answer":"retease"' + content[place + 18 :])
    assert "was changed" in refused("log", "verify", log, "--head", head)
    (tmp_path / "notes.txt").write_text("no log")
    assert "is no decision log" in refused("log", "head", tmp_path / "notes.txt")
    assert "existing decision log" in refused("log", "show", tmp_path / "none.db")
    assert "head must be" in refused("log", "verify", log, "--head", "abc")


def test_results_of_another_day_policy_or_hand_are_refused(ledger: Path, results: Path, tmp_path: Path) -> None:
    order = ("order", ledger, "--customer", "C01", "--amount", "10")
    assert "a run of 2024-05-31" in refused(*order, "--results", results, "--as-of", "2024-05-31")
    policy = tmp_path / "policy.toml"
    policy.write_text(default_text().replace('version = "1"', 'version = "2"'))
    assert "under the policy in use (2," in refused(*order, "--results", results, "--policy", policy)
    limits = ("limits", ledger, "--results", results, "--policy", policy, "--out", tmp_path / "limits")
    assert "under the policy in use (2," in refused(*limits)
    changed = tmp_path / "changed"
    shutil.copytree(results, changed)
    (changed / "limits.csv").write_text("customer_id,recommended_limit\nC01,1000000\n")
    assert "limits.csv is not the file that the run wrote" in refused(*order, "--results", changed)
    (changed / "run.json").write_text("{}")
    assert "run.json is damaged" in refused(*order, "--results", changed)
    assert "folder of a finished credrisk run" in refused(*order, "--results", tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--customer", "C01"), "--amount must be given"),
        (("--amount", "5"), "--amount must be given together with --customer"),
        (("--customer", "C01", "--amount", "5", "--out", "x.csv"), "--out must be left out for one order"),
        (("--customer", "C01", "--amount", "5", "--override", "release"), "--reason and --log"),
        (("--customer", "C01", "--amount", "-5"), "amount must be money above 0"),
        (("--customer", "C01", "--order-id", "nothing"), "the ledger has no open order nothing"),
        (("--customer", "C01", "--amount", "5", "--delivery", "soon"), "delivery must be a date"),
        (("--batch", "none.csv"), "an existing CSV file"),
    ],
)
def test_orders_that_cannot_be_answered(ledger: Path, results: Path, options: tuple[str, ...], message: str) -> None:
    assert message in refused("order", ledger, "--results", results, *options)


def test_a_file_that_is_no_log_is_refused_before_the_work(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no log")
    order = ("order", ledger, "--customer", "C01", "--amount", "5", "--log", tmp_path / "notes.txt")
    assert "is no decision log" in refused(*order)


def test_a_limit_is_set_down_beside_what_was_recommended(
    ledger: Path, results: Path, customer: str, tmp_path: Path
) -> None:
    log = tmp_path / "decisions.db"
    asked = ("log", "limit", log, ledger, "--results", results, "--author", "A. Clerk")
    limits = pl.read_csv(results / "limits.csv", schema_overrides={"customer_id": pl.String})
    advised = limits.filter(pl.col("customer_id") == customer)["recommended_limit"].item()
    assert "to be signed by" in succeeded(*asked, "--customer", customer).out
    assert "reason must be stated" in refused(*asked, "--customer", customer, "--limit", str(advised + 1))
    succeeded(*asked, "--customer", customer, "--limit", str(advised + 1), "--reason", "order book seen")
    assert "the nearest is" in refused(*asked, "--customer", customer.lower())
    first, second = DecisionLog(log).read(kind="limit")
    assert (first.content["limit"], second.content["limit"]) == (advised, advised + 1)
    assert "order book seen" in succeeded("log", "show", log, "--kind", "limit").out
