"""A mocked result or error, and whether the state under test may have it."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.stepfunctions.asl.failure import ErrorName, StateError
from mlfn_localstack.services.stepfunctions.asl.json_text import Payload, parse
from mlfn_localstack.services.stepfunctions.errors import validation
from mlfn_localstack.services.stepfunctions.integrations import find_integration
from mlfn_localstack.services.stepfunctions.interpreter.item_formats import items_in
from mlfn_localstack.services.stepfunctions.interpreter.map_items import items_of
from mlfn_localstack.services.stepfunctions.interpreter.simple import next_of
from mlfn_localstack.services.stepfunctions.interpreter.stay import Departure, Stay
from mlfn_localstack.services.stepfunctions.interpreter.task import new_token
from mlfn_localstack.services.stepfunctions.trial.schema import check_result

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.stepfunctions.asl.flow import Definition
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonata import JsonataFlow
    from mlfn_localstack.services.stepfunctions.asl.flow_jsonpath import JsonPathFlow

_CONTAINERS = {"Map", "Parallel"}
_MOCKABLE = {"Task", *_CONTAINERS}
_UNMOCKED = (
    "TestState API does not support Map or Parallel states."
    " Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
)
_TOKEN = re.compile(r"arn:.*\.(?:sync(?::2)?|waitForTaskToken)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """What takes the place of a state's work."""

    result: Payload | None
    failure: StateError | None
    failed_iterations: int
    read: str | None
    """What the ItemReader of a Map reads."""

    async def execute(self, stay: Stay) -> Departure:
        """Leave the state as if its work had given this.

        Raises:
            StateError: the mocked error, too many failed iterations, or a mistake in the state's own fields.
        """
        flow, state = stay.flow(), stay.state
        if state["Type"] == "Map":
            self._take_items(stay, flow)
        elif state["Type"] == "Task":
            self._prepare(stay)
            stay.flow().arguments(state)
        if self.failure is not None:
            raise self.failure
        if self._exceeds(stay):
            raise StateError(ErrorName.THRESHOLD, "The specified tolerated failure threshold was exceeded")
        result = Payload({}) if self.result is None else self.result
        return Departure(exit=stay.flow().finish(state, result), next=next_of(state))

    def _take_items(self, stay: Stay, flow: JsonPathFlow | JsonataFlow) -> None:
        if "ItemReader" not in stay.state:
            stay.frame.work["items"] = items_of(stay, flow)
        elif self.read is not None:
            stay.frame.work["items"] = items_in(
                io.BytesIO(self.read.encode()), stay.state["ItemReader"].get("ReaderConfig", {})
            )

    def _prepare(self, stay: Stay) -> None:
        resource = stay.state["Resource"]
        integration = find_integration(resource)
        waits = resource.endswith(".waitForTaskToken") if integration is None else integration.needs_token
        if waits and stay.context is None:
            stay.frame.work["token"] = new_token()

    def _exceeds(self, stay: Stay) -> bool:
        flow, state, failed = stay.flow(), stay.state, self.failed_iterations
        count = flow.number(state, "ToleratedFailureCount")
        percentage = flow.number(state, "ToleratedFailurePercentage")
        items = len(stay.frame.work.get("items", [])) or 1
        over_count = count is not None and failed > count
        return over_count or (percentage is not None and failed * 100 > percentage * items)


def mock_of(params: Params, state: Definition) -> Mock | None:
    """The request's mock, held to what the state's work could give; None if it has none.

    Raises:
        ServiceError: the state cannot be mocked, has to be, or cannot give such a result.
    """
    mock, kind = params.get("mock"), state["Type"]
    if mock is None:
        if kind in _CONTAINERS:
            raise ServiceError("InvalidDefinition", _UNMOCKED)
        return None
    if kind not in _MOCKABLE:
        raise validation(f"State type '{kind}' is not supported when a mock is specified")
    if "result" in mock and "errorOutput" in mock:
        raise validation("A test mock should have only one of the following fields: [result, errorOutput].")
    if params.get("revealSecrets"):
        raise validation("TestState does not support RevealSecrets when a mock is specified.")
    error = mock.get("errorOutput")
    configuration = params.get("stateConfiguration") or {}
    return Mock(
        result=_result(mock, state) if "result" in mock else None,
        failure=None if error is None else StateError(error.get("error"), error.get("cause")),
        failed_iterations=configuration.get("mapIterationFailureCount") or 0,
        read=configuration.get("mapItemReaderData"),
    )


def _result(mock: dict[str, Any], state: Definition) -> Payload:
    text = mock["result"]
    try:
        result = Payload(parse(text), text)
    except (ValueError, RecursionError) as error:
        raise validation("Mocked result must be valid JSON") from error
    if state["Type"] in _CONTAINERS:
        _check_container(result.value, state)
    else:
        check_result(state["Resource"], result.value, mode=mock.get("fieldValidationMode") or "STRICT")
    return result


def _check_container(result: Any, state: Definition) -> None:
    if "ResultWriter" in state:
        if not isinstance(result, dict):
            raise validation("Mocked result must be a JSON object.")
    elif not isinstance(result, list):
        raise validation("Mocked result must be an array.")
    elif state["Type"] == "Parallel" and len(result) != len(state["Branches"]):
        raise validation("Mocked result must contain the same number of items as number of Parallel branches.")


def takes_token(state: Definition) -> bool:
    """Whether a state waits for what it started, so that its context may have a Task."""
    return state["Type"] == "Task" and _TOKEN.fullmatch(state["Resource"]) is not None
