"""What an endpoint that speaks LocalStack's protocol lacks is told before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.templates.conftest import Graphs

from mlfn.errors import DeployError
from mlfn_deployers.localstack.capabilities import IMAGES, PLATFORM, capabilities, judge, lacks, refuse_lacking
from mlfn_deployers.localstack.deployer import by_path
from mlfn_deployers.localstack.endpoint import Endpoint, read_health
from mlfn_engine.values import AppGraph, PipelineMode

GRAPHS = Graphs()
URL = "http://127.0.0.1:4566"
SERVICES = ("cloudformation", "dynamodb", "s3", "kms", "iam", "lambda", "logs", "apigateway", "stepfunctions", "ecr")


def endpoint(*, without: str = "", is_ministack: bool = False, url: str = URL, **told: Any) -> Endpoint:
    services = dict.fromkeys([name for name in (*SERVICES, "events") if name != without], "available")
    return read_health(url, {"services": services, **told}, is_ministack=is_ministack)


def graph(**pipeline: Any) -> AppGraph:
    """An app of a model, and of a pipeline if something is said of one."""
    pipelines = (GRAPHS.pipeline("judge", ["sentiment"], **pipeline),) if pipeline else ()
    return GRAPHS.app(GRAPHS.model(), pipelines=pipelines, app="shop")


def test_every_capability_says_what_happens_without_it() -> None:
    assert all(each.without.endswith(".") for each in capabilities())
    assert len({each.name for each in capabilities()}) == len(capabilities())


def test_a_licensed_localstack_lacks_nothing_that_an_app_needs() -> None:
    found = endpoint(edition="pro", version="4.14.0")

    refuse_lacking(found, graph(mode=PipelineMode.BATCH), canary=True)

    assert not lacks(judge(found), IMAGES)


def test_the_free_localstack_is_refused_since_it_has_no_http_apis() -> None:
    found = endpoint(edition="community", version="4.14.0")

    with pytest.raises(DeployError, match=r"LocalStack 4.14.0 community at .* HTTP APIs") as caught:
        refuse_lacking(found, graph())

    assert "Nothing has been made" in caught.value.hint


def test_a_service_that_the_health_does_not_name_is_lacking() -> None:
    with pytest.raises(DeployError, match="KMS keys"):
        refuse_lacking(endpoint(without="kms", edition="pro"), graph())


@pytest.mark.parametrize("auth", ["enabled", "disabled"])
def test_ministack_takes_models_and_pipelines_without_the_platform(auth: str) -> None:
    found = endpoint(is_ministack=True, auth=auth)

    refuse_lacking(found, graph(mode=PipelineMode.ASYNC))

    assert lacks(judge(found), PLATFORM)


@pytest.mark.parametrize(
    ("pipeline", "canary", "told"),
    [
        pytest.param({"mode": PipelineMode.BATCH}, False, "the file of its lines", id="batches"),
        pytest.param(
            {"mode": PipelineMode.ASYNC, "approvers": ("*",)}, False, "No answer could be taken", id="questions"
        ),
        pytest.param({}, True, "alias' weights", id="canaries"),
    ],
)
def test_ministack_refuses_what_it_cannot_carry_out(pipeline: dict[str, Any], canary: bool, told: str) -> None:
    with pytest.raises(DeployError, match=told):
        refuse_lacking(endpoint(is_ministack=True, auth="enabled"), graph(**pipeline), canary=canary)


def test_an_api_with_a_host_name_of_its_own_is_called_below_the_endpoint() -> None:
    assert by_path("http://8dfb6a0d.execute-api.localhost:4566", URL) == f"{URL}/_aws/execute-api/8dfb6a0d/$default"
    assert by_path("http://other:1/_aws/execute-api/a", URL) == f"{URL}/_aws/execute-api/a"
