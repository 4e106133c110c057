"""What Lambda keeps: functions, versions and aliases, as values that turn into documents and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never

Configuration = Mapping[str, Any]
"""A FunctionConfiguration in boto3's shape."""

VOLATILE = frozenset(
    {
        "FunctionArn",
        "Version",
        "LastModified",
        "RevisionId",
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "Description",
    }
)
"""Members that may differ between two versions of the same content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCode:
    """Code that is a container image in the registry."""

    uri: str
    """As the caller gave it."""
    resolved_uri: str
    digest: str
    """`sha256:…` of the image manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipCode:
    """Code that is a zip archive among the emulator's blobs."""

    sha256: str
    size: int


Code = ImageCode | ZipCode


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVersion:
    """A function's unpublished state, or one of its immutable versions."""

    name: str
    version: str
    configuration: Configuration
    code: Code
    described_as: str | None = None
    """The description that `$LATEST` had when this was published, perhaps with another one."""
    layers: tuple[str, ...] = ()
    """The archives (SHA-256) of its layers, the one on top last."""

    @property
    def timeout_s(self) -> int:
        """How long one invocation may take."""
        return int(self.configuration["Timeout"])

    @property
    def memory_mb(self) -> int:
        """How much memory an environment may hold."""
        return int(self.configuration["MemorySize"])

    @property
    def wrapper(self) -> str:
        """The script that starts the runtime of an archive; empty if there is none."""
        variables = self.configuration.get("Environment", {}).get("Variables", {})
        return str(variables.get("AWS_LAMBDA_EXEC_WRAPPER", "")) if self.configuration["PackageType"] == "Zip" else ""

    @property
    def revision(self) -> str:
        """Changes with every change."""
        return str(self.configuration["RevisionId"])

    def content_digest(self) -> str:
        """Equal for two versions exactly if PublishVersion would call them unchanged."""
        kept = {key: value for key, value in self.configuration.items() if key not in VOLATILE}
        kept["Description"] = self.configuration.get("Description") if self.described_as is None else self.described_as
        return hashlib.sha256(json.dumps([kept, code_document(self.code)], sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for a version, or for two of them with weights."""

    name: str
    version: str
    description: str
    revision: str
    weights: tuple[tuple[str, float], ...] = ()
    """Additional versions and the share of calls that each gets."""

    def versions(self) -> frozenset[str]:
        """Every version it may run."""
        return frozenset({self.version, *(version for version, _ in self.weights)})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionRecord:
    """What belongs to a function as a whole."""

    latest: FunctionVersion
    tags: Mapping[str, str] = field(default_factory=dict)
    reserved: int | None = None
    """Reserved concurrency."""


def layers_name(archives: tuple[str, ...]) -> str:
    """What the tree of these layers' archives is called."""
    return f"opt-{hashlib.sha256(' '.join(archives).encode()).hexdigest()}"


def code_document(code: Code) -> dict[str, Any]:
    """The document of a piece of code."""
    match code:
        case ImageCode():
            return {"uri": code.uri, "resolved_uri": code.resolved_uri, "digest": code.digest}
        case ZipCode():
            return {"sha256": code.sha256, "size": code.size}
        case _:
            assert_never(code)


def code_from(document: Mapping[str, Any]) -> Code:
    """The code a document stands for."""
    return ImageCode(**document) if "digest" in document else ZipCode(**document)


def version_document(version: FunctionVersion) -> dict[str, Any]:
    """The document of a version."""
    return {
        "name": version.name,
        "version": version.version,
        "configuration": dict(version.configuration),
        "code": code_document(version.code),
        "described_as": version.described_as,
        "layers": list(version.layers),
    }


def version_from(document: Mapping[str, Any]) -> FunctionVersion:
    """The version a document stands for."""
    return FunctionVersion(
        name=document["name"],
        version=document["version"],
        configuration=document["configuration"],
        code=code_from(document["code"]),
        described_as=document.get("described_as"),
        layers=tuple(document.get("layers", ())),
    )


def timestamp() -> str:
    """Now, as Lambda writes LastModified."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def timestamp_in_seconds() -> str:
    """Now, as Lambda writes LastModified of provisioned concurrency."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
