"""How business does in the countries you sell to: every market source asked at once, and kept over the fetches.

What shows only today's state becomes a history by being kept: a later fetch adds what it says otherwise, and never
takes away what was known before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.progress import Progress, silent
from credrisk.sources.credentials import client_secrets, credential
from credrisk.sources.ecb import EURO_SINCE, Ecb
from credrisk.sources.eurostat import GEO, Eurostat
from credrisk.sources.fred import Fred
from credrisk.sources.http import HttpClient
from credrisk.sources.market_base import MarketSource, ask_market

__all__ = ["fetch_market", "keep_market", "read_market"]

KEY = TABLES["market"].key
ONE_PERIOD = [name for name in KEY if name != "known_at"]
"""What a value is of; its rows differ in the day they were known."""


def fetch_market(
    *,
    countries: Sequence[str] | None = None,
    industries: Mapping[str, str] | None = None,
    assume_release_lag: bool = False,
    cache_folder: str | PathLike[str],
    contact: str | None = None,
    as_of: date | str | None = None,
    offline: bool = False,
    progress: Progress = silent,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fetch lending standards, rates, delinquency, bankruptcies and unemployment by country.

    FRED is asked with every vintage where ``CREDRISK_FRED_KEY`` is set, else for today's.

    Parameters
    ----------
    countries
        ISO codes; default: all that the sources have.
    industries
        What your ledger calls the sectors of Eurostat's bankruptcies, by NACE code: ``{"F": "Construction"}``.
    assume_release_lag
        Without a key: date FRED's values by the usual lag of their release, under the name ``fred_lagged``.
    as_of
        Keep only what was known at the end of that day; sources that show only today's state are then not asked.

    Returns
    -------
    tuple of polars.DataFrame
        The ledger's table ``market`` and the answers, as :func:`~credrisk.sources.market_base.ask_market` gives them.

    Raises
    ------
    ParameterError
        For a country that no source has series of.

    Examples
    --------
    >>> market, answers = fetch_market(
    ...     countries=["US", "DE"], cache_folder="cache", contact="Example Trading credit@example.com"
    ... )  # doctest: +SKIP
    """
    wanted = sorted({"US", *EURO_SINCE, *GEO} if countries is None else {code.upper() for code in countries})
    if unknown := [code for code in wanted if code not in {"US", *EURO_SINCE, *GEO}]:
        have = ", ".join(sorted({"US", *EURO_SINCE, *GEO}))
        raise ParameterError("country", f"one that a source has series of ({have})", ", ".join(unknown))
    kinds = (Fred, Ecb, Eurostat)
    limits = {host: windows for kind in kinds for host, windows in kind.limits.items()}
    secrets = client_secrets([Fred])
    with HttpClient(
        cache_folder=cache_folder,
        contact=contact,
        offline=offline,
        limits=limits,
        secret_params=secrets["secret_params"],
    ) as client:
        keyed = credential(Fred.credential) is not None
        sources: list[MarketSource] = []
        if "US" in wanted:
            sources.append(Fred(client, keyed=keyed, assume_release_lag=assume_release_lag))
        if euro := [code for code in wanted if code in EURO_SINCE]:
            sources.append(Ecb(client, countries=euro))
        if european := [code for code in wanted if code in GEO]:
            sources.append(Eurostat(client, countries=european, industries=industries))
        return ask_market(sources, as_of=as_of, progress=progress)


def keep_market(kept: pl.DataFrame, fetched: pl.DataFrame) -> pl.DataFrame:
    """Return the ``market`` rows kept so far with what a fetch adds, sorted by key.

    A value said again on a later day adds nothing. Two values of one day are the later fetch's.
    """
    both = pl.concat([kept, fetched]).unique(subset=KEY, keep="last", maintain_order=True)
    ordered = both.sort([*ONE_PERIOD, "known_at"])
    new = pl.col("value").ne_missing(pl.col("value").shift().over(ONE_PERIOD))
    return ordered.filter(new).sort(list(KEY))


def read_market(path: str | PathLike[str]) -> pl.DataFrame:
    """Read a table that was written earlier; without the file, an empty one.

    Raises
    ------
    DataError
        When it is another table.
    """
    schema = {column.name: DTYPES[column.kind] for column in TABLES["market"].columns}
    if not Path(path).exists():
        return pl.DataFrame(schema=schema)
    remedy = f"move {path} away, or name another folder."
    try:
        columns = pl.read_csv(Path(path), infer_schema=False, n_rows=0).columns
        if set(columns) != set(schema):
            raise DataError("the file there is another table.", table="market", columns=columns, remedy=remedy)
        return pl.read_csv(Path(path), schema_overrides=schema).select(*schema)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"the file there cannot be read ({error}).", table="market", remedy=remedy) from None
