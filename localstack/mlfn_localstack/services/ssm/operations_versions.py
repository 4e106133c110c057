"""GetParameterHistory, LabelParameterVersion, UnlabelParameterVersion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlfn_localstack.page_tokens import place_of
from mlfn_localstack.services.ssm import errors
from mlfn_localstack.services.ssm.encryption import SECURE
from mlfn_localstack.services.ssm.model import newest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.ssm.encryption import Encryption
    from mlfn_localstack.services.ssm.model import Parameter, ParameterState

_PAGE = 50
_MOST_LABELS = 10
_LABEL = re.compile(r"(?!aws|ssm|\d)[a-z0-9._-]+", re.IGNORECASE)


class VersionOperations:
    """What parameters held before, and what their versions are called."""

    def __init__(self, state: ParameterState, encryption: Encryption) -> None:
        self._state = state
        self._encryption = encryption

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "GetParameterHistory": self.history,
            "LabelParameterVersion": self.label,
            "UnlabelParameterVersion": self.unlabel,
        }

    async def history(self, context: RequestContext, params: Params) -> Result:
        """A parameter's versions with their values, oldest first, page by page."""
        parameter = self._state.parameter(params["Name"])
        numbers = sorted(map(int, parameter["Versions"]))
        start = place_of(params.get("NextToken"))
        if start is None:
            raise errors.no_page()
        end = start + (params.get("MaxResults") or _PAGE)
        told = [await self._shown(context, parameter, number, params) for number in numbers[start:end]]
        return {"Parameters": told} | ({"NextToken": str(end)} if end < len(numbers) else {})

    async def _shown(self, context: RequestContext, parameter: Parameter, number: int, params: Params) -> Result:
        version = parameter["Versions"][str(number)]
        shown = {"Name": parameter["Name"], "Version": number, "Labels": [], "Policies": [], **version}
        if version["Type"] == SECURE and params.get("WithDecryption"):
            arn = self._state.arn(parameter["Name"])
            shown["Value"] = await self._encryption.opened(context, arn, version["KeyId"], version["Value"])
        return shown

    async def label(self, _context: RequestContext, params: Params) -> Result:
        """Which labels a version did not get; the others are on no other version any more."""
        parameter = self._state.parameter(params["Name"])
        number = str(params.get("ParameterVersion") or newest(parameter)[0])
        labels = _labels(parameter, params["Name"], number)
        given = dict.fromkeys(label for label in params["Labels"] if _LABEL.fullmatch(label))
        wanted = [*labels, *(label for label in given if label not in labels)]
        if len(wanted) > _MOST_LABELS:
            raise errors.too_many_labels()
        for version in parameter["Versions"].values():
            version["Labels"] = [label for label in version.get("Labels", ()) if label not in given]
        parameter["Versions"][number]["Labels"] = wanted
        self._state.save(parameter)
        invalid = [label for label in params["Labels"] if label not in given]
        return {"InvalidLabels": invalid, "ParameterVersion": int(number)}

    async def unlabel(self, _context: RequestContext, params: Params) -> Result:
        """Which labels a version lost, and which it did not have."""
        parameter, number = self._state.parameter(params["Name"]), str(params["ParameterVersion"])
        labels = _labels(parameter, params["Name"], number)
        parameter["Versions"][number]["Labels"] = [label for label in labels if label not in params["Labels"]]
        self._state.save(parameter)
        return {
            "RemovedLabels": [label for label in params["Labels"] if label in labels],
            "InvalidLabels": [label for label in params["Labels"] if label not in labels],
        }


def _labels(parameter: Parameter, name: str, number: str) -> list[str]:
    version = parameter["Versions"].get(number)
    if version is None:
        raise errors.no_version(name, number)
    return list(version.get("Labels", ()))
