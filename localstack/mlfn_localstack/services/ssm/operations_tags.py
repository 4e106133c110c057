"""AddTagsToResource, ListTagsForResource, RemoveTagsFromResource: of parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ssm import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ssm.model import Parameter, ParameterState


class TagOperations:
    """Tags."""

    def __init__(self, state: ParameterState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "AddTagsToResource": self.add,
            "ListTagsForResource": self.list,
            "RemoveTagsFromResource": self.remove,
        }

    async def add(self, _context: RequestContext, params: Params) -> Result:
        """The parameter has these tags, too."""
        parameter = self._tagged(params)
        parameter["Tags"] |= {each["Key"]: each["Value"] for each in params["Tags"]}
        self._state.save(parameter)
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """A parameter's tags."""
        tags = self._tagged(params)["Tags"]
        return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}

    async def remove(self, _context: RequestContext, params: Params) -> Result:
        """The parameter has these tags no longer."""
        parameter = self._tagged(params)
        for key in params["TagKeys"]:
            parameter["Tags"].pop(key, None)
        self._state.save(parameter)
        return {}

    def _tagged(self, params: Params) -> Parameter:
        if params["ResourceType"] != "Parameter":
            raise ServiceError("InvalidResourceType", "The emulator tags parameters only.")
        found = self._state.find(params["ResourceId"])
        if found is None:
            raise errors.no_resource(params["ResourceId"])
        return found
