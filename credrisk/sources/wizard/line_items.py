"""A list that names the document that cleared each of its items is not mapped by guesswork, but read by its importer.

Which payment closed which invoice stands in such a list as a number that both share: no rule of a mapping says that.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from credrisk.errors import DataError
from credrisk.sources.erp.sap_headings import AMOUNTS, columns_of
from credrisk.sources.erp.sap_items import CREDIT_TYPES, PAYMENT_TYPES, ROLES, TRANSFER_TYPES
from credrisk.sources.erp.sap_values import bare_number
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import marks, meaning_of_type, plain
from credrisk.wording import counted

__all__ = ["refuse_line_items"]

_SHARED = 0.5
"""Of the cleared rows, that are cleared with a row of the other side; in a list of documents alone few are."""
_UNSAID = "ROLE"
_ROLES = {
    "credit_note": "credit_note",
    "discount": "credit_note",
    "deduction": "credit_note",
    "offset": "credit_note",
    "payment": "payment",
    "payment_reversal": "payment",
    "write_off": "write_off",
    "invoice": "invoice",
    "debit_note": "invoice",
    "late_fee": "invoice",
    "down_payment": "invoice",
}
"""What a type that the wizard knows, or the user states, is to the importer."""


def refuse_line_items(files: Iterable[Understood], answers: Mapping[str, str], source: Path) -> None:
    """Refuse the first file that holds documents and payments together, with the documents that cleared them.

    Not where the user says that the file is something else (``about.FILE``, but for a journal or payments).

    Raises
    ------
    DataError
        With the command that imports the file, as far as the types are known.
    """
    for one in files:
        columns = {name: list(one.contents)[place] for name, place in columns_of(list(one.contents)).items()}
        elsewhere = answers.get(f"about.{one.key}", "journal") not in ("journal", "payments")
        if elsewhere or not {"number", "clearing", "cleared_on"} <= set(columns) or not set(AMOUNTS) & set(columns):
            continue
        amounts = _signed(one, columns)
        if _cleared_together(one, columns, amounts):
            raise _refusal(one, columns, amounts, answers, source)


def _signed(one: Understood, columns: Mapping[str, str]) -> pl.Series:
    """Return the amounts, credits negative where the amounts or a column of debit and credit say so."""
    content = one.contents[columns["milli" if "milli" in columns else "local_amount"]]
    numbers = (
        content.number if content.number is not None else pl.Series([None] * content.texts.len(), dtype=pl.Float64)
    )
    if "sign" not in columns or (numbers < 0).any():
        return numbers
    credit = [mark for mark, _ in one.contents[columns["sign"]].counts if (plain(mark) or mark) in marks("credit_side")]
    credited = one.contents[columns["sign"]].texts.is_in(credit).fill_null(value=False)
    return pl.select(pl.when(credited).then(-numbers).otherwise(numbers)).to_series()


def _cleared_together(one: Understood, columns: Mapping[str, str], amounts: pl.Series) -> bool:
    """Tell whether most of the cleared rows share their clearing document with a row of the other side."""
    types = (
        one.contents[columns["type"]].texts if "type" in columns else pl.Series([None] * amounts.len(), dtype=pl.String)
    )
    cash = [kind for kind in types.drop_nulls().unique() if _role(kind, f"kind.{one.key}.{kind}", {}) == "payment"]
    credit = amounts < 0 if (amounts < 0).any() else types.is_in(cash)
    rows = pl.DataFrame({"clearing": one.contents[columns["clearing"]].texts, "credit": credit, "own": one.own})
    cleared = rows.with_columns(bare_number(pl.col("clearing"))).filter("own", pl.col("clearing").is_not_null())
    both = cleared.select((pl.col("credit").n_unique().over("clearing") > 1).mean()).item()
    return both is not None and both >= _SHARED


def _refusal(
    one: Understood, columns: Mapping[str, str], amounts: pl.Series, answers: Mapping[str, str], source: Path
) -> DataError:
    file = one.table.file.path
    stated, unsaid = _types(one, columns, amounts, answers)
    settings = [f"types={stated}"] if stated else []
    settings += _further(one, columns, answers)
    path = source / file if source.is_dir() else source
    words = ["credrisk", "import", str(path), "--as", "sap_fbl5n"]
    words += [word for setting in settings for word in ("--set", setting)]
    command = shlex.join([*words, "--out", "my-ledger"])
    before = (
        "" if (amounts < 0).any() else "export the amounts with their sign, or with a column Debit/Credit (S/H). Then "
    )
    asked = f"\n\nFor {_UNSAID} say what these are, one of {', '.join(ROLES)}: {'; '.join(unsaid)}." if unsaid else ""
    return DataError(
        f"{file} is a line item list: documents and payments stand in it together, and each names the document that "
        f"cleared it ({columns['clearing']}) and the day ({columns['cleared_on']}). A mapping cannot say which payment "
        "closed which invoice of such a list, and every invoice would count as open; its importer can.",
        remedy=f"{before}give this command in place of the wizard:\n\n    {command}{asked}",
    )


def _types(
    one: Understood, columns: Mapping[str, str], amounts: pl.Series, answers: Mapping[str, str]
) -> tuple[str, list[str]]:
    """Return the setting of the types that the importer does not know by itself, and those that the user must say."""
    if "type" not in columns:
        return "", []
    content: Content = one.contents[columns["type"]]
    stated, unsaid = [], []
    for kind, rows in content.counts:
        key = f"kind.{one.key}.{kind}"
        if key not in answers and kind.upper() in (*PAYMENT_TYPES, *CREDIT_TYPES):
            continue
        role = _role(kind, key, answers)
        stated.append(f"{kind}:{role or _UNSAID}")
        if not role:
            money = amounts.filter((content.texts == kind).fill_null(value=False)).sum()
            unsaid.append(f"{kind} ({counted(rows, 'row')}, {money:,.2f} in all)")
    return ",".join(stated), unsaid


def _role(kind: str, key: str, answers: Mapping[str, str]) -> str:
    """Return what a type is to the importer: as the user said, else as it is known; empty where neither tells."""
    if key in answers:
        return _ROLES.get(answers[key], "")
    if kind.upper() in PAYMENT_TYPES:
        return "payment"
    return "" if kind.upper() in TRANSFER_TYPES else _ROLES.get(meaning_of_type(kind) or "", "")


def _further(one: Understood, columns: Mapping[str, str], answers: Mapping[str, str]) -> list[str]:
    """Return what else the importer would ask: the currency of amounts that no column names, and terms."""
    settings = []
    own = "local_currency" if "milli" not in columns or "currency" not in columns else "currency"
    if own not in columns:
        content = one.contents[columns["currency"]] if "currency" in columns else None
        codes = [code for code, _ in content.counts] if content is not None else []
        settings.append(f"currency={answers.get('currency') or (codes[0] if len(codes) == 1 else 'CURRENCY')}")
    if "due_date" not in columns:
        settings.append(f"terms_days={answers.get(f'terms.{one.key}', 'DAYS')}")
    return settings
