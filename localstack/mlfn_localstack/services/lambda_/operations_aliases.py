"""CreateAlias, GetAlias, UpdateAlias, ListAliases, DeleteAlias."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.model import Alias
from mlfn_localstack.services.lambda_.names import ALIAS_NAME, LATEST, FunctionReference, is_alias
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.state import LambdaState


class AliasOperations:
    """Names for versions."""

    def __init__(self, state: LambdaState, on_moved: Callable[[FunctionReference], None]) -> None:
        self._state = state
        self._on_moved = on_moved

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateAlias": self.create,
            "GetAlias": self.get,
            "UpdateAlias": self.update,
            "ListAliases": self.list,
            "DeleteAlias": self.delete,
        }

    async def create(self, _context: RequestContext, params: Params) -> Result:
        """The new alias."""
        name, alias_name, version = self._state.reference(params).name, params["Name"], params["FunctionVersion"]
        if not is_alias(alias_name):
            constraint = f"Member must satisfy regular expression pattern: {ALIAS_NAME.pattern}"
            raise errors.validation(alias_name, "name", constraint)
        self._check_version(name, version)
        weights = self._weights(name, version, params.get("RoutingConfig"))
        if self._state.repository.alias(name, alias_name) is not None:
            arn = self._state.repository.arns.function(name, alias_name)
            raise errors.conflict(f"Alias already exists: {arn}")
        alias = Alias(
            name=alias_name,
            version=version,
            description=params.get("Description", ""),
            revision=str(uuid.uuid4()),
            weights=weights,
        )
        self._state.repository.put_alias(name, alias)
        return self._shown(name, alias)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """An alias."""
        name = self._function(params)
        return self._shown(name, self._alias(name, params["Name"]))

    async def update(self, _context: RequestContext, params: Params) -> Result:
        """The alias with its new version, weights or description."""
        name = self._function(params)
        alias = self._state.repository.alias(name, params["Name"])
        if alias is None:
            raise errors.not_found(f"Alias not found: {self._state.repository.arns.function(name, params['Name'])}")
        if params.get("RevisionId") and params["RevisionId"] != alias.revision:
            raise errors.stale_revision("GetFunction/GetAlias")
        version = params.get("FunctionVersion", alias.version)
        self._check_version(name, version)
        weights = self._weights(name, version, params["RoutingConfig"]) if "RoutingConfig" in params else alias.weights
        if weights and self._state.provisioned.get(f"{name}:{alias.name}"):
            raise errors.invalid_parameter("Alias with weights can not be used with Provisioned Concurrency")
        changed = replace(
            alias,
            version=version,
            weights=weights,
            description=params.get("Description", alias.description),
            revision=str(uuid.uuid4()),
        )
        self._state.repository.put_alias(name, changed)
        self._on_moved(FunctionReference(name=name, qualifier=alias.name))
        return self._shown(name, changed)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """A function's aliases, or those that point to one version."""
        name, version = self._function(params), params.get("FunctionVersion")
        aliases = [
            self._shown(name, alias)
            for alias in self._state.repository.aliases(name)
            if version is None or version in alias.versions()
        ]
        return page(aliases, params, "Aliases")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the alias is gone; an alias that never was is no error."""
        name = self._function(params)
        self._state.repository.delete_alias(name, params["Name"])
        self._on_moved(FunctionReference(name=name, qualifier=params["Name"]))
        return {}

    def _function(self, params: Params) -> str:
        name = self._state.reference(params).name
        self._state.repository.function(name)
        return name

    def _alias(self, name: str, alias_name: str) -> Alias:
        alias = self._state.repository.alias(name, alias_name)
        if alias is None:
            raise errors.alias_not_found(self._state.repository.arns.function(name, alias_name))
        return alias

    def _check_version(self, name: str, version: str) -> None:
        self._state.repository.version(name, version)

    def _weights(self, name: str, version: str, routing: Mapping[str, Any] | None) -> tuple[tuple[str, float], ...]:
        weights: Mapping[str, float] = (routing or {}).get("AdditionalVersionWeights") or {}
        if len(weights) > 1:
            raise errors.invalid_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
        for other in weights:
            if other == version:
                raise errors.invalid_parameter(
                    f"Invalid function version {other}. Function version {other} is already included in "
                    "routing configuration."
                )
            if LATEST in {other, version}:
                message = "$LATEST is not supported for an alias pointing to more than 1 version"
                raise ServiceError("InvalidParameterValueException", message, fields={"Type": None})
            self._check_version(name, other)
        return tuple(weights.items())

    def _shown(self, name: str, alias: Alias) -> Result:
        result: Result = {
            "AliasArn": self._state.repository.arns.function(name, alias.name),
            "Name": alias.name,
            "FunctionVersion": alias.version,
            "Description": alias.description,
            "RevisionId": alias.revision,
        }
        if alias.weights:
            result["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
        return result
