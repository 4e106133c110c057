"""What the packager wrote into the image: docs/architecture.md, `mlfn-manifest.json`."""

from __future__ import annotations

from mlfn.jsontext import decode
from mlfn.runtime.calls import ROOM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILE = "mlfn-manifest.json"
FORMAT = 1


class ManifestError(Exception):
    """The image holds no manifest this runtime understands."""


class Manifest:
    """One image's manifest; a pipeline inside an ingress' manifest has the same shape."""

    __slots__ = (
        "allow",
        "app",
        "artifact",
        "assets",
        "blobs",
        "capture",
        "entrypoint",
        "id",
        "inline",
        "input",
        "kind",
        "lazy",
        "load",
        "mode",
        "name",
        "output",
        "parameters",
        "pickles",
        "pipelines",
        "room",
        "secrets",
        "sensitive",
        "shards",
        "share",
        "sketch",
        "strict",
        "summary",
        "timeout_s",
        "tokens",
        "version",
    )

    def __init__(self, values: dict[str, Any]) -> None:
        audit = values.get("audit") or {}
        self.kind: str = values.get("kind", "model")
        self.app: str = values.get("app", "")
        self.name: str = values["name"]
        self.id: str = values["id"]
        self.version: str = values["version"]
        self.artifact: str = values["artifact"]
        self.entrypoint: str = values.get("entrypoint") or ""
        self.load: str | None = values.get("load")
        self.lazy: dict[str, list[str]] | None = values.get("lazy")
        self.parameters: tuple[str, ...] = tuple(values.get("parameters") or ())
        self.assets: list[dict[str, Any]] = values.get("assets") or []
        self.secrets: dict[str, dict[str, Any]] = values.get("secrets") or {}
        self.pickles: list[str] | None = values.get("pickles")
        self.strict: bool = audit.get("mode") == "strict"
        self.shards: int = audit.get("shards", 1)
        self.capture: str = audit.get("capture", "hash")
        self.share: float = audit.get("share", 1.0)
        self.sketch: list[list[Any]] = audit.get("sketch") or []
        self.summary: str | None = audit.get("summary")
        self.input: dict[str, Any] = values.get("input") or {}
        self.output: dict[str, Any] = values.get("output") or {}
        plans = [side["redact"] for side in (self.input, self.output) if "redact" in side]
        self.sensitive = any([plan["sensitive"] for plan in plans])
        self.allow: frozenset[str] = frozenset(values.get("allow") or ())
        self.tokens: dict[str, Any] | None = values.get("tokens")
        self.mode: str = values.get("mode", "sync")
        self.timeout_s: int = values.get("timeout_s", 30)
        self.blobs: bool = values.get("blobs", False)
        self.room: int = values.get("room", ROOM)
        self.inline: Any = values.get("inline")
        self.pipelines: tuple[Manifest, ...] = (
            tuple(
                Manifest({**values, "audit": audit, "kind": "pipeline", **pipeline})
                for pipeline in values.get("pipelines") or ()
            )
            if values.get("kind") == "ingress"
            else ()
        )


def read_manifest(directory: str) -> Manifest:
    """The manifest of an image.

    Raises:
        ManifestError: there is none, or it is of another format.
    """
    path = f"{directory}/{FILE}"
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs a cold start 10 ms
            values = decode(file.read())
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: {error}") from error
    if not isinstance(values, dict) or values.get("manifest") != FORMAT:
        raise ManifestError(f"{path} is not of format {FORMAT}.")
    try:
        return Manifest(values)
    except KeyError as error:
        raise ManifestError(f"{path} lacks {error}.") from error
