"""How customers fail together: a Gaussian model of one global factor, factors by industry and country, and groups."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credrisk.decisions.default_scenarios import DefaultScenarios
from credrisk.decisions.members import Members, members_of
from credrisk.errors import ParameterError

__all__ = ["FactorModel", "factor_model", "pd_in_bad_year"]

Array = npt.NDArray[np.float64]

GLOBAL_SHARE, INDUSTRY_SHARE, COUNTRY_SHARE = 0.5, 0.25, 0.25
"""How the asset correlation divides among the factors. A prior: nothing of it is measured on the ledger."""

BLOCK = 16
"""Scenarios drawn at a time; every block has a stream of its own, so its draws do not depend on the other blocks."""
WORKERS = 2


@dataclass(frozen=True)
class FactorModel:
    """Customer i fails when its asset value falls below the threshold that its probability of default implies.

    The asset value is ``sqrt(rho) x (sqrt(.5) G + sqrt(.25) I + sqrt(.25) C) + sqrt(link) H + sqrt(rest) e``: one
    global factor, that of the industry, that of the country, that of the group, and the customer's own. Two
    customers of one industry and country are correlated by ``rho``, of neither in common by half of it; the members
    of a group by ``link`` more. [1]_

    Attributes
    ----------
    pd : (n,)
        Probability of default within 12 months.
    members
        Group, industry and country of each customer. Customers of unknown industry, and of unknown country, share
        one factor: taking them as independent would make the tail too thin.
    correlation, group_link
        Asset correlation and what a common group adds.

    References
    ----------
    .. [1] O. Vasicek, "The distribution of loan portfolio value", Risk 15 (2002), 160-162; and A. McNeil, R. Frey,
       P. Embrechts, *Quantitative Risk Management*, Princeton 2005, section 8.3.
    """

    pd: Array
    members: Members
    correlation: float
    group_link: float

    def thresholds(self) -> Array:
        """Return the asset value below which each customer fails, (n,)."""
        from scipy.special import ndtri

        return np.asarray(ndtri(self.pd), dtype=np.float64)

    def asset_correlation(self, one: int, other: int) -> float:
        """Return the correlation of the asset values of two different customers."""
        parts = self.members
        shared = GLOBAL_SHARE
        shared += INDUSTRY_SHARE * bool(parts.industry[one] == parts.industry[other])
        shared += COUNTRY_SHARE * bool(parts.country[one] == parts.country[other])
        grouped = parts.group[one] >= 0 and parts.group[one] == parts.group[other]
        return self.correlation * shared + self.group_link * bool(grouped)

    def scenarios(self, count: int, *, seed: int, stream: int = 0) -> DefaultScenarios:
        """Draw ``count`` scenarios of 12 months.

        Parameters
        ----------
        seed, stream
            Scenarios of different streams of one seed are independent of each other.
        """
        if count < 1:
            raise ParameterError("count", "at least 1", count)
        blocks = [(place, min(BLOCK, count - place * BLOCK)) for place in range(-(-count // BLOCK))]
        known = self._prepared()

        def drawn(block: tuple[int, int]) -> DefaultScenarios:
            return self._block(block[1], np.random.SeedSequence([seed, stream, block[0]]), known)

        with ThreadPoolExecutor(WORKERS) as pool:
            return DefaultScenarios.joined(list(pool.map(drawn, blocks)))

    def _prepared(self) -> _Prepared:
        own = np.sqrt(1 - self.correlation - np.where(self.members.group >= 0, self.group_link, 0.0))
        pairs = self.members.industry.astype(np.int64) * self.members.countries + self.members.country
        cells, cell = np.unique(pairs, return_inverse=True)
        grouped = np.flatnonzero(self.members.group >= 0)
        industry, country = np.divmod(cells, self.members.countries)
        return _Prepared(
            (self.thresholds() / own).astype(np.float32), own, cell.astype(np.int32), industry, country, grouped
        )

    def _block(self, count: int, seed: np.random.SeedSequence, known: _Prepared) -> DefaultScenarios:
        random = np.random.Generator(np.random.SFC64(seed))
        parts, rho = self.members, self.correlation
        economy = np.sqrt(rho * GLOBAL_SHARE) * random.standard_normal((count, 1))
        industry = np.sqrt(rho * INDUSTRY_SHARE) * random.standard_normal((count, parts.industries))
        country = np.sqrt(rho * COUNTRY_SHARE) * random.standard_normal((count, parts.countries))
        group = np.sqrt(self.group_link) * random.standard_normal((count, parts.groups))
        common = economy + industry[:, known.industry] + country[:, known.country]
        alone = (common / np.sqrt(1 - rho)).astype(np.float32)
        members, failed_at, counts = known.grouped, [], np.zeros(count, dtype=np.int64)
        cell, own, code = known.cell[members], known.own[members], parts.group[members]
        noise = np.empty(len(self.pd), dtype=np.float32)
        for row in range(count):
            needed = known.thresholds - alone[row][known.cell]
            needed[members] = known.thresholds[members] - (common[row][cell] + group[row][code]) / own
            random.standard_normal(out=noise, dtype=np.float32)
            failed = np.flatnonzero(noise < needed)
            failed_at.append(failed.astype(np.int32))
            counts[row] = len(failed)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return DefaultScenarios(len(self.pd), starts, np.concatenate(failed_at))


@dataclass(frozen=True)
class _Prepared:
    """What every scenario needs: thresholds on the scale of the customer's own part, and who shares which factors."""

    thresholds: npt.NDArray[np.float32]
    own: Array
    cell: npt.NDArray[np.int32]
    industry: npt.NDArray[np.int64]
    country: npt.NDArray[np.int64]
    grouped: npt.NDArray[np.int64]


def factor_model(
    pd: Array | Sequence[float],
    *,
    members: Any = None,
    customer_id: Sequence[str],
    correlation: float,
    group_link: float,
) -> FactorModel:
    """Set up the factor model of a portfolio.

    Parameters
    ----------
    pd : (n,)
        Probability of default within 12 months.
    members
        Frame ``customer_id, group, industry, country`` (each but the first may be missing or null).
    customer_id
        The customers in the order of ``pd``.
    correlation, group_link
        Asset correlation, from 0 to below 1, and what a common group adds; together below 1.

    Raises
    ------
    ParameterError
        When a probability is no number from 0 to 1, or the correlations do not fit together.
    """
    chances = np.asarray(pd, dtype=np.float64)
    if not bool(np.all((chances >= 0) & (chances <= 1))):
        wrong = chances[~((chances >= 0) & (chances <= 1))][0]
        raise ParameterError("pd", "numbers from 0 to 1", float(wrong))
    if not 0 <= correlation < 1:
        raise ParameterError("correlation", "from 0 to below 1", correlation)
    if not 0 <= group_link < 1 - correlation:
        raise ParameterError("group_link", f"from 0 to below 1 - correlation ({1 - correlation:g})", group_link)
    return FactorModel(chances, members_of(members, customer_id), correlation, group_link)


def pd_in_bad_year(pd: Array, *, correlation: float, quantile: float = 0.95) -> Array:
    """Return the probability of default, (n,), in a year as bad as only ``1 - quantile`` of the years are. [1]_

    All systematic factors of the customer stand together at the bad quantile:
    ``Phi((Phi^-1(pd) + sqrt(rho) Phi^-1(quantile)) / sqrt(1 - rho))``.

    References
    ----------
    .. [1] Basel Committee on Banking Supervision, "An explanatory note on the Basel II IRB risk weight functions",
       July 2005.
    """
    from scipy.special import ndtr, ndtri

    if not 0 < quantile < 1:
        raise ParameterError("quantile", "between 0 and 1", quantile)
    stressed = (ndtri(pd) + np.sqrt(correlation) * ndtri(quantile)) / np.sqrt(1 - correlation)
    return np.asarray(ndtr(stressed), dtype=np.float64)
