"""Create-, Get-, List-, Update- and DeleteEventSourceMapping(s)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.event_sources.mapping import check_settings, check_source, settings, shown
from mlfn_localstack.services.lambda_.event_sources.progress import Progress
from mlfn_localstack.services.lambda_.event_sources.shard_reader import ShardReader, last_sequence, shards_of
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.pollers import Pollers
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.state import LambdaState

_PASSING = {"Enabled": "Enabling", "Disabled": "Disabling"}


class MappingOperations:
    """Streams whose records call functions."""

    def __init__(self, state: LambdaState, mappings: Mappings, pollers: Pollers) -> None:
        self._state = state
        self._mappings = mappings
        self._pollers = pollers

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateEventSourceMapping": self.create,
            "GetEventSourceMapping": self.get,
            "ListEventSourceMappings": self.list,
            "UpdateEventSourceMapping": self.update,
            "DeleteEventSourceMapping": self.delete,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new mapping; it starts where the stream is now, or at its oldest record."""
        check_source(params)
        check_settings(params)
        function = self._function(params)
        source = params["EventSourceArn"]
        starts = await self._starts(source, function, latest=params["StartingPosition"] == "LATEST")
        self._check_unique(source, function)
        identifier = str(uuid.uuid4())
        document: Document = {
            **settings({}, params),
            **function,
            "UUID": identifier,
            "EventSourceArn": source,
            "EventSourceMappingArn": self._arn(context, identifier),
            "StartingPosition": params["StartingPosition"],
            "LastModified": time.time(),
            "LastProcessingResult": "No records processed",
            "State": "Disabled" if params.get("Enabled") is False else "Enabled",
            "StateTransitionReason": "User action",
            "Tags": dict(params.get("Tags") or {}),
        }
        self._mappings.put(document)
        for shard, last in starts.items():
            self._mappings.set_progress(document, shard, Progress(after=last))
        self._pollers.changed(identifier)
        return shown(document, "Creating")

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A mapping."""
        return shown(self._existing(params))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """Mappings, of a source or a function if one is named."""
        source = params.get("EventSourceArn")
        arn = self._arn_of(self._state.reference(params)) if params.get("FunctionName") else None
        found = [
            shown(document)
            for document in self._mappings.all()
            if source in (None, document["EventSourceArn"]) and arn in (None, document["FunctionArn"])
        ]
        return page(found, params, "EventSourceMappings")

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The mapping with some settings changed; it goes on where it was."""
        document = self._existing(params)
        check_settings(params)
        function = self._function(params) if params.get("FunctionName") else {}
        enabled = params.get("Enabled")
        state = document["State"] if enabled is None else "Enabled" if enabled else "Disabled"
        passing = "Updating" if state == document["State"] else _PASSING[state]
        document = {**document, **settings(document, params), **function, "State": state, "LastModified": time.time()}
        if params.get("FilterCriteria") == {}:
            document.pop("FilterCriteria", None)
        self._mappings.put(document)
        self._pollers.changed(document["UUID"])
        return shown(document, passing)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """The mapping as it was; no batch is begun after this."""
        document = self._existing(params)
        self._mappings.delete(document)
        return shown(document, "Deleting")

    def _existing(self, params: Params) -> Document:
        document = self._mappings.find(params["UUID"])
        if document is None:
            raise errors.not_found("The resource you requested does not exist.")
        return document

    def _function(self, params: Params) -> Document:
        reference = self._state.reference(params)
        try:
            self._state.version(reference)
        except ServiceError as error:
            raise errors.invalid_parameter("Function does not exist") from error
        return {"Name": reference.name, "Qualifier": reference.qualifier, "FunctionArn": self._arn_of(reference)}

    def _arn_of(self, reference: FunctionReference) -> str:
        return self._state.repository.arns.function(reference.name, reference.qualifier)

    def _arn(self, context: RequestContext, identifier: str) -> str:
        return f"arn:aws:lambda:{context.region}:{context.account_id}:event-source-mapping:{identifier}"

    def _check_unique(self, source: str, function: Document) -> None:
        for document in self._mappings.all():
            if document["EventSourceArn"] == source and document["FunctionArn"] == function["FunctionArn"]:
                raise errors.conflict(
                    f'The event source arn (" {source} ") and function (" {function["Name"]} ") provided mapping '
                    f"already exists. Please update or delete the existing mapping with UUID {document['UUID']}"
                )

    async def _starts(self, source: str, function: Document, *, latest: bool) -> dict[str, str | None]:
        """Where to begin in each shard: LATEST is made a sequence number now, so that no restart can move it.

        Raises:
            ServiceError: InvalidParameterValueException: the function's role cannot read the stream.
        """
        gateway = self._state.emulator.gateway
        reference = self._state.reference({"FunctionName": function["FunctionArn"]})
        role = str(self._state.version(reference).configuration["Role"])
        starts: dict[str, str | None] = {}
        try:
            for shard in await shards_of(gateway, source, role):
                reader = ShardReader(gateway, source, shard)
                await reader.read(None, role, 1)
                starts[shard] = await last_sequence(reader, role) if latest else None
        except ServiceError as error:
            if error.code == "ResourceNotFoundException":
                raise errors.invalid_parameter(f"Stream not found: {source}") from error
            raise errors.invalid_parameter(
                f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, "
                "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."
            ) from error
        return starts
