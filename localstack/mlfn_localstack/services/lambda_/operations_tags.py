"""TagResource, UntagResource, ListTags."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.names import parse_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.model import FunctionRecord
    from mlfn_localstack.services.lambda_.state import LambdaState

MAX_TAGS = 50


class TagOperations:
    """Tags of functions."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTags": self.list}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        record = self._record(params)
        tags = {**record.tags, **params["Tags"]}
        if not params["Tags"]:
            raise errors.invalid_parameter("An error occurred and the request cannot be processed.")
        if len(tags) > MAX_TAGS:
            raise errors.invalid_parameter("Number of tags exceeds resource tag limit.")
        self._state.repository.put_function(replace(record, tags=tags))
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        record = self._record(params)
        tags = {key: value for key, value in record.tags.items() if key not in params["TagKeys"]}
        self._state.repository.put_function(replace(record, tags=tags))
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """A function's tags."""
        return {"Tags": dict(self._record(params).tags)}

    def _record(self, params: Params) -> FunctionRecord:
        reference = parse_reference(params["Resource"], None, self._state.emulator.region)
        if reference.qualifier is not None:
            raise errors.invalid_parameter(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        return self._state.repository.function(reference.name)
