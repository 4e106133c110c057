"""PublishVersion and ListVersionsByFunction."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.configuration import detailed
from mlfn_localstack.services.lambda_.names import FunctionReference
from mlfn_localstack.services.lambda_.paging import page
from mlfn_localstack.services.lambda_.revisions import renew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.model import FunctionVersion
    from mlfn_localstack.services.lambda_.state import LambdaState


def publish(state: LambdaState, latest: FunctionVersion, description: str | None) -> FunctionVersion:
    """An immutable version of `latest`: the newest one if nothing has changed since, else a new one."""
    versions = state.repository.versions(latest.name)
    if versions and versions[-1].content_digest() == latest.content_digest():
        return versions[-1]
    number = str(state.repository.next_version(latest.name))
    arn = state.repository.arns.function(latest.name, number)
    members = {"FunctionArn": arn, "Version": number, "RevisionId": str(uuid.uuid4())}
    if description is not None:
        members["Description"] = description
    version = replace(
        latest,
        version=number,
        configuration={**latest.configuration, **members},
        described_as=latest.configuration["Description"],
    )
    state.repository.put_version(version)
    renew(state.repository, FunctionReference(name=latest.name, qualifier=None))
    return version


class VersionOperations:
    """Published versions."""

    def __init__(self, state: LambdaState) -> None:
        self._state = state

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {"PublishVersion": self.publish, "ListVersionsByFunction": self.list}

    async def publish(self, _context: RequestContext, params: Params) -> Result:
        """The version that `$LATEST` now is."""
        latest = self._state.repository.function(self._state.reference(params).name).latest
        if params.get("RevisionId") and params["RevisionId"] != latest.revision:
            raise errors.stale_revision("GetFunction/GetAlias")
        wanted, current = params.get("CodeSha256"), latest.configuration["CodeSha256"]
        if wanted and wanted != current:
            raise errors.invalid_parameter(
                f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
                "Please try again with the CodeSHA256 in $LATEST."
            )
        return detailed(publish(self._state, latest, params.get("Description")).configuration)

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """`$LATEST` and every published version, oldest first."""
        repository = self._state.repository
        latest = repository.function(self._state.reference(params).name).latest
        arn = repository.arns.function(latest.name, latest.version)
        first = replace(latest, configuration={**latest.configuration, "FunctionArn": arn})
        shown = [_listed(version) for version in (first, *repository.versions(latest.name))]
        return page(shown, params, "Versions")


def _listed(version: FunctionVersion) -> Result:
    hidden = ("State", "LastUpdateStatus")
    return {key: value for key, value in version.configuration.items() if key not in hidden}
