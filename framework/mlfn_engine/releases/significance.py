"""Whether a difference between two samples is more than chance: three tests that need no library."""

from __future__ import annotations

from collections import Counter
from math import erfc, exp, lgamma, log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def more_often(hits: int, of: int, base_hits: int, base_of: int) -> float:
    """How likely chance alone gives at least `hits` of `of` where the base has `base_hits` of `base_of`.

    Fisher's exact test, one-sided: the tail of the hypergeometric distribution. 1.0 if a sample is empty.
    """
    if not of or not base_of:
        return 1.0
    total, successes = of + base_of, hits + base_hits
    most = min(of, successes)
    ways = _log_choose(total, of)
    tail = (
        exp(_log_choose(successes, k) + _log_choose(total - successes, of - k) - ways) for k in range(hits, most + 1)
    )
    return min(sum(tail), 1.0)


def larger(values: Sequence[float], base: Sequence[float]) -> float:
    """How likely chance alone makes `values` as large as they are beside `base`.

    Mann and Whitney's U (Ann. Math. Stat. 18, 1947), one-sided, by its normal approximation with ties and continuity
    corrected: good from about ten values each. 1.0 if a sample is empty.
    """
    n, m = len(values), len(base)
    if not n or not m:
        return 1.0
    both = sorted([*values, *base])
    ranks, ties = _ranks(both)
    u = sum(ranks[value] for value in values) - n * (n + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0
    z = (u - n * m / 2 - 0.5) / sqrt(variance)
    return erfc(z / sqrt(2)) / 2


def different(counts: Mapping[int, int], base: Mapping[int, int]) -> float:
    """How likely chance alone makes two histograms of one distribution as far apart as these.

    The index times nm / (n + m) is about chi-squared with one degree of freedom less than bins (Yurdakul 2018); its
    tail by Wilson and Hilferty's cube root (PNAS 17, 1931).
    """
    n, m, freedom = sum(counts.values()), sum(base.values()), len({*counts, *base}) - 1
    if not n or not m or freedom < 1:
        return 1.0
    spread = 2 / (9 * freedom)
    z = ((_index(counts, base) * n * m / (n + m) / freedom) ** (1 / 3) - (1 - spread)) / sqrt(spread)
    return erfc(z / sqrt(2)) / 2


def stability_index(counts: Mapping[int, int], base: Mapping[int, int]) -> float:
    """How far apart two histograms are: the population stability index, less what chance makes of it at these sizes.

    Sum over bins of (p − q) ln(p / q); of two samples of one distribution its mean is about (bins − 1)(1/n + 1/m)
    (Yurdakul, Statistical Properties of PSI, 2018). By custom 0.1 is a small shift and 0.25 a large one.
    """
    n, m, bins = sum(counts.values()), sum(base.values()), len({*counts, *base})
    if not n or not m:
        return 0.0
    return max(_index(counts, base) - (bins - 1) * (1 / n + 1 / m), 0.0)


def _index(counts: Mapping[int, int], base: Mapping[int, int]) -> float:
    """The index itself; half a count in every bin keeps its logarithms finite."""
    n, m, bins = sum(counts.values()), sum(base.values()), sorted({*counts, *base})
    index = 0.0
    for each in bins:
        p, q = (counts.get(each, 0) + 0.5) / (n + 0.5 * len(bins)), (base.get(each, 0) + 0.5) / (m + 0.5 * len(bins))
        index += (p - q) * log(p / q)
    return index


def _ranks(both: Sequence[float]) -> tuple[dict[float, float], float]:
    """Every value's mean rank, and the sum of t³ − t over groups of t equal values."""
    ranks: dict[float, float] = {}
    ties, seen = 0.0, 0
    for value, count in sorted(Counter(both).items()):
        ranks[value] = seen + (count + 1) / 2
        ties += count**3 - count
        seen += count
    return ranks, ties


def _log_choose(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return float("-inf")
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
