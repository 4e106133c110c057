"""localstack-client, which many projects' tests use, works with the emulator as its edge."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.fixtures.target import Kind

if TYPE_CHECKING:
    from tests.fixtures.target import Target


@pytest.fixture
def session(target: Target, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session of localstack-client for the target."""
    if target.kind is Kind.AWS:
        pytest.skip("localstack-client has no business there")
    where = urlsplit(target.endpoint or "").netloc
    for name, value in target.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")  # its own way to the edge is what is tried
    module = importlib.import_module("localstack_client.session")
    return module.Session(
        aws_access_key_id=target.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=target.environment["AWS_SECRET_ACCESS_KEY"],
        region_name=target.region,
        localstack_host=where,
    )


def test_clients_and_resources_reach_the_emulator(session: Any, name: str) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")

    body = session.resource("s3").Object(name, "k").get()["Body"].read()
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)

    assert body == b"v"


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("lambda", "list_functions", "Functions"),
        ("dynamodb", "list_tables", "TableNames"),
        ("stepfunctions", "list_state_machines", "stateMachines"),
        ("cloudformation", "list_stacks", "StackSummaries"),
        ("logs", "describe_log_groups", "logGroups"),
        ("apigatewayv2", "get_apis", "Items"),
        ("ecr", "describe_repositories", "repositories"),
        ("iam", "list_roles", "Roles"),
        ("sts", "get_caller_identity", "Account"),
    ],
)
def test_every_service_answers(session: Any, service: str, operation: str, member: str) -> None:
    assert member in getattr(session.client(service), operation)()
