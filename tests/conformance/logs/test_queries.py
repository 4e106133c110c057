"""Logs Insights through boto3."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

CEILING_S = 60


@pytest.fixture
def logs(emulator: Any) -> Any:
    return emulator.client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    """A group with five events."""
    name, now = f"conf-{uuid.uuid4().hex[:8]}", int(time.time() * 1000)
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    events = [{"timestamp": now - 5_000 + n, "message": json.dumps({"n": n, "even": n % 2 == 0})} for n in range(5)]
    logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    return name


def refused(call: Callable[..., Any], **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return dict(caught.value.response)


def times() -> dict[str, int]:
    return {"startTime": int(time.time()) - 3600, "endTime": int(time.time()) + 300}


def complete(logs: Any, query_id: str) -> dict[str, Any]:
    end = time.monotonic() + CEILING_S
    while (found := logs.get_query_results(queryId=query_id))["status"] in ("Scheduled", "Running"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return dict(found)


def results(logs: Any, group: str, query: str, **more: Any) -> list[dict[str, str]]:
    started = logs.start_query(logGroupName=group, queryString=query, **times(), **more)
    found = complete(logs, started["queryId"])["results"]
    return [{each["field"]: each["value"] for each in line} for line in found]


def test_a_query_finds_the_newest_events_first(logs: Any, group: str) -> None:
    found = results(logs, group, "fields n, @logStream, @log | filter even = 0 | limit 5")

    assert [line["n"] for line in found] == ["3", "1"]
    assert (found[0]["@logStream"], found[0]["@log"]) == ("s", f"000000000000:{group}")
    record = logs.get_log_record(logRecordPointer=found[0]["@ptr"])["logRecord"]
    assert (record["n"], record["even"], record["@message"]) == ("3", "0", '{"n": 3, "even": false}')


def test_a_query_sums_up(logs: Any, group: str) -> None:
    started = logs.start_query(logGroupName=group, queryString="stats sum(n) as total by even", **times())

    answer = complete(logs, started["queryId"])

    lines = [{each["field"]: each["value"] for each in line} for line in answer["results"]]
    assert sorted(lines, key=lambda line: line["even"]) == [
        {"even": "0", "total": "4"},
        {"even": "1", "total": "6"},
    ]
    assert (answer["status"], answer["queryLanguage"]) == ("Complete", "CWLI")
    statistics = answer["statistics"]
    assert (statistics["recordsMatched"], statistics["recordsScanned"]) == (5.0, 5.0)


def test_a_request_limits_what_a_query_finds(logs: Any, group: str) -> None:
    assert len(results(logs, group, "fields @message", limit=2)) == 2


def test_queries_are_described_with_their_source(logs: Any, group: str) -> None:
    asked = times()
    started = logs.start_query(logGroupName=group, queryString="fields @message", **asked)["queryId"]
    complete(logs, started)

    (described,) = logs.describe_queries(logGroupName=group, status="Complete")["queries"]

    source = f'SOURCE "{group}" START={asked["startTime"]}000 END={asked["endTime"]}999 | fields @message'
    assert (described["queryString"], described["logGroupName"]) == (source, group)
    assert (described["queryId"], described["queryLanguage"], described["status"]) == (started, "CWLI", "Complete")
    assert logs.describe_queries(logGroupName=group, status="Scheduled")["queries"] == []


def test_a_query_needs_its_group(logs: Any) -> None:
    error = refused(logs.start_query, logGroupName="conf-none", queryString="fields @message", **times())["Error"]

    assert error["Code"] == "ResourceNotFoundException"
    assert error["Message"].startswith("Log group 'conf-none' does not exist for account ID '000000000000' (Service: ")


def test_what_is_no_query_is_refused_with_its_place(logs: Any, group: str) -> None:
    answer = refused(logs.start_query, logGroupName=group, queryString="fields @message | | limit 1", **times())

    assert answer["Error"]["Code"] == "MalformedQueryException"
    assert answer["Error"]["Message"] == "unexpected symbol found | at line 1 and position 19"
    assert answer["queryCompileError"]["location"] == {"startCharOffset": 18, "endCharOffset": 19}


def test_a_query_that_has_ended_is_not_stopped(logs: Any, group: str) -> None:
    started = logs.start_query(logGroupName=group, queryString="fields @message", **times())["queryId"]
    complete(logs, started)

    assert refused(logs.stop_query, queryId=started)["Error"]["Code"] == "InvalidParameterException"
    assert refused(logs.get_query_results, queryId="none")["Error"]["Code"] == "ResourceNotFoundException"


def test_queries_are_kept_by_name(logs: Any, group: str) -> None:
    name = f"conf/{uuid.uuid4().hex[:8]}"
    kept = logs.put_query_definition(name=name, queryString="fields @message", logGroupNames=[group])
    identity = kept["queryDefinitionId"]
    logs.put_query_definition(name=name, queryString="fields n", queryDefinitionId=identity)

    (found,) = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]

    assert (found["queryDefinitionId"], found["name"], found["queryString"]) == (identity, name, "fields n")
    assert logs.delete_query_definition(queryDefinitionId=identity)["success"] is True
    assert logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"] == []
