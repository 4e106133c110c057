"""Archives and replays as recorded of AWS."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.events.conftest import until
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ARN = "arn:aws:events:us-east-1:000000000000"
COMMAND = "core.update-account-command"
DETAIL = {"command": "update-account", "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"}}
PATTERN = json.dumps({"source": [COMMAND], "detail-type": [COMMAND], "detail": {"command": ["update-account"]}})


@pytest.fixture
def events(emulator: LiveEmulator) -> Any:
    return emulator.client("events")


@pytest.fixture
def bus(events: Any) -> str:
    name = f"conf-{uuid.uuid4().hex[:8]}"
    return str(events.create_event_bus(Name=name)["EventBusArn"])


@pytest.fixture
def archive(events: Any, bus: str) -> Iterator[str]:
    name = f"conf-{uuid.uuid4().hex[:8]}"
    settings = {"Description": "description of the archive", "EventPattern": PATTERN, "RetentionDays": 1}
    events.create_archive(ArchiveName=name, EventSourceArn=bus, **settings)
    yield name
    events.delete_archive(ArchiveName=name)


def body(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "CreationTime")}


def put(events: Any, bus: str, count: int) -> None:
    entry = {"Source": COMMAND, "DetailType": COMMAND, "Detail": json.dumps(DETAIL), "EventBusName": bus}
    events.put_events(Entries=[entry] * count)


def start(events: Any, archive: str, bus: str, **params: Any) -> Any:
    now = datetime.now(UTC)
    asked = {
        "ReplayName": f"conf-{uuid.uuid4().hex[:8]}",
        "EventSourceArn": f"{ARN}:archive/{archive}",
        "EventStartTime": now - timedelta(minutes=1),
        "EventEndTime": now + timedelta(minutes=1),
        "Destination": {"Arn": bus},
    }
    return events.start_replay(**asked | params)


def test_an_archive_from_its_creation_to_its_end(events: Any, bus: str) -> None:
    settings = {"Description": "description of the archive", "EventPattern": PATTERN, "RetentionDays": 1}
    created = body(events.create_archive(ArchiveName="whole", EventSourceArn=bus, **settings))

    (listed,) = events.list_archives(NamePrefix="whole")["Archives"]
    described = body(events.describe_archive(ArchiveName="whole"))
    updated = body(events.update_archive(ArchiveName="whole", RetentionDays=2))
    deleted = body(events.delete_archive(ArchiveName="whole"))

    assert created == updated == {"ArchiveArn": f"{ARN}:archive/whole", "State": "ENABLED"}
    counted = {"EventCount": 0, "SizeBytes": 0, "RetentionDays": 1, "State": "ENABLED", "EventSourceArn": bus}
    assert body(listed) == counted | {"ArchiveName": "whole"}
    assert described == counted | settings | {"ArchiveName": "whole", "ArchiveArn": f"{ARN}:archive/whole"}
    assert deleted == {}


def test_ten_events_in_an_archive(events: Any, bus: str, archive: str) -> None:
    put(events, bus, 10)

    shown = events.describe_archive(ArchiveName=archive)

    assert (shown["EventCount"], shown["SizeBytes"]) == (10, 1590)


def test_an_archive_is_listed_by_its_bus(events: Any, bus: str, archive: str) -> None:
    (found,) = events.list_archives(EventSourceArn=bus)["Archives"]

    assert found["ArchiveName"] == archive
    assert events.list_archives(NamePrefix="doesnotexist")["Archives"] == []


def test_archives_that_are_there_or_not(events: Any, bus: str, archive: str) -> None:
    unknown, nobody = "ResourceNotFoundException", f"{ARN}:event-bus/nobody"
    no_bus, no_archive = (unknown, "Event bus nobody does not exist."), (unknown, "Archive no does not exist.")

    taken = refusal(events.create_archive, ArchiveName=archive, EventSourceArn=bus)
    assert taken == ("ResourceAlreadyExistsException", f"Archive {archive} already exists.")
    assert refusal(events.create_archive, ArchiveName="x", EventSourceArn=nobody) == no_bus
    assert refusal(events.list_archives, EventSourceArn=nobody) == no_bus
    assert refusal(events.describe_archive, ArchiveName="no") == no_archive
    assert refusal(events.delete_archive, ArchiveName="no") == no_archive


def test_a_replay_sends_the_events_again(emulator: LiveEmulator, events: Any, bus: str, archive: str) -> None:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=archive)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    put(events, bus, 1)
    rule = events.put_rule(Name="r", EventBusName=bus, EventPattern=PATTERN)["RuleArn"]
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "t", "Arn": queue}])

    started = start(events, archive, bus, ReplayName=archive, Destination={"Arn": bus, "FilterArns": [rule]})
    (message,) = until(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages"))
    until(lambda: events.describe_replay(ReplayName=archive)["State"] == "COMPLETED")

    assert (started["State"], started["ReplayArn"]) == ("STARTING", f"{ARN}:replay/{archive}")
    event = json.loads(message["Body"])
    assert list(event)[6:] == ["region", "replay-name", "resources", "detail"]
    assert (event["replay-name"], event["detail"]) == (archive, DETAIL)
    shown = body(events.describe_replay(ReplayName=archive))
    (listed,) = events.list_replays(NamePrefix=archive)["Replays"]
    assert shown["EventLastReplayedTime"] <= shown["ReplayEndTime"]
    assert {name: value for name, value in shown.items() if name not in ("Destination", "ReplayArn")} == listed
    assert listed["EventSourceArn"] == f"{ARN}:archive/{archive}"


def test_a_replay_of_nothing_has_no_last_event(events: Any, bus: str, archive: str) -> None:
    start(events, archive, bus, ReplayName=f"{archive}-empty")
    until(lambda: events.describe_replay(ReplayName=f"{archive}-empty")["State"] == "COMPLETED")

    assert "EventLastReplayedTime" not in events.describe_replay(ReplayName=f"{archive}-empty")


def test_a_cancelled_replay(events: Any, bus: str, archive: str) -> None:
    name = f"{archive}-cancelled"
    start(events, archive, bus, ReplayName=name)

    cancelled = body(events.cancel_replay(ReplayName=name))
    shown = events.describe_replay(ReplayName=name)

    assert cancelled == {"ReplayArn": f"{ARN}:replay/{name}", "State": "CANCELLING"}
    assert shown["State"] == "CANCELLING"
    assert "ReplayEndTime" not in shown


def test_replays_that_are_refused(events: Any, bus: str, archive: str) -> None:
    def failure(**params: Any) -> tuple[str, str]:
        return refusal(start, events=events, archive=archive, bus=bus, **params)

    other = events.create_event_bus(Name=f"{archive}-other")["EventBusArn"]
    now, invalid = datetime.now(UTC), "ValidationException"

    assert failure(Destination={"Arn": f"{ARN}:event-bus/no"}) == (
        "ResourceNotFoundException",
        "Event bus no does not exist.",
    )
    assert failure(Destination={"Arn": other}) == (
        invalid,
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.",
    )
    assert failure(EventSourceArn=f"{ARN}:archive/no") == (
        invalid,
        "Parameter EventSourceArn is not valid. Reason: Archive no does not exist.",
    )
    assert failure(EventStartTime=now, EventEndTime=now, Destination={"Arn": other}) == (
        invalid,
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.",
    )
    start(events, archive, bus, ReplayName=archive)
    assert failure(ReplayName=archive) == ("ResourceAlreadyExistsException", f"Replay {archive} already exists.")
    assert refusal(events.describe_replay, ReplayName="no") == (
        "ResourceNotFoundException",
        "Replay no does not exist.",
    )


def test_a_bus_with_an_archive_stays(events: Any, bus: str, archive: str) -> None:
    message = "Event bus can't be deleted since it has rules."

    assert archive
    assert refusal(events.delete_event_bus, Name=bus.rpartition("/")[2]) == ("ValidationException", message)


def test_a_stack_has_a_bus_with_its_policy_and_archive(emulator: LiveEmulator, events: Any) -> None:
    stacks, name = emulator.client("cloudformation"), f"conf-{uuid.uuid4().hex[:8]}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "*"}
    bus = {"Fn::GetAtt": ["Bus", "Arn"]}
    kept = {"SourceArn": bus, "ArchiveName": name, "EventPattern": json.loads(PATTERN), "RetentionDays": 3}
    resources: dict[str, Any] = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}},
        "Whole": {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "whole", "Statement": statement},
        },
        "Parts": {
            "Type": "AWS::Events::EventBusPolicy",
            "DependsOn": "Whole",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "StatementId": "parts",
                "Action": "events:PutEvents",
                "Principal": "111111111111",
            },
        },
        "Archive": {"Type": "AWS::Events::Archive", "Properties": kept},
    }

    def deploy(operation: str, waiter: str) -> None:
        body = json.dumps({"Resources": resources})
        getattr(stacks, operation)(StackName=name, TemplateBody=body)
        stacks.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1})

    deploy("create_stack", "stack_create_complete")
    policy = json.loads(events.describe_event_bus(Name=name)["Policy"])
    archive = events.describe_archive(ArchiveName=name)
    del resources["Whole"], resources["Parts"]["DependsOn"]
    resources["Bus"]["Properties"] = {"Name": name, "Description": "ours", "Tags": [{"Key": "k", "Value": "v"}]}
    kept |= {"RetentionDays": 5}
    deploy("update_stack", "stack_update_complete")
    changed = events.describe_event_bus(Name=name)
    days = events.describe_archive(ArchiveName=name)["RetentionDays"]
    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    assert [each["Sid"] for each in policy["Statement"]] == ["whole", "parts"]
    assert (json.loads(archive["EventPattern"]), archive["RetentionDays"]) == (json.loads(PATTERN), 3)
    assert [each["Sid"] for each in json.loads(changed["Policy"])["Statement"]] == ["parts"]
    assert (changed["Description"], days) == ("ours", 5)
    assert refusal(events.describe_archive, ArchiveName=name)[0] == "ResourceNotFoundException"
    assert refusal(events.describe_event_bus, Name=name)[0] == "ResourceNotFoundException"
