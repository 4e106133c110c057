"""Queues through AWS Query, which old SDKs speak: forms and query strings, at the service's URL or a queue's own."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from tests.fixtures.users import new_user

if TYPE_CHECKING:
    from tests.conformance.sqs.conftest import MakeQueue
    from tests.fixtures.target import Target

UNKNOWN = "aws_access_key_id"
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    text: str

    def all(self, path: str) -> list[str]:
        """The texts of the elements at a path of names."""
        names = "/".join(NAMESPACE + name for name in path.split("/"))
        return [each.text or "" for each in ElementTree.fromstring(self.text).iterfind(f".//{names}")]  # noqa: S314

    def only(self, path: str) -> str:
        (text,) = self.all(path)
        return text

    def error(self) -> tuple[int, str, str]:
        return self.status, self.only("Error/Code"), self.only("Error/Message")


Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def ask(sqs: Any, target: Target) -> Ask:
    """Asks as an old SDK does: `ask("GetQueueUrl", QueueName="q")`, `ask(method="GET", url=queue.url, …)`."""

    def send(action: str | None, *, url: str = "", method: str = "POST", client: Any = sqs, **params: str) -> Answer:
        form = urlencode(({"Action": action, "Version": "2012-11-05"} if action else {}) | params, quote_via=quote)
        address = url or f"{sqs.meta.endpoint_url}/"
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"} if method == "POST" else {}
        at = address if method == "POST" or not form else f"{address}?{form}"
        request = AWSRequest(method=method, url=at, data=form if method == "POST" else None, headers=headers)
        SigV4Auth(client._request_signer._credentials, "sqs", target.region).add_auth(request)
        body = form.encode() if method == "POST" else None
        plain = urllib.request.Request(at, data=body, headers=dict(request.headers), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(plain, timeout=30) as answer:  # noqa: S310 - the target's
                return Answer(status=answer.status, text=answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, text=error.read().decode())

    return send


def numbered(name: str, key: str, value: str, entries: dict[str, str]) -> dict[str, str]:
    """A map as a form has it: `Attribute.1.Name`, `Attribute.1.Value`."""
    pairs = enumerate(entries.items(), 1)
    return {f"{name}.{at}.{part}": text for at, pair in pairs for part, text in zip((key, value), pair, strict=True)}


def test_a_queue_is_made_and_shown(ask: Ask, sqs: Any, name: str) -> None:
    attributes = numbered("Attribute", "Name", "Value", {"VisibilityTimeout": "7", "DelaySeconds": "1"})
    tags = numbered("Tag", "Key", "Value", {"team": "a&b"})

    made = ask("CreateQueue", QueueName=name, **attributes, **tags)
    url = made.only("CreateQueueResult/QueueUrl")
    shown = ask(
        "GetQueueAttributes", QueueUrl=url, **{"AttributeName.1": "VisibilityTimeout", "AttributeName.2": "QueueArn"}
    )
    tagged = ask("ListQueueTags", QueueUrl=url)
    listed = ask("ListQueues", QueueNamePrefix=name)
    again = ask("GetQueueUrl", QueueName=name)
    gone = ask("DeleteQueue", QueueUrl=url)

    assert made.text.startswith('<?xml version="1.0"?><CreateQueueResponse xmlns=')
    assert set(shown.all("Attribute/Name")) == {"VisibilityTimeout", "QueueArn"}
    assert "7" in shown.all("Attribute/Value")
    assert (tagged.only("Tag/Key"), tagged.only("Tag/Value")) == ("team", "a&b")
    assert listed.all("ListQueuesResult/QueueUrl") == again.all("GetQueueUrlResult/QueueUrl") == [url]
    assert re.search(r"<DeleteQueueResponse [^>]*><ResponseMetadata><RequestId>[0-9a-f-]+</RequestId>", gone.text)


def test_a_message_comes_back_with_its_attributes(ask: Ask, make_queue: MakeQueue) -> None:
    queue = make_queue(fifo=True)
    given = {
        "MessageAttribute.1.Name": "size",
        "MessageAttribute.1.Value.DataType": "Number",
        "MessageAttribute.1.Value.StringValue": "3",
        "MessageAttribute.2.Name": "raw",
        "MessageAttribute.2.Value.DataType": "Binary",
        "MessageAttribute.2.Value.BinaryValue": "AAE=",
    }
    ids = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}

    sent = ask("SendMessage", QueueUrl=queue.url, MessageBody="<é> & \n", **given, **ids)
    wanted = {"AttributeName.1": "MessageGroupId", "MessageAttributeName.1": "All", "WaitTimeSeconds": "10"}
    got = ask("ReceiveMessage", QueueUrl=queue.url, **wanted)
    nothing = ask("ReceiveMessage", QueueUrl=queue.url)

    assert got.only("Message/Body") == "<é> & \n"
    assert got.only("Message/MessageId") == sent.only("SendMessageResult/MessageId")
    assert got.only("Message/MD5OfMessageAttributes") == sent.only("SendMessageResult/MD5OfMessageAttributes")
    assert (got.only("Message/Attribute/Name"), got.only("Message/Attribute/Value")) == ("MessageGroupId", "g")
    assert got.all("Message/MessageAttribute/Name") == ["size", "raw"]
    assert got.only("MessageAttribute/Value/BinaryValue") == "AAE="
    assert len(sent.only("SendMessageResult/SequenceNumber")) == 20
    assert "<ReceiveMessageResult/>" in nothing.text


def test_a_batch_answers_for_every_entry(ask: Ask, make_queue: MakeQueue) -> None:
    queue = make_queue()
    entry = "SendMessageBatchRequestEntry"
    entries = {
        f"{entry}.1.Id": "a",
        f"{entry}.1.MessageBody": "one",
        f"{entry}.2.Id": "b",
        f"{entry}.2.MessageBody": "\x02",
    }

    sent = ask("SendMessageBatch", QueueUrl=queue.url, **entries)
    (message,) = queue.receive()
    handle = {"DeleteMessageBatchRequestEntry.1.Id": "x"} | {
        "DeleteMessageBatchRequestEntry.1.ReceiptHandle": message["ReceiptHandle"]
    }
    deleted = ask("DeleteMessageBatch", QueueUrl=queue.url, **handle)

    assert sent.only("SendMessageBatchResultEntry/Id") == "a"
    assert (sent.only("BatchResultErrorEntry/Id"), sent.only("BatchResultErrorEntry/Code")) == (
        "b",
        "InvalidMessageContents",
    )
    assert deleted.only("DeleteMessageBatchResultEntry/Id") == "x"
    assert queue.attribute("ApproximateNumberOfMessagesNotVisible") == "0"


def test_a_queues_url_is_an_endpoint_for_it(ask: Ask, make_queue: MakeQueue) -> None:
    queue, other = make_queue(), make_queue()

    ask("SendMessage", url=queue.url, method="GET", MessageBody="by query string")
    ask("SendMessage", url=queue.url, MessageBody="by form")
    shown = ask(
        "GetQueueAttributes", url=queue.url, method="GET", QueueUrl=other.url, **{"AttributeName.1": "QueueArn"}
    )

    assert sorted(queue.bodies() + queue.bodies(wait_s=0)) == ["by form", "by query string"]
    assert shown.only("Attribute/Value") == other.arn


@pytest.mark.parametrize("action", ["CreateQueue", "ListQueues", "FooBar"])
def test_a_queues_url_is_no_endpoint_for_others(ask: Ask, make_queue: MakeQueue, action: str) -> None:
    answer = ask(action, url=make_queue().url, method="GET", QueueName="another")

    assert answer.error() == (400, "InvalidAction", f"The action {action} is not valid for this endpoint.")


def test_a_queues_url_alone_asks_for_nothing(ask: Ask, make_queue: MakeQueue) -> None:
    answer = ask(None, url=make_queue().url, method="GET")

    assert (answer.status, answer.text.strip()) == (404, "<UnknownOperationException/>")


@pytest.mark.parametrize(
    ("action", "params", "error"),
    [
        ("SendMessage", {}, (400, "MissingParameter", "The request must contain the parameter MessageBody.")),
        (
            "GetQueueAttributes",
            {"AttributeName.1": "Foobar"},
            (400, "InvalidAttributeName", "Unknown Attribute Foobar."),
        ),
        (
            "SetQueueAttributes",
            numbered("Attribute", "Name", "Value", {"VisibilityTimeout": "-1"}),
            (400, "InvalidAttributeValue", "Invalid value for the parameter VisibilityTimeout."),
        ),
    ],
    ids=["parameter", "attribute", "value"],
)
def test_refusals_have_the_words_they_had(
    ask: Ask, make_queue: MakeQueue, action: str, params: dict[str, str], error: tuple[int, str, str]
) -> None:
    answer = ask(action, QueueUrl=make_queue().url, **params)

    assert answer.error() == error
    assert "<Type>Sender</Type>" in answer.text
    assert "<Detail/>" in answer.text


def test_a_queue_that_is_not_there_has_its_old_code(ask: Ask, make_queue: MakeQueue) -> None:
    gone = f"{make_queue().url}-none"

    by_url = ask("GetQueueAttributes", url=gone, method="GET")
    by_name = ask("GetQueueUrl", QueueName="conf-none")

    code, message = (
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist for this wsdl version.",
    )
    assert by_url.error() == by_name.error() == (400, code, message)


def test_a_stranger_is_turned_away(ask: Ask, make_queue: MakeQueue, target: Target) -> None:
    target.only_emulator("it makes a user with a key")
    user, queue = new_user(target.client("iam"), "sqs"), make_queue()
    stranger, nobody = target.client("sqs", **user.keys), target.client("sqs", **user.keys | {UNKNOWN: "AKIANOBODY"})

    by_path = ask("SendMessage", url=queue.url, method="GET", client=stranger, MessageBody="x")
    by_form = ask("SendMessage", url=make_queue().url, client=stranger, QueueUrl=queue.url, MessageBody="x")
    unknown = ask("ListQueues", client=nobody)

    assert by_path.error()[:2] == by_form.error()[:2] == (403, "AccessDenied")
    assert queue.arn in by_path.error()[2]
    assert unknown.error() == (403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def test_statuses_are_those_of_old(ask: Ask, make_queue: MakeQueue, sqs: Any) -> None:
    queue = make_queue()
    sqs.purge_queue(QueueUrl=queue.url)

    purged = ask("PurgeQueue", QueueUrl=queue.url)
    moved = ask("StartMessageMoveTask", SourceArn=f"{queue.arn}-none")

    code = "AWS.SimpleQueueService.PurgeQueueInProgress"
    name = queue.url.rpartition("/")[2]
    assert purged.error() == (403, code, f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.")
    assert moved.error()[:2] == (404, "ResourceNotFoundException")
