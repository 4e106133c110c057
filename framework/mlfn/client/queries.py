"""What the client asks STS and CloudFormation, in AWS's Query protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from xml.etree import ElementTree

from mlfn.client.sending import Message
from mlfn.client.transport import UnansweredError, UnsentError
from mlfn.errors import TargetError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mlfn.client.sending import Sender

TIMEOUT_S = 10.0
_VERSIONS = {"cloudformation": "2010-05-15", "sts": "2011-06-15"}
_OK = 200


class QueryError(TargetError):
    """A service refuses."""

    def __init__(self, code: str, message: str, operation: str) -> None:
        super().__init__(f"{operation} failed: {code}: {message}", hint="Check the credentials and their policies.")
        self.code = code


def ask(sender: Sender, service: str, operation: str, **parameters: str) -> Element:
    """The answer to an operation.

    Raises:
        QueryError: the service refuses.
        TargetError: it does not answer.
    """
    fields = {"Action": operation, "Version": _VERSIONS[service], **parameters}
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    message = Message(method="POST", path="/", body=urlencode(fields).encode(), headers=headers, repeatable=True)
    try:
        answer = sender.send(service, message, timeout_s=TIMEOUT_S)
        document = ElementTree.fromstring(answer.body)  # noqa: S314 - AWS's own answer
    except (UnsentError, UnansweredError, ElementTree.ParseError) as error:
        raise TargetError(
            f"{operation} got no answer: {error}.", hint="Check AWS_ENDPOINT_URL and AWS_REGION."
        ) from error
    if answer.status != _OK:
        raise QueryError(text_of(document, "Code"), text_of(document, "Message"), operation)
    return document


def text_of(document: Element, name: str) -> str:
    """The text of the first element of a name, whatever its namespace; empty if there is none."""
    return next((each.text or "" for each in document.iter() if _local(each.tag) == name), "")


def pairs(document: Element, name: str, value: str) -> dict[str, str]:
    """For each element that has both a `name` and a `value` below it: what they say."""
    found = {}
    for each in document.iter():
        parts = {_local(part.tag): part.text or "" for part in each}
        if name in parts and value in parts:
            found[parts[name]] = parts[value]
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
