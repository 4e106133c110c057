"""Map runs and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.stepfunctions.arns import require_arn
from mlfn_localstack.services.stepfunctions.description import present
from mlfn_localstack.services.stepfunctions.errors import execution_missing, resource_missing
from mlfn_localstack.services.stepfunctions.model import moment
from mlfn_localstack.services.stepfunctions.paging import slice_page

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.stepfunctions.state import State

_CHANGEABLE = ("maxConcurrency", "toleratedFailurePercentage", "toleratedFailureCount")


class MapRunOperations:
    """Operations on map runs."""

    def __init__(self, state: State) -> None:
        self._state = state

    def operations(self) -> dict[str, Operation]:
        """The operations by API name."""
        return {
            "DescribeMapRun": self.describe,
            "ListMapRuns": self.list,
            "UpdateMapRun": self.update,
        }

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A map run with its counts."""
        body = self._require(params["mapRunArn"])
        dates = {name: moment(body[name]) for name in ("startDate", "stopDate")}
        return present({**{name: value for name, value in body.items() if name != "stateMachineArn"}, **dates})

    async def list(self, context: RequestContext, params: Params) -> Result:
        """The map runs of an execution, newest first."""
        arn = require_arn(params["executionArn"], "execution")
        if self._state.executions.get(arn) is None:
            raise execution_missing(arn)
        found = [body for body in self._state.engine.map_runs() if body["executionArn"] == arn]
        found.sort(key=lambda body: -body["startDate"])
        names = ("executionArn", "mapRunArn", "stateMachineArn")
        runs = [
            present(
                {
                    **{name: body[name] for name in names},
                    **{name: moment(body[name]) for name in ("startDate", "stopDate")},
                }
            )
            for body in found
        ]
        return slice_page(runs, params, "mapRuns")

    async def update(self, context: RequestContext, params: Params) -> Result:
        """Change the limits of a map run that is under way."""
        body = self._require(params["mapRunArn"])
        for name in _CHANGEABLE:
            if params.get(name) is not None:
                body[name] = params[name]
        self._state.engine.write_map_run(params["mapRunArn"], body)
        return {}

    def _require(self, arn: str) -> dict[str, Any]:
        body = self._state.engine.read_map_run(require_arn(arn, "mapRun"))
        if body is None:
            raise resource_missing(arn)
        return body
