"""GetParameter, GetParameters, GetParametersByPath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.ssm import errors
from mlfn_localstack.services.ssm.encryption import SECURE
from mlfn_localstack.services.ssm.filters import check_by_path, labelled, selected
from mlfn_localstack.services.ssm.model import newest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ssm.encryption import Encryption
    from mlfn_localstack.services.ssm.model import Parameter, ParameterState

_PAGE = 10
_MISSING = frozenset({"ParameterNotFound", "ParameterVersionNotFound"})


class ValueOperations:
    """What parameters hold."""

    def __init__(self, state: ParameterState, encryption: Encryption) -> None:
        self._state = state
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"GetParameter": self.get, "GetParameters": self.get_many, "GetParametersByPath": self.get_by_path}

    async def get(self, context: RequestContext, params: Params) -> Result:
        """One parameter's value: the newest, or that of the version behind a colon."""
        return {"Parameter": await self._named(context, params["Name"], params)}

    async def get_many(self, context: RequestContext, params: Params) -> Result:
        """Up to ten parameters' values, and the names that there are none of."""
        found, missing = [], []
        for name in params["Names"]:
            try:
                found.append(await self._named(context, name, params))
            except ServiceError as error:
                if error.code not in _MISSING:
                    raise
                missing.append(name)
        return {"Parameters": found, "InvalidParameters": missing}

    async def get_by_path(self, context: RequestContext, params: Params) -> Result:
        """The values of the parameters below a path, page by page."""
        path = params["Path"].rstrip("/") + "/"
        below = [each for each in self._state.all() if each["Name"].startswith(path)]
        if not params.get("Recursive"):
            below = [each for each in below if "/" not in each["Name"].removeprefix(path)]
        filters = params.get("ParameterFilters") or ()
        check_by_path(filters)
        found = [(each, number) for each in below if (number := selected(each, filters)) is not None]
        start = place_of(params.get("NextToken"))
        if start is None:
            raise errors.no_page()
        end = start + (params.get("MaxResults") or _PAGE)
        told = [await self._shown(context, each, number, params) for each, number in found[start:end]]
        return {"Parameters": told} | ({"NextToken": str(end)} if end < len(found) else {})

    async def _named(self, context: RequestContext, given: str, params: Params) -> Result:
        name, selector = _parts(given)
        parameter = self._state.parameter(name)
        version = labelled(parameter, selector) or selector or str(newest(parameter)[0])
        if version not in parameter["Versions"]:
            raise errors.no_version(name, version)
        shown = await self._shown(context, parameter, version, params)
        return shown | ({"Selector": f":{selector}"} if selector else {})

    async def _shown(self, context: RequestContext, parameter: Parameter, number: str, params: Params) -> Result:
        version, arn = parameter["Versions"][number], self._state.arn(parameter["Name"])
        value: Any = version["Value"]
        if version["Type"] == SECURE and params.get("WithDecryption"):
            value = await self._encryption.opened(context, arn, version["KeyId"], value)
        return {
            "Name": parameter["Name"],
            "Type": version["Type"],
            "Value": value,
            "Version": int(number),
            "LastModifiedDate": version["LastModifiedDate"],
            "ARN": arn,
            "DataType": version["DataType"],
        }


def _parts(given: str) -> tuple[str, str]:
    """A name or ARN, and the version behind it."""
    if given.startswith("arn:"):
        head, kind, rest = given.partition(":parameter/")
        bare, _, selector = rest.partition(":")
        return f"{head}{kind}{bare}", selector
    name, _, selector = given.partition(":")
    return name, selector
