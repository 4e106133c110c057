"""What an endpoint that speaks LocalStack's protocol lacks is told before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlfn.errors import DeployError
from mlfn_deployers.localstack.capabilities import IMAGES, PLATFORM, capabilities, judge, lacks, refuse_lacking
from mlfn_deployers.localstack.deployer import by_path
from mlfn_deployers.localstack.endpoint import Endpoint, read_health
from mlfn_engine.values import AppGraph

URL = "http://127.0.0.1:4566"
SERVICES = ("cloudformation", "dynamodb", "s3", "kms", "iam", "lambda", "logs", "apigateway", "stepfunctions", "ecr")


def endpoint(*, without: str = "", is_ministack: bool = False, **told: Any) -> Endpoint:
    services = dict.fromkeys([name for name in (*SERVICES, "events") if name != without], "available")
    return read_health(URL, {"services": services, **told}, is_ministack=is_ministack)


def graph(*, machines: int = 0) -> AppGraph:
    return AppGraph(
        app="shop",
        stage="dev",
        root=Path(),
        functions=(),
        state_machines=(object(),) * machines,  # type: ignore[arg-type]  # how many there are is all that is asked
        audit_table="mlfn-audit-dev",
        digest="",
    )


def test_every_capability_says_what_happens_without_it() -> None:
    assert all(each.without.endswith(".") for each in capabilities())
    assert len({each.name for each in capabilities()}) == len(capabilities())


def test_a_licensed_localstack_lacks_nothing_that_an_app_needs() -> None:
    found = endpoint(edition="pro", version="4.14.0")

    refuse_lacking(found, graph(machines=1), canary=True)

    assert not lacks(judge(found), IMAGES)


def test_the_free_localstack_is_refused_since_it_has_no_http_apis() -> None:
    found = endpoint(edition="community", version="4.14.0")

    with pytest.raises(DeployError, match=r"LocalStack 4.14.0 community at .* HTTP APIs") as caught:
        refuse_lacking(found, graph())

    assert "Nothing has been made" in caught.value.hint


def test_a_service_that_the_health_does_not_name_is_lacking() -> None:
    with pytest.raises(DeployError, match="KMS keys"):
        refuse_lacking(endpoint(without="kms", edition="pro"), graph())


def test_ministack_takes_models_without_the_platform_and_refuses_pipelines_and_canaries() -> None:
    found = endpoint(is_ministack=True, auth="disabled")

    refuse_lacking(found, graph())

    assert lacks(judge(found), PLATFORM)
    with pytest.raises(DeployError, match="StateMachineVersion"):
        refuse_lacking(found, graph(machines=1))
    with pytest.raises(DeployError, match="alias' weights"):
        refuse_lacking(found, graph(), canary=True)


def test_ministack_that_enforces_policies_is_refused_since_no_call_would_be_recorded() -> None:
    with pytest.raises(DeployError, match="no call would be recorded"):
        refuse_lacking(endpoint(is_ministack=True, auth="enabled"), graph())


def test_an_api_with_a_host_name_of_its_own_is_called_below_the_endpoint() -> None:
    assert by_path("http://8dfb6a0d.execute-api.localhost:4566", URL) == f"{URL}/_aws/execute-api/8dfb6a0d/$default"
    assert by_path("http://other:1/_aws/execute-api/a", URL) == f"{URL}/_aws/execute-api/a"
