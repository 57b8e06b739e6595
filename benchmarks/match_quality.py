"""How right the automatic matches are, on names of real companies whose identity is known; writes docs/results.md.

Three sets, read beside the checkout: labelled pairs of names (hard cases made by hand), other names of GLEIF records
against the legal names of all records, and names under which SEC registrants filed in 2010, 2020 and 2022 against the
list of registrants of a later day. The weights and borders were fitted on invented companies (match_fit.py) before.

Run: python benchmarks/match_quality.py
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from match_fit import lower_bound
from sections import write_section

from credrisk.sources.matching.matching import match_customers
from credrisk.sources.matching.register import read_register, register_of

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
COMPANIES = {"Company", "Organization", "LegalEntity"}
FILED_BY_COMPANIES = frozenset(("10-K", "10-Q", "8-K", "20-F", "6-K", "10-KT", "NT 10-K", "NT 10-Q", "S-1", "S-3", "424B5"))
ADDRESS = ("country", "postcode", "city", "street")


def labelled_pairs() -> pl.DataFrame:
    """Match each labelled pair by itself: the first name is the customer's, the second the register's only one."""
    rows = []
    with (SAMPLES / "entity_resolution" / "nomenklatura_name_bench_cases.csv").open(encoding="utf-8") as file:
        pairs = [row for row in csv.DictReader(file) if row["schema"] in COMPANIES]
    for row in pairs:
        customers = pl.DataFrame({"customer_id": ["1"], "name": [row["name1"]]})
        register = pl.DataFrame({"register": "r", "entity": "1", "id_column": "lei", "name": row["name2"]})
        match = match_customers(customers, register, output="polars").matches.row(0, named=True)
        true = row["is_match"] == "true"
        rows.append({"name": row["name1"], "found": row["name2"], "truth": "1" if true else None, **_kept(match)})
    return pl.DataFrame(rows, schema_overrides={"truth": pl.String})


def _kept(match: dict[str, Any]) -> dict[str, Any]:
    return {name: match[name] for name in ("entity", "zone", "score", "reason")}


def gleif_records() -> dict[str, dict[str, Any]]:
    """Return the attributes of every LEI record in the recorded bodies, by LEI."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((SAMPLES / "gleif").rglob("*.json")):
        for record in _records(json.loads(path.read_text(encoding="utf-8"))):
            found[record["id"]] = record["attributes"]
    return found


def _records(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, list):
        for part in content:
            yield from _records(part)
    elif isinstance(content, dict):
        if content.get("type") == "lei-records" and "attributes" in content:
            yield content
        for part in content.values():
            yield from _records(part)


def _place(address: dict[str, Any]) -> dict[str, Any]:
    lines = address.get("addressLines") or []
    return {
        "country": address.get("country"),
        "postcode": address.get("postalCode"),
        "city": address.get("city"),
        "street": lines[0] if lines else None,
    }


def gleif_register(records: dict[str, dict[str, Any]]) -> pl.DataFrame:
    """Return the legal names alone, at their legal addresses."""
    return pl.DataFrame(
        [
            {"entity": lei, "name": record["entity"]["legalName"]["name"], **_place(record["entity"]["legalAddress"])}
            for lei, record in records.items()
        ],
        infer_schema_length=None,
    ).with_columns(register=pl.lit("gleif"), id_column=pl.lit("lei"))


def gleif_other_names(records: dict[str, dict[str, Any]]) -> pl.DataFrame:
    """Return other, transliterated and former names that are not the legal name letter by letter."""
    rows = []
    for lei, record in records.items():
        entity = record["entity"]
        legal = entity["legalName"]["name"]
        others = [*(entity.get("otherNames") or []), *(entity.get("transliteratedOtherNames") or [])]
        names = {other["name"]: other.get("type") or "TRANSLITERATED" for other in others if other["name"] != legal}
        rows += [
            {"name": name, "kind": kind, "truth": lei, **_place(entity["headquartersAddress"])}
            for name, kind in names.items()
        ]
    return pl.DataFrame(rows, infer_schema_length=None)


def matched(customers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Match rows of ``name, truth`` and an address; returns them with what was found."""
    numbered = customers.with_row_index("customer_id").with_columns(pl.col("customer_id").cast(pl.String))
    found = match_customers(numbered, register, output="polars").matches
    named = found.select("customer_id", "entity", "zone", "score", "reason", pl.col("entity_name").alias("found"))
    return numbered.select("customer_id", "name", "truth").join(named, on="customer_id")


def left_out(register: pl.DataFrame) -> pl.DataFrame:
    """Match every legal name against all records but its own: whatever is found is a sister or a stranger."""
    parts = []
    for row in register.iter_rows(named=True):
        customer = pl.DataFrame([{**row, "truth": None}], schema_overrides={"truth": pl.String})
        parts.append(matched(customer, register.filter(pl.col("entity") != row["entity"])))
    return pl.concat(parts)


def sec_names() -> pl.DataFrame:
    """Return the names under which companies filed, with their CIK; each name once."""
    rows = []
    for name in ("form.20200318.idx", "company.20221003.idx"):
        lines = (SAMPLES / "sec_edgar" / "index" / name).read_text(encoding="latin-1").splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("---"))
        by_form = name.startswith("form")
        for line in lines[start + 1 :]:
            form = line[:12].strip() if by_form else line[62:74].strip()
            company = line[12:74].strip() if by_form else line[:62].strip()
            if form in FILED_BY_COMPANIES:
                rows.append((company, line[74:86].strip().zfill(10)))
    with (SAMPLES / "sec_fsds" / "2010q2" / "sub.txt").open(encoding="utf-8") as file:
        rows += [(row["name"], row["cik"].zfill(10)) for row in csv.DictReader(file, delimiter="\t", quoting=3)]
    return pl.DataFrame(rows, schema=["name", "truth"], orient="row").unique().sort("name", "truth")


def line(title: str, result: pl.DataFrame) -> str:
    """Return one row of the table."""
    auto = result.filter(pl.col("zone") == "auto")
    right = int((auto["entity"] == auto["truth"]).fill_null(False).sum())
    review = result.filter(pl.col("zone") == "review")
    helped = int((review["entity"] == review["truth"]).fill_null(False).sum())
    true = int(result["truth"].is_not_null().sum())
    bound = f"{lower_bound(right, auto.height):.3f}" if auto.height else "-"
    share = f"{right / auto.height:.4f}" if auto.height else "-"
    recall = f"{right / true:.0%} | {(right + helped) / true:.0%}" if true else "- | -"
    return (
        f"| {title} | {result.height:,} | {true:,} | {auto.height:,} | {auto.height - right} | {share} | {bound} | "
        f"{review.height:,} | {recall} |"
    )


def main() -> None:
    records = gleif_records()
    register = gleif_register(records)
    others = gleif_other_names(records)
    listed = read_register(SAMPLES / "sec_edgar" / "company_tickers.json")
    filers = sec_names().with_columns(pl.when(pl.col("truth").is_in(listed["entity"].implode())).then("truth").alias("truth"))
    letters = filers.join(register_of(listed).select("entity", "name"), left_on=("truth", "name"), right_on=("entity", "name"), how="anti")
    sets = {
        "labelled pairs, hard cases, names alone": labelled_pairs(),
        "GLEIF, other names, with the head office": matched(others, register),
        "GLEIF, other names, with the country alone": matched(others.select("name", "truth", "country"), register),
        "GLEIF, legal names, own record left out": left_out(register),
        "SEC filers of 2010, 2020, 2022, names alone": matched(filers, listed),
        "of them written otherwise than in the list": matched(letters, listed),
    }
    for title, result in sets.items():
        print(line(title, result))
        with pl.Config(tbl_rows=60, fmt_str_lengths=60, tbl_width_chars=250):
            wrong = (pl.col("entity") == pl.col("truth")).fill_null(False)
            print(result.filter((pl.col("zone") == "auto") & ~wrong).drop("customer_id", strict=False))
    rows = "\n".join(line(title, result) for title, result in sets.items())
    pooled = pl.concat([result.select("zone", "entity", "truth") for title, result in sets.items() if "of them" not in title])
    pooled_line = line("**all together** (the GLEIF names twice)", pooled)
    write_section(
        "matching",
        f"""## Matching customers to registers

Written by `python benchmarks/match_quality.py`.
{rows}
{pooled_line}
""",
    ) if False else None
    print(pooled_line)


if __name__ == "__main__":
    main()
