"""What API Gateway refuses, in the words that AWS's users were told."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.fixtures.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.emulator import LiveEmulator

FORM = 'Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"'


@pytest.fixture(scope="module")
def gateway(emulator: LiveEmulator) -> Any:
    return emulator.client("apigatewayv2")


@pytest.fixture(scope="module")
def api(gateway: Any) -> Iterator[str]:
    """The id of an HTTP API with a route."""
    made = gateway.create_api(Name=f"answers-{uuid.uuid4().hex[:8]}", ProtocolType="HTTP")["ApiId"]
    gateway.create_route(ApiId=made, RouteKey="GET /stages/{stageId}/questions")
    yield made
    gateway.delete_api(ApiId=made)


@pytest.mark.parametrize("key", ["POST", "POST/x", "FETCH /x", "GET x", "GET /{open"])
def test_a_route_key_is_a_method_and_a_path(gateway: Any, api: str, key: str) -> None:
    message = f"The provided route key is not formatted properly for HTTP protocol. {FORM}"

    assert refusal(gateway.create_route, ApiId=api, RouteKey=key) == ("BadRequestException", message)


def test_variables_of_the_same_place_have_one_name(gateway: Any, api: str) -> None:
    code, message = refusal(gateway.create_route, ApiId=api, RouteKey="GET /stages/{stage_id}/questions")

    assert code == "ConflictException"
    assert message == (
        'The provided route key "GET /stages/{stage_id}/questions" has a conflicting variable on the same hierarchical '
        'level as "GET /stages/{stageId}/questions"'
    )


def test_greedy_and_plain_variables_do_not_conflict(gateway: Any, api: str) -> None:
    gateway.create_route(ApiId=api, RouteKey="GET /stages/{rest+}")

    assert gateway.create_route(ApiId=api, RouteKey="GET /stages/{stageId}")["RouteKey"] == "GET /stages/{stageId}"


def test_a_missing_api_is_told_with_its_account(gateway: Any) -> None:
    refused = refusal(gateway.get_api, ApiId="nobodys")

    assert refused == ("NotFoundException", "Invalid API identifier specified 000000000000:nobodys")


def test_rest_apis_are_refused_by_name(emulator: LiveEmulator) -> None:
    code, message = refusal(emulator.client("apigateway").get_rest_apis)

    assert code == "UnsupportedOperation"
    assert message == "The emulator does not support REST APIs (API Gateway v1), only HTTP APIs."
