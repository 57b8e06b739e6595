"""Scores and reports of licensed providers, from files that the user has downloaded under their licence."""

from credrisk.sources.licensed.gathered import LicensedResult
from credrisk.sources.licensed.read import read_licensed
from credrisk.sources.licensed.scales import SCALES, Scale

__all__ = ["SCALES", "LicensedResult", "Scale", "read_licensed"]
