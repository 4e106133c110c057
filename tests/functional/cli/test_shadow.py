"""A new version gets copies of calls: its answers are compared, and no caller ever has one."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.fixtures.project import SHOP, Project

pytestmark = pytest.mark.xdist_group("life-shadow")
RAISES, HANGS, CRASHES, DIFFERS = 7, 8, 9, 10
WORSE = SHOP["pricing.py"].replace(
    "    return Price",
    f"""    import os, time
    if order.count == {RAISES}:
        raise KeyError("count")
    if order.count == {HANGS}:
        time.sleep(2)
    if order.count == {CRASHES}:
        os._exit(3)
    if order.count == {DIFFERS}:
        return Price(item=order.item, cents=1)
    return Price""",
)
STACK = "mlfn-shadow-shop-dev-price"


def price(client: Any, count: int) -> Any:
    body = json.dumps({"item": "tea", "count": count}).encode()
    answer = client.invoke(FunctionName="shop-dev-price:live", Payload=body)
    return answer["ExecutedVersion"], json.loads(answer["Payload"].read())


def reported(project: Project, pairs: int) -> dict[str, Any]:
    """The report once it has so many pairs."""
    deadline = time.monotonic() + 120
    while True:
        found: dict[str, Any] = project.ok("shadow", "report", "price", "--json").json
        if found["coverage"]["pairs"] >= pairs or time.monotonic() > deadline:
            return found
        time.sleep(2)


def answering(project: Project) -> Any:
    (found,) = project.ok("versions", "price", "--json").json
    return found["answering"]


def stacks(project: Project) -> list[str]:
    found = project.client("cloudformation").describe_stacks()["Stacks"]
    return [stack["StackName"] for stack in found if stack["StackName"].startswith("mlfn-shadow-")]


def test_the_report_has_exactly_the_answers_that_differ_and_callers_have_none_of_them(shop: Project) -> None:
    shop.write("pricing.py", WORSE)

    deployed = shop.ok("deploy", "--shadow", "100%")
    with ThreadPoolExecutor(4) as pool:
        client = shop.client("lambda")
        answers = list(pool.map(lambda number: price(client, number % 20), range(200)))

    report = reported(shop, 200)
    table = shop.ok("shadow", "report", "price").out

    assert "+ price may lambda:InvokeFunction on ShadowAlias" in deployed.out
    assert answers == [("1", {"item": "tea", "cents": 250 * (number % 20)}) for number in range(200)]
    assert report["coverage"] == {"live_calls": 200, "chosen": 200, "pairs": 200, "waiting": 0, "lost": 0}
    assert report["outcomes"] == {
        "equal": 170,
        "different": 10,
        "only the shadow failed": 20,
        "only live failed": 0,
        "both failed": 0,
        "refused": 0,
    }
    assert report["errors"] == {"KeyError": 10, "killed": 10}
    assert (report["numbers"]["pairs"], report["numbers"]["largest"]) == (10, 1.0)
    assert report["as_a_canary"]["verdict"] == "bad"
    assert report["shadow"]["p95_ms"] > 900 > report["live"]["p95_ms"]
    assert answering(shop) == "1"
    assert "200 live calls, 200 to be copied: 200 compared" in table
    assert "only the shadow failed" in table


def test_copies_are_in_the_trail_and_nobodys_calls(shop: Project) -> None:
    reported(shop, 200)

    calls = shop.ok("audit", "price", "--limit", "1000", "--json").json
    stats = shop.ok("audit", "stats", "price", "--json").json

    story = shop.ok("audit", "show", next(call["id"] for call in calls if call["alias"] == "shadow")).out

    live = {call["id"]: call for call in calls if call["alias"] == "live"}
    copies = [call for call in calls if call["alias"] == "shadow"]
    assert (len(live), len(copies)) == (200, 200)
    assert sorted(parent for copy in copies for parent in copy["parents"]) == sorted(live)
    assert {copy["function_version"] for copy in copies} == {"2"}
    assert (stats["calls"], stats["failed"]) == (200, 0)
    assert re.search(r"^copy of +[a-z2-7]{26}$", story, re.MULTILINE)
    assert "recorded as" not in story
    assert "records checked" in shop.ok("audit", "verify").out


def test_a_plain_deploy_leaves_the_shadow_as_it_is(shop: Project) -> None:
    again = shop.ok("deploy")

    assert "Nothing to do" in again.out
    assert answering(shop) == "1"
    assert stacks(shop) == [STACK]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("shadow", "start", "price", "--share", "10%"), "names no version"),
        (("deploy", "--canary", "10%:1m", "--shadow", "10%"), "either a canary or a shadow"),
        (("shadow", "start", "price@1", "--share", "10%"), "Version 1 of price answers the calls itself."),
        (("shadow", "start", "mlfn-ingress@1", "--share", "10%"), "Pipelines have no shadow"),
    ],
    ids=["no version", "a canary, too", "the version that answers", "pipelines"],
)
def test_what_cannot_be_is_refused_with_the_next_step(shop: Project, arguments: tuple[str, ...], told: str) -> None:
    outcome = shop.mlfn(*arguments)

    assert outcome.code == 2
    assert told in outcome.err
    assert "Hint:" in outcome.err


def test_a_promoted_shadow_ends_and_nothing_of_it_is_left(shop: Project) -> None:
    shop.ok("promote", "price@2")

    clients = shop.client("lambda"), shop.client("s3")
    aliases = {alias["Name"] for alias in clients[0].list_aliases(FunctionName="shop-dev-price")["Aliases"]}
    (bucket,) = (each["Name"] for each in clients[1].list_buckets()["Buckets"] if "mlfn-data" in each["Name"])
    assert aliases == {"api", "sfn", "live"}
    assert "Contents" not in clients[1].list_objects_v2(Bucket=bucket, Prefix="shadows/")
    assert stacks(shop) == []
    assert shop.ok("shadow", "report", "price", "--json").json["until"]
    assert "Nothing to do: price has no shadow." in shop.ok("shadow", "stop", "price").out


def test_a_shadow_of_a_share_begins_and_ends_by_command_and_reports_what_was_copied(shop: Project) -> None:
    shop.ok("promote", "price@1")
    functions = shop.client("lambda")
    functions.put_function_concurrency(FunctionName="shop-dev-price", ReservedConcurrentExecutions=5)
    refused = shop.mlfn("shadow", "start", "price@2", "--share", "50%")
    functions.delete_function_concurrency(FunctionName="shop-dev-price")
    started = shop.ok("shadow", "start", "price@2", "--share", "50%", "--json").json
    deadline = time.monotonic() + 60
    while not reported(shop, 0)["coverage"]["pairs"] and time.monotonic() < deadline:
        for _ in range(5):
            price(functions, 1)

    stopped = shop.ok("shadow", "stop", "price", "--json").json

    assert "price has 5 reserved environments, which copies would take from its callers." in refused.err
    assert (started[0]["version"], started[0]["live"], started[0]["percent"]) == ("2", "1", 50)
    assert stopped == {"model": "price", "stopped": "2"}
    assert stacks(shop) == []


def test_destroy_takes_a_shadow_along(shop: Project) -> None:
    shop.ok("shadow", "start", "price@2", "--share", "50%")

    shop.ok("destroy", "--yes")

    assert stacks(shop) == []
