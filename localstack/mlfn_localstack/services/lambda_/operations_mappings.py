"""Create-, Get-, List-, Update- and DeleteEventSourceMapping(s)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.event_sources.mapping import (
    check_settings,
    check_source,
    is_queue,
    settings,
    shown,
)
from mlfn_localstack.services.lambda_.event_sources.progress import Progress
from mlfn_localstack.services.lambda_.event_sources.queue_reader import QueueReader
from mlfn_localstack.services.lambda_.event_sources.shard_reader import ShardReader, last_sequence, shards_of
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.event_sources.mapping import Document
    from mlfn_localstack.services.lambda_.event_sources.pollers import Pollers
    from mlfn_localstack.services.lambda_.event_sources.repository import Mappings
    from mlfn_localstack.services.lambda_.model import FunctionVersion
    from mlfn_localstack.services.lambda_.names import FunctionReference
    from mlfn_localstack.services.lambda_.state import LambdaState

_GONE = "AWS.SimpleQueueService.NonExistentQueue"
_PASSING = {"Enabled": "Enabling", "Disabled": "Disabling"}


class MappingOperations:
    """Streams and queues whose records call functions."""

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
        """The new mapping; of a stream, it starts where that is now, or at its oldest record."""
        check_source(params)
        source = params["EventSourceArn"]
        check_settings(params, source)
        function = self._function(params)
        starts = await self._ready(source, function, latest=params.get("StartingPosition") == "LATEST")
        self._check_unique(source, function)
        identifier = str(uuid.uuid4())
        begun: Document = {"StateTransitionReason": "USER_INITIATED"}
        if not is_queue(source):
            begun = {
                "LastProcessingResult": "No records processed",
                "StartingPosition": params["StartingPosition"],
                "StateTransitionReason": "User action",
            }
        document: Document = {
            **settings({}, params, source),
            **function,
            **begun,
            "UUID": identifier,
            "EventSourceArn": source,
            "EventSourceMappingArn": self._arn(context, identifier),
            "LastModified": time.time(),
            "State": "Disabled" if params.get("Enabled") is False else "Enabled",
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
        source = document["EventSourceArn"]
        check_settings({**_kept(document, params), **params}, source)
        function = self._function(params) if params.get("FunctionName") else {}
        enabled = params.get("Enabled")
        state = document["State"] if enabled is None else "Enabled" if enabled else "Disabled"
        passing = "Updating" if state == document["State"] else _PASSING[state]
        cleared = [name for name in ("FilterCriteria", "ScalingConfig") if params.get(name) == {}]
        document = {**settings(document, params, source), **function, "State": state, "LastModified": time.time()}
        document = {name: value for name, value in document.items() if name not in cleared}
        self._mappings.put(document)
        self._pollers.changed(document["UUID"])
        return shown(document, passing)

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """The mapping as it was; no batch is begun after this."""
        document = self._existing(params)
        self._mappings.delete(document)
        self._pollers.changed(document["UUID"])
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
                both = f'arn (" {source} ") and function (" {function["Name"]} ")'
                found = f"An event source mapping with SQS {both}" if is_queue(source) else f"The event source {both}"
                raise errors.conflict(
                    f"{found}{'' if is_queue(source) else ' provided mapping'} already exists. "
                    f"Please update or delete the existing mapping with UUID {document['UUID']}"
                )

    async def _ready(self, source: str, function: Document, *, latest: bool) -> dict[str, str | None]:
        """Where to begin, once it is sure that the function's role can read the source."""
        if not is_queue(source):
            return await self._starts(source, function, latest=latest)
        version = self._state.version(self._state.reference({"FunctionName": function["FunctionArn"]}))
        emulator = self._state.emulator
        await check_queue(QueueReader(emulator.gateway, source, emulator.region), source, version)
        return {}

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


def _kept(document: Document, params: Params) -> dict[str, object]:
    """What a queue's batch size and window are checked together with."""
    names = ("BatchSize", "MaximumBatchingWindowInSeconds")
    return {name: document[name] for name in names if any(each in params for each in names)}


async def check_queue(reader: QueueReader, source: str, version: FunctionVersion) -> None:
    """Refuse a queue that a function's role cannot read, or that hides messages for less than a call may take.

    Raises:
        ServiceError: InvalidParameterValueException.
    """
    role = str(version.configuration["Role"])
    try:
        visible_for_s = await reader.visibility_s(role)
        await reader.try_access(role)
    except ServiceError as error:
        if error.code == "QueueDoesNotExist":
            message = (
                f"Error occurred while ReceiveMessage. SQS Error Code: {_GONE}. SQS Error Message: {error.message}"
            )
            raise errors.invalid_parameter(message) from error
        if error.code != "InvalidParameterValue":
            message = "The function execution role does not have permissions to call ReceiveMessage on SQS"
            raise errors.invalid_parameter(message) from error
    if visible_for_s < version.timeout_s:
        raise errors.invalid_parameter(
            f"Queue visibility timeout: {visible_for_s} seconds is less than Function timeout: "
            f"{version.timeout_s} seconds"
        )
