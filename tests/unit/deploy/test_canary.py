"""How a canary is judged."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from mlfn.errors import UsageError
from mlfn_engine.releases.canary import Canary, Seen, Verdict, judge, parse_canary
from mlfn_engine.releases.significance import different, larger, more_often, stability_index


def version(calls: int, errors: int = 0, *, ms: float = 10.0, bins: tuple[Counter[int], ...] = ()) -> Seen:
    spread = random.Random(calls)  # noqa: S311
    return Seen(
        calls=calls,
        errors=errors,
        durations_ms=tuple(ms * spread.uniform(0.8, 1.2) for _ in range(calls)),
        bins=bins,
    )


def test_a_canary_is_a_share_and_a_time() -> None:
    assert parse_canary("10%:15m") == Canary(percent=10, window_s=900)


@pytest.mark.parametrize("text", ["10", "10%", "0%:5m", "100%:5m", "10%:0m", "10%:5d", "-1%:5m", "10%:5m "])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no canary"):
        parse_canary(text)


def test_a_version_that_does_as_well_is_good_at_the_end_and_not_before() -> None:
    assert judge(version(100, 1), version(900, 9), at_end=False).verdict is Verdict.UNDECIDED
    assert judge(version(100, 1), version(900, 9), at_end=True).verdict is Verdict.GOOD


def test_more_errors_are_bad_at_once() -> None:
    judgement = judge(version(50, 15), version(450, 5), at_end=False)

    assert judgement.verdict is Verdict.BAD
    assert judgement.reasons == ("30.0% of its calls fail, 1.1% of the old version's",)


def test_a_slower_version_is_bad() -> None:
    judgement = judge(version(50, ms=40.0), version(450, ms=10.0), at_end=False)

    assert judgement.verdict is Verdict.BAD
    assert judgement.reasons[0].startswith("it takes ")


def test_other_predictions_are_bad() -> None:
    old = (Counter({0: 200, 1: 200}),)
    new = (Counter({0: 10, 1: 90}),)

    judgement = judge(version(100, bins=new), version(400, bins=old), at_end=False)

    assert judgement.verdict is Verdict.BAD
    assert "feature 1 of the sketch" in judgement.reasons[0]


def test_few_calls_decide_nothing() -> None:
    judgement = judge(version(5, 5), version(500), at_end=True)

    assert judgement.verdict is Verdict.UNDECIDED
    assert judgement.reasons == ("5 of 20 calls",)


def test_what_fails_alone_is_bad_even_with_nothing_beside_it() -> None:
    assert judge(version(40, 30), version(0), at_end=True).verdict is Verdict.BAD


def test_the_same_version_twice_is_rolled_back_in_few_of_a_thousand_canaries() -> None:
    chance = random.Random(20261126)  # noqa: S311
    false_alarms = 0
    for _ in range(1_000):
        new, old = (
            Seen(
                calls=size,
                errors=sum(chance.random() < 0.05 for _ in range(size)),
                durations_ms=tuple(chance.expovariate(0.1) for _ in range(size)),
                bins=(Counter(chance.randrange(8) for _ in range(size)),),
            )
            for size in (60, 240)
        )
        false_alarms += judge(new, old, at_end=True).verdict is Verdict.BAD

    assert false_alarms <= 20


def test_the_exact_test_agrees_with_the_textbook() -> None:
    # Fisher's lady tasting tea: 8 cups, 4 of each kind; 3 or more right of 4
    assert more_often(3, 4, 1, 4) == pytest.approx(17 / 70)


def test_the_rank_test_agrees_with_the_textbook() -> None:
    # u = 19 of 20, mean 10, standard deviation sqrt(20 * 10 / 12), continuity corrected: z = 2.082
    assert larger([6.0, 7.0, 8.0, 4.5], [1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(0.01867, abs=0.0001)


def test_equal_values_are_no_evidence() -> None:
    assert larger([1.0] * 20, [1.0] * 20) == 1.0


def test_the_histogram_test_is_near_the_chi_squared_tail() -> None:
    # index * nm / (n + m) = 3.841 with one degree of freedom would be 0.05 exactly
    assert different(Counter({0: 60, 1: 40}), Counter({0: 45, 1: 55})) == pytest.approx(0.035, abs=0.01)


def test_two_samples_of_one_distribution_have_an_index_near_zero() -> None:
    chance = random.Random(1)  # noqa: S311
    one, other = (Counter(chance.randrange(10) for _ in range(200)) for _ in range(2))

    assert stability_index(one, other) < 0.1
