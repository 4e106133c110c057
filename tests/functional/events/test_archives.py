"""Archives and replays across the emulator's ends, and what is refused of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.events import replays

if TYPE_CHECKING:
    from tests.functional.events.conftest import Bench

BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default"
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/a"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
DAY_S = 86_400
ASKED: dict[str, Any] = {
    "ReplayName": "r",
    "EventSourceArn": ARCHIVE,
    "Destination": {"Arn": BUS},
    "EventStartTime": 0,
    "EventEndTime": 2_000_000_000,
}
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "STARTING_S", 0.0)


async def archive(bench: Bench, **params: Any) -> None:
    await bench.do("CreateArchive", ArchiveName="a", EventSourceArn=BUS, **params)


async def put(bench: Bench, *sources: str, at: float | None = None) -> None:
    entries = [{"Source": source, "DetailType": "d", "Detail": "{}"} for source in sources]
    timed = [entry if at is None else entry | {"Time": at} for entry in entries]
    await bench.do("PutEvents", Entries=timed)


async def replayed(bench: Bench, **params: Any) -> Any:
    await bench.do("StartReplay", **ASKED | params)
    return await over(bench)


async def over(bench: Bench) -> Any:
    while True:
        shown = await bench.do("DescribeReplay", ReplayName="r")
        if "ReplayEndTime" in shown:
            return shown
        await asyncio.sleep(0.005)


async def failed(bench: Bench, operation: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        await bench.do(operation, **params)
    return caught.value.code, caught.value.message


def test_an_archive_counts_the_events_of_its_pattern(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench, EventPattern='{"source": ["app"]}')
        await put(bench, "app", "other", "app")
        (listed,) = (await bench.do("ListArchives"))["Archives"]
        return listed

    assert run(scenario) == {
        "ArchiveName": "a",
        "CreationTime": 1_800_000_000.0,
        "EventCount": 2,
        "EventSourceArn": BUS,
        "RetentionDays": 0,
        "SizeBytes": 52,
        "State": "ENABLED",
    }


def test_an_archive_forgets_what_is_too_old(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench, RetentionDays=2)
        await put(bench, "app", at=bench.now - 3 * DAY_S)
        await put(bench, "app", at=bench.now - DAY_S)
        before = (await bench.do("DescribeArchive", ArchiveName="a"))["EventCount"]
        bench.now += 2 * DAY_S
        return before, (await bench.do("DescribeArchive", ArchiveName="a"))["EventCount"]

    assert run(scenario) == (1, 0)


def test_a_replay_is_of_a_time_and_does_not_come_back_to_the_archive(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        for source, at in (("late", 300), ("early", 100), ("between", 200), ("outside", 999)):
            await put(bench, source, at=at)
        await bench.rule({"Arn": QUEUE}, EventPattern='{"replay-name": ["r"]}')
        shown = await replayed(bench, EventStartTime=100, EventEndTime=300)
        calls = await bench.called(3)
        count = (await bench.do("DescribeArchive", ArchiveName="a"))["EventCount"]
        return shown, {json.loads(call[1]["MessageBody"])["source"] for call in calls}, count

    shown, sources, count = run(scenario)

    assert (shown["State"], shown["EventLastReplayedTime"], count) == ("COMPLETED", 300.0, 4)
    assert sources == {"early", "between", "late"}


def test_an_event_of_long_ago_is_archived_under_its_year(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        await put(bench, "app", at=-60_000_000_000)
        await bench.rule({"Arn": QUEUE}, EventPattern='{"replay-name": ["r"]}')
        await replayed(bench, EventStartTime=-60_000_000_000)
        return json.loads((await bench.called(1))[0][1]["MessageBody"])["time"]

    assert run(scenario) == "0068-09-03T13:20:00Z"


def test_a_replay_may_be_for_some_rules_only(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        await put(bench, "app")
        await bench.rule({"Arn": QUEUE}, name="not", EventPattern='{"source": ["app"]}')
        wanted = await bench.rule({"Arn": QUEUE}, name="wanted", EventPattern='{"source": ["app"]}')
        await replayed(bench, Destination={"Arn": BUS, "FilterArns": [wanted]})
        await bench.called(1)
        await asyncio.sleep(0.05)
        return wanted, [call[3] for call in bench.calls]

    wanted, sources = run(scenario)

    assert sources == [wanted]


def test_a_replay_goes_on_where_it_was(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "STARTING_S", 3600.0)

    async def begun(bench: Bench) -> None:
        await archive(bench)
        for at in (100, 200, 300):
            await put(bench, "app", at=at)
        await bench.rule({"Arn": QUEUE}, EventPattern='{"replay-name": ["r"]}')
        await bench.do("StartReplay", **ASKED)

    async def ended(bench: Bench) -> Any:
        shown = await over(bench)
        await bench.called(3)
        return shown["State"]

    run(begun)
    monkeypatch.setattr(replays, "STARTING_S", 0.0)

    assert run(ended) == "COMPLETED"


def test_a_replay_of_many_batches_puts_each_event_once(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        for _ in range(25):
            await put(bench, *["app"] * 10, at=100)
        await bench.rule({"Arn": QUEUE}, EventPattern='{"replay-name": ["r"]}')
        await replayed(bench)
        return {call[1]["MessageBody"] for call in await bench.called(250)}, len(bench.calls)

    bodies, calls = run(scenario)

    assert (len(bodies), calls) == (250, 250)


def test_a_replay_is_cancelled_while_it_is_not_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "STARTING_S", 0.05)

    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        await bench.do("StartReplay", **ASKED)
        cancelling = (await bench.do("CancelReplay", ReplayName="r"))["State"]
        return cancelling, (await over(bench))["State"], await failed(bench, "CancelReplay", ReplayName="r")

    refusal = ("IllegalStatusException", "Replay r is not in a valid state for this operation.")
    assert run(scenario) == ("CANCELLING", "CANCELLED", refusal)


def test_ten_replays_are_under_way_at_most(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "STARTING_S", 3600.0)

    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        for number in range(10):
            await bench.do("StartReplay", **ASKED | {"ReplayName": str(number)})
        return await failed(bench, "StartReplay", **ASKED)

    assert run(scenario)[0] == "LimitExceededException"


def test_an_archives_rule_is_eventbridges(run: Run) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench, EventPattern='{"source": ["app"]}')
        name = "Events-Archive-a"
        shown = await bench.do("DescribeRule", Name=name)
        refusals = [
            (await failed(bench, operation, **params))[0]
            for operation, params in (
                ("DisableRule", {"Name": name}),
                ("DeleteRule", {"Name": name}),
                ("PutRule", {"Name": name, "ScheduleExpression": "rate(1 day)"}),
                ("RemoveTargets", {"Rule": name, "Ids": [name]}),
                ("PutTargets", {"Rule": name, "Targets": [{"Id": "t", "Arn": QUEUE}]}),
            )
        ]
        await bench.do("DeleteArchive", ArchiveName="a")
        return shown, set(refusals), (await bench.do("ListRules"))["Rules"]

    shown, refusals, left = run(scenario)

    assert shown["ManagedBy"] == "prod.vhs.events.aws.internal"
    assert shown["EventPattern"] == '{"source":["app"],"replay-name":[{"exists":false}]}'
    assert (refusals, left) == ({"ManagedRuleException"}, [])


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"Destination": {"Arn": "here"}}, "ValidationException", "Must contain an event bus ARN."),
        ({"EventSourceArn": "there"}, "ValidationException", "Must contain an archive ARN."),
    ],
    ids=["destination", "source"],
)
def test_a_wrong_replay_is_refused(run: Run, change: dict[str, Any], code: str, message: str) -> None:
    async def scenario(bench: Bench) -> Any:
        await archive(bench)
        return await failed(bench, "StartReplay", **ASKED | change)

    refusal = run(scenario)
    assert refusal[0] == code
    assert refusal[1].endswith(f"Reason: {message}")


@pytest.mark.parametrize("operation", ["ListArchives", "ListReplays"])
def test_a_list_is_filtered_by_one_thing(run: Run, operation: str) -> None:
    async def scenario(bench: Bench) -> Any:
        return await failed(bench, operation, NamePrefix="a", State="ENABLED")

    assert run(scenario) == (
        "ValidationException",
        f"At most one filter is allowed for {operation}. Use either : State, EventSourceArn, or NamePrefix.",
    )
