"""The tables of late fees: sound, sourced, and true to each other and to what was published."""

from __future__ import annotations

import doctest
import tomllib
from datetime import date

import pytest

from credrisk.decisions import late_fee_rules as module
from credrisk.decisions.late_fee_rules import SHIPPED, LateFeeRules, late_fee_rules
from credrisk.errors import DataError, ParameterError

RULES = late_fee_rules()
REFERENCES = {law.reference.name: law.reference for law in RULES.laws}


def on(reference: str, day: str) -> float:
    wanted = date.fromisoformat(day)
    return next(rate.percent for rate in REFERENCES[reference].rates if rate.start <= wanted <= rate.end)


def content() -> dict:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def test_every_rule_and_rate_has_an_address():
    told = [REFERENCES[name] for name in REFERENCES] + [rate for one in REFERENCES.values() for rate in one.rates]
    for each in [*told, *RULES.laws, *RULES.caps]:
        assert each.source.startswith("http"), each
    for law in RULES.laws:
        assert law.day_count_source.startswith("http"), law
        assert law.fixed_source.startswith("http") or not law.fixed, law


def test_the_base_rate_moves_with_the_rate_of_the_central_bank():
    """BGB 247 (1): by as many points as the main refinancing rate; since 2013 the two are 0.88 points apart."""
    for rate in REFERENCES["bundesbank_base"].rates:
        if rate.start.year >= 2013:
            assert rate.percent == pytest.approx(on("ecb_refinancing", rate.start.isoformat()) - 0.88, abs=1e-9), rate


@pytest.mark.parametrize(
    ("reference", "day", "published"),
    [
        ("bundesbank_base", "2006-07-01", 1.95),  # rechtslupe.de, neuer Basiszins
        ("bundesbank_base", "2007-07-01", 3.19),  # Bundesbank, press release of 26 June 2007
        ("bundesbank_base", "2021-01-01", -0.88),  # Bundesbank, press release on 1 January 2021
        ("bundesbank_base", "2026-01-01", 1.27),  # steuerprofis.de, 28 January 2026
        ("ecb_refinancing", "2013-01-01", 0.75),  # Italian ministry of finance, Gazzetta Ufficiale 14/2013
        ("ecb_refinancing", "2023-01-01", 2.50),  # Gazzetta Ufficiale 14/2023
        ("ecb_refinancing", "2023-07-01", 4.00),  # Gazzetta Ufficiale 165/2023
        ("ecb_refinancing", "2024-01-01", 4.50),  # Gazzetta Ufficiale 12/2024
        ("ecb_refinancing", "2024-07-01", 4.25),  # enterprise.gov.ie, rate of 1 July 2024
        ("bank_rate", "2023-07-01", 5.00),  # Bank of England, changed on 22 June 2023
        ("bank_rate", "2025-01-01", 4.75),  # changed on 7 November 2024
        ("bank_rate", "2026-01-01", 3.75),  # changed on 18 December 2025
        ("austria_base", "2023-07-01", 3.38),  # 12.58 % less 9.2, lexisnexis.at, 20 September 2023
    ],
)
def test_rates_are_those_published(reference, day, published):
    assert on(reference, day) == published


def test_what_is_known_from_one_secondary_source_is_marked():
    late = [rate for one in REFERENCES.values() for rate in one.rates if rate.start >= date(2026, 7, 1)]
    assert late
    assert all(rate.unverified for rate in late)
    assert REFERENCES["bank_rate"].last_day == date(2026, 6, 30)


def test_the_file_is_read_like_any_other(tmp_path):
    copy = tmp_path / "mine.toml"
    copy.write_bytes(b"\xef\xbb\xbf" + SHIPPED.read_bytes())
    assert LateFeeRules.read(copy) == RULES
    with pytest.raises(ParameterError, match="rules must be an existing TOML file"):
        LateFeeRules.read(tmp_path / "none.toml")
    copy.write_text("laws = [", encoding="utf-8")
    with pytest.raises(DataError, match="is no TOML file"):
        LateFeeRules.read(copy)


def gap(told):
    told["references"]["ecb_refinancing"]["rates"][3]["from"] = date(2014, 8, 1)


def half(told):
    told["references"]["bank_rate"]["rates"][-1]["to"] = date(2026, 3, 31)


def no_source(told):
    told["laws"][0]["source"] = "hearsay"


def no_reference(told):
    told["laws"][2]["reference"] = "libor"


def days(told):
    told["laws"][2]["day_count"] = "30/360"


def order(told):
    told["laws"][0], told["laws"][1] = told["laws"][1], told["laws"][0]


def unknown(told):
    told["laws"][0]["grace"] = 3


def missing(told):
    del told["states"]


def fixed(told):
    told["laws"][3]["fixed"][0]["from_amount"] = 5.0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (gap, "does not follow"),
        (half, "no whole half-years"),
        (no_source, "no source 'hearsay'"),
        (no_reference, "no reference libor"),
        (days, "day_count is none of"),
        (order, "do not rise by contract_from"),
        (unknown, "laws: grace is unknown"),
        (missing, "states is missing"),
        (fixed, "do not rise from 0"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(spoil, said):
    told = content()
    spoil(told)
    with pytest.raises(DataError, match=said):
        LateFeeRules.of(told)


@pytest.mark.parametrize(
    ("found", "written", "said"),
    [
        ("percent = 2.57, ", "", "percent of the row .* is no number"),
        ("percent = 2.57", 'percent = "2,57"', "percent of the row .* is no number"),
        ("contract_from = 2002-01-01", 'contract_from = "2002"', "laws: contract_from is not a date without quotes"),
        ("\npoints = 8.0", '\npoints = "8"', "laws: points is not a number"),
        ("weekend_moves = true", 'weekend_moves = "yes"', "laws: weekend_moves is not true or false"),
        ("above = 0.0", "above = true", "states: above is not a number"),
        ("fixed = []", "fixed = 40", "fixed is no list of tables"),
    ],
)
def test_a_wrong_cell_is_named_not_run_into(tmp_path, found, written, said):
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert found in shipped
    (tmp_path / "own.toml").write_text(shipped.replace(found, written, 1), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        LateFeeRules.read(tmp_path / "own.toml")


@pytest.mark.parametrize("part", ["sources", "references", "laws", "left_out", "states"])
def test_a_part_of_another_kind_is_refused(part):
    with pytest.raises(DataError, match=f"{part} is no"):
        LateFeeRules.of(content() | {part: 3})


def test_examples():
    assert doctest.testmod(module).failed == 0
