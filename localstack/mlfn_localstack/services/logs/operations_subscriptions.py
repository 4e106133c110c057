"""Put-, Describe- and DeleteSubscriptionFilter(s)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.logs.errors import invalid
from mlfn_localstack.services.logs.filter_patterns import PatternSyntaxError, compile_pattern
from mlfn_localstack.services.logs.model import now_ms
from mlfn_localstack.services.logs.subscription_delivery import PRINCIPAL, group_arn
from mlfn_localstack.services.logs.subscriptions import MAX_PER_GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Environment, Operation, Params, RequestContext, Result
    from mlfn_localstack.services.logs.model import LogsState
    from mlfn_localstack.services.logs.subscriptions import Filter, Subscriptions

_DEFAULT_PAGE = 50
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:([a-zA-Z0-9-_]+)(?::[a-zA-Z0-9$_-]+)?")
_UNSUPPORTED = ("applyOnTransformedLogs", "fieldSelectionCriteria", "emitSystemFields")


class SubscriptionOperations:
    """Filters that send a group's events to functions."""

    def __init__(self, environment: Environment, state: LogsState, subscriptions: Subscriptions) -> None:
        self._environment = environment
        self._state = state
        self._subscriptions = subscriptions

    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return {
            "DeleteSubscriptionFilter": self.delete,
            "DescribeSubscriptionFilters": self.describe,
            "PutSubscriptionFilter": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A filter is there, or is changed; its function must let CloudWatch Logs in."""
        _check_account(params["destinationArn"], context.account_id)
        group, name = self._state.group(params)["logGroupName"], params["filterName"]
        others = {document["filterName"]: document for document in self._subscriptions.filters(group)}
        old = others.pop(name, None)
        if len(others) >= MAX_PER_GROUP:
            raise ServiceError("LimitExceededException", "Resource limit exceeded.")
        _check(params, group)
        document: Filter = {
            "filterName": name,
            "logGroupName": group,
            "filterPattern": params["filterPattern"],
            "destinationArn": params["destinationArn"],
            "distribution": params.get("distribution", "ByLogStream"),
            "applyOnTransformedLogs": False,
            "creationTime": old["creationTime"] if old else now_ms(),
            "Loop": await self._logs_into(group, params["destinationArn"]),
        }
        self._subscriptions.put(document)
        return {}

    async def describe(self, context: RequestContext, params: Params) -> Result:
        """A group's filters."""
        group = self._state.group(params)["logGroupName"]
        found = self._subscriptions.filters(group, params.get("filterNamePrefix", ""))
        shown = [{name: value for name, value in document.items() if name != "Loop"} for document in found]
        start = place_of(params.get("nextToken")) or 0
        end = start + params.get("limit", _DEFAULT_PAGE)
        page: Result = {"subscriptionFilters": shown[start:end]}
        return page | {"nextToken": str(end)} if end < len(shown) else page

    async def delete(self, context: RequestContext, params: Params) -> Result:
        """A filter goes, with what it has not sent."""
        group = self._state.group(params)["logGroupName"]
        for document in self._subscriptions.filters(group):
            if document["filterName"] == params["filterName"]:
                self._subscriptions.delete(document)
                return {}
        raise ServiceError("ResourceNotFoundException", "The specified subscription filter does not exist.")

    async def _logs_into(self, group: str, function: str) -> bool:
        """Whether a function's own lines would come back to it; refused if it may not be called.

        Raises:
            ServiceError: InvalidParameterException.
        """
        call, source = self._environment.gateway.call, group_arn(self._environment, group)
        test = {"FunctionName": function, "InvocationType": "DryRun"}
        try:
            await call("lambda", "Invoke", test, principal=PRINCIPAL, source_arn=source)
            found = await call("lambda", "GetFunctionConfiguration", {"FunctionName": function}, principal=PRINCIPAL)
        except ServiceError as error:
            raise invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
                "execute your function."
            ) from error
        return bool(found.get("LoggingConfig", {}).get("LogGroup") == group)


def _check_account(destination: str, account_id: str) -> None:
    function = _FUNCTION.fullmatch(destination)
    if function is not None and destination.split(":")[4] != account_id:
        raise ServiceError(
            "AccessDeniedException",
            "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create cross "
            "account lambda triggers.",
        )


def _check(params: Params, group: str) -> None:
    destination = params["destinationArn"]
    function = _FUNCTION.fullmatch(destination)
    if function is None:
        vendor = destination.split(":")[2] if destination.startswith("arn:") else ""
        if vendor in ("firehose", "kinesis") and not params.get("roleArn"):
            raise invalid(f"destinationArn for vendor {vendor} cannot be used without roleArn")
        raise invalid(f"The emulator sends log events to Lambda functions only, not to {destination}.")
    if params.get("roleArn"):
        raise invalid("destinationArn for vendor lambda cannot be used with roleArn")
    given = [name for name in _UNSUPPORTED if params.get(name)]
    if given:
        raise invalid(f"The emulator does not support {', '.join(given)} of subscription filters.")
    if group == f"/aws/lambda/{function[1]}":
        raise invalid("The log group provided is reserved for the function logs of the destination function.")
    try:
        compile_pattern(params["filterPattern"])
    except PatternSyntaxError as error:
        raise invalid(f"Invalid filter pattern: {error}") from error
