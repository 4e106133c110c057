"""Put-, Get-, List- and DeleteProvisionedConcurrencyConfig: environments that are really kept warm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlfn_localstack.service import ServiceError
from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.model import timestamp_in_seconds
from mlfn_localstack.services.lambda_.names import LATEST, FunctionReference, is_version
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.execution.pool import Pool
    from mlfn_localstack.services.lambda_.model import FunctionVersion
    from mlfn_localstack.services.lambda_.state import LambdaState

Config = Mapping[str, Any]
_UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
_NEITHER = "The function resource provided must be an alias or a published version."
_ALREADY = {
    True: "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    False: "Version is pointed by a Provisioned Concurrency alias",
}
"""Why a version cannot be provisioned twice: it is already, directly or through an alias."""


class ProvisionedOperations:
    """Provisioned concurrency of versions and aliases."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state
        self._pools: dict[str, Pool] = {}

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PutProvisionedConcurrencyConfig": self.put,
            "GetProvisionedConcurrencyConfig": self.get,
            "ListProvisionedConcurrencyConfigs": self.list,
            "DeleteProvisionedConcurrencyConfig": self.delete,
        }

    def moved(self, reference: FunctionReference) -> None:
        """Warm the version an alias points to now; or nothing, if the alias or its configuration is gone."""
        pool = self._pools.pop(_key(reference), None)
        if pool is not None:
            self._provision(pool.version, 0)
        config = self._state.provisioned.get(_key(reference))
        if config is not None:
            self._warm(reference, config["requested"])

    def restore(self) -> None:
        """Warm again what was provisioned when the emulator last stopped."""
        for key, config in self._state.provisioned.items():
            name, qualifier = key.split(":")
            self._warm(FunctionReference(name=name, qualifier=qualifier), config["requested"])

    async def put(self, _context: RequestContext, params: Params) -> Result:
        """The configuration, `IN_PROGRESS` until the environments have started."""
        wanted = int(params["ProvisionedConcurrentExecutions"])
        if wanted < 1:
            constraint = "Member must have value greater than or equal to 1"
            raise errors.validation(wanted, "provisionedConcurrentExecutions", constraint)
        reference = self._reference(params, _UNPUBLISHED)
        self._check(reference, wanted)
        config = {"requested": wanted, "modified": timestamp_in_seconds()}
        self._state.provisioned.put(_key(reference), config)
        self._warm(reference, wanted)
        return {
            "RequestedProvisionedConcurrentExecutions": wanted,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": config["modified"],
        }

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """The configuration, and how many environments are ready."""
        reference = self._reference(params)
        config = self._state.provisioned.get(_key(reference))
        if config is None:
            message = "No Provisioned Concurrency Config found for this function"
            raise ServiceError(
                "ProvisionedConcurrencyConfigNotFoundException", message, status=404, fields={"Type": "User"}
            )
        return self._shown(_key(reference), config)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All configurations of a function."""
        name = self._state.reference(params).name
        self._state.repository.function(name)
        configs = [
            {"FunctionArn": self._state.repository.arns.function(*key.split(":")), **self._shown(key, config)}
            for key, config in self._state.provisioned.items(f"{name}:")
        ]
        return page(configs, params, "ProvisionedConcurrencyConfigs")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once the environments are ordinary ones."""
        reference = self._reference(params)
        self._state.provisioned.delete(_key(reference))
        self.moved(reference)
        return {}

    def _reference(self, params: Params, unpublished: str = _NEITHER) -> FunctionReference:
        reference = self._state.reference(params)
        if reference.qualifier == LATEST:
            raise errors.invalid_parameter(unpublished)
        self._state.published(reference)
        return reference

    def _check(self, reference: FunctionReference, wanted: int) -> None:
        name, qualifier = reference.name, reference.qualifier or ""
        if not is_version(qualifier):
            alias = self._state.repository.alias(name, qualifier)
            if alias is not None and alias.weights:
                raise errors.invalid_parameter("Alias with weights can not be used with Provisioned Concurrency")
            if alias is not None and alias.version == LATEST:
                raise errors.invalid_parameter(_UNPUBLISHED)
        self._check_other_users(reference)
        record = self._state.repository.function(name)
        others = sum(
            config["requested"] for key, config in self._state.provisioned.items(f"{name}:") if key != _key(reference)
        )
        if record.reserved is not None and wanted + others > record.reserved:
            raise errors.invalid_parameter(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        if record.reserved is None:
            self._state.concurrency.check_unreserved(wanted, "ConcurrentExecutions")

    def _check_other_users(self, reference: FunctionReference) -> None:
        """One version may be provisioned directly or through one alias, not twice."""
        version = self._state.version(reference).version
        for key, _ in self._state.provisioned.items(f"{reference.name}:"):
            other = FunctionReference(name=reference.name, qualifier=key.split(":")[1])
            if key != _key(reference) and self._state.version(other).version == version:
                raise errors.conflict(_ALREADY[is_version(other.qualifier or "")])

    def _warm(self, reference: FunctionReference, count: int) -> None:
        self._pools[_key(reference)] = self._provision(self._state.version(reference), count)

    def _provision(self, version: FunctionVersion, count: int) -> Pool:
        self._state.concurrency.provision(version.name, version.version, count)
        return self._state.fleet.provision(version, count)

    def _shown(self, key: str, config: Config) -> Result:
        pool = self._pools.get(key)
        ready = min(pool.ready(), config["requested"]) if pool else 0
        result: Result = {
            "RequestedProvisionedConcurrentExecutions": config["requested"],
            "AvailableProvisionedConcurrentExecutions": ready,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "Status": "READY" if ready >= config["requested"] else "IN_PROGRESS",
            "LastModified": config["modified"],
        }
        if pool is not None and pool.failure is not None:
            result |= {"Status": "FAILED", "StatusReason": f"FUNCTION_ERROR_INIT_FAILURE: {pool.failure}"}
        return result


def _key(reference: FunctionReference) -> str:
    return f"{reference.name}:{reference.qualifier}"
