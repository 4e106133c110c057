"""PublishLayerVersion, GetLayerVersion(ByArn), ListLayers, ListLayerVersions and DeleteLayerVersion."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors
from mlfn_localstack.services.lambda_.configuration import RETIRED, RUNTIMES
from mlfn_localstack.services.lambda_.layers.repository import LayerVersion
from mlfn_localstack.services.lambda_.model import timestamp
from mlfn_localstack.services.lambda_.paging import page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlfn_localstack.service import Operation, Params, RequestContext, Result
    from mlfn_localstack.services.lambda_.code import CodeIntake
    from mlfn_localstack.services.lambda_.layers.repository import LayerReference
    from mlfn_localstack.services.lambda_.state import LambdaState

_SETTINGS = ("CompatibleRuntimes", "LicenseInfo", "CompatibleArchitectures")
_FILTERS = {"CompatibleRuntime": "CompatibleRuntimes", "CompatibleArchitecture": "CompatibleArchitectures"}


class LayerOperations:
    """Layers and their versions."""

    def __init__(self, state: LambdaState, intake: CodeIntake) -> None:
        self._state = state
        self._layers = state.layers
        self._intake = intake

    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {
            "PublishLayerVersion": self.publish,
            "GetLayerVersion": self.get,
            "GetLayerVersionByArn": self.get_by_arn,
            "ListLayers": self.list,
            "ListLayerVersions": self.list_versions,
            "DeleteLayerVersion": self.delete,
        }

    async def publish(self, context: RequestContext, params: Params) -> Result:
        """The new version."""
        name = self._layers.own(params["LayerName"]).name
        _check_runtimes(params)
        code = await self._intake.take_layer(params["Content"], context)
        settings = {member: params[member] for member in _SETTINGS if params.get(member) is not None}
        version = LayerVersion(
            name=name,
            version=self._layers.next_version(name),
            sha256=code.sha256,
            size=code.size,
            shown={"Description": params.get("Description") or "", "CreatedDate": timestamp(), **settings},
        )
        self._layers.put(version)
        return self._shown(version)

    async def get(self, _context: RequestContext, params: Params) -> Result:
        """A version, by its layer and number."""
        _check_number(params)
        return self._shown(self._existing(self._layers.own(params["LayerName"], params["VersionNumber"])))

    async def get_by_arn(self, _context: RequestContext, params: Params) -> Result:
        """A version, by its ARN."""
        return self._shown(self._existing(self._layers.own(params["Arn"])))

    async def list(self, _context: RequestContext, params: Params) -> Result:
        """The layers that have a fitting version, with the newest of those."""
        newest = {name: next(iter(self._fitting(name, params)), None) for name in self._layers.names()}
        shown = [
            {
                "LayerName": name,
                "LayerArn": self._layers.reference(name).arn,
                "LatestMatchingVersion": self._listed(version),
            }
            for name, version in newest.items()
            if version is not None
        ]
        return page(shown, params, "Layers")

    async def list_versions(self, _context: RequestContext, params: Params) -> Result:
        """The fitting versions of a layer, newest first."""
        name = self._layers.own(params["LayerName"]).name
        return page([self._listed(version) for version in self._fitting(name, params)], params, "LayerVersions")

    async def delete(self, _context: RequestContext, params: Params) -> Result:
        """Nothing, whether there was such a version or not."""
        _check_number(params)
        reference = self._layers.own(params["LayerName"], params["VersionNumber"])
        self._layers.delete(reference)
        self._state.layer_policies.delete(reference.arn)
        return {}

    def _existing(self, reference: LayerReference) -> LayerVersion:
        version = self._layers.find(reference)
        if version is None:
            raise errors.not_found("The resource you requested does not exist.")
        return version

    def _fitting(self, name: str, params: Params) -> Sequence[LayerVersion]:
        asked = {member: params[wanted] for wanted, member in _FILTERS.items() if params.get(wanted)}
        return [
            version
            for version in self._layers.of_layer(name)
            if all(value in version.shown.get(member, ()) for member, value in asked.items())
        ]

    def _listed(self, version: LayerVersion) -> dict[str, Any]:
        arn = self._layers.reference(version.name, version.version).arn
        return {"LayerVersionArn": arn, "Version": version.version, **version.shown}

    def _shown(self, version: LayerVersion) -> Result:
        content = {
            "Location": self._state.downloads.url(version.sha256),
            "CodeSha256": base64.b64encode(bytes.fromhex(version.sha256)).decode(),
            "CodeSize": version.size,
        }
        return {"Content": content, "LayerArn": self._layers.reference(version.name).arn, **self._listed(version)}


def _check_number(params: Params) -> None:
    if params["VersionNumber"] < 1:
        raise errors.invalid_parameter("Layer Version Cannot be less than 1")


def _check_runtimes(params: Params) -> None:
    given = params.get("CompatibleRuntimes") or ()
    if not RETIRED.union(RUNTIMES).issuperset(given):
        constraint = f"Member must satisfy enum value set: [{', '.join(RUNTIMES)}] or be a valid ARN"
        raise errors.validation(f"[{', '.join(given)}]", "compatibleRuntimes", constraint)
