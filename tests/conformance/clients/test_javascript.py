"""The AWS SDK for JavaScript v3: the tests themselves are JavaScript (js/*.test.cjs), run by node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.clients.conftest import Finished
    from tests.fixtures.target import MakeRole


@pytest.mark.parametrize("service", ["dynamodb", "messages", "s3"])
def test_data_through_the_javascript_sdk(node: Callable[..., Finished], service: str) -> None:
    finished = node(f"{service}.test.cjs")

    assert finished.code == 0, finished.out


def test_functions_through_the_javascript_sdk(node: Callable[..., Finished], make_role: MakeRole, echo: str) -> None:
    role = make_role("states.amazonaws.com", {"Action": "lambda:InvokeFunction", "Resource": "*"})

    finished = node("lambda.test.cjs", FUNCTION=echo, ROLE=role)

    assert finished.code == 0, finished.out
