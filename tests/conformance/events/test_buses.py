"""The policies of event buses, and what is refused of events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.conformance.events.conftest import role, until
from tests.fixtures.refusals import refusal
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

ACCOUNT = "000000000000"


@pytest.fixture
def events(emulator: LiveEmulator) -> Any:
    return emulator.client("events")


@pytest.fixture
def bus(events: Any) -> Iterator[str]:
    name = f"conf-{uuid.uuid4().hex[:8]}"
    events.create_event_bus(Name=name)
    yield name
    events.delete_event_bus(Name=name)


def permit(events: Any, bus: str, sid: str, principal: str) -> None:
    events.put_permission(EventBusName=bus, Action="events:PutEvents", Principal=principal, StatementId=sid)


def test_permissions_become_statements_of_the_buss_policy(events: Any, bus: str) -> None:
    permit(events, bus, "them", "111111111111")
    permit(events, bus, "all", "*")

    shown = events.describe_event_bus(Name=bus)

    them = {
        "Sid": "them",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "events:PutEvents",
        "Resource": shown["Arn"],
    }
    statements = [them, them | {"Sid": "all", "Principal": "*"}]
    assert json.loads(shown["Policy"]) == {"Version": "2012-10-17", "Statement": statements}


def test_permissions_go_one_by_one_or_all_at_once(events: Any, bus: str) -> None:
    permit(events, bus, "them", "111111111111")
    permit(events, bus, "all", "*")

    events.remove_permission(EventBusName=bus, StatementId="all")

    (left,) = json.loads(events.describe_event_bus(Name=bus)["Policy"])["Statement"]
    assert left["Sid"] == "them"
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    assert "Policy" not in events.describe_event_bus(Name=bus)


def test_a_policy_is_put_whole(events: Any, bus: str) -> None:
    permit(events, bus, "them", "111111111111")
    statement = {"Sid": "s", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "events:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    events.put_permission(EventBusName=bus, Policy=policy)

    assert events.describe_event_bus(Name=bus)["Policy"] == policy


@pytest.mark.parametrize("has_policy", [True, False], ids=["policy", "no policy"])
def test_a_statement_that_is_not_there(events: Any, bus: str, *, has_policy: bool) -> None:
    if has_policy:
        permit(events, bus, "them", "111111111111")

    message = "Statement with the provided id does not exist."
    gone = refusal(events.remove_permission, EventBusName=bus, StatementId="other")
    assert gone == ("ResourceNotFoundException", message)


def test_a_bus_that_is_not_there_takes_no_permission(events: Any) -> None:
    asked = {"Action": "events:PutEvents", "Principal": "*", "StatementId": "s"}
    missing = refusal(events.put_permission, EventBusName="nobody", **asked)

    assert missing == ("ResourceNotFoundException", "Event bus nobody does not exist.")


def test_a_buss_policy_lets_a_user_in_and_keeps_one_out(emulator: LiveEmulator, events: Any, bus: str) -> None:
    user = new_user(emulator.client("iam"), "bus")
    theirs = emulator.client("events", **user.keys)
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": bus}
    arn = events.describe_event_bus(Name=bus)["Arn"]

    def decide(effect: str) -> None:
        statement = {"Effect": effect, "Principal": {"AWS": user.arn}, "Action": "events:PutEvents", "Resource": arn}
        events.put_permission(EventBusName=bus, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    assert refusal(theirs.put_events, Entries=[entry])[0] == "AccessDeniedException"
    decide("Allow")
    assert theirs.put_events(Entries=[entry])["FailedEntryCount"] == 0
    decide("Deny")
    assert "explicit deny in a resource-based policy" in refusal(theirs.put_events, Entries=[entry])[1]


def test_eleven_entries_are_repeated_member_by_member(events: Any) -> None:
    entry = {"Source": "s", "DetailType": "d", "Detail": '{"a": 1}', "EventBusName": "b"}

    shown = (
        'PutEventsRequestEntry(time=null, source=s, resources=null, detailType=d, detail={"a": 1}, eventBusName=b,'
        " traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    message = (
        f"1 validation error detected: Value '[{', '.join([shown] * 11)}]' at 'entries' failed to satisfy constraint: "
        "Member must have length less than or equal to 10"
    )
    assert refusal(events.put_events, Entries=[entry] * 11) == ("ValidationException", message)


def test_the_default_bus_has_its_times_too(events: Any) -> None:
    shown = events.describe_event_bus()

    assert shown["Name"] == "default"
    assert shown["CreationTime"] <= shown["LastModifiedTime"]


def queue_of(emulator: LiveEmulator, events: Any, bus: str) -> tuple[Any, str]:
    """SQS, and the URL of a queue that gets what a bus gets."""
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=bus)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    send(events, bus, {"Arn": arn})
    return sqs, url


def send(events: Any, bus: str, target: dict[str, str]) -> None:
    name = f"r-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=name, EventBusName=bus, EventPattern='{"version": ["0"]}')
    answer = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "t", **target}])
    assert answer["FailedEntryCount"] == 0


def received(sqs: Any, url: str) -> list[Any]:
    return list(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10).get("Messages", ()))


def test_an_event_goes_from_one_bus_to_the_next_and_no_further(emulator: LiveEmulator, events: Any) -> None:
    names = [f"conf-{uuid.uuid4().hex[:8]}" for _ in range(3)]
    first, second, third = (events.create_event_bus(Name=name)["EventBusArn"] for name in names)
    put = {"Action": "events:PutEvents", "Resource": [second, third]}
    sender = role(emulator, names[0], "events.amazonaws.com", put)
    (sqs, at_second), (_, at_third) = (queue_of(emulator, events, name) for name in names[1:])
    send(events, names[0], {"Arn": second, "RoleArn": sender})
    send(events, names[1], {"Arn": third, "RoleArn": sender})
    entry = {"Source": "s", "DetailType": "d", "Detail": '{"n": 1}', "EventBusName": first}

    put_id = events.put_events(Entries=[entry])["Entries"][0]["EventId"]
    (message,) = until(lambda: received(sqs, at_second))

    event = json.loads(message["Body"])
    assert (event["id"], event["source"], event["resources"], event["detail"]) == (put_id, "s", [], {"n": 1})
    assert received(sqs, at_third) == []


def test_a_bus_as_target_needs_a_role_and_takes_no_input(events: Any, bus: str) -> None:
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/other"
    events.put_rule(Name="t", EventBusName=bus, EventPattern='{"source": ["s"]}')

    def failure(**target: str) -> tuple[str, str]:
        return refusal(events.put_targets, Rule="t", EventBusName=bus, Targets=[{"Id": "t", **target}])

    assert failure(Arn=arn) == ("ValidationException", f"RoleArn is required for target {arn}.")
    assert "inputs of an event bus" in failure(Arn=arn, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", Input="1")[1]
    assert "api-destinations as targets" in failure(Arn=f"arn:aws:events:us-east-1:{ACCOUNT}:api-destination/a/b")[1]
    events.delete_rule(Name="t", EventBusName=bus)
