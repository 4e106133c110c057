"""botocore's service models, read from its data files without importing botocore (which costs 0.2 s and 15 MB)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Shape = dict[str, Any]
"""A shape as the model file has it: type, members, member, key, value, constraints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationModel:
    """One operation of a service."""

    name: str
    method: str
    uri: str
    input: str | None
    output: str | None
    result_wrapper: str | None
    status: int
    deprecated: bool
    unsigned: bool = False
    """Whether requests for it come without a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceModel:
    """One service: its operations and shapes."""

    name: str
    protocol: str
    protocols: tuple[str, ...]
    """Everything the service speaks; `protocol` is what botocore chooses."""
    signing_name: str
    target_prefix: str
    json_version: str
    api_version: str
    xml_namespace: str
    operations: dict[str, OperationModel]
    shapes: dict[str, Shape]


@cache
def load_model(service: str) -> ServiceModel:
    """The newest model of a service, by botocore's name."""
    raw = json.loads(_model_text(service), object_hook=_without_documentation)
    metadata = raw["metadata"]
    return ServiceModel(
        name=service,
        protocol=metadata["protocol"],
        protocols=_protocols(metadata),
        signing_name=metadata.get("signingName") or metadata["endpointPrefix"],
        target_prefix=metadata.get("targetPrefix", ""),
        json_version=metadata.get("jsonVersion", "1.0"),
        api_version=metadata["apiVersion"],
        xml_namespace=metadata.get("xmlNamespace", ""),
        operations={name: _operation(name, body) for name, body in raw["operations"].items()},
        shapes=raw["shapes"],
    )


def _protocols(metadata: dict[str, Any]) -> tuple[str, ...]:
    """What a service speaks: one whose JSON is said to be compatible with AWS Query speaks that, too."""
    known = tuple(metadata.get("protocols", (metadata["protocol"],)))
    return (*known, "query") if "awsQueryCompatible" in metadata and "query" not in known else known


def _operation(name: str, body: dict[str, Any]) -> OperationModel:
    output = body.get("output", {})
    return OperationModel(
        name=name,
        method=body["http"]["method"],
        uri=body["http"]["requestUri"],
        input=body.get("input", {}).get("shape"),
        output=output.get("shape"),
        result_wrapper=output.get("resultWrapper"),
        status=body["http"].get("responseCode", 200),
        deprecated=body.get("deprecated", False),
        unsigned=body.get("authtype") == "none",
    )


def _model_text(service: str) -> bytes:
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed", name="botocore")
    folder = Path(spec.submodule_search_locations[0]) / "data" / service
    version = max(path for path in folder.iterdir() if path.is_dir())
    plain, packed = version / "service-2.json", version / "service-2.json.gz"
    return plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())


def _without_documentation(value: dict[str, Any]) -> dict[str, Any]:
    if isinstance(value.get("documentation"), str):
        del value["documentation"]
    return value
