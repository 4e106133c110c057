"""The layers that a function is to have, checked, and what it keeps of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlfn_localstack.services.lambda_ import errors

if TYPE_CHECKING:
    from mlfn_localstack.service import Params
    from mlfn_localstack.services.lambda_.execution.launch import Programs
    from mlfn_localstack.services.lambda_.layers.repository import LayerReference, Layers, LayerVersion

MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What a configuration says of layers, and the archives (SHA-256) that are kept whatever becomes of them."""

    members: dict[str, Any]
    archives: tuple[str, ...]


async def attach(layers: Layers, programs: Programs, params: Params) -> Attached:
    """The layers that a request gives a function, unpacked.

    Raises:
        ServiceError: there are too many, one is not there or cannot be had, or two are of one layer.
    """
    given = params.get("Layers") or ()
    if len(given) > MOST:
        raise errors.invalid_parameter(f"Cannot reference more than {MOST} layers.")
    references = [layers.reference(arn) for arn in given]
    _check_regions(references, layers.arns.region)
    versions = [_existing(layers, reference) for reference in references]
    _check_distinct(references)
    archives = tuple(version.sha256 for version in versions)
    await programs.prepare_layers(archives)
    shown = [
        {"Arn": reference.arn, "CodeSize": version.size}
        for reference, version in zip(references, versions, strict=True)
    ]
    return Attached(members={"Layers": shown} if shown else {}, archives=archives)


def _check_regions(references: list[LayerReference], region: str) -> None:
    if any(reference.region != region for reference in references):
        raise errors.invalid_parameter(
            f"Layers are not in the same region as the function. Layers are expected to be in region {region}."
        )


def _existing(layers: Layers, reference: LayerReference) -> LayerVersion:
    layers.own(reference.arn)
    version = layers.find(reference)
    if version is None:
        raise errors.invalid_parameter(f"Layer version {reference.arn} does not exist.")
    return version


def _check_distinct(references: list[LayerReference]) -> None:
    seen: dict[str, LayerReference] = {}
    for reference in references:
        if reference.name in seen:
            raise errors.invalid_parameter(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{seen[reference.name].arn} and {reference.arn} are versions of the same layer."
            )
        seen[reference.name] = reference
