"""How many minor units a currency has, and how minor units become money to show (ISO 4217).

Inside credrisk an amount is an integer count of minor units (cents, yen, fils) of its currency; only what leaves the
library is divided, once, into float64 major units.
"""

from __future__ import annotations

import numpy as np
import polars as pl

__all__ = ["EXPONENTS", "LARGEST_EXACT", "exponent", "major_units", "minor_factor", "to_major"]

LARGEST_EXACT = 2**53
"""The grid carries minor units as integer-valued float64; beyond this they would no longer be exact."""

_ZERO = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **dict.fromkeys(_ZERO.split(), 0),
    **dict.fromkeys(_THREE.split(), 3),
}
"""ISO 4217 minor-unit exponent by currency code."""


def exponent(currency: str) -> int | None:
    """Return the number of decimals of ``currency``, or None when the code is not in ISO 4217."""
    return EXPONENTS.get(currency)


def minor_factor(currency: str) -> int:
    """Return how many minor units make one unit of ``currency`` (``EUR`` 100, ``JPY`` 1)."""
    factor: int = 10 ** EXPONENTS[currency]
    return factor


def major_units(amount: str, currency: str) -> pl.Expr:
    """Return the expression that turns a column of minor units into float64 major units."""
    factor = pl.col(currency).replace_strict({code: float(10**e) for code, e in EXPONENTS.items()}, default=None)
    return (pl.col(amount).cast(pl.Float64) / factor.cast(pl.Float64)).alias(amount)


def to_major(minor: np.ndarray, currency: str) -> np.ndarray:
    """Turn an array of minor units of one currency into float64 major units."""
    return np.asarray(minor, dtype=np.float64) / minor_factor(currency)
