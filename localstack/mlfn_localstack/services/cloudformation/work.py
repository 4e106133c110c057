"""One stack's operation under way: what every step of it reads, records and calls."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import Environment, Result, ServiceError
from mlfn_localstack.services.cloudformation.errors import ToldFailureError
from mlfn_localstack.services.cloudformation.evaluation import Known, no_attribute
from mlfn_localstack.services.cloudformation.outside import OperationSignals, Outside
from mlfn_localstack.services.cloudformation.provider_requests import Provider
from mlfn_localstack.services.cloudformation.resources import resource_type
from mlfn_localstack.services.cloudformation.resources.handler import Request
from mlfn_localstack.services.cloudformation.stack_policy import StackPolicyDeniedError
from mlfn_localstack.services.cloudformation.state import Incarnation, Resource, Stack, Stacks, now
from mlfn_localstack.services.cloudformation.stored_values import resolved

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from mlfn_localstack.services.cloudformation.intrinsics import Unknown
    from mlfn_localstack.services.cloudformation.resources.handler import Signals

PRINCIPAL = "cloudformation.amazonaws.com"
SYSTEM_TAGS = "aws:cloudformation:"
_TAGGING = frozenset({"AddTags", "PutBucketTagging", "TagResource"})
_LOG = logging.getLogger(__name__)
_SERVICES = {
    "apigatewayv2": "ApiGatewayV2",
    "cloudtrail": "CloudTrail",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDb",
    "ecr": "Ecr",
    "events": "EventBridge",
    "iam": "Iam",
    "kms": "Kms",
    "lambda": "Lambda",
    "logs": "CloudWatchLogs",
    "s3": "S3",
    "scheduler": "Scheduler",
    "secretsmanager": "SecretsManager",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "stepfunctions": "Sfn",
}


class Work:
    """The running operation of one stack."""

    def __init__(self, environment: Environment, stacks: Stacks, stack: Stack, outside: Outside | None = None) -> None:
        self.environment = environment
        self.stacks = stacks
        self.stack = stack
        self.interruption = asyncio.Event()
        """Happens when nobody waits any more for what comes from outside."""
        self._outside = outside
        self.resources = stacks.resources(stack.id)
        self.told: dict[str, str] = {}
        """The properties of resources, as their events tell them."""
        self.cleaning = False
        """Whether what an update left over is removed: those events tell less."""
        self.known = Known({name: one.current for name, one in self.resources.items() if one.current})

    async def stack_status(self, status: str, reason: str | None = None, **changes: Any) -> None:
        """Give the stack a new status, with its event."""
        self.stack = self.stacks.update(self.stack.id, status=status, reason=reason, **changes)
        record_stack_event(self.stacks, self.stack)
        await self.stacks.durable()

    async def mark(self, resource: Resource, status: str, reason: str | None = None, **changes: Any) -> Resource:
        """Give a resource a new status, with its event."""
        changed = replace(resource, status=status, reason=reason, updated_at=now(), **changes)
        if changed.current:
            changed = replace(changed, physical_id=changed.current.physical_id)
        self.keep(changed)
        await self.tell(changed)
        return changed

    async def tell(self, resource: Resource) -> None:
        """Append a resource's event, whatever is remembered of it."""
        event = {
            "LogicalResourceId": resource.logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.type,
            "ResourceStatus": resource.status,
        }
        if self.cleaning:
            event["EventId"] = f"{resource.logical_id}-{uuid.uuid4()}"
        else:
            moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            event["EventId"] = f"{resource.logical_id}-{resource.status}-{moment}"
            told = self.told.get(resource.logical_id) or self._told_before.get(resource.logical_id)
            event |= {"ResourceProperties": told} if told else {}
        if resource.reason:
            event["ResourceStatusReason"] = resource.reason
        self.stacks.add_event(self.stack, event)
        await self.stacks.durable()

    @cached_property
    def _told_before(self) -> dict[str, str]:
        """What earlier operations told of each resource's properties."""
        events = reversed(self.stacks.events(self.stack.id))
        return {one["LogicalResourceId"]: one["ResourceProperties"] for one in events if "ResourceProperties" in one}

    def keep(self, resource: Resource) -> None:
        """Remember a resource without an event."""
        self.resources[resource.logical_id] = resource
        self.stacks.put_resource(self.stack.id, resource)

    def drop(self, logical_id: str) -> None:
        """Forget a resource."""
        self.resources.pop(logical_id, None)
        self.stacks.drop_resource(self.stack.id, logical_id)

    def request(
        self,
        resource: Resource,
        properties: Mapping[str, Any],
        on_created: Callable[[str], Awaitable[None]] | None = None,
    ) -> Request:
        """A resource's request to its handler."""
        return Request(
            logical_id=resource.logical_id,
            stack_name=self.stack.name,
            token=resource.token,
            properties=self.marked(resource, properties),
            region=self.environment.region,
            account_id=self.environment.account_id,
            caller=self.call,
            on_created=on_created or _ignore,
            stack_id=self.stack.id,
            capabilities=tuple(self.stack.revision.capabilities),
            type=resource.type,
            provider=self._provider(resource.logical_id),
            signals=self._signals(),
        )

    def _provider(self, logical_id: str) -> Provider | None:
        stack = self.stack
        if self._outside is None:
            return None
        return Provider(
            requests=self._outside.providers,
            place=f"{stack.id}/{logical_id}",
            operation=f"{stack.status}/{stack.updated_at}/{stack.deleted_at}",
            interruption=self.interruption,
        )

    def _signals(self) -> Signals | None:
        if self._outside is None:
            return None
        return OperationSignals(signals=self._outside.signals, interruption=self.interruption)

    def missing(self, unknown: Unknown) -> Exception:
        """What to say of an attribute that a resource which exists turns out not to have."""
        resource, name = self.resources.get(unknown.logical_id), str(unknown.attribute)
        if resource is None or resource.current is None or resource_type(resource.type).shows_properties:
            return no_attribute(unknown.logical_id, name)
        place = f"{self.stack.id}|{unknown.logical_id}|{resource.current.request_id}"
        return ToldFailureError(
            f"CustomResource attribute error: Vendor response doesn't contain {name} attribute in object {place}"
        )

    def marked(self, resource: Resource, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """Properties with the tags by which CloudFormation knows its resources, where the type has them."""
        kind = resource_type(resource.type)
        if not kind.system_tags:
            return properties
        names = {"stack-name": self.stack.name, "logical-id": resource.logical_id, "stack-id": self.stack.id}
        return kind.tagged(properties, {f"{SYSTEM_TAGS}{name}": value for name, value in names.items()})

    async def meant(self, resource: Resource, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """Properties with what their dynamic references stand for: what is kept and shown are the references.

        Raises:
            ServiceError: one of them stands for nothing.
        """
        found: Mapping[str, Any] = await resolved(dict(properties), self.call, f"{resource.type}/Properties")
        return found

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> Result:
        """The answer of another service, asked on the stack's behalf."""
        principal = self.stack.revision.role_arn or self.stack.principal
        if operation in _TAGGING and _marks_only(params):
            principal = PRINCIPAL  # nobody needs a permission for tags that CloudFormation sets for itself
        try:
            return await self.environment.gateway.call(service, operation, params, principal=principal)
        except ServiceError as error:
            error.fields.setdefault("__service", _SERVICES.get(service, service))
            raise


def _marks_only(params: dict[str, Any]) -> bool:
    tags = params.get("Tags") or params.get("tags") or params.get("Tagging", {}).get("TagSet") or ()
    keys = [tag if isinstance(tag, str) else str(tag.get("Key", tag.get("key"))) for tag in tags]
    return bool(keys) and all(key.startswith(SYSTEM_TAGS) for key in keys)


async def _ignore(physical_id: str) -> None:
    """Nothing to remember."""


def record_stack_event(stacks: Stacks, stack: Stack) -> None:
    """Append an event for the stack's own status."""
    event = {
        "LogicalResourceId": stack.name,
        "PhysicalResourceId": stack.id,
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": stack.status,
    }
    if stack.reason:
        event["ResourceStatusReason"] = stack.reason
    stacks.add_event(stack, event)


def failure_reason(error: Exception) -> str:
    """What an event says of a handler's failure."""
    token = uuid.uuid4()
    if isinstance(error, StackPolicyDeniedError | ToldFailureError):
        return str(error)
    if not isinstance(error, ServiceError):
        _LOG.error("A resource handler failed", exc_info=error)
        return f"Internal Failure: {type(error).__name__}: {error}"
    service = error.fields.get("__service")
    code = _handler_code(error)
    if service is None:
        return f'Resource handler returned message: "{error.message}" (RequestToken: {token}, HandlerErrorCode: {code})'
    detail = f"(Service: {service}, Status Code: {error.status}, Request ID: {uuid.uuid4()}) (SDK Attempt Count: 1)"
    return (
        f'Resource handler returned message: "{error.message} {detail}" '
        f"(RequestToken: {token}, HandlerErrorCode: {code})"
    )


_CONFLICT = 409
_HANDLER_CODES = (
    ("AlreadyExists", ("AlreadyExist", "ResourceInUse", "ResourceConflict", "BucketAlready", "EntityAlready")),
    ("NotStabilized", ("NotStabilized",)),
    ("AccessDenied", ("AccessDenied", "NotAuthorized", "UnrecognizedClient")),
    ("ServiceLimitExceeded", ("LimitExceeded",)),
    ("Throttling", ("Throttl", "TooManyRequests")),
    ("NotFound", ("NotFound", "NoSuch", "DoesNotExist")),
    ("InvalidRequest", ("Invalid", "Validation", "Malformed", "BadRequest")),
)


def _handler_code(error: ServiceError) -> str:
    """The handler error code a service's error stands for (CloudFormation CLI guide, "Handler error codes")."""
    if error.status == _CONFLICT and "already exists" in error.message:
        return "AlreadyExists"
    for code, parts in _HANDLER_CODES:
        if any(part in error.code for part in parts):
            return code
    return "GeneralServiceException"


def incarnation_of(resource: Resource) -> Incarnation:
    """What a resource is now; it must exist."""
    if resource.current is None:
        raise LookupError(resource.logical_id)
    return resource.current
