"""Put-, Update-, Get-, List- and DeleteFunctionEventInvokeConfig: how asynchronous calls are retried and end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.destinations import Kind, check_role, kind_of
from mlfn_localstack.services.lambda_.names import LATEST, FunctionReference, parse_reference
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState

_NO_FUNCTION = "The function doesn't exist."
_DESTINATIONS = frozenset({"events", "lambda", "s3", "sns", "sqs"})
_MEMBERS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


class EventConfigOperations:
    """Settings of asynchronous calls, one per function, version and alias."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PutFunctionEventInvokeConfig": self.put,
            "UpdateFunctionEventInvokeConfig": self.update,
            "GetFunctionEventInvokeConfig": self.get,
            "ListFunctionEventInvokeConfigs": self.list,
            "DeleteFunctionEventInvokeConfig": self.delete,
        }

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """The new configuration, in place of any other."""
        reference = self._existing_function(params)
        return await self._write(reference, {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}}, params)

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The configuration with some members changed."""
        reference = self._existing_function(params)
        return await self._write(reference, self._existing(reference), params)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The configuration."""
        reference = self._reference(params)
        return self._shown(reference, self._existing(reference))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All configurations of a function."""
        name = self._state.reference(params).name
        if not self._state.repository.exists(name):
            raise errors.not_found(_NO_FUNCTION)
        shown = [
            self._shown(FunctionReference(name=name, qualifier=key.split(":")[1]), config)
            for key, config in self._state.event_configs.items(f"{name}:")
        ]
        return page(shown, params, "FunctionEventInvokeConfigs")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the defaults apply again."""
        reference = self._reference(params)
        self._existing(reference)
        self._state.event_configs.delete(_key(reference))
        return {}

    def _existing_function(self, params: Params) -> FunctionReference:
        reference = self._reference(params)
        try:
            self._state.version(reference)
        except ServiceError as error:
            raise errors.not_found(_NO_FUNCTION) from error
        return reference

    def _reference(self, params: Params) -> FunctionReference:
        reference = self._state.reference(params)
        return FunctionReference(name=reference.name, qualifier=reference.qualifier or LATEST)

    def _existing(self, reference: FunctionReference) -> dict[str, Any]:
        config = self._state.event_configs.get(_key(reference))
        if config is None:
            arn = self._state.repository.arns.function(reference.name, reference.qualifier)
            raise errors.not_found(f"The function {arn} doesn't have an EventInvokeConfig")
        return dict(config)

    async def _write(self, reference: FunctionReference, current: dict[str, Any], params: Params) -> Result:
        given = {name: params[name] for name in _MEMBERS if params.get(name) is not None}
        if not given:
            raise errors.invalid_parameter("You must specify at least one of error handling or destination setting.")
        await self._check(reference, given)
        destinations = {"OnSuccess": {}, "OnFailure": {}} | given.get(
            "DestinationConfig", current.get("DestinationConfig", {})
        )
        config = {**current, **given, "DestinationConfig": destinations, "modified": datetime.now(UTC).timestamp()}
        self._state.event_configs.put(_key(reference), config)
        return self._shown(reference, config)

    async def _check(self, reference: FunctionReference, given: Mapping[str, Any]) -> None:
        for kind, destination in (given.get("DestinationConfig") or {}).items():
            arn = destination.get("Destination")
            if not arn:
                continue
            if arn.split(":")[2] not in _DESTINATIONS:
                raise errors.invalid_parameter(f"The provided destination config {_java(given)} is invalid.")
            if kind_of(arn) is None:
                raise errors.invalid_parameter(
                    f"The emulator sends records to standard queues and topics, functions, event buses and buckets, "
                    f"not to the {kind} destination {arn}."
                )
            if kind_of(arn) is Kind.S3 and kind == "OnSuccess":
                raise errors.invalid_parameter(f"The provided destination config {_java(given)} is invalid.")
            if kind_of(arn) is Kind.LAMBDA:
                self._check_function(reference, arn)
            role = self._state.version(reference).configuration["Role"]
            await check_role(self._state.emulator.gateway, arn, role)

    def _check_function(self, reference: FunctionReference, arn: str) -> None:
        target = parse_reference(arn, None, self._state.repository.arns)
        if target.name == reference.name:
            raise errors.invalid_parameter("You can't specify the function as a destination for itself.")
        if not self._state.repository.exists(target.name):
            raise errors.invalid_parameter(f"The destination ARN {arn} is invalid.")

    def _shown(self, reference: FunctionReference, config: Mapping[str, Any]) -> Result:
        return {
            "LastModified": datetime.fromtimestamp(config["modified"], UTC),
            "FunctionArn": self._state.repository.arns.function(reference.name, reference.qualifier),
            **{name: config[name] for name in _MEMBERS if name in config},
        }


def _java(given: Mapping[str, Any]) -> str:
    """The destinations of a request as Lambda's messages print them."""
    shown = []
    for kind in ("OnSuccess", "OnFailure"):
        arn = given["DestinationConfig"].get(kind, {}).get("Destination")
        shown.append(f"{kind[0].lower()}{kind[1:]}=" + (f"{kind}(destination={arn})" if arn else "null"))
    return f"DestinationConfig({', '.join(shown)})"


def _key(reference: FunctionReference) -> str:
    return f"{reference.name}:{reference.qualifier}"
