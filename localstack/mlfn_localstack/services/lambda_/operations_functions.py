"""CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import configuration, errors
from mlfn_localstack.services.lambda_.code import CodeIntake, code_location, code_members
from mlfn_localstack.services.lambda_.layers.attaching import attach
from mlfn_localstack.services.lambda_.model import FunctionRecord, FunctionVersion, timestamp
from mlfn_localstack.services.lambda_.names import LATEST, MAX_NAME, is_alias, is_version, parse_reference
from mlfn_localstack.services.lambda_.operations_versions import publish
from mlfn_localstack.services.lambda_.paging import page
from mlfn_localstack.services.lambda_.variable_key import check_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.cleaning import CodeCleaner
    from mlfn_localstack.services.lambda_.function_urls.repository import FunctionUrls
    from mlfn_localstack.services.lambda_.state import LambdaState

PENDING = {
    "State": "Pending",
    "StateReason": "The function is being created.",
    "StateReasonCode": "Creating",
}
ACTIVE = {"State": "Active", "LastUpdateStatus": "Successful"}


class FunctionOperations:
    """Functions as a whole."""

    def __init__(self, state: LambdaState, intake: CodeIntake, cleaner: CodeCleaner, urls: FunctionUrls) -> None:
        self._state = state
        self._intake = intake
        self._cleaner = cleaner
        self._urls = urls

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "CreateFunction": self.create,
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.get_configuration,
            "ListFunctions": self.list,
            "DeleteFunction": self.delete,
        }

    async def create(self, context: RequestContext, params: Params) -> Result:
        """The new function; it answers `Pending` as Lambda does, and is active by the time the answer arrives."""
        name = parse_reference(params["FunctionName"], None, self._state.repository.arns).name
        if len(name) > MAX_NAME:
            constraint = f"Member must have length less than or equal to {MAX_NAME}"
            raise errors.invalid_parameter(errors.validation(name, "functionName", constraint).message)
        params = {**params, "FunctionName": name}
        self._refuse_existing(name)
        configuration.check(params)
        _check_zip(params)
        await self._state.credentials.check(params["Role"], name)
        await self._state.check_dead_letters(params, params["Role"])
        await check_key(self._state.emulator.gateway, context, params, self._state.repository.arns.function(name))
        signing = self._code_signing(params)
        attached = await attach(self._state.layers, self._state.programs, params)
        code = await self._intake.take(params["Code"], params.get("PackageType", "Zip"), context)
        self._state.programs.check_together(code, attached.archives)
        self._state.code_signing.check_code(name, signing)
        self._refuse_existing(name)
        version = FunctionVersion(
            name=name,
            version=LATEST,
            configuration={
                **configuration.initial(params),
                **attached.members,
                **code_members(code),
                **ACTIVE,
                "FunctionArn": self._state.repository.arns.function(name),
                "Version": LATEST,
                "LastModified": timestamp(),
                "RevisionId": str(uuid.uuid4()),
            },
            code=code,
            layers=attached.archives,
        )
        self._state.repository.put_function(FunctionRecord(latest=version, tags=params.get("Tags", {})))
        if signing:
            self._state.code_signing.attach(name, signing)
        published = publish(self._state, version, None) if params.get("Publish") else version
        return pending({**published.configuration, "FunctionArn": version.configuration["FunctionArn"]})

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A function's configuration, code, tags and reserved concurrency."""
        version = self._version(params)
        record = self._state.repository.function(version.name)
        result: Result = {
            "Configuration": self._shown(version, params),
            "Code": code_location(version.code, self._state.downloads),
        }
        if record.tags:
            result["Tags"] = dict(record.tags)
        if record.reserved is not None:
            result["Concurrency"] = {"ReservedConcurrentExecutions": record.reserved}
        return result

    async def get_configuration(self, _context: RequestContext, params: Params) -> Result:
        """A function's configuration."""
        return self._shown(self._version(params), params)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """All functions, or all of their versions."""
        repository = self._state.repository
        latest = [record.latest for record in repository.functions()]
        if params.get("FunctionVersion") == "ALL":
            found = [version for each in latest for version in (each, *repository.versions(each.name))]
            shown = [_listed(version, repository.arns.function(version.name, version.version)) for version in found]
        else:
            shown = [_listed(version, repository.arns.function(version.name)) for version in latest]
        return page(shown, params, "Functions")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, once a function or one of its versions is gone."""
        reference = self._state.reference(params)
        _check_deletable(reference.qualifier)
        self._state.repository.function(reference.name)
        if reference.qualifier is None:
            self._state.repository.delete_function(reference.name)
            self._state.fleet.retire(reference.name)
            self._state.concurrency.forget(reference.name)
            self._urls.forget(reference.name)
        else:
            self._delete_version(reference.name, reference.qualifier)
        self._cleaner.request()
        return {"StatusCode": 204}

    def _delete_version(self, name: str, qualifier: str) -> None:
        repository = self._state.repository
        if not is_version(qualifier):
            raise errors.function_not_found(repository.arns.function(name, qualifier))
        users = [alias.name for alias in repository.aliases(name) if qualifier in alias.versions()]
        if users:
            raise errors.conflict(f"Version {qualifier} is being used by the following aliases: [{', '.join(users)}]")
        repository.delete_version(name, qualifier)
        self._state.fleet.retire(name, qualifier)

    def _version(self, params: Params) -> FunctionVersion:
        return self._state.version(self._state.reference(params))

    def _shown(self, version: FunctionVersion, params: Params) -> Result:
        """The configuration under the ARN by which it was asked for."""
        qualifier = self._state.reference(params).qualifier
        arn = self._state.repository.arns.function(version.name, qualifier)
        return configuration.detailed({**version.configuration, "FunctionArn": arn})

    def _code_signing(self, params: Params) -> str | None:
        """The configuration that the function is to have, if it is to have one."""
        arn: str | None = params.get("CodeSigningConfigArn") or None
        if arn and params.get("PackageType") == "Image":
            raise errors.invalid_parameter("Code signing is not supported for functions of PackageType Image.")
        if arn:
            self._state.code_signing.check_exists(arn)
        return arn

    def _refuse_existing(self, name: str) -> None:
        if self._state.repository.exists(name):
            raise errors.conflict(f"Function already exist: {name}")


def _check_deletable(qualifier: str | None) -> None:
    """Refuse what is never deleted so, whether there is such a function or not."""
    if qualifier == LATEST:
        raise errors.invalid_parameter("$LATEST version cannot be deleted without deleting the function.")
    if qualifier and is_alias(qualifier):
        raise errors.invalid_parameter("Deletion of aliases is not currently supported.")


def _check_zip(params: Params) -> None:
    if params.get("PackageType", "Zip") == "Zip" and not (params.get("Runtime") and params.get("Handler")):
        raise errors.invalid_parameter(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )


def pending(shown: Mapping[str, Any]) -> Result:
    """A configuration as Lambda shows it before it can be called."""
    kept = {key: value for key, value in shown.items() if key != "LastUpdateStatus"}
    return configuration.in_passing(kept, PENDING)


def _listed(version: FunctionVersion, arn: str) -> Result:
    hidden = ("State", "LastUpdateStatus")
    shown = {key: value for key, value in version.configuration.items() if key not in hidden}
    return {**shown, "FunctionArn": arn}


def activated(version: FunctionVersion, members: Mapping[str, Any]) -> FunctionVersion:
    """A changed version, with a new revision, as it is once the change has taken effect."""
    stamp = {"LastModified": timestamp(), "RevisionId": str(uuid.uuid4())}
    return replace(version, configuration={**version.configuration, **members, **stamp, **ACTIVE})
