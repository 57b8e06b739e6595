"""How strong something that was not logged would have to be to explain an effect away.

The robustness value of Cinelli and Hazlett (2020, Making sense of sensitivity, Journal of the Royal Statistical Society
B 82, 39-67): the share of what is left unexplained of both the offer and the outcome that an unlogged cause must
explain to bring the estimate, or the nearer end of its interval, to zero. It is taken from the regression of the
outcome's residuals on the offer's residuals, after what the covariates explain.
"""

from __future__ import annotations

import numpy as np

__all__ = ["residual_t", "robustness_value"]


def robustness_value(t: float, degrees: float, *, level: float | None = None) -> float:
    """Return the robustness value of a coefficient with this t value.

    ``f = |t| / sqrt(degrees)``, with a level less ``t* / sqrt(degrees - 1)``; ``RV = (sqrt(f^4 + 4 f^2) - f^2) / 2``,
    0 where f is not above 0. With ``level`` (0.05) it is that at which the 95 % interval reaches zero.
    """
    from scipy.stats import t as student

    f = abs(t) / np.sqrt(degrees)
    if level is not None:
        f -= float(student.ppf(1 - level / 2, degrees - 1)) / np.sqrt(degrees - 1)
    return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2) if f > 0 else 0.0


def residual_t(offered: np.ndarray, outcome: np.ndarray, cluster: np.ndarray) -> tuple[float, float]:
    """Return t value, by customer, and degrees of freedom of the outcome's residuals on the offer's residuals.

    The degrees of freedom are the rows that tell as much as the clustered error says, not the rows there are: ``f``
    then is the partial correlation that the coefficient itself stands for.
    """
    square = float(offered @ offered)
    slope = float(offered @ outcome) / square
    left = outcome - slope * offered
    number = np.unique(cluster, return_inverse=True)[1]
    sums = np.bincount(number, weights=offered * left)
    count = len(sums)
    clustered = np.sqrt(count / max(count - 1, 1) * float(sums @ sums)) / square
    told = float(left @ left) / (square * float(clustered) ** 2)
    return slope / float(clustered), max(told, 3.0)
