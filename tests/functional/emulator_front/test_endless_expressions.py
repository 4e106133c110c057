"""Regular expressions of clients that would run for ever: everybody else is still answered."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from mlfn_localstack.services.logs.insights import apart

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

CEILING_S = 60.0
ENDLESS = "a?" * 40 + "a" * 40 + "b"
"""Without a group that is repeated, and yet 2^40 steps."""
TEXT = "a" * 60


@pytest.fixture
def group(emulator: LiveEmulator) -> str:
    """A group of logs with one stream."""
    logs, name = emulator.client("logs"), f"endless-{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def put_line(emulator: LiveEmulator, group: str) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": TEXT}
    emulator.client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=[event])


def test_the_pattern_of_a_parameter(emulator: LiveEmulator) -> None:
    ssm, name = emulator.client("ssm"), f"endless-{uuid.uuid4().hex[:8]}"

    for pattern in (f"{ENDLESS}", "(unfinished", "a{99999999999}"):
        with pytest.raises(ClientError, match="InvalidAllowedPatternException"):
            ssm.put_parameter(Name=name, Value=TEXT, Type="String", AllowedPattern=pattern)
    assert ssm.put_parameter(Name=name, Value=TEXT, Type="String", AllowedPattern="^a+$")["Version"] == 1


def test_the_pattern_of_a_stack_s_parameter(emulator: LiveEmulator) -> None:
    parameter = {"Type": "String", "AllowedPattern": ENDLESS, "Default": TEXT}
    resource = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}
    template = json.dumps({"Parameters": {"P": parameter}, "Resources": {"R": resource}})

    with pytest.raises(ClientError, match="must match pattern"):
        emulator.client("cloudformation").create_stack(StackName="endless", TemplateBody=template)


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": f"{{% $contains($states.input.t, /{ENDLESS}/) %}}"},
        {"Type": "Pass", "InputPath": f"$.l[?(@.t =~ /{ENDLESS}/)]"},
    ],
    ids=["jsonata", "jsonpath"],
)
def test_an_expression_of_a_state(emulator: LiveEmulator, state: dict[str, Any]) -> None:
    states = emulator.client("stepfunctions")

    answer = states.test_state(
        definition=json.dumps({**state, "End": True}), input=json.dumps({"t": TEXT, "l": [{"t": TEXT}]})
    )

    assert answer["status"] == "FAILED" or answer["output"] == "[]", answer


def test_the_pattern_of_a_metric_filter(emulator: LiveEmulator, group: str) -> None:
    emulator.client("logs").put_metric_filter(
        logGroupName=group,
        filterName="endless",
        filterPattern=f"%{ENDLESS}%",
        metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}],
    )

    put_line(emulator, group)
    put_line(emulator, group)

    assert emulator.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_a_query_of_logs(emulator: LiveEmulator, group: str) -> None:
    logs, now = emulator.client("logs"), int(time.time())
    put_line(emulator, group)

    started = logs.start_query(
        logGroupName=group,
        queryString=f"filter @message like /{ENDLESS}/",
        startTime=now - 60,
        endTime=now + 60,
    )["queryId"]
    after = logs.start_query(logGroupName=group, queryString="limit 1", startTime=now - 60, endTime=now + 60)["queryId"]

    deadline = time.monotonic() + CEILING_S
    while logs.get_query_results(queryId=after)["status"] != "Complete":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert logs.get_query_results(queryId=started)["status"] == "Timeout"


def test_queries_run_apart_find_what_they_do_otherwise(emulator: LiveEmulator, group: str) -> None:
    assert apart.LIMIT_S < CEILING_S
    put_line(emulator, group)
    logs, now = emulator.client("logs"), int(time.time())
    query = "parse @message /(?<first>a{3})/ | display first"
    started = logs.start_query(logGroupName=group, queryString=query, startTime=now - 60, endTime=now + 60)["queryId"]

    deadline = time.monotonic() + CEILING_S
    while (found := logs.get_query_results(queryId=started))["status"] in ("Scheduled", "Running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert found["results"][0][0] == {"field": "first", "value": "aaa"}
