"""What a probability has to do without is said of the customer and of the whole."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl

from credrisk.models.lacking import information_note, lacks_of, learnt_kinds, learnt_note

COLUMNS = (
    "dbt_12m",
    "equity_ratio",
    "losses_in_two_years",
    "insolvency_notices",
    "days_since_judgment",
    "external_risk",
    "market_failure_rate",
)
ROWS = pl.DataFrame(
    [
        (1.0, 0.3, 0.0, 0.0, None, 0.5, 0.02),
        (1.0, None, None, 0.0, 30.0, None, 0.02),
        # A count of statements is 0 also where there is none.
        (1.0, None, 0.0, None, None, None, None),
    ],
    schema=dict.fromkeys(COLUMNS, pl.Float64),
    orient="row",
)


def test_a_row_lacks_the_kinds_of_which_nothing_is_known() -> None:
    found = [None, "statements, ratings", "statements, events, ratings, market series"]
    assert lacks_of(ROWS).to_list() == found
    assert lacks_of(ROWS, of=["ratings", "events"]).to_list() == [None, "ratings", "events, ratings"]
    assert lacks_of(ROWS, of=[]).to_list() == [None, None, None]
    assert lacks_of(ROWS.drop("external_risk"), of=["ratings"]).to_list() == ["ratings"] * 3
    assert lacks_of(ROWS.clear()).to_list() == []


def model(**dropped: list[str]) -> SimpleNamespace:
    return SimpleNamespace(
        feature_names_in_=COLUMNS, evidence_={"dropped_null": [], "dropped_constant": []} | dict(dropped)
    )


def test_a_kind_is_learnt_where_one_of_its_features_told_rows_apart() -> None:
    assert learnt_kinds(model()) == ("statements", "events", "ratings", "market series")
    gone = model(dropped_null=["external_risk"], dropped_constant=["market_failure_rate", "equity_ratio"])
    assert learnt_kinds(gone) == ("statements", "events")


def test_the_note_says_what_is_known_of_whom_and_what_a_model_learnt_from_in_vain() -> None:
    said = information_note([None, "statements, ratings", "statements, ratings"], {"bad debt": model()})
    assert (
        said == "Company information, of 3 customers: statements of 1, events of 3 (there is a table of them; it "
        "does not say who was looked up), ratings of 1, market series of 3."
    )
    off = information_note(["statements, events, ratings, market series"] * 2, {"bad debt": model()})
    assert off.startswith("Company information, of 2 customers: none at all.")
    assert "own books" in off
    assert "The model of bad debt learnt from statements, events, ratings, market series and now has to do" in off
    own_books = model(dropped_null=["equity_ratio", "insolvency_notices"], dropped_constant=[*COLUMNS[2:]])
    assert "learnt from" not in information_note(["statements, events, ratings, market series"], {"late": own_books})


def test_what_a_model_learnt_from_and_is_not_known_is_counted() -> None:
    assert learnt_note([None, None]) == ""
    said = learnt_note(["statements", "statements, events", None])
    assert (
        said
        == "Of 3 customers company information that a model learnt from is not known: statements of 2, events of 1."
    )
