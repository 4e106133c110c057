"""Direct callers that bring a proof: believed when it holds, turned away when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.tokens import SUBJECT, Issuer

from mlfn.audit.record import Phase

if TYPE_CHECKING:
    from tests.functional.runtime.conftest import Function, Rewrite
    from tests.functional.runtime.servers import Answer, Table

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:reviews-dev-sentiment"
ISSUED = Issuer()


class Bucket:
    """The data bucket, as far as a function reads it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.status = 200

    def answer(self, _method: str, path: str, _headers: dict[str, str], _body: bytes) -> Any:
        self.paths.append(path)
        return self.status, {}, ISSUED.document if self.status == 200 else b"<Error><Code>NoSuchKey</Code></Error>"


@pytest.fixture
def bucket(function: Function, server_of: Callable[[Any], Any]) -> Iterator[Bucket]:
    """A bucket with the issuers' keys, and the function started beside it."""
    bucket = Bucket()
    server = server_of(bucket.answer)
    function.start(AWS_ENDPOINT_URL_S3=f"http://{server.address}", MLFN_DATA_BUCKET="mlfn-data")
    yield bucket
    server.shutdown()
    server.server_close()


def invoke(function: Function, proof: Any, alias: str = "live", **custom: Any) -> Answer:
    context = json.dumps({"custom": {"proof": proof, **custom}})
    return function.invoke({"text": "fine"}, alias=alias, headers={"Lambda-Runtime-Client-Context": context})


def test_a_caller_whose_proof_holds_is_recorded_as_proven(function: Function, table: Table, bucket: Bucket) -> None:
    answer = invoke(function, ISSUED.token(FUNCTION), caller="arn:aws:iam::123456789012:user/somebody-else")

    function.settle()
    [record] = table.records()
    assert answer.value == {"label": "good", "score": 0.5}
    assert (record.caller, record.caller_type, record.assurance, record.path) == (SUBJECT, "iam_role", 3, "direct")


def test_the_keys_are_read_once_for_many_proofs(function: Function, bucket: Bucket) -> None:
    for _ in range(3):
        invoke(function, ISSUED.token(FUNCTION))

    assert bucket.paths.count("/mlfn-data/mlfn/issuers.json") == 1


def test_calls_without_a_proof_read_no_keys(function: Function, table: Table, bucket: Bucket) -> None:
    function.invoke({"text": "fine"})

    function.settle()
    assert "/mlfn-data/mlfn/issuers.json" not in bucket.paths
    assert table.records()[0].assurance == 0


@pytest.mark.parametrize(
    "proof",
    [ISSUED.token(FUNCTION + "-other"), Issuer().token(FUNCTION), "nonsense", 7, ""],
    ids=["for another function", "of another issuer", "no token", "a number", "empty"],
)
def test_a_proof_that_does_not_hold_turns_the_call_away(
    function: Function, table: Table, bucket: Bucket, proof: Any
) -> None:
    answer = invoke(function, proof, caller="arn:aws:iam::123456789012:user/jane")

    function.settle()
    [record] = table.records()
    assert (answer.kind, answer.value["errorType"]) == ("error", "InvalidProof")
    assert (record.phase, record.error, record.assurance) == (Phase.REJECTED, "InvalidProof", 0)


def test_a_proof_appears_in_no_record_and_no_line(function: Function, table: Table, bucket: Bucket) -> None:
    held, refused = ISSUED.token(FUNCTION), ISSUED.token(FUNCTION, sub=None)

    invoke(function, held)
    invoke(function, refused)

    function.settle()
    written = json.dumps(list(table.items.values())) + function.log.read_text()
    assert not any(part in written for token in (held, refused) for part in token.split(".")[1:])


def test_a_proof_that_cannot_be_checked_now_says_so(function: Function, table: Table, bucket: Bucket) -> None:
    bucket.status = 404

    answer = invoke(function, ISSUED.token(FUNCTION))

    function.settle()
    assert answer.value["errorType"] == "ProofUnavailable"
    assert table.records()[0].phase is Phase.REJECTED


def test_the_audience_is_the_function_whatever_its_version(function: Function, table: Table, bucket: Bucket) -> None:
    invoke(function, ISSUED.token(FUNCTION), alias="3")
    invoke(function, ISSUED.token(FUNCTION), alias="")

    function.settle()
    assert [record.assurance for record in table.records()] == [3, 3]


def test_a_proven_caller_that_access_does_not_name_is_turned_away(
    function: Function, table: Table, manifest: Rewrite, server_of: Callable[[Any], Any]
) -> None:
    manifest(allow=["arn:aws:iam::123456789012:role/Writer"])
    server = server_of(Bucket().answer)
    function.start(AWS_ENDPOINT_URL_S3=f"http://{server.address}", MLFN_DATA_BUCKET="mlfn-data")

    answer = invoke(function, ISSUED.token(FUNCTION))

    function.settle()
    assert answer.value["errorType"] == "AccessDenied"
    assert (table.records()[0].caller, table.records()[0].phase) == (SUBJECT, Phase.REJECTED)
    server.shutdown()
    server.server_close()


def test_a_proof_is_of_no_use_on_another_ingress(function: Function, table: Table, bucket: Bucket) -> None:
    answer = invoke(function, ISSUED.token(FUNCTION), alias="api").value

    function.settle()
    assert answer["statusCode"] == 403
    assert (table.records()[0].error, table.records()[0].assurance) == ("WrongIngress", 0)
