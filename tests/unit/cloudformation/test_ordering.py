"""Work runs after what it needs."""

from __future__ import annotations

import asyncio

from mlfn_localstack.services.cloudformation.ordering import backwards, run_in_order

NEEDS = {"a": set[str](), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}, "e": set[str]()}


def run(needs: dict[str, set[str]], *, failing: str = "", keep_going: bool = False) -> tuple[list[str], list[str]]:
    done: list[str] = []

    async def work(name: str) -> bool:
        await asyncio.sleep(0)
        done.append(name)
        return name != failing

    failed = asyncio.run(run_in_order(needs, work, keep_going=keep_going))
    return done, failed


def test_everything_runs_after_what_it_needs() -> None:
    done, failed = run(NEEDS)

    assert failed == []
    assert all(done.index(need) < done.index(name) for name, needs in NEEDS.items() for need in needs)


def test_independent_work_runs_side_by_side() -> None:
    most = running = 0

    async def work(name: str) -> bool:
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return True

    asyncio.run(run_in_order({name: [] for name in "abcd"}, work))

    assert most == 4


def test_nothing_starts_after_a_failure() -> None:
    done, failed = run({"a": set(), "b": {"a"}, "c": {"b"}}, failing="a")

    assert (done, failed) == (["a"], ["a"])


def test_going_on_leaves_out_only_what_needs_the_failed() -> None:
    done, failed = run(NEEDS, failing="b", keep_going=True)

    assert set(done) == {"a", "b", "c", "e"}
    assert failed == ["b"]


def test_backwards_turns_every_need_around() -> None:
    assert backwards({"a": [], "b": ["a"], "c": ["a", "gone"]}) == {"a": {"b", "c"}, "b": set(), "c": set()}
