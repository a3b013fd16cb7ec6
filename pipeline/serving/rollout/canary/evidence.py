"""Evidence that a share is too large, which may be looked at after every image.

An ordinary test at 1 % that is repeated after each image errs far more often than once in a hundred. The mixture of likelihood
ratios here exceeds 1 / a with a probability of at most a over the whole sequence, however often it is looked at (H. Robbins,
"Statistical Methods Related to the Law of the Iterated Logarithm", Annals of Mathematical Statistics 41(5), 1970, DOI
10.1214/aoms/1177696786; A. Ramdas, P. Gruenwald, V. Vovk and G. Shafer, "Game-Theoretic Statistics and Safe Anytime-Valid
Inference", Statistical Science 38(4), 2023, DOI 10.1214/23-STS894).
"""

from __future__ import annotations

import math

from scipy import special

FALSE_ALARM = 0.01
"""Probability that a share which is within its limit is ever taken for too large."""


def log_evidence(count: int, total: int, limit: float) -> float:
    """Returns the natural logarithm of the evidence that a share exceeds a limit.

    The likelihood ratio against the limit, averaged over all larger shares alike: the integral over p from q to 1 of
    (p / q)^k ((1 - p) / (1 - q))^(n - k) / (1 - q), for k of n and the limit q.

    Args:
        count: How many were so.
        total: How many there were.
        limit: The largest share that is allowed, between 0 and 1.

    Returns:
        The logarithm; 0 without anything seen.

    Example:
        >>> abs(log_evidence(0, 0, 0.05)) < 1e-9, log_evidence(20, 20, 0.05) > 50, log_evidence(1, 20, 0.05) < 0
        (True, True, True)
    """
    others = total - count
    # The share of the prior's posterior above the limit; by the symmetry of the beta function, exact where it is tiny.
    above = float(special.betainc(others + 1, count + 1, 1 - limit))
    if above == 0:
        return -math.inf
    ratio = float(special.betaln(count + 1, others + 1)) - count * math.log(limit) - others * math.log1p(-limit)
    return math.log(above) + ratio - math.log1p(-limit)


def exceeds(count: int, total: int, limit: float) -> bool:
    """Returns whether a share certainly exceeds a limit, at `FALSE_ALARM`.

    Args:
        count: How many were so.
        total: How many there were.
        limit: The largest share that is allowed; one of 1 or more is never exceeded.
    """
    if limit >= 1:
        return False
    return log_evidence(count, total, max(limit, 1e-6)) >= -math.log(FALSE_ALARM)
