"""UpdateFunctionCode and UpdateFunctionConfiguration."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import configuration, errors
from mlfn_localstack.services.lambda_.code import CodeIntake, code_members
from mlfn_localstack.services.lambda_.layers.attaching import attach
from mlfn_localstack.services.lambda_.operations_functions import activated, pending
from mlfn_localstack.services.lambda_.operations_versions import publish
from mlfn_localstack.services.lambda_.variable_key import check_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.model import FunctionRecord, FunctionVersion
    from mlfn_localstack.services.lambda_.state import LambdaState

IN_PROGRESS = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": "The function is being created.",
    "LastUpdateStatusReasonCode": "Creating",
}


class UpdateOperations:
    """Changes to `$LATEST`; published versions stay as they are."""

    def __init__(self, state: LambdaState, intake: CodeIntake) -> None:
        self._state = state
        self._intake = intake

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
        }

    async def update_code(self, context: RequestContext, params: Params) -> Result:
        """The function with its new code, or with `DryRun` what it would be."""
        record = self._record(params)
        package_type = record.latest.configuration["PackageType"]
        with self._alone(record.latest):
            code = await self._intake.take(params, package_type, context)
            self._state.code_signing.check_code(record.latest.name, self._state.code_signing.of(record.latest.name))
            self._state.programs.check_together(code, record.latest.layers)
        members = {**code_members(code), **_architectures(params)}
        updated = replace(activated(record.latest, members), code=code)
        if params.get("DryRun"):
            return configuration.detailed(updated.configuration)
        self._put(updated)
        if params.get("Publish"):
            return pending(publish(self._state, updated, None).configuration)
        return configuration.in_passing(updated.configuration, IN_PROGRESS)

    async def update_configuration(self, context: RequestContext, params: Params) -> Result:
        """The function with its new configuration."""
        record = self._record(params)
        kept = ("PackageType", "Runtime")
        current = {name: value for name, value in record.latest.configuration.items() if name in kept}
        configuration.check({**current, **params})
        with self._alone(record.latest):
            if "Role" in params:
                await self._state.credentials.check(params["Role"], record.latest.name)
            await self._state.check_dead_letters(params, params.get("Role") or record.latest.configuration["Role"])
            arn = self._state.repository.arns.function(record.latest.name)
            await check_key(self._state.emulator.gateway, context, params, arn)
            latest = await self._with_layers(record.latest, params)
        members = configuration.changed(latest.configuration, params)
        dropped = {name: value for name, value in latest.configuration.items() if name in members}
        updated = activated(replace(latest, configuration=dropped), members)
        self._put(updated)
        return configuration.in_passing(updated.configuration, IN_PROGRESS)

    async def _with_layers(self, version: FunctionVersion, params: Params) -> FunctionVersion:
        """The version with the layers that a request gives it, if it does."""
        if params.get("Layers") is None:
            return version
        attached = await attach(self._state.layers, self._state.programs, params)
        self._state.programs.check_together(version.code, attached.archives)
        kept = {name: value for name, value in version.configuration.items() if name != "Layers"}
        return replace(version, configuration={**kept, **attached.members}, layers=attached.archives)

    def _record(self, params: Params) -> FunctionRecord:
        record = self._state.repository.function(self._state.reference(params).name)
        revision = params.get("RevisionId")
        if revision and revision != record.latest.revision:
            raise errors.stale_revision("GetFunction/GetAlias")
        return record

    def _put(self, updated: FunctionVersion) -> None:
        # Read again: tags or reserved concurrency may have changed while the code was fetched.
        record = self._state.repository.function(updated.name)
        self._state.repository.put_function(replace(record, latest=updated))
        self._state.fleet.retire(updated.name, updated.version)

    @contextmanager
    def _alone(self, version: FunctionVersion) -> Iterator[None]:
        if version.name in self._state.updating:
            arn = self._state.repository.arns.function(version.name)
            message = "The operation cannot be performed at this time. An update is in progress for resource: "
            raise errors.conflict(message + arn)
        self._state.updating.add(version.name)
        try:
            yield
        finally:
            self._state.updating.discard(version.name)


def _architectures(params: Params) -> Result:
    return {"Architectures": params["Architectures"]} if params.get("Architectures") else {}
