"""TagResource, UntagResource, ListTags."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.names import FunctionReference, parse_reference
from mlfn_localstack.services.lambda_.revisions import renew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.model import FunctionRecord
    from mlfn_localstack.services.lambda_.state import LambdaState

MAX_TAGS = 50
_SIGNING = ":code-signing-config:"


class TagOperations:
    """Tags of functions, event source mappings and code signing configurations."""

    def __init__(self, state: LambdaState, mappings: Mappings) -> None:
        self._state = state
        self._mappings = mappings

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"TagResource": self.tag, "UntagResource": self.untag, "ListTags": self.list}

    async def tag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are set."""
        tags = {**self._tags(params), **params["Tags"]}
        if not params["Tags"]:
            raise errors.invalid_parameter("An error occurred and the request cannot be processed.")
        if len(tags) > MAX_TAGS:
            raise errors.invalid_parameter("Number of tags exceeds resource tag limit.")
        self._save(params, tags)
        return {}

    async def untag(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the tags are gone."""
        tags = {key: value for key, value in self._tags(params).items() if key not in params["TagKeys"]}
        self._save(params, tags)
        return {}

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The tags."""
        return {"Tags": self._tags(params)}

    def _tags(self, params: Params) -> dict[str, str]:
        if _SIGNING in params["Resource"]:
            return dict(self._state.code_signing.get(params["Resource"])["Tags"])
        mapping = self._mapping(params)
        return dict(self._record(params).tags if mapping is None else mapping["Tags"])

    def _save(self, params: Params, tags: dict[str, str]) -> None:
        if _SIGNING in params["Resource"]:
            self._state.code_signing.put(self._state.code_signing.get(params["Resource"]) | {"Tags": tags})
            return
        mapping = self._mapping(params)
        if mapping is None:
            record = replace(self._record(params), tags=tags)
            self._state.repository.put_function(record)
            renew(self._state.repository, FunctionReference(name=record.latest.name, qualifier=None))
        else:
            self._mappings.put(mapping | {"Tags": tags})

    def _mapping(self, params: Params) -> Document | None:
        """The mapping that the ARN names, or None if it is no mapping's."""
        prefix, is_mapping, identifier = params["Resource"].partition(":event-source-mapping:")
        found = self._mappings.find(identifier) if is_mapping else None
        _refuse_other_kinds(params["Resource"])
        if is_mapping and found is None:
            raise errors.not_found(f"Event source mapping not found: {prefix}{is_mapping}{identifier}")
        return found

    def _record(self, params: Params) -> FunctionRecord:
        reference = parse_reference(params["Resource"], None, self._state.repository.arns)
        if reference.qualifier is not None:
            raise errors.invalid_parameter(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        return self._state.repository.function(reference.name)


def _refuse_other_kinds(arn: str) -> None:
    """Say that there is no capacity provider, of which none can be made."""
    if ":capacity-provider:" in arn:
        raise errors.not_found(f"Capacity provider not found: {arn}")
