"""What an earlier `credrisk run` left (scores, limits, the model of the day of payment), taken where it fits."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.errors import DataError, ParameterError
from credrisk.injection import ESCAPED
from credrisk.ledger.content_hash import content_hash
from credrisk.ledger.ledger import Ledger

if TYPE_CHECKING:
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["RECORD", "StoredResults", "read_results", "stored_record", "stored_table", "stored_timing"]

RECORD = "run.json"
TIMING = "timing"
"""Folder below ``model/`` of the model of the day of payment."""
ANOTHER_RUN = "run credrisk run again, or leave --results out."


@dataclass(frozen=True)
class StoredResults:
    """What a run found for one day.

    Attributes
    ----------
    as_of
        The day of the run.
    scores, limits
        The tables of ``scores.csv`` and ``limits.csv``.
    model
        Hash of the bad-debt model, None where there was none.
    """

    as_of: date
    scores: pl.DataFrame
    limits: pl.DataFrame
    model: str | None


def read_results(folder: Path, *, ledger: Ledger, policy: Policy, as_of: date | None = None) -> StoredResults:
    """Return the scores and limits of a finished run of this ledger.

    Parameters
    ----------
    folder
        The ``--out`` folder of the run.
    ledger
        The ledger at hand: what was known of it on the day of the run must be what the run was made from. What was
        posted since does not matter.
    policy
        The policy that decides now: the run must have been made under the same.
    as_of
        The day that is asked for; any where None.

    Raises
    ------
    ParameterError
        When the folder holds no finished run, or one of another day, policy, currency or ledger.
    DataError
        When a file is not the one that the run wrote.
    """
    record, settings = stored_record(folder), ledger.settings
    day = date.fromisoformat(record["as_of"])
    if as_of is not None and day != as_of:
        raise ParameterError("results", f"a run of {as_of}, the day asked for", f"a run of {day}")
    if policy is not None and record["policy"]["hash"] != policy.hash:
        given = f"policy {record['policy']['version']} ({record['policy']['hash'][:12]})"
        asked = f"a run under the policy in use ({policy.version}, {policy.hash[:12]})"
        raise ParameterError("results", asked, given, remedy=f"give --policy as the run had it, or {ANOTHER_RUN}")
    if record["currency"] != settings.currency:
        raise ParameterError("results", f"a run in {settings.currency}, the ledger's currency", record["currency"])
    if not settings.covers_from <= day <= settings.covers_to:
        covered = f"a run of a day that the ledger covers ({settings.covers_from} to {settings.covers_to})"
        raise ParameterError("results", covered, f"a run of {day}")
    held = content_hash(ledger.cut(day))
    if record["ledger"]["content_hash"] != held:
        _refuse_later_master_data(ledger, day, record["ledger"]["content_hash"])
        raise ParameterError(
            "results",
            f"a run of this ledger ({held[:12]} as known on {day})",
            f"a run of another, or before postings up to {day} were changed "
            f"({str(record['ledger']['content_hash'])[:12]})",
            remedy=f"give --public as the run had it, or {ANOTHER_RUN}",
        )
    scores, limits = (
        stored_table(folder / f"{name}.csv", record["files"].get(f"{name}.csv")) for name in ("scores", "limits")
    )
    return StoredResults(day, scores, limits, record["targets"]["bad_debt"].get("hash"))


def _refuse_later_master_data(ledger: Ledger, day: date, recorded: str) -> None:
    """Refuse where the postings are those of the run, but undated master data are stated to be of a later day."""
    made = ledger.settings.extracted_on
    if made <= day:
        return
    same = dataclasses.replace(ledger, settings=dataclasses.replace(ledger.settings, extracted_on=day))
    if content_hash(same.cut(day)) == recorded:
        raise ParameterError(
            "results",
            f"a run of this ledger as known on {day}",
            f"a run in which the master data were those of {day}: the ledger now states that they are of {made} "
            "(extracted_on), so those without a date cannot be looked at on the day of the run",
            remedy="give the extract that the run was made from, keep extracts in a project (credrisk init), or make "
            "the run again",
        )


def stored_timing(folder: Path) -> tuple[PaymentTiming | None, str]:
    """Return the model of the day of payment of a finished run, or None and why there is none, in words.

    Raises
    ------
    ParameterError
        When the folder holds no finished run.
    DataError, ModelFileError
        When a file is not the one that the run wrote.
    """
    from credrisk.models.payment_timing import PaymentTiming

    record = stored_record(folder)
    told = record.get("timing")
    if not isinstance(told, dict):
        raise DataError(f"{folder / RECORD} is of another version of credrisk.", remedy=ANOTHER_RUN)
    if not told.get("measured"):
        return None, str(told.get("why"))
    place = folder / "model" / TIMING
    for name in (name for name in record["files"] if name.startswith(f"model/{TIMING}/")):
        content = (folder / name).read_bytes() if (folder / name).is_file() else b""
        if hashlib.sha256(content).hexdigest() != record["files"][name]:
            raise DataError(f"{folder / name} is not the file that the run wrote.", remedy=ANOTHER_RUN)
    return PaymentTiming.load(place), ""


def stored_record(folder: Path) -> dict[str, Any]:
    """Return what a finished run says of itself in its ``run.json``.

    Raises
    ------
    ParameterError
        When the folder holds no finished run.
    DataError
        When it is damaged.
    """
    place = folder / RECORD
    if not place.is_file():
        raise ParameterError("results", f"the folder of a finished credrisk run, with its {RECORD}", str(folder))
    try:
        record = json.loads(place.read_text(encoding="utf-8"))
        for name in ("as_of", "currency", "files", "policy", "targets"):
            record[name]
        record["ledger"]["content_hash"], record["policy"]["hash"]
        date.fromisoformat(record["as_of"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{place} is damaged, or of another version of credrisk.", remedy=ANOTHER_RUN) from None
    return dict(record)


def stored_table(path: Path, stored_hash: str | None) -> pl.DataFrame:
    """Return a table of a run, its texts as the run had them: without the apostrophes before what looks like a formula.

    Raises
    ------
    DataError
        When the file is not the one whose hash (SHA-256) was kept.
    """
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != stored_hash:
        raise DataError(f"{path} is not the file that the run wrote.", remedy=ANOTHER_RUN)
    texts = {"customer_id": pl.String, "name": pl.String}
    frame = pl.read_csv(content, schema_overrides=texts, infer_schema_length=None, try_parse_dates=True)
    text = pl.col(pl.String)
    return frame.with_columns(pl.when(text.str.contains(ESCAPED)).then(text.str.slice(1)).otherwise(text).name.keep())
