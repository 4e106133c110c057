"""What callers hear of functions that fail to start or to answer, as AWS was recorded in November 2025."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.zip_functions import create_function, role_for

if TYPE_CHECKING:
    from tests.fixtures.emulator import LiveEmulator

pytest.importorskip("awslambdaric")
ENDED = "Runtime exited without providing a reason"
NOT_FOUND = "Runtime exited with error: exit status 127"
WRAPPER = {"AWS_LAMBDA_EXEC_WRAPPER": "/no/such/wrapper.sh"}


@pytest.fixture(scope="module")
def role(emulator: LiveEmulator) -> str:
    """A role that Lambda may take."""
    return role_for(emulator, "failures")


def invoke(emulator: LiveEmulator, role: str, name: str, code: str, **params: Any) -> tuple[dict[str, Any], str]:
    """What a function of this code answers, and the id of the request."""
    client = emulator.client("lambda")
    create_function(client, name, role, code, **params)
    answer = client.invoke(FunctionName=name)
    return json.load(answer["Payload"]), answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("name", "code", "variables", "message"),
    [
        ("ends-in-init", "import sys\nsys.exit(0)", {}, ENDED),
        ("ends-in-call", "import sys\ndef handler(event, context):\n    sys.exit(0)", {}, ENDED),
        ("has-no-wrapper", "def handler(event, context): ...", WRAPPER, NOT_FOUND),
    ],
)
def test_an_end_of_the_runtime_is_told_with_the_request(
    emulator: LiveEmulator, role: str, name: str, code: str, variables: dict[str, str], message: str
) -> None:
    answer, request_id = invoke(emulator, role, name, code, Environment={"Variables": variables})

    assert answer == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {message}"}


def test_an_answer_that_is_too_large_is_not_measured_to_the_caller(emulator: LiveEmulator, role: str) -> None:
    code = "def handler(event, context):\n    return 'x' * 6291600"

    answer, _ = invoke(emulator, role, "answers-much", code, MemorySize=512, Timeout=60)

    message = "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert answer == {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
