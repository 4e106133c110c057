"""Pipelines that ask people: who may answer, what an answer does, and what the audit trail says of it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.fixtures.desk import Desk, desk_at
from tests.fixtures.project import settled

pytestmark = pytest.mark.xdist_group("desk")
TOPIC = "arn:aws:sns:us-east-1:000000000000:questions"
JANE = "arn:aws:iam::000000000000:user/jane"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = desk_at(tmp_path_factory.mktemp("approvals") / "desk")
    yield made
    made.stop()


def test_the_pipeline_goes_on_with_who_approved(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    status, told = desk.answer("jane", question["id"], "approve", "fine")

    assert (status, told["answer"], told["by"]) == (200, "approved", JANE)
    assert json.loads(desk.ended(run, "issue")["output"]) == f"About tea, by {JANE}"


def test_a_rejection_is_an_error_that_the_pipeline_can_handle(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    desk.answer("joe", question["id"], "reject", "too bitter")

    assert json.loads(desk.ended(run, "issue")["output"]) == "too bitter, by nobody"


def test_no_answer_in_time_is_an_error_too_and_a_late_one_is_told_so(desk: Desk) -> None:
    run = desk.ask("hasty", "tea")
    output = json.loads(desk.ended(run, "hasty")["output"])
    (question,) = desk.asked(run)

    status, problem = desk.answer("jane", question, "approve")

    assert output == "About tea, by The step took too long."
    assert (status, problem["detail"].partition(":")[0]) == (410, "Nobody waits for this answer any more")


def test_what_is_asked_is_shown_to_those_who_may_answer_alone(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    seen = desk.call("bob", "GET", "/approvals")
    shown = desk.call("bob", "GET", f"/approvals/{question['id']}")

    assert (question["about"], question["pipeline"], question["state"]) == ("About tea", "issue", "approval of text")
    assert "token" not in question
    assert seen == (200, {"approvals": []})
    assert (shown[0], shown[1]["title"]) == (403, "AccessDenied")


def test_who_is_not_asked_cannot_answer_and_the_trail_says_who_tried(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    status, problem = desk.answer("bob", question["id"], "approve")

    assert (status, problem["title"]) == (403, "AccessDenied")
    assert [each["id"] for each in desk.waiting(run)] == [question["id"]]
    shown = settled(lambda: desk.project.ok("audit", "show", run).out, lambda shown: "AccessDenied" in shown)
    assert "rejected (AccessDenied)" in shown
    assert "tried by arn:aws:iam::000000000000:user/bob (iam_user, gateway)" in shown


def test_of_many_answers_at_the_same_time_one_is_taken(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)
    answers = [("jane", "approve"), ("joe", "reject")] * 4

    with ThreadPoolExecutor(len(answers)) as pool:
        told = list(pool.map(lambda each: desk.answer(each[0], question["id"], each[1]), answers))

    assert Counter(status for status, _ in told) == {200: 1, 409: 7}
    (taken,) = [body for status, body in told if status == 200]
    refused = {body["detail"].partition(",")[0] for status, body in told if status == 409}
    assert refused == {f"{taken['by']} has {taken['answer']} it already"}


def test_the_command_line_answers_by_execution_and_the_run_s_tree_tells_who(desk: Desk) -> None:
    run = desk.ask("series", ["tea", "jam"])
    first, second = desk.waiting(run, count=2)
    listed = desk.project.ok("approvals")

    unclear = desk.project.mlfn("approve", run)
    outcome = desk.project.mlfn("approve", first["id"])
    for each in (first, second):
        desk.answer("jane", each["id"], "approve", "ok")

    assert "Nothing waits for your approval." in listed.out  # root is not whom it asks
    assert (unclear.code, "Nothing that you may answer is open" in unclear.err) == (2, True)
    assert (outcome.code, "This caller may not answer: the pipeline asks others." in outcome.err) == (1, True)
    assert json.loads(desk.ended(run, "series")["output"]) == [JANE, JANE]
    approved = f"approved by {JANE} (iam_user, gateway)"
    tree = settled(lambda: desk.project.ok("audit", "show", run).out, lambda tree: tree.count(approved) >= 2)
    assert tree.count(approved) == 2


def test_a_question_and_its_answers_are_no_calls_of_the_pipeline(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    desk.answer("jane", desk.waiting(run)[0]["id"], "approve")
    desk.ended(run, "issue")

    told = desk.project.ok("access", "issue").out

    assert "user/bob" in told  # who started its runs
    assert "user/jane" not in told
    assert "execution:desk-dev-issue" not in told


def test_the_command_line_waits_until_something_is_asked_and_shows_it(desk: Desk) -> None:
    project = desk.project
    told: Any = {"stdout": subprocess.PIPE, "text": True, "cwd": project.root, "env": project.environment()}
    with subprocess.Popen(project.command("approvals", "--watch", "--json"), **told) as watching:
        run = desk.ask("open_to_all", "tea")
        waited = project.ok("approvals", "--wait", "--json").json
        assert watching.stdout is not None
        line = json.loads(watching.stdout.readline())
        watching.send_signal(signal.SIGINT)

    assert [each["execution"] for each in waited] == [run]
    assert (line["execution"], line["about"]) == (run, "tea")
    desk.answer("jane", line["id"], "approve")
    desk.ended(run, "open_to_all")


def test_the_stage_s_topic_is_told_who_is_asked_and_how_to_answer_but_not_about_what(desk: Desk) -> None:
    sqs, queue = desk.client("sqs"), "arn:aws:sqs:us-east-1:000000000000:mail"
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    service = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**service, "Resource": queue}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    desk.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue)

    run = desk.ask("issue", "secret plans")
    (question,) = desk.waiting(run)
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]

    told = json.loads(message["Body"])
    assert told["Subject"] == "desk (dev): issue asks for approval"
    assert {name: each["Value"] for name, each in told["MessageAttributes"].items()} == {
        "id": question["id"],
        "pipeline": "issue",
        "execution": f"arn:aws:states:us-east-1:000000000000:execution:desk-dev-issue:{run}",
    }
    for text in (run, JANE, question["until"], f"mlfn approve {question['id']} --stage dev"):
        assert text in told["Message"]
    assert "secret plans" not in told["Message"]


def test_a_question_that_the_topic_does_not_take_waits_all_the_same_and_is_counted(desk: Desk) -> None:
    desk.client("sns").delete_topic(TopicArn=TOPIC)

    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    log = desk.project.ok("logs", "mlfn-ingress").out
    desk.client("sns").create_topic(Name="questions")
    assert f"nobody was told of the question {question['id']}" in log
    assert '"QuestionUntold":1' in log
    assert desk.answer("jane", question["id"], "approve")[0] == 200


def test_a_question_outlives_a_crash_of_the_emulator(desk: Desk) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    desk.crash()
    status, _ = desk.answer("jane", question["id"], "approve")

    assert status == 200
    assert json.loads(desk.ended(run, "issue")["output"]) == f"About tea, by {JANE}"


def test_a_value_too_large_to_travel_is_shown_whole_to_who_asks_for_it(desk: Desk) -> None:
    run = desk.ask("long", 300_000)
    (question,) = desk.waiting(run)

    status, shown = desk.call("jane", "GET", f"/approvals/{question['id']}")

    assert "about" not in question
    assert (status, shown["about"]) == (200, "x" * 300_000)


@pytest.mark.parametrize(
    "body",
    [{}, {"answer": "yes"}, {"answer": "approve", "by": "jane"}, {"answer": "approve", "comment": "x" * 1001}, []],
    ids=["nothing", "another word", "a claim", "a long comment", "no object"],
)
def test_an_answer_that_is_none_is_refused(desk: Desk, body: object) -> None:
    run = desk.ask("issue", "tea")
    (question,) = desk.waiting(run)

    status, problem = desk.call("jane", "POST", f"/approvals/{question['id']}", body)

    assert (status, problem["title"]) == (400, "ContractError")
    assert desk.waiting(run)
