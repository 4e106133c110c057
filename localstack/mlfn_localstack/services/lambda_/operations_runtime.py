"""Put- and GetRuntimeManagementConfig, Put- and GetFunctionRecursionConfig: kept, since nothing here depends on them.

The emulator has one version of each runtime, and does not look for loops of calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.configuration import detailed
from mlfn_localstack.services.lambda_.names import LATEST, FunctionReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState

_AUTO = {"UpdateRuntimeOn": "Auto"}
_TERMINATE = {"RecursiveLoop": "Terminate"}


class RuntimeOperations:
    """When a function's runtime is replaced, and what becomes of functions that call themselves."""

    def __init__(self, state: LambdaState) -> None:
        store = state.emulator.store
        self._state = state
        self._management = store.documents("lambda.runtime_management")
        self._recursion = store.documents("lambda.recursion")

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PutRuntimeManagementConfig": self.put_management,
            "GetRuntimeManagementConfig": self.get_management,
            "PutFunctionRecursionConfig": self.put_recursion,
            "GetFunctionRecursionConfig": self.get_recursion,
        }

    async def put_management(self, _context: RequestContext, params: Params) -> Result:
        """The setting of a function or version, with the version of the runtime that it pins."""
        reference = self._existing(params)
        setting: dict[str, Any] = {"UpdateRuntimeOn": params["UpdateRuntimeOn"]}
        pinned = params.get("RuntimeVersionArn")
        if setting["UpdateRuntimeOn"] == "Manual":
            self._check_pinned(reference, pinned)
            setting["RuntimeVersionArn"] = pinned
        elif pinned:
            raise errors.invalid_parameter("RuntimeVersionArn is only for functions whose UpdateRuntimeOn is Manual.")
        self._management.put(_key(reference), setting)
        return self._shown(reference, setting)

    async def get_management(self, _context: RequestContext, params: Params) -> Result:
        """The setting: runtimes are replaced by themselves unless something else was said."""
        reference = self._existing(params)
        return self._shown(reference, self._management.get(_key(reference)) or _AUTO)

    async def put_recursion(self, _context: RequestContext, params: Params) -> Result:
        """What was chosen."""
        chosen = {"RecursiveLoop": params["RecursiveLoop"]}
        self._recursion.put(f"{self._named(params)}:", chosen)
        return chosen

    async def get_recursion(self, _context: RequestContext, params: Params) -> Result:
        """What was chosen: loops are ended unless they are allowed."""
        return self._recursion.get(f"{self._named(params)}:") or dict(_TERMINATE)

    def _named(self, params: Params) -> str:
        return self._state.repository.function(self._state.reference(params).name).latest.name

    def _existing(self, params: Params) -> FunctionReference:
        reference = self._state.reference(params)
        self._state.version(reference)
        return reference

    def _check_pinned(self, reference: FunctionReference, pinned: str | None) -> None:
        shown = detailed(self._state.version(reference).configuration).get("RuntimeVersionConfig", {})
        known = shown.get("RuntimeVersionArn")
        if pinned is None or pinned != known:
            raise errors.invalid_parameter(
                f"The emulator has one version of each runtime, {known or 'and none for images'}: "
                f"RuntimeVersionArn cannot be {pinned or 'left out'}."
            )

    def _shown(self, reference: FunctionReference, setting: Mapping[str, Any]) -> Result:
        return {**setting, "FunctionArn": self._state.repository.arns.function(reference.name, reference.qualifier)}


def _key(reference: FunctionReference) -> str:
    return f"{reference.name}:{reference.qualifier or LATEST}"
