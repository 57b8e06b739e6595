"""How colours look to people with dichromatic vision and in a grey print, and how far apart two of them are."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["VISIONS", "difference", "lightness", "seen"]

VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
"""On linear RGB, full severity: Machado, Oliveira and Fernandes (2009), IEEE Trans. Vis. Comput. Graph. 15(6)."""

TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Linear sRGB to CIE XYZ, white D65 (IEC 61966-2-1)."""
WHITE = np.array([0.95047, 1.0, 1.08883])


def seen(rgb: tuple[float, float, float], vision: str) -> np.ndarray:
    """Return the CIELAB coordinates of an sRGB colour (0 to 1) as that eye sees it."""
    given = np.asarray(rgb, dtype=float)
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear, 0, 1) / WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def lightness(rgb: tuple[float, float, float]) -> float:
    """Return L* of a colour: what is left of it in a grey print."""
    return float(seen(rgb, "normal")[0])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return CIEDE2000 between two colours in CIELAB (Sharma, Wu and Dalal 2005, Color Res. Appl. 30(1), 21-30)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_bar = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(c_bar**7 / (c_bar**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 if (a or b) else 0.0 for a, b in ((a1, b1), (a2, b2)))
    dl, dc = l2 - l1, c2 - c1
    dh = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    big = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh) / 2)
    l_bar, c_bar = (l1 + l2) / 2, (c1 + c2) / 2
    opposite = 180 if abs(h1 - h2) > 180 else 0
    h_bar = h1 + h2 if c1 * c2 == 0 else (h1 + h2) / 2 + opposite
    rad = math.radians
    t = (
        1
        - 0.17 * math.cos(rad(h_bar - 30))
        + 0.24 * math.cos(rad(2 * h_bar))
        + 0.32 * math.cos(rad(3 * h_bar + 6))
        - 0.20 * math.cos(rad(4 * h_bar - 63))
    )
    s_l = 1 + 0.015 * (l_bar - 50) ** 2 / math.sqrt(20 + (l_bar - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_bar, 1 + 0.015 * c_bar * t
    turn = (
        -2 * math.sqrt(c_bar**7 / (c_bar**7 + 25**7)) * math.sin(rad(60 * math.exp(-(((h_bar % 360 - 275) / 25) ** 2))))
    )
    return math.sqrt((dl / s_l) ** 2 + (dc / s_c) ** 2 + (big / s_h) ** 2 + turn * (dc / s_c) * (big / s_h))
