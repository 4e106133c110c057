"""PutParameter, DescribeParameters, DeleteParameter, DeleteParameters."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from mlfn_localstack.client_regexes import UnusableError, tried_once
from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.ssm import errors
from mlfn_localstack.services.ssm.encryption import OWN_KEY, SECURE
from mlfn_localstack.services.ssm.filters import check_listed, fits, older_filters
from mlfn_localstack.services.ssm.model import MOST_VERSIONS, check_name, newest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ssm.encryption import Encryption
    from mlfn_localstack.services.ssm.model import Parameter, ParameterState

_PAGE = 50
_MOST_BYTES = {"Standard": 4_096, "Advanced": 8_192}


class ParameterOperations:
    """Parameters as a whole."""

    def __init__(self, state: ParameterState, encryption: Encryption) -> None:
        self._state = state
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "DeleteParameter": self.delete,
            "DeleteParameters": self.delete_many,
            "DescribeParameters": self.describe,
            "PutParameter": self.put,
        }

    async def put(self, context: RequestContext, params: Params) -> Result:
        """A new parameter, or with `Overwrite` a new version of one."""
        name = params["Name"]
        check_name(name)
        before = self._state.find(name)
        if before is not None and not params.get("Overwrite"):
            raise errors.exists()
        if before is not None and params.get("Tags"):
            raise errors.invalid("Invalid request: tags and overwrite can't be used together.")
        version = await self._version(context, params, newest(before)[1] if before else None)
        number = newest(before)[0] + 1 if before else 1
        if before is not None and before["Versions"].get(str(number - MOST_VERSIONS), {}).get("Labels"):
            raise errors.oldest_is_labelled(name, number - MOST_VERSIONS)
        tags = {each["Key"]: each["Value"] for each in params.get("Tags", [])}
        parameter: Parameter = before or {"Name": name, "Tags": tags, "Versions": {}}
        parameter["Versions"][str(number)] = version
        parameter["Versions"].pop(str(number - MOST_VERSIONS), None)
        self._state.save(parameter)
        return {"Version": number, "Tier": version["Tier"]}

    async def _version(self, context: RequestContext, params: Params, before: dict[str, Any] | None) -> dict[str, Any]:
        settings = _settings(params, before)
        value: str = params["Value"]
        if settings["Type"] == SECURE:
            value = await self._encryption.sealed(context, self._state.arn(params["Name"]), settings["KeyId"], value)
        caller = context.caller.arn
        return {**settings, "Value": value, "LastModifiedDate": time.time(), "LastModifiedUser": caller}

    async def describe(self, _context: RequestContext, params: Params) -> Result:
        """What parameters there are, page by page; never their values."""
        if params.get("Filters") and params.get("ParameterFilters"):
            raise errors.invalid("You can use either Filters or ParameterFilters in a single request.")
        filters = params.get("ParameterFilters") or older_filters(params.get("Filters") or ())
        check_listed(filters)
        found = [each for each in self._state.all() if fits(each, filters)]
        start = place_of(params.get("NextToken"))
        if start is None:
            raise errors.no_page()
        end = start + (params.get("MaxResults") or _PAGE)
        page: Result = {"Parameters": [self._described(each) for each in found[start:end]]}
        return page | ({"NextToken": str(end)} if end < len(found) else {})

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """The parameter is gone with all its versions."""
        self._state.delete(self._state.parameter(params["Name"]))
        return {}

    async def delete_many(self, _context: RequestContext, params: Params) -> Result:
        """Which of up to ten parameters are gone, and which there were none of."""
        found = {name: self._state.find(name) for name in params["Names"]}
        for parameter in found.values():
            if parameter is not None:
                self._state.delete(parameter)
        return {
            "DeletedParameters": [name for name, parameter in found.items() if parameter is not None],
            "InvalidParameters": [name for name, parameter in found.items() if parameter is None],
        }

    def _described(self, parameter: Parameter) -> Result:
        number, version = newest(parameter)
        shown = {name: value for name, value in version.items() if name not in ("Value", "Labels")}
        return {
            "Name": parameter["Name"],
            "ARN": self._state.arn(parameter["Name"]),
            "Version": number,
            "Policies": [],
            **shown,
        }


def _settings(params: Params, before: dict[str, Any] | None) -> dict[str, Any]:
    """What a new version is like: as it is asked for, else as the one before.

    Raises:
        ServiceError: ValidationException, ParameterPatternMismatchException.
    """
    kind = params.get("Type") or (before or {}).get("Type")
    if kind is None:
        raise errors.invalid("A parameter type is required when you create a parameter.")
    if params.get("Policies"):
        raise errors.invalid("The emulator does not support policies of parameters.")
    tier = _tier(params, before)
    size = len(params["Value"].encode())
    if size > _MOST_BYTES[tier]:
        advice = "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. "
        raise errors.invalid(
            f"{tier} tier parameters support a maximum parameter value of {_MOST_BYTES[tier]} characters. {advice}"
        )
    pattern = params.get("AllowedPattern")
    if pattern:
        _check_pattern(pattern, params["Value"])
    kept = {name: params[name] for name in ("Description", "AllowedPattern") if params.get(name)}
    key = {"KeyId": params.get("KeyId") or (before or {}).get("KeyId") or OWN_KEY} if kind == SECURE else {}
    return {"Type": kind, "Tier": tier, "DataType": params.get("DataType") or "text", **kept, **key}


def _check_pattern(pattern: str, value: str) -> None:
    try:
        if not tried_once(pattern, value, re.Pattern.search):
            raise errors.pattern_mismatch(pattern)
    except UnusableError as error:
        raise errors.invalid_pattern() from error


def _tier(params: Params, before: dict[str, Any] | None) -> str:
    wanted = params.get("Tier") or (before or {}).get("Tier") or "Standard"
    if wanted == "Intelligent-Tiering":
        return "Advanced" if len(params["Value"].encode()) > _MOST_BYTES["Standard"] else "Standard"
    return str(wanted)
